//! How much of everything a pipeline may have.

pub use crate::task::{DURATION_MS_MAX, TRIES_MAX};

/// The longest text that a definition is read from.
pub const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;
/// The longest definition in its canonical form: every run begins with an event that holds it.
pub const DEFINITION_BYTES_MAX: usize = 128 * 1024;
/// How many editions a pipeline has.
pub const EDITIONS_MAX: usize = 10_000;
/// How many stages a pipeline has.
pub const STAGES_MAX: usize = 2_000;
/// After how many stages one may come.
pub const AFTER_MAX: usize = 64;
/// How many parameters a pipeline has.
pub const PARAMETERS_MAX: usize = 100;
/// How many fields of an output may be told.
pub const OUTPUT_FIELDS_MAX: usize = 100;
/// How many people may be asked for one approval.
pub const APPROVERS_MAX: usize = 64;
/// How many items one stage goes through.
pub const ITEMS_MAX: usize = 10_000;
/// How many items of one stage are under way at once, at most.
pub const ITEMS_AT_ONCE_MAX: u64 = 10_000;
/// How many stages of one run are under way at once, at most.
pub const STAGES_AT_ONCE_MAX: u64 = 256;
/// The same of both, where nothing is said.
pub const AT_ONCE: u32 = 256;
/// How many mistakes are told at once.
pub const WRONGS_MAX: usize = 100;
