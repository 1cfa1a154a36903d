//! What the demo's CI service knows: a red run whose failure foretells the incident, and what is around it.
//!
//! Owns who ran what and when, relative to the moment at which the demo opens. `lines` has what the jobs wrote.

mod lines;

use super::state::{Attempt, Commit, End, Grant, Job, Note, Repo, Run, Span, State};
use crate::demo::generate::Random;
use crate::model::Timestamp;
use crate::model::ci::Forge;
use crate::model::time::SECOND;
use lines::{Log, Outcome};

/// The token that the service of the demo lets in.
pub const TOKEN: &str = "demo-token";
/// The repository that the demo opens.
pub const GITHUB: &str = "acme/payments";
/// The project that it opens beside.
pub const GITLAB: &str = "acme/platform/ledger";

const BUILD: u64 = 7_100_201;
const DEPLOY: u64 = 7_100_202;
const FUZZ: u64 = 7_100_203;
/// Ids of runs are this and their number.
const RUNS: u64 = 19_842_000_000;
/// Each run has this many ids for its jobs.
const IDS: u64 = 16;
/// When the commit that breaks everything is pushed, in seconds before the demo opens.
const BROKEN: i64 = -16 * 60 - 14;

/// What the service knows when the demo opens at `opens`, and what comes then. The same seed gives the same logs.
pub fn demo(opens: Timestamp, seed: u64) -> State {
    let mut state = State::default();
    // Some of the hour is used already, as it is for people.
    let used = 4_190;
    let resets = opens.saturating_add(34 * 60 * SECOND);
    state.allow(TOKEN, Grant { used, resets, ..Grant::default() });
    let story = Story { opens, seed };
    state.add(story.payments());
    state.add(story.edge());
    state.add(story.ledger());
    state.add(story.docs());
    state
}

struct Story {
    opens: Timestamp,
    seed: u64,
}

impl Story {
    /// So many seconds after the demo opens.
    fn at(&self, seconds: i64) -> Timestamp {
        self.opens.saturating_add(seconds * SECOND)
    }

    /// 40 hexadecimal digits that begin with `start`.
    fn sha(&self, start: &str) -> String {
        let mut random = Random::new(&[self.seed, start.bytes().fold(0, |sum, b| sum * 31 + u64::from(b))]);
        let mut sha = start.to_owned();
        while sha.len() < 40 {
            sha.push_str(&format!("{:016x}", random.next()));
        }
        sha.truncate(40);
        sha
    }

    /// The newest first; each is the parent of the one before it.
    fn commits(&self, list: &[(&str, i64, &str, &str)]) -> Vec<Commit> {
        let parent = |place: usize| list.get(place + 1).map_or_else(String::new, |(start, ..)| self.sha(start));
        let commit = |(place, (start, at, author, message)): (usize, &(&str, i64, &str, &str))| Commit {
            sha: self.sha(start),
            parent: parent(place),
            message: (*message).to_owned(),
            author: (*author).to_owned(),
            at: self.at(*at),
        };
        list.iter().enumerate().map(commit).collect()
    }

    fn run(&self, repo: &Repo, number: u64, what: (u64, &str, &str), attempts: Vec<Attempt>) -> Run {
        let (workflow, branch, sha) = what;
        let sha = self.sha(sha);
        let commit = repo.commits.iter().find(|commit| commit.sha == sha);
        Run {
            id: RUNS + number,
            number,
            workflow,
            title: commit.map_or_else(|| "ledger v2: entries by tenant".to_owned(), |commit| commit.message.clone()),
            branch: branch.to_owned(),
            sha,
            event: "push".to_owned(),
            actor: commit.map_or_else(|| "jonas".to_owned(), |commit| commit.author.clone()),
            created: attempts.first().map_or(self.opens, |attempt| attempt.started),
            attempts,
            has_expired: false,
        }
    }

    /// An id of a job of that run.
    const fn job_id(number: u64, place: u64) -> u64 {
        56_120_000_000 + number * IDS + place
    }

