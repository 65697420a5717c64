//! `bitcoin_slices` on block files: parse every transaction and compute its id.
//!
//! usage: peer-slices DIR THREADS, then lines `run` and `answer FILE` on standard input.

use bitcoin_slices::bsl::{Block, Transaction};
use bitcoin_slices::{Visit, Visitor};
use memmap2::Mmap;
use rayon::prelude::*;
use std::error::Error;
use std::fs::File;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::time::Instant;

#[derive(Default)]
struct Ids(Vec<u8>);

impl Visitor for Ids {
    fn visit_transaction(&mut self, transaction: &Transaction) -> ControlFlow<()> {
        self.0.extend_from_slice(&transaction.txid_sha2());
        ControlFlow::Continue(())
    }
}

/// Ids of a framed block file, in order.
fn ids_of(file: &[u8]) -> Vec<u8> {
    let mut blocks = Vec::new();
    let mut rest = file;
    while let Some((head, behind)) = rest.split_first_chunk::<8>() {
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        blocks.push(&behind[..len]);
        rest = &behind[len..];
    }
    let ids: Vec<Vec<u8>> = blocks
        .into_par_iter()
        .map(|block| {
            let mut ids = Ids::default();
            Block::visit(block, &mut ids).expect("the blocks are whole");
            ids.0
        })
        .collect();
    ids.concat()
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    rayon::ThreadPoolBuilder::new()
        .num_threads(arguments[2].parse()?)
        .build_global()?;
    let mut paths: Vec<_> = std::fs::read_dir(&arguments[1])?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        // SAFETY: nobody writes to the inputs of a benchmark while it runs.
        files.push(unsafe { Mmap::map(&File::open(path)?)? });
    }
    println!("{{\"ready\": true}}");
    let mut answer = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line == "run" {
            let start = Instant::now();
            answer = files.iter().map(|file| ids_of(file)).collect::<Vec<_>>().concat();
            println!("{{\"seconds\": {}}}", start.elapsed().as_secs_f64());
        } else if let Some(path) = line.strip_prefix("answer ") {
            std::fs::write(path, &answer)?;
            println!("{{\"written\": true}}");
        }
    }
    Ok(())
}
