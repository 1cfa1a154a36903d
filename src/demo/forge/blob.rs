//! The host of logs: addresses that are signed, live for a minute, and need no token.
//!
//! Owns what is kept there, the signatures, and answers in parts. Must not know what the bytes are.

use super::answer::{Ask, Reply, hash, seconds, unix};
use super::faults::Fault;
use crate::demo::web::{encode, http_date};
use crate::model::Timestamp;
use crate::model::time::SECOND;
use bytes::Bytes;
use hyper::Method;
use std::{collections::BTreeMap, ops::Range};

/// How long an address is good for, in seconds.
pub const LIFETIME: i64 = 60;

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Blobs {
    kept: BTreeMap<String, Blob>,
}

#[derive(Debug)]
struct Blob {
    bytes: Bytes,
    etag: String,
    content_type: &'static str,
    /// What it was made from.
    source: u64,
    at: Timestamp,
}

impl Blobs {
    /// Keeps what `make` gives under `name`, unless it is there, made from the same `source`.
    pub(super) fn keep(
        &mut self,
        name: &str,
        content_type: &'static str,
        source: u64,
        at: Timestamp,
        make: impl FnOnce() -> Bytes,
    ) {
        if self.kept.get(name).is_none_or(|blob| blob.source != source) {
            let bytes = make();
            let etag = format!("\"0x{:016X}\"", hash(&bytes));
            self.kept.insert(name.to_owned(), Blob { bytes, etag, content_type, source, at });
        }
    }

    /// Keeps nothing under `name`.
    pub(super) fn forget(&mut self, name: &str) {
        self.kept.remove(name);
    }

    /// The address of `name` at the host `base`, good from `now` on. What is not kept has an address too.
    pub(super) fn sign(base: &str, name: &str, now: Timestamp) -> String {
        let until = seconds(now.saturating_add(LIFETIME * SECOND));
        let signature = signature(name, &until);
        format!("{base}/{name}?sv=2025-11-05&se={}&sr=b&sp=r&sig={signature}", encode(&until))
    }

    /// The answer to a request.
    pub(super) fn answer(&self, ask: &Ask, fault: Option<&Fault>) -> Reply {
        if !matches!(ask.method, Method::GET | Method::HEAD) {
            return refused(405, "UnsupportedHttpVerb", "The resource doesn't support the specified Http Verb.");
        }
        if ["authorization", "private-token"].iter().any(|name| ask.header(name).is_some()) {
            let words = "Authentication information is not given in the correct format. Check the value of \
                         Authorization header.";
            return refused(400, "InvalidAuthenticationInfo", words);
        }
        let name = ask.path.join("/");
        let until = ask.query.get("se").unwrap_or_default();
        let is_signed = ask.query.get("sig").is_some_and(|given| given == signature(&name, until));
        let is_late = until.parse::<jiff::Timestamp>().map_or(true, |until| until.as_second() <= unix(ask.now));
        if !is_signed || is_late || fault == Some(&Fault::Expire) {
            let words = "Server failed to authenticate the request. Make sure the value of Authorization header is \
                         formed correctly including the signature.";
            return refused(403, "AuthenticationFailed", words);
        }
        let Some(blob) = self.kept.get(&name) else {
            return refused(404, "BlobNotFound", "The specified blob does not exist.");
        };
        blob.answer(ask, fault)
    }
}

impl Blob {
    fn answer(&self, ask: &Ask, fault: Option<&Fault>) -> Reply {
        let length = self.bytes.len();
        let whole = |body: Bytes, status| {
            let reply = Reply::new(status, self.content_type, body).with("accept-ranges", "bytes");
            reply.with("etag", &self.etag).with("last-modified", http_date(self.at)).with("x-ms-blob-type", "BlockBlob")
        };
        let asked = ask.header("range").filter(|_| fault != Some(&Fault::IgnoreRange));
        // A part of something else than the client has would be of no use.
        let is_same = fault == Some(&Fault::Changed)
            || ask.header("if-range").is_none_or(|tag| tag == self.etag || tag == http_date(self.at));
        match asked.filter(|_| is_same).map(|range| part(range, length)) {
            None | Some(None) => whole(self.bytes.clone(), 200),
            Some(Some(Ok(range))) => {
                let shown = format!("bytes {}-{}/{length}", range.start, range.end - 1);
                whole(self.bytes.slice(range), 206).with("content-range", shown)
            }
            Some(Some(Err(()))) => {
                let reply = refused(416, "InvalidRange", "The range specified is invalid for the current size.");
                reply.with("content-range", format!("bytes */{length}"))
            }
        }
    }
}

/// The bytes that `bytes=A-B` means; none when it is understood otherwise, an error when there are no such bytes.
fn part(range: &str, length: usize) -> Option<Result<Range<usize>, ()>> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), Ok(to)) if from <= to => from..to.saturating_add(1).min(length),
        (Ok(from), Err(_)) if to.is_empty() => from..length,
        (Err(_), Ok(last)) if from.is_empty() => length.saturating_sub(last)..length,
        _ => return None,
    };
    Some(if range.start < range.end { Ok(range) } else { Err(()) })
}

fn signature(name: &str, until: &str) -> String {
    format!("{:016x}", hash(&("the embedded host of logs", name, until)))
}

/// A refusal as Azure writes it.
fn refused(status: u16, code: &str, message: &str) -> Reply {
    let xml = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}\n\
         RequestId:00000000-0000-0000-0000-000000000000</Message></Error>"
    );
    Reply::new(status, "application/xml", xml).with("x-ms-error-code", code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_understood() {
        let check = |range: &str, expected: Option<Result<Range<usize>, ()>>| assert_eq!(part(range, 10), expected);
        check("bytes=0-3", Some(Ok(0..4)));
        check("bytes=4-", Some(Ok(4..10)));
        check("bytes=-3", Some(Ok(7..10)));
        check("bytes=4-99", Some(Ok(4..10)));
        check("bytes=10-", Some(Err(())));
        check("bytes=5-4", None);
        check("lines=1-2", None);
    }
}
