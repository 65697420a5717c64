//! The values of a JSON text one after the other: one value, an array, JSON lines, or several of
//! these behind each other.
//!
//! Laws: only one element is parsed at a time; a syntax error costs the element it stands in, up to
//! the next line that begins a value; every byte is in an element, in a broken stretch, or between
//! them.

use serde_json::value::RawValue;

/// A value, or a stretch that is none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Element<'a> {
    Value(&'a str),
    Broken {
        start: usize,
        end: usize,
        line_column: (usize, usize),
    },
}

/// Iterator over the elements of a text.
#[derive(Debug)]
pub(crate) struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Arrays open at `at`.
    depth: usize,
}

impl<'a> Elements<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let at = if bytes.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        Self {
            bytes,
            at,
            depth: 0,
        }
    }

    /// Where it stands.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// Whether an array is still open: at the end, the text was cut off.
    pub(crate) const fn is_open(&self) -> bool {
        self.depth > 0
    }

    fn skip_between(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'[' => self.depth += 1,
                b']' => self.depth = self.depth.saturating_sub(1),
                b',' | b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => break,
            }
            self.at += 1;
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        self.skip_between();
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<&'a RawValue>();
        match values.next()? {
            Ok(value) => {
                self.at += values.byte_offset();
                Some(Element::Value(value.get()))
            }
            Err(error) => {
                let start = self.at;
                let next = rest
                    .windows(2)
                    .position(|pair| pair[0] == b'\n' && matches!(pair[1], b'{' | b'['));
                self.at = next.map_or(self.bytes.len(), |next| start + next + 1);
                Some(Element::Broken {
                    start,
                    end: self.at,
                    line_column: (error.line(), error.column()),
                })
            }
        }
    }
}

/// Where a part of a text stands in it.
pub(crate) fn place_of(whole: &[u8], part: &str) -> (u64, u64) {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    (start as u64, (start + part.len()) as u64)
}
