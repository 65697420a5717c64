//! What a person writes for a place in the graph: an address, an account, a transaction, a locator,
//! a name, a tag, a category of tags.

use crate::cite::Records;
use crate::error::Error;
use crate::follow::Evidence;
use crate::shell::Shell;
use moneytrail_model::tag::Tag;
use moneytrail_model::trace::Seed;
use moneytrail_model::{
    AccountKey, EventIdx, ExhibitNo, Layer, Locator, Network, NodeIdx, Place, TransferIdx,
    TransferKind,
};
use moneytrail_store::graph::{Citation, Graph, TransferList};
use moneytrail_store::schema::{SourceRow, Table};
use moneytrail_store::segment::Pair;
use moneytrail_store::{Case, Segment};
use std::collections::{BTreeMap, BTreeSet};

/// Code of the error that says that nothing in the case is what was written.
pub(crate) const NOT_FOUND: &str = "cli/not-found";

/// Most candidates that an error lists.
const N_CANDIDATES: usize = 5;

/// What the text meant.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    Account(NodeIdx),
    /// An event, and one output of it if the text named one.
    Event(EventIdx, Option<u32>),
}

/// Finds what `text` means in the case.
pub(crate) fn find(
    case: &Case,
    graph: &Graph,
    tags: &[Tag],
    text: &str,
) -> Result<Vec<Found>, Error> {
    if let Some(node) = account(graph, text) {
        return Ok(vec![Found::Account(node)]);
    }
    if let Some((txid, vout)) = transaction(text) {
        return by_transaction(case, graph, txid, vout, text);
    }
    if text.contains('!')
        && let Some(locator) = Locator::parse(text)
    {
        return by_locator(case, graph, &locator, text);
    }
    if let Some(category) = text.strip_prefix("category:") {
        let tagged = of_category(graph, tags, category)?;
        return Ok(tagged.into_iter().map(Found::Account).collect());
    }
    by_name(graph, tags, text)
}

/// Accounts that have a tag of this category.
pub(crate) fn of_category(
    graph: &Graph,
    tags: &[Tag],
    category: &str,
) -> Result<BTreeSet<NodeIdx>, Error> {
    let category = category.trim();
    let tagged = tags.iter().filter(|tag| &*tag.category == category);
    let nodes: BTreeSet<NodeIdx> = tagged
        .filter_map(|tag| graph.node_of(&tag.account))
        .collect();
    if nodes.is_empty() {
        let in_case = tags
            .iter()
            .filter(|tag| graph.node_of(&tag.account).is_some() && !tag.category.is_empty());
        let known: BTreeSet<&str> = in_case.map(|tag| &*tag.category).collect();
        let known: Vec<&str> = known.into_iter().collect();
        let error = Error::input(format!(
            "`category:{category}`: no account of this case has a tag of this category"
        ));
        return Err(match (known.is_empty(), tags.len()) {
            (false, _) => error.hint(format!("categories of its tags: {}", known.join(", "))),
            (true, 0) => error.hint("moneytrail tag CASE FILE takes a list of tags in"),
            (true, n) => error.hint(format!(
                "the {n} tags of the case have no category, or are of accounts that do not occur in it"
            )),
        });
    }
    Ok(nodes)
}

/// The account with this text form, on any network of the graph.
fn account(graph: &Graph, text: &str) -> Option<NodeIdx> {
    Network::ALL
        .into_iter()
        .find_map(|network| graph.node_of(&AccountKey::parse(text, network)?))
}

/// `txid` or `txid:output`.
fn transaction(text: &str) -> Option<([u8; 32], Option<u32>)> {
    let (txid, vout) = match text.split_once(':') {
        Some((txid, vout)) => (txid, Some(vout.parse().ok()?)),
        None => (text, None),
    };
    let txid = hex::decode(txid.strip_prefix("0x").unwrap_or(txid)).ok()?;
    Some((txid.try_into().ok()?, vout))
}

fn by_transaction(
    case: &Case,
    graph: &Graph,
    txid: [u8; 32],
    vout: Option<u32>,
    text: &str,
) -> Result<Vec<Found>, Error> {
    // People write the id of a UTXO network from its last byte on.
    let mut reversed = txid;
    reversed.reverse();
    let on = |is_utxo: bool, id: [u8; 32]| {
        let events = graph.events_of_txid(&id).filter(move |&event| {
            graph
                .txid(event)
                .is_some_and(|(network, _)| network.is_utxo() == is_utxo)
        });
        events.collect::<Vec<EventIdx>>()
    };
    let mut events = [on(true, reversed), on(false, txid)].concat();
    events.sort_unstable();
    let is_it = |network: Network, id: &[u8]| id == if network.is_utxo() { reversed } else { txid };
    let mut is_recorded = false;
    if events.is_empty() {
        for exhibit in case.exhibits()? {
            is_recorded |= case.segment(exhibit.number)?.has_transaction(is_it)?;
        }
    }
    found(&events, is_recorded, vout, text)
}

