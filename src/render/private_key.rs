//! A private key whose lines come as records of their own: containers and syslog put a header before each line.
//!
//! Owns which records are the middle of such a key. Must not know formats; a key within one record is the redactor's.

/// Records without a part of the key after which it is taken to have broken off.
const PATIENCE: u32 = 100;
/// A line's last word of at least this length, of base64 alone, is a part of the key.
const RUN: usize = 16;

/// Where the stream of one origin stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct PrivateKey {
    /// Records that may still come before the key is given up; 0 outside of one.
    patience: u32,
    /// The record before was a part of it.
    in_body: bool,
}

impl PrivateKey {
    /// Looks at the next record's message. Tells whether it is the middle of a key, so that nothing of it may be shown.
    pub fn holds(&mut self, message: &str) -> bool {
        let message = message.trim_end();
        let (begin, end) = (last(message, "-----BEGIN "), last(message, "-----END "));
        if begin.is_some() || end.is_some() {
            self.patience = if begin > end { PATIENCE } else { 0 };
            self.in_body = false;
            return false;
        }
        if self.patience == 0 {
            return false;
        }
        let (word, base64) = last_word(message);
        // The last line may be short; then it stands alone.
        let is_body = base64 && (word.len() >= RUN || (self.in_body && !word.is_empty() && word == message));
        self.patience = if is_body { PATIENCE } else { self.patience - 1 };
        self.in_body = is_body;
        is_body
    }

    /// Whether a message could be the middle of a key, by itself.
    pub fn could_hold(message: &str) -> bool {
        let message = message.trim_end();
        let (word, base64) = last_word(message);
        base64 && (word.len() >= RUN || (!word.is_empty() && word == message))
    }

    /// Whether a key is open, so that the next message has to be looked at.
    pub const fn is_open(self) -> bool {
        self.patience > 0
    }
}

/// The last word of a message, and whether it is base64 alone.
fn last_word(message: &str) -> (&str, bool) {
    let word = message.rsplit([' ', '\t']).next().unwrap_or_default();
    (word, word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')))
}

/// Where the last marker of a private key stands.
fn last(message: &str, marker: &str) -> Option<usize> {
    let at = message.rfind(marker)?;
    let label = &message[at + marker.len()..];
    let label = &label[..label.find("-----").unwrap_or(label.len())];
    label.contains("PRIVATE KEY").then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(messages: &[&str], expected: &[bool]) {
        let mut key = PrivateKey::default();
        let held: Vec<_> = messages.iter().map(|message| key.holds(message)).collect();
        assert_eq!(held, expected, "{messages:?}");
    }

    const BODY: &str = "MIIEowIBAAKCAQEAvbuxzTRbmZ8A4a3yEBsCmzTbV6MsSl";

    #[test]
    fn the_middle_of_a_key_is_held() {
        let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
        check(&[BODY, begin, BODY, BODY, "abc=", end, BODY], &[false, false, true, true, true, false, false]);
        check(&[begin, "another thread speaks", BODY, "done"], &[false, false, true, true]);
        check(&[begin, "two words", "done"], &[false; 3]);
        check(&["-----BEGIN CERTIFICATE-----", BODY], &[false, false]);
        check(&["key: -----BEGIN PRIVATE KEY----- x -----END PRIVATE KEY-----", BODY], &[false, false]);
    }

    #[test]
    fn a_key_that_broke_off_is_given_up() {
        let mut key = PrivateKey::default();
        key.holds("-----BEGIN PRIVATE KEY-----");
        for _ in 0..PATIENCE {
            assert!(key.is_open() && !key.holds("a b"));
        }
        assert!(!key.is_open() && !key.holds(BODY));
    }
}
