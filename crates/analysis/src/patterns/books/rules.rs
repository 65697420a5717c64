//! The rules on books: what each asks, what else explains it, and the record that would refute it.

use super::BookOptions;
use crate::escrow::ESCROW_RELEASE;
use crate::mirror::CRYPTO_MIRROR;
use moneytrail_model::RuleId;

/// A rule on rows of books.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum BookRule {
    /// A balance does not follow from the one before.
    BalanceBreak,
    /// What two owe each other leaves the pair's own history.
    NettingImbalance,
    /// Two books differ.
    BookDisagreement,
    /// Two books have one order under one token.
    TokenMatch,
    /// A deposit is paid out in parts.
    EscrowRelease,
    /// Many pay one about the same, and something tells that it is a fee.
    MigrantFee,
    /// A book and a chain agree.
    CryptoMirror,
    /// An order costs more than others of its corridor.
    CommissionOutlier,
    /// How much goes from where to where.
    Corridor,
}

impl BookRule {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::BalanceBreak,
        Self::NettingImbalance,
        Self::BookDisagreement,
        Self::TokenMatch,
        Self::EscrowRelease,
        Self::MigrantFee,
        Self::CryptoMirror,
        Self::CommissionOutlier,
        Self::Corridor,
    ];

    /// Name and version.
    pub const fn id(self) -> RuleId {
        let name = match self {
            Self::BalanceBreak => "balance-break",
            Self::NettingImbalance => "netting-imbalance",
            Self::BookDisagreement => "book-disagreement",
            Self::TokenMatch => "token-match",
            // What other commands find has their rule.
            Self::EscrowRelease => return ESCROW_RELEASE,
            Self::MigrantFee => "migrant-fee",
            Self::CryptoMirror => return CRYPTO_MIRROR,
            Self::CommissionOutlier => "commission-outlier",
            Self::Corridor => "corridor",
        };
        RuleId { name, version: 1 }
    }

    /// The rule of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id().name == name)
    }

    /// What it asks, in a sentence.
    pub const fn definition(self) -> &'static str {
        match self {
            Self::BalanceBreak => {
                "a balance that a row states is not the one before it plus or minus what the row moves"
            }
            Self::NettingImbalance => {
                "what orders add week by week to what two owe each other changes its level, with a history on either side; or a balance that is large for the pair stands open while the books go on without another row of the pair"
            }
            Self::BookDisagreement => {
                "two books have the two sides of one order and state it differently, or the other book lacks it"
            }
            Self::TokenMatch => {
                "a row that sends in one book and a row that receives in another bear one token, name each other, lie within days and state one amount in one currency"
            }
            Self::EscrowRelease => {
                "money is deposited under a code and then paid out in parts that together are no more than it"
            }
            Self::MigrantFee => {
                "many distinct payers pay one payee within a window amounts of a fee band that vary little, and some are releases of deposits in parts, or rows name a route, or the payee is identified otherwise; never amounts alone"
            }
            Self::CryptoMirror => {
                "lines of a book and transfers of a chain agree in value and time so well that chance seldom gives it, or the line names the transfer or its address"
            }
            Self::CommissionOutlier => {
                "what a customer pays for what is paid out, commission and rate together, is above the quantile of the other orders of the corridor and month, and above their median"
            }
            Self::Corridor => {
                "what a book moves from a place to a place in a currency, ranked, and where its sums by month change their level"
            }
        }
    }

    /// Parameters, as printed with each finding.
    pub fn parameters(self, options: &BookOptions) -> String {
        let share = |permille: u32| format!("{}.{:03}", permille / 1000, permille % 1000);
        let rare = format!(
            "p ≤ {} of {} orders drawn (seed {})",
            share(options.change_permille),
            options.draws.0,
            options.draws.1
        );
        match self {
            Self::BalanceBreak => "the book's rounding quantum".to_owned(),
            Self::NettingImbalance => format!(
                "change point of weeks, more than {} d on either side, {rare}; loose end: ≥ {} rows, balance ≥ {} of the pair's largest, books go on for more than {} d",
                options.imbalance_days,
                options.imbalance_n_min,
                share(options.imbalance_permille),
                options.imbalance_days
            ),
            Self::BookDisagreement => "after matching, posterior ≥ 0.95".to_owned(),
            Self::TokenMatch => format!(
                "≤ {} d, amounts within {}, posterior of the match ≥ 0.95",
                options.token_days,
                share(options.token_permille)
            ),
            Self::EscrowRelease => "until refund or release; two parts or more".to_owned(),
            Self::MigrantFee => format!(
                "≥ {} payers, {} d, spread ÷ mean ≤ {}, ≥ {} milestones or rows with words of routes, or a payee who is identified",
                options.fee_n_min,
                options.fee_days,
                share(options.fee_cv_permille),
                options.fee_evidence_min
            ),
            Self::CryptoMirror => "± 3 %, ± 72 h, p < 0.01 of 999 random dates".to_owned(),
            Self::CommissionOutlier => format!(
                "≥ {} quantile of the others, of which there are ≥ {}, and more than {} above their median",
                share(options.price_permille),
                options.price_n_min,
                share(options.price_excess_permille)
            ),
            Self::Corridor => format!(
                "≥ {} whole months, half of them on either side of a change, {rare}",
                options.corridor_months_min
            ),
        }
    }

    /// Where it comes from.
    pub const fn source(self) -> &'static str {
        match self {
            Self::BalanceBreak => "bookkeeping: a running balance is a sum",
            Self::NettingImbalance | Self::Corridor => {
                "the project's hawala reference, §4; change point: Pettitt (Applied Statistics 28, 1979)"
            }
            Self::BookDisagreement | Self::TokenMatch => {
                "the project's hawala reference, §3 and §4; match: Fellegi and Sunter (1969)"
            }
            Self::EscrowRelease => "the project's hawala reference, §1 and §4",
            Self::MigrantFee => {
                "the project's hawala reference, §4, with its table of fees by route, which is dated: see `as_of` and check it"
            }
            Self::CryptoMirror => "the project's hawala reference, §3 and §4; permutation of dates",
            Self::CommissionOutlier => {
                "the project's hawala reference, §4; quantile by nearest rank"
            }
        }
    }

    /// The command that has the details, if it is another.
    pub const fn details(self) -> Option<&'static str> {
        match self {
            Self::BalanceBreak => Some("repairs"),
            Self::NettingImbalance => Some("positions"),
            Self::BookDisagreement | Self::TokenMatch => Some("reconcile"),
            Self::EscrowRelease => Some("escrow"),
            Self::CryptoMirror => Some("mirror"),
            Self::MigrantFee | Self::CommissionOutlier | Self::Corridor => None,
        }
    }

    /// What else explains it.
    pub const fn innocent(self) -> &'static [&'static str] {
        match self {
            Self::BalanceBreak => &[
                "a slip of the pen, or a figure that was read wrongly",
                "a row that was left out, crossed out or stands on another page",
                "rounding by the keeper",
            ],
            Self::NettingImbalance => &[
                "remittance before Eid, a wedding season, or a crop that is sold",
                "a colleague who moved, retired or was replaced",
                "a settlement in goods, gold or abroad that this book does not have",
                "a debt that is simply carried, as relatives and partners do",
            ],
            Self::BookDisagreement => &[
                "a slip of the pen in one of the two",
                "a fee that one of them writes apart",
                "a page that is not seized, or a book that ends there",
                "an order that was cancelled and crossed out in one of them",
            ],
            Self::TokenMatch => &[
                "remittance: it is what every order of two honest books looks like",
                "a short number that is used again by chance",
            ],
            Self::EscrowRelease => &[
                "rent, wages or goods paid in instalments out of what was deposited",
                "family money kept by a trusted person and taken as it is needed",
                "rotating savings that are paid out in turns",
            ],
            Self::MigrantFee => &[
                "a shop, a landlord (rent), a school or a doctor with one price",
                "rotating savings: members pay one the same sum in turn",
                "a collection for a funeral, a wedding or Eid",
                "wages that an employer's customers pay, or remittance to one who hands it on in a village",
                "a lawful travel agent or a lawyer for people who flee",
            ],
            Self::CryptoMirror => &[
                "a round sum that many pay on many days",
                "a purchase of coins for a customer's own account",
                "remittance in coins, lawful where it is sent and paid out",
            ],
            Self::CommissionOutlier => &[
                "a small sum with a least commission",
                "payout in a remote place, by a courier, or on a holiday such as Eid",
                "a rate that moved within the month",
                "a slip of the pen in rate or amount",
            ],
            Self::Corridor => &[
                "remittance: where families live is where money goes",
                "Eid, funerals, wages paid at harvest, rent due at the year's end",
                "a colleague who opened or closed a shop there",
                "a book of which pages are missing for some months",
            ],
        }
    }

    /// The record that would refute it.
    pub const fn refuted_by(self) -> &'static str {
        match self {
            Self::BalanceBreak => {
                "the page itself where it says otherwise, or a row on another page that the balance counts"
            }
            Self::NettingImbalance => {
                "a settlement of the pair in another book, a receipt for gold or goods, or the other's book with the balance carried on"
            }
            Self::BookDisagreement => {
                "the other book's page with the row, or a receipt that shows which of the two figures was paid"
            }
            Self::TokenMatch => {
                "other names, amounts or dates on the paper of one of the two orders"
            }
            Self::EscrowRelease => {
                "the depositor's own paper with other terms, or a row that pays out under another code"
            }
            Self::MigrantFee => {
                "a contract, an invoice or a lease for what was paid, or the payers' word for another purpose; a route word that is a name or a shop"
            }
            Self::CryptoMirror => {
                "the owner of the wallet being somebody else, or another payment that this line books"
            }
            Self::CommissionOutlier => {
                "a receipt that shows the commission as agreed, or the market's rate of that day"
            }
            Self::Corridor => {
                "the missing pages, or another book of the keeper that has the other months"
            }
        }
    }
}
