//! `mirror`: lines of books against transfers of a chain.

mod decide;
mod position;
mod read;
mod say;

use super::reconcile::{Compared, Meant};
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::progress::Total;
use crate::shelf::{self, Shelf};
use crate::shell::Shell;
use clap::Args;
use moneytrail_analysis::mirror::{Mirrored, Options, mirror as matched, mirror_watched};
use moneytrail_analysis::reconcile::Options as Matching;
use moneytrail_model::Watch;
use read::Read;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct MirrorArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// Accept a mirror: a trace may cross from the book to the chain by it, as an inference
    #[arg(long, value_name = "ID", requires = "because", conflicts_with_all = ["reject", "reopen", "lines"])]
    pub(crate) accept: Option<String>,
    /// Reject a mirror: it is proposed no more
    #[arg(long, value_name = "ID", requires = "because", conflicts_with_all = ["reopen", "lines"])]
    pub(crate) reject: Option<String>,
    /// Take a decision back
    #[arg(
        long,
        value_name = "ID",
        requires = "because",
        conflicts_with = "lines"
    )]
    pub(crate) reopen: Option<String>,
    /// Why it is decided so; kept with the decision and in the audit log
    #[arg(long, value_name = "TEXT")]
    pub(crate) because: Option<String>,
    /// Sums of book and chain differ by at most so many per cent of the larger
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=50))]
    pub(crate) value_percent: u32,
    /// A transfer lies at most so many hours before or behind the line's time
    #[arg(long, value_name = "HOURS", default_value_t = 72, value_parser = clap::value_parser!(i64).range(0..=8760))]
    pub(crate) hours: i64,
    /// Most transfers for one line, and most lines for one transfer
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) parts: u8,
    /// Random dates, and at most so many other sums, at which each line is looked at, to say what chance gives
    #[arg(long, value_name = "N", default_value_t = 999, value_parser = clap::value_parser!(u32).range(1..=99_999))]
    pub(crate) samples: u32,
    /// Seed of the dates and sums
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// A match is claimed if matches as good are found at fewer than this share of the dates and of the sums
    #[arg(long, value_name = "P", default_value_t = 0.01, value_parser = crate::args::probability)]
    pub(crate) p: f64,
    /// Where the day has no rate, take the last one of up to so many days before
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    pub(crate) rate_days: u16,
    /// Print each claimed mirror as one line of JSON, {"txs": […], "rows": […]}, and nothing else
    #[arg(long, conflicts_with = "json")]
    pub(crate) lines: bool,
}

/// Lines and transfers, and what of them is one settlement, as a command that is asked without options finds it.
pub(crate) fn found(
    evidence: &Evidence,
    shelf: &Shelf,
    meant: &Meant,
) -> Result<(Read, Mirrored), Error> {
    let read = read::read(evidence, shelf, meant, &[], 0);
    let mut said = decide::Said::of(&evidence.case)?;
    let decided = said.decided(&read, &evidence.graph);
    let found = matched(
        &read.lines,
        &read.transfers,
        &read.owners,
        &decided,
        &Options::default(),
    );
    Ok((read, found))
}

pub(crate) fn mirror(args: &MirrorArgs, shell: &Shell) -> Result<Verdict, Error> {
    let options = Options {
        value_permille: args.value_percent * 10,
        window_seconds: args.hours * 3600,
        parts_max: args.parts.into(),
        n_samples: args.samples,
        seed: args.seed,
        p_max: args.p,
        ..Options::default()
    };
    let evidence = Evidence::open(&args.case, shell)?;
    let bar = shell.work("read the books", Total::Unknown);
    let shelf = shelf::read_watched(&evidence.case, &bar)?;
    shelf.at_least(1, "the case has no book with a keeper")?;
    let compared = Compared::of(&shelf, &Matching::default(), &bar)?;
    let (meant, discharged) = (&compared.meant, compared.discharged());
    let in_orders = compared.settlements.units.names();
    let read = read::read(&evidence, &shelf, meant, in_orders, args.rate_days);
    bar.check()?;
    drop(bar);
    let bar = shell.work("match lines and transfers", Total::Unknown);
    let mut said = decide::Said::of(&evidence.case)?;
    let decided = said.decided(&read, &evidence.graph);
    let found = mirror_watched(
        &read.lines,
        &read.transfers,
        &read.owners,
        &decided,
        &options,
        &bar,
    );
    bar.check()?;
    let positions = position::of(&compared, &read, &found, &options, &bar);
    bar.check()?;
    drop(bar);
    let run = say::Run {
        read: &read,
        keepers: &meant.keepers,
        discharged: &discharged,
        options: &options,
        found: &found,
        graph: &evidence.graph,
        said: &said,
        positions: &positions,
    };
    if let Some(done) = decide::decide(args, &evidence.case, &run, shell)? {
        return Ok(done);
    }
    if args.lines {
        run.lines(shell);
    } else {
        run.table(shell);
        shell.json(&run.json())?;
    }
    Ok(Verdict::Done)
}
