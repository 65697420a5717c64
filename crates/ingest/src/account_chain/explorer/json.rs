//! Answers of explorers' and nodes' APIs: Etherscan (transactions, internal, token), TronGrid (trc20, and events of a
//! contract), Tronscan (token transfers).
//!
//! Laws: amounts are smallest units, decimals what the record states; a record that failed moves its fee alone; one
//! that no block holds yet is set aside.

use super::elements::{Fields, Record, each_record};
use super::entries::{Entries, Entry, Kind};
use crate::Format;
use crate::account_chain::etl::decimals;
use crate::account_chain::field::{Address, ZERO, address, hash, shown, small, time, units};
use crate::account_chain::movement::{Freeze, Leg, Place, clip};
use crate::account_chain::tokens::Tokens;
use moneytrail_model::freeze::Change;
use moneytrail_model::{Amount, Network, RecordBin};

/// Why a record gives no entry: its bin and the reason.
type Refused = (RecordBin, String);

fn quarantined(reason: String) -> Refused {
    (RecordBin::Quarantined, reason)
}

/// Reads the records of a file.
pub(super) fn read(
    format: Format,
    bytes: &[u8],
    (file, network): (u32, Network),
    tokens: &mut Tokens,
    entries: &mut Entries,
) {
    let mut row = 0;
    each_record(bytes, &mut |at, record| {
        let place = Place {
            file,
            row: row + 1,
            at,
        };
        row += u32::from(record != Record::Page);
        let text = match record {
            Record::Page => return entries.begin_page(file, place.row),
            Record::Object(text) => text,
            Record::Broken(text) => {
                let reason = "no JSON, or its end is missing";
                entries.keep(place, RecordBin::Quarantined, reason, vec![clip(text)]);
                return;
            }
        };
        let reader = Reader { place, network };
        let read = Fields::of(text)
            .map_err(quarantined)
            .and_then(|fields| match format {
                Format::TronGridJson => reader.trongrid(&fields, tokens),
                Format::TronscanJson => reader.tronscan(&fields, tokens),
                _ => reader.etherscan(&fields, tokens),
            });
        match read {
            Ok(entry) => entries.read.push(entry),
            Err((bin, reason)) => entries.keep(place, bin, &reason, vec![clip(text)]),
        }
    });
}

struct Reader {
    place: Place,
    network: Network,
}

impl Reader {
    fn address(&self, fields: &Fields<'_>, name: &str) -> Result<Address, String> {
        address(fields.text(name)?.trim(), self.network)
    }

