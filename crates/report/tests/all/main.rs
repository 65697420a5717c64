//! Reports through the public interface.

mod hostile;
mod page;
mod positions;
mod report;
mod schema;
mod story;
