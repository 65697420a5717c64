//! An exhibit of blocks, looked through once: its files, their frames, its network, its tree.
//!
//! Law: an account namespace holds one network. Blocks of two networks in one exhibit are refused
//! before a single row is made.

use super::cash;
use super::frames::{BlockFrame, Frame, Scan, scan};
use super::proof::check_work;
use super::source::{Key, Source, base_name, key_of, magic_at, open};
use super::tree::{Entry, Tree, build};
use super::undo::{Candidate, UndoFiles};
use super::unframed;
use crate::gather::{is_undo_file, unpacked_name};
use crate::{Error, Evidence, EvidenceFile, Options};
use moneytrail_model::Network;
use rayon::prelude::*;

/// Files and their frames, with what the tree says about the blocks.
#[derive(Debug)]
pub(super) struct Exhibit {
    pub(super) network: Network,
    pub(super) files: Vec<(Source, Vec<Frame>)>,
    pub(super) tree: Tree,
    /// What blocks spend, where the node kept it.
    pub(super) undo: UndoFiles,
    pub(super) assumptions: Vec<String>,
    pub(super) remarks: Vec<String>,
}

/// A file and what was found in it.
pub(super) type Scanned = (Source, Scan);

/// What part a file of an exhibit plays.
fn is_block_file(file: &EvidenceFile) -> bool {
    let name = unpacked_name(base_name(&file.name));
    let is_dat = std::path::Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "dat");
    is_dat && name.starts_with("blk")
}

/// The undo data beside block files.
fn undo_files(evidence: &Evidence) -> impl Iterator<Item = &EvidenceFile> {
    let is_alone = evidence.files.len() == 1;
    let files = evidence.files.iter();
    files.filter(move |file| !is_alone && is_undo_file(base_name(&file.name)))
}

