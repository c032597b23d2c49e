//! The documented call and every way to get it wrong; editions, faults and profiles are elsewhere.

use adapty_mock::{MissingProfile, MockServer, adapty_model::ErrorResponse};

use crate::support::*;

async fn refused(headers: &str) -> (u16, String) {
    let server = MockServer::start().await;
    let seen = send(&server, &call(headers)).await;
    assert!(seen.header("request-id").is_some());
    (seen.status(), seen.reason())
}

#[tokio::test]
async fn the_url_names_the_port_it_listens_on() {
    let server = MockServer::start().await;
    assert_eq!(server.url(), format!("http://{}", server.address()));
}

#[tokio::test]
async fn each_example_is_served_as_its_document_prints_it() {
    let server = MockServer::start().await;
    for (customer, body) in [
        (EXPIRED, fixture!("get_profile.200.older-page.expired_premium")),
        (LIFETIME, fixture!("get_profile.200.newer-page.lifetime_premium")),
        (JANE, fixture!("create_profile.200.openapi.empty_lists")),
    ] {
        let seen = get(&server, "key", customer).await;
        assert_eq!((seen.status(), seen.body().as_str()), (200, body));
        assert_eq!(seen.header("content-type").as_deref(), Some("application/json"));
        assert_eq!(seen.header("adapty-mock-reason"), None);
    }
}

#[tokio::test]
async fn a_profile_id_finds_the_same_profile_in_any_case() {
    let server = MockServer::start().await;
    for id in ["d8533a10-bcce-4e33-8c9d-88b05ac56559", "D8533A10-BCCE-4E33-8C9D-88B05AC56559"] {
        let seen = send(
            &server,
            &call(&format!("Authorization: Api-Key k\r\nadapty-profile-id: {id}\r\n")),
        )
        .await;
        assert_eq!(seen.body(), fixture!("get_profile.200.newer-page.lifetime_premium"));
    }
}

#[tokio::test]
async fn header_names_are_read_in_any_case() {
    let server = MockServer::start().await;
    let headers = format!("AUTHORIZATION: Api-Key k\r\nAdapty-Customer-User-Id: {JANE}\r\n");
    assert_eq!(send(&server, &call(&headers)).await.status(), 200);
}

#[tokio::test]
async fn an_unknown_customer_gets_the_documented_404() {
    let server = MockServer::start().await;
    let seen = get(&server, "key", "nobody").await;
    assert_eq!(seen.status(), 404);
    assert_eq!(seen.body(), fixture!("get_profile.404.openapi.profile_does_not_exist"));
    assert_eq!(seen.reason(), "no profile of this app has this id");
}

#[tokio::test]
async fn customer_ids_are_compared_byte_by_byte() {
    let server = MockServer::start().await;
    assert_eq!(get(&server, "key", &EXPIRED.to_lowercase()).await.status(), 404);
}

#[tokio::test]
async fn a_missing_profile_can_be_a_401_as_the_older_page_says() {
    let server = MockServer::start().await;
    server.app("key").set_missing_profile(MissingProfile::Unauthorized);
    let seen = get(&server, "key", "nobody").await;
    assert_eq!(
        (seen.status(), seen.body().as_str()),
        (401, fixture!("get_profile.401.older-page.not_authenticated"))
    );
}

#[tokio::test]
async fn without_a_key_comes_the_documented_401() {
    let server = MockServer::start().await;
    let seen = send(&server, &call("adapty-customer-user-id: jane.doe@example.com\r\n")).await;
    assert_eq!(seen.status(), 401);
    assert_eq!(seen.body(), fixture!("get_profile.401.older-page.not_authenticated"));
}

