//! A set of sources. Must not know what they are.

use crate::model::SourceId;

/// A set of sources; cheap to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSet {
    /// One bit for each source id.
    bits: [u64; SourceSet::WORDS],
}

impl SourceSet {
    const WORDS: usize = (SourceId::MAX as usize + 1) / 64;

    /// No source.
    pub const NONE: Self = Self { bits: [0; Self::WORDS] };
    /// Every source, also those that are opened later.
    pub const ALL: Self = Self { bits: [u64::MAX; Self::WORDS] };

    /// Whether the source is in it.
    pub fn contains(&self, source: SourceId) -> bool {
        let (word, bit) = Self::place(source);
        self.bits[word] & bit != 0
    }

    /// Adds a source.
    pub fn insert(&mut self, source: SourceId) {
        let (word, bit) = Self::place(source);
        self.bits[word] |= bit;
    }

    fn place(source: SourceId) -> (usize, u64) {
        let id = usize::from(source.0 & SourceId::MAX);
        (id / 64, 1 << (id % 64))
    }
}

impl FromIterator<SourceId> for SourceSet {
    fn from_iter<I: IntoIterator<Item = SourceId>>(sources: I) -> Self {
        let mut set = Self::NONE;
        sources.into_iter().for_each(|source| set.insert(source));
        set
    }
}
