//! What `import` and `copy` tell: how much came, how much of it was new, and where the log ends now.

use std::process::ExitCode;
use std::time::Instant;

use events::store::LogHead;
use indicatif::HumanCount;
use serde::Serialize;

use crate::cli::output::Lines;
use crate::cli::{Context, Done};
use crate::moving::into::{Ended, Whole};

/// What moved, in a few numbers.
#[derive(Serialize)]
pub(super) struct Told {
    from: String,
    store: String,
    log_id: String,
    /// Whether the target is a copy, with the same id and positions.
    copy: bool,
    adopted: bool,
    events: u64,
    outcomes: u64,
    blobs: u64,
    new_events: u64,
    new_outcomes: u64,
    new_blobs: u64,
    position: u64,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verified: Option<bool>,
}

impl Told {
    pub(super) fn of(
        from: String,
        store: String,
        ended: &Ended,
        whole: &Whole,
        head: LogHead,
        adopted: bool,
        begun: Instant,
    ) -> Self {
        let Ended { origin, taken, .. } = ended;
        Self {
            from,
            store,
            log_id: origin.source.to_string(),
            copy: origin.copy,
            adopted,
            events: whole.totals.events,
            outcomes: whole.totals.outcomes,
            blobs: whole.totals.blobs,
            new_events: taken.events,
            new_outcomes: taken.outcomes,
            new_blobs: taken.blobs,
            position: head.position.0,
            seconds: begun.elapsed().as_secs_f64(),
            verified: None,
        }
    }

    /// Tells programs or people.
    pub(super) async fn tell(&self, context: &Context) -> Done {
        let mut lines = Lines::new();
        if context.json {
            lines.json(self);
        } else if !context.quiet {
            lines.text(&self.text());
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }

    fn text(&self) -> String {
        let [events, outcomes, blobs] = [self.events, self.outcomes, self.blobs].map(HumanCount);
        let what = match self.copy {
            true => "the log is a copy",
            false => "the log has them behind its own",
        };
        let verified = match self.verified {
            Some(true) => "; both logs were compared, and the target audited",
            _ => "",
        };
        format!(
            "{events} events, {outcomes} outcomes and {blobs} blobs, {} events of them new, in {:.1} s\n\
             {what}, and ends at position {}{verified}",
            HumanCount(self.new_events),
            self.seconds,
            self.position,
        )
    }
}
