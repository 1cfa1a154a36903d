//! What the process takes of the machine's memory.
//!
//! Owns the question to the system. Must not know what is held.

/// Resident memory in bytes, as Linux tells it; elsewhere nothing is known.
pub fn resident() -> Option<u64> {
    from_status(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn from_status(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_part_is_read() {
        assert_eq!(from_status("VmHWM:\t 9 kB\nVmRSS:\t    2048 kB\n"), Some(2 << 20));
        for status in ["", "VmRSS: lots", "VmRSS: 5 MB", "VmRSS:\t99999999999999999 kB"] {
            assert_eq!(from_status(status), None, "{status}");
        }
    }
}
