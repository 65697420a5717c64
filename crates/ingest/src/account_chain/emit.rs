//! Transactions become rows.
//!
//! Laws: one event for each transaction, with its legs in the order in which they happen; the records that state
//! its movements are cited, the best first, each other as a description without legs; a record is in one bin:
//! transferred if any of its movements stays, set aside if poisoning took them, contextual if they move nothing.
//! What says something of a transaction without moving anything, as its receipt does, is contextual and cited last.
//! Transactions come in the order of the chain, which is what the rule against poisoning needs.

use super::field::{Address, account};
use super::movement::{BlockFacts, End, Freeze, Kept, Leg, Place, Transaction};
use super::poisoning::{Imitation, Judge, RULE, Watch};
use super::tokens::Tokens;
use crate::table::list::position;
use crate::{Error, EvidenceFile, Format, Outcome};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layers, Network, RecordBin,
    RecordCounts, TransactionForm, TransferKind,
};
use moneytrail_store::schema::{
    AccountRow, Batch, BlockRow, EndRef, EventRow, RecordPlace, RecordRow, Sink, SourceRow,
};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Imitations that a remark names; all stand with the records that are set aside.
const N_NAMED: usize = 10;

/// Gives the raw cells of a record.
pub(super) type RawCells<'a> = &'a dyn Fn(Place) -> Vec<Box<str>>;

/// Figures of an exhibit.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) n_blocks: u64,
    pub(super) n_events: u64,
    pub(super) n_transfers: u64,
    pub(super) n_fees: u64,
    pub(super) n_failed: u64,
    pub(super) times: Option<(Instant, Instant)>,
}

/// Takes transactions in order and hands batches on.
pub(super) struct Emitter<'s> {
    sink: &'s mut dyn Sink,
    network: Network,
    sources: Vec<SourceRow>,
    pub(super) tokens: Tokens,
    judge: Judge,
    pub(super) counts: RecordCounts,
    pub(super) figures: Figures,
    imitations: BTreeMap<Imitation, u64>,
    /// How often issuers did something to an account's holding.
    n_frozen: u64,
    /// Tokens that moved, or were bait.
    used: BTreeSet<Address>,
    /// Byte forms of a leg's accounts.
    from: Vec<u8>,
    to: Vec<u8>,
}

/// What a batch knows while it is filled.
#[derive(Default)]
struct Filling {
    batch: Batch,
    assets: FxHashMap<Option<Address>, u32>,
    block: Option<([u8; 32], u32)>,
}

impl<'s> Emitter<'s> {
    /// `sheet` is `-` for files with rows.
    pub(super) fn new(
        sink: &'s mut dyn Sink,
        files: &[EvidenceFile],
        sheet: Option<&str>,
        tokens: Tokens,
        network: Network,
    ) -> Self {
        let source = |file: &EvidenceFile| SourceRow {
            path: file.name.as_str().into(),
            sheet: sheet.map(Into::into),
            right_to_left: false,
        };
        Self {
            sink,
            network,
            sources: files.iter().map(source).collect(),
            tokens,
            judge: Judge::after(Watch::default(), network),
            counts: RecordCounts::default(),
            figures: Figures::default(),
            imitations: BTreeMap::new(),
            n_frozen: 0,
            used: BTreeSet::new(),
            from: Vec::new(),
            to: Vec::new(),
        }
    }

    /// Says what was watched of all transfers; before the first is pushed.
    pub(super) fn watched(&mut self, watch: Watch) {
        self.judge = Judge::after(watch, self.network);
    }

    fn filling(&self) -> Filling {
        Filling {
            batch: Batch {
                sources: self.sources.clone(),
                ..Batch::default()
            },
            ..Filling::default()
        }
    }

    /// Takes the transactions of a stretch, in the order of the chain, and records that gave none.
    pub(super) fn push(
        &mut self,
        transactions: Vec<Transaction>,
        kept: Vec<Kept>,
        raw: RawCells<'_>,
    ) -> Result<(), Error> {
        let mut filling = self.filling();
        for transaction in transactions {
            self.transaction(&mut filling, transaction, raw);
        }
        for kept in kept {
            self.keep(&mut filling.batch, kept);
        }
        let batch = filling.batch;
        if !batch.events.is_empty() || !batch.records.is_empty() {
            self.sink.push(batch)?;
        }
        Ok(())
    }

