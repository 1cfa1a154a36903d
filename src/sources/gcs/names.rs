//! Which objects are meant: the prefix to list, and globs on whole names.
//!
//! Owns that choice. Must not ask anybody.

use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

/// Characters that begin a glob.
const WILD: [char; 4] = ['*', '?', '[', '{'];

/// The objects that are meant.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    /// What all their names begin with: what the service is asked for.
    pub(super) prefix: String,
    /// The address' own glob.
    pattern: Option<GlobMatcher>,
    include: Option<GlobSet>,
    exclude: GlobSet,
}

impl Selection {
    /// The objects that an address and the settings mean. `*` stays within a folder, `**` does not.
    ///
    /// # Errors
    /// A glob is none: a sentence.
    pub(super) fn new(path: &str, include: &[String], exclude: &[String]) -> Result<Self, String> {
        let wild = path.find(WILD);
        let pattern = wild.map(|_| glob(path)).transpose()?;
        let prefix = path[..wild.unwrap_or(path.len())].to_owned();
        let include = if include.is_empty() { None } else { Some(set(include)?) };
        Ok(Self { prefix, pattern: pattern.map(|g| g.compile_matcher()), include, exclude: set(exclude)? })
    }

    /// Whether an object of this name, which has the prefix, is meant. Names that end with `/` are folders: they are not.
    pub(super) fn takes(&self, name: &str) -> bool {
        !name.ends_with('/')
            && name.starts_with(&self.prefix)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(name))
            && self.include.as_ref().is_none_or(|include| include.is_match(name))
            && !self.exclude.is_match(name)
    }
}

fn set(globs: &[String]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for text in globs {
        // `*.gz` means objects in all folders, as people expect of a filter.
        let text = if text.contains('/') { text.clone() } else { format!("**/{text}") };
        set.add(glob(&text)?);
    }
    set.build().map_err(|e| e.kind().to_string())
}

fn glob(text: &str) -> Result<globset::Glob, String> {
    let built = GlobBuilder::new(text).literal_separator(true).build();
    built.map_err(|e| format!("`{text}` is no glob: {}", e.kind()))
}
