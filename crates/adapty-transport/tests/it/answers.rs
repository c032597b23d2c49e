//! What each answer means, the server being well-mannered: its kind, and how often it was asked.

use adapty_mock::{Answer, Fault, Plan};
use adapty_transport::{Error, ErrorKind, Identity, Limit, adapty_model::error_code};

use crate::support::{
    CUSTOMER, Fake, MOMENT, RawServer, answer, builder, customer, fails, profile, run, succeeds,
};

const NOT_FOUND_OLDER_PAGE: &str =
    include_str!("../../fixtures/get_profile.404.older-page.not_found.json");
const NOT_FOUND_OPENAPI: &str =
    include_str!("../../fixtures/get_profile.404.openapi.profile_does_not_exist.json");
const NOT_FOUND_TEXTS: &str =
    include_str!("../../fixtures/integration_identifiers.404.openapi.profile_not_found.json");
const NO_PROFILE_400: &str =
    include_str!("../../fixtures/grant_access_level.400.fragment.profile_does_not_exist.json");
const UNAUTHORIZED_OLDER_PAGE: &str =
    include_str!("../../fixtures/get_profile.401.older-page.not_authenticated.json");
const UNAUTHORIZED_TEXTS: &str =
    include_str!("../../fixtures/refund_saver.401.openapi.unauthorized.json");
const HTML: &str = "<html><h1>Attention required!</h1></html>";

/// Asks a server that always answers so, and checks what never differs.
#[track_caller]
fn means(answer: Answer, kind: ErrorKind, requests: usize) -> Error {
    let status = answer.code;
    let fake = Fake::always(answer);
    let error = fails(builder(&fake.url()));
    assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{error:?}");
    assert_eq!((fake.requests(), error.attempts().len()), (requests, requests));
    assert_eq!(error.request_id().map(str::len), Some(32), "{error:?}");
    assert!(error.may_have_reached_server() && error.limit().is_none());
    assert_eq!(error.is_retryable(), requests > 1);
    error
}

fn html(status: u16) -> Answer {
    Answer::new(status).header("Content-Type", "text/html").body(HTML)
}

#[test]
fn a_documented_profile_arrives_with_its_request_id() {
    let fake = Fake::well();
    let answer = succeeds(builder(&fake.url()));
    assert_eq!(answer.body.customer_user_id.as_deref(), Some(CUSTOMER));
    assert_eq!(answer.request_id.map(|id| id.len()), Some(32));
    assert_eq!((answer.attempts, fake.requests()), (1, 1));
}

#[test]
fn a_missing_profile_is_one_kind_in_each_form_and_status_of_the_documents() {
    for (status, body) in [
        (404, NOT_FOUND_OLDER_PAGE),
        (404, NOT_FOUND_OPENAPI),
        (404, NOT_FOUND_TEXTS),
        (401, NOT_FOUND_OLDER_PAGE),
        (401, NOT_FOUND_OPENAPI),
        (400, NO_PROFILE_400),
        (400, NOT_FOUND_OLDER_PAGE),
    ] {
        let error = means(Answer::new(status).body(body), ErrorKind::ProfileNotFound, 1);
        assert!(error.to_string().starts_with("profile not found (status "), "{error}");
        let code = error.body().unwrap().error_code.as_deref().unwrap();
        assert!(["not_found", "profile_does_not_exist", "profile_not_found"].contains(&code));
    }
}

#[test]
fn find_profile_is_none_for_a_missing_profile_only() {
    let fake = Fake::well();
    let client = builder(&fake.url()).build().unwrap();
    run(async move {
        assert!(client.find_profile(customer()).await.unwrap().is_some());
        let nobody = Identity::customer("nobody");
        assert!(client.find_profile(nobody).await.unwrap().is_none());
    });
}

/// Looks for the first of three who has a profile, of whom the last has: the outcome, and how many
/// requests that took.
fn first(fake: &Fake) -> (Result<Option<Identity>, Error>, usize) {
    let client = builder(&fake.url()).build().unwrap();
    let names = ["old-name", "older-name", CUSTOMER].map(Identity::customer);
    let found = run(async move { client.first_profile_of(names).await });
    (found.map(|it| it.map(|(identity, _)| identity)), fake.requests())
}

