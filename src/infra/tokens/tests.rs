//! Each place of a token, their order, and what may be wrong with them.

use super::*;
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::sync::atomic::{AtomicU32, Ordering};

fn server(forge: Forge, host: &str, named: Named) -> Server {
    Server { forge, host: host.to_owned(), named, from: None }
}

fn lookup(variables: &[(&str, &str)]) -> Lookup {
    let variables: BTreeMap<String, OsString> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
    Arc::new(move |name| variables.get(name).cloned())
}

fn token(server: Server, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
    let token = Finder::new(server, lookup(variables)).token();
    token.map(|secret| secret.map(|secret| secret.expose().to_owned())).map_err(|error| error.to_string())
}

fn from(from: TokenFrom, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
    token(Server { from: Some(from), ..server(Forge::Github, "github.com", Named::ByUser) }, variables)
}

fn command(words: &[&str]) -> TokenFrom {
    TokenFrom::Command(words.iter().map(|word| (*word).to_owned()).collect())
}

/// A file with this text and mode.
fn file(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_environment_is_asked_in_its_order() {
    let all = [
        ("GH_TOKEN", "gh"),
        ("GITHUB_TOKEN", "github"),
        ("GITHUB_ENTERPRISE_TOKEN", "ghes2"),
        ("GITLAB_TOKEN", " gitlab\n"),
        ("GITLAB_ACCESS_TOKEN", "gitlab2"),
    ];
    let check = |forge, host: &str, variables: &[(&str, &str)], expected: Option<&str>| {
        assert_eq!(token(server(forge, host, Named::ByUser), variables), Ok(expected.map(str::to_owned)), "{host}");
    };
    check(Forge::Github, "github.com", &all, Some("gh"));
    check(Forge::Github, "github.com", &all[1..], Some("github"));
    check(Forge::Github, "acme.ghe.com", &all, Some("gh"));
    check(Forge::Github, "git.acme.io", &all, Some("ghes2"));
    check(Forge::Github, "git.acme.io", &[("GH_ENTERPRISE_TOKEN", "a"), ("GITHUB_ENTERPRISE_TOKEN", "b")], Some("a"));
    check(Forge::Gitlab, "gitlab.com", &all, Some("gitlab"));
    check(Forge::Gitlab, "gitlab.acme.io", &all[4..], Some("gitlab2"));
    check(Forge::Github, "github.com", &[("GH_TOKEN", " "), ("GITHUB_TOKEN", "github")], Some("github"));
    check(Forge::Github, "github.com", &[], None);
}

#[test]
fn a_clone_does_not_decide_where_tokens_go() {
    let all = [("GH_TOKEN", "gh"), ("GH_ENTERPRISE_TOKEN", "ghes"), ("GITLAB_TOKEN", "gitlab")];
    let check = |forge, host: &str, more: &[(&str, &str)], expected: Option<&str>| {
        let variables = [&all[..], more].concat();
        let found = token(server(forge, host, Named::ByClone), &variables);
        assert_eq!(found, Ok(expected.map(str::to_owned)), "{host} {more:?}");
    };
    check(Forge::Github, "github.com", &[], Some("gh"));
    check(Forge::Gitlab, "gitlab.com", &[], Some("gitlab"));
    check(Forge::Github, "github.evil.com", &[], None);
    check(Forge::Gitlab, "gitlab.evil.com", &[], None);
    check(Forge::Github, "evil.ghe.com", &[], None);
    check(Forge::Github, "github.acme.io", &[("GH_HOST", "github.acme.io")], Some("ghes"));
    check(Forge::Gitlab, "gitlab.acme.io", &[("GITLAB_HOST", "https://GitLab.acme.io/")], Some("gitlab"));
    check(Forge::Gitlab, "gitlab.evil.com", &[("GITLAB_HOST", "gitlab.acme.io")], None);
}

#[test]
fn the_settings_come_first_and_fail_in_words() {
    assert_eq!(from(TokenFrom::Env("MINE".into()), &[("MINE", "a"), ("GH_TOKEN", "b")]), Ok(Some("a".into())));
    let check = |variables: &[(&str, &str)], expected: &str| {
        assert_eq!(from(TokenFrom::Env("MINE".into()), variables), Err(expected.to_owned()));
    };
    check(&[("GH_TOKEN", "b")], "the settings take the token from the variable MINE, which is not set");
    check(&[("MINE", "")], "the settings take the token from the variable MINE, which is not set");
    check(&[("MINE", "a\nb")], "the variable MINE is no token: it has several lines");
    let odd = "the variable MINE is no token: it has a blank, a control character or one that is not ASCII";
    check(&[("MINE", "a b")], odd);
    check(&[("MINE", "a\u{1b}b")], odd);
    check(&[("MINE", "ä")], odd);
    check(&[("MINE", &"x".repeat(MAX_TOKEN + 1))], "the variable MINE is no token: it has more than 16 KiB");
}

#[test]
fn a_file_must_be_ones_own() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    file(&path, "ghp_abc\r\n", 0o600);
    assert_eq!(from(TokenFrom::File(path.clone()), &[]), Ok(Some("ghp_abc".into())));
    let home = dir.path().to_str().unwrap();
    assert_eq!(from(TokenFrom::File("~/token".into()), &[("HOME", home)]), Ok(Some("ghp_abc".into())));
    for mode in [0o644, 0o640, 0o604, 0o660] {
        file(&path, "ghp_abc", mode);
        let expected = format!(
            "the token's file {0} can be read by others, so it is not used; run: chmod 600 {0}",
            path.display()
        );
        assert_eq!(from(TokenFrom::File(path.clone()), &[]), Err(expected));
    }
    file(&path, "", 0o600);
    assert!(from(TokenFrom::File(path), &[]).unwrap_err().ends_with("is no token: it is empty"));
    assert!(from(TokenFrom::File(dir.path().join("none")), &[]).unwrap_err().contains("cannot be read: No such file"));
    assert!(from(TokenFrom::File(dir.path().into()), &[]).unwrap_err().ends_with("is no file"));
}

