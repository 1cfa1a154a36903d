//! Strangers' text in Markdown: it stays text, whatever it says.
//!
//! Owns fences, code spans and escapes, after `CommonMark` and its GitHub dialect. Must not know records.

use std::borrow::Cow;

/// The text as a code span on one line: no link, no mention, no markup works in it. Empty text stays empty.
pub fn code(text: &str) -> String {
    let text = text.replace(['\r', '\n', '\t'], " ");
    if text.trim().is_empty() {
        return text.trim().to_owned();
    }
    let ticks = "`".repeat(longest_run(&text) + 1);
    // One blank is taken away on both sides; it keeps the text's own backticks off the fence.
    let blank = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{ticks}{blank}{text}{blank}{ticks}")
}

/// The text as a fenced block, which ends where the text ends.
pub fn block(text: &str) -> String {
    let ticks = "`".repeat((longest_run(text) + 1).max(3));
    format!("{ticks}text\n{}\n{ticks}\n", text.trim_end_matches('\n'))
}

/// The text as plain words, with a backslash before what Markdown could act on; a line break becomes `<br>`.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut begins_line = true;
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            '\r' => {}
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '(' | ')' | '#' | '|' | '~' | '!' | '&'
            | '$' | ':' => {
                out.push('\\');
                out.push(c);
            }
            // A sign or a full stop there begins a list, a rule, or a heading's underline.
            '-' | '+' | '=' | '.' if begins_line => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
        begins_line = c == '\n' || begins_line && (c.is_ascii_digit() || c == ' ');
    }
    out
}

/// A line as it may stand in a block that is fenced by three backticks: one that could end the block is indented, since
/// the end of a block is indented by three blanks at most.
pub(super) fn inside_block(line: &str) -> Cow<'_, str> {
    let ends = ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence));
    if ends { Cow::Owned(format!("    {line}")) } else { Cow::Borrowed(line) }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_spans_hold_what_they_are_given() {
        let check = |text: &str, expected: &str| assert_eq!(code(text), expected, "{text:?}");
        check("", "");
        check(" \n", "");
        check("plain", "`plain`");
        check("a`b", "``a`b``");
        check("`a```", "```` `a``` ````");
        check("two\nlines", "`two lines`");
        check(" x", "`  x `");
        check("<script> [x](y) @all #1", "`<script> [x](y) @all #1`");
    }

    #[test]
    fn blocks_end_where_the_text_ends() {
        let check = |text: &str, expected: &str| assert_eq!(block(text), expected, "{text:?}");
        check("one\ntwo", "```text\none\ntwo\n```\n");
        check("```\n# out", "````text\n```\n# out\n````\n");
        check("x\n", "```text\nx\n```\n");
        for (line, expected) in [("x ```", "x ```"), ("```", "    ```"), ("  ~~~~", "      ~~~~"), ("`", "`")] {
            assert_eq!(inside_block(line), expected);
        }
    }

    #[test]
    fn words_stay_words() {
        let check = |text: &str, expected: &str| assert_eq!(escape(text), expected, "{text:?}");
        check("plain, words. More - words", "plain, words. More - words");
        check("# no heading", "\\# no heading");
        check("1. no list", "1\\. no list");
        check("- no list\n- none", "\\- no list<br>\\- none");
        check("=", "\\=");
        check("a|b", "a\\|b");
        check("[x](http://y)", "\\[x\\]\\(http\\://y\\)");
        check("<img src=x>", "\\<img src=x\\>");
        check("`c` &amp; \\", "\\`c\\` \\&amp; \\\\");
    }
}
