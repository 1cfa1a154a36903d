//! Why a server of a CI service gave no useful answer, in words for people.
//!
//! Owns the words. Must not send anything. What servers say themselves is made safe and short before it is quoted.

use crate::model::Timestamp;
use crate::model::ci::Forge;
use crate::parse::text;
use crate::ports::http::HttpError;
use serde::Deserialize;

/// The most characters of a server's message that are quoted.
const MAX_QUOTE: usize = 200;

/// No useful answer. [`std::fmt::Display`] is a sentence that says what to do, safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct ApiError {
    /// What it is.
    pub kind: Kind,
    /// The sentence.
    pub words: String,
    /// Before this moment it makes no sense to ask again; nothing when that is not known.
    pub retry_at: Option<Timestamp>,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The server cannot be reached, or the connection broke off.
    Network,
    /// There should be a token, and it cannot be had.
    NoToken,
    /// The token is not accepted (401).
    BadToken,
    /// All requests of this hour are spent.
    PrimaryLimit,
    /// Too many requests in a short time.
    SecondaryLimit,
    /// What is left of the requests is kept for what a person asks for.
    Reserved,
    /// The token may not do this: a scope or a permission is missing.
    Scope,
    /// The organisation wants the token to be authorised for its single sign-on.
    Sso,
    /// Not allowed, and the server does not say which permission would help.
    Forbidden,
    /// Not there, or private (404).
    Missing,
    /// It was there once (410).
    Gone,
    /// The server has a problem of its own (5xx).
    Server,
    /// Another status that makes no sense here.
    Status(u16),
    /// A web page where JSON was expected.
    WebPage,
    /// The JSON ends too early.
    Truncated,
    /// JSON that is not what was asked for, or too much of it.
    Nonsense,
    /// It says 200 and means an error.
    HiddenError,
    /// Redirects that lead nowhere.
    Redirects,
}

impl Kind {
    /// Whether the same request may succeed a little later without anybody doing something.
    pub const fn is_passing(self) -> bool {
        matches!(self, Self::Network | Self::Server | Self::WebPage | Self::Truncated | Self::HiddenError)
    }

    /// Whether the server asked for fewer requests.
    pub const fn is_limit(self) -> bool {
        matches!(self, Self::PrimaryLimit | Self::SecondaryLimit | Self::Reserved)
    }
}

impl ApiError {
    /// An error that can be asked again at any time.
    pub fn new(kind: Kind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into(), retry_at: None }
    }

    /// The same with a moment before which asking makes no sense.
    #[must_use]
    pub fn until(mut self, moment: Timestamp) -> Self {
        self.retry_at = Some(moment);
        self
    }

    /// The connection failed.
    pub fn network(error: &HttpError) -> Self {
        Self::new(Kind::Network, error.to_string())
    }

    /// JSON that serde did not understand; `what` is named.
    pub fn json(error: &serde_json::Error, what: &str) -> Self {
        if error.is_eof() {
            return Self::new(
                Kind::Truncated,
                format!("the answer about {what} ends too early; it may be whole in a moment"),
            );
        }
        Self::new(Kind::Nonsense, format!("the answer about {what} is not understood: {error}"))
    }
}

/// What an answer with an error status brought, as far as words need it.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// Of which service.
    pub forge: Forge,
    /// The server's host.
    pub host: &'a str,
    /// The path that was asked for.
    pub path: &'a str,
    /// The status.
    pub status: u16,
    /// Whether a token went with it.
    pub has_token: bool,
    /// Another server to which the request was redirected, and which got no token.
    pub elsewhere: Option<&'a str>,
    /// The headers, names in lower case.
    pub headers: &'a [(String, String)],
    /// The body, or its beginning.
    pub body: &'a [u8],
    /// Until when the server wants no requests, where it is a limit.
    pub until: Option<Timestamp>,
}

