//! The tables: one for people in docs/METHODS.md, between its markers, and one for reports.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates as thousandths"
)]

use super::measure::{ALL_VOTES, Found, Measures, partitions, published};
use super::score::{Clusters, Rate, Share};
use crate::Error;
use moneytrail_analysis::entity::soft::{DEPOSIT_REUSE, FEE_PAYER};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const METHODS: &str = "docs/METHODS.md";
const RATES: &str = "crates/analysis/src/entity/rates.csv";
const MARKERS: [&str; 2] = ["<!-- rates: begin -->", "<!-- rates: end -->"];

pub(super) fn write(
    root: &Path,
    measures: &Measures,
    n_chains: u64,
    n_transfers: u64,
) -> Result<(), Error> {
    let path = root.join(METHODS);
    let text = fs_err::read_to_string(&path)?;
    let [begin, end] = MARKERS.map(|marker| text.find(marker));
    let (Some(begin), Some(end)) = (begin, end) else {
        return Err(format!("{METHODS} lacks the markers of the tables").into());
    };
    let tables = tables(measures, n_chains, n_transfers)?;
    let text = format!("{}{}\n{tables}{}", &text[..begin], MARKERS[0], &text[end..]);
    fs_err::write(path, text)?;
    let mut lines = "rule,measure,permille,low,high,n\n".to_owned();
    for (rule, measure, share) in published(measures) {
        if let Some(rate) = share.rate() {
            // As in the tables for people; an interval never shrinks by rounding.
            let value = (1000.0 * rate.value).round() as u16;
            let low = (1000.0 * rate.low).floor() as u16;
            let high = (1000.0 * rate.high).ceil() as u16;
            writeln!(lines, "{rule},{measure},{value},{low},{high},{}", rate.n)?;
        }
    }
    Ok(fs_err::write(root.join(RATES), lines)?)
}

fn tables(measures: &Measures, n_chains: u64, n_transfers: u64) -> Result<String, Error> {
    let mut text = String::new();
    let command = "cargo run --release -p moneytrail-benches -- rates .";
    writeln!(
        text,
        "Written by `{command}` on {n_chains} generated chains of each kind, of {n_transfers} transfers (seeds 1 to {n_chains}). Generated chains are not the world.\n"
    )?;
    writeln!(
        text,
        "Detectors on generated chains, which are not the world: of what is labelled, how much is of the protocol; of the protocol's transactions, how many are labelled. Alone: no other rule is tried; together, what a rule before labels is not the later one's, and equal-outputs is the last. Scripts there are P2WSH, which wasabi-2-strict refuses. No detector sees a PayJoin. Intervals: Wilson, 95 %.\n"
    )?;
    writeln!(
        text,
        "| rule | alone: precision | recall | together: precision | recall |\n| --- | --- | --- | --- | --- |"
    )?;
    for (rule, together) in &measures.together {
        let alone = measures.alone.get(rule);
        let [precision, recall] = alone.map_or_else(|| ["–".to_owned(), "–".to_owned()], of_found);
        let [both_precision, both_recall] = of_found(together);
        writeln!(
            text,
            "| {rule} | {precision} | {recall} | {both_precision} | {both_recall} |"
        )?;
    }
    writeln!(
        text,
        "\nVotes on change on generated chains, which are not the world, each alone: of the outputs held to be change, how many are; of the transactions of one owner with one change output, in how many it is found. Outputs there have one script type, so that vote abstains always; a wallet there keeps one version and one kind of lock time for good, which wallets of the world do not when their program is replaced. Wilson, 95 %.\n"
    )?;
    writeln!(text, "| vote | precision | recall |\n| --- | --- | --- |")?;
    let votes = measures.change.iter().filter(|of| of.0 != ALL_VOTES);
    for (vote, found) in votes.chain(measures.change.get_key_value(ALL_VOTES)) {
        let [precision, recall] = of_found(found);
        writeln!(text, "| {vote} | {precision} | {recall} |")?;
    }
    writeln!(
        text,
        "\nClaims on generated chains, which are not the world: of the transactions that join, and of the soft claims, how many name one owner. Wilson, 95 %, which takes them for independent: those of one chain or wallet are not, so true intervals are wider.\n"
    )?;
    writeln!(text, "| rule | precision |\n| --- | --- |")?;
    writeln!(text, "| multi-input | {} |", of_share(measures.multi_input))?;
    let soft: &BTreeMap<String, Share> = &measures.soft;
    for (rule, share) in soft {
        writeln!(text, "| {rule} | {} |", of_share(*share))?;
    }
    writeln!(
        text,
        "\nOf accounts on generated chains like TRON's, which are not the world, by how they came by their first coins: of how many {FEE_PAYER} claims that who paid them owns the account, which is right of those from an own account and wrong of all others. How many accounts come by which way is an assumption of the generator, and so the rate of the rule, above, holds only as far as that does. Exchanges' main wallets are tagged, those from which an exchange pays 5 to 21 withdrawals are not; resellers of energy open about as many accounts as the rule's limit of ten. Wilson, 95 %.\n"
    )?;
    writeln!(text, "| first coins from | claimed |\n| --- | --- |")?;
    for (way, share) in &measures.fee_payers {
        writeln!(text, "| {way} | {} |", of_share(*share))?;
    }
    writeln!(
        text,
        "\nEntities on generated chains, which are not the world, all accounts counted. A pair is two accounts of one chain; precision is the share of pairs in one entity that have one owner, recall the share of pairs of one owner that are in one entity. Intervals: clusters of all chains drawn again 1000 times, entities for precision, owners for recall, 95 %.\n"
    )?;
    writeln!(
        text,
        "| made by | pairs: precision | recall | B-cubed: precision | recall |\n| --- | --- | --- | --- | --- |"
    )?;
    let on_scripts = partitions().into_iter().enumerate();
    let on_scripts =
        on_scripts.filter_map(|(place, (name, _))| Some((name, measures.partitions.get(&place)?)));
    let on_accounts = format!(
        "{DEPOSIT_REUSE} (people on account chains, a sixteenth of whose payments go to another's deposit account)"
    );
    let on_tron = format!("{FEE_PAYER} (people on chains like TRON's, ways as above)");
    let on_chains = [
        (on_accounts, &measures.depositors),
        (on_tron, &measures.funded),
    ];
    for (name, made) in on_scripts.chain(on_chains) {
        let [a, b, c, d] = [
            &made.pair_precision,
            &made.pair_recall,
            &made.b3_precision,
            &made.b3_recall,
        ]
        .map(|clusters: &Clusters| shown(clusters.rate()));
        writeln!(text, "| {name} | {a} | {b} | {c} | {d} |")?;
    }
    Ok(text)
}

fn of_found(found: &Found) -> [String; 2] {
    [found.precision, found.recall].map(of_share)
}

fn of_share(share: Share) -> String {
    shown(share.rate())
}

/// `0.994 (0.991–0.996; 1200)`; a dash where nothing was counted.
fn shown(rate: Option<Rate>) -> String {
    rate.map_or_else(
        || "–".to_owned(),
        |rate| {
            format!(
                "{:.3} ({:.3}–{:.3}; {})",
                rate.value, rate.low, rate.high, rate.n
            )
        },
    )
}
