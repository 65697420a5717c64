//! The rules: what each asks, what else explains it, and the record that would refute it.

use super::Options;
use moneytrail_model::RuleId;
use std::fmt::Write as _;

/// A rule on movements.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// Many pay one.
    FanIn,
    /// One pays many.
    FanOut,
    /// Many pay one, who then pays many.
    GatherScatter,
    /// One pays another by way of several.
    ScatterGather,
    /// Money comes back.
    Cycle,
    /// Several pay the same several.
    Bipartite,
    /// Those whom several pay pay the same several in turn.
    Stack,
    /// Where most money goes on and little stays.
    DenseFlow,
    /// What comes in goes out at once.
    PassThrough,
    /// Payments that stay below a threshold.
    Structuring,
}

/// What is dealt anew in a record that chance is asked of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Null {
    /// When each movement happened.
    Times,
    /// Who is paid, among movements of one asset: each account is paid as often as before.
    Payees,
}

impl Null {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Times => "times",
            Self::Payees => "payees",
        }
    }
}

impl Rule {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::FanIn,
        Self::FanOut,
        Self::GatherScatter,
        Self::ScatterGather,
        Self::Cycle,
        Self::Bipartite,
        Self::Stack,
        Self::DenseFlow,
        Self::PassThrough,
        Self::Structuring,
    ];

    /// Name and version.
    pub const fn id(self) -> RuleId {
        let name = match self {
            Self::FanIn => "fan-in",
            Self::FanOut => "fan-out",
            Self::GatherScatter => "gather-scatter",
            Self::ScatterGather => "scatter-gather",
            Self::Cycle => "cycle",
            Self::Bipartite => "bipartite",
            Self::Stack => "stack",
            Self::DenseFlow => "dense-flow",
            Self::PassThrough => "pass-through",
            Self::Structuring => "structuring",
        };
        let version = match self {
            Self::PassThrough | Self::GatherScatter | Self::DenseFlow => 2,
            _ => 1,
        };
        RuleId { name, version }
    }

    /// The rule of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id().name == name)
    }

    /// What it asks, in a sentence.
    pub const fn definition(self) -> &'static str {
        match self {
            Self::FanIn => {
                "an account is paid by many distinct payers within a window, and by as many as the first of its role"
            }
            Self::FanOut => {
                "an account pays many distinct payees within a window, and as many as the first of its role"
            }
            Self::GatherScatter => {
                "an account is paid by several payers and then, within a window, pays about as much to several payees, more of both than most accounts of its role that have as many payers and payees in all"
            }
            Self::ScatterGather => {
                "one account pays another by way of several intermediaries within a window"
            }
            Self::Cycle => {
                "money comes back to where it left, transfer after transfer in time, in amounts that stay alike, visiting no account twice"
            }
            Self::Bipartite => {
                "several payers pay the same several payees within a window, nearly each of them each"
            }
            Self::Stack => {
                "several payers pay the same several accounts, which then pay the same several others, layer upon layer within a window, nearly each of one layer each of the next"
            }
            Self::DenseFlow => {
                "the sources, intermediaries and sinks among which, within a window, most money beyond what chance gives goes on for each account and little stays with the intermediaries, more than in records whose payees are dealt anew"
            }
            Self::PassThrough => {
                "nearly all that an account receives leaves it within a window, first in first out, and the sum is among the first of its role"
            }
            Self::Structuring => {
                "one payer makes several payments just below a threshold to obliged entities (banks, exchanges) within a window, which together reach it"
            }
        }
    }

    /// Parameters, as printed with each finding.
    pub fn parameters(self, options: &Options) -> String {
        let share = |permille: u32| format!("{}.{:03}", permille / 1000, permille % 1000);
        let hours = |seconds: i64| {
            if seconds % 86_400 == 0 {
                format!("{} d", seconds / 86_400)
            } else {
                format!("{seconds} s")
            }
        };
        let peers = share(options.peers_permille);
        let blocks = |options: &Options| {
            format!(
                "k = {}, each joined with ≥ {} of the other side, windows of {} that begin every half of it, payees of more than {} payers in one left out",
                options.block_n_min,
                share(options.block_permille),
                hours(options.block_seconds),
                options.block_hub
            )
        };
        match self {
            Self::FanIn | Self::FanOut => format!(
                "k = {}, window {}, peers of the role ≥ {peers} quantile",
                options.fan_n_min,
                hours(options.fan_seconds)
            ),
            Self::GatherScatter => format!(
                "k = {}, window {}, out/in {}–{}, peers of the role and size ≥ {peers} quantile",
                options.gather_n_min,
                hours(options.gather_seconds),
                share(options.gather_permille.0),
                share(options.gather_permille.1)
            ),
            Self::ScatterGather => format!(
                "k = {}, window {}, an intermediary makes at most {} transfers in a window",
                options.scatter_n_min,
                hours(options.scatter_seconds),
                options.scatter_hub
            ),
            Self::Cycle => format!(
                "{}–{} transfers, window {}, smallest/largest ≥ {}, at most {} steps of search per transfer",
                options.cycle_steps.0,
                options.cycle_steps.1,
                hours(options.cycle_seconds),
                share(options.cycle_permille),
                options.cycle_walked_max
            ),
            Self::Bipartite => blocks(options),
            Self::Stack => format!(
                "at least {} layers, {}",
                options.stack_n_min,
                blocks(options)
            ),
            Self::DenseFlow => format!(
                "λ = {}, windows of {} that begin every half of it, at most {} findings of an asset in one, denser than in {} records with payees dealt anew; which transfer of a window came first is not asked",
                options.dense_lambda,
                hours(options.dense_seconds),
                options.dense_n_max,
                options.dense_draws
            ),
            Self::PassThrough => format!(
                "out/in ≥ {}, window {} on a chain and {} elsewhere, peers of the role ≥ {peers} quantile",
                share(options.pass_permille),
                hours(options.pass_chain_seconds),
                hours(options.pass_cash_seconds)
            ),
            Self::Structuring => {
                let mut text = format!(
                    "n ≥ {}, window {}, amounts in [{} T, T), sum ≥ T, T =",
                    options.structuring_n_min,
                    hours(options.structuring_seconds),
                    share(options.structuring_permille)
                );
                for (nth, threshold) in options.thresholds.iter().enumerate() {
                    let comma = if nth == 0 { "" } else { "," };
                    let _ = write!(text, "{comma} {} {}", threshold.whole, threshold.currency);
                }
                text
            }
        }
    }

    /// What is dealt anew to say what chance gives.
    pub const fn null(self) -> Null {
        match self {
            Self::DenseFlow => Null::Payees,
            _ => Null::Times,
        }
    }

    /// Where it comes from.
    pub const fn source(self) -> &'static str {
        match self {
            Self::GatherScatter => {
                "Suzumura and Kanezashi, AMLSim (2021); Altman et al. (NeurIPS 2023); peers of a size after Bolton and Hand, Unsupervised profiling methods for fraud detection (2001)"
            }
            Self::FanIn | Self::FanOut | Self::ScatterGather => {
                "Suzumura and Kanezashi, AMLSim (2021); Altman et al., Realistic synthetic financial transactions for anti-money laundering models (NeurIPS 2023)"
            }
            Self::Cycle => "Kumar and Calders, 2SCENT (VLDB 2018); Altman et al. (NeurIPS 2023)",
            Self::Bipartite | Self::Stack => {
                "Altman et al., Realistic synthetic financial transactions for anti-money laundering models (NeurIPS 2023); search after Liu, Li and Wang, Quasi-bicliques (COCOON 2008), within the (k, k)-core of Ahmed et al. (2007)"
            }
            Self::DenseFlow => {
                "Li et al., FlowScope: Spotting money laundering based on graphs (AAAI 2020), on sums beyond their expectation (Newman, Analysis of weighted networks, 2004)"
            }
            Self::PassThrough => {
                "FATF, Professional money laundering (2018): rapid movement through accounts"
            }
            Self::Structuring => {
                "Directive (EU) 2015/849 and Regulation (EU) 2024/1624: thresholds of 10,000, 3,000 and 1,000 EUR"
            }
        }
    }

    /// What else explains it.
    pub const fn innocent(self) -> &'static [&'static str] {
        match self {
            Self::FanIn => &[
                "a shop, a landlord or a school that many pay",
                "rotating savings: members pay one in turn",
                "a collection for a funeral, a wedding or Eid",
                "a hawaladar, an exchange or a payment service doing its business",
            ],
            Self::FanOut => &[
                "wages",
                "remittance to relatives",
                "a funeral or Eid, when many are given something",
                "a hawaladar, an exchange or a payment service doing its business",
            ],
            Self::GatherScatter => &[
                "rotating savings: what was gathered is shared out",
                "a business that is paid and pays its suppliers and wages",
                "a hawaladar who pays out what was entrusted to him",
            ],
            Self::ScatterGather => &[
                "a family that shares a remittance and then its rent",
                "branches of one business",
                "a popular payee whom many accounts pay anyway",
            ],
            Self::Cycle => &[
                "a loan and its repayment among friends",
                "goods sent back and paid back",
                "rotating savings: each pays and is paid in turn",
                "brokers who set off what they owe each other",
            ],
            Self::Bipartite => &[
                "households that pay the same shops, landlords and utilities",
                "relatives who send remittance to the same relatives",
                "rotating savings with several who hold the money",
                "brokers or exchanges of one town who all deal with each other",
            ],
            Self::Stack => &[
                "a supply chain: customers, shops and their suppliers",
                "employers, their workers' wages and the shops that the workers go to",
                "a network of hawaladars or of a payment service doing its business",
                "a collection for a funeral or Eid that several gather and several are given",
            ],
            Self::DenseFlow => &[
                "a clearing house, an exchange or a payment service",
                "a business with its customers and suppliers",
                "a hawaladar who pays out what was entrusted to him",
                "wages and rent that pass through a household's account",
            ],
            Self::PassThrough => &[
                "wages that are spent or sent home at once",
                "an account used for one purchase",
                "a broker who pays on what is entrusted to him",
            ],
            Self::Structuring => &[
                "rent or instalments of one amount",
                "limits of a cash machine or of an app on a single payment",
                "wages paid week by week",
            ],
        }
    }

    /// The record that would refute it.
    pub const fn refuted_by(self) -> &'static str {
        match self {
            Self::FanIn => {
                "invoices, membership or a licence that explains why so many pay; or the payers' own records naming other purposes"
            }
            Self::FanOut => "a payroll, or the payees' records naming what each was paid for",
            Self::GatherScatter => {
                "a ledger that shows who the money belonged to, with other purposes for what came in and what went out"
            }
            Self::ScatterGather => {
                "records of the intermediaries that show other income behind what they paid"
            }
            Self::Cycle => {
                "a contract, a loan or a delivery for one of the transfers that does not depend on the others"
            }
            Self::Bipartite => {
                "the payees' records of what each was paid for, or a place or trade that all of them share"
            }
            Self::Stack => {
                "records of a middle account that show other income behind what it paid, or goods that went the other way"
            }
            Self::DenseFlow => {
                "a licence or ledger that shows the intermediaries clearing for others, or purposes that differ between what came and what went"
            }
            Self::PassThrough => {
                "a record that what went out was paid from other money, or a purpose known before the money came"
            }
            Self::Structuring => {
                "a standing order, a contract of instalments, or a technical limit on single payments"
            }
        }
    }
}
