//! Listings: all names, or those from some name on, page after page; and whether names grow with time.
//!
//! Owns the pages that are on their way, one ahead. Must not know what is done with the objects.

use super::api::{Api, PageQuery};
use super::listed::{Listed, Page};
use super::refusal::Refusal;
use super::settings::Names;
use crate::model::Timestamp;
use crate::model::time::SECOND;
use std::collections::VecDeque;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinSet;

/// How far a listing goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// Everything.
    All,
    /// From this name on.
    From(String),
}

/// A listing that goes on.
pub(super) struct Listing {
    pub(super) span: Span,
    pages: Receiver<Result<Page, Refusal>>,
}

impl Listing {
    /// Begins to ask. The next page is asked for while one is looked at.
    pub(super) fn begin(api: &Api, prefix: &str, span: Span, tasks: &mut JoinSet<()>) -> Self {
        let (to, pages) = channel(1);
        let api = api.clone();
        let from = match &span {
            Span::All => None,
            Span::From(name) => Some(name.clone()),
        };
        let mut query = PageQuery { prefix: prefix.to_owned(), from, token: None };
        tasks.spawn(async move {
            loop {
                let got = api.list(&query).await;
                let next = got.as_ref().ok().and_then(|page| page.next.clone());
                // A server that leads in a circle.
                let next = next.filter(|next| query.token.as_ref() != Some(next));
                if to.send(got).await.is_err() || next.is_none() {
                    return;
                }
                query.token = next;
            }
        });
        Self { span, pages }
    }

    /// The next page; nothing at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Page, Refusal>> {
        self.pages.recv().await
    }
}

/// Writers that run side by side finish in any order: so much disorder is none.
const DISORDER: i64 = 60 * SECOND;

/// Names at the end that each poll looks at again: late ones, and those that are appended to.
const AGAIN: usize = 200;

/// Fewer objects than this tell nothing of their order.
const ENOUGH: usize = 100;

/// Watches whether newer objects have names that sort behind the older ones'.
#[derive(Debug, Default)]
pub(super) struct Growth {
    count: usize,
    newest: Option<Timestamp>,
    is_broken: bool,
    last: VecDeque<String>,
}

impl Growth {
    /// An object of a whole listing, in the order of names.
    pub(super) fn see(&mut self, listed: &Listed) {
        self.count += 1;
        let Some(updated) = listed.updated else { return };
        self.is_broken |= self.newest.is_some_and(|newest| updated.0 < newest.0.saturating_sub(DISORDER));
        self.newest = self.newest.max(Some(updated));
        self.last.push_back(listed.name.clone());
        if self.last.len() > AGAIN {
            self.last.pop_front();
        }
    }

    /// An object of a listing from some name on: only new names tell something.
    pub(super) fn see_again(&mut self, listed: &Listed) {
        if self.last.back().is_some_and(|last| listed.name > *last) {
            self.see(listed);
        }
    }

    /// How the next poll asks, after a whole listing of so many pages.
    pub(super) fn span(&self, names: Names, pages: usize) -> Span {
        let grows = match names {
            Names::Any => false,
            Names::Grow => true,
            // One page is one request, whatever it is asked for.
            Names::Auto => pages > 1 && self.count >= ENOUGH && !self.is_broken,
        };
        match self.last.front() {
            Some(first) if grows => Span::From(first.clone()),
            _ => Span::All,
        }
    }
}
