//! Readers through the public interface: fixtures, real data, hostile input.

mod account_chain;
mod bitcoin_blocks;
mod bitcoin_data;
mod bitcoin_exports;
mod bitcoin_json;
mod bitcoin_undo;
mod books;
mod books_data;
mod chain_support;
mod equations;
mod exchange;
mod mapped;
mod packed;
mod tag_lists;
mod two_rows;
