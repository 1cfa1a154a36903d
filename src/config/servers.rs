//! The settings of the CI services: `[github]` and `[gitlab]`.
//!
//! Owns their rows in the table of settings and what their values look like. Must not know what asks the servers. A token
//! is never a setting, only the place where one is.

use super::Config;
use super::keys::{ConfigKey, Raw, Table, array, quoted};
use super::types::BadValue;
use crate::model::ci::Forge;
use crate::model::ci::Repo;
use crate::model::ci::TokenFrom;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// How one CI service is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiServer {
    /// The service.
    pub forge: Forge,
    /// What is watched beside the clone that logdeck is started in: paths on the server.
    pub repos: Vec<String>,
    /// The server.
    pub url: ServerUrl,
    /// Where its token is; the environment and the service's own tool are asked when this says nothing.
    pub token: Option<TokenFrom>,
    /// A file with certificates of authorities that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// How long a repository in which nothing runs is left in peace: 10 s to an hour.
    pub poll: Duration,
    /// How many repositories are watched at most: 1 to 100.
    pub max_repos: usize,
}

impl CiServer {
    /// The settings that hold when nothing is set.
    pub fn of(forge: Forge) -> Self {
        let host = match forge {
            Forge::Github => "github.com",
            Forge::Gitlab => "gitlab.com",
        };
        Self {
            forge,
            repos: Vec::new(),
            url: ServerUrl { text: format!("https://{host}"), host: host.to_owned() },
            token: None,
            ca_file: None,
            poll: Duration::from_mins(1),
            max_repos: 20,
        }
    }

    /// What is watched, as many as may be.
    pub fn watched(&self) -> impl Iterator<Item = Repo> + '_ {
        let repo = |path: &String| Repo { forge: self.forge, host: self.url.host.clone(), path: path.clone() };
        self.repos.iter().take(self.max_repos).map(repo)
    }
}

/// The address of a server as people see it in a browser: `https://github.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    text: String,
    host: String,
}

impl ServerUrl {
    /// What a value looks like.
    pub const EXPECTED: &'static str = "the address of a server as a browser shows it, such as https://git.example.com, \
                                        without user name, `?` and `#`";

    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, with the port where that is not the usual one.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for ServerUrl {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let trimmed = text.trim();
        // What stands before an `@` may be a password.
        let shown = if trimmed.contains('@') { "an address with a user name" } else { text };
        let bad = || BadValue::new(shown, Self::EXPECTED);
        let (scheme, rest) = match trimmed.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("https".to_owned(), trimmed),
        };
        let usual = match scheme.as_str() {
            "https" => "443",
            "http" => "80",
            _ => return Err(bad()),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match address {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && !host.starts_with(['-', '.']) && host.chars().all(is_name),
        };
        let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        let is_path = path.chars().all(|c| is_name(c) || "/~+".contains(c)) && !path.contains("/..");
        if !is_host || !is_port || !is_path {
            return Err(bad());
        }
        let host = host.to_ascii_lowercase();
        let port = port.filter(|port| *port != usual).map(|port| format!(":{port}")).unwrap_or_default();
        let host = format!("{host}{port}");
        Ok(Self { text: format!("{scheme}://{host}{}", path.trim_end_matches('/')), host })
    }
}

const TOKEN: &str = "{ env = \"NAME\" }, { command = [\"program\", \"argument\"] } or { file = \"path\" }; a token itself does \
                     not belong into this file";
const CA_FILE: &str = "the path of a file with certificates (PEM)";
const POLL: &str = "a number of seconds from 10 to 3600";
const MAX_REPOS: &str = "a number from 1 to 100";

