//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Follow the money through blockchains and hawala books.
#[derive(Debug, Parser)]
#[command(
    name = "moneytrail",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// Print the result as JSON (docs/FORMATS.md)
    #[arg(long, global = true, help_heading = "Options of every command")]
    pub(crate) json: bool,
    /// Threads to use; the result is the same for any number
    #[arg(
        long,
        global = true,
        help_heading = "Options of every command",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=1024)
    )]
    pub(crate) threads: Option<u16>,
    /// Memory for taking exhibits in (add) and for building an index (the first command that needs it), mapped
    /// files not counted: 512M, 2G; the result is the same for any. Traces, ways, exposure and patterns stop when they
    /// would hold more; other commands take no notice of it
    #[arg(
        long,
        global = true,
        help_heading = "Options of every command",
        value_name = "BYTES",
        value_parser = crate::memory::parse_bytes
    )]
    pub(crate) memory: Option<usize>,
    /// Who acts, for the audit log [default: the user's name]
    #[arg(
        long,
        global = true,
        help_heading = "Options of every command",
        value_name = "NAME"
    )]
    pub(crate) operator: Option<String>,
    /// Why, for the audit log; masked names are shown only with it
    #[arg(
        long,
        global = true,
        help_heading = "Options of every command",
        value_name = "TEXT"
    )]
    pub(crate) purpose: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build the sample case, trace it, and write the report
    Demo {
        /// Where the sample case goes
        #[arg(default_value = "moneytrail-demo")]
        directory: PathBuf,
    },
    /// Make a new case
    New(NewArgs),
    /// Take exhibits, and lists of tags, into a case
    Add(AddArgs),
    /// A folder of seized books: all of them into a case, side by side, and one summary; resumable
    Batch(crate::commands::batch::BatchArgs),
    /// Show what a file is, how it would be read, and what would be quarantined
    Inspect(InspectArgs),
    /// Take a list of tags into a case, or show what its lists say of the evidence
    ///
    /// A list is a tag pack or actor pack (YAML), OFAC's list (`sdn_advanced.xml`), one address a line, or CSV with account,
    /// label, category, source, confidence.
    Tag(TagArgs),
    /// Take a list of exchange rates into a case: CSV with date, asset, currency, rate, source
    Rates(RatesArgs),
    /// The first hour: whose each book is, what it covers and lacks, who belongs together, what is held for others
    Summary(crate::commands::summary::SummaryArgs),
    /// Who belongs together, and why
    Entities(EntitiesArgs),
    /// Where figures of books do not agree, and what they may have to be; accept or reject it
    Repairs(crate::commands::repairs::RepairsArgs),
    /// Match the orders of two or more books: what is matched, missing, altered, paid twice, sent on, set off
    Reconcile(ReconcileArgs),
    /// Who owes whom, by currency, over time; with a picture
    Positions(crate::commands::positions::PositionsArgs),
    /// Shapes of transfers that a rule describes: fans, cycles, pass-through; with what chance would give
    Patterns(crate::commands::PatternsArgs),
    /// Money held under a code: what was released of it, what is held now, which releases stopped
    Escrow(crate::commands::EscrowArgs),
    /// Match settlements and other lines of books with transfers on a chain
    Mirror(crate::commands::mirror::MirrorArgs),
    /// Who the people in the books are: one person across books, hands and scripts, and why
    People(crate::commands::PeopleArgs),
    /// Every place where a name, telephone, amount, date, code, address or transaction id occurs
    Find(crate::commands::FindArgs),
    /// Follow money from a seed, or to a target
    Trace(TraceArgs),
    /// The best ways from one account to another, what all of them pass, and the least and most that went
    Path(crate::commands::PathArgs),
    /// What happened before and after a moment, on both layers, with records
    Timeline(crate::commands::TimelineArgs),
    /// What one exhibit changed: entities, matches, sums, orders joined, disagreements
    Changes(crate::commands::ChangesArgs),
    /// Where followed money can still be stopped: what rests where now, frozen or not, and whom to serve
    Resting(crate::commands::RestingArgs),
    /// What went from an account to each category of tagged accounts, and what came from each
    Exposure(crate::commands::ExposureArgs),
    /// Trace and write a report: HTML or JSON, by the output's ending
    Report(ReportArgs),
    /// Make synthetic evidence of any size, with the truth about it beside it
    Generate(GenerateArgs),
    /// Write what a case holds in the form of another tool
    Export(ExportArgs),
    /// Check hashes, audit chain and index, and read every exhibit again
    Verify {
        /// The case
        case: PathBuf,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Directory of the case
    pub(crate) case: PathBuf,
    /// Number of the case [default: the directory's name]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// What it is about
    #[arg(long, default_value = "")]
    pub(crate) title: String,
    /// A sentence that stands above everything in reports
    #[arg(long, value_name = "TEXT")]
    pub(crate) notice: Option<String>,
    /// Currency in which values are compared
    #[arg(long, default_value = "EUR", value_name = "CODE")]
    pub(crate) base_currency: String,
    /// Time zone of evidence that states none
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    pub(crate) time_zone: String,
}

