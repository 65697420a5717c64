//! Books against books, and books against chains.
//!
//! Three rules, all inferences. **token-match@1**: an order's due in the book of the hawaladar who took
//! it, and payouts in the book of the one who was to pay, are one order if token (its letters and digits;
//! one without any never matches), pair and currency are the same, the roles are reversed, the payouts
//! lie within [`TOKEN_DAYS`] days of the order, both dates known, and together do not exceed it, and no
//! other order of the pair competes. **ledger-transaction@1**: a book's crypto movement is an on-chain
//! transfer if the book names the transaction, receiving account and amount single out one transfer of
//! it, and no other row of the same book names the same transfer. **custodian-booking@1**: rows of two files of a
//! custodian are one booking if account, asset, change and kind are the same and the times lie within [`BOOKING_SECONDS`]; where
//! both files have several such rows, and as many, they are the same in their order; the one that tells more enters. What does not match stays as it is and is
//! counted; rows that name a transaction are listed with what kept them apart.

use super::accounts::JUNCTION;
use super::agreed::Agreed;
use super::read::{State, small};
use super::{Draft, JoinNote, Unmatched, UnmatchedTransaction, mirrored};
use crate::decision::{CRYPTO_MIRROR, Decided, MANUAL};
use crate::schema::{Reference, Side};
use moneytrail_model::{AccountKey, Amount, AssetKey, Basis, Network, RuleId, TransferKind};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

/// Longest time between an order and a payout of it, in days.
const TOKEN_DAYS: i64 = 30;

/// Longest time between the two rows of one booking.
const BOOKING_SECONDS: u64 = 300;
/// Rows of the same account, asset and change that are looked at beside one; where there are more, none is singled out.
const BOOKINGS_NEAR_MAX: usize = 64;

const TOKEN_MATCH: RuleId = RuleId {
    name: "token-match",
    version: 1,
};
const LEDGER_TRANSACTION: RuleId = RuleId {
    name: "ledger-transaction",
    version: 1,
};

const CUSTODIAN_BOOKING: RuleId = RuleId {
    name: "custodian-booking",
    version: 1,
};

/// Matches what can be matched, by rules that are not named in `without`.
pub(super) fn resolve(draft: &mut Draft, decided: &Decided, without: &[String]) {
    let is_asked = |rule: RuleId| without.iter().all(|name| name != rule.name);
    let mut agreed = Agreed::of(draft, &decided.orders);
    if !is_asked(MANUAL) {
        agreed.without_accepted();
    }
    if is_asked(TOKEN_MATCH) {
        match_tokens(draft, &agreed);
    }
    agreed.join(draft);
    if is_asked(CUSTODIAN_BOOKING) {
        match_bookings(draft);
    }
    cite_rows(draft);
    if is_asked(LEDGER_TRANSACTION) {
        match_transactions(draft);
    }
    if is_asked(CRYPTO_MIRROR) {
        mirrored::resolve(draft, &decided.mirrors);
    }
    draft.move_links();
    note_credited(draft);
    draft.notes.claims.sort();
    draft.notes.unmatched_transactions.sort();
}

/// A token for comparison: its letters and digits, case ignored. Two hands write `KA-00242` and `KA00242`
/// for one order, and a spreadsheet drops the zeros that a number begins with.
fn bare(token: &str) -> String {
    let signs = token.chars().filter(|sign| sign.is_alphanumeric());
    let bare: String = signs.flat_map(char::to_lowercase).collect();
    let digits = bare.trim_start_matches('0');
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.to_owned()
    } else {
        bare
    }
}