/// The files that hold blocks, in order, and remarks about the others.
fn block_files(evidence: &Evidence) -> Result<(Vec<&EvidenceFile>, Vec<String>), Error> {
    let mut remarks = Vec::new();
    if let Some(file) = evidence
        .files
        .iter()
        .find(|file| file.name.ends_with(".reobfuscated"))
    {
        return Err(Error::Contradiction {
            path: file.name.clone(),
            why: "the node was stopped while it changed the key of its files, so that some are \
                  under the old key and some under the new: start it once more and let it finish"
                .to_owned(),
        });
    }
    if let [only] = evidence.files.as_slice() {
        return Ok((vec![only], remarks));
    }
    let mut files: Vec<_> = evidence
        .files
        .iter()
        .filter(|file| is_block_file(file))
        .collect();
    if files.is_empty() {
        let named = |file: &&EvidenceFile| !is_undo_file(base_name(&file.name));
        let key = |file: &&EvidenceFile| base_name(&file.name) != "xor.dat";
        files = evidence.files.iter().filter(named).filter(key).collect();
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let n_undo = undo_files(evidence).count();
    let n_other = evidence.files.len() - files.len() - n_undo;
    let n_other = n_other
        - usize::from(
            evidence
                .files
                .iter()
                .any(|file| base_name(&file.name) == "xor.dat"),
        );
    if n_other > 0 {
        remarks.push(format!(
            "{n_other} files beside the block files were not read"
        ));
    }
    Ok((files, remarks))
}

impl Exhibit {
    /// Looks through block files: heads and headers only, files in parallel.
    pub(super) fn of_block_files(evidence: &Evidence, options: &Options) -> Result<Self, Error> {
        let key = key_of(evidence)?;
        let (named, mut remarks) = block_files(evidence)?;
        let opened: Vec<_> = named
            .par_iter()
            .map(|file| {
                let source = open(file, key)?;
                let scan = source.as_ref().map(scan).unwrap_or_default();
                Ok::<_, Error>((source, scan))
            })
            .collect();
        let mut files: Vec<Scanned> = Vec::new();
        for (file, opened) in named.iter().zip(opened) {
            match opened? {
                (Some(source), scan) => files.push((source, scan)),
                (None, _) if named.len() == 1 => {
                    return Err(Error::Empty {
                        path: file.name.clone(),
                    });
                }
                (None, _) => remarks.push(format!("{} is empty", file.name)),
            }
        }
        if key.is_some() {
            let plain = files
                .iter()
                .filter(|(source, _)| magic_at(source, 0).is_some());
            let plain = plain.filter(|(source, _)| source.is_plain());
            remarks.extend(plain.map(|(source, _)| {
                format!("{} is not obfuscated, though there is a key", source.name)
            }));
        }
        if is_cash(&files, options)? {
            for (_, scan) in &mut files {
                rename(scan, Network::Bitcoin, Network::BitcoinCash);
            }
        }
        let network = one_network(&files, options)?;
        refuse_other_work(&named[0].name, network)?;
        if !files
            .iter()
            .any(|(_, scan)| scan.frames.iter().any(is_block))
        {
            remarks.push(
                "no block was found: if the node obfuscates its files, xor.dat is missing"
                    .to_owned(),
            );
        }
        let files = files
            .into_iter()
            .map(|(source, scan)| (source, of_network(scan.frames, network)))
            .collect();
        let mut exhibit = Self::new(network, files, Vec::new(), remarks);
        exhibit.read_undo(evidence, key)?;
        Ok(exhibit)
    }

    /// Finds what the undo files hold for which block.
    fn read_undo(&mut self, evidence: &Evidence, key: Option<Key>) -> Result<(), Error> {
        let mut sources = Vec::new();
        for file in undo_files(evidence) {
            sources.extend(open(file, key)?);
        }
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        if sources.is_empty() {
            return Ok(());
        }
        let mut candidates = Vec::new();
        for (source, frames) in &self.files {
            for frame in frames {
                if let Frame::Block(block) = frame {
                    let standing = self.tree.standings.get(&block.hash);
                    candidates.push(Candidate {
                        height: standing.and_then(|standing| standing.height),
                        source,
                        block,
                    });
                }
            }
        }
        // As nodes of Bitcoin Cash do, too.
        let framing = match self.network {
            Network::BitcoinCash => Network::Bitcoin,
            network => network,
        };
        self.undo = UndoFiles::of(sources, framing, candidates);
        if self.undo.n_strangers > 0 {
            self.remarks.push(format!(
                "{} records of undo data (rev*.dat) are of no block here by their checksums, or of competing ones that they do not tell apart: they are not used",
                self.undo.n_strangers
            ));
        }
        Ok(())
    }

    /// Takes each file as one block without framing.
    pub(super) fn of_raw_blocks(evidence: &Evidence, options: &Options) -> Result<Self, Error> {
        let mut files = Vec::new();
        let mut remarks = Vec::new();
        for file in &evidence.files {
            let source = unframed::open(file)?;
            if source.is_decoded() {
                remarks.push(format!(
                    "{} is written in hexadecimal digits: places count the bytes that they stand for",
                    source.name
                ));
            }
            let frame = BlockFrame::peek(&source, 0, source.len(), None).map_or_else(
                || Frame::Gap {
                    start: 0,
                    end: source.len(),
                    reason: "too short for a block".into(),
                },
                Frame::Block,
            );
            files.push((source, vec![frame]));
        }
        let first = files.iter().find_map(|(_, frames)| match frames.first() {
            Some(Frame::Block(block)) => Some(*block),
            _ => None,
        });
        let (network, assumption) = unframed::network_of(first.as_ref(), options);
        refuse_other_work(&evidence.files[0].name, network)?;
        Ok(Self::new(
            network,
            files,
            assumption.into_iter().collect(),
            remarks,
        ))
    }

    fn new(
        network: Network,
        files: Vec<(Source, Vec<Frame>)>,
        mut assumptions: Vec<String>,
        mut remarks: Vec<String>,
    ) -> Self {
        let blocks = files
            .iter()
            .flat_map(|(_, frames)| frames)
            .filter_map(|frame| match frame {
                Frame::Block(block) => Some(block),
                Frame::Gap { .. } => None,
            });
        let proven = blocks.filter(|block| check_work(&block.hash, block.bits, network).is_ok());
        let mut tree = build(
            network,
            proven.map(|block| Entry {
                hash: block.hash,
                previous: block.previous,
                bits: block.bits,
                stated_height: block.stated_height,
            }),
        );
        assumptions.append(&mut tree.assumptions);
        remarks.append(&mut tree.remarks);
        remarks.extend(
            files
                .iter()
                .filter_map(|(source, frames)| gaps(source, frames)),
        );
        Self {
            network,
            files,
            tree,
            undo: UndoFiles::default(),
            assumptions,
            remarks,
        }
    }
}

const fn is_block(frame: &Frame) -> bool {
    matches!(frame, Frame::Block(_))
}

/// Whether blocks behind Bitcoin's magic are of Bitcoin Cash: as a person states or their signatures say.
fn is_cash(files: &[Scanned], options: &Options) -> Result<bool, Error> {
    let told = cash::is_cash(files);
    let path = || files.first().map(|file| file.0.name.to_string());
    let contradicts = |why: &str| Error::Contradiction {
        path: path().unwrap_or_default(),
        why: why.to_owned(),
    };
    match (told, options.network) {
        (Some(true), Some(Network::Bitcoin)) => Err(contradicts(
            "its signatures are of bitcoin-cash, not of bitcoin as stated",
        )),
        (Some(false), Some(Network::BitcoinCash)) => Err(contradicts(
            "its signatures are of bitcoin, not of bitcoin-cash as stated",
        )),
        (None, Some(Network::BitcoinCash)) => Ok(true),
        (told, _) => Ok(told == Some(true)),
    }
}

/// Makes blocks of one network those of another.
fn rename(scan: &mut Scan, from: Network, to: Network) {
    for network in scan.networks.iter_mut().filter(|network| **network == from) {
        *network = to;
    }
    for frame in &mut scan.frames {
        if let Frame::Block(block) = frame
            && block.network == Some(from)
        {
            block.network = Some(to);
        }
    }
}

/// Refuses blocks whose proof of work cannot be checked.
pub(super) fn refuse_other_work(path: &str, network: Network) -> Result<(), Error> {
    if network.works_by_hash() {
        return Ok(());
    }
    Err(Error::NotReadYet {
        path: path.to_owned(),
        what: format!("blocks of {network}, whose proof of work is scrypt"),
        instead: "give the answers of its node (getblock, verbosity 2 or 3) or an export",
    })
}

/// The one network of all files, which must be the one that a person stated.
fn one_network(files: &[(Source, Scan)], options: &Options) -> Result<Network, Error> {
    let mut found: Option<Network> = None;
    for (source, scan) in files {
        for &network in &scan.networks {
            let first = *found.get_or_insert(network);
            if first != network {
                return Err(Error::MixedNetworks {
                    path: source.name.to_string(),
                    first,
                    second: network,
                });
            }
        }
    }
    let framed = files
        .iter()
        .flat_map(|(_, scan)| &scan.frames)
        .find_map(|frame| match frame {
            Frame::Block(block) => block.network,
            Frame::Gap { .. } => None,
        });
    match (found, options.network) {
        (Some(found), Some(stated)) if found != stated => Err(Error::Contradiction {
            path: files
                .first()
                .map(|file| file.0.name.to_string())
                .unwrap_or_default(),
            why: format!("its blocks are of {found}, not of {stated} as stated"),
        }),
        (found, stated) => Ok(found.or(stated).or(framed).unwrap_or(Network::Bitcoin)),
    }
}

/// Turns blocks under another network's magic, whose work does not hold there, into gaps.
fn of_network(frames: Vec<Frame>, network: Network) -> Vec<Frame> {
    frames
        .into_iter()
        .map(|frame| match frame {
            Frame::Block(block) if block.network.is_some_and(|framed| framed != network) => {
                Frame::Gap {
                    start: block.start,
                    end: block.end(),
                    reason: format!("stands behind a magic of another network than {network}")
                        .into(),
                }
            }
            other => other,
        })
        .collect()
}

/// One sentence about what is no block in a file.
fn gaps(source: &Source, frames: &[Frame]) -> Option<String> {
    let mut gaps = frames.iter().filter_map(|frame| match frame {
        Frame::Gap { start, end, reason } => Some((*start, *end, reason)),
        Frame::Block(_) => None,
    });
    let (start, end, reason) = gaps.next()?;
    let name = &source.name;
    Some(match gaps.count() {
        0 => format!("{name}!bytes {start}-{end} is no block: {reason}"),
        n_more => {
            format!("{name}!bytes {start}-{end} is no block: {reason}; and {n_more} more stretches")
        }
    })
}
