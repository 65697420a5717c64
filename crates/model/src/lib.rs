//! Words and values of Moneytrail: money, time, accounts, evidence, transfers, claims, traces.
//!
//! Pure data without I/O. The laws that every other crate relies on are kept here by types with
//! private fields: an [`Amount`] is never beyond 38 digits, an [`Instant`] is compared in one place
//! only, an [`AccountKey`] has one byte form and one text form.
//!
//! Reading order: [`ids`], [`money`], [`asset`], [`time`], [`network`], [`account`], `key_bytes`,
//! [`address`], [`evidence`], [`transfer`], [`form`], [`claim`], [`tag`], [`freeze`], [`finding`], [`trace`], [`watch`].

pub mod account;
pub mod address;
pub mod asset;
mod cash_tokens;
mod cashaddr;
pub mod claim;
pub mod evidence;
pub mod finding;
pub mod form;
pub mod freeze;
pub mod ids;
mod key_bytes;
pub mod money;
pub mod network;
pub mod tag;
pub mod time;
pub mod trace;
pub mod transfer;
pub mod watch;

pub use account::{AccountKey, BookId, Part, ScriptKey, Tag};
pub use asset::{Asset, AssetKey};
pub use claim::{Basis, Claim, RuleId};
pub use evidence::{ExhibitNo, Locator, Place, RecordBin, RecordCounts};
pub use form::{Habits, TransactionForm};
pub use ids::{AssetIdx, EventIdx, NodeIdx, TransferIdx};
pub use key_bytes::KeyBytes;
pub use money::{Amount, AmountError, Rate};
pub use network::Network;
pub use time::{Instant, PathClock, Precision};
pub use transfer::{EventKind, Layer, Layers, TransferKind};
pub use watch::{Stop, Watch};
