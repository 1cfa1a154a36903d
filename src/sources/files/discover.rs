//! From paths, directories and globs to inputs.
//!
//! Owns the walk and its limits. What is wrong with one path is a value beside the others' inputs.

use super::archive;
use super::decode::Limits;
use super::error::InputError;
use super::input::Input;
use super::sniff::Codec;
use crate::model::Address;
use std::{
    collections::HashSet,
    ffi::OsStr,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

/// Levels of directories below the one that is named.
pub const MAX_DEPTH: usize = 16;

/// The most files of one directory or glob.
pub const MAX_FILES: usize = 10_000;

/// What was found.
#[derive(Debug, Default)]
pub struct Discovered {
    /// What can be opened: in the order given; of a directory or glob sorted by path, of an archive in its own order.
    pub inputs: Vec<Input>,
    /// What cannot be read, and why.
    pub problems: Vec<InputError>,
    /// What was left out on purpose and is worth saying: binary files of a directory, links of an archive.
    pub notes: Vec<String>,
}

/// Lists the inputs behind paths, directories and globs (`*`, `?`, `[a-z]`, `{a,b}`, `**`). A path that exists is never
/// taken for a glob. `-` is standard input.
///
/// Directories are read to a depth of 16 and 10,000 files; names that begin with a dot are left out, and so is a file
/// that was met under another name.
pub fn discover<P: AsRef<Path>>(paths: &[P]) -> Discovered {
    let mut found = Discovered::default();
    for path in paths {
        let path = path.as_ref();
        if path.as_os_str() == "-" {
            found.inputs.push(Input::stdin());
            continue;
        }
        let walk = match list(path) {
            Ok(walk) => walk,
            Err(problem) => {
                found.problems.push(problem);
                continue;
            }
        };
        found.add_walk(path, walk);
    }
    found
}

/// Lists the inputs of an address; nothing of one that is no file.
pub fn discover_address(address: &Address) -> Option<Discovered> {
    match address {
        Address::Stdin => Some(discover(&["-"])),
        Address::Path(path) => Some(discover(&[path])),
        Address::Fetched { path, name } => {
            let mut found = Discovered::default();
            match Input::named(path, name.clone(), Limits::default()) {
                Ok(input) => found.add(input),
                Err(problem) => found.problems.push(problem),
            }
            Some(found)
        }
        _ => None,
    }
}

/// The entries of an archive that has been opened already, such as a temporary file without a name.
pub fn discover_archive(file: fs::File, name: &str) -> Discovered {
    let mut found = Discovered::default();
    match file.metadata() {
        Ok(meta) => found.add_archive(&Input::of_archive(name, meta.len()), &Arc::new(file)),
        Err(error) => found.problems.push(InputError::io(name, error)),
    }
    found
}

impl Discovered {
    fn add_walk(&mut self, root: &Path, walk: Walk) {
        let name = root.to_string_lossy().into_owned();
        let (before, mut binary) = (self.inputs.len(), 0);
        for path in &walk.files {
            match Input::at(path, Limits::default()) {
                Err(e) if e.is_binary() && walk.shape != Shape::File => binary += 1,
                Err(e) => self.problems.push(e),
                Ok(input) => self.add(input),
            }
        }
        let found_some = self.inputs.len() > before || !walk.problems.is_empty();
        self.problems.extend(walk.problems);
        if binary > 0 {
            let files = if binary == 1 { "file was" } else { "files were" };
            self.notes.push(format!("{name}: {binary} binary {files} left out"));
        }
        if walk.shape == Shape::Directory && !found_some {
            let hidden = (walk.hidden > 0).then(|| format!("{} hidden", walk.hidden));
            let binary = (binary > 0).then(|| format!("{binary} binary"));
            let parts: Vec<_> = [binary, hidden].into_iter().flatten().collect();
            let skipped = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
            self.problems.push(InputError::EmptyDirectory { name, skipped });
        }
    }

    /// Adds an input; of an archive its entries.
    pub(super) fn add(&mut self, input: Input) {
        if input.codec != Codec::Zip {
            self.inputs.push(input);
            return;
        }
        match input.open_file() {
            Ok(file) => self.add_archive(&input, &Arc::new(file)),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn add_archive(&mut self, input: &Input, file: &Arc<fs::File>) {
        let listing = match archive::list(file, &input.name) {
            Ok(listing) => listing,
            Err(problem) => {
                self.problems.push(problem);
                return;
            }
        };
        if listing.links > 0 {
            let links = if listing.links == 1 { "link was" } else { "links were" };
            self.notes.push(format!("{}: {} symbolic {links} left out", input.name, listing.links));
        }
        if listing.entries.is_empty() {
            let (name, problem) = (input.name.clone(), "it holds no file".to_owned());
            self.problems.push(InputError::BadArchive { name, problem });
            return;
        }
        for (n, entry) in listing.entries.into_iter().enumerate() {
            match entry {
                Ok((name, entry)) => self.inputs.push(input.of_entry(n, name, entry)),
                Err(problem) => self.problems.push(problem),
            }
        }
    }
}

/// What a path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    File,
    Directory,
    Glob,
}

/// The files behind one path.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) shape: Shape,
    pub(super) files: Vec<PathBuf>,
    pub(super) problems: Vec<InputError>,
    /// Names that begin with a dot.
    hidden: usize,
    /// Identities of the files and directories met, so that links lead nowhere twice.
    met: HashSet<(u64, u64)>,
}

/// The files behind a path, a directory, or a glob; none is opened.
pub(super) fn list(path: &Path) -> Result<Walk, InputError> {
    let name = path.to_string_lossy();
    let mut walk = Walk { shape: Shape::File, files: Vec::new(), problems: Vec::new(), hidden: 0, met: HashSet::new() };
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => {
            walk.shape = Shape::Directory;
            walk.directory(path, &name, &Want::Everything, 0);
            walk.files.sort_unstable();
            Ok(walk)
        }
        Ok(_) => {
            walk.files.push(path.to_owned());
            Ok(walk)
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound && is_glob(&name) => {
            walk.shape = Shape::Glob;
            walk.glob(path, &name)?;
            Ok(walk)
        }
        Err(e) => Err(InputError::io(&name, e)),
    }
}

/// Whether the path has a character that globs give a meaning.
pub(super) fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// Which files of a walk are wanted.
enum Want {
    Everything,
    /// Those that fit, at most this many levels down.
    Fitting(globset::GlobMatcher, usize, Dots),
}

/// What becomes of names that begin with a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dots {
    Hidden,
    /// The glob itself asks for some.
    Shown,
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

impl Walk {
    fn glob(&mut self, path: &Path, name: &str) -> Result<(), InputError> {
        // Without `//` and `/./` in it, as the names of the walk will be.
        let pattern: PathBuf = path.components().collect();
        let pattern = pattern.to_string_lossy();
        let glob = globset::GlobBuilder::new(&pattern)
            .literal_separator(true)
            .build()
            .map_err(|e| InputError::BadGlob { pattern: name.to_owned(), problem: e.kind().to_string() })?;
        let is_literal = |c: &Component<'_>| !is_glob(&c.as_os_str().to_string_lossy());
        let base: PathBuf = path.components().take_while(is_literal).collect();
        let levels = path.components().count() - base.components().count();
        let depth = if name.contains("**") { MAX_DEPTH } else { levels - 1 };
        let dotted = path.components().skip(base.components().count());
        let dots = if dotted.map(Component::as_os_str).any(is_hidden) { Dots::Shown } else { Dots::Hidden };
        self.directory(&base, name, &Want::Fitting(glob.compile_matcher(), depth, dots), 0);
        self.files.sort_unstable();
        if self.files.is_empty() && self.problems.is_empty() {
            return Err(InputError::NoMatch { pattern: name.to_owned() });
        }
        Ok(())
    }

    fn directory(&mut self, path: &Path, root: &str, want: &Want, depth: usize) {
        let here = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let entries = match fs::read_dir(here) {
            Ok(entries) => entries,
            Err(e) if depth == 0 && e.kind() == io::ErrorKind::NotFound => return,
            Err(e) => return self.problems.push(InputError::io(&here.to_string_lossy(), e)),
        };
        let mut names: Vec<_> = entries.filter_map(Result::ok).map(|e| e.file_name()).collect();
        names.sort_unstable();
        for file_name in names {
            if self.files.len() >= MAX_FILES {
                let full = |p: &InputError| matches!(p, InputError::TooMany { .. });
                if !self.problems.iter().any(full) {
                    self.problems.push(InputError::TooMany { name: root.to_owned(), what: "files", limit: MAX_FILES });
                }
                return;
            }
            if is_hidden(&file_name) && !matches!(want, Want::Fitting(_, _, Dots::Shown)) {
                self.hidden += 1;
                continue;
            }
            let child = path.join(&file_name);
            // Gone in between, or a link to nowhere: not worth a word.
            let Ok(meta) = fs::metadata(&child) else { continue };
            let fits = match want {
                Want::Everything => true,
                Want::Fitting(glob, ..) => glob.is_match(&child),
            };
            if meta.is_dir() {
                let deepest = match want {
                    Want::Fitting(_, deepest, _) if !fits => *deepest,
                    _ => MAX_DEPTH,
                };
                if depth >= deepest || !self.meet(&meta) {
                    continue;
                }
                let want = if fits { &Want::Everything } else { want };
                self.directory(&child, root, want, depth + 1);
            } else if meta.is_file() && fits && self.meet(&meta) {
                self.files.push(child);
            }
        }
    }

    /// Whether this file or directory is met for the first time.
    fn meet(&mut self, meta: &fs::Metadata) -> bool {
        self.met.insert((meta.dev(), meta.ino()))
    }
}