    fn payments(&self) -> Repo {
        let mut repo = Repo::new(Forge::Github, 730_118_204, GITHUB)
            .workflow(BUILD, "build-test", "build-test.yml")
            .workflow(DEPLOY, "deploy-prod", "deploy-prod.yml")
            .workflow(FUZZ, "nightly-fuzz", "nightly-fuzz.yml");
        repo.commits = self.commits(&[
            ("e07b4d1", 92, "oncall", "Revert \"ledger client: retry queue in memory\""),
            ("9c1f0e2", BROKEN - 8, "mira", "ledger client: retry queue in memory"),
            ("3f9c1e2", -31 * 60, "jonas", "edge: larger header limit"),
            ("51d07aa", -38 * 60, "mira", "docs: charges are idempotent"),
            ("b7e2d10", -55 * 60, "ade", "ledger client: one deadline for all attempts"),
            ("0c44f9b", -26 * 3600, "ade", "prices: cache for a minute"),
            ("aa10c73", -50 * 3600, "mira", "Update dependencies"),
        ]);
        for (back, passes) in [(12, 2), (11, 1), (10, 1), (9, 1), (8, 1), (7, 2), (6, 1), (5, 1)] {
            let run = self.old(&repo, 18_836 - back, passes);
            repo.runs.push(run);
        }
        let green = self.build(18_836, -43 * 60 - 652, Outcome::Passed);
        let mut runs = vec![self.run(&repo, 18_836, (BUILD, "main", "b7e2d10"), vec![green])];
        let fuzz = vec![self.fuzz(18_839, -29 * 60, End::Cancelled, 62)];
        let mut fuzz = self.run(&repo, 18_839, (FUZZ, "main", "3f9c1e2"), fuzz);
        let mut next =
            self.run(&repo, 18_844, (FUZZ, "main", "9c1f0e2"), vec![self.fuzz(18_844, -15, End::Success, 1240)]);
        for run in [&mut fuzz, &mut next] {
            dress(run, "schedule", "acme-bot", "nightly-fuzz");
        }
        let deploys = [
            (18_841, -25 * 60, 250, "51d07aa", "jonas", "Deploy payments-api 2.13.2"),
            (18_843, -35, 41, "9c1f0e2", "mira", "Deploy payments-api 2.14.0"),
            (18_845, 60, 13, "3f9c1e2", "oncall", "Roll back payments-api to 2.13.2"),
        ];
        for (number, at, seconds, sha, actor, title) in deploys {
            let attempt = self.deploy(number, at, seconds);
            let mut run = self.run(&repo, number, (DEPLOY, "main", sha), vec![attempt]);
            dress(&mut run, "workflow_dispatch", actor, title);
            runs.push(run);
        }
        let red = self.build(18_842, BROKEN, Outcome::Failed);
        let branch = self.build(18_840, -391, Outcome::Passed);
        let revert = self.build(18_846, 95, Outcome::Passed);
        runs.push(self.run(&repo, 18_842, (BUILD, "main", "9c1f0e2"), vec![red]));
        runs.push(self.run(&repo, 18_840, (BUILD, "feat/ledger-v2", "d41e88c"), vec![branch]));
        runs.push(self.run(&repo, 18_846, (BUILD, "main", "e07b4d1"), vec![revert]));
        runs.extend([fuzz, next]);
        repo.runs.extend(runs);
        repo
    }

    /// A run of the days before; with two attempts, the first one failed by chance.
    fn old(&self, repo: &Repo, number: u64, attempts: u64) -> Run {
        let mut random = Random::new(&[self.seed, number]);
        let start = -((18_836 - number) as i64) * 4 * 3600;
        let sha = if number < 18_828 { "aa10c73" } else { "0c44f9b" };
        let attempts = (0..attempts).map(|n| {
            let is_last = n + 1 == attempts;
            let start = start + n as i64 * 1200;
            let seconds = 600 + random.below(80) as i64;
            let span = Span::new(self.at(start + 4), seconds, if is_last { End::Success } else { End::Failure });
            let job = Job::new(Self::job_id(number, n), "integration (ubuntu-22.04, pg15)", span);
            let words = if is_last { lines::short() } else { lines::flaky() };
            let job = job.step("integration tests", span, Log::new(span).all(words).bytes());
            Attempt::new(self.at(start), vec![job])
        });
        self.run(repo, number, (BUILD, "main", sha), attempts.collect())
    }