#[test]
fn the_first_identity_with_a_profile_is_found_past_those_without() {
    let (found, requests) = first(&Fake::well());
    assert_eq!((found.unwrap(), requests), (Some(customer()), 3));
    let fake = Fake::well();
    fake.app.remove_profile(customer());
    let (found, requests) = first(&fake);
    assert_eq!((found.unwrap(), requests), (None, 3));
}

#[test]
fn only_the_apis_own_word_passes_on_to_the_next_identity() {
    for answer in
        [html(404), Answer::new(404).no_body(), Answer::new(401).no_body(), Answer::new(501)]
    {
        let (found, requests) = first(&Fake::with(Plan::new().then(answer)));
        assert!(found.is_err() && requests == 1);
    }
}

#[test]
fn several_identities_have_one_call_timeout_together() {
    let server = RawServer::open(|mut peer| async move {
        while peer.request().await.is_ok() {
            tokio::time::sleep(MOMENT / 2).await;
            peer.say(&answer("404 Not Found", &[], NOT_FOUND_OPENAPI)).await?;
        }
        Ok(())
    });
    let client = builder(&server.url()).call_timeout(MOMENT).build().unwrap();
    let names = (0..100).map(|number| Identity::customer(format!("name-{number}")));
    let error = run(async move { client.first_profile_of(names).await.unwrap_err() });
    assert_eq!((error.kind(), error.limit()), (ErrorKind::Timeout, Some(Limit::Call)));
}

#[test]
fn nobody_is_found_among_no_identities() {
    let client = builder("http://127.0.0.1:1").build().unwrap();
    assert!(run(async move { client.first_profile_of([]).await.unwrap().is_none() }));
}

#[test]
fn a_profile_of_somebody_else_is_an_error_and_not_asked_for_again() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap();
    let error = run(async move {
        client.get_profile(Identity::customer("jane")).await.expect_err("another's profile")
    });
    assert_eq!((error.kind(), server.requests()), (ErrorKind::WrongCustomer, 1));
    assert!(error.to_string().starts_with("wrong customer: "), "{error}");
}

#[test]
fn a_connection_that_gave_somebody_elses_profile_is_not_used_again() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap();
    run(async {
        for _ in 0..2 {
            client.get_profile(customer()).await.unwrap();
        }
        client.get_profile(Identity::customer("jane")).await.unwrap_err();
        assert_eq!(server.connections(), 1);
        client.get_profile(customer()).await.unwrap();
        assert_eq!(server.connections(), 2);
        drop(client);
    });
}