#[derive(Debug, Default, Args)]
pub(crate) struct TagArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// The list; without it, what the lists of the case say is shown
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) said: SaidArgs,
    /// Plain lists: network of addresses that several networks share
    #[arg(long, value_name = "NETWORK")]
    pub(crate) network: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RatesArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// The list
    pub(crate) file: PathBuf,
}

/// What a person says of a list of plain addresses, which says nothing itself.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SaidArgs {
    /// Plain lists: whose the addresses are [default: the file's name]
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// Plain lists: what kind of thing, such as sanction
    #[arg(long, value_name = "TEXT")]
    pub(crate) category: Option<String>,
    /// Plain lists: who says so [default: the file's name]
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: Option<String>,
    /// Plain lists: up to 100, or a word of the scale of tag packs [default: unknown]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) confidence: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// Files, or directories with all that is in them
    #[arg(required = true)]
    pub(crate) evidence: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) said: SaidArgs,
    /// Leave the files where they are, and remember where, for inputs too large to copy
    #[arg(long)]
    pub(crate) by_reference: bool,
    /// End with exit code 1 if a record was quarantined
    #[arg(long)]
    pub(crate) strict: bool,
    /// The authority's own number of the exhibit
    #[arg(long, value_name = "NO")]
    pub(crate) exhibit_no: Option<String>,
    /// When it was seized
    #[arg(long, value_name = "WHEN")]
    pub(crate) seized_at: Option<String>,
    /// By whom it was seized
    #[arg(long, value_name = "WHO")]
    pub(crate) seized_by: Option<String>,
    /// From whom it was received
    #[arg(long, value_name = "WHO")]
    pub(crate) received_from: Option<String>,
    /// Device that it was on
    #[arg(long, value_name = "WHAT")]
    pub(crate) device: Option<String>,
}

