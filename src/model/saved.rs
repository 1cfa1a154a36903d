//! A filter with a name, as the user wrote it: relative times stay relative.
//!
//! Owns the value and what a name may be. Must not know where it is kept or what its texts mean.

use super::Severity;

/// The most characters of a name.
pub const MAX_NAME: usize = 40;

/// A filter that can be taken again by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedFilter {
    /// What it is called; see [`check_name`].
    pub name: String,
    /// The lowest severity that is shown.
    pub severity: Severity,
    /// Not before, as it was written: `10m`, `14:02`.
    pub since: String,
    /// Not after.
    pub until: String,
    /// A regular expression that has to be there.
    pub text: String,
    /// One that may not.
    pub hide: String,
    /// `FIELD=VALUE`.
    pub field: String,
}

/// Whether a filter can be called so: 1 to [`MAX_NAME`] letters, digits, blanks and `-_.:/+@#`, no blank at an end.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_alphanumeric() || " -_.:/+@#".contains(c);
    if name.trim().is_empty() {
        return Err("a filter needs a name".to_owned());
    }
    if name.chars().count() > MAX_NAME {
        return Err(format!("a name has at most {MAX_NAME} characters"));
    }
    if name.trim() != name || !name.chars().all(allowed) {
        return Err("a name has letters, digits, blanks inside, and -_.:/+@#".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |name: &str, fine: bool| assert_eq!(check_name(name).is_ok(), fine, "{name:?}");
        check("5xx", true);
        check("errors of payments-api", true);
        check("größe", true);
        check("", false);
        check("  ", false);
        check(" x", false);
        check("a\x1b[2J", false);
        check("a\u{202e}b", false);
        check("a\nb", false);
        check(&"x".repeat(MAX_NAME), true);
        check(&"x".repeat(MAX_NAME + 1), false);
    }
}
