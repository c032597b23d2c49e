//! The documented forms that answers take.

use std::sync::LazyLock;

use adapty_mock::{
    App, Edition, MockServer, Served,
    adapty_model::{
        AccessLevel, Expiry, NonSubscription, Profile, ProfileResponse, Subscription,
        time::{Duration, OffsetDateTime},
    },
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::Value;
use uuid::{Uuid, uuid};

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
    let newest = newest.replace(r#""store_base_plan_id":"""#, r#""store_base_plan_id":null"#);
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

/// The names in a JSON object, in order.
fn names(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_typed_profile_that_says_little_has_all_that_the_documents_always_show_in_their_order() {
    let server = MockServer::start().await;
    let mut profile = Profile::new(uuid!("00000000-0000-4000-8000-000000000003"));
    profile.customer_user_id = Some("little".to_owned());
    profile.access_levels = vec![AccessLevel::new("premium", Some(day(1)))];
    profile.subscriptions = vec![Subscription::new("weekly", Expiry::At(day(2)))];
    profile.non_subscriptions = vec![NonSubscription::new(Uuid::nil(), "coins")];
    server.app("key").put_profile(profile);
    let seen = get(&server, "key", "little").await.body();
    let newest = fixture!("get_profile.200.openapi.lifetime_premium");
    let names_of = |text: &str, other: &str| -> Vec<String> {
        let words = text.split('"').skip(1).step_by(2).map(|word| format!("\"{word}\":"));
        words.filter(|word| text.contains(word) && other.contains(word)).collect()
    };
    let newest = newest.replace("\": ", "\":");
    assert_eq!(names_of(&seen, &newest), names_of(&newest, &seen));
    assert_eq!(server.app("key").put_json(seen.clone()).profiles[0].missing, Vec::<String>::new());
    assert!(seen.contains(r#""expires_at":"2023-11-15T22:13:20.000001+00:00""#), "{seen}");
    let read: Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(names(&read["data"]).len(), 10);
    assert_eq!(
        read["data"]["access_levels"][0]["purchased_at"],
        "2023-10-16T22:13:20.000001+00:00"
    );
}

#[tokio::test]
async fn a_profile_given_as_json_takes_the_form_of_the_edition_and_is_its_own_bytes_without_one() {
    let server = MockServer::start().await;
    let given = fixture!("get_profile.200.newer-page.lifetime_premium")
        .replace(LIFETIME, "given")
        .replace("d8533a10", "00000000");
    let put = server.app("key").put_json(given.clone());
    assert_eq!((put.put, put.profiles[0].served), (1, Served::ByEdition));
    assert_eq!((&put.profiles[0].missing, &put.profiles[0].unreadable), (&vec![], &vec![]));
    assert_eq!(get(&server, "key", "given").await.body(), given);
    for edition in ALL {
        let of_example = body(&server, edition, LIFETIME).await;
        let seen = body(&server, edition, "given").await;
        let data =
            |text: &str| ProfileResponse::from_json(text.as_bytes()).unwrap().data.access_levels;
        assert_eq!(data(&seen), data(&of_example), "{edition}");
        assert_eq!(seen.contains("+00:00"), of_example.contains("+00:00"), "{edition}");
        assert_eq!(seen.contains(r#""access_levels":{"#), edition == Edition::OlderObjectsPage);
    }
}

#[tokio::test]
async fn what_does_not_read_as_a_profile_is_served_as_given_and_says_so() {
    let server = MockServer::start().await;
    server.app("key").set_edition(Edition::OlderObjectsPage);
    for given in [
        r#"{"data":{"customer_user_id":"x","access_levels":[1]}}"#,
        r#"{"data":{"customer_user_id":"x","access_levels":"none"}}"#,
    ] {
        let put = server.app("key").put_json(given);
        assert_eq!(put.profiles[0].served, Served::AsGiven, "{given}");
        assert_eq!(put.profiles[0].unreadable, ["data.access_levels"]);
        assert_eq!(get(&server, "key", "x").await.body(), given);
    }
}

#[tokio::test]
async fn a_put_names_by_path_what_a_strict_reader_would_miss() {
    let server = MockServer::start().await;
    let mut whole: Value =
        serde_json::from_str(fixture!("get_profile.200.openapi.lifetime_premium")).unwrap();
    let data = &mut whole["data"];
    data.as_object_mut().unwrap().remove("segment_hash");
    data["access_levels"][0].as_object_mut().unwrap().remove("store");
    data["subscriptions"][0]["expires_at"] = "soon".into();
    data["non_subscriptions"][0]["is_refund"] = Value::Null;
    let put = server.app("key").put_json(whole.to_string());
    assert_eq!(put.profiles[0].missing, ["data.segment_hash", "data.access_levels[0].store"]);
    assert_eq!(
        put.profiles[0].unreadable,
        ["data.subscriptions[0].expires_at", "data.non_subscriptions[0].is_refund"]
    );
    let rows = format!("[{}{{}}]", "{},".repeat(100));
    let put = server
        .app("key")
        .put_json(format!(r#"{{"data":{{"customer_user_id":"x","access_levels":{rows}}}}}"#));
    assert_eq!(put.profiles[0].missing.len() + put.profiles[0].more, 8 + 101 * 15);
    assert_eq!(put.profiles[0].missing.len(), 1000);
}

#[tokio::test]
async fn a_profile_that_is_to_be_served_as_given_is_so_in_every_edition() {
    let server = MockServer::start().await;
    let given = r#"{ "data" : {"profile_id":"00000000-0000-4000-8000-000000000001" ,"customer_user_id":"given"} }"#;
    let put = server.app("key").put_json_as_given(given);
    assert_eq!(put.profiles[0].served, Served::AsGiven);
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
