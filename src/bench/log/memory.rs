//! The memory that appending and following take, asked of the operating system.

use std::path::Path;

use super::Measure;

/// All figures about memory.
pub(super) fn all(_folder: &Path) -> anyhow::Result<Vec<Measure>> {
    Ok(Vec::new())
}
