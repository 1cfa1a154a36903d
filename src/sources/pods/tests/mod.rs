//! What the source of pods promises, in parts and as a whole.

mod cursor;
mod hostile;
mod restarts;
mod resume;
mod silence;
mod stand;
mod whole;
mod words;
