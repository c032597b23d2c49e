//! A change of one remote config, which the API knows only as a change of all.

use std::{convert::Infallible, error::Error as _};

use adapty_mock::Filter;
use adapty_transport::adapty_model::{Paywall, RemoteConfig, UpdatePaywall, uuid::Uuid};
use adapty_transport::{Error, ErrorKind, Response};
use serde_json::{Value, json};

use crate::support::{Fake, builder, run};

fn id() -> Uuid {
    "fd891d4f-5906-45b9-97c1-13cc3dc665df".parse().unwrap()
}

/// Texts that no reader of JSON leaves as they are.
const FRENCH: &str = "{ \"prix\" : 1.50,\n \"prix\": 2 }";
const GERMAN: &str = "\"no object: ü \u{1F600}\" ";

/// A fake whose paywall has three locales, and what a change of one comes to.
fn modified<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    locale: &str,
    change: impl FnOnce(Option<&str>) -> Result<String, E>,
) -> (Fake, Result<Response<Paywall>, Error>) {
    let fake = Fake::well();
    let client = builder(&fake.url()).build().unwrap();
    let three = [("fr", FRENCH), ("en", r#"{"n":1}"#), ("de", GERMAN)];
    let three = three.map(|(locale, data)| RemoteConfig::new(locale, data)).to_vec();
    let outcome = run(async move {
        client.update_paywall(UpdatePaywall::new(id(), three)).await.unwrap();
        client.modify_remote_config(id(), locale, change).await
    });
    (fake, outcome)
}

fn configs(paywall: &Paywall) -> Vec<(&str, &str)> {
    paywall.remote_configs.iter().map(|it| (it.locale.as_str(), it.data.as_str())).collect()
}

#[test]
fn one_locale_changes_and_the_rest_is_written_back_as_it_was() {
    let (_fake, outcome) = modified("en", |text| {
        assert_eq!(text, Some(r#"{"n":1}"#));
        Ok::<_, Infallible>(r#"{"n":2}"#.to_owned())
    });
    let paywall = outcome.unwrap().body;
    assert_eq!(configs(&paywall), [("fr", FRENCH), ("en", r#"{"n":2}"#), ("de", GERMAN)]);
}

#[test]
fn a_locale_that_is_not_there_is_added() {
    let (_fake, outcome) = modified("it", |text| {
        assert_eq!(text, None);
        Ok::<_, Infallible>("{}".to_owned())
    });
    let paywall = outcome.unwrap().body;
    assert_eq!(configs(&paywall)[3], ("it", "{}"));
    assert_eq!(paywall.remote_configs.len(), 4);
}

#[test]
fn a_change_that_fails_writes_nothing_and_is_the_source_of_the_error() {
    let (fake, outcome) = modified("de", |text| {
        serde_json::from_str::<u8>(text.unwrap()).map(|json| json.to_string())
    });
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Change);
    assert_eq!(error.to_string(), "the remote config was not changed");
    assert!(error.source().unwrap().to_string().starts_with("invalid type: string"));
    assert_eq!(fake.app.count(&Filter::any().operation("update_paywall")), 1);
}

/// A fake whose paywall has these remote configs.
fn with_configs(configs: &Value) -> Fake {
    let fake = Fake::well();
    fake.app.put_paywall(
        json!({"paywall_id": id().to_string(), "remote_configs": configs}).to_string(),
    );
    fake
}

#[test]
fn what_nobody_knows_of_a_remote_config_is_written_back_as_well() {
    let configs = json!([
        {"locale": "fr", "data": FRENCH, "extra": 5, "more": {"a": [null, 1.5]}},
        {"extra": "x", "locale": "en", "data": "1"},
    ]);
    let fake = with_configs(&configs);
    let client = builder(&fake.url()).build().unwrap();
    let change = |_: Option<&str>| Ok::<_, Infallible>("2".to_owned());
    run(async move { client.modify_remote_config(id(), "en", change).await.unwrap() });
    let requests = fake.app.requests();
    let sent: Value = serde_json::from_str(&requests[1].body).unwrap();
    let mut expected = configs;
    expected[1]["data"] = json!("2");
    assert_eq!(sent, json!({ "remote_configs": expected }));
}

#[test]
fn a_locale_that_is_there_twice_is_an_error_before_anything_is_changed() {
    let config = |locale: &str| json!({"locale": locale, "data": "1"});
    let fake = with_configs(&json!([config("fr"), config("en"), config("fr")]));
    for locale in ["fr", "en", "it"] {
        let client = builder(&fake.url()).build().unwrap();
        let change = |_: Option<&str>| -> Result<String, Infallible> { panic!("no change") };
        let error =
            run(
                async move { client.modify_remote_config(id(), locale, change).await.unwrap_err() },
            );
        assert_eq!(error.kind(), ErrorKind::Change);
        assert_eq!(
            error.to_string(),
            "the remote config was not changed: remote_configs[2] has the locale of one before it"
        );
        assert!(error.source().is_none() && !error.is_retryable());
    }
    assert_eq!(fake.app.count(&Filter::any().operation("update_paywall")), 0);
}

#[test]
fn a_paywall_that_is_not_there_is_not_written() {
    let fake = Fake::well();
    let client = builder(&fake.url()).build().unwrap();
    let change = |_: Option<&str>| -> Result<String, Infallible> { panic!("nothing to change") };
    let error = run(async move {
        client.modify_remote_config(Uuid::nil(), "en", change).await.unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::PaywallNotFound);
    assert_eq!(fake.requests(), 1);
}
