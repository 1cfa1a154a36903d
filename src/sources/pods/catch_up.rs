//! The end of a run that nobody listened to, read from the run before.
//!
//! Owns that reading. Must not open what runs now.

use super::cursor::{Cursor, Gate, Piece, Taken};
use super::follow::{CATCH_UP_TRIES, First, Follower};
use super::health::{Kind, Trouble};
use super::runs;
use super::runs::Run;
use crate::model::Timestamp;
use crate::sources::driver::Closed;
use kube::api::LogParams;

impl Follower {
    /// What the run before wrote behind `from`, and what another stream delivered of it is `known`.
    pub(super) async fn catch_up(&mut self, from: Cursor, known: Vec<Piece>, run: &Run) -> Result<(), Closed> {
        let is_whole = from.is_empty();
        let mut gate = Gate::behind(from, known);
        let mut since = gate.cursor().since();
        for tries in 1..=CATCH_UP_TRIES {
            let params = LogParams {
                container: Some(self.target.container.clone()),
                timestamps: true,
                previous: true,
                since_time: since.map(Timestamp::to_jiff),
                tail_lines: match self.first {
                    First::Tail(lines) if is_whole => lines.map(|lines| i64::try_from(lines).unwrap_or(i64::MAX)),
                    _ => None,
                },
                ..LogParams::default()
            };
            let (link, pod) = (self.shared.link.clone(), self.target.pod.clone());
            let before = gate.delivered();
            let trouble = match link.log(&pod.namespace, &pod.name, &params).await {
                Err(trouble) => trouble,
                Ok(mut log) => loop {
                    match log.next().await {
                        Err(trouble) => break trouble,
                        Ok(Some(bytes)) => match gate.take(&bytes) {
                            Taken::Nothing => {}
                            Taken::Gone => break Trouble::new(Kind::Gone, ""),
                            Taken::From(at) => {
                                let ahead = gate.ahead();
                                self.sink.feed(&ahead);
                                self.sink.feed(&bytes[at..]);
                                self.sink.flush().await?;
                            }
                        },
                        Ok(None) => {
                            match gate.end() {
                                Taken::Gone => break Trouble::new(Kind::Gone, ""),
                                Taken::From(_) => self.sink.feed(&gate.ahead()),
                                Taken::Nothing => {}
                            }
                            self.sink.finish().await?;
                            let ended = run
                                .end
                                .as_ref()
                                .map_or_else(String::new, |exit| format!("ended: {}; ", runs::words(exit)));
                            let came = gate.delivered() - before;
                            return self.note(&format!("{ended}{came} lines of that run came late, 0 lost")).await;
                        }
                    }
                },
            };
            self.sink.broke().await?;
            match trouble.kind {
                Kind::Gone if gate.is_seeking() => {
                    gate.give_up();
                    continue;
                }
                Kind::Refused | Kind::Missing | Kind::Forbidden => break,
                _ => {}
            }
            gate.resume();
            since = gate.cursor().since();
            self.pause_for(tries).await?;
        }
        self.note("the end of the run before cannot be read any more: lines may be lost").await
    }
}
