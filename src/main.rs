//! logdeck.
fn main() {}
