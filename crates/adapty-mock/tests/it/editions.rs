//! The documented forms that answers take.

use std::sync::LazyLock;

use adapty_mock::{
    App, Edition, MockServer,
    adapty_model::{
        AccessLevel, Profile, ProfileResponse,
        time::{Duration, OffsetDateTime},
    },
};
use proptest::{collection::vec, option, prelude::*};
use uuid::uuid;

use crate::support::*;

const ALL: [Edition; 4] =
    [Edition::OlderPage, Edition::OlderObjectsPage, Edition::NewerPage, Edition::OpenApi];

async fn body(server: &MockServer, edition: Edition, customer: &str) -> String {
    server.app("key").set_edition(edition);
    get(server, "key", customer).await.body()
}

/// Puts a typed profile for the customer `typed`, the older example in all else.
fn typed(app: &App) -> ProfileResponse {
    let older = fixture!("get_profile.200.older-page.expired_premium").as_bytes();
    let mut response = ProfileResponse::from_json(older).expect("the example reads");
    response.data.customer_user_id = Some("typed".to_owned());
    response.data.profile_id = uuid!("00000000-0000-4000-8000-000000000001");
    app.put_profile(response.data.clone());
    response
}

#[tokio::test]
async fn a_form_that_a_document_prints_is_the_documents_bytes() {
    let server = MockServer::start().await;
    for (edition, customer, printed) in [
        (Edition::OlderPage, EXPIRED, fixture!("get_profile.200.older-page.expired_premium")),
        (Edition::OlderObjectsPage, EXPIRED, fixture!("get_profile.200.ours.dictionaries")),
        (Edition::NewerPage, LIFETIME, fixture!("get_profile.200.newer-page.lifetime_premium")),
        (Edition::OpenApi, LIFETIME, fixture!("get_profile.200.openapi.lifetime_premium")),
        (Edition::NewerPage, JANE, fixture!("create_profile.200.openapi.empty_lists")),
        (Edition::OpenApi, JANE, fixture!("create_profile.200.openapi.empty_lists")),
    ] {
        assert_eq!(body(&server, edition, customer).await, printed, "{edition}");
    }
}

#[tokio::test]
async fn a_missing_profile_has_the_editions_own_code() {
    let server = MockServer::start().await;
    for (edition, printed) in [
        (Edition::OlderPage, fixture!("get_profile.404.older-page.not_found")),
        (Edition::OlderObjectsPage, fixture!("get_profile.404.older-page.not_found")),
        (Edition::NewerPage, fixture!("get_profile.404.openapi.profile_does_not_exist")),
        (Edition::OpenApi, fixture!("get_profile.404.openapi.profile_does_not_exist")),
    ] {
        assert_eq!(body(&server, edition, "nobody").await, printed, "{edition}");
    }
}

#[tokio::test]
async fn every_example_reads_the_same_in_every_form_but_for_what_the_forms_leave_out() {
    let server = MockServer::start().await;
    for customer in [EXPIRED, JANE] {
        let mut reads = Vec::new();
        for edition in ALL {
            let mut data =
                ProfileResponse::from_json(body(&server, edition, customer).await.as_bytes())
                    .unwrap()
                    .data;
            data.access_levels.iter_mut().for_each(|level| level.environment = None);
            data.access_levels.iter_mut().for_each(|level| level.store_base_plan_id = None);
            data.subscriptions.iter_mut().for_each(|row| row.store_base_plan_id = None);
            data.non_subscriptions.iter_mut().for_each(|row| row.store_base_plan_id = None);
            reads.push(data);
        }
        assert!(reads.iter().all(|read| *read == reads[0]), "{reads:#?}");
    }
}

#[tokio::test]
async fn the_older_form_of_the_newer_example_has_the_older_members() {
    let server = MockServer::start().await;
    let older = body(&server, Edition::OlderPage, LIFETIME).await;
    for member in [
        r#""environment":"Production","starts_at":null"#,
        r#""purchased_at":"2024-12-24T10:50:23.000000+0000""#,
        r#""renewal_cancelled_at":"2025-01-05T13:27:47.461425+0000""#,
        r#""store_base_plan_id":"""#,
    ] {
        assert!(older.contains(member), "{member} in {older}");
    }
    assert!(!older.contains("+00:00"));
}

