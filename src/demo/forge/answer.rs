//! Requests and answers of the embedded CI service.
//!
//! Owns what both interfaces share: paths, pages, `ETag`s, times. Must not know what is asked for.

use crate::demo::web::{Query, format};
use crate::model::Timestamp;
use crate::model::time::SECOND;
use bytes::Bytes;
use hyper::{HeaderMap, Method, header};
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A request that was taken apart.
pub(super) struct Ask {
    pub(super) method: Method,
    /// The path's parts, decoded, without the interface's prefix.
    pub(super) path: Vec<String>,
    pub(super) query: Query,
    pub(super) headers: HeaderMap,
    /// When it came.
    pub(super) now: Timestamp,
    /// The address of the interface, without a slash at the end.
    pub(super) base: String,
    /// The address of the server's pages.
    pub(super) site: String,
}

impl Ask {
    /// The text of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The token, however it came.
    pub(super) fn token(&self) -> Option<&str> {
        let of_header = self.header("authorization").and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            ["bearer", "token"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(token.trim())
        });
        self.header("private-token").or(of_header)
    }

    /// The address of what is asked for, where the first parts of its path are `start`.
    pub(super) fn address(&self, start: &str, rest: &[&str]) -> String {
        let parts: Vec<&str> = std::iter::once(start).chain(rest.iter().copied()).collect();
        let query = self.query.with(&[]);
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/{}{mark}{query}", self.base, parts.join("/"))
    }

    /// The path's parts for `match`.
    pub(super) fn parts(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", value.to_string())
    }

    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts made on the spot are given")]
    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// An `ETag` that depends on the body, the links, and who asks; and no body if the client has it already.
    #[must_use]
    pub(super) fn conditional(self, ask: &Ask) -> Self {
        if self.status != 200 || ask.method != Method::GET {
            return self;
        }
        let links = self.headers.iter().find(|(name, _)| *name == "link");
        let etag = format!("W/\"{:016x}\"", hash(&(&self.body, links, ask.token())));
        let known = ask.header(header::IF_NONE_MATCH.as_str()).unwrap_or_default();
        let bare = etag.trim_start_matches("W/");
        let is_known = known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == bare || tag.trim() == "*");
        let mut reply = self.with("etag", etag);
        if is_known {
            // Nothing is sent, so it has no type.
            reply.headers.retain(|(name, _)| *name != "content-type");
            (reply.status, reply.body) = (304, Bytes::new());
        }
        reply
    }
}

/// A hash that is the same in every run.
pub(super) fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A page of a list.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) number: usize,
    pub(super) size: usize,
    /// Items on all pages.
    pub(super) total: usize,
}

impl<T> Page<T> {
    /// The page that is asked for; the first, of `usual` items, if nothing is said. An error when it is no number.
    pub(super) fn of(items: Vec<T>, query: &Query, usual: usize) -> Result<Self, ()> {
        let number = query.number("page")?.unwrap_or(1).max(1);
        let size = query.number("per_page")?.filter(|size| *size > 0).unwrap_or(usual).min(100);
        let total = items.len();
        let items = items.into_iter().skip((number - 1).saturating_mul(size)).take(size).collect();
        Ok(Self { items, number, size, total })
    }

    pub(super) const fn pages(&self) -> usize {
        if self.total == 0 { 1 } else { self.total.div_ceil(self.size) }
    }

    /// The header with the addresses of the other pages; none when there is only one.
    pub(super) fn links(&self, address: &str, query: &Query) -> Option<String> {
        let last = self.pages();
        let link = |rel: &str, page: usize| {
            format!("<{address}?{}>; rel=\"{rel}\"", query.with(&[("page", page.to_string())]))
        };
        let mut links = Vec::new();
        if self.number > 1 {
            links.push(link("prev", (self.number - 1).min(last)));
        }
        if self.number < last {
            links.extend([link("next", self.number + 1), link("last", last)]);
        }
        if self.number > 1 {
            links.push(link("first", 1));
        }
        (!links.is_empty()).then(|| links.join(", "))
    }
}

/// `2026-11-21T03:14:00Z`, as GitHub writes times.
pub(super) fn seconds(at: Timestamp) -> String {
    format("%Y-%m-%dT%H:%M:%SZ", at)
}

/// `2026-11-21T03:14:00.000Z`, as GitLab writes times.
pub(super) fn millis(at: Timestamp) -> String {
    format("%Y-%m-%dT%H:%M:%S.%3fZ", at)
}

/// Whole seconds since 1970.
pub(super) const fn unix(at: Timestamp) -> i64 {
    at.0.div_euclid(SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lead_to_each_other() {
        let check = |query: &str, items: &[usize], links: &[&str]| {
            let query = Query::parse(query);
            let page = Page::of((0..5).collect(), &query, 30).unwrap();
            let found = page.links("a", &query).unwrap_or_default();
            let rels: Vec<_> = found.split(", ").filter(|link| !link.is_empty()).collect();
            assert_eq!((&page.items[..], &rels[..]), (items, links), "{query:?}");
        };
        check("", &[0, 1, 2, 3, 4], &[]);
        check(
            "per_page=3",
            &[0, 1, 2],
            &["<a?per_page=3&page=2>; rel=\"next\"", "<a?per_page=3&page=2>; rel=\"last\""],
        );
        check(
            "per_page=3&page=2",
            &[3, 4],
            &["<a?per_page=3&page=1>; rel=\"prev\"", "<a?per_page=3&page=1>; rel=\"first\""],
        );
        check("page=9", &[], &["<a?page=1>; rel=\"prev\"", "<a?page=1>; rel=\"first\""]);
        assert!(Page::of(vec![1], &Query::parse("page=x"), 30).is_err());
    }

    #[test]
    fn times_are_written_as_each_service_does() {
        let at = Timestamp(1_795_230_840_123_000_000);
        assert_eq!(seconds(at), "2026-11-21T03:14:00Z");
        assert_eq!(millis(at), "2026-11-21T03:14:00.123Z");
    }
}
