//! Progress with rate and time left, on a terminal only; and whether to go on: until a person stops it, and within `--memory`.

use crate::memory;
use crate::stop::Stopping;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use moneytrail_model::{Stop, Watch};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How long what was seen of the memory counts.
const MEMORY_MILLISECONDS: u64 = 20;

/// How much there is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Total {
    /// Bytes of evidence.
    Bytes(u64),
    /// Other things, such as transfers.
    Things(u64),
    /// That shows only at the end.
    Unknown,
}

/// A bar, or a spinner where the total is unknown. It goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Bar {
    shown: ProgressBar,
    /// Where it looks whether to go on; `None` if nobody asks it.
    stopping: Option<Arc<Stopping>>,
    /// Most bytes of anonymous memory that the process may hold meanwhile.
    bound: Option<u64>,
    began: Instant,
    /// Milliseconds after that, and one more, at which the memory was looked at last; 0 if it never was.
    looked: AtomicU64,
    /// Bytes that were too many, once there were.
    exceeded: AtomicU64,
}

impl Bar {
    /// One that is asked whether to go on.
    pub(crate) fn watched(what: &str, total: Total, stopping: &Arc<Stopping>) -> Self {
        stopping.enter();
        let mut bar = Self::plain(what, total);
        bar.stopping = Some(Arc::clone(stopping));
        bar
    }

    /// One that nobody asks: a signal ends the program at once.
    pub(crate) fn plain(what: &str, total: Total) -> Self {
        let (template, total) = match total {
            Total::Bytes(n) if n > 0 => (
                "{msg} {wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left",
                Some(n),
            ),
            Total::Things(n) if n > 0 => (
                "{msg} {wide_bar} {human_pos}/{human_len}, {per_sec}, {eta} left",
                Some(n),
            ),
            _ => ("{msg} {spinner} {elapsed}", None),
        };
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            shown: bar,
            stopping: None,
            bound: None,
            began: Instant::now(),
            looked: AtomicU64::new(0),
            exceeded: AtomicU64::new(0),
        }
    }

    /// The same, of a computation that ends when the process holds more memory than this.
    pub(crate) fn within(mut self, bound: Option<usize>) -> Self {
        self.bound = bound.map(|bound| bound as u64);
        self
    }

    /// What is done now, for what consists of several steps.
    pub(crate) fn turn_to(&self, what: &str) {
        self.shown.set_message(what.to_owned());
    }

    fn check_memory(&self, bound: u64) -> Result<(), Stop> {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let looked = self.looked.load(Relaxed);
        if looked == 0 || now >= looked + MEMORY_MILLISECONDS {
            self.looked.store(now.saturating_add(1), Relaxed);
            if let Some(held) = memory::held().filter(|&held| held > bound) {
                self.exceeded.store(held, Relaxed);
            }
        }
        match self.exceeded.load(Relaxed) {
            0 => Ok(()),
            held => Err(Stop::Memory { held, bound }),
        }
    }
}

impl Watch for Bar {
    fn advance(&self, n_done: u64) {
        self.shown.inc(n_done);
    }

    fn check(&self) -> Result<(), Stop> {
        if let Some(stopping) = &self.stopping {
            stopping.check()?;
        }
        self.bound.map_or(Ok(()), |bound| self.check_memory(bound))
    }
}

impl moneytrail_generate::Progress for Bar {
    fn advance(&self, n_transfers: u64) {
        self.shown.inc(n_transfers);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.shown.finish_and_clear();
        if let Some(stopping) = &self.stopping {
            stopping.leave();
        }
    }
}

/// Of a step whose progress counts elsewhere: it may only be ended.
#[derive(Debug)]
pub(crate) struct Silent<'a>(pub(crate) &'a Bar);

impl Watch for Silent<'_> {
    fn advance(&self, _: u64) {}

    fn check(&self) -> Result<(), Stop> {
        self.0.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory that is too much stays too much: who left a loop because of it must find the reason behind it.
    #[test]
    #[cfg(target_os = "linux")]
    fn memory_beyond_the_bound_ends_it_for_good() {
        let stopping = Arc::new(Stopping::default());
        let bar = |bound| Bar::watched("test", Total::Unknown, &stopping).within(bound);
        assert_eq!(bar(None).check(), Ok(()));
        assert_eq!(bar(Some(usize::MAX)).check(), Ok(()));
        let full = bar(Some(1));
        // It looks the first time that it is asked, however soon.
        let Err(first) = full.check() else {
            panic!("more than one byte is held");
        };
        assert!(matches!(first, Stop::Memory { held, bound: 1 } if held > 1));
        assert_eq!(full.check(), Err(first));
    }
}
