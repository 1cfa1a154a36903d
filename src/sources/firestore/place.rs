//! Which documents an address means: a collection, or all collections of one id below a place.
//!
//! Owns names and paths of documents. Must not know their fields.

use crate::model::Address;

/// Any document, in a path.
const ANY: &str = "*";
/// Any path of documents, none included.
const ALL: &str = "**";

/// Where documents are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The project.
    pub(super) project: String,
    /// The database's id.
    pub(super) id: String,
    /// The collection's path, as in the address.
    pub(super) path: String,
    /// The document below which is asked; empty for the database's root.
    parent: String,
    /// The collection's own id.
    pub(super) collection: String,
    /// Which collections.
    pub(super) reach: Reach,
}

/// Which collections of an id are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The one below the parent.
    One,
    /// All below the parent whose path has this form.
    Group(Vec<String>),
}

impl Place {
    /// The place of an address of Firestore.
    ///
    /// # Errors
    /// The path is none of a collection: a sentence.
    pub(super) fn of(project: &str, database: &str, path: &str) -> Result<Self, String> {
        let parts: Vec<&str> = path.split('/').collect();
        let Some((collection, above)) = parts.split_last() else { return Err("no collection is named".to_owned()) };
        if [ANY, ALL].contains(collection) {
            return Err(format!("`{path}` ends in `{collection}`: the last part is a collection's name"));
        }
        // Collections and documents take turns; `**` stands for any number of both.
        let mut place = 0;
        for (at, part) in above.iter().enumerate() {
            match *part {
                ALL if place % 2 == 0 => {}
                ALL => {
                    return Err(format!(
                        "`{path}`: `**` stands for documents with their collections, so it comes behind a document"
                    ));
                }
                ANY if place % 2 == 0 => {
                    return Err(format!("`{path}`: part {} is a collection and needs its name", at + 1));
                }
                _ => place += 1,
            }
        }
        if place % 2 != 0 {
            return Err(format!("`{path}` names a document, not a collection: it has an even number of parts"));
        }
        // The part before the first pattern is asked for by name, if it is whole documents.
        let fixed = above.iter().position(|part| [ANY, ALL].contains(part)).unwrap_or(above.len());
        let parent = above[..fixed - fixed % 2].join("/");
        let reach = if fixed == above.len() {
            Reach::One
        } else {
            Reach::Group(parts.iter().map(|part| (*part).to_owned()).collect())
        };
        let (project, id, path, collection) =
            (project.to_owned(), database.to_owned(), path.to_owned(), (*collection).to_owned());
        Ok(Self { project, id, path, parent, collection, reach })
    }

    /// The place of an address; nothing for one of another kind.
    pub(super) fn of_address(address: &Address) -> Option<Result<Self, String>> {
        match address {
            Address::Firestore { project, database, collection } => Some(Self::of(project, database, collection)),
            _ => None,
        }
    }

    /// The database's full name: `projects/P/databases/D`.
    pub(super) fn database(&self) -> String {
        format!("projects/{}/databases/{}", self.project, self.id)
    }

    /// The full name of what is asked: the database's root, or a document.
    pub(super) fn parent(&self) -> String {
        let root = format!("{}/documents", self.database());
        if self.parent.is_empty() { root } else { format!("{root}/{}", self.parent) }
    }

    /// Whether a document of this path (below the root) is meant.
    pub(super) fn has(&self, path: &str) -> bool {
        match &self.reach {
            Reach::One => true,
            Reach::Group(form) => {
                let mut parts: Vec<&str> = path.split('/').collect();
                // The last part is the document's own id.
                parts.pop();
                fits(&form.iter().map(String::as_str).collect::<Vec<_>>(), &parts)
            }
        }
    }
}

/// Whether a path has this form.
fn fits(form: &[&str], path: &[&str]) -> bool {
    match (form, path) {
        ([], path) => path.is_empty(),
        ([ALL, form @ ..], path) => (0..=path.len()).step_by(2).any(|skipped| fits(form, &path[skipped..])),
        ([ANY, form @ ..], [_, path @ ..]) => fits(form, path),
        ([part, form @ ..], [own, path @ ..]) => part == own && fits(form, path),
        (_, []) => false,
    }
}

/// A document's path below the database's root: `jobs/settle-1121`. A name that has no such form is the path itself.
pub(super) fn path_of(name: &str) -> &str {
    name.split_once("/documents/").map_or(name, |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> Result<Place, String> {
        Place::of("acme", "(default)", path)
    }

    #[test]
    fn paths_of_documents_fit_forms() {
        let check = |path: &str, document: &str, expected: bool| {
            assert_eq!(place(path).unwrap().has(document), expected, "{path} {document}");
        };
        check("jobs/*/events", "jobs/settle/events/1", true);
        check("jobs/*/events", "tasks/settle/events/1", false);
        check("jobs/*/events", "jobs/settle/runs/1/events/1", false);
        check("jobs/*/events", "events/1", false);
        check("**/events", "events/1", true);
        check("**/events", "jobs/settle/events/1", true);
        check("**/events", "jobs/settle/runs/1/events/1", true);
        check("**/runs/*/events", "jobs/settle/runs/1/events/1", true);
        check("**/runs/*/events", "jobs/settle/events/1", false);
        check("jobs/settle/**/events", "jobs/settle/runs/1/events/1", true);
        check("jobs", "jobs/settle", true);
    }

    #[test]
    fn the_fixed_part_is_the_parent() {
        let check = |path: &str, parent: &str, is_group: bool| {
            let place = place(path).unwrap();
            assert_eq!(place.parent(), format!("projects/acme/databases/(default)/documents{parent}"), "{path}");
            assert_eq!(matches!(place.reach, Reach::Group(_)), is_group, "{path}");
        };
        check("jobs", "", false);
        check("jobs/settle/events", "/jobs/settle", false);
        check("jobs/*/events", "", true);
        check("jobs/settle/runs/*/events", "/jobs/settle", true);
        check("jobs/settle/**/events", "/jobs/settle", true);
        check("**/events", "", true);
    }

    #[test]
    fn what_is_no_collection_is_said() {
        let check = |path: &str, expected: &str| {
            let words = place(path).unwrap_err();
            assert!(words.contains(expected), "{path}: {words}");
        };
        check("jobs/settle", "names a document");
        check("jobs/*", "ends in `*`");
        check("**", "ends in `**`");
        check("*/x/events", "part 1 is a collection");
        check("jobs/**/events", "comes behind a document");
    }

    #[test]
    fn names_become_paths() {
        assert_eq!(path_of("projects/p/databases/(default)/documents/jobs/a/events/1"), "jobs/a/events/1");
        assert_eq!(path_of("odd"), "odd");
    }
}
