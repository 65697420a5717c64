//! What the books of a case state of themselves, by reading their exhibits again: running numbers and balances.

use crate::commands::evidence_of;
use crate::error::Error;
use moneytrail_ingest::table::{self, StatedBook};
use moneytrail_ingest::{Format, Options, Part, open};
use moneytrail_store::{Case, Exhibit};
use rayon::prelude::*;

/// The tables of an exhibit, or why they could not be read again.
pub(crate) type Stated = Result<Vec<StatedBook>, String>;

/// Reads exhibits again, side by side; in their order.
pub(crate) fn read(case: &Case, exhibits: &[&Exhibit]) -> Vec<Stated> {
    let read = |exhibit: &&Exhibit| of(case, exhibit).map_err(|error| error.message);
    exhibits.par_iter().map(read).collect()
}

fn of(case: &Case, exhibit: &Exhibit) -> Result<Vec<StatedBook>, Error> {
    let profile = case.segment(exhibit.number)?.summary().profile.clone();
    let paths = exhibit.paths(&case.exhibit_directory(exhibit.number));
    let evidence = evidence_of(paths, exhibit.book()?);
    let mut options = Options {
        profile: profile.clone(),
        ..Options::default()
    };
    let opened = open(&evidence, &options)?;
    let is_table = |part: &&Part| part.format == Format::Table;
    let parts: Vec<&Part> = opened.parts().iter().filter(is_table).collect();
    if parts.len() > 1 {
        // The profile that is stored is that of the first.
        options.profile = None;
    }
    let mut all = Vec::new();
    for part in parts {
        all.extend(table::stated(&part.evidence, &options)?);
    }
    Ok(all)
}
