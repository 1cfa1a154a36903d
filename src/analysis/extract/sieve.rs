//! Finds the few lines of a text that may contain one of many literals.
//!
//! Owns the sieve. Must not know rules. An automaton of all literals follows one byte after the other and reads well under
//! 1 GB/s; the sieve looks at four bytes at every second place, independent of each other, and is three times as fast. Each
//! literal is known by the two groups of four bytes at the start of a window of five that is rare in text.

use aho_corasick::packed::Searcher;
use std::collections::HashSet;

/// Literals that are shorter are looked for by other means, in a pass of their own. There may be 64 of them at most.
const WINDOW: usize = 5;
/// log2 of the bits that say whether a group may be known.
const BITS: u32 = 18;
/// log2 of the slots that say whether it is.
const SLOTS: u32 = 13;

/// Words that healthy logs are full of: groups of theirs tell nothing.
const COMMON: &str = "test tests testing core main lang java junit item info from with version start work line already requirement satisfied \
    requirements https http home runner group endgroup step steps build building built shell bash remote repository repositories \
    checkout checking check objects counting compressing receiving resolving deltas download downloading downloaded compiling \
    compiled compile compiler config configure install installed installing packages package python maven site apache commons \
    progress central time total elapsed skipped failures errors running passed finish finished start started done cache cached \
    fetch fetching snapshot plugin action actions workflow workspace permissions contents secret source sources local directory \
    files file found node modules module name index main master branch origin head default commit status none true false null \
    using setup cleanup complete prepare picked looking linux debian ubuntu docker image server client model process processes \
    service cargo crate target release debug output expected this that when will your been have into over case cases warning \
    message project support system execution session command section travis fold gradle surefire execute execut assert version \
    ... -- == -> :: .java .py org. com. src/ lib/ usr/ www. git@";

/// Groups of four bytes by which literals are known.
#[derive(Debug)]
pub(super) struct Sieve {
    bits: Vec<u64>,
    /// A group and the literals that it stands in; zero for none.
    slots: Vec<(u32, u32)>,
    /// Whose the groups are, by slot.
    owners: Vec<Vec<Owner>>,
    /// Short ones, by their first byte where that is no ASCII: such bytes are rare.
    symbols: Vec<(u8, Vec<Box<[u8]>>)>,
    short: Option<Searcher>,
}

/// A literal that a group stands in.
#[derive(Debug)]
struct Owner {
    literal: Box<[u8]>,
    /// Where the group is in it.
    place: usize,
    first: u8,
    last: u8,
}

impl Owner {
    /// Whether the literal stands around its group at this place. Its ends are compared first: mostly they differ.
    fn stands(&self, text: &[u8], at: usize) -> bool {
        let Some(start) = at.checked_sub(self.place) else { return false };
        text.get(start) == Some(&self.first)
            && text.get(start + self.literal.len() - 1) == Some(&self.last)
            && text[start..].starts_with(&self.literal)
    }
}

impl Sieve {
    pub(super) fn new(literals: &[String]) -> Self {
        let mut sieve = Self {
            bits: vec![0; 1 << (BITS - 6)],
            slots: vec![(0, 0); 1 << SLOTS],
            owners: Vec::new(),
            symbols: Vec::new(),
            short: None,
        };
        let common: HashSet<u32> = COMMON
            .split(' ')
            .map(|word| format!(" {word} "))
            .flat_map(|word| word.as_bytes().windows(4).map(load).collect::<Vec<_>>())
            .chain([b"    ", b"----", b"====", b"....", b"****", b"____"].map(|four| load(four)))
            .collect();
        let mut short = Vec::new();
        for literal in literals {
            let bytes = literal.as_bytes();
            if bytes.len() >= WINDOW {
                sieve.add(bytes, &common);
            } else if bytes.first().is_some_and(u8::is_ascii) {
                short.push(bytes);
            } else if let Some(first) = bytes.first() {
                match sieve.symbols.iter_mut().find(|(byte, _)| byte == first) {
                    Some((_, list)) => list.push(bytes.into()),
                    None => sieve.symbols.push((*first, vec![bytes.into()])),
                }
            }
        }
        sieve.short = Searcher::new(short);
        sieve
    }

