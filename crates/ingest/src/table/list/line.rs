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
