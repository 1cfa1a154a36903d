//! Addresses of git remotes: host and path out of each of their forms.
//!
//! Owns these forms. Must not know which service a host is of; user names, passwords and queries end here.

/// Where a remote is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On a server.
    Server {
        /// In lower case; with the port where the address is one of the web and it is not the usual one.
        host: String,
        /// Without slashes around it and `.git` behind it.
        path: String,
        /// Whether the host may be an alias of ssh's settings.
        by: By,
    },
    /// On this machine, or in a form that says nothing of a server.
    Local,
}

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// ssh.
    Ssh,
    /// Anything else.
    Web,
}

/// Characters of an address that is looked at.
const MAX: usize = 4096;

/// Reads `git@host:o/r.git`, `ssh://git@host:22/o/r`, `https://user:token@host/o/r.git/`, `git://host/o/r`.
pub(super) fn parse(text: &str) -> Place {
    let text = text.trim();
    if text.len() > MAX || text.chars().any(|c| c.is_control() || c == '\\') {
        return Place::Local;
    }
    let parts = match text.split_once("://") {
        Some((scheme, rest)) => of_url(&scheme.to_ascii_lowercase(), rest),
        None => of_scp(text),
    };
    parts.and_then(|(host, path, by)| server(&host, path, by)).unwrap_or(Place::Local)
}

fn of_url<'t>(scheme: &str, rest: &'t str) -> Option<(String, &'t str, By)> {
    let (by, usual) = match scheme {
        "ssh" | "git+ssh" | "ssh+git" => (By::Ssh, None),
        "https" => (By::Web, Some("443")),
        "http" => (By::Web, Some("80")),
        "git" => (By::Web, None),
        _ => return None,
    };
    let (authority, path) = rest.split_once('/')?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // Ports of ssh and git say nothing of the web's.
    let (host, port) = host_and_port(authority)?;
    let port = port.filter(|port| matches!(scheme, "https" | "http") && Some(*port) != usual);
    let path = path.split(['?', '#']).next()?;
    Some((port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")), path, by))
}

/// `git@host:o/r`: no slash stands before the first colon.
fn of_scp(text: &str) -> Option<(String, &str, By)> {
    // [git@host:22]:o/r or git@[::1]:o/r
    let (authority, path) = if let Some(rest) = text.strip_prefix('[') {
        let (authority, path) = rest.split_once("]:")?;
        (authority, path)
    } else if let Some(at) = text.find("@[") {
        let (host, path) = text[at + 1..].split_once("]:")?;
        (&text[at + 1..=at + 1 + host.len()], path)
    } else {
        text.split_once(':')?
    };
    if authority.contains('/') {
        return None;
    }
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, _) = host_and_port(authority)?;
    // `C:/x` is a path of Windows.
    (host.len() > 1).then(|| (host.to_owned(), path, By::Ssh))
}

fn host_and_port(text: &str) -> Option<(&str, Option<&str>)> {
    if text.starts_with('[') {
        let end = text.find(']')? + 1;
        return Some((&text[..end], text[end..].strip_prefix(':').filter(|port| !port.is_empty())));
    }
    match text.split_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && port.len() < 6 => {
            Some((host, Some(port).filter(|port| !port.is_empty())))
        }
        Some(_) => None,
        None => Some((text, None)),
    }
}

fn server(host: &str, path: &str, by: By) -> Option<Place> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    if host.is_empty() || host.starts_with('-') || !host.chars().all(is_host) {
        return None;
    }
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('~')
            && !matches!(part, "." | "..")
            && part.chars().all(|c| c.is_alphanumeric() || "-_.+".contains(c))
    };
    path.split('/').all(is_part).then(|| Place::Server { host, path: path.to_owned(), by })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_lead_to_host_and_path() {
        let check = |text: &str, host: &str, path: &str, by: By| {
            let expected = Place::Server { host: host.to_owned(), path: path.to_owned(), by };
            assert_eq!(parse(text), expected, "{text}");
        };
        check("git@github.com:acme/api.git", "github.com", "acme/api", By::Ssh);
        check("github.com:acme/api", "github.com", "acme/api", By::Ssh);
        check("git@github.com:/acme/api.git/", "github.com", "acme/api", By::Ssh);
        check("[git@host.io:2222]:acme/api", "host.io", "acme/api", By::Ssh);
        check("git@[::1]:acme/api", "[::1]", "acme/api", By::Ssh);
        check("ssh://git@GitHub.com:22/acme/api", "github.com", "acme/api", By::Ssh);
        check("ssh://git@gitlab.acme.io:2222/a/b/c.git", "gitlab.acme.io", "a/b/c", By::Ssh);
        check("git+ssh://git@h.io/a/b", "h.io", "a/b", By::Ssh);
        check("https://user:ghp_secret@github.com/acme/api.git/", "github.com", "acme/api", By::Web);
        check("https://a@b:c@h.io/a/b", "h.io", "a/b", By::Web);
        check("HTTPS://github.com:443/acme/api.js", "github.com", "acme/api.js", By::Web);
        check("https://git.acme.io:8443/a/b?token=secret#x", "git.acme.io:8443", "a/b", By::Web);
        check("http://127.0.0.1:80/a/b", "127.0.0.1", "a/b", By::Web);
        check("https://[::1]:8080/a/b", "[::1]:8080", "a/b", By::Web);
        check("git://github.com/acme/api", "github.com", "acme/api", By::Web);
        check(" https://github.com./acme/api \n", "github.com", "acme/api", By::Web);
        check("https://github.com//acme/api", "github.com", "acme/api", By::Web);
    }

    #[test]
    fn paths_and_nonsense_are_local() {
        for text in [
            "",
            ".",
            "../other",
            "/srv/git/x.git",
            "file:///srv/git/x.git",
            "C:/git/x",
            "C:\\git\\x",
            "./a:b/c",
            "https://",
            "https://github.com",
            "https:///acme/api",
            "ftp://h.io/a/b",
            "https://github.com/acme/../api",
            "https://github.com/acme/a pi",
            "https://github.com/acme/api%2F..",
            "https://h.io:x/a/b",
            "https://h.io:999999/a/b",
            "https://ho st/a/b",
            "git@github.com:acme/\u{1b}[2Japi",
            "git@-oProxyCommand=x:a/b",
            "ext::sh -c x",
            "git@github.com:acme//api",
            "ssh://h.io/~ana/x",
        ] {
            assert_eq!(parse(text), Place::Local, "{text}");
        }
        assert_eq!(parse(&format!("https://h.io/{}", "a/".repeat(5000))), Place::Local);
    }
}
