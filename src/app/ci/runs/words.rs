//! States of runs, jobs and steps in a word, and spans of time that do not change with every second.
//!
//! Owns the words. Must not know where they stand.

use crate::app::Role;
pub(in crate::app::ci) use crate::app::format::roughly;
use crate::model::ci::{Forge, Progress};
use crate::model::time::SECOND;

/// How a run is, in words.
pub const fn result(progress: Progress) -> &'static str {
    match progress {
        Progress::Waiting => "waiting",
        Progress::Running => "running",
        Progress::Passed => "passed",
        Progress::Failed => "failed",
        Progress::TimedOut => "timed out",
        Progress::Cancelled => "cancelled",
        Progress::Skipped => "skipped",
        Progress::Tolerated => "tolerated",
        Progress::Unknown => "unknown",
    }
}

/// How it is, as a mark among others: `ok`, `FAIL`, `>>` for what runs, `..` for what waits.
pub const fn mark(progress: Progress) -> (&'static str, Role) {
    match progress {
        Progress::Waiting => ("..", Role::Dim),
        Progress::Running => (">>", Role::Accent),
        Progress::Passed => ("ok", Role::Ok),
        Progress::Failed => ("FAIL", Role::Error),
        Progress::TimedOut => ("TIME", Role::Error),
        Progress::Cancelled => ("STOP", Role::Warn),
        Progress::Skipped => ("--", Role::Dim),
        Progress::Tolerated => ("warn", Role::Warn),
        Progress::Unknown => ("?", Role::Dim),
    }
}

/// A service's name.
pub(super) const fn service(forge: Forge) -> &'static str {
    match forge {
        Forge::Github => "GitHub",
        Forge::Gitlab => "GitLab",
    }
}

/// [`roughly`] for a column of six.
pub(super) fn short(nanos: i64) -> String {
    roughly(nanos).replace("a moment", "<10s")
}

/// The time to something that will happen: by the second in the last two minutes.
pub(super) fn until(nanos: i64) -> String {
    if nanos < 120 * SECOND { format!("{} s", nanos.max(0).div_euclid(SECOND)) } else { roughly(nanos) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        let check = |seconds: i64, rough: &str, next: &str| {
            assert_eq!((roughly(seconds * SECOND).as_str(), until(seconds * SECOND).as_str()), (rough, next));
        };
        check(-3, "a moment", "0 s");
        check(9, "a moment", "9 s");
        check(59, "50s", "59 s");
        check(119, "1m", "119 s");
        check(600, "10m", "10m");
        check(7_440, "2h04m", "2h04m");
        assert_eq!((short(9 * SECOND), short(20 * SECOND)), ("<10s".to_owned(), "20s".to_owned()));
    }
}
