//! `tag`, and `add` of a list: what people assert about accounts; `export` of tags.

use super::add::counted;
use crate::args::{ExportArgs, ExportTo, SaidArgs, TagArgs};
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::freezes::{self, Freezes};
use crate::lists::{self, Lists};
use crate::shell::Shell;
use moneytrail_ingest::rates;
use moneytrail_ingest::tags::{self, ListFormat, Said, TagList};
use moneytrail_model::tag::{Assertion, Subject};
use moneytrail_model::{AccountKey, Network};
use moneytrail_store::graph::Graph;
use moneytrail_store::{Case, CaseWriter};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Bytes of the longest list.
const LIST_LEN_MAX: u64 = 1 << 30;

/// What became of a list.
pub(crate) struct Taken {
    pub(crate) json: Value,
    pub(crate) n_refused: u64,
}

/// What kind of list a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Tags,
    Rates,
}

/// The kind of list that the file is, if it is one.
pub(crate) fn sniff(path: &Path) -> Result<Option<Kind>, Error> {
    let kind = fs_err::metadata(path).map_err(|error| Error::of_named(path, &error))?;
    if !kind.is_file() || kind.len() > LIST_LEN_MAX {
        return Ok(None);
    }
    let file = moneytrail_ingest::EvidenceFile::at(path);
    let Some(bytes) = file.map()? else {
        return Ok(None);
    };
    Ok(if rates::is_one(&bytes) {
        Some(Kind::Rates)
    } else {
        tags::sniff(&bytes).map(|_| Kind::Tags)
    })
}

/// What a person says of the list at `file`.
pub(crate) fn said_of(file: &Path, args: &SaidArgs, network: Option<&str>) -> Said {
    let name = file.file_name().map(|name| name.to_string_lossy());
    Said {
        name: name.map(Into::into).unwrap_or_default(),
        label: args.label.clone(),
        category: args.category.clone(),
        source: args.source.clone(),
        confidence: args.confidence.clone(),
        network: network.map(str::to_owned),
    }
}

pub(crate) fn tag(args: &TagArgs, shell: &Shell) -> Result<Verdict, Error> {
    let Some(file) = &args.file else {
        return show(&args.case, shell);
    };
    let writer = Case::open(&args.case)?.write(&shell.actor())?;
    let said = said_of(file, &args.said, args.network.as_deref());
    let taken = take_in(&writer, file, &said, shell)?;
    shell.json(&taken.json)?;
    Ok(if taken.n_refused == 0 {
        Verdict::Done
    } else {
        Verdict::Problems
    })
}

/// Where a list stands in a case.
struct Place {
    /// Without its ending.
    stem: String,
    /// The list, if the case has it with these words already.
    known: Option<TagList>,
    /// Whether the case has the file, and other words are said of it now.
    is_further: bool,
}

/// Finds where a list stands or will stand. Other words about a list that the case has are a further assertion, which
/// stands beside the first: what somebody said once is not taken back by what is said later.
fn place(case: &Case, list: &TagList, said: &Said, digest: &str) -> Result<Place, Error> {
    let first = format!("tags/{}", &digest[..16]);
    let file = |stem: &str| {
        case.root()
            .join(format!("{stem}.{}", list.format.extension()))
    };
    let at = |stem: String, known: Option<TagList>| Place {
        is_further: stem != first && known.is_none(),
        stem,
        known,
    };
    if !file(&first).is_file() {
        return Ok(at(first.clone(), None));
    }
    let known = lists::read(&file(&first))?;
    if !list.format.takes_words() || said.is_silent() || known.tags == list.tags {
        return Ok(at(first.clone(), Some(known)));
    }
    let words = serde_json::to_vec(said).map_err(|error| Error::internal(error.to_string()))?;
    let further = format!("{first}-{}", &hex::encode(Sha256::digest(&words))[..8]);
    let path = file(&further);
    let known = path.is_file().then(|| lists::read(&path)).transpose()?;
    Ok(at(further, known))
}

