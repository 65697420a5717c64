//! Masking. Law: what a mask hides is not in the file, in no format.

use super::{Cell, Citation, Document, Party, Phrase, Role, Span};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Deref;

/// A document as it may be handed out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Masked(Document);

impl Deref for Masked {
    type Target = Document;

    fn deref(&self) -> &Document {
        &self.0
    }
}

impl Document {
    /// The document as it may be handed out: every person whose role asks for it is masked, unless
    /// the document says who asked to see them and why; and what is masked is gone. Evidence
    /// that holds a masked name is masked too.
    #[must_use]
    pub fn masked(&self) -> Self {
        self.clone().into_masked().0
    }

    /// As [`Self::masked`], of a document of which no copy is wanted.
    #[must_use]
    pub fn into_masked(self) -> Masked {
        let mut document = self;
        let disclosed = document.disclosure.is_some();
        let mut names = BTreeMap::new();
        document.each_party(&mut |party| {
            if !disclosed {
                party.mask_by_role();
            }
            if let Some(role) = party.mask {
                names.insert(party.account.trim().to_owned(), role);
                if let Some(name) = &party.name {
                    names.insert(name.trim().to_owned(), role);
                }
            }
            party.seal();
        });
        let names = Names::new(names);
        document.each_citation(&mut |citation| {
            for cell in &mut citation.cells {
                names.seal_cell(cell);
            }
        });
        document.each_phrase(&mut |phrase| {
            for span in &mut phrase.0 {
                if let Span::Evidence(text) = span {
                    names.seal_text(text);
                }
            }
        });
        for exhibit in &mut document.exhibits {
            let notes = exhibit.quarantined.iter_mut();
            for note in notes.chain(&mut exhibit.set_aside) {
                names.seal_text(&mut note.raw);
            }
        }
        Masked(document)
    }

    /// How many persons are masked, by role. Call it on a masked document.
    pub fn n_masked(&self) -> BTreeMap<&'static str, usize> {
        let mut seen = BTreeSet::new();
        let mut counts = BTreeMap::new();
        self.clone().each_party(&mut |party| {
            if let Some(role) = party.mask
                && seen.insert((party.id.clone(), party.pseudonym.clone()))
            {
                *counts.entry(role.as_str()).or_insert(0) += 1;
            }
        });
        counts
    }

    fn each_party(&mut self, visit: &mut dyn FnMut(&mut Party)) {
        self.each_phrase(&mut |phrase| {
            for span in &mut phrase.0 {
                if let Span::Party(party) = span {
                    visit(party);
                }
            }
        });
        for answer in &mut self.head.answers {
            answer
                .parts
                .iter_mut()
                .filter_map(|part| part.at.as_mut())
                .for_each(&mut *visit);
        }
        for trace in &mut self.traces {
            for step in &mut trace.steps {
                visit(&mut step.from);
                visit(&mut step.to);
            }
            trace.ends.iter_mut().for_each(|end| visit(&mut end.party));
            for group in &mut trace.end_points {
                group
                    .points
                    .iter_mut()
                    .for_each(|point| visit(&mut point.party));
            }
            for otherwise in trace.otherwise.iter_mut().flatten() {
                let points = otherwise.points.iter_mut();
                points.for_each(|point| visit(&mut point.party));
            }
            trace
                .unexplained
                .iter_mut()
                .for_each(|line| visit(&mut line.party));
            trace
                .marked
                .iter_mut()
                .for_each(|mark| visit(&mut mark.party));
        }
        for entity in &mut self.people.entities {
            visit(&mut entity.party);
            entity
                .accounts
                .iter_mut()
                .for_each(|account| visit(&mut account.party));
        }
        self.limits
            .coverage
            .iter_mut()
            .for_each(|line| visit(&mut line.party));
    }

    fn each_citation(&mut self, visit: &mut dyn FnMut(&mut Citation)) {
        for trace in &mut self.traces {
            for step in &mut trace.steps {
                step.evidence.iter_mut().for_each(&mut *visit);
            }
        }
        for claim in &mut self.people.claims {
            claim.evidence.iter_mut().for_each(&mut *visit);
        }
    }

    fn each_phrase(&mut self, visit: &mut dyn FnMut(&mut Phrase)) {
        self.each_citation(&mut |citation| {
            citation.as_read.iter_mut().for_each(&mut *visit);
            citation.alternatives.iter_mut().for_each(&mut *visit);
        });
        visit(&mut self.head.question);
        self.head.notice.iter_mut().for_each(&mut *visit);
        self.head.nothing.iter_mut().for_each(&mut *visit);
        for answer in &mut self.head.answers {
            answer
                .parts
                .iter_mut()
                .filter_map(|part| part.place.as_mut())
                .for_each(&mut *visit);
            if let Some(weakest) = &mut answer.weakest {
                visit(&mut weakest.says);
                visit(&mut weakest.without);
            }
        }
        for trace in &mut self.traces {
            for step in &mut trace.steps {
                step.note.iter_mut().for_each(&mut *visit);
                if let Some(stop) = &mut step.stop {
                    stop.note.iter_mut().for_each(&mut *visit);
                }
            }
            for group in &mut trace.end_points {
                visit(&mut group.note);
                group
                    .points
                    .iter_mut()
                    .for_each(|point| visit(&mut point.note));
            }
        }
        for entity in &mut self.people.entities {
            entity
                .chain
                .iter_mut()
                .for_each(|link| visit(&mut link.says));
            entity.without.iter_mut().for_each(&mut *visit);
            entity.note.iter_mut().for_each(&mut *visit);
        }
        for claim in &mut self.people.claims {
            visit(&mut claim.says);
            claim.why.iter_mut().for_each(&mut *visit);
        }
        self.people.held_back.iter_mut().for_each(&mut *visit);
        if let Some(findings) = &mut self.findings {
            for finding in &mut findings.found {
                visit(&mut finding.title);
                visit(&mut finding.found);
                finding.by_chance.iter_mut().for_each(&mut *visit);
                finding.innocent.iter_mut().for_each(&mut *visit);
                visit(&mut finding.refuted_by);
                finding.error_rate.iter_mut().for_each(&mut *visit);
            }
            for rule in &mut findings.silent {
                rule.why.iter_mut().for_each(&mut *visit);
            }
        }
        for pair in self.books.iter_mut().flatten() {
            visit(&mut pair.scope);
            for order in &mut pair.orders {
                order.in_first.iter_mut().for_each(&mut *visit);
                order.in_second.iter_mut().for_each(&mut *visit);
                order.differs.iter_mut().for_each(&mut *visit);
            }
        }
        for assumption in &mut self.limits.assumptions {
            visit(&mut assumption.what);
        }
        for cut in &mut self.limits.cut_off {
            cut.note.iter_mut().for_each(&mut *visit);
        }
        for line in &mut self.limits.coverage {
            line.note.iter_mut().for_each(&mut *visit);
        }
        self.limits.ask_next.iter_mut().for_each(&mut *visit);
        self.limits.contradictions.iter_mut().for_each(&mut *visit);
        for exhibit in &mut self.exhibits {
            visit(&mut exhibit.description);
        }
    }
}

