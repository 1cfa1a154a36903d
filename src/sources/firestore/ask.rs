//! Questions with one answer: the time field, the latest documents, older ones, parts that nobody saw, and asking again and
//! again where listening is not allowed.
//!
//! Owns what is asked when. Must not know how changes are told.

use super::query::{By, Key, Plan, Span};
use super::session::{Next, Session, Stop};
use super::times::{self, ours};
use super::trouble::{Kind, Trouble};
use super::value;
use super::window::{Change, Moment, Window};
use super::wire::Document;
use crate::model::documents::Mode;
use std::sync::Arc;

/// Whether a failure may go by itself.
pub(super) const fn is_passing(kind: Kind) -> bool {
    matches!(kind, Kind::Away | Kind::Broke | Kind::Exhausted | Kind::Stale | Kind::Unauthenticated | Kind::Denied)
}

impl Session {
    /// Learns from one document which field has the time, if nobody said it.
    pub(super) async fn learn(&mut self) -> Result<(), Stop> {
        if let Some(field) = self.settings.time_field.clone() {
            // A moment is compared only with values of its own kind.
            if self.settings.since.is_some() {
                let (place, filters) = (self.place.clone(), self.filters.clone());
                let plan = Plan { place, filters, by: By::Time(field.clone()), since: None };
                let found = self.link.query(&self.place.parent(), plan.query(&Span::default(), Some(1))).await?;
                self.count(found.documents.len().max(1));
                self.sample_of(&found.documents, &field);
            }
            self.open(By::Time(field));
            return Ok(());
        }
        let (place, filters) = (self.place.clone(), self.filters.clone());
        let plan = Plan { place, filters, by: By::Name, since: None };
        let found = self.link.query(&self.place.parent(), plan.query(&Span::default(), Some(1))).await?;
        self.count(found.documents.len().max(1));
        self.is_blank = found.documents.is_empty();
        let field = times::find(&found.documents);
        if let Some(field) = &field {
            self.sample_of(&found.documents, field);
        }
        self.open(field.map_or(By::Name, By::Time));
        Ok(())
    }

    fn sample_of(&mut self, documents: &[Document], field: &str) {
        self.sample = documents.iter().find_map(|document| value::at(&document.fields, field).cloned());
    }

    /// Documents come that the first question did not have: their time field is learned from them. True when the query has
    /// to begin anew because of that.
    pub(super) fn learn_from(&mut self, changes: &[Change]) -> bool {
        if !std::mem::take(&mut self.is_blank) {
            return false;
        }
        let documents: Vec<Document> = changes
            .iter()
            .filter_map(|change| match change {
                Change::Added(document) | Change::Modified { after: document, .. } => Some((**document).clone()),
                Change::Deleted { .. } | Change::Left { .. } => None,
            })
            .collect();
        self.is_blank = documents.is_empty();
        let Some(field) = times::find(&documents) else { return false };
        self.sample_of(&documents, &field);
        let seen = self.window.as_ref().and_then(Window::horizon);
        // Before they are told, so that they have their own times.
        self.open(By::Time(field));
        if let Some(window) = &mut self.window {
            window.resume(seen, None);
        }
        true
    }

    /// The latest documents once.
    pub(super) async fn once(&mut self) -> Result<Next, Stop> {
        let moment = self.whole().await?;
        self.deliver(moment).await?;
        let is_short = self.documents_known() < self.settings.limit as usize;
        // Fewer were asked for than were wanted, because of the budget.
        if is_short && self.desk.scope.has_older { Err(Stop::Spent) } else { Ok(Next::Done) }
    }

    /// Asks for the latest documents, and compares them with what is known.
    pub(super) async fn whole(&mut self) -> Result<Moment, Stop> {
        let left = u32::try_from(self.meter.left(self.desk.out.now())).unwrap_or(u32::MAX);
        let Some(window) = &self.window else { return Ok(Moment::default()) };
        // Those that are known would seem to be gone if fewer than them were asked for.
        let known = u32::try_from(window.documents()).unwrap_or(u32::MAX);
        let limit = self.limit().min(left.max(known)).max(1);
        let query = window.plan().query(&Span::default(), Some(limit));
        let found = self.link.query(&self.place.parent(), query).await?;
        let all = found.documents.len();
        self.count(all.max(1));
        self.read_time = found.read_time.or(self.read_time);
        self.compare_clocks(found.read_time);
        let Some(window) = &mut self.window else { return Ok(Moment::default()) };
        let moment = window.whole(found.documents, found.read_time);
        window.came();
        if self.oldest.is_none() {
            self.oldest = window.tail();
            self.desk.scope.has_older = all >= limit as usize;
        }
        Ok(moment)
    }

    /// Tells what a moment told, and asks for what it did not; says whether the query has to begin anew.
    pub(super) async fn deliver(&mut self, moment: Moment) -> Result<Next, Stop> {
        let Moment { mut changes, doubtful, gap, token, at } = moment;
        let missed = match gap {
            Some(gap) => self.between(gap).await,
            None => Ok(Vec::new()),
        };
        if let Ok(missed) = &missed {
            changes.extend(missed.iter().cloned());
        }
        let decided = self.decide(&doubtful, at).await;
        if let Ok(decided) = &decided {
            changes.extend(decided.iter().cloned());
        }
        changes.retain(|change| self.is_meant(change));
        let is_anew = self.learn_from(&changes);
        self.desk.changes(&changes).await?;
        missed?;
        decided?;
        if is_anew {
            return Ok(Next::Again);
        }
        self.token = token.or(self.token.take());
        self.read_time = at.or(self.read_time);
        self.note_place().await?;
        Ok(Next::Done)
    }

