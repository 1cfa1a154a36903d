//! The namespaces that there are, for people to switch to.
//!
//! Owns one question. Must not matter: who may not list namespaces gets those that are known.

use super::link::Link;
use super::session::Back;
use crate::sources::driver::Closed;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ListParams};
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// Namespaces of one page.
const PAGE: u32 = 500;

/// Pages that are asked for.
const PAGES: usize = 20;

/// Asks once and tells, if something was learned.
///
/// # Errors
/// Never: the type is that of the other tasks.
pub async fn namespaces(link: Arc<Link>, known: Vec<String>, to: Sender<Back>) -> Result<(), Closed> {
    let Ok(asking) = link.client().await else { return Ok(()) };
    let api: Api<Namespace> = Api::all(asking.client);
    let (mut names, mut params) = (known, ListParams::default().limit(PAGE));
    for _ in 0..PAGES {
        link.permit().await;
        let Ok(page) = api.list(&params).await else { return Ok(()) };
        names.extend(page.items.into_iter().filter_map(|namespace| namespace.metadata.name));
        params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
        if params.continue_token.is_none() {
            break;
        }
    }
    names.sort();
    names.dedup();
    let _ = to.send(Back::Namespaces(names)).await;
    Ok(())
}
