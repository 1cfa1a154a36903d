//! Fetches logs: the archive of a run, or the text of a job, into a file.
//!
//! Owns signed addresses, continuing after a break, and telling a log from what is none. Must not know what is in it.
//! Signed addresses are asked without the token; they live about a minute.

mod fetching;
mod sink;

pub use fetching::Fetching;

use super::address;
use super::client::{Client, Follow, USER_AGENT, is_downgrade};
use super::error::{ApiError, Kind};
use super::limits::Urgency;
use super::{ask, github, gitlab};
use crate::model::Timestamp;
use crate::model::ci::{Forge, Progress, Repo};
use crate::model::time::SECOND;
use crate::ports::http::{Answer, Request};
use sink::{MAGIC, Sink};
use std::fs::File;
use tokio_util::sync::CancellationToken;

/// How often a download is continued without getting much further.
pub const MAX_BREAKS: u32 = 12;
/// So many bytes more, and a break does not count as one of these.
const FURTHER: u64 = 1 << 20;
/// How often an archive is fetched that is whole by its length and has no end.
const MAX_SHORT: u32 = 2;
/// Redirects at the server that keeps the log.
const MAX_REDIRECTS: usize = 3;
/// A log may come so many nanoseconds after the end.
const FRESH: i64 = 120 * SECOND;

/// Which log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogOf {
    /// Of all jobs of a run's attempt, as a zip. Only GitHub has it.
    Run {
        /// The run's id and attempt.
        run: (u64, u32),
    },
    /// Of one job, as text. GitLab sends always the whole: fetch it again only when the job changed.
    Job {
        /// The job's id.
        job: u64,
    },
}

/// A log that is complete.
#[derive(Debug)]
pub struct Fetched {
    /// The file that was given, at its beginning.
    pub file: File,
    /// Its bytes.
    pub bytes: u64,
    /// What it is.
    pub content: Content,
}

/// What a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// An archive of the logs of all jobs.
    Zip,
    /// Text.
    Text,
}

/// Why there is no log. [`std::fmt::Display`] is a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoLog {
    /// It is still written.
    #[error("it is still running: the log comes when {0} is over")]
    Running(&'static str),
    /// It has not begun.
    #[error("it has not started yet")]
    Waiting,
    /// It has just ended.
    #[error("it has just ended: its log is there in a moment")]
    Soon,
    /// It was stopped or left out before it wrote anything.
    #[error("there is no log: it was cancelled or left out before it began")]
    NeverRan,
    /// It was deleted, or the time for which logs are kept is over.
    #[error("the log is no longer kept: it expired or was deleted")]
    Expired,
    /// The service does not have such logs.
    #[error("GitLab has no log of a whole pipeline: fetch those of its jobs")]
    NoSuchKind,
    /// The service refuses.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The server that keeps it refuses.
    #[error("{host}, which keeps the log, answered {status}")]
    Store {
        /// Its host.
        host: String,
        /// The status.
        status: u16,
    },
    /// It broke off too often.
    #[error("the download broke off {breaks} times, the last time after {done} bytes: {why}")]
    Broken {
        /// How often.
        breaks: u32,
        /// Bytes so far.
        done: u64,
        /// What happened last.
        why: String,
    },
    /// It is larger than allowed.
    #[error("the log has over {} MiB, which is the limit", limit >> 20)]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Other logs take the room for temporary files.
    #[error("there is no room for the log: those that are open take {} of {} MiB in {place}; leave logdeck and open this run alone", taken >> 20, limit >> 20)]
    NoRoom {
        /// Bytes that are taken.
        taken: u64,
        /// Bytes in all.
        limit: u64,
        /// The directory.
        place: String,
    },
    /// What came is no log.
    #[error("{host} sent {what} instead of a log")]
    NotALog {
        /// Who sent it.
        host: String,
        /// What it is.
        what: &'static str,
    },
    /// The file cannot be written.
    #[error("the log cannot be written: {0}")]
    Disk(String),
    /// Somebody stopped it.
    #[error("stopped")]
    Stopped,
}

