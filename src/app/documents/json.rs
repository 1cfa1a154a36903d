//! A document as JSON to be copied: without secrets, nested as it is.
//!
//! Owns the form. Must not know how a clipboard is reached.

use crate::parse::json::tree::{self, Next, NodeKind};
use std::fmt::Write as _;

/// Writes a JSON object or array again; `redact` gives what stands in the place of a text, by its dotted path, or nothing.
pub(super) fn redacted(json: &[u8], redact: &mut dyn FnMut(&str, &str) -> Option<String>) -> String {
    let is_object = json.first() == Some(&b'{');
    let mut out = String::with_capacity(json.len());
    // Of each open container: what closes it, whether it has something, and where its path ends.
    let mut open = vec![(if is_object { '}' } else { ']' }, false, 0)];
    let mut path = String::new();
    out.push(if is_object { '{' } else { '[' });
    tree::walk(json, &mut |node| {
        while open.len() > node.depth + 1 {
            out.extend(open.pop().map(|(close, ..)| close));
        }
        let Some((_, has_some, end)) = open.last_mut() else { return Next::Stop };
        if std::mem::replace(has_some, true) {
            out.push(',');
        }
        path.truncate(*end);
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&node.name);
        if !node.in_array {
            let _ = write!(out, "{}:", quoted(&node.name));
        }
        let written = String::from_utf8_lossy(node.text);
        match node.kind {
            NodeKind::Text => match redact(&path, &node.value()) {
                Some(instead) => out.push_str(&quoted(&instead)),
                None => {
                    let _ = write!(out, "\"{written}\"");
                }
            },
            NodeKind::Scalar => match redact(&path, &written) {
                Some(instead) => out.push_str(&quoted(&instead)),
                None => out.push_str(&written),
            },
            kind => {
                let (first, close) = if kind == NodeKind::Object { ('{', '}') } else { ('[', ']') };
                out.push(first);
                open.push((close, false, path.len()));
                return Next::Into;
            }
        }
        Next::Over
    });
    while let Some((close, ..)) = open.pop() {
        out.push(close);
    }
    out
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nested_stays_so_and_secrets_go() {
        let check = |json: &str, expected: &str| {
            let mut redact = |path: &str, _: &str| path.ends_with("token").then(|| "[redacted: \"token\"]".to_owned());
            assert_eq!(redacted(json.as_bytes(), &mut redact), expected);
        };
        check(r#"{ "a" : 1, "b":[1, {"c":"x\ny"},[]] ,"d":{} }"#, r#"{"a":1,"b":[1,{"c":"x\ny"},[]],"d":{}}"#);
        check(
            r#"{"token":"abc","x":{"token":7,"y":true}}"#,
            r#"{"token":"[redacted: \"token\"]","x":{"token":"[redacted: \"token\"]","y":true}}"#,
        );
        check(r#"{"a\"\n":null}"#, r#"{"a\"\n":null}"#);
        check("{}", "{}");
        check(r#"[1,"a"#, "[1]");
    }

    #[test]
    fn it_stays_json() {
        let deep = format!("{}{}", "{\"a\":".repeat(100), "1".to_owned() + &"}".repeat(100));
        let text = redacted(deep.as_bytes(), &mut |_, _| None);
        assert_eq!(text, deep);
        let too_deep = "[".repeat(100_000);
        assert!(redacted(too_deep.as_bytes(), &mut |_, _| None).len() < 1_000);
    }
}
