//! Where money rests, for people and as JSON.

use super::holder::Section;
use super::places::{Gone, Resting};
use crate::commands::counted;
use crate::error::Error;
use crate::follow::Runs;
use crate::shell::Shell;
use moneytrail_model::freeze::Change;
use moneytrail_model::{Instant, Layer};
use moneytrail_report::document::{Citation, Money};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Most places of a section that are listed for people; the JSON has all.
const N_LISTED: usize = 40;

/// A result and what it is of.
pub(super) struct Found<'a> {
    pub(super) run: &'a Runs,
    pub(super) places: Vec<Resting<'a>>,
    pub(super) gone: Vec<Gone>,
    /// The stored run whose question this is, if it is one's.
    pub(super) of_run: Option<String>,
    pub(super) as_of: Option<String>,
    pub(super) base_currency: String,
}

/// `2024-05-12 11:42:09 UTC`, or that it is not known.
fn when(time: Instant) -> String {
    match time {
        Instant::UNKNOWN => "a time that the record does not say".to_owned(),
        time => format!("{time} UTC"),
    }
}

/// `X4 usdt.csv!-!R7`, with the transaction's id where there is one.
fn place(citation: &Citation) -> String {
    match &citation.txid {
        Some(txid) => format!("{} {}, {txid}", citation.exhibit, citation.locator),
        None => format!("{} {}", citation.exhibit, citation.locator),
    }
}

/// Sums by asset, in the order in which assets are met.
fn sums<'a>(amounts: impl IntoIterator<Item = &'a Money>) -> Result<Vec<Money>, Error> {
    let mut sums: Vec<Money> = Vec::new();
    for amount in amounts {
        match sums.iter_mut().find(|sum| sum.asset == amount.asset) {
            None => sums.push(amount.clone()),
            Some(sum) => {
                *sum = sum
                    .checked_add(amount)
                    .ok_or_else(|| Error::internal("a sum of a trace is beyond 38 digits"))?;
            }
        }
    }
    Ok(sums)
}

fn listed(sums: &[Money]) -> String {
    let some: Vec<String> = sums
        .iter()
        .filter(|sum| sum.units() != 0)
        .map(Money::full)
        .collect();
    if some.is_empty() {
        "nothing".to_owned()
    } else {
        some.join(", ")
    }
}

/// `  [inference: token-match@1]`, nothing where there are facts alone.
fn mark<'a>(rules: impl IntoIterator<Item = &'a BTreeSet<String>>) -> String {
    let rules: BTreeSet<&str> = rules.into_iter().flatten().map(String::as_str).collect();
    if rules.is_empty() {
        return String::new();
    }
    let rules: Vec<&str> = rules.into_iter().collect();
    format!("  [inference: {}]", rules.join(", "))
}

