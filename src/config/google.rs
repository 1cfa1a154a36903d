//! The settings of Google Cloud, for both of its sources: `[google]`.
//!
//! Owns their rows in the table of settings. Must not know credentials or what asks Google. A key is never a setting, only
//! the account that is used.

use super::keys::{BOOLEAN, ConfigKey, Raw, Table, quoted};
use super::types::BadValue;
use std::path::PathBuf;

/// Who asks Google Cloud, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Google {
    /// A service account that is impersonated: its e-mail address.
    pub impersonate: Option<String>,
    /// The project that pays for requests.
    pub user_project: Option<String>,
    /// Whether no credentials are used.
    pub anonymous: bool,
    /// A file with certificates of authorities that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

const ACCOUNT: &str = "the e-mail address of a service account, such as reader@acme-prod.iam.gserviceaccount.com";
const PROJECT: &str = "the id of a project, such as acme-prod";
const CA_FILE: &str = "the path of a file with certificates (PEM)";

/// The rows of the section.
pub(super) const ROWS: [ConfigKey; 4] = {
    let row = ConfigKey {
        name: "google.impersonate",
        table: Table::No,
        doc: "A service account (its e-mail address) that is impersonated with your credentials.",
        expected: ACCOUNT,
        default: "",
        example: "\"reader@acme-prod.iam.gserviceaccount.com\"",
        environment: "",
        flag: None,
        set: |config, raw| {
            let is_account =
                |text: &str| text.split_once('@').is_some_and(|(name, host)| is_name(name) && is_name(host));
            config.google.impersonate = Some(word(raw, is_account, ACCOUNT)?);
            Ok(())
        },
        show: |config| config.google.impersonate.as_ref().map(quoted).unwrap_or_default(),
    };
    [
        row,
        ConfigKey {
            name: "google.user_project",
            doc: "The project that pays for requests, for buckets whose requester pays. Without this: \
                  GOOGLE_CLOUD_QUOTA_PROJECT.",
            expected: PROJECT,
            example: "\"acme-prod\"",
            set: |config, raw| {
                config.google.user_project = Some(word(raw, is_name, PROJECT)?);
                Ok(())
            },
            show: |config| config.google.user_project.as_ref().map(quoted).unwrap_or_default(),
            ..row
        },
        ConfigKey {
            name: "google.anonymous",
            doc: "Whether public buckets are read without credentials. Emulators (STORAGE_EMULATOR_HOST, \
                  FIRESTORE_EMULATOR_HOST) never get any.",
            expected: BOOLEAN,
            default: "false",
            example: "true",
            environment: "true or false",
            set: |config, raw| {
                config.google.anonymous = raw.flag(BOOLEAN)?;
                Ok(())
            },
            show: |config| config.google.anonymous.to_string(),
            ..row
        },
        ConfigKey {
            name: "google.ca_file",
            doc: "A file with certificates (PEM) of authorities that are trusted beside the system's.",
            expected: CA_FILE,
            example: "\"/etc/ssl/certs/company.pem\"",
            flag: Some("--ca-file"),
            set: |config, raw| {
                let is_path = |text: &str| !text.is_empty() && !text.contains('\0');
                config.google.ca_file = Some(word(raw, is_path, CA_FILE)?.into());
                Ok(())
            },
            show: |config| config.google.ca_file.as_ref().map(|path| quoted(path.display())).unwrap_or_default(),
            ..row
        },
    ]
};

/// What names of projects and parts of addresses are made of. They go into headers and addresses.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

