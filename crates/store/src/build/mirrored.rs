//! Mirrors that a person accepted: rows of books that are transfers of a chain.
//!
//! Laws. A row's transfer and the chain's both stay as exhibits state them; what joins them is a link, which rests on the inference, so that
//! without the links all is as it was. The two books' rows of one settlement are carried once. Nothing of a chain is moved: a settlement that
//! a book dates behind its transfer stands before it, because what is linked to comes first. What cannot be carried so is noted.
//!
//! Which way a link leads: what the keeper paid, and both sides of an exchange, from the row to the chain; what a customer paid the keeper for
//! an order or left with him, from the chain to the row, in the value layer alone: the coins stay where they are. Several rows, or several
//! transfers, share the other side in proportion, boundaries at ⌊y·C/x⌋ for cumulative C (`tracing.md` rule 7).

use super::accounts::JUNCTION;
use super::references::events_of;
use super::{Draft, JoinNote, StatedLink};
use crate::decision::{ACCEPTED, CRYPTO_MIRROR, ChainMovement, MirrorDecision, RowMovement, Way};
use moneytrail_model::money::mul_div_rem;
use moneytrail_model::{AccountKey, Amount, Basis, ExhibitNo, Layer, Locator, TransferKind};
use std::collections::{BTreeMap, BTreeSet};

/// A row's movement and the leg that carries it.
type Row<'a> = (&'a RowMovement, u32);

/// Enters what is accepted. O(transactions of the case), and O(events) for each exhibit with an accepted row.
pub(super) fn resolve(draft: &mut Draft, decisions: &[MirrorDecision]) {
    if decisions.is_empty() {
        return;
    }
    let transfers = decisions.iter().flat_map(|of| &of.transfers);
    let events = events_of(draft, &transfers.filter_map(ChainMovement::txid).collect());
    let named = decisions.iter().flat_map(|of| &of.rows);
    let rows = rows_of(draft, named.map(|row| &*row.row));
    // What each book was accepted to say of the same transfers is one mirror.
    let mut by_transfers: BTreeMap<Vec<u32>, Vec<Resolved<'_>>> = BTreeMap::new();
    let mut used: BTreeSet<u32> = BTreeSet::new();
    let mut remarks = Vec::new();
    let nothing = |id: &str, why: &str| {
        format!("{id}: a person accepted this mirror, and it decides nothing: {why}")
    };
    for decision in decisions {
        match resolved(draft, decision, &rows, &events, &mut used) {
            Ok((transfers, said)) => by_transfers
                .entry(transfers)
                .or_default()
                .push((decision, said)),
            Err(why) => remarks.push(nothing(&decision.id, &why)),
        }
    }
    for (transfers, decided) in by_transfers {
        let ids: Vec<&str> = decided.iter().map(|of| &*of.0.id).collect();
        let id = ids.join(", ");
        match enter(draft, &transfers, &decided, &id) {
            Ok(more) => remarks.extend(more.into_iter().map(|remark| format!("{id}: {remark}"))),
            Err(why) => remarks.push(nothing(&id, &why)),
        }
    }
    draft.notes.remarks.extend(remarks);
    draft.ahead.sort_unstable();
    draft.ahead.dedup();
}

/// Events of rows, each named by its exhibit and place.
pub(super) fn rows_of<'a>(
    draft: &Draft,
    named: impl Iterator<Item = &'a str>,
) -> BTreeMap<&'a str, u32> {
    let mut wanted: BTreeMap<u32, BTreeMap<Locator, &str>> = BTreeMap::new();
    for row in named {
        let place = row.split_once('/').and_then(|(exhibit, place)| {
            Some((ExhibitNo::parse(exhibit)?.get(), Locator::parse(place)?))
        });
        if let Some((exhibit, place)) = place {
            wanted.entry(exhibit).or_default().insert(place, row);
        }
    }
    let mut rows = BTreeMap::new();
    for held in &draft.segments {
        let Some(wanted) = wanted.get(&held.exhibit) else {
            continue;
        };
        for event in held.events.clone() {
            if let Some(&row) = wanted.get(&draft.locator(event)) {
                rows.insert(row, event);
            }
        }
    }
    rows
}

