//! Objects and their history: what lists are made from, and what watches follow.
//!
//! Owns versions, snapshots of the past, and how much of the past is known. Must not know pods' insides or HTTP.

use super::kind::Kind;
use super::select::Selector;
use super::status::Status;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Changes that are remembered; who watches from before them gets 410.
const MEMORY: usize = 20_000;

/// An object as it was at a version.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) value: Value,
    /// The object as it stands in a list: without kind and version of the interface.
    json: String,
}

impl Object {
    fn new(mut value: Value, version: u64) -> Self {
        value["metadata"]["resourceVersion"] = json!(version.to_string());
        let json = value.to_string();
        Self { value, json }
    }

    /// The object as it stands alone.
    pub(super) fn json(&self, kind: Kind) -> String {
        let (name, version) = (kind.name(), kind.api_version());
        format!("{{\"kind\":\"{name}\",\"apiVersion\":\"{version}\",{}", &self.json[1..])
    }

    fn text(&self, path: [&str; 2]) -> &str {
        self.value[path[0]][path[1]].as_str().unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    kind: Kind,
    namespace: String,
    name: String,
}

impl Key {
    pub(super) fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        let namespace = if kind.names().is_namespaced { namespace } else { "" };
        Self { kind, namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// Something that happened to an object.
#[derive(Debug)]
struct Change {
    version: u64,
    key: Key,
    old: Option<Arc<Object>>,
    new: Option<Arc<Object>>,
}

/// What a list or watch is about.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) kind: Kind,
    /// All when none.
    pub(super) namespace: Option<String>,
    pub(super) selector: Selector,
}

impl Scope {
    fn has(&self, key: &Key) -> bool {
        key.kind == self.kind && self.namespace.as_ref().is_none_or(|namespace| *namespace == key.namespace)
    }
}

/// A page of a list.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) items: Vec<Arc<Object>>,
    /// The version of the whole list.
    pub(super) version: u64,
    /// Where the next page begins, and how many there are behind this one.
    pub(super) rest: Option<(Key, u64)>,
}

/// Which page.
#[derive(Clone, Debug, Default)]
pub(super) struct Paging {
    /// As it was then; now when none.
    pub(super) version: Option<u64>,
    /// Behind that object.
    pub(super) after: Option<Key>,
    pub(super) limit: Option<usize>,
}

/// All objects.
#[derive(Debug)]
pub(super) struct Store {
    objects: BTreeMap<Key, Arc<Object>>,
    history: VecDeque<Change>,
    version: u64,
    /// The oldest version from which all changes are known.
    oldest: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self { objects: BTreeMap::new(), history: VecDeque::new(), version: 1000, oldest: 1000 }
    }
}

impl Store {
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Object>> {
        self.objects.get(key)
    }

    /// Puts an object in place of the one of its name. Its version is the answer.
    pub(super) fn put(&mut self, key: Key, value: Value) -> u64 {
        self.version += 1;
        let new = Arc::new(Object::new(value, self.version));
        let old = self.objects.insert(key.clone(), Arc::clone(&new));
        self.remember(Change { version: self.version, key, old, new: Some(new) });
        self.version
    }

    pub(super) fn delete(&mut self, key: &Key) -> Option<Arc<Object>> {
        let old = self.objects.remove(key)?;
        self.version += 1;
        let change = Change { version: self.version, key: key.clone(), old: Some(Arc::clone(&old)), new: None };
        self.remember(change);
        Some(old)
    }

    fn remember(&mut self, change: Change) {
        self.history.push_back(change);
        if self.history.len() > MEMORY
            && let Some(gone) = self.history.pop_front()
        {
            self.oldest = gone.version;
        }
    }

    /// Forgets the past: all versions that anybody knows are too old from now on.
    pub(super) fn expire(&mut self) {
        self.version += 1;
        self.oldest = self.version;
        self.history.clear();
    }

    /// The objects of that scope.
    pub(super) fn all(&self, kind: Kind) -> impl Iterator<Item = &Arc<Object>> {
        self.objects.range(Key::new(kind, "", "")..).take_while(move |(key, _)| key.kind == kind).map(|(_, o)| o)
    }

