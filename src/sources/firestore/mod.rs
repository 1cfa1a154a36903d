//! Firestore: the documents of a query, and how they change, as logs.
//!
//! Owns all knowledge of Firestore; nothing else knows its client. Must not know the store or the screen. Only reads are
//! ever sent: `RunQuery`, `Listen`, `BatchGetDocuments`.

mod diff;
mod filter;
mod known;
mod link;
mod message;
mod meter;
mod place;
mod query;
mod record;
mod resume;
mod settings;
mod severity;
mod times;
mod trouble;
mod value;
mod way;
mod window;

#[cfg(test)]
mod tests;

/// Firestore's own messages.
use googleapis_tonic_google_firestore_v1::google::firestore::v1 as wire;

pub use settings::{Changes, Settings};

use crate::model::Address;
use crate::model::address::Tab;
use crate::sources::driver::Source;
use crate::sources::{NotYet, SourceSpec};

/// The row of the table of sources.
pub const SPEC: SourceSpec = SourceSpec {
    id: "firestore",
    title: "Firestore",
    tab: Tab::Firestore,
    form: "firestore:PROJECT[/DB]/COLLECTION",
    reads: "Firestore documents",
    example: "firestore:acme-prod/audit",
    needs: "Google credentials (gcloud auth application-default login) that may read the collection",
    build,
};

fn build(_: &Address, _: &super::Settings) -> Result<Box<dyn Source>, NotYet> {
    Err(super::not_yet("firestore"))
}

#[cfg(test)]
mod dump {
    use super::wire::*;
    #[tokio::test]
    #[ignore]
    async fn dump() {
        let place = super::place::Place::of("demo-dump", "(default)", "ev").unwrap();
        let link = super::link::Link::new(&place, Some("127.0.0.1:19200"), &Default::default()).unwrap();
        let (tx, rx) = tokio::sync::mpsc::channel(4);
        let q = StructuredQuery { from: vec![structured_query::CollectionSelector{collection_id:"ev".into(), all_descendants:false}],
            order_by: vec![structured_query::Order{field:Some(structured_query::FieldReference{field_path:"ts".into()}),direction:2}], limit: Some(3), ..Default::default() };
        let resume = std::env::var("RESUME").ok().map(|t| target::ResumeType::ResumeToken((0..t.len()/2).map(|i| u8::from_str_radix(&t[2*i..2*i+2],16).unwrap()).collect()));
        let t = Target { target_id: 1, resume_type: resume, target_type: Some(target::TargetType::Query(target::QueryTarget{parent:place.parent(), query_type:Some(target::query_target::QueryType::StructuredQuery(q))})), ..Default::default()};
        tx.send(ListenRequest{database:place.database(), target_change:Some(listen_request::TargetChange::AddTarget(t)), ..Default::default()}).await.unwrap();
        let mut s = match link.listen(rx).await { Ok(s) => s, Err(e) => { println!("ERR {e:?}"); return; } };
        let t0 = std::time::Instant::now();
        loop {
            match tokio::time::timeout(std::time::Duration::from_secs(20), s.message()).await {
                Err(_) => break,
                Ok(Ok(Some(m))) => match m.response_type {
                    Some(listen_response::ResponseType::DocumentChange(c)) => { let d = c.document.unwrap(); println!("{:?} doc {} upd={:?} t={:?} rm={:?}", t0.elapsed(), super::place::path_of(&d.name), d.update_time, c.target_ids, c.removed_target_ids) }
                    Some(listen_response::ResponseType::TargetChange(c)) => println!("{:?} tc type={} ids={:?} tok={} rt={:?} cause={:?}", t0.elapsed(), c.target_change_type, c.target_ids, c.resume_token.iter().map(|b| format!("{b:02x}")).collect::<String>(), c.read_time, c.cause),
                    o => println!("{:?} {o:?}", t0.elapsed()),
                },
                Ok(o) => { println!("{o:?}"); break; }
            }
        }
    }
}
