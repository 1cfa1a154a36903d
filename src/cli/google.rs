//! What sources of Google Cloud are told: from the settings, the environment, and the flags of `tail`.
//!
//! Owns this translation. Must not know credentials, objects or documents.

use super::tail::TailArgs;
use super::{Globals, Usage};
use crate::config::{Config, DocumentChanges, Environment, ObjectNames};
use crate::infra::http;
use crate::model::Timestamp;
use crate::sources::{Settings, firestore, gcs, google};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The same settings with those of Google Cloud in them.
#[must_use]
pub fn with_google(settings: Settings, globals: &Globals<'_>) -> Settings {
    let Globals { config, environment, .. } = globals;
    Settings {
        google: google_of(config, environment),
        gcs: gcs_of(config, environment),
        firestore: firestore_of(config, environment),
        ..settings
    }
}

/// The same for a command, whose flags win.
///
/// # Errors
/// A flag whose value makes no sense.
pub fn with_flags(settings: Settings, args: &TailArgs, since: Option<Timestamp>) -> Result<Settings, Usage> {
    let Settings { mut gcs, mut firestore, .. } = settings;
    if !args.object.is_empty() {
        gcs.include.clone_from(&args.object);
    }
    gcs.exclude.extend(args.exclude_object.iter().cloned());
    gcs.since = since;
    // Nobody is there who could ask for more of an object.
    gcs.object_bytes = u64::MAX;
    firestore.since = since;
    if let Some(limit) = args.limit {
        firestore.limit = limit;
    }
    if let Some(field) = &args.time_field {
        if field.trim().is_empty() {
            return Err(Usage("--time-field: a field's name is expected, such as meta.created".to_owned()));
        }
        firestore.time_field = Some(field.trim().to_owned());
    }
    firestore.filters.extend(args.query.iter().cloned());
    if let Some(seconds) = args.poll {
        let poll = Duration::from_secs(seconds.into());
        (gcs.poll, firestore.poll) = (poll, poll);
    }
    Ok(Settings { gcs, firestore, ..settings })
}

fn google_of(config: &Config, environment: &Environment) -> google::Settings {
    let path = |name: &str| environment.os(name).map(PathBuf::from);
    let of_gcloud = path("CLOUDSDK_CONFIG").or_else(|| Some(environment.home()?.join(".config/gcloud")));
    let login = if config.google.anonymous {
        google::Login::Anonymous
    } else {
        google::Login::Default {
            named: path("GOOGLE_APPLICATION_CREDENTIALS"),
            well_known: of_gcloud.map(|directory| directory.join("application_default_credentials.json")),
            metadata_host: environment.text("GCE_METADATA_HOST").map(str::to_owned),
        }
    };
    let mut options = http::Options::new(concat!("logdeck/", env!("CARGO_PKG_VERSION")));
    options.ca_files.extend(config.google.ca_file.clone());
    options.proxies = http::Proxies::of(|name: &str| environment.text(name).map(ToOwned::to_owned));
    let quota = || environment.text("GOOGLE_CLOUD_QUOTA_PROJECT").map(str::to_owned);
    google::Settings {
        login,
        impersonate: config.google.impersonate.clone(),
        user_project: config.google.user_project.clone().or_else(quota),
        ca_file: config.google.ca_file.clone(),
        proxy: environment.either("HTTPS_PROXY").or_else(|| environment.either("ALL_PROXY")).map(str::to_owned),
        no_proxy: environment.either("NO_PROXY").unwrap_or_default().to_owned(),
        http: Some(Arc::new(http::Lazy::new(options))),
    }
}

fn gcs_of(config: &Config, environment: &Environment) -> gcs::Settings {
    let of = &config.gcs;
    gcs::Settings {
        endpoint: environment.text("STORAGE_EMULATOR_HOST").map(with_scheme),
        include: of.include.clone(),
        exclude: of.exclude.clone(),
        start_bytes: of.start_size.bytes(),
        start_age: of.start_age.limit(),
        since: None,
        object_bytes: of.object_limit.bytes(),
        at_once: of.at_once,
        poll: of.poll,
        relist: of.relist,
        names: match of.names {
            ObjectNames::Auto => gcs::Names::Auto,
            ObjectNames::Grow => gcs::Names::Grow,
            ObjectNames::Any => gcs::Names::Any,
        },
    }
}

fn firestore_of(config: &Config, environment: &Environment) -> firestore::Settings {
    let of = &config.firestore;
    firestore::Settings {
        endpoint: environment.text("FIRESTORE_EMULATOR_HOST").map(without_scheme),
        limit: of.limit,
        since: None,
        budget: of.budget,
        changes: match of.changes {
            DocumentChanges::Auto => firestore::Changes::Auto,
            DocumentChanges::Listen => firestore::Changes::Listen,
            DocumentChanges::Poll => firestore::Changes::Poll,
        },
        poll: of.poll,
        time_field: of.time_field.clone(),
        severity_field: of.severity_field.clone(),
        message: of.message.clone(),
        filters: of.filters.clone(),
    }
}