fn by_locator(
    case: &Case,
    graph: &Graph,
    locator: &Locator,
    text: &str,
) -> Result<Vec<Found>, Error> {
    if matches!(locator.place, Place::File | Place::Bytes { .. }) {
        return Err(
            Error::usage(format!("`{text}` names no row and no transaction")).hint(
                "for example book.xlsx!Sheet1!R12, list.csv!R7, or blk00000.dat!height 170!tx 1",
            ),
        );
    }
    let mut rows = Vec::new();
    for exhibit in case.exhibits()? {
        let segment = case.segment(exhibit.number)?;
        rows.extend(rows_at(&segment, exhibit.number, locator)?);
    }
    let events = carrying(graph, graph.events_first_cited(&rows), &rows);
    let found = found(&events, !rows.is_empty(), None, text)?;
    if let [_, _, ..] = found[..] {
        let mut exhibits: Vec<String> =
            rows.iter().map(|row| format!("X{}", row.exhibit)).collect();
        exhibits.dedup();
        return Err(Error::usage(format!(
            "`{text}` names {} events, in {}",
            found.len(),
            exhibits.join(", ")
        ))
        .hint("put the exhibit before it, or more of the path: X1/book.xlsx!Sheet1!R12"));
    }
    Ok(found)
}

/// Of rows whose events move nothing, because a claim made each one with another row: the events whose transfers carry them. O(transfers) then.
fn carrying(graph: &Graph, events: Vec<EventIdx>, rows: &[Citation]) -> Vec<EventIdx> {
    let moves = |&event: &EventIdx| graph.transfers_of(event).next().is_some();
    if events.is_empty() || events.iter().any(moves) {
        return events;
    }
    let transfers = (0..graph.n_transfers()).map(TransferIdx::new);
    let is_cited = |transfer: &TransferIdx| {
        let mut cited = graph.citations_of(*transfer);
        cited.any(|citation| rows.contains(&citation))
    };
    let carried = transfers.filter(is_cited);
    let carried: BTreeSet<EventIdx> = carried.map(|of| graph.event_of(of)).collect();
    if carried.is_empty() {
        events
    } else {
        carried.into_iter().collect()
    }
}

/// Says which row carries what a locator names, where a claim made the two one.
pub(crate) fn say_carried(evidence: &Evidence, text: &str, shell: &Shell) -> Result<(), Error> {
    if !text.contains('!') {
        return Ok(());
    }
    let found = find(&evidence.case, &evidence.graph, &evidence.tags, text)?;
    if let Some(row) = carried_by(evidence, &found, text)? {
        shell.note(format!(
            "{text} is one with {row} by a claim, and moves nothing of its own: what carries both is followed"
        ));
    }
    Ok(())
}

/// The row that carries what a locator names, where a claim made the two one and the locator is that of the other; with its exhibit.
fn carried_by(evidence: &Evidence, found: &[Found], text: &str) -> Result<Option<String>, Error> {
    let ([Found::Event(event, None)], Some(asked)) = (found, Locator::parse(text)) else {
        return Ok(None);
    };
    let asked = asked.to_string();
    let is_asked = |locator: &Locator| {
        let stated = locator.to_string();
        stated == asked
            || stated.ends_with(&format!("/{asked}"))
            || asked.ends_with(&format!("/{stated}"))
    };
    let mut records = Records::new(&evidence.case, &evidence.graph);
    let mut first = None;
    for citation in evidence.graph.citations(*event) {
        let cited = records.cited(Some(*event), citation)?;
        if is_asked(&cited.locator) {
            return Ok(first);
        }
        first.get_or_insert(format!("X{} {}", cited.exhibit, cited.locator));
    }
    Ok(None)
}

