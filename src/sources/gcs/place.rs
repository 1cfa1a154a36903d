//! How far an object was read, so that reading goes on exactly there: now, after a break, or in a later run.
//!
//! Owns places, their form as text, and the check that what was read before is still the same. Must not read anything.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Bytes before the furthest place that are compared when reading goes on in another version.
const CHECKED: usize = 1024;

/// What offsets count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Unit {
    /// Bytes of the object as it is stored: reading can begin anywhere.
    #[default]
    Stored,
    /// Bytes of text that come out of it: it has to be read from its start.
    Text,
}

/// How far an object was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The version.
    pub(super) generation: i64,
    pub(super) unit: Unit,
    /// All before it is in records that were sent.
    pub(super) settled: u64,
    /// How far bytes came; at least `settled`.
    pub(super) fed: u64,
    /// How many bytes before `fed` were looked at, and their checksum.
    pub(super) len: u32,
    pub(super) crc: u32,
    /// Whether that was all of it.
    pub(super) is_whole: bool,
}

impl Place {
    /// The start of a version.
    pub(super) fn start(generation: i64) -> Self {
        Self { generation, ..Self::default() }
    }

    /// Where reading begins, in stored bytes.
    pub(super) fn first_byte(&self) -> u64 {
        match self.unit {
            Unit::Stored => self.settled.min(self.fed.saturating_sub(u64::from(self.len))),
            Unit::Text => 0,
        }
    }
}

/// `GENERATION:stored:SETTLED:FED:LEN:CRC`, and `:whole` behind it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Stored => "stored",
            Unit::Text => "text",
        };
        let Self { generation, settled, fed, len, crc, .. } = self;
        let whole = if self.is_whole { ":whole" } else { "" };
        write!(f, "{generation}:{unit}:{settled}:{fed}:{len}:{crc:08x}{whole}")
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (text, is_whole) = text.strip_suffix(":whole").map_or((text, false), |text| (text, true));
        let parts: Vec<&str> = text.split(':').collect();
        let [generation, unit, settled, fed, len, crc] = parts[..] else { return Err(()) };
        let unit = match unit {
            "stored" => Unit::Stored,
            "text" => Unit::Text,
            _ => return Err(()),
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_| ());
        let place = Self {
            generation: generation.parse().map_err(|_| ())?,
            unit,
            settled: number(settled)?,
            fed: number(fed)?,
            len: len.parse().map_err(|_| ())?,
            crc: u32::from_str_radix(crc, 16).map_err(|_| ())?,
            is_whole,
        };
        let is_sound = place.settled <= place.fed && u64::from(place.len) <= place.fed && place.len <= CHECKED as u32;
        is_sound.then_some(place).ok_or(())
    }
}

/// The last bytes that came, for the check.
#[derive(Debug, Default)]
pub(super) struct Tail(Vec<u8>);

impl Tail {
    /// More bytes came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if bytes.len() >= CHECKED {
            self.0.clear();
        } else {
            let over = (self.0.len() + bytes.len()).saturating_sub(CHECKED);
            self.0.drain(..over.min(self.0.len()));
        }
        self.0.extend_from_slice(&bytes[bytes.len().saturating_sub(CHECKED)..]);
    }

    /// How many are held, and their checksum.
    pub(super) fn sum(&self) -> (u32, u32) {
        (self.0.len() as u32, crc(&self.0))
    }
}

/// What was read before is not there any more: the object was rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rewritten;

/// Lets through what was not read before, once what was read before has been found to be the same.
#[derive(Debug)]
pub(super) struct Gate {
    /// The offset of the next byte that comes.
    at: u64,
    settled: u64,
    /// The bytes that are compared, while they were not.
    check: Option<Check>,
    /// Bytes behind `settled` that wait for the comparison.
    held: Vec<u8>,
}

#[derive(Debug)]
struct Check {
    start: u64,
    end: u64,
    crc: u32,
    seen: flate2::Crc,
}

impl Gate {
    /// The gate for reading on at a place; bytes come from [`Place::first_byte`] on.
    pub(super) fn new(place: &Place) -> Self {
        let start = place.fed - u64::from(place.len);
        let check = (place.len > 0).then(|| Check { start, end: place.fed, crc: place.crc, seen: flate2::Crc::new() });
        Self { at: place.first_byte(), settled: place.settled, check, held: Vec::new() }
    }