/// A decision and the rows that it names.
type Resolved<'a> = (&'a MirrorDecision, Vec<Row<'a>>);

/// Legs of the transfers and of the rows that a decision names.
fn resolved<'a>(
    draft: &Draft,
    decision: &'a MirrorDecision,
    rows: &BTreeMap<&str, u32>,
    events: &BTreeMap<[u8; 32], Vec<u32>>,
    used: &mut BTreeSet<u32>,
) -> Result<(Vec<u32>, Vec<Row<'a>>), String> {
    let transfers = decision.transfers.iter();
    let transfers = transfers.map(|of| on_chain(draft, of, events));
    let transfers: Vec<u32> = transfers.collect::<Result<_, _>>()?;
    let said = decision.rows.iter();
    let said = said.map(|of| Ok((of, in_book(draft, of, rows)?)));
    let said: Vec<Row<'a>> = said.collect::<Result<_, String>>()?;
    if let Some(row) = said.iter().find(|of| used.contains(&of.1)) {
        return Err(format!("{} is accepted in two mirrors", row.0.row));
    }
    used.extend(said.iter().map(|of| of.1));
    Ok((transfers, said))
}

fn enter(
    draft: &mut Draft,
    transfers: &[u32],
    decided: &[Resolved<'_>],
    ids: &str,
) -> Result<Vec<String>, String> {
    let mut said: Vec<Row<'_>> = decided.iter().flat_map(|of| of.1.iter().copied()).collect();
    // The order of exhibits' numbers says nothing, that of their content does.
    said.sort_by_key(|of| of.1);
    let mut remarks = Vec::new();
    let (settling, other): (Vec<Row<'_>>, Vec<Row<'_>>) =
        said.iter().partition(|of| of.0.is_settlement());
    let (paid, received): (Vec<Row<'_>>, Vec<Row<'_>>) =
        settling.iter().partition(|of| of.0.way == Way::Out);
    let linked = if paid.is_empty() { &received } else { &paid };
    let mut groups: Vec<(bool, Vec<u32>)> = Vec::new();
    for (legs, is_to_chain) in [
        (linked.clone(), true),
        (of_way(&other, true), true),
        (of_way(&other, false), false),
    ] {
        let legs: Vec<u32> = legs.into_iter().map(|of| of.1).collect();
        if !legs.is_empty() {
            groups.push((is_to_chain, legs));
        }
    }
    // Nothing is changed before all of it is known to hold.
    let (mut links, mut ahead) = (Vec::new(), Vec::new());
    for (is_to_chain, legs) in groups {
        for (row, transfer, of_row, of_chain) in shared(draft, &legs, transfers)? {
            let (ends, amounts) = if is_to_chain {
                ([row, transfer], [of_row, of_chain])
            } else {
                ([transfer, row], [of_chain, of_row])
            };
            links.push(StatedLink {
                earlier: ends[0],
                later: ends[1],
                consumed: Some(amounts[0]),
                paid: Some(amounts[1]),
                basis: Basis::Inference(CRYPTO_MIRROR),
            });
            if is_to_chain {
                ahead.push((draft.event_of(row), draft.event_of(transfer)));
            }
        }
    }
    if !paid.is_empty() {
        carry_once(draft, &paid, &received, &mut remarks);
    }
    draft.links.extend(links);
    draft.ahead.extend(ahead);
    let legs = said.iter().map(|of| of.1).chain(transfers.iter().copied());
    let records: Vec<(u32, u32)> = legs
        .map(|leg| {
            let citation = draft.citation(draft.event_of(leg));
            (citation.exhibit, citation.event_row)
        })
        .collect();
    let says: Vec<&str> = decided.iter().map(|of| &*of.0.says).collect();
    draft.notes.claims.push(JoinNote {
        rule: CRYPTO_MIRROR.to_string(),
        parameters: format!("{ACCEPTED}; {}", says.join("; ")),
        statement: format!("rows of books and transfers of a chain are one settlement ({ids})"),
        records,
    });
    Ok(remarks)
}

/// What leads to the chain, or from it: see the module's laws.
fn of_way<'a>(rows: &[Row<'a>], is_to_chain: bool) -> Vec<Row<'a>> {
    let from_chain = |of: &RowMovement| {
        let kinds = [TransferKind::OrderPaid, TransferKind::Deposit];
        of.way == Way::In && kinds.iter().any(|kind| kind.as_str() == of.kind)
    };
    let of_way = rows.iter().filter(|of| from_chain(of.0) != is_to_chain);
    of_way.copied().collect()
}

