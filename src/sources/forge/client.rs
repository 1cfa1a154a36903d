//! Asks one server of a CI service: with its token, conditionally, within its limits.
//!
//! Owns what every request needs: headers, redirects, refusals, kept answers, pages. Must not know what answers mean.
//! The token goes to the scheme, host and port of the base address and nowhere else.

use super::address;
use super::error::{ApiError, Kind, Refusal, message};
use super::limits::{Limits, Urgency, Wait, backoff, next_random};
use super::polling::Polling;
use crate::model::Timestamp;
use crate::model::ci::{Forge, Quota};
use crate::ports::Clock;
use crate::ports::answers::{Answers, KeptAnswer};
use crate::ports::http::{Answer, Http, HttpError, Request};
use crate::ports::tokens::{Secret, Tokens};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Redirects of one request that are followed.
const MAX_REDIRECTS: usize = 3;
/// Bytes of an answer in JSON.
const MAX_BODY: usize = 16 << 20;
/// How long the body of an answer in JSON may take in all: a server that sends a byte now and then would hold up the rest.
const MAX_READING: Duration = Duration::from_mins(2);
/// Bytes of the body of an error that are read.
const MAX_ERROR_BODY: usize = 64 << 10;
/// Tries of a request for which a person waits, when the server has a problem of its own.
const TRIES: u32 = 3;

/// What a client is made of.
#[derive(Clone)]
pub struct Setup {
    /// Sends requests.
    pub http: Arc<dyn Http>,
    /// Gives the token.
    pub tokens: Arc<dyn Tokens>,
    /// Keeps answers.
    pub answers: Arc<dyn Answers>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Which API is spoken.
    pub forge: Forge,
    /// Where the API is, without a slash at the end: `https://api.github.com`, `https://HOST/api/v3`, `https://HOST/api/v4`.
    pub base: String,
    /// The first wait after a failure; the next ones are longer. [`Setup::PAUSE`] is right for real servers.
    pub pause: Duration,
    /// Where the row of random numbers begins.
    pub seed: u64,
}

impl Setup {
    /// The first wait after a failure.
    pub const PAUSE: Duration = Duration::from_secs(1);
}

/// Asks one server with one token. Cheap to share in an [`Arc`].
pub struct Client {
    setup: Setup,
    state: Mutex<State>,
    polling: Polling,
}

#[derive(Debug, Default)]
struct State {
    limits: Limits,
    random: u64,
    /// Whether the last request went without a token.
    is_anonymous: bool,
}

/// An answer of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// JSON; it is complete and no error.
    pub body: Vec<u8>,
    /// Whether the server said that nothing changed since the kept answer, which the body then is.
    pub is_unchanged: bool,
    /// The address of the next page.
    pub next: Option<String>,
    /// When the body was made: for a kept one, when it first came.
    pub at: Timestamp,
    /// Whether the server said that what was asked for has moved for good: a renamed repository.
    pub has_moved: bool,
}

/// All pages of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    /// In their order.
    pub list: Vec<Got>,
    /// Whether there are more than were asked for.
    pub has_more: bool,
}

impl Pages {
    /// Whether none of them changed.
    pub fn are_unchanged(&self) -> bool {
        self.list.iter().all(|page| page.is_unchanged)
    }

    /// Whether the first one has moved.
    pub fn have_moved(&self) -> bool {
        self.list.first().is_some_and(|page| page.has_moved)
    }
}

/// An answer that is no error and has not been read.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) answer: Answer,
    /// The address that gave it, behind redirects.
    pub(super) url: String,
    has_moved: bool,
}

/// How far redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follow {
    /// Up to a limit.
    Redirects,
    /// They are the answer.
    Nothing,
}

impl Client {
    /// A client that has not asked anything yet.
    pub fn new(setup: Setup) -> Self {
        let state = State { random: setup.seed, ..State::default() };
        Self { setup, state: Mutex::new(state), polling: Polling::default() }
    }

    /// Which API it speaks.
    pub fn forge(&self) -> Forge {
        self.setup.forge
    }

    /// Where the API is.
    pub fn base(&self) -> &str {
        self.setup.base.trim_end_matches('/')
    }

    /// The host of the API.
    pub fn host(&self) -> &str {
        address::host(self.base())
    }

