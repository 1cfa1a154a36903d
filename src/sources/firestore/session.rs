//! One source at work: it finds the time field, asks or listens, goes on after failures, and does what people want.
//!
//! Owns that order of things. Must not know the wire, nor how changes are told from what the service sends.

use super::ask::is_passing;
use super::desk::Desk;
use super::filter;
use super::link::Link;
use super::message::Template;
use super::meter::Meter;
use super::place::Place;
use super::query::{By, Key, Plan};
use super::record::Teller;
use super::resume::Resume;
use super::times::{self, ours, theirs};
use super::trouble::{Kind, Trouble};
use super::window::Window;
use super::wire::Value;
use super::wire::structured_query::Filter;
use super::{Changes, Settings};
use crate::model::documents::{self, Mode, Scope};
use crate::model::{Health, State, Timestamp, Want};
use crate::sources::driver::{Closed, Outlet};
use crate::sources::{self, Follow};
use prost_types::Timestamp as WireTime;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

/// Tries of one that does not follow, before it gives up.
const GIVE_UP: u32 = 4;

/// The pauses after failures: soon; at most this long in the first half minute, since a server that starts again is back
/// soon; then at most that long.
const SOON: Duration = Duration::from_millis(200);
const AT_FIRST: Duration = Duration::from_secs(1);
const EAGER: u32 = 30;
const MOST: Duration = Duration::from_secs(4);
const LATER: Duration = Duration::from_secs(30);
const MUCH_LATER: Duration = Duration::from_mins(5);

/// Why a turn ended.
pub(super) enum Stop {
    /// It was told to.
    Closed,
    /// Something failed.
    Trouble(Trouble),
    /// The budget of reads is used up.
    Spent,
}

impl From<Closed> for Stop {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// What comes after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another one.
    Again,
    /// All was read that was to be read.
    Done,
}

/// How changes are got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// One question, and the end.
    Once,
    /// The service tells them.
    Listen,
    /// It is asked.
    Poll,
}

/// What a source is told, put together.
pub(super) struct Job {
    /// The address's text.
    pub(super) address: String,
    /// Where documents are.
    pub(super) place: Result<Place, String>,
    /// Everything else.
    pub(super) settings: sources::Settings,
}

/// A source at work.
pub(super) struct Session {
    pub(super) desk: Desk,
    pub(super) link: Link,
    pub(super) place: Place,
    pub(super) filters: Vec<Filter>,
    pub(super) settings: Settings,
    pub(super) follow: Follow,
    pub(super) how: How,
    pub(super) meter: Meter,
    /// Nothing until the time field is known.
    pub(super) window: Option<Window>,
    /// A value of the time field, whose form others have.
    pub(super) sample: Option<Value>,
    /// There was no document to learn the time field from.
    pub(super) is_blank: bool,
    /// Where the listener goes on.
    pub(super) token: Option<Vec<u8>>,
    pub(super) read_time: Option<WireTime>,
    /// The oldest document that was shown.
    pub(super) oldest: Option<Key>,
    /// Why it is asked rather than listened to.
    pub(super) poll_words: Option<String>,
    pub(super) skew_words: Option<String>,
    address: String,
    query: String,
    wants: Receiver<Want>,
    trouble: Option<Trouble>,
    tries: u32,
    has_begun: bool,
}

/// Works until it is done or told to stop.
pub(super) async fn run(job: Job, out: Outlet) -> Result<(), Closed> {
    let follow = job.settings.follow;
    let wants = out.wants();
    let mut session = match Session::new(job, out.clone(), wants) {
        Ok(session) => session,
        Err(words) => {
            let scope = Scope { mode: Mode::Off, problems: vec![words.clone()], ..Scope::default() };
            out.documents_async(documents::News::Scope(Box::new(scope))).await?;
            return out.health_async(Health::new(State::Failed, words)).await;
        }
    };
    let cancel = session.desk.out.cancel().clone();
    Box::pin(cancel.run_until_cancelled(session.work(follow))).await.unwrap_or(Err(Closed))
}