#[tokio::test]
async fn every_wrong_key_header_is_named_in_words() {
    let long = format!("Authorization: Api-Key {}\r\n", "k".repeat(513));
    for (headers, reason) in [
        ("", "no Authorization header; Adapty's is `Authorization: Api-Key <key>`"),
        ("Authorization: Bearer k\r\n", "the Authorization scheme is Bearer; Adapty's is Api-Key"),
        (
            "Authorization: k\r\n",
            "the Authorization header does not begin with `Api-Key ` and a key",
        ),
        (
            "Authorization: api-key k\r\n",
            "the Authorization header does not begin with `Api-Key ` and a key",
        ),
        (
            "Authorization: Api-Key  k\r\n",
            "the Authorization header does not begin with `Api-Key ` and a key",
        ),
        ("Authorization: Api-Key\r\n", "the key after `Api-Key` is empty"),
        (
            "Authorization: Api-Key k\r\nAuthorization: Api-Key k\r\n",
            "more than one Authorization header",
        ),
        (&long, "the key is longer than 512 bytes"),
    ] {
        assert_eq!(refused(headers).await, (401, reason.to_owned()), "{headers}");
    }
}

#[tokio::test]
async fn the_key_is_checked_before_the_identity() {
    assert_eq!(refused("adapty-profile-id: no uuid\r\n").await.0, 401);
}

#[tokio::test]
async fn every_wrong_identity_is_named_in_words() {
    for (headers, reason) in [
        ("", "neither adapty-customer-user-id nor adapty-profile-id was sent"),
        ("adapty-customer-user-id:\r\n", "an identity header is empty"),
        (
            "adapty-customer-user-id: a\r\nadapty-customer-user-id: a\r\n",
            "an identity header was sent more than once",
        ),
        ("adapty-profile-id: 1234\r\n", "adapty-profile-id is not a UUID"),
        (
            "adapty-customer-user-id: jane.doe@example.com\r\nadapty-profile-id: d8533a10-bcce-4e33-8c9d-88b05ac56559\r\n",
            "the two identity headers name different profiles",
        ),
        (
            "adapty-customer-user-id: nobody\r\nadapty-profile-id: d8533a10-bcce-4e33-8c9d-88b05ac56559\r\n",
            "the two identity headers name different profiles",
        ),
    ] {
        let headers = format!("Authorization: Api-Key k\r\n{headers}");
        assert_eq!(refused(&headers).await, (400, reason.to_owned()), "{headers}");
    }
}

#[tokio::test]
async fn a_refused_identity_is_a_validation_error_in_the_documents_form() {
    let server = MockServer::start().await;
    let seen = send(&server, &call("Authorization: Api-Key k\r\n")).await;
    let error = ErrorResponse::from_json(seen.body().as_bytes()).unwrap();
    assert_eq!(error.error_code.as_deref(), Some("validation_error"));
    assert_eq!(error.status_code, Some(400));
    assert_eq!(error.errors[0].source.as_deref(), Some("non_field_errors"));
}

#[tokio::test]
async fn both_identities_of_one_profile_are_fine() {
    let server = MockServer::start().await;
    let headers = "Authorization: Api-Key k\r\nadapty-customer-user-id: jane.doe@example.com\r\n\
                   adapty-profile-id: 3286abd3-48b0-4e9c-a5f6-ac0a006804a6\r\n";
    assert_eq!(send(&server, &call(headers)).await.status(), 200);
}

#[tokio::test]
async fn a_path_without_its_last_slash_is_a_404_page_or_a_redirect() {
    let text = request("k", JANE).replace("/profile/", "/profile");
    let server = MockServer::start().await;
    let seen = send(&server, &text).await;
    assert_eq!(
        (seen.status(), seen.reason().as_str()),
        (404, "the path lacks the slash at its end")
    );
    assert!(seen.header("content-type").unwrap().starts_with("text/html"));
    let server = MockServer::builder().redirects_missing_slash(true).start().await.unwrap();
    let seen = send(&server, &text).await;
    assert_eq!((seen.status(), seen.header("location").as_deref()), (301, Some(PATH)));
}

