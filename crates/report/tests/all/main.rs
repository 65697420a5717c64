//! Reports through the public interface.

mod hostile;
mod page;
mod report;
mod schema;
mod story;
