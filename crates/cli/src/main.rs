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
    match commands::run(cli, &shell) {
        Ok(verdict) => verdict.into(),
        Err(error) => shell.fail(&error),
    }
}
