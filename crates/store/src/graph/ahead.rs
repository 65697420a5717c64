//! Reading ahead in a mapped index: what a batch needs from the disk is fetched together.
//!
//! Law: it changes no value and no order, only when a page comes into memory.
//!
//! Method. A page that is not in memory holds up whoever reads it for one access of the disk, and a disk
//! serves a queue of accesses in little more time than one. So many threads go through a batch before
//! the one that computes: nearly all of their time they wait for pages. Where pages are in memory already
//! that would only cost time, so a few items are looked at first, and the system counts the pages that this
//! thread has waited for. What goes through the whole graph wants the opposite, that the system reads
//! on by itself ([`Graph::in_order`]).

use super::Graph;
use super::column::Pages;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::hint::black_box;
use std::sync::LazyLock;

/// Accesses that a disk is given at a time. Disks of today take 32 and more.
const N_AT_ONCE: usize = 32;

/// Fewer items than this are looked at by whoever needs them: to wake threads costs as much.
const N_ITEMS_MIN: usize = 4;

/// Items of a batch that are looked at first.
const N_PROBES: usize = 4;

/// Bytes of stack of a thread that only looks.
const STACK_BYTES: usize = 1 << 18;

/// Those who look; without them pages come as they are touched.
static READERS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let pool = ThreadPoolBuilder::new().num_threads(N_AT_ONCE);
    let pool = pool.stack_size(STACK_BYTES);
    let pool = pool.thread_name(|number| format!("ahead-{number}"));
    pool.build().ok()
});

/// Looks at all items of a batch at once, so that the pages which `look` reads are in memory when the
/// items are gone through; only at a few if these are there. O(items) looks.
///
/// ```
/// let squares = [1_u64, 4, 9, 16];
/// moneytrail_store::graph::read_ahead(&squares, |square| square + 1);
/// ```
pub fn read_ahead<T: Sync, R>(items: &[T], look: impl Fn(&T) -> R + Sync) {
    if items.len() < N_ITEMS_MIN {
        return;
    }
    let n_before = n_pages_waited_for();
    let mut probes = items.iter().step_by(items.len() / N_PROBES);
    let has_waited = probes.any(|item| {
        black_box(look(item));
        n_pages_waited_for() > n_before
    });
    if has_waited {
        look_at_all(items, look);
    }
}

fn look_at_all<T: Sync, R>(items: &[T], look: impl Fn(&T) -> R + Sync) {
    let Some(readers) = &*READERS else { return };
    let n_each = items.len().div_ceil(N_AT_ONCE);
    readers.install(|| {
        let parts = items.par_chunks(n_each);
        parts.for_each(|part| {
            for item in part {
                black_box(look(item));
            }
        });
    });
}

/// Pages that were not in memory when this thread needed them, so far.
#[cfg(target_os = "linux")]
fn n_pages_waited_for() -> i64 {
    use nix::sys::resource::{UsageWho, getrusage};
    getrusage(UsageWho::RUSAGE_THREAD).map_or(0, |usage| usage.major_page_faults())
}

/// Elsewhere it is not known, and nothing is read ahead.
#[cfg(not(target_os = "linux"))]
const fn n_pages_waited_for() -> i64 {
    0
}

/// While it lives, the system reads on in the mapped index, because somebody goes through all of it.
#[derive(Debug)]
#[must_use = "the hint ends with it"]
pub struct InOrder<'a>(&'a Graph);

impl Graph {
    /// Says that the graph will be gone through from one end to the other. A hint.
    pub fn in_order(&self) -> InOrder<'_> {
        self.accounts.expect(Pages::InOrder);
        InOrder(self)
    }
}

impl Drop for InOrder<'_> {
    fn drop(&mut self) {
        self.0.accounts.expect(Pages::Scattered);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    fn counted(len: usize) -> Vec<AtomicUsize> {
        (0..len).map(|_| AtomicUsize::new(0)).collect()
    }

    #[test]
    fn each_item_is_looked_at_once_by_somebody() {
        for len in [1, N_ITEMS_MIN, N_AT_ONCE, 3 * N_AT_ONCE + 1] {
            let items = counted(len);
            look_at_all(&items, |item| item.fetch_add(1, Relaxed));
            assert!(items.iter().all(|item| item.load(Relaxed) == 1), "{len}");
        }
    }

    #[test]
    fn what_is_in_memory_is_hardly_looked_at() {
        let items = counted(1000);
        read_ahead(&items, |item| item.fetch_add(1, Relaxed));
        let n_looks: usize = items.iter().map(|item| item.load(Relaxed)).sum();
        assert_eq!(n_looks, N_PROBES);
    }
}
