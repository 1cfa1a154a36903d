//! Asks the service: pages of names, and one object's metadata, over its JSON API.
//!
//! Owns these requests. Must not know what is read of objects. Only GET is sent; a token goes to the service's own
//! address and never along with a redirect.

use super::listed::{FIELDS, Page};
use super::refusal::{About, Asked, Kind, Refusal};
use crate::ports::http::{Answer, Http, Request};
use crate::sources::google::Account;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Google's own address.
const SERVICE: &str = "https://storage.googleapis.com";

/// Names of one page: the most that the service gives.
const PAGE: usize = 1000;

/// Bytes of one page, and how long it may take in all.
const MAX_BODY: usize = 64 << 20;
const MAX_READING: Duration = Duration::from_mins(1);

/// Bytes of an error that are read.
const MAX_ERROR_BODY: usize = 64 << 10;

/// Asks about one bucket. Clones ask as the same account.
#[derive(Clone)]
pub(super) struct Api {
    http: Arc<dyn Http>,
    account: Account,
    base: String,
    bucket: String,
    user_project: Option<String>,
}

/// What a page of names is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct PageQuery {
    pub(super) prefix: String,
    /// The first name that is wanted; names sort by their bytes.
    pub(super) from: Option<String>,
    /// What the page before said.
    pub(super) token: Option<String>,
}

impl Api {
    pub(super) fn new(
        http: Arc<dyn Http>,
        account: Account,
        endpoint: Option<&str>,
        bucket: &str,
        user_project: Option<&str>,
    ) -> Self {
        let base = base_of(endpoint);
        Self { http, account, base, bucket: bucket.to_owned(), user_project: user_project.map(str::to_owned) }
    }

    /// Who asks.
    pub(super) const fn account(&self) -> &Account {
        &self.account
    }

    /// A page of names.
    ///
    /// # Errors
    /// Why there is none. A token that is refused was asked for again, once.
    pub(super) async fn list(&self, query: &PageQuery) -> Result<Page, Refusal> {
        let mut url = format!("{}/storage/v1/b/{}/o?maxResults={PAGE}", self.base, escape(&self.bucket));
        let optional = [("startOffset", query.from.as_deref()), ("pageToken", query.token.as_deref())];
        let prefix = Some(query.prefix.as_str()).filter(|prefix| !prefix.is_empty());
        for (key, value) in [("prefix", prefix)].into_iter().chain(optional) {
            if let Some(value) = value {
                url.push_str(&format!("&{key}={}", escape(value)));
            }
        }
        self.pay(&mut url);
        url.push_str(&format!("&fields={}", escape(FIELDS)));
        let what = format!("gs://{}/{}", self.bucket, query.prefix);
        let body = self.get(url, Asked::List, &what).await?;
        Page::parse(&body).map_err(|why| {
            let host = self.base.split("://").nth(1).unwrap_or_default();
            Refusal::new(Kind::Passing, format!("{host} answers with something else than a list of objects: {why}"))
        })
    }

    /// Everything that the service knows about the newest generation of an object, as JSON. One that grows has had others since
    /// it was listed.
    ///
    /// # Errors
    /// Why it is not told.
    pub(super) async fn describe(&self, name: &str) -> Result<Vec<u8>, Refusal> {
        let bucket = escape(&self.bucket);
        let mut url = format!("{}/storage/v1/b/{bucket}/o/{}?projection=noAcl", self.base, escape(name));
        self.pay(&mut url);
        let what = format!("gs://{}/{name}", self.bucket);
        self.get(url, Asked::Object, &what).await
    }

    fn pay(&self, url: &mut String) {
        if let Some(project) = &self.user_project {
            url.push_str(&format!("&userProject={}", escape(project)));
        }
    }

    async fn get(&self, url: String, asked: Asked, what: &str) -> Result<Vec<u8>, Refusal> {
        let mut is_again = false;
        loop {
            let token = self.account.token().await?;
            let is_named = token.authorization.is_some();
            let request = Request { url: url.clone(), headers: token.headers(), ..Request::default() };
            let answer = self.http.ask(request).await?;
            let status = answer.status;
            if status == 200 {
                return whole(answer).await;
            }
            // A token may have ended early, or credentials were replaced.
            if status == 401 && is_named {
                self.account.refused().await;
                if !std::mem::replace(&mut is_again, true) {
                    continue;
                }
            }
            let retry_after = answer.header("retry-after").map(str::to_owned);
            let target = answer.header("location").map(host_of).map(str::to_owned);
            let body = some(answer, MAX_ERROR_BODY).await;
            let account = self.account.name();
            let about = About {
                asked,
                account: &account,
                bucket: &format!("gs://{}", self.bucket),
                what,
                user_project: self.user_project.as_deref(),
            };
            let mut refusal = Refusal::of_answer(status, &body, retry_after.as_deref(), &about);
            if let (300..=399, Some(target)) = (status, target) {
                refusal.words.push_str(&format!(": to {target}"));
            }
            return Err(refusal);
        }
    }
}

/// The service's address without a slash at its end; `STORAGE_EMULATOR_HOST` may lack the scheme.
pub(super) fn base_of(endpoint: Option<&str>) -> String {
    let base = endpoint.unwrap_or(SERVICE).trim_end_matches('/');
    if base.contains("://") { base.to_owned() } else { format!("http://{base}") }
}

/// A text within an address.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// The host of an address.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// A whole body.
async fn whole(answer: Answer) -> Result<Vec<u8>, Refusal> {
    let mut body = answer.body;
    let reading = async {
        let mut bytes = Vec::new();
        while let Some(piece) = body.next().await {
            bytes.extend_from_slice(&piece?);
            if bytes.len() > MAX_BODY {
                return Err(Refusal::new(Kind::Lasting, format!("a page of names is over {} MiB", MAX_BODY >> 20)));
            }
        }
        Ok(bytes)
    };
    match timeout(MAX_READING, reading).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::new(Kind::Passing, "a page of names took over a minute")),
    }
}

/// The beginning of a body, as far as it comes.
async fn some(answer: Answer, most: usize) -> Vec<u8> {
    let mut body = answer.body;
    let mut bytes = Vec::new();
    let reading = async {
        while bytes.len() < most {
            match body.next().await {
                Some(Ok(piece)) => bytes.extend_from_slice(&piece),
                _ => break,
            }
        }
    };
    let _whole = timeout(Duration::from_secs(10), reading).await;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(escape("logs/a b+ü\u{1b}\n?.gz"), "logs%2Fa%20b%2B%C3%BC%1B%0A%3F.gz");
        for (endpoint, base) in [
            (None, SERVICE),
            (Some("127.0.0.1:9023"), "http://127.0.0.1:9023"),
            (Some("http://127.0.0.1:9023/"), "http://127.0.0.1:9023"),
        ] {
            assert_eq!(base_of(endpoint), base);
        }
        assert_eq!(host_of("https://evil.example:8443/x?y"), "evil.example:8443");
    }
}
