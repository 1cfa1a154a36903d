//! gRPC on HTTP/2: messages in frames, and how a call ends.
//!
//! Owns frames, statuses and trailers. Must not know which calls there are.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::stream::{self, BoxStream, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, header};
use prost::Message;
use std::io;

/// Bytes that a message of a client may have, as with the real service.
const MAX_MESSAGE: usize = 10 << 20;

/// How a call ends. The numbers are gRPC's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The code: 0 is good.
    pub code: i32,
    /// What is wrong, in words.
    pub message: String,
}

impl Status {
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// `INVALID_ARGUMENT`
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(3, message)
    }

    /// `NOT_FOUND`
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(5, message)
    }

    /// `PERMISSION_DENIED`, in the service's words.
    pub fn denied() -> Self {
        Self::new(7, "Missing or insufficient permissions.")
    }

    /// `RESOURCE_EXHAUSTED`, in the service's words.
    pub fn exhausted() -> Self {
        Self::new(8, "Quota exceeded.")
    }

    /// `FAILED_PRECONDITION`
    pub fn precondition(message: impl Into<String>) -> Self {
        Self::new(9, message)
    }

    /// `UNIMPLEMENTED`
    pub fn unimplemented(message: impl Into<String>) -> Self {
        Self::new(12, message)
    }

    /// `UNAVAILABLE`, in the service's words.
    pub fn unavailable() -> Self {
        Self::new(14, "The service is temporarily unavailable. Please retry with exponential backoff.")
    }

    /// `UNAUTHENTICATED`, in the service's words.
    pub fn unauthenticated() -> Self {
        let words = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or \
                     other valid authentication credential. See \
                     https://developers.google.com/identity/sign-in/web/devconsole-project.";
        Self::new(16, words)
    }
}

/// How a stream breaks off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// With this status.
    Status(Status),
    /// Without one.
    Reset,
}

/// What a stream gives: messages in their frames.
pub(super) type Messages = BoxStream<'static, Result<Bytes, Break>>;
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A message in its frame.
pub(super) fn frame(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut out = BytesMut::with_capacity(length + 5);
    out.put_u8(0);
    out.put_u32(length as u32);
    // Buffers that grow take everything.
    let _ = message.encode(&mut out);
    out.freeze()
}

/// An answer that is only a status.
pub(super) fn refuse(status: &Status) -> Response<Body> {
    let empty = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let mut response = head(empty);
    response.headers_mut().extend(trailers(status));
    response
}

/// An answer of messages, and the status behind them.
pub(super) fn answer(messages: Messages) -> Response<Body> {
    let frames = stream::unfold(Some(messages), |messages| async move {
        let mut messages = messages?;
        Some(match messages.next().await {
            Some(Ok(message)) => (Ok(Frame::data(message)), Some(messages)),
            Some(Err(Break::Status(status))) => (Ok(Frame::trailers(trailers(&status))), None),
            Some(Err(Break::Reset)) => (Err(io::ErrorKind::ConnectionReset.into()), None),
            None => (Ok(Frame::trailers(trailers(&Status::new(0, "")))), None),
        })
    });
    head(StreamBody::new(frames).boxed_unsync())
}

fn head(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

fn trailers(status: &Status) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("grpc-status"), HeaderValue::from(status.code));
    if status.code == 0 {
        return headers;
    }
    if let Ok(message) = HeaderValue::from_str(&percent(&status.message)) {
        headers.insert(HeaderName::from_static("grpc-message"), message);
    }
    let details = googleapis_tonic_google_firestore_v1::google::rpc::Status {
        code: status.code,
        message: status.message.clone(),
        details: Vec::new(),
    };
    let details = crate::demo::web::base64(&details.encode_to_vec());
    if let Ok(details) = HeaderValue::from_str(details.trim_end_matches('=')) {
        headers.insert(HeaderName::from_static("grpc-status-details-bin"), details);
    }
    headers
}

/// What is not plain ASCII as `%41`.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if matches!(byte, b' '..=b'~') && byte != b'%' {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The messages of a client.
pub(super) struct Asked {
    body: Incoming,
    pending: BytesMut,
}

impl Asked {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, pending: BytesMut::new() }
    }

    /// The next message; nothing when no more come. Nothing is lost when this is dropped while it waits.
    pub(super) async fn next<M: Message + Default>(&mut self) -> Result<Option<M>, Status> {
        loop {
            if let Some(message) = self.take()? {
                return M::decode(message).map(Some).map_err(|error| Status::invalid(error.to_string()));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.pending.extend_from_slice(&data);
                    }
                }
                // The client is gone, or has said all.
                Some(Err(_)) | None => return Ok(None),
            }
        }
    }

    fn take(&mut self) -> Result<Option<Bytes>, Status> {
        let Some((&[flag, a, b, c, d], _)) = self.pending.split_first_chunk::<5>() else { return Ok(None) };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if flag != 0 {
            return Err(Status::unimplemented("Compressed messages are not understood."));
        }
        if length > MAX_MESSAGE {
            return Err(Status::invalid("The message is too large."));
        }
        if self.pending.len() < 5 + length {
            return Ok(None);
        }
        self.pending.advance(5);
        Ok(Some(self.pending.split_to(length).freeze()))
    }
}
