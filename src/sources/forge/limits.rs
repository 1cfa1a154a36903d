//! How often a server may be asked: quotas, waits, and the pace of polling.
//!
//! Owns the arithmetic; pure. Must not wait or ask itself. Moments are ours: the server's clock is only compared with
//! ours, so that a wrong one of either does not matter.

use crate::model::Timestamp;
use crate::model::ci::Quota;
use crate::model::time::{MILLISECOND, SECOND};
use std::time::Duration;

/// The longest wait that a server may ask for with `Retry-After`.
pub const MAX_WAIT: Duration = Duration::from_mins(15);
/// The least wait after a limit about which the server says nothing more.
pub const MIN_WAIT: Duration = Duration::from_mins(1);
/// The longest time until a quota is full again that is believed: GitHub's is an hour.
const MAX_RESET: Duration = Duration::from_hours(2);

/// For whom a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Nobody waits for it: it leaves the reserve alone.
    Background,
    /// A person waits for it.
    Person,
}

/// What is known of a server's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    quota: Quota,
    /// The server's clock minus ours, in nanoseconds.
    skew: i64,
    /// Nothing is asked before.
    blocked: Option<Timestamp>,
    /// How many limits were hit in a row.
    hits: u32,
}

/// Why a request is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The server wants none before this moment.
    Blocked(Timestamp),
    /// What is left is for people, until this moment.
    Reserved(Timestamp),
}

impl Limits {
    /// What may still be asked, by our clock.
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// The server's clock minus ours.
    pub const fn skew_nanos(&self) -> i64 {
        self.skew
    }

    /// Reads the headers of an answer that came at `now`.
    pub fn learn(&mut self, headers: &[(String, String)], now: Timestamp) {
        if let Some(date) = header(headers, "date").and_then(http_date) {
            self.skew = date.0.saturating_sub(now.0);
        }
        // GitHub counts searches and GraphQL apart.
        if header(headers, "x-ratelimit-resource").is_some_and(|resource| resource != "core") {
            return;
        }
        let number = |names: [&str; 2]| names.iter().find_map(|name| header(headers, name)?.trim().parse::<u64>().ok());
        let left = number(["x-ratelimit-remaining", "ratelimit-remaining"]);
        let limit = number(["x-ratelimit-limit", "ratelimit-limit"]);
        let resets = number(["x-ratelimit-reset", "ratelimit-reset"]).and_then(|reset| self.reset(reset, now));
        let Some(left) = left else { return };
        let is_same_window = match (self.quota.resets, resets) {
            (Some(old), Some(new)) => old > now && (old.0 - new.0).abs() <= 2 * SECOND,
            _ => false,
        };
        // Answers may overtake each other: within a window the smaller number is the newer one.
        let left = if is_same_window { self.quota.left.map_or(left, |old| old.min(left)) } else { left };
        let resets = if is_same_window { self.quota.resets } else { resets };
        self.quota = Quota { left: Some(left), limit: limit.or(self.quota.limit), resets };
        self.hits = if left > 0 && self.blocked.is_none_or(|until| until <= now) { 0 } else { self.hits };
    }

    /// A moment of the server's clock (seconds since 1970; some servers: from now) by ours; none when it makes no sense.
    fn reset(&self, seconds: u64, now: Timestamp) -> Option<Timestamp> {
        if seconds < 1_000_000_000 {
            return Some(now.saturating_add(nanos(Duration::from_secs(seconds).min(MAX_RESET))));
        }
        let theirs = i64::try_from(seconds).ok()?.checked_mul(SECOND)?;
        let ours = theirs.saturating_sub(self.skew);
        let latest = now.saturating_add(nanos(MAX_RESET)).0;
        Some(Timestamp(ours.clamp(now.0, latest)))
    }

    /// The server refused a request because of a limit. `is_spent`: all of the quota. Gives the moment from which on it may
    /// be asked again. `dice` is a random number.
    pub fn refused(&mut self, headers: &[(String, String)], is_spent: bool, now: Timestamp, dice: u64) -> Timestamp {
        let asked = header(headers, "retry-after").and_then(|value| self.retry_after(value, now));
        let reset = if is_spent { self.quota.resets } else { None };
        let reset = reset.filter(|reset| *reset > now);
        let until = match (asked, reset) {
            (Some(wait), _) => now.saturating_add(nanos(wait)),
            // A little later than the server says, so that its clock has surely struck.
            (None, Some(reset)) => reset.saturating_add(SECOND),
            (None, None) => now.saturating_add(nanos(backoff(self.hits, MIN_WAIT, MAX_WAIT, dice).max(MIN_WAIT))),
        };
        self.hits = self.hits.saturating_add(1);
        self.blocked = Some(self.blocked.map_or(until, |old| old.max(until)));
        until
    }