#[test]
fn a_404_that_does_not_name_the_profile_proves_nothing() {
    for answer in [
        Answer::new(404).no_body(),
        Answer::new(404).body("{}"),
        Answer::new(404).body(r#"{"error_code": "paywall_does_not_exist"}"#),
        Answer::new(404).body(r#"{"detail": "Not found."}"#),
        Answer::new(404).body("[]"),
        html(404),
    ] {
        let error = means(answer, ErrorKind::Status, 1);
        assert!(error.to_string().starts_with("unexpected status (status 404"), "{error}");
    }
}

#[test]
fn find_profile_gives_the_error_of_a_404_that_proves_nothing() {
    let fake = Fake::always(html(404));
    let client = builder(&fake.url()).build().unwrap();
    let error = run(async move { client.find_profile(customer()).await.unwrap_err() });
    assert_eq!((error.kind(), error.status()), (ErrorKind::Status, Some(404)));
}

#[test]
fn a_code_that_names_the_profile_under_another_status_proves_nothing() {
    for status in [403, 409, 410, 422] {
        means(Answer::new(status).body(NOT_FOUND_OPENAPI), ErrorKind::Status, 1);
    }
    means(Answer::new(503).body(NOT_FOUND_OPENAPI), ErrorKind::Server, 3);
}

#[test]
fn a_refused_key_is_unauthorized_whatever_the_body() {
    for answer in [
        Answer::new(401).body(UNAUTHORIZED_OLDER_PAGE),
        Answer::new(401).body(UNAUTHORIZED_TEXTS),
        Answer::new(401).no_body(),
        Answer::new(401).body("{}"),
        html(401),
    ] {
        let error = means(answer, ErrorKind::Unauthorized, 1);
        assert!(error.to_string().starts_with("unauthorized (status 401, request "), "{error}");
    }
}

#[test]
fn other_statuses_keep_their_number_and_are_not_retried() {
    for status in [202, 206, 300, 304, 400, 402, 403, 405, 409, 410, 422, 451] {
        means(Answer::new(status), ErrorKind::Status, 1);
    }
    means(Answer::new(204), ErrorKind::Status, 1);
    means(Answer::new(501), ErrorKind::Server, 1);
    means(Answer::new(505), ErrorKind::Server, 1);
}

#[test]
fn what_may_pass_by_itself_is_sent_thrice() {
    means(Answer::new(408), ErrorKind::Status, 3);
    means(Answer::new(429), ErrorKind::RateLimited, 3);
    for status in [500, 502, 503, 504] {
        let error = means(html(status), ErrorKind::Server, 3);
        assert!(error.to_string().starts_with("server error (status 5"), "{error}");
    }
}

/// What a redirect to this place is called.
#[track_caller]
fn redirected(location: &str) -> String {
    let answer = Answer::new(301).header("Location", location);
    let message = means(answer, ErrorKind::Redirect, 1).to_string();
    message.split(" (status 301, request ").next().unwrap().to_owned()
}

#[test]
fn a_redirect_names_the_host_of_its_target_alone() {
    let target = format!("https://login.example:8443/{CUSTOMER}?key=1");
    assert_eq!(redirected(&target), "redirected to login.example");
    assert_eq!(redirected("//cdn.example/a"), "redirected to cdn.example");
    assert_eq!(redirected("/elsewhere/"), "redirected within the same host");
    assert_eq!(redirected("http://"), "redirected without a readable target");
}

#[test]
fn no_redirect_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        means(Answer::new(status).header("Location", "/"), ErrorKind::Redirect, 1);
        means(Answer::new(status), ErrorKind::Redirect, 1);
    }
}

#[test]
fn a_body_in_the_apis_form_is_typed_and_any_other_an_excerpt() {
    let error = means(Answer::new(401).body(UNAUTHORIZED_TEXTS), ErrorKind::Unauthorized, 1);
    assert_eq!(error.body().unwrap().error_code.as_deref(), Some(error_code::UNAUTHORIZED));
    assert_eq!(error.excerpt(), None);

    for page in [HTML, r#"{"message": "down"}"#, "{}"] {
        let error = means(Answer::new(403).body(page), ErrorKind::Status, 1);
        assert_eq!((error.body(), error.excerpt()), (None, Some(page)));
    }
    let error = means(html(403), ErrorKind::Status, 1);
    assert!(!format!("{error} {error:?}").contains("Attention"));

    let error = means(Answer::new(403).body("é".repeat(1000)), ErrorKind::Status, 1);
    assert_eq!(error.excerpt().map(str::len), Some(512));
}

#[test]
fn a_200_that_is_no_profile_names_the_path_and_is_not_retried() {
    let page = means(html(200), ErrorKind::Unreadable, 1);
    assert!(page.to_string().starts_with("the response cannot be read"), "{page}");
    assert_eq!(page.excerpt(), Some(HTML));
    means(Answer::new(200), ErrorKind::Unreadable, 1);
    means(Answer::new(200).body(r#"{"data": {}}"#), ErrorKind::Unreadable, 1);

    let dated = crate::support::PROFILE.replace(r#""expires_at": null"#, r#""expires_at": "soon""#);
    let error = means(Answer::new(200).body(dated), ErrorKind::Unreadable, 1);
    let path = "the response cannot be read at data.access_levels[0].expires_at (status 200";
    assert!(error.to_string().starts_with(path), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_profile_under_a_wrong_content_type_is_a_profile() {
    let fake = Fake::always(Fault::WrongContentType { content_type: "text/html".to_owned() });
    assert_eq!(succeeds(builder(&fake.url())).attempts, 1);
    assert_eq!(fake.requests(), 1);
}

#[test]
fn an_answer_without_a_request_id_is_as_good() {
    let server = RawServer::saying(answer("200 OK", &[], crate::support::PROFILE));
    assert_eq!(succeeds(builder(&server.url())).request_id, None);
    let server = RawServer::saying(answer("403 Forbidden", &["request-id: two words"], ""));
    assert_eq!(fails(builder(&server.url())).request_id(), None);
}
