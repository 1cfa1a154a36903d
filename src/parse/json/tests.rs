//! What is read from JSON lines, by logger.

use super::*;
use crate::parse::Parser;
use jiff::tz::TimeZone;

fn check(line: &str, severity: Severity, text: &str) {
    let mut parser = Parser::new(TimeZone::UTC, Timestamp(0));
    let parsed = parser.line(line.as_bytes());
    let shown = &line[parsed.text.0 as usize..parsed.text.1 as usize];
    assert_eq!((parsed.severity, shown), (severity, text), "{line}");
    assert!(matches!(parsed.format, Format::Json | Format::DockerJson), "{line}");
    if parsed.format == Format::Json {
        assert_eq!(super::severity(line.as_bytes()).unwrap_or_default(), severity, "early: {line}");
    }
}

#[test]
fn loggers() {
    use Severity::{Debug, Error, Fatal, Info, Trace, Unknown, Warn};
    check(r#"{"timestamp":"2025-01-01T00:00:00.000001Z","level":"error","message":"boom"}"#, Error, "boom");
    check(r#"{"level":"warn","ts":1735689600.123,"caller":"a.go:1","msg":"zap"}"#, Warn, "zap");
    check(r#"{"level":30,"time":1735689600000,"pid":1,"hostname":"h","msg":"pino"}"#, Info, "pino");
    check(r#"{"msg":"order does not matter","level":"FATAL"}"#, Fatal, "order does not matter");
    check(r#"{ "msg" : "blanks" , "level" : "Error" }"#, Error, "blanks");
    check(r#"{"severity":"CRITICAL","message":"gcp"}"#, Fatal, "gcp");
    check(r#"{"severity":"ERROR","jsonPayload":{"message":"nested","level":"info"}}"#, Error, "nested");
    check(r#"{"jsonPayload":{"message":"nested","level":"info"},"severity":"ERROR"}"#, Error, "nested");
    check(r#"{"textPayload":"text","severity":"DEFAULT"}"#, Unknown, "text");
    check(r#"{"log":{"level":"debug"},"message":"ecs"}"#, Debug, "ecs");
    check(r#"{"log.level":"trace","message":"ecs"}"#, Trace, "ecs");
    check(r#"{"@t":"2025-01-01T00:00:00Z","@l":"Warning","@mt":"Hello {Name}","@m":"Hello you"}"#, Warn, "Hello you");
    check(r#"{"severityNumber":17,"body":{"stringValue":"otel"}}"#, Error, "otel");
    check(r#"{"PRIORITY":"3","MESSAGE":"journald","__REALTIME_TIMESTAMP":"1735689600000000"}"#, Error, "journald");
    check(r#"{"event":"structlog","level":"info"}"#, Info, "structlog");
    check(r#"{"ctx":{"level":"error"},"level":"info","msg":"x"}"#, Info, "x");
    check(r#"{"ctx":{"level":"error"},"msg":"x"}"#, Unknown, "x");
    check(r#"{"level":"banana","severity":"error","msg":"x"}"#, Error, "x");
    check(r#"{"level":null,"msg":"\"level\":\"error\""}"#, Unknown, r#"\"level\":\"error\""#);
    check(r#"{"lev\u0065l":"\u0065rror","msg":"escapes"}"#, Error, "escapes");
    check(r#"{"msg":{"nested":1},"level":"info"}"#, Info, r#"{"nested":1}"#);
    check(r#"{"a":1}"#, Unknown, r#"{"a":1}"#);
    check("{}", Unknown, "{}");
}

#[test]
fn docker_lines_are_read_inside() {
    check(r#"{"log":"plain text\n","stream":"stdout","time":"2025-01-01T00:00:00Z"}"#, Severity::Unknown, "plain text");
    check(
        r#"{"log":"{\"level\":\"error\",\"msg\":\"inner é text\"}\n","stream":"stderr","time":"2025-01-01T00:00:00Z"}"#,
        Severity::Error,
        "inner é text",
    );
}

#[test]
fn broken_json_is_text_and_keeps_the_severity_that_it_told() {
    let check = |line: &str, severity| {
        let parsed = Parser::new(TimeZone::UTC, Timestamp(0)).line(line.as_bytes());
        assert!(parsed.flags.has(Flags::PARSE_FAILED), "{line}");
        assert_eq!((parsed.severity, parsed.text), (severity, (0, line.len() as u32)), "{line}");
    };
    check(r#"{"level":"error","msg":"cut of"#, Severity::Error);
    check(r#"{"msg":"cut of"#, Severity::Unknown);
    check(r#"{"level":"warn"} trailing"#, Severity::Warn);
    check(&format!(r#"{{"level":"error","a":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000)), Severity::Error);
}

#[test]
fn fields_are_flat_and_unescaped() {
    let raw = br#"{"a":"x\ny","b":{"c":1,"d":{"e":true}},"f":[1,{"g":2}],"h":{}}"#;
    let mut seen = Vec::new();
    fields(raw, &mut |name, value| {
        seen.push(format!("{name}={value}"));
        true
    });
    assert_eq!(seen, ["a=x\ny", "b.c=1", "b.d.e=true", "f=[1,{\"g\":2}]"]);
}

#[test]
fn huge_and_duplicate_keys_are_bounded() {
    let mut line = String::from("{\"level\":\"info\"");
    for n in 0..5000 {
        line += &format!(",\"k{}\":{n}", n % 10);
    }
    line.push('}');
    let mut count = 0;
    fields(line.as_bytes(), &mut |_, _| {
        count += 1;
        true
    });
    assert_eq!(count, MAX_FIELDS);
}

#[test]
fn which_field_tells_the_severity() {
    let check = |name: &str, expected: bool| assert_eq!(is_severity(name), expected, "{name}");
    check("level", true);
    check("log.level", true);
    check("jsonPayload.severity", true);
    check("levels", false);
    check("message", false);
}
