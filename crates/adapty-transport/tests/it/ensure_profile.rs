//! A profile is got, or created where there is none.

use adapty_mock::{Answer, ExistingProfile, Fault, Filter, Plan};
use adapty_transport::adapty_model::{CreateProfile, Profile};
use adapty_transport::{Error, ErrorKind, Identity, Response};

use crate::support::{Fake, builder, customer, run};

fn new() -> CreateProfile {
    CreateProfile::new(Identity::customer("new"))
}

fn ensure(fake: &Fake, create: CreateProfile) -> Result<Response<Profile>, Error> {
    let client = builder(&fake.url()).build().unwrap();
    run(async move { client.ensure_profile(create).await })
}

/// How often the fake was asked for a profile, and to create one.
fn sent(fake: &Fake) -> (usize, usize) {
    let count = |name| fake.app.count(&Filter::any().operation(name));
    (count("get_profile"), count("create_profile"))
}

#[test]
fn a_profile_that_is_there_is_got_and_stays_as_it_is() {
    let fake = Fake::well();
    let found = ensure(&fake, CreateProfile::new(customer())).unwrap();
    assert!(!found.body.access_levels.is_empty());
    assert_eq!(sent(&fake), (1, 0));
}

#[test]
fn a_missing_profile_is_created() {
    let fake = Fake::well();
    let created = ensure(&fake, new()).unwrap();
    assert_eq!(created.body.customer_user_id.as_deref(), Some("new"));
    assert_eq!(sent(&fake), (1, 1));
}

#[test]
fn two_at_once_end_in_one_profile_whatever_becomes_of_the_second_creation() {
    for existing in [ExistingProfile::Update, ExistingProfile::Refuse] {
        let fake = Fake::well();
        let mut settings = fake.app.settings();
        settings.existing_profile = existing;
        fake.app.set_settings(settings);
        let client = builder(&fake.url()).build().unwrap();
        let (one, other) = run(async move {
            tokio::join!(client.ensure_profile(new()), client.ensure_profile(new()))
        });
        let [one, other] = [one, other].map(|it| it.unwrap().body.profile_id);
        assert_eq!(one, other);
        assert_eq!(sent(&fake).1, 2, "{existing:?}");
    }
}

#[test]
fn a_creation_whose_answer_was_lost_is_looked_for_and_one_that_was_lost_is_made_up_for() {
    for (fault, expected) in [(Fault::LostAnswer, (2, 1)), (Fault::LostRequest, (2, 2))] {
        let fake = Fake::with(Plan::new().then(fault).for_operation("create_profile"));
        let created = ensure(&fake, new()).unwrap();
        assert_eq!(created.body.customer_user_id.as_deref(), Some("new"));
        assert_eq!(sent(&fake), expected);
    }
}

#[test]
fn a_creation_that_fails_twice_or_is_refused_ends_with_its_own_error() {
    let create = |plan: Plan| {
        let fake = Fake::with(plan.forever().for_operation("create_profile"));
        let error = ensure(&fake, new()).unwrap_err();
        (error.kind(), error.status(), sent(&fake))
    };
    let lost = create(Plan::new().then(Fault::LostRequest));
    assert_eq!(lost, (ErrorKind::Connection, None, (3, 2)));
    let refused = create(Plan::new().then(Answer::new(400)));
    assert_eq!(refused, (ErrorKind::Status, Some(400), (2, 1)));
    let unauthorized = create(Plan::new().then(Answer::new(401).no_body()));
    assert_eq!(unauthorized, (ErrorKind::Unauthorized, Some(401), (1, 1)));
}

#[test]
fn an_error_of_the_question_creates_nothing() {
    let fake = Fake::always(Answer::new(404).no_body());
    assert_eq!(ensure(&fake, new()).unwrap_err().kind(), ErrorKind::Status);
    assert_eq!(sent(&fake), (1, 0));
}
