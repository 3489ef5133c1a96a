//! What is known of definitions, within bounds, and who looks for more just now.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::content::Json;
use events::id::{PipelineId, Tenant};
use events::stream::Version;

use crate::run::Resolved;

/// How many definitions are at hand at most.
pub(super) const EDITIONS_MAX: usize = 1_024;
/// How many bytes they have at most.
pub(super) const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Of how many pipelines it is known what they do not have. They take no room from what there is.
pub(super) const MISSING_MAX: usize = 1_024;

pub(super) type Name = (Tenant, PipelineId);

#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) pipelines: BTreeMap<Name, Editions>,
    pub(super) editions: usize,
    pub(super) bytes: usize,
    pub(super) missing: BTreeMap<Name, Missed>,
    /// Those who look for something: never more than ask at once.
    pub(super) under_way: BTreeMap<Name, UnderWay>,
    /// How often anything was looked for.
    asked: u64,
    /// How often anyone has begun to read.
    begun: u64,
}

/// What is at hand of a pipeline.
#[derive(Debug, Default)]
pub(super) struct Editions {
    newest: Option<u32>,
    texts: BTreeMap<u32, Edition>,
    /// When it was looked for last.
    asked: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Edition {
    pub(super) plan: Json,
    pub(super) is_deprecated: bool,
}

/// What a pipeline does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    /// Any edition behind this one; 0 if it has none at all.
    pub(super) newest: u32,
    /// As long as its history ends here.
    pub(super) head: Version,
}

#[derive(Debug)]
pub(super) struct Missed {
    missing: Missing,
    /// Who found it so last.
    began: u64,
    /// When it was looked for last.
    asked: u64,
}

/// Those who look for a pipeline, one after the other.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    turn: Arc<tokio::sync::Mutex<()>>,
    asking: usize,
    /// How often anything happened to it meanwhile.
    heard: u64,
}

/// Someone has begun to read.
#[derive(Debug)]
pub(super) struct Began {
    number: u64,
    heard: u64,
}

impl Edition {
    pub(super) fn resolved(self, edition: u32) -> Resolved {
        Resolved::Found { edition, plan: self.plan, is_deprecated: self.is_deprecated }
    }

    fn bytes(&self) -> usize {
        self.plan.as_str().len()
    }
}

impl Missing {
    pub(super) fn resolved(self) -> Resolved {
        if self.newest == 0 { Resolved::NoPipeline } else { Resolved::NoEdition }
    }

    /// Whether this is what someone looks for.
    fn is(self, edition: Option<u32>) -> bool {
        // Editions are counted from 1, and none is left out.
        let is_there = |edition| (1..=self.newest).contains(&edition);
        self.newest == 0 || edition.is_some_and(|edition| !is_there(edition))
    }
}

impl Kept {
    pub(super) fn find(&mut self, name: &Name, edition: Option<u32>) -> Option<Resolved> {
        self.asked += 1;
        let known = self.pipelines.get_mut(name)?;
        known.asked = self.asked;
        let number = edition.or(known.newest)?;
        Some(known.texts.get(&number)?.clone().resolved(number))
    }

    /// What someone has found missing who began to look after so many others.
    pub(super) fn missing_since(
        &self,
        name: &Name,
        edition: Option<u32>,
        since: u64,
    ) -> Option<Resolved> {
        let missed = self.missing.get(name).filter(|missed| missed.began > since)?;
        missed.missing.is(edition).then(|| missed.missing.resolved())
    }

    /// Someone looks for this pipeline: when it is their turn, and how many began to read before.
    pub(super) fn comes(&mut self, name: &Name) -> (Arc<tokio::sync::Mutex<()>>, u64) {
        let under_way = self.under_way.entry(name.clone()).or_default();
        under_way.asking += 1;
        (Arc::clone(&under_way.turn), self.begun)
    }

    /// They look for it no longer.
    pub(super) fn leaves(&mut self, name: &Name) {
        let Some(under_way) = self.under_way.get_mut(name) else { return };
        under_way.asking -= 1;
        if under_way.asking == 0 {
            self.under_way.remove(name);
        }
    }

    /// One of them begins to read; with what was missing when that was looked at last.
    pub(super) fn begins(
        &mut self,
        name: &Name,
        edition: Option<u32>,
    ) -> (Began, Option<(Missing, Resolved)>) {
        self.begun += 1;
        let began = Began { number: self.begun, heard: self.heard(name) };
        let missing = self.missing.get(name).map(|missed| missed.missing);
        let missing = missing.filter(|missing| missing.is(edition));
        (began, missing.map(|missing| (missing, missing.resolved())))
    }

    fn heard(&self, name: &Name) -> u64 {
        self.under_way.get(name).map_or(0, |under_way| under_way.heard)
    }

    /// Whether what was read is as good as when the reading began: what happened meanwhile may have
    /// changed it.
    fn is_good(&self, name: &Name, began: &Began) -> bool {
        self.heard(name) == began.heard
    }

    /// Something was found.
    pub(super) fn keep(
        &mut self,
        name: &Name,
        began: &Began,
        (number, edition): (u32, Edition),
        is_newest: bool,
    ) {
        if !self.is_good(name, began) {
            return;
        }
        let known = self.pipelines.entry(name.clone()).or_default();
        known.asked = self.asked;
        if is_newest {
            known.newest = Some(number);
        }
        self.bytes += edition.bytes();
        match known.texts.insert(number, edition) {
            Some(before) => self.bytes -= before.bytes(),
            None => self.editions += 1,
        }
        while self.editions > EDITIONS_MAX || self.bytes > BYTES_MAX {
            let longest_ago = self.pipelines.iter().min_by_key(|(_, known)| known.asked);
            let Some(name) = longest_ago.map(|(name, _)| name.clone()) else { return };
            self.take_out(&name);
        }
    }

    /// Something was not found.
    pub(super) fn miss(&mut self, name: &Name, began: &Began, missing: Missing) {
        if !self.is_good(name, began) {
            return;
        }
        let missed = Missed { missing, began: began.number, asked: self.asked };
        self.missing.insert(name.clone(), missed);
        if self.missing.len() > MISSING_MAX {
            let longest_ago = self.missing.iter().min_by_key(|(_, missed)| missed.asked);
            let Some(name) = longest_ago.map(|(name, _)| name.clone()) else { return };
            self.missing.remove(&name);
        }
    }

    /// Something has happened to a pipeline.
    pub(super) fn forget(&mut self, name: &Name) {
        if let Some(under_way) = self.under_way.get_mut(name) {
            under_way.heard += 1;
        }
        self.missing.remove(name);
        self.take_out(name);
    }

    fn take_out(&mut self, name: &Name) {
        let Some(gone) = self.pipelines.remove(name) else { return };
        self.editions -= gone.texts.len();
        self.bytes -= gone.texts.values().map(Edition::bytes).sum::<usize>();
    }
}
