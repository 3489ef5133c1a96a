//! What every store of keys promises.

use crate::id::{Tenant, main_tenant};
use crate::store::keys::{Added, KeyStore, KeysDiffer, MemoryKeys, ring};

/// Keys are made once, belong to one tenant, and are gone once destroyed.
pub async fn keep_their_promises(keys: &dyn KeyStore) {
    let (main, other) = (main_tenant(), Tenant::new("other").expect("token"));
    let first = keys.tenant(&main).await.expect("keys").hash;
    assert_eq!(keys.tenant(&main).await.expect("keys").hash, first, "a tenant's key never changes");
    assert_ne!(keys.tenant(&other).await.expect("keys").hash, first);

    let ada = keys.subject(&main, "ada").await.expect("key");
    assert_eq!(keys.subject(&main, "ada").await.expect("key").secret, ada.secret);
    let found = keys.find(&main, ada.id).await.expect("found").expect("there");
    assert_eq!(found.secret, ada.secret);
    let crossed = keys.find(&other, ada.id).await.expect("looked up");
    assert!(crossed.is_none(), "keys do not cross tenants");

    assert!(keys.destroy(&main, "ada").await.expect("destroyed"));
    assert!(!keys.destroy(&main, "ada").await.expect("nothing left"));
    assert!(keys.find(&main, ada.id).await.expect("looked up").is_none());
    assert_ne!(keys.subject(&main, "ada").await.expect("a new key").id, ada.id);
    take_in_what_comes(keys).await;
}

/// Keys of another log open what they sealed there; those that would replace others do not come.
async fn take_in_what_comes(keys: &dyn KeyStore) {
    let [elsewhere, third] = ["elsewhere", "third"].map(|name| Tenant::new(name).expect("token"));
    let another = MemoryKeys::default();
    let eve = another.subject(&elsewhere, "eve").await.expect("key");
    let file = ring::file::write(&another.ring().await.expect("keys"));
    let comes = ring::file::read(&file).expect("it is whole");
    let added = keys.add(&comes).await.expect("added");
    assert_eq!(added, Ok(Added { tenants: 1, subjects: 1 }));
    let found = keys.find(&elsewhere, eve.id).await.expect("found").expect("there");
    assert_eq!(found.secret, eve.secret);
    let (hash, theirs) = (keys.tenant(&elsewhere).await, another.tenant(&elsewhere).await);
    assert_eq!(hash.expect("keys").hash, theirs.expect("keys").hash);
    let again = keys.add(&comes).await.expect("added");
    assert_eq!(again, Ok(Added { tenants: 0, subjects: 0 }), "they are there already");
    let all = ring::file::write(&keys.ring().await.expect("keys"));

    let stranger = MemoryKeys::default();
    stranger.subject(&elsewhere, "eve").await.expect("key");
    stranger.subject(&third, "eve").await.expect("key");
    let refused = keys.add(&stranger.ring().await.expect("keys")).await.expect("answered");
    assert_eq!(refused, Err(KeysDiffer::OfTenant(elsewhere.clone())));
    another.destroy(&elsewhere, "eve").await.expect("destroyed");
    another.subject(&elsewhere, "eve").await.expect("another key");
    let refused = keys.add(&another.ring().await.expect("keys")).await.expect("answered");
    assert_eq!(refused, Err(KeysDiffer::OfSubject(elsewhere)));
    let after = ring::file::write(&keys.ring().await.expect("keys"));
    assert_eq!(after, all, "what is refused leaves nothing");
}
