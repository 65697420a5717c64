//! The record in spans of about one window, and of each span what can be in a cycle.
//!
//! Law: every cycle lies, with all its transfers, in one strong component of the span that its root belongs to.

use super::Steps;
use super::strong::strong_components;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Fewest roots of a span, so that short windows do not make many small ones.
const N_ROOTS_MIN: usize = 4096;

/// A stretch of the record in time order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Span {
    /// Roots, by place in time order.
    pub(super) roots: Range<usize>,
    /// Behind the last transfer that can follow one of them.
    pub(super) end: usize,
}

/// A transfer of a component.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Edge {
    /// Nodes, numbered within the component.
    pub(super) from: u32,
    pub(super) to: u32,
    /// Rank of its second among those of the span, from 1.
    pub(super) time: u32,
    /// Its place in time order.
    pub(super) place: u32,
    /// Its position in the columns.
    pub(super) step: u32,
}

/// A transfer from which cycles may begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Root {
    /// Its position among the edges.
    pub(super) edge: u32,
    /// The edges that are later and within the window.
    pub(super) first: u32,
    pub(super) end: u32,
}

/// A strong component of a span.
#[derive(Clone, Debug)]
pub(super) struct Component {
    pub(super) n_nodes: u32,
    /// In time order.
    pub(super) edges: Vec<Edge>,
    /// In time order; those that nothing follows are left out.
    pub(super) roots: Vec<Root>,
    /// Edges by node.
    pub(super) rows: EdgeRows,
}

/// Positions of edges by node, ascending in time.
#[derive(Clone, Debug)]
pub(super) struct EdgeRows {
    out: (Vec<u32>, Vec<u32>),
    into: (Vec<u32>, Vec<u32>),
}

impl EdgeRows {
    fn new(n_nodes: u32, edges: &[Edge]) -> Self {
        let positions = |_: &Edge, position| position;
        Self {
            out: rows(n_nodes, edges, |edge| edge.from, positions),
            into: rows(n_nodes, edges, |edge| edge.to, positions),
        }
    }

    pub(super) fn leaving(&self, node: u32) -> &[u32] {
        row(&self.out, node)
    }

    pub(super) fn arriving(&self, node: u32) -> &[u32] {
        row(&self.into, node)
    }
}

fn row((starts, values): &(Vec<u32>, Vec<u32>), node: u32) -> &[u32] {
    &values[starts[node as usize] as usize..starts[node as usize + 1] as usize]
}

/// What comes first of what happened at one second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ties {
    /// Neither: none follows the other.
    Closed,
    /// What stands first in the columns.
    AsListed,
}

/// Transfers in time order, and the spans over that. A span's roots cover at least one window, so that a transfer
/// stands in three spans at most.
pub(super) fn spans(steps: &Steps<'_>, window_seconds: i64) -> (Vec<u32>, Vec<Span>) {
    let n = steps.seconds.len();
    assert!(
        steps.from.len() == n && steps.to.len() == n,
        "columns are of equal length"
    );
    let n_steps = u32::try_from(n).ok().filter(|&n| n < u32::MAX);
    let mut order: Vec<u32> = (0..n_steps.expect("transfers are numbered by u32")).collect();
    // Nearly linear where the record is in order.
    order.sort_by_key(|&step| steps.seconds[step as usize]);
    let second = |place: usize| steps.seconds[order[place] as usize];
    let behind = |place: usize| {
        let until = second(place).saturating_add(window_seconds);
        place + order[place..].partition_point(|&step| steps.seconds[step as usize] <= until)
    };
    let mut spans = Vec::new();
    let mut start = 0;
    while start < n {
        let next = behind(start).max(start + N_ROOTS_MIN).min(n);
        spans.push(Span {
            roots: start..next,
            end: behind(next - 1),
        });
        start = next;
    }
    (order, spans)
}