impl Session {
    fn new(job: Job, out: Outlet, wants: Receiver<Want>) -> Result<Self, String> {
        let place = job.place?;
        let settings = job.settings.firestore;
        let filters: Result<Vec<_>, _> = settings.filters.iter().map(|text| filter::parse(text, &place)).collect();
        let filters = filters?;
        let message = settings.message.as_deref().map(Template::parse).transpose()?;
        let link = Link::new(&place, settings.endpoint.as_deref(), &job.settings.google).map_err(|t| t.words)?;
        let query: Vec<&str> =
            std::iter::once(place.path.as_str()).chain(settings.filters.iter().map(String::as_str)).collect();
        let query = query.join(", ");
        let scope = Scope {
            project: place.project.clone(),
            database: place.id.clone(),
            collection: query.clone(),
            account: link.account(),
            time_field: settings.time_field.clone(),
            budget: settings.budget,
            ..Scope::default()
        };
        let severity_field = settings.severity_field.clone();
        let teller = Teller { time_field: settings.time_field.clone(), severity_field, message };
        let desk = Desk::new(out, &job.settings.zone, place.path.clone(), teller, scope);
        let how = match (job.settings.follow, settings.changes) {
            (Follow::Off, _) => How::Once,
            (Follow::On, Changes::Poll) => How::Poll,
            (Follow::On, Changes::Auto | Changes::Listen) => How::Listen,
        };
        let mut session = Self {
            desk,
            link,
            filters,
            follow: job.settings.follow,
            how,
            meter: Meter::new(settings.budget),
            settings,
            place,
            window: None,
            sample: None,
            is_blank: false,
            token: None,
            read_time: None,
            oldest: None,
            poll_words: None,
            skew_words: None,
            query,
            address: job.address,
            wants,
            trouble: None,
            tries: 0,
            has_begun: false,
        };
        let places = job.settings.places.get(&session.address);
        let text = places.and_then(|places| places.get(&session.address));
        if let Some(resume) = text.and_then(|text| Resume::parse(text, &session.query)) {
            session.go_on(resume);
        }
        Ok(session)
    }

    /// Goes on where an earlier run was.
    fn go_on(&mut self, resume: Resume) {
        let own = self.settings.time_field.clone();
        if own.is_some() && own != resume.time_field {
            return;
        }
        let by = resume.time_field.map_or(By::Name, By::Time);
        self.open(by);
        if let Some(window) = &mut self.window {
            window.resume(resume.horizon, resume.head.clone());
        }
        // A token belongs to one query alone.
        if resume.target == self.target() {
            (self.token, self.read_time) = (resume.token, resume.read_time.map(theirs));
        }
        self.oldest = resume.head;
        self.has_begun = true;
        if self.how == How::Once {
            self.how = How::Listen;
        }
    }

    /// Begins a window over documents in this order.
    pub(super) fn open(&mut self, by: By) {
        let field = if let By::Time(field) = &by { Some(field.clone()) } else { None };
        let limit = matches!(by, By::Time(_)).then_some(self.limit() as usize);
        self.desk.scope.time_field.clone_from(&field);
        self.desk.teller.time_field = field;
        self.desk.touch();
        let (place, filters) = (self.place.clone(), self.filters.clone());
        let since = self.settings.since.map(|since| times::like(self.sample.as_ref(), since));
        self.window = Some(Window::new(Plan { place, filters, by, since }, limit));
        (self.token, self.read_time) = (None, None);
    }

    /// What a query has beside the documents that it means.
    fn target(&self) -> String {
        let since = self.settings.since.map_or_else(String::new, |since| format!(" since {}", since.0));
        format!("latest {}{since}", self.limit())
    }

    /// The most documents of one question.
    pub(super) fn limit(&self) -> u32 {
        within(&self.settings)
    }

