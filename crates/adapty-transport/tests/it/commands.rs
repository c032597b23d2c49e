//! Any sequence of commands through the client makes the profile that a small model makes: the one by which
//! the fake is tested through raw bytes. What the client reads of each answer is held against it as well.

mod model;

use adapty_mock::{App, Edition};
use adapty_transport::adapty_model::{
    CreateProfile, DeleteProfile, GetProfile, GrantAccessLevel, Operation, Profile, ProfileRequest,
    RevokeAccessLevel, SetTransaction, Transaction, UpdateProfile, time::OffsetDateTime,
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

/// What an operation is answered, or the status of its refusal.
async fn sent<O: Operation>(client: &Client, operation: O) -> Result<O::Answer, u16> {
    match client.send(operation).await {
        Ok(response) => {
            assert_eq!(response.attempts, 1);
            Ok(response.body)
        }
        Err(error) => Err(error.status().unwrap_or_else(|| panic!("{error:?}"))),
    }
}

/// The status of an answer, and the profile that the client read of it.
async fn read<O: Operation<Answer = Profile>>(
    client: &Client,
    operation: O,
) -> (u16, Option<Value>) {
    match sent(client, operation).await {
        Ok(profile) => (O::SPEC.success, Some(view(&serde_json::to_value(profile).unwrap()))),
        Err(status) => (status, None),
    }
}

async fn send(client: &Client, command: &Command) -> (u16, Option<Value>) {
    let (_, _, body) = command.request();
    let body = body.as_bytes();
    match command {
        Command::Create { .. } => {
            let profile = ProfileRequest::from_json(body).unwrap();
            read(client, CreateProfile::new(me()).profile(profile)).await
        }
        Command::Update { .. } => {
            let profile = ProfileRequest::from_json(body).unwrap();
            read(client, UpdateProfile::new(me(), profile)).await
        }
        Command::Delete => {
            let deleted = sent(client, DeleteProfile::new(me())).await;
            (deleted.map_or_else(|status| status, |()| DeleteProfile::SPEC.success), None)
        }
        Command::Grant { level, starts, expires } => {
            let mut grant = GrantAccessLevel::new(me(), *level);
            (grant.starts_at, grant.expires_at) = (starts.map(date), expires.map(date));
            read(client, grant).await
        }
        Command::Revoke { level, at } => {
            let mut revocation = RevokeAccessLevel::new(me(), *level);
            revocation.revoke_at = at.map(date);
            read(client, revocation).await
        }
        Command::Subscribe(_) | Command::Buy { .. } => {
            read(client, SetTransaction::new(me(), Transaction::from_json(body).unwrap())).await
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
            for (number, command) in commands.iter().enumerate() {
                let expected = model.run(command);
                let (status, answered) = send(&client, command).await;
                prop_assert_eq!(status, expected, "{:?}", command);
                if status == 200 {
                    prop_assert_eq!(answered, model.view(), "{:?}", command);
                }
                prop_assert_eq!(held(&app), model.view(), "{:?}", command);
                if number % 3 == 0 {
                    let (status, answered) = read(&client, GetProfile::new(me())).await;
                    let expected = if answered.is_some() { 200 } else { 404 };
                    prop_assert_eq!((status, answered), (expected, model.view()), "{:?}", command);
                }
            }
            Ok(())
        });
        outcome?;
    }
}