impl Found<'_> {
    fn of(&self, section: Section) -> impl Iterator<Item = &Resting<'_>> {
        self.places
            .iter()
            .filter(move |place| place.section == section)
    }

    fn frozen(&self) -> impl Iterator<Item = &Resting<'_>> {
        self.places.iter().filter(|place| {
            let state = place.freeze.as_ref();
            state.is_some_and(|state| state.is_frozen() == Some(true))
                && place.section != Section::ForOthers
                && !is_destroyed(place)
        })
    }

    fn destroyed(&self) -> impl Iterator<Item = &Resting<'_>> {
        self.places.iter().filter(|place| is_destroyed(place))
    }

    /// Prints sections, then sums.
    pub(super) fn table(&self, shell: &Shell) -> Result<(), Error> {
        let policies: Vec<&str> = self
            .run
            .policies
            .iter()
            .map(|policy| policy.as_str())
            .collect();
        shell.say(format!(
            "Where can it still be stopped: money of {}, {} layer, {}{}",
            self.run.written.join(", "),
            self.run.layer,
            policies[0],
            match &self.as_of {
                Some(moment) => format!(", as of {moment}"),
                None => ", as the evidence ends".to_owned(),
            }
        ));
        if let Some(run) = &self.of_run {
            shell.say(format!("  seeds and options of the stored run {run}"));
        }
        for section in Section::ALL {
            let places: Vec<&Resting<'_>> = self.of(section).collect();
            if places.is_empty() {
                continue;
            }
            shell.say_apart(format!("{}:", section.heading()));
            for place in places.iter().take(N_LISTED) {
                self.place(place, shell);
            }
            if places.len() > N_LISTED {
                shell.say(format!(
                    "  … and {} more, all in --json",
                    places.len() - N_LISTED
                ));
            }
        }
        if !self.gone.is_empty() {
            shell.say_apart("not to be stopped:");
        }
        for gone in &self.gone {
            let mark = mark([&gone.rests_on]);
            shell.say(format!("  {} {}{mark}", gone.amount.full(), gone.what));
        }
        shell.say_apart("sums:");
        for (what, section) in [
            ("held for others, apart", Section::ForOthers),
            ("at services", Section::Service),
            ("in boxes, with banks, kept", Section::InHands),
            ("with nobody known to serve", Section::Unserved),
            ("paid out to people", Section::PaidOut),
        ] {
            say_sum(what, self.of(section), shell)?;
        }
        say_sum("frozen by an issuer, of these", self.frozen(), shell)?;
        say_sum(
            "said to be destroyed by an issuer, of these: nothing to be had",
            self.destroyed(),
            shell,
        )?;
        if self.places.is_empty() {
            shell.say("  nothing rests");
        }
        if self.run.layer == Layer::Value {
            shell.say("  this is whose payment it is; in whose box the notes lie: --layer custody");
        }
        Ok(())
    }

    fn place(&self, place: &Resting<'_>, shell: &Shell) {
        let back = if place.is_back {
            ", back where it was followed from"
        } else {
            ""
        };
        shell.say(format!(
            "  {}  {}{back}{}",
            place.amount.full(),
            place.shown,
            mark([&place.rests_on])
        ));
        if place.range[0] != place.range[1] {
            let what = if self.run.policies.len() > 1 {
                "over the policies and placements of unseen money"
            } else {
                "as unseen money is placed"
            };
            shell.say(format!(
                "      from {} to {}, {what}",
                place.range[0].figure(),
                place.range[1].full()
            ));
        }
        let times = match place.n_arrivals {
            0 => "rests here by another policy only".to_owned(),
            n => {
                let by = place.arrived_by.as_ref().map(self::place);
                let by = by.map(|by| format!(": {by}")).unwrap_or_default();
                let of = if n > 1 {
                    format!(", the last of {n} arrivals")
                } else {
                    String::new()
                };
                format!("since {}{of}{by}", when(place.since))
            }
        };
        shell.say(format!("      {times}"));
        if let Some(moved) = place.moved.filter(|moved| *moved != place.since) {
            shell.say(format!(
                "      the account last moved this asset {}",
                when(moved)
            ));
        }
        if let Some(worth) = &place.worth {
            shell.say(match &worth.amount {
                Some(amount) => format!("      ≈ {} at {} [assumption]", amount.full(), worth.by),
                None => format!("      no rate: {}", worth.by),
            });
        }
        if let Some(tagged) = &place.tagged {
            let tag = tagged.tag;
            let by = tagged
                .by
                .as_ref()
                .map(|rule| format!(", of an account with the same owner [inference by {rule}]"));
            let source = if tag.source.is_empty() {
                "nobody"
            } else {
                &*tag.source
            };
            shell.say(format!(
                "      tagged {}{}, confidence {}, says {source}{} [assertion]",
                tag.label,
                if tag.category.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", tag.category)
                },
                tag.confidence,
                by.unwrap_or_default()
            ));
        }
        say_freeze(place, shell);
        let mut serve = place.serve.clone();
        if let Some(actor) = place.tagged.as_ref().and_then(|tagged| tagged.actor) {
            let jurisdictions = actor.jurisdictions.join(", ");
            let said = [
                ("law of", jurisdictions.as_str()),
                ("at", &*actor.uri),
                ("", &*actor.context),
            ];
            for (what, said) in said.into_iter().filter(|said| !said.1.is_empty()) {
                serve.push_str(&format!("; {what} {said}").replace("  ", " "));
            }
        }
        shell.say(format!("      serve: {serve}"));
        say_shares(place, shell);
    }

    /// The result as JSON, `moneytrail-resting/1`.
    pub(super) fn json(&self) -> Result<Value, Error> {
        let of = |section| sums(self.of(section).map(|place| &place.amount));
        let mut totals = serde_json::Map::new();
        for section in Section::ALL {
            totals.insert(section.as_str().to_owned(), json!(of(section)?));
        }
        totals.insert(
            "frozen".to_owned(),
            json!(sums(self.frozen().map(|place| &place.amount))?),
        );
        totals.insert(
            "destroyed".to_owned(),
            json!(sums(self.destroyed().map(|place| &place.amount))?),
        );
        Ok(json!({
            "schema": "moneytrail-resting/1",
            "seeds": self.run.written,
            "layer": self.run.layer.as_str(),
            "policies": self.run.policies.iter().map(|policy| policy.as_str()).collect::<Vec<_>>(),
            "stop": self.run.stops.written,
            "as_of": self.as_of,
            "of_run": self.of_run,
            "base_currency": self.base_currency,
            "places": self.places.iter().map(item).collect::<Vec<_>>(),
            "gone": self.gone.iter().map(|gone| json!({ "what": gone.what, "amount": gone.amount, "rests_on": gone.rests_on })).collect::<Vec<_>>(),
            "totals": totals,
        }))
    }
}

