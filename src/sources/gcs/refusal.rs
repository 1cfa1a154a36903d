//! Why the service did not give what was asked for: who asked, what it says, what to do, and whether it may pass.
//!
//! Owns these sentences and the waits between tries. Must not ask anybody. Texts are not safe for a terminal.

use crate::ports::http::HttpError;
use crate::sources::google::LoginError;
use std::time::Duration;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) kind: Kind,
    /// A sentence.
    pub(super) words: String,
    /// How long the service wants to be left alone, within bounds.
    pub(super) wait: Option<Duration>,
}

/// What kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Who asks is not known, or no longer (401).
    Unknown,
    /// Who asks may not (403).
    Forbidden,
    /// It is not there (404, or 412 of a version).
    Absent,
    /// There is nothing at this place of it (416).
    NoRange,
    /// It may pass by itself: too much was asked (429), the service has a problem (5xx), or it is not reached.
    Passing,
    /// It does not pass by itself.
    Lasting,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Names.
    List,
    /// An object's bytes or metadata.
    Object,
}

/// What the service says is waited for at most this long.
const MAX_WAIT: Duration = Duration::from_mins(5);

/// Waits between tries begin and end here.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_mins(1);

/// Characters of the service's own words.
const MOST: usize = 300;

impl Refusal {
    pub(super) fn new(kind: Kind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into(), wait: None }
    }

    /// Whether it is worth trying again without anybody's doing.
    pub(super) const fn is_passing(&self) -> bool {
        matches!(self.kind, Kind::Passing | Kind::Unknown)
    }

    /// What an answer that is no success means.
    pub(super) fn of_answer(status: u16, body: &[u8], retry_after: Option<&str>, about: &About<'_>) -> Self {
        let said = Said::parse(body);
        let says = if said.message.is_empty() { String::new() } else { format!(": {}", said.message) };
        let About { asked, account, bucket, what, user_project } = about;
        let who = if account.is_empty() { "whoever asks" } else { account };
        let is_billing = said.reason == "userProjectMissing"
            || (status == 400 && said.message.contains("requester pays") && user_project.is_none());
        let (kind, words) = match status {
            _ if is_billing => (
                Kind::Lasting,
                format!(
                    "bucket {bucket} is requester-pays: say which project pays with google.user_project ({status}{says})"
                ),
            ),
            401 if *account == "anonymous" => {
                (Kind::Forbidden, format!("{bucket} is not public: asking without credentials is refused (401{says})"))
            }
            401 => {
                let todo = "log in again: gcloud auth application-default login";
                (Kind::Unknown, format!("{who} is not accepted (401{says}); {todo}"))
            }
            403 if said.reason.contains("ateLimitExceeded") => {
                (Kind::Passing, format!("too much was asked of {bucket} (403{says})"))
            }
            403 => {
                let permission = said.permission().unwrap_or(match asked {
                    Asked::List => "storage.objects.list",
                    Asked::Object => "storage.objects.get",
                });
                let payer = match user_project {
                    Some(project) if said.message.contains("serviceusage") => {
                        format!(", or {project} may not be billed")
                    }
                    _ => String::new(),
                };
                (Kind::Forbidden, format!("403: {who} has no {permission} on {bucket}{payer}{says}"))
            }
            404 if *asked == Asked::List => (
                Kind::Absent,
                format!("there is no bucket {bucket}, or {who} may not know of it (404{says}); check its name"),
            ),
            404 | 410 | 412 => (Kind::Absent, format!("{what} is gone ({status}{says})")),
            416 => (Kind::NoRange, format!("{what} is shorter than it was ({status})")),
            408 | 429 => (Kind::Passing, format!("too much was asked of {bucket} ({status}{says})")),
            300..=399 => (Kind::Lasting, format!("{bucket} answers with a redirect ({status}), which is not followed")),
            500.. => (Kind::Passing, format!("the service has a problem ({status}{says})")),
            _ => (Kind::Lasting, format!("the service refuses ({status}{says})")),
        };
        let wait = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        Self { kind, words, wait: wait.map(|wait| wait.min(MAX_WAIT)) }
    }

    /// How long to wait behind failure number `tries` (from 0).
    pub(super) fn pause(&self, tries: u32, dice: u64) -> Duration {
        let whole = FIRST_PAUSE.saturating_mul(1 << tries.min(10)).min(LAST_PAUSE);
        let own = whole / 2 + (whole / 2).mul_f64((dice % 1024) as f64 / 1023.0);
        self.wait.map_or(own, |wait| wait.max(own))
    }
}

/// What a request was about, for sentences.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) asked: Asked,
    pub(super) account: &'a str,
    pub(super) bucket: &'a str,
    /// The object, or the prefix.
    pub(super) what: &'a str,
    pub(super) user_project: Option<&'a str>,
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        let kind = if error.is_passing() { Kind::Passing } else { Kind::Unknown };
        Self::new(kind, error.to_string())
    }
}

impl From<HttpError> for Refusal {
    fn from(error: HttpError) -> Self {
        let kind = match &error {
            HttpError::Address(_) | HttpError::Unsendable { .. } => Kind::Lasting,
            _ => Kind::Passing,
        };
        Self::new(kind, error.to_string())
    }
}

/// What an error's body says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    message: String,
    reason: String,
}

impl Said {
    fn parse(body: &[u8]) -> Self {
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) else {
            return Self { message: Self::plain(body), reason: String::new() };
        };
        let error = json.get("error").unwrap_or(&json);
        let word = |value: Option<&serde_json::Value>| {
            value.and_then(serde_json::Value::as_str).unwrap_or_default().chars().take(MOST).collect::<String>()
        };
        let reason = error.get("errors").and_then(|errors| errors.get(0)).and_then(|first| first.get("reason"));
        Self { message: word(error.get("message")), reason: word(reason) }
    }

    /// The words of a body that is no JSON: a line of text, and nothing of a web page.
    fn plain(body: &[u8]) -> String {
        let text = String::from_utf8_lossy(&body[..body.len().min(4 * MOST)]);
        let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        if line.starts_with('<') { String::new() } else { line.chars().take(MOST).collect() }
    }

    /// The permission that the message names.
    fn permission(&self) -> Option<&str> {
        let start = self.message.find("storage.").or_else(|| self.message.find("serviceusage."))?;
        let rest = &self.message[start..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
        Some(rest[..end].trim_end_matches('.')).filter(|name| name.matches('.').count() >= 2)
    }
}
