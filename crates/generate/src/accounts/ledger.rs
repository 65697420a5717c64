//! Accounts and what they hold.
//!
//! Law: value leaves one account and reaches another; a fee leaves the sender and reaches the block's
//! validator; tokens come from the issuer alone. What an account does not have it does not pay.

/// What an account is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Validator,
    Issuer,
    Exchange,
    /// Receives one customer's deposits for an exchange.
    Deposit,
    /// Passes money on for somebody else.
    Mule,
    Person,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Validator => "validator",
            Self::Issuer => "issuer",
            Self::Exchange => "exchange",
            Self::Deposit => "deposit",
            Self::Mule => "mule",
            Self::Person => "person",
        }
    }
}

/// An account: 40 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    /// Coins, in 10⁻⁹.
    pub(super) gwei: u64,
    /// Stablecoins, in 10⁻⁶.
    pub(super) units: u64,
    /// Coins before the first block, in 10⁻⁹.
    pub(super) opening_gwei: u64,
    pub(super) owner: u32,
    /// Number of transactions sent.
    pub(super) nonce: u32,
    /// Of a person's first account: where an exchange receives the person's deposits, once there is one.
    pub(super) deposit: Option<std::num::NonZeroU32>,
    pub(super) role: Role,
}

/// Why a transaction was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    Payment,
    Withdrawal,
    Deposit,
    Sweep,
    /// Coins for the fee of somebody's next transaction.
    Gas,
    Mint,
    /// Not carried out: the fee is paid, the value stays.
    Failed,
    /// A step of a pattern.
    Pattern,
}

impl Why {
    pub(super) const ALL: [Self; 8] = [
        Self::Payment,
        Self::Withdrawal,
        Self::Deposit,
        Self::Sweep,
        Self::Gas,
        Self::Mint,
        Self::Failed,
        Self::Pattern,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Withdrawal => "withdrawal",
            Self::Deposit => "deposit",
            Self::Sweep => "sweep",
            Self::Gas => "gas",
            Self::Mint => "mint",
            Self::Failed => "failed",
            Self::Pattern => "pattern",
        }
    }
}

/// What is moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value {
    /// Coins, in 10⁻⁹.
    Gwei(u64),
    /// Stablecoins, in 10⁻⁶.
    Units(u64),
}

impl Value {
    /// What a transfer of this kind needs, in gas.
    pub(super) const fn gas(self) -> u64 {
        match self {
            Self::Gwei(_) => 21_000,
            Self::Units(_) => 65_000,
        }
    }
}

/// A transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) value: Value,
    pub(super) why: Why,
    pub(super) nonce: u32,
    pub(super) gas_price_gwei: u64,
    /// Number of the pattern that it is a step of.
    pub(super) pattern: Option<u64>,
}

impl Sent {
    pub(super) const fn fee_gwei(&self) -> u64 {
        self.value.gas() * self.gas_price_gwei
    }
}

/// A block.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) height: u64,
    pub(super) validator: u32,
    pub(super) sent: Vec<Sent>,
}

/// All accounts and the block that is being filled.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) accounts: Vec<Account>,
    pub(super) block: Block,
    pub(super) gas_price_gwei: u64,
    pub(super) n_owners: u32,
    /// Transfers of value; fees do not count.
    pub(super) n_transfers: u64,
}

impl Ledger {
    pub(super) fn get(&self, account: u32) -> &Account {
        &self.accounts[account as usize]
    }

    fn get_mut(&mut self, account: u32) -> &mut Account {
        &mut self.accounts[account as usize]
    }

    /// A new account of an owner.
    pub(super) fn open(&mut self, owner: u32, role: Role, opening_gwei: u64) -> u32 {
        self.accounts.push(Account {
            gwei: opening_gwei,
            units: 0,
            opening_gwei,
            owner,
            nonce: 0,
            deposit: None,
            role,
        });
        u32::try_from(self.accounts.len() - 1).expect("fewer than 2³² accounts")
    }

    /// A new owner.
    pub(super) fn person(&mut self) -> u32 {
        self.n_owners += 1;
        self.n_owners - 1
    }

    /// What a transfer of this kind costs now.
    pub(super) const fn fee_gwei(&self, value: Value) -> u64 {
        value.gas() * self.gas_price_gwei
    }

    /// Sends a transaction, if value and fee are there; says whether it did.
    pub(super) fn send(
        &mut self,
        [from, to]: [u32; 2],
        value: Value,
        why: Why,
        pattern: Option<u64>,
    ) -> bool {
        let fee = self.fee_gwei(value);
        let sender = *self.get(from);
        let (gwei, units) = match value {
            _ if why == Why::Failed => (0, 0),
            Value::Gwei(gwei) => (gwei, 0),
            Value::Units(units) => (0, units),
        };
        let minted = if why == Why::Mint { units } else { 0 };
        if from == to || sender.gwei < gwei + fee || sender.units + minted < units {
            return false;
        }
        let sender = self.get_mut(from);
        sender.gwei -= gwei + fee;
        sender.units -= units - minted;
        sender.nonce += 1;
        let nonce = sender.nonce - 1;
        let receiver = self.get_mut(to);
        receiver.gwei += gwei;
        receiver.units += units;
        let validator = self.block.validator;
        self.get_mut(validator).gwei += fee;
        self.n_transfers += u64::from(why != Why::Failed);
        self.block.sent.push(Sent {
            from,
            to,
            value,
            why,
            nonce,
            gas_price_gwei: self.gas_price_gwei,
            pattern,
        });
        true
    }
}