/// Says the sum of some places, with the rules that any of it may rest on; nothing where there are none.
fn say_sum<'a>(
    what: &str,
    places: impl Iterator<Item = &'a Resting<'a>>,
    shell: &Shell,
) -> Result<(), Error> {
    let places: Vec<&Resting<'_>> = places.collect();
    if !places.is_empty() {
        let sums = sums(places.iter().map(|place| &place.amount))?;
        let counted = places.iter().filter(|place| place.amount.units() != 0);
        let mark = mark(counted.map(|place| &place.rests_on));
        shell.say(format!("  {what}: {}{mark}", listed(&sums)));
    }
    Ok(())
}

/// Most contributors of a place that are listed for people; the JSON has all.
const N_CONTRIBUTORS: usize = 20;

/// Says whose what rests there is, if all share by what they paid in.
fn say_shares(place: &Resting<'_>, shell: &Shell) {
    let Some(shared) = &place.shared else { return };
    let n = counted(shared.contributors.len() as u64, "contributors");
    shell.say(format!(
        "      all that rests there, whosever, {}, pari passu among {n} [assumption]:",
        shared.rests.full()
    ));
    for one in shared.contributors.iter().take(N_CONTRIBUTORS) {
        shell.say(format!(
            "        {} of {} paid in: {}",
            one.share.figure(),
            one.paid_in.full(),
            one.party.as_deref().unwrap_or("what came unseen")
        ));
    }
    if shared.contributors.len() > N_CONTRIBUTORS {
        let n_more = shared.contributors.len() - N_CONTRIBUTORS;
        shell.say(format!("        … and {n_more} more, all in --json"));
    }
}

/// Whether an issuer is said to have destroyed it, after it came to rest; what a log tells is no longer there.
fn is_destroyed(place: &Resting<'_>) -> bool {
    let state = place.freeze.as_ref();
    state.is_some_and(|state| {
        state.last.change == Change::Destroyed && place.since.may_precede(state.last.time)
    })
}

/// Says what an issuer did, or could.
fn say_freeze(place: &Resting<'_>, shell: &Shell) {
    let Some(state) = &place.freeze else {
        if let Some(issuer) = place.issuer.filter(|_| place.section != Section::PaidOut) {
            shell.say(format!(
                "      not known to be frozen; {issuer}, who issues it, can freeze it there"
            ));
        }
        return;
    };
    match (state.is_frozen(), state.against) {
        (Some(_), _) | (None, None) => shell.say(format!("      {}", state.last.sentence())),
        (None, Some(against)) => shell.say(format!(
            "      frozen or not is open, as times do not tell which was last: {}; {}",
            state.last.sentence(),
            against.sentence()
        )),
    }
}

fn item(place: &Resting<'_>) -> Value {
    let time = |time: Instant| (time != Instant::UNKNOWN).then(|| time.to_string());
    json!({
        "section": place.section.as_str(),
        "party": place.shown, "account": place.account,
        "amount": place.amount, "least": place.range[0], "most": place.range[1],
        "rests_on": place.rests_on,
        "worth": place.worth,
        "since": time(place.since), "precision": place.since.precision().as_str(),
        "arrivals": place.n_arrivals, "arrived_by": place.arrived_by,
        "last_movement": place.moved.and_then(time),
        "returned": place.is_back,
        "tag": place.tagged.as_ref().map(|tagged| json!({
            "label": tagged.tag.label, "category": tagged.tag.category, "source": tagged.tag.source,
            "confidence": tagged.tag.confidence, "actor": tagged.tag.actor, "by": tagged.by,
        })),
        "actor": place.tagged.as_ref().and_then(|tagged| tagged.actor).map(|actor| json!({
            "id": actor.id, "label": actor.label, "jurisdictions": actor.jurisdictions, "uri": actor.uri, "context": actor.context,
        })),
        "frozen": place.freeze.as_ref().and_then(crate::freezes::State::is_frozen),
        "freezes": place.freeze.as_ref().map(|state| state.history.iter().map(|said| said.json()).collect::<Vec<_>>()),
        "issuer": place.issuer,
        "serve": place.serve,
        "shared": place.shared.as_ref().map(|shared| json!({
            "rule": crate::follow::PARI_PASSU, "rests": shared.rests,
            "contributors": shared.contributors.iter().map(|one| json!({
                "party": one.party, "paid_in": one.paid_in, "share": one.share,
            })).collect::<Vec<_>>(),
        })),
    })
}
