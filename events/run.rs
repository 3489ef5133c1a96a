//! What happens to one run of a pipeline, from its start to its end. A run says what is to be done;
//! tasks and other runs do it.

mod approval;
mod begin;
mod ending;
mod part;
mod stage;

pub use approval::{ApprovalAsked, Approved, Disapproved};
pub use begin::{By, Forked, NotStarted, Slot, Started};
pub use ending::{
    CalledOff, Ending, Finished, How, Paused, Resumed, Retried, Undone, Why, WorkCalledOff,
};
pub use part::{Part, Sort, run_of_fact, run_of_schedule};
pub use stage::{
    Does, Item, ItemEnded, ItemsBegan, Kept, KeptItem, MoreToBegin, PartHow, Signalled, StageBegan,
    StageEnded, StagesKept, StagesSkipped, Terms, UndoBegan, UndoEnded, Work,
};

use crate::codec::WireType;
use crate::words::words;

const STARTED: WireType = WireType { name: "run.started", schema: 2 };
const NOT_STARTED: WireType = WireType { name: "run.not_started", schema: 1 };
const STAGE_BEGAN: WireType = WireType { name: "run.stage_began", schema: 1 };
const ITEMS_BEGAN: WireType = WireType { name: "run.items_began", schema: 1 };
const ITEM_ENDED: WireType = WireType { name: "run.item_ended", schema: 1 };
const STAGE_ENDED: WireType = WireType { name: "run.stage_ended", schema: 1 };
const STAGES_SKIPPED: WireType = WireType { name: "run.stages_skipped", schema: 1 };
const STAGES_KEPT: WireType = WireType { name: "run.stages_kept", schema: 1 };
const MORE_TO_BEGIN: WireType = WireType { name: "run.more_to_begin", schema: 1 };
const APPROVAL_ASKED: WireType = WireType { name: "run.approval_asked", schema: 1 };
const APPROVED: WireType = WireType { name: "run.approved", schema: 1 };
const DISAPPROVED: WireType = WireType { name: "run.disapproved", schema: 1 };
const SIGNALLED: WireType = WireType { name: "run.signalled", schema: 1 };
const PAUSED: WireType = WireType { name: "run.paused", schema: 1 };
const RESUMED: WireType = WireType { name: "run.resumed", schema: 1 };
const ENDING: WireType = WireType { name: "run.ending", schema: 1 };
const WORK_CALLED_OFF: WireType = WireType { name: "run.work_called_off", schema: 1 };
const UNDO_BEGAN: WireType = WireType { name: "run.undo_began", schema: 1 };
const UNDO_ENDED: WireType = WireType { name: "run.undo_ended", schema: 1 };
const FINISHED: WireType = WireType { name: "run.finished", schema: 2 };
const RETRIED: WireType = WireType { name: "run.retried", schema: 1 };

/// The types of what others do something about: tasks, and runs inside of a run.
pub const CARRIED_OUT: [WireType; 6] =
    [STAGE_BEGAN, ITEMS_BEGAN, UNDO_BEGAN, WORK_CALLED_OFF, PAUSED, RESUMED];

/// The types of what ends a run.
pub const ENDINGS: [WireType; 2] = [FINISHED, NOT_STARTED];

words! {
    /// Something that happened to a run.
    RunEvent of "run" {
        /// It began.
        Started(Started) = STARTED,
        /// It cannot begin, and whoever wanted it is told so.
        NotStarted(NotStarted) = NOT_STARTED,
        /// A stage began.
        StageBegan(StageBegan) = STAGE_BEGAN,
        /// Some items of a stage began.
        ItemsBegan(ItemsBegan) = ITEMS_BEGAN,
        /// An item of a stage ended.
        ItemEnded(ItemEnded) = ITEM_ENDED,
        /// A stage ended.
        StageEnded(StageEnded) = STAGE_ENDED,
        /// These stages are not needed.
        StagesSkipped(StagesSkipped) = STAGES_SKIPPED,
        /// These stages were done by the run that this one was forked from.
        StagesKept(StagesKept) = STAGES_KEPT,
        /// More begins, in a decision of its own.
        MoreToBegin(MoreToBegin) = MORE_TO_BEGIN,
        /// A stage waits for someone to agree.
        ApprovalAsked(ApprovalAsked) = APPROVAL_ASKED,
        /// Someone agreed.
        Approved(Approved) = APPROVED,
        /// Someone did not.
        Disapproved(Disapproved) = DISAPPROVED,
        /// It was told something.
        Signalled(Signalled) = SIGNALLED,
        /// Nothing new begins until it is resumed.
        Paused(Paused) = PAUSED,
        /// It goes on.
        Resumed(Resumed) = RESUMED,
        /// It comes to its end, whatever is left.
        Ending(Ending) = ENDING,
        /// Work under way is no longer wanted.
        WorkCalledOff(WorkCalledOff) = WORK_CALLED_OFF,
        /// Something that was done is undone.
        UndoBegan(UndoBegan) = UNDO_BEGAN,
        /// Something was undone, or could not be.
        UndoEnded(UndoEnded) = UNDO_ENDED,
        /// Nothing is left to do.
        Finished(Finished) = FINISHED,
        /// It goes on after its end, from stages that begin anew.
        Retried(Retried) = RETRIED,
    }
}
