//! What leaves logdeck as a file: every form, with hostile text and secrets in it.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use jiff::tz::TimeZone;
use logdeck::app::export::{Go, Head, Job, Records, Stopped, Written};
use logdeck::model::{Batch, OriginId, SourceId, Timestamp};
use logdeck::parse::Parser;
use logdeck::parse::assemble::Assembler;
use logdeck::render::Form;
use logdeck::store::{RecordId, Store};
use proptest::prelude::*;
use std::collections::HashMap;
use std::io::{self, Write};

const FORMS: [Form; 4] = [Form::Text, Form::Json, Form::Csv, Form::Markdown];

/// Files with these names and contents, all of whose records are exported.
fn records(form: Form, files: &[(&str, &[u8])]) -> Records {
    let mut store = Store::new(64 << 20);
    let parser = Parser::new(TimeZone::UTC, Timestamp(0));
    let mut names = HashMap::new();
    for (n, (name, text)) in files.iter().enumerate() {
        let origin = OriginId::new(SourceId(0), n as u32);
        names.insert(origin, (*name).to_owned());
        let mut assembler = Assembler::new(parser.clone(), origin);
        let mut batch = Batch::default();
        assembler.feed(text, Timestamp(0), &mut batch);
        assembler.finish(Timestamp(0), &mut batch);
        store.append(SourceId(0), &batch);
    }
    let segments = store.snapshot();
    let mut keys: Vec<_> = segments.iter().flat_map(|segment| (0..segment.len()).map(|row| segment.key(row))).collect();
    keys.sort();
    let ids = keys.into_iter().map(|key| key.id).collect();
    let head = Head { tab: "CI", sources: vec!["logs/".to_owned()], origins: files.len() as u64, ..Head::default() };
    Records { form, ids, segments, names, parser, head }
}

fn write(records: Records) -> (Written, String) {
    let mut out = Vec::new();
    let written = Job::of_records("x".to_owned(), records).write(&mut out, &mut |_| Go::On).unwrap();
    assert_eq!(written.bytes, out.len() as u64);
    (written, String::from_utf8(out).unwrap())
}

fn export(form: Form, text: &str) -> String {
    write(records(form, &[("a.log", text.as_bytes())])).1
}

/// Comma-separated values as RFC 4180 has them: rows of cells.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(chars.next(), Some('\n'), "a row ends in CR and LF");
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => {
                assert!(quoted || !matches!(c, '\n' | '"'), "{c:?} stands outside of quotes");
                cell.push(c);
            }
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty(), "the last row ends");
    rows
}

#[test]
fn the_forms() {
    let check = |form, expected: &str| {
        let text = "2025-01-02T15:04:05Z ERROR disk full\n\
                    {\"time\":\"2025-01-02T15:04:06.5Z\",\"level\":\"warn\",\"msg\":\"retry\",\"n\":1}\n";
        assert_eq!(export(form, text), expected);
    };
    check(
        Form::Text,
        "2025-01-02T15:04:05.000Z ERR disk full\n\
         2025-01-02T15:04:06.500Z WRN retry  n=1\n",
    );
    check(
        Form::Csv,
        "time,severity,origin,message,fields\r\n\
         2025-01-02T15:04:05Z,ERROR,a.log,disk full,\"{\"\"level\"\":\"\"ERROR\"\"}\"\r\n\
         2025-01-02T15:04:06.500Z,WARN,a.log,retry,\"{\"\"time\"\":\"\"2025-01-02T15:04:06.5Z\"\",\"\"level\"\":\"\"warn\"\",\
         \"\"msg\"\":\"\"retry\"\",\"\"n\"\":\"\"1\"\"}\"\r\n",
    );
    check(
        Form::Json,
        "{\"time\":\"2025-01-02T15:04:05Z\",\"severity\":\"ERROR\",\"origin\":\"a.log\",\"message\":\"disk full\",\
         \"fields\":{\"level\":\"ERROR\"},\"raw\":\"2025-01-02T15:04:05Z ERROR disk full\"}\n\
         {\"time\":\"2025-01-02T15:04:06.500Z\",\"severity\":\"WARN\",\"origin\":\"a.log\",\"message\":\"retry\",\
         \"fields\":{\"time\":\"2025-01-02T15:04:06.5Z\",\"level\":\"warn\",\"msg\":\"retry\",\"n\":\"1\"},\
         \"raw\":\"{\\\"time\\\":\\\"2025-01-02T15:04:06.5Z\\\",\\\"level\\\":\\\"warn\\\",\\\"msg\\\":\\\"retry\\\",\\\"n\\\":1}\"}\n",
    );
    let version = env!("CARGO_PKG_VERSION");
    check(
        Form::Markdown,
        &format!(
            "# CI: 2 records\n\n\
             - written: 1970-01-01 00:00:00.000Z by logdeck {version}\n\
             - open: `logs/` (tab CI, 1 origin)\n\
             - filter (times in UTC): none\n\
             - records: 2 shown of 0 held, 0 lost\n\
             - severities: ERROR 1, WARN 1\n\
             - time: 2025-01-02 15:04:05.000Z to 2025-01-02 15:04:06.500Z\n\n\
             ```text\n\
             2025-01-02T15:04:05.000Z ERR disk full\n\
             2025-01-02T15:04:06.500Z WRN retry  n=1\n\
             ```\n"
        ),
    );
}