/// Fetches a log into `file`, which is emptied first. At most `limit` bytes. It is continued where it broke off.
///
/// # Errors
/// [`NoLog`]; what is in the file then is not complete.
pub async fn fetch(
    client: &Client,
    repo: &str,
    which: LogOf,
    file: File,
    limit: u64,
    fetching: &Fetching,
    cancel: &CancellationToken,
) -> Result<Fetched, NoLog> {
    let path = path(client.forge(), repo, which)?;
    let mut download = Download {
        client,
        path,
        which,
        limit,
        fetching,
        sink: Sink::new(file),
        mark: None,
        length: None,
        place: None,
        moves: 0,
        short: 0,
    };
    let work = download.run();
    let outcome = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(NoLog::Stopped),
        outcome = work => outcome,
    };
    match outcome {
        Err(error) => {
            // At the service as at the server that keeps logs, "not found" has several reasons.
            let is_gone = match &error {
                NoLog::Api(error) if error.kind == Kind::Missing => false,
                NoLog::Api(error) if error.kind == Kind::Gone => true,
                NoLog::Store { status: 404, .. } => false,
                NoLog::Store { status: 410, .. } => true,
                _ => return Err(error),
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => Err(NoLog::Stopped),
                why = why_missing(client, repo, which, is_gone) => Err(why),
            }
        }
        Ok(content) => {
            let bytes = download.sink.written;
            let file = download.sink.finish().await?;
            Ok(Fetched { file, bytes, content })
        }
    }
}

fn path(forge: Forge, repo: &str, which: LogOf) -> Result<String, NoLog> {
    Ok(match (forge, which) {
        (Forge::Github, LogOf::Run { run }) => github::run_logs(repo, run),
        (Forge::Github, LogOf::Job { job }) => github::job_logs(repo, job),
        (Forge::Gitlab, LogOf::Job { job }) => gitlab::trace(repo, job),
        (Forge::Gitlab, LogOf::Run { .. }) => return Err(NoLog::NoSuchKind),
    })
}

/// Why there is no log: asks how the run or job is. `is_gone`: the server says that there was one.
async fn why_missing(client: &Client, path: &str, which: LogOf, is_gone: bool) -> NoLog {
    let repo = Repo { forge: client.forge(), host: client.host().to_owned(), path: path.to_owned() };
    let asked = match which {
        LogOf::Run { run } => {
            let run = ask::run(client, &repo, run.0, Urgency::Person).await;
            run.map(|run| (run.progress, run.updated, "the run"))
        }
        LogOf::Job { job } => {
            let job = ask::job(client, &repo, job, Urgency::Person).await;
            job.map(|(job, _)| (job.progress, job.ended, "the job"))
        }
    };
    let is_fresh = |ended: Option<Timestamp>| {
        let now = client.server_now().0;
        ended.is_some_and(|ended| now.saturating_sub(ended.0) < FRESH)
    };
    match asked {
        Ok((Progress::Running | Progress::Unknown, _, whole)) => NoLog::Running(whole),
        Ok((Progress::Waiting, ..)) => NoLog::Waiting,
        Ok((Progress::Cancelled | Progress::Skipped, ..)) if !is_gone => NoLog::NeverRan,
        Ok((_, ended, _)) if !is_gone && is_fresh(ended) => NoLog::Soon,
        Ok(_) => NoLog::Expired,
        // Not even the run can be seen: that is the better sentence.
        Err(error) => NoLog::Api(error),
    }
}

/// Where a log is.
#[derive(Clone, Debug)]
enum Place {
    /// At the service itself, which wants the token.
    Api(String),
    /// At a signed address, which does not.
    Signed(String),
}

struct Download<'a> {
    client: &'a Client,
    path: String,
    which: LogOf,
    limit: u64,
    fetching: &'a Fetching,
    sink: Sink,
    /// The entity tag of what has come so far.
    mark: Option<String>,
    /// Bytes in all.
    length: Option<u64>,
    place: Option<Place>,
    /// How often the service said that the log has moved.
    moves: usize,
    /// How often a whole archive had no end.
    short: u32,
}

