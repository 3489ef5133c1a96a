//! How a run began, and what it goes by: what never changes.

use std::sync::Arc;

use events::run::Started;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::plan::Plan;

/// How a run began.
#[derive(Debug, Clone)]
pub(super) struct Begun(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Started,
    plan: Option<Arc<Plan>>,
}

impl Begun {
    pub(super) fn of(started: Started) -> Self {
        let plan = Plan::read(&started.plan);
        Self(Arc::new(Inner { started, plan }))
    }

    pub(super) fn started(&self) -> &Started {
        &self.0.started
    }

    /// What it goes by. Nothing, if this program cannot read it.
    pub(super) fn plan(&self) -> Option<&Arc<Plan>> {
        self.0.plan.as_ref()
    }
}

impl PartialEq for Begun {
    fn eq(&self, other: &Self) -> bool {
        self.0.started == other.0.started
    }
}

impl Eq for Begun {}

impl Serialize for Begun {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::kept::serialize(self.started(), serializer)
    }
}

impl<'de> Deserialize<'de> for Begun {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::kept::deserialize(deserializer).map(Self::of)
    }
}
