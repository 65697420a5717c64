//! What the rows of a keeper's books say: the days that they cover, what went in and out, and with whom.

use crate::shelf::{Book, Shelf};
use moneytrail_analysis::reconcile;
use moneytrail_ingest::table::fold;
use moneytrail_model::{
    AccountKey, Amount, Asset, EventKind, Instant, Layer, Locator, Part, Precision, TransferKind,
};
use moneytrail_store::schema::{Endpoint, EventRow};
use std::collections::{BTreeMap, BTreeSet};

/// A number of rows and their sum in one asset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Total {
    pub(super) n: u64,
    /// `None` beyond 38 digits.
    pub(super) sum: Option<Amount>,
}

impl Default for Total {
    fn default() -> Self {
        Self {
            n: 0,
            sum: Some(Amount::ZERO),
        }
    }
}

impl Total {
    pub(super) fn add(&mut self, amount: Amount) {
        self.n += 1;
        self.sum = self.sum.and_then(|sum| sum.checked_add(amount));
    }
}

/// What went through a keeper's hands in one asset.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turnover {
    pub(super) decimals: u8,
    /// Cash that came in, openings left out.
    pub(super) cash_in: Total,
    pub(super) cash_out: Total,
    /// Orders that he sent: he owes them.
    pub(super) sent: Total,
    /// Orders that he received: they are owed to him.
    pub(super) received: Total,
}

/// Somebody with whom a keeper has to do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Party {
    /// By his folded name; where it is spelled as that of a keeper of the case, by the keeper's.
    Hawaladar(String),
    Customer(AccountKey),
}

/// What a keeper has to do with somebody.
#[derive(Clone, Debug)]
pub(super) struct Dealings {
    /// As written, each spelling once.
    pub(super) names: BTreeSet<String>,
    /// Whether the names are taken to be a keeper's.
    pub(super) is_keeper: bool,
    /// The first row that names him.
    pub(super) first: Locator,
    pub(super) n_rows: u64,
    /// By asset: cash from him and to him, orders sent to him and received from him.
    pub(super) by_asset: BTreeMap<String, Turnover>,
    last_event: Option<(u32, usize)>,
}

/// A dated row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Dated {
    pub(super) time: Instant,
    pub(super) place: Locator,
}

impl Dated {
    pub(super) fn day(&self) -> i64 {
        self.time
            .named_second()
            .div_euclid(crate::figures::DAY_SECONDS)
    }
}

/// The facts of a keeper's books.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) first: Option<Dated>,
    pub(super) last: Option<Dated>,
    /// Rows whose date lies far from those of both neighbours: they end no period.
    pub(super) out_of_place: Vec<Dated>,
    pub(super) n_undated: u64,
    /// The longest time between dated rows: days, the row before and the row behind.
    pub(super) longest_pause: Option<(i64, Dated, Dated)>,
    /// By asset, as shown.
    pub(super) turnover: BTreeMap<String, Turnover>,
    pub(super) parties: BTreeMap<Party, Dealings>,
    /// Movements of which no amount is known.
    pub(super) n_without_amount: u64,
    /// Orders that name no colleague.
    pub(super) n_unnamed: u64,
}

impl Facts {
    /// The parties with most rows first.
    pub(super) fn top(&self, is_wanted: impl Fn(&Party) -> bool) -> Vec<(&Party, &Dealings)> {
        let all = self.parties.iter();
        let mut all: Vec<_> = all.filter(|of| is_wanted(of.0)).collect();
        all.sort_by_key(|of| (std::cmp::Reverse(of.1.n_rows), of.0));
        all
    }

    pub(super) fn names_customers(&self) -> bool {
        let mut parties = self.parties.keys();
        parties.any(|party| matches!(party, Party::Customer(_)))
    }
}

/// Days that a row may be dated before or behind both of its neighbours without being out of its place.
const STRAY_DAYS: i64 = 7;
/// A sheet in which more than one stretch is out of its place, and more than one for so many rows, is in no order of days.
const STRAYS_ONE_IN: usize = 20;

/// Gathers what the rows of books of one keeper say. O(rows).
pub(super) fn facts(books: &[&Book], shelf: &Shelf) -> Facts {
    let mut facts = Facts::default();
    let mut known: BTreeMap<String, (Party, bool)> = BTreeMap::new();
    let mut dated: Vec<Dated> = Vec::new();
    for book in books {
        let keeper = shelf.keeper_of(book);
        let mut of_sheet: (u32, Vec<Dated>) = (0, Vec::new());
        for (nth, (event, legs)) in book.lines().enumerate() {
            if event.kind != EventKind::LedgerLine {
                continue;
            }
            let kind = |&leg: &usize| book.rows.transfers.kind(leg);
            if of_sheet.0 != event.source {
                facts.in_place(&of_sheet.1, &mut dated);
                of_sheet.1.clear();
                of_sheet.0 = event.source;
            }
            if event.time.precision() != Precision::Unknown {
                of_sheet.1.push(Dated {
                    time: event.time,
                    place: book.rows.event_locator(event),
                });
            } else if !legs
                .iter()
                .map(kind)
                .all(|kind| kind == TransferKind::Opening)
            {
                facts.n_undated += 1;
            }
            for leg in legs {
                facts.leg(book, keeper, (event, nth), leg, |name| {
                    let named = known.entry(fold(name)).or_insert_with_key(|folded| {
                        let names = shelf.names();
                        let means = reconcile::keeper(folded, &names);
                        let means = means.filter(|&at| names[at] != keeper);
                        let name = means.map_or(folded.as_str(), |at| names[at]);
                        (Party::Hawaladar(name.to_owned()), means.is_some())
                    });
                    named.clone()
                });
            }
        }
        facts.in_place(&of_sheet.1, &mut dated);
    }
    facts.period(dated);
    facts
}

