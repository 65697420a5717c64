//! Which pairs hold together: the set of pairs of greatest total weight in which no record stands twice.
//!
//! Method: each connected component alone, by shortest augmenting paths with potentials (Jonker, Volgenant 1987) on its sparse
//! pairs; each record of the sent side may also stay alone, at weight 0. Weights are integers, so the result is exact.
//! O(n · pairs · log pairs) for each component.

use super::block::Pair;
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Positions of the pairs that are taken, ascending. Pairs without a positive weight never are.
pub(super) fn assign(pairs: &[(Pair, i64)]) -> Vec<usize> {
    let useful: Vec<usize> = (0..pairs.len())
        .filter(|&place| pairs[place].1 > 0)
        .collect();
    let components = components(pairs, &useful);
    let mut taken: Vec<usize> = components
        .par_iter()
        .flat_map_iter(|of| match of[..] {
            [pair] => vec![pair],
            _ => Component::new(pairs, of).solve(),
        })
        .collect();
    taken.sort_unstable();
    taken
}

/// Pairs by the connected component they stand in, ascending in each.
fn components(pairs: &[(Pair, i64)], useful: &[usize]) -> Vec<Vec<usize>> {
    fn root(parents: &mut [usize], mut place: usize) -> usize {
        while parents[place] != place {
            parents[place] = parents[parents[place]];
            place = parents[place];
        }
        place
    }
    let mut parents: Vec<usize> = (0..useful.len()).collect();
    let ends = useful.iter().map(|&pair| pairs[pair].0);
    let n_nodes = ends.map(|(a, b)| a.max(b) as usize + 1).max().unwrap_or(0);
    let mut first: [Vec<Option<usize>>; 2] = [vec![None; n_nodes], vec![None; n_nodes]];
    for (place, &pair) in useful.iter().enumerate() {
        let (a, b) = pairs[pair].0;
        for (side, node) in first.iter_mut().zip([a, b]) {
            let held = *side[node as usize].get_or_insert(place);
            let (x, y) = (root(&mut parents, held), root(&mut parents, place));
            parents[x.max(y)] = x.min(y);
        }
    }
    let mut rooted: Vec<(usize, usize)> = useful
        .iter()
        .enumerate()
        .map(|(place, &pair)| (root(&mut parents, place), pair))
        .collect();
    rooted.par_sort_unstable();
    let groups = rooted.chunk_by(|a, b| a.0 == b.0);
    groups
        .map(|group| group.iter().map(|of| of.1).collect())
        .collect()
}

/// A component in numbers of its own. Behind the received records stand as many places as there are sent ones: to stay alone.
struct Component {
    /// By sent record: (received record, cost, pair), staying alone last.
    edges: Vec<Vec<(usize, i64, Option<usize>)>>,
    n_right: usize,
}

impl Component {
    fn new(pairs: &[(Pair, i64)], of: &[usize]) -> Self {
        let number = |nodes: Vec<u32>| -> BTreeMap<u32, usize> {
            let mut nodes = nodes;
            nodes.sort_unstable();
            nodes.dedup();
            nodes.into_iter().zip(0..).collect()
        };
        let left = number(of.iter().map(|&pair| pairs[pair].0.0).collect());
        let right = number(of.iter().map(|&pair| pairs[pair].0.1).collect());
        let top = of.iter().map(|&pair| pairs[pair].1).max().unwrap_or(0);
        let mut edges: Vec<Vec<(usize, i64, Option<usize>)>> = vec![Vec::new(); left.len()];
        for &pair in of {
            let ((a, b), weight) = pairs[pair];
            edges[left[&a]].push((right[&b], top - weight, Some(pair)));
        }
        for (place, edges) in edges.iter_mut().enumerate() {
            edges.push((right.len() + place, top, None));
        }
        let n_right = right.len() + left.len();
        Self { edges, n_right }
    }

    fn solve(&self) -> Vec<usize> {
        let mut held_by: Vec<Option<usize>> = vec![None; self.n_right];
        let mut holds: Vec<Option<(usize, usize)>> = vec![None; self.edges.len()];
        let mut potential_left = vec![0_i64; self.edges.len()];
        let mut potential_right = vec![0_i64; self.n_right];
        for start in 0..self.edges.len() {
            let mut distance: Vec<Option<i64>> = vec![None; self.n_right];
            // From which sent record, by which of its edges.
            let mut came_by: Vec<(usize, usize)> = vec![(0, 0); self.n_right];
            let mut is_done = vec![false; self.n_right];
            let mut done = Vec::new();
            let mut heap = BinaryHeap::new();
            let (mut left, mut so_far) = (start, 0);
            let end = loop {
                for (edge, &(right, cost, _)) in self.edges[left].iter().enumerate() {
                    let next = so_far + cost - potential_left[left] - potential_right[right];
                    if !is_done[right] && distance[right].is_none_or(|known| next < known) {
                        distance[right] = Some(next);
                        came_by[right] = (left, edge);
                        heap.push(Reverse((next, right)));
                    }
                }
                let nearest = std::iter::from_fn(|| heap.pop()).find(|near| !is_done[near.0.1]);
                let Reverse((next, right)) = nearest.expect("its place to stay alone is never far");
                is_done[right] = true;
                done.push((right, next));
                so_far = next;
                match held_by[right] {
                    None => break right,
                    Some(holder) => left = holder,
                }
            };
            potential_left[start] += so_far;
            for (right, distance) in done {
                potential_right[right] -= so_far - distance;
                if let Some(holder) = held_by[right] {
                    potential_left[holder] += so_far - distance;
                }
            }
            let mut next = Some(end);
            while let Some(right) = next {
                let (left, edge) = came_by[right];
                next = holds[left].map(|held| held.0).filter(|_| left != start);
                holds[left] = Some((right, edge));
                held_by[right] = Some(left);
            }
        }
        let held = self.edges.iter().zip(holds);
        held.filter_map(|(edges, held)| edges[held?.1].2).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn greatest(pairs: &[(Pair, i64)], used: &mut Vec<Pair>) -> i64 {
        let Some(((pair, weight), rest)) = pairs.split_first() else {
            return 0;
        };
        let without = greatest(rest, used);
        if used
            .iter()
            .any(|other| other.0 == pair.0 || other.1 == pair.1)
        {
            return without;
        }
        used.push(*pair);
        let with = weight + greatest(rest, used);
        used.pop();
        with.max(without)
    }

    proptest! {
        #[test]
        fn as_brute_force(pairs in prop::collection::btree_map((0_u32..6, 0_u32..6), -5_i64..50, 0..14)) {
            let pairs: Vec<(Pair, i64)> = pairs.into_iter().collect();
            let taken = assign(&pairs);
            let total: i64 = taken.iter().map(|&place| pairs[place].1).sum();
            prop_assert_eq!(total, greatest(&pairs, &mut Vec::new()));
            for (nth, &a) in taken.iter().enumerate() {
                prop_assert!(pairs[a].1 > 0);
                for &b in &taken[nth + 1..] {
                    prop_assert!(pairs[a].0.0 != pairs[b].0.0 && pairs[a].0.1 != pairs[b].0.1);
                }
            }
        }
    }
}
