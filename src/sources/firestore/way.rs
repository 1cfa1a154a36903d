//! How a connection is made: directly, or through a proxy by HTTP CONNECT.
//!
//! Owns that choice. Must not know what is sent. A proxy's password never reaches a message.

use super::trouble::Trouble;
use crate::sources::google;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tonic::codegen::Service;
use tonic::codegen::http::Uri;

type BoxError = Box<dyn Error + Send + Sync>;
type Connecting = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, BoxError>> + Send>>;

/// Makes connections.
#[derive(Clone)]
pub(super) enum Connector {
    /// To the server itself.
    Direct(HttpConnector),
    /// Through a proxy.
    Proxy {
        /// The tunnel.
        tunnel: Box<Tunnel<HttpConnector>>,
        /// The proxy's host and port.
        name: String,
    },
}

/// The proxy failed, not the server.
#[derive(Debug, thiserror::Error)]
#[error("the proxy {name}: {why}")]
pub(super) struct ProxyError {
    name: String,
    why: String,
}

impl Connector {
    /// One that knows no proxy.
    pub(super) fn direct(connect: Duration) -> Self {
        Self::Direct(http(connect))
    }
}

/// The way to `url`, by the proxy that the settings name for it.
///
/// # Errors
/// The proxy is one that cannot be used.
pub(super) fn to(url: &str, google: &google::Settings, connect: Duration) -> Result<Connector, Trouble> {
    let Some(proxy) = google.proxy.as_deref().filter(|proxy| !proxy.is_empty()) else {
        return Ok(Connector::direct(connect));
    };
    let matcher = Matcher::builder().all(proxy.to_owned()).no(google.no_proxy.clone()).build();
    let Ok(target) = url.parse::<Uri>() else { return Ok(Connector::direct(connect)) };
    let Some(intercept) = matcher.intercept(&target) else { return Ok(Connector::direct(connect)) };
    let proxy = intercept.uri();
    let name = proxy.authority().map_or("", |authority| authority.as_str());
    let name = name.rsplit_once('@').map_or(name, |(_, host)| host).to_owned();
    if proxy.scheme_str() != Some("http") {
        let scheme = proxy.scheme_str().unwrap_or("no scheme");
        let why = format!(
            "Firestore goes only through proxies that are asked by plain HTTP (http://…); the proxy {name} has {scheme}"
        );
        return Err(Trouble::settings(why));
    }
    let mut tunnel = Tunnel::new(proxy.clone(), http(connect));
    if let Some(auth) = intercept.basic_auth() {
        tunnel = tunnel.with_auth(auth.clone());
    }
    Ok(Connector::Proxy { tunnel: Box::new(tunnel), name })
}

fn http(connect: Duration) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(connect));
    connector.set_keepalive(Some(Duration::from_mins(1)));
    connector
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Self::Direct(http) => http.poll_ready(cx).map_err(Into::into),
            Self::Proxy { tunnel, .. } => tunnel.poll_ready(cx).map_err(Into::into),
        }
    }

    fn call(&mut self, to: Uri) -> Connecting {
        match self {
            Self::Direct(http) => {
                let connecting = http.call(to);
                Box::pin(async move { connecting.await.map_err(Into::into) })
            }
            Self::Proxy { tunnel, name } => {
                let (connecting, name) = (tunnel.call(to), name.clone());
                Box::pin(async move {
                    connecting.await.map_err(|error| ProxyError { why: proxy_words(&error), name }.into())
                })
            }
        }
    }
}

fn proxy_words(error: &dyn Error) -> String {
    let text = error.to_string();
    match text.strip_prefix("tunnel error: ").unwrap_or(&text) {
        "proxy authorization required" => "it asks for a name and a password, or refuses those it got".to_owned(),
        "unsuccessful" => "it refuses to connect".to_owned(),
        "unexpected end of file" => "it hung up".to_owned(),
        _ => {
            let mut last = error;
            while let Some(source) = last.source() {
                last = source;
            }
            last.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_that_is_named_is_used() {
        let check = |proxy: &str, no_proxy: &str, expected: &str| {
            let settings = google::Settings {
                proxy: Some(proxy.to_owned()),
                no_proxy: no_proxy.to_owned(),
                ..google::Settings::default()
            };
            let got = match to("https://firestore.googleapis.com", &settings, Duration::from_secs(1)) {
                Ok(Connector::Direct(_)) => "direct".to_owned(),
                Ok(Connector::Proxy { name, .. }) => name,
                Err(trouble) => trouble.words,
            };
            assert!(got.contains(expected), "{proxy}: {got}");
            assert!(!got.contains("secret"), "{got}");
        };
        check("http://proxy.acme:3128", "", "proxy.acme:3128");
        check("proxy.acme:3128", "", "proxy.acme:3128");
        check("http://me:secret@proxy.acme:3128", "", "proxy.acme:3128");
        check("http://proxy.acme:3128", ".googleapis.com", "direct");
        check("http://proxy.acme:3128", "*", "direct");
        check("https://me:secret@proxy.acme", "", "only through proxies");
        check("socks5://proxy.acme", "", "only through proxies");
        check("", "", "direct");
    }
}
