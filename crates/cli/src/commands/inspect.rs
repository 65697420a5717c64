//! `inspect`: what a file is, how it would be read, and what would be quarantined.

use super::add::{counted, options};
use crate::args::InspectArgs;
use crate::error::{Error, Verdict};
use crate::shell::Shell;
use moneytrail_ingest::table::Inspection;
use moneytrail_ingest::{
    Evidence, EvidenceFile, Format, Gathered, Options, Part, account_chain, chain, gather, joined,
    open, table,
};
use moneytrail_model::BookId;
use serde_json::{Value, json};

/// Schema of the result.
const SCHEMA: &str = "moneytrail-inspect/1";

/// Sample cells shown for each column.
const N_SAMPLES: usize = 3;

pub(crate) fn inspect(args: &InspectArgs, shell: &Shell) -> Result<Verdict, Error> {
    let options = options(&args.reading)?;
    let gathered = joined(gather(&args.file)?)?;
    let mut inspected = Vec::new();
    let mut profiles = Vec::new();
    let mut n_unreadable = 0;
    for one in &gathered {
        let result = inspect_one(one, &options, &mut profiles, shell);
        match result {
            Ok(json) => inspected.extend(json),
            Err(error) if gathered.len() == 1 => return Err(error.into()),
            Err(error) => {
                n_unreadable += 1;
                shell.say(format!("{}: {error}", one.name));
                inspected.push(
                    json!({ "file": one.name, "code": error.code(), "message": error.to_string() }),
                );
            }
        }
    }
    if let Some(path) = &args.write_profile {
        match &profiles[..] {
            [profile] => fs_err::write(path, profile)?,
            [] => {
                return Err(Error::input(
                    "there is no profile to write: only tables other than plain lists have one",
                ));
            }
            several => {
                return Err(Error::usage(format!(
                    "{} files have a profile; inspect one of them",
                    several.len()
                )));
            }
        }
        shell.say(format!("profile written to {}", path.display()));
    }
    shell.json(&json!({ "schema": SCHEMA, "files": inspected }))?;
    Ok(if n_unreadable > 0 {
        Verdict::Problems
    } else {
        Verdict::Done
    })
}

/// Inspects an exhibit, part by part.
fn inspect_one(
    one: &Gathered,
    options: &Options,
    profiles: &mut Vec<String>,
    shell: &Shell,
) -> Result<Vec<Value>, moneytrail_ingest::Error> {
    let opened = open(&evidence_of(one), options)?;
    let mut inspected = Vec::new();
    for Part { format, evidence } in opened.parts() {
        let named = Gathered {
            name: match (opened.parts().len(), &*evidence.files) {
                (1, _) => one.name.clone(),
                (_, [file]) => file.name.clone(),
                (_, files) => format!("{} and {} more", files[0].name, files.len() - 1),
            },
            files: one.files.clone(),
        };
        inspected.push(match format {
            Format::BlockFiles
            | Format::RawBlock
            | Format::CoreJson
            | Format::EsploraJson
            | Format::BitcoinEtl
            | Format::Blockchair
            | Format::Electrum => {
                let bar = shell.spinner(&format!("inspect {}", named.name));
                let overview = chain::inspect(*format, evidence, options, &bar)?;
                print_chain(&named, *format, &overview, shell)
            }
            Format::Etl
            | Format::EtherscanCsv
            | Format::EtherscanJson
            | Format::BlockscoutCsv
            | Format::TronGridJson
            | Format::TronscanJson
            | Format::Exchange => {
                let bar = shell.spinner(&format!("inspect {}", named.name));
                let inspection = account_chain::inspect(*format, evidence, options, &bar)?;
                print_accounts(&named, &inspection, shell)
            }
            Format::TransferList | Format::TransferParquet | Format::Table | Format::Several => {
                let mut inspection = table::inspect(*format, evidence, options)?;
                if !shell.is_disclosed() {
                    mask(&mut inspection);
                }
                profiles.extend(inspection.profile.clone());
                print_table(&named, &inspection, shell)
            }
        });
    }
    for (path, why) in opened.left() {
        shell.say(format!("{path}: {why}"));
        inspected.push(json!({ "file": path, "not_read": why }));
    }
    Ok(inspected)
}

