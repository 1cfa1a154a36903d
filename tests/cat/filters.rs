//! Severity, time, text, fields: which records come; and the three ways to print them.

use super::support::{Home, text_of};

const LINES: &str = r#"{"time":"2025-01-02T10:00:00Z","level":"trace","msg":"m0","status":200}
{"time":"2025-01-02T10:10:00Z","level":"debug","msg":"m1","http":{"method":"GET","path":"/a b"}}
{"time":"2025-01-02T10:20:00Z","level":"info","msg":"m2 Healthz","status":"500","ok":true}
{"time":"2025-01-02T10:30:00Z","level":"warn","msg":"m3","tags":["a",1],"none":null}
{"time":"2025-01-02T10:40:00Z","level":"error","msg":"m4 timeout","status":500}
{"time":"2025-01-02T10:50:00Z","level":"fatal","msg":"m5","http":{"method":"POST"}}
{"time":"2025-01-02T11:00:00Z","level":"err
{"msg":"m7 without a level"}
"#;

/// The numbers of the lines that come; the count says the same, and so does each way in.
fn check(args: &[&str], expected: &[usize]) {
    let home = Home::new();
    home.file("a.log", LINES);
    let lines: Vec<_> = LINES.lines().collect();
    let wanted: String = expected.iter().flat_map(|n| [lines[*n], "\n"]).collect();
    let raw = home.cat(&[&["a.log", "--format", "raw"], args].concat());
    assert_eq!((raw.code, raw.err.as_str()), (Some(0), ""), "{args:?}");
    assert_eq!(raw.text(), wanted, "{args:?}");
    assert_eq!(home.cat(&[&["a.log", "--count"], args].concat()).text(), format!("{}\n", expected.len()), "{args:?}");
    assert_eq!(home.cat(&[&["a.log", "--format", "json"], args].concat()).json().len(), expected.len(), "{args:?}");
    if !args.iter().any(|arg| arg.contains("origin=")) {
        assert_eq!(home.pipe(&[&["--format", "raw"], args].concat(), LINES.as_bytes()).text(), wanted, "{args:?}");
        home.file("b.log", "");
        let merged = home.cat(&[&["a.log", "b.log", "--format", "raw"], args].concat());
        assert_eq!(merged.text(), wanted, "merged: {args:?}");
    }
}

#[test]
fn everything_without_a_filter() {
    check(&[], &[0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn severity_is_a_threshold() {
    check(&["--severity", "trace"], &[0, 1, 2, 3, 4, 5]);
    check(&["--severity", "debug"], &[1, 2, 3, 4, 5]);
    check(&["--severity", "info"], &[2, 3, 4, 5]);
    check(&["--severity", "warning"], &[3, 4, 5]);
    check(&["-s", "ERROR"], &[4, 5]);
    check(&["-s", "fatal"], &[5]);
}

#[test]
fn time_windows() {
    check(&["--since", "2025-01-02T10:30:00Z"], &[3, 4, 5, 6, 7]);
    check(&["--until", "2025-01-02T10:10:00Z"], &[0, 1]);
    check(&["--since", "2025-01-02T10:10:00Z", "--until", "2025-01-02T10:30:00Z"], &[1, 2, 3]);
    check(&["--since", "2025-01-02T12:10:00", "--until", "2025-01-02T12:30:00", "--tz", "+02:00"], &[1, 2, 3]);
    check(
        &["--since", "2025-01-02T05:10:00", "--until", "2025-01-02T05:30:00", "--tz", "America/New_York"],
        &[1, 2, 3],
    );
    check(&["--since", "2025-01-03"], &[]);
    check(&["--since", "2025-01-02"], &[0, 1, 2, 3, 4, 5, 6, 7]);
    check(&["--since", "10m"], &[]);
    check(&["--until", "10m"], &[0, 1, 2, 3, 4, 5, 6, 7]);
    check(&["--since", "2030-01-01T00:00:00Z"], &[]);
}

#[test]
fn windows_that_end_with_the_newest_record() {
    check(&["--since", "10m@end"], &[4, 5, 6, 7]);
    check(&["--since", "25m@end", "--until", "10m@end"], &[3, 4]);
    let home = Home::new();
    home.file("a.log", LINES).file("b.log", "2025-01-02T11:10:00Z newest\n");
    let ran = home.cat(&["a.log", "b.log", "--since", "20m@end", "--format", "json"]);
    assert_eq!(ran.json().len(), 4, "{ran:?}");
    let args = ["-", "b.log", "--since", "20m@end", "--format", "json", "--stats"];
    let ran = home.pipe(&args, LINES.as_bytes());
    assert_eq!((ran.json().len(), ran.stat("temporary")), (4, LINES.len() as u64), "{ran:?}");
    assert_eq!(std::fs::read_dir(home.dir()).unwrap().count(), 2, "the temporary file has no name");
    let ran = home.cat(&["a.log", "--follow", "--since", "10m@end"]);
    assert!(ran.code == Some(2) && ran.err.contains("`@end` has no meaning with --follow"), "{ran:?}");
}

#[test]
fn a_time_of_day_is_the_last_one_in_the_zone() {
    let home = Home::new();
    let clock = |back: u64, zone: &jiff::tz::TimeZone| {
        let now = std::fs::metadata(home.dir()).unwrap().modified().unwrap();
        let then = now - std::time::Duration::from_secs(back * 60);
        jiff::Timestamp::try_from(then).unwrap().to_zoned(zone.clone())
    };
    let utc = jiff::tz::TimeZone::UTC;
    let line = |back| format!("{} back {back}\n", clock(back, &utc).strftime("%Y-%m-%dT%H:%M:%SZ"));
    home.file("a.log", [180, 90, 30].map(line).concat());
    for (zone, rules) in [("UTC", utc.clone()), ("Asia/Kolkata", jiff::tz::TimeZone::get("Asia/Kolkata").unwrap())] {
        let since = clock(120, &rules).strftime("%H:%M").to_string();
        let until = clock(60, &rules).strftime("%H:%M:%S").to_string();
        let ran = home.cat(&["a.log", "--since", &since, "--until", &until, "--tz", zone, "--format", "json"]);
        assert_eq!(ran.messages(), ["back 90"], "{zone} {since} {until}: {ran:?}");
    }
    let ran = home.cat(&["a.log", "--since", "100m", "--format", "json"]);
    assert_eq!(ran.messages(), ["back 90", "back 30"]);
    let ran = home.cat(&["a.log", "--since", "1h40m", "--until", "1h", "--format", "json"]);
    assert_eq!(ran.messages(), ["back 90"]);
}

#[test]
fn text_that_is_there_and_text_that_is_not() {
    check(&["--grep", "healthz"], &[2]);
    check(&["--grep", "HEALTHZ"], &[]);
    check(&["--grep", "m[45]"], &[4, 5]);
    check(&["--grep", "m[0-9]", "--grep", "timeout"], &[4]);
    check(&["--not", "m[0-4]"], &[5, 6, 7]);
    check(&["--grep", "\"msg\":\"m4 "], &[4]);
    check(&["--grep", "-b"], &[]);
    check(&["--not", "msg", "--not", "x"], &[6]);
}

#[test]
fn fields_of_json() {
    check(&["--where", "status=500"], &[2, 4]);
    check(&["--where", "http.method=GET"], &[1]);
    check(&["--where", "http.path=/a b"], &[1]);
    check(&["--where", "ok=true"], &[2]);
    check(&["--where", "none=null"], &[3]);
    check(&["--where", "status=500", "--where", "level=error"], &[4]);
    check(&["--where", "status=501"], &[]);
    check(&["--where", "severity=error"], &[4]);
    check(&["--where", "severity=unknown"], &[6, 7]);
    check(&["--where", "parse=failed"], &[6]);
    check(&["--where", "parse=ok"], &[0, 1, 2, 3, 4, 5, 7]);
    check(&["--where", "format=json"], &[0, 1, 2, 3, 4, 5, 7]);
    check(&["--where", "origin=a.log"], &[0, 1, 2, 3, 4, 5, 6, 7]);
    check(&["--where", "origin=b.log"], &[]);
}

#[test]
fn fields_of_logfmt_and_of_headers() {
    let home = Home::new();
    let count = |field: &str, text: &str| home.pipe(&["--count", "-w", field], text.as_bytes()).text().to_owned();
    let logfmt = "level=info msg=\"a b\" status=500 path=\"/x\\\"y\" empty=\n";
    for field in ["status=500", "msg=a b", "path=/x\"y", "empty=", "level=info"] {
        assert_eq!(count(field, logfmt), "1\n", "{field}");
    }
    assert_eq!(count("status=50", logfmt), "0\n");
    let access = "1.2.3.4 - bob [02/Jan/2025:15:04:05 +0000] \"GET /x HTTP/1.1\" 404 12 \"-\" \"curl\"\n";
    assert_eq!(count("status=404", access), "1\n");
}

#[test]
fn origins_are_told_apart() {
    let home = Home::new();
    std::fs::create_dir(home.path("d")).unwrap();
    home.file("d/a.log", "one\n").file("b.log", "two\n");
    for (origin, expected) in [("a.log", "one"), ("d/a.log", "one"), ("b.log", "two")] {
        let ran = home.cat(&["d/a.log", "b.log", "--where", &format!("origin={origin}"), "--format", "json"]);
        assert_eq!(ran.messages(), [expected], "{origin}");
    }
}

#[test]
fn wrong_filters_are_wrong_usage() {
    let home = Home::new();
    let check = |args: &[&str], expected: &str| {
        let ran = home.pipe(args, b"x\n");
        assert!(ran.code == Some(2) && ran.out.is_empty() && ran.err.contains(expected), "{args:?}: {ran:?}");
    };
    check(&["--grep", "("], "unclosed group");
    check(&["--not", "[z-a]"], "`[z-a]`");
    check(&["--where", "severity=loud"], "not a severity");
    check(&["--where", "parse=maybe"], "parse=maybe");
    check(&["--since", "yesterday"], "RFC 3339");
    check(&["--format", "xml"], "text, json, raw");
    check(&["--count", "--follow"], "cannot be used with");
    check(&["-", "-"], "standard input can be named once");
    check(&["gs://bucket/x"], "use `logdeck tail gs://bucket/x --no-follow`");
    check(&["--follow", "pods:shop"], "use `logdeck tail pods:shop --no-follow`");
    check(&["-", "github:acme/api"], "use `logdeck extract github:acme/api`");
}

#[test]
fn text_is_for_people() {
    assert_eq!(
        text_of(LINES.as_bytes()),
        "2025-01-02T10:00:00.000Z TRC m0  status=200\n\
         2025-01-02T10:10:00.000Z DBG m1  http.method=GET  http.path=/a b\n\
         2025-01-02T10:20:00.000Z INF m2 Healthz  status=500  ok=true\n\
         2025-01-02T10:30:00.000Z WRN m3  tags=[\"a\",1]  none=null\n\
         2025-01-02T10:40:00.000Z ERR m4 timeout  status=500\n\
         2025-01-02T10:50:00.000Z FTL m5  http.method=POST\n\
         {\"time\":\"2025-01-02T11:00:00Z\",\"level\":\"err\n\
         m7 without a level\n"
    );
}

#[test]
fn json_has_all_of_a_record() {
    let home = Home::new();
    let record = &home.file("a.log", LINES).cat(&["a.log", "--format", "json", "--grep", "m1"]).json()[0];
    let raw = LINES.lines().nth(1).unwrap();
    let expected = serde_json::json!({
        "time": "2025-01-02T10:10:00Z", "severity": "DEBUG", "origin": "a.log", "message": "m1",
        "fields": serde_json::from_str::<serde_json::Value>(raw).unwrap(), "raw": raw,
    });
    assert_eq!(*record, expected);
    let trace = "Traceback (most recent call last):\n  File \"x.py\", line 3, in y\nValueError: bad\n";
    let after_info = format!("{}{trace}no format\n", "2025-01-02T10:10:00Z INFO x\n".repeat(6));
    let ran = home.file("b.log", &after_info).cat(&["b.log", "--where", "parse=failed", "--format", "raw"]);
    assert_eq!(ran.text(), "no format\n", "a trace beside the log breaks nothing");
    let broken = &home.cat(&["a.log", "--format", "json", "--where", "parse=failed"]).json()[0];
    assert_eq!((&broken["parse"], &broken["time"]), (&"failed".into(), &serde_json::Value::Null));
}
