//! Positions as a page with pictures.

use super::Run;
use super::say::{difference, held_sentence, kind, seen};
use crate::figures::date;
use moneytrail_analysis::positions::{Position, Seen, Step};
use moneytrail_report::document::Phrase;
use moneytrail_report::positions::{Course, PositionsPage, Step as Drawn};

impl Run<'_> {
    /// The page: positions of pairs, then what is held for depositors.
    pub(super) fn page(&self) -> PositionsPage {
        let pairs = self.found.positions.iter().map(|of| self.course(of));
        let depositors = self.held.iter().map(|held| Course {
            first: held.keeper.clone(),
            second: "depositors".to_owned(),
            asset: held.asset.clone(),
            decimals: held.decimals,
            steps: held
                .steps
                .iter()
                .map(|step| Drawn {
                    day: step.day.map(i64::from),
                    date: shown_day(step.day),
                    what: step.what.to_owned(),
                    change: step.amount,
                    position: step.held,
                    is_inferred: true,
                    seen: "joined to its deposit".to_owned(),
                    rows: step.rows.iter().map(ToString::to_string).collect(),
                })
                .collect(),
            notes: vec![
                Phrase::words("The depositors' property, no proceeds of the keeper: ")
                    .evidence(&held_sentence(held))
                    .then("."),
            ],
        });
        PositionsPage {
            case_id: self.case.info().id.clone(),
            notice: self.case.info().notice.clone(),
            as_of: self.options.as_of.as_ref().map(|of| of.1.clone()),
            inferences: self.inferences(),
            assumptions: self.assumptions(),
            left_out: self.left_out(),
            courses: pairs.chain(depositors).collect(),
        }
    }

    fn course(&self, position: &Position) -> Course {
        let steps = position.steps.iter().map(|step| self.step(step));
        let mut notes: Vec<Phrase> = Vec::new();
        for &of in &position.by_book {
            let alone = self.by_book(position, of);
            notes.push(Phrase::default().evidence(&alone).then("."));
        }
        match difference(position) {
            None => notes.push(Phrase::words(
                "Only one of the two books is at hand, or none: nothing is there to compare.",
            )),
            Some(gap) => {
                let sentence = self.unlike_sentence(position, gap);
                notes.push(Phrase::default().evidence(&sentence).then("."));
            }
        }
        for (account, other) in self.accounts(position) {
            let stated = self.stated(account, other);
            notes.push(Phrase::words("Stated: ").evidence(&stated).then("."));
        }
        let day = self.last_day(&position.steps);
        let end = super::say::magnitude(position.end);
        if let Some(worth) = self.worth.of(end, &position.asset, day) {
            notes.push(Phrase::default().evidence(&worth.sentence()).then("."));
        }
        Course {
            first: self.party(position.pair.0).to_owned(),
            second: self.party(position.pair.1).to_owned(),
            asset: position.asset.to_string(),
            decimals: self.rows.decimals_of(&position.asset),
            steps: steps.collect(),
            notes,
        }
    }

    fn step(&self, step: &Step) -> Drawn {
        Drawn {
            day: step.day.map(i64::from),
            date: shown_day(step.day),
            what: kind(self.rows.entries[step.entries[0]].kind).to_owned(),
            change: step.change,
            position: step.position,
            is_inferred: matches!(step.seen, Seen::Both | Seen::Differs),
            seen: seen(step.seen).to_owned(),
            rows: self.places(step),
        }
    }
}

fn shown_day(day: Option<i32>) -> String {
    day.map_or_else(|| "no date".to_owned(), |day| date(day.into()))
}
