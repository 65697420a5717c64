//! What a column of a book means: the fields of the canonical ledger record (`hawala.md` §1).

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// A field of the canonical ledger record.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub(crate) enum Field { $($(#[$doc])* $variant,)+ }

        impl Field {
            /// All fields.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its word in profiles.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

impl Field {
    /// Whether its cells can tell who a customer is.
    const fn tells_a_person(self) -> bool {
        matches!(
            self,
            Self::Sender
                | Self::SenderFather
                | Self::SenderPhone
                | Self::SenderId
                | Self::Beneficiary
                | Self::BeneficiaryFather
                | Self::BeneficiaryPhone
                | Self::BeneficiaryId
                | Self::Father
                | Self::Phone
                | Self::IdNo
                | Self::Detail
        )
    }
}

/// Which columns can tell who a customer is: those that the profile gives such a meaning, and those
/// that it gives none, because nobody has said what stands in them. `headers` are the cells of the
/// header row over the first rows of records, or the second ones (`record_row` 1 or 2); `#n` in a profile is the n-th
/// column.
pub fn personal_columns(profile: &super::Profile, headers: &[&str], record_row: u8) -> Vec<bool> {
    let is_personal = |(column, header): (usize, &&str)| {
        let number = match record_row {
            2 => format!("#{}/2", column + 1),
            _ => format!("#{}", column + 1),
        };
        let mapped = profile
            .columns
            .get(header.trim())
            .or_else(|| profile.columns.get(&number));
        match mapped.and_then(|mapped| Field::from_word(mapped.field())) {
            Some(field) => field.tells_a_person(),
            None => true,
        }
    };
    headers.iter().enumerate().map(is_personal).collect()
}

fields! {
    /// Running number of the row.
    Serial = "serial",
    /// Number, code or banknote serial of an order or a deposit.
    Token = "token",
    /// Date of the row.
    Date = "date",
    /// The same date in another calendar.
    DateAlt = "date_alt",
    /// Clock time.
    Time = "time",
    /// When an order was paid out.
    PaidAt = "paid_at",
    /// What the row books.
    Type = "type",
    /// Who sends.
    Sender = "sender",
    /// The sender's father.
    SenderFather = "sender_father",
    /// The sender's telephone.
    SenderPhone = "sender_phone",
    /// The sender's identity document.
    SenderId = "sender_id",
    /// Who is to be paid.
    Beneficiary = "beneficiary",
    /// The beneficiary's father.
    BeneficiaryFather = "beneficiary_father",
    /// The beneficiary's telephone.
    BeneficiaryPhone = "beneficiary_phone",
    /// The beneficiary's identity document.
    BeneficiaryId = "beneficiary_id",
    /// A father, of the customer at the counter.
    Father = "father",
    /// A telephone, of the customer at the counter.
    Phone = "phone",
    /// An identity document, of the customer at the counter.
    IdNo = "id_no",
    /// The other hawaladar.
    Counterpart = "counterpart",
    /// A place, of payout where nothing else is said.
    Place = "place",
    /// Where the order was taken.
    PlaceFrom = "place_from",
    /// Where it is to be paid out.
    PlaceTo = "place_to",
    /// An amount; the type says which way it goes.
    Amount = "amount",
    /// What the customer pays.
    AmountIn = "amount_in",
    /// What the beneficiary is paid.
    AmountOut = "amount_out",
    /// Currency of the amount, or of in, out and balance.
    Currency = "currency",
    /// Currency of what the customer pays.
    CurrencyIn = "currency_in",
    /// Currency of what the beneficiary is paid.
    CurrencyOut = "currency_out",
    /// Exchange rate.
    Rate = "rate",
    /// Commission.
    Commission = "commission",
    /// Its currency.
    CommissionCurrency = "commission_currency",
    /// Who pays it.
    CommissionPayer = "commission_payer",
    /// Into the cash box.
    Credit = "credit",
    /// Out of the cash box.
    Debit = "debit",
    /// Running balance.
    Balance = "balance",
    /// State of approval.
    Approval = "approval",
    /// State of payment by the customer.
    Payment = "payment",
    /// State of delivery to the beneficiary.
    Delivery = "delivery",
    /// A state on any of the three axes.
    Status = "status",
    /// A sentence that books the row.
    Detail = "detail",
    /// A note.
    Note = "note",
    /// On-chain transaction.
    Txid = "txid",
    /// On-chain account.
    Wallet = "wallet",
    /// Account that pays, where rows are transfers.
    From = "from",
    /// Account that is paid, where rows are transfers.
    To = "to",
    /// Network, where rows are transfers.
    Network = "network",
    /// Fee of a transaction or of a custodian, where rows are transfers.
    Fee = "fee",
    /// Its asset.
    FeeCurrency = "fee_currency",
    /// Read and left alone.
    Ignore = "ignore",
}

impl Field {
    /// The field with this word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|field| field.as_str() == word)
    }

    /// Whether its cells are amounts of money.
    pub(crate) const fn is_money(self) -> bool {
        matches!(
            self,
            Self::Amount
                | Self::AmountIn
                | Self::AmountOut
                | Self::Commission
                | Self::Credit
                | Self::Debit
                | Self::Balance
                | Self::Fee
        )
    }

    /// Whether several columns may mean it: money by currency, notes.
    pub(crate) const fn may_repeat(self) -> bool {
        matches!(self, Self::Note | Self::Ignore)
    }
}
