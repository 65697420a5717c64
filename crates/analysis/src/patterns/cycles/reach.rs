//! What lies on a path in time from the end of a root back to its beginning.
//!
//! Laws, for a root `u → v` at second `t`: a candidate is a transfer later than the root and within the window, that a
//! path with strictly increasing times from `v` reaches, and from which such a path leads on to `u`; it neither leaves
//! `u` nor enters `v`, because a cycle visits each once. Every cycle of the root consists of candidates. There are
//! some exactly if there is a cycle: a path that visits a node twice can leave out what lies between.

use super::span::{Component, Edge, Root};

/// Edges after a root up to which it is quicker to look at all of them.
const N_SCANNED_MAX: usize = 4096;

/// The beginning of the root in the numbers of the candidates, and its end.
pub(super) const HOME: u32 = 0;
/// Where the root goes.
pub(super) const FIRST: u32 = 1;

/// Never, as a rank: ranks begin with 1.
const NEVER: u32 = 0;
const ALWAYS: u32 = u32::MAX;

/// A candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub(super) to: u32,
    /// Rank of its second.
    pub(super) time: u32,
    /// The first candidate out of `to` that is later.
    pub(super) onward: u32,
    /// Its position in the columns.
    pub(super) position: u32,
}

/// The candidates of a root. Row `n` of the outgoing is `steps[starts[n]..starts[n + 1]]`, ascending in time; so are
/// the rows of the incoming, as (from, rank).
#[derive(Clone, Default, Debug)]
pub(super) struct Found {
    /// The root's position in the columns.
    pub(super) root: u32,
    pub(super) starts: Vec<u32>,
    pub(super) steps: Vec<Step>,
    pub(super) into_starts: Vec<u32>,
    pub(super) into: Vec<(u32, u32)>,
}

impl Found {
    pub(super) fn n_candidates(&self) -> usize {
        self.steps.len()
    }

    pub(super) fn n_nodes(&self) -> usize {
        self.starts.len() - 1
    }

    /// Candidates that can come second.
    pub(super) fn n_branches(&self) -> u32 {
        self.starts[FIRST as usize + 1] - self.starts[FIRST as usize]
    }
}

/// Finds candidates, one root after the other, with arrays that are kept.
#[derive(Default, Debug)]
pub(super) struct Reach {
    pub(super) found: Found,
    /// By node of the component: latest second at which a transfer leaves that leads home; [`NEVER`] between roots.
    departs: Vec<u32>,
    /// Earliest second of arrival; [`ALWAYS`] between roots.
    arrives: Vec<u32>,
    /// By node of the component: its number among the candidates, between roots [`ALWAYS`].
    numbers: Vec<u32>,
    candidates: Vec<Edge>,
    /// The nodes that are numbered.
    nodes: Vec<u32>,
    /// What a search has met.
    met: Vec<u32>,
    heap: std::collections::BinaryHeap<(u32, u32)>,
}

impl Reach {
    /// Puts those candidates of a root into [`Self::found`] that are to be kept, by their position in the columns;
    /// whether there are any. O(min(edges in the window, what is
    /// reached from either end)), and O(c log c) for the c that a search has met.
    pub(super) fn candidates(
        &mut self,
        component: &Component,
        root: usize,
        keep: &impl Fn(u32) -> bool,
    ) -> bool {
        let n_nodes = component.n_nodes as usize;
        if self.departs.len() < n_nodes {
            self.departs.resize(n_nodes, NEVER);
            self.arrives.resize(n_nodes, ALWAYS);
            self.numbers.resize(n_nodes, ALWAYS);
        }
        let root = component.roots[root];
        let window = root.first as usize..root.end as usize;
        let edge = component.edges[root.edge as usize];
        let is_one = if window.len() <= N_SCANNED_MAX {
            self.narrow(&component.edges[window], edge, keep)
        } else {
            self.search(component, root, keep);
            let met = std::mem::take(&mut self.met);
            let edges: Vec<Edge> = met.iter().map(|&at| component.edges[at as usize]).collect();
            self.met = met;
            self.narrow(&edges, edge, keep)
        };
        if is_one {
            self.arrange(edge);
        }
        is_one
    }

