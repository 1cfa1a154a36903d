//! Programs that a kubeconfig names for credentials: which one, whether it may run, and what it answered.
//!
//! Owns the consent's rules and the running, with a time limit. Must not know what the credentials are for.

use super::settings::{Exec, Settings};
use crate::model::Timestamp;
use crate::model::pods::Plugin;
use crate::parse::text;
use kube::config::{AuthInfo, ExecConfig};
use rustix::process::{Pid, Signal};
use serde::Deserialize;
use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;

/// The longest that a program may take.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Bytes of an answer, and of what the program complains, that are looked at.
const MAX_ANSWER: u64 = 1024 * 1024;
const MAX_COMPLAINT: usize = 300;

/// Whether a program may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Yes.
    Given,
    /// A person has to be asked.
    Ask,
    /// No: a sentence.
    Refused(String),
}

/// What a person is asked about.
pub fn plugin(context: &str, exec: &ExecConfig, path: Option<&str>) -> Plugin {
    Plugin {
        context: context.to_owned(),
        command: exec.command.clone().unwrap_or_default(),
        path: path.map(str::to_owned),
        args: exec.args.clone().unwrap_or_default(),
    }
}

/// Where a command is: as it is when it names a place, else in the first directory of `PATH` that has it.
pub fn find(command: &str, path: &str) -> Option<String> {
    if command.contains('/') {
        return Path::new(command).exists().then(|| command.to_owned());
    }
    let mut places = path.split(':').filter(|dir| !dir.is_empty()).map(|dir| Path::new(dir).join(command));
    places.find(|place| place.is_file()).map(|place| place.display().to_string())
}

/// Whether it may run. `now_allowed` are those that a person allowed since the start.
pub fn consent(plugin: &Plugin, settings: &Settings, now_allowed: &[Plugin]) -> Consent {
    let name = plugin.path.as_deref().unwrap_or(&plugin.command);
    if settings.exec == Exec::Never {
        return Consent::Refused(format!(
            "context {} needs {name} for credentials, and --no-exec forbids it",
            plugin.context
        ));
    }
    let is_listed = settings.allow_exec.iter().any(|allowed| *allowed == plugin.command || *allowed == name);
    if is_listed || settings.allowed.contains(plugin) || now_allowed.contains(plugin) {
        return Consent::Given;
    }
    match settings.exec {
        Exec::Listed => Consent::Refused(format!(
            "context {} wants to run {name} for credentials; allow it with --allow-exec {}",
            plugin.context, plugin.command
        )),
        Exec::Ask | Exec::Never => Consent::Ask,
    }
}

/// What a program gave, and until when it holds.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    token: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
    /// Until when; unknown when the program does not say.
    pub expires: Option<Timestamp>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("expires", &self.expires).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Puts them where kube looks for them.
    pub fn put(&self, auth: &mut AuthInfo) {
        if let Some(token) = &self.token {
            auth.token = Some(token.clone().into());
        }
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            auth.client_certificate_data = Some(base64(certificate.as_bytes()));
            auth.client_key_data = Some(base64(key.as_bytes()).into());
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<String>,
}

/// Runs the program. It reads nothing from the terminal and writes nothing to it.
///
/// # Errors
/// A sentence: it is not there, failed, took too long, or answered nonsense; with what it complained.
pub async fn run(exec: &ExecConfig, plugin: &Plugin, limit: Duration) -> Result<Credentials, String> {
    let name = plugin.path.as_deref().unwrap_or(&plugin.command);
    let mut command = tokio::process::Command::new(name);
    command.args(&plugin.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    // In a group of its own: what it starts is ended with it, and it cannot read the keys of the screen.
    command.process_group(0);
    for pair in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
            command.env(name, value);
        }
    }
    let version = exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1");
    let mut spec = serde_json::json!({ "interactive": false });
    if let Some(cluster) = &exec.cluster
        && exec.provide_cluster_info
        && let Ok(cluster) = serde_json::to_value(cluster)
    {
        spec["cluster"] = cluster;
    }
    let info = serde_json::json!({ "apiVersion": version, "kind": "ExecCredential", "spec": spec });
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    let mut child = command.spawn().map_err(|e| {
        let hint = exec.install_hint.as_deref().and_then(|hint| hint.trim().lines().next()).unwrap_or_default();
        let hint = if hint.is_empty() { String::new() } else { format!("; {}", text::safe_line(hint.as_bytes())) };
        format!("{name} cannot be run: {e}{hint}")
    })?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let (mut answer, mut complaint) = (Vec::new(), Vec::new());
    let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(format!("{name} cannot be run: it has no output"));
    };
    let (mut out, mut err) = (out.take(MAX_ANSWER), err.take(MAX_ANSWER));
    let work = async {
        let (_, _) = tokio::join!(out.read_to_end(&mut answer), err.read_to_end(&mut complaint));
        child.wait().await
    };
    let ended = tokio::time::timeout(limit, work).await;
    if ended.is_ok() {
        group.has_ended();
    }
    let complaint = shown(&complaint);
    match ended {
        Err(_) => Err(format!("{name} gave no credentials within {} s and was stopped{complaint}", limit.as_secs())),
        Ok(Err(e)) => Err(format!("{name} cannot be run: {e}")),
        Ok(Ok(status)) if !status.success() => {
            let code = status.code().map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
            Err(format!("{name} failed with {code}{complaint}"))
        }
        Ok(Ok(_)) => parse(&answer).map_err(|problem| format!("{name} answered {problem}{complaint}")),
    }
}

/// The process group of a program that has not ended; it is ended when this is dropped.
struct Group(Option<Pid>);

impl Group {
    /// Its number may be another one's now.
    fn has_ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
}

fn parse(answer: &[u8]) -> Result<Credentials, &'static str> {
    let parsed: Answer = serde_json::from_slice(answer).map_err(|_| {
        if answer.trim_ascii().is_empty() { "nothing" } else { "something that is no ExecCredential in JSON" }
    })?;
    let status = parsed.status.ok_or("an ExecCredential without a status")?;
    let expires = status.expiration_timestamp.and_then(|time| Timestamp::from_jiff(time.parse().ok()?));
    let credentials = Credentials {
        token: status.token.filter(|token| !token.is_empty()),
        certificate: status.client_certificate_data,
        key: status.client_key_data,
        expires,
    };
    if credentials.token.is_none() && (credentials.certificate.is_none() || credentials.key.is_none()) {
        return Err("an ExecCredential with neither a token nor a certificate");
    }
    Ok(credentials)
}

/// The end of what a program complained, safe to show: words that may be secrets are hidden.
fn shown(complaint: &[u8]) -> String {
    let lines = text::safe_line(complaint.trim_ascii()).into_owned();
    let words: Vec<&str> =
        lines.split_whitespace().map(|word| if is_secret(word) { "[hidden]" } else { word }).collect();
    let words = words.join(" ");
    let skip = words.chars().count().saturating_sub(MAX_COMPLAINT);
    let end: String = words.chars().skip(skip).collect();
    if end.is_empty() { end } else { format!("; it said: {end}") }
}

fn is_secret(word: &str) -> bool {
    let long =
        word.len() > 40 && word.bytes().any(|b| b.is_ascii_digit()) && !word.contains("://") && !word.contains(' ');
    long || word.contains("eyJ") || word.contains("AKIA")
}

/// kube takes certificates in this form only.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=part.len()].copy_from_slice(part);
        let word = u32::from_be_bytes(word);
        for n in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * n)) as usize & 63];
            out.push(if n <= part.len() { char::from(digit) } else { '=' });
        }
    }
    out
}
