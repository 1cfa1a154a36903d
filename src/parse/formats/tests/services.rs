//! klog, syslog, web servers, PostgreSQL, logfmt.

use super::*;
use Format::{Access, ApacheError, Header, Klog, Logfmt, NginxError, Postgres, Syslog3164, Syslog5424};
use Severity::{Debug, Error, Fatal, Info, Unknown, Warn};

#[test]
fn klog() {
    let t = "2026-01-02T15:04:05.123456Z";
    check("E0102 15:04:05.123456       1 reflector.go:147] failed to list", Klog, t, Error, "failed to list");
    check("I0102 15:04:05.123456   12345 server.go:9] \"Started\" port=1", Klog, t, Info, "\"Started\" port=1");
    check("W0102 15:04:05.123456 1 a.go:1] x", Klog, t, Warn, "x");
    check("F0102 15:04:05.123456 1 a.go:1] ", Klog, t, Fatal, "");
    check_fields("E0102 15:04:05.123456       1 reflector.go:147] x", "pid=1|file=reflector.go:147");
    let parsed = header(b"E0102 15:04:05.123456 1 a.go:1] x", &mut clock()).unwrap();
    assert_eq!(parsed.flags, Flags::ASSUMED_YEAR | Flags::ASSUMED_ZONE);
}

#[test]
fn syslog_3164() {
    let t = "2026-01-02T15:04:05Z";
    check("Jan  2 15:04:05 web1 sshd[123]: Failed password", Syslog3164, t, Unknown, "Failed password");
    check("<34>Jan  2 15:04:05 web1 su: 'su root' failed", Syslog3164, t, Fatal, "'su root' failed");
    check("<13>Jan 12 15:04:05 web1 app[7]: x", Syslog3164, "2026-01-12T15:04:05Z", Info, "x");
    check("Jan  2 15:04:05 web1 kernel: [  1.5] usb", Syslog3164, t, Unknown, "[  1.5] usb");
    check("Jan  2 15:04:05 web1 just words here", Syslog3164, t, Unknown, "just words here");
    check("<11>app: no time", Syslog3164, "", Error, "no time");
    check("<6>[    0.000000] Linux version 6", Syslog3164, "", Info, "[    0.000000] Linux version 6");
    check("2025-01-02T15:04:05+00:00 web1 app[7]: x", Syslog3164, "2025-01-02T15:04:05Z", Unknown, "x");
    check("<14>2025-01-02T15:04:05Z web1 app: x", Syslog3164, "2025-01-02T15:04:05Z", Info, "x");
    check("Jan  2 15:04:05 web1 app[7]: level=error msg=broken", Syslog3164, t, Error, "broken");
    check("<14>Jan  2 15:04:05 web1 app[7]: level=error msg=broken", Syslog3164, t, Error, "broken");
    check("<14>Jan  2 15:04:05 web1 app[7]: E0102 15:04:05.1 1 a.go:1] x", Syslog3164, t, Error, "x");
    check_fields("<34>Jan  2 15:04:05 web1 su[12]: x", "priority=34|facility=auth|host=web1|app=su|pid=12");
    check("Jan  2 15:04:05 ERROR it broke", Header, t, Error, "it broke");
    check_from("Jan  2 15:04:05", Header, SeverityFrom::Nowhere);
    check_from("<34>Jan  2 15:04:05 h a: x", Syslog3164, SeverityFrom::Priority);
}

#[test]
fn syslog_5424() {
    let t = "2003-10-11T22:14:15.003Z";
    check(
        &format!("<34>1 {t} mymachine.example.com su - ID47 - \u{feff}'su root' failed"),
        Syslog5424,
        t,
        Fatal,
        "'su root' failed",
    );
    check(
        &format!("<165>1 {t} host app 12 ID47 [ex@1 iut=\"3\" src=\"A\\\"b\\]\"][x@2 y=\"\"] An event"),
        Syslog5424,
        t,
        Info,
        "An event",
    );
    check("<11>1 - - - - - - x", Syslog5424, "", Error, "x");
    check("<11>1 - - - - - -", Syslog5424, "", Error, "");
    check(&format!("<14>1 {t} h a 1 - - level=warn msg=\"a b\""), Syslog5424, t, Warn, "a b");
    check_fields(
        &format!("<165>1 {t} host app 12 ID47 [ex@1 iut=\"3\" src=\"A\\\"b\\]\"] An event"),
        "priority=165|facility=local4|host=host|app=app|pid=12|msgid=ID47|ex@1.iut=3|ex@1.src=A\"b]",
    );
    // Broken structured data: what is left is a priority.
    check_from("<11>1 - - - - - [x x", Syslog3164, SeverityFrom::Priority);
}