    /// Of edges in time order those that are candidates.
    fn narrow(&mut self, edges: &[Edge], root: Edge, keep: &impl Fn(u32) -> bool) -> bool {
        let (home, first) = (root.from, root.to);
        self.departs[home as usize] = ALWAYS;
        for edge in edges.iter().rev() {
            // Seconds fall, so the first that is found is the latest.
            if edge.time < self.departs[edge.to as usize] && keep(edge.step) {
                let departs = &mut self.departs[edge.from as usize];
                *departs = (*departs).max(edge.time);
            }
        }
        self.candidates.clear();
        if self.departs[first as usize] != NEVER {
            self.arrives[first as usize] = root.time;
            for &edge in edges {
                if self.arrives[edge.from as usize] < edge.time
                    && edge.time < self.departs[edge.to as usize]
                    && edge.to != first
                    && keep(edge.step)
                {
                    self.candidates.push(edge);
                    if edge.to != home {
                        let arrives = &mut self.arrives[edge.to as usize];
                        *arrives = (*arrives).min(edge.time);
                    }
                }
            }
        }
        for edge in edges {
            self.departs[edge.from as usize] = NEVER;
            self.arrives[edge.to as usize] = ALWAYS;
        }
        self.departs[home as usize] = NEVER;
        self.arrives[first as usize] = ALWAYS;
        !self.candidates.is_empty()
    }

    /// Rows of the candidates.
    fn arrange(&mut self, root: Edge) {
        let (found, numbers) = (&mut self.found, &mut self.numbers);
        numbers[root.from as usize] = HOME;
        numbers[root.to as usize] = FIRST;
        let mut n_nodes = 2;
        self.nodes.clear();
        for edge in &mut self.candidates {
            for node in [&mut edge.from, &mut edge.to] {
                let number = &mut numbers[*node as usize];
                if *number == ALWAYS {
                    *number = n_nodes;
                    n_nodes += 1;
                    self.nodes.push(*node);
                }
                *node = *number;
            }
        }
        let n_nodes = n_nodes as usize;
        found.root = root.step;
        rows(
            &mut found.starts,
            n_nodes,
            self.candidates.iter().map(|edge| edge.from),
        );
        rows(
            &mut found.into_starts,
            n_nodes,
            self.candidates.iter().map(|edge| edge.to),
        );
        let blank = Step {
            to: 0,
            time: 0,
            onward: 0,
            position: 0,
        };
        found.steps.clear();
        found.steps.resize(self.candidates.len(), blank);
        found.into.clear();
        found.into.resize(self.candidates.len(), (0, 0));
        // Where the next of a row goes.
        let mut next = found.starts.clone();
        let mut next_into = found.into_starts.clone();
        for edge in &self.candidates {
            let at = &mut next[edge.from as usize];
            found.steps[*at as usize] = Step {
                to: edge.to,
                time: edge.time,
                onward: 0,
                position: edge.step,
            };
            *at += 1;
            let at = &mut next_into[edge.to as usize];
            found.into[*at as usize] = (edge.from, edge.time);
            *at += 1;
        }
        // In time order again, so that what is onward only moves on.
        let mut next = found.starts.clone();
        let mut onward = found.starts.clone();
        for edge in &self.candidates {
            let to = edge.to as usize;
            while onward[to] < found.starts[to + 1]
                && found.steps[onward[to] as usize].time <= edge.time
            {
                onward[to] += 1;
            }
            let at = &mut next[edge.from as usize];
            found.steps[*at as usize].onward = onward[to];
            *at += 1;
        }
        numbers[root.from as usize] = ALWAYS;
        numbers[root.to as usize] = ALWAYS;
        for &node in &self.nodes {
            numbers[node as usize] = ALWAYS;
        }
    }