/// A name for comparison: white space folded, case ignored.
fn folded(name: &str) -> String {
    name.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

fn match_tokens(draft: &mut Draft, agreed: &Agreed<'_>) {
    #[derive(Default)]
    struct Sides {
        /// The token as first written.
        token: String,
        issued: Vec<u32>,
        received: Vec<u32>,
    }
    let mut orders: BTreeMap<(String, String, String), Sides> = BTreeMap::new();
    for held in &draft.segments {
        for row in &held.small.references {
            let leg = draft.leg(held.transfers.start + row.transfer);
            if let (
                Reference::Token {
                    token,
                    side,
                    issuer,
                    payer,
                },
                Some(leg),
            ) = (&row.reference, leg)
            {
                let key = bare(token);
                if key.is_empty() {
                    draft.notes.n_unmatched_tokens += 1;
                    continue;
                }
                let sides = orders
                    .entry((key, folded(issuer), folded(payer)))
                    .or_default();
                if sides.token.is_empty() {
                    token.as_ref().clone_into(&mut sides.token);
                }
                if !agreed.is_open(leg) {
                    continue;
                }
                match side {
                    Side::Issued => sides.issued.push(leg),
                    Side::Received => sides.received.push(leg),
                }
            }
        }
    }
    for sides in orders.into_values() {
        let (issued, received) = (&sides.issued, &sides.received);
        let mut n_matched = 0;
        for (due, mut payouts) in sole_dues(draft, issued, received) {
            payouts.retain(|&payout| !agreed.are_two(due, payout));
            if !payouts.is_empty() && fits(draft, due, &payouts) {
                n_matched += 1 + payouts.len();
                join_order(draft, &sides.token, due, &payouts);
            }
        }
        draft.notes.n_unmatched_tokens += (issued.len() + received.len() - n_matched) as u64;
    }
}

/// The payouts that can belong to one due only, by that due: same currency, and days that do not lie
/// too far apart. O(n log n) in dues and payouts.
fn sole_dues(draft: &Draft, issued: &[u32], received: &[u32]) -> BTreeMap<u32, Vec<u32>> {
    /// Dues of a currency: by time, and those without one.
    type Dues = (Vec<(i64, u32)>, Vec<u32>);
    let asset = |leg: u32| draft.rows.assets[leg as usize];
    let time = |leg: u32| draft.events.time(draft.event_of(leg)).seconds();
    let mut dues: BTreeMap<u16, Dues> = BTreeMap::new();
    for &due in issued {
        let of_asset = dues.entry(asset(due)).or_default();
        match time(due) {
            Some(time) => of_asset.0.push((time, due)),
            None => of_asset.1.push(due),
        }
    }
    for of_asset in dues.values_mut() {
        of_asset.0.sort_unstable();
    }
    let mut sole: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for &payout in received {
        let Some((timed, untimed)) = dues.get(&asset(payout)) else {
            continue;
        };
        // Tokens are recycled: without both dates nothing tells one use from another.
        let Some(time) = time(payout) else { continue };
        // Whole days are counted, so the last of them ends a second before the next.
        let reach = (TOKEN_DAYS + 1) * 86_400;
        let first = timed.partition_point(|due| due.0 <= time.saturating_sub(reach));
        let behind = timed.partition_point(|due| due.0 < time.saturating_add(reach));
        if let ([(_, due)], []) = (&timed[first..behind], &untimed[..]) {
            sole.entry(*due).or_default().push(payout);
        }
    }
    sole
}

/// Whether the payouts together do not exceed the order.
pub(super) fn fits(draft: &Draft, due: u32, payouts: &[u32]) -> bool {
    let amount = |leg: u32| draft.amount(leg);
    let sum = payouts.iter().try_fold(Amount::ZERO, |sum, &payout| {
        sum.checked_add(amount(payout)?)
    });
    sum.zip(amount(due)).is_some_and(|(sum, due)| sum <= due)
}

fn join_order(draft: &mut Draft, token: &str, due: u32, payouts: &[u32]) {
    let mut records = vec![record_of(draft, due)];
    for &payout in payouts {
        records.push(record_of(draft, payout));
        draft.merge_legs(payout, due, Basis::Inference(TOKEN_MATCH));
    }
    draft.notes.claims.push(JoinNote {
        rule: TOKEN_MATCH.to_string(),
        parameters: format!(
            "days at most {TOKEN_DAYS}, same currency, payouts together at most the order"
        ),
        statement: format!("the books describe one order, token {token}"),
        records,
    });
}

pub(super) fn record_of(draft: &Draft, leg: u32) -> (u32, u32) {
    let citation = draft.citation(draft.event_of(leg));
    (citation.exhibit, citation.event_row)
}

/// A row that changes an account with a custodian.
struct Booking {
    seconds: i64,
    event: u32,
    /// Segment and source: a file states a booking once.
    file: (usize, u32),
}

/// Account, asset, change, and what kind of change it is: a trade is no withdrawal.
type Alike = (u32, u16, i128, u8);

/// Bookings by account, asset, change and kind, ascending by time. O(n log n) in references.
fn bookings(draft: &Draft) -> Vec<Vec<Booking>> {
    let mut alike: BTreeMap<Alike, BTreeMap<(i64, u32), Booking>> = BTreeMap::new();
    for (segment, held) in draft.segments.iter().enumerate() {
        for row in &held.small.references {
            let leg = draft.leg(held.transfers.start + row.transfer);
            let (Reference::Booking { account }, Some(leg)) = (&row.reference, leg) else {
                continue;
            };
            let account = draft.keys.find(&account.encode());
            let (event, asset) = (draft.event_of(leg), draft.rows.assets[leg as usize]);
            let time = draft.events.time(event);
            let Some(seconds) = time
                .seconds()
                .filter(|_| time.latest() - time.earliest() < 60)
            else {
                continue;
            };
            let mut change = Amount::ZERO;
            let mut legs = draft.legs_of(event);
            let is_known = legs.all(|leg| {
                if draft.rows.assets[leg as usize] != asset {
                    return true;
                }
                let moved = draft.amount(leg);
                let after = match (draft.from(leg) == account, draft.to(leg) == account) {
                    (true, false) => moved.and_then(|moved| change.checked_sub(moved)),
                    (false, true) => moved.and_then(|moved| change.checked_add(moved)),
                    _ => Some(change),
                };
                change = after.unwrap_or_default();
                after.is_some()
            });
            if is_known {
                let file = (segment, draft.events.sources[event as usize]);
                let booking = Booking {
                    seconds,
                    event,
                    file,
                };
                let kind = draft.rows.kind(leg).code();
                let alike = alike
                    .entry((account, asset, change.units(), kind))
                    .or_default();
                alike.insert((seconds, event), booking);
            }
        }
    }
    let alike = alike.into_values();
    alike.map(|alike| alike.into_values().collect()).collect()
}

/// Of each other file, the row that is the same booking: of those of the same second if there are any, else of those
/// within [`BOOKING_SECONDS`]. Where the own file has several such rows, the other must have as many.
fn partners(alike: &[Booking], at: usize) -> Vec<usize> {
    let own = &alike[at];
    let apart = |other: usize| alike[other].seconds.abs_diff(own.seconds);
    let within = |seconds: u64| {
        let before = (0..at).rev().take_while(|&other| apart(other) <= seconds);
        let mut near: Vec<usize> = before.take(BOOKINGS_NEAR_MAX).collect();
        near.reverse();
        let after = (at..alike.len()).take_while(|&other| apart(other) <= seconds);
        near.extend(after.take(BOOKINGS_NEAR_MAX));
        near
    };
    let mut partners = BTreeMap::new();
    for seconds in [0, BOOKING_SECONDS] {
        let near = within(seconds);
        if near.len() >= BOOKINGS_NEAR_MAX {
            break;
        }
        let mut files: BTreeMap<(usize, u32), Vec<usize>> = BTreeMap::new();
        for place in near {
            files.entry(alike[place].file).or_default().push(place);
        }
        let Some(mine) = files.remove(&own.file) else {
            continue;
        };
        let rank = mine.iter().position(|&place| place == at);
        for (file, theirs) in files {
            let same = rank.filter(|_| theirs.len() == mine.len());
            partners
                .entry(file)
                .or_insert(same.map(|rank| theirs[rank]));
        }
    }
    partners.into_values().flatten().collect()
}

fn match_bookings(draft: &mut Draft) {
    for alike in bookings(draft) {
        for at in 0..alike.len() {
            for other in partners(&alike, at) {
                if other > at && partners(&alike, other).contains(&at) {
                    join_booking(draft, [alike[at].event, alike[other].event]);
                }
            }
        }
    }
    draft.joined.sort_unstable();
}

/// Lets the event that tells more of a booking enter, and all legs of the other give way to it.
fn join_booking(draft: &mut Draft, mut events: [u32; 2]) {
    if events.iter().any(|&event| !draft.events.enters(event)) {
        return;
    }
    events.sort_by_key(|&event| {
        let n_legs = draft.legs_of(event).count();
        (
            std::cmp::Reverse(n_legs),
            draft.segment_of(event).rank,
            event,
        )
    });
    let [kept, dropped] = events;
    let records = events.map(|event| {
        let citation = draft.citation(event);
        (citation.exhibit, citation.event_row)
    });
    draft.events.set_state(dropped, State::Cited);
    draft.joined.push((kept, 0, dropped));
    draft.notes.n_joined_events += 1;
    draft.notes.claims.push(JoinNote {
        rule: CUSTODIAN_BOOKING.to_string(),
        parameters: format!(
            "seconds at most {BOOKING_SECONDS}, same account, asset and change, one such row in each file"
        ),
        statement: "two files of the custodian state one booking".to_owned(),
        records: records.to_vec(),
    });
}

/// Cites the rows that state a leg of an event which begins in another row.
fn cite_rows(draft: &mut Draft) {
    let mut cited = Vec::new();
    let mut rows = Vec::new();
    for held in &draft.segments {
        for row in &held.small.references {
            if let Reference::Row { event } = row.reference {
                let event = held.events.start + event;
                rows.push(event);
                let leg = draft.leg(held.transfers.start + row.transfer);
                cited.extend(leg.map(|leg| (leg, event)));
            }
        }
    }
    for event in rows {
        draft.events.set_state(event, State::Cited);
    }
    draft.of_one_leg.extend(cited);
}

/// Outputs that a custodian credited to a customer. From there the customer's money is in his account: who
/// spends the coins later spends the custodian's.
fn note_credited(draft: &mut Draft) {
    let is_custodial = |account: u32| {
        (account as usize) < draft.keys.len()
            && draft.keys.get(account).first() == Some(&AccountKey::CUSTODIAL_TAG)
    };
    let links = draft.links.iter().filter(|link| {
        link.basis == Basis::Inference(LEDGER_TRANSACTION)
            && draft.rows.kind(link.earlier) == TransferKind::Output
            && draft.rows.kind(link.later) == TransferKind::Deposit
            && is_custodial(draft.rows.from[link.later as usize])
    });
    draft.credited = links.map(|link| link.earlier).collect();
}

fn match_transactions(draft: &mut Draft) {
    let mut wanted = Vec::new();
    for held in &draft.segments {
        for row in &held.small.references {
            let leg = draft.leg(held.transfers.start + row.transfer);
            if let (Reference::Transaction { txid, account }, Some(leg)) = (&row.reference, leg) {
                let account = account
                    .as_ref()
                    .map(|account| draft.keys.find(&account.encode()));
                wanted.push((leg, *txid, account));
            }
        }
    }
    let events = events_of(draft, &wanted.iter().map(|wanted| wanted.1).collect());
    let mut matched: Vec<(u32, [u8; 32], Option<u32>)> = Vec::with_capacity(wanted.len());
    for (leg, txid, account) in wanted {
        let found = events
            .get(&txid)
            .and_then(|events| movement(draft, leg, account, events));
        matched.push((leg, txid, found));
    }
    // One movement stands in a book once: two rows of it cannot both be the same transfer.
    let mut rows_of: BTreeMap<(usize, u32), BTreeSet<u32>> = BTreeMap::new();
    for &(leg, _, found) in &matched {
        if let Some(kept) = found {
            let event = draft.event_of(leg);
            rows_of
                .entry((draft.segment_number(event), kept))
                .or_default()
                .insert(event);
        }
    }
    let competes =
        |leg: u32, kept: u32| rows_of[&(draft.segment_number(draft.event_of(leg)), kept)].len() > 1;
    let settle = |(leg, txid, found): (u32, [u8; 32], Option<u32>)| {
        let settled = match found {
            None if events.contains_key(&txid) => Err(Unmatched::NoSuchMovement),
            None => Err(Unmatched::NotInEvidence),
            Some(kept) if competes(leg, kept) => Err(Unmatched::SeveralRows),
            Some(kept) => Ok(kept),
        };
        (leg, txid, settled)
    };
    let settled: Vec<_> = matched.into_iter().map(settle).collect();
    for (leg, txid, settled) in settled {
        let kept = match settled {
            Ok(kept) => kept,
            Err(why) => {
                draft.note_unmatched(leg, &txid, why);
                continue;
            }
        };
        let records = vec![record_of(draft, leg), record_of(draft, kept)];
        draft.merge_legs(leg, kept, Basis::Inference(LEDGER_TRANSACTION));
        draft.notes.claims.push(JoinNote {
            rule: LEDGER_TRANSACTION.to_string(),
            parameters: "transaction id as written, same amount, one such transfer".to_owned(),
            statement: format!(
                "the book's row and the transaction {} are one movement",
                hex::encode(txid)
            ),
            records,
        });
    }
}

impl Draft {
    /// Lists a row that names a transaction and is joined with no movement of it.
    fn note_unmatched(&mut self, leg: u32, txid: &[u8; 32], why: Unmatched) {
        let event = self.event_of(leg);
        let citation = self.citation(event);
        let unmatched = UnmatchedTransaction {
            exhibit: citation.exhibit,
            event_row: citation.event_row,
            locator: self.locator(event).to_string(),
            txid: hex::encode(txid),
            why,
        };
        self.notes.n_unmatched_transactions += 1;
        self.notes.unmatched_transactions.push(unmatched);
    }
}

/// The events that these transactions, named as people write them, are. O(transactions of the case).
pub(super) fn events_of(
    draft: &Draft,
    wanted: &FxHashSet<[u8; 32]>,
) -> BTreeMap<[u8; 32], Vec<u32>> {
    let mut events: BTreeMap<[u8; 32], Vec<u32>> = BTreeMap::new();
    if wanted.is_empty() {
        return events;
    }
    let written = |event: u32| {
        let network = draft
            .events
            .network(event)
            .filter(|_| draft.events.enters(event))?;
        let mut txid = draft.events.txids[event as usize];
        if network.is_utxo() {
            txid.reverse();
        }
        wanted.contains(&txid).then_some((txid, event))
    };
    let n = small(draft.events.txids.len());
    let found: Vec<([u8; 32], u32)> = (0..n).into_par_iter().filter_map(written).collect();
    for (txid, event) in found {
        events.entry(txid).or_default().push(event);
    }
    events
}

/// The one transfer of the transaction that the book's leg can be.
fn movement(draft: &Draft, leg: u32, account: Option<u32>, events: &[u32]) -> Option<u32> {
    let written = draft.amount(leg);
    let fits = |&candidate: &u32| {
        let amount = draft.amount(candidate);
        let to = draft.to(candidate);
        to != JUNCTION
            && amount.is_some()
            && amount == written
            && account.is_none_or(|account| to == account)
            && same_coin(draft, leg, candidate)
    };
    let legs = events.iter().flat_map(|&event| draft.legs_of(event));
    let mut fitting = legs.filter(fits);
    let found = fitting.next()?;
    fitting.next().is_none().then_some(found)
}

/// Whether a symbol in a book can mean the asset on the chain.
fn same_coin(draft: &Draft, written: u32, on_chain: u32) -> bool {
    let asset = |leg: u32| &draft.assets[usize::from(draft.rows.assets[leg as usize])];
    let (written, on_chain) = (asset(written), asset(on_chain));
    let symbol = match written.key() {
        AssetKey::AsWritten(symbol) => &**symbol,
        key => return key == on_chain.key(),
    };
    let same_symbol = match on_chain.key() {
        AssetKey::Native(network) => {
            symbol == network.symbol() || network.is_utxo() && symbol == Network::Bitcoin.symbol()
        }
        AssetKey::Token(..) => symbol == on_chain.symbol(),
        _ => false,
    };
    same_symbol && written.decimals() == on_chain.decimals()
}
