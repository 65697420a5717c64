//! `summary`: the first hour with a case. Whose each book is and what it covers, what is in each exhibit, what is lacking, and what cannot wait.
//!
//! Law: what is read is told as it stands, with its place; who keeps a book and what its torn ends mean are inferences and say so.

mod book;
mod lacks;
mod other;
mod say;

use crate::commands::{disclose, entities, escrow};
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::memory;
use crate::shelf::{self, Shelf};
use crate::shell::Shell;
use crate::stated::{self, Stated};
use clap::Args;
use moneytrail_ingest::table::Profile;
use moneytrail_model::{ExhibitNo, RecordCounts};
use moneytrail_store::{Case, Exhibit};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct SummaryArgs {
    /// The case
    case: PathBuf,
    /// One exhibit of it, such as X3
    exhibit: Option<String>,
}

/// Most of the largest entities that are listed.
const N_ENTITIES: usize = 5;

/// A book: all exhibits of one keeper.
struct Keeper<'a> {
    /// As his profile writes him.
    name: String,
    exhibits: Vec<&'a Exhibit>,
    counts: RecordCounts,
    facts: book::Facts,
    lacks: lacks::Lacks,
}

pub(crate) fn summary(args: &SummaryArgs, shell: &Shell) -> Result<Verdict, Error> {
    let case = memory::within(Case::open(&args.case)?, shell.memory())?;
    let all = case.exhibits()?;
    let only = args.exhibit.as_deref();
    let only = only.map(|text| number(text, &all)).transpose()?;
    let chosen: Vec<&Exhibit> = all
        .iter()
        .filter(|exhibit| only.is_none_or(|number| number == exhibit.number))
        .collect();
    let bar = shell.spinner("read the books");
    let shelf = shelf::read(&case)?;
    let keepers = keepers(&case, &shelf, &chosen)?;
    drop(bar);
    let is_book = |exhibit: &Exhibit| {
        let mut books = shelf.books.iter();
        books.any(|book| book.exhibit == exhibit.number)
    };
    let others: Vec<&Exhibit> = chosen.iter().copied().filter(|of| !is_book(of)).collect();
    let head = say::head(&case, &chosen, &keepers, shell)?;
    let escrow = if keepers.is_empty() {
        Value::Null
    } else {
        escrow::brief(&shelf, only, shell)
    };
    let mut books = Vec::new();
    for keeper in &keepers {
        books.push(say::book(keeper, shell));
    }
    let (mut exhibits, mut joined) = (Vec::new(), Value::Null);
    if !others.is_empty() {
        let evidence = Evidence::open(&args.case, shell)?;
        for of in other::of(&evidence, &others)? {
            exhibits.push(say::other(&of, shell));
        }
        shell.say_apart("who belongs together, in the whole case:");
        joined = entities::overview(&evidence, N_ENTITIES, shell)?;
    }
    if shell.is_disclosed() && keepers.iter().any(|keeper| keeper.facts.names_customers()) {
        disclose(case, "summary", shell)?;
    }
    let mut result = head;
    result["escrow"] = escrow;
    result["books"] = books.into();
    result["exhibits"] = exhibits.into();
    result["entities"] = joined;
    shell.json(&result)?;
    Ok(Verdict::Done)
}

/// The number of an exhibit as a person names it.
fn number(text: &str, all: &[Exhibit]) -> Result<u32, Error> {
    let number = ExhibitNo::parse(text).map(ExhibitNo::get);
    let is_meant = |exhibit: &&Exhibit| number == Some(exhibit.number) || exhibit.name == text;
    let found = all.iter().find(is_meant);
    found.map(|exhibit| exhibit.number).ok_or_else(|| {
        let has = match all {
            [] => "it has none".to_owned(),
            [only] => format!("it has one: X{}", only.number),
            [first, .., last] => format!("it has X{} to X{}", first.number, last.number),
        };
        Error::usage(format!("`{text}` is no exhibit of this case")).hint(has)
    })
}

/// The books of the chosen exhibits, by keeper.
fn keepers<'a>(
    case: &Case,
    shelf: &Shelf,
    chosen: &[&'a Exhibit],
) -> Result<Vec<Keeper<'a>>, Error> {
    let by_number: BTreeMap<u32, &'a Exhibit> = chosen.iter().map(|&of| (of.number, of)).collect();
    let of_books = shelf.books.iter();
    let wanted: Vec<&Exhibit> = of_books
        .filter_map(|book| by_number.get(&book.exhibit).copied())
        .collect();
    let stated: BTreeMap<u32, Stated> = wanted
        .iter()
        .map(|exhibit| exhibit.number)
        .zip(stated::read(case, &wanted))
        .collect();
    let named = lacks::named_elsewhere(shelf);
    let mut keepers = Vec::new();
    for (keeper, _) in (0_u32..).zip(&shelf.keepers) {
        let books: Vec<&shelf::Book> = shelf
            .books
            .iter()
            .filter(|book| book.keeper == keeper && by_number.contains_key(&book.exhibit))
            .collect();
        let Some(first) = books.first() else { continue };
        let exhibits: Vec<&Exhibit> = books.iter().map(|book| by_number[&book.exhibit]).collect();
        let mut counts = RecordCounts::default();
        for exhibit in &exhibits {
            counts.add(case.segment(exhibit.number)?.summary().counts);
        }
        let profile = case.segment(first.exhibit)?.summary().profile.clone();
        let profile = Profile::parse(&profile.unwrap_or_default())?;
        let facts = book::facts(&books, shelf);
        let lacks = lacks::of(&books, &stated, &facts, named.get(&keeper));
        keepers.push(Keeper {
            name: profile.book.owner.unwrap_or_default(),
            exhibits,
            counts,
            facts,
            lacks,
        });
    }
    Ok(keepers)
}
