//! A line of a book and a transfer of a chain, in what they are compared by.

use super::Options;

/// Which way the book's keeper moved money.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// He paid.
    Out,
    /// He was paid.
    In,
}

/// A line of a book that moves money between its keeper and somebody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Line {
    /// Where it stands; tells lines apart and breaks ties.
    pub key: Box<str>,
    /// The keeper of the book.
    pub keeper: u32,
    /// Which way.
    pub direction: Direction,
    /// The keeper who is named as the other side, where that is known.
    pub other: Option<u32>,
    /// In what the value is counted: a number for each currency, dollars and coins pegged to them being one.
    pub unit: u16,
    /// Millionths of the unit, positive.
    pub value: i128,
    /// First and last second at which it may have been.
    pub seconds: (i64, i64),
    /// Words of its cells that may name a transaction or an address.
    pub words: Vec<Box<str>>,
}

/// A transfer of a chain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Transfer {
    /// Transaction id as people write it, and what tells its transfers apart.
    pub id: Box<str>,
    /// Number of the paying account.
    pub from: u32,
    /// Number of the paid account.
    pub to: u32,
    /// The two as their network writes them.
    pub names: [Box<str>; 2],
    /// When.
    pub seconds: i64,
    /// Its value in millionths of each unit in which it has one, ascending by unit.
    pub values: Vec<(u16, i128)>,
}

impl Transfer {
    pub(super) fn value(&self, unit: u16) -> Option<i128> {
        self.values.iter().find(|of| of.0 == unit).map(|of| of.1)
    }
}

/// Ids of some transfers, ascending.
pub(super) fn ids<'a>(transfers: &'a [Transfer], places: &[usize]) -> Vec<&'a str> {
    let mut ids: Vec<&str> = places.iter().map(|&of| &*transfers[of].id).collect();
    ids.sort_unstable();
    ids
}

/// Positions of transfers by time, those of one second by their ids.
pub(super) fn by_time(transfers: &[Transfer]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..transfers.len()).collect();
    order.sort_by(|&a, &b| {
        (transfers[a].seconds, &transfers[a].id).cmp(&(transfers[b].seconds, &transfers[b].id))
    });
    order
}

impl Line {
    /// Who paid and who was paid, as far as the line says.
    pub(super) const fn parties(&self) -> [Option<u32>; 2] {
        match self.direction {
            Direction::Out => [Some(self.keeper), self.other],
            Direction::In => [self.other, Some(self.keeper)],
        }
    }
}

/// Lines alone, and few lines of one book with one other side, way and unit that stand within the window: at most `group_max`
/// neighbours in all sets of `parts_max`. Only a named other side makes lines one.
pub(super) fn together(lines: &[Line], options: &Options) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = (0..lines.len()).map(|line| vec![line]).collect();
    let mut order: Vec<usize> = (0..lines.len())
        .filter(|&line| lines[line].other.is_some())
        .collect();
    let kind = |line: usize| {
        let of = &lines[line];
        (of.keeper, of.direction, of.other, of.unit)
    };
    order.sort_by_key(|&line| (kind(line), lines[line].seconds, &lines[line].key));
    for (place, &first) in order.iter().enumerate() {
        let near: Vec<usize> = order[place + 1..]
            .iter()
            .copied()
            .take_while(|&next| {
                kind(next) == kind(first)
                    && lines[next].seconds.0 - lines[first].seconds.1 <= options.window_seconds
            })
            .take(options.group_max.saturating_sub(1))
            .collect();
        for_sets(near.len(), options.parts_max.saturating_sub(1), |chosen| {
            let set = chosen.iter().map(|&nth| near[nth]);
            sets.push(std::iter::once(first).chain(set).collect());
        });
    }
    sets
}

/// In how many sets of several lines each line stands.
pub(super) fn sets_of_each(lines: &[Line], sets: &[Vec<usize>]) -> Vec<usize> {
    let mut n_sets = vec![0; lines.len()];
    for &line in sets.iter().filter(|set| set.len() > 1).flatten() {
        n_sets[line] += 1;
    }
    n_sets
}

/// Every set of one to `most` of `n` positions, ascending.
pub(super) fn for_sets(n: usize, most: usize, mut visit: impl FnMut(&[usize])) {
    fn go(
        from: usize,
        n: usize,
        most: usize,
        chosen: &mut Vec<usize>,
        visit: &mut dyn FnMut(&[usize]),
    ) {
        for next in from..n {
            chosen.push(next);
            visit(chosen);
            if chosen.len() < most {
                go(next + 1, n, most, chosen, visit);
            }
            chosen.pop();
        }
    }
    if most > 0 {
        go(0, n, most, &mut Vec::new(), &mut visit);
    }
}
