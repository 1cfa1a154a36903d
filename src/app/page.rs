//! Addresses of pages that services tell, before anybody opens them.
//!
//! Owns what may be opened. Must not know browsers.

/// The longest address that is opened.
const MAX: usize = 2048;

/// Whether a character of an address means nothing to a shell or a terminal.
fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~:/?#@!&()*+,;=%[]".contains(&b)
}

/// Whether an address that a service told can be given to a browser, and printed: `https://…`, or `http://…`, without blanks,
/// quotes and anything that a shell or a terminal would act on.
pub(super) fn is_web_address(address: &str) -> bool {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    address.len() <= MAX && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_plain))
}

/// The first address of a page in a sentence.
pub(super) fn link(sentence: &str) -> Option<&str> {
    let rest = &sentence[sentence.find("https://")?..];
    let end = rest.bytes().position(|b| !is_plain(b)).unwrap_or(rest.len());
    let link = rest[..end].trim_end_matches(['.', ',', ';', ':', ')', ']', '!', '?']);
    is_web_address(link).then_some(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_opened() {
        let check = |address: &str, expected: bool| assert_eq!(is_web_address(address), expected, "{address}");
        check("https://github.com/acme/payments/actions/runs/1", true);
        check("http://127.0.0.1:8080/a?b=c#d", true);
        check("file:///etc/passwd", false);
        check("-https://x", false);
        check("https://", false);
        check("https://x/\u{1b}]52;c;x\u{7}", false);
        check("https://x/a b", false);
        check("https://x/$(id)", false);
        check("https://x/`id`'\"", false);
        check(&format!("https://x/{}", "a".repeat(3000)), false);
    }

    #[test]
    fn links_in_sentences() {
        let check = |sentence: &str, expected: Option<&str>| assert_eq!(link(sentence), expected, "{sentence}");
        check("It needs an index. Create it: https://x.example/a?b=c=.", Some("https://x.example/a?b=c="));
        check("see (https://x.example/a), then", Some("https://x.example/a"));
        check("https://x.example/\u{1b}[2J", Some("https://x.example/"));
        check("https://x.example/`id`", Some("https://x.example/"));
        check("https://", None);
        check("no link http://x.example", None);
        check(&format!("https://x.example/{}", "a".repeat(3_000)), None);
    }
}
