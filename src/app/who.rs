//! Who asks, and whether they may. Made by the door that authenticated them, and by nothing else.

use events::bus::Origin;
use events::id::{Principal, Tenant};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Whose data they work with.
    pub tenant: Tenant,
    /// Who they are.
    pub principal: Principal,
}

/// What someone wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Have something done, and recorded.
    Command,
    /// Say that something happened.
    Fact,
    /// Know something.
    Query,
    /// Give a sign of life, or of progress.
    Signal,
}

/// Someone may not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{principal} of {tenant} may not do this in {asked}")]
pub struct Denied {
    principal: Principal,
    tenant: Tenant,
    asked: Tenant,
}

impl From<&Origin> for Who {
    fn from(origin: &Origin) -> Self {
        Self { tenant: origin.tenant.clone(), principal: origin.principal.clone() }
    }
}

/// The one rule of who may do what: everyone works with the data of their own tenant, and nobody
/// with that of Annals itself.
pub fn authorize(who: &Who, _action: Action, tenant: &Tenant) -> Result<(), Denied> {
    if who.tenant == *tenant && !tenant.as_str().starts_with('_') {
        return Ok(());
    }
    let Who { tenant: own, principal } = who.clone();
    Err(Denied { principal, tenant: own, asked: tenant.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(tenant: &str) -> Who {
        let principal = Principal::new("ada").expect("a word");
        Who { tenant: tenant.parse().expect("a token"), principal }
    }

    #[test]
    fn everyone_stays_in_their_own_tenant() {
        let tenant = |text: &str| text.parse::<Tenant>().expect("a token");
        assert!(authorize(&who("main"), Action::Command, &tenant("main")).is_ok());
        assert!(authorize(&who("main"), Action::Query, &tenant("other")).is_err());
        assert!(authorize(&who("_annals"), Action::Command, &tenant("_annals")).is_err());
    }
}
