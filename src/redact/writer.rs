//! Redaction of a stream: whole lines, and private keys that go over many of them.

use super::Redactor;
use super::pem;
use std::io;
use std::io::Write;
use std::sync::Arc;

/// The most bytes that are held back: a line that does not end, or a private key that does not.
const MAX_HELD: usize = 256 * 1024;

/// Redacts what is written through it. Holds back the last line until it is complete, and a private key until its end;
/// [`RedactWriter::finish`] (or drop) writes what is left, [`Write::flush`] does not. Invalid UTF-8 becomes U+FFFD.
#[derive(Debug)]
pub struct RedactWriter<W: Write> {
    redactor: Arc<Redactor>,
    inner: W,
    pub(super) held: Vec<u8>,
    /// Up to here `held` has been searched for the end of a line.
    searched: usize,
    /// Bytes at the start of `held` that begin a private key, as whole lines.
    open: usize,
    /// A private key was too long to be held; its next lines are left out.
    overlong: bool,
}

impl<W: Write> RedactWriter<W> {
    /// A writer in front of `inner`.
    pub fn new(redactor: Arc<Redactor>, inner: W) -> Self {
        Self { redactor, inner, held: Vec::new(), searched: 0, open: 0, overlong: false }
    }

    /// Writes what is held back, redacted, and flushes.
    ///
    /// # Errors
    /// Those of the inner writer.
    pub fn finish(&mut self) -> io::Result<()> {
        self.release(self.held.len())?;
        self.inner.flush()
    }

    /// Writes the first `len` bytes that are held.
    fn release(&mut self, len: usize) -> io::Result<()> {
        if len > 0 {
            let text = String::from_utf8_lossy(&self.held[..len]);
            let result = self.inner.write_all(self.redactor.redact(&text).text.as_bytes());
            self.held.drain(..len);
            self.searched = 0;
            self.open = 0;
            return result;
        }
        Ok(())
    }

    /// Writes what is complete.
    fn advance(&mut self) -> io::Result<()> {
        while let Some(at) = memchr::memchr(b'\n', &self.held[self.searched..]) {
            let end = self.searched + at + 1;
            if self.overlong && self.open == 0 {
                self.overlong = pem::is_body(&String::from_utf8_lossy(&self.held[..end]));
                if self.overlong {
                    self.held.drain(..end);
                    self.searched = 0;
                    continue;
                }
            }
            let line = &self.held[self.open..end];
            let named = memchr::memmem::find(line, b"PRIVATE KEY").is_some();
            let marker = if named { pem::opens(&String::from_utf8_lossy(line)) } else { None };
            let open = marker.unwrap_or(self.open > 0);
            if open {
                self.open = end;
                self.searched = end;
            } else {
                self.release(end)?;
            }
        }
        self.searched = self.held.len();
        if self.held.len() > MAX_HELD {
            self.overlong |= self.open > 0;
            // Secrets have no blanks: a cut at one splits none.
            let blank = self.held.iter().rposition(u8::is_ascii_whitespace).map_or(self.held.len(), |at| at + 1);
            self.release(blank)?;
            self.searched = self.held.len();
        }
        Ok(())
    }
}

impl<W: Write> Write for RedactWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        self.advance()?;
        Ok(bytes.len())
    }

    /// Flushes the inner writer; a line that is not complete stays.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactWriter<W> {
    fn drop(&mut self) {
        // An error has nowhere to go; who wants to know it calls `finish`.
        let _ = self.finish();
    }
}