/// Names and accounts of masked persons, with their roles.
struct Names {
    roles: BTreeMap<String, Role>,
    /// How names that are sought inside texts begin.
    beginnings: HashSet<[char; N_LETTERS_SOUGHT]>,
    /// Their lengths in bytes.
    lengths: BTreeSet<usize>,
}

/// Shorter names stand in too many other words to be sought inside a text.
const N_LETTERS_SOUGHT: usize = 4;

impl Names {
    fn new(mut roles: BTreeMap<String, Role>) -> Self {
        roles.remove("");
        let (mut beginnings, mut lengths) = (HashSet::new(), BTreeSet::new());
        for name in roles.keys() {
            if let Some(beginning) = beginning(name) {
                beginnings.insert(beginning);
                lengths.insert(name.len());
            }
        }
        Self {
            roles,
            beginnings,
            lengths,
        }
    }

    /// The role of a masked person whom the text names; of several, the first by name. Linear in the
    /// text, but for places where a name may begin: there, a look-up for each length of a name.
    fn role_in(&self, text: &str) -> Option<Role> {
        let text = text.trim();
        let mut first = self.roles.get_key_value(text);
        for (place, _) in text.char_indices() {
            let rest = &text[place..];
            let Some(beginning) = beginning(rest) else {
                break;
            };
            if !self.beginnings.contains(&beginning) {
                continue;
            }
            for &length in self.lengths.range(..=rest.len()) {
                let found = rest
                    .get(..length)
                    .and_then(|name| self.roles.get_key_value(name))
                    .filter(|(name, _)| name.chars().count() >= N_LETTERS_SOUGHT);
                first = match (first, found) {
                    (Some(first), Some(found)) => Some(first.min(found)),
                    (first, found) => first.or(found),
                };
            }
        }
        first.map(|(_, role)| *role)
    }

    fn seal_cell(&self, cell: &mut Cell) {
        if cell.mask.is_none() {
            cell.mask = self.role_in(&cell.text);
        }
        if cell.mask.is_some() {
            cell.text.clear();
        }
    }

    fn seal_text(&self, text: &mut String) {
        if let Some(role) = self.role_in(text) {
            *text = format!("masked: {}", role.as_str());
        }
    }
}

/// The first letters of a text that has enough of them.
fn beginning(text: &str) -> Option<[char; N_LETTERS_SOUGHT]> {
    let mut letters = text.chars();
    let mut beginning = ['\0'; N_LETTERS_SOUGHT];
    for letter in &mut beginning {
        *letter = letters.next()?;
    }
    Some(beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_names_a_masked_person_is_masked() {
        let names = Names::new(BTreeMap::from([
            ("Petar Primer".to_owned(), Role::Unknown),
            ("Al".to_owned(), Role::Migrant),
            ("محمّد گل".to_owned(), Role::Victim),
            ("Petar Primerov".to_owned(), Role::Suspect),
        ]));
        assert_eq!(names.role_in("an Petar Primerov"), Some(Role::Unknown));
        assert_eq!(names.role_in("حواله محمّد گل به"), Some(Role::Victim));
        let check = |text: &str, masked: bool| {
            let mut cell = Cell::new(1, text);
            names.seal_cell(&mut cell);
            assert_eq!(cell.mask.is_some(), masked, "{text}");
            assert_eq!(cell.text.is_empty(), masked, "{text}");
        };
        check("Petar Primer", true);
        check(" Petar Primer, for rent", true);
        check("Al", true);
        check("Albania", false);
        check("Petra", false);
    }
}
