//! Where the blocks of a file stand: records `magic | u32 size | block`, padding, and what is
//! neither.
//!
//! Laws: frames stand in file order and never overlap; every byte is in a frame, in a record's head,
//! or padding. Only heads and headers are read. A record is taken at its word if it begins as a block
//! does and a record follows it; otherwise it must parse, or no other record may begin inside it: a
//! torn record does not swallow the next one. What is skipped is one [`Frame::Gap`].

use super::proof::check_work;
use super::source::{Source, magic_at};
use super::wire::{HEADER_LEN, Header, coinbase_height, coinbase_script, parses_exactly};
use moneytrail_model::Network;
use std::ops::Range;

/// Magic and size.
const HEAD_LEN: usize = 8;

/// Largest serialised block (`MAX_BLOCK_SERIALIZED_SIZE`).
pub(super) const BLOCK_LEN_MAX: usize = 4_000_000;

/// A header and a count.
const BLOCK_LEN_MIN: usize = HEADER_LEN + 1;

/// Bytes of a block that hold its header and its coinbase script, which has at most 100 bytes.
const PEEK_LEN: usize = 256;

/// What stands in a stretch of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Frame {
    /// A block: its first byte, its length, and what its header says.
    Block(BlockFrame),
    /// Bytes that are no block.
    Gap {
        /// First byte.
        start: usize,
        /// Behind the last byte.
        end: usize,
        /// Why.
        reason: Box<str>,
    },
}

impl Frame {
    /// Its first byte.
    pub(super) const fn start(&self) -> usize {
        match self {
            Self::Block(block) => block.start,
            Self::Gap { start, .. } => *start,
        }
    }

    /// Behind its last byte.
    pub(super) fn end(&self) -> usize {
        match self {
            Self::Block(block) => block.end(),
            Self::Gap { end, .. } => *end,
        }
    }
}

/// A block as its first bytes describe it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BlockFrame {
    pub(super) start: usize,
    pub(super) len: u32,
    pub(super) hash: [u8; 32],
    pub(super) previous: [u8; 32],
    pub(super) time: u32,
    pub(super) bits: u32,
    /// Network of the magic before it; `None` without framing.
    pub(super) network: Option<Network>,
    /// Height in the coinbase of a block that follows BIP34, not yet believed.
    pub(super) stated_height: Option<u32>,
}

impl BlockFrame {
    /// Reads the first bytes of a block at `start`.
    pub(super) fn peek(
        source: &Source,
        start: usize,
        len: usize,
        network: Option<Network>,
    ) -> Option<Self> {
        let first = source.bytes(start..start.checked_add(len.min(PEEK_LEN))?);
        let header = Header::parse(&first).ok()?;
        let script = || coinbase_script(&first);
        Some(Self {
            start,
            len: u32::try_from(len).ok()?,
            hash: header.hash,
            previous: header.previous,
            time: header.time,
            bits: header.bits,
            network,
            stated_height: (header.version >= 2)
                .then(script)
                .flatten()
                .and_then(coinbase_height),
        })
    }

    pub(super) fn end(&self) -> usize {
        self.start + self.len as usize
    }
}

/// The frames of one file, and the networks whose blocks are among them.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) frames: Vec<Frame>,
    /// Networks of blocks whose work holds, in order of appearance.
    pub(super) networks: Vec<Network>,
}

/// Finds the frames of a file.
pub(super) fn scan(source: &Source) -> Scan {
    let mut scan = Scan::default();
    let mut at = 0;
    while at < source.len() {
        at = match record_at(source, at) {
            Some((network, frame, behind)) => {
                if !scan.networks.contains(&network) && is_proven(&frame, network) {
                    scan.networks.push(network);
                }
                scan.frames.push(frame);
                behind
            }
            None => match source.padding(at) {
                0 => {
                    let end = next_record(source, at + 1, source.len());
                    scan.frames
                        .push(gap(source, at, end, "no block begins here"));
                    end
                }
                n_bytes => at + n_bytes,
            },
        };
    }
    scan
}

