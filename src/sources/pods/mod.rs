//! Kubernetes pods: every container's log of a selection, live, nothing lost and nothing twice.
//!
//! Owns all knowledge of Kubernetes; nothing else knows its client. Must not know the store or the screen. Only GET is
//! ever sent: get, list, watch, and logs.
//!
//! `session` is one place at work: `watch`es tell `desk` of pods, which says what `follow` is to read; that opens
//! logs by `link`, takes them in `stream` through the gate of `cursor`, and gives them to `sink`.

mod changes;
mod crossing;
mod cursor;
mod describe;
mod desk;
mod events;
mod extras;
mod follow;
mod health;
mod kubeconfig;
mod link;
mod meter;
mod places;
mod plugin;
mod previous;
mod row;
mod runs;
mod select;
mod session;
mod settings;
mod sink;
mod stamp;
mod stream;
mod watch;

#[cfg(test)]
mod tests;

pub use settings::{Exec, Extras, InCluster, LINES, MAX_STREAMS, Names, Settings, WhichRun};

use crate::model::address::Tab;
use crate::model::plugin::Plugin;
use crate::model::pods::{News, Places, Scope, Want};
use crate::model::{Address, Health, State, Want as Asked};
use crate::sources::driver::{Closed, Outlet, Running, Source, SourceError};
use crate::sources::{Follow, NotYet, SourceSpec};
use jiff::tz::TimeZone;
use kubeconfig::Access;
use plugin::Consent;
use select::Selection;
use session::Next;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The row of the table of sources.
pub const SPEC: SourceSpec = SourceSpec {
    id: "pods",
    title: "Kubernetes pods",
    tab: Tab::Pods,
    form: "pods:[CONTEXT/]NAMESPACE[/KIND/NAME]",
    reads: "Kubernetes pods",
    example: "pods:prod/payments/deploy/api",
    needs: "a kubeconfig whose user may list pods and read their logs",
    build,
};

/// All namespaces, in an address.
const ALL: &str = "*";

fn build(address: &Address, settings: &super::Settings) -> Result<Box<dyn Source>, NotYet> {
    let Address::Pods { context, namespace, workload } = address else {
        return Err(NotYet { id: address.kind(), form: "", needs: "" });
    };
    let namespace = match namespace.as_str() {
        ALL => Where::All,
        _ if settings.pods.all_namespaces => Where::All,
        "" => Where::OfContext,
        name => Where::Named(name.to_owned()),
    };
    let place = Place { context: context.clone(), namespace, workload: workload.clone() };
    let follow = if settings.pods.run == WhichRun::Previous { Follow::Off } else { settings.follow };
    Ok(Box::new(PodsSource { place, settings: settings.pods.clone(), follow, zone: settings.zone.clone() }))
}

/// What is looked at.
#[derive(Clone, Debug)]
struct Place {
    context: Option<String>,
    namespace: Where,
    workload: Option<(String, String)>,
}

#[derive(Clone, Debug)]
enum Where {
    /// The context says it.
    OfContext,
    All,
    Named(String),
}

struct PodsSource {
    place: Place,
    settings: Settings,
    follow: Follow,
    zone: TimeZone,
}

impl Source for PodsSource {
    fn run(self: Box<Self>, out: Outlet) -> Running {
        Box::pin(async move { Box::pin(self.work(out)).await.map_err(SourceError::from) })
    }
}

/// What one place came to.
enum Came {
    Next(Next),
    /// It cannot be looked at: a sentence.
    Nowhere(String),
}

impl PodsSource {
    async fn work(mut self, out: Outlet) -> Result<(), Closed> {
        let mut wants = out.wants();
        let mut allowed: Vec<Plugin> = Vec::new();
        loop {
            let came = Box::pin(self.visit(&out, &mut wants, &mut allowed)).await?;
            let want = match came {
                Came::Next(Next::Done) => return Ok(()),
                Came::Next(Next::Want(want)) => want,
                Came::Nowhere(why) => {
                    let scope = Scope {
                        context: self.place.context.clone().unwrap_or_default(),
                        problems: vec![why.clone()],
                        ..Scope::default()
                    };
                    out.pods_async(News::Scope(Box::new(scope))).await?;
                    out.health_async(Health::new(State::Failed, why)).await?;
                    if self.follow == Follow::Off {
                        return Ok(());
                    }
                    next_want(&out, &mut wants).await?
                }
            };
            match want {
                Want::Namespace(name) => {
                    self.place.namespace = if name.is_empty() { Where::All } else { Where::Named(name) };
                    self.place.workload = None;
                }
                Want::Context(name) => {
                    self.place = Place { context: Some(name), namespace: Where::OfContext, workload: None };
                }
                Want::Allow(plugin) => allowed.push(plugin),
                Want::Refuse(plugin) => allowed.retain(|other| *other != plugin),
                Want::Refresh => {}
                // There are no pods to tell of.
                Want::Describe(pod) | Want::Previous { pod, .. } => {
                    out.pods_async(News::Cannot(format!("pod {} is not known any more", pod.name))).await?;
                }
            }
            out.reopened_async().await?;
        }
    }

