//! An order as one book describes it, and its strings in their forms for comparison.

use crate::linkage::name::{Skeleton, bare};
use moneytrail_model::Amount;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// On which side of an order its record stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// In the book of who took it and sent it on.
    Sent,
    /// In the book of who was to pay it out.
    Received,
    /// The record does not say: it may be either.
    Unknown,
}

/// An amount of one asset.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sum {
    /// The asset's key, such as `EUR`.
    pub asset: Box<str>,
    /// Smallest units.
    pub amount: Amount,
}

/// What one record says of one order. What it does not say is `None` or empty, and speaks neither for nor against.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Order {
    /// Names the record, such as its locator: no two orders share one. It breaks ties.
    pub key: Box<str>,
    /// The book that it stands in.
    pub book: u32,
    /// On which side.
    pub side: Side,
    /// The book that holds the other side, if the record names its keeper and that book is at hand.
    pub other_book: Option<u32>,
    /// Number, code or banknote serial.
    pub token: Option<Box<str>>,
    /// Days since 1970: the first and the last on which it may have happened.
    pub days: Option<(i32, i32)>,
    /// The order's amounts, one or two currencies.
    pub amounts: Vec<Sum>,
    /// Who sends, folded for matching.
    pub sender: Option<Box<str>>,
    /// Who is to get it, folded for matching.
    pub beneficiary: Option<Box<str>>,
    /// Telephones: the last nine digits.
    pub phones: Vec<Box<str>>,
    /// Where it is paid out, folded for matching.
    pub place: Option<Box<str>>,
    /// Memo of a list, which may be cut off.
    pub text: Option<Box<str>>,
}

impl Order {
    /// An order of which nothing is known but where it stands.
    pub fn new(key: impl Into<Box<str>>, book: u32, side: Side) -> Self {
        Self {
            key: key.into(),
            book,
            side,
            other_book: None,
            token: None,
            days: None,
            amounts: Vec::new(),
            sender: None,
            beneficiary: None,
            phones: Vec::new(),
            place: None,
            text: None,
        }
    }
}

/// Numbers of the assets that orders name.
pub(super) fn assets(orders: &[Order]) -> FxHashMap<&str, u32> {
    let mut numbers = FxHashMap::default();
    for sum in orders.iter().flat_map(|of| &of.amounts) {
        let next = super::number(numbers.len());
        numbers.entry(&*sum.asset).or_insert(next);
    }
    numbers
}

/// An order with its strings in their forms for comparison.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub(super) order: &'a Order,
    /// Numbers of assets, and amounts.
    pub(super) sums: SmallVec<[(u32, Amount); 1]>,
    pub(super) text: Option<Box<str>>,
    /// What lists of payments do not say.
    pub(super) words: Option<Box<Words>>,
}

/// What hawaladars write of an order in words.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) token: Option<Box<str>>,
    pub(super) sender: Option<Skeleton>,
    pub(super) beneficiary: Option<Skeleton>,
    pub(super) place: Option<Skeleton>,
}

impl Words {
    fn of(order: &Order) -> Option<Box<Self>> {
        let skeleton = |text: &Option<Box<str>>| {
            let skeleton = Skeleton::of(text.as_deref()?);
            (!skeleton.is_empty()).then_some(skeleton)
        };
        let token = order.token.as_deref().map(bare);
        let words = Self {
            token: token.filter(|token| !token.is_empty()).map(Into::into),
            sender: skeleton(&order.sender),
            beneficiary: skeleton(&order.beneficiary),
            place: skeleton(&order.place),
        };
        let names = [&words.sender, &words.beneficiary, &words.place];
        let is_said = words.token.is_some() || names.iter().any(|of| of.is_some());
        is_said.then(|| Box::new(words))
    }
}

impl<'a> Prepared<'a> {
    pub(super) fn new(order: &'a Order, assets: &FxHashMap<&str, u32>) -> Self {
        let text = order.text.as_deref().map(|text| {
            let mut spaced = String::with_capacity(text.len());
            for word in text.split_whitespace() {
                if !spaced.is_empty() {
                    spaced.push(' ');
                }
                spaced.push_str(word);
            }
            if spaced.is_ascii() {
                spaced.make_ascii_lowercase();
            } else {
                spaced = spaced.to_lowercase();
            }
            spaced.into_boxed_str()
        });
        let sums = order.amounts.iter();
        Self {
            order,
            sums: sums.map(|sum| (assets[&*sum.asset], sum.amount)).collect(),
            text: text.filter(|text| !text.is_empty()),
            words: Words::of(order),
        }
    }
}

/// Days of two intervals from the first to the second: 0 if they overlap, negative if the second was before. `None` if one of them is
/// not known.
pub(super) fn delay(sent: Option<(i32, i32)>, received: Option<(i32, i32)>) -> Option<i32> {
    let (sent, received) = (sent?, received?);
    Some(if received.0 > sent.1 {
        received.0.saturating_sub(sent.1)
    } else if received.1 < sent.0 {
        received.1.saturating_sub(sent.0)
    } else {
        0
    })
}

/// The first bytes of a text; zeros behind its end. Texts whose heads differ stand in the order of their heads.
pub(super) fn head<const N: usize>(text: &str) -> [u8; N] {
    let mut head = [0; N];
    let n = text.len().min(N);
    head[..n].copy_from_slice(&text.as_bytes()[..n]);
    head
}
