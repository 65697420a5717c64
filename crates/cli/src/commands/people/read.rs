//! Mentions of people out of the books of a case.
//!
//! Laws: each customer whom a row names is a mention, whether or not the row moved anything; it stands at the cell of its name. What a
//! row says of one party is not said of the other.

use super::links::{Homes, Links};
use crate::error::Error;
use crate::shelf::{Shelf, phone};
use moneytrail_analysis::people::{Decision, Mention, Party, Tie, consonants};
use moneytrail_analysis::reconcile::bare_token;
use moneytrail_ingest::table::{fold, person_name};
use moneytrail_model::{AccountKey, Locator, Place, Watch};
use moneytrail_store::Case;
use moneytrail_store::schema::{AccountRow, Batch, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Where a mention stands, and how a row words it.
#[derive(Clone, Debug)]
pub(super) struct Stands {
    pub(super) exhibit: u32,
    /// The cell of the name.
    pub(super) cell: Locator,
    /// Which of the names of the cell.
    pub(super) ordinal: u32,
    /// As written.
    pub(super) name: String,
}

impl Stands {
    /// The cell as the answer names it: `book.xlsx!Sheet1!R12C4`, `#2` for its second name.
    pub(super) fn place(&self) -> String {
        if self.ordinal > 1 {
            format!("{}#{}", self.cell, self.ordinal)
        } else {
            self.cell.to_string()
        }
    }

    /// The place with its exhibit, which no other mention shares.
    pub(super) fn full(&self) -> String {
        format!("X{}/{}", self.exhibit, self.place())
    }
}

/// The mentions of a case, and what ties them.
#[derive(Debug, Default)]
#[expect(clippy::struct_field_names, reason = "the mentions themselves")]
pub(super) struct Mentions {
    pub(super) mentions: Vec<Mention>,
    /// In their order.
    pub(super) stands: Vec<Stands>,
    pub(super) keepers: Vec<String>,
    pub(super) ties: Vec<Tie>,
    /// Matched orders that tie them.
    pub(super) n_orders: usize,
    /// Orders received and sent on that tie them.
    pub(super) n_forwarded: usize,
    /// Mentions whose exhibit was taken in before cells were kept.
    pub(super) n_without_cell: usize,
    /// Telephones by column and kind of row, before it is known whose they are.
    phones: BTreeMap<PhoneColumn, Vec<PhoneRow>>,
    /// For whom money is held, by book and code: the last deposit counts.
    held_for: BTreeMap<(u32, String), usize>,
}

/// Book, column, and whether its row sends.
type PhoneColumn = (u32, u32, bool);

#[derive(Clone, Debug)]
struct PhoneRow {
    phone: Box<str>,
    /// Mentions of sender and beneficiary.
    parties: [usize; 2],
}

/// Reads all books; those that nobody is known to keep too.
pub(super) fn read(case: &Case, shelf: &Shelf, watch: &dyn Watch) -> Result<Mentions, Error> {
    let links = Links::of(shelf, watch)?;
    let mut all = Mentions {
        keepers: shelf.keepers.clone(),
        ..Mentions::default()
    };
    for book in &shelf.books {
        watch.check()?;
        all.take(book.exhibit, Some(book.keeper), &book.rows, &links);
    }
    let is_kept = |exhibit: u32| shelf.books.iter().any(|book| book.exhibit == exhibit);
    for exhibit in case.exhibits()? {
        watch.check()?;
        let segment = case.segment(exhibit.number)?;
        if segment.summary().profile.is_some() && !is_kept(exhibit.number) {
            let rows = segment.read(&[Table::Sources, Table::Accounts])?;
            all.take(exhibit.number, None, &rows, &links);
        }
    }
    all.give_phones();
    all.tie(&links);
    Ok(all)
}

/// What one row says of one party.
#[derive(Default)]
struct Said<'a> {
    name: &'a str,
    role: &'a str,
    father: Option<&'a str>,
    phone: Option<(&'a str, u32)>,
    id_no: Option<&'a str>,
    column: Option<u32>,
    ordinal: u32,
}

impl Said<'_> {
    /// As whom the person stands in the row.
    fn party(&self) -> Party {
        match self.role {
            "ordered for, payout not in evidence"
            | "beneficiary"
            | "deposited for"
            | "payee"
            | "counterparty" => Party::Beneficiary,
            _ => Party::Sender,
        }
    }
}

