//! Tables as comma-separated text with a header. Cells hold nothing that would need quotes.

use crate::{Error, Listed};
use fs_err::File;
use std::fmt::Arguments;
use std::io::{BufWriter, Write};
use std::path::Path;

/// A table that is being written.
#[derive(Debug)]
pub(crate) struct Table {
    writer: BufWriter<File>,
    listed: Listed,
}

impl Table {
    /// A table at a path below `out`, with its header.
    pub(crate) fn create(out: &Path, path: &str, columns: &str) -> Result<Self, Error> {
        let whole = out.join(path);
        if let Some(directory) = whole.parent() {
            fs_err::create_dir_all(directory)?;
        }
        let mut writer = BufWriter::with_capacity(1 << 16, File::create(&whole)?);
        writer.write_all(columns.as_bytes())?;
        writer.write_all(b"\n")?;
        Ok(Self {
            writer,
            listed: Listed {
                path: path.to_owned(),
                columns: Some(columns.to_owned()),
                n_rows: 0,
                n_bytes: columns.len() as u64 + 1,
            },
        })
    }

    /// Writes a line.
    pub(crate) fn row(&mut self, cells: Arguments<'_>) -> Result<(), Error> {
        self.raw(format!("{cells}\n").as_bytes(), 1)
    }

    /// Writes lines that are ready.
    pub(crate) fn raw(&mut self, lines: &[u8], n_rows: u64) -> Result<(), Error> {
        self.writer.write_all(lines)?;
        self.listed.n_rows += n_rows;
        self.listed.n_bytes += lines.len() as u64;
        Ok(())
    }

    /// All is written; what to list it as.
    pub(crate) fn finish(mut self) -> Result<Listed, Error> {
        self.writer.flush()?;
        Ok(self.listed)
    }
}
