//! What every store of keys promises, and what sealing promises.

use super::*;
use crate::content::Json;
use crate::id::main_tenant;
use crate::store::conformance::keys::keep_their_promises;

fn other_tenant() -> Tenant {
    Tenant::new("other").expect("token")
}

#[tokio::test]
async fn keys_in_memory_keep_their_promises() {
    keep_their_promises(&MemoryKeys::default()).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn keys_in_a_file_keep_their_promises_and_survive() {
    use crate::store::sqlite::SqliteKeys;
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("annals.keys");
    keep_their_promises(&SqliteKeys::open(&path).expect("opens")).await;
    let before = SqliteKeys::open(&path).expect("opens").tenant(&main_tenant()).await;
    let after = SqliteKeys::open(&path).expect("opens").tenant(&main_tenant()).await;
    assert_eq!(before.expect("keys").hash, after.expect("keys").hash);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_destroyed_key_leaves_no_bytes_in_the_file() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("annals.keys");
    let keys = crate::store::sqlite::SqliteKeys::open(&path).expect("opens");
    let id = keys.subject(&main_tenant(), "ada").await.expect("key").id;
    keys.destroy(&main_tenant(), "ada").await.expect("destroyed");
    drop(keys);
    for file in std::fs::read_dir(folder.path()).expect("folder") {
        let bytes = std::fs::read(file.expect("file").path()).expect("read");
        assert!(
            !bytes.windows(16).any(|window| window == id.0.as_bytes()),
            "the key's row is still there"
        );
    }
}

#[tokio::test]
async fn a_sealed_value_opens_only_for_its_tenant_and_unchanged() {
    let keys = MemoryKeys::default();
    let (main, ada) = (main_tenant(), keys.subject(&main_tenant(), "ada").await.expect("key"));
    let sealed: Personal<Json> = seal(&main, &ada, b"\"secret\"");
    assert_eq!(open(&main, &ada, &sealed).expect("opens").as_slice(), b"\"secret\"");
    assert_eq!(open(&other_tenant(), &ada, &sealed), Err(OpenError::Forged));
    let bob = keys.subject(&main, "bob").await.expect("key");
    assert_eq!(open(&main, &bob, &sealed), Err(OpenError::Forged));
}

#[tokio::test]
async fn equal_values_are_sealed_differently() {
    let keys = MemoryKeys::default();
    let ada = keys.subject(&main_tenant(), "ada").await.expect("key");
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
