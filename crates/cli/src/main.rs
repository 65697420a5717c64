//! `moneytrail`: follow the money through blockchains and hawala books.

mod args;
mod cite;
mod commands;
mod compose;
mod decisions;
mod error;
mod figures;
mod follow;
mod freezes;
mod lists;
mod memory;
mod names;
mod otherwise;
mod progress;
mod said;
mod seed;
mod shelf;
mod shell;
mod stated;
mod stop;
mod units;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return shell::refuse(&error),
    };
    let shell = shell::Shell::new(&cli.common, stop::Stopping::listen());
    std::panic::set_hook(Box::new(|panic| {
        // A reader that fails on a damaged file is an error of that file, said in its place.
        if !moneytrail_ingest::is_guarded() {
            shell::remark(&format!("error: internal: {panic}"));
        }
    }));
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| commands::run(cli, &shell)));
    match ran {
        Ok(Ok(verdict)) => verdict.into(),
        Ok(Err(error)) => shell.fail(&error),
        Err(_) => shell.fail(
            &error::Error::internal("the program failed")
                .hint("what was written before is whole; please report this with the lines above"),
        ),
    }
}