#[test]
fn access_logs() {
    let t = "2025-01-02T15:04:05Z";
    let d = "[02/Jan/2025:15:04:05 +0000]";
    check(&format!("1.2.3.4 - - {d} \"GET / HTTP/1.1\" 200 12"), Access, t, Info, "\"GET / HTTP/1.1\" 200 12");
    check(&format!("::1 - bob {d} \"POST /a?b HTTP/2.0\" 404 -"), Access, t, Warn, "\"POST /a?b HTTP/2.0\" 404 -");
    check(&format!("2001:db8::1 - - {d} \"GET / HTTP/1.1\" 502 1"), Access, t, Error, "\"GET / HTTP/1.1\" 502 1");
    check(
        &format!("web.example:443 1.2.3.4 - - {d} \"GET / HTTP/1.1\" 301 1"),
        Access,
        t,
        Info,
        "\"GET / HTTP/1.1\" 301 1",
    );
    check(&format!("host.example - - {d} \"\\x16\\x03\" 400 0"), Access, t, Warn, "\"\\x16\\x03\" 400 0");
    check(&format!("1.2.3.4 - - {d} \"GET /\\\"x HTTP/1.1\" 200 1"), Access, t, Info, "\"GET /\\\"x HTTP/1.1\" 200 1");
    check_fields(
        &format!("v:80 1.2.3.4 - bob {d} \"GET /a HTTP/1.1\" 200 12 \"http://r/\" \"curl/8 (x)\""),
        "vhost=v:80|remote=1.2.3.4|user=bob|method=GET|path=/a|protocol=HTTP/1.1|status=200|bytes=12|referer=http://r/|agent=curl/8 (x)",
    );
    check_fields(&format!("1.2.3.4 - - {d} \"-\" 408 - \"-\" \"-\""), "remote=1.2.3.4|request=-|status=408");
    for line in [
        format!("1.2.3.4 - - {d} GET / 200"),
        format!("1.2.3.4 - - {d} \"GET /\" abc"),
        "1.2.3.4 - - [never] \"GET /\" 200 1".to_owned(),
        "1.2.3.4 - x".to_owned(),
    ] {
        check_from(&line, Format::Plain, SeverityFrom::Nowhere);
    }
}

#[test]
fn error_logs_of_web_servers() {
    let t = "2025-01-02T15:04:05Z";
    let tail = "open() \"/x\" failed, client: 1.2.3.4, server: a.b, request: \"GET /x HTTP/1.1\", host: \"a.b\"";
    check(&format!("2025/01/02 15:04:05 [error] 31#32: *5 {tail}"), NginxError, t, Error, tail);
    check("2025/01/02 15:04:05 [notice] 1#1: start worker", NginxError, t, Info, "start worker");
    check("2025/01/02 15:04:05 [emerg] 1#1: bind() failed", NginxError, t, Fatal, "bind() failed");
    check("2025/01/02 15:04:05 [warn] 1#1: *7 slow", NginxError, t, Warn, "slow");
    check_fields(
        &format!("2025/01/02 15:04:05 [error] 31#32: *5 {tail}"),
        "level=error|pid=31|tid=32|connection=5|client=1.2.3.4|server=a.b|method=GET|path=/x|protocol=HTTP/1.1|host=a.b",
    );
    check_from("2025/01/02 15:04:05 [banana] 1#1: x", Format::GoLog, SeverityFrom::Nowhere);

    let t = "2000-10-11T14:32:52.123456Z";
    let d = "[Wed Oct 11 14:32:52.123456 2000]";
    check(
        &format!("{d} [core:error] [pid 35708:tid 43286] [client 72.15.99.187:1] File missing"),
        ApacheError,
        t,
        Error,
        "File missing",
    );
    check(
        &format!("{d} [mpm_event:notice] [pid 1:tid 2] AH00489: configured"),
        ApacheError,
        t,
        Info,
        "AH00489: configured",
    );
    check(&format!("{d} [ssl:trace3] [pid 1] x"), ApacheError, t, Severity::Trace, "x");
    check(
        "[Wed Oct 11 14:32:52 2000] [error] [client 1.2.3.4] denied",
        ApacheError,
        "2000-10-11T14:32:52Z",
        Error,
        "denied",
    );
    check_fields(
        &format!("{d} [core:error] [pid 35708:tid 43286] [client 72.15.99.187:1] x"),
        "module=core|level=error|pid=35708|tid=43286|client=72.15.99.187:1",
    );
    check_from("[Wed Oct 11 14:32:52 2000] nothing", Header, SeverityFrom::Nowhere);
}