#[tokio::test]
async fn nothing_is_null_in_the_form_with_dictionaries() {
    let server = MockServer::start().await;
    let seen = body(&server, Edition::OlderObjectsPage, JANE).await;
    assert!(seen.contains(r#""custom_attributes":{"favourite_sport":"yoga"}"#), "{seen}");
    for list in ["access_levels", "subscriptions", "non_subscriptions"] {
        assert!(seen.contains(&format!("\"{list}\":null")), "{seen}");
    }
}

#[tokio::test]
async fn a_dictionary_keeps_the_row_that_lasts_longest() {
    let server = MockServer::start().await;
    let read = ProfileResponse::from_json(
        fixture!("get_profile.200.newer-page.lifetime_premium").as_bytes(),
    )
    .unwrap();
    let mut profile = read.data;
    let mut ended = profile.access_levels[0].clone();
    ended.expires_at = ended.purchased_at;
    profile.access_levels.insert(0, ended);
    server.app("key").put_profile(profile);
    let read = ProfileResponse::from_json(
        body(&server, Edition::OlderObjectsPage, LIFETIME).await.as_bytes(),
    )
    .unwrap();
    assert_eq!(read.data.access_levels.len(), 1);
    assert_eq!(read.data.access_levels[0].expires_at, None);
}

#[tokio::test]
async fn a_typed_profile_is_served_in_the_newest_form_and_in_the_one_chosen() {
    let server = MockServer::start().await;
    let response = typed(&server.app("key"));
    let newest = String::from_utf8(response.to_json().unwrap()).unwrap();
    assert_eq!(get(&server, "key", "typed").await.body(), newest);
    assert!(
        body(&server, Edition::OlderPage, "typed")
            .await
            .contains(r#""offer":{"offer_category":"introductory""#)
    );
    assert!(
        body(&server, Edition::OlderObjectsPage, "typed")
            .await
            .contains(r#""access_levels":{"premium":{"#)
    );
    assert!(
        !body(&server, Edition::NewerPage, "typed")
            .await
            .contains(r#""environment":"Production","starts_at""#)
    );
}

#[tokio::test]
async fn a_profile_given_as_json_is_served_as_given_in_every_edition() {
    let server = MockServer::start().await;
    let given = r#"{ "data" : {"profile_id":"00000000-0000-4000-8000-000000000001" ,"customer_user_id":"given"} }"#;
    server.app("key").put_json(given);
    for edition in ALL {
        assert_eq!(body(&server, edition, "given").await, given);
    }
}

#[tokio::test]
async fn one_setting_walks_through_all_editions_from_answer_to_answer() {
    let server = MockServer::start().await;
    server.app("key").set_edition(Edition::Rotate);
    let mut walked = Vec::new();
    for _ in 0..8 {
        walked.push(get(&server, "key", EXPIRED).await.body());
    }
    for (at, edition) in ALL.into_iter().enumerate() {
        let fixed = body(&server, edition, EXPIRED).await;
        assert!(walked[at] == fixed && walked[at + 4] == fixed, "{edition}");
    }
}

/// An instant so many days from a fixed one, with a fraction of a second of its own.
fn day(n: i64) -> OffsetDateTime {
    let begin = OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("an instant of our time");
    begin + Duration::days(n) + Duration::nanoseconds(n * 1001)
}

/// Rows of two levels, each with a start and an end or without.
fn levels() -> impl Strategy<Value = Vec<AccessLevel>> {
    let row = (any::<bool>(), option::of(0..9i64), option::of(0..9i64)).prop_map(
        |(gold, starts, expires)| {
            let mut level =
                AccessLevel::new(if gold { "gold" } else { "premium" }, expires.map(day));
            level.starts_at = starts.map(day);
            level
        },
    );
    vec(row, 0..4)
}

static SERVER: LazyLock<MockServer> = LazyLock::new(MockServer::start_on_thread);

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A dictionary has one row for an id, so this edition may grant less; it may not grant more.
    #[test]
    fn every_edition_grants_what_the_typed_profile_grants_and_none_grants_more(levels in levels()) {
        let mut profile = Profile::new(uuid!("00000000-0000-4000-8000-000000000002"));
        profile.customer_user_id = Some("any".to_owned());
        profile.access_levels = levels;
        let app = SERVER.app("grants");
        app.put_profile(profile.clone());
        for edition in ALL {
            app.set_edition(edition);
            let read = ProfileResponse::from_json(ask("grants", "any").as_bytes()).unwrap().data;
            for (level, at) in ["gold", "premium"].into_iter().flat_map(|id| (-1..10).map(move |n| (id, day(n)))) {
                let (was, is) = (profile.access(level, at).is_granted(), read.access(level, at).is_granted());
                prop_assert!(was == is || (was && edition == Edition::OlderObjectsPage), "{edition} {level} {at}");
            }
        }
    }
}

/// Asks without a runtime of one's own.
fn ask(key: &str, customer: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(get(&SERVER, key, customer)).body()
}