/// Takes out what can tell who a customer is: cells of columns that name people, and rows of a book.
fn mask(inspection: &mut Inspection) {
    let profile = inspection.profile.as_deref().map(table::Profile::parse);
    let Some(Ok(profile)) = profile else {
        return;
    };
    for sheet in &mut inspection.sheets {
        let mut personal = Vec::new();
        for record_row in [1, 2] {
            let of_row = sheet.columns.iter();
            let of_row = of_row.filter(|column| column.record_row == record_row);
            let headers: Vec<&str> = of_row.map(|column| &*column.header).collect();
            personal.extend(table::personal_columns(&profile, &headers, record_row));
        }
        for (column, _) in sheet.columns.iter_mut().zip(personal).filter(|pair| pair.1) {
            for sample in &mut column.samples {
                "masked".clone_into(&mut sample.raw);
                sample.reading = Some("masked".to_owned());
            }
        }
    }
    for row in &mut inspection.quarantined {
        row.raw.clear();
    }
    inspection
        .remarks
        .push("cells that can name people are masked; --operator and --purpose show them".into());
}

/// The files as readers see them. Names in a book are not stored here, so its namespace is empty.
fn evidence_of(gathered: &Gathered) -> Evidence {
    let files = gathered
        .files
        .iter()
        .map(|(name, path)| EvidenceFile::new(name.clone(), path.clone()));
    Evidence {
        files: files.collect(),
        book: BookId([0; 8]),
    }
}

fn print_chain(
    gathered: &Gathered,
    format: Format,
    overview: &chain::Overview,
    shell: &Shell,
) -> Value {
    let network = overview.network.map_or_else(
        || "unknown network".to_owned(),
        |network| network.to_string(),
    );
    // Exports without blocks, as a wallet's history, have records only.
    let blocks = match (overview.n_blocks, overview.counts) {
        (0, Some(_)) => String::new(),
        (n_blocks, _) => format!(", {n_blocks} blocks"),
    };
    let name = &gathered.name;
    shell.say(format!("{name}: {}, {network}{blocks}", format.as_str()));
    if let Some((least, greatest)) = overview.heights {
        shell.say(format!("  heights {least} to {greatest}"));
    }
    if let Some((first, last)) = overview.times {
        shell.say(format!("  times {first} to {last}"));
    }
    if let Some(counts) = overview.counts {
        shell.say(format!("  records: {counts}"));
    }
    for (locator, reason) in &overview.quarantined {
        shell.say(format!("  would be quarantined: {locator}: {reason}"));
    }
    said(&overview.assumptions, &overview.remarks, shell);
    let quarantined = overview.quarantined.iter();
    let quarantined =
        quarantined.map(|(locator, reason)| json!({ "locator": locator, "reason": reason }));
    json!({
        "file": gathered.name,
        "format": format.as_str(),
        "network": overview.network.map(|network| network.to_string()),
        "blocks": overview.n_blocks,
        "heights": overview.heights,
        "times": overview.times.map(|(first, last)| [first.to_string(), last.to_string()]),
        "records": overview.counts,
        "quarantined": quarantined.collect::<Vec<_>>(),
        "assumptions": overview.assumptions,
        "remarks": overview.remarks,
    })
}

fn print_accounts(
    gathered: &Gathered,
    inspection: &account_chain::Inspection,
    shell: &Shell,
) -> Value {
    let network = inspection.network.as_deref().unwrap_or("unknown network");
    shell.say(format!(
        "{}: {}, {network}",
        gathered.name, inspection.format
    ));
    for (file, table) in &inspection.files {
        if let Some(table) = table {
            shell.say(format!("  {file}: {table}"));
        }
    }
    shell.say(format!("  records: {}", inspection.counts));
    let figures: Vec<String> = inspection
        .figures
        .iter()
        .map(|(what, n)| counted(*n, what))
        .collect();
    shell.say(format!("  {}", figures.join(", ")));
    for (rows, what) in [
        (&inspection.quarantined, "quarantined"),
        (&inspection.set_aside, "set aside"),
    ] {
        for row in rows {
            shell.say(format!(
                "  would be {what}: {}: {}",
                row.locator, row.reason
            ));
        }
    }
    said(&inspection.assumptions, &inspection.remarks, shell);
    json!({ "file": gathered.name, "accounts": inspection })
}

fn said(assumptions: &[String], remarks: &[String], shell: &Shell) {
    for assumption in assumptions {
        shell.say(format!("  assumption: {assumption}"));
    }
    for remark in remarks {
        shell.say(format!("  note: {remark}"));
    }
}

