//! Credentials: where they are looked for, whose they are, and what is said when they fail.

use super::find::account_of;
use super::refusal::chain;
use super::settings::Login as Places;
use super::{Account, LoginError, STORAGE, Settings};
use crate::ports::http::{Answer, Asking, Body, Http, HttpError, Piece, Request};
use google_cloud_auth::errors::CredentialsError;
use serde_json::json;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

/// Answers every request alike.
struct Always(u16, &'static str);

struct Once(Option<Vec<u8>>);

impl Body for Once {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<Piece>> + Send + '_>> {
        Box::pin(std::future::ready(self.0.take().map(Ok)))
    }
}

impl Http for Always {
    fn ask(&self, request: Request) -> Asking<'_> {
        assert!(request.url.starts_with("http://"), "the metadata server speaks plain HTTP");
        Box::pin(std::future::ready(match self.0 {
            0 => Err(HttpError::Connect { host: "metadata".to_owned(), why: "no such name".to_owned() }),
            status => Ok(Answer {
                status,
                headers: vec![("metadata-flavor".to_owned(), "Google".to_owned())],
                body: Box::new(Once(Some(self.1.as_bytes().to_vec()))),
            }),
        }))
    }
}

fn settings(named: Option<&Path>, well_known: Option<&Path>, http: Always) -> Settings {
    let login = Places::Default {
        named: named.map(Path::to_owned),
        well_known: well_known.map(Path::to_owned),
        metadata_host: Some("metadata.test".to_owned()),
    };
    Settings { login, http: Some(Arc::new(http)), ..Settings::default() }
}

async fn refusal(settings: &Settings) -> String {
    Account::new(settings, &[STORAGE]).token().await.unwrap_err().to_string()
}

#[tokio::test]
async fn without_credentials_all_places_are_named_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("adc.json");
    let said = refusal(&settings(None, Some(&file), Always(0, ""))).await;
    let places =
        ["GOOGLE_APPLICATION_CREDENTIALS is not set", "adc.json is not there", "metadata.test", "no such name"];
    let found: Vec<usize> =
        places.iter().map(|place| said.find(place).unwrap_or_else(|| panic!("{place}: {said}"))).collect();
    assert!(found.is_sorted(), "{said}");
    assert!(said.contains("gcloud auth application-default login"), "{said}");
}

#[tokio::test]
async fn broken_files_are_named_and_nothing_else_is_tried() {
    let dir = tempfile::tempdir().unwrap();
    for (text, word) in [
        ("{\"type\": \"service_account\"", "no JSON (line 1"),
        ("{}", "no `type`"),
        ("{\"type\": \"magic\"}", "type `magic`"),
        ("{\"type\": \"service_account\", \"client_email\": \"a@b\"}", "parse"),
    ] {
        let file = dir.path().join("key.json");
        std::fs::write(&file, text).unwrap();
        for settings in [settings(Some(&file), None, Always(0, "")), settings(None, Some(&file), Always(0, ""))] {
            let said = refusal(&settings).await;
            assert!(said.contains(word) && said.contains("key.json"), "{text}: {said}");
        }
    }
    let gone = dir.path().join("gone.json");
    let said = refusal(&settings(Some(&gone), None, Always(200, "a@b"))).await;
    assert!(said.contains("gone.json (GOOGLE_APPLICATION_CREDENTIALS)"), "a named file has to be there: {said}");
    let said = refusal(&settings(Some(dir.path()), None, Always(0, ""))).await;
    assert!(said.contains("it is no file"), "{said}");
}

#[tokio::test]
async fn nobody_asks_in_nobodys_name() {
    let settings = Settings { login: Places::Anonymous, user_project: Some("acme".to_owned()), ..Settings::default() };
    let account = Account::new(&settings, &[STORAGE]);
    let token = account.token().await.unwrap();
    assert_eq!(token.headers(), vec![("x-goog-user-project", "acme".to_owned())]);
    assert_eq!(account.name(), "anonymous");
}

#[test]
fn accounts_have_names() {
    let url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/r@p.iam.gserviceaccount.com:generateAccessToken";
    for (json, name) in [
        (json!({"type": "service_account", "client_email": "r@p"}), "r@p"),
        (json!({"type": "authorized_user", "account": "me@example.com"}), "me@example.com"),
        (json!({"type": "authorized_user", "account": ""}), "the user of /k.json"),
        (
            json!({"type": "impersonated_service_account", "service_account_impersonation_url": url}),
            "r@p.iam.gserviceaccount.com",
        ),
        (json!({"type": "external_account", "service_account_impersonation_url": url}), "r@p.iam.gserviceaccount.com"),
        (
            json!({"type": "external_account", "audience": "//iam.googleapis.com/projects/1/x"}),
            "the workload identity projects/1/x",
        ),
    ] {
        assert_eq!(account_of(&json, json["type"].as_str().unwrap(), Path::new("/k.json")), name);
    }
}

#[test]
fn refusals_say_what_to_do() {
    let body = "failed to refresh user access token, body=<{\n  \"error\": \"invalid_grant\",\n  \
                \"error_description\": \"Token has been expired or revoked.\"\n}>";
    let error = LoginError::of(&CredentialsError::from_msg(false, body), "me@example.com");
    assert!(!error.is_passing());
    let said = error.to_string();
    let expected = "me@example.com gets no token: Token has been expired or revoked. (invalid_grant): log in again";
    assert!(said.starts_with(expected), "{said}");
    let away = LoginError::of(&CredentialsError::from_msg(true, "dns error"), "me@example.com");
    assert!(away.is_passing());
    assert_eq!(away.to_string(), "no token for me@example.com yet: dns error");
}

#[test]
fn long_errors_are_cut_and_told_once() {
    let inner = std::io::Error::other("x".repeat(1000));
    let error = CredentialsError::from_source(false, inner);
    let said = chain(&error);
    assert!(said.len() < 320 && said.starts_with("cannot create auth headers: xxx"), "{said}");
}