    /// Takes what issuers did to accounts' holdings.
    pub(super) fn freezes(&mut self, freezes: &[Freeze]) -> Result<(), Error> {
        if freezes.is_empty() {
            return Ok(());
        }
        self.n_frozen += freezes.len() as u64;
        let mut batch = self.filling().batch;
        for freeze in freezes {
            let asset = self.tokens.of_contract(freeze.token).asset.key().clone();
            batch.accounts.push(AccountRow {
                account: account(freeze.account, self.network),
                field: freeze.change.as_str().into(),
                value: moneytrail_model::freeze::written(&asset, freeze.time).into(),
                source: freeze.place.file,
                row: Some(freeze.place.row),
                column: None,
                ordinal: None,
            });
        }
        self.sink.push(batch)?;
        Ok(())
    }

    fn keep(&mut self, batch: &mut Batch, kept: Kept) {
        self.counts.count(kept.bin);
        batch.records.push(RecordRow {
            source: kept.file,
            place: kept.place,
            bin: kept.bin,
            reason: Some(kept.reason),
            raw: kept.raw,
        });
    }

    fn transaction(
        &mut self,
        filling: &mut Filling,
        mut transaction: Transaction,
        raw: RawCells<'_>,
    ) {
        let mut poisoned: Vec<(Place, Imitation)> = Vec::new();
        let mut moving: Vec<Leg> = Vec::with_capacity(transaction.legs.len());
        let mut still: Vec<Place> = Vec::new();
        for leg in std::mem::take(&mut transaction.legs) {
            let weight = self.tokens.weight(leg.token);
            if let Some(imitation) = self.judge.judge(&leg, weight) {
                poisoned.push((leg.place, imitation));
                self.used.extend(leg.token);
            } else if leg.amount == Amount::ZERO
                || (leg.from, leg.to) == (End::Issuance, End::Burned)
            {
                still.push(leg.place);
            } else {
                self.judge.learn(&leg, weight);
                moving.push(leg);
            }
        }
        let mut places: Vec<Place> = moving.iter().map(|leg| leg.place).collect();
        places.sort_unstable();
        places.dedup();
        poisoned.retain(|(place, _)| places.binary_search(place).is_err());
        poisoned.dedup_by_key(|(place, _)| *place);
        still.retain(|place| {
            places.binary_search(place).is_err()
                && !poisoned.iter().any(|(other, _)| other == place)
        });
        still.sort_unstable();
        still.dedup();
        self.counts.transferred += places.len() as u64;
        self.counts.contextual += still.len() as u64;
        for (place, imitation) in poisoned {
            *self.imitations.entry(imitation).or_default() += 1;
            let kept = Kept {
                file: place.file,
                place: RecordPlace::Row(place.row),
                bin: RecordBin::SetAside,
                reason: format!("{RULE}: {imitation}").into(),
                raw: raw(place),
            };
            self.keep(&mut filling.batch, kept);
        }
        if !moving.is_empty() {
            transaction.legs = moving;
            self.event(filling, &transaction, &places);
        }
    }

    /// Pushes an event with its legs, and a description without legs for each further record.
    fn event(&mut self, filling: &mut Filling, transaction: &Transaction, places: &[Place]) {
        let seen = self
            .figures
            .times
            .get_or_insert((transaction.time, transaction.time));
        *seen = (seen.0.min(transaction.time), seen.1.max(transaction.time));
        self.figures.n_events += 1;
        let block = transaction.block.map(|block| self.block(filling, &block));
        let primary = if places.contains(&transaction.place) {
            transaction.place
        } else {
            places[0]
        };
        let row = |place: Place| EventRow {
            kind: EventKind::Payment,
            transaction: transaction.id.map(|id| (self.network, id)),
            block,
            tx_index: transaction.tx_index,
            time: transaction.time,
            source: place.file,
            row: Some(place.row),
            stale: false,
            form: TransactionForm::default(),
        };
        let others = places.iter().chain(&transaction.also);
        let others = others.filter(|&&place| place != primary);
        let others: Vec<EventRow> = match transaction.id {
            Some(_) => others.map(|&place| row(place)).collect(),
            None => Vec::new(),
        };
        filling.batch.events.push(row(primary));
        let event = position(filling.batch.events.len() - 1);
        for leg in &transaction.legs {
            self.leg(filling, event, leg);
        }
        if let Some(block) = block {
            let row = &mut filling.batch.blocks[block as usize];
            row.n_transactions += 1;
        }
        filling.batch.events.extend(others);
    }

