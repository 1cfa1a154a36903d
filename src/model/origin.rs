//! Where a record came from: a source (one configured address) and an origin inside it (a file, a zip entry, a
//! container, an object).
//!
//! Owns the two ids. Must not know what kinds of source exist.

/// One opened source address. At most [`SourceId::MAX`] + 1 are open at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u16);

impl SourceId {
    /// The highest id: ten bits of an [`OriginId`] hold it.
    pub const MAX: u16 = 1023;
}

/// A file, entry, container or object within a source; the source's id is part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginId(u32);

impl OriginId {
    /// The highest number of an origin within its source (4,194,303).
    pub const MAX_LOCAL: u32 = (1 << 22) - 1;

    /// The `local`-th origin of `source`. Numbers above [`OriginId::MAX_LOCAL`] share the last one.
    pub const fn new(source: SourceId, local: u32) -> Self {
        let local = if local > Self::MAX_LOCAL { Self::MAX_LOCAL } else { local };
        Self(((source.0 & SourceId::MAX) as u32) << 22 | local)
    }

    /// The source that the origin belongs to.
    pub const fn source(self) -> SourceId {
        SourceId((self.0 >> 22) as u16)
    }

    /// The origin's number within its source.
    pub const fn local(self) -> u32 {
        self.0 & Self::MAX_LOCAL
    }
}
