//! The file of saved filters on the disk: read when logdeck starts, changed when a filter is saved or deleted.
//!
//! Owns reading and writing. It reads the file again before it changes it, so that two screens do not undo each other's
//! work. Must not know what a filter means.

use crate::app::event::FilterChange;
use crate::config::FilterFile;
use crate::infra::files::{NewFile, private_directory};
use crate::model::SavedFilter;
use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

/// A file larger than this is something else.
const MAX_FILE: u64 = 1 << 20;

/// The file's name in logdeck's directory of state.
pub const FILE: &str = "filters.toml";

/// The filters of a file, and sentences about what is wrong with it. A file that is not there has none.
pub fn load(path: &Path) -> (Vec<SavedFilter>, Vec<String>) {
    match read(path) {
        Ok(file) => {
            let problems = file.problems().iter().map(|problem| format!("{}: {problem}", path.display())).collect();
            (file.filters().cloned().collect(), problems)
        }
        Err(problem) => (Vec::new(), vec![format!("no saved filters: {}: {problem}", path.display())]),
    }
}

/// Carries a change out. `path` is `None` when there is no home directory. `salt` makes a temporary name hard to guess.
///
/// # Errors
/// What is in the way, in a sentence; the file is as it was then.
pub fn change(path: Option<&Path>, change: &FilterChange, salt: u64) -> Result<String, String> {
    let (name, done, undone) = match change {
        FilterChange::Put(filter) => (&filter.name, "saved", "is kept for this run only"),
        FilterChange::Remove(name) => (name, "deleted", "comes back with the next start"),
    };
    let failed = |why: &str| format!("filter `{name}` {undone}: {why}");
    let path = path.ok_or_else(|| failed("there is no home directory to save it in"))?;
    // The cause first: a narrow screen cuts the end off.
    let refused = |problem: &str| failed(&format!("{problem} ({})", path.display()));
    let mut file = read(path).map_err(|problem| refused(&problem))?;
    match change {
        FilterChange::Put(filter) => file.put((**filter).clone()),
        FilterChange::Remove(name) => _ = file.remove(name),
    }
    write(path, &file.to_toml(), salt).map_err(|error| refused(&error.to_string()))?;
    Ok(format!("filter `{name}` is {done}"))
}

fn read(path: &Path) -> Result<FilterFile, String> {
    match std::fs::metadata(path) {
        // Opening something else, such as a named pipe, could wait for ever.
        Ok(about) if !about.is_file() => return Err("this is no file".to_owned()),
        Ok(about) if about.len() > MAX_FILE => return Err("too large for a list of filters".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FilterFile::default()),
        Err(error) => return Err(error.to_string()),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "this is not UTF-8".to_owned())?;
    FilterFile::parse(&text)
}

fn write(path: &Path, text: &str, salt: u64) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        private_directory(directory)?;
    }
    let mut file = NewFile::create(path, salt)?;
    file.write_all(text.as_bytes())?;
    file.keep().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt};

    fn put(name: &str) -> FilterChange {
        FilterChange::Put(Box::new(SavedFilter { name: name.to_owned(), ..SavedFilter::default() }))
    }

    fn names(path: &Path) -> Vec<String> {
        load(path).0.into_iter().map(|filter| filter.name).collect()
    }

    #[test]
    fn filters_are_kept_in_a_private_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/filters.toml");
        assert_eq!(load(&path), (Vec::new(), Vec::new()));
        assert_eq!(change(Some(&path), &put("a"), 1).unwrap(), "filter `a` is saved");
        change(Some(&path), &put("b"), 2).unwrap();
        assert_eq!(names(&path), ["a", "b"]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(change(Some(&path), &FilterChange::Remove("a".to_owned()), 3).unwrap(), "filter `a` is deleted");
        assert_eq!(names(&path), ["b"]);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn what_is_in_the_way_is_said_and_nothing_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let check = |path: Option<&Path>, expected: &str| {
            let error = change(path, &put("x"), 1).unwrap_err();
            assert!(error.starts_with("filter `x` is kept for this run only: ") && error.contains(expected), "{error}");
        };
        check(None, "no home directory");
        let broken = dir.path().join("broken.toml");
        fs::write(&broken, "[[filter]\n").unwrap();
        check(Some(&broken), "line 1: this is not TOML");
        assert_eq!(fs::read_to_string(&broken).unwrap(), "[[filter]\n");
        assert!(load(&broken).1[0].starts_with("no saved filters: "), "{:?}", load(&broken).1);
        check(Some(dir.path()), "this is no file");
        let under_a_file = broken.join("filters.toml");
        check(Some(&under_a_file), "");
        let bytes = dir.path().join("bytes.toml");
        fs::write(&bytes, b"\xff\xfe").unwrap();
        check(Some(&bytes), "not UTF-8");
        let large = dir.path().join("large.toml");
        fs::write(&large, vec![b'#'; (MAX_FILE + 1) as usize]).unwrap();
        check(Some(&large), "too large");
        check(Some(Path::new("/dev/full")), "this is no file");
    }

    #[test]
    fn broken_entries_stay_when_another_is_saved() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        fs::write(&path, "[[filter]]\nname = \"good\"\n[[filter]]\nname = \"bad\"\nseverity = \"loud\"\n").unwrap();
        let (filters, problems) = load(&path);
        assert_eq!(filters.len(), 1);
        assert!(problems[0].ends_with("filter `bad`: `loud` is not a severity"), "{problems:?}");
        change(Some(&path), &put("new"), 1).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("severity = \"loud\"") && text.contains("name = \"bad\""), "{text}");
        assert_eq!(names(&path), ["good", "new"]);
    }
}