/// How one try ended.
enum Tried {
    Complete,
    /// It can be continued.
    Broken(String),
    /// The signed address has expired.
    Expired(u16),
    /// What came so far is of no use: the log changed, or the server sends all of it again.
    Again(String),
}

impl Download<'_> {
    async fn run(&mut self) -> Result<Content, NoLog> {
        let (mut breaks, mut fruitless) = (0, 0_u32);
        let mut is_fresh;
        self.sink.restart().await?;
        loop {
            is_fresh = self.place.is_none();
            let had = self.sink.written;
            let why = match self.attempt().await {
                Ok(Tried::Complete) => match self.check_whole().await? {
                    None => return Ok(self.content()),
                    Some(why) => {
                        self.restart().await?;
                        why
                    }
                },
                Ok(Tried::Broken(why)) => why,
                Ok(Tried::Again(why)) => {
                    self.restart().await?;
                    why
                }
                Ok(Tried::Expired(status)) => {
                    let host = self.place_host();
                    self.place = None;
                    if is_fresh && breaks > 0 || fruitless >= MAX_BREAKS {
                        return Err(NoLog::Store { host, status });
                    }
                    format!("the signed address is no longer good ({status})")
                }
                Err(NoLog::Api(error)) if error.kind.is_passing() && error.kind != Kind::WebPage => error.words,
                // The service itself sends the log, and it is not longer than what came.
                Err(NoLog::Api(error)) if error.kind == Kind::Status(416) && had > 0 => {
                    self.restart().await?;
                    error.words
                }
                Err(error) => return Err(error),
            };
            breaks += 1;
            self.fetching.broke(breaks);
            // A large log over a bad line comes in many pieces: only standing still has an end, and longer waits.
            fruitless = if self.sink.written >= had.saturating_add(FURTHER) { 1 } else { fruitless + 1 };
            if fruitless > MAX_BREAKS {
                return Err(NoLog::Broken { breaks, done: self.sink.written, why });
            }
            tokio::time::sleep(self.client.pause(fruitless - 1)).await;
        }
    }

    fn place_host(&self) -> String {
        match &self.place {
            Some(Place::Api(url) | Place::Signed(url)) => address::host(url).to_owned(),
            None => self.client.host().to_owned(),
        }
    }

    /// Asks for what is missing and writes it.
    async fn attempt(&mut self) -> Result<Tried, NoLog> {
        let answer = match self.place.clone() {
            None => match self.locate().await? {
                Some(answer) => answer,
                None => return Ok(Tried::Broken(format!("{} redirects to nowhere", self.client.host()))),
            },
            Some(Place::Api(url)) => match self.ask_api(&url).await? {
                Some(answer) => answer,
                None => return Ok(Tried::Broken(format!("{} redirects to nowhere", self.client.host()))),
            },
            Some(Place::Signed(url)) => match self.ask_store(&url).await {
                Ok(answer) => answer,
                Err(Asked::No(why)) => return Ok(Tried::Broken(why)),
                Err(Asked::Never(error)) => return Err(error),
            },
        };
        self.take(answer).await
    }

    /// Asks the service where the log is, and then for the log.
    async fn locate(&mut self) -> Result<Option<Answer>, NoLog> {
        let url = self.client.url(&self.path)?;
        self.ask_api(&url).await
    }

    /// Asks the service: it sends the log itself, or a signed address, which is asked then.
    async fn ask_api(&mut self, url: &str) -> Result<Option<Answer>, NoLog> {
        let token = self.client.token().await?;
        let headers = self.range();
        let (opened, _) = self.client.open(url, Urgency::Person, Follow::Nothing, headers, token).await?;
        let answer = opened.answer;
        if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
            self.place = Some(Place::Api(url.to_owned()));
            return Ok(Some(answer));
        }
        let Some(to) = answer.header("location").and_then(|to| address::resolve(url, to)) else { return Ok(None) };
        if is_downgrade(url, &to) {
            let words = format!("{} redirects to an address without encryption", self.client.host());
            return Err(ApiError::new(Kind::Redirects, words).into());
        }
        // A renamed repository: the same question at another place of the same server.
        if matches!(answer.status, 301 | 307 | 308) && address::is_same_server(&to, self.client.base()) {
            if self.moves >= MAX_REDIRECTS {
                let words = format!("{} redirects again and again", self.client.host());
                return Err(ApiError::new(Kind::Redirects, words).into());
            }
            self.moves += 1;
            let first = std::mem::replace(&mut self.path, to.clone());
            let answer = Box::pin(self.ask_api(&to)).await;
            if answer.is_err() {
                self.path = first;
            }
            return answer;
        }
        self.place = Some(Place::Signed(to.clone()));
        match self.ask_store(&to).await {
            Ok(answer) => Ok(Some(answer)),
            Err(Asked::No(why)) => Err(ApiError::new(Kind::Network, why).into()),
            Err(Asked::Never(error)) => Err(error),
        }
    }

    /// Asks a signed address, without token and cookies.
    async fn ask_store(&self, url: &str) -> Result<Answer, Asked> {
        let mut at = url.to_owned();
        for _ in 0..=MAX_REDIRECTS {
            let mut headers = vec![("user-agent", USER_AGENT.to_owned()), ("accept", "*/*".to_owned())];
            headers.extend(self.range());
            let request = Request { method: "GET", url: at.clone(), headers, ..Request::default() };
            let answer = self.client.http().ask(request).await.map_err(|error| Asked::No(error.to_string()))?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let to = answer.header("location").and_then(|to| address::resolve(&at, to));
            let Some(to) = to.filter(|to| !is_downgrade(&at, to)) else {
                let words = format!("{} redirects to nowhere", address::host(&at));
                return Err(Asked::Never(ApiError::new(Kind::Redirects, words).into()));
            };
            at = to;
        }
        let words = format!("{} redirects again and again", address::host(url));
        Err(Asked::Never(ApiError::new(Kind::Redirects, words).into()))
    }

    /// The headers that ask for what is missing.
    fn range(&self) -> Vec<(&'static str, String)> {
        // A packed body could not be continued.
        let mut headers = vec![("accept-encoding", "identity".to_owned())];
        if self.sink.written > 0 {
            headers.push(("range", format!("bytes={}-", self.sink.written)));
            // A weak one promises no more than the same meaning.
            if let Some(mark) = self.mark.as_ref().filter(|mark| mark.starts_with('"')) {
                headers.push(("if-range", mark.clone()));
            }
        }
        headers
    }

    /// Writes what an answer brings.
    async fn take(&mut self, mut answer: Answer) -> Result<Tried, NoLog> {
        let had = self.sink.written;
        match answer.status {
            200 if had > 0 => {
                // It does not know ranges, or the log is another one by now.
                self.restart_sink().await?;
                self.begin(&answer);
            }
            200 => self.begin(&answer),
            // A server that does not know If-Range.
            206 if self.mark.as_deref().zip(answer.header("etag")).is_some_and(|(old, new)| old != new) => {
                return Ok(Tried::Again("the log changed meanwhile".into()));
            }
            206 => match content_range(&answer) {
                Some((from, whole))
                    if from == had && (self.length.is_none() || whole.is_none() || self.length == whole) =>
                {
                    self.length = self.length.or(whole);
                }
                _ => return Ok(Tried::Again("the server sent another part than was asked for".into())),
            },
            204 => {
                self.length = Some(0);
                return Ok(Tried::Complete);
            }
            416 if self.length == Some(had) => return Ok(Tried::Complete),
            416 => return Ok(Tried::Again("the log is shorter than before".into())),
            status @ (401 | 403 | 404 | 410) => return Ok(Tried::Expired(status)),
            status if status == 408 || status == 429 || status >= 500 => {
                return Ok(Tried::Broken(format!("{} answered {status}", self.place_host())));
            }
            status => return Err(NoLog::Store { host: self.place_host(), status }),
        }
        self.fetching.expect(self.length);
        if self.length.is_some_and(|length| length > self.limit) {
            return Err(NoLog::TooLarge { limit: self.limit });
        }
        self.check_type(&answer)?;
        while let Some(piece) = answer.body.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => {
                    self.sink.flush().await?;
                    return Ok(Tried::Broken(error.to_string()));
                }
            };
            if self.sink.written + piece.len() as u64 > self.limit {
                return Err(NoLog::TooLarge { limit: self.limit });
            }
            if self.sink.written < MAGIC as u64 {
                self.sink.remember(&piece);
                self.check_start()?;
            }
            self.fetching.make_room(self.sink.written + piece.len() as u64, self.length)?;
            self.sink.write(&piece).await?;
            self.fetching.came(self.sink.written);
        }
        self.sink.flush().await?;
        match self.length {
            Some(length) if self.sink.written < length => Ok(Tried::Broken("the connection ended too early".into())),
            Some(length) if self.sink.written > length => Ok(Tried::Again("more came than was announced".into())),
            _ => Ok(Tried::Complete),
        }
    }

    /// A body begins from its first byte.
    fn begin(&mut self, answer: &Answer) {
        let is_packed = answer.header("content-encoding").is_some_and(|coding| coding != "identity");
        let length = answer.header("content-length").and_then(|length| length.trim().parse().ok());
        self.length = length.filter(|_| !is_packed);
        self.mark = answer.header("etag").filter(|_| !is_packed).map(str::to_owned);
    }

    /// All is fetched again, from a new address.
    async fn restart(&mut self) -> Result<(), NoLog> {
        self.place = None;
        self.restart_sink().await
    }

    async fn restart_sink(&mut self) -> Result<(), NoLog> {
        (self.mark, self.length) = (None, None);
        self.fetching.came(0);
        self.sink.restart().await
    }

    /// A web page is told from a log by its type, before its first byte.
    fn check_type(&self, answer: &Answer) -> Result<(), NoLog> {
        let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let what = match self.which {
            _ if kind.starts_with("text/html") => "a web page (is there a login or a proxy in between?)",
            LogOf::Run { .. } if kind.starts_with("application/json") => "a message",
            _ => return Ok(()),
        };
        Err(NoLog::NotALog { host: self.place_host(), what })
    }

    /// The first bytes tell an archive, and a web page that does not say that it is one.
    fn check_start(&self) -> Result<(), NoLog> {
        let start = &self.sink.start[..];
        let trimmed = start.trim_ascii_start().to_ascii_lowercase();
        let is_page = trimmed.starts_with(b"<!doctype html") || trimmed.starts_with(b"<html");
        let what = match self.which {
            _ if is_page => "a web page (is there a login or a proxy in between?)",
            LogOf::Run { .. }
                if start.len() >= 4 && !start.starts_with(b"PK\x03\x04") && !start.starts_with(b"PK\x05\x06") =>
            {
                "something that is no zip archive"
            }
            _ => return Ok(()),
        };
        Err(NoLog::NotALog { host: self.place_host(), what })
    }

    /// Whether what came is complete; else why not.
    async fn check_whole(&mut self) -> Result<Option<String>, NoLog> {
        if matches!(self.which, LogOf::Job { .. }) || self.sink.ends_like_a_zip().await? {
            return Ok(None);
        }
        self.short += 1;
        if self.short >= MAX_SHORT {
            let what = "an archive that ends too early";
            return Err(NoLog::NotALog { host: self.place_host(), what });
        }
        Ok(Some("the archive ends too early".to_owned()))
    }

    fn content(&self) -> Content {
        match self.which {
            LogOf::Run { .. } => Content::Zip,
            LogOf::Job { .. } => Content::Text,
        }
    }
}

/// Why a signed address gave no answer.
enum Asked {
    /// It may later.
    No(String),
    /// It never will.
    Never(NoLog),
}

/// Where a partial answer begins, and the length of the whole.
fn content_range(answer: &Answer) -> Option<(u64, Option<u64>)> {
    let range = answer.header("content-range")?.trim().strip_prefix("bytes")?.trim_start();
    let (part, whole) = range.split_once('/')?;
    let (from, _) = part.split_once('-')?;
    Some((from.trim().parse().ok()?, whole.trim().parse().ok()))
}
