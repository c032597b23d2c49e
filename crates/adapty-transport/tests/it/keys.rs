//! A key that is asked for with each call.

use std::{
    error::Error as _,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use adapty_mock::{Answer, MockServer, Plan};
use adapty_transport::{ApiKey, Client, ErrorKind};

use crate::support::{RawServer, customer, profile, run};

#[test]
fn the_provider_is_asked_once_a_call_and_its_keys_are_sent() {
    let server = MockServer::start_on_thread();
    let apps = ["first-key", "second-key"].map(|key| server.app(key));
    apps[0].put_faults(Plan::new().then(Answer::new(503)));
    let asked = AtomicU32::new(0);
    let provider = move || match asked.fetch_add(1, SeqCst) {
        0 => Ok(ApiKey::new("first-key")?),
        _ => Ok(ApiKey::new("second-key")?),
    };
    let client = Client::builder_with_key_provider(provider).base_url(server.url());
    let client = client.build().unwrap();
    run(async move {
        assert_eq!(client.get_profile(customer()).await.unwrap().attempts, 2);
        client.get_profile(customer()).await.unwrap();
    });
    assert_eq!(apps.map(|app| app.requests().len()), [2, 1]);
}

#[test]
fn a_provider_without_a_key_ends_the_call_before_anything_is_sent() {
    let server = RawServer::saying(profile());
    let client = Client::builder_with_key_provider(|| Err("the vault is closed".into()));
    let client = client.base_url(server.url()).build().unwrap();
    let error = run(async move { client.get_profile(customer()).await.unwrap_err() });
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.to_string(), "the key provider gave no key");
    assert_eq!(error.source().unwrap().to_string(), "the vault is closed");
    assert_eq!(server.requests(), 0);
}

#[test]
fn two_keys_do_not_share_a_read() {
    let server = MockServer::start_on_thread();
    let apps = ["first-key", "second-key"].map(|key| server.app(key));
    let asked = AtomicU32::new(0);
    let provider = move || {
        let keys = ["first-key", "second-key"];
        Ok(ApiKey::new(keys[asked.fetch_add(1, SeqCst) as usize])?)
    };
    let client = Client::builder_with_key_provider(provider).base_url(server.url());
    let client = client.build().unwrap();
    run(async move {
        let both = tokio::join!(client.get_profile(customer()), client.get_profile(customer()));
        assert!(both.0.is_ok() && both.1.is_ok());
    });
    assert_eq!(apps.map(|app| app.requests().len()), [1, 1]);
}
