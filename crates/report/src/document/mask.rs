//! Masking. Law: what a mask hides is not in the file, in no format.

use super::{Cell, Citation, Document, Party, Phrase, Span};
use std::collections::{BTreeMap, BTreeSet};

impl Document {
    /// The document as it may be handed out: every person whose role asks for it is masked, unless
    /// the document says who asked to see them and why; and what is masked is gone. A cell that
    /// holds exactly a masked name is masked too.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut document = self.clone();
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
        names.remove("");
        document.each_citation(&mut |citation| {
            for cell in &mut citation.cells {
                seal_cell(cell, &names, disclosed);
            }
        });
        document
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
        for exhibit in &mut self.exhibits {
            visit(&mut exhibit.description);
        }
    }
}

fn seal_cell(cell: &mut Cell, names: &BTreeMap<String, super::Role>, disclosed: bool) {
    if cell.mask.is_none() && !disclosed {
        cell.mask = names.get(cell.text.trim()).copied();
    }
    if cell.mask.is_some() {
        cell.text.clear();
    }
}
