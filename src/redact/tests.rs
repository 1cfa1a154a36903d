//! The rules' examples, and what they have in common.

use super::rules::Rule;
use super::*;
use proptest::prelude::*;
use std::io::Write as _;
use std::sync::Arc;

static REDACTOR: Redactor = Redactor::new();

/// Texts in which nothing is secret, beside those of the rules.
const HARMLESS: &[&str] = &[
    "",
    "2025-01-02T15:04:05.123456789Z INFO GET /api/v1/pods?limit=500&continue=eyJ2IjoibWV0YS5rOHMifQ 200 12ms",
    "commit 9fceb02c1a6f0c7a3c6f9d8d1f2b3a4c5d6e7f80 merged into main",
    "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7 pod=api-5d9c7b8f6d-x2x4z",
    "listening on 0.0.0.0:8080, [::]:9090, db.internal:5432",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "id=123e4567-e89b-12d3-a456-426614174000 mac=00:1b:44:11:3a:b7",
    "panic at src/main.rs:12:34 thread 'main' 0x00007ffe5c0d1e90",
    "E0102 15:04:05.000000   12345 reflector.go:138] Failed to watch *v1.Secret: secrets is forbidden",
    "Über 10.000 Einträge @ 5 €",
];

/// Redacts a text in which what has to go stands between « and », and says what is wrong with the result; `kinds` are
/// those that it may be called.
fn complaint(marked: &str, kinds: &[Kind]) -> Option<String> {
    let text = marked.replace(['«', '»'], "");
    let secrets: Vec<&str> = marked.split('«').skip(1).map(|rest| rest.split('»').next().unwrap_or(rest)).collect();
    let redacted = REDACTOR.redact(&text);
    let mut expected = marked.split('«').next().unwrap_or("").to_string();
    for ((n, rest), secret) in marked.split('«').skip(1).enumerate().zip(&secrets) {
        let kind = redacted.found.get(n).map_or(Kind::Secret, |found| found.kind);
        expected.push_str(&note(kind, secret.len()));
        expected.push_str(rest.split('»').nth(1).unwrap_or(""));
    }
    let named = redacted.found.len() == secrets.len() && redacted.found.iter().all(|found| kinds.contains(&found.kind));
    let again = REDACTOR.redact(&expected);
    let stable = again.found.is_empty();
    (!named || redacted.text != expected || !stable)
        .then(|| format!("{text:?}\n  {:?}\n  {:?}", redacted.text, again.text))
}

