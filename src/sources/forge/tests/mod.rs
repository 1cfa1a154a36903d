//! Tests against a server that follows a script.

mod script;

mod asking;
mod downloading;
mod meaning;
mod pacing;
mod refusing;
mod watching;
