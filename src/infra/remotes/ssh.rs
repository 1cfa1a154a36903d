//! Aliases of hosts in ssh's settings: `Host work` with `HostName github.com`.
//!
//! Owns the little of that syntax that is needed. Must not run ssh.

/// Aliases and the hosts that they stand for, in the file's order.
#[derive(Clone, Debug, Default)]
pub(super) struct Aliases(Vec<(String, String)>);

/// Aliases that are kept.
const MAX: usize = 1000;

impl Aliases {
    /// Those of `~/.ssh/config`. Patterns and what stands under `Match` are left out.
    pub(super) fn parse(text: &str) -> Self {
        let (mut aliases, mut current) = (Vec::new(), Vec::new());
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let (name, value) = line.split_once([' ', '\t', '=']).unwrap_or((line, ""));
            let value = value.trim_matches([' ', '\t', '=', '"']);
            if name.eq_ignore_ascii_case("host") {
                let is_plain = |name: &&str| !name.contains(['*', '?', '!']);
                let words = value.split_whitespace().map(|name| name.trim_matches('"'));
                current = words.filter(is_plain).map(str::to_ascii_lowercase).collect::<Vec<_>>();
            } else if name.eq_ignore_ascii_case("match") {
                current.clear();
            } else if name.eq_ignore_ascii_case("hostname") && !value.is_empty() && aliases.len() < MAX {
                aliases.extend(current.iter().map(|alias| (alias.clone(), value.to_ascii_lowercase())));
            }
        }
        Self(aliases)
    }

    /// The host that an alias stands for.
    pub(super) fn host(&self, alias: &str) -> Option<String> {
        let (_, host) = self.0.iter().find(|(other, _)| other == alias)?;
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        // `%h` is the alias itself.
        let host = host.replace("%h", alias);
        (host.chars().all(is_host) && !host.starts_with('-')).then_some(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_stand_for_hosts() {
        let text = "Host *\n  HostName never\n# Host no\n  Host Work \"gh\" *.x\n\tHostName=GitHub.com\n  User git\n\
                    Host work\nHostName later\nMatch host x\n HostName never\nhost b\nhostname %h.example.com\n\
                    Host c\nHostName a;b\n";
        let aliases = Aliases::parse(text);
        let check = |alias: &str, host: Option<&str>| assert_eq!(aliases.host(alias).as_deref(), host, "{alias}");
        check("work", Some("github.com"));
        check("gh", Some("github.com"));
        check("b", Some("b.example.com"));
        check("c", None);
        check("*", None);
        check("x", None);
        check("github.com", None);
    }
}
