//! Which network an exhibit of an account chain is about.
//!
//! Law: the content says it, as far as it does; what it leaves open a person states with `--network`, else it is
//! an assumption that is printed. A statement that contradicts the content refuses the exhibit.

use crate::{Error, Options};
use moneytrail_model::Network;

/// What the content says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Says<'a> {
    /// Addresses or columns of TRON.
    Tron,
    /// Addresses that all EVM networks write alike.
    Evm,
    /// The symbol of the network's coin.
    Coin(&'a str),
}

/// The network, and the assumption that lies in it.
pub(super) fn network_of(
    path: &str,
    says: Says<'_>,
    options: &Options,
) -> Result<(Network, Option<String>), Error> {
    let contradiction = |why: String| Error::Contradiction {
        path: path.to_owned(),
        why,
    };
    let candidates: Vec<Network> = match says {
        Says::Tron => vec![Network::Tron],
        Says::Evm => evm().collect(),
        Says::Coin(coin) => {
            let coin = coin.to_ascii_uppercase();
            let symbol = if coin == "MATIC" { "POL" } else { &coin };
            evm().filter(|network| network.symbol() == symbol).collect()
        }
    };
    let Some(&first) = candidates.first() else {
        let Says::Coin(coin) = says else {
            unreachable!("only coins leave no candidate");
        };
        return Err(contradiction(format!(
            "its coin, {}, is of no network that is known here",
            super::field::shown(coin)
        )));
    };
    match options.network {
        Some(network) if candidates.contains(&network) => Ok((network, None)),
        Some(network) => Err(contradiction(format!(
            "--network {network} contradicts what it holds: it is of {}",
            listed(&candidates)
        ))),
        None if candidates.len() == 1 => Ok((first, None)),
        None => Ok((
            first,
            Some(format!(
                "network {first}: addresses and coin are the same on {}; say --network if it is another",
                listed(&candidates[1..])
            )),
        )),
    }
}

fn evm() -> impl Iterator<Item = Network> {
    Network::ALL.into_iter().filter(|network| network.is_evm())
}

fn listed(networks: &[Network]) -> String {
    let names: Vec<&str> = networks.iter().map(|network| network.as_str()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_goes_before_options_and_options_before_defaults() {
        let of = |says, network| {
            let options = Options {
                network,
                ..Options::default()
            };
            network_of("a.csv", says, &options)
                .map(|(network, assumed)| (network, assumed.is_some()))
        };
        assert_eq!(of(Says::Coin("BNB"), None).unwrap(), (Network::Bsc, false));
        assert_eq!(
            of(Says::Coin("Matic"), None).unwrap(),
            (Network::Polygon, false)
        );
        assert_eq!(
            of(Says::Coin("ETH"), None).unwrap(),
            (Network::Ethereum, true)
        );
        assert_eq!(
            of(Says::Evm, Some(Network::Base)).unwrap(),
            (Network::Base, false)
        );
        assert_eq!(of(Says::Tron, None).unwrap(), (Network::Tron, false));
        assert!(of(Says::Tron, Some(Network::Ethereum)).is_err());
        assert!(of(Says::Coin("BNB"), Some(Network::Ethereum)).is_err());
        assert!(of(Says::Coin("FTM"), None).is_err());
        assert!(of(Says::Evm, Some(Network::Bitcoin)).is_err());
    }
}
