//! The walk over a root's candidates.
//!
//! Law: with the path as it stands, entering a node at its *closing time* or later leads home no more; so a node is
//! entered before it only. To begin with that is the last second at which a candidate leaves the node. A node on the
//! path closes at the second of its entry, which keeps paths simple, because seconds only grow. When it is left without
//! a cycle it stays closed. When it is left with one it closes at the last second that led home, and whoever was closed
//! because of it opens again, up to the transfer that now leads on.
//!
//! Who that is needs no lists: a node that counts on entering `x` at second `t` has a candidate into `x` at `t`, so those
//! are looked at whose seconds lie between the old closing time and the new. Nodes on the path stay as they are: what
//! opens while they are being tried they have tried before and found to lead home later still, or they are yet to try it.

use super::reach::{FIRST, Found, HOME};
use std::ops::ControlFlow;

/// What is done with a cycle.
pub(super) trait Sink {
    /// A cycle: the positions of its transfers in the columns, but for the last, and that.
    fn cycle(&mut self, path: &[u32], last: u32) -> ControlFlow<()>;
}

/// A node on the path.
#[derive(Clone, Copy, Debug)]
struct Visit {
    node: u32,
    /// The next candidate to try.
    next: u32,
    /// Behind the last.
    end: u32,
    /// Rank of the second of entry.
    entered: u32,
    /// Rank of the last second at which a candidate led home; 0: none has.
    leads_home: u32,
}

/// Walks candidates, with arrays that are kept.
#[derive(Default, Debug)]
pub(super) struct Search {
    /// By node.
    closes: Vec<u32>,
    is_on_path: Vec<bool>,
    visits: Vec<Visit>,
    path: Vec<u32>,
    /// Nodes that opened, with the old closing time and the new.
    opened: Vec<(u32, u32, u32)>,
}

impl Search {
    /// All cycles of a root.
    pub(super) fn run(&mut self, found: &Found, sink: &mut impl Sink) -> ControlFlow<()> {
        let row = (
            found.starts[FIRST as usize],
            found.starts[FIRST as usize + 1],
        );
        self.walk(found, row, sink)
    }

    /// The cycles of a root whose second transfer is this one.
    pub(super) fn run_branch(
        &mut self,
        found: &Found,
        branch: u32,
        sink: &mut impl Sink,
    ) -> ControlFlow<()> {
        let at = found.starts[FIRST as usize] + branch;
        self.walk(found, (at, at + 1), sink)
    }

    fn walk(
        &mut self,
        found: &Found,
        (next, end): (u32, u32),
        sink: &mut impl Sink,
    ) -> ControlFlow<()> {
        self.closes.clear();
        self.closes.extend((0..found.n_nodes()).map(|node| {
            let last = found.starts[node + 1]
                .checked_sub(1)
                .filter(|&last| last >= found.starts[node]);
            last.map_or(0, |last| found.steps[last as usize].time)
        }));
        self.is_on_path.clear();
        self.is_on_path.resize(found.n_nodes(), false);
        self.is_on_path[FIRST as usize] = true;
        self.visits.clear();
        self.path.clear();
        self.path.push(found.root);
        let mut visit = Visit {
            node: FIRST,
            next,
            end,
            entered: 0,
            leads_home: 0,
        };
        loop {
            if visit.next < visit.end {
                let step = found.steps[visit.next as usize];
                visit.next += 1;
                if step.to == HOME {
                    visit.leads_home = step.time;
                    sink.cycle(&self.path, step.position)?;
                } else if step.time < self.closes[step.to as usize] {
                    self.closes[step.to as usize] = step.time;
                    self.is_on_path[step.to as usize] = true;
                    self.path.push(step.position);
                    self.visits.push(visit);
                    visit = Visit {
                        node: step.to,
                        next: step.onward,
                        end: found.starts[step.to as usize + 1],
                        entered: step.time,
                        leads_home: 0,
                    };
                }
                continue;
            }
            let Some(before) = self.visits.pop() else {
                return ControlFlow::Continue(());
            };
            self.path.pop();
            self.is_on_path[visit.node as usize] = false;
            let left = std::mem::replace(&mut visit, before);
            if left.leads_home > 0 {
                visit.leads_home = left.entered;
                self.open(found, left.node, left.leads_home);
            }
        }
    }

    /// A node closes later from now on, and with it whoever waits for it.
    fn open(&mut self, found: &Found, node: u32, closes: u32) {
        let before = std::mem::replace(&mut self.closes[node as usize], closes);
        self.opened.push((node, before, closes));
        while let Some((node, before, closes)) = self.opened.pop() {
            let row = found.into_starts[node as usize]..found.into_starts[node as usize + 1];
            let row = &found.into[row.start as usize..row.end as usize];
            let end = row.partition_point(|&(_, time)| time < closes);
            // The latest first, so that each opens as far as it can at once.
            for &(from, time) in row[..end].iter().rev() {
                if time < before {
                    break;
                }
                let closes = &mut self.closes[from as usize];
                if *closes < time && !self.is_on_path[from as usize] {
                    self.opened.push((from, *closes, time));
                    *closes = time;
                }
            }
        }
    }
}
