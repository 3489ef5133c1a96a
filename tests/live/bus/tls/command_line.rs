//! The commands of the bus in secret.

use super::super::command_line::{json, run, serve as serve_plain};
use super::super::program::{Running, annals};
use super::papers::Papers;

/// A listener that shows these papers, and its URL.
fn serve(papers: &Papers, more: &[&str]) -> (Running, String) {
    let (certificate, key) = (papers.text("server.pem"), papers.text("server.key"));
    let files = ["--tls-cert", &certificate, "--tls-key", &key];
    let (running, url) = serve_plain(&[&files[..], more].concat());
    (running, url.replace("nats://127.0.0.1", "tls://localhost"))
}

#[test]
fn who_trusts_a_listener_talks_with_it_in_secret() {
    let papers = Papers::new();
    let (_ours, url) = serve(&papers, &[]);
    let authority = papers.text("ca.pem");
    let told = run(&url, &["ping", "--json", "--tls-ca", &authority]);
    assert_eq!(json(&told.stdout)["pings"], 3, "{told:?}");
    let sent = run(&url, &["pub", "a", "x", "--tls-ca", &authority]);
    assert!(sent.status.success(), "{sent:?}");
    let asked = run(&url, &["request", "nobody", "--tls-ca", &authority]);
    assert_eq!(asked.status.code(), Some(69), "{asked:?}");
}

#[test]
fn who_does_not_trust_a_listener_is_told_what_to_name() {
    let (papers, others) = (Papers::new(), Papers::new());
    let (_ours, url) = serve(&papers, &[]);
    let refused = run(&url, &["ping", "--tls-ca", &others.text("ca.pem")]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(69), "{said}");
    assert!(said.contains("certificate") && said.contains("--tls-ca names"), "{said}");
    let refused = run(&url, &["ping", "--tls-ca", "/nowhere.pem"]);
    assert_eq!(refused.status.code(), Some(66), "{refused:?}");
}

#[test]
fn a_certificate_is_shown_to_a_listener_that_asks_for_one() {
    let papers = Papers::new();
    let authority = papers.text("ca.pem");
    let (_ours, url) = serve(&papers, &["--tls-ca", &authority]);
    let bare = run(&url, &["ping", "--tls-ca", &authority]);
    assert_eq!(bare.status.code(), Some(69), "{bare:?}");
    let (certificate, key) = (papers.text("client.pem"), papers.text("client.key"));
    let shown = ["ping", "--tls-ca", &authority, "--tls-cert", &certificate, "--tls-key", &key];
    assert!(run(&url, &shown).status.success());
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let (papers, others) = (Papers::new(), Papers::new());
    let (certificate, key) = (papers.text("server.pem"), papers.text("server.key"));
    let foreign = others.text("server.key");
    for (certificate, key, culprit) in [
        (&certificate, &foreign, &foreign),
        (&certificate, &certificate, &certificate),
        (&key, &key, &key),
    ] {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", certificate];
        let arguments = [&arguments[..], &["--tls-key", key]].concat();
        let refused = annals(&arguments).output().expect("it starts");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(78), "{said}");
        assert!(said.contains("tls_unusable") && said.contains(culprit.as_str()), "{said}");
    }
}
