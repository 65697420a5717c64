//! `batch`: a folder of seized books → a case and one summary.
//!
//! Laws: every file below the folder has its line, whatever became of it, and a bad one stops nothing; a file whose content the case has is
//! read no more, so that the command can be run again after any interruption and goes on; numbers of exhibits follow the order
//! of the files' names, and no number of threads changes them.

mod read;
mod say;

use crate::commands::add::{self, PutIn};
use crate::commands::case;
use crate::commands::reconcile;
use crate::error::{Error, Verdict};
use crate::progress::Silent;
use crate::shell::Shell;
use crate::{memory, shelf};
use clap::Args;
use moneytrail_ingest::{Gathered, Options, gather, joined, passed_over};
use moneytrail_model::{ExhibitNo, Watch};
use moneytrail_store::{Case, CaseWriter, Custody};
use rayon::prelude::*;
use read::{Ahead, windows};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct BatchArgs {
    /// The folder; all files below it
    folder: PathBuf,
    /// The case, made where there is none [default: the folder's name and -case, in the current directory]
    #[arg(long, value_name = "CASE")]
    case: Option<PathBuf>,
    /// End with exit code 1 if a file was not taken in or a record was quarantined
    #[arg(long)]
    strict: bool,
}

/// What became of a file.
enum Became {
    /// Taken in now.
    New(u32),
    /// The case had its content.
    Known(u32),
    Failed(Error),
}

/// A file, or files that belong together, with what became of it.
struct Line {
    name: String,
    became: Became,
}

pub(crate) fn batch(args: &BatchArgs, shell: &Shell) -> Result<Verdict, Error> {
    // Nothing is made for a folder that does not read.
    let gathered = gather(&args.folder)?;
    let mut left_out = passed_over(&args.folder)?;
    let root = place(args)?;
    let add::Sorted { evidence, .. } = add::sorted(gathered, &[], false, &mut left_out)?;
    let evidence = joined(evidence)?;
    let writer = open(&root, shell)?;
    let mut options = Options {
        scratch: Some(writer.case().root().to_owned()),
        ..Options::default()
    };
    if let Some(budget) = shell.memory() {
        let n_threads = rayon::current_num_threads();
        options.in_flight_bytes_max = Some(memory::in_flight_bytes_max(budget, n_threads)?);
    }
    let lines = take_all(&writer, &evidence, &options, shell)?;
    let case = writer.case().clone();
    drop(writer);
    let bar = shell.spinner("compare the books");
    let disagreements = reconcile::disagreements(&shelf::read(&case)?, &())?;
    drop(bar);
    let verdict = say::Run {
        case: &case,
        lines: &lines,
        left_out: &left_out,
        disagreements: &disagreements,
    }
    .say(shell)?;
    Ok(match verdict {
        Verdict::Problems if !args.strict => Verdict::Done,
        verdict => verdict,
    })
}

/// Where the case is or will be: never in the folder, whose files are evidence.
fn place(args: &BatchArgs) -> Result<PathBuf, Error> {
    let folder = fs_err::canonicalize(&args.folder)?;
    let root = args.case.clone().unwrap_or_else(|| {
        let name = folder.file_name().unwrap_or_default();
        PathBuf::from(format!("{}-case", name.to_string_lossy()))
    });
    let absolute = std::path::absolute(&root)?;
    // What is not there yet stands below the nearest directory that is.
    let there = absolute.ancestors().find(|above| above.exists());
    let real = there.map(fs_err::canonicalize).transpose()?;
    if folder.is_dir() && real.is_some_and(|real| real.starts_with(&folder)) {
        return Err(Error::usage(format!(
            "the case would lie in {}, whose files are the evidence",
            args.folder.display()
        ))
        .hint("name another place with --case"));
    }
    Ok(root)
}

/// The case for writing; a new one where none is.
fn open(root: &Path, shell: &Shell) -> Result<CaseWriter, Error> {
    let actor = shell.actor();
    if root.join("case.toml").is_file() {
        return Ok(Case::open(root)?.write(&actor)?);
    }
    let writer = Case::create(root, &case::plain(root), &actor)?;
    shell.say(format!("case made in {}", root.display()));
    Ok(writer)
}

/// Takes all files in: read side by side, put into the case one after the other.
fn take_all(
    writer: &CaseWriter,
    evidence: &[Gathered],
    options: &Options,
    shell: &Shell,
) -> Result<Vec<Line>, Error> {
    let exhibits = writer.case().exhibits()?;
    let hashed = exhibits.iter().map(|of| Ok((of.hash()?, of.number)));
    let known: BTreeMap<[u8; 32], u32> = hashed.collect::<Result<_, Error>>()?;
    let sizes = evidence
        .iter()
        .map(|one| add::total_len(&one.files).unwrap_or(0));
    let sizes: Vec<u64> = sizes.collect();
    let bar = shell.bar("read", sizes.iter().sum());
    let mut lines: Vec<Line> = Vec::with_capacity(evidence.len());
    for window in windows(&sizes, shell.memory()) {
        let ahead: Vec<Result<Ahead, Error>> = evidence[window.clone()]
            .par_iter()
            .zip(&sizes[window.clone()])
            .map(|(one, &n_bytes)| {
                let ahead = read::ahead(one, n_bytes, &known, options, &Silent(&bar));
                bar.advance(n_bytes);
                ahead
            })
            .collect();
        for (one, ahead) in evidence[window].iter().zip(ahead) {
            let became =
                ahead.and_then(|ahead| put(writer, one, ahead, options, &Silent(&bar), shell));
            let became = match became {
                Err(error) if error.is_stop() => {
                    let new = lines.iter().filter_map(|line| match line.became {
                        Became::New(number) => Some(number),
                        Became::Known(_) | Became::Failed(_) => None,
                    });
                    let n_done = (lines.len(), evidence.len());
                    return Err(add::cut_short(error, new.collect(), n_done));
                }
                became => became,
            };
            lines.push(Line {
                name: one.name.clone(),
                became: became.unwrap_or_else(Became::Failed),
            });
        }
    }
    Ok(lines)
}

/// Puts what was read ahead into the case.
fn put(
    writer: &CaseWriter,
    one: &Gathered,
    ahead: Ahead,
    options: &Options,
    watch: &dyn Watch,
    shell: &Shell,
) -> Result<Became, Error> {
    watch.check()?;
    if let Ahead::Known(number) = ahead {
        return Ok(Became::Known(number));
    }
    let write = |staged: &_| ahead.write(staged, options, shell);
    let custody = Custody::default();
    Ok(
        match add::put_in(writer, one, custody, false, watch, write, shell)? {
            PutIn::New(exhibit) => Became::New(exhibit.number),
            PutIn::Known(no) => Became::Known(ExhibitNo::get(no)),
        },
    )
}