    /// # Errors
    /// 410 when the version is too old.
    pub(super) fn list(&self, scope: &Scope, paging: &Paging) -> Result<Page, Status> {
        let version = paging.version.unwrap_or(self.version);
        if version < self.oldest {
            return Err(if paging.after.is_some() {
                Status::expired(TOO_OLD_TOKEN)
            } else {
                Status::expired(format!("too old resource version: {version} ({})", self.oldest))
            });
        }
        let mut then: BTreeMap<&Key, &Arc<Object>> = self
            .objects
            .range(Key::new(scope.kind, "", "")..)
            .take_while(|(key, _)| key.kind == scope.kind)
            .filter(|(key, _)| scope.has(key))
            .collect();
        // Back to how it was.
        for change in self.history.iter().rev().take_while(|change| change.version > version) {
            if !scope.has(&change.key) {
                continue;
            }
            match &change.old {
                Some(old) => then.insert(&change.key, old),
                None => then.remove(&change.key),
            };
        }
        let fits = |(key, object): &(&&Key, &&Arc<Object>)| {
            paging.after.as_ref().is_none_or(|after| **key > after) && scope.selector.matches(&object.value)
        };
        let mut found = then.iter().filter(fits);
        let limit = paging.limit.unwrap_or(usize::MAX);
        let (mut items, mut last) = (Vec::new(), None);
        for (key, object) in found.by_ref().take(limit) {
            items.push(Arc::clone(object));
            last = Some(*key);
        }
        let left = found.count() as u64;
        let rest = last.filter(|_| left > 0).map(|key| (key.clone(), left));
        Ok(Page { items, version, rest })
    }

    /// The events of a watch for what came after `version`, and the version that they reach.
    ///
    /// # Errors
    /// 410 when not all of it is known.
    pub(super) fn events(&self, scope: &Scope, version: u64) -> Result<(Vec<String>, u64), Status> {
        if version < self.oldest {
            return Err(Status::expired(format!("too old resource version: {version} ({})", self.oldest)));
        }
        let from = self.history.partition_point(|change| change.version <= version);
        let changes = self.history.range(from..).filter(|change| scope.has(&change.key));
        Ok((changes.filter_map(|change| event(scope, change)).collect(), self.version))
    }
}

const TOO_OLD_TOKEN: &str = "The provided continue parameter is too old to display a consistent list result. You can \
    start a new list without the continue parameter, or use the continue token in this response to retrieve the \
    remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were \
    created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// A line of a watch.
pub(super) fn line(word: &str, object: &str) -> String {
    format!("{{\"type\":\"{word}\",\"object\":{object}}}\n")
}

/// What a change is for those who select: who begins or ends to match is added or deleted for them.
fn event(scope: &Scope, change: &Change) -> Option<String> {
    let fits = |object: &&Arc<Object>| scope.selector.matches(&object.value);
    match (change.old.as_ref().filter(fits), change.new.as_ref().filter(fits)) {
        (None, Some(new)) => Some(line("ADDED", &new.json(scope.kind))),
        (Some(_), Some(new)) => Some(line("MODIFIED", &new.json(scope.kind))),
        (Some(old), None) => {
            let last = Object::new(old.value.clone(), change.version);
            Some(line("DELETED", &last.json(scope.kind)))
        }
        (None, None) => None,
    }
}

impl Page {
    /// The list; `token` is what the next page is asked for with.
    pub(super) fn json(&self, kind: Kind, token: &str) -> String {
        let mut meta = json!({ "resourceVersion": self.version.to_string() });
        if let Some((_, left)) = &self.rest {
            meta["continue"] = json!(token);
            meta["remainingItemCount"] = json!(left);
        }
        let (name, version) = (kind.name(), kind.api_version());
        let length: usize = self.items.iter().map(|item| item.json.len() + 1).sum();
        let mut out = String::with_capacity(length + 300);
        out.push_str(&format!(
            "{{\"kind\":\"{name}List\",\"apiVersion\":\"{version}\",\"metadata\":{meta},\"items\":["
        ));
        for (place, item) in self.items.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            out.push_str(&item.json);
        }
        out.push_str("]}\n");
        out
    }

    /// The token for the next page: nobody but this server understands it.
    pub(super) fn token(&self) -> String {
        let Some((key, _)) = &self.rest else { return String::new() };
        let text = format!("{}\n{}\n{}", self.version, key.namespace, key.name);
        let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
        text.bytes().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
    }
}

