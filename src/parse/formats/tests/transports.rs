//! Lines that carry lines.

use super::*;
use Format::{Cri, GithubActions, Gitlab, Header};
use Severity::{Debug, Error, Info, Unknown, Warn};

const T: &str = "2025-01-02T15:04:05.1234567Z";

fn check_payload(line: &str, expected: &str) {
    let parsed = header(line.as_bytes(), &mut clock()).unwrap();
    assert_eq!(&line[parsed.payload as usize..], expected, "{line}");
    assert_eq!(inner(line.as_bytes(), parsed.format), parsed.payload as usize, "{line}");
}

#[test]
fn github_actions() {
    let check = |payload: &str, severity, text: &str| {
        check(&format!("{T} {payload}"), GithubActions, T, severity, text);
        check(&format!("\u{feff}{T} {payload}"), GithubActions, T, severity, text);
        check_payload(&format!("{T} {payload}"), payload);
        check_payload(&format!("\u{feff}{T} {payload}"), payload);
    };
    check("test tokio::tests::case ... ok", Unknown, "test tokio::tests::case ... ok");
    check("##[error]Process completed with exit code 101.", Error, "Process completed with exit code 101.");
    check("##[warning]Node 16 is old", Warn, "Node 16 is old");
    check("##[debug]evaluating", Debug, "evaluating");
    check("##[notice]hello", Info, "hello");
    check("##[group]Run cargo test", Info, "Run cargo test");
    check("##[endgroup]", Info, "");
    check("##[command]/usr/bin/git fetch", Info, "/usr/bin/git fetch");
    check("##[section]Starting: Build", Info, "Starting: Build");
    check("::error file=a.rs,line=1::it broke", Error, "it broke");
    check("##[unknown]x", Unknown, "##[unknown]x");
    check("\x1b[36;1mcargo test\x1b[0m", Unknown, "\x1b[36;1mcargo test\x1b[0m");
    check("  indented: ERROR", Unknown, "  indented: ERROR");
    check("", Unknown, "");
    check("[ERROR] Failed to execute goal", Error, "Failed to execute goal");
    check("ERROR: no such file", Error, "no such file");
    check("time=\"2025-01-02T15:04:05Z\" level=warning msg=\"disk full\"", Warn, "disk full");
    check("2025-01-02 15:04:05,123 - app - ERROR - it broke", Error, "it broke");
    super::check(T, GithubActions, T, Unknown, "");
    super::check("##[error]a step of a local runner", GithubActions, "", Error, "a step of a local runner");
}

#[test]
fn github_wants_seven_digits_and_z() {
    check("2025-01-02T15:04:05.123456Z x", Header, "2025-01-02T15:04:05.123456Z", Unknown, "x");
    check("2025-01-02T15:04:05.1234567+00:00 x", Header, T, Unknown, "x");
    check("2025-01-02 15:04:05.1234567Z x", Header, T, Unknown, "x");
    check_from("2025-01-02T15:04:05.1234567Zx", Format::Plain, SeverityFrom::Nowhere);
}

#[test]
fn cri() {
    let t = "2025-01-02T15:04:05.123456789Z";
    check(&format!("{t} stdout F hello world"), Cri, t, Unknown, "hello world");
    check("2025-01-02T17:04:05.123456789+02:00 stderr F x", Cri, t, Unknown, "x");
    check(&format!("{t} stderr P a part"), Cri, t, Unknown, "a part");
    check(&format!("{t} stdout F "), Cri, t, Unknown, "");
    check(&format!("{t} stdout F"), Cri, t, Unknown, "");
    check(&format!("{t} stdout F:tag:other x"), Cri, t, Unknown, "x");
    check(&format!("{t} stderr F E0102 15:04:05.000000    1 a.go:1] failed"), Cri, t, Error, "failed");
    check(&format!("{t} stdout F level=error msg=\"it \\\"broke\\\"\""), Cri, t, Error, "it \\\"broke\\\"");
    let access = "1.2.3.4 - - [02/Jan/2025:15:04:05 +0000] \"GET /x HTTP/1.1\" 503 12";
    check(&format!("{t} stdout F {access}"), Cri, t, Error, "\"GET /x HTTP/1.1\" 503 12");
    check_payload(&format!("{t} stdout F {access}"), access);
    check_payload(&format!("{t} stderr P x"), "x");
    check_fields(&format!("{t} stderr F level=error code=5"), "stream=stderr|level=error|code=5");
    // What is wrapped is no transport again.
    check(&format!("{t} stdout F {t} stderr F x"), Cri, t, Unknown, "stderr F x");
    check(&format!("{t} stdfoo F x"), Header, t, Unknown, "stdfoo F x");
    check(&format!("{t} stdout X x"), Header, t, Unknown, "stdout X x");
    assert!(cri_partial(format!("{t} stdout P x").as_bytes()));
    assert!(!cri_partial(format!("{t} stdout F x").as_bytes()));
    assert!(!cri_partial(b"stdout P x"));
    let escaped = header(format!("{t} stdout F level=error msg=\"a\\\"b\"").as_bytes(), &mut clock()).unwrap();
    assert!(escaped.flags.has(Flags::ESCAPED));
}