/// The parties that the rows of an exhibit name: what is said of one ends with the role.
fn parties(rows: &Batch) -> BTreeMap<(u32, u32), Vec<Said<'_>>> {
    let mut parties: BTreeMap<(u32, u32), Vec<Said<'_>>> = BTreeMap::new();
    let mut open: Said<'_> = Said::default();
    let mut last: Option<&AccountRow> = None;
    for said in &rows.accounts {
        let (AccountKey::Customer(_, name), Some(row)) = (&said.account, said.row) else {
            continue;
        };
        if last.is_none_or(|last| {
            (last.source, last.row, &last.account) != (said.source, said.row, &said.account)
        }) {
            open = Said::default();
        }
        last = Some(said);
        let value = &*said.value;
        match &*said.field {
            "father" => open.father = Some(value),
            "phone" => open.phone = Some((value, said.column.unwrap_or(0))),
            "id_no" => open.id_no = Some(value),
            "role" => {
                let party = Said {
                    name,
                    role: value,
                    column: said.column,
                    ordinal: said.ordinal.unwrap_or(1),
                    ..std::mem::take(&mut open)
                };
                parties.entry((said.source, row)).or_default().push(party);
            }
            _ => {}
        }
    }
    parties
}

impl Mentions {
    fn take(&mut self, exhibit: u32, book: Option<u32>, rows: &Batch, links: &Links) {
        let codes = rows.accounts.iter().filter(|said| &*said.field == "code");
        let codes: BTreeMap<(u32, u32), &str> = codes
            .filter_map(|said| Some(((said.source, said.row?), &*said.value)))
            .collect();
        for ((source, row), named) in parties(rows) {
            let Some(of) = rows.sources.get(source as usize) else {
                continue;
            };
            let record = u64::from(exhibit) << 32 | self.mentions.len() as u64;
            let cell = |column: Option<u32>| Locator {
                path: of.path.clone(),
                place: Place::Cell {
                    sheet: of.sheet.as_deref().unwrap_or("-").into(),
                    row,
                    column,
                },
            };
            let order = links.homes.get(&cell(None).to_string());
            let first = self.mentions.len();
            for said in &named {
                let parts = person_name(said.name);
                if parts.name.is_empty() {
                    continue;
                }
                self.n_without_cell += usize::from(said.column.is_none());
                let stands = Stands {
                    exhibit,
                    cell: cell(said.column),
                    ordinal: said.ordinal,
                    name: said.name.to_owned(),
                };
                let party = said.party();
                let key = match said.column {
                    Some(_) => stands.full(),
                    // A row without cells names one of each party.
                    None => format!("{} {party:?}", stands.full()),
                };
                let mut mention = Mention::new(key, record, party, parts.name);
                mention.book = book.unwrap_or(u32::MAX);
                mention.alias = parts.alias.map(Into::into);
                mention.father = said.father.map(fold).or(parts.father).map(Into::into);
                mention.id_no = said
                    .id_no
                    .map(fold)
                    .filter(|id| !id.is_empty())
                    .map(Into::into);
                let own = book.and_then(|book| self.keepers.get(book as usize));
                mention.home = home(said.role, party, own, order).map(Into::into);
                self.mentions.push(mention);
                self.stands.push(stands);
                if let (Some(book), Some(code)) = (book, codes.get(&(source, row))) {
                    self.kept(book, code, said.role);
                }
            }
            self.partners(first);
            self.phones(first, book, &named);
        }
    }

    /// Ties him on whose word money is released to him for whom it is held: the mention that was put last.
    fn kept(&mut self, book: u32, code: &str, role: &str) {
        // `T12/2` is the second release under T12.
        let code = bare_token(&fold(code.split('/').next().unwrap_or(code)));
        let (key, last) = ((book, code), self.mentions.len() - 1);
        if role == DEPOSITED_FOR {
            self.held_for.insert(key, last);
        } else if role == RELEASED_BY
            && let Some(&held_for) = self.held_for.get(&key)
        {
            let mentions = [held_for, last];
            self.ties.push(Tie {
                mentions,
                posterior: RELEASED,
            });
        }
    }

    /// The two parties of a row are each other's partners.
    fn partners(&mut self, first: usize) {
        if let [a, b] = &mut self.mentions[first..] {
            a.partner = Some(b.name.clone());
            b.partner = Some(a.name.clone());
        }
    }

