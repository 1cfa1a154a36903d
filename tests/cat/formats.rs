//! One table a format of lines: severity, message and time of each line.

use super::support::records_of;

/// Lines, each with the severity, the message and the time (without its year where the line has none) that it has to
/// get. One record a row.
fn check(rows: &[(&str, &str, &str, &str)]) {
    let text: String = rows.iter().flat_map(|(line, ..)| [*line, "\n"]).collect();
    let records = records_of(text.as_bytes());
    assert_eq!(records.len(), rows.len(), "{records:#?}");
    for ((line, severity, message, time), record) in rows.iter().zip(&records) {
        let found = record["time"].as_str().unwrap_or("");
        let found = if time.starts_with('-') { found.get(4..).unwrap_or("") } else { found };
        let found = [record["severity"].as_str().unwrap(), record["message"].as_str().unwrap(), found];
        assert_eq!(found, [*severity, *message, *time], "{line:?}");
    }
}

#[test]
fn klog() {
    check(&[
        ("I0102 15:04:05.123456       1 leader.go:12] elected", "INFO", "elected", "-01-02T15:04:05.123456Z"),
        ("W0102 15:04:06.000000   12345 reflector.go:533] slow list", "WARN", "slow list", "-01-02T15:04:06Z"),
        (
            "E0102 15:04:07.5 1 a.go:1] \"Failed\" err=\"boom\"",
            "ERROR",
            "\"Failed\" err=\"boom\"",
            "-01-02T15:04:07.500Z",
        ),
        (
            "F0102 15:04:08.000001 1 a.go:1] gone\n  with details",
            "FATAL",
            "gone\n  with details",
            "-01-02T15:04:08.000001Z",
        ),
    ]);
}

#[test]
fn containers() {
    check(&[
        ("2025-01-02T15:04:05.123456789Z stdout F plain", "UNKNOWN", "plain", "2025-01-02T15:04:05.123456789Z"),
        ("2025-01-02T15:04:05.1Z stderr F level=error msg=\"a b\" n=1", "ERROR", "a b", "2025-01-02T15:04:05.100Z"),
        (
            "2025-01-02T15:04:05.1Z stdout F {\"level\":\"warn\",\"msg\":\"hi\"}",
            "WARN",
            "hi",
            "2025-01-02T15:04:05.100Z",
        ),
        (
            "2025-01-02T15:04:05.1+02:00 stdout F E0102 15:04:05.1 1 a.go:1] bad",
            "ERROR",
            "bad",
            "2025-01-02T13:04:05.100Z",
        ),
        (
            "2025-01-02T15:04:06.1Z stdout P one \n2025-01-02T15:04:06.2Z stdout P two \n2025-01-02T15:04:06.3Z stdout F three",
            "UNKNOWN",
            "one two three",
            "2025-01-02T15:04:06.100Z",
        ),
        (
            "2025-01-02T15:04:07.1Z stderr P {\"level\":\"error\",\"ms\n2025-01-02T15:04:07.1Z stderr F g\":\"hi\"}",
            "ERROR",
            "{\"level\":\"error\",\"msg\":\"hi\"}",
            "2025-01-02T15:04:07.100Z",
        ),
        (
            "2025-01-02T15:04:08Z stderr F Traceback (most recent call last):\n2025-01-02T15:04:08Z stderr F   File \"a\"\n2025-01-02T15:04:08Z stderr F KeyError: 1",
            "ERROR",
            "Traceback (most recent call last):\n  File \"a\"\nKeyError: 1",
            "2025-01-02T15:04:08Z",
        ),
    ]);
}

