//! Putting profiles in and taking them away.

use adapty_mock::{
    Edition, Identity, MockServer, Served,
    adapty_model::{AccessLevel, Profile, time::OffsetDateTime},
};
use uuid::Uuid;

use crate::support::*;

fn profile(customer: &str, id: u128) -> Profile {
    let mut profile = Profile::new(Uuid::from_u128(id));
    profile.customer_user_id = Some(customer.to_owned());
    profile
}

#[tokio::test]
async fn a_profile_is_found_by_either_of_its_ids() {
    let server = MockServer::start().await;
    server.app("k").put_profile(profile("new", 7));
    let by_customer = get(&server, "k", "new").await;
    let headers =
        format!("Authorization: Api-Key k\r\nadapty-profile-id: {}\r\n", Uuid::from_u128(7));
    assert_eq!(send(&server, &call(&headers)).await.body(), by_customer.body());
    assert_eq!(by_customer.status(), 200);
}

#[tokio::test]
async fn a_profile_takes_the_place_of_all_that_share_an_id_with_it() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.put_profile(profile("first", 1));
    app.put_profile(profile("second", 2));
    app.put_profile(profile("first", 2));
    assert_eq!(app.body(Identity::customer("second")), None);
    assert_eq!(app.body(Uuid::from_u128(1)), None);
    assert_eq!(app.body(Identity::customer("first")), app.body(Uuid::from_u128(2)));
    assert!(app.body(Identity::customer("first")).is_some());
}

#[tokio::test]
async fn a_profile_taken_away_is_gone_under_both_ids() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let lifetime = Identity::ProfileId("d8533a10-bcce-4e33-8c9d-88b05ac56559".parse().unwrap());
    assert!(app.remove_profile(Identity::customer(LIFETIME)));
    assert!(!app.remove_profile(lifetime));
    assert_eq!(get(&server, "k", LIFETIME).await.status(), 404);
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
    app.remove_profiles();
    assert_eq!(get(&server, "k", JANE).await.status(), 404);
}

#[tokio::test]
async fn any_bytes_can_be_a_body() {
    let server = MockServer::start().await;
    server.app("k").put_body(Identity::customer("odd"), "<html>");
    let seen = get(&server, "k", "odd").await;
    assert_eq!((seen.status(), seen.body().as_str()), (200, "<html>"));
}

#[tokio::test]
async fn a_customer_id_may_be_any_utf8() {
    let server = MockServer::start().await;
    server.app("k").put_body(Identity::customer("żółw"), "{}");
    assert_eq!(get(&server, "k", "żółw").await.status(), 200);
}

#[tokio::test]
#[should_panic(expected = "neither profile_id nor customer_user_id is there")]
async fn json_that_names_nobody_fails_the_test() {
    MockServer::start().await.app("k").put_json(r#"{"data": {}}"#);
}

#[tokio::test]
async fn a_list_of_profiles_is_put_whole_or_not_at_all() {
    let app = MockServer::start().await.app("k");
    let put = app.put_json("\u{feff}[{\"data\": {\"customer_user_id\": \"1\"}}, {\"data\": {\"customer_user_id\": \"2\"}}]");
    assert_eq!(put.put, 2);
    assert_eq!(
        app.body(Identity::customer("2")).unwrap(),
        r#"{"data": {"customer_user_id": "2"}}"#
    );
    let wrong = r#"[{"data": {"customer_user_id": "3"}}, {"data": {"customer_user_id": ""}}]"#;
    let put = || app.put_json(wrong);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(put)).unwrap_err();
    assert_eq!(app.body(Identity::customer("3")), None);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_leaves_the_rest_to_the_last_digit() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let given = r#"{"odd": 1.50, "data": {"customer_user_id": "me", "total_revenue_usd": 1.10, "timestamp": 7, "x": {"a": 1, "b": [1, 2]}}}"#;
    app.put_json(given);
    let patch = r#"{"data": {"x": {"a": null, "b": [3]}, "y": "new"}}"#;
    let put = app.patch_profile(Identity::customer("me"), patch);
    assert!(put.profiles[0].missing.contains(&"data.access_levels".to_owned()));
    let patched = r#"{"odd":1.50,"data":{"customer_user_id":"me","total_revenue_usd":1.10,"timestamp":7,"x":{"b":[3]},"y":"new"}}"#;
    assert_eq!(get(&server, "k", "me").await.body(), patched);
}

#[tokio::test]
async fn a_patched_example_shows_the_change_in_every_edition() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.patch_profile(Identity::customer(LIFETIME), r#"{"data": {"segment_hash": "patched"}}"#);
    for edition in [
        Edition::AsWritten,
        Edition::OlderPage,
        Edition::OlderObjectsPage,
        Edition::NewerPage,
        Edition::OpenApi,
    ] {
        app.set_edition(edition);
        let seen = get(&server, "k", LIFETIME).await.body();
        assert!(seen.contains("patched") && seen.contains("unlimited.9999"), "{edition} {seen}");
    }
}

