//! Words that people put on agents and tasks, to find and to tell them apart later. Nothing in the
//! system goes by them.

use std::collections::BTreeMap;

/// A name and what it says, in the order of the names.
pub type Labels = BTreeMap<String, String>;