#[test]
fn docker() {
    let line = |log: &str| {
        format!("{{\"log\":{},\"stream\":\"stderr\",\"time\":\"2025-01-02T15:04:05.1Z\"}}", serde_json::json!(log))
    };
    let time = "2025-01-02T15:04:05.100Z";
    check(&[
        (&line("plain text\n"), "UNKNOWN", "plain text", time),
        (&line("E0102 15:04:05.1 1 a.go:1] bad\n"), "ERROR", "bad", time),
        (&line("level=warn msg=\"x y\"\n"), "WARN", "x y", time),
        (&line("{\"level\":\"error\",\"msg\":\"in\\\"side\"}\n"), "ERROR", "in\"side", time),
        (&line("\u{1b}[31mERROR\u{1b}[0m red\r\n"), "ERROR", "red", time),
    ]);
}

#[test]
fn syslog() {
    check(&[
        ("<11>Jan  2 15:04:05 host app[12]: failed to open", "ERROR", "failed to open", "-01-02T15:04:05Z"),
        ("<30>Jan 12 15:04:05 host systemd[1]: Started it.", "INFO", "Started it.", "-01-12T15:04:05Z"),
        ("Jan  2 15:04:05 host sshd[12]: error: kex", "ERROR", "error: kex", "-01-02T15:04:05Z"),
        ("Jan  2 15:04:05 host kernel: [12.345] usb 1-1", "UNKNOWN", "[12.345] usb 1-1", "-01-02T15:04:05Z"),
    ]);
    check(&[
        (
            "<165>1 2025-01-02T15:04:05.003Z host app 1234 ID47 [ex@1 a=\"b\\\"]\"] \u{feff}An event",
            "INFO",
            "An event",
            "2025-01-02T15:04:05.003Z",
        ),
        ("<130>1 2025-01-02T15:04:05-07:00 host app - - - gone", "FATAL", "gone", "2025-01-02T22:04:05Z"),
        ("<12>1 - host app - - - {\"level\":\"error\",\"msg\":\"inner\"}", "ERROR", "inner", ""),
    ]);
}

#[test]
fn logfmt() {
    check(&[
        (
            "time=2025-01-02T15:04:05Z level=error msg=\"can not\" err=\"x=1\"",
            "ERROR",
            "can not",
            "2025-01-02T15:04:05Z",
        ),
        ("ts=1735830245.123 lvl=warn msg=hi", "WARN", "hi", "2025-01-02T15:04:05.123Z"),
        (
            "level=info ts=2025-01-02T15:04:05.5Z caller=main.go:12 msg=\"a \\\"b\\\"\"",
            "INFO",
            "a \"b\"",
            "2025-01-02T15:04:05.500Z",
        ),
    ]);
}

#[test]
fn web_servers() {
    check(&[
        (
            "1.2.3.4 - - [02/Jan/2025:15:04:05 +0100] \"GET /x HTTP/1.1\" 500 12 \"-\" \"curl\"",
            "ERROR",
            "\"GET /x HTTP/1.1\" 500 12 \"-\" \"curl\"",
            "2025-01-02T14:04:05Z",
        ),
        (
            "::1 - bob [02/Jan/2025:15:04:05 +0000] \"GET / HTTP/2.0\" 404 0",
            "WARN",
            "\"GET / HTTP/2.0\" 404 0",
            "2025-01-02T15:04:05Z",
        ),
        (
            "1.2.3.4 - - [02/Jan/2025:15:04:05 +0000] \"GET / HTTP/2.0\" 200 9",
            "INFO",
            "\"GET / HTTP/2.0\" 200 9",
            "2025-01-02T15:04:05Z",
        ),
        ("2025/01/02 15:04:05 [error] 12#12: *1 connect() failed", "ERROR", "connect() failed", "2025-01-02T15:04:05Z"),
        ("2025/01/02 15:04:05 [emerg] 1#1: bind() failed", "FATAL", "bind() failed", "2025-01-02T15:04:05Z"),
        (
            "[Thu Jan 02 15:04:05.123456 2025] [core:error] [pid 9:tid 8] [client 1.2.3.4:5] AH00037: denied",
            "ERROR",
            "AH00037: denied",
            "2025-01-02T15:04:05.123456Z",
        ),
    ]);
}

