//! Putting profiles in and taking them away.

use adapty_mock::{Identity, MockServer, adapty_model::Profile};
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

/// A server that keeps a little more than a MiB.
async fn small() -> MockServer {
    MockServer::builder().memory_limit(1024 * 1024 + 2048).start().await.expect("a free port")
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
#[should_panic(expected = "the server keeps at most 1050624 bytes, and this would be more")]
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
    let builder = MockServer::builder().memory_limit(1024 * 1024).profile_json(body).unwrap();
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
    assert_eq!(error.to_string(), "the server keeps at most 1024 bytes, and this would be more");
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
