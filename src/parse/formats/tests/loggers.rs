//! Loggers of languages and frameworks.

use super::*;
use Format::{GoLog, Header, Log4j, Python, RustLog};
use Severity::{Debug, Error, Fatal, Info, Trace, Unknown, Warn};

const S: &str = "2025-01-02T15:04:05Z";
const M: &str = "2025-01-02T15:04:05.123Z";

#[test]
fn python() {
    check("ERROR:my.module:it broke: x", Python, "", Error, "it broke: x");
    check("WARNING:root:careful", Python, "", Warn, "careful");
    check("2025-01-02 15:04:05,123 - my.module - ERROR - it broke", Python, M, Error, "it broke");
    check("2025-01-02 15:04:05,123 - root - INFO - a - b", Python, M, Info, "a - b");
    check("2025-01-02 15:04:05,123 ERROR my.module: it broke", Python, M, Error, "it broke");
    check("[2025-01-02 15:04:05,123] ERROR in app: Exception on / [GET]", Python, M, Error, "Exception on / [GET]");
    check("[2025-01-02 15:04:05 +0000] [12] [INFO] Booting worker", Python, S, Info, "Booting worker");
    check("[2025-01-02 15:04:05,123: WARNING/MainProcess] x", Python, M, Warn, "x");
    check("[2025-01-02T15:04:05.123+0000] {task.py:12} INFO - Done", Python, M, Info, "Done");
    check("INFO:     1.2.3.4:5 - \"GET / HTTP/1.1\" 200 OK", Python, "", Info, "1.2.3.4:5 - \"GET / HTTP/1.1\" 200 OK");
    check("ERROR:    Exception in ASGI application", Python, "", Error, "Exception in ASGI application");
    check("[02/Jan/2025 15:04:05] \"GET /x HTTP/1.1\" 500 12", Python, S, Error, "\"GET /x HTTP/1.1\" 500 12");
    check("ERROR 2025-01-02 15:04:05,123 views 12 34 it broke", Python, M, Error, "views 12 34 it broke");
    check("2025-01-02 15:04:05.123 | ERROR    | app.jobs:run:12 - it broke", Python, M, Error, "it broke");
    check("2025-01-02 15:04:05,123 - ERROR - it broke", Python, M, Error, "it broke");
    check_fields("ERROR:my.module:x", "level=ERROR|logger=my.module");
    check_fields("2025-01-02 15:04:05,123 - my.module - ERROR - x", "level=ERROR|logger=my.module");
    check_fields(
        "INFO:     1.2.3.4:5 - \"GET / HTTP/1.1\" 200 OK",
        "level=INFO|remote=1.2.3.4:5|method=GET|path=/|protocol=HTTP/1.1|status=200",
    );
    check_fields("[2025-01-02 15:04:05 +0000] [12] [INFO] x", "level=INFO|pid=12");
}

#[test]
fn log4j_and_kin() {
    check("2025-01-02T15:04:05.123Z  INFO 1 --- [main] c.e.App : Started App", Log4j, M, Info, "Started App");
    check("2025-01-02 15:04:05.123 ERROR 77 --- [nio-80-exec-1] o.a.c.c.[/]    : x", Log4j, M, Error, "x");
    check("2025-01-02T15:04:05.123Z DEBUG 1 --- [app] [main] c.e.App                  : x", Log4j, M, Debug, "x");
    check("2025-01-02 15:04:05,123 [main] ERROR com.example.App - it broke", Log4j, M, Error, "it broke");
    check("2025-01-02 15:04:05.123 [http-1] WARN  c.e.App -- slow", Log4j, M, Warn, "slow");
    check("2025-01-02 15:04:05,123 INFO  [main] com.example.App: x", Log4j, M, Info, "x");
    check("15:04:05.123 [main] INFO  c.e.App -- hello", Log4j, "", Info, "hello");
    check(
        "15:04:05,123 INFO  [org.jboss.as] (MSC service thread 1-2) WFLYSRV0049: x",
        Log4j,
        "",
        Info,
        "WFLYSRV0049: x",
    );
    check(
        "[2025-01-02 15:04:05,123] INFO [KafkaServer id=1] started (kafka.server)",
        Log4j,
        M,
        Info,
        "[KafkaServer id=1] started (kafka.server)",
    );
    check(
        "[2025-01-02T15:04:05,123][INFO ][o.e.n.Node               ] [node-1] started",
        Log4j,
        M,
        Info,
        "[node-1] started",
    );
    check("ERROR  [main] com.example.App: it broke", Log4j, "", Error, "it broke");
    check(" INFO [main] com.example.App - x", Log4j, "", Info, "x");
    check("2025-01-02 15:04:05,123 ERROR com.example.App - x", Log4j, M, Error, "x");
    check_fields(
        "2025-01-02T15:04:05.123Z  INFO 1 --- [main] c.e.App : x",
        "level=INFO|thread=main|pid=1|logger=c.e.App",
    );
    check_fields(
        "2025-01-02 15:04:05,123 [main] ERROR com.example.App - x",
        "level=ERROR|thread=main|logger=com.example.App",
    );
}