/// One of the two sections.
trait Section {
    /// The names of its settings: repos, url, token, `ca_file`, poll, `max_repos`.
    const NAMES: [&'static str; 6];
    /// The first three's meaning; that of the others is the same.
    const DOCS: [&'static str; 3];
    /// What a list of repositories looks like, and one in TOML.
    const REPOS: [&'static str; 2];
    /// The server's address when nothing is set, and another one, in TOML.
    const URLS: [&'static str; 2];
    /// A token's place in TOML.
    const TOKEN: &'static str;
    /// The variable that may hold the token itself.
    const VARIABLE: &'static str;

    fn of(config: &Config) -> &CiServer;
    fn of_mut(config: &mut Config) -> &mut CiServer;
}

struct Github;
struct Gitlab;

impl Section for Github {
    const NAMES: [&'static str; 6] =
        ["github.repos", "github.url", "github.token", "github.ca_file", "github.poll", "github.max_repos"];
    const DOCS: [&'static str; 3] = [
        "Repositories whose runs the CI tab watches, beside the one that logdeck is started in.",
        "The GitHub server; one of your own runs GitHub Enterprise.",
        "Where the token for it is: a variable, what a command prints (run without a shell, 20 s at most), or a file that \
         only you can read. Without this: GH_TOKEN or GITHUB_TOKEN (GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN for a \
         server of your own), then `gh auth token`.",
    ];
    const REPOS: [&'static str; 2] = ["a list of repositories, such as [\"acme/api\"]", "[\"acme/api\", \"acme/web\"]"];
    const URLS: [&'static str; 2] = ["\"https://github.com\"", "\"https://github.example.com\""];
    const TOKEN: &'static str = "{ command = [\"op\", \"read\", \"op://ci/github/token\"] }";
    const VARIABLE: &'static str = "LOGDECK_GITHUB_TOKEN";

    fn of(config: &Config) -> &CiServer {
        &config.github
    }

    fn of_mut(config: &mut Config) -> &mut CiServer {
        &mut config.github
    }
}

impl Section for Gitlab {
    const NAMES: [&'static str; 6] =
        ["gitlab.repos", "gitlab.url", "gitlab.token", "gitlab.ca_file", "gitlab.poll", "gitlab.max_repos"];
    const DOCS: [&'static str; 3] = [
        "Projects whose pipelines the CI tab watches, beside the one that logdeck is started in.",
        "The GitLab server.",
        "Where the token for it is, in the same forms. Without this: GITLAB_TOKEN or GITLAB_ACCESS_TOKEN, then \
         `glab config get token`.",
    ];
    const REPOS: [&'static str; 2] =
        ["a list of projects with their groups, such as [\"acme/platform/api\"]", "[\"acme/platform/api\"]"];
    const URLS: [&'static str; 2] = ["\"https://gitlab.com\"", "\"https://gitlab.example.com\""];
    const TOKEN: &'static str = "{ file = \"~/.config/gitlab-token\" }";
    const VARIABLE: &'static str = "LOGDECK_GITLAB_TOKEN";

    fn of(config: &Config) -> &CiServer {
        &config.gitlab
    }

    fn of_mut(config: &mut Config) -> &mut CiServer {
        &mut config.gitlab
    }
}

/// The rows of both sections.
pub(super) const ROWS: [ConfigKey; 12] = {
    let [a, b, c, d, e, f] = rows::<Github>();
    let [g, h, i, j, k, l] = rows::<Gitlab>();
    [a, b, c, d, e, f, g, h, i, j, k, l]
};

const fn rows<S: Section>() -> [ConfigKey; 6] {
    let [repos, url, token, ca_file, poll, max_repos] = S::NAMES;
    let row = ConfigKey {
        name: repos,
        table: Table::No,
        doc: S::DOCS[0],
        expected: S::REPOS[0],
        default: "[]",
        example: S::REPOS[1],
        environment: "paths with commas between them",
        flag: None,
        set: set_repos::<S>,
        show: |config| array(S::of(config).repos.iter().cloned()),
    };
    [
        row,
        ConfigKey {
            name: url,
            doc: S::DOCS[1],
            expected: ServerUrl::EXPECTED,
            default: S::URLS[0],
            example: S::URLS[1],
            environment: "",
            set: |config, raw| {
                S::of_mut(config).url = raw.text(ServerUrl::EXPECTED)?;
                Ok(())
            },
            show: |config| quoted(&S::of(config).url),
            ..row
        },
        ConfigKey {
            name: token,
            doc: S::DOCS[2],
            expected: TOKEN,
            default: "",
            example: S::TOKEN,
            environment: "the token itself",
            set: set_token::<S>,
            show: |config| S::of(config).token.as_ref().map(show_token).unwrap_or_default(),
            ..row
        },
        ConfigKey {
            name: ca_file,
            doc: "A file with certificates (PEM) of authorities that are trusted beside the system's.",
            expected: CA_FILE,
            default: "",
            example: "\"/etc/ssl/certs/company.pem\"",
            environment: "",
            flag: Some("--ca-file"),
            set: set_ca_file::<S>,
            show: |config| S::of(config).ca_file.as_ref().map(|path| quoted(path.display())).unwrap_or_default(),
            ..row
        },
        ConfigKey {
            name: poll,
            doc: "Seconds after which a repository in which nothing runs is asked again, 10 to 3600; one in which something \
                  runs is asked more often.",
            expected: POLL,
            default: "60",
            example: "300",
            environment: "",
            set: |config, raw| {
                S::of_mut(config).poll = Duration::from_secs(raw.number(10, 3600, POLL)?);
                Ok(())
            },
            show: |config| S::of(config).poll.as_secs().to_string(),
            ..row
        },
        ConfigKey {
            name: max_repos,
            doc: "How many of them are watched at most, 1 to 100.",
            expected: MAX_REPOS,
            default: "20",
            example: "50",
            environment: "",
            set: |config, raw| {
                S::of_mut(config).max_repos = raw.number(1, 100, MAX_REPOS)? as usize;
                Ok(())
            },
            show: |config| S::of(config).max_repos.to_string(),
            ..row
        },
    ]
}

fn set_repos<S: Section>(config: &mut Config, raw: &Raw) -> Result<(), BadValue> {
    let list = raw.list(S::REPOS[0])?;
    let server = S::of_mut(config);
    for path in &list {
        let is_part = |part: &str| {
            let is_name = |c: char| c.is_alphanumeric() || "-_.+".contains(c);
            !matches!(part, "" | "." | "..") && !part.starts_with('-') && part.chars().all(is_name)
        };
        let parts = path.split('/').count();
        let fits = if server.forge == Forge::Github { parts == 2 } else { parts >= 2 };
        if !fits || !path.split('/').all(is_part) {
            let expected = match server.forge {
                Forge::Github => "a repository: write OWNER/NAME, such as acme/api",
                Forge::Gitlab => "a project: write GROUP/PROJECT, such as acme/platform/api",
            };
            return Err(BadValue::new(path, expected));
        }
    }
    server.repos = list;
    Ok(())
}

fn set_token<S: Section>(config: &mut Config, raw: &Raw) -> Result<(), BadValue> {
    let place = match raw {
        // The variable holds the token itself, which is read where it is needed.
        Raw::Word(_) => Some(TokenFrom::Env(S::VARIABLE.to_owned())),
        Raw::Map(map) => match map.as_slice() {
            [(kind, value)] => token_from(kind, value),
            _ => None,
        },
        _ => None,
    };
    // A text may be the token itself, so it is not told.
    let given = || if matches!(raw, Raw::Text(_)) { "this text".to_owned() } else { raw.given() };
    S::of_mut(config).token = Some(place.ok_or_else(|| BadValue::new(given(), TOKEN))?);
    Ok(())
}

fn token_from(kind: &str, value: &Raw) -> Option<TokenFrom> {
    match (kind, value) {
        ("env", Raw::Text(name)) => {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let is_variable =
                name.chars().all(is_name) && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
            is_variable.then(|| TokenFrom::Env(name.clone()))
        }
        ("command", Raw::List(words)) => {
            words.first().filter(|program| !program.is_empty()).map(|_| TokenFrom::Command(words.clone()))
        }
        ("file", Raw::Text(path)) => (!path.is_empty()).then(|| TokenFrom::File(path.into())),
        _ => None,
    }
}

fn show_token(from: &TokenFrom) -> String {
    match from {
        TokenFrom::Env(name) => format!("{{ env = {} }}", quoted(name)),
        TokenFrom::Command(words) => format!("{{ command = {} }}", array(words.iter().cloned())),
        TokenFrom::File(path) => format!("{{ file = {} }}", quoted(path.display())),
    }
}

fn set_ca_file<S: Section>(config: &mut Config, raw: &Raw) -> Result<(), BadValue> {
    match raw {
        Raw::Word(path) | Raw::Text(path) if !path.is_empty() && !path.contains('\0') => {
            S::of_mut(config).ca_file = Some(path.into());
            Ok(())
        }
        _ => Err(raw.bad(CA_FILE)),
    }
}

/// Sets the home directory in for `~/` at the start of paths that are read by whoever has no home directory.
pub(super) fn expand(config: &mut Config, home: Option<&Path>) {
    let files = [&mut config.github.ca_file, &mut config.gitlab.ca_file, &mut config.pods.ca_file];
    for path in files.into_iter().flatten() {
        if let (Some(home), Ok(rest)) = (home, path.strip_prefix("~")) {
            *path = home.join(rest);
        }
    }
}

/// What is odd about the settings together, in a sentence each.
pub(super) fn hints(config: &Config) -> Vec<String> {
    let hint = |(name, server): (&str, &CiServer)| {
        let (all, most) = (server.repos.len(), server.max_repos);
        (all > most)
            .then(|| format!("{name}.repos names {all}, of which the first {most} are watched ({name}.max_repos)"))
    };
    [("github", &config.github), ("gitlab", &config.gitlab)].into_iter().filter_map(hint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, raw: &Raw) -> Result<String, String> {
        let (key, mut config) = (ConfigKey::find(name).unwrap(), Config::default());
        (key.set)(&mut config, raw).map_err(|error| error.to_string())?;
        Ok((key.show)(&config))
    }

    fn text(text: &str) -> Raw {
        Raw::Text(text.to_owned())
    }

    fn map(kind: &str, value: Raw) -> Raw {
        Raw::Map(vec![(kind.to_owned(), value)])
    }

    fn list(words: &[&str]) -> Raw {
        Raw::List(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn addresses_of_servers() {
        let check = |text: &str, expected: &str, host: &str| {
            let url: ServerUrl = text.parse().unwrap();
            assert_eq!((url.as_str(), url.host()), (expected, host), "{text}");
        };
        check("https://github.com", "https://github.com", "github.com");
        check(" HTTPS://Git.Acme.io:443/ ", "https://git.acme.io", "git.acme.io");
        check("git.acme.io", "https://git.acme.io", "git.acme.io");
        check("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080");
        check("https://[::1]:8443/gitlab/", "https://[::1]:8443/gitlab", "[::1]:8443");
        check("http://localhost:80", "http://localhost", "localhost");
        for bad in
            ["", "https://", "ftp://h", "https://h:x", "https://h:0", "https://h?x", "https://h/a b", "-h", "h/../x"]
        {
            let error = bad.parse::<ServerUrl>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{bad}` is not the address")), "{error}");
        }
        let error = "https://ana:secret@h".parse::<ServerUrl>().unwrap_err().to_string();
        assert!(error.starts_with("`an address with a user name` is not"), "{error}");
    }

    #[test]
    fn values_are_shown_as_they_are_written() {
        let check =
            |name: &str, raw: Raw, expected: &str| assert_eq!(set(name, &raw).as_deref(), Ok(expected), "{name}");
        check("github.repos", list(&["acme/api", "acme/web.js"]), r#"["acme/api", "acme/web.js"]"#);
        check("gitlab.repos", Raw::Word(" acme/a/b , x/y,".into()), r#"["acme/a/b", "x/y"]"#);
        check("gitlab.url", text("git.acme.io/"), r#""https://git.acme.io""#);
        check("github.token", map("env", text("MY_TOKEN")), r#"{ env = "MY_TOKEN" }"#);
        check("github.token", map("file", text("~/t")), r#"{ file = "~/t" }"#);
        check(
            "github.token",
            map("command", list(&["op", "read", "a \"b\""])),
            r#"{ command = ["op", "read", 'a "b"'] }"#,
        );
        check("github.token", Raw::Word("ghp_secret".into()), r#"{ env = "LOGDECK_GITHUB_TOKEN" }"#);
        check("gitlab.token", Raw::Word("glpat-secret".into()), r#"{ env = "LOGDECK_GITLAB_TOKEN" }"#);
        check("github.ca_file", text("/a/b.pem"), r#""/a/b.pem""#);
        check("github.poll", Raw::Number(300), "300");
        check("gitlab.max_repos", Raw::Word("100".into()), "100");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let check = |name: &str, raw: Raw, expected: &str| {
            let error = set(name, &raw).unwrap_err();
            assert!(error.starts_with(expected), "{name}: {error}");
        };
        check("github.repos", text("acme/api"), "`acme/api` is not a list of repositories, such as [\"acme/api\"]");
        for path in ["acme", "acme/api/x", "acme/", "https://github.com/acme/api", "acme/..", "a b/c", "acme/-x"] {
            check("github.repos", list(&[path]), &format!("`{path}` is not a repository: write OWNER/NAME"));
        }
        check("gitlab.repos", list(&["acme"]), "`acme` is not a project: write GROUP/PROJECT");
        check("github.url", Raw::Number(1), "`1` is not the address of a server");
        check("github.poll", Raw::Number(9), "`9` is not a number of seconds from 10 to 3600");
        check("github.poll", text("60"), "`60` is not a number of seconds");
        check("github.max_repos", Raw::Word("0".into()), "`0` is not a number from 1 to 100");
        check("github.max_repos", Raw::Number(-1), "`-1` is not a number from 1 to 100");
        check("github.ca_file", text(""), "`` is not the path of a file");
        let not = "is not { env = \"NAME\" }, { command = [\"program\", \"argument\"] } or { file = \"path\" }; a token itself \
                   does not belong into this file";
        check("github.token", text("ghp_secret"), &format!("`this text` {not}"));
        for (kind, value) in [
            ("env", text("A B")),
            ("env", text("")),
            ("env", list(&["A"])),
            ("command", text("op read x")),
            ("command", list(&[])),
            ("file", text("")),
            ("path", text("x")),
        ] {
            check("github.token", map(kind, value), &format!("`a table` {not}"));
        }
        let two = Raw::Map(vec![("env".to_owned(), text("A")), ("file".to_owned(), text("b"))]);
        check("github.token", two, &format!("`a table` {not}"));
    }

    #[test]
    fn only_as_many_as_may_be_are_watched() {
        let mut config = Config::default();
        config.gitlab.repos = vec!["a/b".to_owned(), "c/d".to_owned()];
        assert_eq!((config.gitlab.watched().count(), hints(&config).len()), (2, 0));
        config.gitlab.max_repos = 1;
        let repo = Repo { forge: Forge::Gitlab, host: "gitlab.com".to_owned(), path: "a/b".to_owned() };
        assert_eq!(config.gitlab.watched().collect::<Vec<_>>(), [repo]);
        assert_eq!(hints(&config), ["gitlab.repos names 2, of which the first 1 are watched (gitlab.max_repos)"]);
    }

    #[test]
    fn the_home_directory_is_set_in() {
        let mut config = Config::default();
        (config.github.ca_file, config.gitlab.ca_file) = (Some("~/ca.pem".into()), Some("/ca.pem".into()));
        expand(&mut config, Some(Path::new("/home/ana")));
        assert_eq!(config.github.ca_file.as_deref(), Some(Path::new("/home/ana/ca.pem")));
        assert_eq!(config.gitlab.ca_file.as_deref(), Some(Path::new("/ca.pem")));
    }
}
