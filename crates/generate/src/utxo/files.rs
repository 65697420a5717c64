//! Block files as a node keeps them: `blk00000.dat` and so on, each record framed by magic and length.

use crate::{Error, Listed};
use bitcoin::p2p::Magic;
use fs_err::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Bytes at which a node begins the next file.
const FILE_LEN_MAX: u64 = 128 << 20;

#[derive(Debug)]
pub(super) struct BlockFiles {
    directory: PathBuf,
    writer: Option<BufWriter<File>>,
    listed: Vec<Listed>,
}

impl BlockFiles {
    pub(super) fn create(out: &Path) -> Result<Self, Error> {
        fs_err::create_dir_all(out.join("evidence/blocks"))?;
        Ok(Self {
            directory: out.to_owned(),
            writer: None,
            listed: Vec::new(),
        })
    }

    /// Appends a block.
    pub(super) fn put(&mut self, block: &[u8]) -> Result<(), Error> {
        let len = u32::try_from(block.len()).expect("a block has a weight limit");
        let is_full = self
            .listed
            .last()
            .is_none_or(|file| file.n_bytes + u64::from(len) + 8 > FILE_LEN_MAX);
        if is_full {
            self.flush()?;
            let path = format!("evidence/blocks/blk{:05}.dat", self.listed.len());
            let file = File::create(self.directory.join(&path))?;
            self.writer = Some(BufWriter::with_capacity(1 << 20, file));
            self.listed.push(Listed {
                path,
                columns: None,
                n_rows: 0,
                n_bytes: 0,
            });
        }
        let (Some(writer), Some(file)) = (&mut self.writer, self.listed.last_mut()) else {
            return Ok(());
        };
        writer.write_all(&Magic::REGTEST.to_bytes())?;
        writer.write_all(&len.to_le_bytes())?;
        writer.write_all(block)?;
        file.n_rows += 1;
        file.n_bytes += u64::from(len) + 8;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        if let Some(writer) = &mut self.writer {
            writer.flush()?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<Listed>, Error> {
        self.flush()?;
        Ok(self.listed)
    }
}
