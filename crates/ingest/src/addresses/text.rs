//! The texts that the bytes of a file hold: as they are, and behind mail encodings and HTML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Base64 in base64, and mail in mail.
const DEPTH_MAX: usize = 3;
/// Letters of a line of base64 below which it may as well be a word.
const BASE64_LINE_LEN_MIN: usize = 16;

/// A text and where its lines come from.
#[derive(Debug)]
pub(super) struct View {
    pub(super) text: String,
    /// Byte of the text, and the line of the file from there on; ascending.
    lines: Vec<(usize, u64)>,
}

impl View {
    /// The line of the file that a byte of the text comes from.
    pub(super) fn line_of(&self, offset: usize) -> u64 {
        let behind = self.lines.partition_point(|line| line.0 <= offset);
        behind.checked_sub(1).map_or(1, |at| self.lines[at].1)
    }
}

/// All texts of the bytes of a file.
pub(super) fn views(bytes: &[u8]) -> Vec<View> {
    let text = decoded(bytes);
    let lines: Vec<(u64, &str)> = (1..).zip(text.lines()).collect();
    let mut views = Vec::new();
    add_views(&lines, DEPTH_MAX, &mut views);
    views
}

/// Text by its byte order mark, else UTF-16 if every other byte is zero as in western text, else UTF-8.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, len)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[len..]).0;
    }
    let head = &bytes[..bytes.len().min(1 << 12)];
    let zeros = |from: usize| {
        head.iter()
            .skip(from)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let many = head.len() / 4;
    match (zeros(0), zeros(1)) {
        (even, odd) if head.len() > 4 && odd > many && even < many => {
            UTF_16LE.decode_without_bom_handling(bytes).0
        }
        (even, odd) if head.len() > 4 && even > many && odd < many => {
            UTF_16BE.decode_without_bom_handling(bytes).0
        }
        _ => String::from_utf8_lossy(bytes),
    }
}

fn add_views(lines: &[(u64, &str)], depth: usize, views: &mut Vec<View>) {
    views.push(joined(lines, |line| (Cow::Borrowed(line), true)));
    if lines.iter().any(|line| line.1.trim_end().ends_with('=')) {
        let quoted = joined(lines, |line| {
            let line = line.trim_end();
            match line.strip_suffix('=') {
                Some(line) => (Cow::Owned(unquoted(line)), false),
                None => (Cow::Owned(unquoted(line)), true),
            }
        });
        views.push(quoted);
    }
    // Entities stand in quoted text too.
    for at in 0..views.len() {
        if views[at].text.contains('&') && views[at].text.contains(';') {
            let view = without_entities(&views[at]);
            views.push(view);
        }
    }
    if depth > 0 {
        for block in lines.chunk_by(|a, b| is_base64(a.1) && is_base64(b.1)) {
            let letters: String = block.iter().map(|line| line.1.trim()).collect();
            if !is_base64(block[0].1) || letters.len() < 2 * BASE64_LINE_LEN_MIN {
                continue;
            }
            if let Ok(bytes) = STANDARD.decode(&letters) {
                let text = decoded(&bytes);
                // The line of the block: its bytes do not keep lines.
                let within: Vec<(u64, &str)> =
                    text.lines().map(|line| (block[0].0, line)).collect();
                let mut inner = Vec::new();
                add_views(&within, depth - 1, &mut inner);
                views.extend(inner);
            }
        }
    }
}

fn is_base64(line: &str) -> bool {
    let line = line.trim();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    // The last line of a block may be short.
    (line.len() >= BASE64_LINE_LEN_MIN || line.len().is_multiple_of(4) && !line.is_empty())
        && line.bytes().all(is_letter)
}

/// Lines put together, each with a line break behind it or none.
fn joined<'a>(lines: &[(u64, &'a str)], of: impl Fn(&'a str) -> (Cow<'a, str>, bool)) -> View {
    let mut view = View {
        text: String::new(),
        lines: Vec::with_capacity(lines.len()),
    };
    for &(line, text) in lines {
        view.lines.push((view.text.len(), line));
        let (text, is_broken) = of(text);
        view.text.push_str(&text);
        if is_broken {
            view.text.push('\n');
        }
    }
    view
}

/// Quoted-printable: `=3D` is a byte.
fn unquoted(line: &str) -> String {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let byte = (first == b'=')
            .then(|| hex::decode(behind.get(..2)?).ok())
            .flatten();
        if let Some(byte) = byte {
            bytes.extend(byte);
            rest = &behind[2..];
        } else {
            bytes.push(first);
            rest = behind;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The text with numeric entities as letters, and without what is not seen: soft hyphens and spaces of no width.
fn without_entities(view: &View) -> View {
    let mut out = View {
        text: String::with_capacity(view.text.len()),
        lines: Vec::with_capacity(view.lines.len()),
    };
    let mut lines = view.lines.iter().peekable();
    let mut at = 0;
    while at < view.text.len() {
        while let Some(&(_, line)) = lines.next_if(|line| line.0 <= at) {
            out.lines.push((out.text.len(), line));
        }
        let rest = &view.text[at..];
        if let Some((letter, len)) = entity(rest) {
            out.text.extend(letter);
            at += len;
            continue;
        }
        let letter = rest.chars().next().unwrap_or(' ');
        if !matches!(
            letter,
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
        ) {
            out.text.push(letter);
        }
        at += letter.len_utf8();
    }
    out
}

/// The letter of an entity at the beginning of a text, `None` inside if it is not seen, and its length.
fn entity(text: &str) -> Option<(Option<char>, usize)> {
    let body = text.strip_prefix('&')?;
    let end = body.bytes().take(12).position(|byte| byte == b';')?;
    let name = &body[..end];
    let letter = match name {
        "shy" | "ZeroWidthSpace" | "zwnj" | "zwj" => None,
        "nbsp" => Some(' '),
        "colon" => Some(':'),
        "amp" => Some('&'),
        _ => {
            let digits = name.strip_prefix('#')?;
            let number = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => digits.parse().ok()?,
            };
            Some(char::from_u32(number)?)
                .filter(|letter| !matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'))
        }
    };
    Some((letter, end + 2))
}
