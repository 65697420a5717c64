//! Lines of a list, and their cells.
//!
//! Law: a line is a record; a quoted cell that is not closed on its line is an error of that line alone.

use encoding_rs::Encoding;
use std::borrow::Cow;

/// The line that begins at `at`, without its end, and where the next begins.
pub(crate) fn line_at(bytes: &[u8], at: usize) -> (&[u8], usize) {
    let rest = &bytes[at..];
    let (line, next) = match memchr::memchr(b'\n', rest) {
        Some(end) => (&rest[..end], at + end + 1),
        None => (rest, bytes.len()),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), next)
}

/// The lines of a text in one pass, cut into cells where that is simple.
pub(super) struct Lines<'a> {
    text: &'a str,
    delimiter: u8,
    /// Delimiters, quotes and ends of lines.
    marks: memchr::Memchr3<'a>,
    at: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str, delimiter: u8) -> Self {
        let marks = memchr::memchr3_iter(delimiter, b'"', b'\n', text.as_bytes());
        Self {
            text,
            delimiter,
            marks,
            at: 0,
        }
    }

    /// The next line, without its end. `cells` becomes its cells, and nothing if one is quoted.
    #[inline]
    pub(super) fn next(&mut self, cells: &mut Vec<&'a str>) -> Option<&'a str> {
        let first = self.at;
        if first == self.text.len() {
            return None;
        }
        cells.clear();
        let (mut start, mut has_quotes) = (first, false);
        let end = loop {
            let mark = self.marks.next().unwrap_or(self.text.len());
            match self.text.as_bytes().get(mark) {
                Some(&byte) if byte == self.delimiter => {
                    cells.push(&self.text[start..mark]);
                    start = mark + 1;
                }
                Some(b'"') => has_quotes = true,
                _ => break mark,
            }
        };
        self.at = self.text.len().min(end + 1);
        let has_return = end > start && self.text.as_bytes()[end - 1] == b'\r';
        let end = end - usize::from(has_return);
        cells.push(&self.text[start..end]);
        if has_quotes {
            cells.clear();
        }
        Some(&self.text[first..end])
    }
}

pub(crate) fn count_lines(chunk: &[u8]) -> u32 {
    let ends = memchr::memchr_iter(b'\n', chunk).count();
    let torn = chunk.last().is_some_and(|&byte| byte != b'\n');
    u32::try_from(ends + usize::from(torn)).unwrap_or(u32::MAX)
}

/// Cuts a line into cells. `"` quotes a cell, `""` is one quote.
pub(crate) fn split<'a>(
    line: &'a [u8],
    delimiter: u8,
    cells: &mut Vec<Cow<'a, [u8]>>,
) -> Result<(), String> {
    cells.clear();
    if memchr::memchr(b'"', line).is_none() {
        let mut start = 0;
        for end in memchr::memchr_iter(delimiter, line) {
            cells.push(Cow::Borrowed(&line[start..end]));
            start = end + 1;
        }
        cells.push(Cow::Borrowed(&line[start..]));
        return Ok(());
    }
    let mut rest = line;
    loop {
        let (cell, after) = cell(rest, delimiter).inspect_err(|_| cells.clear())?;
        cells.push(cell);
        match after {
            Some(after) => rest = after,
            None => return Ok(()),
        }
    }
}

type CellAndRest<'a> = (Cow<'a, [u8]>, Option<&'a [u8]>);

fn cell(rest: &[u8], delimiter: u8) -> Result<CellAndRest<'_>, String> {
    let plain = |rest: &'_ [u8]| memchr::memchr(delimiter, rest).unwrap_or(rest.len());
    let Some(quoted) = rest.strip_prefix(b"\"") else {
        let end = plain(rest);
        return Ok((Cow::Borrowed(&rest[..end]), rest.get(end + 1..)));
    };
    let mut text = Vec::new();
    let mut inside = quoted;
    loop {
        let Some(end) = memchr::memchr(b'"', inside) else {
            return Err("a quoted cell is not closed on its line".to_owned());
        };
        text.extend_from_slice(&inside[..end]);
        inside = &inside[end + 1..];
        if let Some(more) = inside.strip_prefix(b"\"") {
            text.push(b'"');
            inside = more;
            continue;
        }
        // What stands between a closing quote and the delimiter belongs to the cell.
        let end = plain(inside);
        text.extend_from_slice(&inside[..end]);
        return Ok((Cow::Owned(text), inside.get(end + 1..)));
    }
}

pub(crate) fn raw(cells: &[Cow<'_, [u8]>], encoding: &'static Encoding) -> Vec<Box<str>> {
    cells
        .iter()
        .map(|cell| decode(cell, encoding).into())
        .collect()
}

pub(crate) fn decode<'a>(cell: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    match std::str::from_utf8(cell) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding.decode_without_bom_handling(cell).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_in_one_pass_are_the_lines_one_by_one(text in "[a,\"\r\n ]{0,60}") {
            let mut lines = Lines::of(&text, b',');
            let (mut at, mut cells, mut cut) = (0, Vec::new(), Vec::new());
            while let Some(line) = lines.next(&mut cells) {
                let (expected, next) = line_at(text.as_bytes(), at);
                prop_assert_eq!(line.as_bytes(), expected);
                if line.contains('"') {
                    prop_assert!(cells.is_empty());
                } else {
                    split(expected, b',', &mut cut).unwrap();
                    let cells: Vec<_> = cells.iter().map(|cell| cell.as_bytes()).collect();
                    prop_assert!(cut.iter().map(AsRef::as_ref).eq(cells));
                }
                at = next;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
