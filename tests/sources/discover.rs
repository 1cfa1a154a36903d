//! Paths, directories and globs into inputs.

use super::found;
use logdeck::sources::files::{Codec, Input, InputError, discover};
use std::{fs, path::Path};

/// A directory with these files; a name that ends with `/` is a directory.
fn place(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(&path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
        }
    }
    dir
}

fn check(dir: &Path, paths: &[&str], names: &[&str], problems: &[&str]) {
    let paths: Vec<_> = paths.iter().map(|p| dir.join(p)).collect();
    let (got, said) = found(&discover(&paths), dir);
    assert_eq!(got, names, "{paths:?}");
    assert_eq!(said.len(), problems.len(), "{said:?}");
    for (said, expected) in said.iter().zip(problems) {
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn directories_and_globs() {
    let png: &[u8] = b"\x89PNG\r\n\x1A\n";
    let dir = place(&[
        ("b.log", b"b\n"),
        ("a.log", b"a\n"),
        ("sub/c.log", b"c\n"),
        ("sub/deep/d.txt", b"d\n"),
        (".hidden.log", b"h\n"),
        (".git/x.log", b"h\n"),
        ("pic.png", png),
        ("empty/", b""),
        ("only/x.png", png),
        ("only/.x", b""),
        ("new.log", b""),
    ]);
    let all = ["a.log", "b.log", "new.log", "sub/c.log", "sub/deep/d.txt"];
    check(dir.path(), &[""], &all, &["2 binary files were left out"]);
    check(dir.path(), &["*.log"], &["a.log", "b.log", "new.log"], &[]);
    check(dir.path(), &["**/*.log"], &["a.log", "b.log", "new.log", "sub/c.log"], &[]);
    check(dir.path(), &["{a,b}.log"], &["a.log", "b.log"], &[]);
    check(dir.path(), &["s*"], &["sub/c.log", "sub/deep/d.txt"], &[]);
    check(dir.path(), &["./sub//./*.log"], &["sub/c.log"], &[]);
    check(dir.path(), &[".*.log"], &[".hidden.log"], &[]);
    check(dir.path(), &["b.log", "a.log"], &["b.log", "a.log"], &[]);
    check(dir.path(), &["empty"], &[], &["no log file in this directory"]);
    check(dir.path(), &["only"], &[], &["(1 binary, 1 hidden)", "1 binary file was left out"]);
    check(dir.path(), &["*.none", "a.log"], &["a.log"], &["no file fits"]);
    check(dir.path(), &["no/such/*"], &[], &["no file fits"]);
    check(dir.path(), &["[x", "a.log"], &["a.log"], &["not a glob"]);
    check(dir.path(), &["missing", "a.log"], &["a.log"], &["no such file"]);
    check(dir.path(), &["pic.png", "a.log"], &["a.log"], &["a PNG image, not a log"]);
}

#[test]
fn a_name_that_exists_is_no_glob() {
    let dir = place(&[("odd[1].log", b"x\n"), ("odd1.log", b"y\n")]);
    check(dir.path(), &["odd[1].log"], &["odd[1].log"], &[]);
}

#[test]
fn relative_names_stay_as_given() {
    // The test runs in the package's directory.
    let (names, _) = found(&discover(&["./src/li*.rs", "src/lib.rs"]), Path::new("/nowhere"));
    assert_eq!(names, ["./src/lib.rs", "src/lib.rs"]);
}

#[test]
fn codecs_are_told_by_bytes_and_not_by_names() {
    let dir = place(&[("a.gz", b"plain text\n"), ("b.log", b"\x1F\x8B\x08\0\0"), ("c", b"\xFF\xFEa\0")]);
    let codec = |name: &str| discover(&[dir.path().join(name)]).inputs[0].codec;
    assert_eq!(["a.gz", "b.log", "c"].map(codec), [Codec::Plain, Codec::Gzip, Codec::Utf16]);
    assert_eq!(discover(&["-"]).inputs[0].codec, Input::stdin().codec);
}

#[test]
fn links_lead_nowhere_twice() {
    use std::os::unix::fs::symlink;
    let dir = place(&[("sub/a.log", b"a\n")]);
    symlink(dir.path(), dir.path().join("sub/up")).unwrap();
    symlink(dir.path().join("sub/a.log"), dir.path().join("sub/current.log")).unwrap();
    symlink("nowhere", dir.path().join("sub/broken")).unwrap();
    check(dir.path(), &["sub"], &["sub/a.log"], &[]);
    check(dir.path(), &["sub/current.log"], &["sub/current.log"], &[]);
}

#[test]
fn depth_is_limited() {
    let deep = "d/".repeat(17);
    let dir = place(&[("top.log", b"t\n"), (&format!("{deep}x.log"), b"x\n")]);
    check(dir.path(), &[""], &["top.log"], &[]);
}

#[test]
fn no_permission_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let dir = place(&[("secret.log", b"s\n"), ("a.log", b"a\n")]);
    let secret = dir.path().join("secret.log");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&secret).is_ok() {
        // Root may read everything; then only the sentence is checked.
        let error = InputError::io("secret.log", std::io::ErrorKind::PermissionDenied.into());
        assert!(error.to_string().contains("permission denied"));
        return;
    }
    check(dir.path(), &[""], &["a.log"], &["permission denied"]);
}
