//! The file of a download, written beside the loop.
//!
//! Owns the writing. Must not know where bytes come from.

use super::NoLog;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

/// Bytes that are written at once.
const CHUNK: usize = 256 * 1024;
/// The end of an archive, in which its directory has to be announced.
const ZIP_END: u64 = 22 + 65_535;
/// Bytes of the start that are remembered.
pub(super) const MAGIC: usize = 64;

/// Writes to the file beside the loop, in large pieces.
pub(super) struct Sink {
    /// Away while it is written to.
    file: Option<File>,
    waiting: Vec<u8>,
    /// Bytes that came, written or waiting.
    pub(super) written: u64,
    pub(super) start: Vec<u8>,
}

impl Sink {
    pub(super) fn new(file: File) -> Self {
        Self { file: Some(file), waiting: Vec::new(), written: 0, start: Vec::new() }
    }

    pub(super) fn remember(&mut self, piece: &[u8]) {
        let room = MAGIC.saturating_sub(self.start.len());
        self.start.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    pub(super) async fn write(&mut self, piece: &[u8]) -> Result<(), NoLog> {
        self.waiting.extend_from_slice(piece);
        self.written += piece.len() as u64;
        if self.waiting.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    pub(super) async fn flush(&mut self) -> Result<(), NoLog> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        self.waiting = self
            .with(move |file| {
                file.write_all(&waiting)?;
                waiting.clear();
                Ok(waiting)
            })
            .await?;
        Ok(())
    }

    pub(super) async fn restart(&mut self) -> Result<(), NoLog> {
        self.waiting.clear();
        self.start.clear();
        self.written = 0;
        self.with(|file| {
            file.set_len(0)?;
            file.rewind()
        })
        .await
    }

    pub(super) async fn finish(mut self) -> Result<File, NoLog> {
        self.flush().await?;
        self.with(File::rewind).await?;
        self.file.take().ok_or_else(lost)
    }

    pub(super) async fn ends_like_a_zip(&mut self) -> Result<bool, NoLog> {
        self.flush().await?;
        let whole = self.written;
        self.with(move |file| {
            let from = whole.saturating_sub(ZIP_END);
            file.seek(SeekFrom::Start(from))?;
            let mut end = Vec::new();
            file.take(ZIP_END).read_to_end(&mut end)?;
            file.seek(SeekFrom::End(0))?;
            Ok(memchr::memmem::rfind(&end, b"PK\x05\x06").is_some())
        })
        .await
    }

    async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut File) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, NoLog> {
        let mut file = self.file.take().ok_or_else(lost)?;
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work(&mut file);
            (file, outcome)
        });
        let (file, outcome) = done.await.map_err(|_| lost())?;
        self.file = Some(file);
        outcome.map_err(|error| NoLog::Disk(error.to_string()))
    }
}

fn lost() -> NoLog {
    NoLog::Disk("the file was lost".to_owned())
}