    fn block(&mut self, filling: &mut Filling, block: &BlockFacts) -> u32 {
        if let Some((hash, position)) = filling.block
            && hash == block.hash
        {
            return position;
        }
        self.figures.n_blocks += 1;
        filling.batch.blocks.push(BlockRow {
            network: self.network,
            hash: block.hash,
            previous: None,
            height: Some(block.height),
            time: block.seconds,
            bits: None,
            n_transactions: 0,
            n_inputs: 0,
            n_outputs: 0,
            source: block.place.file,
            bytes: (block.place.at, block.place.at),
            stale: false,
        });
        let at = position(filling.batch.blocks.len() - 1);
        filling.block = Some((block.hash, at));
        at
    }

    fn leg(&mut self, filling: &mut Filling, event: u32, leg: &Leg) {
        self.figures.n_transfers += u64::from(leg.kind != TransferKind::Fee);
        self.figures.n_fees += u64::from(leg.kind == TransferKind::Fee);
        let asset = self.asset(filling, leg.token);
        for (end, key) in [(leg.from, &mut self.from), (leg.to, &mut self.to)] {
            key.clear();
            let account = match end {
                End::Account(address) => account(address, self.network),
                End::Issuance => AccountKey::Issuance(self.network),
                End::Burned => AccountKey::Burned(self.network),
                End::Fees => AccountKey::Fees(self.network),
            };
            account.encode_into(key);
        }
        filling.batch.transfers.push_ends(
            event,
            EndRef::Key(&self.from),
            EndRef::Key(&self.to),
            asset,
            Some(leg.amount),
            leg.kind,
            Layers::BOTH,
        );
    }

    fn asset(&mut self, filling: &mut Filling, token: Option<Address>) -> u32 {
        if let Some(&known) = filling.assets.get(&token) {
            return known;
        }
        let asset = match token {
            None => Asset::new(AssetKey::Native(self.network)),
            Some(token) => {
                self.used.insert(token);
                self.tokens.of_contract(token).asset.clone()
            }
        };
        filling.batch.assets.push(asset);
        let at = position(filling.batch.assets.len() - 1);
        filling.assets.insert(token, at);
        at
    }

    /// What the reader says when it is done.
    pub(super) fn outcome(
        self,
        format: Format,
        mut assumptions: Vec<String>,
        mut remarks: Vec<String>,
    ) -> Outcome {
        let used: Vec<Address> = self.used.into_iter().collect();
        assumptions.extend(self.tokens.assumption(&used));
        remarks.extend(self.tokens.remarks(&used));
        remarks.extend(poisoning_remarks(&self.imitations));
        if self.n_frozen > 0 {
            remarks.push(format!(
                "{} times a log says that the issuer of a token froze, released or destroyed what an account holds of it: `moneytrail tag CASE` lists them",
                self.n_frozen
            ));
        }
        let figures = &self.figures;
        let mut listed = vec![
            ("rows".to_owned(), self.counts.total()),
            ("events".to_owned(), figures.n_events),
            ("transfers".to_owned(), figures.n_transfers),
            ("fees".to_owned(), figures.n_fees),
            ("failed transactions".to_owned(), figures.n_failed),
        ];
        if figures.n_blocks > 0 {
            listed.insert(1, ("blocks".to_owned(), figures.n_blocks));
        }
        Outcome {
            format,
            network: Some(self.network),
            counts: self.counts,
            figures: listed,
            stale: Vec::new(),
            assumptions,
            remarks,
            profile: None,
        }
    }
}

/// Says who copies whom.
fn poisoning_remarks(imitations: &BTreeMap<Imitation, u64>) -> Vec<String> {
    let mut listed: Vec<(&Imitation, &u64)> = imitations.iter().collect();
    listed.sort_by_key(|(imitation, n)| (std::cmp::Reverse(**n), **imitation));
    let mut remarks: Vec<String> = listed
        .iter()
        .take(N_NAMED)
        .map(|(imitation, n)| format!("{RULE}: {imitation}: {n} transfers set aside"))
        .collect();
    if listed.len() > N_NAMED {
        remarks.push(format!(
            "{RULE}: {} more such addresses; all stand with the records that are set aside",
            listed.len() - N_NAMED
        ));
    }
    remarks
}