/// What a book says of itself as a whole, and where its balances do not add up.
fn print_book(inspection: &Inspection, shell: &Shell) {
    for property in &inspection.properties {
        let others = match &*property.alternatives {
            [] => String::new(),
            others => format!("; fits as well: {}", others.join(", ")),
        };
        let score = property
            .score
            .map_or(String::new(), |score| format!("{score}, "));
        let second = property
            .runner_up
            .as_ref()
            .map_or(String::new(), |(value, score)| {
                format!("; else {value} {score}")
            });
        shell.say(format!(
            "  {}: {}  ({score}{}{second}{others})",
            property.name, property.value, property.by
        ));
    }
    for one in &inspection.equations {
        let kept = if one.is_habit {
            ""
        } else {
            "; no rule of this book"
        };
        shell.say(format!(
            "  equation: {}  ({} of {} hold{kept})",
            one.equation, one.n_hold, one.n
        ));
    }
    for repair in &inspection.repairs {
        shell.say(format!(
            "  repair ({}): {} {} says {}, {} makes {} hold ({})",
            repair.rule,
            repair.cell,
            repair.field,
            repair.written,
            repair.value,
            counted(repair.equations.len() as u64, "equations"),
            repair.slip
        ));
        for equation in &repair.equations {
            shell.say(format!("    {equation}"));
        }
    }
    for one in &inspection.breaks {
        shell.say(format!("  {}: {}", one.says(), one.equation));
        for candidate in &one.candidates {
            shell.say(format!("    would hold with {candidate}"));
        }
    }
    if !inspection.repairs.is_empty() {
        shell.say("  (no figure is changed; to accept a repair, put the cell and its figure under [corrections] of a profile)");
    }
}

fn print_table(gathered: &Gathered, inspection: &Inspection, shell: &Shell) -> Value {
    let encoding = inspection
        .encoding
        .as_ref()
        .map(|encoding| format!(", {encoding}"))
        .unwrap_or_default();
    let delimiter = inspection
        .delimiter
        .map(|mark| format!(", separated by {mark:?}"))
        .unwrap_or_default();
    shell.say(format!(
        "{}: {}{encoding}{delimiter}",
        gathered.name, inspection.format
    ));
    for sheet in &inspection.sheets {
        let direction = if sheet.right_to_left {
            ", right to left"
        } else {
            ""
        };
        let header = sheet.header_row.map_or_else(
            || "no header".to_owned(),
            |row| format!("header in row {row}"),
        );
        shell.say(format!(
            "  sheet {}: {} rows, {header}{direction}",
            sheet.name, sheet.n_rows
        ));
        for column in &sheet.columns {
            let meaning = column.meaning.unwrap_or("not read");
            let currency = column
                .currency
                .as_ref()
                .map(|currency| format!(" in {currency}"))
                .unwrap_or_default();
            let second = column
                .runner_up
                .map(|(meaning, score)| format!(", else {meaning} {score}"))
                .unwrap_or_default();
            let row = match column.record_row {
                2 => " of the second row",
                _ => "",
            };
            shell.say(format!(
                "    C{}{row} {}: {meaning}{currency}  ({}{second})",
                column.number, column.header, column.score
            ));
            let samples =
                column
                    .samples
                    .iter()
                    .take(N_SAMPLES)
                    .map(|sample| match &sample.reading {
                        Some(reading) if *reading != sample.raw => {
                            format!("{} = {reading}", sample.raw)
                        }
                        Some(_) => sample.raw.clone(),
                        None => format!("{} (not understood)", sample.raw),
                    });
            let samples: Vec<String> = samples.collect();
            if !samples.is_empty() {
                shell.say(format!("       {}", samples.join("  |  ")));
            }
        }
    }
    print_book(inspection, shell);
    shell.say(format!("  records: {}", inspection.counts));
    for row in &inspection.quarantined {
        shell.say(format!(
            "  would be quarantined: {}!R{}: {}",
            row.sheet, row.row, row.reason
        ));
    }
    said(&inspection.assumptions, &inspection.remarks, shell);
    if let Some(profile) = &inspection.profile {
        shell.say("  profile (edit it, then: moneytrail add CASE FILE --profile P.toml):");
        profile
            .lines()
            .for_each(|line| shell.say(format!("    {line}")));
    }
    json!({ "file": gathered.name, "table": inspection })
}
