//! A plain file through several threads, each reading its own parts of it.
//!
//! Owns where a part begins and ends. Must not know what is done with it.
//!
//! A thread reads what it scans, while it is in its core's cache: this is a third faster than a reader that hands blocks
//! over. Part `n` holds what begins in bytes `n * PART ..` of the file, from the first sure begin of a record to that of
//! the next part. Where no such place is near (a line of megabytes), the caller goes on with one reader.

use super::blocks::{Block, Kind, Needs, first_sure_begin, last_time};
use super::pipeline::{Done, News, in_order};
use super::scan::Scanner;
use crate::model::Timestamp;
use crate::parse::Parser;
use crate::parse::assemble::MAX_RECORD;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

/// Bytes of the file that a part covers.
const PART: usize = 256 * 1024;
/// How much behind its end is read with it, where most often the next part begins.
const PEEK: usize = 8 * 1024;
/// How far back a part looks for the last time before it.
const BACK: u64 = 64 * 1024;
/// How far behind its begin a part may end.
const REACH: usize = 4 * PART;

/// Where the parts ended: behind the file's last byte, or where none could be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The whole file was read.
    AtEnd,
    /// A record begins here whose end, or the last time before it, is too far away.
    Before(u64),
}

/// What a part turned out to be.
enum Part {
    Block(Block),
    /// No record begins in it.
    Empty,
    /// Its end, or the last time before it, cannot be found; it would begin here.
    Endless(u64),
}

/// Reads the first `size` bytes of `file` with `workers` threads, and gives the parts to `each` in
/// order.
///
/// # Errors
/// What `each` returned, or that the file could not be read, as the value.
pub fn run<'m, E: Send>(
    file: &File,
    size: u64,
    parser: &Parser,
    needs: Needs,
    workers: usize,
    scanner: impl Fn() -> Scanner<'m>,
    mut each: impl FnMut(&Done) -> Result<(), E>,
) -> Result<io::Result<Stopped>, E> {
    let (free_in, free) = sync_channel::<(Vec<u8>, Vec<u8>)>(workers * 2 + 2);
    let (news_in, news) = sync_channel::<News>(workers * 2 + 2);
    for _ in 0..workers * 2 {
        // The channel is empty and has room.
        let _ = free_in.try_send((Vec::new(), Vec::new()));
    }
    let free = Mutex::new(free);
    let next = AtomicU64::new(0);
    let endless = AtomicU64::new(u64::MAX);
    let ended = std::thread::scope(|scope| {
        for _ in 0..workers {
            let (news_in, free, next, endless) = (news_in.clone(), &free, &next, &endless);
            let mut parts = Parts { file, size, parser: parser.clone(), needs };
            let mut scanner = scanner();
            scope.spawn(move || {
                loop {
                    let buffers = free.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((buffer, out)) = buffers else { return };
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number * PART as u64 >= size {
                        let _ = news_in.send(News::End(number, None));
                        return;
                    }
                    let part = parts.read(number, buffer);
                    let news = match part {
                        Ok(Part::Block(block)) => {
                            let outcome = scanner.block(&block, out);
                            News::Done(number, Done::new(block, outcome))
                        }
                        Ok(Part::Empty) => News::Done(number, Done::default()),
                        Ok(Part::Endless(at)) => {
                            endless.fetch_min(at, Ordering::SeqCst);
                            News::End(number, None)
                        }
                        Err(error) => News::End(number, Some(error)),
                    };
                    if news_in.send(news).is_err() {
                        return;
                    }
                }
            });
        }
        drop(news_in);
        let ended = in_order(news, &free_in, &mut each);
        // Workers that wait for a buffer leave.
        drop(free_in);
        ended
    })?;
    let at = endless.load(Ordering::SeqCst);
    Ok(ended.map(|()| if at == u64::MAX { Stopped::AtEnd } else { Stopped::Before(at) }))
}

/// The last time in the first `end` bytes of a file.
///
/// # Errors
/// The file cannot be read.
pub fn time_before(file: &File, end: u64, parser: &mut Parser) -> io::Result<Option<Timestamp>> {
    let mut end = end;
    let mut rest: Vec<u8> = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(PART as u64);
        let mut bytes = vec![0; (end - start) as usize];
        file.read_exact_at(&mut bytes, start)?;
        // The end of the part before is the begin of this one's first line.
        bytes.extend_from_slice(&rest[..rest.len().min(MAX_RECORD)]);
        let whole = if start == 0 { 0 } else { memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1) };
        if let Some(time) = last_time(&bytes[whole..], parser) {
            return Ok(Some(time));
        }
        bytes.truncate(whole);
        (rest, end) = (bytes, start);
    }
    Ok(None)
}

struct Parts<'f> {
    file: &'f File,
    size: u64,
    parser: Parser,
    needs: Needs,
}

