//! What a run goes by. It stands in the first event of the run and is read again wherever a state
//! begins, so that nothing which happens to the pipeline later reaches into the run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use events::chain::{EventHash, blob_hash};
use events::content::Json;
use events::id::StageName;

use crate::pipeline::{Definition, StagePlan};

/// How many plans are remembered as they were read.
const REMEMBERED_MAX: usize = 64;
/// How long the texts may be, all together, that they were read from.
const REMEMBERED_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A definition, with the names of its stages looked up.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) definition: Definition,
    pub(super) names: Vec<StageName>,
    places: BTreeMap<StageName, u16>,
}

impl Plan {
    /// Reads a definition. Nothing, if this program cannot: then it was written by a newer one.
    pub(super) fn read(text: &Json) -> Option<Arc<Self>> {
        let hash = blob_hash(text.as_str().as_bytes());
        remembered(|plans| plans.find(hash)).or_else(|| {
            let plan = Arc::new(Self::of(text)?);
            remembered(|plans| plans.keep(hash, text.as_str().len(), &plan));
            Some(plan)
        })
    }

    fn of(text: &Json) -> Option<Self> {
        let definition = Definition::read(text).ok()?;
        let name = |plan: &StagePlan| StageName::new(&plan.name).ok();
        let names = definition.stages().iter().map(name).collect::<Option<Vec<_>>>()?;
        let places = names.iter().cloned().zip(0..).collect();
        Some(Self { definition, names, places })
    }

    pub(super) fn stage(&self, n: usize) -> &StagePlan {
        &self.definition.stages()[n]
    }

    pub(super) fn place(&self, stage: &StageName) -> Option<usize> {
        self.places.get(stage).map(|n| usize::from(*n))
    }

    /// Everything that comes after these stages, directly or not, and they themselves only if they
    /// come after others of them.
    pub(super) fn behind(&self, stages: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut is_behind = vec![false; self.names.len()];
        let mut left: Vec<usize> = stages.into_iter().collect();
        while let Some(n) = left.pop() {
            for behind in self.stage(n).behind.iter().map(|n| usize::from(*n)) {
                if !std::mem::replace(&mut is_behind[behind], true) {
                    left.push(behind);
                }
            }
        }
        is_behind
    }
}

/// Plans that were read lately. Many runs go by the same one, each event of a beginning is read more
/// than once, and what comes of a text is always the same.
struct Remembered {
    plans: Vec<(EventHash, usize, Arc<Plan>)>,
}

static REMEMBERED: Mutex<Remembered> = Mutex::new(Remembered { plans: Vec::new() });

fn remembered<T>(ask: impl FnOnce(&mut Remembered) -> T) -> T {
    ask(&mut REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Remembered {
    /// What is asked for comes to the end, so that what nobody asks for is the first to go.
    fn find(&mut self, hash: EventHash) -> Option<Arc<Plan>> {
        let at = self.plans.iter().rposition(|(of, ..)| *of == hash)?;
        let found = self.plans.remove(at);
        let plan = Arc::clone(&found.2);
        self.plans.push(found);
        Some(plan)
    }

    fn keep(&mut self, hash: EventHash, bytes: usize, plan: &Arc<Plan>) {
        self.plans.push((hash, bytes, Arc::clone(plan)));
        while self.plans.len() > REMEMBERED_MAX || self.bytes() > REMEMBERED_BYTES_MAX {
            self.plans.remove(0);
        }
    }

    fn bytes(&self) -> usize {
        self.plans.iter().map(|(_, bytes, _)| bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(about: &str) -> Json {
        let stages = r#"[{"name":"a","task":"a"},{"name":"b","after":["a"],"task":"b"}]"#;
        Json::parse(&format!(r#"{{"about":"{about}","stages":{stages}}}"#)).expect("JSON")
    }

    #[test]
    fn a_text_that_is_no_definition_is_no_plan() {
        for odd in ["null", "7", r#"{"stages":[]}"#, r#"{"format":9}"#] {
            assert!(Plan::read(&Json::parse(odd).expect("JSON")).is_none(), "{odd}");
        }
    }

    #[test]
    fn a_plan_knows_what_comes_after_what() {
        let plan = Plan::read(&text("two")).expect("it is right");
        assert_eq!(plan.behind([0]), [false, true]);
        assert_eq!(plan.behind([1]), [false, false]);
        assert_eq!(plan.place(&"b".parse().expect("a token")), Some(1));
    }

    #[test]
    fn only_so_many_plans_are_remembered() {
        let mut plans = Remembered { plans: Vec::new() };
        let plan = Plan::read(&text("kept")).expect("it is right");
        let hash = |n: usize| blob_hash(&n.to_be_bytes());
        (0..=REMEMBERED_MAX).for_each(|n| plans.keep(hash(n), 1, &plan));
        assert!(plans.find(hash(0)).is_none() && plans.find(hash(1)).is_some());
        plans.keep(hash(0), REMEMBERED_BYTES_MAX, &plan);
        assert_eq!(plans.plans.len(), 1);
        plans.keep(hash(1), REMEMBERED_BYTES_MAX + 1, &plan);
        assert!(plans.plans.is_empty());
    }
}
