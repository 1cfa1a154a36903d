//! The HTTP client: TLS with the system's certificates, proxies, limits of time, and failures in plain words.
//!
//! Owns the only use of reqwest. Must not know what is asked, nor follow a redirect: that is an answer like any other.
//! What it says of a failure has no query of an address and no value of a header, since both may hold secrets.

mod gzip;
mod lazy;
mod proxies;
mod why;

#[cfg(test)]
mod tests;

pub use lazy::Lazy;
pub use proxies::Proxies;

use crate::ports::http::Answer;
use crate::ports::http::Asking;
use crate::ports::http::Body;
use crate::ports::http::Http;
use crate::ports::http::HttpError;
use crate::ports::http::Piece;
use crate::ports::http::Request;
use gzip::Gunzip;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use std::future::Future;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::timeout;

/// How a [`Client`] is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it calls itself: `logdeck/0.1.0`.
    pub user_agent: String,
    /// Files (PEM) with certificates of authorities that are trusted beside the system's.
    pub ca_files: Vec<PathBuf>,
    /// Which proxies it goes through.
    pub proxies: Proxies,
    /// How long connecting may take.
    pub connect: Duration,
    /// How long the headers of an answer may take, and each piece of its body, where a request does not say.
    pub patience: Duration,
}

impl Options {
    /// 10 s to connect, 30 s for each piece, the system's certificates and proxies.
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self {
            user_agent: user_agent.into(),
            ca_files: Vec::new(),
            proxies: Proxies::default(),
            connect: Duration::from_secs(10),
            patience: Duration::from_secs(30),
        }
    }
}

/// Why there is no client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpSetupError {
    /// A file of certificates cannot be used.
    #[error("the certificates in {path} cannot be used: {why}")]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A proxy cannot be used.
    #[error("the proxy that {variable} names cannot be used: {why}")]
    Proxy {
        /// The variable of the environment.
        variable: &'static str,
        /// What is wrong; never the address, which may hold a password.
        why: String,
    },
    /// Anything else.
    #[error("connections cannot be made: {0}")]
    Other(String),
}

/// Asks servers. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    inner: reqwest::Client,
    around: Around,
    patience: Duration,
}

/// What the words of a failure need to know beside it.
#[derive(Clone, Debug)]
struct Around {
    proxies: Proxies,
    connect: Duration,
    roots: Roots,
}

/// Whether any authority is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Roots {
    Some,
    None,
}

impl Client {
    /// A client with connections of its own. On a system without certificates only `http://` works; a request to
    /// `https://` says so.
    ///
    /// # Errors
    /// A file of certificates or the address of a proxy cannot be used.
    pub fn new(options: &Options) -> Result<Self, HttpSetupError> {
        let mut certificates = Vec::new();
        for path in &options.ca_files {
            certificates.extend(read_certificates(path)?);
        }
        let builder = || -> Result<reqwest::ClientBuilder, HttpSetupError> {
            let builder = reqwest::Client::builder()
                .user_agent(&options.user_agent)
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .connect_timeout(options.connect)
                .pool_idle_timeout(Duration::from_secs(90))
                // A connection that a sleeping laptop left behind is found out before a request waits for it in vain.
                .http2_keep_alive_interval(Duration::from_secs(20))
                .http2_keep_alive_timeout(Duration::from_secs(10))
                .tcp_keepalive(Duration::from_secs(30));
            options.proxies.apply(builder)
        };
        let mut roots = Roots::Some;
        let built = builder()?.tls_certs_merge(certificates.iter().cloned()).build();
        let inner = match built {
            Err(error) if certificates.is_empty() && why::is_without_roots(&error) => {
                roots = Roots::None;
                builder()?.tls_certs_only([]).build()
            }
            built => built,
        };
        let inner = inner.map_err(|error| HttpSetupError::Other(why::last_words(&error)))?;
        let around = Around { proxies: options.proxies.clone(), connect: options.connect, roots };
        Ok(Self { inner, around, patience: options.patience })
    }

    async fn send(&self, request: Request) -> Result<Answer, HttpError> {
        let Target { url, host } = target(&request.url)?;
        let patience = request.patience.unwrap_or(self.patience);
        let unsendable = |why: String| HttpError::Unsendable { host: host.clone(), why };
        let method = if request.method.is_empty() { "GET" } else { request.method };
        let method =
            Method::from_bytes(method.as_bytes()).map_err(|_| unsendable(format!("`{method}` is no method")))?;
        let (headers, encoding) = headers(&request.headers).map_err(unsendable)?;
        let scheme = url.scheme().to_owned();
        let asking = self.inner.request(method, url).headers(headers).body(request.body).send();
        let answer = match timeout(patience, asking).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(why::failure(&error, &host, &scheme, &self.around)),
            Err(_) => return Err(slow(&host, patience)),
        };
        let gunzip = match encoding {
            Encoding::Ours if is_gzip(answer.headers()) => Some(Gunzip::default()),
            _ => None,
        };
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            // These would describe the body as it was sent, not as it is given.
            let is_of_coded = matches!(name.as_str(), "content-encoding" | "content-length");
            let value = value.to_str().ok().filter(|_| !(gunzip.is_some() && is_of_coded))?;
            Some((name.as_str().to_owned(), value.to_owned()))
        };
        let (status, headers) = (answer.status().as_u16(), answer.headers().iter().filter_map(text).collect());
        let body = Pieces { answer: Some(answer), gunzip, host, scheme, patience, around: self.around.clone() };
        Ok(Answer { status, headers, body: Box::new(body) })
    }
}

