//! Tables of lines and what they are.
