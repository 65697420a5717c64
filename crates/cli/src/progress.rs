//! Progress with rate and time left, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// A bar over bytes, or a spinner where the length is unknown. It goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn new(what: &str, n_bytes: u64) -> Self {
        let template = if n_bytes > 0 {
            "{msg} {wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left"
        } else {
            "{msg} {spinner} {elapsed}"
        };
        let bar = ProgressBar::with_draw_target(
            (n_bytes > 0).then_some(n_bytes),
            ProgressDrawTarget::stderr(),
        );
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    pub(crate) fn advance(&self, n_bytes: u64) {
        self.0.inc(n_bytes);
    }
}

impl moneytrail_ingest::Progress for Bar {
    fn advance(&self, n_bytes: u64) {
        self.0.inc(n_bytes);
    }
}

impl moneytrail_generate::Progress for Bar {
    fn advance(&self, n_transfers: u64) {
        self.0.inc(n_transfers);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
