//! Archives of a run's logs, as GitHub makes them.
//!
//! Owns the names of the files in them and the writing of zip files. The crate that the tests write archives with would
//! become a dependency of the product for these hundred lines, and cannot write what GitHub does: entries without a date,
//! with their sizes behind them. Must not know HTTP.

use super::state::{Attempt, End, Job, Phase};
use crate::model::Timestamp;
use bytes::Bytes;
use flate2::{Compression, Crc, write::DeflateEncoder};
use std::{collections::BTreeSet, io::Write};

/// How the files are named. The service changed it; archives keep the names that they were made with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Names {
    /// `/` and `:` are left out; a file for each job (`0_name.txt`) and each step (`name/1_step.txt`).
    #[default]
    Stripped,
    /// The same, with a large negative number before a job's name.
    Negative,
    /// Since 2025: `/` and `:` become `_`, names keep their length, and there are no files of steps but a `system.txt`.
    Underscored,
}

/// The longest name, in units of UTF-16.
const MAX_UNITS: usize = 90;
/// What the parts of a zip file begin with.
const LOCAL: u32 = 0x0403_4b50;
const SIZES: u32 = 0x0807_4b50;
const ENTRY: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// What is smaller is stored as it is.
const MIN_DEFLATED: usize = 64;

/// A name as a part of a path.
pub fn clean(name: &str, names: Names) -> String {
    if names == Names::Underscored {
        return name.replace(['/', ':', '\\', '*', '?', '"', '<', '>', '|'], "_").trim().to_owned();
    }
    let mut units = 0;
    let kept = name.chars().filter(|c| !matches!(c, '/' | ':')).take_while(|c| {
        units += c.len_utf16();
        units <= MAX_UNITS
    });
    kept.collect::<String>().trim().to_owned()
}

/// The files of an attempt's archive, by name.
pub fn entries(attempt: &Attempt, names: Names, now: Timestamp) -> Vec<(String, Bytes)> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    let mut taken = BTreeSet::new();
    let ran = |job: &&Job| job.triggers.is_none() && job.span.started_by(now).is_some() && is_run(job.span.phase(now));
    for (number, job) in attempt.jobs.iter().filter(ran).enumerate() {
        let name = unique(&clean(&job.name, names), &mut taken);
        let file = match names {
            Names::Negative => format!("-{}_{name}.txt", 1_767_395_000 + job.id % 1_000_000),
            Names::Stripped | Names::Underscored => format!("{number}_{name}.txt"),
        };
        files.push((file, job.written(now)));
        if names == Names::Underscored {
            folders.push((format!("{name}/system.txt"), system(job)));
        } else if job.has_step_files {
            for step in job.steps.iter().filter(|step| is_run(step.span.phase(now))) {
                folders.push((format!("{name}/{}_{}.txt", step.number, clean(&step.name, names)), step.log.clone()));
            }
        }
    }
    files.extend(folders);
    files
}

fn is_run(phase: Phase) -> bool {
    matches!(phase, Phase::Over(end) if end != End::Skipped)
}

/// `name`, or with a number when it is taken.
fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let names = std::iter::once(name.to_owned()).chain((1..).map(|n| format!("{name} ({n})")));
    let free = names.into_iter().find(|name| taken.insert(name.clone()));
    free.unwrap_or_default()
}

/// What the service says of how it found a runner.
fn system(job: &Job) -> Bytes {
    let at = job.span.started.unwrap_or_default().to_jiff();
    let at = jiff::fmt::strtime::format("%Y-%m-%dT%H:%M:%S.%7fZ", at).unwrap_or_default();
    let lines = [
        format!("{at} Evaluating {}.if", job.name),
        format!("{at} Result: true"),
        format!("{at} Requested labels: ubuntu-22.04"),
        format!("{at} Job is about to start running on the hosted runner: GitHub Actions {}", job.id % 1000),
        String::new(),
    ];
    Bytes::from(lines.join("\n"))
}

