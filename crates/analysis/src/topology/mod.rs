//! Who pays whom, with neighbours inline: the shape of a transfer graph and nothing else.
//!
//! Laws: neighbours ascend, each once; `v` is in the row out of `u` exactly if `u` is in the row into
//! `v`; nobody is a neighbour of himself. The topology is a function of the set of pairs.
//!
//! A step over the index reads a transfer's id and then its end, two dependent misses; here it reads
//! the neighbour. What is not kept is which transfers join two nodes: ask the graph for those.

mod bfs;
mod rows;

pub use bfs::{Bfs, bfs, bfs_over_index};

use moneytrail_model::{NodeIdx, TransferIdx};
use moneytrail_store::graph::Graph;
use rayon::prelude::*;
use rows::Rows;
use std::ops::Range;

/// Neighbours of `n` nodes in both directions, 8 bytes per node and per pair of neighbours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topology {
    out: Rows,
    into: Rows,
}

impl Topology {
    /// The topology of `from[i] → to[i]`, all below `n`. O(edges · log largest degree), in parallel;
    /// 8 more bytes per edge while it runs.
    ///
    /// ```
    /// use moneytrail_analysis::topology::Topology;
    /// let topology = Topology::from_edges(3, &[2, 0, 2, 1, 1], &[1, 1, 0, 1, 0]);
    /// assert_eq!(topology.neighbours_out(2), [0, 1]);
    /// assert_eq!(topology.neighbours_in(1), [0, 2]);
    /// ```
    ///
    /// # Panics
    /// If lengths differ, a node is out of range, or there are 2³² edges or more.
    pub fn from_edges(n: u32, from: &[u32], to: &[u32]) -> Self {
        assert_eq!(from.len(), to.len(), "an edge has two ends");
        assert!(
            to.par_iter().chain(from).all(|&node| node < n),
            "a node is below n"
        );
        Self::of(Rows::new(n, from.len(), |range: Range<usize>| {
            let pairs = from[range.clone()].iter().zip(&to[range]);
            pairs
                .map(|(&from, &to)| (from, to))
                .filter(|(from, to)| from != to)
        }))
    }

    /// The topology of a graph's transfers, of all assets and layers. A junction stays a node, so
    /// a UTXO transaction of `i` inputs and `o` outputs is `i + o` pairs rather than `i · o`, and a
    /// payment through it two steps. Boundary nodes (issuance, fees, burned) are nodes without
    /// neighbours: through them everybody would be next to everybody. Cost as [`Self::from_edges`].
    pub fn of_graph(graph: &Graph) -> Self {
        let _in_order = graph.in_order();
        let n = u32::try_from(graph.n_nodes()).expect("nodes are numbered by u32");
        let outside = boundary(graph);
        Self::of(Rows::new(n, graph.n_transfers(), |range: Range<usize>| {
            let outside = outside.clone();
            range
                .map(TransferIdx::new)
                .map(|transfer| (graph.from(transfer).raw(), graph.to(transfer).raw()))
                .filter(move |(from, to)| {
                    from != to && !outside.contains(from) && !outside.contains(to)
                })
        }))
    }

    fn of(out: Rows) -> Self {
        Self {
            into: out.transposed(),
            out,
        }
    }

    /// Nodes.
    pub fn n_nodes(&self) -> u32 {
        u32::try_from(self.out.offsets.len() - 1).expect("made from a u32")
    }

    /// Pairs of neighbours.
    pub fn n_pairs(&self) -> usize {
        self.out.values.len()
    }

    /// Whom a node pays, ascending.
    #[inline]
    pub fn neighbours_out(&self, node: u32) -> &[u32] {
        self.out.row(node)
    }

    /// Who pays a node, ascending.
    #[inline]
    pub fn neighbours_in(&self, node: u32) -> &[u32] {
        self.into.row(node)
    }

    /// Whom a node pays, then who pays it; who does both comes twice.
    #[inline]
    pub(crate) fn neighbours(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let into = self.neighbours_in(node);
        self.neighbours_out(node).iter().chain(into).copied()
    }

    /// How many [`Self::neighbours`] each node of a range has, as far as there are nodes.
    pub(crate) fn degrees(&self, nodes: Range<usize>) -> impl Iterator<Item = u32> + '_ {
        let into = self.into.lens(nodes.clone());
        let degrees = self.out.lens(nodes).zip(into);
        degrees.map(|(out, into)| out.saturating_add(into))
    }
}

/// The boundary nodes of a graph: their keys sort behind those of all other accounts.
pub(crate) fn boundary(graph: &Graph) -> Range<u32> {
    let (mut low, mut high) = (0, graph.n_accounts());
    let end = NodeIdx::new(high).raw();
    while low < high {
        let middle = low.midpoint(high);
        if graph.is_boundary(NodeIdx::new(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    NodeIdx::new(low).raw()..end
}