/// A magic alone proves nothing: bytes of a script may look like one.
fn is_proven(frame: &Frame, network: Network) -> bool {
    matches!(frame, Frame::Block(block) if check_work(&block.hash, block.bits, network).is_ok())
}

/// The record whose magic stands at `at`, and where to go on.
fn record_at(source: &Source, at: usize) -> Option<(Network, Frame, usize)> {
    let network = magic_at(source, at)?;
    let rest = source.len() - at;
    let start = at + HEAD_LEN;
    let Some(size) = source.word(at + 4).map(u32::from_le_bytes) else {
        let reason = format!("a record breaks off after {rest} bytes of its head");
        return Some((
            network,
            gap(source, at, source.len(), &reason),
            source.len(),
        ));
    };
    let len = size as usize;
    if !(BLOCK_LEN_MIN..=BLOCK_LEN_MAX).contains(&len) {
        let end = next_record(source, at + 1, source.len());
        let reason = format!("block announces {size} bytes, which no block has");
        return Some((network, gap(source, at, end, &reason), end));
    }
    let end = start + len;
    if end > source.len() {
        let next = next_record(source, start, source.len());
        let what = if next < source.len() {
            "the next block begins"
        } else {
            "file ends"
        };
        let reason = format!(
            "block announces {size} bytes, {what} after {}",
            next - start
        );
        return Some((network, gap(source, at, next, &reason), next));
    }
    let is_sound = looks_sound(source, start..end, network)
        && magic_at(source, end).is_some_and(|next| begins(source, end, next));
    if !is_sound && parses_exactly(&source.bytes(start..end)).is_err() {
        // Only within the record, so that the whole scan stays linear.
        let next = next_record(source, start, end);
        if next < end {
            let reason = format!(
                "block announces {size} bytes, the next block begins after {}",
                next - start
            );
            return Some((network, gap(source, at, next, &reason), next));
        }
    }
    let block = BlockFrame::peek(source, start, len, Some(network))?;
    Some((network, Frame::Block(block), end))
}

/// The next offset in `from..to` where a record begins beyond doubt: a magic, a possible size, and
/// a header whose work holds. `to` if there is none.
fn next_record(source: &Source, from: usize, to: usize) -> usize {
    const STEP: usize = 1 << 16;
    let mut at = from;
    while at < to {
        // Three bytes more, so that no magic is missed at the seam.
        let window = source.bytes(at..at + STEP + 3);
        let candidates = window.windows(4).enumerate().filter_map(|(offset, word)| {
            let word = word.first_chunk::<4>()?;
            Network::from_magic(*word).map(|network| (at + offset, network))
        });
        for (offset, network) in candidates {
            if offset < to && begins(source, offset, network) {
                return offset;
            }
        }
        at += STEP;
    }
    to
}

/// Whether a block's first bytes are what they must be: work that holds, and a coinbase.
fn looks_sound(source: &Source, block: Range<usize>, network: Network) -> bool {
    let first = source.bytes(block.start..block.end.min(block.start + PEEK_LEN));
    Header::parse(&first).is_ok_and(|header| check_work(&header.hash, header.bits, network).is_ok())
        && coinbase_script(&first).is_some()
}

/// Whether a record stands behind a magic.
fn begins(source: &Source, at: usize, network: Network) -> bool {
    let size = source.word(at + 4).map(u32::from_le_bytes);
    let possible =
        size.is_some_and(|size| (BLOCK_LEN_MIN..=BLOCK_LEN_MAX).contains(&(size as usize)));
    let start = at + HEAD_LEN;
    possible
        && Header::parse(&source.bytes(start..start + HEADER_LEN))
            .is_ok_and(|header| check_work(&header.hash, header.bits, network).is_ok())
}

/// A gap, without the zeros that end it.
fn gap(source: &Source, start: usize, end: usize, reason: &str) -> Frame {
    let bytes = source.bytes(start..end);
    let raw = &source.raw()[start..end];
    let n_zeros = |bytes: &[u8]| bytes.iter().rev().take_while(|&&byte| byte == 0).count();
    let n_padding = n_zeros(&bytes).max(n_zeros(raw));
    Frame::Gap {
        start,
        end: (end - n_padding).max(start + 1),
        reason: reason.into(),
    }
}
