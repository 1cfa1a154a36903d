//! Where credentials are looked for, in order: the named file, gcloud's file, the metadata server.
//!
//! Owns the order and what each place says. Must not read the environment; it reads the files that it is told of.

use super::refusal::LoginError;
use super::settings::{Login as Places, Settings};
use crate::ports::http::{Answer, Http, Request};
use google_cloud_auth::build_errors::Error as BuildError;
use google_cloud_auth::credentials::service_account::AccessSpecifier;
use google_cloud_auth::credentials::{
    AccessTokenCredentials, external_account, impersonated, mds, service_account, user_account,
};
use serde_json::Value;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// Who asks, and what proves it.
#[derive(Clone)]
pub(super) struct Found {
    /// The account's name, for people.
    pub(super) account: String,
    /// Nothing for whoever asks without a name.
    pub(super) credentials: Option<AccessTokenCredentials>,
}

/// The metadata server's name.
const METADATA: &str = "metadata.google.internal";

/// How long the metadata server may take. It is in the same machine, or it is not there.
const METADATA_PATIENCE: Duration = Duration::from_secs(3);

/// How long reading a file may take: home directories may lie on servers that are away.
const FILE_PATIENCE: Duration = Duration::from_secs(10);

/// More than any file of credentials has.
const MAX_FILE: u64 = 1 << 20;

/// Tokens of whoever impersonates somebody need this.
const ALL: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The credentials that are there. It needs the runtime, since they renew themselves in the background.
pub(super) async fn find(settings: &Settings, scopes: &[&str]) -> Result<Found, LoginError> {
    let Places::Default { named, well_known, metadata_host } = &settings.login else {
        return Ok(Found { account: "anonymous".to_owned(), credentials: None });
    };
    let own = if settings.impersonate.is_some() { &[ALL][..] } else { scopes };
    let project = settings.user_project.as_deref();
    let mut tried = Vec::new();
    let found = 'found: {
        match named {
            Some(path) => {
                let what = format!("{} (GOOGLE_APPLICATION_CREDENTIALS)", path.display());
                let text = read(path).await.map_err(|e| LoginError::broken(&what, e.to_string()))?;
                break 'found of_file(&text, &what, path, own, project)?;
            }
            None => tried.push("GOOGLE_APPLICATION_CREDENTIALS is not set".to_owned()),
        }
        match well_known {
            Some(path) => match read(path).await {
                Ok(text) => {
                    let what = path.display().to_string();
                    break 'found of_file(&text, &what, path, own, project)?;
                }
                Err(e) if e.kind() == ErrorKind::NotFound => tried.push(format!("{} is not there", path.display())),
                Err(e) => return Err(LoginError::broken(&path.display().to_string(), e.to_string())),
            },
            None => tried.push("there is no home directory with gcloud's file".to_owned()),
        }
        let host = metadata_host.as_deref().unwrap_or(METADATA);
        match metadata_account(settings.http.as_deref(), host).await {
            Ok(account) => {
                let builder = mds::Builder::default().with_endpoint(format!("http://{host}"));
                let builder = builder.with_scopes(own.iter().copied());
                let builder = project.into_iter().fold(builder, mds::Builder::with_quota_project_id);
                let credentials = builder.build_access_token_credentials();
                let credentials = credentials.map_err(|e| of_build("the metadata server", &e))?;
                Found { account, credentials: Some(credentials) }
            }
            Err(why) => {
                tried.push(why);
                return Err(LoginError::Missing { tried });
            }
        }
    };
    match &settings.impersonate {
        Some(target) => impersonate(found, target, scopes, project),
        None => Ok(found),
    }
}

/// Somebody else, by the credentials that were found.
fn impersonate(found: Found, target: &str, scopes: &[&str], project: Option<&str>) -> Result<Found, LoginError> {
    let Some(own) = found.credentials else { return Ok(found) };
    let builder = impersonated::Builder::from_source_credentials(own.into()).with_target_principal(target);
    let builder = builder.with_scopes(scopes.iter().copied());
    let builder = project.into_iter().fold(builder, impersonated::Builder::with_quota_project_id);
    let credentials = builder.build_access_token_credentials();
    let credentials = credentials.map_err(|e| of_build(&format!("the impersonation of {target}"), &e))?;
    Ok(Found { account: format!("{target} (by {})", found.account), credentials: Some(credentials) })
}

