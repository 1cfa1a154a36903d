//! The source of objects: what it decides, and how it goes against a server.
