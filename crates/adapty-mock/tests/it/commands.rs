//! Commands one after another and all at once: the fake beside a small model, two hundred writers of one
//! profile, every command on every form of a body. What each command checks is with its operation.

mod model;

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

#[tokio::test]
async fn two_hundred_writers_at_once_lose_nothing_and_see_whole_commands_only() {
    let server = start(Edition::OpenApi).await;
    run(&server, ME, &Command::Create { attributes: Vec::new() }).await;
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..200_u32 {
        let transaction = json!({
            "purchase_type": "one_time_purchase", "store": "s", "store_product_id": "lifetime",
            "store_transaction_id": n.to_string(), "store_original_transaction_id": n.to_string(),
            "purchased_at": "2020-01-01T00:00:00Z",
            "price": {"country": "US", "currency": "USD", "value": 1},
        });
        let text = operation("POST", TRANSACTION_PATH, ME, &transaction.to_string());
        let address = server.address();
        writers.spawn(async move {
            let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
            tokio::io::AsyncWriteExt::write_all(&mut stream, text.as_bytes())
                .await
                .expect("it reads");
            (n, data(&rest(&mut stream).await))
        });
    }
    let mut counts = Vec::new();
    while let Some(answered) = writers.join_next().await {
        let (n, data) = answered.expect("no writer panics");
        let rows = data["non_subscriptions"].as_array().expect("rows");
        let id = n.to_string();
        assert!(rows.iter().any(|row| row["store_transaction_id"] == id));
        let levels = data["access_levels"].as_array().expect("levels");
        let count = rows.len();
        assert_eq!((levels.len(), data["total_revenue_usd"].as_f64()), (count, Some(count as f64)));
        counts.push(count);
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=200).collect::<Vec<_>>());
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
