//! The listener: one stream of the service, from its request to its end.
//!
//! Owns the stream. Must not know what is done after it broke.

use super::query::{By, Span};
use super::session::{Next, Session, Stop, sleep};
use super::trouble::Trouble;
use super::window::{Step, TARGET, Window};
use super::wire::{ListenRequest, ListenResponse, StructuredQuery, Target, listen_request, target};
use crate::model::Want;
use crate::model::documents::Mode;
use crate::sources::Follow;
use tonic::Status;

/// Requests that may wait; there is one.
const REQUESTS: usize = 2;

impl Session {
    /// Listens until the stream ends.
    pub(super) async fn listen(&mut self) -> Result<Next, Stop> {
        let goes_on = self.token.is_some() || self.read_time.is_some();
        if !goes_on && self.by() == Some(By::Name) {
            // Without a time nobody can ask for the latest: those that come first by name, and all that changes from then on.
            let moment = self.whole().await?;
            let at = moment.at;
            if self.deliver(moment).await? == Next::Again {
                return Ok(Next::Again);
            }
            if let Some(window) = &mut self.window {
                window.resume(at.as_ref().and_then(super::times::ours), None);
            }
            if self.meter.left(self.desk.out.now()) == 0 {
                return Err(Stop::Spent);
            }
        }
        let goes_on = self.token.is_some() || self.read_time.is_some();
        let (requests, sent) = tokio::sync::mpsc::channel(REQUESTS);
        let Some(window) = &mut self.window else { return Ok(Next::Again) };
        window.begin(goes_on);
        let limit = window.limit().and_then(|limit| u32::try_from(limit).ok());
        let query = window.plan().query(&Span::default(), limit);
        // The channel is empty and has room.
        let _ = requests.try_send(self.request(query));
        let mut stream = self.link.listen(sent).await?;
        loop {
            let due = self.due();
            tokio::select! {
                biased;
                Some(want) = self.wanted() => {
                    if self.is_to_begin_anew(&want) {
                        return Ok(Next::Again);
                    }
                    self.want(want).await?;
                }
                message = stream.message() => {
                    if let Some(next) = self.heard(message).await? {
                        return Ok(next);
                    }
                }
                () = sleep(due) => self.tell().await?,
            }
        }
    }

    fn by(&self) -> Option<By> {
        self.window.as_ref().map(|window| window.plan().by.clone())
    }

    /// Nothing came yet, and somebody is impatient.
    fn is_to_begin_anew(&self, want: &Want) -> bool {
        let is_refresh = *want == Want::Documents(crate::model::documents::Want::Refresh);
        is_refresh && self.desk.scope.mode != Mode::Live
    }

    fn request(&self, query: StructuredQuery) -> ListenRequest {
        let query_type = Some(target::query_target::QueryType::StructuredQuery(query));
        let query = target::QueryTarget { parent: self.place.parent(), query_type };
        let token = self.token.clone().map(target::ResumeType::ResumeToken);
        let resume_type = token.or_else(|| self.read_time.map(target::ResumeType::ReadTime));
        let target = Target {
            target_id: TARGET,
            target_type: Some(target::TargetType::Query(query)),
            resume_type,
            ..Target::default()
        };
        ListenRequest {
            database: self.place.database(),
            target_change: Some(listen_request::TargetChange::AddTarget(target)),
            ..ListenRequest::default()
        }
    }

    /// Takes one message; says what comes next when the stream is over.
    async fn heard(&mut self, message: Result<Option<ListenResponse>, Status>) -> Result<Option<Next>, Stop> {
        let message = match message {
            Ok(Some(message)) => message,
            Ok(None) => return Err(Trouble::ended(&self.link.server).into()),
            Err(status) => return Err(self.link.trouble(&status).into()),
        };
        let Some(window) = &mut self.window else { return Ok(Some(Next::Again)) };
        let step = window.take(message);
        let came = window.came();
        // An emulator sends everything after each write, and nobody pays for it: what the service would have sent counts.
        let reads = if self.link.is_emulator() { came.new } else { came.all };
        self.count(reads as usize);
        match step {
            // What began is read to its end, within reason: half of it would be of no use.
            Step::More if self.meter.over() <= u64::from(self.limit()) => return Ok(None),
            Step::More => {}
            Step::Again => {
                (self.token, self.read_time) = (None, None);
                return Ok(Some(Next::Again));
            }
            Step::Ended(code, words) => {
                let trouble = Trouble::of_code(code, &words, &self.link.account(), &self.link.server);
                return Err(trouble.into());
            }
            Step::Moment(moment) => {
                self.compare_clocks(moment.at);
                if self.deliver(*moment).await? == Next::Again {
                    return Ok(Some(Next::Again));
                }
                if self.oldest.is_none() {
                    self.begin_of_older();
                }
                self.is_well(Mode::Live);
                if self.follow == Follow::Off {
                    return Ok(Some(Next::Done));
                }
            }
        }
        if self.meter.left(self.desk.out.now()) == 0 {
            return Err(Stop::Spent);
        }
        Ok(None)
    }

    /// Where older documents begin, once the first ones are there.
    fn begin_of_older(&mut self) {
        let Some(window) = &self.window else { return };
        self.oldest = window.tail();
        self.desk.scope.has_older = window.limit().is_some_and(|limit| window.documents() >= limit);
    }

    /// How many documents the query has.
    pub(super) fn documents_known(&self) -> usize {
        self.window.as_ref().map_or(0, Window::documents)
    }
}
