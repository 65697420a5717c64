//! Books of hawaladars who pay out each other's orders.
//!
//! Laws: an order is issued in one book and paid out in another, later and for the same amount, or is pending at
//! the end; balances add up; what a deposit releases and refunds is no more than what was left; a settlement stands
//! in both books, and one on a chain is there too. Who sends deals with the keeper that takes the order, who gets it with the one that
//! pays it out. Names are drawn from lists of common ones: none is meant to be anybody's. Memory: orders and deposits that are
//! open, and one open file for each keeper.

mod book;
mod people;
mod style;
mod truth;

use crate::names;
use crate::random::{Dice, rounded};
use crate::table::Table;
use crate::{Error, Made, Options, Progress};
use book::{BENEFICIARY, Book, Entry, Named, SENDER, keeper};
use people::People;
use std::collections::VecDeque;
use std::path::Path;
use style::{Currency, RowKind};
use truth::Truth;

/// Days since 1970 of the first day: 2023-01-01.
const FIRST_DAY: u32 = 19_358;
/// Days within which an order is paid out.
const HORIZON: usize = 15;
/// What a keeper may owe another one before they settle, in hundredths.
const CREDIT_CENTS: i64 = 4_000_000;

/// An order that was taken and is not yet paid out.
#[derive(Clone, Debug)]
struct Order {
    number: u64,
    token: u32,
    issuer: usize,
    payer: usize,
    sender: u32,
    beneficiary: u32,
    cents: i64,
    currency: Currency,
    commission_cents: i64,
    day: u32,
    row: u64,
}

/// A deposit that holds something.
#[derive(Clone, Debug)]
struct Escrow {
    number: u64,
    holder: usize,
    depositor: u32,
    payee: u32,
    cents: i64,
    currency: Currency,
    next_day: u32,
}

/// The keepers at work.
struct Network {
    dice: Dice,
    seed: u64,
    books: Vec<Book>,
    people: People,
    truth: Truth,
    chain: Table,
    /// Orders to pay out today, tomorrow and so on.
    due: VecDeque<Vec<Order>>,
    escrows: VecDeque<Escrow>,
    /// What the first keeper owes the second, in hundredths of dollars and euros.
    owed: Vec<[i64; 2]>,
    next_tokens: Vec<u32>,
    n_people: u32,
    n_rows: u64,
    n_orders: u64,
    n_paid: u64,
    n_escrows: u64,
    n_settlements: [u64; 2],
    n_chain: u64,
}

