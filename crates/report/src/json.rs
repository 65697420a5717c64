//! The JSON report: the masked [`Document`] as it is, two spaces deep, keys in the order of the
//! fields, controls and bidi controls escaped, so that it can be shown in a terminal too.

use crate::document::{Document, Masked, ReportError};
use crate::untrusted::is_harmful;
use moneytrail_model::{Stop, Watch};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io;

/// Writes the JSON report, with a line end.
///
/// # Errors
/// [`ReportError`] if a sum of the document does not hold.
pub fn to_json(document: &Document) -> Result<String, ReportError> {
    document.check()?;
    masked_to_json(&document.clone().into_masked(), &())
}

/// As [`to_json`], of a masked document, while somebody waits.
///
/// # Errors
/// As [`to_json`], and [`ReportError::Stopped`] if he has it end.
pub fn masked_to_json(document: &Masked, watch: &dyn Watch) -> Result<String, ReportError> {
    document.check()?;
    let mut text = Text {
        bytes: Vec::new(),
        n_unwatched: 0,
        watch,
        stop: None,
    };
    let formatter = Harmless(PrettyFormatter::new());
    let mut serializer = Serializer::with_formatter(&mut text, formatter);
    let written = Document::serialize(document, &mut serializer);
    if let Some(stop) = text.stop {
        return Err(ReportError::Stopped(stop));
    }
    written.map_err(|error| ReportError::Json(error.to_string()))?;
    text.bytes.push(b'\n');
    String::from_utf8(text.bytes).map_err(|error| ReportError::Json(error.to_string()))
}

/// Bytes after which it is asked whether to go on.
const N_UNWATCHED: usize = 1 << 20;

/// Text that is written while somebody waits.
struct Text<'a> {
    bytes: Vec<u8>,
    n_unwatched: usize,
    watch: &'a dyn Watch,
    stop: Option<Stop>,
}

impl io::Write for Text<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.n_unwatched += bytes.len();
        if self.n_unwatched >= N_UNWATCHED {
            self.n_unwatched = 0;
            self.watch.check().map_err(|stop| {
                self.stop = Some(stop);
                io::Error::other(stop)
            })?;
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Pretty printing that escapes what a terminal or an editor would act upon.
struct Harmless(PrettyFormatter<'static>);

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut done = 0;
        for (position, letter) in fragment.char_indices() {
            if is_harmful(letter) {
                to.write_all(&fragment.as_bytes()[done..position])?;
                let mut pair = [0; 2];
                for unit in letter.encode_utf16(&mut pair) {
                    write!(to, "\\u{unit:04x}")?;
                }
                done = position + letter.len_utf8();
            }
        }
        to.write_all(&fragment.as_bytes()[done..])
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_array(to)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_array(to)
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(to, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_array_value(to)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object(to)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object(to)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(to, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object_value(to)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object_value(to)
    }
}
