//! Stated links, and what books say of other books and of chains.

use super::{Event, Naive, StatedLink, scaled};
use moneytrail_model::{AccountKey, Amount, AssetKey, Basis};
use moneytrail_store::schema::{Reference, Side};
use moneytrail_store::{JoinNote, Unmatched, UnmatchedTransaction};
use std::collections::BTreeMap;

impl Naive {
    /// The leg that carries what a row says.
    pub(super) fn leg(&self, segment: usize, transfer: u32) -> Option<usize> {
        let row = self.held[segment].first_leg + transfer as usize;
        let enters = self.events[self.legs[row].event].enters;
        if enters {
            Some(row)
        } else {
            self.legs[row].carrier
        }
    }

    pub(super) fn take_stated_links(&mut self) {
        for (segment, held) in self.held.iter().enumerate() {
            for link in &held.rows.links {
                let ends = [link.earlier, link.later].map(|end| self.leg(segment, end));
                let [Some(earlier), Some(later)] = ends else {
                    continue;
                };
                let scaled = |amount: Option<Amount>, transfer: u32| {
                    let asset = held.rows.transfers.get(transfer as usize).asset;
                    scaled(amount?, held.missing_places[asset as usize])
                };
                self.stated.push(StatedLink {
                    earlier,
                    later,
                    consumed: scaled(link.consumed, link.earlier),
                    paid: scaled(link.paid, link.later),
                    basis: link.basis.clone(),
                });
            }
        }
        let rules = self.stated.iter().filter_map(|link| match link.basis {
            Basis::Inference(rule) => Some(rule.to_string()),
            Basis::Fact | Basis::Assumption(_) => None,
        });
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        rules.for_each(|rule| *counts.entry(rule).or_default() += 1);
        self.notes.linking_rules = counts.into_iter().collect();
    }

    fn merge(&mut self, dropped: usize, kept: usize, rule: &str) {
        let basis = Basis::parse(&format!("inference {rule}")).unwrap();
        self.legs[dropped].merged = Some((kept, basis));
        let event = self.legs[dropped].event;
        self.legs[kept].cited.insert(event);
    }

    fn claim(&mut self, rule: &str, parameters: &str, statement: String, legs: &[usize]) {
        let record = |&leg: &usize| self.citation(self.legs[leg].event);
        self.notes.claims.push(JoinNote {
            rule: rule.to_owned(),
            parameters: parameters.to_owned(),
            statement,
            records: legs.iter().map(record).collect(),
        });
    }

    /// Every reference whose row enters.
    fn references(&self) -> Vec<(usize, Reference)> {
        let mut references = Vec::new();
        for (segment, held) in self.held.iter().enumerate() {
            for row in &held.rows.references {
                let leg = self.leg(segment, row.transfer);
                references.extend(leg.map(|leg| (leg, row.reference.clone())));
            }
        }
        references
    }

    pub(super) fn match_tokens(&mut self) {
        type Sides = (String, Vec<usize>, Vec<usize>);
        let mut orders: BTreeMap<(String, String, String), Sides> = BTreeMap::new();
        for (leg, reference) in self.references() {
            let Reference::Token {
                token,
                side,
                issuer,
                payer,
            } = reference
            else {
                continue;
            };
            let letters = token.chars().filter(|sign| sign.is_alphanumeric());
            let mut bare: String = letters.flat_map(char::to_lowercase).collect();
            let number = bare.trim_start_matches('0');
            if !number.is_empty() && number.chars().all(|sign| sign.is_ascii_digit()) {
                bare = number.to_string();
            }
            if bare.is_empty() {
                self.notes.n_unmatched_tokens += 1;
                continue;
            }
            let key = (bare, issuer.to_lowercase(), payer.to_lowercase());
            let sides = orders
                .entry(key)
                .or_insert((token.into(), Vec::new(), Vec::new()));
            match side {
                Side::Issued => sides.1.push(leg),
                Side::Received => sides.2.push(leg),
            }
        }
        for (token, issued, received) in orders.into_values() {
            let time = |leg: usize| self.events[self.legs[leg].event].row.time.seconds();
            let may_be = |due: usize, payout: usize| {
                self.legs[due].asset == self.legs[payout].asset
                    && time(due)
                        .zip(time(payout))
                        .is_none_or(|(due, payout)| due.abs_diff(payout) < 31 * 86_400)
            };
            let mut payouts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for &payout in received.iter().filter(|&&payout| time(payout).is_some()) {
                let mut dues = issued.iter().filter(|&&due| may_be(due, payout));
                if let (Some(&due), None) = (dues.next(), dues.next())
                    && time(due).is_some()
                {
                    payouts.entry(due).or_default().push(payout);
                }
            }
            self.notes.n_unmatched_tokens += (issued.len() + received.len()) as u64;
            for (due, payouts) in payouts {
                let amounts = payouts.iter().map(|&payout| self.legs[payout].amount);
                let sum = amounts
                    .reduce(|sum, amount| sum?.checked_add(amount?))
                    .flatten();
                let both = sum.zip(self.legs[due].amount);
                if both.is_none_or(|(sum, due)| sum > due) {
                    continue;
                }
                self.notes.n_unmatched_tokens -= 1 + payouts.len() as u64;
                let legs: Vec<usize> = std::iter::once(due)
                    .chain(payouts.iter().copied())
                    .collect();
                self.claim(
                    "token-match@1",
                    "days at most 30, same currency, payouts together at most the order",
                    format!("the books describe one order, token {token}"),
                    &legs,
                );
                for payout in payouts {
                    self.merge(payout, due, "token-match@1");
                }
            }
        }
    }

