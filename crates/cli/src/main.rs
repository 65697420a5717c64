//! `moneytrail`: follow the money through blockchains and hawala books.

mod args;
mod cite;
mod commands;
mod compose;
mod error;
mod follow;
mod progress;
mod seed;
mod shell;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let shell = shell::Shell::new(&cli.common);
    // A panic is a mistake of this program, such as trusting a damaged index: exit code 4, not 101.
    let run = || commands::run(cli, &shell);
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(Ok(verdict)) => verdict.into(),
        Ok(Err(error)) => shell.fail(&error),
        Err(_) => shell.fail(&error::Error::internal("this program made a mistake").hint(
            "if the case was damaged, moneytrail verify CASE says where; else please report this",
        )),
    }
}
