//! Clones, their settings, and what may be wrong with them.

use super::*;
use std::fs;

fn told(config: &str, branch: Option<&str>) -> Result<String, String> {
    let known = [("git.acme.io".to_owned(), Forge::Github), ("code.acme.io:8443".to_owned(), Forge::Gitlab)];
    let aliases = ssh::Aliases::parse("Host work\nHostName github.com\n");
    let found = remote_of(&gitconfig::parse(config), branch, &known, &aliases);
    found
        .map(|(remote, repo)| format!("{remote} {:?} {} {}", repo.forge, repo.host, repo.path))
        .map_err(|no| format!("{no:?}"))
}

#[test]
fn the_branchs_remote_comes_before_origin_and_that_before_the_first() {
    let check = |config: &str, branch: Option<&str>, expected: &str| {
        assert_eq!(told(config, branch).as_deref(), Ok(expected), "{config}");
    };
    let fork = "[remote \"fork\"]\nurl = git@github.com:me/api\n";
    let origin = "[remote \"origin\"]\nurl = https://github.com/acme/api.git\n";
    let both = format!("{fork}{origin}");
    check(fork, Some("main"), "fork Github github.com me/api");
    check(&both, Some("main"), "origin Github github.com acme/api");
    check(&both, None, "origin Github github.com acme/api");
    let tracked = format!("{both}[branch \"feat/x\"]\nremote = fork\n");
    check(&tracked, Some("feat/x"), "fork Github github.com me/api");
    check(&tracked, Some("main"), "origin Github github.com acme/api");
    check(&format!("{both}[branch \"main\"]\nremote = ."), Some("main"), "origin Github github.com acme/api");
    check(&format!("{both}[branch \"main\"]\nremote = gone"), Some("main"), "origin Github github.com acme/api");
    check(
        &format!("{both}[branch \"main\"]\nremote = https://u:tok@gitlab.com/a/b/c.git"),
        Some("main"),
        "gitlab.com/a/b/c Gitlab gitlab.com a/b/c",
    );
    let mirror = "[remote \"origin\"]\nurl = /srv/mirror.git\n";
    check(&format!("{mirror}{fork}"), None, "fork Github github.com me/api");
    check(&format!("{origin}url = https://gitlab.com/second/one"), None, "origin Github github.com acme/api");
}

#[test]
fn hosts_belong_to_services() {
    let check = |url: &str, expected: &str| {
        assert_eq!(told(&format!("[remote \"o\"]\nurl = {url}"), None).as_deref(), Ok(expected), "{url}");
    };
    check("https://github.acme.io/a/b", "o Github github.acme.io a/b");
    check("https://acme.ghe.com/a/b", "o Github acme.ghe.com a/b");
    check("https://gitlab.acme.io/a/b/c", "o Gitlab gitlab.acme.io a/b/c");
    check("ssh://git@ssh.github.com:443/a/b.git", "o Github github.com a/b");
    check("git@altssh.gitlab.com:a/b.git", "o Gitlab gitlab.com a/b");
    check("git@Git.Acme.io:a/b.git", "o Github git.acme.io a/b");
    check("git@code.acme.io:a/b.git", "o Gitlab code.acme.io:8443 a/b");
    check("https://code.acme.io:8443/a/b", "o Gitlab code.acme.io:8443 a/b");
    check("git@work:acme/api.git", "o Github github.com acme/api");
}

#[test]
fn addresses_are_rewritten_by_the_longest_rule() {
    let rules = "[url \"git@github.com:\"]\ninsteadOf = gh:\ninsteadOf = https://corp/\n\
                 [url \"https://gitlab.com/\"]\n\tinsteadof = \"gh:lab/\"\n[url \"x\"]\ninsteadOf =\n";
    let check = |url: &str, expected: &str| {
        assert_eq!(told(&format!("{rules}[remote \"o\"]\nurl = {url}"), None).as_deref(), Ok(expected), "{url}");
    };
    check("gh:acme/api", "o Github github.com acme/api");
    check("https://corp/acme/api.git", "o Github github.com acme/api");
    check("gh:lab/acme/api", "o Gitlab gitlab.com acme/api");
}

#[test]
fn what_is_not_known_is_told() {
    let check = |config: &str, expected: &NoRepo| {
        assert_eq!(told(config, Some("main")), Err(format!("{expected:?}")), "{config}");
    };
    let no = |remote: &str, host: &str| NoRepo::NoForge { remote: remote.into(), host: host.into() };
    check("", &NoRepo::NoRemote);
    check("[branch \"main\"]\nremote = origin", &NoRepo::NoRemote);
    check("[remote \"origin\"]\nfetch = x", &NoRepo::NoRemote);
    check("[remote \"o\"]\nurl = ../other", &NoRepo::Local("o".into()));
    check("[remote \"o\"]\nurl = https://u:tok@example.org/a/b?x", &no("o", "example.org"));
    check("[remote \"p\"]\nurl = /x\n[remote \"o\"]\nurl = git@h.io:a/b", &no("o", "h.io"));
    check("[remote \"o\"]\nurl = https://github.com/acme/api/extra", &no("o", "github.com"));
    check("[remote \"o\"]\nurl = https://gitlab.com/acme", &no("o", "gitlab.com"));
}

