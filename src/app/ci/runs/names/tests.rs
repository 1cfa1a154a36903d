//! Names in archives, in many forms.

use super::*;
use crate::model::ci::Progress;

fn job(name: &str) -> Job {
    Job {
        id: 1,
        name: name.into(),
        stage: String::new(),
        progress: Progress::Passed,
        started: None,
        ended: None,
        steps: Vec::new(),
        earlier: Vec::new(),
        has_artifacts: None,
        page: String::new(),
    }
}

/// `J` or `J.S` for each name; `-` for none.
#[track_caller]
fn check(jobs: &[&str], names: &[&str], expected: &str) {
    let jobs: Vec<Job> = jobs.iter().map(|name| job(name)).collect();
    let found: Vec<String> = match_entries(names, &jobs)
        .iter()
        .map(|entry| match entry {
            Some(Entry { job, step: Some(step) }) => format!("{job}.{step}"),
            Some(Entry { job, step: None }) => job.to_string(),
            None => "-".to_owned(),
        })
        .collect();
    assert_eq!(
        found.join(" "),
        expected,
        "{jobs:?} {names:?}",
        jobs = jobs.iter().map(|j| &j.name).collect::<Vec<_>>()
    );
}

#[test]
fn whole_jobs_and_steps() {
    let names = ["0_build.txt", "build/1_Set up job.txt", "build/12_Post Run actions_checkout@v4.txt", "1_test.txt"];
    check(&["build", "test"], &names, "0 0.1 0.12 1");
    check(&["test", "build"], &names, "1 1.1 1.12 0");
    check(
        &["build"],
        &["build/system.txt", "build/", "readme.md", "build.txt", "9_logo.png", "x_build.txt"],
        "- - - - - -",
    );
    check(&["build"], &["./0_build.txt"], "0");
    check(&[], &["0_build.txt"], "-");
}

#[test]
fn the_number_is_no_index_and_no_id() {
    check(&["a", "b", "c"], &["7_c.txt", "3_a.txt", "5_b.txt"], "2 0 1");
    check(&["a_b", "b"], &["1_a_b.txt", "2_b.txt"], "0 1");
    check(&["1_a"], &["0_1_a.txt", "1_a/2_x.txt"], "0 0.2");
}

#[test]
fn old_archives_have_a_minus() {
    check(&["cool job", "other"], &["-9999999999_cool job.txt", "-1_other.txt", "cool job/1_fob.txt"], "0 1 0.1");
}

#[test]
fn slashes_and_colons_are_left_out() {
    check(&["a/b: c"], &["0_ab c.txt", "ab c/1_x.txt"], "0 0.1");
    check(&["caller / callee"], &["0_caller  callee.txt", "caller  callee/4_x.txt"], "0 0.4");
    check(&["one / two / three (x, y)"], &["3_one  two  three (x, y).txt"], "0");
    check(&["lint / "], &["0_lint.txt"], "0");
    // Blanks that somebody else made one.
    check(&["caller / callee", "other"], &["0_caller callee.txt"], "0");
}

#[test]
fn newer_archives_replace_slashes() {
    check(&["caller / callee"], &["0_caller _ callee.txt", "caller _ callee/4_x.txt"], "0 0.4");
    check(&["a / b", "a / b", "a: b"], &["0_a _ b.txt", "1_a _ b (1).txt", "2_a_ b.txt"], "0 1 2");
    let long = format!("{} / callee (linux)", "x".repeat(80));
    check(&[&long, "b"], &[&format!("0_{} _ callee.txt", "x".repeat(80))], "0");
    let odd = format!("a / {}", "🚀".repeat(50));
    check(&[&odd, "b"], &[&format!("0_a _ {}.txt", "🚀".repeat(43))], "0");
}

#[test]
fn long_names_are_cut() {
    let long = format!("{} tail", "x".repeat(100));
    let cut = "x".repeat(90);
    check(&[&long, "b"], &[&format!("0_{cut}.txt"), &format!("{cut}/1_a.txt"), "1_b.txt"], "0 0.1 1");
    // The cut falls behind a blank.
    let blank = format!("{} yz", "x".repeat(89));
    check(&[&blank], &[&format!("0_{}.txt", "x".repeat(89))], "0");
    // Two units each: 45 of them.
    let rockets = "🚀".repeat(50);
    check(&[&rockets], &[&format!("0_{}.txt", "🚀".repeat(45))], "0");
    // A cut in the middle of one.
    let odd = format!("a{rockets}");
    check(&[&odd], &[&format!("0_a{}.txt", "🚀".repeat(44))], "0");
    check(&[&odd], &[&format!("0_a{}\u{fffd}.txt", "🚀".repeat(44))], "0");
    // Cut shorter than we know.
    let name = format!("{} (ubuntu)", "y".repeat(85));
    check(&[&name, "z"], &[&format!("0_{}.txt", &name[..80])], "0");
    let other = format!("{} (windows)", "y".repeat(85));
    check(&[&name, &other], &[&format!("0_{}.txt", "y".repeat(85))], "-");
}

#[test]
fn same_names_are_numbered_or_counted() {
    let jobs = ["build", "build", "test", "build"];
    check(&jobs, &["0_build.txt", "1_build (1).txt", "2_test.txt", "3_build (2).txt"], "0 1 2 3");
    check(&jobs, &["0_build.txt", "1_build_1.txt", "3_build_2.txt"], "0 1 3");
    check(&jobs, &["0_build (1).txt", "1_build (2).txt", "3_build (3).txt"], "0 1 3");
    check(&jobs, &["3_build.txt", "0_build.txt", "1_build.txt"], "3 0 1");
    check(&jobs, &["build/1_a.txt", "build/1_a.txt", "build/1_b.txt", "build/2_a.txt"], "0.1 1.1 3.1 0.2");
    check(&jobs, &["build (1)/1_a.txt", "build/1_a.txt", "build (2)/1_a.txt"], "1.1 0.1 3.1");
    check(&jobs, &["0_build.txt", "1_build.txt", "2_build.txt", "4_build.txt"], "0 1 3 -");
}

#[test]
fn a_number_may_be_the_jobs_own() {
    check(&["test (1)", "test (2)", "test"], &["0_test (2).txt", "1_test (1).txt", "2_test.txt"], "1 0 2");
    check(&["test"], &["0_test (1).txt"], "-");
    check(&["shard-1", "shard-2"], &["0_shard-2.txt", "1_shard-1.txt"], "1 0");
}

#[test]
fn names_that_differ_by_case_are_the_same_in_an_archive() {
    check(&["Build", "build"], &["0_Build.txt", "1_build (1).txt"], "0 1");
    check(&["Build"], &["0_build.txt"], "0");
}

#[test]
fn other_characters_may_be_missing() {
    check(&["test (a|b) <c>?"], &["0_test (ab) c.txt"], "0");
    check(&["test *"], &["0_test _.txt"], "0");
    check(&["a*b", "a?b"], &["0_a_b.txt"], "-");
    check(&["🚀"], &["0_🚀.txt", "1_.txt"], "0 -");
}

#[test]
fn hostile_names_match_nothing() {
    check(
        &["build"],
        &["../../etc/1_x.txt", "/0_build.txt", "99999999999999999999_build.txt", "-_build.txt"],
        "- - 0 -",
    );
    check(&["build"], &["build/-1_x.txt", "build/1_a/2_b.txt", "_.txt", ""], "- 0.1 - -");
}
