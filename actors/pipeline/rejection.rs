//! Why a pipeline says no.

use super::Wrong;
use crate::bounds::OutOfBounds;
use crate::decider::Rejection;

/// How many mistakes are told at a door; `annals pipeline validate` tells all of them.
const TOLD_MAX: usize = 20;
/// How long their telling may be: an answer is kept for ever.
const TOLD_BYTES_MAX: usize = 3_500;

/// Why a pipeline says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PipelineRejection {
    /// Nobody has defined it.
    #[error("there is no such pipeline")]
    NotFound,
    /// It has no such edition.
    #[error("the pipeline has no edition {edition}")]
    EditionNotFound {
        /// Which one was meant.
        edition: u32,
    },
    /// The definition is wrong.
    #[error("{0}")]
    Invalid(String),
    /// There is too much of something.
    #[error(transparent)]
    OutOfBounds(#[from] OutOfBounds),
}

impl PipelineRejection {
    /// Every code there is.
    pub const CODES: &[&str] = &[
        "pipeline.not_found",
        "pipeline.edition_not_found",
        "pipeline.invalid",
        "pipeline.too_many",
        "pipeline.too_long",
        "pipeline.invalid_name",
        "pipeline.out_of_range",
    ];
}

impl Rejection for PipelineRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "pipeline.not_found",
            Self::EditionNotFound { .. } => "pipeline.edition_not_found",
            Self::Invalid(_) => "pipeline.invalid",
            Self::OutOfBounds(OutOfBounds::TooMany { .. }) => "pipeline.too_many",
            Self::OutOfBounds(OutOfBounds::TooLong { .. }) => "pipeline.too_long",
            Self::OutOfBounds(OutOfBounds::InvalidName { .. }) => "pipeline.invalid_name",
            Self::OutOfBounds(OutOfBounds::OutOfRange { .. }) => "pipeline.out_of_range",
        }
    }
}

/// What is wrong with a definition, a line each; of very many only the first.
pub(super) fn told(wrongs: &[Wrong]) -> String {
    let mut text = String::new();
    for (told, wrong) in wrongs.iter().enumerate() {
        let line = wrong.to_string();
        if told == TOLD_MAX || text.len() + line.len() > TOLD_BYTES_MAX {
            text.push_str(&format!("and {} more", wrongs.len() - told));
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}
