//! `TagPacks`: a header and a list of tags, each of which inherits from the header what it does not state.
//!
//! Source: `chains.md` §1; `src/tagpack/conf/tagpack_schema.yaml` of <https://github.com/graphsense/graphsense-tagpack-tool>.

use super::yaml::{self, AnyText, Passed, Words};
use super::{ListFormat, TagList, confidence, network};
use crate::Error;
use moneytrail_model::tag::{Assertion, Subject};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::fmt;

/// What a tag may state, or a header for all of its tags.
#[derive(Clone, Debug, Default)]
struct Fields {
    label: Option<String>,
    source: Option<String>,
    currency: Option<String>,
    network: Option<String>,
    confidence: Option<String>,
    address: Option<String>,
    tx_hash: Option<String>,
    actor: Option<String>,
    category: Option<String>,
    abuse: Option<String>,
    lastmod: Option<String>,
    is_cluster_definer: Option<String>,
    tag_type: Option<String>,
    context: Option<AnyText>,
    concepts: Option<Words>,
    tags: Option<Vec<Spanned<Fields>>>,
    /// Keys that mean nothing here.
    unknown: Vec<String>,
}

/// Keys of a header that say nothing of its tags.
const OF_THE_PACK: [&str; 5] = ["title", "creator", "description", "owner", "is_public"];

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys and values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "label" => fields.label = map.next_value()?,
                "source" => fields.source = map.next_value()?,
                "currency" => fields.currency = map.next_value()?,
                "network" => fields.network = map.next_value()?,
                "confidence" => fields.confidence = map.next_value()?,
                "address" => fields.address = map.next_value()?,
                "tx_hash" => fields.tx_hash = map.next_value()?,
                "actor" => fields.actor = map.next_value()?,
                "category" => fields.category = map.next_value()?,
                "abuse" => fields.abuse = map.next_value()?,
                "lastmod" => fields.lastmod = map.next_value()?,
                "is_cluster_definer" => fields.is_cluster_definer = map.next_value()?,
                "tag_type" => fields.tag_type = map.next_value()?,
                "context" => fields.context = map.next_value()?,
                "concepts" => fields.concepts = map.next_value()?,
                "tags" => fields.tags = map.next_value()?,
                _ => {
                    map.next_value::<Passed>()?;
                    if !OF_THE_PACK.contains(&&*key) {
                        fields.unknown.push(key);
                    }
                }
            }
        }
        Ok(fields)
    }
}

/// Reads a pack.
///
/// # Errors
/// If it is no YAML of this shape, or beyond the bounds on nesting and aliases.
pub(super) fn read(bytes: &[u8]) -> Result<TagList, Error> {
    let mut header: Fields = yaml::read(bytes, "tag pack")?;
    let mut list = TagList::new(ListFormat::TagPack);
    let mut unknown: BTreeMap<String, u64> = BTreeMap::new();
    let mut missing: BTreeMap<&str, u64> = BTreeMap::new();
    let tags = header.tags.take().unwrap_or_default();
    for key in header.unknown.drain(..) {
        *unknown.entry(key).or_default() += 1;
    }
    for tag in tags {
        let line = tag.defined.line();
        let own = tag.value;
        for key in own.unknown.iter().cloned() {
            *unknown.entry(key).or_default() += 1;
        }
        match assertion(&own, &header, &mut missing) {
            Ok(assertion) => list.tags.push(assertion),
            Err(why) => list.refused.push((line, why)),
        }
    }
    if let Some(n) = missing.get("confidence") {
        list.remarks.push(format!(
            "{n} tags state no confidence: taken as `unknown`, 5 of 100"
        ));
    }
    if let Some(n) = missing.get("source") {
        list.remarks.push(format!("{n} tags state no source"));
    }
    if !unknown.is_empty() {
        let keys: Vec<String> = unknown
            .iter()
            .map(|(key, n)| format!("`{}` ({n})", network::shortened(key)))
            .collect();
        list.remarks.push(format!(
            "keys that mean nothing here, passed over: {}",
            keys.join(", ")
        ));
    }
    list.remark_on_concepts();
    Ok(list)
}

/// One tag, with what it inherits.
fn assertion(
    own: &Fields,
    header: &Fields,
    missing: &mut BTreeMap<&'static str, u64>,
) -> Result<Assertion, String> {
    let text = |of: fn(&Fields) -> &Option<String>| -> &str {
        let stated = of(own).as_deref().or(of(header).as_deref());
        stated.unwrap_or("").trim()
    };
    let label = text(|fields| &fields.label);
    if label.is_empty() {
        return Err("it has no label".to_owned());
    }
    let (network, currency) = (
        text(|fields| &fields.network),
        text(|fields| &fields.currency),
    );
    // A tag is about one thing. What is inherited gives way to what it states.
    let stated = |fields: &Fields| (fields.address.clone(), fields.tx_hash.clone());
    let about = match stated(own) {
        (None, None) => stated(header),
        own => own,
    };
    let subject: Subject = match about {
        (Some(address), None) => network::account(&address, network, currency)?,
        (None, Some(hash)) => network::transaction(&hash, network, currency)?,
        (Some(_), Some(_)) => return Err("it has both an address and a tx_hash".to_owned()),
        (None, None) => return Err("it has neither an address nor a tx_hash".to_owned()),
    };
    let level = text(|fields| &fields.confidence);
    let confidence = match level {
        "" => {
            *missing.entry("confidence").or_default() += 1;
            confidence::of("unknown").unwrap_or_default()
        }
        level => confidence::of(level)
            .ok_or_else(|| format!("`{}` is no confidence", network::shortened(level)))?,
    };
    let source = text(|fields| &fields.source);
    if source.is_empty() {
        *missing.entry("source").or_default() += 1;
    }
    let is_cluster_definer = match text(|fields| &fields.is_cluster_definer) {
        "" => None,
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        word => {
            return Err(format!(
                "is_cluster_definer is `{}`, neither true nor false",
                network::shortened(word)
            ));
        }
    };
    let concepts = own.concepts.as_ref().or(header.concepts.as_ref());
    let context = own.context.as_ref().or(header.context.as_ref());
    Ok(Assertion {
        level: confidence::word(level).into(),
        actor: text(|fields| &fields.actor).into(),
        category: text(|fields| &fields.category).into(),
        abuse: text(|fields| &fields.abuse).into(),
        concepts: concepts.map(|words| words.0.clone()).unwrap_or_default(),
        lastmod: text(|fields| &fields.lastmod).into(),
        is_cluster_definer,
        context: context.map(|text| text.0.clone()).unwrap_or_default(),
        currency: currency.into(),
        tag_type: text(|fields| &fields.tag_type).into(),
        ..Assertion::new(subject, label, source, confidence)
    })
}