/// Events of an exhibit that stand at a place: columns of the row groups that may have it are read.
fn rows_at(segment: &Segment, exhibit: u32, locator: &Locator) -> Result<Vec<Citation>, Error> {
    // `X2/book.xlsx!Sheet1!R12` is the row of one exhibit where several have a file of that name.
    let within = locator
        .path
        .split_once('/')
        .and_then(|(no, path)| Some((ExhibitNo::parse(no)?.get(), path)));
    let fits = |stored: &str| {
        let is_path = |path: &str| *stored == *path || stored.ends_with(&format!("/{path}"));
        is_path(&locator.path) || within.is_some_and(|(no, path)| no == exhibit && is_path(path))
    };
    let sources = segment.sources()?;
    let fitting = (0_u32..)
        .zip(&sources)
        .filter(|(_, source)| fits(&source.path));
    let fitting: BTreeMap<u32, &SourceRow> = fitting.collect();
    if fitting.is_empty() {
        return Ok(Vec::new());
    }
    let (columns, wanted): (_, BTreeSet<Pair>) = match &locator.place {
        Place::Cell { sheet, row, .. } => {
            let of_sheet = fitting
                .iter()
                .filter(|(_, source)| source.sheet.as_deref().unwrap_or("-") == &**sheet);
            let mut wanted = BTreeSet::new();
            for (&source, _) in of_sheet {
                let row = crate::cite::first_row(segment, source, *row)?;
                wanted.insert((Some(i64::from(source)), i64::from(row)));
            }
            (["source", "row"], wanted)
        }
        Place::Transaction { height, tx_index } => {
            let blocks = segment.read(&[Table::Blocks])?.blocks;
            let of_height = (0_i64..)
                .zip(blocks)
                .filter(|(_, block)| block.height == *height);
            let known = of_height.map(|(block, _)| Some(block));
            let without_block = height.is_none().then_some(None);
            let blocks = known.chain(without_block);
            let wanted = blocks.map(|block| (block, i64::from(*tx_index)));
            (["block", "tx_index"], wanted.collect())
        }
        Place::File | Place::Bytes { .. } => return Ok(Vec::new()),
    };
    let found = segment.rows_with(Table::Events, columns, &wanted)?;
    let rows = found
        .into_iter()
        .filter_map(|(row, _)| u32::try_from(row).ok())
        .collect();
    let places = segment.event_places(&rows)?.into_iter();
    let places = places.filter(|(_, place)| fitting.contains_key(&place.source));
    Ok(places
        .map(|(event_row, _)| Citation { exhibit, event_row })
        .collect())
}

/// Events, in the order of the record; without any, why there is none.
fn found(
    events: &[EventIdx],
    is_recorded: bool,
    vout: Option<u32>,
    text: &str,
) -> Result<Vec<Found>, Error> {
    if events.is_empty() {
        let why = if is_recorded {
            "it moved nothing, or a better source holds it"
        } else {
            "no exhibit has it"
        };
        return Err(Error::input(format!("`{text}`: {why}")));
    }
    Ok(events
        .iter()
        .map(|&event| Found::Event(event, vout))
        .collect())
}

fn folded(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// All accounts that the text can mean, ascending: those that a tag calls so as well as those that books and lists name so,
/// and of a hawaladar his cash and what is pending with him. For questions in which one account too many does no harm.
pub(crate) fn all_called(graph: &Graph, tags: &[Tag], text: &str) -> Vec<NodeIdx> {
    if let Some(node) = account(graph, text) {
        return vec![node];
    }
    let wanted = folded(text);
    let tagged = tags.iter().filter(|tag| folded(&tag.label) == wanted);
    let mut called: Vec<NodeIdx> = tagged
        .filter_map(|tag| graph.node_of(&tag.account))
        .collect();
    let is_named = |node: &NodeIdx| {
        let name = match graph.account(*node) {
            Some(AccountKey::Hawaladar(name, _)) => Some(String::from(name)),
            _ => named(graph, *node),
        };
        name.is_some_and(|name| folded(&name) == wanted)
    };
    called.extend(
        graph
            .accounts_of_tags(AccountKey::NAMED_TAGS)
            .filter(is_named),
    );
    called.sort_unstable();
    called.dedup();
    called
}

/// Accounts whose name, or whose tag's label, is the text; case and white space do not count.
fn by_name(graph: &Graph, tags: &[Tag], text: &str) -> Result<Vec<Found>, Error> {
    let wanted = folded(text);
    let tagged = tags
        .iter()
        .filter(|tag| folded(&tag.label) == wanted)
        .filter_map(|tag| graph.node_of(&tag.account));
    let mut found: Vec<NodeIdx> = tagged.collect();
    if found.is_empty() {
        found = graph
            .accounts_of_tags(AccountKey::NAMED_TAGS)
            .filter(|&node| named(graph, node).is_some_and(|name| folded(&name) == wanted))
            .collect();
        if let [_, _, ..] = found[..] {
            let listed: Vec<String> = found
                .iter()
                .take(N_CANDIDATES)
                .filter_map(|&node| graph.account(node))
                .map(|key| key.to_string())
                .collect();
            return Err(
                Error::usage(format!("`{text}` names {} accounts", found.len()))
                    .hint(format!("give one of them in full: {}", listed.join("  ")))
                    .hint("a name in two books is two accounts until a claim joins them"),
            );
        }
    }
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        let mut error = Error::input(format!(
            "`{text}`: no account, transaction, row, name or tag of this case"
        ));
        error.code = NOT_FOUND;
        return Err(error
            .hint("addresses, txids, and locators such as book.xlsx!Sheet1!R12 work; so do names as written in a book, labels of tags, and category:exchange"));
    }
    Ok(found.into_iter().map(Found::Account).collect())
}

