//! Tables of transfers that no reader knows, by a profile with `[transfers]`: of any chain or any custodian.
//!
//! Laws. The profile says what a column is; what it leaves open is an assumption that is printed. With the columns
//! `from` and `to` a row is a movement of a transaction, which joins what other exhibits say of that transaction; on
//! UTXO networks, whose transactions have no such rows, it refers to it. With a custodian a row is a change of the
//! owner's account. A row that failed moves its fee only.
//!
//! Reading order: `sheet` reads cells by the profile, `written` says what stands for an asset, `chain` and `custody` make rows of a segment, `proposal` finds
//! addresses in columns.

mod chain;
mod custody;
mod proposal;
mod sheet;
mod written;

pub(crate) use proposal::propose;

use crate::table::book::load;
use crate::table::field::Field;
use crate::table::profile::Profile;
use crate::table::{delimited, propose as by_profile, text};
use crate::{Error, Evidence, Format, Options, Outcome, Progress};
use moneytrail_model::RecordCounts;
use moneytrail_store::schema::Sink;
use sheet::Mapped;

/// The profile, if it says that rows are transfers.
///
/// # Errors
/// If it does not read.
pub(crate) fn asked(options: &Options) -> Result<Option<Profile>, Error> {
    let profile = options.profile.as_deref().map(Profile::parse).transpose()?;
    Ok(profile.filter(|profile| profile.transfers.is_some()))
}

/// Whether a profile of transfers is given, and the one file of the exhibit is delimited text with its header.
///
/// # Errors
/// If the profile does not read or the file cannot be mapped.
pub(crate) fn fits(evidence: &Evidence, options: &Options) -> Result<bool, Error> {
    let (Some(profile), [file]) = (asked(options)?, &evidence.files[..]) else {
        return Ok(false);
    };
    let Some(map) = file.map()? else {
        return Ok(false);
    };
    let head = &map[..map.len().min(super::HEAD_LEN)];
    let decoded = text::decode(head, text::encoding_of(head));
    if decoded.contains('\0') {
        return Ok(false);
    }
    let read = delimited::read(
        "",
        decoded.as_bytes(),
        Some("utf-8"),
        profile.book.delimiter,
    )?;
    let map = by_profile::map_by_profile(&read.sheet, &profile)?;
    Ok(map.has(Field::Date))
}

/// Reads a table of transfers.
///
/// # Errors
/// If the profile leaves out what is needed, the file does not open, or the sink refuses a batch.
pub(crate) fn read(
    evidence: &Evidence,
    profile: &Profile,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let sheets = load(evidence, Some(profile))?.0;
    let mut whole: Option<Outcome> = None;
    for sheet in &sheets {
        let mut assumptions = Vec::new();
        let mapped = Mapped::of(sheet, profile, &mut assumptions)?;
        let (batch, figures, remarks, assumed) = if mapped.custodian().is_some() {
            custody::rows(&mapped, evidence.book)
        } else {
            chain::rows(&mapped)
        };
        assumptions.extend(assumed);
        let mut counts = RecordCounts::default();
        for record in &batch.records {
            counts.count(record.bin);
        }
        sink.push(batch)?;
        let mut all = vec![("rows".to_owned(), counts.total())];
        all.extend(figures);
        let outcome = Outcome {
            format: Format::Table,
            network: mapped.network,
            counts,
            figures: all,
            stale: Vec::new(),
            assumptions,
            remarks,
            profile: Some(profile.to_toml()?),
        };
        whole = Some(match whole {
            Some(known) => known.and(outcome),
            None => outcome,
        });
    }
    for file in &evidence.files {
        progress.advance(file.len()?);
    }
    whole.ok_or_else(|| Error::Empty {
        path: String::new(),
    })
}
