//! Why there are no credentials, or why they were refused: sentences that say who asks, what failed and what to do.
//!
//! Owns these errors. Must not know how credentials are found, nor show a secret.

use google_cloud_auth::errors::CredentialsError;
use std::error::Error;
use std::time::Duration;

/// Why nobody can be asked in this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::sources) enum LoginError {
    /// No credentials are anywhere.
    #[error(
        "no Google credentials: {}. Run gcloud auth application-default login, or name a key file in \
         GOOGLE_APPLICATION_CREDENTIALS",
        .tried.join("; ")
    )]
    Missing {
        /// Where they were looked for, in order, each with why it gave none.
        tried: Vec<String>,
    },
    /// They are there and cannot be used.
    #[error("{what} cannot be used: {why}")]
    Broken {
        /// What: a file with its name.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The service that gives tokens says no.
    #[error("{account} gets no token: {why}")]
    Refused {
        /// Who asks.
        account: String,
        /// What it says, and what to do.
        why: String,
    },
    /// The service that gives tokens does not answer.
    #[error("no token for {account} yet: {why}")]
    Away {
        /// Who asks.
        account: String,
        /// What happened.
        why: String,
    },
}

impl LoginError {
    /// Whether it may go by itself.
    pub(in crate::sources) const fn is_passing(&self) -> bool {
        matches!(self, Self::Away { .. })
    }

    pub(super) fn broken(what: &str, why: impl Into<String>) -> Self {
        Self::Broken { what: what.to_owned(), why: why.into() }
    }

    pub(super) fn slow(account: &str, after: Duration) -> Self {
        let why = format!("there was no answer within {} s", after.as_secs());
        Self::Away { account: account.to_owned(), why }
    }

    /// What an error of the library means.
    pub(super) fn of(error: &CredentialsError, account: &str) -> Self {
        let account = account.to_owned();
        let said = chain(error);
        if let Some((code, description)) = oauth(&said) {
            let hint = match code.as_str() {
                "invalid_grant" => ": log in again with gcloud auth application-default login, or get a new key",
                "invalid_rapt" => ": log in again with gcloud auth application-default login",
                "invalid_scope" | "unauthorized_client" | "access_denied" => {
                    ": the account may not get tokens like this"
                }
                _ => "",
            };
            let words = if description.is_empty() { code } else { format!("{description} ({code})") };
            return Self::Refused { account, why: format!("{words}{hint}") };
        }
        if error.is_transient() { Self::Away { account, why: said } } else { Self::Refused { account, why: said } }
    }
}

/// The most of a service's words that is shown.
const MOST: usize = 300;

/// What an error and its causes say, each once, without the library's remarks on trying again.
pub(in crate::sources) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let mut text = error.to_string();
        for remark in [" but future attempts may succeed", " and future attempts will not succeed"] {
            text = text.replace(remark, "");
        }
        let text = text.trim().trim_end_matches(':').to_owned();
        let is_told = text.is_empty() || said.iter().any(|other| other.contains(&text));
        if !is_told {
            // Many errors repeat their cause.
            said.retain(|other| !text.contains(other.as_str()));
            said.push(text);
        }
        next = error.source();
    }
    let mut text = said.join(": ");
    if text.len() > MOST {
        let end = (0..=MOST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push_str(" ...");
    }
    text
}

/// The code and the description of an OAuth error within a text.
fn oauth(text: &str) -> Option<(String, String)> {
    let start = text.find("{\"").or_else(|| text.find("{\n")).or_else(|| text.find("{ "))?;
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<serde_json::Value>();
    let value = values.next()?.ok()?;
    let word = |key: &str| value.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let (code, description) = (word("error"), word("error_description"));
    let code = if word("error_subtype") == "invalid_rapt" { "invalid_rapt".to_owned() } else { code };
    (!code.is_empty()).then_some((code, description))
}
