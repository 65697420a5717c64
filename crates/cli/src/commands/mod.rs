//! One module for each group of commands.

mod add;
mod addresses;
pub(crate) mod batch;
mod case;
mod changes;
mod demo;
mod end_points;
mod entities;
mod escrow;
mod exposure;
mod find;
mod generate;
mod inspect;
pub(crate) mod mirror;
mod otherwise_lines;
mod path;
mod patterns;
mod people;
pub(crate) mod positions;
mod rates;
mod reconcile;
pub(crate) mod repairs;
mod resting;
pub(crate) mod summary;
mod tag;
mod timeline;
mod trace;
mod verify;

pub(crate) use add::{PROGRAM, counted, evidence_of};
pub(crate) use changes::ChangesArgs;
pub(crate) use escrow::EscrowArgs;
pub(crate) use exposure::ExposureArgs;
pub(crate) use find::FindArgs;
pub(crate) use path::PathArgs;
pub(crate) use patterns::PatternsArgs;
pub(crate) use people::PeopleArgs;
pub(crate) use reconcile::DecideArgs;
pub(crate) use resting::RestingArgs;
pub(crate) use timeline::TimelineArgs;

use crate::args::{Cli, Command};
use crate::error::{Error, Verdict};
use crate::shell::Shell;
use clap::CommandFactory;
use moneytrail_store::{Case, CaseWriter};

/// Logs that a command shows names of customers.
pub(crate) fn disclose(case: Case, command: &str, shell: &Shell) -> Result<(), Error> {
    log_disclosure(&case.write(&shell.actor())?, command, shell)
}

/// The same, where the case is open for writing.
fn log_disclosure(writer: &CaseWriter, command: &str, shell: &Shell) -> Result<(), Error> {
    let actor = shell.actor();
    writer.log(&actor, "disclose", command, "names of customers were shown")?;
    Ok(())
}

/// Runs the command.
pub(crate) fn run(cli: Cli, shell: &Shell) -> Result<Verdict, Error> {
    if let Some(n_threads) = cli.common.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads.into())
            .build_global()
            .map_err(|error| Error::internal(error.to_string()))?;
    }
    match cli.command {
        Command::Demo { directory } => demo::demo(&directory, shell),
        Command::New(args) => case::new(&args, shell),
        Command::Add(args) => add::add(&args, shell),
        Command::Batch(args) => batch::batch(&args, shell),
        Command::Tag(args) => tag::tag(&args, shell),
        Command::Inspect(args) if args.addresses => addresses::addresses(&args, shell),
        Command::Inspect(args) => inspect::inspect(&args, shell),
        Command::Summary(args) => summary::summary(&args, shell),
        Command::Entities(args) => entities::entities(&args, shell),
        Command::Repairs(args) => repairs::repairs(&args, shell),
        Command::Escrow(args) => escrow::escrow(&args, shell),
        Command::Mirror(args) => mirror::mirror(&args, shell),
        Command::Reconcile(args) => reconcile::reconcile(&args, shell),
        Command::Positions(args) => positions::run(&args, shell),
        Command::Patterns(args) => patterns::patterns(&args, shell),
        Command::Path(args) => path::path(&args, shell),
        Command::Timeline(args) => timeline::timeline(&args, shell),
        Command::Changes(args) => changes::changes(&args, shell),
        Command::Resting(args) => resting::resting(&args, shell),
        Command::Exposure(args) => exposure::exposure(&args, shell),
        Command::People(args) => people::people(&args, shell),
        Command::Find(args) => find::find(&args, shell),
        Command::Trace(args) => trace::trace(&args, shell),
        Command::Report(args) => trace::report(&args, shell),
        Command::Generate(args) => generate::generate(&args, shell),
        Command::Rates(args) => rates::rates(&args, shell),
        Command::Export(args) => tag::export(&args, shell),
        Command::Verify { case } => verify::verify(&case, shell),
        Command::Completions { shell: kind } => {
            let mut text = Vec::new();
            clap_complete::generate(kind, &mut Cli::command(), "moneytrail", &mut text);
            shell.text(&String::from_utf8_lossy(&text));
            Ok(Verdict::Done)
        }
        Command::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut text)?;
            shell.text(&String::from_utf8_lossy(&text));
            Ok(Verdict::Done)
        }
    }
}
