//! Requests that were taken apart: what they are about, and with which options.
//!
//! Owns the grammar of paths and queries. Must not know the state.

use super::faults::What;
use super::kind::Kind;
use super::log::Wish;
use super::select::Selector;
use super::status::Status;
use super::store::{Paging, Scope, read_token};
use crate::model::Timestamp;
use crate::model::time::SECOND;
use hyper::Method;

/// The parameters behind a `?`.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        };
        Self(text.split('&').filter(|part| !part.is_empty()).map(pair).collect())
    }

    /// The value of that name; an empty one when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// As Go reads booleans of queries: what is there is true unless it says otherwise.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.has(name) && !matches!(self.get(name).to_ascii_lowercase().as_str(), "false" | "0")
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Status> {
        match self.get(name) {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| Status::bad(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"))),
        }
    }
}

fn decode(text: &str) -> String {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, more @ ..] = rest {
        let hex = more.get(..2).filter(|_| *first == b'%').and_then(|two| std::str::from_utf8(two).ok());
        if let Some(byte) = hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            out.push(byte);
            rest = &more[2..];
        } else {
            out.push(*first);
            rest = more;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What a request is about. A path of no object has no kind.
pub(super) fn what(method: &Method, path: &str, query: &Query) -> What {
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut what = What { path: path.to_owned(), ..What::default() };
    let (group, rest) = match &parts[..] {
        ["api", "v1", rest @ ..] => ("", rest),
        ["apis", group, "v1", rest @ ..] => (*group, rest),
        _ => ("", &[][..]),
    };
    let (namespace, rest) = match rest {
        // `/namespaces/x` alone is the namespace itself.
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        _ => ("", rest),
    };
    if let [plural, rest @ ..] = rest
        && let Some(kind) = Kind::of_plural(group, plural)
        && rest.len() <= 2
        && (namespace.is_empty() || kind.names().is_namespaced)
    {
        what.kind = Some(kind);
        namespace.clone_into(&mut what.namespace);
        rest.first().copied().unwrap_or_default().clone_into(&mut what.name);
        rest.get(1).copied().unwrap_or_default().clone_into(&mut what.subresource);
        if kind == Kind::Namespace && !what.name.is_empty() {
            what.namespace.clone_from(&what.name);
        }
    }
    let is_whole = what.kind.is_some() && what.name.is_empty();
    let verb = match *method {
        Method::GET | Method::HEAD if what.kind.is_some() && what.subresource.is_empty() && query.flag("watch") => {
            "watch"
        }
        Method::GET | Method::HEAD if is_whole => "list",
        Method::GET | Method::HEAD => "get",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if is_whole => "deletecollection",
        Method::DELETE => "delete",
        ref other => return What { verb: other.as_str().to_ascii_lowercase(), ..what },
    };
    verb.clone_into(&mut what.verb);
    what
}

/// What a list or watch is about.
pub(super) fn scope(kind: Kind, what: &What, query: &Query) -> Result<Scope, Status> {
    let mut fields = query.get("fieldSelector").to_owned();
    if !what.name.is_empty() {
        fields = format!("metadata.name={},{fields}", what.name);
    }
    let selector = Selector::parse(kind, query.get("labelSelector"), &fields)?;
    let is_inside = kind.names().is_namespaced && !what.namespace.is_empty();
    Ok(Scope { kind, namespace: is_inside.then(|| what.namespace.clone()), selector })
}

/// The version that is asked for; none when any will do.
pub(super) fn version(query: &Query) -> Result<Option<u64>, Status> {
    match query.get("resourceVersion") {
        "" | "0" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            let problem = format!("Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax");
            Status::invalid("ListOptions", "", "resourceVersion", "FieldValueInvalid", &problem)
        }),
    }
}

