//! Jobs write what they should.
