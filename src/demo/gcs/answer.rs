//! What is asked of the storage, and what it says.
//!
//! Owns paths, permissions, conditions and ranges. Must not know sockets or faults.

use super::faults::What;
use super::json::{self, Mask, Problem, crc32c, etag};
use super::list;
use super::state::{Bucket, Caller, Object, Permission, State};
use crate::demo::web::{Query, base64, decode, http_date};
use bytes::Bytes;
use hyper::{HeaderMap, Method};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// A request that was taken apart.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) what: What,
    /// Whether bytes are asked for, whose errors are plain text.
    is_media: bool,
    pub(super) query: Query,
    headers: HeaderMap,
    /// A bucket itself.
    bucket: Option<String>,
}

/// What is sent.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) carries: Carries,
}

/// What an answer carries.
pub(super) enum Carries {
    /// These bytes.
    Bytes(Vec<Bytes>),
    /// What comes out of them by gzip.
    Packed(Vec<Bytes>),
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status, headers, carries: Carries::Bytes(vec![body.into()]) }
    }

    fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json; charset=UTF-8", value.to_string())
    }
}

impl Ask {
    pub(super) fn new(method: Method, path: &str, query: &str, headers: HeaderMap) -> Self {
        let query = Query::parse(query);
        let below = path.strip_prefix("/download").unwrap_or(path).strip_prefix("/storage/v1/b/");
        let is_media = query.get("alt") == Some("media") || path.starts_with("/download/");
        let mut bucket = None;
        let parts: Vec<&str> = below.map(|below| below.split('/').collect()).unwrap_or_default();
        let what = match parts[..] {
            [name] | [name, ""] if !name.is_empty() => {
                bucket = Some(decode(name, false));
                What::Other
            }
            [of, "o"] => {
                let prefix = query.get("prefix").unwrap_or_default().to_owned();
                What::List(decode(of, false), prefix)
            }
            [of, "o", name] if is_media => What::Read(decode(of, false), decode(name, false)),
            [of, "o", name] => What::Describe(decode(of, false), decode(name, false)),
            _ => What::Other,
        };
        Self { method, what, is_media, query, headers, bucket }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn token(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    pub(super) fn user_project(&self) -> Option<&str> {
        self.query.get("userProject").or_else(|| self.header("x-goog-user-project"))
    }

    /// An error, in the form in which this request gets it.
    pub(super) fn refuse(&self, problem: &Problem) -> Reply {
        let mut reply = if self.is_media {
            Reply::new(problem.status, "text/html; charset=UTF-8", problem.message.clone())
        } else {
            Reply::json(problem.status, &problem.json())
        };
        if problem.status == 401 {
            let realm = "Bearer realm=\"https://accounts.google.com/\"";
            reply.headers.push(("www-authenticate", realm.to_owned()));
        }
        reply
    }

    /// The answer. `ignores_range` is a fault.
    pub(super) fn answer(&self, state: &State, address: SocketAddr, ignores_range: bool) -> Result<Reply, Reply> {
        let refuse = |problem: Problem| self.refuse(&problem);
        let caller = state.caller(self.token());
        if matches!(caller, Caller::Unknown) {
            return Err(refuse(Problem::of_status(401).at("header", "Authorization")));
        }
        if self.method != Method::GET && self.method != Method::HEAD {
            return Err(refuse(Problem::of_status(405)));
        }
        match &self.what {
            What::List(bucket, prefix) => {
                let found = self.enter(state, &caller, Permission::List, bucket, prefix).map_err(refuse)?;
                Ok(Reply::json(200, &list::page(bucket, found, &self.query, address).map_err(refuse)?))
            }
            What::Describe(bucket, name) => {
                let found = self.enter(state, &caller, Permission::Get, bucket, name).map_err(refuse)?;
                let object = self.object(found, bucket, name).map_err(refuse)?;
                let mask = self.query.get("fields").map_or_else(|| Ok(Mask::default()), Mask::parse);
                let mask = mask.map_err(|message| refuse(Problem::new(400, "invalidParameter", message)))?;
                let mut reply = Reply::json(200, &mask.apply(json::object(bucket, name, object, address)));
                reply.headers.push(("etag", etag(object)));
                Ok(reply)
            }
            What::Read(bucket, name) => {
                let found = self.enter(state, &caller, Permission::Get, bucket, name).map_err(refuse)?;
                let object = self.object(found, bucket, name).map_err(refuse)?;
                self.media(object, ignores_range)
            }
            What::Other => match &self.bucket {
                Some(bucket) if state.find(bucket).is_some() => Ok(Reply::json(
                    200,
                    &json!({ "kind": "storage#bucket", "id": bucket, "name": bucket, "storageClass": "STANDARD" }),
                )),
                Some(_) => Err(refuse(no_bucket())),
                None => Err(Reply::new(404, "text/html; charset=UTF-8", "Not Found")),
            },
        }
    }

    /// The bucket, if the caller may do that in it.
    fn enter<'s>(
        &self,
        state: &'s State,
        caller: &Caller,
        permission: Permission,
        bucket: &str,
        name: &str,
    ) -> Result<&'s Bucket, Problem> {
        let resource = match permission {
            Permission::List => "bucket",
            Permission::Get => "object",
        };
        let lacks = |who: &str| {
            let what = permission.name();
            format!(
                "{who} does not have {what} access to the Google Cloud Storage {resource}. \
                 Permission '{what}' denied on resource (or it may not exist)."
            )
        };
        match caller {
            Caller::Account(account) if state.is_denied(permission, bucket, name) => {
                return Err(Problem::new(403, "forbidden", lacks(account)));
            }
            Caller::Anonymous if state.wants_tokens() || state.is_denied(permission, bucket, name) => {
                let problem = Problem::new(401, "required", lacks("Anonymous caller"));
                return Err(problem.at("header", "Authorization"));
            }
            _ => {}
        }
        let found = state.find(bucket).ok_or_else(no_bucket)?;
        if found.requester_pays && self.user_project().is_none() {
            let words = "Bucket is a requester pays bucket but no user project provided.";
            return Err(Problem::new(400, "required", words));
        }
        Ok(found)
    }

