//! Extracts as JSON: one object a log, on a line of its own.
//!
//! Owns the keys. Must not know where a log came from.

use super::lines::Lines;
use super::report::{Report, verdict_word};
use crate::analysis::extract::Block;
use crate::render::json::string;

/// Adds the object of one log.
pub fn write(report: &Report, lines: &Lines, out: &mut Vec<u8>) {
    let extract = &report.extract;
    out.extend_from_slice(b"{\"log\":");
    string(&lines.plain_name(&report.name), out);
    number("lines", extract.lines, out);
    key("verdict", out);
    string(verdict_word(extract.verdict), out);
    if let Some(new) = extract.new_lines {
        number("new_lines", new, out);
    }
    if let Some(problem) = &report.problem {
        key("problem", out);
        string(&lines.plain_name(problem), out);
    }
    key("blocks", out);
    out.push(b'[');
    for (n, block) in report.blocks().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        self::block(report, block, lines, out);
    }
    out.extend_from_slice(b"]}\n");
}

fn block(report: &Report, block: &Block, lines: &Lines, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"start\":");
    out.extend_from_slice(block.start.to_string().as_bytes());
    number("end", block.end, out);
    number("score", u64::from(block.score), out);
    key("kind", out);
    string(block.kind.as_str(), out);
    key("tool", out);
    word_or_null(Some(block.tool).filter(|tool| !tool.is_empty()), out);
    key("rule", out);
    word_or_null(Some(block.rule).filter(|rule| !rule.is_empty()), out);
    key("step", out);
    word_or_null(report.step_of(block).map(|step| lines.plain_name(step)).as_deref(), out);
    number("repeats", block.repeats, out);
    if report.extract.new_lines.is_some() {
        key("new", out);
        out.extend_from_slice(if block.is_new { b"true" } else { b"false" });
    }
    key("lines", out);
    out.push(b'[');
    for (n, line) in lines.for_scripts(&block.lines).iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        string(line, out);
    }
    out.extend_from_slice(b"]}");
}

fn key(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn number(name: &str, n: u64, out: &mut Vec<u8>) {
    key(name, out);
    out.extend_from_slice(n.to_string().as_bytes());
}

fn word_or_null(word: Option<&str>, out: &mut Vec<u8>) {
    match word {
        Some(word) => string(word, out),
        None => out.extend_from_slice(b"null"),
    }
}