#[test]
fn rust() {
    check("[2025-01-02T15:04:05Z ERROR my_crate::module] it broke", RustLog, S, Error, "it broke");
    check("[2025-01-02T15:04:05Z INFO  my_crate] x", RustLog, S, Info, "x");
    check("2025-01-02T15:04:05.123Z  INFO my_crate::module: started port=1", RustLog, M, Info, "started port=1");
    check(
        "2025-01-02T15:04:05.123Z ERROR request{id=1 path=\"/a b\"}:inner{x}: my_crate: it broke",
        RustLog,
        M,
        Error,
        "it broke",
    );
    check("2025-01-02T15:04:05.123Z  WARN span{a=1}: t::m: x: y", RustLog, M, Warn, "x: y");
    check(
        "\x1b[2m2025-01-02T15:04:05.123Z\x1b[0m \x1b[31mERROR\x1b[0m \x1b[2mmy_crate\x1b[0m\x1b[2m:\x1b[0m broke",
        RustLog,
        M,
        Error,
        "broke",
    );
    check("ERROR my_crate::module: it broke", RustLog, "", Error, "it broke");
    check("[WARN  my_crate] x", RustLog, "", Warn, "x");
    check_fields("2025-01-02T15:04:05.123Z  INFO span{a=1}: t::m: x", "level=INFO|span=span{a=1}|target=t::m");
    check_fields("[2025-01-02T15:04:05Z ERROR my_crate::m] x", "level=ERROR|target=my_crate::m");
}

#[test]
fn go() {
    check("2025/01/02 15:04:05 hello", GoLog, S, Unknown, "hello");
    check("2025/01/02 15:04:05.123000 main.go:12: it broke", GoLog, M, Unknown, "it broke");
    check("2025/01/02 15:04:05 ERROR it broke err=x", GoLog, S, Error, "it broke err=x");
    check("2025/01/02 15:04:05 main.go:12: [WARN] slow", GoLog, S, Warn, "slow");
    check("2025/01/02 15:04:05 http: error: none of the near words", GoLog, S, Error, "none of the near words");
    check_fields("2025/01/02 15:04:05 main.go:12: x", "file=main.go:12");
    check_fields("2025/01/02 15:04:05 main.go:12: [WARN] slow", "level=WARN|file=main.go:12");
    check_from("2025/01/02 15:04:05x", Format::Plain, SeverityFrom::Nowhere);
}

#[test]
fn times_with_levels() {
    check("2025-01-02 15:04:05 ERROR it broke", Header, S, Error, "it broke");
    check("2025-01-02 15:04:05 [error] it broke", Header, S, Error, "it broke");
    check("2025-01-02 15:04:05 [E] it broke", Header, S, Error, "it broke");
    check("2025-01-02 15:04:05 error: it broke", Header, S, Error, "it broke");
    check("2025-01-02 15:04:05 | WARNING | it broke", Header, S, Warn, "it broke");
    check("2025-01-02 15:04:05.123 +00:00 [INF] Now listening", Header, M, Info, "Now listening");
    check("[2025-01-02 15:04:05] production.ERROR: it broke", Header, S, Error, "it broke");
    check("[2025-01-02T15:04:05Z] [info] x", Header, S, Info, "x");
    check("[15:04:05 INF] Now listening", Header, "", Info, "Now listening");
    check(
        "2025-01-02T15:04:05.123Z\tERROR\tpkg/file.go:12\tit broke\t{\"a\": 1}",
        Header,
        M,
        Error,
        "pkg/file.go:12\tit broke\t{\"a\": 1}",
    );
    check(
        "02-Jan-2025 15:04:05.123 SEVERE [main] org.apache.Catalina.start Failed",
        Header,
        M,
        Error,
        "[main] org.apache.Catalina.start Failed",
    );
    check("1735830245.123 [error] x", Header, M, Error, "x");
    check("2025-01-02 15:04:05 12 TRACE x", Header, S, Trace, "x");
    check("2025-01-02 15:04:05 hello", Header, S, Unknown, "hello");
    check("2025-01-02 15:04:05", Header, S, Unknown, "");
    check_from("2025-01-02 15:04:05abc", Format::Plain, SeverityFrom::Nowhere);
}

#[test]
fn levels_without_times() {
    check("[ERROR] Failed to execute goal", Header, "", Error, "Failed to execute goal");
    check("[\x1b[1;31mERROR\x1b[m] Failed", Header, "", Error, "Failed");
    check("[INFO] Scanning for projects...", Header, "", Info, "Scanning for projects...");
    check("[WARNING] 2025-01-02 15:04:05 x", Header, S, Warn, "x");
    check("[success] Total time: 1 s", Header, "", Info, "Total time: 1 s");
    check("ERROR: it broke", Header, "", Error, "it broke");
    check("FATAL it broke", Header, "", Fatal, "it broke");
    check("INFO[0001] started", Header, "", Info, "started");
    check("fail: Microsoft.Hosting.Lifetime[0]", Header, "", Error, "Microsoft.Hosting.Lifetime[0]");
    check("\x1b[40m\x1b[32minfo\x1b[39m\x1b[22m\x1b[49m: My.App[14] x", Header, "", Info, "My.App[14] x");
    check("dbug: My.App[-1] x", Header, "", Debug, "My.App[-1] x");
    check_fields("fail: My.App[7]", "level=fail|logger=My.App|event=7");
}