    /// Puts into `met`, in time order, edges among which all candidates are: those that are reached from the root's
    /// end, or those that lead to its beginning, whichever are fewer (within a factor of two).
    fn search(&mut self, component: &Component, root: Root, keep: &impl Fn(u32) -> bool) {
        let mut n_max = N_SCANNED_MAX;
        while !(self.leads_home(component, root, n_max, keep)
            || self.follows(component, root, n_max, keep))
        {
            n_max *= 2;
        }
        self.met.sort_unstable();
    }

    /// The edges from which a path leads to the root's beginning; `false` if there are more than so many. Dijkstra's
    /// algorithm with the latest second first, so that each node's row is read once.
    fn leads_home(
        &mut self,
        component: &Component,
        root: Root,
        n_max: usize,
        keep: &impl Fn(u32) -> bool,
    ) -> bool {
        let edge = component.edges[root.edge as usize];
        self.met.clear();
        self.heap.clear();
        self.heap.push((ALWAYS, edge.from));
        self.departs[edge.from as usize] = ALWAYS;
        let (mut is_whole, mut n_read) = (true, 0);
        'search: while let Some((departs, node)) = self.heap.pop() {
            if departs < self.departs[node as usize] {
                continue;
            }
            let row = component.rows.arriving(node);
            let start = row.partition_point(|&at| at < root.first);
            for &at in &row[start..] {
                let before = component.edges[at as usize];
                if at >= root.end || before.time >= departs {
                    break;
                }
                n_read += 1;
                if n_read > n_max {
                    is_whole = false;
                    break 'search;
                }
                if !keep(before.step) {
                    continue;
                }
                self.met.push(at);
                let known = &mut self.departs[before.from as usize];
                if *known < before.time {
                    *known = before.time;
                    // A cycle has come to its second node when it is there: nothing before it matters.
                    if before.from != edge.to {
                        self.heap.push((before.time, before.from));
                    }
                }
            }
        }
        self.departs[edge.from as usize] = NEVER;
        for &at in &self.met {
            self.departs[component.edges[at as usize].from as usize] = NEVER;
        }
        is_whole
    }

    /// The edges that a path from the root's end reaches; `false` if there are more than so many.
    fn follows(
        &mut self,
        component: &Component,
        root: Root,
        n_max: usize,
        keep: &impl Fn(u32) -> bool,
    ) -> bool {
        let edge = component.edges[root.edge as usize];
        self.met.clear();
        self.heap.clear();
        // The greatest complement is the earliest second.
        self.heap.push((!edge.time, edge.to));
        self.arrives[edge.to as usize] = edge.time;
        let (mut is_whole, mut n_read) = (true, 0);
        'search: while let Some((complement, node)) = self.heap.pop() {
            let arrives = !complement;
            if arrives > self.arrives[node as usize] {
                continue;
            }
            let row = component.rows.leaving(node);
            let start = row.partition_point(|&at| component.edges[at as usize].time <= arrives);
            for &at in &row[start..] {
                if at >= root.end {
                    break;
                }
                let after = component.edges[at as usize];
                n_read += 1;
                if n_read > n_max {
                    is_whole = false;
                    break 'search;
                }
                if !keep(after.step) {
                    continue;
                }
                self.met.push(at);
                let known = &mut self.arrives[after.to as usize];
                if *known > after.time {
                    *known = after.time;
                    if after.to != edge.from {
                        self.heap.push((!after.time, after.to));
                    }
                }
            }
        }
        self.arrives[edge.to as usize] = ALWAYS;
        for &at in &self.met {
            self.arrives[component.edges[at as usize].to as usize] = ALWAYS;
        }
        is_whole
    }
}

/// Starts of rows.
fn rows(starts: &mut Vec<u32>, n_nodes: usize, keys: impl Iterator<Item = u32>) {
    starts.clear();
    starts.resize(n_nodes + 1, 0);
    for key in keys {
        starts[key as usize + 1] += 1;
    }
    for node in 0..n_nodes {
        starts[node + 1] += starts[node];
    }
}
