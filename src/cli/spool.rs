//! Streams that have to be read twice, or from their end, kept in temporary files without a name.
//!
//! Owns these files. Must not know why a stream is read again.

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
        let directory = directory(globals);
        let failed = || format!("{}: keeping {} for its second reading", directory.display(), input.name);
        let (mut reader, problem): (Box<dyn Read + Send>, _) = match input.open() {
            Ok(reader) => (reader, None),
            Err(error) => (Box::new(io::empty()), Some(error)),
        };
        let (file, broke_off) = keep(&mut reader, directory, now, &input.name, out).with_context(failed)?;
        self.0.insert(n, (input.name.clone(), file));
        Ok(problem.or(broke_off.map(|error| InputError::from_read(&input.name, error))))
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

/// Where temporary files are made.
pub fn directory<'g>(globals: &'g Globals<'_>) -> &'g Path {
    globals.environment.os("TMPDIR").map_or_else(|| Path::new("/tmp"), Path::new)
}

/// Copies a stream into a file that only its owner may read and that has no name any more. What broke the stream off is
/// beside it; all before is kept. `label` names the stream in the progress line.
///
/// # Errors
/// The file cannot be made or written.
pub fn keep(
    from: &mut impl Read,
    directory: &Path,
    now: Timestamp,
    label: &str,
    out: &mut Output,
) -> io::Result<(File, Option<io::Error>)> {
    let mut file = unnamed(directory, now.0 as u64)?;
    let mut buffer = vec![0; CHUNK];
    let mut came = 0;
    let broke_off = loop {
        match from.read(&mut buffer) {
            Ok(0) => break None,
            Ok(len) => {
                file.write_all(&buffer[..len])?;
                came += len as u64;
                out.progress.tick(came, None, label);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Some(error),
        }
    };
    out.counts.temporary += came;
    Ok((file, broke_off))
}