#[test]
fn gitlab() {
    let t = "2024-05-22T12:43:46.962646Z";
    let s = "2025-01-01T00:00:00Z";
    check(&format!("{t} 00O $ cargo test"), Gitlab, t, Unknown, "$ cargo test");
    check(&format!("{t} 01E ERROR: Job failed"), Gitlab, t, Error, "Job failed");
    check(&format!("{t} 00O+ more"), Gitlab, t, Unknown, " more");
    check(&format!("{t} 00O"), Gitlab, t, Unknown, "");
    check(&format!("{t} 00O section_start:1735689600:build\r\x1b[0KBuilding"), Gitlab, t, Unknown, "Building");
    check("section_start:1735689600:build\r\x1b[0KBuilding", Gitlab, s, Unknown, "Building");
    check("section_start:1735689600:a[collapsed=true]\r\x1b[0K\x1b[36;1mTitle", Gitlab, s, Unknown, "Title");
    check("section_end:1735689600:a\r\x1b[0Ksection_start:1735689600:b\r\x1b[0Kx", Gitlab, s, Unknown, "x");
    check("\x1b[0Ksection_end:1735689600:prepare\r\x1b[0K", Gitlab, s, Unknown, "");
    check_payload(&format!("{t} 01E x"), "x");
    check_payload(&format!("{t} 01E+x"), "x");
    check_fields("section_start:1735689600:build_step\r\x1b[0K", "section=build_step");
    check_fields(&format!("{t} 01E x"), "stream=stderr");
    check(&format!("{t} 001 x"), Header, t, Unknown, "001 x");
    check(&format!("{t} 00Ox"), Header, t, Unknown, "00Ox");
}

#[test]
fn times_of_kubectl() {
    let t = "2025-01-02T15:04:05.123456789Z";
    check(&format!("{t} hello"), Header, t, Unknown, "hello");
    check(&format!("{t}   at com.example.Foo(Foo.java:1)"), Header, t, Unknown, "  at com.example.Foo(Foo.java:1)");
    check(&format!("{t} W0102 15:04:05.000000    1 a.go:1] slow"), Header, t, Warn, "slow");
    check(&format!("{t} level=error msg=broken"), Header, t, Error, "broken");
    check(&format!("{t} [ERROR] x"), Header, t, Error, "x");
    check_payload(&format!("{t} hello"), "hello");
    check_payload(&format!("{t}   at x"), "  at x");
    check_fields(&format!("{t} W0102 15:04:05.000000    1 a.go:1] slow"), "pid=1|file=a.go:1");
    // A time without a zone was written by the program itself.
    let parsed = header(b"2025-01-02 15:04:05 hello", &mut clock()).unwrap();
    assert_eq!((parsed.payload, parsed.flags), (0, Flags::ASSUMED_ZONE));
}

#[test]
fn joined_payloads() {
    let check = |text: &str, format, severity, message: &str| {
        let parsed = payload(text.as_bytes(), &mut clock());
        assert_eq!((parsed.format, parsed.severity, text_of(text, &parsed)), (format, severity, message), "{text}");
    };
    check("level=error msg=broken", Format::Logfmt, Error, "broken");
    check("a b c", Format::Plain, Unknown, "a b c");
    check("", Format::Plain, Unknown, "");
}