#[test]
fn several_origins_are_told_apart_and_sorted_by_time() {
    let files: [(&str, &[u8]); 2] = [
        ("a.log", b"2025-01-02T15:04:05Z one\n2025-01-02T15:04:07Z three\n"),
        ("b.log", b"2025-01-02T15:04:06Z two\n"),
    ];
    let (written, text) = write(records(Form::Text, &files));
    let lines: Vec<_> = text.lines().map(|line| line.split_once("     ").unwrap().1).collect();
    assert_eq!((written.count, lines), (3, vec!["a.log  one", "b.log  two", "a.log  three"]));
}

#[test]
fn nothing_that_a_terminal_acts_on_is_in_any_form() {
    let hostile: &[u8] =
        b"clear \x1b[2J\x1b]52;c;aGk=\x07 c1 \xc2\x9b2J bad \xff\xfe bidi \xe2\x80\xaex nul \x00 del \x7f\n\
        {\"level\":\"info\",\"msg\":\"esc \\u001b[31m \\u202e\",\"k\\u001b\":\"\\u009b \\u2028 \\u0000\"}\n\
        first\n    at f (a)\r\n\tat g \x1b[0m\n";
    for form in FORMS {
        let (_, text) = write(records(form, &[("a\x1b[2J\n.log", hostile)]));
        let bad = |c: &char| {
            (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || "\u{202e}\u{2028}\u{2066}\u{200f}".contains(*c)
        };
        assert_eq!(text.chars().find(bad), None, "{form:?}: {text:?}");
        if form == Form::Text {
            assert!(text.contains("clear <1B>[2J"), "{text}");
        }
    }
}

#[test]
fn json_lines_come_back_as_they_were() {
    let lines =
        ["plain \"quoted\" \\ back", "tab\there ` ``` <b> | = @", "\u{1b}[31mred\u{1b}[0m \u{202e}", "日本語 é"];
    let text = export(Form::Json, &format!("{}\n", lines.join("\n")));
    let raws: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["raw"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(raws, lines);
}

#[test]
fn csv_comes_back_and_no_cell_is_a_formula() {
    let lines = ["=1+1", "+1", "-1", "@SUM(A1)", "a,b;\"c\"", "plain", "=cmd|' /C calc'!A0, \"x\""];
    let rows = read_csv(&export(Form::Csv, &format!("{}\n", lines.join("\n"))));
    assert_eq!(rows[0], ["time", "severity", "origin", "message", "fields"]);
    let messages: Vec<_> = rows[1..].iter().map(|row| row[3].as_str()).collect();
    assert_eq!(messages, ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "a,b;\"c\"", "plain", "'=cmd|' /C calc'!A0, \"x\""]);
    // A record of several lines is one cell; a field's value is inside of one.
    let rows =
        read_csv(&export(Form::Csv, "error: x\n    at f (a:1)\n    at g (b:2)\n{\"level\":\"info\",\"v\":\"=1\"}\n"));
    assert_eq!(rows[1][3], "error: x\n    at f (a:1)\n    at g (b:2)");
    assert_eq!(rows[2][4], "{\"level\":\"info\",\"v\":\"=1\"}");
    let (_, text) = write(records(Form::Csv, &[("=x.log", b"y\n")]));
    assert_eq!(read_csv(&text)[1][2], "'=x.log");
}

#[test]
fn markdown_is_not_left() {
    let text = export(Form::Markdown, "```\n# heading\n```` ~~~\n~~~\n  ```\n<script>\n[x](http://y)\nend\n");
    let (head, body) = text.split_once("```text\n").unwrap();
    assert!(head.starts_with("# CI: "));
    let body = body.strip_suffix("```\n").unwrap();
    for line in body.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        assert!(indent > 3 || !line.trim_start().starts_with("```"), "{line:?} ends the block");
    }
    for line in ["    ```", "# heading", "<script>", "[x](http://y)", "end"] {
        assert!(body.lines().any(|shown| shown == line), "no {line:?} in {body}");
    }
    let hostile = "`x` [l](http://e) <img>\u{1b}";
    let mut records = records(Form::Markdown, &[("a", b"x\n")]);
    records.head.sources = vec![hostile.to_owned()];
    records.head.filter = "text /a`b/ password=hunter2horse".to_owned();
    let (written, text) = write(records);
    assert!(text.contains("- filter (times in UTC): ``text /a`b/ password=[redacted: password, 12 bytes]``"), "{text}");
    assert!(text.contains("- open: `` `x` [l](http://e) <img>"), "{text}");
    assert_eq!(written.redacted, 1);
}