/// The strong components of a span that have roots which something follows. O(e log e) for its e transfers.
pub(super) fn components(
    steps: &Steps<'_>,
    order: &[u32],
    span: &Span,
    window_seconds: i64,
    ties: Ties,
) -> Vec<Component> {
    let mut edges = numbered(steps, order, span, ties);
    let component_of = {
        let n_nodes = edges.iter().map(|edge| edge.from.max(edge.to) + 1).max();
        let (starts, heads) = rows(
            n_nodes.unwrap_or(0),
            &edges,
            |edge| edge.from,
            |edge, _| edge.to,
        );
        strong_components(&starts, &heads)
    };
    let of = |edge: &Edge| component_of[edge.from as usize];
    edges.retain(|edge| of(edge) == component_of[edge.to as usize]);
    edges.sort_by_key(of);
    let mut number = vec![u32::MAX; component_of.len()];
    let mut components = Vec::new();
    for edges in edges.chunk_by(|one, next| of(one) == of(next)) {
        let mut n_nodes = 0;
        let mut numbered = |node: u32| {
            let number = &mut number[node as usize];
            if *number == u32::MAX {
                *number = n_nodes;
                n_nodes += 1;
            }
            *number
        };
        let edges: Vec<Edge> = edges
            .iter()
            .map(|&edge| Edge {
                from: numbered(edge.from),
                to: numbered(edge.to),
                ..edge
            })
            .collect();
        let roots = roots(steps, &edges, span, window_seconds);
        if !roots.is_empty() {
            components.push(Component {
                n_nodes,
                rows: EdgeRows::new(n_nodes, &edges),
                edges,
                roots,
            });
        }
    }
    components
}

/// The transfers of a span between different nodes, with nodes numbered as they appear.
fn numbered(steps: &Steps<'_>, order: &[u32], span: &Span, ties: Ties) -> Vec<Edge> {
    let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
    let mut numbered = |node: u32| {
        let next = u32::try_from(numbers.len()).expect("fewer nodes than u32 has");
        *numbers.entry(node).or_insert(next)
    };
    let mut edges = Vec::with_capacity(span.end - span.roots.start);
    let (mut time, mut second) = (0, None);
    let places = span.roots.start..span.end;
    for (place, &step) in places.clone().zip(&order[places]) {
        let at = step as usize;
        let is_later = second.replace(steps.seconds[at]) != Some(steps.seconds[at]);
        if is_later || ties == Ties::AsListed {
            time += 1;
        }
        if steps.from[at] != steps.to[at] {
            edges.push(Edge {
                from: numbered(steps.from[at]),
                to: numbered(steps.to[at]),
                time,
                place: u32::try_from(place).expect("transfers are numbered by u32"),
                step,
            });
        }
    }
    edges
}

/// A value of each edge, by one of its ends: starts of rows, and rows.
fn rows(
    n_nodes: u32,
    edges: &[Edge],
    node: impl Fn(&Edge) -> u32,
    value: impl Fn(&Edge, u32) -> u32,
) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; n_nodes as usize + 1];
    for edge in edges {
        starts[node(edge) as usize + 1] += 1;
    }
    for node in 0..n_nodes as usize {
        starts[node + 1] += starts[node];
    }
    let mut next = starts.clone();
    let mut values = vec![0; edges.len()];
    for (position, edge) in (0..).zip(edges) {
        let at = &mut next[node(edge) as usize];
        values[*at as usize] = value(edge, position);
        *at += 1;
    }
    (starts, values)
}

fn roots(steps: &Steps<'_>, edges: &[Edge], span: &Span, window_seconds: i64) -> Vec<Root> {
    let second = |edge: &Edge| steps.seconds[edge.step as usize];
    let (mut first, mut end) = (0, 0);
    let mut roots = Vec::new();
    for (position, edge) in edges.iter().enumerate() {
        if edge.place as usize >= span.roots.end {
            break;
        }
        let until = second(edge).saturating_add(window_seconds);
        while first < edges.len() && edges[first].time <= edge.time {
            first += 1;
        }
        while end < edges.len() && second(&edges[end]) <= until {
            end += 1;
        }
        if first < end {
            let narrow = |at: usize| u32::try_from(at).expect("fewer than transfers");
            roots.push(Root {
                edge: narrow(position),
                first: narrow(first),
                end: narrow(end),
            });
        }
    }
    roots
}

/// Roots of components in tasks of at least `n_roots_min`, as far as there are.
pub(super) fn component_batches(
    components: &[Component],
    n_roots_min: usize,
) -> Vec<Vec<(usize, Range<usize>)>> {
    let mut batches = Vec::new();
    let (mut batch, mut n_roots) = (Vec::new(), 0);
    for (nth, component) in components.iter().enumerate() {
        let mut start = 0;
        while start < component.roots.len() {
            let end = (start + n_roots_min - n_roots).min(component.roots.len());
            batch.push((nth, start..end));
            n_roots += end - start;
            start = end;
            if n_roots == n_roots_min {
                batches.push(std::mem::take(&mut batch));
                n_roots = 0;
            }
        }
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}