fn check_all(complaints: impl Iterator<Item = String>) {
    let complaints: Vec<String> = complaints.collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_rule_compiles_and_has_examples() {
    assert!(Anchors::new().is_some());
    assert!(RULES.len() < 64);
    for (n, rule) in RULES.iter().enumerate() {
        assert!(!rule.secret.is_empty() && !rule.harmless.is_empty(), "{}", rule.kind.name());
        assert!(matches!(rule.find, Find::Code(_)) || REDACTOR.pattern(n).is_some(), "{}", rule.kind.name());
    }
}

#[test]
fn the_rules_find_their_examples() {
    // A token behind a name may be called by either.
    let check = |rule: &Rule, example| complaint(example, &[rule.kind, Kind::Authorization, Kind::Token]);
    check_all(RULES.iter().flat_map(|rule| rule.secret.iter().filter_map(|example| check(rule, example))));
}

#[test]
fn the_rules_leave_harmless_text_alone() {
    let texts = RULES.iter().flat_map(|rule| rule.harmless).chain(HARMLESS);
    check_all(texts.filter_map(|text| complaint(text, &[])));
    assert!(matches!(REDACTOR.redact(HARMLESS[1]).text, Cow::Borrowed(_)));
}

#[test]
fn a_note_says_what_and_how_much() {
    let redacted = REDACTOR.redact("authorization: Bearer abc123.def456");
    assert_eq!(redacted.text, "authorization: [redacted: bearer token, 20 bytes]");
    assert_eq!(redacted.found, [Found { kind: Kind::BearerToken, bytes: 20 }]);
    assert_eq!(REDACTOR.redact("password=x y").text, "password=[redacted: password, 1 byte] y");
}

#[test]
fn a_forged_note_hides_nothing() {
    for forged in ["password=[redacted:hunter2", "password=\"[redacted: password, 7 bytes]hunter2\""] {
        assert!(!REDACTOR.redact(forged).text.contains("hunter2"), "{forged}");
    }
}

#[test]
fn several_secrets_and_overlaps_become_notes_in_order() {
    let text = "a@b.example Cookie: sid=1; mail=c@d.example\ntoken=ghp_0123456789abcdefABCDEF0123456789abcd";
    let redacted = REDACTOR.redact(text);
    let kinds: Vec<Kind> = redacted.found.iter().map(|found| found.kind).collect();
    assert_eq!(kinds, [Kind::Email, Kind::Cookie, Kind::GithubToken]);
    assert_eq!(
        redacted.text,
        "[redacted: email, 11 bytes] Cookie: [redacted: cookie, 23 bytes]\ntoken=[redacted: GitHub token, 40 bytes]"
    );
}

#[test]
fn fields_are_judged_by_their_name() {
    fn check(name: &str, value: &str, kind: Option<Kind>) {
        let redacted = REDACTOR.redact_field(name, value);
        assert_eq!(redacted.found.first().map(|found| found.kind), kind, "{name}={value} -> {}", redacted.text);
    }
    check("password", "two words", Some(Kind::Password));
    check("db.Password", "swordfish", Some(Kind::Password));
    check("http.request.header.cookie", "a=b", Some(Kind::Cookie));
    check("authorization", "Bearer abc123.def456", Some(Kind::Authorization));
    check("token", "abc", Some(Kind::Token));
    check("x-api-key", "abc", Some(Kind::ApiKey));
    check("note", "password=x", Some(Kind::Password));
    check("password", "", None);
    check("password", "***", None);
    check("token_type", "opaque", None);
    check("nextPageToken", "abc", None);
    check("tokens", "12", None);
    check("path", "/home/x", None);
}

fn through_writer(chunks: &[&[u8]]) -> String {
    let mut out = Vec::new();
    let mut writer = RedactWriter::new(Arc::new(Redactor::new()), &mut out);
    for chunk in chunks {
        writer.write_all(chunk).unwrap();
        writer.flush().unwrap();
    }
    drop(writer);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_stream_is_redacted_however_it_is_cut() {
    let text = "one password=hunter2\n2025 I -----BEGIN PRIVATE KEY-----\n2025 I MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n\
                2025 I ab==\n2025 I -----END PRIVATE KEY----- ok\nlast a@b.example";
    let expected = "one password=[redacted: password, 7 bytes]\n2025 I [redacted: private key, 112 bytes] ok\n\
                    last [redacted: email, 11 bytes]";
    for size in [1, 2, 7, 64, 1000] {
        assert_eq!(through_writer(&text.as_bytes().chunks(size).collect::<Vec<_>>()), expected, "{size}");
    }
}

#[test]
fn a_stream_writes_complete_lines_at_once_and_holds_a_bounded_rest() {
    let mut out = Vec::new();
    let mut writer = RedactWriter::new(Arc::new(Redactor::new()), &mut out);
    writer.write_all(b"line\nrest").unwrap();
    assert_eq!(writer.held, b"rest");
    for _ in 0..10_000 {
        writer.write_all(b" a line that does not end, as some do not").unwrap();
    }
    assert!(writer.held.len() <= 256 * 1024 + 64);
    writer.write_all(b"\n-----BEGIN PRIVATE KEY-----\n").unwrap();
    for _ in 0..10_000 {
        writer.write_all(b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCMIIEvQIBADANBgkq\n").unwrap();
    }
    assert!(writer.held.len() <= 256 * 1024 + 64);
    drop(writer);
    let out = String::from_utf8(out).unwrap();
    assert!(!out.contains("MIIE"), "{}", &out[out.len() - 200..]);
}

proptest! {
    #[test]
    fn any_text_survives_and_a_second_time_changes_nothing(
        text in "([a-z :=\"',;&\\\\/@.\n\\[\\]{}(-]|password|token|Bearer |Cookie|sk-|eyJ|://|-----BEGIN PRIVATE KEY-----|-----END PRIVATE KEY-----|[0-9]{4,20}|é|\u{212A}){0,40}"
    ) {
        let once = REDACTOR.redact(&text);
        let removed: usize = once.found.iter().map(|found| found.bytes).sum();
        prop_assert!(removed <= text.len());
    }

    #[test]
    fn a_password_never_comes_through(
        before in "[a-z_.]{0,5}",
        (open, close) in prop_oneof![Just(("=", "")), Just(("=\"", "\"")), Just(("\":\"", "\"")), Just(("\\\":\\\"", "\\\"")), Just(("='", "'"))],
        password in "[A-Za-z0-9!@#$%^*_+/.-]{8,20}",
        after in "( next=1|, x|; y=2|)",
    ) {
        prop_assume!(password.bytes().any(|b| b.is_ascii_alphanumeric() && b != b'x' && b != b'X'));
        prop_assume!(!value::is_harmless(&password) && !password.starts_with('/') && !password.starts_with("./"));
        let text = format!("{before}password{open}{password}{close}{after}");
        prop_assert!(!REDACTOR.redact(&text).text.contains(&password), "{}", text);
    }
}

#[test]
fn secrets_stand_where_the_text_has_them() {
    let check = |text: &str, expected: &[&str]| {
        let found: Vec<_> = Redactor::new().secrets(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text}");
    };
    check("GET /healthz 200", &[]);
    check("password=hunter2hunter2 user=bob", &["hunter2hunter2"]);
    check("日本 password=hunter2hunter2", &["hunter2hunter2"]);
}
