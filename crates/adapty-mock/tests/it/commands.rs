//! Commands one after another and all at once: the fake beside a small model, two hundred writers of one
//! profile, every command on every form of a body. What each command checks is with its operation.

mod model;

use std::{collections::BTreeSet, sync::Arc};

use adapty_mock::{Edition, Identity, MockServer, adapty_model::ProfileResponse};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use self::model::{Command, Date, LEVELS, Model, Subscribe, any_command, level_of, view};
use crate::support::*;

const ME: &str = "me";

/// A server whose apps have the levels and products of the model.
async fn start(edition: Edition) -> MockServer {
    let products: Vec<_> = ["monthly", "lifetime", "vip", "coins"].into();
    let products: std::collections::BTreeMap<_, _> =
        products.into_iter().map(|product| (product, level_of(product))).collect();
    let settings = json!({"access_levels": LEVELS, "product_access_levels": products});
    let settings = serde_json::from_value(settings).expect("settings");
    MockServer::builder().edition(edition).settings(settings).start().await.expect("it starts")
}

async fn run(server: &MockServer, customer: &str, command: &Command) -> Seen {
    let (method, path, body) = command.request();
    send(server, &operation(method, path, customer, &body)).await
}

/// Each answer of each command on the fake is what the model says.
async fn holds(commands: &[Command]) -> Result<(), TestCaseError> {
    let server = start(Edition::OpenApi).await;
    let mut model = Model::default();
    let mut last = None;
    for command in commands {
        let expected = model.run(command);
        let seen = run(&server, ME, command).await;
        prop_assert_eq!(seen.status(), expected, "{:?}: {}", command, seen.body());
        let read = get(&server, "k", ME).await;
        let read = (read.status() == 200).then(|| data(&read));
        prop_assert_eq!(read.as_ref().map(view), model.view(), "{:?}", command);
        if expected == 200 {
            let answered = data(&seen);
            prop_assert_eq!(Some(&answered), read.as_ref());
            let timestamp = answered["timestamp"].as_i64();
            prop_assert!(timestamp > last, "{timestamp:?} {last:?}");
            last = timestamp;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_commands_makes_the_profile_that_the_model_makes(
        commands in vec(any_command(), 1..30)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(holds(&commands))?;
    }
}

const WRITERS: usize = 200;
/// As many of the writers as a profile has room for set an attribute.
const ATTRIBUTES: usize = 30;

/// What the n-th of two hundred writers sends, and what it adds to the profile by it. Each adds something
/// of its own: an attribute, a grant of a level, a one-time purchase, a subscription.
fn writer(n: usize) -> (String, String) {
    let name = format!("{n:03}");
    if n < ATTRIBUTES {
        let body = json!({"custom_attributes": [{"key": name, "value": "x"}]}).to_string();
        return (operation("PATCH", PATH, ME, &body), format!("attribute {name}"));
    }
    let transaction = |kind: &str, more: Value| {
        let body = json!({
            "purchase_type": kind, "store": "s", "store_product_id": "lifetime",
            "store_transaction_id": name, "store_original_transaction_id": name,
            "purchased_at": "2020-01-01T00:00:00Z",
            "price": {"country": "US", "currency": "USD", "value": 1},
        });
        let fields = [body, more].into_iter().flat_map(|it| it.as_object().cloned());
        let body = Value::Object(fields.flatten().collect());
        (operation("POST", TRANSACTION_PATH, ME, &body.to_string()), format!("{kind} {name}"))
    };
    match n % 3 {
        0 => {
            let body = json!({"access_level_id": name}).to_string();
            (operation("POST", GRANT_PATH, ME, &body), format!("grant {name}"))
        }
        1 => transaction("one_time_purchase", json!({})),
        _ => transaction(
            "subscription",
            json!({
                "originally_purchased_at": "2020-01-01T00:00:00Z",
                "expires_at": "2040-01-01T00:00:00Z", "renew_status": true,
            }),
        ),
    }
}

/// What the writers have added to a profile by now. A purchase without its access level or its revenue is
/// half a command.
fn added(data: &Value) -> BTreeSet<String> {
    let names = |list: &str, kind: &str, field: &str| -> BTreeSet<String> {
        let rows = data[list].as_array().expect("rows").iter();
        let name = |row: &Value| Some(format!("{kind} {}", row[field].as_str()?));
        rows.filter_map(name).collect()
    };
    let one_time = names("non_subscriptions", "one_time_purchase", "store_transaction_id");
    let subscriptions = names("subscriptions", "subscription", "store_transaction_id");
    let purchases = one_time.len() + subscriptions.len();
    assert_eq!(data["total_revenue_usd"].as_f64(), Some(purchases as f64), "{data}");
    assert_eq!(names("access_levels", "of", "store_transaction_id").len(), purchases, "{data}");
    let mut levels = names("access_levels", "grant", "access_level_id");
    levels.remove("grant premium");
    let attributes = names("custom_attributes", "attribute", "key");
    [one_time, subscriptions, levels, attributes].into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_writers_at_once_lose_nothing_and_see_whole_commands_only() {
    let levels: Vec<_> =
        (0..WRITERS).map(|n| format!("{n:03}")).chain(["premium".into()]).collect();
    let settings = serde_json::from_value(json!({"access_levels": levels})).expect("settings");
    let builder = MockServer::builder().edition(Edition::OpenApi).settings(settings);
    let server = builder.start().await.expect("it starts");
    run(&server, ME, &Command::Create { attributes: Vec::new() }).await;
    let start = Arc::new(tokio::sync::Barrier::new(WRITERS));
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..WRITERS {
        let (address, start) = (server.address(), Arc::clone(&start));
        writers.spawn(async move {
            let (request, own) = writer(n);
            let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
            start.wait().await;
            let written = tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes());
            written.await.expect("it reads");
            let data = data(&rest(&mut stream).await);
            let (timestamp, added) = (data["timestamp"].as_i64(), added(&data));
            assert!(added.contains(&own), "{own}: {added:?}");
            (timestamp.expect("a timestamp"), added)
        });
    }
    let mut answers = writers.join_all().await;
    answers.sort();
    for (number, (_, added)) in answers.iter().enumerate() {
        assert_eq!(added.len(), number + 1, "each command is one step");
    }
    assert!(answers.is_sorted_by(|(at, some), (next, more)| at < next && some.is_subset(more)));
    let all: BTreeSet<_> = (0..WRITERS).map(|n| writer(n).1).collect();
    assert_eq!(added(&data(&get(&server, "k", ME).await)), all);
}

fn one_of_each() -> Vec<Command> {
    let subscribe = Subscribe {
        chain: 0,
        id: 0,
        price: 499,
        bought: Date::year(2020),
        expires: Date::year(2040),
        renews: true,
        renewal_changed: None,
        issue: None,
        grace: None,
        refunded: None,
    };
    vec![
        Command::Create { attributes: vec![("a", json!(1))] },
        Command::Update { attributes: vec![("b", json!("x"))] },
        Command::Grant { level: "vip", starts: None, expires: Some(Date::year(2041)) },
        Command::Subscribe(subscribe.clone()),
        Command::Subscribe(Subscribe { issue: Some(Date::year(2040)), ..subscribe }),
        Command::Buy { id: 1, product: "coins", price: 1, refunded: None },
        Command::Revoke { level: "premium", at: Some(Date::year(2039)) },
    ]
}

#[tokio::test]
async fn every_form_of_a_body_survives_each_command_with_its_unknown_fields() {
    for (form, first) in [("[]", '['), ("{}", 'n'), ("null", 'n'), (r#"{"x":{"y":1}}"#, '{')] {
        let purchases = if form.len() > 4 { r#"{"x":[{"y":1}]}"# } else { form };
        let attributes = if form.len() > 4 { r#"{"x":1.50}"# } else { form };
        let body = format!(
            r#"{{"more":[1.50],"data":{{"u":{{"v": 1e2}},"custom_attributes":{attributes},"access_levels":{form},"subscriptions":{form},"non_subscriptions":{purchases},"z":"\u00e9","total_revenue_usd":1.50}}}}"#
        );
        let server = start(Edition::AsWritten).await;
        server.app("k").put_body(Identity::customer(ME), body);
        for command in one_of_each() {
            let seen = run(&server, ME, &command).await;
            assert_eq!(seen.status(), 200, "{form} {command:?} {}", seen.body());
            let after = seen.body();
            assert!(after.starts_with(r#"{"more":[1.50],"data":{"u":{"v": 1e2},"#), "{after}");
            assert!(after.contains(r#""z":"\u00e9""#), "{after}");
        }
        let after = data(&get(&server, "k", ME).await);
        for list in ["custom_attributes", "access_levels", "subscriptions", "non_subscriptions"] {
            let is_array = after[list].is_array();
            assert_eq!(is_array, first == '[' || form == "null", "{form} {list}: {after}");
            assert!(first != '{' || after[list]["x"] != Value::Null, "{form} {list}: {after}");
        }
    }
}

#[tokio::test]
async fn every_edition_shows_every_command() {
    for edition in [
        Edition::AsWritten,
        Edition::OlderPage,
        Edition::OlderObjectsPage,
        Edition::NewerPage,
        Edition::OpenApi,
        Edition::Rotate,
    ] {
        for customer in [JANE, EXPIRED, LIFETIME, "new"] {
            let server = start(edition).await;
            for command in one_of_each() {
                let seen = run(&server, customer, &command).await;
                assert_eq!(seen.status(), 200, "{edition} {customer} {command:?}");
                let read = ProfileResponse::from_json(seen.body().as_bytes());
                read.unwrap_or_else(|error| panic!("{edition} {command:?}: {error}"));
            }
            for _ in 0..4 {
                let seen = get(&server, "k", customer).await;
                let profile =
                    ProfileResponse::from_json(seen.body().as_bytes()).expect("a profile").data;
                let granted =
                    profile.access_levels.iter().find(|level| level.access_level_id == "vip");
                let end = granted.and_then(|level| level.expires_at);
                assert_eq!(end.map(|end| end.year()), Some(2041), "{edition} {customer}");
                let has =
                    |id: &str| profile.subscriptions.iter().any(|row| row.store_product_id == id);
                assert!(has("monthly"), "{edition} {customer}");
                let coins = profile
                    .non_subscriptions
                    .iter()
                    .any(|row| row.store_product_id.as_deref() == Some("coins"));
                assert!(coins, "{edition} {customer}");
            }
        }
    }
}