/// Writes books, chain and truth until they have so many rows. O(transfers).
pub(crate) fn generate(
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Made, Error> {
    let mut network = Network::new(out, options)?;
    let n_days = (options.n_transfers / 50).clamp(30, 720);
    let n_per_day = options.n_transfers.div_ceil(n_days);
    let mut day = FIRST_DAY;
    while network.n_rows < options.n_transfers {
        let n_before = network.n_rows;
        network.day(day, n_per_day, options.n_transfers)?;
        progress.advance(network.n_rows - n_before);
        day += 1;
    }
    network.finish(out)
}

impl Network {
    fn new(out: &Path, options: &Options) -> Result<Self, Error> {
        let n_keepers =
            usize::try_from((options.n_transfers / 2_500).clamp(4, 200)).expect("clamped");
        let n_people =
            u32::try_from((options.n_transfers / 6).clamp(50, 50_000_000)).expect("clamped");
        let books = (0..n_keepers).map(|number| Book::open(out, number, FIRST_DAY - 1));
        Ok(Self {
            dice: Dice::new(options.seed, 0),
            seed: options.seed,
            books: books.collect::<Result<_, Error>>()?,
            people: People::new(options.seed),
            truth: Truth::create(out)?,
            chain: Table::create(
                out,
                "evidence/chain/transfers.csv",
                "source,target,time,amount,asset,event",
            )?,
            due: vec![Vec::new(); HORIZON + 1].into(),
            escrows: VecDeque::new(),
            owed: vec![[0; 2]; n_keepers * n_keepers],
            next_tokens: vec![100; n_keepers],
            n_people,
            n_rows: 0,
            n_orders: 0,
            n_paid: 0,
            n_escrows: 0,
            n_settlements: [0; 2],
            n_chain: 0,
        })
    }

    fn enter(&mut self, keeper: usize, entry: &Entry) -> Result<u64, Error> {
        self.n_rows += 1;
        let style = self.books[keeper].style;
        let mut name = |person: Option<u32>| {
            let person = person.map(|person| self.people.write(person, keeper, style.hand));
            person.unwrap_or_default()
        };
        let mut named = Named {
            sender: name(entry.sender),
            beneficiary: name(entry.beneficiary),
            phone: String::new(),
        };
        if let (Some(person), Some(_)) = (entry.at_the_counter(), style.phone) {
            named.phone = self.people.phone(person);
        }
        let row = self.books[keeper].enter(entry, &named)?;
        for (field, person, column, spelling) in [
            ("sender", entry.sender, SENDER, &named.sender),
            (
                "beneficiary",
                entry.beneficiary,
                BENEFICIARY,
                &named.beneficiary,
            ),
        ] {
            if let Some(person) = person {
                let (nth, column) = style.place(column);
                let place = ((keeper, row), (nth - 1, column));
                self.truth
                    .mention(place.0, place.1, field, (person, spelling))?;
            }
        }
        Ok(row)
    }

    fn day(&mut self, day: u32, n_per_day: u64, n_wanted: u64) -> Result<(), Error> {
        let due = self.due.pop_front().unwrap_or_default();
        self.due.push_back(Vec::new());
        let n_end = (self.n_rows + n_per_day.max(due.len() as u64)).min(n_wanted);
        for order in due {
            self.pay_out(day, &order)?;
        }
        self.release(day, n_end)?;
        while self.n_rows < n_end {
            match self.dice.below(100) {
                0..80 => self.take(day)?,
                80..86 => self.deposit(day)?,
                _ => self.spend(day)?,
            }
        }
        Ok(())
    }

    fn keeper(&mut self) -> usize {
        self.dice.index(self.books.len())
    }

    fn person(&mut self) -> u32 {
        self.dice.between_u32(1, self.n_people)
    }

    /// One of a keeper's customers.
    fn customer(&mut self, keeper: usize) -> u32 {
        let n_keepers = u32::try_from(self.books.len()).expect("few keepers");
        let keeper = u32::try_from(keeper).expect("few keepers");
        let drawn = self.person() - 1;
        // Everybody is the customer of one keeper; beyond the last round of them the round before counts.
        let customer = drawn - drawn % n_keepers + keeper;
        if customer < self.n_people {
            customer + 1
        } else {
            customer + 1 - n_keepers
        }
    }

    /// A round amount mostly, in hundredths.
    fn amount(&mut self) -> (i64, Currency) {
        let digits = self.dice.between_u32(1, 4);
        let cents = rounded(5_000 + self.dice.part_of(2_000_000), digits);
        let currency = [Currency::Usd, Currency::Eur][self.dice.index(2)];
        (i64::try_from(cents).expect("bounded"), currency)
    }

    /// A customer's order is taken, for another keeper to pay out.
    fn take(&mut self, day: u32) -> Result<(), Error> {
        let (issuer, payer) = (self.keeper(), self.keeper());
        if issuer == payer {
            return Ok(());
        }
        let (cents, currency) = self.amount();
        let commission_cents = cents * i64::from(self.dice.between_u32(5, 30)) / 1_000;
        // Numbers are short and come again.
        let token = self.next_tokens[issuer];
        self.next_tokens[issuer] = if token == 9_999 { 100 } else { token + 1 };
        let mut entry = Entry::new(day, RowKind::Send, cents, currency);
        entry.token = token.to_string();
        entry.sender = Some(self.customer(issuer));
        entry.beneficiary = Some(self.customer(payer));
        entry.counterpart = Some(payer);
        entry.commission_cents = commission_cents;
        let row = self.enter(issuer, &entry)?;
        let order = Order {
            number: self.n_orders,
            token,
            issuer,
            payer,
            sender: entry.sender.unwrap_or_default(),
            beneficiary: entry.beneficiary.unwrap_or_default(),
            cents,
            currency,
            commission_cents,
            day,
            row,
        };
        self.n_orders += 1;
        let n_days = self.dice.index(HORIZON);
        self.due[n_days].push(order);
        Ok(())
    }

    fn pay_out(&mut self, day: u32, order: &Order) -> Result<(), Error> {
        let mut entry = Entry::new(day, RowKind::Payout, -order.cents, order.currency);
        entry.token = order.token.to_string();
        entry.sender = Some(order.sender);
        entry.beneficiary = Some(order.beneficiary);
        entry.counterpart = Some(order.issuer);
        let row = self.enter(order.payer, &entry)?;
        self.n_paid += 1;
        self.truth.order(order, Some((day, row)))?;
        self.owe(day, order)
    }

    /// The issuer owes the payer; beyond their credit they settle.
    fn owe(&mut self, day: u32, order: &Order) -> Result<(), Error> {
        let (issuer, payer, currency) = (order.issuer, order.payer, order.currency as usize);
        let n_keepers = self.books.len();
        self.owed[payer * n_keepers + issuer][currency] -= order.cents;
        let owed = &mut self.owed[issuer * n_keepers + payer][currency];
        *owed += order.cents;
        if *owed <= CREDIT_CENTS {
            return Ok(());
        }
        let cents = std::mem::take(owed);
        self.owed[payer * n_keepers + issuer][currency] = 0;
        self.settle(day, [issuer, payer], cents, order.currency)
    }

    /// The debtor pays the creditor, in cash or, if it is about dollars, half of the time on a chain.
    fn settle(
        &mut self,
        day: u32,
        [debtor, creditor]: [usize; 2],
        cents: i64,
        currency: Currency,
    ) -> Result<(), Error> {
        let is_on_chain = currency == Currency::Usd && self.dice.percent(50);
        let (currency, note) = if is_on_chain {
            let id = self.transfer(day, [debtor, creditor].map(|n| n as u64), cents)?;
            (Currency::Usdt, format!("tx {id}"))
        } else {
            (currency, String::new())
        };
        let mut entry = Entry::new(day, RowKind::Settlement, -cents, currency);
        entry.counterpart = Some(creditor);
        entry.note.clone_from(&note);
        let paid_row = self.enter(debtor, &entry)?;
        entry.cents = cents;
        entry.counterpart = Some(debtor);
        let taken_row = self.enter(creditor, &entry)?;
        self.n_settlements[usize::from(is_on_chain)] += 1;
        let rows = [(debtor, paid_row), (creditor, taken_row)];
        self.truth
            .settlement(rows, cents, currency, note.trim_start_matches("tx "))
    }

    /// A transfer on the chain, and one of strangers before it; gives its id without prefix.
    fn transfer(&mut self, day: u32, between: [u64; 2], cents: i64) -> Result<String, Error> {
        let strangers = [0, 0].map(|_: u64| self.books.len() as u64 + self.dice.below(1_000));
        let (other, _) = self.amount();
        let mut id = String::new();
        for (parties, cents) in [(strangers, other), (between, cents)] {
            let [from, to] = parties.map(|party| self.wallet(party));
            let time = u64::from(day) * 86_400 + self.dice.below(86_400);
            id = hex::encode(self.hash("transfer", self.n_chain));
            self.n_chain += 1;
            let (whole, part) = (cents / 100, cents % 100);
            self.chain.row(format_args!(
                "{from},{to},{time},{whole}.{part:02}0000,ethereum:0xdac17f958d2ee523a2206206994597c13d831ec7,0x{id}"
            ))?;
        }
        Ok(id)
    }

    fn hash(&self, kind: &str, number: u64) -> [u8; 32] {
        names::id(self.seed, kind, number)
    }

    /// Address of a keeper or stranger.
    fn wallet(&self, party: u64) -> String {
        format!("0x{}", hex::encode(&self.hash("wallet", party)[12..]))
    }

    /// Somebody deposits money under a code, to be released in parts.
    fn deposit(&mut self, day: u32) -> Result<(), Error> {
        let (cents, currency) = self.amount();
        let holder = self.keeper();
        let escrow = Escrow {
            number: self.n_escrows,
            holder,
            depositor: self.customer(holder),
            payee: self.person(),
            cents,
            currency,
            next_day: day + self.dice.between_u32(1, 20),
        };
        self.n_escrows += 1;
        let mut entry = Entry::new(day, RowKind::Deposit, cents, currency);
        entry.token = escrow.code();
        entry.sender = Some(escrow.depositor);
        let row = self.enter(escrow.holder, &entry)?;
        self.truth
            .escrow(&escrow, RowKind::Deposit, (row, day), cents)?;
        self.escrows.push_back(escrow);
        Ok(())
    }

    /// Deposits whose day has come release a part, or the rest, or go back.
    fn release(&mut self, day: u32, n_end: u64) -> Result<(), Error> {
        for _ in 0..self.escrows.len() {
            let Some(mut escrow) = self.escrows.pop_front() else {
                break;
            };
            if escrow.next_day > day || self.n_rows >= n_end {
                self.escrows.push_back(escrow);
                continue;
            }
            let (kind, cents) = match self.dice.below(10) {
                0 => (RowKind::Refund, escrow.cents),
                1..5 => (RowKind::Release, escrow.cents),
                _ => (RowKind::Release, escrow.cents / 2),
            };
            let mut entry = Entry::new(day, kind, -cents, escrow.currency);
            entry.token = escrow.code();
            entry.beneficiary = Some(if kind == RowKind::Refund {
                escrow.depositor
            } else {
                escrow.payee
            });
            if cents > 0 {
                let row = self.enter(escrow.holder, &entry)?;
                self.truth.escrow(&escrow, kind, (row, day), cents)?;
            }
            escrow.cents -= cents;
            escrow.next_day = day + self.dice.between_u32(2, 20);
            if escrow.cents > 0 && cents > 0 {
                self.escrows.push_back(escrow);
            }
        }
        Ok(())
    }

    fn spend(&mut self, day: u32) -> Result<(), Error> {
        let keeper = self.keeper();
        let (cents, currency) = self.amount();
        let entry = Entry::new(day, RowKind::Expense, -(cents / 20).max(100), currency);
        self.enter(keeper, &entry).map(drop)
    }

    fn finish(mut self, out: &Path) -> Result<Made, Error> {
        for order in self.due.iter().flatten() {
            self.truth.order(order, None)?;
        }
        let mut keepers = Table::create(
            out,
            "truth/keepers.csv",
            "number,name,file,language,wallet,usd,eur,usdt,last_day",
        )?;
        for (number, book) in self.books.iter().enumerate() {
            let [usd, eur, usdt] = book.balances_cents;
            let wallet = self.wallet(number as u64);
            let (name, file, language) = (keeper(number), book::file(number), book.style.language);
            keepers.row(format_args!(
                "{number},{name},{file},{language},{wallet},{usd},{eur},{usdt},{}",
                book.last_day
            ))?;
        }
        let mut made = Made::default();
        for book in self.books {
            made.evidence.push(book.close()?);
        }
        made.evidence.push(self.chain.finish()?);
        made.truth = self.truth.finish()?;
        made.truth.push(keepers.finish()?);
        made.count("transfers", self.n_rows);
        made.count("books", made.evidence.len() as u64 - 1);
        made.count("people", self.n_people.into());
        made.count("orders", self.n_orders);
        made.count("orders paid out", self.n_paid);
        made.count("deposits", self.n_escrows);
        made.count("settlements in cash", self.n_settlements[0]);
        made.count("settlements on the chain", self.n_settlements[1]);
        made.count("transfers on the chain", self.n_chain);
        Ok(made)
    }
}

impl Escrow {
    fn code(&self) -> String {
        format!("E{}", self.number)
    }
}