    fn add(&mut self, literal: &[u8], common: &HashSet<u32>) {
        let cost = |window: &[u8]| {
            let known = [&window[..4], &window[1..]].iter().filter(|four| common.contains(&load(four))).count() as u32;
            window.iter().map(|b| commonness(*b)).sum::<u32>() + known * 40
        };
        let Some((start, _)) = literal.windows(WINDOW).enumerate().min_by_key(|(_, window)| cost(window)) else {
            return;
        };
        for at in [start, start + 1] {
            let group = load(&literal[at..at + 4]);
            let hash = hash(group);
            self.bits[(hash >> 6) as usize] |= 1u64 << (hash & 63);
            let mut slot = slot_of(hash);
            while self.slots[slot].0 != 0 && self.slots[slot].0 != group {
                slot = (slot + 1) % self.slots.len();
            }
            if self.slots[slot].0 == 0 {
                self.slots[slot] = (group, self.owners.len() as u32);
                self.owners.push(Vec::new());
            }
            let owner = self.slots[slot].1 as usize;
            self.owners[owner].push(Owner {
                literal: literal.into(),
                place: at,
                first: literal[0],
                last: literal[literal.len() - 1],
            });
        }
    }

    /// Gives places in literals of the text, in no order. Every line that has a literal gets one.
    pub(super) fn places(&self, text: &[u8], mut give: impl FnMut(usize)) {
        let mut at = 0;
        while let Some(eight) = text.get(at..at + 8) {
            let value = u64::from_le_bytes(eight.try_into().unwrap_or_default());
            let (first, second) = (value as u32, (value >> 16) as u32);
            if self.may_know(first) | self.may_know(second) {
                if self.knows(first, text, at) {
                    give(at);
                }
                if self.knows(second, text, at + 2) {
                    give(at + 2);
                }
            }
            at += 4;
        }
        while let Some(four) = text.get(at..at + 4) {
            if self.knows(load(four), text, at) {
                give(at);
            }
            at += 2;
        }
        for (first, list) in &self.symbols {
            for place in memchr::memchr_iter(*first, text) {
                if list.iter().any(|symbol| text[place..].starts_with(symbol)) {
                    give(place);
                }
            }
        }
        for found in self.short.iter().flat_map(|short| short.find_iter(text)) {
            give(found.start());
        }
    }

    fn may_know(&self, group: u32) -> bool {
        let hash = hash(group);
        self.bits.get((hash >> 6) as usize).is_some_and(|word| word >> (hash & 63) & 1 == 1)
    }

    /// Whether one of the group's literals stands here.
    fn knows(&self, group: u32, text: &[u8], at: usize) -> bool {
        if !self.may_know(group) {
            return false;
        }
        let mut slot = slot_of(hash(group));
        while self.slots[slot].0 != 0 {
            if self.slots[slot].0 == group {
                let owners = &self.owners[self.slots[slot].1 as usize];
                return owners.iter().any(|owner| owner.stands(text, at));
            }
            slot = (slot + 1) % self.slots.len();
        }
        false
    }
}

fn load(group: &[u8]) -> u32 {
    u32::from_le_bytes(group.try_into().unwrap_or_default())
}

fn hash(group: u32) -> u32 {
    group.wrapping_mul(0x9e37_79b1) >> (32 - BITS)
}

fn slot_of(hash: u32) -> usize {
    (hash >> (BITS - SLOTS)) as usize
}

/// How common a byte is in logs, roughly.
fn commonness(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b't' | b'a' | b'i' | b'n' | b's' | b'r' | b'o' | b'0'..=b'9' => 6,
        b'l' | b'c' | b'd' | b'u' | b'm' | b'p' | b'.' | b'-' | b'/' | b':' => 4,
        b'a'..=b'z' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_literal_is_left_out_wherever_it_stands() {
        let literals: Vec<String> =
            ["error:", "FAILED", "E   ", "✗", "Traceback", "error[", "x.y"].map(str::to_owned).to_vec();
        let sieve = Sieve::new(&literals);
        for literal in &literals {
            for before in 0..12 {
                for after in 0..12 {
                    let text = format!("{}{literal}{}", "-".repeat(before), "-".repeat(after));
                    let mut places = Vec::new();
                    sieve.places(text.as_bytes(), |place| places.push(place));
                    let near = before..before + literal.len();
                    assert!(places.iter().any(|place| near.contains(place)), "{text:?}: {places:?}");
                }
            }
        }
        let mut places = Vec::new();
        sieve.places(b"nothing of interest stands in this text, nor anywhere else", |place| places.push(place));
        assert!(places.is_empty(), "{places:?}");
    }
}