    /// The run of build-test that starts at `start`.
    fn build(&self, number: u64, start: i64, outcome: Outcome) -> Attempt {
        let mut random = Random::new(&[self.seed, number]);
        let is_red = outcome == Outcome::Failed;
        let lint = Span::new(self.at(start + 4), 96, End::Success);
        let lint = Job::new(Self::job_id(number, 0), "lint", lint)
            .step(
                "Set up job",
                Span::new(self.at(start + 4), 2, End::Success),
                self.stamp(start + 4, 2, lines::setup()),
            )
            .step(
                "clippy",
                Span::new(self.at(start + 6), 94, End::Success),
                self.stamp(start + 6, 94, lines::clippy()),
            );
        let mut at = start + 5;
        let first = at;
        let mut job = Job::new(Self::job_id(number, 1), "integration (ubuntu-22.04, pg15)", Span::WAITING);
        let tests = lines::integration(&mut random, outcome);
        let steps = [
            ("Set up job", 2, lines::setup()),
            ("checkout", 3, lines::checkout(&self.sha("9c1f0e2"))),
            ("setup toolchain", 41, lines::toolchain()),
            ("build", 192, lines::build()),
            ("unit tests", 132, lines::unit(&mut random)),
            ("integration tests", 288, tests),
            ("upload artifacts", 2, lines::upload()),
            ("notify", 1, lines::notify()),
            ("Post checkout", 1, lines::post()),
            ("Complete job", 0, lines::complete()),
        ];
        for (name, seconds, words) in steps {
            let (end, seconds) = match name {
                "integration tests" if is_red => (End::Failure, seconds),
                "upload artifacts" | "notify" if is_red => (End::Skipped, 0),
                _ => (End::Success, seconds),
            };
            let words = if end == End::Skipped { Vec::new() } else { words };
            job = job.step(name, Span::new(self.at(at), seconds, end), self.stamp(at, seconds, words));
            at += seconds;
        }
        // The real numbers have a gap before what is cleaned up.
        for (step, number) in job.steps.iter_mut().rev().zip([16, 15]) {
            step.number = number;
        }
        let end = if is_red { End::Failure } else { End::Success };
        job.span = Span::new(self.at(first), at - first, end);
        if is_red {
            let note = |level, path: &str, line, message: &str| Note {
                level,
                path: path.to_owned(),
                line,
                message: message.to_owned(),
            };
            job.notes.push(note("failure", ".github", 9, "Process completed with exit code 101."));
            job.notes.push(note("warning", ".github", 2, "Node.js 20 actions are deprecated."));
        }
        Attempt::new(self.at(start), vec![lint, job])
    }

    fn deploy(&self, number: u64, start: i64, seconds: i64) -> Attempt {
        let span = Span::new(self.at(start), seconds, End::Success);
        let job = Job::new(Self::job_id(number, 0), "deploy / production", span);
        let job =
            job.step("Set up job", Span::new(self.at(start), 2, End::Success), self.stamp(start, 2, lines::setup()));
        let rest = Span::new(self.at(start + 2), seconds - 2, End::Success);
        let job = job.step("Run acme/deploy@v4", rest, self.stamp(start + 2, seconds - 2, lines::deploy()));
        Attempt::new(self.at(start), vec![job])
    }

    fn fuzz(&self, number: u64, start: i64, end: End, seconds: i64) -> Attempt {
        // It waits for one of the few large runners.
        let begin = start + 40;
        let span = Span::new(self.at(begin), seconds, end);
        let job = Job::new(Self::job_id(number, 0), "fuzz (parser, 20m)", span);
        let job =
            job.step("Set up job", Span::new(self.at(begin), 2, End::Success), self.stamp(begin, 2, lines::setup()));
        let rest = Span::new(self.at(begin + 2), seconds - 2, end);
        let mut job = job.step("fuzz", rest, self.stamp(begin + 2, seconds - 2, lines::fuzz(end)));
        let corpus = Span::new(self.at(begin + seconds), 0, if end == End::Success { end } else { End::Skipped });
        job = job.step("keep corpus", corpus, "");
        Attempt::new(self.at(start), vec![job])
    }

