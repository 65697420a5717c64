//! Ctrl-C (SIGINT) and SIGTERM.
//!
//! Laws. While a computation is watched, the first signal asks it to end: it gives up, and the command takes back what it had
//! not finished and says so. A second signal, or one while nothing is watched, ends the program at once, which is
//! safe: whatever a case holds is there whole or not at all, and what was not finished is removed when the case is next
//! opened for writing. Either way the exit code is 130.

use crate::shell;
use moneytrail_model::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};

/// Exit code of a command that was stopped: 128 + 2, as shells report it.
pub(crate) const EXIT_CODE: u8 = 130;

/// For tests: at this check of all that are made the program sends itself SIGINT, so that every stretch of a command can be
/// stopped in.
const AT_CHECK: &str = "MONEYTRAIL_TEST_SIGINT_AT_CHECK";

/// What a person asked of the running command.
#[derive(Debug, Default)]
pub(crate) struct Stopping {
    is_asked: AtomicBool,
    /// Computations that look here.
    n_watched: AtomicUsize,
    /// Checks until the program signals itself; 0 for never.
    n_checks_left: AtomicU64,
}

impl Stopping {
    /// Begins to listen.
    pub(crate) fn listen() -> Arc<Self> {
        let at_check = std::env::var(AT_CHECK).ok();
        let stopping = Arc::new(Self {
            n_checks_left: AtomicU64::new(at_check.and_then(|n| n.parse().ok()).unwrap_or(0)),
            ..Self::default()
        });
        // Where no handler can be set, a signal ends the program as the system does it.
        if let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) {
            let heard = Arc::clone(&stopping);
            std::thread::spawn(move || {
                for _ in signals.forever() {
                    heard.hear();
                }
            });
        }
        stopping
    }

    #[allow(
        clippy::exit,
        reason = "nothing looks at the flag, or not soon enough for who signals twice"
    )]
    fn hear(&self) {
        let is_again = self.is_asked.swap(true, SeqCst);
        if is_again || self.n_watched.load(SeqCst) == 0 {
            shell::remark(
                "stopped at once: what was not finished counts as not done, and is removed when the case is next written to",
            );
            std::process::exit(EXIT_CODE.into());
        }
        shell::remark("stopping: what is not finished is taken back; once more ends it at once");
    }

    /// Somebody looks here from now on.
    pub(crate) fn enter(&self) {
        self.n_watched.fetch_add(1, SeqCst);
    }

    /// And no more.
    pub(crate) fn leave(&self) {
        self.n_watched.fetch_sub(1, SeqCst);
    }

    /// Whether to go on.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.n_checks_left.load(SeqCst) > 0 && self.n_checks_left.fetch_sub(1, SeqCst) == 1 {
            let _ = signal_hook::low_level::raise(SIGINT);
            while !self.is_asked.load(SeqCst) {
                std::thread::yield_now();
            }
        }
        if self.is_asked.load(SeqCst) {
            return Err(Stop::Asked);
        }
        Ok(())
    }
}
