//! One account at work: it finds its credentials when they are first needed, gives tokens, and looks again when they were
//! refused.
//!
//! Owns that. Must not know what is asked with a token. Tokens never reach a log or `Debug`.

use super::find::{Found, find};
use super::refusal::LoginError;
use super::settings::Settings;
use crate::ports::tokens::Secret;
use google_cloud_auth::credentials::{
    AccessTokenCredentials, CacheableResource, Credentials, CredentialsProvider, EntityTag,
};
use google_cloud_auth::errors::CredentialsError;
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How long a token may take. One is renewed minutes before it ends, so only the first is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The header that says who pays.
const USER_PROJECT: &str = "x-goog-user-project";

/// Who asks. Clones are the same account.
#[derive(Clone)]
pub(in crate::sources) struct Account(Arc<Inner>);

struct Inner {
    settings: Settings,
    scopes: &'static [&'static str],
    /// What was found, until it is refused. The lock is held while credentials are looked for: others wait for the same.
    found: tokio::sync::Mutex<Option<Found>>,
    name: Mutex<String>,
}

/// What goes with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sources) struct Token {
    /// The value of `authorization`; nothing for whoever asks without a name.
    pub(in crate::sources) authorization: Option<Secret>,
    /// The project that pays, by the settings or by the file of credentials.
    pub(in crate::sources) user_project: Option<String>,
}

impl Token {
    /// As headers of a request.
    pub(in crate::sources) fn headers(&self) -> Vec<(&'static str, String)> {
        let authorization = self.authorization.as_ref().map(|secret| ("authorization", secret.expose().to_owned()));
        let project = self.user_project.as_ref().map(|project| (USER_PROJECT, project.clone()));
        authorization.into_iter().chain(project).collect()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("name", &self.name()).finish_non_exhaustive()
    }
}

impl Account {
    /// The account of these settings, for these scopes ([`super::STORAGE`], [`super::DATASTORE`]). Nothing is looked for
    /// yet.
    pub(in crate::sources) fn new(settings: &Settings, scopes: &'static [&'static str]) -> Self {
        let name = Mutex::default();
        Self(Arc::new(Inner { settings: settings.clone(), scopes, found: tokio::sync::Mutex::default(), name }))
    }

    /// Its name for people: `reader@acme.iam.gserviceaccount.com`, `the user of FILE`, `anonymous`; empty while it is not
    /// known.
    pub(in crate::sources) fn name(&self) -> String {
        self.0.name.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What goes with a request now. It is there at once but for the first time.
    ///
    /// # Errors
    /// There are no credentials, or nobody gives a token for them within 20 s.
    pub(in crate::sources) async fn token(&self) -> Result<Token, LoginError> {
        let own = self.0.settings.user_project.clone();
        let Some(credentials) = self.found().await? else {
            return Ok(Token { authorization: None, user_project: own });
        };
        let headers = match timeout(PATIENCE, credentials.headers(Extensions::new())).await {
            Err(_) => return Err(LoginError::slow(&self.name(), PATIENCE)),
            Ok(Ok(CacheableResource::New { data, .. })) => data,
            Ok(Ok(CacheableResource::NotModified)) => HeaderMap::new(),
            Ok(Err(error)) => {
                let error = LoginError::of(&error, &self.name());
                if !error.is_passing() {
                    // These never recover by themselves; a new login or a new file is seen by looking again.
                    self.refused().await;
                }
                return Err(error);
            }
        };
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let authorization = text(AUTHORIZATION.as_str()).map(Secret::new);
        Ok(Token { authorization, user_project: text(USER_PROJECT).or(own) })
    }

    /// The service refused the token (401): credentials are looked for again at the next call.
    pub(in crate::sources) async fn refused(&self) {
        *self.0.found.lock().await = None;
    }

    /// For Google's own clients: always what is found now.
    pub(in crate::sources) fn credentials(&self) -> Credentials {
        Credentials::from(self.clone())
    }

    /// The credentials, which are looked for if need be; nothing for whoever asks without a name.
    async fn found(&self) -> Result<Option<AccessTokenCredentials>, LoginError> {
        let mut slot = self.0.found.lock().await;
        if let Some(found) = &*slot {
            return Ok(found.credentials.clone());
        }
        let found = find(&self.0.settings, self.0.scopes).await?;
        self.0.name.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&found.account);
        let credentials = found.credentials.clone();
        *slot = Some(found);
        Ok(credentials)
    }
}

impl CredentialsProvider for Account {
    async fn headers(&self, _: Extensions) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let token = self.token().await.map_err(|e| CredentialsError::from_msg(e.is_passing(), e.to_string()))?;
        let mut data = HeaderMap::new();
        for (name, value) in token.headers() {
            // A header that cannot be written down would be no token either.
            if let Ok(mut value) = http::HeaderValue::from_str(&value) {
                value.set_sensitive(true);
                data.insert(name, value);
            }
        }
        Ok(CacheableResource::New { entity_tag: EntityTag::new(), data })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}
