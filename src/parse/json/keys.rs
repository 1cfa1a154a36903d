//! What the keys of JSON logs mean.
//!
//! Owns the spellings of slog, zap, zerolog, logrus, pino, bunyan, winston, Serilog, log4j 2, Elastic Common Schema,
//! OpenTelemetry, Google Cloud Logging, GELF, journald and Docker. Must not know how values are read.

/// What a key of a log object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A level, as a word or as a number of pino's or syslog's scale.
    Severity,
    /// OpenTelemetry's severity number.
    OtelSeverity,
    /// A syslog priority: severity, perhaps with the facility.
    Priority,
    /// The record's time.
    Time,
    /// A time that is used when there is none of the other kind (when it was received or collected).
    SecondTime,
    /// The message.
    Message,
    /// Text that is the message when nothing better is there.
    SecondMessage,
    /// A nested object that is itself a record (`jsonPayload`, ECS's `log`, OpenTelemetry's `body`), or Docker's text.
    Payload,
    /// Docker's and Fluent Bit's `stream`.
    Stream,
    Other,
}

/// What this key means; case, `_`, `-`, `.` and `@` make no difference, so that `log.level`, `logLevel` and `LOG_LEVEL`
/// are one.
#[inline]
pub(super) fn meaning(key: &[u8]) -> Key {
    // As most loggers write them.
    match key {
        b"level" | b"severity" | b"lvl" => return Key::Severity,
        b"time" | b"timestamp" | b"ts" => return Key::Time,
        b"msg" | b"message" => return Key::Message,
        _ => {}
    }
    // The keys of most lines that mean nothing to us leave here.
    if key.is_empty() || key.len() > 26 || !STARTS[usize::from(key[0])] {
        return Key::Other;
    }
    let mut plain = [0_u8; 26];
    let mut len = 0;
    for &b in key {
        if !matches!(b, b'_' | b'-' | b'.' | b'@' | b'$') {
            plain[len] = b.to_ascii_lowercase();
            len += 1;
        }
    }
    match &plain[..len] {
        b"level" | b"severity" | b"lvl" | b"loglevel" | b"severitytext" | b"levelname" | b"levelno"
        | b"logseverity" => Key::Severity,
        b"l" if key[0] == b'@' => Key::Severity,
        b"severitynumber" => Key::OtelSeverity,
        b"priority" => Key::Priority,
        b"time"
        | b"timestamp"
        | b"ts"
        | b"datetime"
        | b"eventtime"
        | b"asctime"
        | b"timeunixnano"
        | b"logtime"
        | b"timemillis"
        | b"sourcerealtimetimestamp"
        | b"instant"
        | b"epochsecond" => Key::Time,
        b"t" if key == b"@t" || key == b"t" => Key::Time,
        b"date" if key == b"date" => Key::Time,
        b"receivetimestamp"
        | b"realtimetimestamp"
        | b"observedtimestamp"
        | b"observedtimeunixnano"
        | b"ingestiontime" => Key::SecondTime,
        b"message" | b"msg" | b"textpayload" | b"shortmessage" | b"logmessage" => Key::Message,
        b"m" if key == b"@m" => Key::Message,
        b"mt" if key == b"@mt" => Key::SecondMessage,
        b"event" | b"error" | b"err" | b"methodname" | b"text" => Key::SecondMessage,
        b"jsonpayload" | b"protopayload" | b"log" | b"body" => Key::Payload,
        b"stream" => Key::Stream,
        _ => Key::Other,
    }
}

/// First bytes of the keys above.
const STARTS: [bool; 256] = {
    let mut table = [false; 256];
    let starts = b"lsptdeioramjb@_-$";
    let mut n = 0;
    while n < starts.len() {
        table[starts[n] as usize] = true;
        table[starts[n].to_ascii_uppercase() as usize] = true;
        n += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let check = |keys: &[&str], expected| {
            for key in keys {
                assert_eq!(meaning(key.as_bytes()), expected, "{key}");
            }
        };
        check(
            &[
                "level",
                "LEVEL",
                "lvl",
                "log.level",
                "@level",
                "@l",
                "severity",
                "SeverityText",
                "log_level",
                "levelname",
            ],
            Key::Severity,
        );
        check(&["time", "ts", "@timestamp", "@t", "t", "timeUnixNano", "eventTime"], Key::Time);
        check(&["receiveTimestamp", "__REALTIME_TIMESTAMP"], Key::SecondTime);
        check(&["message", "msg", "MESSAGE", "@m", "textPayload", "short_message"], Key::Message);
        check(&["l", "m", "timestamps", "levels", "", "service", "trace_id", "T"], Key::Other);
    }
}