    fn stamp(&self, start: i64, seconds: i64, words: Vec<String>) -> bytes::Bytes {
        Log::new(Span::new(self.at(start), seconds, End::Success)).all(words).bytes()
    }

    /// A repository where all is well.
    fn edge(&self) -> Repo {
        let mut repo = Repo::new(Forge::Github, 730_118_990, "acme/edge").workflow(BUILD + 10, "ci", "ci.yml");
        repo.commits = self.commits(&[("77ab01f", -3 * 3600, "jonas", "Larger header limit")]);
        for (number, start) in [(412, -27), (413, -3)] {
            let span = Span::new(self.at(start * 3600 + 5), 184, End::Success);
            let job = Job::new(Self::job_id(number, 0), "test", span);
            let job = job.step("test", span, Log::new(span).all(lines::short()).bytes());
            let attempt = Attempt::new(self.at(start * 3600), vec![job]);
            repo.runs.push(self.run(&repo, number, (BUILD + 10, "main", "77ab01f"), vec![attempt]));
        }
        repo
    }

    /// A project of GitLab with a red and a green pipeline.
    fn ledger(&self) -> Repo {
        let mut repo = Repo::new(Forge::Gitlab, 81, GITLAB);
        repo.commits = self.commits(&[
            ("44d1c0e", -14 * 60, "ade", "Settle in batches of 500"),
            ("18ff2a9", -70 * 60, "ade", "Pool: report waiting clients"),
        ]);
        for (number, start, sha, is_red) in [(2210, -58 * 60, "18ff2a9", false), (2211, -13 * 60, "44d1c0e", true)] {
            let attempt = self.pipeline(number, start, is_red);
            repo.runs.push(self.run(&repo, number, (0, "main", sha), vec![attempt]));
        }
        let open = Attempt::new(
            self.at(-50),
            vec![self.section_job(2212, 0, ("build", "build"), (-44, 400), End::Success, &lines::compile())],
        );
        repo.runs.push(self.run(&repo, 2212, (0, "feat/ledger-v2", "d41e88c"), vec![open]));
        repo
    }

    fn pipeline(&self, number: u64, start: i64, is_red: bool) -> Attempt {
        let bad = if is_red { End::Failure } else { End::Success };
        let mut random = Random::new(&[self.seed, number]);
        let mut lint =
            self.section_job(number, 2, ("lint", "test"), (start + 130, 21), End::Failure, &lines::checkstyle());
        lint.may_fail = true;
        let words = lines::maven(&mut random, is_red);
        let mut test = self.section_job(number, 3, ("integration", "test"), (start + 131, 204), bad, &words);
        test.has_artifacts = true;
        let late = start + 340;
        let mut deploy = self.section_job(number, 5, ("deploy", "deploy"), (late, 30), End::Success, &lines::apply());
        let mut docs = Job::new(RUNS + number * IDS + 4, "docs", Span::new(self.at(late), 30, End::Success));
        (docs.stage, docs.triggers) = ("deploy".to_owned(), Some(("acme/platform/docs".to_owned(), RUNS + 88)));
        if is_red {
            for job in [&mut deploy, &mut docs] {
                job.span = Span { started: None, ended: Some(self.at(late)), end: End::Skipped };
                job.steps.clear();
            }
        }
        let build = self.section_job(number, 1, ("build", "build"), (start + 6, 122), End::Success, &lines::compile());
        Attempt::new(self.at(start), vec![build, lint, test, docs, deploy])
    }

