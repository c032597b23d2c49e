//! Any sequence of commands through the client makes the profile that a small model makes: the one by which
//! the fake is tested through raw bytes.

mod model;

use adapty_mock::{App, Edition};
use adapty_transport::adapty_model::{
    CreateProfile, DeleteProfile, GrantAccessLevel, Operation, ProfileRequest, RevokeAccessLevel,
    SetTransaction, Transaction, UpdateProfile, time::OffsetDateTime,
};
use adapty_transport::{Client, Identity};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use self::model::{Command, Date, LEVELS, Model, any_command, level_of, view};
use crate::support::{Fake, builder, run};

fn me() -> Identity {
    Identity::customer("me")
}

fn date(date: Date) -> OffsetDateTime {
    let nanosecond = format!("{:0<9}", date.fraction.trim_start_matches('.')).parse().unwrap();
    let year = OffsetDateTime::UNIX_EPOCH.replace_year(date.year).unwrap();
    year.replace_nanosecond(nanosecond).unwrap()
}

/// The status by which an operation is answered.
async fn sent<O: Operation>(client: &Client, operation: O) -> u16 {
    match client.send(operation).await {
        Ok(response) => {
            assert_eq!(response.attempts, 1);
            O::SPEC.success
        }
        Err(error) => error.status().unwrap_or_else(|| panic!("{error:?}")),
    }
}

async fn send(client: &Client, command: &Command) -> u16 {
    let (_, _, body) = command.request();
    let body = body.as_bytes();
    match command {
        Command::Create { .. } => {
            let profile = ProfileRequest::from_json(body).unwrap();
            sent(client, CreateProfile::new(me()).profile(profile)).await
        }
        Command::Update { .. } => {
            let profile = ProfileRequest::from_json(body).unwrap();
            sent(client, UpdateProfile::new(me(), profile)).await
        }
        Command::Delete => sent(client, DeleteProfile::new(me())).await,
        Command::Grant { level, starts, expires } => {
            let mut grant = GrantAccessLevel::new(me(), *level);
            (grant.starts_at, grant.expires_at) = (starts.map(date), expires.map(date));
            sent(client, grant).await
        }
        Command::Revoke { level, at } => {
            let mut revocation = RevokeAccessLevel::new(me(), *level);
            revocation.revoke_at = at.map(date);
            sent(client, revocation).await
        }
        Command::Subscribe(_) | Command::Buy { .. } => {
            sent(client, SetTransaction::new(me(), Transaction::from_json(body).unwrap())).await
        }
    }
}

/// The profile as the fake holds it.
fn held(app: &App) -> Option<Value> {
    let body: Value = serde_json::from_slice(&app.body(me())?).unwrap();
    Some(view(&body["data"]))
}

/// A fake whose app has the levels and products of the model.
fn fake() -> Fake {
    let fake = Fake::well();
    fake.app.set_edition(Edition::OpenApi);
    let products = ["monthly", "lifetime", "vip", "coins"];
    let products: serde_json::Map<_, _> = products
        .map(|product| (product.to_owned(), json!(level_of(product))))
        .into_iter()
        .collect();
    let settings = json!({"access_levels": LEVELS, "product_access_levels": products});
    fake.app.set_settings(serde_json::from_value(settings).unwrap());
    fake
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_commands_makes_the_profile_that_the_model_makes(
        commands in vec(any_command(), 1..30)
    ) {
        let fake = fake();
        let client = builder(&fake.url()).build().unwrap();
        let app = fake.app.clone();
        let outcome: Result<(), TestCaseError> = run(async move {
            let mut model = Model::default();
            for command in &commands {
                let expected = model.run(command);
                prop_assert_eq!(send(&client, command).await, expected, "{:?}", command);
                prop_assert_eq!(held(&app), model.view(), "{:?}", command);
            }
            Ok(())
        });
        outcome?;
    }
}
