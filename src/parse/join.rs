//! Which lines belong together: stack traces of Java, Python, Go, Rust, Node and .NET, private keys, and indented
//! continuations.
//!
//! Owns the shapes of traces and the state between lines. Must not know formats: it is told what kind of line it sees.
//!
//! Lines of a trace often come behind a transport's prefix (CI logs, containers), so it is the payload that is looked at.
//! Indentation alone joins only behind a record whose own header was recognised; CI output indents for other reasons.

use super::words::skip_sgr;
use crate::model::Severity;

/// The most lines of one record; a longer trace goes on in a new record.
pub const MAX_LINES: u32 = 2000;

/// What parsing says of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// A structured record (JSON, logfmt, an access log): always begins a record, and nothing indented follows it.
    Structured,
    /// A text with its own header: always begins a record; headerless lines may follow it.
    Headed,
    /// Text without a header of its own.
    Text,
}

/// What to do with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// It begins a record.
    Begin,
    /// It belongs to the record before.
    Continue,
}

/// What the lines before were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// No record yet, or a structured one: only lines of a trace that begins by itself follow.
    #[default]
    Closed,
    /// A text without header: a frame may follow.
    Text,
    /// A text with a header; whether it is a warning or worse (or unknown).
    Headed { severe: bool },
    /// Frames of Java, Node or .NET; whether a brace is open (Node prints an error's fields so).
    Frames { brace: bool },
    /// Inside a Python traceback.
    Python,
    /// Behind the exception's line; a blank line may lead to a chained one.
    PythonEnd { blank: bool },
    /// A Rust panic whose message stands on the next line.
    RustMessage,
    /// A Rust panic's notes and backtrace.
    Rust,
    /// A Go panic.
    Go,
    /// Go frames without indentation behind a record (zap's stack traces).
    GoFrames,
    /// Inside a private key in PEM armour: whoever redacts a record has to see the key whole.
    Key,
}

impl State {
    /// The state behind a line that begins a record.
    #[inline]
    fn behind(payload: &[u8], kind: LineKind, severity: Severity) -> Self {
        match kind {
            LineKind::Structured => Self::Closed,
            LineKind::Headed => match trace_start(payload_of_header(payload)) {
                Some(state) => state,
                None => Self::Headed { severe: severity >= Severity::Warn || severity == Severity::Unknown },
            },
            LineKind::Text => trace_start(skip_sgr(payload)).unwrap_or(Self::Text),
        }
    }

    /// Every state there is.
    const ALL: [Self; 14] = [
        Self::Closed,
        Self::Text,
        Self::Headed { severe: false },
        Self::Headed { severe: true },
        Self::Frames { brace: false },
        Self::Frames { brace: true },
        Self::Python,
        Self::PythonEnd { blank: false },
        Self::PythonEnd { blank: true },
        Self::RustMessage,
        Self::Rust,
        Self::Go,
        Self::GoFrames,
        Self::Key,
    ];
}

/// Reads a stream from a place on whose past is not known: follows all states in which it could be, which soon are few.
#[derive(Clone, Debug)]
pub struct AnyJoiner {
    states: [State; State::ALL.len()],
    len: usize,
}

impl Default for AnyJoiner {
    fn default() -> Self {
        Self { states: State::ALL, len: State::ALL.len() }
    }
}

impl AnyJoiner {
    /// Looks at the next line as [`Joiner::push`] does. Whether it begins a record, whatever came before.
    pub fn push(&mut self, payload: &[u8], kind: LineKind, severity: Severity) -> bool {
        let begun = State::behind(payload, kind, severity);
        if kind != LineKind::Text {
            (self.states[0], self.len) = (begun, 1);
            return true;
        }
        let mut all_begin = true;
        let mut len = 0;
        for n in 0..self.len {
            let followed = Joiner { state: self.states[n], lines: 1 }.follow(payload);
            all_begin &= followed.is_none();
            let next = followed.unwrap_or(begun);
            if !self.states[..len].contains(&next) {
                self.states[len] = next;
                len += 1;
            }
        }
        self.len = len;
        all_begin
    }
}

/// Decides line by line. One per origin.
#[derive(Clone, Debug, Default)]
pub struct Joiner {
    state: State,
    lines: u32,
}

impl Joiner {
    /// Looks at the next line's payload. `severity` is that of the line, if it begins a record.
    #[inline]
    pub fn push(&mut self, payload: &[u8], kind: LineKind, severity: Severity) -> Join {
        if kind == LineKind::Text
            && self.lines < MAX_LINES
            && let Some(state) = self.follow(payload)
        {
            self.state = state;
            self.lines += 1;
            return Join::Continue;
        }
        self.lines = 1;
        self.state = State::behind(payload, kind, severity);
        Join::Begin
    }

