//! The table of `migrant-fee`: what comes with the program, and what a file of the user's replaces of it.

use moneytrail_analysis::patterns::books::BookOptions;
use moneytrail_analysis::patterns::books::payee::Band;
use moneytrail_ingest::table::fold;
use serde::Deserialize;

/// What comes with the program.
const SHIPPED: &str = include_str!("migrant-fee.toml");

/// Words, names and bands, folded where they are compared.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct FeeTable {
    pub(super) currencies: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) identified: Vec<String>,
    pub(super) identified_categories: Vec<String>,
    pub(super) known: Vec<String>,
    pub(super) known_categories: Vec<String>,
    pub(super) bands: Vec<Band>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Fee {
    payers: Option<u32>,
    window_days: Option<i32>,
    cv_permille: Option<u32>,
    evidence: Option<u32>,
    currencies: Option<Vec<String>>,
    words: Option<Vec<String>>,
    identified: Option<Vec<String>>,
    identified_categories: Option<Vec<String>>,
    known: Option<Vec<String>>,
    known_categories: Option<Vec<String>>,
    bands: Option<Vec<OfRoute>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfRoute {
    route: String,
    from: u64,
    to: u64,
    as_of: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Shipped {
    migrant_fee: Fee,
}

/// What the program comes with.
pub(super) fn shipped(options: &mut BookOptions) -> Result<FeeTable, String> {
    let shipped: Shipped = toml::from_str(SHIPPED).map_err(|error| error.to_string())?;
    let mut table = FeeTable::default();
    shipped.migrant_fee.put(&mut table, options)?;
    Ok(table)
}

impl Fee {
    /// Replaces what it has.
    pub(super) fn put(self, table: &mut FeeTable, options: &mut BookOptions) -> Result<(), String> {
        let folded = |texts: Option<Vec<String>>, place: &mut Vec<String>| {
            if let Some(texts) = texts {
                *place = texts.iter().map(|text| fold(text)).collect();
            }
        };
        folded(self.words, &mut table.words);
        folded(self.identified, &mut table.identified);
        folded(self.identified_categories, &mut table.identified_categories);
        folded(self.known, &mut table.known);
        folded(self.known_categories, &mut table.known_categories);
        table.currencies = self
            .currencies
            .unwrap_or(std::mem::take(&mut table.currencies));
        if let Some(bands) = self.bands {
            let bands = bands.into_iter().map(|band| Band {
                route: band.route,
                from: band.from,
                to: band.to,
                as_of: band.as_of,
            });
            table.bands = bands.collect();
        }
        options.fee_n_min = self.payers.unwrap_or(options.fee_n_min);
        options.fee_days = self.window_days.unwrap_or(options.fee_days);
        options.fee_cv_permille = self.cv_permille.unwrap_or(options.fee_cv_permille);
        options.fee_evidence_min = self.evidence.unwrap_or(options.fee_evidence_min);
        if options.fee_n_min < 2 || options.fee_evidence_min < 1 || options.fee_days < 0 {
            return Err(
                "migrant-fee: payers are at least 2, evidence at least 1, window_days at least 0"
                    .into(),
            );
        }
        if !(1..1000).contains(&options.fee_cv_permille) {
            return Err("migrant-fee: cv_permille is from 1 to 999".into());
        }
        // Sums of squares of what a band has fit 128 bits.
        let is_band =
            |band: &Band| band.from > 0 && band.from <= band.to && band.to <= 1_000_000_000;
        if let Some(band) = table.bands.iter().find(|band| !is_band(band)) {
            return Err(format!("migrant-fee: `{}` is no band", band.route));
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_is_the_default_and_a_file_replaces_what_it_has() {
        let mut options = BookOptions::default();
        let mut table = shipped(&mut options).unwrap();
        assert_eq!(options, BookOptions::default());
        assert!(table.bands.len() >= 8 && table.words.contains(&fold("گیم")));
        let fee: Fee =
            toml::from_str("bands = [{ route = \"A\", from = 1, to = 2, as_of = \"2019\" }]")
                .unwrap();
        let words = table.words.clone();
        fee.put(&mut table, &mut options).unwrap();
        assert_eq!(
            (table.bands.len(), table.bands[0].as_of.as_str()),
            (1, "2019")
        );
        assert_eq!(table.words, words);
        for wrong in [
            "payers = 1",
            "cv_permille = 1000",
            "bands = [{ route = \"A\", from = 3, to = 2, as_of = \"\" }]",
        ] {
            let fee: Fee = toml::from_str(wrong).unwrap();
            assert!(fee.put(&mut table, &mut options).is_err(), "{wrong}");
        }
    }
}