    fn optional<T>(
        fields: &Fields<'_>,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        match fields.text(name)?.trim() {
            "" => Ok(None),
            text => read(text).map(Some),
        }
    }

    /// An entry without movements.
    fn entry(
        &self,
        fields: &Fields<'_>,
        id: &str,
        when: &str,
        kind: Kind,
    ) -> Result<Entry, String> {
        Ok(Entry {
            id: hash(fields.text(id)?.trim())?,
            kind,
            height: None,
            block_hash: None,
            tx_index: None,
            time: time(fields.text(when)?.trim())?,
            place: self.place,
            has_failed: false,
            legs: Vec::new(),
            freeze: None,
        })
    }

    fn etherscan(&self, fields: &Fields<'_>, tokens: &mut Tokens) -> Result<Entry, Refused> {
        let block = fields.text("blockNumber").map_err(quarantined)?;
        if block.is_empty() || block.starts_with('-') {
            let reason = "unconfirmed: no block holds the transaction yet";
            return Err((RecordBin::SetAside, reason.to_owned()));
        }
        if fields.has("tokenID") {
            let reason = "a token that is a single item (tokenID) has no amount";
            return Err((RecordBin::Contextual, reason.to_owned()));
        }
        self.etherscan_entry(fields, tokens).map_err(quarantined)
    }

    fn etherscan_entry(&self, fields: &Fields<'_>, tokens: &mut Tokens) -> Result<Entry, String> {
        let kind = if fields.has("tokenDecimal") || fields.has("tokenSymbol") {
            Kind::Token
        } else if fields.has("gasPrice") {
            Kind::Own
        } else {
            Kind::Internal
        };
        let id = if fields.has("hash") {
            "hash"
        } else {
            "transactionHash"
        };
        let mut entry = self.entry(fields, id, "timeStamp", kind)?;
        entry.height = Self::optional(fields, "blockNumber", |text| {
            small(text, "height of a block")
        })?;
        entry.block_hash = Self::optional(fields, "blockHash", hash)?;
        entry.tx_index = Self::optional(fields, "transactionIndex", |text| {
            small(text, "position of a transaction")
        })?;
        entry.has_failed = match (
            &*fields.text("isError")?,
            &*fields.text("txreceipt_status")?,
        ) {
            ("1", _) | (_, "0") => true,
            ("" | "0", "" | "1") => false,
            (error, status) => {
                return Err(format!(
                    "`{}`, `{}` is no status",
                    shown(error),
                    shown(status)
                ));
            }
        };
        let from = self.address(fields, "from")?;
        let value = units(fields.text("value")?.trim())?;
        if kind == Kind::Token {
            let token = self.address(fields, "contractAddress")?;
            let to = self.address(fields, "to")?;
            let places = Self::optional(fields, "tokenDecimal", decimals)?;
            tokens.describe(token, &fields.text("tokenSymbol")?, places);
            if !entry.has_failed {
                let leg = Leg::between([from, to], Some(token), value, self.place);
                entry.legs.push(leg);
            }
            return Ok(entry);
        }
        if !entry.has_failed && value > Amount::ZERO {
            let to = match fields.text("to")?.trim() {
                "" => self.address(fields, "contractAddress")?,
                to => address(to, self.network)?,
            };
            entry
                .legs
                .push(Leg::between([from, to], None, value, self.place));
        }
        if kind == Kind::Own
            && let Some(used) = Self::optional(fields, "gasUsed", units)?
            && let Some(price) = Self::optional(fields, "gasPrice", units)?
        {
            let fee = used.units().checked_mul(price.units());
            let fee = fee
                .and_then(|fee| Amount::new(fee).ok())
                .ok_or("a fee of 10³⁸ units or more")?;
            if fee > Amount::ZERO {
                entry.legs.push(Leg::fee(from, fee, self.place));
            }
        }
        Ok(entry)
    }

    fn trongrid(&self, fields: &Fields<'_>, tokens: &mut Tokens) -> Result<Entry, Refused> {
        if fields.has("event_name") {
            return self.event(fields);
        }
        let kind = fields.text("type").map_err(quarantined)?;
        if !matches!(&*kind, "" | "Transfer") {
            let reason = format!("`{}` moves nothing", shown(&kind));
            return Err((RecordBin::Contextual, reason));
        }
        self.trongrid_entry(fields, tokens).map_err(quarantined)
    }

    fn trongrid_entry(&self, fields: &Fields<'_>, tokens: &mut Tokens) -> Result<Entry, String> {
        let mut entry = self.entry(fields, "transaction_id", "block_timestamp", Kind::Token)?;
        let info = fields.object("token_info")?;
        let token = self.address(&info, "address")?;
        let places = Self::optional(&info, "decimals", decimals)?;
        let ends = [self.address(fields, "from")?, self.address(fields, "to")?];
        let value = units(fields.text("value")?.trim())?;
        tokens.describe(token, &info.text("symbol")?, places);
        entry
            .legs
            .push(Leg::between(ends, Some(token), value, self.place));
        Ok(entry)
    }

    /// An event of a contract: a transfer, or what an issuer did to a holding; others move nothing.
    fn event(&self, fields: &Fields<'_>) -> Result<Entry, Refused> {
        if &*fields.text("_unconfirmed").map_err(quarantined)? == "true" {
            let reason = "unconfirmed: its block can still be replaced";
            return Err((RecordBin::SetAside, reason.to_owned()));
        }
        let name = fields.text("event_name").map_err(quarantined)?;
        let change = Change::of_name(&name);
        if change.is_none() && &*name != "Transfer" {
            let reason = format!("`{}` moves nothing", shown(&name));
            return Err((RecordBin::Contextual, reason));
        }
        self.event_entry(fields, change).map_err(quarantined)
    }

    fn event_entry(&self, fields: &Fields<'_>, change: Option<Change>) -> Result<Entry, String> {
        let mut entry = self.entry(fields, "transaction_id", "block_timestamp", Kind::Token)?;
        entry.height = Self::optional(fields, "block_number", |text| {
            small(text, "height of a block")
        })?;
        let token = self.address(fields, "contract_address")?;
        let said = fields.object("result")?;
        // Arguments stand under their names, and under their positions.
        let argument = |names: &[&str]| -> Result<String, String> {
            let name = names.iter().find(|name| said.has(name));
            let name = name.ok_or_else(|| format!("the event has no argument {}", names[0]))?;
            Ok(said.text(name)?.trim().to_owned())
        };
        let account = |names: &[&str]| address(&argument(names)?, self.network);
        let Some(change) = change else {
            let ends = [
                account(&["from", "_from", "0"])?,
                account(&["to", "_to", "1"])?,
            ];
            let value = units(&argument(&["value", "_value", "2"])?)?;
            let leg = Leg::between(ends, Some(token), value, self.place);
            entry.legs.push(leg);
            return Ok(entry);
        };
        let frozen = account(&["_user", "_blackListedUser", "_account", "0"])?;
        if change == Change::Destroyed {
            let destroyed = units(&argument(&["_balance", "1"])?)?;
            let leg = Leg::between([frozen, ZERO], Some(token), destroyed, self.place);
            entry.legs.push(leg);
        }
        entry.freeze = Some(Freeze {
            account: frozen,
            token,
            change,
            time: entry.time,
            place: self.place,
        });
        Ok(entry)
    }

    fn tronscan(&self, fields: &Fields<'_>, tokens: &mut Tokens) -> Result<Entry, Refused> {
        if &*fields.text("confirmed").map_err(quarantined)? == "false" {
            let reason = "unconfirmed: its block can still be replaced";
            return Err((RecordBin::SetAside, reason.to_owned()));
        }
        self.tronscan_entry(fields, tokens).map_err(quarantined)
    }

    fn tronscan_entry(&self, fields: &Fields<'_>, tokens: &mut Tokens) -> Result<Entry, String> {
        let mut entry = self.entry(fields, "transaction_id", "block_ts", Kind::Token)?;
        entry.height = Self::optional(fields, "block", |text| small(text, "height of a block"))?;
        let result = |name: &str| -> Result<bool, String> {
            let word = fields.text(name)?;
            Ok(matches!(&*word, "" | "SUCCESS" | "SUCESS"))
        };
        entry.has_failed = &*fields.text("revert")? == "true"
            || !result("contractRet")?
            || !result("finalResult")?;
        let token = self.address(fields, "contract_address")?;
        let ends = [
            self.address(fields, "from_address")?,
            self.address(fields, "to_address")?,
        ];
        let value = units(fields.text("quant")?.trim())?;
        if fields.has("tokenInfo") {
            let info = fields.object("tokenInfo")?;
            let places = Self::optional(&info, "tokenDecimal", decimals)?;
            tokens.describe(token, &info.text("tokenAbbr")?, places);
        }
        if !entry.has_failed {
            entry
                .legs
                .push(Leg::between(ends, Some(token), value, self.place));
        }
        Ok(entry)
    }
}
