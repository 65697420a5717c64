//! `ActorPacks`: who the actors are that tags name.
//!
//! Source: `chains.md` §1; `src/tagpack/conf/actorpack_schema.yaml` of <https://github.com/graphsense/graphsense-tagpack-tool>.

use super::yaml::{self, AnyText, Words};
use super::{ListFormat, TagList};
use crate::Error;
use moneytrail_model::tag::Actor;
use serde::Deserialize;
use serde_saphyr::Spanned;

#[derive(Debug, Deserialize)]
struct Pack {
    #[serde(default)]
    lastmod: Option<String>,
    #[serde(default)]
    categories: Option<Words>,
    #[serde(default)]
    jurisdictions: Option<Words>,
    #[serde(default)]
    actors: Option<Vec<Spanned<Entry>>>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    uri: Option<String>,
    #[serde(default)]
    lastmod: Option<String>,
    #[serde(default)]
    categories: Option<Words>,
    #[serde(default)]
    jurisdictions: Option<Words>,
    #[serde(default)]
    aliases: Option<Words>,
    #[serde(default)]
    context: Option<AnyText>,
}

/// Reads a pack.
///
/// # Errors
/// If it is no YAML of this shape, or beyond the bounds on nesting and aliases.
pub(super) fn read(bytes: &[u8]) -> Result<TagList, Error> {
    let pack: Pack = yaml::read(bytes, "actor pack")?;
    let mut list = TagList::new(ListFormat::ActorPack);
    let words = |own: Option<Words>, inherited: Option<&Words>| {
        own.or_else(|| inherited.cloned()).unwrap_or_default().0
    };
    for entry in pack.actors.unwrap_or_default() {
        let line = entry.defined.line();
        let entry = entry.value;
        let text = |text: Option<String>| -> Box<str> { text.unwrap_or_default().trim().into() };
        let actor = Actor {
            id: text(entry.id),
            label: text(entry.label),
            uri: text(entry.uri),
            categories: words(entry.categories, pack.categories.as_ref()),
            jurisdictions: words(entry.jurisdictions, pack.jurisdictions.as_ref()),
            aliases: words(entry.aliases, None),
            lastmod: text(entry.lastmod.or_else(|| pack.lastmod.clone())),
            context: entry.context.unwrap_or_default().0,
        };
        let lacks = [("id", &actor.id), ("label", &actor.label)]
            .into_iter()
            .find(|(_, text)| text.is_empty());
        match lacks {
            Some((what, _)) => list.refused.push((line, format!("it has no {what}"))),
            None => list.actors.push(actor),
        }
    }
    list.remark_on_concepts();
    Ok(list)
}