    /// What may still be asked.
    pub fn quota(&self) -> Quota {
        self.state().limits.quota()
    }

    /// What is known of the server's limits.
    pub fn limits(&self) -> Limits {
        self.state().limits
    }

    /// Whether the last request went without a token.
    pub fn is_anonymous(&self) -> bool {
        self.state().is_anonymous
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.setup.clock.now()
    }

    /// The time by the server's clock, as far as it is known: ages of what the server tells follow from it.
    pub fn server_now(&self) -> Timestamp {
        self.now().saturating_add(self.limits().skew_nanos())
    }

    pub(super) fn polling(&self) -> &Polling {
        &self.polling
    }

    pub(super) fn http(&self) -> &dyn Http {
        &*self.setup.http
    }

    /// The next random number.
    pub(super) fn dice(&self) -> u64 {
        let mut state = self.state();
        let (next, value) = next_random(state.random);
        state.random = next;
        value
    }

    /// The wait behind failure number `tries` (from 0).
    pub(super) fn pause(&self, tries: u32) -> Duration {
        backoff(tries, self.setup.pause, self.setup.pause.saturating_mul(30), self.dice())
    }

    /// Asks for JSON. `path` begins with `/`, or is a whole address at the same server. What did not change since the last
    /// time (`If-None-Match`) comes from the kept answers.
    ///
    /// # Errors
    /// [`ApiError`]; for [`Urgency::Person`] passing ones were tried again a few times.
    pub async fn get(&self, path: &str, urgency: Urgency) -> Result<Got, ApiError> {
        let tries = if urgency == Urgency::Person { TRIES } else { 1 };
        let mut tried = 0;
        loop {
            let error = match self.get_once(path, urgency).await {
                Ok(got) => return Ok(got),
                Err(error) => error,
            };
            tried += 1;
            let may_pass = error.kind.is_passing() && !matches!(error.kind, Kind::WebPage) && error.retry_at.is_none();
            if !may_pass || tried >= tries {
                return Err(error);
            }
            tokio::time::sleep(self.pause(tried - 1)).await;
        }
    }

    /// Asks for a list, page after page: at most `most` of them. Lists that change meanwhile may repeat entries.
    ///
    /// # Errors
    /// As [`Client::get`], of any page.
    pub async fn pages(&self, path: &str, urgency: Urgency, most: usize) -> Result<Pages, ApiError> {
        let mut pages = Pages { list: Vec::new(), has_more: false };
        let mut seen = HashSet::new();
        let mut next = Some(path.to_owned());
        while let Some(url) = next {
            if pages.list.len() >= most.max(1) {
                pages.has_more = true;
                break;
            }
            let mut got = self.get(&url, urgency).await?;
            // A server whose pages lead in a circle.
            next = got.next.take().filter(|next| seen.insert(next.clone()));
            pages.list.push(got);
        }
        Ok(pages)
    }

    async fn get_once(&self, path: &str, urgency: Urgency) -> Result<Got, ApiError> {
        let url = self.url(path)?;
        let (token, kept) = self.prepare(&url).await?;
        let etag = kept.as_ref().map(|kept| kept.etag.clone());
        let headers = etag.map(|etag| ("if-none-match", etag)).into_iter().collect();
        let (opened, token) = self.open(&url, urgency, Follow::Redirects, headers, token).await?;
        match (opened.answer.status, kept) {
            (304, Some(kept)) => {
                let next = kept.headers.iter().find(|(name, _)| name == "link");
                let next = next.and_then(|(_, link)| address::next_link(link)).map(str::to_owned);
                let has_moved = opened.has_moved;
                Ok(Got { body: kept.body, is_unchanged: true, next, at: kept.at, has_moved })
            }
            (304, None) => {
                // It answers a question that was not asked: something between us keeps answers.
                let plain = vec![("cache-control", "no-cache".to_owned())];
                let (opened, token) = self.open(&url, urgency, Follow::Redirects, plain, token).await?;
                if opened.answer.status == 304 {
                    let words = format!("{} says that nothing changed, though nothing was known", self.host());
                    return Err(ApiError::new(Kind::Nonsense, words));
                }
                self.take(&url, opened, token.as_ref()).await
            }
            _ => self.take(&url, opened, token.as_ref()).await,
        }
    }

