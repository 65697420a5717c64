//! `add`: evidence → exhibits → segments.

use super::{rates, tag};
use crate::args::{AddArgs, ReadingArgs};
use crate::error::{Error, Verdict};
use crate::memory;
use crate::shell::{Shell, quoted};
use moneytrail_ingest::{
    Evidence, EvidenceFile, Format, Gathered, Options, Outcome, Part, gather, joined, open,
    passed_over,
};
use moneytrail_model::{BookId, ExhibitNo, Network, RecordCounts, Watch};
use moneytrail_store::schema::{SCHEMA_VERSION, Table};
use moneytrail_store::{
    Case, CaseWriter, Custody, Exhibit, ExhibitSource, Offered, SegmentSummary, SegmentWriter,
    Staged,
};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Name and version, as stored with what this program wrote.
pub(crate) const PROGRAM: &str = concat!("moneytrail ", env!("CARGO_PKG_VERSION"));

/// Schema of the result of taking exhibits in.
pub(crate) const SCHEMA: &str = "moneytrail-add/1";

/// Most quarantined records that are listed for people; all are stored.
const N_LISTED: usize = 10;

pub(crate) fn add(args: &AddArgs, shell: &Shell) -> Result<Verdict, Error> {
    let mut options = options(&args.reading)?;
    if let Some(budget) = shell.memory() {
        let n_threads = rayon::current_num_threads();
        options.in_flight_bytes_max = Some(memory::in_flight_bytes_max(budget, n_threads)?);
    }
    let writer = Case::open(&args.case)?.write(&shell.actor())?;
    options.scratch = Some(writer.case().root().to_owned());
    let mut gathered = Vec::new();
    let mut left_out = Vec::new();
    for path in &args.evidence {
        gathered.extend(gather(path)?);
        left_out.extend(passed_over(path)?);
    }
    let is_said = args.reading.format.is_some() || args.reading.profile.is_some();
    let Sorted { lists, evidence } = sorted(gathered, &args.evidence, is_said, &mut left_out)?;
    let gathered = joined(evidence)?;
    let n_files = lists.len() + gathered.len();
    for (file, why) in &left_out {
        shell.note(format!(
            "left out: {file}: {why}; name it on the command line to take it in"
        ));
    }
    let mut added = Vec::new();
    let mut failed: Vec<(String, Error)> = Vec::new();
    let mut taken = Vec::new();
    for list in &lists {
        match take_list(&writer, list, args, shell) {
            Ok(list) => taken.push(list),
            Err(error) if n_files == 1 => return Err(error),
            Err(error) => {
                shell.note(format!("error: {}: {error}", list.name));
                failed.push((list.name.clone(), error));
            }
        }
    }
    for one in &gathered {
        match take_in(
            &writer,
            one,
            custody(args),
            args.by_reference,
            &options,
            shell,
        ) {
            Ok(result) => added.push(result),
            Err(error) if error.is_stop() => {
                let numbers = added.iter().filter_map(|added| added.number);
                let n_done = added.len() + taken.len();
                return Err(cut_short(error, numbers.collect(), (n_done, n_files)));
            }
            Err(error) if n_files == 1 => return Err(error),
            Err(error) => {
                shell.note(if error.message.starts_with(&one.name) {
                    format!("error: {error}")
                } else {
                    format!("error: {}: {error}", one.name)
                });
                for hint in &error.hints {
                    shell.note(format!("  hint: {hint}"));
                }
                failed.push((one.name.clone(), error));
            }
        }
    }
    if n_files > 1 {
        let (n_added, n_failed) = (added.len() + taken.len(), failed.len());
        shell.say(format!(
            "{n_added} of {n_files} files taken in, {n_failed} not"
        ));
    }
    let failures: Vec<Value> = failed
        .iter()
        .map(|(file, error)| json!({ "file": file, "code": error.code, "message": error.message }))
        .collect();
    shell.json(&json!({
        "schema": SCHEMA,
        "exhibits": added.iter().map(|added| added.json.clone()).collect::<Vec<_>>(),
        "lists": taken.iter().map(|list| list.json.clone()).collect::<Vec<_>>(),
        "failed": failures,
        "left_out": left_out.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect::<Vec<_>>(),
    }))?;
    if added.is_empty()
        && taken.is_empty()
        && let Some((_, error)) = failed.pop()
    {
        return Err(error);
    }
    let of_lists = taken.iter().map(|list| list.n_refused);
    let n_quarantined: u64 = (added.iter().map(|added| added.n_quarantined))
        .chain(of_lists)
        .sum();
    Ok(if !failed.is_empty() || args.strict && n_quarantined > 0 {
        Verdict::Problems
    } else {
        Verdict::Done
    })
}