#[test]
fn postgres() {
    let t = "2025-01-02T15:04:05.123Z";
    let s = "2025-01-02T15:04:05Z";
    check(
        "2025-01-02 15:04:05.123 UTC [17] LOG:  checkpoint starting: time",
        Postgres,
        t,
        Info,
        "checkpoint starting: time",
    );
    check(
        "2025-01-02 15:04:05.123 UTC [17] ERROR:  relation \"x\" does not exist",
        Postgres,
        t,
        Error,
        "relation \"x\" does not exist",
    );
    check("2025-01-02 15:04:05.123 CET [17] FATAL:  no", Postgres, t, Fatal, "no");
    check("2025-01-02 15:04:05 UTC [17]: user=bob,db=shop,app=psql,client=1.2.3.4 WARNING:  x", Postgres, s, Warn, "x");
    check("2025-01-02 15:04:05 UTC:10.0.0.1(123):bob@shop:[17]:PANIC:  x", Postgres, s, Fatal, "x");
    check("2025-01-02 15:04:05.123 UTC [17] bob@shop STATEMENT:  select 1", Postgres, t, Info, "select 1");
    check("2025-01-02 15:04:05.123 UTC [17] HINT:  x", Postgres, t, Info, "x");
    check("2025-01-02 15:04:05.123 UTC [17] DEBUG2:  x", Postgres, t, Debug, "x");
    check_fields(
        "2025-01-02 15:04:05 UTC [17]: [3-1] user=bob,db=shop WARNING:  x",
        "pid=17|line=3-1|user=bob|db=shop|level=WARNING",
    );
    check_fields("2025-01-02 15:04:05 UTC [17] bob@shop LOG:  x", "pid=17|user=bob|db=shop|level=LOG");
    check_from("2025-01-02 15:04:05.123 UTC [17] BANANA:  x", Header, SeverityFrom::Nowhere);
    check_from("2025-01-02 15:04:05.123 INFO:  x", Header, SeverityFrom::Header);
}

#[test]
fn logfmt() {
    let t = "2025-01-02T15:04:05Z";
    check("time=2025-01-02T15:04:05Z level=info msg=\"hello world\" n=1", Logfmt, t, Info, "hello world");
    check("ts=1735830245.000 lvl=eror message=broken", Logfmt, t, Error, "broken");
    check("level=warn a=1 b", Logfmt, "", Warn, "level=warn a=1 b");
    check("method=GET path=/x status=200", Logfmt, "", Unknown, "method=GET path=/x status=200");
    check("msg=\"a \\\"b\\\"\" level=50", Logfmt, "", Error, "a \\\"b\\\"");
    check("level=info msg=\"\" x=1", Logfmt, "", Info, "");
}

#[test]
fn logfmt_in_detail() {
    let flags = |line: &str| header(line.as_bytes(), &mut clock()).unwrap().flags;
    assert_eq!(flags("msg=\"a \\\"b\\\"\" level=50"), Flags::ESCAPED);
    assert_eq!(flags("msg=\"a b\" level=50"), Flags::NONE);
    assert_eq!(flags("msg=a\\b level=50"), Flags::NONE);
    check_fields(
        r#"level=info msg="a \"b\"\n\u00e9\x41\q" bare key= x.y/z=1"#,
        "level=info|msg=a \"b\"\né\u{41}\\q|key=|x.y/z=1",
    );
    check_from("level=banana a=1", Logfmt, SeverityFrom::Nowhere);
    check_from("level=error a=1", Logfmt, SeverityFrom::Field);
    check_from("time=yesterday a b c", Format::Plain, SeverityFrom::Nowhere);
    check_from("CC=gcc CFLAGS=-O2 make", Format::Plain, SeverityFrom::Nowhere);
    check_from("CC=gcc CFLAGS=-O2", Format::Plain, SeverityFrom::Nowhere);
}