#[tokio::test]
async fn a_patch_that_makes_a_profile_of_a_body_gives_it_the_edition_unless_it_is_to_be_as_given() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let broken = r#"{"data": {"customer_user_id": "me", "access_levels": "none"}}"#;
    let patch = r#"{"data": {"access_levels": []}}"#;
    assert_eq!(app.put_json(broken).profiles[0].served, Served::AsGiven);
    assert_eq!(
        app.patch_profile(Identity::customer("me"), patch).profiles[0].served,
        Served::ByEdition
    );
    let back = app.patch_profile(Identity::customer("me"), broken);
    assert_eq!(back.profiles[0].served, Served::AsGiven);
    app.put_json_as_given(broken);
    assert_eq!(
        app.patch_profile(Identity::customer("me"), patch).profiles[0].served,
        Served::AsGiven
    );
}

/// A server that keeps a little more than a MiB.
async fn small() -> MockServer {
    MockServer::builder()
        .memory_limit((1024 * 1024 + 4096) / 3 * 4 + 4)
        .start()
        .await
        .expect("a free port")
}

fn bytes_of(kib: usize) -> Vec<u8> {
    vec![b'x'; kib * 1024]
}

#[tokio::test]
async fn a_body_put_again_and_again_takes_its_room_once() {
    let server = small().await;
    for _ in 0..10 {
        server.app("k").put_body(Identity::customer("large"), bytes_of(500));
    }
}

#[tokio::test]
async fn a_body_that_is_refused_leaves_the_one_before() {
    let server = small().await;
    let app = server.app("k");
    app.put_body(Identity::customer("me"), "before");
    let put = || app.put_body(Identity::customer("me"), bytes_of(1030));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(put)).unwrap_err();
    assert_eq!(app.body(Identity::customer("me")).unwrap(), "before");
}

#[tokio::test]
#[should_panic(
    expected = "the server keeps at most 1052673 bytes beside its journals, and this would be more"
)]
async fn too_many_bytes_of_all_apps_together_fail_the_test() {
    let server = small().await;
    for key in ["1", "2", "3"] {
        server.app(key).put_body(Identity::customer("me"), bytes_of(500));
    }
}

#[tokio::test]
async fn ids_take_room_as_bodies_do() {
    let server = small().await;
    let app = server.app("k");
    let put = |n: usize| app.put_body(Identity::customer(format!("{n}{}", "i".repeat(32_768))), "");
    let refused = (0..100)
        .find(|n| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| put(*n))).is_err());
    assert_eq!(refused, Some(15));
}

#[tokio::test]
async fn what_every_app_starts_with_is_kept_once() {
    let body =
        format!(r#"{{"data":{{"customer_user_id":"given","x":"{}"}}}}"#, "x".repeat(900_000));
    let builder = MockServer::builder().memory_limit(2 * 1024 * 1024).profile_json(body).unwrap();
    let server = builder.start().await.unwrap();
    for key in 0..100 {
        let app = server.app(&format!("{key}"));
        assert!(app.body(Identity::customer("given")).is_some());
        assert!(app.remove_profile(Identity::customer("given")));
        assert_eq!(get(&server, &format!("{key}"), "given").await.status(), 404);
    }
    server.app("0").reset();
    assert_eq!(get(&server, "0", "given").await.status(), 200);
}

#[tokio::test]
async fn more_than_the_server_may_keep_is_no_server() {
    let body = format!(r#"{{"data":{{"customer_user_id":"{}"}}}}"#, "x".repeat(2048));
    let builder = MockServer::builder().memory_limit(1024).profile_json(body).unwrap();
    let error = builder.start().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "the server keeps at most 768 bytes beside its journals, and this would be more"
    );
}

#[tokio::test]
#[should_panic(expected = "customer_user_id: an empty one cannot be asked for")]
async fn a_customer_without_an_id_fails_the_test() {
    MockServer::start().await.app("k").put_body(Identity::customer(""), "{}");
}

#[tokio::test]
#[should_panic(expected = "total_revenue_usd")]
async fn a_profile_that_cannot_be_written_fails_the_test() {
    let mut broken = profile("broken", 3);
    broken.total_revenue_usd = Some(f64::NAN);
    MockServer::start().await.app("k").put_profile(broken);
}

#[tokio::test]
async fn the_dates_that_a_typed_profile_leaves_open_are_of_the_apps_time() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    let mut profile = profile("new", 7);
    profile.access_levels.push(AccessLevel::new("premium", None));
    app.put_profile(profile);
    let seen = data(&get(&server, "k", "new").await);
    assert_eq!(seen["timestamp"], 1_893_456_000_000_u64);
    assert_eq!(seen["access_levels"][0]["purchased_at"], "2030-01-01T00:00:00+00:00");
}
