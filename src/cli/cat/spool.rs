//! Streams that have to be read twice, kept in temporary files without a name.
//!
//! Owns these files. Must not know why a stream is read twice.

use crate::cli::{Globals, Output};
use crate::infra::files::unnamed;
use crate::model::Timestamp;
use crate::sources::files::{Input, InputError};
use anyhow::Context;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// Bytes that are copied at once.
const CHUNK: usize = 256 * 1024;

/// The text of streams, by the number of their input.
#[derive(Debug, Default)]
pub struct Spools(HashMap<usize, (String, File)>);

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
        let failed = || format!("{}: keeping {} for its second reading", directory.display(), input.name);
        let mut file = unnamed(directory, now.0 as u64).with_context(failed)?;
        let mut problem = None;
        match input.open() {
            Ok(mut reader) => {
                let mut buffer = vec![0; CHUNK];
                let mut came = 0;
                loop {
                    match reader.read(&mut buffer) {
                        Ok(0) => break,
                        Ok(len) => {
                            file.write_all(&buffer[..len]).with_context(failed)?;
                            came += len as u64;
                            out.progress.tick(came, None, &input.name);
                        }
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => {
                            problem = Some(InputError::from_read(&input.name, error));
                            break;
                        }
                    }
                }
                out.counts.temporary += came;
            }
            Err(error) => problem = Some(error),
        }
        self.0.insert(n, (input.name.clone(), file));
        Ok(problem)
    }

    /// The text of the `n`-th input from its start, if it is kept. One reader at a time.
    pub fn open(&self, n: usize) -> Option<Result<File, InputError>> {
        let (name, file) = self.0.get(&n)?;
        let open = || {
            let mut copy = file.try_clone()?;
            copy.rewind()?;
            Ok(copy)
        };
        Some(open().map_err(|error| InputError::io(name, error)))
    }
}
