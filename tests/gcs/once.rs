//! What is there is printed once: forms, names, choices, and what cannot be had.

use super::{World, lines, names};
use serde_json::Value;
use std::io::Write;

fn gz(text: &str) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap()
}

#[test]
fn objects_are_merged_by_time() {
    let Some(world) = World::new() else { return };
    world.gcs.put("trades/a.log", lines([1, 3]));
    world.gcs.put("trades/deep/b.log", lines([2, 4]));
    world.gcs.put("reflections/c.log", lines([5]));
    let check = |args: &[&str], expected: &[u32]| assert_eq!(world.words(args), names(expected.to_vec()), "{args:?}");
    check(&["gs://logs/trades/"], &[1, 2, 3, 4]);
    check(&["gs://logs/"], &[1, 2, 3, 4, 5]);
    check(&["gs://logs/trades/", "gs://logs/reflections/"], &[1, 2, 3, 4, 5]);
    check(&["gs://logs/trades/a"], &[1, 3]);
    check(&["gs://logs/", "--object", "*.log", "--exclude-object", "trades/**"], &[5]);
    check(&["gs://logs/", "--object", "trades/*.log"], &[1, 3]);
    check(&["gs://logs/", "--since", "2026-01-01T10:00:03Z", "--tz", "UTC"], &[3, 4, 5]);
    check(&["gs://logs/", "--lines", "1"], &[3, 4, 5]);
    check(&["gs://logs/trades/", "--grep", "n[34]", "--severity", "info"], &[3, 4]);
    let ran = world.once(&["gs://logs/none/"]);
    assert_eq!((ran.code, ran.text()), (Some(0), ""));
    assert!(ran.err.contains("no object is under gs://logs/none/"), "{}", ran.err);
}

#[test]
fn a_file_is_merged_with_them() {
    let Some(world) = World::new() else { return };
    world.gcs.put("a.log", lines([1, 3]));
    world.home.file("b.log", lines([2, 4]));
    assert_eq!(world.words(&["gs://logs/", "b.log"]), names(1..=4));
}

#[test]
fn packed_objects_and_arrays_and_tables_are_read() {
    let Some(world) = World::new() else { return };
    world.gcs.put("a.log.gz", gz(&lines([1, 2])));
    world.gcs.put("b.log.zst", zstd_of(&lines([3, 4])));
    world.gcs.put("c.zip", zip_of("inner/c.log", &lines([5, 6])));
    let object = |n: u32| format!("{{\"time\":\"2026-01-01T10:00:0{n}Z\",\"level\":\"info\",\"message\":\"n{n}\"}}");
    world.gcs.put("d.json", format!("[\n  {},\n  {}\n]\n", object(7), object(8)));
    world.gcs.put("e.csv", "time,level,message\n2026-01-01T10:00:09Z,error,n9\n");
    let ran = world.once(&["gs://logs/", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.text());
    // Beside the records, a line says that an archive is read.
    let mut records = ran.json();
    let word = |record: &Value| record["message"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
    records.retain(|record| word(record) != "c.zip");
    assert_eq!(records.iter().map(word).collect::<Vec<_>>(), names(1..=9));
    let origin = |n: usize| records[n].get("origin").and_then(Value::as_str).unwrap_or_default();
    assert!(origin(0).ends_with("a.log.gz") && origin(8).ends_with("e.csv"), "{records:?}");
    assert_eq!(records[8]["severity"], "ERROR");
}

#[test]
fn a_gzip_object_that_is_cut_gives_what_came() {
    let Some(world) = World::new() else { return };
    let text: String = lines(0..3000);
    let whole = gz(&text);
    world.gcs.put("cut.log.gz", &whole[..whole.len() / 2]);
    let ran = world.once(&["gs://logs/"]);
    assert!(ran.text().contains("n1\n") && !ran.text().contains("n2999\n"), "{}", ran.err);
    assert!(ran.code == Some(3) && ran.err.contains("cut.log.gz"), "{:?} {}", ran.code, ran.err);
}

#[test]
fn strange_names_are_safe() {
    let Some(world) = World::new() else { return };
    world.gcs.put("a\nb.log", lines([1]));
    world.gcs.put("\u{1b}]0;title\u{7}.log", lines([2]));
    world.gcs.put("a/..hidden../b.log", lines([3]));
    world.gcs.put("ü %2F?#&+.log", lines([4]));
    let ran = world.once(&["gs://logs/"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(ran.text().lines().count(), 4, "{}", ran.text());
    assert!(!ran.text().contains(['\u{1b}', '\u{7}']), "{:?}", ran.text());
    let ran = world.once(&["gs://logs/", "--format", "json"]);
    let is_safe = |record: &Value| record["origin"].as_str().is_some_and(|origin| !origin.contains(char::is_control));
    assert!(ran.json().iter().all(is_safe), "{}", ran.text());
    assert!(ran.json().iter().any(|record| record["origin"] == "a<0A>b.log"), "{}", ran.text());
}

#[test]
fn what_cannot_be_had_is_said() {
    let Some(mut world) = World::new() else { return };
    let check = |world: &World, args: &[&str], code: i32, expected: &[&str]| {
        let ran = world.once(args);
        assert!(expected.iter().all(|word| ran.err.contains(word)), "{args:?}: {}", ran.err);
        assert_eq!((ran.code, ran.text()), (Some(code), ""), "{args:?}: {}", ran.err);
    };
    check(&world, &["gs://no-such-bucket/"], 3, &["no-such-bucket"]);
    check(&world, &["gs://logs/", "--object", "a[b"], 3, &["a[b"]);
    check(&world, &["a.log", "--object", "*"], 2, &["--object goes with gs://"]);
    check(&world, &["gs://logs/", "--limit", "3"], 2, &["--limit goes with firestore:"]);
    check(&world, &["a.log", "--state", "s"], 2, &["--state goes with gs:"]);
    world.gcs.kill();
    check(&world, &["gs://logs/"], 3, &["127.0.0.1"]);
}

/// A zstd frame of raw blocks: the library that we read with does not write.
fn zstd_of(text: &str) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    let chunks: Vec<&[u8]> = text.as_bytes().chunks(65_536).collect();
    for (n, chunk) in chunks.iter().enumerate() {
        let header = (chunk.len() as u32) << 3 | u32::from(n + 1 == chunks.len());
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.extend_from_slice(chunk);
    }
    frame
}

/// An archive with one stored file.
fn zip_of(name: &str, text: &str) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(text.as_bytes());
    let common = |out: &mut Vec<u8>| {
        out.extend_from_slice(&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for number in [crc.sum(), text.len() as u32, text.len() as u32] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&(name.len() as u16).to_le_bytes());
        out.extend_from_slice(&[0, 0]);
    };
    let mut out = b"PK\x03\x04".to_vec();
    common(&mut out);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(text.as_bytes());
    let directory = out.len() as u32;
    out.extend_from_slice(b"PK\x01\x02\x14\x00");
    common(&mut out);
    out.extend_from_slice(&[0; 14]);
    out.extend_from_slice(name.as_bytes());
    let size = out.len() as u32 - directory;
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&directory.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}