    pub(super) fn match_transactions(&mut self) {
        let mut found: Vec<(usize, [u8; 32], Option<usize>)> = Vec::new();
        for (leg, reference) in self.references() {
            if let Reference::Transaction { txid, account } = reference {
                found.push((leg, txid, self.named_movement(leg, txid, account.as_ref())));
            }
        }
        let book = |leg: usize| self.events[self.legs[leg].event].segment;
        let is_sole = |&(leg, _, kept): &(usize, [u8; 32], Option<usize>)| {
            found.iter().all(|other| {
                other.2 != kept
                    || book(other.0) != book(leg)
                    || self.legs[other.0].event == self.legs[leg].event
            })
        };
        let sole: Vec<bool> = found.iter().map(is_sole).collect();
        for ((leg, txid, kept), is_sole) in found.into_iter().zip(sole) {
            let why = match kept {
                None if self.described(txid).next().is_none() => Unmatched::NotInEvidence,
                None => Unmatched::NoSuchMovement,
                Some(_) => Unmatched::SeveralRows,
            };
            let Some(kept) = kept.filter(|_| is_sole) else {
                let event = &self.events[self.legs[leg].event];
                let held = &self.held[event.segment];
                self.notes
                    .unmatched_transactions
                    .push(UnmatchedTransaction {
                        exhibit: held.exhibit,
                        event_row: event.position,
                        locator: held.rows.event_locator(&event.row).to_string(),
                        txid: hex::encode(txid),
                        why,
                    });
                self.notes.n_unmatched_transactions += 1;
                continue;
            };
            self.claim(
                "ledger-transaction@1",
                "transaction id as written, same amount, one such transfer",
                format!(
                    "the book's row and the transaction {} are one movement",
                    hex::encode(txid)
                ),
                &[leg, kept],
            );
            self.merge(leg, kept, "ledger-transaction@1");
        }
    }

    /// Events that a transaction, named as people write it, is.
    fn described(&self, txid: [u8; 32]) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| {
            let Some((network, mut own)) = event.row.transaction else {
                return false;
            };
            if network.is_utxo() {
                own.reverse();
            }
            event.enters && own == txid
        })
    }

    fn named_movement(
        &self,
        leg: usize,
        txid: [u8; 32],
        account: Option<&AccountKey>,
    ) -> Option<usize> {
        let written = &self.legs[leg];
        let legs = self.described(txid).flat_map(|event| &event.legs);
        let mut fitting = legs.filter(|&&candidate| {
            let candidate = &self.legs[candidate];
            candidate.to.is_some()
                && candidate.amount.is_some()
                && candidate.amount == written.amount
                && account.is_none_or(|account| candidate.to == Some(account.encode()))
                && self.is_same_coin(&written.asset, &candidate.asset)
        });
        let found = *fitting.next()?;
        fitting.next().is_none().then_some(found)
    }

    fn is_same_coin(&self, written: &AssetKey, on_chain: &AssetKey) -> bool {
        let AssetKey::AsWritten(symbol) = written else {
            return written == on_chain;
        };
        let is_symbol = match on_chain {
            AssetKey::Native(network) => {
                **symbol == *network.symbol() || network.is_utxo() && **symbol == *"BTC"
            }
            AssetKey::Token(..) => **symbol == *self.assets[on_chain].symbol(),
            _ => false,
        };
        is_symbol && self.assets[written].decimals() == self.assets[on_chain].decimals()
    }
}
