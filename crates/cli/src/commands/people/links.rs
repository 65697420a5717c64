//! What orders say of people: which rows describe one order, and who deals with its parties face to face.
//!
//! Laws: the sender of an order deals with the keeper who sent it first, the beneficiary with the one who received it last, however many
//! keepers it passes through. A name of a colleague that means no keeper of the case is a home of its own only where no order
//! that bears it answers one of theirs: else it may be any of them, and nothing is said.

use crate::commands::reconcile::Compared;
use crate::commands::reconcile::books::Books;
use crate::shelf::Shelf;
use moneytrail_analysis::people::Party;
use moneytrail_analysis::reconcile::{Options, Side, Together};
use moneytrail_model::{Stop, Watch};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer orders make no colleague whose book is not at hand.
const STRANGER_ORDERS_MIN: u64 = 3;
/// A row sent on under the token and amount of one that was received is held to be its order at this probability.
const SENT_ON: f64 = 0.95;
/// Keepers that an order passes through are followed so far.
const HOPS_MAX: usize = 4;

/// Homes of sender and beneficiary.
pub(super) type Homes = [Option<String>; 2];

/// Orders of a case.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// By the row of an order.
    pub(super) homes: BTreeMap<String, Homes>,
    /// Two rows of one order, and how probably: matches, then what was received and sent on.
    pub(super) orders: Vec<([String; 2], f64)>,
    pub(super) n_matches: usize,
}

impl Links {
    pub(super) fn of(shelf: &Shelf, watch: &dyn Watch) -> Result<Self, Stop> {
        let Compared {
            books,
            found,
            classes,
            ..
        } = Compared::of(shelf, &Options::default(), watch)?;
        let matches: Vec<[usize; 2]> = found
            .matches
            .iter()
            .map(|pair| [pair.sent, pair.received])
            .collect();
        let sent_on = classes.others.iter();
        let sent_on = sent_on.filter(|of| of.together == Together::SentOn);
        let sent_on: Vec<[usize; 2]> = sent_on.map(|of| of.orders).collect();
        let posteriors = found.matches.iter().map(|pair| pair.posterior);
        let all = matches.iter().zip(posteriors);
        let all = all.chain(sent_on.iter().map(|pair| (pair, SENT_ON)));
        Ok(Self {
            orders: all
                .map(|(pair, posterior)| {
                    (pair.map(|order| books.places[order].to_string()), posterior)
                })
                .collect(),
            n_matches: matches.len(),
            homes: homes(&books, &matches, &sent_on),
        })
    }
}

/// Homes by row. `matches` are sent and received, `sent_on` received and sent.
fn homes(books: &Books, matches: &[[usize; 2]], sent_on: &[[usize; 2]]) -> BTreeMap<String, Homes> {
    const SENDER: usize = Party::Sender as usize;
    const BENEFICIARY: usize = Party::Beneficiary as usize;
    let mut partner: Vec<Option<u32>> = vec![None; books.orders.len()];
    for &[sent, received] in matches {
        partner[sent] = Some(books.orders[received].book);
        partner[received] = Some(books.orders[sent].book);
    }
    let named = || books.orders.iter().zip(&books.colleagues);
    let answered: BTreeSet<(u32, &str)> = named()
        .zip(&partner)
        .filter(|of| of.1.is_some())
        .map(|((order, name), _)| (order.book, name.as_str()))
        .collect();
    let strangers: BTreeSet<&str> = books
        .strangers()
        .into_iter()
        .filter(|of| of.1 >= STRANGER_ORDERS_MIN)
        .map(|of| of.0)
        .collect();
    let keeper = |book: u32| books.keepers.get(book as usize).cloned();
    let mut homes: Vec<Homes> = named()
        .zip(&partner)
        .map(|((order, name), partner)| {
            let stranger = || {
                let is_one =
                    strangers.contains(name.as_str()) && !answered.contains(&(order.book, name));
                is_one.then(|| name.clone())
            };
            let other = partner
                .or(order.other_book)
                .and_then(keeper)
                .or_else(stranger);
            match order.side {
                Side::Sent => [keeper(order.book), other],
                Side::Received => [other, keeper(order.book)],
                Side::Unknown => [None, None],
            }
        })
        .collect();
    for _ in 0..HOPS_MAX {
        for &[sent, received] in matches {
            let known = homes[sent][SENDER].clone();
            homes[received][SENDER] = known;
            let known = homes[received][BENEFICIARY].clone();
            homes[sent][BENEFICIARY] = known;
        }
        for &[received, sent] in sent_on {
            let known = homes[received][SENDER].clone();
            homes[sent][SENDER] = known;
            let known = homes[sent][BENEFICIARY].clone();
            homes[received][BENEFICIARY] = known;
        }
    }
    books
        .places
        .iter()
        .map(ToString::to_string)
        .zip(homes)
        .collect()
}
