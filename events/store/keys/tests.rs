//! What every store of keys promises, and what sealing promises.

use super::*;
use crate::content::Json;
use crate::id::main_tenant;

fn other_tenant() -> Tenant {
    Tenant::new("other").expect("token")
}

fn keeps_its_promises(keys: &dyn KeyStore) {
    let main = main_tenant();
    let first = keys.tenant(&main).expect("keys");
    assert_eq!(keys.tenant(&main).expect("keys").hash, first.hash, "a tenant's key never changes");
    assert_ne!(keys.tenant(&other_tenant()).expect("keys").hash, first.hash);

    let ada = keys.subject(&main, "ada").expect("key");
    assert_eq!(keys.subject(&main, "ada").expect("key").secret, ada.secret);
    assert_eq!(keys.find(&main, ada.id).expect("found").expect("there").secret, ada.secret);
    assert!(
        keys.find(&other_tenant(), ada.id).expect("found").is_none(),
        "keys do not cross tenants"
    );

    assert!(keys.destroy(&main, "ada").expect("destroyed"));
    assert!(!keys.destroy(&main, "ada").expect("nothing left"));
    assert!(keys.find(&main, ada.id).expect("looked up").is_none());
    assert_ne!(keys.subject(&main, "ada").expect("a new key").id, ada.id);
}

#[test]
fn keys_in_memory_keep_their_promises() {
    keeps_its_promises(&MemoryKeys::default());
}

#[cfg(feature = "sqlite")]
#[test]
fn keys_in_a_file_keep_their_promises_and_survive() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("annals.keys");
    keeps_its_promises(&crate::store::sqlite::SqliteKeys::open(&path).expect("opens"));
    let before = crate::store::sqlite::SqliteKeys::open(&path)
        .expect("opens")
        .tenant(&main_tenant())
        .expect("keys");
    let after = crate::store::sqlite::SqliteKeys::open(&path)
        .expect("opens")
        .tenant(&main_tenant())
        .expect("keys");
    assert_eq!(before.hash, after.hash);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_destroyed_key_leaves_no_bytes_in_the_file() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("annals.keys");
    let keys = crate::store::sqlite::SqliteKeys::open(&path).expect("opens");
    let id = keys.subject(&main_tenant(), "ada").expect("key").id;
    keys.destroy(&main_tenant(), "ada").expect("destroyed");
    drop(keys);
    for file in std::fs::read_dir(folder.path()).expect("folder") {
        let bytes = std::fs::read(file.expect("file").path()).expect("read");
        assert!(
            !bytes.windows(16).any(|window| window == id.0.as_bytes()),
            "the key's row is still there"
        );
    }
}

#[test]
fn a_sealed_value_opens_only_for_its_tenant_and_unchanged() {
    let keys = MemoryKeys::default();
    let (main, ada) = (main_tenant(), keys.subject(&main_tenant(), "ada").expect("key"));
    let sealed: Personal<Json> = seal(&main, &ada, b"\"secret\"");
    assert_eq!(open(&main, &ada, &sealed).expect("opens").as_slice(), b"\"secret\"");
    assert_eq!(open(&other_tenant(), &ada, &sealed), Err(OpenError::Forged));
    let bob = keys.subject(&main, "bob").expect("key");
    assert_eq!(open(&main, &bob, &sealed), Err(OpenError::Forged));
}

#[test]
fn equal_values_are_sealed_differently() {
    let keys = MemoryKeys::default();
    let ada = keys.subject(&main_tenant(), "ada").expect("key");
    let seal = || seal::<Json>(&main_tenant(), &ada, b"1");
    assert_ne!(seal().ciphertext(), seal().ciphertext());
}

#[test]
fn a_request_hash_tells_every_part_apart() {
    let key = new_secret();
    let (ada, bob) = (Principal::new("ada").expect("label"), Principal::new("bob").expect("label"));
    let category = Category::new("task").expect("token");
    let stream = StreamKey::new("7").expect("token");
    let request =
        Request { principal: &ada, category: &category, key: &stream, verb: "submit", body: b"{}" };
    assert_eq!(request.hash(&key), request.hash(&key));
    assert_ne!(request.hash(&key), Request { principal: &bob, ..request }.hash(&key));
    assert_ne!(request.hash(&key), Request { verb: "cancel", ..request }.hash(&key));
    assert_ne!(request.hash(&key), Request { body: b"{ }", ..request }.hash(&key));
    assert_ne!(request.hash(&key), request.hash(&new_secret()));
}