/// Takes a list in, whole or not at all. What a person says of it is kept beside it, before it: a list without it
/// would read otherwise.
pub(crate) fn take_in(
    writer: &CaseWriter,
    file: &Path,
    said_of_it: &Said,
    shell: &Shell,
) -> Result<Taken, Error> {
    let bytes = fs_err::read(file).map_err(|error| Error::of_named(file, &error))?;
    let digest = hex::encode(Sha256::digest(&bytes));
    let read = tags::read_said(&bytes, said_of_it)?;
    let place = place(writer.case(), &read, said_of_it, &digest)?;
    let name = format!("{}.{}", place.stem, read.format.extension());
    let is_known = place.known.is_some();
    if !is_known {
        if read.format.takes_words() {
            let beside = format!("{}.{}", place.stem, lists::SAID);
            let said = serde_json::to_vec_pretty(said_of_it)
                .map_err(|error| Error::internal(error.to_string()))?;
            writer.put(&beside, &said)?;
            let digest = hex::encode(Sha256::digest(&said));
            let detail = format!("what was said of a list sha256 {digest}");
            writer.log(&shell.actor(), "tag", &beside, &detail)?;
        }
        writer.put(&name, &bytes)?;
        let detail = format!("{} sha256 {digest}; {}", said_of_it.name, said(&read));
        writer.log(&shell.actor(), "tag", &name, &detail)?;
    }
    let what = match (is_known, place.is_further) {
        (true, _) => {
            "the case has this list already, with these words or without any: nothing was taken"
        }
        (false, true) => {
            "taken in as a further assertion: the case has this list already with other words, which stay"
        }
        (false, false) => "taken in",
    };
    // Where nothing new is said, what was said the first time counts.
    let remarks_of_words: Vec<String> = read.remarks.clone();
    let list = place.known.unwrap_or(read);
    shell.say(format!(
        "{}: {}: {}, {what}",
        file.display(),
        list.format.as_str(),
        said(&list)
    ));
    let mut remarks = list.remarks.clone();
    for remark in remarks_of_words {
        if !list.format.takes_words() && !remarks.contains(&remark) {
            remarks.push(remark);
        }
    }
    for remark in &remarks {
        shell.say(format!("  note: {remark}"));
    }
    lists::say_refused(&list.refused, shell);
    Ok(Taken {
        n_refused: list.refused.len() as u64,
        json: json!({
            "schema": "moneytrail-tag/1", "file": file.display().to_string(), "format": list.format.as_str(),
            "sha256": digest, "already_there": is_known, "further_assertion": place.is_further,
            "tags": list.tags.len(), "actors": list.actors.len(), "freezes": list.freezes.len(), "remarks": remarks,
            "quarantined": list.refused.iter().map(|(row, reason)| json!({ "row": row, "reason": reason })).collect::<Vec<_>>(),
        }),
    })
}

/// `12 tags`, `3 actors`.
fn said(list: &TagList) -> String {
    let of = |n: usize, what| counted(n as u64, what);
    match list.format {
        ListFormat::ActorPack => of(list.actors.len(), "actors"),
        ListFormat::Freezes => of(list.freezes.len(), "freezes and releases"),
        _ => of(list.tags.len(), "tags"),
    }
}

/// Whether the evidence of a case has what an entry is about.
pub(crate) fn is_in_evidence(graph: &Graph, tag: &Assertion) -> bool {
    match &tag.subject {
        Subject::Account(_) | Subject::EvmAddress(_) => !met(graph, tag).is_empty(),
        Subject::Transaction(network, id) => {
            let mut stored = *id;
            if network.is_utxo() {
                stored.reverse();
            }
            let mut events = graph.events_of_txid(&stored);
            events.any(|event| graph.txid(event).is_some_and(|(of, _)| of == *network))
        }
    }
}

/// The accounts of the evidence that an entry is about.
fn met(graph: &Graph, tag: &Assertion) -> Vec<AccountKey> {
    let mut accounts = tag.subject.accounts();
    accounts.retain(|account| graph.node_of(account).is_some());
    accounts
}

