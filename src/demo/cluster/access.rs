//! Who may do what: bearer tokens, and rules for each verb, kind and namespace.
//!
//! Owns the check of a token against the clock and of a request against rules. Must not know HTTP.

use super::kind::Kind;
use super::status::Status;
use crate::model::Timestamp;
use crate::model::time::SECOND;
use std::collections::BTreeMap;

/// How long a token is still accepted behind its end, as a real server does.
const LEEWAY: i64 = 60 * SECOND;

/// Somebody with a token.
#[derive(Clone, Debug)]
pub struct User {
    /// The name in messages.
    pub name: String,
    /// When the token ends; accepted for a minute more.
    pub ends: Option<Timestamp>,
    /// What is allowed; all when none.
    pub rules: Option<Vec<Rule>>,
}

impl User {
    /// May do everything, for ever.
    pub fn admin(name: &str) -> Self {
        Self { name: name.to_owned(), ends: None, rules: None }
    }

    /// May do what the rules say.
    pub fn with_rules(name: &str, rules: Vec<Rule>) -> Self {
        Self { name: name.to_owned(), ends: None, rules: Some(rules) }
    }
}

/// Something that is allowed. `*` is any.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `get`, `list`, `watch`.
    pub verbs: Vec<String>,
    /// `pods`, `pods/log`, `deployments`.
    pub resources: Vec<String>,
    /// The namespaces; with none, all of them, and what is in no namespace.
    pub namespaces: Vec<String>,
}

impl Rule {
    /// `verbs` on `resources` in `namespaces` (none: everywhere); each a list with commas.
    pub fn new(verbs: &str, resources: &str, namespaces: &str) -> Self {
        let list = |text: &str| text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect();
        Self { verbs: list(verbs), resources: list(resources), namespaces: list(namespaces) }
    }

    fn allows(&self, verb: &str, resource: &str, namespace: Option<&str>) -> bool {
        let has = |list: &[String], value: &str| list.iter().any(|one| one == "*" || one == value);
        let here = self.namespaces.is_empty() || namespace.is_some_and(|ns| has(&self.namespaces, ns));
        has(&self.verbs, verb) && has(&self.resources, resource) && here
    }
}

/// All tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Access {
    users: BTreeMap<String, User>,
}

impl Access {
    pub(super) fn allow(&mut self, token: &str, user: User) {
        self.users.insert(token.to_owned(), user);
    }

    pub(super) fn revoke(&mut self, token: &str) {
        self.users.remove(token);
    }

    /// Whose token that is. Without a token, nobody in particular, who may do nothing.
    pub(super) fn user(&self, token: Option<&str>, now: Timestamp) -> Result<User, Status> {
        let Some(token) = token else { return Ok(User::with_rules("system:anonymous", Vec::new())) };
        let user = self.users.get(token).ok_or_else(Status::unauthorized)?;
        if user.ends.is_some_and(|ends| now > ends.saturating_add(LEEWAY)) {
            return Err(Status::unauthorized());
        }
        Ok(user.clone())
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Act<'a> {
    pub(super) verb: &'a str,
    pub(super) kind: Kind,
    /// Such as `log`; empty for the object itself.
    pub(super) subresource: &'a str,
    pub(super) namespace: Option<&'a str>,
    pub(super) name: &'a str,
}

impl User {
    pub(super) fn check(&self, act: Act<'_>) -> Result<(), Status> {
        let plural = act.kind.plural();
        let resource = match act.subresource {
            "" => plural.to_owned(),
            sub => format!("{plural}/{sub}"),
        };
        let Some(rules) = &self.rules else { return Ok(()) };
        if rules.iter().any(|rule| rule.allows(act.verb, &resource, act.namespace)) {
            return Ok(());
        }
        Err(Status::forbidden(&self.name, act.verb, act.kind, &resource, (act.namespace, act.name)))
    }

    /// Paths that are no objects.
    pub(super) fn check_path(&self, path: &str) -> Result<(), Status> {
        let is_open = ["/version", "/readyz", "/livez", "/healthz"].iter().any(|open| path.starts_with(open));
        if is_open || self.name != "system:anonymous" {
            return Ok(());
        }
        Err(Status::forbidden_path(&self.name, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_for_each_verb() {
        let user =
            User::with_rules("alice", vec![Rule::new("list", "pods", "shop"), Rule::new("get", "pods/log,nodes", "")]);
        let check = |verb, kind, subresource, namespace, expected: Option<&str>| {
            let act = Act { verb, kind, subresource, namespace, name: "" };
            assert_eq!(user.check(act).err().map(|status| status.message).as_deref(), expected);
        };
        check("list", Kind::Pod, "", Some("shop"), None);
        check("get", Kind::Pod, "log", Some("payments"), None);
        check("get", Kind::Node, "", None, None);
        let watch = "pods is forbidden: User \"alice\" cannot watch resource \"pods\" in API group \"\" in the \
                     namespace \"shop\"";
        check("watch", Kind::Pod, "", Some("shop"), Some(watch));
        let all = "deployments.apps is forbidden: User \"alice\" cannot list resource \"deployments\" in API group \
                   \"apps\" at the cluster scope";
        check("list", Kind::Deployment, "", None, Some(all));
    }

    #[test]
    fn a_token_lives_a_minute_longer() {
        let mut access = Access::default();
        let ends = Some(Timestamp(100 * SECOND));
        access.allow("t", User { ends, ..User::admin("a") });
        let check = |second, expected| {
            assert_eq!(access.user(Some("t"), Timestamp(second * SECOND)).is_ok(), expected, "{second}");
        };
        check(159, true);
        check(161, false);
        assert_eq!(access.user(Some("x"), Timestamp(0)).unwrap_err().code, 401);
        assert_eq!(access.user(None, Timestamp(0)).unwrap().name, "system:anonymous");
    }
}