const BODY: &str = "MIIEowIBAAKCAQEAvbuxzTRbmZ8A4a3yEBsCmzTbV6MsSl9kX0zqUeJQ2xYh";
/// Texts with a secret, and a part of it that may not be seen.
const SECRETS: &[(&str, &str)] = &[
    ("Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789", "mnopqrstuvwx"),
    ("key AKIAIOSFODNN7EXAMPLQ used", "IOSFODNN7"),
    ("token ghp_abcdefghijklmnopqrstuvwxyz0123456789", "mnopqrstuvwx"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "dozjgNryP4J3"),
    ("postgres://admin:hunter2horse@db.example/x", "hunter2horse"),
    ("sent to jane.doe@example.com", "jane.doe"),
    ("card 4111 1111 1111 1111 declined", "1111 1111"),
    ("password=hunter2horse", "hunter2horse"),
    (
        "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEAvbuxzTRbmZ8A4a3yEBsCmzTbV6MsSl9kX0zqUeJQ2xYh\n-----END PRIVATE KEY-----",
        "vbuxzTRbmZ8A4a3y",
    ),
];

fn assert_secret_is_out(files: &[(&str, &[u8])], secret: &str) {
    for form in FORMS {
        let (written, text) = write(records(form, files));
        assert!(!text.contains(secret), "{form:?}: {secret} in {text}");
        assert!(written.redacted > 0, "{form:?}: nothing was counted in {text}");
    }
}

#[test]
fn no_form_has_a_secret() {
    for (text, secret) in SECRETS {
        assert_secret_is_out(&[("a.log", format!("before\n{text}\nafter\n").as_bytes())], secret);
        for name in ["msg", "other", "password", "note"] {
            let line = serde_json::json!({"level": "error", "msg": "m", name: text, "n": 1}).to_string();
            assert_secret_is_out(&[("a.log", line.as_bytes())], secret);
        }
    }
    // One that is cut where a line of text shows the beginning of a value alone.
    let long = format!(
        "{{\"msg\":\"m\",\"v\":\"{} eyJhbGciOiJIUzI1NiJ9.{}.abcdefghijklmnopqrstuvwx\"}}\n",
        "x".repeat(120),
        "c2VjcmV0".repeat(20)
    );
    assert_secret_is_out(&[("a.log", long.as_bytes())], "c2VjcmV0c2VjcmV0");
    // A file's name is text, too.
    assert!(!write(records(Form::Json, &[("jane.doe@example.com/x.log", b"x\n")])).1.contains("jane.doe"));
}