/// What a person says about evidence that does not say it itself.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReadingArgs {
    /// Format, against detection
    #[arg(long = "as", value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// Network of blocks without framing, and of addresses that several networks share
    #[arg(long, value_name = "NETWORK")]
    pub(crate) network: Option<String>,
    /// Mapping profile (TOML) for tables
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The file
    pub(crate) file: PathBuf,
    /// More files, with --addresses
    #[arg(requires = "addresses")]
    pub(crate) more: Vec<PathBuf>,
    /// List addresses of all networks in any text, mail or web page, and in archives of them
    #[arg(long, conflicts_with = "write_profile")]
    pub(crate) addresses: bool,
    /// With --addresses: say which are in this case, and how they are tagged
    #[arg(long, value_name = "CASE", requires = "addresses")]
    pub(crate) case: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Write the proposed mapping profile to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) write_profile: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReconcileArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// Show the weights of each match, one line for each comparison
    #[arg(long)]
    pub(crate) waterfall: bool,
    /// What the book of this colleague, which is not at hand, would contain by what the others say
    #[arg(long, value_name = "NAME", conflicts_with = "waterfall")]
    pub(crate) unseized: Option<String>,
    #[command(flatten)]
    pub(crate) decide: crate::commands::DecideArgs,
    /// Posterior probability from which a pair is a match
    #[arg(long, value_name = "P", default_value_t = 0.95, value_parser = probability)]
    pub(crate) match_from: f64,
    /// Posterior probability from which a pair is given, for review
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = probability)]
    pub(crate) review_from: f64,
    /// Levels of amounts: differences in per cent, ascending
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,3,10,30", value_parser = clap::value_parser!(u32).range(1..100))]
    pub(crate) amount_percent: Vec<u32>,
    /// Levels of delays from sent to received: days, ascending
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "0,1,4,10,30", value_parser = clap::value_parser!(i32).range(0..36500))]
    pub(crate) delay_days: Vec<i32>,
    /// Similarity from which names are similar, in thousandths
    #[arg(long, value_name = "PERMILLE", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) name_similarity: u32,
    /// Pairs drawn to learn how often strangers agree
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) samples: usize,
    /// Seed of the draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Most pairs that one key of blocking may give; keys beyond are left out and told
    #[arg(long, value_name = "N", default_value_t = 250_000)]
    pub(crate) block_pairs: u64,
    /// Most rounds of each estimation
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) rounds: u32,
    /// Most parts in which an order may be paid
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) parts: usize,
    /// A level of agreement that fewer than this share of the matches have is a difference
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = probability)]
    pub(crate) unusual_share: f64,
    /// Two unlike names that stand for each other in so many matches are one person's
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) alias_matches: u32,
    /// Weight from which a payout is held to repeat an order, in bits
    #[arg(long, value_name = "BITS", default_value_t = 0.0, allow_negative_numbers = true, value_parser = finite)]
    pub(crate) repeated_bits: f64,
    /// So many of a hundred orders keep to the usual delay, at either end
    #[arg(long, value_name = "PERCENT", default_value_t = 98, value_parser = clap::value_parser!(u32).range(51..=100))]
    pub(crate) usual_delay: u32,
    /// A day alone in its book, so many days from the next line, is a slip and not the book's end
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub(crate) lone_gap: u32,
    /// What an order is worth by an estimated rate may be off by so many thousandths
    #[arg(long, value_name = "PERMILLE", default_value_t = 8, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(crate) rate_slack: u32,
    /// Settlements of two books speak of orders if at least so many of a hundred add up
    #[arg(long, value_name = "PERCENT", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) settled: u32,
}

pub(crate) fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("not a probability from 0 to 1".to_owned()),
    }
}

fn finite(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value: &f64| value.is_finite());
    value.ok_or_else(|| "not a number".to_owned())
}

#[derive(Debug, Default, Args)]
pub(crate) struct EntitiesArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// Why these two accounts are together: the strongest chain of claims
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with_all = ["votes", "merged_by", "accept", "reject", "reopen"])]
    pub(crate) why: Option<Vec<String>>,
    /// Soft rules that join too, separated by commas, or all: wrapped-key, tx0, change, deposit-reuse, fee-payer,
    /// stonewall [default: none]
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) with: Vec<String>,
    /// Rules to leave out, separated by commas; shows what changes
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// What happened later joins nothing: a date, or a height of the chain in the case
    #[arg(long, value_name = "WHEN")]
    pub(crate) as_of: Option<String>,
    /// Show the votes on which output of a transaction is change
    #[arg(long, value_name = "TXID", conflicts_with_all = ["merged_by", "accept", "reject", "reopen"])]
    pub(crate) votes: Option<String>,
    /// What an exhibit joined that stood apart without it, and by which claims
    #[arg(long, value_name = "EXHIBIT", conflicts_with_all = ["accept", "reject", "reopen"])]
    pub(crate) merged_by: Option<String>,
    /// List merges that wait for review, and decisions
    #[arg(long)]
    pub(crate) review: bool,
    /// Accept what a rule says of a transaction, although it is held back
    #[arg(long, value_name = "TXID", requires = "reason", conflicts_with_all = ["reject", "reopen"])]
    pub(crate) accept: Option<String>,
    /// Reject what a rule says of a transaction: it joins nothing
    #[arg(
        long,
        value_name = "TXID",
        requires = "reason",
        conflicts_with = "reopen"
    )]
    pub(crate) reject: Option<String>,
    /// Take a decision back
    #[arg(long, value_name = "TXID", requires = "reason")]
    pub(crate) reopen: Option<String>,
    /// The rule that is decided on
    #[arg(long, value_name = "RULE", default_value = "multi-input")]
    pub(crate) rule: String,
    /// Why it is decided so, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// How many of the largest entities to list
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub(crate) largest: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum LayerArg {
    Custody,
    Value,
}