    fn object<'b>(&self, found: &'b Bucket, bucket: &str, name: &str) -> Result<&'b Arc<Object>, Problem> {
        let missing = || Problem::new(404, "notFound", format!("No such object: {bucket}/{name}"));
        let object = found.objects.get(name).ok_or_else(missing)?;
        let wish = |what: &str| {
            let number = self.query.get(what).map(str::parse::<i64>);
            number.transpose().map_err(|_| Problem::of_status(400))
        };
        if wish("generation")?.is_some_and(|generation| generation != object.generation) {
            return Err(missing());
        }
        let failed = || Problem::of_status(412).at("header", "If-Match");
        let matches = [("ifGenerationMatch", object.generation), ("ifMetagenerationMatch", 1)];
        for (what, now) in matches {
            if wish(what)?.is_some_and(|wanted| wanted != now) {
                return Err(failed());
            }
        }
        if wish("ifGenerationNotMatch")?.is_some_and(|unwanted| unwanted == object.generation) {
            return Err(Problem::new(304, "notModified", ""));
        }
        Ok(object)
    }

    fn media(&self, object: &Object, ignores_range: bool) -> Result<Reply, Reply> {
        let length = object.content.length;
        let hash = match object.md5 {
            Some(md5) => format!("crc32c={},md5={}", crc32c(object.crc32c), base64(&md5)),
            None => format!("crc32c={}", crc32c(object.crc32c)),
        };
        let stored = if object.meta.content_encoding.is_empty() { "identity" } else { &object.meta.content_encoding };
        let mut headers = vec![
            ("content-type", object.meta.content_type.clone()),
            ("content-disposition", "attachment".to_owned()),
            ("cache-control", "no-cache, no-store, max-age=0, must-revalidate".to_owned()),
            ("vary", "Origin, X-Origin".to_owned()),
            ("etag", etag(object)),
            ("last-modified", http_date(object.created)),
            ("x-goog-generation", object.generation.to_string()),
            ("x-goog-metageneration", "1".to_owned()),
            ("x-goog-storage-class", "STANDARD".to_owned()),
            ("x-goog-stored-content-encoding", stored.to_owned()),
            ("x-goog-stored-content-length", length.to_string()),
            ("x-goog-hash", hash),
        ];
        headers.extend(object.meta.components.map(|count| ("x-goog-component-count", count.to_string())));
        let takes = self.header("accept-encoding").unwrap_or_default();
        let takes_gzip = takes.split(',').any(|one| one.split(';').next().unwrap_or_default().trim() == "gzip");
        if object.is_gzip() && !takes_gzip {
            // The whole comes, whatever part was asked for.
            headers.push(("warning", "214 UploadServer gunzipped".to_owned()));
            headers.push(("x-guploader-response-body-transformations", "gunzipped".to_owned()));
            return Ok(Reply { status: 200, headers, carries: Carries::Packed(object.content.slice(0, length)) });
        }
        if !object.meta.content_encoding.is_empty() {
            headers.push(("content-encoding", object.meta.content_encoding.clone()));
        }
        let range = self.header("range").filter(|_| !ignores_range).and_then(|text| Range::parse(text, length));
        let (status, from, to) = match range {
            None => (200, 0, length),
            Some(Range::Part(from, to)) => {
                headers.push(("content-range", format!("bytes {from}-{}/{length}", to - 1)));
                (206, from, to)
            }
            Some(Range::Outside) => {
                let words = "The requested range cannot be satisfied.";
                let mut reply = self.refuse(&Problem::new(416, "requestedRangeNotSatisfiable", words));
                reply.headers.push(("content-range", format!("bytes */{length}")));
                return Err(reply);
            }
        };
        Ok(Reply { status, headers, carries: Carries::Bytes(object.content.slice(from, to)) })
    }
}

fn no_bucket() -> Problem {
    Problem::new(404, "notFound", "The specified bucket does not exist.")
}

/// A part that was asked for: from the first byte on, up to before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Part(usize, usize),
    Outside,
}

impl Range {
    /// `bytes=N-`, `bytes=N-M`, `bytes=-N`; others are as if there were none.
    fn parse(text: &str, length: usize) -> Option<Self> {
        let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
        let (from, to) = if first.is_empty() {
            let count: usize = last.parse().ok()?;
            (length.saturating_sub(count), if count == 0 { 0 } else { length })
        } else {
            let from: usize = first.parse().ok()?;
            let last = if last.is_empty() { usize::MAX - 1 } else { last.parse().ok()? };
            if last < from {
                return None;
            }
            (from, length.min(last.saturating_add(1)))
        };
        Some(if from < to { Self::Part(from, to) } else { Self::Outside })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_at_the_end() {
        let check = |text: &str, range| assert_eq!(Range::parse(text, 10), range, "{text}");
        check("bytes=0-", Some(Range::Part(0, 10)));
        check("bytes=3-5", Some(Range::Part(3, 6)));
        check("bytes=3-99", Some(Range::Part(3, 10)));
        check("bytes=-4", Some(Range::Part(6, 10)));
        check("bytes=-40", Some(Range::Part(0, 10)));
        check("bytes=10-", Some(Range::Outside));
        check("bytes=-0", Some(Range::Outside));
        check("bytes=5-3", None);
        check("lines=1-2", None);
    }
}