    /// Looks at the place until something else is wanted.
    async fn visit(
        &self,
        out: &Outlet,
        wants: &mut mpsc::Receiver<Asked>,
        allowed: &mut Vec<Plugin>,
    ) -> Result<Came, Closed> {
        out.health_async(Health::new(State::Starting, "reading the kubeconfig")).await?;
        let config = match kubeconfig::read(&self.settings) {
            Ok(config) => config,
            Err(why) => return Ok(Came::Nowhere(why)),
        };
        let contexts = config.as_ref().map_or_else(Vec::new, kubeconfig::contexts);
        let access = kubeconfig::access(config.as_ref(), self.place.context.as_deref(), &self.settings).await;
        let places = |namespaces: Vec<String>| News::Places(Places { contexts: contexts.clone(), namespaces });
        let access = match access {
            Ok(access) => access,
            Err(why) => {
                out.pods_async(places(Vec::new())).await?;
                return Ok(Came::Nowhere(why));
            }
        };
        let namespaces =
            config.as_ref().map_or_else(Vec::new, |config| kubeconfig::namespaces(config, &access.context));
        out.pods_async(places(namespaces.clone())).await?;
        let selection = match Selection::new(self.place.workload.as_ref(), &self.settings) {
            Ok(selection) => selection,
            Err(why) => return Ok(Came::Nowhere(why)),
        };
        let plugin = match self.consent(&access, out, wants, allowed).await? {
            Ok(plugin) => plugin,
            Err(came) => return Ok(came),
        };
        let namespace = match &self.place.namespace {
            Where::All => None,
            Where::Named(name) => Some(name.clone()),
            Where::OfContext => Some(access.namespace.clone()),
        };
        let is_insecure = access.config.accept_invalid_certs;
        let context = access.context.clone();
        let link = link::Link::new(access, plugin, self.settings.clone(), out.clock());
        let link = Arc::new(link);
        let scope = Scope {
            context,
            namespace: namespace.clone().unwrap_or_default(),
            selection: selection.words(),
            server: link.server.clone(),
            is_insecure,
            ..Scope::default()
        };
        let (reports, reported) = mpsc::channel(1024);
        let shared = Arc::new(follow::Shared {
            link,
            out: out.clone(),
            reports,
            settings: self.settings.clone(),
            follow: self.follow,
            zone: self.zone.clone(),
            skews: Arc::default(),
        });
        let begin =
            session::Begin { shared, reports: reported, selection, namespace, scope, wants, contexts, namespaces };
        Box::pin(session::run(begin)).await.map(Came::Next)
    }

    /// The program that may be run, if one is needed. Nothing is asked of the cluster before a person agreed.
    async fn consent(
        &self,
        access: &Access,
        out: &Outlet,
        wants: &mut mpsc::Receiver<Asked>,
        allowed: &mut Vec<Plugin>,
    ) -> Result<Result<Option<Plugin>, Came>, Closed> {
        let Some(exec) = &access.exec else { return Ok(Ok(None)) };
        let path = plugin::find(exec.command.as_deref().unwrap_or_default(), &self.settings.path);
        let plugin = plugin::plugin(&access.context, exec, path.as_deref());
        let name = plugin.path.clone().unwrap_or_else(|| plugin.command.clone());
        loop {
            match plugin::consent(&plugin, &self.settings, allowed) {
                Consent::Given => return Ok(Ok(Some(plugin))),
                Consent::Refused(why) => return Ok(Err(Came::Nowhere(why))),
                Consent::Ask => {}
            }
            let asks = format!("context {} wants to run {name} for credentials: waiting for an answer", plugin.context);
            out.health_async(Health::new(State::Waiting, asks)).await?;
            let namespace = match &self.place.namespace {
                Where::OfContext => access.namespace.clone(),
                Where::All => String::new(),
                Where::Named(name) => name.clone(),
            };
            let scope = Scope { context: access.context.clone(), namespace, ..Scope::default() };
            out.pods_async(News::Scope(Box::new(scope))).await?;
            out.pods_async(News::MayRun(plugin.clone())).await?;
            match next_want(out, wants).await? {
                Want::Allow(given) if given == plugin => allowed.push(given),
                Want::Refuse(_) => {
                    let why = format!("context {} needs {name} for credentials, and it was refused", plugin.context);
                    return Ok(Err(Came::Nowhere(why)));
                }
                want @ (Want::Namespace(_) | Want::Context(_)) => return Ok(Err(Came::Next(Next::Want(want)))),
                _ => {}
            }
        }
    }
}

/// What is wanted next.
async fn next_want(out: &Outlet, wants: &mut mpsc::Receiver<Asked>) -> Result<Want, Closed> {
    tokio::select! {
        () = out.cancel().cancelled() => Err(Closed),
        want = wants.recv() => {
            if let Some(Asked::Pods(want)) = want {
                return Ok(want);
            }
            // Nobody can want anything; the order to stop will come.
            out.cancel().cancelled().await;
            Err(Closed)
        }
    }
}
