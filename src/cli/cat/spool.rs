//! Streams that `cat` has to read twice, by the number of their input.
//!
//! Owns which are kept. Must not know why a stream is read twice, nor how it is kept.

use crate::cli::{Globals, Output};
use crate::infra::spool::{Kept, Spool};
use crate::model::Timestamp;
use crate::sources::files::{Input, InputError};
use anyhow::Context;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;

/// The text of streams, by the number of their input.
#[derive(Debug, Default)]
pub struct Spools(HashMap<usize, (String, Spool)>);

impl Spools {
    /// Reads an input to its end and keeps its text. What broke it off is the value; all before it is kept.
    ///
    /// # Errors
    /// The temporary file cannot be made or written.
    pub fn keep(
        &mut self,
        n: usize,
        input: &Input,
        now: Timestamp,
        globals: &Globals<'_>,
        out: &mut Output,
    ) -> anyhow::Result<Option<InputError>> {
        let directory = globals.environment.os("TMPDIR").map_or_else(|| Path::new("/tmp"), Path::new);
        let (reader, unopened) = match input.open() {
            Ok(reader) => (reader, None),
            Err(error) => (Box::new(io::empty()) as Box<_>, Some(error)),
        };
        let tick = |came| out.progress.tick(came, None, &input.name);
        let Kept { spool, problem } = Spool::keep(reader, directory, now.0 as u64, tick)
            .with_context(|| format!("{}: keeping {} for its second reading", directory.display(), input.name))?;
        out.counts.temporary += spool.bytes();
        self.0.insert(n, (input.name.clone(), spool));
        Ok(unopened.or_else(|| problem.map(|error| InputError::from_read(&input.name, error))))
    }

    /// The text of the `n`-th input from its start, if it is kept. One reader at a time.
    pub fn open(&self, n: usize) -> Option<Result<File, InputError>> {
        let (name, spool) = self.0.get(&n)?;
        Some(spool.open().map_err(|error| InputError::io(name, error)))
    }
}
