//! Transfers that the pass has seen and that are not over: they wait for money at their source.
//!
//! Law: a transfer that waits is found by its source until it is over. Those that are over, or no
//! longer wanted, are dropped whenever the room has doubled, so there are at most twice as many as
//! were ever open at one time (and [`ROOM_MIN`]), and a transfer costs amortised O(1). Where all times
//! are instants the room holds one second and stays in the first-level cache.

/// Fewest places before dropping.
const ROOM_MIN: usize = 1024;

/// No transfer.
const NONE: u32 = u32::MAX;

/// A transfer that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) latest: i64,
    /// The one before in the same slot.
    next: u32,
}

/// Waiting transfers, chained by a hash of their source.
#[derive(Debug)]
pub(super) struct WaitingRoom {
    waiting: Vec<Waiting>,
    /// The last of each slot; a power of two, at least as many as places.
    heads: Vec<u32>,
    n_max: usize,
}

impl WaitingRoom {
    pub(super) fn new() -> Self {
        Self {
            waiting: Vec::new(),
            heads: vec![NONE; ROOM_MIN],
            n_max: ROOM_MIN,
        }
    }

    /// Lets a transfer wait; if the room is full, those go for which `is_wanted` does not hold.
    pub(super) fn push(
        &mut self,
        (from, to): (u32, u32),
        latest: i64,
        is_wanted: impl Fn(&Waiting) -> bool,
    ) {
        if self.waiting.len() == self.n_max {
            self.drop_unwanted(is_wanted);
        }
        self.chain(Waiting {
            from,
            to,
            latest,
            next: NONE,
        });
    }

    /// The transfers that wait at a node, the last first.
    pub(super) fn at(&self, node: u32) -> impl Iterator<Item = &Waiting> {
        let first = self.heads[self.slot(node)];
        std::iter::successors(self.waiting.get(first as usize), |waiting| {
            self.waiting.get(waiting.next as usize)
        })
        .filter(move |waiting| waiting.from == node)
    }

    fn slot(&self, node: u32) -> usize {
        // Fibonacci hashing: the high bits of a product with 2³² / φ.
        let bits = self.heads.len().trailing_zeros();
        (node.wrapping_mul(0x9e37_79b9) >> (u32::BITS - bits)) as usize
    }

    fn chain(&mut self, waiting: Waiting) {
        let slot = self.slot(waiting.from);
        let position = u32::try_from(self.waiting.len()).expect("fewer than transfers");
        let next = std::mem::replace(&mut self.heads[slot], position);
        self.waiting.push(Waiting { next, ..waiting });
    }

    fn drop_unwanted(&mut self, is_wanted: impl Fn(&Waiting) -> bool) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(is_wanted);
        self.n_max = ROOM_MIN.max(2 * waiting.len());
        self.heads.clear();
        self.heads.resize(self.n_max.next_power_of_two(), NONE);
        self.waiting.reserve(self.n_max);
        for waiting in waiting {
            self.chain(waiting);
        }
    }
}
