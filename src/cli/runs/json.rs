//! Runs as JSON: one object a run, on a line of its own.
//!
//! Owns the keys. Must not know where the runs came from.

use crate::app::{run_result, run_took};
use crate::model::Timestamp;
use crate::model::ci::{Forge, Repo, Run};
use crate::render::json::string;

/// The runs of each repository in their order. Of one that is not over there are no `seconds`; what is not known is
/// `null`. Texts are as the service told them, with escapes for what a terminal would act on.
pub fn lines(repos: &[(Repo, Vec<Run>)]) -> String {
    let mut out = Vec::new();
    for (repo, run) in repos.iter().flat_map(|(repo, runs)| runs.iter().map(move |run| (repo, run))) {
        object(repo, run, &mut out);
    }
    // Made of texts, it is one.
    String::from_utf8_lossy(&out).into_owned()
}

fn object(repo: &Repo, run: &Run, out: &mut Vec<u8>) {
    let forge = match repo.forge {
        Forge::Github => "github",
        Forge::Gitlab => "gitlab",
    };
    let seconds = run_took(run, Timestamp(0)).filter(|_| run.progress.is_over()).map(|nanos| nanos / 1_000_000_000);
    out.extend_from_slice(b"{\"forge\":");
    string(forge, out);
    text("host", &repo.host, out);
    text("repository", &repo.path, out);
    number("run", Some(run.id), out);
    number("number", Some(run.number), out);
    number("attempt", Some(u64::from(run.attempt)), out);
    text("workflow", &run.workflow, out);
    text("title", &run.title, out);
    text("branch", &run.branch, out);
    text("commit", &run.sha, out);
    text("event", &run.event, out);
    text("actor", &run.actor, out);
    text("result", run_result(run.progress), out);
    time("started", run.started, out);
    time("updated", run.updated, out);
    number("seconds", seconds.map(i64::unsigned_abs), out);
    text("page", &run.page, out);
    out.extend_from_slice(b"}\n");
}

fn key(name: &str, out: &mut Vec<u8>) {
    out.push(b',');
    string(name, out);
    out.push(b':');
}

fn text(name: &str, text: &str, out: &mut Vec<u8>) {
    key(name, out);
    string(text, out);
}

fn number(name: &str, n: Option<u64>, out: &mut Vec<u8>) {
    key(name, out);
    out.extend_from_slice(n.map_or_else(|| "null".to_owned(), |n| n.to_string()).as_bytes());
}

fn time(name: &str, at: Option<Timestamp>, out: &mut Vec<u8>) {
    key(name, out);
    match at {
        Some(at) => string(&at.to_jiff().to_string(), out),
        None => out.extend_from_slice(b"null"),
    }
}