    /// A job of GitLab, whose trace has sections.
    fn section_job(
        &self,
        number: u64,
        place: u64,
        (name, stage): (&str, &str),
        (start, seconds): (i64, i64),
        end: End,
        words: &[String],
    ) -> Job {
        let (begin, span) = (self.at(start), Span::new(self.at(start), seconds, end));
        let mut job = Job::new(RUNS + number * IDS + place, name, span);
        stage.clone_into(&mut job.stage);
        let good = |seconds| Span::new(begin, seconds, End::Success);
        let script = Span::new(self.at(start + 9), seconds - 9, end);
        job.step("prepare_executor", good(4), lines::section("prepare_executor", good(4), &lines::executor()))
            .step("get_sources", good(9), lines::section("get_sources", good(9), &lines::sources()))
            .step("step_script", script, lines::script(script, words))
    }

    /// The project that a pipeline of the other starts.
    fn docs(&self) -> Repo {
        let mut repo = Repo::new(Forge::Gitlab, 82, "acme/platform/docs");
        repo.commits = self.commits(&[("90ee1b2", -100 * 60, "ade", "Charges are idempotent")]);
        let job = self.section_job(88, 1, ("pages", "deploy"), (-52 * 60, 25), End::Success, &lines::pages());
        let mut run = self.run(&repo, 88, (0, "main", "90ee1b2"), vec![Attempt::new(self.at(-52 * 60), vec![job])]);
        dress(&mut run, "pipeline", "ade", "Charges are idempotent");
        repo.runs.push(run);
        repo
    }
}

/// Says what set a run off, who, and what for.
fn dress(run: &mut Run, event: &str, actor: &str, title: &str) {
    event.clone_into(&mut run.event);
    actor.clone_into(&mut run.actor);
    title.clone_into(&mut run.title);
}

#[cfg(test)]
mod tests {
    use super::super::state::Phase;
    use super::*;

    /// 2026-11-21T03:14:00Z
    const OPENS: Timestamp = Timestamp(1_795_230_840_000_000_000);

    fn phases(seconds: i64) -> Vec<(u64, Phase)> {
        let state = demo(OPENS, 7);
        let now = OPENS.saturating_add(seconds * SECOND);
        let repo = state.repo(Forge::Github, GITHUB).unwrap();
        let runs = repo.runs_at(now).into_iter();
        runs.filter(|run| run.number > 18_835).map(|run| (run.number, run.latest(now).unwrap().1.phase(now))).collect()
    }

    #[test]
    fn the_runs_go_on_with_the_incident() {
        let opened = phases(0);
        let passed = Phase::Over(End::Success);
        assert_eq!(
            opened,
            [
                (18_844, Phase::Queued),
                (18_843, Phase::Running),
                (18_840, Phase::Running),
                (18_842, Phase::Over(End::Failure)),
                (18_841, passed),
                (18_839, Phase::Over(End::Cancelled)),
                (18_836, passed),
            ]
        );
        let later = phases(100);
        assert_eq!(later[..3], [(18_846, Phase::Running), (18_845, passed), (18_844, Phase::Running)]);
        assert_eq!(later[3], (18_843, passed));
    }

    #[test]
    fn the_red_step_has_its_cause_where_the_story_wants_it() {
        let state = demo(OPENS, 7);
        let run = state.repo(Forge::Github, GITHUB).unwrap().run(RUNS + 18_842).unwrap();
        let step = run.attempts[0].jobs[1].steps.iter().find(|step| step.name == "integration tests").unwrap();
        let text = std::str::from_utf8(&step.log).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 12_408);
        assert!(lines[9870].contains("panicked at tests/ledger.rs:212:9"), "{}", lines[9870]);
        assert!(lines[12_407].ends_with("##[error]Process completed with exit code 101."));
        assert!(lines.is_sorted_by_key(|line| &line[..28]));
        assert!(lines[12_407][..28] < *"2026-11-21T03:08:50");
        let again = demo(OPENS, 7);
        let again = again.repo(Forge::Github, GITHUB).unwrap().run(RUNS + 18_842).unwrap();
        assert_eq!(again.attempts[0].jobs[1].written(OPENS), run.attempts[0].jobs[1].written(OPENS));
    }
}