impl Http for Client {
    fn ask(&self, request: Request) -> Asking<'_> {
        Box::pin(self.send(request))
    }
}

/// Bytes that a file of certificates may have.
const MAX_CA_FILE: u64 = 4 << 20;

/// Whether a file holds certificates (PEM) that can be used.
///
/// # Errors
/// What is wrong with it, with its path.
pub fn check_certificates(path: &Path) -> Result<(), HttpSetupError> {
    read_certificates(path).map(drop)
}

fn read_certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, HttpSetupError> {
    let bad = |why: String| HttpSetupError::CaFile { path: path.to_owned(), why };
    let mut pem = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| bad(error.to_string()))?;
    if !file.metadata().is_ok_and(|about| about.is_file()) {
        return Err(bad("it is no file".to_owned()));
    }
    file.take(MAX_CA_FILE + 1).read_to_end(&mut pem).map_err(|error| bad(error.to_string()))?;
    if pem.len() as u64 > MAX_CA_FILE {
        return Err(bad("it has more than 4 MiB".to_owned()));
    }
    let broken = || bad("it is not PEM, or a certificate in it is broken".to_owned());
    let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| broken())?;
    if certificates.is_empty() {
        return Err(bad("there is none in it; expected PEM: `-----BEGIN CERTIFICATE-----`".to_owned()));
    }
    Ok(certificates)
}

/// Where a request goes.
struct Target {
    url: Url,
    /// With the port where it is not the usual one, as messages name it.
    host: String,
}

fn target(address: &str) -> Result<Target, HttpError> {
    let bad = || HttpError::Address(why::without_secrets(address));
    let url = Url::parse(address).map_err(|_| bad())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(bad)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad());
    }
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Ok(Target { url, host })
}

/// Whose choice the encoding of the body is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// The request names one: what comes is given untouched.
    Callers,
    /// gzip, which is undone here.
    Ours,
}

fn headers(list: &[(&'static str, String)]) -> Result<(HeaderMap, Encoding), String> {
    let mut headers = HeaderMap::with_capacity(list.len() + 1);
    for (name, text) in list {
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no header"))?;
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| format!("the header `{name}` has a line break or another character that is not allowed"))?;
        value.set_sensitive(matches!(key.as_str(), "authorization" | "private-token" | "job-token" | "cookie"));
        headers.append(key, value);
    }
    if headers.contains_key("accept-encoding") {
        return Ok((headers, Encoding::Callers));
    }
    headers.insert("accept-encoding", HeaderValue::from_static("gzip"));
    Ok((headers, Encoding::Ours))
}

fn is_gzip(headers: &HeaderMap) -> bool {
    let value = headers.get("content-encoding").and_then(|value| value.to_str().ok());
    value.is_some_and(|value| matches!(value.trim().to_ascii_lowercase().as_str(), "gzip" | "x-gzip"))
}

fn slow(host: &str, waited: Duration) -> HttpError {
    let seconds = waited.as_secs() + u64::from(waited.subsec_nanos() > 0);
    HttpError::Slow { host: host.to_owned(), seconds }
}

/// The body of an answer.
struct Pieces {
    /// Nothing when it ended or failed.
    answer: Option<reqwest::Response>,
    gunzip: Option<Gunzip>,
    host: String,
    scheme: String,
    patience: Duration,
    around: Around,
}

impl Pieces {
    async fn next_piece(&mut self) -> Option<Piece> {
        loop {
            if let Some(gunzip) = &mut self.gunzip {
                match gunzip.piece() {
                    Ok(Some(piece)) => return Some(Ok(piece)),
                    Ok(None) => {}
                    Err(why) => return Some(Err(self.fail(why))),
                }
            }
            let answer = self.answer.as_mut()?;
            let bytes = match timeout(self.patience, answer.chunk()).await {
                Err(_) => {
                    self.answer = None;
                    return Some(Err(slow(&self.host, self.patience)));
                }
                Ok(Err(error)) => {
                    let error = why::failure(&error, &self.host, &self.scheme, &self.around);
                    self.answer = None;
                    return Some(Err(error));
                }
                Ok(Ok(None)) => {
                    self.answer = None;
                    let is_whole = self.gunzip.as_ref().is_none_or(Gunzip::is_whole);
                    return (!is_whole).then(|| Err(self.fail("it ended before all had come".to_owned())));
                }
                Ok(Ok(Some(bytes))) => bytes,
            };
            match &mut self.gunzip {
                Some(gunzip) => gunzip.feed(bytes.into()),
                None if bytes.is_empty() => {}
                None => return Some(Ok(bytes.into())),
            }
        }
    }

    fn fail(&mut self, why: String) -> HttpError {
        (self.answer, self.gunzip) = (None, None);
        HttpError::Broken { host: self.host.clone(), why }
    }
}

impl Body for Pieces {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<Piece>> + Send + '_>> {
        Box::pin(self.next_piece())
    }
}
