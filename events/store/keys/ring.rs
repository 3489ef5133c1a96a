//! All keys of a log, as they are kept: what moves to another store of keys, in a file of its own.

pub mod file;

use std::fmt;

use super::{Secret, TenantKeys, Wrapped};
use crate::id::Tenant;

/// All keys of a log, by tenant and name.
#[derive(Default)]
pub struct KeyRing {
    /// The keys of tenants.
    pub tenants: Vec<(Tenant, TenantKeys)>,
    /// The keys of data subjects, each opened by its tenant's.
    pub subjects: Vec<KeptSubject>,
}

/// The key of a data subject, as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptSubject {
    /// The tenant.
    pub tenant: Tenant,
    /// The name it is filed under, which tells nobody who it is.
    pub name: Vec<u8>,
    /// The key, closed.
    pub(crate) key: Wrapped,
}

/// How many keys are new in a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Keys of tenants.
    pub tenants: u64,
    /// Keys of data subjects.
    pub subjects: u64,
}

/// Why keys are not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysDiffer {
    /// The tenant's key is another one there: what was hashed or sealed with the one that comes
    /// would not be known again.
    #[error("the tenant {0} has another key there")]
    OfTenant(Tenant),
    /// One of its data subjects has another key there.
    #[error("a data subject of {0} has another key there")]
    OfSubject(Tenant),
}

impl KeyRing {
    /// Puts everything in its order.
    pub(crate) fn sorted(mut self) -> Self {
        self.tenants.sort_by(|one, other| one.0.cmp(&other.0));
        self.subjects
            .sort_by(|one, other| (&one.tenant, &one.name).cmp(&(&other.tenant, &other.name)));
        self
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "keys of {} tenants and {} subjects", self.tenants.len(), self.subjects.len())
    }
}

impl fmt::Debug for KeptSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a subject of {}, key {:?}", self.tenant, self.key.id)
    }
}

/// Whether two keys of a tenant are the same.
pub(crate) fn same(one: &TenantKeys, other: &TenantKeys) -> bool {
    let equal = |one: &Secret, other: &Secret| {
        aws_lc_rs::constant_time::verify_slices_are_equal(one.as_slice(), other.as_slice()).is_ok()
    };
    equal(&one.hash, &other.hash) && equal(&one.wrap, &other.wrap)
}