/// What the lists of a case say of its evidence.
fn show(case: &Path, shell: &Shell) -> Result<Verdict, Error> {
    let evidence = Evidence::open(case, shell)?;
    let graph = &evidence.graph;
    let lists = Lists::of(&evidence.case)?;
    let n_accounts = lists
        .tags
        .iter()
        .filter(|tag| !matches!(tag.subject, Subject::Transaction(..)));
    let n_accounts = n_accounts.count();
    let said: Vec<&Assertion> = lists
        .tags
        .iter()
        .filter(|tag| is_in_evidence(graph, tag))
        .collect();
    shell.say(format!(
        "{}: {} of accounts, {} of transactions; {}",
        counted(lists.tags.len() as u64, "tags"),
        n_accounts,
        lists.tags.len() - n_accounts,
        counted(lists.actors.len() as u64, "actors")
    ));
    shell.say(format!(
        "{} of them are of what is in the evidence",
        said.len()
    ));
    for tag in &said {
        shell.say(format!(
            "  {}  {}{}, confidence {}, says {}",
            met_as(graph, tag),
            tag.label,
            described(tag),
            tag.confidence,
            if tag.source.is_empty() {
                "nobody"
            } else {
                &tag.source
            }
        ));
    }
    let freezes = Freezes::of(&evidence.case, &lists)?;
    let known = freezes
        .accounts()
        .filter(|(account, _)| graph.node_of(account).is_some());
    let known: Vec<(&AccountKey, &[freezes::Said])> = known.collect();
    if !known.is_empty() {
        shell.say_apart(format!(
            "issuers froze, released or destroyed what {} of the evidence hold:",
            counted(known.len() as u64, "accounts")
        ));
    }
    for (account, said) in &known {
        for said in *said {
            shell.say(format!(
                "  {account}  {}, {}",
                said.asset(),
                said.sentence()
            ));
        }
    }
    shell.json(&json!({
        "schema": "moneytrail-tags/1",
        "freezes": known.iter().map(|(account, said)| json!({
            "account": account.to_string(), "said": said.iter().map(freezes::Said::json).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "tags": lists.tags.len(), "of_accounts": n_accounts, "actors": lists.actors.len(),
        "in_evidence": said.iter().map(|tag| json!({
            "subject": subject(tag), "accounts": met(graph, tag).iter().map(ToString::to_string).collect::<Vec<_>>(), "label": tag.label, "category": tag.category, "abuse": tag.abuse,
            "concepts": tag.concepts, "actor": tag.actor, "source": tag.source, "confidence": tag.confidence,
            "lastmod": tag.lastmod, "context": tag.context,
        })).collect::<Vec<_>>(),
    }))?;
    Ok(Verdict::Done)
}

/// Category, abuse and concepts in brackets.
fn described(tag: &Assertion) -> String {
    let words = [&tag.category, &tag.abuse].into_iter().chain(&tag.concepts);
    let words: Vec<&str> = words
        .map(|word| &**word)
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        String::new()
    } else {
        format!(" ({})", words.join(", "))
    }
}

/// The subject, and of an address on every EVM network those on which the evidence has it.
fn met_as(graph: &Graph, tag: &Assertion) -> String {
    let Subject::EvmAddress(_) = tag.subject else {
        return subject(tag);
    };
    let networks = met(graph, tag)
        .into_iter()
        .filter_map(|account| account.network());
    let networks: Vec<&str> = networks.map(Network::as_str).collect();
    format!("{} on {}", subject(tag), networks.join(", "))
}

/// An address, or a transaction's id.
fn subject(tag: &Assertion) -> String {
    match &tag.subject {
        Subject::Account(account) => account.to_string(),
        Subject::EvmAddress(digits) => AccountKey::Evm(Network::Ethereum, *digits).to_string(),
        Subject::Transaction(_, id) => hex::encode(id),
    }
}

/// Writes the tags or the actors of a case.
pub(crate) fn export(args: &ExportArgs, shell: &Shell) -> Result<Verdict, Error> {
    let case = Case::open(&args.case)?;
    let lists = Lists::of(&case)?;
    let title = format!("Tags of case {}", case.info().id);
    let creator = super::PROGRAM;
    let (text, what) = match args.to {
        ExportTo::Tagpack => (
            tags::write_tag_pack(&title, creator, &lists.tags)?,
            counted(lists.tags.len() as u64, "tags"),
        ),
        ExportTo::Actorpack => (
            tags::write_actor_pack(&title, creator, &lists.actors)?,
            counted(lists.actors.len() as u64, "actors"),
        ),
    };
    let Some(output) = &args.output else {
        shell.text(&text);
        return Ok(Verdict::Done);
    };
    fs_err::write(output, &text).map_err(|error| Error::of_named(output, &error))?;
    shell.say(format!("{what} written to {}", output.display()));
    shell.json(&json!({ "schema": "moneytrail-written/1", "file": output, "sha256": hex::encode(Sha256::digest(text.as_bytes())) }))?;
    Ok(Verdict::Done)
}