/// Google's own tools write it with a scheme, others without.
fn with_scheme(host: &str) -> String {
    let host = host.trim().trim_end_matches('/');
    if host.contains("://") { host.to_owned() } else { format!("http://{host}") }
}

/// Emulators speak without TLS, so only what says so by `https://` gets it.
fn without_scheme(host: &str) -> String {
    let host = host.trim().trim_end_matches('/');
    host.strip_prefix("http://").unwrap_or(host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keymap::Keymap;
    use crate::sources::Follow;
    use jiff::tz::TimeZone;

    fn of(config: Config, variables: &[(&str, &str)]) -> Settings {
        let environment = Environment::of_variables(variables.iter().copied());
        let globals = Globals { config, keymap: Keymap::default(), notices: Vec::new(), environment: &environment };
        with_google(Settings::new(TimeZone::UTC, Follow::Off, 0), &globals)
    }

    #[test]
    fn defaults_are_those_of_the_sources() {
        let settings = of(Config::default(), &[]);
        assert_eq!((settings.gcs, settings.firestore), (gcs::Settings::default(), firestore::Settings::default()));
        assert_eq!(settings.google.login, google::Login::default());
        assert!(settings.google.http.is_some());
    }

    #[test]
    fn the_environment_says_whose_credentials_are_used() {
        let login = |variables: &[(&str, &str)]| of(Config::default(), variables).google.login;
        let some = |text: &str| Some(PathBuf::from(text));
        assert_eq!(
            login(&[
                ("GOOGLE_APPLICATION_CREDENTIALS", "/k.json"),
                ("CLOUDSDK_CONFIG", "/g"),
                ("GCE_METADATA_HOST", "m:1")
            ]),
            google::Login::Default {
                named: some("/k.json"),
                well_known: some("/g/application_default_credentials.json"),
                metadata_host: Some("m:1".to_owned()),
            }
        );
        let mut config = Config::default();
        config.google.anonymous = true;
        let settings = of(config, &[("GOOGLE_APPLICATION_CREDENTIALS", "/k.json")]);
        assert_eq!(settings.google.login, google::Login::Anonymous);
        let quota = [("GOOGLE_CLOUD_QUOTA_PROJECT", "q"), ("https_proxy", "p:1"), ("NO_PROXY", "x")];
        let google = of(Config::default(), &quota).google;
        assert_eq!((google.user_project.as_deref(), google.proxy.as_deref()), (Some("q"), Some("p:1")));
        assert_eq!(google.no_proxy, "x");
        let mut config = Config::default();
        config.google.user_project = Some("mine".to_owned());
        assert_eq!(of(config, &quota).google.user_project.as_deref(), Some("mine"));
    }

    #[test]
    fn emulators_are_named_with_or_without_a_scheme() {
        let check = |host: &str, storage: &str, firestore: &str| {
            let settings = of(Config::default(), &[("STORAGE_EMULATOR_HOST", host), ("FIRESTORE_EMULATOR_HOST", host)]);
            assert_eq!(settings.gcs.endpoint.as_deref(), Some(storage));
            assert_eq!(settings.firestore.endpoint.as_deref(), Some(firestore));
        };
        check("127.0.0.1:9023", "http://127.0.0.1:9023", "127.0.0.1:9023");
        check("http://localhost:1/", "http://localhost:1", "localhost:1");
        check("https://gcs.test", "https://gcs.test", "https://gcs.test");
    }

    #[test]
    fn flags_win() {
        let mut config = Config::default();
        config.gcs.include = vec!["a".to_owned()];
        config.gcs.exclude = vec!["b".to_owned()];
        config.firestore.filters = vec!["x == 1".to_owned()];
        let args = TailArgs {
            object: vec!["*.log".to_owned()],
            exclude_object: vec!["c".to_owned()],
            limit: Some(5),
            query: vec!["y == 2".to_owned()],
            time_field: Some("at".to_owned()),
            poll: Some(3),
            ..TailArgs::default()
        };
        let settings = with_flags(of(config.clone(), &[]), &args, Some(Timestamp(7))).unwrap();
        assert_eq!(
            (settings.gcs.include, settings.gcs.exclude),
            (vec!["*.log".to_owned()], vec!["b".into(), "c".into()])
        );
        assert_eq!((settings.gcs.since, settings.firestore.since), (Some(Timestamp(7)), Some(Timestamp(7))));
        assert_eq!(settings.gcs.object_bytes, u64::MAX);
        assert_eq!((settings.gcs.poll.as_secs(), settings.firestore.poll.as_secs()), (3, 3));
        let firestore = settings.firestore;
        assert_eq!((firestore.limit, firestore.time_field.as_deref()), (5, Some("at")));
        assert_eq!(firestore.filters, ["x == 1", "y == 2"]);
        let same = with_flags(of(config, &[]), &TailArgs::default(), None).unwrap();
        assert_eq!((same.gcs.include, same.firestore.limit), (vec!["a".to_owned()], 1000));
        let wrong = TailArgs { time_field: Some(" ".to_owned()), ..TailArgs::default() };
        assert!(with_flags(of(Config::default(), &[]), &wrong, None).is_err());
    }
}