    /// Forgets what was before: the next line begins a record.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Whether a line could still be joined to the record, so that it has to wait for the next one.
    pub fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// The state behind this line if it belongs to the record before, else `None`.
    #[inline]
    fn follow(&self, payload: &[u8]) -> Option<State> {
        let text = if payload.first() == Some(&0x1b) { skip_sgr(payload) } else { payload };
        let Some(&first) = text.first() else { return self.follow_blank() };
        if first == b' ' || first == b'\t' {
            return self.follow_indented(text);
        }
        match self.state {
            State::Closed | State::Text => None,
            State::Headed { severe } => {
                if is_throwable_line(text) {
                    Some(State::Frames { brace: false })
                } else if severe && text.starts_with(b"Traceback (most recent call last)") {
                    Some(State::Python)
                } else if severe && is_go_name(text) {
                    Some(State::GoFrames)
                } else {
                    None
                }
            }
            State::Frames { brace } => {
                let more = text.starts_with(b"Caused by: ")
                    || text.starts_with(b"Suppressed: ")
                    || text.starts_with(b"---> ")
                    || text.starts_with(b"... ")
                    || (brace && text == b"}");
                more.then_some(State::Frames { brace: false })
            }
            State::Python => is_python_end(text).then_some(State::PythonEnd { blank: false }),
            State::PythonEnd { blank } => {
                if text.starts_with(b"During handling of the above exception")
                    || text.starts_with(b"The above exception was the direct cause")
                {
                    Some(State::PythonEnd { blank: false })
                } else if !blank {
                    None
                } else {
                    text.starts_with(b"Traceback (most recent call last)").then_some(State::Python)
                }
            }
            State::RustMessage => Some(State::Rust),
            State::Rust => {
                (text.starts_with(b"note: ") || text.starts_with(b"stack backtrace:")).then_some(State::Rust)
            }
            State::Go => {
                let more = text.starts_with(b"goroutine ")
                    || text.starts_with(b"created by ")
                    || text.starts_with(b"[signal ")
                    || text.starts_with(b"exit status ")
                    || text.starts_with(b"panic: ")
                    || text.starts_with(b"runtime stack:")
                    || is_go_call(text);
                more.then_some(State::Go)
            }
            State::GoFrames => is_go_name(text).then_some(State::GoFrames),
            State::Key if text.starts_with(b"-----END ") => Some(State::Text),
            State::Key => is_key_line(text).then_some(State::Key),
        }
    }

    fn follow_blank(&self) -> Option<State> {
        match self.state {
            State::Go => Some(State::Go),
            State::PythonEnd { .. } => Some(State::PythonEnd { blank: true }),
            // Behind a key's own headers.
            State::Key => Some(State::Key),
            _ => None,
        }
    }

    fn follow_indented(&self, text: &[u8]) -> Option<State> {
        let inner = text.trim_ascii_start();
        if inner.is_empty() {
            return self.follow_blank();
        }
        // An error's fields go on to the brace that closes them.
        let open = self.state == State::Frames { brace: true };
        let frames = State::Frames { brace: open || inner.ends_with(b"{") };
        match self.state {
            State::Closed | State::PythonEnd { blank: true } => None,
            State::Text => is_frame(inner).then_some(frames),
            State::Headed { severe } if !is_frame(inner) => Some(State::Headed { severe }),
            State::Headed { .. } | State::Frames { .. } => Some(frames),
            State::PythonEnd { .. } | State::Python => Some(State::Python),
            State::RustMessage | State::Rust => Some(State::Rust),
            State::Go => Some(State::Go),
            State::GoFrames => Some(State::GoFrames),
            State::Key if inner.starts_with(b"-----END ") => Some(State::Text),
            State::Key => is_key_line(inner).then_some(State::Key),
        }
    }
}

/// Whether a line without a header of its own begins a trace, or a private key.
pub fn begins_trace(line: &[u8]) -> bool {
    trace_start(skip_sgr(line)).is_some()
}

/// The trace that this text begins.
#[inline]
fn trace_start(text: &[u8]) -> Option<State> {
    if begins_key(text) {
        return Some(State::Key);
    }
    match text.first()? {
        b'T' if text.starts_with(b"Traceback (most recent call last)") => Some(State::Python),
        b'p' if text.starts_with(b"panic: ") => Some(State::Go),
        b'f' if text.starts_with(b"fatal error: ") => Some(State::Go),
        b'g' if text.starts_with(b"goroutine ") && text.ends_with(b"]:") => Some(State::Go),
        b't' if text.starts_with(b"thread '") => {
            memchr::memmem::find(text, b"' panicked at ").or_else(|| memchr::memmem::find(text, b") panicked at "))?;
            Some(if text.ends_with(b":") { State::RustMessage } else { State::Rust })
        }
        b'E' if text.starts_with(b"Exception in thread ") => Some(State::Frames { brace: false }),
        b'U' if text.starts_with(b"Unhandled exception. ") || text.starts_with(b"Unhandled Exception: ") => {
            Some(State::Frames { brace: false })
        }
        _ => None,
    }
}

