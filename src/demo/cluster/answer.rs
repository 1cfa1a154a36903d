//! From a request to its answer: who asks, what for, and what goes wrong with it.
//!
//! Owns that order, and the headers. Must not know sockets.

use super::access::Act;
use super::ask::{self, Query};
use super::body::{Body, Parts, whole};
use super::discovery;
use super::faults::{Fault, Seen, What};
use super::kind::Kind;
use super::log::{Read, Reader};
use super::status::Status;
use super::store::Key;
use super::watching::{self, Watching};
use super::{Shared, lock};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::{self, StreamExt};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};
use std::convert::Infallible;
use std::future;
use std::io::{self, Write};
use std::sync::Arc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Requests that the journal holds; older ones go.
const MAX_SEEN: usize = 50_000;
/// Bytes from which on an answer is packed for those who take it so, as a real server does.
const PACK: usize = 128 << 10;

/// An answer before it is sent.
struct Reply {
    status: u16,
    content: &'static str,
    carries: Carries,
    retry_after: Option<u64>,
}

enum Carries {
    Whole(Bytes),
    /// A watch, or a log.
    Stream(Parts),
}

impl Reply {
    fn whole(status: u16, content: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, content, carries: Carries::Whole(body.into()), retry_after: None }
    }

    fn json(body: impl Into<Bytes>) -> Self {
        Self::whole(200, "application/json", body)
    }

    fn stream(content: &'static str, parts: Parts) -> Self {
        Self { status: 200, content, carries: Carries::Stream(parts), retry_after: None }
    }

    fn refusal(status: &Status) -> Self {
        let retry_after = status.retry_after;
        Self { retry_after, ..Self::whole(status.code, "application/json", format!("{}\n", status.json())) }
    }
}

pub(super) async fn serve(
    shared: Arc<Shared>,
    request: Request<Incoming>,
    connection: CancellationToken,
) -> Result<Response<Body>, Infallible> {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let what = ask::what(request.method(), request.uri().path(), &query);
    let fault = lock(&shared.faults).take(&what);
    match fault {
        Some(Fault::Delay(pause)) => sleep(pause).await,
        Some(Fault::Silence) => {
            note(&shared, &request, what, "", 0);
            return future::pending().await;
        }
        _ => {}
    }
    // A guard within the match would be held while the answer is made, which needs the state itself.
    let user = lock(&shared.state).user(bearer(&request));
    let (user, answer) = match user {
        Ok(user) => (user.name.clone(), prepare(&shared, &request, &what, &query, fault.as_ref(), &user)),
        Err(status) => (String::new(), Err(status)),
    };
    let reply = answer.unwrap_or_else(|status| Reply::refusal(&status));
    note(&shared, &request, what.clone(), &user, reply.status);
    Ok(respond(&shared, &request, reply, (&what, &query), fault.as_ref(), connection).await)
}

fn bearer(request: &Request<Incoming>) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The answer, unless there is a reason against it.
fn prepare(
    shared: &Arc<Shared>,
    request: &Request<Incoming>,
    what: &What,
    query: &Query,
    fault: Option<&Fault>,
    user: &super::User,
) -> Result<Reply, Status> {
    if let Some(Fault::Page(status)) = fault {
        let page = "<!DOCTYPE html>\n<html><head><title>Bad Gateway</title></head><body>Bad Gateway</body></html>\n";
        return Ok(Reply::whole(*status, "text/html; charset=utf-8", page));
    }
    if let Some(status) = fault.and_then(Fault::status) {
        if status.code == 410 && what.verb == "watch" {
            return Ok(Reply::json(watching::failure(&status)));
        }
        return Err(status);
    }
    let Some(kind) = what.kind else {
        user.check_path(&what.path)?;
        if *request.method() != Method::GET {
            return Err(Status::method_not_allowed());
        }
        return document(shared, &what.path);
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Status::method_not_allowed());
    }
    let namespace = (!what.namespace.is_empty()).then_some(&*what.namespace);
    user.check(Act { verb: &what.verb, kind, subresource: &what.subresource, namespace, name: &what.name })?;
    object(shared, kind, what, query)
}