    /// Reads an answer, and keeps it if it is good.
    async fn take(&self, url: &str, opened: Opened, token: Option<&Secret>) -> Result<Got, ApiError> {
        let Opened { answer, url: from, has_moved } = opened;
        let headers = answer.headers.clone();
        let body = self.read(answer, MAX_BODY).await?;
        check_json(&body, &headers, self.host())?;
        let next = self.next(&from, &headers);
        let at = self.now();
        if let Some((_, etag)) = headers.iter().find(|(name, _)| name == "etag") {
            let link = next.iter().map(|next| ("link".to_owned(), format!("<{next}>; rel=\"next\""))).collect();
            let kept = KeptAnswer { etag: etag.clone(), body: body.clone(), headers: link, at };
            let (answers, key) = (Arc::clone(&self.setup.answers), key(url, token));
            // A panic of the keeper costs a kept answer only.
            let _kept = tokio::task::spawn_blocking(move || answers.put(&key, &kept)).await;
        }
        Ok(Got { body, is_unchanged: false, next, at, has_moved })
    }

    /// The next page, if it is at the same server.
    fn next(&self, from: &str, headers: &[(String, String)]) -> Option<String> {
        let header = |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let next = if let Some(link) = header("link").and_then(address::next_link) {
            address::resolve(from, link)?
        } else {
            let page = header("x-next-page").map(str::trim).filter(|page| page.parse::<u64>().is_ok())?;
            address::with_page(from, page)
        };
        address::is_same_server(&next, self.base()).then_some(next)
    }

