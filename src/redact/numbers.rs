//! Card numbers.

use std::ops::Range;

/// Finds card numbers: 13 to 19 digits in one run or in the groups in which they are printed, that begin as a card
/// does and pass Luhn's check. Not inside longer runs, words, hexadecimal ids or decimal fractions.
pub(super) fn cards(text: &str, sink: &mut dyn FnMut(Range<usize>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(skip) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let start = at + skip;
        let first = digits(bytes, start);
        let (end, grouped) = match first {
            4 => (groups(bytes, start), true),
            13..=19 => (start + first, false),
            _ => (start, true),
        };
        if end - start < 13 {
            at = start + first;
            continue;
        }
        let mut number = [0; 19];
        let mut len = 0;
        for digit in bytes[start..end].iter().filter(|byte| byte.is_ascii_digit()).take(20) {
            if let Some(place) = number.get_mut(len) {
                *place = digit - b'0';
            }
            len += 1;
        }
        let alone = !bytes[..start].last().is_some_and(|byte| is_joined(*byte)) && !is_joined_behind(bytes, end);
        let number = number.get(..len).unwrap_or(&[]);
        if alone && is_card(number) && (grouped || !is_id(&text[..start])) {
            sink(start..end);
            at = end;
        } else {
            at = start + first;
        }
    }
}

/// The length of the run of digits that begins here.
fn digits(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Where the groups of digits end that begin here: 4-4-4-4, 4-4-4-4-3, 4-6-5, 4-6-4, apart by one and the same blank
/// or dash.
fn groups(bytes: &[u8], start: usize) -> usize {
    let mut end = start + 4;
    let Some(separator @ (b' ' | b'-')) = bytes.get(end).copied() else { return end };
    let mut sizes = [4, 0, 0, 0, 0];
    let mut count = 1;
    while bytes.get(end) == Some(&separator) && count < 5 {
        let size = digits(bytes, end + 1);
        if !(1..=6).contains(&size) {
            break;
        }
        let wanted = match count {
            1 => size == 4 || size == 6,
            2 if sizes[1] == 6 => size == 5 || size == 4,
            2 | 3 => size == 4,
            4 => sizes[1] == 4 && size <= 3,
            _ => false,
        };
        if !wanted || (count == 3 && sizes[1] == 6) {
            break;
        }
        sizes[count] = size;
        count += 1;
        end += 1 + size;
    }
    end
}

/// A byte that makes the digits behind it a part of something longer.
fn is_joined(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/') || !byte.is_ascii()
}

fn is_joined_behind(bytes: &[u8], end: usize) -> bool {
    match bytes.get(end) {
        // A full stop may end the sentence.
        Some(b'.') => bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric),
        Some(byte) => is_joined(*byte),
        None => false,
    }
}

/// Whether the name before a number calls it an id: decimal trace and message ids are as long as cards.
fn is_id(before: &str) -> bool {
    let name = before.trim_end_matches([' ', '=', ':', '"', '\'', '\\', '#']);
    let tail = &name.as_bytes()[name.len().saturating_sub(2)..];
    name.len() < before.len() && tail.eq_ignore_ascii_case(b"id")
}

/// Whether digits begin and check as a card's do.
fn is_card(digits: &[u8]) -> bool {
    let prefix = |n: usize| digits.iter().take(n).fold(0, |all, digit| all * 10 + u32::from(*digit));
    let known = match (digits.len(), digits.first()) {
        (14, Some(3)) => matches!(prefix(2), 30 | 36 | 38 | 39),
        (15, Some(3)) => matches!(prefix(2), 34 | 37),
        (16..=19, Some(3)) => matches!(prefix(4), 3528..=3589),
        (16, Some(2 | 5)) => matches!(prefix(4), 2200..=2204 | 2221..=2720 | 5100..=5599) || prefix(2) == 50,
        (13..=19, Some(5)) => matches!(prefix(2), 50 | 56..=58),
        (13 | 16 | 19, Some(4)) | (13..=19, Some(6)) => true,
        _ => false,
    };
    known && digits.iter().any(|digit| *digit != digits[0]) && luhn(digits)
}

/// Luhn's check: every second digit from the right counts twice, and the sum ends in 0.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, digit)| {
            let value = u32::from(*digit) << (n % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}
