//! The log formats that parsing tells apart.
//!
//! Owns their list and names. Must not know how they are parsed.

/// The format that a record was read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Format {
    /// Text that no other format explains.
    #[default]
    Plain = 0,
    /// One JSON object a line (zap, logrus, pino, ECS, OTLP, Google Cloud Logging, journald …).
    Json,
    /// Docker's json-file driver: the message is JSON-escaped in `log`.
    DockerJson,
    /// `key=value` pairs.
    Logfmt,
    /// Kubernetes components: `E0102 15:04:05.000000 1 file.go:12] message`.
    Klog,
    /// Container runtime interface: `TIME stdout F message`.
    Cri,
    /// RFC 3164: `Jan  2 15:04:05 host app[1]: message`, with or without a priority.
    Syslog3164,
    /// RFC 5424: `<34>1 TIME host app pid msgid [sd] message`.
    Syslog5424,
    /// nginx and Apache access logs (common and combined).
    Access,
    /// nginx error log: `2025/01/02 15:04:05 [error] 1#1: *2 message`.
    NginxError,
    /// Apache error log: `[Wed Oct 11 14:32:52.1 2000] [core:error] [pid 1] message`.
    ApacheError,
    /// PostgreSQL's stderr log: `2025-01-02 15:04:05 UTC [1] ERROR:  message`.
    Postgres,
    /// Python's logging: `2025-01-02 15:04:05,123 - name - ERROR - message` and `ERROR:name:message`.
    Python,
    /// log4j, logback and their kin: `2025-01-02 15:04:05,123 [thread] ERROR logger - message`.
    Log4j,
    /// Rust's `env_logger` and tracing: `[2025-01-02T15:04:05Z ERROR target] message`.
    RustLog,
    /// Go's standard log: `2025/01/02 15:04:05 file.go:1: message`.
    GoLog,
    /// Any other line that begins with a time, and perhaps a level.
    Header,
    /// GitHub Actions: `2025-01-01T00:00:00.0000000Z message`.
    GithubActions,
    /// GitLab CI: sections, ANSI, `\r`.
    Gitlab,
    /// A line that logdeck itself put into the stream: a gap, a rotation, an eviction.
    Note,
}

impl Format {
    /// Every format, in the order of their numbers.
    pub const ALL: [Self; 20] = [
        Self::Plain,
        Self::Json,
        Self::DockerJson,
        Self::Logfmt,
        Self::Klog,
        Self::Cri,
        Self::Syslog3164,
        Self::Syslog5424,
        Self::Access,
        Self::NginxError,
        Self::ApacheError,
        Self::Postgres,
        Self::Python,
        Self::Log4j,
        Self::RustLog,
        Self::GoLog,
        Self::Header,
        Self::GithubActions,
        Self::Gitlab,
        Self::Note,
    ];

    /// The format with this number; `Plain` when there is none.
    pub fn from_u8(n: u8) -> Self {
        Self::ALL.get(usize::from(n)).copied().unwrap_or_default()
    }

    /// The name that people use for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain text",
            Self::Json => "JSON",
            Self::DockerJson => "Docker JSON",
            Self::Logfmt => "logfmt",
            Self::Klog => "klog",
            Self::Cri => "CRI",
            Self::Syslog3164 => "syslog (RFC 3164)",
            Self::Syslog5424 => "syslog (RFC 5424)",
            Self::Access => "access log",
            Self::NginxError => "nginx error log",
            Self::ApacheError => "Apache error log",
            Self::Postgres => "PostgreSQL",
            Self::Python => "Python logging",
            Self::Log4j => "log4j",
            Self::RustLog => "Rust log",
            Self::GoLog => "Go log",
            Self::Header => "text with a time",
            Self::GithubActions => "GitHub Actions",
            Self::Gitlab => "GitLab CI",
            Self::Note => "note",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_survives_its_number() {
        for (n, format) in Format::ALL.into_iter().enumerate() {
            assert_eq!((format as usize, Format::from_u8(n as u8)), (n, format));
        }
    }
}
