//! R-MAT (Chakrabarti, Zhan and Faloutsos, *R-MAT: A Recursive Model for Graph Mining*, 2004): each bit of
//! source and target falls into one of four quarters with probabilities 0.57, 0.19, 0.19 and 0.05.
//!
//! Laws: draws, permutation of ids, removal of loops and sorted times are those that `numpy.random.
//! default_rng(seed)` gives when it draws one bit of all edges after the other; so edges and times for 5,000,000
//! transfers and seed 42 are those of the script that the reference figures were taken from. Amounts are not (its
//! normal draws are not drawn again): here they are about log-normal with the same median and spread. Memory:
//! four bytes for each node and ten megabytes for times.

mod numpy;

use crate::random::Dice;
use crate::table::Table;
use crate::{Error, Listed, Made, Options, Progress};
use fs_err::File;
use numpy::DefaultRng;
use rayon::prelude::*;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Upper ends of the first three quarters, times 2⁵³.
const QUARTERS: [u64; 3] = [
    5_134_103_575_202_365,
    6_845_471_433_603_154,
    8_556_839_292_003_942,
];
/// Thirty days.
const N_SECONDS: u32 = 30 * 86_400;
/// Edges that are drawn together.
const CHUNK_LEN: u64 = 1 << 16;
/// Chunks that are in memory together.
const WAVE_LEN: u64 = 32;

/// The graph before its edges are drawn.
struct Graph {
    start: DefaultRng,
    n_draws: u64,
    scale: u32,
    /// New id of each node.
    ids: Vec<u32>,
    seed: u64,
}

/// Writes edges as a plain list and as pairs of little-endian u32. O(transfers · log transfers).
pub(crate) fn generate(
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Made, Error> {
    let (graph, mut rng) = Graph::new(options);
    let n_chunks = graph.n_draws.div_ceil(CHUNK_LEN);
    let kept: Vec<u64> = (0..n_chunks)
        .into_par_iter()
        .map(|chunk| graph.edges(chunk).len() as u64)
        .collect();
    let n_edges: u64 = kept.iter().sum();
    let times = Times::draw(&mut rng, n_edges);

    let mut list = Table::create(out, "evidence/transfers.csv", "source,target,time,amount")?;
    let mut pairs =
        BufWriter::with_capacity(1 << 20, File::create(out.join("evidence/edges.u32"))?);
    let firsts: Vec<u64> = kept
        .iter()
        .scan(0, |first, n| Some(std::mem::replace(first, *first + n)))
        .collect();
    for wave in (0..n_chunks).step_by(usize::try_from(WAVE_LEN).expect("small")) {
        let chunks = wave..(wave + WAVE_LEN).min(n_chunks);
        let written: Vec<(Vec<u8>, Vec<u8>)> = chunks
            .clone()
            .into_par_iter()
            .map(|chunk| {
                let place = usize::try_from(chunk).expect("chunks are in memory");
                graph.written(chunk, times.from(firsts[place]))
            })
            .collect();
        for (lines, bytes) in written {
            let n_rows = bytes.len() as u64 / 8;
            list.raw(&lines, n_rows)?;
            pairs.write_all(&bytes)?;
            progress.advance(n_rows);
        }
    }
    pairs.flush()?;
    let mut made = Made {
        evidence: vec![
            list.finish()?,
            Listed {
                path: "evidence/edges.u32".to_owned(),
                columns: None,
                n_rows: n_edges,
                n_bytes: 8 * n_edges,
            },
        ],
        ..Made::default()
    };
    made.count("transfers", n_edges);
    made.count("loops left out", graph.n_draws - n_edges);
    made.count("nodes", graph.ids.len() as u64);
    made.count("scale", graph.scale.into());
    Ok(made)
}

impl Graph {
    /// The graph, and its generator as it stands before times are drawn.
    fn new(options: &Options) -> (Self, DefaultRng) {
        let n_draws = options.n_transfers;
        // About four edges or more for each id, as the reference has.
        let scale = (n_draws / 4).max(16).ilog2();
        let start = DefaultRng::new(options.seed);
        let mut rng = start.after(u128::from(n_draws) * u128::from(scale));
        let ids = rng.permutation(1 << scale);
        let graph = Self {
            start,
            n_draws,
            scale,
            ids,
            seed: options.seed,
        };
        (graph, rng)
    }

    /// Edges of a chunk without loops.
    fn edges(&self, chunk: u64) -> Vec<[u32; 2]> {
        let first = chunk * CHUNK_LEN;
        let n = (self.n_draws - first).min(CHUNK_LEN);
        let mut edges = vec![[0_u32; 2]; usize::try_from(n).expect("a chunk is small")];
        for bit in 0..self.scale {
            let n_before = u128::from(bit) * u128::from(self.n_draws) + u128::from(first);
            let mut rng = self.start.after(n_before);
            for [source, target] in &mut edges {
                let r = rng.random();
                let is_lower = r >= QUARTERS[1];
                let is_right = r >= QUARTERS[0] && !is_lower || r >= QUARTERS[2];
                *source |= u32::from(is_lower) << bit;
                *target |= u32::from(is_right) << bit;
            }
        }
        edges.retain(|[source, target]| source != target);
        for node in edges.as_flattened_mut() {
            *node = self.ids[*node as usize];
        }
        edges
    }

    /// Lines and pairs of a chunk.
    fn written(&self, chunk: u64, times: impl Iterator<Item = u32>) -> (Vec<u8>, Vec<u8>) {
        let mut dice = Dice::new(self.seed, chunk);
        let edges = self.edges(chunk);
        let mut lines = Vec::with_capacity(32 * edges.len());
        let mut bytes = Vec::with_capacity(8 * edges.len());
        for ([source, target], time) in edges.into_iter().zip(times) {
            let cents = amount(&mut dice);
            let (whole, part) = (cents / 100, cents % 100);
            writeln!(lines, "{source},{target},{time},{whole}.{part:02}")
                .expect("memory takes what is written");
            bytes.extend(source.to_le_bytes());
            bytes.extend(target.to_le_bytes());
        }
        (lines, bytes)
    }
}

/// An amount in hundredths, exp(N(6, 2)) about: a power of two whose exponent is the sum of twelve draws.
fn amount(dice: &mut Dice) -> u64 {
    const MEDIAN: u64 = 3_917;
    const SPREAD_PERMILLE: u64 = 2_885;
    let sum: u64 = (0..12).map(|_| dice.below(256)).sum();
    // The logarithm to base two of the amount, times 256; the sum has mean 1530 and deviation 256.
    let log =
        (MEDIAN + sum * SPREAD_PERMILLE / 1_000).saturating_sub(1_530 * SPREAD_PERMILLE / 1_000);
    ((256 + log % 256) << (log / 256)) >> 8
}

/// Sorted times as counts of each second.
struct Times {
    /// Number of edges before the end of each second.
    ends: Vec<u64>,
}

impl Times {
    fn draw(rng: &mut DefaultRng, n: u64) -> Self {
        let mut ends = vec![0_u64; N_SECONDS as usize];
        for _ in 0..n {
            ends[rng.up_to(N_SECONDS - 1) as usize] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        Self { ends }
    }

    /// Times of the edges from a position on.
    fn from(&self, first: u64) -> impl Iterator<Item = u32> {
        let second = self.ends.partition_point(|end| *end <= first);
        let mut position = first;
        (0..)
            .zip(&self.ends)
            .skip(second)
            .flat_map(move |(second, end)| {
                let n = usize::try_from(end - position).expect("edges of a second");
                position = *end;
                std::iter::repeat_n(second, n)
            })
    }
}