/// Which page. `newest` is the version of the newest change.
pub(super) fn paging(kind: Kind, query: &Query, newest: u64) -> Result<Paging, Status> {
    let limit = query.number("limit")?.filter(|limit| *limit > 0).map(|limit| limit as usize);
    if !query.get("continue").is_empty() {
        let (version, after) = read_token(kind, query.get("continue"))?;
        return Ok(Paging { version: Some(version), after: Some(after), limit });
    }
    let version = version(query)?;
    if let Some(asked) = version.filter(|asked| *asked > newest) {
        let message = format!("Too large resource version: {asked}, current: {newest}");
        let details = serde_json::json!({
            "causes": [{ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" }],
            "retryAfterSeconds": 1,
        });
        return Err(Status { details: Some(details), ..Status::new(504, "Timeout", message) });
    }
    let is_exact = query.get("resourceVersionMatch") == "Exact";
    Ok(Paging { version: version.filter(|_| is_exact), after: None, limit })
}

/// What is wanted of a log.
pub(super) fn wish(name: &str, query: &Query, now: Timestamp) -> Result<Wish, Status> {
    let invalid =
        |field: &str, reason: &str, problem: &str| Status::invalid("PodLogOptions", name, field, reason, problem);
    if !query.get("stream").is_empty() {
        return Err(invalid("stream", "FieldValueForbidden", "Forbidden: may not be specified"));
    }
    let at_least = |field: &str, least: i64| match query.number(field)? {
        Some(value) if value < least => {
            let words = if least == 0 { "must be greater than or equal to 0" } else { "must be greater than 0" };
            Err(invalid(field, "FieldValueInvalid", &format!("Invalid value: {value}: {words}")))
        }
        value => Ok(value),
    };
    let (tail, limit) = (at_least("tailLines", 0)?, at_least("limitBytes", 1)?);
    let seconds = at_least("sinceSeconds", 1)?;
    let moment = match query.get("sinceTime") {
        "" => None,
        text => Some(since_time(text)?),
    };
    if seconds.is_some() && moment.is_some() {
        let problem = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified";
        return Err(invalid("sinceSeconds", "FieldValueForbidden", problem));
    }
    Ok(Wish {
        follow: query.flag("follow"),
        timestamps: query.flag("timestamps"),
        tail: tail.map(i64::unsigned_abs),
        since: moment.or(seconds.map(|seconds| now.saturating_add(seconds.saturating_mul(-SECOND)))),
        limit: limit.map(i64::unsigned_abs),
    })
}

/// Only whole seconds count.
fn since_time(text: &str) -> Result<Timestamp, Status> {
    let moment = text.parse::<jiff::Timestamp>().ok().and_then(Timestamp::from_jiff);
    let moment = moment.ok_or_else(|| {
        Status::bad(format!("parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\""))
    })?;
    Ok(Timestamp(moment.0.div_euclid(SECOND) * SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_named_as_kubernetes_names_them() {
        let check = |method: Method, target: &str, expected: (&str, Option<Kind>, &str, &str, &str)| {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let what = what(&method, path, &Query::parse(query));
            let found = (&*what.verb, what.kind, &*what.namespace, &*what.name, &*what.subresource);
            assert_eq!(found, expected, "{target}");
        };
        check(Method::GET, "/api/v1/pods", ("list", Some(Kind::Pod), "", "", ""));
        check(Method::GET, "/api/v1/pods?watch=1", ("watch", Some(Kind::Pod), "", "", ""));
        check(Method::GET, "/api/v1/namespaces/a/pods?watch=false", ("list", Some(Kind::Pod), "a", "", ""));
        check(Method::GET, "/api/v1/namespaces/a/pods/p/log?follow=true", ("get", Some(Kind::Pod), "a", "p", "log"));
        check(Method::GET, "/api/v1/namespaces/a", ("get", Some(Kind::Namespace), "a", "a", ""));
        check(Method::GET, "/api/v1/namespaces", ("list", Some(Kind::Namespace), "", "", ""));
        check(Method::GET, "/apis/apps/v1/namespaces/a/deployments/d", ("get", Some(Kind::Deployment), "a", "d", ""));
        check(Method::GET, "/apis/apps/v1/pods", ("get", None, "", "", ""));
        check(Method::DELETE, "/api/v1/namespaces/a/pods/p", ("delete", Some(Kind::Pod), "a", "p", ""));
        check(Method::POST, "/api/v1/namespaces/a/pods", ("create", Some(Kind::Pod), "a", "", ""));
        check(Method::GET, "/version", ("get", None, "", "", ""));
    }

    #[test]
    fn options_of_logs_are_checked() {
        let now = Timestamp(100 * SECOND + 5);
        let read = |query: &str| wish("p", &Query::parse(query), now);
        let refused = |query: &str, code: u16, message: &str| {
            let status = read(query).unwrap_err();
            assert_eq!((status.code, status.message.as_str()), (code, message));
        };
        let invalid = "PodLogOptions \"p\" is invalid: ";
        let least = "must be greater than or equal to 0";
        refused("tailLines=-1", 422, &format!("{invalid}tailLines: Invalid value: -1: {least}"));
        refused("limitBytes=0", 422, &format!("{invalid}limitBytes: Invalid value: 0: must be greater than 0"));
        refused("stream=Stdout", 422, &format!("{invalid}stream: Forbidden: may not be specified"));
        refused("tailLines=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax");
        assert_eq!(read("sinceSeconds=1&sinceTime=1970-01-01T00:00:00Z").unwrap_err().code, 422);
        assert_eq!(read("sinceTime=yesterday").unwrap_err().code, 400);
        let since = |query: &str| read(query).unwrap().since;
        assert_eq!(since("sinceTime=1970-01-01T00%3A00%3A09.999Z"), Some(Timestamp(9 * SECOND)));
        assert_eq!(since("sinceSeconds=10"), Some(Timestamp(90 * SECOND + 5)));
        assert_eq!(read("follow=true&pretty=true&previous=0").unwrap(), Wish { follow: true, ..Wish::default() });
    }
}
