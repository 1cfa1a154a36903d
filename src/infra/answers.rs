//! Answers of servers, kept between runs in a private directory.
//!
//! Owns the form of these files. Nothing in them is trusted: one that is damaged, of another version or of another key is
//! removed. Must not know what an answer says.

use super::shelf::{DAY, Shelf, Sync, hash};
use crate::model::Timestamp;
use crate::ports::Clock;
use crate::ports::answers::Answers;
use crate::ports::answers::KeptAnswer;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of all answers at most: 64 MiB.
const LIMIT: u64 = 64 << 20;
/// Bytes of one answer at most; a longer one is asked for again.
const ONE: usize = 8 << 20;
/// An answer goes after 30 days.
const AGE: i64 = 30 * DAY;
/// The first line of a file. A change of the form changes the number.
const VERSION: &str = "logdeck answer 1";

/// Answers on the disk.
pub struct DiskAnswers {
    shelf: Shelf,
    limit: u64,
}

impl std::fmt::Debug for DiskAnswers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiskAnswers").field("directory", &self.shelf.directory()).finish_non_exhaustive()
    }
}

/// What stands before the body, in JSON on one line.
#[derive(Serialize, Deserialize)]
struct Head {
    /// The key's hash: a file under another name is not taken for that name's.
    key: String,
    etag: String,
    headers: Vec<(String, String)>,
    at: i64,
    /// Bytes of the body.
    bytes: usize,
}

impl DiskAnswers {
    /// Answers in `directory`, which is made if it is not there, and closed to others. `salt` makes temporary names hard
    /// to guess. What is too old is removed.
    ///
    /// # Errors
    /// The directory cannot be made or closed, or is a link.
    pub fn open(directory: PathBuf, clock: Arc<dyn Clock>, salt: u64) -> io::Result<Self> {
        let answers = Self { shelf: Shelf::open(directory, "answer", AGE, clock, salt)?, limit: LIMIT };
        answers.shelf.prune(answers.limit);
        Ok(answers)
    }

    fn write(&self, key: &str, answer: &KeptAnswer) -> io::Result<()> {
        let head = Head {
            key: hash(key.as_bytes()),
            etag: answer.etag.clone(),
            headers: answer.headers.clone(),
            at: answer.at.0,
            bytes: answer.body.len(),
        };
        let mut text = serde_json::to_vec(&head)?;
        text.push(b'\n');
        text.extend_from_slice(&answer.body);
        let first = format!("{VERSION} {}\n", hash(&text));
        let bytes = (first.len() + text.len()) as u64;
        if self.shelf.held() + bytes > self.limit {
            // Below the limit, so that this is not done for each of the next ones.
            self.shelf.prune((self.limit / 4 * 3).saturating_sub(bytes));
        }
        self.shelf.put(key, bytes, Sync::Soon, |file| {
            file.write_all(first.as_bytes())?;
            file.write_all(&text)
        })
    }
}

impl Answers for DiskAnswers {
    fn get(&self, key: &str) -> Option<KeptAnswer> {
        let file = self.shelf.get(key)?;
        let mut bytes = Vec::new();
        let read = file.take(2 * ONE as u64).read_to_end(&mut bytes);
        let answer = read.ok().and_then(|_| parse(&bytes, key));
        let now = self.shelf.now().0;
        let answer = answer.filter(|answer| (-DAY..=AGE).contains(&now.saturating_sub(answer.at.0)));
        if answer.is_none() {
            self.shelf.remove(key);
        }
        answer
    }

    fn put(&self, key: &str, answer: &KeptAnswer) {
        if answer.body.len() > ONE {
            return self.shelf.remove(key);
        }
        if let Err(error) = self.write(key, answer) {
            tracing::warn!(%error, "an answer cannot be kept");
        }
    }
}

fn parse(bytes: &[u8], key: &str) -> Option<KeptAnswer> {
    let (first, text) = split_line(bytes)?;
    let sum = first.strip_prefix(VERSION.as_bytes())?.strip_prefix(b" ")?;
    if sum != hash(text).as_bytes() {
        return None;
    }
    let (head, body) = split_line(text)?;
    let head: Head = serde_json::from_slice(head).ok()?;
    let is_its = head.key == hash(key.as_bytes()) && head.bytes == body.len();
    is_its.then(|| KeptAnswer { etag: head.etag, body: body.to_vec(), headers: head.headers, at: Timestamp(head.at) })
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', bytes)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::super::shelf::tests::Hand;
    use super::*;
    use crate::model::time::SECOND;
    use std::path::Path;

    fn answer(body: &[u8], clock: &Hand) -> KeptAnswer {
        KeptAnswer {
            etag: "W/\"a\nb\u{1b}\"".to_owned(),
            body: body.to_vec(),
            headers: vec![("link".to_owned(), "<https://x>; rel=\"next\"".to_owned())],
            at: clock.now(),
        }
    }

    fn only_file(dir: &Path) -> PathBuf {
        let files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }

    #[test]
    fn an_answer_comes_back_as_it_was() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Hand::new());
        let open = || DiskAnswers::open(dir.path().join("answers"), clock.clone(), 7).unwrap();
        let answers = open();
        assert_eq!(answers.get("a"), None);
        for body in [&b""[..], b"{\"a\": 1}\n\xff\0", &b"x".repeat(100_000)] {
            let kept = answer(body, &clock);
            answers.put("a", &kept);
            assert_eq!((answers.get("a"), open().get("a")), (Some(kept.clone()), Some(kept)));
        }
        assert_eq!(answers.get("b"), None);
    }

    #[test]
    fn what_is_damaged_or_anothers_is_removed() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Hand::new());
        let answers = DiskAnswers::open(dir.path().to_owned(), clock.clone(), 7).unwrap();
        let damage: [fn(Vec<u8>) -> Vec<u8>; 8] = [
            |_| Vec::new(),
            |_| b"<html>".to_vec(),
            |bytes| bytes[..bytes.len() - 1].to_vec(),
            |bytes| [&bytes[..], b"x"].concat(),
            |bytes| [&bytes[..200], b"?", &bytes[201..]].concat(),
            |bytes| [b"logdeck answer 2", &bytes[16..]].concat(),
            |bytes| bytes[..40].to_vec(),
            |_| "\n".repeat(17 << 20).into_bytes(),
        ];
        for damage in damage {
            answers.put("a", &answer(&[b'y'; 500], &clock));
            let path = only_file(dir.path());
            std::fs::write(&path, damage(std::fs::read(&path).unwrap())).unwrap();
            assert_eq!(answers.get("a"), None);
            assert!(!path.exists());
        }
        // The answer of one key under the name of another.
        answers.put("a", &answer(b"secret", &clock));
        let moved = dir.path().join(format!("{}.answer", hash(b"b")));
        std::fs::rename(only_file(dir.path()), &moved).unwrap();
        assert_eq!(answers.get("b"), None);
        assert!(!moved.exists());
    }

    #[test]
    fn size_and_age_are_bounded() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Hand::new());
        let mut answers = DiskAnswers::open(dir.path().to_owned(), clock.clone(), 7).unwrap();
        answers.limit = 10_000;
        for n in 0..30 {
            answers.put(&n.to_string(), &answer(&[b'x'; 800], &clock));
            clock.pass(SECOND);
            let sum: u64 = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
            assert!(sum <= 10_000, "{sum}");
        }
        assert!(answers.get("29").is_some() && answers.get("0").is_none());
        clock.pass(AGE);
        assert_eq!(answers.get("29"), None);
        answers.put("long", &answer(&vec![b'x'; ONE + 1], &clock));
        assert_eq!(answers.get("long"), None);
    }
}