fn document(shared: &Shared, path: &str) -> Result<Reply, Status> {
    if ["/readyz", "/livez", "/healthz"].contains(&path) {
        return Ok(Reply::whole(200, "text/plain; charset=utf-8", "ok"));
    }
    let document = discovery::document(path, &shared.address.to_string()).ok_or_else(Status::no_path)?;
    Ok(Reply::json(document.to_string()))
}

fn object(shared: &Arc<Shared>, kind: Kind, what: &What, query: &Query) -> Result<Reply, Status> {
    let mut state = lock(&shared.state);
    match (&*what.verb, &*what.subresource) {
        ("watch", _) => {
            let watching = Watching::new(shared, &state, kind, what, query)?;
            let lines = stream::unfold(watching, |mut watching| async move {
                let next = watching.next().await?;
                Some((Ok(next), watching))
            });
            Ok(Reply::stream("application/json", lines.boxed()))
        }
        ("list", _) => {
            let scope = ask::scope(kind, what, query)?;
            let page = state.store.list(&scope, &ask::paging(kind, query, state.version())?)?;
            drop(state);
            Ok(Reply::json(page.json(kind, &page.token())))
        }
        ("get", "log") if kind == Kind::Pod => {
            let wish = ask::wish(&what.name, query, state.now())?;
            let at = (&*what.namespace, &*what.name);
            let log = state.find_log(at, query.get("container"), query.flag("previous"))?;
            let Some(log) = log else { return Ok(Reply::whole(200, "text/plain", "")) };
            let text = stream::unfold(Reader::new(&log, wish), |mut reader| async move {
                match reader.read().await {
                    Read::Text(text) => Some((Ok(text), reader)),
                    Read::End => None,
                    Read::Broken => Some((Err(io::Error::other("the node is away")), reader)),
                }
            });
            Ok(Reply::stream("text/plain", text.boxed()))
        }
        ("get", "") => {
            let key = Key::new(kind, &what.namespace, &what.name);
            let object = state.store.get(&key).ok_or_else(|| Status::not_found(kind, &what.name))?;
            Ok(Reply::json(format!("{}\n", object.json(kind))))
        }
        _ => Err(Status::no_path()),
    }
}

async fn respond(
    shared: &Shared,
    request: &Request<Incoming>,
    reply: Reply,
    (what, query): (&What, &Query),
    fault: Option<&Fault>,
    connection: CancellationToken,
) -> Response<Body> {
    let mut packed = None;
    let is_shaped = matches!(fault, Some(Fault::After(..) | Fault::Chunks(_) | Fault::Slow(..)));
    let (length, parts) = match reply.carries {
        Carries::Whole(body) => {
            let takes_gzip = request.headers().get(header::ACCEPT_ENCODING);
            let takes_gzip = takes_gzip.and_then(|value| value.to_str().ok()).is_some_and(|text| text.contains("gzip"));
            if body.len() >= PACK && takes_gzip {
                packed = pack(&body).ok();
            }
            let body = packed.clone().unwrap_or(body);
            let length = Some(body.len());
            (length, if is_shaped { Err(stream::once(future::ready(Ok(body))).boxed()) } else { Ok(body) })
        }
        Carries::Stream(parts) => {
            // A node sends the headers of a log with its first bytes.
            let parts = if what.subresource == "log" && query.flag("follow") {
                let mut parts = parts.peekable();
                std::pin::Pin::new(&mut parts).peek().await;
                parts.boxed()
            } else {
                parts
            };
            (None, Err(parts))
        }
    };
    let body = match parts {
        Ok(bytes) => whole(bytes),
        Err(parts) => lock(&shared.open).stream(what, parts, fault, connection),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.content));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if packed.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if let Some(seconds) = reply.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn pack(body: &Bytes) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish().map(Bytes::from)
}

fn note(shared: &Shared, request: &Request<Incoming>, what: What, user: &str, status: u16) {
    let seen = Seen {
        at: (shared.clock)(),
        method: request.method().to_string(),
        what,
        query: request.uri().query().unwrap_or_default().to_owned(),
        user: user.to_owned(),
        status,
        is_http2: request.version() == Version::HTTP_2,
    };
    let mut journal = lock(&shared.journal);
    if journal.len() >= MAX_SEEN {
        journal.drain(..MAX_SEEN / 2);
    }
    journal.push(seen);
}