/// The version and place of a token.
///
/// # Errors
/// 400 when it is none of this server's.
pub(super) fn read_token(kind: Kind, token: &str) -> Result<(u64, Key), Status> {
    let bad = || Status::bad("continue key is not valid");
    let digits = token.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let text = digits.collect::<Option<Vec<u8>>>().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad)?;
    let mut parts = text.splitn(3, '\n');
    let mut part = || parts.next().ok_or_else(bad);
    let version = part()?.parse().map_err(|_| bad())?;
    Ok((version, Key { kind, namespace: part()?.to_owned(), name: part()?.to_owned() }))
}

/// The namespace and name of an object.
pub(super) fn key_of(kind: Kind, value: &Value) -> Key {
    let text = |name: &str| value["metadata"][name].as_str().unwrap_or_default();
    Key::new(kind, text("namespace"), text("name"))
}

impl Object {
    pub(super) fn uid(&self) -> &str {
        self.text(["metadata", "uid"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(store: &mut Store, name: &str, app: &str) -> u64 {
        let value = json!({ "metadata": { "name": name, "namespace": "ns", "labels": { "app": app } } });
        store.put(key_of(Kind::Pod, &value), value)
    }

    fn scope(labels: &str) -> Scope {
        let selector = Selector::parse(Kind::Pod, labels, "").unwrap();
        Scope { kind: Kind::Pod, namespace: None, selector }
    }

    fn words(store: &Store, labels: &str, from: u64) -> Vec<(String, String)> {
        let (events, _) = store.events(&scope(labels), from).unwrap();
        let word = |event: &String| {
            let event: Value = serde_json::from_str(event).unwrap();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&event["type"]), text(&event["object"]["metadata"]["name"]))
        };
        events.iter().map(word).collect()
    }

    #[test]
    fn who_selects_sees_what_begins_and_ends_to_match() {
        let mut store = Store::default();
        let start = store.version();
        put(&mut store, "a", "x");
        put(&mut store, "b", "y");
        put(&mut store, "a", "y");
        put(&mut store, "a", "y");
        store.delete(&Key::new(Kind::Pod, "ns", "b"));
        let word = |word: &str, name: &str| (word.to_owned(), name.to_owned());
        assert_eq!(words(&store, "app=x", start), [word("ADDED", "a"), word("DELETED", "a")]);
        let expected = [word("ADDED", "b"), word("ADDED", "a"), word("MODIFIED", "a"), word("DELETED", "b")];
        assert_eq!(words(&store, "app=y", start), expected);
        assert_eq!(words(&store, "", start + 4), [word("DELETED", "b")]);
    }

    #[test]
    fn pages_are_of_one_moment() {
        let mut store = Store::default();
        for name in ["a", "b", "c", "d"] {
            put(&mut store, name, "x");
        }
        let limit = Some(2);
        let first = store.list(&scope(""), &Paging { limit, ..Paging::default() }).unwrap();
        assert_eq!(first.rest.as_ref().map(|rest| rest.1), Some(2));
        store.delete(&Key::new(Kind::Pod, "ns", "c"));
        put(&mut store, "e", "x");
        let (version, after) = read_token(Kind::Pod, &first.token()).unwrap();
        let paging = Paging { version: Some(version), after: Some(after), limit };
        let second = store.list(&scope(""), &paging).unwrap();
        let names: Vec<_> = second.items.iter().map(|item| item.text(["metadata", "name"])).collect();
        assert_eq!((names, second.version, second.rest.is_none()), (vec!["c", "d"], version, true));
        store.expire();
        let late = store.list(&scope(""), &paging).unwrap_err();
        assert!(late.code == 410 && late.message.contains("too old"), "{late:?}");
        assert_eq!(store.events(&scope(""), version).unwrap_err().reason, "Expired");
        assert!(store.events(&scope(""), store.version()).unwrap().0.is_empty());
        assert_eq!(read_token(Kind::Pod, "zz").unwrap_err().code, 400);
    }
}