    async fn work(&mut self, follow: Follow) -> Result<(), Closed> {
        self.tell().await?;
        loop {
            let turn = if self.meter.left(self.desk.out.now()) == 0 { Err(Stop::Spent) } else { self.turn().await };
            match turn {
                Ok(Next::Again) => {}
                Ok(Next::Done) => return self.done().await,
                Err(Stop::Closed) => return Err(Closed),
                Err(Stop::Spent) if follow == Follow::Off => return self.spent_for_good().await,
                Err(Stop::Spent) => self.spent().await?,
                Err(Stop::Trouble(trouble)) => {
                    if self.failed(trouble).await? == Next::Done {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn turn(&mut self) -> Result<Next, Stop> {
        if self.window.is_none() {
            self.learn().await?;
        }
        match self.how {
            How::Once => self.once().await,
            How::Listen => self.listen().await,
            How::Poll => self.poll().await,
        }
    }

    /// The service answers again.
    pub(super) fn is_well(&mut self, mode: Mode) {
        self.tries = 0;
        self.has_begun = true;
        self.trouble = None;
        self.desk.scope.mode = mode;
        self.desk.scope.next = None;
        self.desk.touch();
    }

    /// What is done about a failure: another way, or a pause.
    async fn failed(&mut self, trouble: Trouble) -> Result<Next, Closed> {
        if self.trouble.as_ref().is_none_or(|last| *last != trouble) {
            tracing::warn!(source = %self.address, kind = ?trouble.kind, "Firestore: {}", trouble.words);
        }
        self.tries += 1;
        let mut pause = pause(trouble.kind, self.tries);
        match trouble.kind {
            Kind::Unauthenticated | Kind::NoLogin => self.link.refused().await,
            Kind::Stale => (self.token, self.read_time) = (None, None),
            Kind::Denied if self.how == How::Listen && self.settings.changes == Changes::Auto => {
                let every = self.settings.poll.as_secs();
                self.poll_words =
                    Some(format!("listening is not allowed, so it is asked every {every} s: {}", trouble.words));
                self.how = How::Poll;
                pause = SOON;
            }
            _ => {}
        }
        let asks_otherwise = trouble.kind == Kind::Denied && pause == SOON;
        let gives_up = !asks_otherwise && (self.tries >= GIVE_UP || !is_passing(trouble.kind));
        self.desk.scope.mode = Mode::Off;
        self.desk.scope.account = self.link.account();
        self.trouble = Some(trouble);
        self.desk.touch();
        if self.follow == Follow::Off && gives_up {
            self.desk.scope.next = None;
            self.tell().await?;
            return Ok(Next::Done);
        }
        self.desk.scope.next = Some(self.desk.out.now().saturating_add(pause.as_nanos() as i64));
        self.wait(pause).await?;
        Ok(Next::Again)
    }

    /// Waits, and does what people want meanwhile; `Refresh` ends it.
    pub(super) async fn wait(&mut self, time: Duration) -> Result<(), Closed> {
        let until = Instant::now() + time;
        self.desk.touch();
        loop {
            let due = self.desk.due();
            tokio::select! {
                biased;
                Some(want) = self.wants.recv() => {
                    if want == Want::Documents(documents::Want::Refresh) {
                        return Ok(());
                    }
                    self.want(want).await?;
                }
                () = sleep(due) => self.tell().await?,
                () = tokio::time::sleep_until(until) => return Ok(()),
            }
        }
    }

    /// The budget is used up: nothing is asked before the hour ends, or somebody allows it.
    async fn spent(&mut self) -> Result<(), Closed> {
        self.desk.scope.mode = Mode::Off;
        loop {
            let now = self.desk.out.now();
            if self.meter.left(now) > 0 {
                self.desk.scope.next = None;
                return Ok(());
            }
            let ends = self.meter.ends().unwrap_or(now);
            self.desk.scope.next = Some(ends);
            self.trouble = Some(Trouble::settings(format!(
                "the budget of {} reads an hour is used up; it goes on at {}",
                count(self.meter.budget()),
                clock(ends),
            )));
            let pause = Duration::from_nanos(ends.0.saturating_sub(now.0).max(0) as u64);
            // The clock may jump.
            self.wait(pause.min(Duration::from_mins(1)) + Duration::from_millis(10)).await?;
            self.trouble = None;
        }
    }

    async fn spent_for_good(&mut self) -> Result<(), Closed> {
        let ends = self.meter.ends().unwrap_or_else(|| self.desk.out.now());
        let words = format!(
            "the budget of {} reads an hour is used up, and not all was read; there is another one at {}",
            count(self.meter.budget()),
            clock(ends),
        );
        self.desk.scope.mode = Mode::Off;
        self.trouble = Some(Trouble::settings(words));
        self.tell().await
    }

    async fn done(&mut self) -> Result<(), Closed> {
        self.desk.scope.mode = Mode::Off;
        self.desk.touch();
        self.refresh();
        let health =
            Health::new(State::Done, format!("read {} of {}", documents_of(self.documents()), self.place.path));
        self.desk.tell(health).await
    }

    /// The next thing that somebody wants; nothing is lost when this is dropped.
    pub(super) async fn wanted(&mut self) -> Option<Want> {
        self.wants.recv().await
    }

    /// Does what somebody wants.
    pub(super) async fn want(&mut self, want: Want) -> Result<(), Closed> {
        let Want::Documents(want) = want else { return Ok(()) };
        match want {
            documents::Want::Refresh => {
                self.desk.touch();
                Ok(())
            }
            documents::Want::Spend => {
                self.meter.spend();
                self.desk.touch();
                self.tell().await
            }
            documents::Want::Older => match self.older().await {
                Ok(()) => Ok(()),
                Err(Stop::Closed) => Err(Closed),
                Err(Stop::Trouble(trouble)) => self.desk.cannot(trouble.words).await,
                Err(Stop::Spent) => self.desk.cannot("the budget of reads an hour is used up").await,
            },
        }
    }

    fn documents(&self) -> usize {
        self.window.as_ref().map_or(0, Window::documents)
    }

    /// Brings the scope up to date.
    fn refresh(&mut self) {
        let documents = self.documents() as u64;
        let budget_left = self.meter.left(self.desk.out.now());
        let scope = &mut self.desk.scope;
        scope.account = self.link.account();
        scope.documents = documents;
        (scope.reads, scope.budget) = (self.meter.reads(), self.meter.budget());
        scope.hour_ends = self.meter.ends();
        let trouble = self.trouble.as_ref().map(|trouble| trouble.words.clone());
        let few = (budget_left == 0 && trouble.is_none()).then(|| "the budget of reads an hour is used up".to_owned());
        let problems = [trouble, few, self.poll_words.clone(), self.skew_words.clone()];
        scope.problems = problems.into_iter().flatten().collect();
    }

    /// Tells how it goes.
    pub(super) async fn tell(&mut self) -> Result<(), Closed> {
        self.refresh();
        let health = self.health();
        self.desk.tell(health).await
    }

    /// Tells it when it has to be told.
    pub(super) fn due(&self) -> Option<Instant> {
        self.desk.due()
    }

    fn health(&self) -> Health {
        let of = &self.place.path;
        if let Some(trouble) = &self.trouble {
            let state = if self.follow == Follow::Off && self.documents() > 0 { State::Partial } else { State::Failed };
            return Health { next_try: self.desk.scope.next, ..Health::new(state, trouble.words.clone()) };
        }
        let documents = documents_of(self.documents());
        match self.desk.scope.mode {
            Mode::Opening | Mode::Off => Health::new(State::Starting, format!("asking {} for {of}", self.link.server)),
            Mode::Live => Health::new(State::Following, format!("live: {documents} of {of}")),
            Mode::Polling => {
                let every = self.settings.poll.as_secs();
                Health::new(State::Following, format!("asked every {every} s: {documents} of {of}"))
            }
        }
    }

    /// Says how far everything was sent.
    pub(super) async fn note_place(&mut self) -> Result<(), Closed> {
        let Some(window) = &self.window else { return Ok(()) };
        let resume = Resume {
            query: self.query.clone(),
            target: self.target(),
            token: self.token.clone(),
            read_time: self.read_time.as_ref().and_then(ours),
            horizon: window.horizon(),
            time_field: self.desk.teller.time_field.clone(),
            head: window.head().cloned(),
        };
        self.desk.place(&self.address, &resume).await
    }

    /// Whether something was read already, so that what comes is news.
    pub(super) const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// What came counts as so many reads.
    pub(super) fn count(&mut self, reads: usize) {
        let now = self.desk.out.now();
        self.meter.count(reads as u64, now);
        self.desk.scope.last = Some(now);
        self.desk.touch();
    }

    /// The clock of the service against ours.
    pub(super) fn compare_clocks(&mut self, server: Option<WireTime>) {
        let now: Timestamp = self.desk.out.now();
        self.skew_words = server.as_ref().and_then(ours).and_then(|server| super::trouble::skew(now.0, server.0));
    }
}

/// The most documents of one question, within the budget.
fn within(settings: &Settings) -> u32 {
    // One read is for the document that tells the time field, or the form of its values.
    let is_learned = settings.time_field.is_none() || settings.since.is_some();
    let budget = settings.budget.saturating_sub(u64::from(is_learned));
    settings.limit.min(u32::try_from(budget).unwrap_or(u32::MAX)).max(1)
}

/// How long nothing is asked after so many failures in a row, the last one of this kind.
fn pause(kind: Kind, tries: u32) -> Duration {
    let doubled = |most: u32| SOON * 2_u32.pow(tries.saturating_sub(1).min(most));
    match kind {
        Kind::Away | Kind::Broke => doubled(6).min(if tries <= EAGER { AT_FIRST } else { MOST }),
        Kind::Exhausted => (10 * doubled(8)).min(4 * LATER),
        Kind::Stale => SOON,
        Kind::Unauthenticated if tries == 1 => SOON,
        Kind::Unauthenticated | Kind::NoLogin | Kind::Denied | Kind::Missing => LATER,
        Kind::Wrong => MUCH_LATER,
    }
}

/// Sleeps until then; without a moment for ever.
pub(super) async fn sleep(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

fn documents_of(number: usize) -> String {
    if number == 1 { "1 document".to_owned() } else { format!("{} documents", count(number as u64)) }
}

/// A time of day.
fn clock(time: Timestamp) -> String {
    time.to_jiff().strftime("%H:%M:%SZ").to_string()
}

/// A number with its thousands apart.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_fits_the_budget() {
        let check = |budget: u64, time_field: Option<&str>, since: Option<Timestamp>, expected: u32| {
            let time_field = time_field.map(str::to_owned);
            let settings = Settings { budget, time_field, since, limit: 1000, ..Settings::default() };
            assert_eq!(within(&settings), expected);
        };
        check(10_000, None, None, 1000);
        check(1000, None, None, 999);
        check(5, None, None, 4);
        check(5, Some("at"), None, 5);
        check(5, Some("at"), Some(Timestamp(0)), 4);
        check(1, None, None, 1);
        check(u64::MAX, Some("at"), None, 1000);
    }
}
