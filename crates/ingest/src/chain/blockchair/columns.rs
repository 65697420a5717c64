//! Columns of a dump, by its header.

/// Where the columns stand that are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Columns {
    pub(super) block: usize,
    pub(super) hash: usize,
    pub(super) index: usize,
    pub(super) time: usize,
    pub(super) value: usize,
    pub(super) recipient: usize,
    pub(super) script: usize,
    pub(super) from_coinbase: usize,
    /// In a dump of inputs: the spending transaction.
    pub(super) spending: Option<Spending>,
    /// Columns of a row.
    pub(super) n_cells: usize,
}

/// Columns of the spending transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Spending {
    pub(super) block: usize,
    pub(super) hash: usize,
    pub(super) index: usize,
    pub(super) time: usize,
    /// Sequence number of the input, where the dump has it.
    pub(super) sequence: Option<usize>,
}

impl Columns {
    /// The columns of a header line; `None` if it is none of Blockchair's inputs or outputs.
    pub(super) fn of(header: &[u8]) -> Option<Self> {
        let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header);
        let names: Vec<&[u8]> = header.split(|&byte| byte == b'\t').collect();
        let column = |name: &str| names.iter().position(|found| *found == name.as_bytes());
        let is_inputs = column("spending_transaction_hash").is_some();
        let spending = || {
            Some(Spending {
                block: column("spending_block_id")?,
                hash: column("spending_transaction_hash")?,
                index: column("spending_index")?,
                time: column("spending_time")?,
                sequence: column("spending_sequence"),
            })
        };
        Some(Self {
            block: column("block_id")?,
            hash: column("transaction_hash")?,
            index: column("index")?,
            time: column("time")?,
            value: column("value")?,
            recipient: column("recipient")?,
            script: column("script_hex")?,
            from_coinbase: column("is_from_coinbase")?,
            spending: if is_inputs { Some(spending()?) } else { None },
            n_cells: names.len(),
        })
    }

    /// The recipient of a row.
    pub(super) fn recipient<'a>(&self, line: &'a [u8]) -> Option<&'a str> {
        let cell = line.split(|&byte| byte == b'\t').nth(self.recipient)?;
        std::str::from_utf8(cell).ok()
    }
}