#[test]
fn a_key_over_several_records_is_out_even_where_its_beginning_is_not_shown() {
    let line = |second: u32, text: &str| format!("2025-01-02T15:04:{second:02}Z app: {text}\n");
    let key = format!(
        "{}{}{}{}",
        line(1, "-----BEGIN RSA PRIVATE KEY-----"),
        line(2, BODY),
        line(3, &BODY[5..]),
        line(4, "-----END RSA PRIVATE KEY-----")
    );
    let text = format!("{key}{}", line(5, &format!("commit {}", "a1b2c3d4".repeat(5))));
    for form in FORMS {
        let mut records = records(form, &[("a.log", text.as_bytes())]);
        assert_eq!(records.ids.len(), 5);
        records.ids.remove(0);
        let (written, text) = write(records);
        assert!(!text.contains("vbuxzTRbmZ8A4a3y"), "{form:?}: {text}");
        assert!(text.contains("a1b2c3d4a1b2c3d4"), "{form:?}: what follows the key is there: {text}");
        assert_eq!((written.count, written.redacted), (4, 3), "{form:?}: {text}");
    }
}

/// A disk that is full after some bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = buf.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_and_a_cancel_end_it() {
    let text = "2025-01-02T15:04:05Z INFO a line\n".repeat(5_000);
    let job = |form| Job::of_records("x".to_owned(), records(form, &[("a.log", text.as_bytes())]));
    for form in FORMS {
        match job(form).write(&mut Full(1000), &mut |_| Go::On) {
            Err(Stopped::Io(error, 1000)) => assert_eq!(error.kind(), io::ErrorKind::StorageFull),
            other => panic!("{form:?}: {other:?}"),
        }
    }
    let mut seen = Vec::new();
    let stopped = job(Form::Text).write(&mut Vec::new(), &mut |percent| {
        seen.push(percent);
        if percent >= 40 { Go::Stop } else { Go::On }
    });
    assert!(matches!(stopped, Err(Stopped::Cancelled)), "{stopped:?}");
    assert!(seen.is_sorted() && seen.first() == Some(&0) && seen.len() == 3, "{seen:?}");
}

/// Remembers the most bytes that were written at once.
struct Widest(usize);

impl Write for Widest {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0 = self.0.max(buf.len());
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn long_records_are_not_gathered_in_memory() {
    let text = format!("2025-01-02T15:04:05Z INFO {}\n", "word ".repeat(10_000)).repeat(100);
    for form in FORMS {
        let mut out = Widest(0);
        let job = Job::of_records("x".to_owned(), records(form, &[("a.log", text.as_bytes())]));
        let written = job.write(&mut out, &mut |_| Go::On).unwrap();
        assert!(written.bytes > 4 << 20 && out.0 < 2 << 20, "{form:?}: {} of {}", out.0, written.bytes);
    }
}

#[test]
fn records_that_are_gone_are_left_out() {
    let mut records = records(Form::Text, &[("a.log", b"one\ntwo\n")]);
    records.ids.push(RecordId::new(99, 0));
    assert_eq!(write(records).0.count, 2);
}

proptest! {
    /// Wherever a secret stands among other text, in a plain line or in a field, it is in no form.
    #[test]
    fn no_secret_survives(
        which in 0..SECRETS.len() - 1,
        before in "[ -~é\u{1b}\u{202e}`=|]{0,30} ",
        after in " [ -~\u{1b}`\"\\\\]{0,30}",
        field in "[a-z_]{1,8}",
        json in any::<bool>(),
    ) {
        let (text, secret) = SECRETS[which];
        // What stands around it may not be a secret's note, nor hold a part of the secret.
        prop_assume!(!before.contains("redacted") && !before.contains("BEGIN"));
        let line = if json {
            serde_json::json!({"level": "error", "msg": "m", field: format!("{before}{text}{after}")}).to_string()
        } else {
            format!("{before}{text}{after}")
        };
        for form in FORMS {
            let (_, out) = write(records(form, &[("a.log", line.as_bytes())]));
            prop_assert!(!out.contains(secret), "{form:?}: {out}");
        }
    }

    /// Any bytes come out as well-formed JSON lines and CSV, one for each record.
    #[test]
    fn any_bytes_are_well_formed(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let files: [(&str, &[u8]); 1] = [("a.log", &bytes)];
        let (written, text) = write(records(Form::Json, &files));
        let lines = text.lines().map(serde_json::from_str::<serde_json::Value>).collect::<Result<Vec<_>, _>>();
        prop_assert_eq!(lines.unwrap().len() as u64, written.count);
        let rows = read_csv(&write(records(Form::Csv, &files)).1);
        prop_assert_eq!(rows.len() as u64, written.count + 1);
        for row in &rows[1..] {
            prop_assert_eq!(row.len(), 5);
            for cell in row {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{:?}", cell);
            }
        }
    }
}
