//! Which pods and containers are of the selection.
//!
//! Owns the rules. Must not ask anything.

use super::settings::{Names, Settings};
use crate::model::pods::Pod;
use regex::Regex;

/// Bytes that a compiled pattern of the user's may take.
const MAX_PATTERN: usize = 1024 * 1024;

/// What is selected.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The kind as owners name it (`Deployment`), and the name.
    pub workload: Option<(Kind, String)>,
    /// Kubernetes' own selectors.
    pub labels: String,
    /// The same on fields.
    pub fields: String,
    pods: Option<Regex>,
    not_pods: Option<Regex>,
    containers: Option<Regex>,
    not_containers: Option<Regex>,
}

/// A kind of workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its replica sets' pods.
    Deployment,
    /// Its pods.
    StatefulSet,
    /// Its pods.
    DaemonSet,
    /// Its pods.
    ReplicaSet,
    /// Its pods.
    Job,
    /// Its jobs' pods.
    CronJob,
    /// One pod.
    Pod,
}

impl Kind {
    /// The kind that an address names.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "deployment" | "deployments" | "deploy" => Self::Deployment,
            "statefulset" | "statefulsets" | "sts" => Self::StatefulSet,
            "daemonset" | "daemonsets" | "ds" => Self::DaemonSet,
            "replicaset" | "replicasets" | "rs" => Self::ReplicaSet,
            "job" | "jobs" => Self::Job,
            "cronjob" | "cronjobs" | "cj" => Self::CronJob,
            "pod" | "pods" | "po" => Self::Pod,
            _ => return None,
        })
    }

    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Pod => "Pod",
        }
    }

    /// As `kubectl` shortens it.
    const fn short(self) -> &'static str {
        match self {
            Self::Deployment => "deploy",
            Self::StatefulSet => "sts",
            Self::DaemonSet => "ds",
            Self::ReplicaSet => "rs",
            Self::Job => "job",
            Self::CronJob => "cronjob",
            Self::Pod => "pod",
        }
    }
}

impl Selection {
    /// The selection of an address and the settings.
    ///
    /// # Errors
    /// A sentence: a pattern or a selector cannot be read, or the kind is unknown.
    pub fn new(workload: Option<&(String, String)>, settings: &Settings) -> Result<Self, String> {
        let workload = match workload {
            None => None,
            Some((kind, name)) => match Kind::of(kind) {
                Some(kind) => Some((kind, name.clone())),
                None => {
                    return Err(format!("{kind} is no kind of workload: use deploy, sts, ds, rs, job, cronjob or pod"));
                }
            },
        };
        check_labels(&settings.labels)?;
        check_fields(&settings.fields)?;
        let Names { pods, not_pods, containers, not_containers } = &settings.names;
        Ok(Self {
            workload,
            labels: settings.labels.trim().to_owned(),
            fields: settings.fields.trim().to_owned(),
            pods: pattern(pods)?,
            not_pods: pattern(not_pods)?,
            containers: pattern(containers)?,
            not_containers: pattern(not_containers)?,
        })
    }

    /// Whether a pod is selected. `direct` is its own controller: a replica set or job, not what stands above.
    pub fn takes(&self, pod: &Pod, direct: Option<(&str, &str)>) -> bool {
        let of_workload = self.workload.as_ref().is_none_or(|(kind, name)| match kind {
            Kind::Pod => pod.key.name == *name,
            kind => {
                let is_it = |owner: (&str, &str)| owner.0 == kind.name() && owner.1 == name;
                pod.owner.as_ref().is_some_and(|(kind, name)| is_it((kind, name))) || direct.is_some_and(is_it)
            }
        });
        let name = &pod.key.name;
        of_workload
            && self.pods.as_ref().is_none_or(|pattern| pattern.is_match(name))
            && !self.not_pods.as_ref().is_some_and(|pattern| pattern.is_match(name))
    }

    /// Whether it takes jobs to tell which pods are selected: they alone name the cron job that they are of.
    pub fn needs_jobs(&self) -> bool {
        self.workload.as_ref().is_some_and(|(kind, _)| *kind == Kind::CronJob)
    }