#[test]
fn postgres() {
    check(&[
        (
            "2025-01-02 15:04:05.123 UTC [123] ERROR:  relation \"x\" does not exist",
            "ERROR",
            "relation \"x\" does not exist",
            "2025-01-02T15:04:05.123Z",
        ),
        (
            "2025-01-02 15:04:05.123 UTC [123] LOG:  checkpoint starting: time",
            "INFO",
            "checkpoint starting: time",
            "2025-01-02T15:04:05.123Z",
        ),
        (
            "2025-01-02 15:04:06 UTC [123] app@db FATAL:  no pg_hba.conf entry",
            "FATAL",
            "no pg_hba.conf entry",
            "2025-01-02T15:04:06Z",
        ),
        (
            "2025-01-02 15:04:06 UTC [9] STATEMENT:  select *\n\tfrom x",
            "INFO",
            "select *\n\tfrom x",
            "2025-01-02T15:04:06Z",
        ),
    ]);
}

#[test]
fn loggers_of_python() {
    check(&[
        ("2025-01-02 15:04:05,123 - root - ERROR - boom", "ERROR", "boom", "2025-01-02T15:04:05.123Z"),
        ("2025-01-02 15:04:05,123 WARNING app.db: slow", "WARN", "slow", "2025-01-02T15:04:05.123Z"),
        ("ERROR:root:boom", "ERROR", "boom", ""),
        ("[2025-01-02 15:04:05 +0000] [7] [INFO] Listening", "INFO", "Listening", "2025-01-02T15:04:05Z"),
        (
            "2025-01-02 15:04:05,123 ERROR app: boom\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\n    x()\nKeyError: 1",
            "ERROR",
            "boom\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\n    x()\nKeyError: 1",
            "2025-01-02T15:04:05.123Z",
        ),
    ]);
}

#[test]
fn loggers_of_java() {
    check(&[
        ("2025-01-02 15:04:05,123 ERROR [main] com.x.Y - failed", "ERROR", "failed", "2025-01-02T15:04:05.123Z"),
        ("15:04:05.123 [main] WARN  c.x.Y - hm", "WARN", "hm", ""),
        (
            "2025-01-02T15:04:05.123+01:00  INFO 1 --- [main] c.x.Y : spring",
            "INFO",
            "spring",
            "2025-01-02T14:04:05.123Z",
        ),
        (
            "2025-01-02 15:04:05,123 ERROR [main] a.B - boom\njava.lang.Error: x\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: y\n\t... 1 more",
            "ERROR",
            "boom\njava.lang.Error: x\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: y\n\t... 1 more",
            "2025-01-02T15:04:05.123Z",
        ),
    ]);
}

#[test]
fn loggers_of_rust_and_go() {
    check(&[
        ("[2025-01-02T15:04:05Z ERROR foo::bar] boom", "ERROR", "boom", "2025-01-02T15:04:05Z"),
        ("2025-01-02T15:04:05.123456Z  WARN foo::bar: slow n=1", "WARN", "slow n=1", "2025-01-02T15:04:05.123456Z"),
        (
            "\u{1b}[2m2025-01-02T15:04:05.1Z\u{1b}[0m \u{1b}[31mERROR\u{1b}[0m \u{1b}[2mfoo\u{1b}[0m\u{1b}[2m:\u{1b}[0m boom",
            "ERROR",
            "boom",
            "2025-01-02T15:04:05.100Z",
        ),
        ("2025/01/02 15:04:05 listening on :80", "UNKNOWN", "listening on :80", "2025-01-02T15:04:05Z"),
        ("2025/01/02 15:04:05.000001 main.go:12: error: boom", "ERROR", "boom", "2025-01-02T15:04:05.000001Z"),
    ]);
}

