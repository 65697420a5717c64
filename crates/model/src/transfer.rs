//! Kinds of events and transfers, and the two layers.

macro_rules! stored_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// All of them, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The code in the index.
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The one with this code.
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.get(usize::from(code)).copied()
            }

            /// The one with this stored word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

stored_words! {
    /// What happens together or not at all.
    EventKind {
        /// A transaction of a chain; on a UTXO chain it has a junction.
        Transaction = "transaction",
        /// A transaction that issues a block's reward; it has a junction.
        Coinbase = "coinbase",
        /// A line of a hawala book.
        LedgerLine = "ledger line",
        /// A row of a plain transfer list, a bank line.
        Payment = "payment",
    }
}

impl EventKind {
    /// Whether its inputs and outputs mix in a junction.
    pub const fn has_junction(self) -> bool {
        matches!(self, Self::Transaction | Self::Coinbase)
    }
}

stored_words! {
    /// What a transfer is.
    TransferKind {
        /// Account to junction, spending an output.
        Input = "input",
        /// Junction to account.
        Output = "output",
        /// To `fees`, or to a custodian for its service.
        Fee = "fee",
        /// From `issuance` to the junction of a coinbase.
        Subsidy = "subsidy",
        /// From `fees` to the junction of a coinbase: what it claims beyond the subsidy.
        RecycledFees = "recycled fees",
        /// Account to account: bank line, token transfer, row of a plain list.
        Payment = "payment",
        /// A customer pays a hawaladar for an order.
        OrderPaid = "order paid",
        /// One hawaladar owes another for an order (value layer).
        Due = "due",
        /// A hawaladar pays a beneficiary.
        Payout = "payout",
        /// One hawaladar pays another to discharge dues (custody layer).
        Settlement = "settlement",
        /// Commission that a record states.
        Commission = "commission",
        /// A hawaladar's own expense.
        Expense = "expense",
        /// One leg of an exchange between assets.
        Exchange = "exchange",
        /// Money held for its depositor, and its credit to an account with a custodian.
        Deposit = "deposit",
        /// Held money paid on, or back.
        Release = "release",
        /// An opening balance that a book states: an assertion.
        Opening = "opening",
        /// What a custodian pays on what it holds: interest, staking.
        Interest = "interest",
        /// What a custodian gives: bonuses, airdrops.
        Reward = "reward",
    }
}

stored_words! {
    /// Who holds what, or whose payment was delivered to whom. Figures of two layers are never
    /// summed.
    Layer {
        /// Who holds what: coins, notes, bank money, settlements.
        Custody = "custody",
        /// Whose payment was delivered to whom: dues and order links, no settlements.
        Value = "value",
    }
}

/// The layers that a transfer is in; never none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Layers(u8);

impl Layers {
    /// Custody alone.
    pub const CUSTODY: Self = Self(1);
    /// Value alone.
    pub const VALUE: Self = Self(2);
    /// Chain and bank transfers are in both.
    pub const BOTH: Self = Self(3);

    /// The stored bits: 1 custody, 2 value.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The layers with these bits.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            1..=3 => Some(Self(bits)),
            _ => None,
        }
    }

    /// Whether `layer` is among them.
    pub const fn contains(self, layer: Layer) -> bool {
        match layer {
            Layer::Custody => self.0 & 1 != 0,
            Layer::Value => self.0 & 2 != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_read_back() {
        for &kind in TransferKind::ALL {
            assert_eq!(TransferKind::from_word(kind.as_str()), Some(kind));
            assert_eq!(TransferKind::from_code(kind.code()), Some(kind));
        }
        for &kind in EventKind::ALL {
            assert_eq!(
                EventKind::from_code(kind.code()),
                EventKind::from_word(kind.as_str())
            );
        }
        assert_eq!(Layers::from_bits(0), None);
        assert!(Layers::BOTH.contains(Layer::Custody) && !Layers::VALUE.contains(Layer::Custody));
    }
}