    /// Whether a container of a selected pod is.
    pub fn takes_container(&self, name: &str) -> bool {
        self.containers.as_ref().is_none_or(|pattern| pattern.is_match(name))
            && !self.not_containers.as_ref().is_some_and(|pattern| pattern.is_match(name))
    }

    /// Whether all pods of the place are looked at.
    pub fn is_all(&self) -> bool {
        self.workload.is_none()
            && self.labels.is_empty()
            && self.fields.is_empty()
            && self.pods.is_none()
            && self.not_pods.is_none()
    }

    /// The field selector for the list of pods.
    pub fn field_selector(&self) -> String {
        match &self.workload {
            Some((Kind::Pod, name)) if self.fields.is_empty() => format!("metadata.name={name}"),
            Some((Kind::Pod, name)) => format!("metadata.name={name},{}", self.fields),
            _ => self.fields.clone(),
        }
    }

    /// In a few words, for people.
    pub fn words(&self) -> String {
        let workload = self.workload.as_ref().map(|(kind, name)| format!("{}/{name}", kind.short()));
        let pattern = |pattern: &Option<Regex>, sign: &str| pattern.as_ref().map(|p| format!("{sign}/{p}/"));
        let parts = [
            workload,
            Some(self.labels.clone()).filter(|text| !text.is_empty()),
            Some(self.fields.clone()).filter(|text| !text.is_empty()),
            pattern(&self.pods, ""),
            pattern(&self.not_pods, "not "),
            pattern(&self.containers, "container "),
            pattern(&self.not_containers, "no container "),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

fn pattern(text: &str) -> Result<Option<Regex>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let built = regex::RegexBuilder::new(text).size_limit(MAX_PATTERN).dfa_size_limit(MAX_PATTERN).build();
    built.map(Some).map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => format!("the pattern `{text}` is too large"),
        other => {
            let words = other.to_string();
            let last = words.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("the pattern `{text}` cannot be read: {last}")
        }
    })
}

/// Says what is wrong with a label selector, before a server does.
fn check_labels(text: &str) -> Result<(), String> {
    let bad = |part: &str, what: &str| {
        Err(format!(
            "the label selector `{text}` cannot be read: {what} in `{part}` (write app=api,tier in (web,db),!old)"
        ))
    };
    for part in split(text) {
        let part = part.trim();
        if part.is_empty() {
            if text.trim().is_empty() {
                continue;
            }
            return bad(part, "an empty part");
        }
        let (key, values) = if let Some((key, rest)) = part.split_once('(') {
            let Some(values) = rest.strip_suffix(')') else { return bad(part, "an open bracket") };
            let Some((key, word)) = key.trim().rsplit_once(' ') else { return bad(part, "no `in`") };
            if !matches!(word, "in" | "notin") {
                return bad(part, "no `in` or `notin`");
            }
            (key.trim(), values.split(',').map(str::trim).collect())
        } else if let Some((key, value)) =
            part.split_once("!=").or_else(|| part.split_once("==")).or_else(|| part.split_once('='))
        {
            (key.trim(), vec![value.trim()])
        } else {
            (part.trim_start_matches('!').trim(), Vec::new())
        };
        let is_name = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if key.is_empty()
            || !key.split('/').all(|part| !part.is_empty() && is_name(part))
            || key.matches('/').count() > 1
        {
            return bad(part, "no name of a label");
        }
        if !values.iter().all(|value| is_name(value)) {
            return bad(part, "no value of a label");
        }
    }
    Ok(())
}

fn check_fields(text: &str) -> Result<(), String> {
    for part in text.split(',').filter(|_| !text.trim().is_empty()) {
        if part.split_once('=').is_none_or(|(key, _)| key.trim_end_matches(['!', '=']).trim().is_empty()) {
            return Err(format!("the field selector `{text}` cannot be read: `{part}` is no NAME=VALUE"));
        }
    }
    Ok(())
}

/// Splits at commas outside of brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