    /// Whether a change is of a document that the address means.
    fn is_meant(&self, change: &Change) -> bool {
        let (name, updated) = match change {
            Change::Added(document)
            | Change::Modified { after: document, .. }
            | Change::Left { after: document, .. } => {
                (document.name.as_str(), document.update_time.as_ref().and_then(ours))
            }
            Change::Deleted { name, .. } => (&**name, None),
        };
        // Without a time of their own the query cannot leave out what is too old.
        let is_timed = self.desk.teller.time_field.is_some();
        let is_late = is_timed || updated.is_none() || self.settings.since.is_none() || updated >= self.settings.since;
        is_late && self.place.has(super::place::path_of(name))
    }

    /// What was written while nobody looked, and is not among the latest.
    async fn between(&mut self, mut gap: Span) -> Result<Vec<Change>, Stop> {
        let limit = self.limit();
        let mut changes = Vec::new();
        loop {
            let Some(found) = self.page(&gap, limit).await? else {
                let few =
                    "the budget of reads an hour is used up: of what was written meanwhile, the oldest is missing";
                self.desk.cannot(few).await?;
                return Ok(changes);
            };
            changes.extend(found.changes);
            match found.last {
                Some(last) if found.is_full => gap.behind = Some(last),
                _ => return Ok(changes),
            }
        }
    }

    /// A part of the order; nothing when the budget is used up.
    async fn page(&mut self, span: &Span, limit: u32) -> Result<Option<Page>, Stop> {
        let now = self.desk.out.now();
        let left = u32::try_from(self.meter.left(now)).unwrap_or(u32::MAX);
        let (Some(window), true) = (&self.window, left > 0) else { return Ok(None) };
        let limit = limit.min(left);
        let query = window.plan().query(span, Some(limit));
        let found = self.link.query(&self.place.parent(), query).await?;
        let all = found.documents.len();
        self.count(all.max(1));
        let Some(window) = &mut self.window else { return Ok(None) };
        let last: Option<Key> =
            found.documents.last().map(|last| window.plan().key(last, &Arc::from(last.name.as_str())));
        let changes = window.beside(found.documents);
        Ok(Some(Page { changes, last, is_full: all >= limit as usize }))
    }

    /// What became of documents that the query has no more.
    async fn decide(&mut self, doubtful: &[Arc<str>], at: Option<prost_types::Timestamp>) -> Result<Vec<Change>, Stop> {
        if doubtful.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = doubtful.iter().map(ToString::to_string).collect();
        let asked = self.link.named(&names).await;
        let is_free = self.link.is_emulator();
        let Some(window) = &mut self.window else { return Ok(Vec::new()) };
        let mut changes = Vec::new();
        match asked {
            Ok(answers) => {
                for answer in answers {
                    match answer {
                        super::link::Named::Found(document) => changes.extend(window.found(*document)),
                        super::link::Named::Missing(name) => changes.push(window.missing(&name.into(), at)),
                    }
                }
                // Of the documents that are gone the service itself would have told that, not so an emulator.
                self.count(if is_free { 0 } else { doubtful.len() });
            }
            // Whoever may not ask by name knows only that they are gone from the query.
            Err(Trouble { kind: Kind::Denied, .. }) => {
                changes.extend(doubtful.iter().map(|name| window.missing(name, at)));
            }
            Err(trouble) => {
                window.undecided(doubtful);
                return Err(trouble.into());
            }
        }
        Ok(changes)
    }

    /// The next older documents.
    pub(super) async fn older(&mut self) -> Result<(), Stop> {
        let now = self.desk.out.now();
        if self.meter.left(now) == 0 {
            return Err(Stop::Spent);
        }
        let (true, Some(oldest)) = (self.desk.scope.has_older, self.oldest.clone()) else {
            self.desk.cannot("there are no older documents").await?;
            return Ok(());
        };
        let span = Span { behind: Some(oldest), until: None };
        let Some(mut page) = self.page(&span, self.settings.limit).await? else { return Err(Stop::Spent) };
        self.desk.scope.has_older = page.is_full;
        self.oldest = page.last.or(self.oldest.take());
        page.changes.retain(|change| self.is_meant(change));
        if page.changes.is_empty() {
            self.desk.cannot("there are no older documents").await?;
        } else {
            self.desk.older(&page.changes).await?;
        }
        self.tell().await?;
        Ok(())
    }

    /// Asks now, and waits.
    pub(super) async fn poll(&mut self) -> Result<Next, Stop> {
        let whole_cost = self.documents_known().max(1) as u64 * 3600 / self.settings.poll.as_secs().max(1);
        let head = self.window.as_ref().and_then(|window| match window.plan().by {
            By::Time(_) => window.head().cloned(),
            By::Name => None,
        });
        match head {
            // All of them again would be more than the budget allows.
            Some(head) if self.has_begun() && whole_cost > self.settings.budget => {
                let missed = self.between(Span { behind: None, until: Some(head) }).await?;
                let changes: Vec<Change> = missed.into_iter().filter(|change| self.is_meant(change)).collect();
                self.desk.changes(&changes).await?;
                self.note_place().await?;
                self.poll_words = Some(format!(
                    "asked every {} s for new documents only: changes of older ones are not seen, since asking for all \
                     would take more reads than the budget",
                    self.settings.poll.as_secs()
                ));
            }
            _ => {
                let moment = self.whole().await?;
                self.deliver(moment).await?;
            }
        }
        self.is_well(Mode::Polling);
        if self.follow == crate::sources::Follow::Off {
            return Ok(Next::Done);
        }
        if self.meter.left(self.desk.out.now()) == 0 {
            return Err(Stop::Spent);
        }
        self.wait(self.settings.poll).await?;
        Ok(Next::Again)
    }
}

/// One answer of a part of the order.
struct Page {
    changes: Vec<Change>,
    last: Option<Key>,
    is_full: bool,
}