/// A zip file. Each entry, and all of them together, must stay under 4 GiB.
pub fn zip(entries: &[(String, Bytes)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in entries {
        let offset = out.len() as u32;
        let is_deflated = bytes.len() >= MIN_DEFLATED;
        let mut crc = Crc::new();
        crc.update(bytes);
        let crc = crc.sum();
        // What is packed is streamed: its sizes stand behind it.
        let (flags, method, version) = if is_deflated { (0x0808_u16, 8_u16, 20_u16) } else { (0x0800, 0, 10) };
        let known = if is_deflated { (0, 0) } else { (crc, bytes.len() as u32) };
        put(&mut out, &[LOCAL], &[version, flags, method, 0, 0]);
        put(&mut out, &[known.0, known.1, known.1], &[name.len() as u16, 0]);
        out.extend_from_slice(name.as_bytes());
        let start = out.len();
        if is_deflated {
            out = deflate(out, bytes);
        } else {
            out.extend_from_slice(bytes);
        }
        let packed = (out.len() - start) as u32;
        if is_deflated {
            put(&mut out, &[SIZES, crc, packed, bytes.len() as u32], &[]);
        }
        put(&mut directory, &[ENTRY], &[20, version, flags, method, 0, 0]);
        put(&mut directory, &[crc, packed, bytes.len() as u32], &[name.len() as u16, 0, 0, 0, 0]);
        put(&mut directory, &[0, offset], &[]);
        directory.extend_from_slice(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend_from_slice(&directory);
    let count = entries.len() as u16;
    put(&mut out, &[END], &[0, 0, count, count]);
    put(&mut out, &[directory.len() as u32, start], &[0]);
    out
}

/// Adds `bytes`, packed, to `out`.
fn deflate(out: Vec<u8>, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(out, Compression::fast());
    // A vector takes every write.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Adds numbers of four bytes, then such of two.
fn put(out: &mut Vec<u8>, longs: &[u32], shorts: &[u16]) {
    out.extend(longs.iter().flat_map(|n| n.to_le_bytes()));
    out.extend(shorts.iter().flat_map(|n| n.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::super::state::Span;
    use super::*;
    use crate::model::time::SECOND;
    use std::io::Read;

    #[test]
    fn names_are_cut_as_the_service_cuts_them() {
        let check = |name: &str, stripped: &str, underscored: &str| {
            assert_eq!(clean(name, Names::Stripped), stripped);
            assert_eq!(clean(name, Names::Underscored), underscored);
        };
        check("call / test: a", "call  test a", "call _ test_ a");
        check("../../.ssh/x", ".....sshx", ".._.._.ssh_x");
        check("x :", "x", "x _");
        let long = "ab".repeat(60);
        check(&long, &long[..90], &long);
        // Two units each; none is cut in half.
        assert_eq!(clean(&format!("a{}", "🦀".repeat(60)), Names::Stripped).chars().count(), 45);
        assert_eq!(clean(&format!("{} tail", "a".repeat(89)), Names::Stripped), "a".repeat(89));
    }

    #[test]
    fn an_archive_has_the_files_of_jobs_and_steps() {
        let span = |end| Span::new(Timestamp(0), 5, end);
        let long = "a line\n".repeat(1000);
        let job = |id, name| {
            let job = Job::new(id, name, span(End::Failure)).step("Set up job", span(End::Success), "set up\n");
            let job = job.step("Run a/b: c", span(End::Failure), long.clone());
            job.step("upload", span(End::Skipped), "")
        };
        let skipped = Job::new(9, "late", span(End::Skipped));
        let attempt = Attempt::new(Timestamp(0), vec![job(1, "call / test"), skipped, job(2, "call / test")]);
        let names_of = |names| {
            let entries = entries(&attempt, names, Timestamp(9 * SECOND));
            let archive = zip(&entries);
            let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
            for (number, (name, bytes)) in entries.iter().enumerate() {
                let mut entry = archive.by_index(number).unwrap();
                let mut read = Vec::new();
                entry.read_to_end(&mut read).unwrap();
                assert_eq!((&*entry.name().unwrap(), &read[..]), (name.as_str(), &bytes[..]));
            }
            entries.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(
            names_of(Names::Stripped),
            [
                "0_call  test.txt",
                "1_call  test (1).txt",
                "call  test/1_Set up job.txt",
                "call  test/2_Run ab c.txt",
                "call  test (1)/1_Set up job.txt",
                "call  test (1)/2_Run ab c.txt",
            ]
        );
        assert_eq!(names_of(Names::Negative)[0], "-1767395001_call  test.txt");
        assert_eq!(names_of(Names::Underscored)[1..3], ["1_call _ test (1).txt", "call _ test/system.txt"]);
    }
}
