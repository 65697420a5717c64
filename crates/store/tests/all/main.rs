//! The case directory through the public interface.

mod build;
mod case;
mod common;
mod custodian;
mod joining;
mod layout;
mod oracle;
mod places;
mod references;
mod segment;