fn write(root: &Path, path: &str, text: &str) -> PathBuf {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

const ORIGIN: &str = "[remote \"origin\"]\n\turl = gh:acme/api\n[branch \"feat/x\"]\n\tremote = origin\n";

/// A clone with a worktree and settings at home.
fn world() -> (tempfile::TempDir, Around) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "home/.gitconfig", "[include]\n\tpath = more/urls\n\tpath = ~/none\n\tpath = .gitconfig\n");
    write(root, "home/more/urls", "[url \"git@github.com:\"]\n\tinsteadOf = gh:\n");
    write(root, "repo/.git/config", ORIGIN);
    write(root, "repo/.git/HEAD", "ref: refs/heads/feat/x\n");
    write(root, "repo/a/b/file", "");
    let around = Around::at_home(Some(root.join("home")), Some(root.join("home/xdg")));
    assert_eq!(around.settings[1..], [root.join("home/xdg/git/config"), root.join("home/.gitconfig")]);
    // The system's own settings are none of the test's.
    let around = Around { settings: around.settings[1..].to_vec(), ..around };
    (dir, around)
}

fn found(branch: Option<&str>) -> Found {
    let repo = Repo { forge: Forge::Github, host: "github.com".into(), path: "acme/api".into() };
    Found { repo, branch: branch.map(str::to_owned), remote: "origin".into() }
}

#[test]
fn the_repository_above_is_found() {
    let (dir, around) = world();
    let find = |path: &str| find(&dir.path().join(path), &around);
    assert_eq!(find("repo"), Ok(found(Some("feat/x"))));
    assert_eq!(find("repo/a/b"), Ok(found(Some("feat/x"))));
    assert_eq!(find("repo/.git"), Ok(found(Some("feat/x"))), "inside of git's own directory");
    fs::write(dir.path().join("repo/.git/HEAD"), "0123456789abcdef0123456789abcdef01234567\n").unwrap();
    assert_eq!(find("repo"), Ok(found(None)));
    fs::write(dir.path().join("repo/.git/HEAD"), "ref: refs/bisect/\u{1b}x\n").unwrap();
    assert_eq!(find("repo"), Ok(found(None)));
}

#[test]
fn worktrees_and_submodules_lead_to_their_repository() {
    let (dir, around) = world();
    let root = dir.path();
    write(root, "repo/.git/worktrees/w/commondir", "../..\n");
    write(root, "repo/.git/worktrees/w/HEAD", "ref: refs/heads/other\n");
    write(root, "w/.git", &format!("gitdir: {}\n", root.join("repo/.git/worktrees/w").display()));
    assert_eq!(find(&root.join("w"), &around), Ok(found(Some("other"))));
    write(root, "repo/.git/modules/s/config", "[remote \"origin\"]\nurl = https://gitlab.com/acme/sub\n");
    write(root, "repo/.git/modules/s/HEAD", "ref: refs/heads/main\n");
    write(root, "repo/s/.git", "gitdir: ../.git/modules/s\n");
    let repo = Repo { forge: Forge::Gitlab, host: "gitlab.com".into(), path: "acme/sub".into() };
    let sub = Found { repo, branch: Some("main".into()), remote: "origin".into() };
    assert_eq!(find(&root.join("repo/s"), &around), Ok(sub));
    // A setting of one worktree.
    write(
        root,
        "repo/.git/worktrees/w/config.worktree",
        "[branch \"other\"]\nremote = mine\n[remote \"mine\"]\nurl = gh:me/api",
    );
    assert_eq!(find(&root.join("w"), &around).unwrap().repo.path, "me/api");
}

#[test]
fn what_is_in_the_way_is_told() {
    let (dir, around) = world();
    let root = dir.path();
    let check = |path: &str, expected: &str| {
        let error =
            find(&root.join(path), &around).unwrap_err().to_string().replace(&root.display().to_string(), "ROOT");
        assert_eq!(error, expected);
    };
    fs::create_dir(root.join("plain")).unwrap();
    // The temporary directory might be in a repository itself.
    if find(root, &around) == Err(NotFound::NoRepository(root.to_owned())) {
        check("plain", "ROOT/plain is not in a git repository");
    }
    write(root, "odd/.git", "what is this");
    check("odd", "git's file ROOT/odd/.git cannot be read: it does not begin with `gitdir:`");
    write(root, "lost/.git", "gitdir: ../nowhere\n");
    check("lost", "git's file ROOT/lost/../nowhere/config cannot be read: No such file or directory (os error 2)");
    fs::create_dir_all(root.join("half/.git")).unwrap();
    check("half", "git's file ROOT/half/.git/config cannot be read: No such file or directory (os error 2)");
    write(root, "headless/.git/config", "");
    check("headless", "git's file ROOT/headless/.git/HEAD cannot be read: No such file or directory (os error 2)");
    write(root, "alone/.git/config", "[core]\nbare = false");
    write(root, "alone/.git/HEAD", "ref: refs/heads/main");
    check("alone", "the git repository ROOT/alone has no remote");
    write(root, "far/.git/config", "[remote \"origin\"]\nurl = https://u:secret@example.org/a/b");
    write(root, "far/.git/HEAD", "ref: refs/heads/main");
    check(
        "far",
        "the git remote `origin` is on example.org, which is neither known as GitHub nor as GitLab; if it is one, set \
         `url` in [github] or [gitlab]",
    );
}

#[test]
fn settings_that_include_each_other_end() {
    let (dir, around) = world();
    let root = dir.path();
    let many = "[include]\npath = config\n".repeat(50) + ORIGIN;
    fs::write(root.join("repo/.git/config"), many).unwrap();
    assert_eq!(find(&root.join("repo"), &around), Ok(found(Some("feat/x"))));
}