/// A text of this form.
pub(super) fn word(raw: &Raw, fits: impl Fn(&str) -> bool, expected: &str) -> Result<String, BadValue> {
    match raw {
        Raw::Word(text) | Raw::Text(text) if fits(text.trim()) => Ok(text.trim().to_owned()),
        _ => Err(raw.bad(expected)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Age, Config, DocumentChanges, ObjectNames};
    use super::*;

    fn set(name: &str, raw: &Raw) -> Result<String, String> {
        let (key, mut config) = (ConfigKey::find(name).unwrap(), Config::default());
        (key.set)(&mut config, raw).map_err(|error| error.to_string())?;
        Ok((key.show)(&config))
    }

    #[test]
    fn values_are_taken_and_shown() {
        let check =
            |name: &str, raw: Raw, expected: &str| assert_eq!(set(name, &raw).as_deref(), Ok(expected), "{name}");
        let text = |text: &str| Raw::Text(text.to_owned());
        let word = |text: &str| Raw::Word(text.to_owned());
        check("google.impersonate", text("a@b-1.iam.gserviceaccount.com"), "\"a@b-1.iam.gserviceaccount.com\"");
        check("google.user_project", word(" acme "), "\"acme\"");
        check("google.anonymous", Raw::Flag(true), "true");
        check("google.ca_file", text("/a b.pem"), "\"/a b.pem\"");
        check("gcs.include", Raw::List(vec!["*.{gz,log}".into()]), "[\"*.{gz,log}\"]");
        check("gcs.exclude", word("*.tmp, _*"), "[\"*.tmp\", \"_*\"]");
        check("gcs.start_size", word("1g"), "\"1GiB\"");
        check("gcs.start_size", Raw::Number(1000), "\"1kB\"");
        check("gcs.start_age", text("any"), "\"any\"");
        check("gcs.object_limit", text("1GiB"), "\"1GiB\"");
        check("gcs.at_once", Raw::Number(1), "1");
        check("gcs.poll", word("1"), "1");
        check("gcs.relist", Raw::Number(86_400), "86400");
        check("gcs.names", word("Grow"), "\"grow\"");
        check("firestore.limit", Raw::Number(50), "50");
        check("firestore.budget", Raw::Number(1), "1");
        check("firestore.changes", text("poll"), "\"poll\"");
        check("firestore.poll", Raw::Number(5), "5");
        check("firestore.time_field", text("meta.created"), "\"meta.created\"");
        check("firestore.severity_field", word("level"), "\"level\"");
        check("firestore.message", text("{state} of {worker}"), "\"{state} of {worker}\"");
        let filters = "[\"a in [1, 2]\", \"b == 'x'\"]";
        check("firestore.where", word("a in [1, 2]; b == 'x';"), filters);
        check("firestore.where", Raw::List(vec!["a in [1, 2]".into(), "b == 'x'".into()]), filters);
    }

    #[test]
    fn others_are_refused() {
        let check = |name: &str, raw: Raw, expected: &str| {
            let error = set(name, &raw).unwrap_err();
            assert!(error.contains(expected), "{name}: {error}");
        };
        let text = |text: &str| Raw::Text(text.to_owned());
        check("google.impersonate", text("reader"), "e-mail address");
        check("google.impersonate", text("a@b/../c"), "e-mail address");
        check("google.user_project", text("a b"), "id of a project");
        check("google.user_project", text("a\r\nx: y"), "id of a project");
        check("google.anonymous", text("x"), "true or false");
        check("google.ca_file", text(""), "PEM");
        check("gcs.include", text("*.log"), "a list of globs");
        check("gcs.start_size", text("0"), "a size up to 1TiB");
        check("gcs.start_age", text("24"), "24h or 7d");
        check("gcs.object_limit", Raw::Flag(true), "a size up to 1TiB");
        check("gcs.at_once", Raw::Number(0), "1 to 64");
        check("gcs.poll", Raw::Number(0), "1 to 3600");
        check("gcs.relist", Raw::Number(86_401), "1 to 86400");
        check("gcs.names", text("sorted"), "auto, grow or any");
        check("firestore.limit", Raw::Number(0), "1 to 100000");
        check("firestore.budget", text("x"), "1 to 1000000000");
        check("firestore.changes", text("push"), "auto, listen or poll");
        check("firestore.poll", Raw::Number(3601), "1 to 3600");
        check("firestore.time_field", text(" "), "a field's name");
        check("firestore.message", text(""), "with fields in braces");
        check("firestore.where", text("a == 1"), "a list of filters");
    }

    #[test]
    fn words_are_those_of_the_sources() {
        assert_eq!(Config::default().gcs.names, ObjectNames::Auto);
        assert_eq!(Config::default().firestore.changes, DocumentChanges::Auto);
        assert_eq!("1d".parse::<Age>(), Ok(Config::default().gcs.start_age));
    }
}
