//! Tags and actors as packs that other tools read, and that read back here to the same.

use super::network;
use crate::Error;
use moneytrail_model::tag::{Actor, Assertion, Subject};
use moneytrail_model::{AccountKey, Network};
use serde::Serialize;

#[derive(Serialize)]
struct Pack<'a, T> {
    title: &'a str,
    creator: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<T>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actors: Option<Vec<T>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tx_hash: Option<String>,
    label: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    network: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    currency: &'a str,
    confidence: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    actor: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    category: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    abuse: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    concepts: &'a [Box<str>],
    #[serde(skip_serializing_if = "str::is_empty")]
    lastmod: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_cluster_definer: Option<bool>,
    #[serde(skip_serializing_if = "str::is_empty")]
    context: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    tag_type: &'a str,
}

#[derive(Serialize)]
struct ActorEntry<'a> {
    id: &'a str,
    label: &'a str,
    uri: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    lastmod: &'a str,
    categories: &'a [Box<str>],
    jurisdictions: &'a [Box<str>],
    aliases: &'a [Box<str>],
    #[serde(skip_serializing_if = "str::is_empty")]
    context: &'a str,
}

/// A `TagPack` of these entries, in their order. Law: reading it gives the same entries.
///
/// # Errors
/// If the text does not serialise.
pub fn tag_pack(title: &str, creator: &str, tags: &[Assertion]) -> Result<String, Error> {
    let tags = tags.iter().map(|tag| {
        let network = match &tag.subject {
            Subject::Account(account) => account.network(),
            Subject::EvmAddress(_) => None,
            Subject::Transaction(network, _) => Some(*network),
        };
        Entry {
            address: match &tag.subject {
                Subject::Account(account) => Some(address(account)),
                Subject::EvmAddress(digits) => {
                    Some(AccountKey::Evm(Network::Ethereum, *digits).to_string())
                }
                Subject::Transaction(..) => None,
            },
            tx_hash: match &tag.subject {
                Subject::Account(_) | Subject::EvmAddress(_) => None,
                Subject::Transaction(_, id) => Some(hex::encode(id)),
            },
            label: &tag.label,
            source: &tag.source,
            network: network.map_or("", network::code),
            currency: &tag.currency,
            confidence: if tag.level.is_empty() {
                tag.confidence.to_string()
            } else {
                tag.level.to_string()
            },
            actor: &tag.actor,
            category: &tag.category,
            abuse: &tag.abuse,
            concepts: &tag.concepts,
            lastmod: &tag.lastmod,
            is_cluster_definer: tag.is_cluster_definer,
            context: &tag.context,
            tag_type: &tag.tag_type,
        }
    });
    written(&Pack {
        title,
        creator,
        tags: Some(tags.collect()),
        actors: None,
    })
}

/// The address without the network that our text form puts before it: the entry names it.
fn address(account: &AccountKey) -> String {
    let text = account.to_string();
    let AccountKey::Evm(network, _) = account else {
        return text;
    };
    let prefix = format!("{network}:");
    text.strip_prefix(&*prefix).unwrap_or(&text).to_owned()
}

/// An `ActorPack` of these actors, in their order. Law: reading it gives the same actors.
///
/// # Errors
/// If the text does not serialise.
pub fn actor_pack(title: &str, creator: &str, actors: &[Actor]) -> Result<String, Error> {
    let actors = actors.iter().map(|actor| ActorEntry {
        id: &actor.id,
        label: &actor.label,
        uri: &actor.uri,
        lastmod: &actor.lastmod,
        categories: &actor.categories,
        jurisdictions: &actor.jurisdictions,
        aliases: &actor.aliases,
        context: &actor.context,
    });
    written(&Pack {
        title,
        creator,
        tags: None,
        actors: Some(actors.collect()),
    })
}

fn written<T: Serialize>(pack: &T) -> Result<String, Error> {
    serde_saphyr::to_string(pack).map_err(|error| Error::Container {
        path: "pack".to_owned(),
        why: error.to_string(),
    })
}