/// The name that a person gave the account, without what the key adds.
pub(crate) fn named(graph: &Graph, node: NodeIdx) -> Option<String> {
    match graph.account(node)? {
        AccountKey::Customer(_, name) | AccountKey::Listed(name) | AccountKey::Bank(name) => {
            Some(name.into())
        }
        AccountKey::Hawaladar(name, moneytrail_model::Part::Position) => Some(name.into()),
        AccountKey::Custodial(custodian, account) => {
            Some(format!("{custodian} {account}").trim_end().to_owned())
        }
        _ => None,
    }
}

/// What stands for places that name a customer where names may not be read: the first record that
/// names him. `None` if none of them does.
pub(crate) fn masked(evidence: &Evidence, found: &[Found]) -> Result<Option<String>, Error> {
    let graph = &evidence.graph;
    for place in found {
        let Found::Account(node) = place else {
            continue;
        };
        if !matches!(graph.account(*node), Some(AccountKey::Customer(..))) {
            continue;
        }
        let sides = [graph.transfers_in(*node), graph.transfers_out(*node)];
        let first = sides.into_iter().filter_map(TransferList::first).min();
        let first = first.and_then(|transfer| {
            Some((
                graph.event_of(transfer),
                graph.citations_of(transfer).next()?,
            ))
        });
        let place = first
            .map(|(event, citation)| {
                Records::new(&evidence.case, graph).cited(Some(event), citation)
            })
            .transpose()?
            .map(|cited| format!(" X{} {}", cited.exhibit, cited.locator));
        let place = place.unwrap_or_default();
        return Ok(Some(format!("masked: a customer named in{place}")));
    }
    Ok(None)
}

/// A place as it may be told: as it was written, unless that names a customer whose name may not be read.
pub(crate) fn shown(
    evidence: &Evidence,
    found: &[Found],
    text: &str,
    shell: &Shell,
) -> Result<String, Error> {
    if shell.is_disclosed() {
        return Ok(text.to_owned());
    }
    Ok(masked(evidence, found)?.unwrap_or_else(|| text.to_owned()))
}

/// Whether a value trace is what a person expects who starts here: rows of a book and people in it.
pub(crate) fn is_of_a_book(graph: &Graph, place: &Found) -> bool {
    match place {
        Found::Account(node) => {
            matches!(
                graph.account(*node),
                Some(AccountKey::Customer(..) | AccountKey::Hawaladar(..))
            )
        }
        Found::Event(event, _) => {
            graph.event_kind(*event) == moneytrail_model::EventKind::LedgerLine
        }
    }
}

/// The seeds of a place on a layer. Of a transaction: its outputs. Of another event: what came in
/// first, that is, transfers of the layer that no link of the same event feeds.
pub(crate) fn seeds(graph: &Graph, place: &Found, layer: Layer) -> Vec<Seed> {
    let (event, vout) = match place {
        Found::Account(node) => return vec![Seed::Account(*node)],
        Found::Event(event, vout) => (*event, *vout),
    };
    let in_layer = graph
        .transfers_of(event)
        .filter(|&transfer| graph.in_layer(transfer, layer));
    if graph.event_kind(event).has_junction() {
        let outputs: Vec<TransferIdx> = in_layer
            .filter(|&transfer| graph.kind(transfer) == TransferKind::Output)
            .collect();
        let chosen = outputs.into_iter().enumerate();
        return chosen
            .filter(|(position, transfer)| match vout {
                Some(vout) => u32::try_from(*position) == Ok(vout),
                // Nobody follows what holds nothing.
                None => graph
                    .amount(*transfer)
                    .is_none_or(|amount| amount.units() != 0),
            })
            .map(|(_, transfer)| Seed::Transfer(transfer))
            .collect();
    }
    let fed_within = |transfer: TransferIdx| {
        graph
            .links_spending(transfer)
            .any(|link| graph.event_of(link.earlier) == event)
    };
    in_layer
        .filter(|&transfer| {
            graph.kind(transfer) != TransferKind::Commission && !fed_within(transfer)
        })
        .map(Seed::Transfer)
        .collect()
}