/// A header's message may itself begin a trace (`ERROR thread 'main' panicked at …:`): only the Rust hook's form, which
/// has its message on the next line, needs to be known, and a private key.
fn payload_of_header(line: &[u8]) -> &[u8] {
    if begins_key(line) {
        return line;
    }
    if !line.ends_with(b":") {
        return b"";
    }
    memchr::memmem::find(line, b"thread '").map_or(b"", |at| &line[at..])
}

/// Whether a private key in PEM armour begins at the end of the line.
#[inline]
fn begins_key(text: &[u8]) -> bool {
    text.ends_with(b"-----")
        && (text.ends_with(b"PRIVATE KEY-----") || text.ends_with(b"PRIVATE KEY BLOCK-----"))
        && memchr::memmem::find(text, b"-----BEGIN ").is_some()
}

/// A line of a key's base64, or one of its headers.
fn is_key_line(text: &[u8]) -> bool {
    const HEADERS: [&[u8]; 4] = [b"Proc-Type: ", b"DEK-Info: ", b"Version: ", b"Comment: "];
    let text = text.trim_ascii_end();
    (text.len() <= 100 && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')))
        || HEADERS.iter().any(|header| text.starts_with(header))
}

/// A frame of Java, Node or .NET, or what stands between frames; `inner` is without its indentation.
fn is_frame(inner: &[u8]) -> bool {
    match inner.first() {
        Some(b'a') => inner
            .strip_prefix(b"at ")
            .is_some_and(|rest| memchr::memchr3(b'(', b':', b'/', &rest[..rest.len().min(512)]).is_some()),
        Some(b'.') => {
            inner.starts_with(b"... ") && (inner.ends_with(b" more") || inner.ends_with(b"common frames omitted"))
        }
        Some(b'S') => inner.starts_with(b"Suppressed: "),
        Some(b'-') => inner.starts_with(b"--- End of ") || inner.starts_with(b"---> "),
        _ => false,
    }
}

/// `java.io.IOException: text` or `System.Exception` at the start of a line: a type whose name ends as those of
/// throwables do, then a colon or the end.
fn is_throwable_line(text: &[u8]) -> bool {
    let len = text.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$')).count();
    let name = &text[..len];
    (text.len() == len || text[len] == b':')
        && [&b"Exception"[..], b"Error", b"Throwable", b"Failure"].iter().any(|end| name.ends_with(end))
}

/// The last line of a Python traceback: `ValueError: text`, `pkg.Error`, `KeyboardInterrupt`.
fn is_python_end(text: &[u8]) -> bool {
    let len = text.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_')).count();
    len > 0 && !text[0].is_ascii_digit() && (text.len() == len || text[len..].starts_with(b":"))
}

/// `main.(*Client).Post(0xc000, …)`: a call in a Go trace, without blanks before its parenthesis.
fn is_go_call(text: &[u8]) -> bool {
    let Some(open) = memchr::memrchr(b'(', text) else { return false };
    text.ends_with(b")") && open > 0 && memchr::memchr(b'.', &text[..open]).is_some() && !text[..open].contains(&b' ')
}

/// `main.run` or `github.com/a/b.(*T).M`: a function's name in zap's stack traces.
fn is_go_name(text: &[u8]) -> bool {
    text.len() < 256
        && text.contains(&b'.')
        && text.iter().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'.' | b'/' | b'_' | b'(' | b')' | b'*' | b'-' | b'[' | b']' | b'@')
        })
        && !text.ends_with(b".")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines marked `H ` have a header (`E ` one with ERROR), `S ` are structured, `. ` are text; the result tells how many
    /// lines each record has.
    fn check(text: &str, expected: &[usize]) {
        let mut joiner = Joiner::default();
        let mut records: Vec<usize> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (kind, severity) = match &line[..1] {
                "H" => (LineKind::Headed, Severity::Info),
                "E" => (LineKind::Headed, Severity::Error),
                "S" => (LineKind::Structured, Severity::Info),
                _ => (LineKind::Text, Severity::Unknown),
            };
            match joiner.push(line[1..].strip_prefix(' ').unwrap_or("").as_bytes(), kind, severity) {
                Join::Begin => records.push(1),
                Join::Continue => *records.last_mut().unwrap() += 1,
            }
        }
        assert_eq!(records, expected, "{text}");
    }

    #[test]
    fn java() {
        check(
            "E 10:00 ERROR x failed
. java.lang.IllegalStateException: boom
. \tat a.B.c(B.java:1)
. \t... 12 more
. Caused by: java.io.IOException: disk
. \tat a.D.e(D.java:2)
H 10:01 INFO on",
            &[6, 1],
        );
        check(". Exception in thread \"main\" java.lang.Error: x\n. \tat a.B.c(B.java:1)\n. next", &[2, 1]);
        check(". org.x.FooException: m\n.     at a.B.c(B.java:1)\n. [INFO] done", &[2, 1]);
    }

    #[test]
    fn python() {
        check(
            "E 10:00 ERROR x
. Traceback (most recent call last):
.   File \"a.py\", line 1, in f
.     x()
. KeyError: 'a'
.
. During handling of the above exception, another exception occurred:
.
. Traceback (most recent call last):
.   File \"a.py\", line 3, in f
. ValueError: bad
. next line",
            &[11, 1],
        );
        check("H 10:00 INFO x\n. Traceback (most recent call last):\n.   File \"a\"\n. KeyError: 1\nH y", &[1, 3, 1]);
        check("S {json}\n. Traceback (most recent call last):\n.   File \"a\"\n. KeyError", &[1, 3]);
    }

    #[test]
    fn go_rust_node_dotnet() {
        check(
            ". panic: boom
.
. goroutine 1 [running]:
. main.main()
. \t/a/main.go:3 +0x1d
. created by main.x in goroutine 1
. \t/a/main.go:9
. exit status 2
. next line here",
            &[8, 1],
        );
        check(
            ". thread 'main' panicked at src/main.rs:1:1:
. the message
. note: run with `RUST_BACKTRACE=1`
. stack backtrace:
.    0: rust_begin_unwind
.              at /rustc/x
. test x ... FAILED",
            &[6, 1],
        );
        check(
            ". Error: ENOENT: no such file
.     at open (node:fs:1:2)
.     at /app/x.js:3:4 {
.   errno: -2,
.   code: 'ENOENT'
. }
. Node.js v20",
            &[6, 1],
        );
        check(
            ". Unhandled exception. System.Exception: x
.  ---> System.IO.IOException: y
.    at A.B() in /a/B.cs:line 3
.    --- End of inner exception stack trace ---
.    at A.C()
. done",
            &[5, 1],
        );
    }

    #[test]
    fn private_keys() {
        check(
            ". -----BEGIN RSA PRIVATE KEY-----
. Proc-Type: 4,ENCRYPTED
.
. MIIEowIBAAKCAQEAvbuxzTRbmZ8A4a3yEBsCmzTbV6MsSl
. abc=
. -----END RSA PRIVATE KEY-----
. next",
            &[6, 1],
        );
        check("E 10:00 key: -----BEGIN PRIVATE KEY-----\n. MIIEow\n. -----END PRIVATE KEY-----\nH on", &[3, 1]);
        check(". -----BEGIN PRIVATE KEY-----\n. MIIEow\n. and then it broke off\n. MIIEow", &[2, 1, 1]);
        check(". -----BEGIN CERTIFICATE-----\n. MIIEow\n. -----END CERTIFICATE-----", &[1, 1, 1]);
    }

    #[test]
    fn indentation_joins_only_behind_a_header() {
        check("H 10:00 INFO config\n.   a: 1\n.   b: 2\n. unindented", &[3, 1]);
        check(". env:\n.   CARGO: always\n.    Compiling x", &[1, 1, 1]);
        check("S {json}\n.   indented", &[1, 1]);
        check(".   first line is indented", &[1]);
        check(". look\n.     at the end of the line", &[1, 1]);
    }

    #[test]
    fn what_begins_whatever_came_before() {
        let check = |text: &str, expected: Option<&str>| {
            let mut any = AnyJoiner::default();
            let line = text.lines().find(|line| any.push(line.as_bytes(), LineKind::Text, Severity::Unknown));
            assert_eq!(line, expected, "{text}");
        };
        check("may be a panic's message\nsecond line", Some("second line"));
        check("error: may end a traceback\n    at f (a:1)\n\nerror: b", Some(""));
        check("x\n    at f (a:1)\n    at g (a:1)\nCaused by: x", None);
        check("MIIEow\nMIIEow\nMIIEow", None);
        check("created by y\nmain.main()\n\t/a/main.go:3\ncreated by z", None);
    }

    #[test]
    fn a_trace_without_end_is_cut_into_records() {
        let text = ". Traceback (most recent call last):\n".to_owned() + &".   File\n".repeat(2 * MAX_LINES as usize);
        let mut joiner = Joiner::default();
        let begins = text
            .lines()
            .filter(|l| joiner.push(&l.as_bytes()[2..], LineKind::Text, Severity::Unknown) == Join::Begin)
            .count();
        assert!(begins > 1);
    }
}
