//! `--stats`: what a command read and what it took.
//!
//! Owns the counts and the block on standard error. Must not know the commands.

use crate::app::format::{bytes, thousands};
use std::{fmt::Write, time::Duration};

/// What a command counts while it works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Physical lines read.
    pub lines: u64,
    /// Records made of them.
    pub records: u64,
    /// Bytes written to temporary files.
    pub temporary: u64,
}

/// What the process took so far, as far as the system tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time in user space.
    pub user: Option<Duration>,
    /// Processor time in the kernel.
    pub system: Option<Duration>,
    /// The most resident memory at any time, in bytes.
    pub peak_memory: Option<u64>,
}

impl Usage {
    /// Asks `/proc`; where there is none, nothing is known.
    pub fn of_process() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        Self::from_proc(&read("/proc/self/stat"), &read("/proc/self/status"))
    }

    fn from_proc(stat: &str, status: &str) -> Self {
        // The second field is the program's name in parentheses and may hold blanks; utime and stime are the 14th and
        // 15th, in hundredths of a second.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let mut ticks = after_name.split_whitespace().skip(11).map(|field| field.parse::<u64>().ok());
        let mut next = || ticks.next().flatten().map(|ticks| Duration::from_millis(ticks * 10));
        let (user, system) = (next(), next());
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak_memory = peak.and_then(|text| text.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        Self { user, system, peak_memory: peak_memory.map(|kib| kib * 1024) }
    }
}

/// The block that `--stats` prints.
pub fn block(counts: &Counts, wall: Duration, usage: &Usage) -> String {
    let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
    let cpu = match (usage.user, usage.system) {
        (Some(user), Some(system)) => {
            format!("{} (user {}, system {})", seconds(user + system), seconds(user), seconds(system))
        }
        _ => "unknown on this system".to_owned(),
    };
    let peak = usage.peak_memory.map_or_else(|| "unknown on this system".to_owned(), exact);
    let rows = [
        ("bytes", exact(counts.bytes)),
        ("lines", thousands(counts.lines)),
        ("records", thousands(counts.records)),
        ("wall", seconds(wall)),
        ("cpu", cpu),
        ("peak memory", peak),
        ("temporary", exact(counts.temporary)),
    ];
    let mut text = String::from("stats:");
    for (name, value) in rows {
        let _ = write!(text, "\n  {name:<12} {value}");
    }
    text
}

/// A number of bytes for people, and exactly.
fn exact(n: u64) -> String {
    if n < 1024 { format!("{n} bytes") } else { format!("{} ({} bytes)", bytes(n), thousands(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact() {
        let check = |n: u64, expected: &str| assert_eq!(exact(n), expected);
        check(1023, "1023 bytes");
        check(1024, "1.0 KiB (1,024 bytes)");
        check(u64::MAX, "16384.0 PiB (18,446,744,073,709,551,615 bytes)");
    }

    #[test]
    fn proc_files() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194304 100 0 0 0 150 25 0 0 20 0 1 0 100 1000 100";
        let usage = Usage::from_proc(stat, "Name:\tx\nVmHWM:\t    2048 kB\n");
        assert_eq!(usage.user, Some(Duration::from_millis(1500)));
        assert_eq!(usage.system, Some(Duration::from_millis(250)));
        assert_eq!(usage.peak_memory, Some(2 << 20));
        assert_eq!(Usage::from_proc("", "VmHWM: lots"), Usage::default());
    }

    #[test]
    fn the_block_has_every_number() {
        let counts = Counts { bytes: 5_000_000, lines: 4000, records: 3999, temporary: 0 };
        let text = block(&counts, Duration::from_millis(1234), &Usage::default());
        for part in ["4.8 MiB (5,000,000 bytes)", "4,000", "3,999", "1.234 s", "unknown", "temporary    0 bytes"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
