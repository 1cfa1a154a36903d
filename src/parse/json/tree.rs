//! A JSON text as a tree: one node after the other, in the order in which they are written.
//!
//! Owns the walk. Must not know which nodes are shown. Iterative: nesting cannot exhaust the stack.

use super::scan::{Cursor, Kind, MAX_DEPTH};
use crate::parse::text::unescape;
use std::borrow::Cow;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Named values.
    Object,
    /// Values in a row.
    Array,
    /// A string.
    Text,
    /// A number, `true`, `false` or `null`.
    Scalar,
}

/// One value of the tree.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// How many containers of the same text it lies in, the root apart.
    pub depth: usize,
    /// Its name; in an array its number, from 0. Not yet safe for a terminal.
    pub name: Cow<'a, str>,
    /// Whether it lies in an array.
    pub in_array: bool,
    /// What it is.
    pub kind: NodeKind,
    /// As it is written: the whole text of a container, the inside of a string.
    pub text: &'a [u8],
}

impl<'a> Node<'a> {
    /// Its value as text, a string without its escapes. Not yet safe for a terminal.
    pub fn value(&self) -> Cow<'a, str> {
        match (self.kind, unescape(self.text)) {
            (NodeKind::Text, Cow::Owned(bytes)) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
            _ => String::from_utf8_lossy(self.text),
        }
    }

    /// Whether it holds other values.
    pub fn is_container(&self) -> bool {
        matches!(self.kind, NodeKind::Object | NodeKind::Array)
    }
}

/// Where the walk goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Into the container.
    Into,
    /// Behind the value.
    Over,
    /// Nowhere.
    Stop,
}

/// One open container of the walk.
struct Level {
    object: bool,
    /// The number of the next value.
    next: usize,
}

/// Visits the values of an object or array. A text that breaks off gives those before the break.
pub fn walk<'a>(text: &'a [u8], visit: &mut dyn FnMut(&Node<'a>) -> Next) {
    // What breaks ends the walk; there is nobody to tell.
    let _ = steps(text, visit);
}

fn steps<'a>(text: &'a [u8], visit: &mut dyn FnMut(&Node<'a>) -> Next) -> Option<()> {
    let mut cursor = Cursor::new(text);
    let object = match cursor.peek()? {
        b'{' => true,
        b'[' => false,
        _ => return None,
    };
    cursor.at += 1;
    let mut open = vec![Level { object, next: 0 }];
    let mut is_first = true;
    while let Some(level) = open.last_mut() {
        let close = if level.object { b'}' } else { b']' };
        match cursor.peek()? {
            b if b == close => {
                cursor.at += 1;
                open.pop();
                is_first = false;
                continue;
            }
            b',' if !is_first => cursor.at += 1,
            _ if is_first => {}
            _ => return None,
        }
        is_first = false;
        let in_array = !level.object;
        let name = if in_array {
            Cow::Owned(level.next.to_string())
        } else {
            let name = cursor.key()?;
            match unescape(text.get(name.start..name.end)?) {
                Cow::Borrowed(name) => String::from_utf8_lossy(name),
                Cow::Owned(name) => Cow::Owned(String::from_utf8_lossy(&name).into_owned()),
            }
        };
        level.next += 1;
        cursor.peek()?;
        let start = cursor.at;
        let (kind, range) = match cursor.value()? {
            Kind::Text(value) => (NodeKind::Text, value.start..value.end),
            Kind::Scalar(start, end) => (NodeKind::Scalar, start..end),
            kind @ (Kind::Object | Kind::Array) => {
                cursor.skip_nested()?;
                let kind = if kind == Kind::Object { NodeKind::Object } else { NodeKind::Array };
                (kind, start..cursor.at)
            }
        };
        let depth = open.len() - 1;
        let node = Node { depth, name, in_array, kind, text: text.get(range)? };
        match visit(&node) {
            Next::Stop => return Some(()),
            Next::Into if node.is_container() && open.len() < MAX_DEPTH as usize => {
                cursor.at = start + 1;
                open.push(Level { object: kind == NodeKind::Object, next: 0 });
                is_first = true;
            }
            Next::Into | Next::Over => {}
        }
    }
    Some(())
}

/// How many values an object or array holds.
pub fn children(text: &[u8]) -> usize {
    let mut count = 0;
    walk(text, &mut |_| {
        count += 1;
        Next::Over
    });
    count
}

/// Whether a text is an object or an array, whole and well-formed.
pub fn is_container(text: &str) -> bool {
    let mut cursor = Cursor::new(text.as_bytes());
    matches!(cursor.peek(), Some(b'{' | b'[')) && cursor.skip_nested().is_some() && cursor.peek().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(text: &str, into: impl Fn(&Node<'_>) -> Next) -> Vec<String> {
        let mut out = Vec::new();
        walk(text.as_bytes(), &mut |node| {
            let value = if node.is_container() { format!("{:?}", node.kind) } else { node.value().into_owned() };
            out.push(format!("{}{}={value}", " ".repeat(node.depth), node.name));
            into(node)
        });
        out
    }

    #[test]
    fn values_come_in_their_own_order() {
        let check = |text: &str, expected: &[&str]| assert_eq!(nodes(text, |_| Next::Into), expected, "{text}");
        check(
            r#"{"b":1,"a":{"y":[true,{"z":null}],"x":"q\n"},"b":2}"#,
            &["b=1", "a=Object", " y=Array", "  0=true", "  1=Object", "   z=null", " x=q\n", "b=2"],
        );
        check("[]", &[]);
        check("{}", &[]);
        check(r" [ 1 , {} , [ ] ] ", &["0=1", "1=Object", "2=Array"]);
        check(r#"{"a":1,"b":"#, &["a=1"]);
        check(r#"{"a":1 "b":2}"#, &["a=1"]);
        check("text", &[]);
        check("", &[]);
    }

    #[test]
    fn what_is_passed_over_is_not_entered() {
        let over = nodes(r#"{"a":{"b":1},"c":[2]}"#, |_| Next::Over);
        assert_eq!(over, ["a=Object", "c=Array"]);
        assert_eq!(nodes(r#"{"a":1,"b":2}"#, |_| Next::Stop), ["a=1"]);
    }

    #[test]
    fn counts_and_whole_texts() {
        let check = |text: &str, count: usize, whole: bool| {
            assert_eq!((children(text.as_bytes()), is_container(text)), (count, whole), "{text}");
        };
        check(r#"{"a":{"b":1},"c":[2]}"#, 2, true);
        check("[1,[2,3],4]", 3, true);
        check("[1,2] x", 2, false);
        check("{oops", 0, false);
        check("", 0, false);
    }

    #[test]
    fn deep_nesting_ends() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(nodes(&deep, |_| Next::Into), Vec::<String>::new());
        let fine = "[".repeat(128) + &"]".repeat(128);
        assert_eq!(nodes(&fine, |_| Next::Into).len(), 127);
    }
}