    /// `Retry-After`: seconds or a date, at most [`MAX_WAIT`].
    fn retry_after(&self, value: &str, now: Timestamp) -> Option<Duration> {
        let value = value.trim();
        if let Ok(seconds) = value.parse::<u64>() {
            return Some(Duration::from_secs(seconds).min(MAX_WAIT));
        }
        if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
            return Some(MAX_WAIT);
        }
        let date = http_date(value)?;
        let left = date.0.saturating_sub(self.skew).saturating_sub(now.0).max(0);
        Some(Duration::from_nanos(left as u64).min(MAX_WAIT))
    }

    /// Whether a request may be sent now.
    ///
    /// # Errors
    /// Until when it has to wait.
    pub fn may(&self, urgency: Urgency, now: Timestamp) -> Result<(), Wait> {
        if let Some(until) = self.blocked.filter(|until| *until > now) {
            return Err(Wait::Blocked(until));
        }
        match self.resets(now) {
            Some(reset) if urgency == Urgency::Background && self.spendable(now) == Some(0) => {
                Err(Wait::Reserved(reset))
            }
            _ => Ok(()),
        }
    }

    /// When the quota is full again, if that is still to come.
    fn resets(&self, now: Timestamp) -> Option<Timestamp> {
        self.quota.resets.filter(|reset| *reset > now)
    }

    /// The part of the quota that is kept for people: a tenth, and at least 20.
    pub fn reserve(&self) -> u64 {
        (self.quota.limit.unwrap_or(0) / 10).max(20)
    }

    /// What requests in the background may still spend; none when there is no quota or it is full again.
    pub fn spendable(&self, now: Timestamp) -> Option<u64> {
        self.resets(now)?;
        // Of a quota that is not larger than the reserve, half may be spent.
        let reserve = self.quota.limit.map_or(self.reserve(), |limit| self.reserve().min(limit / 2));
        self.quota.left.map(|left| left.saturating_sub(reserve))
    }

    /// How long to wait between two rounds of polling that shall be `wanted` apart. `demand` is what all who share this
    /// quota would like to ask together, in requests a second; where that is more than lasts until the quota is full
    /// again, all of them wait longer in the same measure.
    pub fn pace(&self, wanted: Duration, demand: f64, now: Timestamp) -> Duration {
        let (Some(spendable), Some(reset)) = (self.spendable(now), self.resets(now)) else { return wanted };
        let left = Duration::from_nanos((reset.0 - now.0).max(0) as u64);
        if spendable == 0 {
            return wanted.max(left);
        }
        let stretch = demand * left.as_secs_f64() / spendable as f64;
        if stretch > 1.0 { wanted.mul_f64(stretch.min(1000.0)).min(wanted.max(left)) } else { wanted }
    }
}

/// The wait before try number `tries` (from 0): doubled each time from `base` up to `most`, less up to a half at random.
pub fn backoff(tries: u32, base: Duration, most: Duration, dice: u64) -> Duration {
    let whole = base.saturating_mul(1 << tries.min(20)).min(most);
    let half = whole / 2;
    half + half.mul_f64((dice % 1024) as f64 / 1023.0)
}

/// `wait`, and up to a tenth more, so that many that began together do not stay together.
pub fn jitter(wait: Duration, dice: u64) -> Duration {
    wait + wait.mul_f64((dice % 1024) as f64 / 10_240.0)
}

/// The next of a row of random numbers (`SplitMix64`); good enough to spread requests.
pub fn next_random(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (state, z ^ (z >> 31))
}

/// A duration in nanoseconds, held at the end of the range.
pub fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// From `now` to a moment; nothing when it has passed. At least a millisecond otherwise.
pub fn until(moment: Timestamp, now: Timestamp) -> Duration {
    let left = moment.0.saturating_sub(now.0);
    if left <= 0 { Duration::ZERO } else { Duration::from_nanos(left.max(MILLISECOND) as u64) }
}

/// A date as HTTP headers have it.
fn http_date(value: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::parse(value.trim()).ok()?;
    Timestamp::from_jiff(zoned.timestamp())
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}