impl Parts<'_> {
    fn read(&mut self, number: u64, mut buffer: Vec<u8>) -> io::Result<Part> {
        let offset = number * PART as u64;
        buffer.resize(buffer.len().max(PART + PEEK), 0);
        let mut len = self.fill(offset, &mut buffer[..PART + PEEK], 0)?;
        let begin = if number == 0 {
            0
        } else {
            match first_sure_begin(&buffer[..len.min(PART)], &mut self.parser) {
                Some(at) => at,
                // The part before reaches over this one, or could not find its end.
                None => return Ok(Part::Empty),
            }
        };
        // The end is where the next part that is not empty begins, found as that part finds it.
        let mut border = PART;
        let end = loop {
            let seen = (border + PART).min(len).max(border);
            let found = if len > border { first_sure_begin(&buffer[border..seen], &mut self.parser) } else { None };
            if let Some(at) = found {
                break border + at;
            }
            if offset + len as u64 >= self.size && len <= border + PART {
                break len;
            }
            if len >= border + PART {
                border += PART;
                if border > REACH {
                    return Ok(Part::Endless(offset + begin as u64));
                }
            }
            let wanted = (len + (len - PART) * 8).min(border + PART);
            buffer.resize(buffer.len().max(wanted), 0);
            len = self.fill(offset, &mut buffer[..wanted], len)?;
        };
        let mut carry = None;
        if self.needs.times && offset > 0 {
            carry = self.time_before(offset, begin, &buffer)?;
            if carry.is_none() && offset > BACK {
                // To look back further from each part would take the square of the time.
                return Ok(Part::Endless(offset + begin as u64));
            }
        }
        Ok(Part::Block(Block { buffer, used: begin..end, kind: Kind::Lines, carry, cut: 0 }))
    }

    /// The last time before this part.
    fn time_before(&mut self, offset: u64, begin: usize, buffer: &[u8]) -> io::Result<Option<Timestamp>> {
        let back = offset.min(BACK);
        let mut before = vec![0; back as usize];
        let got = self.fill(offset - back, &mut before, 0)?;
        before.truncate(got);
        before.extend_from_slice(&buffer[..begin]);
        Ok(last_time(&before, &mut self.parser))
    }

    /// Reads until the buffer is full, or to the file's end as it was when reading began.
    fn fill(&mut self, offset: u64, buffer: &mut [u8], mut len: usize) -> io::Result<usize> {
        let most = (self.size.saturating_sub(offset)).min(buffer.len() as u64) as usize;
        while len < most {
            match self.file.read_at(&mut buffer[len..most], offset + len as u64) {
                // The file has shrunk.
                Ok(0) => {
                    self.size = self.size.min(offset + len as u64);
                    break;
                }
                Ok(n) => len += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::matcher::Matcher;
    use crate::cli::cat::scan::Want;
    use crate::model::{OriginId, Query};
    use crate::parse::assemble::Sniffed;
    use crate::render::{Form, Renderer};
    use jiff::tz::TimeZone;
    use std::io::Write;

    /// All bytes of a file, through raw rendering of its parts.
    fn through(bytes: &[u8]) -> (Vec<u8>, Stopped, u64) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let parser = Parser::new(TimeZone::UTC, Timestamp(0));
        let matcher = Matcher::compile(&Query::default(), []).unwrap();
        let (mut out, mut records) = (Vec::new(), 0);
        let scanner = || {
            let want = Want::Render(Renderer::new(Form::Raw, None));
            Scanner::new(parser.clone(), &matcher, Sniffed::default(), want, OriginId::default())
        };
        let needs = Needs::default();
        let stopped = run(&file, bytes.len() as u64, &parser, needs, 3, scanner, |done| {
            out.extend_from_slice(&done.outcome.out);
            records += done.outcome.records;
            Ok::<_, ()>(())
        });
        (out, stopped.unwrap().unwrap(), records)
    }

    #[test]
    fn parts_hold_all_bytes_in_order() {
        let lines: Vec<u8> = (0..100_000).flat_map(|n| format!("line number {n} of many\n").into_bytes()).collect();
        let json: Vec<u8> = (0..50_000).flat_map(|n| format!("{{\"n\":{n}}}\n").into_bytes()).collect();
        // Traces of very different lengths, some longer than a part.
        let mut traces = Vec::new();
        for n in 0..400_usize {
            traces.extend(format!("request {n} came in\nrequest {n} was read\nrequest {n} goes on\n").bytes());
            traces.extend(format!("java.lang.E{n}Exception: boom\n").bytes());
            for frame in 0..(n * 37 % 900) {
                traces.extend(format!("\tat a.b.C.d(File.java:{frame})\n").bytes());
            }
        }
        for (bytes, records) in [(lines, 100_000), (json, 50_000), (traces, 1600)] {
            assert!(bytes.len() > 2 * PART);
            let (out, stopped, found) = through(&bytes);
            assert_eq!((stopped, found, out.len()), (Stopped::AtEnd, records, bytes.len()));
            assert!(out == bytes);
        }
        assert_eq!(through(b"").0, b"");
        assert_eq!(through(b"no newline").0, b"no newline");
    }

    #[test]
    fn a_line_that_is_too_long_stops_before_it() {
        let mut bytes: Vec<u8> = (0..20_000).flat_map(|n| format!("{{\"n\":{n}}}\n").into_bytes()).collect();
        let long = bytes.len() as u64;
        bytes.extend(vec![b'x'; 8 * PART]);
        bytes.extend(b"\n{\"last\":1}\n");
        let (out, stopped, _) = through(&bytes);
        let Stopped::Before(at) = stopped else { panic!("{stopped:?}") };
        assert!(at <= long && out == bytes[..at as usize]);
    }
}