    /// The token and what is kept of an address; both may read files, so they are asked for beside the loop.
    async fn prepare(&self, url: &str) -> Result<(Option<Secret>, Option<KeptAnswer>), ApiError> {
        let (tokens, answers, url) = (Arc::clone(&self.setup.tokens), Arc::clone(&self.setup.answers), url.to_owned());
        let work = move || {
            let token = tokens.token()?;
            let kept = answers.get(&key(&url, token.as_ref()));
            Ok::<_, crate::ports::tokens::NoToken>((token, kept.filter(|kept| !kept.etag.is_empty())))
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(ready)) => Ok(ready),
            Ok(Err(error)) => Err(ApiError::new(Kind::NoToken, error.0)),
            Err(_) => Err(ApiError::new(Kind::NoToken, "the token could not be asked for")),
        }
    }

    /// The token alone.
    pub(super) async fn token(&self) -> Result<Option<Secret>, ApiError> {
        let tokens = Arc::clone(&self.setup.tokens);
        match tokio::task::spawn_blocking(move || tokens.token()).await {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(error)) => Err(ApiError::new(Kind::NoToken, error.0)),
            Err(_) => Err(ApiError::new(Kind::NoToken, "the token could not be asked for")),
        }
    }

    /// Asks, with the token, and gives the answer unread. Error statuses are errors; a token that is refused is asked for
    /// again, once. Gives the token that was used in the end.
    pub(super) async fn open(
        &self,
        url: &str,
        urgency: Urgency,
        follow: Follow,
        headers: Vec<(&'static str, String)>,
        token: Option<Secret>,
    ) -> Result<(Opened, Option<Secret>), ApiError> {
        let mut token = token;
        let mut is_again = false;
        loop {
            self.may(urgency)?;
            let opened = self.walk(url, follow, &headers, token.as_ref()).await?;
            if opened.answer.status < 400 {
                return Ok((opened, token));
            }
            if opened.answer.status == 401 && token.is_some() && !is_again {
                is_again = true;
                let tokens = Arc::clone(&self.setup.tokens);
                let _done = tokio::task::spawn_blocking(move || tokens.refused()).await;
                token = self.token().await?;
                continue;
            }
            return Err(self.refusal(url, opened, token.is_some()).await);
        }
    }

    /// Sends a request and follows its redirects.
    async fn walk(
        &self,
        url: &str,
        follow: Follow,
        headers: &[(&'static str, String)],
        token: Option<&Secret>,
    ) -> Result<Opened, ApiError> {
        let mut at = url.to_owned();
        let mut has_moved = false;
        for _ in 0..=MAX_REDIRECTS {
            let is_ours = address::is_same_server(&at, self.base());
            let request = self.request(&at, headers, token.filter(|_| is_ours), is_ours);
            let answer = self.http().ask(request).await.map_err(|error| ApiError::network(&error))?;
            if is_ours {
                let mut state = self.state();
                state.is_anonymous = token.is_none();
                state.limits.learn(&answer.headers, self.setup.clock.now());
            }
            if follow == Follow::Nothing || !matches!(answer.status, 301 | 302 | 307 | 308) {
                return Ok(Opened { answer, url: at, has_moved });
            }
            let to = answer.header("location").and_then(|to| address::resolve(&at, to));
            let Some(to) = to else {
                let words = format!("{} redirects to nowhere ({})", address::host(&at), answer.status);
                return Err(ApiError::new(Kind::Redirects, words));
            };
            if is_downgrade(&at, &to) {
                let words = format!("{} redirects to an address without encryption", address::host(&at));
                return Err(ApiError::new(Kind::Redirects, words));
            }
            has_moved |= matches!(answer.status, 301 | 308);
            at = to;
        }
        Err(ApiError::new(Kind::Redirects, format!("{} redirects again and again", self.host())))
    }

    /// A request with all that goes with it. Of a server that is not ours, nothing is known and nothing is told.
    fn request(&self, url: &str, headers: &[(&'static str, String)], token: Option<&Secret>, is_ours: bool) -> Request {
        let mut all = vec![("user-agent", USER_AGENT.to_owned())];
        match self.setup.forge {
            Forge::Github => {
                all.push(("accept", "application/vnd.github+json".to_owned()));
                all.push(("x-github-api-version", "2022-11-28".to_owned()));
            }
            Forge::Gitlab => all.push(("accept", "application/json".to_owned())),
        }
        if let Some(token) = token {
            all.push(("authorization", format!("Bearer {}", token.expose())));
        }
        if is_ours {
            all.extend(headers.iter().cloned());
        }
        Request { method: "GET", url: url.to_owned(), headers: all, ..Request::default() }
    }

    /// Reads why a request was refused.
    async fn refusal(&self, url: &str, opened: Opened, has_token: bool) -> ApiError {
        let Opened { answer, url: from, .. } = opened;
        let (status, headers) = (answer.status, answer.headers.clone());
        // What cannot be read only lacks words.
        let body = self.read(answer, MAX_ERROR_BODY).await.unwrap_or_default();
        let is_ours = address::is_same_server(&from, self.base());
        let path = url.strip_prefix(self.base()).unwrap_or(url);
        let host = self.host();
        let elsewhere = if is_ours { None } else { address::origin(&from) };
        let mut refusal = Refusal {
            forge: self.setup.forge,
            host,
            path,
            status,
            has_token,
            elsewhere: elsewhere.as_deref(),
            headers: &headers,
            body: &body,
            until: None,
        };
        let limit = refusal.limit();
        let asks_to_wait = status >= 500 && headers.iter().any(|(name, _)| name == "retry-after");
        if is_ours && (limit.is_some() || asks_to_wait) {
            let dice = self.dice();
            let is_spent = limit == Some(Kind::PrimaryLimit);
            refusal.until = Some(self.state().limits.refused(&headers, is_spent, self.setup.clock.now(), dice));
        }
        refusal.error()
    }

    /// Whether the limits let a request through.
    pub(super) fn may(&self, urgency: Urgency) -> Result<(), ApiError> {
        let now = self.now();
        let host = self.host();
        // Not within the match: the state would stay locked.
        let limits = self.limits();
        limits.may(urgency, now).map_err(|wait| match wait {
            Wait::Blocked(until) => {
                let (kind, words) = if limits.quota().left == Some(0) {
                    (Kind::PrimaryLimit, format!("{host}: all requests of this hour are spent"))
                } else {
                    (Kind::SecondaryLimit, format!("{host} wants no requests for a while"))
                };
                ApiError::new(kind, words).until(until)
            }
            Wait::Reserved(until) => {
                let words = format!("{host}: the last requests of this hour are kept for what you ask for");
                ApiError::new(Kind::Reserved, words).until(until)
            }
        })
    }

    /// Reads a body of at most `most` bytes.
    async fn read(&self, answer: Answer, most: usize) -> Result<Vec<u8>, ApiError> {
        let slow = HttpError::Slow { host: self.host().to_owned(), seconds: MAX_READING.as_secs() };
        let read = tokio::time::timeout(MAX_READING, self.read_all(answer, most)).await;
        read.unwrap_or_else(|_| Err(ApiError::network(&slow)))
    }

    async fn read_all(&self, mut answer: Answer, most: usize) -> Result<Vec<u8>, ApiError> {
        let wanted = answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
        let is_packed = answer.header("content-encoding").is_some();
        let mut body = Vec::with_capacity(wanted.unwrap_or(0).min(most));
        while let Some(piece) = answer.body.next().await {
            body.extend_from_slice(&piece.map_err(|error| ApiError::network(&error))?);
            if body.len() > most {
                let words = format!("{} sends more than {} MiB for one request", self.host(), most >> 20);
                return Err(ApiError::new(Kind::Nonsense, words));
            }
        }
        if !is_packed && wanted.is_some_and(|wanted| body.len() < wanted) {
            let why = format!("{} of {} bytes came", body.len(), wanted.unwrap_or(0));
            return Err(ApiError::network(&HttpError::Broken { host: self.host().to_owned(), why }));
        }
        Ok(body)
    }

    /// The whole address of a path at this server.
    pub(super) fn url(&self, path: &str) -> Result<String, ApiError> {
        if path.starts_with('/') && !path.starts_with("//") {
            return Ok(format!("{}{path}", self.base()));
        }
        if address::is_same_server(path, self.base()) {
            return Ok(path.to_owned());
        }
        Err(ApiError::new(Kind::Redirects, format!("{} leads away from {}", address::host(path), self.host())))
    }

    /// Nothing is awaited while it is held.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.setup.base).finish_non_exhaustive()
    }
}

/// How we name ourselves; GitHub refuses requests without a name.
pub(super) const USER_AGENT: &str = concat!("logdeck/", env!("CARGO_PKG_VERSION"));

/// Whether a redirect leaves encryption.
pub(super) fn is_downgrade(from: &str, to: &str) -> bool {
    let is_https = |url: &str| url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    is_https(from) && !is_https(to)
}

/// The key of a kept answer. An entity tag is only good for the token with which it came.
fn key(url: &str, token: Option<&Secret>) -> String {
    // FNV-1a: tells tokens apart, and does not give them away.
    let hash = |text: &str| {
        text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
    };
    token.map_or_else(|| format!("anonymous {url}"), |token| format!("{:016x} {url}", hash(token.expose())))
}

/// Whether a body is complete JSON and no error that is told with 200.
fn check_json(body: &[u8], headers: &[(String, String)], host: &str) -> Result<(), ApiError> {
    let is_html = headers.iter().any(|(name, value)| name == "content-type" && value.starts_with("text/html"));
    let first = body.iter().find(|b| !b.is_ascii_whitespace() && !matches!(b, 0xef | 0xbb | 0xbf));
    if first.is_none() {
        return Err(ApiError::new(
            Kind::Truncated,
            format!("{host} answered with nothing; it may be there in a moment"),
        ));
    }
    if first == Some(&b'<') || (is_html && !matches!(first, Some(b'{' | b'['))) {
        let words = format!("{host} answered with a web page instead of data: is there a login or a proxy in between?");
        return Err(ApiError::new(Kind::WebPage, words));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(body).map_err(|error| {
        let mut error = ApiError::json(&error, "this");
        error.words = format!("{host}: {}", error.words.replace(" about this", ""));
        error
    })?;
    if first == Some(&b'{') && body.len() <= MAX_ERROR_BODY && is_error(body) {
        let words = format!("{host} answered with an error: {}", message(body));
        return Err(ApiError::new(Kind::HiddenError, words));
    }
    Ok(())
}

/// Whether an object says nothing but that something is wrong.
fn is_error(body: &[u8]) -> bool {
    const NAMES: [&str; 8] =
        ["message", "error", "errors", "error_description", "documentation_url", "status", "code", "request_id"];
    let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(body) else { return false };
    let has_message = ["message", "error"].iter().any(|name| object.get(*name).is_some_and(|value| !value.is_null()));
    has_message && object.keys().all(|name| NAMES.contains(&name.as_str()))
}