    fn phones(&mut self, first: usize, book: Option<u32>, named: &[Said<'_>]) {
        for said in named {
            let Some((text, column)) = said.phone else {
                continue;
            };
            let Some(phone) = phone(text) else { continue };
            let of = |party: Party| {
                (first..self.mentions.len()).find(|&place| self.mentions[place].party == party)
            };
            match (of(Party::Sender), of(Party::Beneficiary)) {
                (Some(sender), Some(beneficiary)) if said.party() == Party::Sender => {
                    let sends = named
                        .iter()
                        .any(|said| said.role == "ordered for, payout not in evidence");
                    let rows = self
                        .phones
                        .entry((book.unwrap_or(u32::MAX), column, sends))
                        .or_default();
                    rows.push(PhoneRow {
                        phone,
                        parties: [sender, beneficiary],
                    });
                }
                (sender, beneficiary) => {
                    let own = if said.party() == Party::Sender {
                        sender
                    } else {
                        beneficiary
                    };
                    if let Some(place) = own {
                        self.mentions[place].phones.push(phone);
                    }
                }
            }
        }
    }

    /// A column of telephones belongs to the party whose name stays where a number comes again; to the sender where none does.
    fn give_phones(&mut self) {
        for (_, rows) in std::mem::take(&mut self.phones) {
            let mut by_phone: BTreeMap<&str, Vec<&PhoneRow>> = BTreeMap::new();
            for row in &rows {
                by_phone.entry(&row.phone).or_default().push(row);
            }
            let again = |party: usize| -> usize {
                let of = by_phone.values().map(|rows| {
                    let names = rows
                        .iter()
                        .map(|row| consonants(&self.mentions[row.parties[party]].name));
                    rows.len() - names.collect::<BTreeSet<_>>().len()
                });
                of.sum()
            };
            let party = usize::from(again(1) > again(0));
            for row in &rows {
                self.mentions[row.parties[party]]
                    .phones
                    .push(row.phone.clone());
            }
        }
    }

    /// Ties mentions that stand at one place of one order.
    fn tie(&mut self, links: &Links) {
        let mut at: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, stands) in self.stands.iter().enumerate() {
            let mut row = stands.cell.clone();
            if let Place::Cell { column, .. } = &mut row.place {
                *column = None;
            }
            at.entry(row.to_string()).or_default().push(place);
        }
        let of = |row: &str, party: Party| {
            let mut places = at.get(row)?.iter().copied();
            places.find(|&place| self.mentions[place].party == party)
        };
        let mut ties = std::mem::take(&mut self.ties);
        for (rows, posterior) in &links.orders {
            for party in [Party::Sender, Party::Beneficiary] {
                if let [Some(a), Some(b)] = [0, 1].map(|nth| of(&rows[nth], party)) {
                    let mentions = [a, b];
                    ties.push(Tie {
                        mentions,
                        posterior: *posterior,
                    });
                }
            }
        }
        self.n_orders = links.n_matches;
        self.n_forwarded = links.orders.len() - links.n_matches;
        self.ties = ties;
    }

    /// The mentions that a text means: a cell, a row, or a name as written.
    pub(super) fn named(&self, text: &str) -> Vec<usize> {
        let all = || 0..self.stands.len();
        let plain = text.trim();
        let is_at = |stands: &Stands| {
            let row = |of: &str| of.split_once('#').map_or(of, |of| of.0).to_owned();
            let full = [stands.full(), stands.place()];
            let is_cell = full
                .iter()
                .any(|of| of == plain || of.ends_with(&format!("/{plain}")));
            let without_column = full.map(|of| {
                let of = row(&of);
                of.rfind('C').map_or(of.clone(), |at| of[..at].to_owned())
            });
            is_cell
                || without_column
                    .iter()
                    .any(|of| of == plain || of.ends_with(&format!("/{plain}")))
        };
        if plain.contains('!') {
            return all().filter(|&place| is_at(&self.stands[place])).collect();
        }
        let folded = fold(plain);
        all()
            .filter(|&place| fold(&self.stands[place].name) == folded)
            .collect()
    }

    /// What people decided, of mentions that are in the evidence.
    pub(super) fn decisions(&self, said: &[super::decision::Decision]) -> Vec<Decision> {
        use crate::decisions::Verdict;
        let places: BTreeMap<String, usize> = (0..)
            .zip(&self.stands)
            .map(|(place, of)| (of.full(), place))
            .collect();
        let mut last: BTreeMap<[usize; 2], Verdict> = BTreeMap::new();
        for decision in said {
            if let [Some(&a), Some(&b)] = [0, 1].map(|nth| places.get(&decision.mentions[nth])) {
                last.insert([a.min(b), a.max(b)], decision.decided);
            }
        }
        last.into_iter()
            .filter(|of| of.1 != Verdict::Reopen)
            .map(|(mentions, verdict)| Decision {
                mentions,
                is_same: verdict == Verdict::Accept,
            })
            .collect()
    }
}

/// Roles of those who deal with the keeper himself, in rows that are no orders. On whose word he releases money, and for whom he holds it,
/// he must know; whom he pays it to he may know from the word alone.
const AT_THE_COUNTER: [&str; 5] = [
    "beneficiary",
    "depositor",
    "customer",
    DEPOSITED_FOR,
    RELEASED_BY,
];
const DEPOSITED_FOR: &str = "deposited for";
const RELEASED_BY: &str = "released on the word of";
/// Money released under the code of a deposit is released on the word of him for whom it is held, at this probability: codes come again.
const RELEASED: f64 = 0.95;

/// Who deals with a person face to face: as the order says, or by the role in a row that is none.
fn home(role: &str, party: Party, own: Option<&String>, order: Option<&Homes>) -> Option<String> {
    match order {
        Some(homes) => homes[party as usize].clone(),
        None if AT_THE_COUNTER.contains(&role) => own.cloned(),
        None => None,
    }
}