    /// What of these bytes, and of those before, is new.
    ///
    /// # Errors
    /// What was read before is no longer the same.
    pub(super) fn pass<'b>(&mut self, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, Rewritten> {
        let from = self.at;
        self.at += bytes.len() as u64;
        let cut = |offset: u64| usize::try_from(offset.saturating_sub(from)).unwrap_or(usize::MAX).min(bytes.len());
        let fresh = &bytes[cut(self.settled)..];
        let Some(check) = &mut self.check else { return Ok(Cow::Borrowed(fresh)) };
        check.seen.update(&bytes[cut(check.start)..cut(check.end)]);
        self.held.extend_from_slice(fresh);
        if self.at < check.end {
            return Ok(Cow::Borrowed(&[]));
        }
        let is_same = check.seen.sum() == check.crc;
        self.check = None;
        if is_same { Ok(Cow::Owned(std::mem::take(&mut self.held))) } else { Err(Rewritten) }
    }

    /// Whether what comes now is new.
    pub(super) const fn is_open(&self) -> bool {
        self.check.is_none() && self.at >= self.settled
    }

    /// The bytes have ended.
    ///
    /// # Errors
    /// There were fewer than before.
    pub(super) fn end(&self) -> Result<(), Rewritten> {
        if self.check.is_some() || self.at < self.settled { Err(Rewritten) } else { Ok(()) }
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_as_text() {
        let place = Place {
            generation: 1_700_000_000_000_001,
            unit: Unit::Text,
            settled: 5,
            fed: 9,
            len: 9,
            crc: 0xab,
            is_whole: false,
        };
        assert_eq!(place.to_string(), "1700000000000001:text:5:9:9:000000ab");
        for place in [place, Place { is_whole: true, unit: Unit::Stored, ..place }] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for bad in
            ["", "1", "1:stored:1:2:3", "1:disk:1:2:1:0", "1:stored:3:2:1:0", "1:stored:0:2:3:0", "1:text:0:0:0:x"]
        {
            assert_eq!(bad.parse::<Place>(), Err(()), "{bad}");
        }
    }

    /// Reads `new` on from where `old` was read up to `settled` and `fed`, in pieces.
    fn go_on(old: &[u8], (settled, fed): (usize, usize), new: &[u8], piece: usize) -> Result<Vec<u8>, Rewritten> {
        let mut tail = Tail::default();
        old[..fed].chunks(piece).for_each(|bytes| tail.push(bytes));
        let (len, crc) = tail.sum();
        let place = Place {
            generation: 1,
            unit: Unit::Stored,
            settled: settled as u64,
            fed: fed as u64,
            len,
            crc,
            is_whole: false,
        };
        let mut gate = Gate::new(&place);
        let mut got = Vec::new();
        let first = (place.first_byte() as usize).min(new.len());
        for bytes in new[first..].chunks(piece) {
            got.extend_from_slice(&gate.pass(bytes)?);
        }
        gate.end()?;
        Ok(got)
    }

    #[test]
    fn reading_goes_on_only_behind_the_same_bytes() {
        let old: Vec<u8> = (0..5000_u32).flat_map(u32::to_le_bytes).collect();
        let grown = [&old[..], b"more"].concat();
        let mut other = grown.clone();
        other[19_500] ^= 1;
        for piece in [1, 7, 1023, 1024, 1025, 100_000] {
            for (settled, fed) in [(0, 0), (0, 10), (10, 10), (15_000, 20_000), (20_000, 20_000), (19_990, 20_000)] {
                let (full, part) = ((settled, fed), "settled {settled}, fed {fed}, pieces of {piece}");
                assert_eq!(go_on(&old, full, &grown, piece).as_deref(), Ok(&grown[settled..]), "{part}");
                if fed == 20_000 {
                    assert_eq!(go_on(&old, full, &other, piece), Err(Rewritten), "{part}");
                    assert_eq!(go_on(&old, full, &old[..19_000], piece), Err(Rewritten), "it shrank: {part}");
                }
            }
        }
    }
}