#[test]
fn github_actions() {
    let time = "2025-01-02T15:04:05.123456700Z";
    check(&[
        ("2025-01-02T15:04:05.1234567Z ##[group]Run cargo test", "INFO", "Run cargo test", time),
        ("2025-01-02T15:04:05.1234567Z \u{1b}[36;1mcargo test\u{1b}[0m", "UNKNOWN", "cargo test", time),
        (
            "2025-01-02T15:04:05.1234567Z ##[error]Process completed with exit code 1.",
            "ERROR",
            "Process completed with exit code 1.",
            time,
        ),
        ("2025-01-02T15:04:05.1234567Z ##[warning]Node 16 is old", "WARN", "Node 16 is old", time),
        ("2025-01-02T15:04:05.1234567Z ##[debug]..", "DEBUG", "..", time),
        ("2025-01-02T15:04:05.1234567Z ::error file=a.rs,line=3::boom", "ERROR", "boom", time),
        (
            "2025-01-02T15:04:05.1234567Z error[E0308]: mismatched types",
            "ERROR",
            "error[E0308]: mismatched types",
            time,
        ),
        (
            "2025-01-02T15:04:05.1234567Z Error: x\n2025-01-02T15:04:05.1234567Z     at f (a.js:1:2)",
            "ERROR",
            "Error: x\n    at f (a.js:1:2)",
            time,
        ),
    ]);
}

#[test]
fn gitlab() {
    check(&[
        (
            "2025-01-02T15:04:05.123456Z 00O Running with gitlab-runner",
            "UNKNOWN",
            "Running with gitlab-runner",
            "2025-01-02T15:04:05.123456Z",
        ),
        (
            "2025-01-02T15:04:05.123456Z 00O section_start:1735830245:prepare\r\u{1b}[0K\u{1b}[36;1mPreparing\u{1b}[0;m",
            "UNKNOWN",
            "Preparing",
            "2025-01-02T15:04:05.123456Z",
        ),
        (
            "2025-01-02T15:04:06.123456Z 01E ERROR: Job failed: exit code 1",
            "ERROR",
            "Job failed: exit code 1",
            "2025-01-02T15:04:06.123456Z",
        ),
        ("section_end:1735830245:prepare\r\u{1b}[0K", "UNKNOWN", "", "2025-01-02T15:04:05Z"),
    ]);
}

#[test]
fn json_loggers() {
    check(&[
        (r#"{"level":"error","ts":1735830245.123,"msg":"zap"}"#, "ERROR", "zap", "2025-01-02T15:04:05.123Z"),
        (r#"{"level":50,"time":1735830245123,"pid":1,"msg":"pino"}"#, "ERROR", "pino", "2025-01-02T15:04:05.123Z"),
        (
            r#"{"severity":"WARNING","timestamp":"2025-01-02T15:04:05Z","jsonPayload":{"message":"gcp"}}"#,
            "WARN",
            "gcp",
            "2025-01-02T15:04:05Z",
        ),
        (
            r#"{"@t":"2025-01-02T15:04:05Z","@l":"Warning","@mt":"tpl {x}","x":1}"#,
            "WARN",
            "tpl {x}",
            "2025-01-02T15:04:05Z",
        ),
        (
            r#"{"log.level":"error","@timestamp":"2025-01-02T15:04:05Z","message":"ecs"}"#,
            "ERROR",
            "ecs",
            "2025-01-02T15:04:05Z",
        ),
        (
            r#"{"severityText":"ERROR","timeUnixNano":"1735830245000000000","body":{"stringValue":"otel"}}"#,
            "ERROR",
            "otel",
            "2025-01-02T15:04:05Z",
        ),
        (
            r#"{"PRIORITY":"3","MESSAGE":"journald","__REALTIME_TIMESTAMP":"1735830245000000"}"#,
            "ERROR",
            "journald",
            "2025-01-02T15:04:05Z",
        ),
    ]);
}