/// Lets the rows of who paid carry what those of who was paid say too, where each is one of theirs.
fn carry_once(
    draft: &mut Draft,
    paid: &[Row<'_>],
    received: &[Row<'_>],
    remarks: &mut Vec<String>,
) {
    let sorted = |rows: &[Row<'_>]| {
        let mut sorted: Vec<(Option<Amount>, u32)> =
            rows.iter().map(|of| (draft.amount(of.1), of.1)).collect();
        sorted.sort_unstable();
        sorted
    };
    let (kept, dropped) = (sorted(paid), sorted(received));
    let pairs: Vec<_> = kept.into_iter().zip(dropped).collect();
    let is_one = paid.len() == 1 && received.len() == 1;
    let are_equal = paid.len() == received.len() && pairs.iter().all(|(a, b)| a.0 == b.0);
    if !received.is_empty() && !is_one && !are_equal {
        remarks.push(
            "the two books divide the sum otherwise: the rows of who was paid stay beside those of who paid"
                .to_owned(),
        );
        return;
    }
    for ((stated, kept), (otherwise, dropped)) in pairs {
        if stated != otherwise {
            let [a, b] = [kept, dropped].map(|leg| draft.named(draft.event_of(leg)));
            remarks.push(format!("{a} and {b} state other sums: the first counts"));
        }
        draft.merge_legs(dropped, kept, Basis::Inference(CRYPTO_MIRROR));
    }
}

/// The transfer of a chain that a decision names.
fn on_chain(
    draft: &Draft,
    of: &ChainMovement,
    events: &BTreeMap<[u8; 32], Vec<u32>>,
) -> Result<u32, String> {
    let missing = || format!("no exhibit has the transaction {} as it was then", of.txid);
    let network = of.network().ok_or_else(missing)?;
    let txid = of.txid().ok_or_else(missing)?;
    let end = |text: &str| {
        if text.is_empty() {
            return Some(JUNCTION);
        }
        let key = AccountKey::parse(text, network)?;
        Some(draft.keys.find(&key.encode()))
    };
    let (from, to) = end(&of.from).zip(end(&of.to)).ok_or_else(missing)?;
    let is_of_network = |event: &&u32| draft.events.network(**event) == Some(network);
    let of_transaction = events.get(&txid).into_iter().flatten();
    let legs = of_transaction
        .filter(is_of_network)
        .flat_map(|&event| draft.legs_of(event));
    let mut fitting = legs.filter(|&leg| {
        let kinds = [TransferKind::Payment, TransferKind::Output];
        let asset = &draft.assets[usize::from(draft.rows.assets[leg as usize])];
        kinds.contains(&draft.rows.kind(leg))
            && (draft.from(leg), draft.to(leg)) == (from, to)
            && draft
                .amount(leg)
                .is_some_and(|amount| of.moved.is(asset, amount.units()))
    });
    fitting.nth(of.nth as usize).ok_or_else(missing)
}

/// The leg of a book's row that a decision names: that of the value layer, where it has one.
fn in_book(draft: &Draft, of: &RowMovement, rows: &BTreeMap<&str, u32>) -> Result<u32, String> {
    let missing = || format!("{} is not in evidence as it was then", of.row);
    let &event = rows.get(&*of.row).ok_or_else(missing)?;
    if !draft.events.enters(event) {
        return Err(missing());
    }
    let fits = |leg: &u32| {
        let asset = &draft.assets[usize::from(draft.rows.assets[*leg as usize])];
        let amount = draft.amount(*leg);
        draft.rows.kind(*leg).as_str() == of.kind
            && amount.is_some_and(|amount| of.moved.is(asset, amount.units()))
    };
    let legs = draft.legs_of(event).filter(fits);
    let leg = legs
        .min_by_key(|&leg| (!draft.rows.layers(leg).contains(Layer::Value), leg))
        .ok_or_else(missing)?;
    if draft.merges.contains_key(&leg) {
        return Err(format!("{} is one with a transaction already", of.row));
    }
    Ok(leg)
}

/// Row, transfer, units of each: how rows and transfers share one sum.
fn shared(
    draft: &Draft,
    rows: &[u32],
    transfers: &[u32],
) -> Result<Vec<(u32, u32, Amount, Amount)>, String> {
    let one_asset = |legs: &[u32]| {
        let mut assets = legs.iter().map(|&leg| draft.rows.assets[leg as usize]);
        let first = assets.next();
        assets.all(|asset| Some(asset) == first)
    };
    if !one_asset(rows) || !one_asset(transfers) {
        return Err("its rows, or its transfers, are of several assets".to_owned());
    }
    let units = |legs: &[u32]| -> Option<Vec<u128>> {
        let units = legs.iter().map(|&leg| draft.amount(leg)?.non_negative());
        units.collect()
    };
    let whole = units(rows).zip(units(transfers));
    let parts = whole.and_then(|(rows, transfers)| in_proportion(&rows, &transfers));
    let parts = parts.ok_or("several rows are several transfers, or a sum is not known")?;
    let amount = |units: u128| Amount::new(i128::try_from(units).ok()?).ok();
    let named = parts.into_iter().map(|part| {
        let amounts = amount(part.2).zip(amount(part.3));
        let (of_row, of_chain) = amounts.ok_or("a sum is too large")?;
        Ok((rows[part.0], transfers[part.1], of_row, of_chain))
    });
    named.collect()
}

/// Shares of two lists of which one has one part: positions in both, units of each. Boundaries of the one part are at ⌊whole·C/sum⌋, so that
/// shares add up on both sides. `None` if both have several parts, a sum is zero, or one passes 128 bits.
fn in_proportion(a: &[u128], b: &[u128]) -> Option<Vec<(usize, usize, u128, u128)>> {
    let divided = |whole: u128, parts: &[u128]| -> Option<Vec<u128>> {
        let sum = parts
            .iter()
            .try_fold(0_u128, |sum, &part| sum.checked_add(part))?;
        let (mut so_far, mut before) = (0, 0);
        let shares = parts.iter().map(|&part| {
            so_far += part;
            let boundary = mul_div_rem(whole, so_far, sum)?.0;
            let share = boundary - before;
            before = boundary;
            Some(share)
        });
        shares.collect()
    };
    match (a, b) {
        ([whole], parts) => {
            let shares = divided(*whole, parts)?;
            let each = (0..).zip(shares).zip(parts);
            Some(
                each.map(|((at, share), &part)| (0, at, share, part))
                    .collect(),
            )
        }
        (parts, [whole]) => {
            let shares = divided(*whole, parts)?;
            let each = (0..).zip(shares).zip(parts);
            Some(
                each.map(|((at, share), &part)| (at, 0, part, share))
                    .collect(),
            )
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::in_proportion;
    use proptest::prelude::*;

    #[test]
    fn one_sum_is_divided_at_floors_of_what_has_come() {
        assert_eq!(
            in_proportion(&[100], &[1, 1, 1]),
            Some(vec![(0, 0, 33, 1), (0, 1, 33, 1), (0, 2, 34, 1)])
        );
        assert_eq!(
            in_proportion(&[30, 70], &[7]),
            Some(vec![(0, 0, 30, 2), (1, 0, 70, 5)])
        );
        assert_eq!(in_proportion(&[1, 2], &[1, 2]), None);
        assert_eq!(in_proportion(&[5], &[0, 0]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn shares_add_up(whole in 0..u128::MAX, parts in prop::collection::vec(1..u128::MAX >> 4, 1..6)) {
            let shares = in_proportion(&[whole], &parts).unwrap();
            prop_assert_eq!(shares.iter().map(|share| share.2).sum::<u128>(), whole);
            prop_assert_eq!(shares.iter().map(|share| share.3).collect::<Vec<_>>(), parts.clone());
            let back = in_proportion(&parts, &[whole]).unwrap();
            prop_assert!(shares.iter().zip(&back).all(|(a, b)| (a.2, a.3) == (b.3, b.2)));
        }
    }
}
