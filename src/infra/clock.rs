//! The system's clock.
//!
//! Owns the only look at it. Must not know who wants to know the time.

use crate::model::Timestamp;
use crate::ports::Clock;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the system's time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let nanos = |span: std::time::Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        Timestamp(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => nanos(since),
            Err(before) => -nanos(before.duration()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_later_than_this_line_was_written() {
        assert!(SystemClock.now() > Timestamp(1_700_000_000_000_000_000));
    }
}
