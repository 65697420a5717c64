//! Runs one kernel, as often as it is asked to, for the scripts in `benches/`.
#![expect(clippy::print_stdout, reason = "the scripts read it")]

use clap::{Parser, Subcommand};
use moneytrail_analysis::patterns::Rule;
use moneytrail_benches::{
    Error, amlsim, counting, cycles, kernels, mix, patterns, rates, reconcile,
};
use serde_json::json;
use std::io::BufRead;
use std::path::PathBuf;
use std::time::Instant;

/// Kernels of Moneytrail, for measuring.
#[derive(Debug, Parser)]
#[command(name = "moneytrail-bench")]
struct Cli {
    /// Threads to use.
    #[arg(long, global = true, default_value_t = 2)]
    threads: usize,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Repeat the shared blocks as one chain of regtest, in block files
    Mix {
        /// The shared data
        shared: PathBuf,
        /// How often
        rounds: u32,
        /// Where the files go
        out: PathBuf,
    },
    /// Run a kernel once on a small input in one thread, for an instruction counter
    Count {
        /// Its name
        kernel: String,
    },
    /// Measure the error rates of the rules of entities on generated chains, and write them into the tables of
    /// docs/METHODS.md and of the reports
    Rates {
        /// The repository
        root: PathBuf,
        /// Chains, with seeds from 1
        #[arg(long, default_value_t = 10)]
        chains: u64,
        /// Transfers of each chain
        #[arg(long, default_value_t = 60_000)]
        transfers: u64,
    },
    /// Match the shared lists of bank transfers, and print how well that went beside what the model says of itself
    Reconcile {
        /// The shared data
        shared: PathBuf,
        /// How often partners are taken away, with seeds from 1
        #[arg(long, default_value_t = 5)]
        seeds: u64,
    },
    /// Count simple cycles in time on the shared record, and on a larger one, and print the seconds beside those of
    /// published code
    Cycles {
        /// The shared data
        shared: PathBuf,
        /// The list that `tools/rmat.py` of the shared data makes: source, target, time, amount
        #[arg(long)]
        rmat: Option<PathBuf>,
        /// Runs that count; one before them warms up
        #[arg(long, default_value_t = 5)]
        runs: usize,
    },
    /// Find the patterns that were injected into the shared `AMLSim` samples, and print recall and precision
    Amlsim {
        /// The shared data
        shared: PathBuf,
    },
    /// Time the rules of `patterns` on an R-MAT stream, and print transfers per second beside published ones
    Patterns {
        /// Transfers of the R-MAT graph
        #[arg(long, default_value_t = 2_000_000)]
        transfers: usize,
        /// Bits of its accounts' numbers
        #[arg(long, default_value_t = 18)]
        scale: u32,
        /// Transfers more, into and out of one account
        #[arg(long, default_value_t = 1_000_000)]
        hub: usize,
        /// Runs that count; one before them warms up
        #[arg(long, default_value_t = 5)]
        runs: usize,
        /// A rule; may be given several times [default: all that ask no currency's threshold]
        #[arg(long, value_name = "NAME")]
        rule: Vec<String>,
        /// Hide known patterns in so many smaller records instead, and print recall and precision
        #[arg(long, value_name = "RECORDS")]
        planted: Option<u64>,
        /// Seed of the first of these records; the others have those that follow
        #[arg(long, default_value_t = 1, requires = "planted")]
        first_seed: u64,
    },
    /// Load a kernel's inputs, then obey the lines of standard input: `run` computes once and prints
    /// the seconds, `answer FILE` writes the last answer down
    Work {
        /// Its name
        kernel: String,
        /// Directory of its inputs
        inputs: PathBuf,
    },
}

fn main() -> Result<(), Error> {
    let cli = Cli::parse();
    let pool = rayon::ThreadPoolBuilder::new();
    if matches!(cli.command, Command::Count { .. }) {
        // A counter follows one thread.
        pool.num_threads(1).use_current_thread().build_global()?;
    } else {
        pool.num_threads(cli.threads).build_global()?;
    }
    match cli.command {
        Command::Mix {
            shared,
            rounds,
            out,
        } => {
            let n_transactions = mix::write(&shared, rounds, &out)?;
            println!("{}", json!({ "transactions": n_transactions }));
            Ok(())
        }
        Command::Count { kernel } => {
            println!("{}", json!({ "found": counting::run(&kernel)? }));
            Ok(())
        }
        Command::Rates {
            root,
            chains,
            transfers,
        } => rates::write(&root, chains, transfers),
        Command::Reconcile { shared, seeds } => reconcile::measure(&shared, seeds),
        Command::Cycles { shared, rmat, runs } => cycles::measure(&shared, rmat.as_deref(), runs),
        Command::Amlsim { shared } => amlsim::measure(&shared),
        Command::Patterns {
            transfers,
            scale,
            hub,
            runs,
            rule,
            planted,
            first_seed,
        } => {
            let known =
                |name: &String| Rule::named(name).ok_or_else(|| format!("no rule `{name}`"));
            let mut rules = rule
                .iter()
                .map(known)
                .collect::<Result<Vec<Rule>, String>>()?;
            if rules.is_empty() {
                rules = Rule::ALL.to_vec();
                rules.retain(|&rule| rule != Rule::Structuring);
            }
            if let Some(n_records) = planted {
                return patterns::planted::measure(n_records, first_seed, &rules);
            }
            let sizes = patterns::speed::Sizes {
                n: transfers,
                scale,
                n_hub: hub,
                n_runs: runs,
            };
            patterns::speed::measure(sizes, &rules)
        }
        Command::Work { kernel, inputs } => work(&mut *kernels::open(&kernel, &inputs)?),
    }
}

fn work(kernel: &mut dyn kernels::Kernel) -> Result<(), Error> {
    println!("{}", json!({ "ready": true }));
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        match line.split_once(' ') {
            None if line == "run" => {
                let start = Instant::now();
                kernel.run()?;
                println!("{}", json!({ "seconds": start.elapsed().as_secs_f64() }));
            }
            Some(("answer", path)) => {
                fs_err::write(path, kernel.answer())?;
                println!("{}", json!({ "written": path }));
            }
            _ => return Err(format!("`{line}` is neither `run` nor `answer FILE`").into()),
        }
    }
    Ok(())
}
