//! Google Cloud Storage: objects under a prefix, new and grown ones, as logs.
//!
//! Owns all knowledge of the storage service; nothing else knows its client. Must not know the store or the screen. Only
//! GET is ever sent.
//!
//! `session` is one address at work: `lister` asks for names by `api`, `catalog` says what is to be read, `fetch` gets the
//! bytes through Google's client, `digest` makes records of them by their `shape`, `marks` remembers how far it got.

mod api;
mod catalog;
mod digest;
mod fetch;
mod listed;
mod lister;
mod marks;
mod names;
mod place;
mod reading;
mod refusal;
mod rows;
mod session;
mod settings;
mod shape;
mod telling;
mod words;
mod zip;

#[cfg(test)]
mod tests;

pub use settings::{Names, Settings};

use crate::model::address::Tab;
use crate::model::objects::{News, Scope};
use crate::model::{Address, Health, State};
use crate::sources::driver::{Closed, Outlet, Running, Source, SourceError};
use crate::sources::google::{Account, STORAGE};
use crate::sources::{Follow, NotYet, SourceSpec, google};
use api::Api;
use catalog::{Catalog, Limits};
use jiff::tz::TimeZone;
use lister::{Growth, Span};
use marks::Marks;
use names::Selection;
use session::{Progress, Session};
use std::collections::{BTreeMap, HashMap};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The row of the table of sources.
pub const SPEC: SourceSpec = SourceSpec {
    id: "gs",
    title: "Google Cloud Storage",
    tab: Tab::Gcs,
    form: "gs://BUCKET/PREFIX",
    reads: "objects of Google Cloud Storage",
    example: "gs://acme-logs/payments/",
    needs: "Google credentials (gcloud auth application-default login) that may list and read the bucket",
    build,
};

fn build(address: &Address, settings: &super::Settings) -> Result<Box<dyn Source>, NotYet> {
    let Address::Gcs { bucket, prefix } = address else {
        return Err(NotYet { id: address.kind(), form: "", needs: "" });
    };
    let text = address.to_string();
    Ok(Box::new(GcsSource {
        places: settings.places.get(&text).cloned(),
        address: text,
        bucket: bucket.clone(),
        path: prefix.clone(),
        settings: settings.gcs.clone(),
        google: settings.google.clone(),
        follow: settings.follow,
        zone: settings.zone.clone(),
    }))
}

struct GcsSource {
    address: String,
    bucket: String,
    /// What stands behind the bucket: a prefix, perhaps with a glob behind it.
    path: String,
    settings: Settings,
    google: google::Settings,
    follow: Follow,
    zone: TimeZone,
    places: Option<BTreeMap<String, String>>,
}

impl Source for GcsSource {
    fn run(self: Box<Self>, out: Outlet) -> Running {
        Box::pin(async move { Box::pin(self.work(out)).await.map_err(SourceError::from) })
    }
}

impl GcsSource {
    async fn work(self, out: Outlet) -> Result<(), Closed> {
        let selection = match Selection::new(&self.path, &self.settings.include, &self.settings.exclude) {
            Ok(selection) => selection,
            Err(why) => return self.nowhere(why, &out).await,
        };
        let Some(http) = self.google.http.clone() else {
            return self.nowhere("there is no way to the network here".to_owned(), &out).await;
        };
        let mut google = self.google.clone();
        if self.settings.endpoint.is_some() {
            // An emulator needs no credentials, and gets none.
            google.login = google::Login::Anonymous;
        }
        let account = Account::new(&google, &[STORAGE]);
        let user_project = self.google.user_project.clone();
        let endpoint = self.settings.endpoint.as_deref();
        let api = Api::new(http, account, endpoint, &self.bucket, user_project.as_deref());
        let (marks, earlier) = Marks::new(&self.bucket, self.places.as_ref());
        let ago =
            |age: std::time::Duration| out.now().saturating_add(-i64::try_from(age.as_nanos()).unwrap_or(i64::MAX));
        let since = match self.follow {
            // Without following everything is read, but for what a person does not want.
            Follow::Off => self.settings.since,
            Follow::On if !earlier.is_empty() => self.settings.since,
            Follow::On => self.settings.since.or_else(|| self.settings.start_age.map(ago)),
        };
        let object_bytes = match self.follow {
            Follow::Off => u64::MAX,
            Follow::On => self.settings.object_bytes.max(1),
        };
        let limits = Limits { start_bytes: self.settings.start_bytes, object_bytes, since };
        let now = Instant::now();
        let state = Progress {
            growth: Growth::default(),
            pages: 0,
            span: Span::All,
            poll_at: now,
            relist_at: now + self.settings.relist,
            is_started: false,
            is_asked: false,
            failures: 0,
            trouble: None,
            next: None,
            last: None,
            past: 0,
            told: None,
            told_at: now,
            retries: Vec::new(),
        };
        let session = Session {
            base: api::base_of(endpoint),
            catalog: Catalog::new(&self.bucket, limits, earlier),
            address: self.address,
            bucket: self.bucket,
            selection,
            settings: self.settings,
            follow: self.follow,
            zone: self.zone,
            api,
            user_project,
            out,
            marks,
            limits,
            storage: None,
            listing: None,
            tasks: JoinSet::new(),
            readings: JoinSet::new(),
            running: HashMap::new(),
            state,
        };
        Box::pin(session.run()).await
    }

    /// It cannot be looked at, whatever comes.
    async fn nowhere(&self, why: String, out: &Outlet) -> Result<(), Closed> {
        let scope = Scope { address: self.address.clone(), problems: vec![why.clone()], ..Scope::default() };
        out.objects_async(News::Scope(Box::new(scope))).await?;
        out.health_async(Health::new(State::Failed, why)).await
    }
}