#[tokio::test]
async fn another_method_is_a_405_that_says_which_one_is_right() {
    let server = MockServer::start().await;
    for method in ["PUT", "HEAD", "OPTIONS"] {
        let seen = send(&server, &request("k", JANE).replacen("GET", method, 1)).await;
        assert_eq!(
            (seen.status(), seen.header("allow").as_deref()),
            (405, Some("GET, POST, PATCH, DELETE"))
        );
    }
}

#[tokio::test]
async fn a_placeholder_in_a_path_is_not_empty() {
    let server = MockServer::start().await;
    let path = "/api/v2/server-side-api/paywalls//";
    let seen = send(&server, &operation("GET", path, JANE, "")).await;
    assert_eq!((seen.status(), seen.reason().as_str()), (404, "no operation has this path"));
}

#[tokio::test]
async fn an_unknown_path_is_a_404_page_without_a_code() {
    let server = MockServer::start().await;
    let seen = send(&server, &request("k", JANE).replace("/profile/", "/profiles/")).await;
    assert_eq!((seen.status(), seen.reason().as_str()), (404, "no operation has this path"));
    assert!(!seen.body().contains("error_code"));
}

#[tokio::test]
async fn a_query_changes_nothing() {
    let server = MockServer::start().await;
    let seen =
        send(&server, &request("k", JANE).replace("/profile/", "/profile/?extended=1")).await;
    assert_eq!(seen.status(), 200);
}

#[tokio::test]
async fn a_small_body_is_ignored_and_a_large_one_refused() {
    let server = MockServer::start().await;
    let with_body = |length: usize| {
        let text = request("k", JANE).replacen(
            "\r\n\r\n",
            &format!("\r\nContent-Length: {length}\r\n\r\n"),
            1,
        );
        text + &"x".repeat(length)
    };
    assert_eq!(send(&server, &with_body(1000)).await.status(), 200);
    let seen = send(&server, &with_body(64 * 1024 + 1)).await;
    assert_eq!(
        (seen.status(), seen.reason().as_str()),
        (413, "the request's body is larger than 64 KiB")
    );
}

#[tokio::test]
async fn a_refused_body_is_taken_before_the_connection_closes_which_the_answer_says() {
    use tokio::io::AsyncWriteExt;
    const MIB: usize = 1024 * 1024;
    let server = MockServer::builder().memory_limit(MIB).start().await.unwrap();
    let closing = |seen: Seen| (seen.status(), seen.header("connection"), seen.end);
    let large = vec![b'x'; 3 * MIB];
    for (what, key, status) in [
        ("PATCH /api/v2/server-side-api/profile/", "k", 413),
        ("PUT /__admin/profiles", "k", 507),
        ("PUT /__admin/profiles", "", 401),
    ] {
        let mut stream = connect(&server).await;
        let head = format!(
            "{what} HTTP/1.1\r\nHost: mock\r\nAuthorization: Api-Key {key}\r\n\
             adapty-customer-user-id: {JANE}\r\nContent-Length: {}\r\n\r\n",
            large.len()
        );
        // Such a client reads nothing before all is sent.
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&large).await.expect("all of it is taken");
        let seen = closing(rest(&mut stream).await);
        assert_eq!(seen, (status, Some("close".to_owned()), End::Closed), "{what}");
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_and_the_version() {
    let server = MockServer::start().await;
    let mut ids = std::collections::BTreeSet::new();
    for customer in [JANE, "nobody", "", EXPIRED] {
        let seen = get(&server, "k", customer).await;
        let id = seen.header("request-id").unwrap();
        assert!(id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
        assert_eq!(seen.header("adapty-mock-version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
        assert!(ids.insert(id));
    }
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    use tokio::io::AsyncWriteExt;
    let server = MockServer::start().await;
    let mut stream = connect(&server).await;
    for customer in [JANE, "nobody", JANE] {
        let text = request("k", customer).replace("Connection: close\r\n", "");
        stream.write_all(text.as_bytes()).await.unwrap();
        assert_eq!(answer(&mut stream).await.status(), if customer == JANE { 200 } else { 404 });
    }
}