#[test]
fn paths_are_quoted_for_a_shell() {
    let check = |path: &str, expected: &str| assert_eq!(quoted(Path::new(path)), expected);
    check("/home/ana/.token", "/home/ana/.token");
    check("/a b", "'/a b'");
    check("it's", r"'it'\''s'");
    check("$(x)", "'$(x)'");
    check("a\nb", "'a?b'");
    check("-x", "'-x'");
}

#[test]
fn a_command_gives_the_token() {
    let path = [("PATH", "/usr/bin:/bin")];
    let check = |words: &[&str], expected: Result<Option<&str>, &str>| {
        let found = from(command(words), &path);
        assert_eq!(found, expected.map(|token| token.map(str::to_owned)).map_err(str::to_owned), "{words:?}");
    };
    check(&["/bin/echo", "ghp_abc"], Ok(Some("ghp_abc")));
    check(&["echo", "ghp_abc"], Ok(Some("ghp_abc")));
    check(&["echo", "$HOME"], Ok(Some("$HOME")));
    check(
        &["echo", "a b"],
        Err("what the command echo printed is no token: it has a blank, a control character or one \
                                 that is not ASCII"),
    );
    check(&["true"], Err("what the command true printed is no token: it is empty"));
    check(&["false"], Err("the command false, which gives the token, failed (1)"));
    check(
        &["sh", "-c", "echo ghp_secret; echo >&2 'not signed in: \u{1b}[1m password=hunter2hunter2'; exit 6"],
        Err("the command sh, which gives the token, failed (6): not signed in: ?[1m \
             password=[redacted: password, 14 bytes]"),
    );
    check(&["sh", "-c", "kill -9 $$"], Err("the command sh, which gives the token, was stopped by a signal"));
    check(&["no-such-program"], Err("the command no-such-program, which gives the token, is not on PATH"));
    check(&[], Err("the settings take the token from a command, and name none"));
    assert!(from(command(&["/none/such"]), &path).unwrap_err().contains("cannot be run: No such file"));
}

#[test]
fn tools_are_asked_last_and_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap().to_owned();
    let ask = |forge, host: &str| token(server(forge, host, Named::ByClone), &[("PATH", path.as_str())]);
    assert_eq!(ask(Forge::Github, "github.com"), Ok(None), "no gh");
    let gh = "#!/bin/sh\n[ \"$*\" = 'auth token --hostname github.com' ] && echo gho_1 && exit\necho no >&2; exit 1\n";
    file(&dir.path().join("gh"), gh, 0o700);
    file(&dir.path().join("glab"), "#!/bin/sh\n[ \"$5\" = g.io ] && echo \"$*\" | tr ' ' -\n", 0o700);
    assert_eq!(ask(Forge::Github, "github.com"), Ok(Some("gho_1".into())));
    assert_eq!(ask(Forge::Github, "github.acme.io"), Ok(None), "not logged in");
    assert_eq!(ask(Forge::Gitlab, "g.io"), Ok(Some("config-get-token---host-g.io".into())));
    assert_eq!(ask(Forge::Gitlab, "gitlab.com"), Ok(None), "nothing printed");
    assert_eq!(ask(Forge::Github, "--help"), Ok(None));
    file(&dir.path().join("gh"), "#!/bin/sh\necho two words\n", 0o700);
    assert_eq!(ask(Forge::Github, "github.com"), Ok(None));
    file(&dir.path().join("gh"), gh, 0o600);
    assert_eq!(ask(Forge::Github, "github.com"), Ok(None), "no program");
    let relative = token(server(Forge::Github, "github.com", Named::ByUser), &[("PATH", ".:bin")]);
    assert_eq!(relative, Ok(None));
}

#[test]
fn a_token_is_kept_until_it_is_refused() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |name| {
        (name == "GH_TOKEN").then(|| format!("token-{}", count.fetch_add(1, Ordering::SeqCst)).into())
    });
    let finder = Finder::new(server(Forge::Github, "github.com", Named::ByUser), lookup);
    let now = || finder.token().unwrap().unwrap().expose().to_owned();
    assert_eq!((now(), now()), ("token-0".into(), "token-0".into()));
    finder.refused();
    assert_eq!((now(), now()), ("token-1".into(), "token-1".into()));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(!format!("{finder:?}").contains("token-"));
}