/// What a trace does where a person accepted a row of a book to be a transfer of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum MirrorsArg {
    /// Money goes from the row to the transfer, or from the transfer to the row, as an inference
    Cross,
    /// Rows and transfers are followed apart
    Leave,
}

impl From<LayerArg> for moneytrail_model::Layer {
    fn from(said: LayerArg) -> Self {
        match said {
            LayerArg::Custody => Self::Custody,
            LayerArg::Value => Self::Value,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum PolicyArg {
    /// First in, first out
    Fifo,
    /// Last in, first out
    Lifo,
    /// In proportion to what is there
    Haircut,
    /// Traced money last (lowest intermediate balance)
    Libr,
    /// Traced money first
    TracedFirst,
    /// Traced money into the largest outputs of a transaction; at accounts as fifo
    Tiho,
    /// What traced money can have reached; no amounts
    Poison,
    /// Shares out what rests among all who paid in; follows nothing: only within all, and in resting --share
    PariPassu,
    /// Every one of them, with a table of end points
    All,
}

/// What fixes a trace.
#[derive(Clone, Debug, Args)]
pub(crate) struct TraceArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// Follow from here: address, account, name, tag, category:ransomware, txid, txid:output, or locator such as
    /// book.xlsx!Sheet1!R12; may be given several times
    #[arg(long, value_name = "SEED", required_unless_present = "to")]
    pub(crate) from: Vec<String>,
    /// Follow to the sources of what arrived here: the same
    #[arg(long, value_name = "TARGET", conflicts_with = "from")]
    pub(crate) to: Vec<String>,
    /// An account stands for all accounts of its entity
    #[arg(long)]
    pub(crate) entity: bool,
    /// Rule that allocates where no link decides
    #[arg(long, value_enum, default_value = "fifo")]
    pub(crate) policy: PolicyArg,
    /// Who holds what, or whose payment was delivered to whom [default: value from a book, else custody]
    #[arg(long, value_enum)]
    pub(crate) layer: Option<LayerArg>,
    /// Stop rules, separated by commas: service, coinjoin, events=N, transfers=N (accounts with more), floor=100EUR, until=2024-06-30, none
    #[arg(long, value_name = "RULES", default_value = "service,coinjoin")]
    pub(crate) stop: String,
    /// Accepted mirrors of books and chains [default: leave on the custody layer from a chain, else cross]
    #[arg(long, value_enum)]
    pub(crate) mirrors: Option<MirrorsArg>,
    /// Outflows of a seed account before this do not count
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// What happened later does not exist
    #[arg(long, value_name = "WHEN")]
    pub(crate) as_of: Option<String>,
    /// How many days before a transfer the rate of its worth may be [default: that of its day only]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) rate_days: u16,
    /// Follow as if these did not exist: rules, separated by commas, or an exhibit, X3, for corrections of it that were
    /// accepted
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) trace: TraceArgs,
    /// Where the report goes: .html or .json
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum GenerateArg {
    /// Block files of a Bitcoin regtest chain
    Utxo,
    /// An account chain with a stablecoin: ethereum-etl tables and plain lists
    Accounts,
    /// A chain like TRON's, on which somebody pays each account's first coins: tables of its exporter
    Tron,
    /// Books of hawaladars in six languages, and the chain they settle on
    Hawala,
    /// An R-MAT graph: plain list and pairs of u32
    Rmat,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// Where evidence and truth go: a directory that is absent or empty
    pub(crate) out: PathBuf,
    /// What to make
    #[arg(long, value_enum, default_value = "utxo")]
    pub(crate) kind: GenerateArg,
    /// How many transfers
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u64).range(1..=1_000_000_000)
    )]
    pub(crate) transfers: u64,
    /// Fixes every byte
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ExportTo {
    /// Tags of all lists of the case, YAML
    Tagpack,
    /// Actors of all lists of the case, YAML
    Actorpack,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// What to write
    #[arg(long, value_enum)]
    pub(crate) to: ExportTo,
    /// Where it goes [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