impl Facts {
    /// Takes the dated rows of a sheet but for those that are out of their place. Rows of one day that stand together are judged
    /// together: a blank date is that of the row above.
    fn in_place(&mut self, sheet: &[Dated], dated: &mut Vec<Dated>) {
        let runs: Vec<&[Dated]> = sheet.chunk_by(|a, b| a.day() == b.day()).collect();
        let days: Vec<i64> = runs.iter().map(|run| run[0].day()).collect();
        let is_stray = |at: usize| {
            let before = at.checked_sub(1).map(|before| days[before]);
            let Some((before, behind)) = before.zip(days.get(at + 1).copied()) else {
                return false;
            };
            days[at] < before.min(behind) - STRAY_DAYS || days[at] > before.max(behind) + STRAY_DAYS
        };
        let strays: Vec<bool> = (0..days.len()).map(is_stray).collect();
        let n_strays = strays.iter().filter(|&&is| is).count();
        let is_ordered = n_strays <= 1 || n_strays * STRAYS_ONE_IN <= sheet.len();
        for (run, is_stray) in runs.into_iter().zip(strays) {
            if is_stray && is_ordered {
                self.out_of_place.extend_from_slice(run);
            } else {
                dated.extend_from_slice(run);
            }
        }
    }

    /// The ends of the period and the longest pause in it.
    fn period(&mut self, mut dated: Vec<Dated>) {
        // The first of several of a day stands for its beginning, the last for its end.
        dated.sort_by_key(|of| of.time.earliest());
        self.first = dated.first().cloned();
        let latest = dated.iter().map(|of| of.time.latest()).max();
        let last = dated.iter().rfind(|of| Some(of.time.latest()) == latest);
        self.last = last.cloned();
        dated.retain(|of| of.time.precision() != Precision::Month);
        let pairs = dated.iter().zip(dated.iter().skip(1));
        let pauses = pairs.map(|(before, behind)| (behind.day() - before.day(), before, behind));
        // The first of several that are as long.
        let longest = pauses.reduce(|longest, one| if one.0 > longest.0 { one } else { longest });
        self.longest_pause = longest.map(|(n, before, behind)| (n, before.clone(), behind.clone()));
    }

    /// Takes a movement. `meant` says who bears a hawaladar's name, and whether he keeps a book of the case.
    fn leg(
        &mut self,
        book: &Book,
        keeper: &str,
        (event, nth): (&EventRow, usize),
        leg: usize,
        meant: impl FnOnce(&str) -> (Party, bool),
    ) {
        let row = book.rows.transfers.get(leg);
        let (from, to) = (own(&row.from, keeper), own(&row.to, keeper));
        let is_due = row.kind == TransferKind::Due;
        if !is_due && !row.layers.contains(Layer::Custody) || row.kind == TransferKind::Opening {
            return;
        }
        let (is_out, other) = match (from, to) {
            (Some(part), None) if is_due || part == Part::Cash => (true, &row.to),
            (None, Some(part)) if is_due || part == Part::Cash => (false, &row.from),
            _ => return,
        };
        let Some(asset) = book.rows.assets.get(row.asset as usize) else {
            return;
        };
        let Some(amount) = row.amount else {
            self.n_without_amount += 1;
            return;
        };
        let shown = asset.key().to_string();
        let all = self.turnover.entry(shown.clone()).or_default();
        all.add(asset, is_due, is_out, amount);
        let ((party, is_keeper), name) = match other {
            Endpoint::Account(AccountKey::Hawaladar(name, _)) if name.starts_with("(unnamed)") => {
                self.n_unnamed += 1;
                return;
            }
            Endpoint::Account(AccountKey::Hawaladar(name, _)) => (meant(name), name),
            Endpoint::Account(key @ AccountKey::Customer(_, name)) => {
                ((Party::Customer(key.clone()), false), name)
            }
            _ => return,
        };
        let dealings = self.parties.entry(party).or_insert_with(|| Dealings {
            names: BTreeSet::new(),
            is_keeper,
            first: book.rows.event_locator(event),
            n_rows: 0,
            by_asset: BTreeMap::new(),
            last_event: None,
        });
        dealings.names.insert(name.to_string());
        let this = (book.exhibit, nth);
        if dealings.last_event != Some(this) {
            dealings.n_rows += 1;
            dealings.last_event = Some(this);
        }
        let of_party = dealings.by_asset.entry(shown).or_default();
        of_party.add(asset, is_due, is_out, amount);
    }
}

impl Turnover {
    fn add(&mut self, asset: &Asset, is_due: bool, is_out: bool, amount: Amount) {
        self.decimals = asset.decimals();
        let total = match (is_due, is_out) {
            (true, true) => &mut self.sent,
            (true, false) => &mut self.received,
            (false, true) => &mut self.cash_out,
            (false, false) => &mut self.cash_in,
        };
        total.add(amount);
    }
}

/// The part of the keeper's own that an end is; `None` of another's.
fn own(end: &Endpoint, keeper: &str) -> Option<Part> {
    match end {
        Endpoint::Account(AccountKey::Hawaladar(name, part)) if fold(name) == keeper => Some(*part),
        _ => None,
    }
}