/// The credentials of a file's text.
fn of_file(text: &str, what: &str, path: &Path, scopes: &[&str], project: Option<&str>) -> Result<Found, LoginError> {
    let json: Value = serde_json::from_str(text).map_err(|e| {
        let at = format!("it is no JSON (line {}, column {})", e.line(), e.column());
        LoginError::broken(what, at)
    })?;
    let kind = word(&json, "type").to_owned();
    let account = account_of(&json, &kind, path);
    let scopes = scopes.iter().copied();
    let built = match kind.as_str() {
        // gcloud's tokens have the scopes that the person agreed to; others cannot be asked for.
        "authorized_user" => {
            let builder = user_account::Builder::new(json);
            project
                .into_iter()
                .fold(builder, user_account::Builder::with_quota_project_id)
                .build_access_token_credentials()
        }
        "service_account" => {
            let builder = service_account::Builder::new(json);
            let builder = builder.with_access_specifier(AccessSpecifier::from_scopes(scopes));
            let builder = project.into_iter().fold(builder, service_account::Builder::with_quota_project_id);
            builder.build_access_token_credentials()
        }
        "impersonated_service_account" => {
            let builder = impersonated::Builder::new(json).with_scopes(scopes);
            project
                .into_iter()
                .fold(builder, impersonated::Builder::with_quota_project_id)
                .build_access_token_credentials()
        }
        "external_account" => {
            let builder = external_account::Builder::new(json).with_scopes(scopes);
            let builder = project.into_iter().fold(builder, external_account::Builder::with_quota_project_id);
            builder.build_access_token_credentials()
        }
        "" => return Err(LoginError::broken(what, "it has no `type`, so it holds no Google credentials")),
        other => {
            let known = "authorized_user, service_account, impersonated_service_account and external_account are";
            return Err(LoginError::broken(what, format!("credentials of type `{other}` are not known; {known}")));
        }
    };
    let credentials = built.map_err(|e| of_build(what, &e))?;
    Ok(Found { account, credentials: Some(credentials) })
}

/// Whose a file of credentials is.
pub(super) fn account_of(json: &Value, kind: &str, path: &Path) -> String {
    // …/serviceAccounts/NAME@PROJECT.iam.gserviceaccount.com:generateAccessToken
    let impersonated = || {
        let url = word(json, "service_account_impersonation_url");
        let email = url.rsplit('/').next()?.split(':').next()?;
        email.contains('@').then(|| email.to_owned())
    };
    let named = match kind {
        "service_account" => Some(word(json, "client_email")),
        "authorized_user" => Some(word(json, "account")),
        _ => None,
    };
    match named.filter(|name| !name.is_empty()).map(str::to_owned).or_else(impersonated) {
        Some(name) => name,
        None if kind == "external_account" => match word(json, "audience") {
            "" => format!("the workload identity of {}", path.display()),
            audience => format!("the workload identity {}", audience.trim_start_matches("//iam.googleapis.com/")),
        },
        None if kind == "authorized_user" => format!("the user of {}", path.display()),
        None => format!("the account of {}", path.display()),
    }
}

fn word<'a>(json: &'a Value, key: &str) -> &'a str {
    json.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// What is wrong with credentials, without what they hold.
fn of_build(what: &str, error: &BuildError) -> LoginError {
    LoginError::broken(what, super::refusal::chain(error))
}

async fn read(path: &Path) -> std::io::Result<String> {
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let about = std::fs::metadata(&path)?;
        if !about.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        if about.len() > MAX_FILE {
            return Err(std::io::Error::other("it is too large to hold credentials"));
        }
        std::fs::read_to_string(path)
    });
    match timeout(FILE_PATIENCE, reading).await {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => Err(std::io::Error::other("reading it failed with a defect of logdeck")),
        Err(_) => Err(std::io::Error::other(format!("reading it took over {} s", FILE_PATIENCE.as_secs()))),
    }
}

/// The account that the metadata server gives tokens of, or why it gives none.
async fn metadata_account(http: Option<&dyn Http>, host: &str) -> Result<String, String> {
    let Some(http) = http else { return Err("the metadata server was not asked".to_owned()) };
    let request = Request {
        url: format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/email"),
        headers: vec![("metadata-flavor", "Google".to_owned())],
        patience: Some(METADATA_PATIENCE),
        ..Request::default()
    };
    let asking = async {
        let mut answer = http.ask(request).await.map_err(|e| e.to_string())?;
        let is_google = answer.header("metadata-flavor") == Some("Google");
        match answer.status {
            200 if is_google => Ok(first_words(&mut answer).await),
            404 if is_google => Err("it has no service account".to_owned()),
            status => Err(format!("something else answers there ({status})")),
        }
    };
    let said = match timeout(METADATA_PATIENCE, asking).await {
        Ok(said) => said,
        Err(_) => Err(format!("there was no answer within {} s", METADATA_PATIENCE.as_secs())),
    };
    said.map(|name| if name.is_empty() { "the metadata server's account".to_owned() } else { name })
        .map_err(|why| format!("the metadata server ({host}) gives none: {why}"))
}

/// The first line of a short body.
async fn first_words(answer: &mut Answer) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < 1024 {
        match answer.body.next().await {
            Some(Ok(piece)) => bytes.extend_from_slice(&piece),
            _ => break,
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    text.lines().next().unwrap_or_default().trim().chars().take(256).collect()
}
