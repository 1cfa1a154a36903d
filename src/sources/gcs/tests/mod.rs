//! The source of objects: what it decides, and how it goes against the embedded storage.

mod deciding;
mod refusing;
mod resuming;
mod shapes;
mod stand;
mod whole;
