//! Streams that have to be read twice, or from any place: their bytes in a temporary file.
//!
//! Owns such a file: mode 0600 and without a name, so that nobody else opens it and nothing is left of it, however the
//! process ends. Must not know where the bytes come from, nor why they are read again.

use super::files::unnamed;
use std::fs::File;
use std::io;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Bytes that are copied at once.
const CHUNK: usize = 256 * 1024;

/// The bytes of a stream, kept until this and all its readers are dropped.
#[derive(Clone, Debug)]
pub struct Spool {
    file: Arc<File>,
    bytes: u64,
}

/// What [`Spool::keep`] brought about.
#[derive(Debug)]
pub struct Kept {
    /// What came.
    pub spool: Spool,
    /// What broke the stream off; all before it is kept.
    pub problem: Option<io::Error>,
}

impl Spool {
    /// Reads a stream to its end into a file in `directory`. `salt` makes a name hard to guess that the file may have for
    /// a moment; `tick` hears how many bytes came so far.
    ///
    /// # Errors
    /// The file cannot be made or written. A stream that cannot be read is a [`Kept::problem`].
    pub fn keep(mut stream: impl Read, directory: &Path, salt: u64, mut tick: impl FnMut(u64)) -> io::Result<Kept> {
        let mut file = unnamed(directory, salt)?;
        let mut buffer = vec![0; CHUNK];
        let mut bytes = 0;
        let problem = loop {
            match stream.read(&mut buffer) {
                Ok(0) => break None,
                Ok(len) => {
                    file.write_all(&buffer[..len])?;
                    bytes += len as u64;
                    tick(bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        Ok(Kept { spool: Self { file: Arc::new(file), bytes }, problem })
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file, at its start. All that this gives share one position: for one reader at a time.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(&self) -> io::Result<File> {
        let mut copy = self.file.try_clone()?;
        copy.rewind()?;
        Ok(copy)
    }

    /// Reads from the start, with a position of its own: for any number of readers at once.
    pub fn reader(&self) -> Reader {
        Reader { file: Arc::clone(&self.file), at: 0 }
    }
}

/// Reads a spool.
#[derive(Debug)]
pub struct Reader {
    file: Arc<File>,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.file.read_at(buf, self.at)?;
        self.at += len as u64;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    /// Gives its bytes, then fails.
    struct Breaking<'a>(&'a [u8]);

    impl Read for Breaking<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buf)? {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                len => Ok(len),
            }
        }
    }

    #[test]
    fn what_came_is_read_again_and_has_no_name() {
        let dir = tempfile::tempdir().unwrap();
        let text: Vec<u8> = (0..600_000_u32).map(|n| n as u8).collect();
        let mut ticks = Vec::new();
        let kept = Spool::keep(&text[..], dir.path(), 7, |bytes| ticks.push(bytes)).unwrap();
        assert!(kept.problem.is_none());
        assert_eq!((kept.spool.bytes(), ticks), (600_000, vec![262_144, 524_288, 600_000]));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let about = kept.spool.open().unwrap().metadata().unwrap();
        assert_eq!((about.nlink(), about.mode() & 0o777), (0, 0o600));
        let mut readers = [kept.spool.reader(), kept.spool.reader()];
        drop(kept.spool.clone());
        let mut again = [Vec::new(), Vec::new()];
        let mut head = [0; 10];
        readers[0].read_exact(&mut head).unwrap();
        readers.iter_mut().zip(&mut again).for_each(|(reader, text)| _ = reader.read_to_end(text).unwrap());
        assert_eq!((&again[0][..], &again[1]), (&text[10..], &text));
        for _ in 0..2 {
            let mut again = Vec::new();
            kept.spool.open().unwrap().read_to_end(&mut again).unwrap();
            assert_eq!(again, text);
        }
    }

    #[test]
    fn what_came_before_a_problem_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Spool::keep(Breaking(b"half"), dir.path(), 7, |_| ()).unwrap();
        assert_eq!(kept.problem.unwrap().kind(), io::ErrorKind::UnexpectedEof);
        let mut text = String::new();
        kept.spool.reader().read_to_string(&mut text).unwrap();
        assert_eq!(text, "half");
        assert!(Spool::keep(&b"x"[..], &dir.path().join("missing"), 7, |_| ()).is_err());
    }
}