/// What is said of where the evidence comes from.
fn custody(args: &AddArgs) -> Custody {
    Custody {
        exhibit_no: args.exhibit_no.clone(),
        seized_at: args.seized_at.clone(),
        seized_by: args.seized_by.clone(),
        received_from: args.received_from.clone(),
        device: args.device.clone(),
    }
}

/// A list of tags or rates that a person named.
pub(crate) struct NamedList {
    name: String,
    path: PathBuf,
    kind: tag::Kind,
}

/// Takes a list in, whole or not at all.
fn take_list(
    writer: &CaseWriter,
    list: &NamedList,
    args: &AddArgs,
    shell: &Shell,
) -> Result<tag::Taken, Error> {
    let said = tag::said_of(&list.path, &args.said, args.reading.network.as_deref());
    match list.kind {
        tag::Kind::Tags => tag::take_in(writer, &list.path, &said, shell),
        tag::Kind::Rates => rates::take_in(writer, &list.path, shell),
    }
}

/// What a person named, by what becomes of it.
pub(crate) struct Sorted {
    /// Lists of tags and rates.
    pub(crate) lists: Vec<NamedList>,
    /// Everything else.
    pub(crate) evidence: Vec<Gathered>,
}

/// Tells lists from evidence by content, unless a person says what the files are. `named` are the paths that he named.
pub(crate) fn sorted(
    gathered: Vec<Gathered>,
    named: &[PathBuf],
    is_said: bool,
    left_out: &mut Vec<(String, &'static str)>,
) -> Result<Sorted, Error> {
    let (mut lists, mut evidence) = (Vec::new(), Vec::new());
    for one in gathered {
        match one.files.as_slice() {
            [(_, path)] if !is_said => match tag::sniff(path)? {
                // What somebody seized says nothing of people by itself: a person has to name it.
                Some(_) if !named.contains(path) => {
                    left_out.push((one.name, "a list of tags or rates"));
                }
                Some(kind) => lists.push(NamedList {
                    path: path.clone(),
                    name: one.name,
                    kind,
                }),
                None => evidence.push(one),
            },
            _ => evidence.push(one),
        }
    }
    Ok(Sorted { lists, evidence })
}

/// What `--as`, `--network` and `--profile` say.
pub(crate) fn options(args: &ReadingArgs) -> Result<Options, Error> {
    let format = args.format.as_deref().map(|word| {
        let words: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
        Format::from_word(word).ok_or_else(|| {
            Error::usage(format!("`{word}` is no format"))
                .hint(format!("one of: {}", words.join(", ")))
        })
    });
    let network = args.network.as_deref().map(|name| {
        let names: Vec<&str> = Network::ALL
            .iter()
            .map(|network| network.as_str())
            .collect();
        name.parse::<Network>().map_err(|error| {
            Error::usage(error.to_string()).hint(format!("one of: {}", names.join(", ")))
        })
    });
    let profile = args
        .profile
        .as_deref()
        .map(|path| fs_err::read_to_string(path).map_err(|error| Error::of_named(path, &error)))
        .transpose()?;
    Ok(Options {
        format: format.transpose()?,
        network: network.transpose()?,
        profile,
        ..Options::default()
    })
}

/// What became of one exhibit.
pub(crate) struct Added {
    pub(crate) json: Value,
    pub(crate) n_quarantined: u64,
    /// Of an exhibit that is new.
    number: Option<u32>,
}

/// What a command that was stopped on its way through files had done: `n_done` of `n_files`, of them these exhibits new.
pub(crate) fn cut_short(
    error: Error,
    mut numbers: Vec<u32>,
    (n_done, n_files): (usize, usize),
) -> Error {
    numbers.sort_unstable();
    let new = match numbers.as_slice() {
        [] => "no exhibit is new in the case".to_owned(),
        [one] => format!("X{one} is new in the case"),
        // Numbers of one command follow each other: it holds the lock.
        [first, .., last] => format!("X{first} to X{last} are new in the case"),
    };
    Error {
        message: format!(
            "{n_done} of {n_files} files are done; {new}; of the others nothing was kept"
        ),
        ..error
    }
    .hint("the same command goes on from there: what the case has is not taken in again")
}

/// Takes one exhibit in, whole or not at all, and says what became of it.
pub(crate) fn take_in(
    writer: &CaseWriter,
    gathered: &Gathered,
    custody: Custody,
    by_reference: bool,
    options: &Options,
    shell: &Shell,
) -> Result<Added, Error> {
    let n_bytes = total_len(&gathered.files)?;
    let bar = shell.bar(&format!("hash {}", gathered.name), n_bytes);
    let write = |staged: &Staged| write_segment(staged, options, shell);
    match put_in(writer, gathered, custody, by_reference, &bar, write, shell)? {
        PutIn::New(exhibit) => report(writer.case(), &exhibit, shell),
        PutIn::Known(no) => {
            shell.say(format!(
                "{}: the case has it already, as {no}",
                gathered.name
            ));
            let json = json!({ "file": gathered.name, "already_there": no.to_string() });
            Ok(Added {
                json,
                n_quarantined: 0,
                number: None,
            })
        }
    }
}

/// Where the content of an exhibit is now.
pub(crate) enum PutIn {
    /// It was taken in.
    New(Exhibit),
    /// The case had it.
    Known(ExhibitNo),
}

/// Puts one exhibit into a case, whole or not at all; `write` reads it into its segment.
pub(crate) fn put_in(
    writer: &CaseWriter,
    gathered: &Gathered,
    custody: Custody,
    by_reference: bool,
    watch: &dyn Watch,
    write: impl FnOnce(&Staged) -> Result<(SegmentWriter, SegmentSummary), Error>,
    shell: &Shell,
) -> Result<PutIn, Error> {
    let source = source_of(gathered);
    let staged = match writer.offer(&source, custody, by_reference, watch)? {
        Offered::New(staged) => *staged,
        Offered::AlreadyThere(no) => return Ok(PutIn::Known(no)),
    };
    let (segment, summary) = match write(&staged) {
        Ok(written) => written,
        Err(error) => {
            writer.abandon(&staged)?;
            return Err(error);
        }
    };
    let exhibit = writer.commit(staged, segment, summary, &shell.actor())?;
    Ok(PutIn::New(exhibit))
}

/// What is gathered, as the case takes it.
pub(crate) fn source_of(gathered: &Gathered) -> ExhibitSource {
    ExhibitSource {
        name: gathered.name.clone(),
        files: gathered.files.clone(),
    }
}

/// Bytes of files.
pub(crate) fn total_len(files: &[(String, PathBuf)]) -> Result<u64, Error> {
    files
        .iter()
        .try_fold(0, |sum, (_, path)| Ok(sum + fs_err::metadata(path)?.len()))
}

/// Reads a staged exhibit into its segment.
pub(crate) fn write_segment(
    staged: &Staged,
    options: &Options,
    shell: &Shell,
) -> Result<(SegmentWriter, SegmentSummary), Error> {
    let evidence = evidence_of(staged.paths(), staged.exhibit.book()?);
    let opened = open(&evidence, options)?;
    let is_bounded = |part: &Part| memory::is_bounded(part.format);
    if options.in_flight_bytes_max.is_some() && !opened.parts().iter().all(is_bounded) {
        shell.note(format!(
            "{}: --memory does not bound this exhibit: books, JSON and files of explorers are read whole",
            staged.exhibit.name
        ));
    }
    let mut segment = SegmentWriter::create(staged.segment_directory())?;
    let bar = shell.bar(&format!("read {}", staged.exhibit.name), opened.n_bytes()?);
    let outcome = opened.read(options, &mut segment, &bar)?;
    Ok((segment, summary_of(outcome)))
}

/// The exhibit as readers see it.
pub(crate) fn evidence_of(paths: Vec<(String, PathBuf)>, book: BookId) -> Evidence {
    let files = paths
        .into_iter()
        .map(|(name, path)| EvidenceFile::new(name, path))
        .collect();
    Evidence { files, book }
}

/// What is stored of a reader's outcome.
pub(crate) fn summary_of(outcome: Outcome) -> SegmentSummary {
    SegmentSummary {
        schema: SCHEMA_VERSION,
        program: PROGRAM.to_owned(),
        format: outcome.format.as_str().to_owned(),
        rank: outcome.format.rank(),
        network: outcome.network.map(|network| network.to_string()),
        counts: outcome.counts,
        figures: outcome.figures,
        stale: outcome
            .stale
            .into_iter()
            .map(|stale| (stale.height, stale.hash, stale.n_transactions))
            .collect(),
        assumptions: outcome.assumptions,
        remarks: outcome.remarks,
        profile: outcome.profile,
        tables: Vec::new(),
    }
}

/// `3 sheets`, `1 sheet`, `1 balance that adds up`.
pub(crate) fn counted(n: u64, what: &str) -> String {
    if n != 1 {
        return format!("{n} {what}");
    }
    let one: Vec<&str> = what
        .split(' ')
        .map(|word| match word {
            "add" => "adds",
            "balances" => "balance",
            word => word.strip_suffix('s').unwrap_or(word),
        })
        .collect();
    format!("1 {}", one.join(" "))
}

/// Says what was read and what became of each record.
fn report(case: &Case, exhibit: &Exhibit, shell: &Shell) -> Result<Added, Error> {
    let segment = case.segment(exhibit.number)?;
    let summary = segment.summary();
    let network = summary
        .network
        .as_ref()
        .map(|network| format!(", {network}"))
        .unwrap_or_default();
    shell.say(format!(
        "X{} {}: {}{network}",
        exhibit.number, exhibit.name, summary.format
    ));
    shell.say(format!("  sha256 {}", exhibit.sha256));
    shell.say(format!("  records: {}", summary.counts));
    let figures: Vec<String> = summary
        .figures
        .iter()
        .map(|(what, n)| counted(*n, what))
        .collect();
    if !figures.is_empty() {
        shell.say(format!("  {}", figures.join(", ")));
    }
    for (height, hash, n_transactions) in &summary.stale {
        let height = height.map_or_else(
            || "of unknown height".to_owned(),
            |height| format!("at height {height}"),
        );
        shell.say(format!(
            "  stale block {hash} {height}: {n_transactions} transactions set aside"
        ));
    }
    for assumption in &summary.assumptions {
        shell.say(format!("  assumption: {assumption}"));
    }
    for remark in &summary.remarks {
        shell.say(format!("  note: {remark}"));
    }
    if summary.network.is_some() && exhibit.number > 1 {
        let root = quoted(&case.root().to_string_lossy());
        shell.say(format!(
            "  entities: `moneytrail entities {root} --merged-by X{}` says what it joined, and why",
            exhibit.number
        ));
    }
    let quarantined = crate::cite::quarantined(case, exhibit)?;
    for record in quarantined.iter().take(N_LISTED) {
        shell.say(format!(
            "  quarantined {}: {}",
            record.locator, record.reason
        ));
    }
    if quarantined.len() > N_LISTED {
        shell.say(format!(
            "  … and {} more in segments/X{}/{}",
            quarantined.len() - N_LISTED,
            exhibit.number,
            Table::Records.file_name()
        ));
    }
    // A row of a book can name people.
    let is_masked = summary.profile.is_some() && !shell.is_disclosed();
    let json = json!({
        "exhibit": format!("X{}", exhibit.number),
        "file": exhibit.name,
        "sha256": exhibit.sha256,
        "format": summary.format,
        "network": summary.network,
        "records": records(&summary.counts),
        "figures": summary.figures.iter().map(|(what, n)| json!({ "what": what, "n": n })).collect::<Vec<_>>(),
        "stale": summary.stale.iter().map(|(height, hash, n)| json!({ "height": height, "hash": hash, "transactions": n })).collect::<Vec<_>>(),
        "assumptions": summary.assumptions,
        "remarks": summary.remarks,
        "quarantined": quarantined.iter().map(|record| json!({
            "locator": record.locator.to_string(), "reason": record.reason,
            "raw": if is_masked { Vec::new() } else { record.raw.clone() }, "masked": is_masked,
        })).collect::<Vec<_>>(),
    });
    Ok(Added {
        json,
        n_quarantined: summary.counts.quarantined,
        number: Some(exhibit.number),
    })
}

/// Records by bin, as JSON.
pub(crate) fn records(counts: &RecordCounts) -> Value {
    json!({
        "read": counts.total(), "transferred": counts.transferred, "contextual": counts.contextual,
        "set_aside": counts.set_aside, "quarantined": counts.quarantined,
    })
}
