//! Which pod and container an origin is, also when the pod is gone.
//!
//! Owns that table, short names, and the hash that gives a pod its colour. Must not know colours.

use super::PodId;
use crate::app::{App, text};
use crate::model::pods::Pod;
use crate::model::{OriginId, SourceId};
use crate::parse::text::safe_line;
use std::collections::HashMap;

/// How many tints there are to tell pods apart.
pub const TINTS: u8 = 6;

/// The widest short name and name of a container that have columns of their own.
const MOST: usize = 12;

/// What an origin is.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) pod: PodId,
    /// Safe for a terminal.
    pub(super) short: String,
    /// The container's name as the cluster has it, and safe for a terminal.
    pub(super) container: String,
    pub(super) shown: String,
    pub(super) tint: u8,
}

/// All origins that were told with pods.
#[derive(Debug, Default)]
pub(super) struct Origins {
    by_origin: HashMap<OriginId, Owner>,
    /// The widest short name and container so far, in columns; they never get narrower.
    widest: (usize, usize),
}

impl Origins {
    /// Takes in what a pod's containers write to.
    pub(super) fn take(&mut self, source: SourceId, context: &str, pod: &Pod) {
        for container in &pod.containers {
            for origin in &container.origins {
                if self.by_origin.contains_key(origin) {
                    continue;
                }
                let short = safe_line(short_of(pod).as_bytes()).into_owned();
                let shown = safe_line(container.name.as_bytes()).into_owned();
                self.widest.0 = self.widest.0.max(text::width(&short).min(MOST));
                self.widest.1 = self.widest.1.max(text::width(&shown).min(MOST));
                let owner = Owner {
                    pod: (source, pod.key.clone()),
                    short,
                    container: container.name.clone(),
                    shown,
                    tint: tint(context, &pod.key.name),
                };
                self.by_origin.insert(*origin, owner);
            }
        }
    }

    pub(super) fn get(&self, origin: OriginId) -> Option<&Owner> {
        self.by_origin.get(&origin)
    }
}

/// A pod's short name, or else its name.
pub(super) fn short_of(pod: &Pod) -> &str {
    if pod.short.is_empty() { &pod.key.name } else { &pod.short }
}

/// The tint of a pod: the same in every run of logdeck (FNV-1a).
pub(super) fn tint(context: &str, name: &str) -> u8 {
    let bytes = context.bytes().chain([0]).chain(name.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    // The low bits of this hash alone tell little of the first letters.
    ((hash ^ (hash >> 32)) % u64::from(TINTS)) as u8
}

impl App {
    /// What a list calls an origin that is a container of a pod: the pod's short name.
    pub(in crate::app) fn pod_of_origin(&self, origin: OriginId) -> Option<&str> {
        self.pods.names.get(origin).map(|owner| owner.short.as_str())
    }

    /// The container's name of an origin, and the tint of its pod.
    pub(in crate::app) fn container_of_origin(&self, origin: OriginId) -> Option<(&str, u8)> {
        self.pods.names.get(origin).map(|owner| (owner.shown.as_str(), owner.tint))
    }

    /// The columns that lines of pods have for the pod and its container; `None` where others are shown, too.
    pub(in crate::app) fn pod_columns(&self) -> Option<(u16, u16)> {
        if !self.pods_are_shown() || self.tab().shows_all {
            return None;
        }
        let names = &self.pods.names;
        if names.by_origin.len() < 2 {
            return None;
        }
        let most = if self.size.0 >= 100 { MOST } else { 8 };
        let has_several = self.pods.clusters.values().any(|cluster| cluster.tally.has_several);
        let fits = |columns: usize, least: usize| columns.clamp(least, most) as u16;
        Some((fits(names.widest.0, 5), if has_several { fits(names.widest.1, 4) } else { 0 }))
    }
}
