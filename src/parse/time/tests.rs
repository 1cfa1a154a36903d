//! What counts as a time, and as which one.