impl Refusal<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// What a limit it is, if it is one: [`Kind::PrimaryLimit`] or [`Kind::SecondaryLimit`].
    pub fn limit(&self) -> Option<Kind> {
        if !matches!(self.status, 403 | 429) {
            return None;
        }
        let is_spent = ["x-ratelimit-remaining", "ratelimit-remaining"]
            .iter()
            .any(|name| self.header(name).is_some_and(|left| left.trim() == "0"));
        if is_spent {
            return Some(Kind::PrimaryLimit);
        }
        let message = message(self.body).to_lowercase();
        let is_abuse = message.contains("secondary rate limit") || message.contains("abuse detection");
        if self.status == 429 || is_abuse || self.header("retry-after").is_some() {
            return Some(Kind::SecondaryLimit);
        }
        message.contains("rate limit exceeded").then_some(Kind::PrimaryLimit)
    }

    /// The error.
    pub fn error(&self) -> ApiError {
        let error = match self.limit() {
            Some(kind) => self.limited(kind),
            None => self.refused(),
        };
        ApiError { retry_at: error.retry_at.or(self.until), ..error }
    }

    fn limited(&self, kind: Kind) -> ApiError {
        let host = self.host;
        let words = match (kind, self.has_token) {
            (Kind::PrimaryLimit, true) => format!("{host}: all requests of this hour are spent"),
            (Kind::PrimaryLimit, false) => {
                format!(
                    "{host}: all requests that go without a token are spent; {} raises the limit",
                    self.token_hint()
                )
            }
            _ => format!("{host}: too many requests in a short time ({})", self.status),
        };
        ApiError::new(kind, words)
    }

    fn refused(&self) -> ApiError {
        let (host, said) = (self.host, self.said());
        match self.status {
            401 if self.has_token => ApiError::new(
                Kind::BadToken,
                format!("{host} does not accept the token: it expired or was revoked{said}"),
            ),
            401 => ApiError::new(
                Kind::BadToken,
                format!("{host} wants a token: {}{}", self.token_hint(), self.elsewhere()),
            ),
            403 => self.forbidden(),
            404 => {
                let why = if self.has_token { "not visible to this token" } else { "private, and there is no token" };
                ApiError::new(
                    Kind::Missing,
                    format!("{host}: {} is not there, or is {why}{}", self.place(), self.elsewhere()),
                )
            }
            410 => ApiError::new(Kind::Gone, format!("{host}: {} is no longer kept (410){said}", self.place())),
            500.. => ApiError::new(Kind::Server, format!("{host} has a problem of its own ({}){said}", self.status)),
            status => {
                ApiError::new(Kind::Status(status), format!("{host} answered {status} for {}{said}", self.place()))
            }
        }
    }

    fn forbidden(&self) -> ApiError {
        let host = self.host;
        if let Some(sso) = self.header("x-github-sso").filter(|sso| sso.starts_with("required")) {
            let page = sso.split(';').find_map(|part| part.trim().strip_prefix("url=")).unwrap_or_default();
            let page = quote(page, 500);
            let words = format!("{host}: the organisation wants the token authorised for its single sign-on: {page}");
            return ApiError::new(Kind::Sso, words.trim_end_matches([' ', ':']).to_owned());
        }
        let scope: Scope = serde_json::from_slice(self.body).unwrap_or_default();
        if scope.error.as_deref() == Some("insufficient_scope") {
            let wanted = quote(scope.scope.as_deref().unwrap_or("read_api"), MAX_QUOTE);
            return ApiError::new(Kind::Scope, format!("{host}: the token lacks a scope, one of: {wanted}"));
        }
        let has = self.header("x-oauth-scopes");
        if let Some(wanted) = self.header("x-accepted-oauth-scopes").filter(|wanted| !wanted.trim().is_empty())
            && let Some(has) = has
            && !wanted.split(',').any(|scope| has.split(',').any(|other| other.trim() == scope.trim()))
        {
            let (wanted, has) = (quote(wanted, MAX_QUOTE), quote(has, MAX_QUOTE));
            let has = if has.is_empty() { "none" } else { &has };
            return ApiError::new(Kind::Scope, format!("{host}: the token lacks the scope {wanted} (it has: {has})"));
        }
        if has.is_none()
            && self.has_token
            && let Some(wanted) =
                self.header("x-accepted-github-permissions").filter(|wanted| !wanted.trim().is_empty())
        {
            let wanted = quote(wanted, MAX_QUOTE);
            return ApiError::new(Kind::Scope, format!("{host}: the token lacks the permission {wanted}"));
        }
        let hint = if self.has_token { String::new() } else { format!("; {} may help", self.token_hint()) };
        ApiError::new(Kind::Forbidden, format!("{host} does not allow {}{}{hint}", self.place(), self.said()))
    }

    fn token_hint(&self) -> &'static str {
        match self.forge {
            Forge::Github => "a token (GITHUB_TOKEN, or gh auth login)",
            Forge::Gitlab => "a token (GITLAB_TOKEN)",
        }
    }

    fn elsewhere(&self) -> String {
        self.elsewhere.map_or_else(String::new, |to| {
            format!(" (it redirects to {}, which gets no token: name that server instead)", quote(to, MAX_QUOTE))
        })
    }

    /// What was asked for, without its query.
    fn place(&self) -> String {
        quote(self.path.split(['?', '#']).next().unwrap_or(self.path), MAX_QUOTE)
    }

    fn said(&self) -> String {
        let message = message(self.body);
        if message.is_empty() { String::new() } else { format!(": {message}") }
    }
}

/// What a server says in the body of an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scope {
    error: Option<String>,
    scope: Option<String>,
}

/// The message in the body of an error, safe and short; empty when there is none.
pub fn message(body: &[u8]) -> String {
    let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(body) else { return String::new() };
    let text = ["error_description", "message", "error"].iter().find_map(|name| match object.get(*name)? {
        serde_json::Value::String(text) => Some(text.clone()),
        // GitLab: {"message": {"base": ["…"]}}.
        other if !other.is_null() => Some(other.to_string()),
        _ => None,
    });
    quote(&text.unwrap_or_default(), MAX_QUOTE)
}

/// A stranger's text, made safe, on one line, cut behind `limit` characters.
pub fn quote(words: &str, limit: usize) -> String {
    let end = words.char_indices().nth(limit).map_or(words.len(), |(at, _)| at);
    let mut quoted = text::safe_line(words[..end].trim().as_bytes()).into_owned();
    if end < words.len() {
        quoted.push('…');
    }
    quoted
}
