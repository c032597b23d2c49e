//! What a client can be told, and what it refuses to be told.

use std::time::Duration;

use adapty_transport::{ApiKey, Client, ErrorKind, Identity, Limit, RetryPolicy};

use crate::support::{
    CUSTOMER, KEY, MOMENT, RawServer, builder, customer, fails, profile, run, succeeds,
};

#[track_caller]
fn refused(builder: adapty_transport::ClientBuilder) -> String {
    let error = builder.build().expect_err("the settings were taken");
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.attempts().is_empty() && !error.may_have_reached_server());
    error.to_string()
}

fn fresh() -> adapty_transport::ClientBuilder {
    Client::builder(ApiKey::new(KEY).unwrap())
}

#[test]
fn the_defaults_are_accepted() {
    let client = Client::new(ApiKey::new(KEY).unwrap());
    assert!(format!("{client:?}").contains("call: 30s"));
    assert!(fresh().body_limit(1 << 30).build().is_ok());
    assert!(format!("{:?}", fresh()).contains("body_limit: 8388608"));
}

#[test]
fn each_bad_setting_is_refused_by_name() {
    let zero = Duration::ZERO;
    for (builder, name) in [
        (fresh().base_url("nonsense"), "base URL"),
        (fresh().connect_timeout(zero), "connect_timeout"),
        (fresh().attempt_timeout(zero), "attempt_timeout"),
        (fresh().call_timeout(Duration::MAX), "call_timeout"),
        (fresh().retry(RetryPolicy::new(11)), "retry policy"),
        (fresh().extra_root_certificates("no PEM"), "extra root certificate"),
        (fresh().user_agent_suffix("a\nb"), "user_agent_suffix"),
        (fresh().base_url(format!("https://a/{}", "a".repeat(65_510))), "base URL's path"),
        (fresh().body_limit(0), "body_limit"),
        (fresh().body_limit((1 << 30) + 1), "body_limit"),
    ] {
        let message = refused(builder);
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn a_pem_text_of_something_else_is_no_root() {
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(
        refused(fresh().extra_root_certificates(key)),
        "an extra root certificate is not PEM text with a certificate in it"
    );
    assert_eq!(
        refused(fresh().extra_root_certificates(broken)),
        "an extra root certificate cannot be used as a root"
    );
}

#[test]
fn the_key_goes_unencrypted_to_loopback_only_unless_told_by_name() {
    let far = || fresh().base_url("http://api.adapty.example");
    assert!(refused(far()).contains("unencrypted"));
    assert!(far().send_key_unencrypted().build().is_ok());
}

#[test]
fn a_path_before_the_apis_own_is_asked_for() {
    let server = RawServer::open(|mut peer| async move {
        let head = peer.request().await?;
        let asked = head.starts_with("GET /adapty/api/v2/server-side-api/profile/ HTTP/1.1\r\n");
        let answer = if asked { profile() } else { "HTTP/1.1 404 Not Found\r\n\r\n".to_owned() };
        tokio::io::AsyncWriteExt::write_all(&mut peer.stream, answer.as_bytes()).await?;
        peer.wait_for_the_end().await
    });
    succeeds(builder(&format!("{}/adapty/", server.url())));
}

#[test]
fn a_call_can_have_less_time_than_its_client() {
    let server = RawServer::open(|mut peer| async move { peer.wait_for_the_end().await });
    let client = builder(&server.url()).build().unwrap();
    let error =
        run(async move { client.within(MOMENT).get_profile(customer()).await.unwrap_err() });
    assert_eq!((error.kind(), error.limit()), (ErrorKind::Timeout, Some(Limit::Call)));
    assert_eq!(error.to_string(), "no whole response within the call timeout of 200ms");
}

#[test]
fn a_call_cannot_have_more_time_than_its_client() {
    let server = RawServer::open(|mut peer| async move { peer.wait_for_the_end().await });
    let client = builder(&server.url()).call_timeout(MOMENT).build().unwrap();
    let longer = client.within(Duration::from_secs(3600));
    let error = run(async move { longer.get_profile(customer()).await.unwrap_err() });
    assert_eq!(error.limit(), Some(Limit::Call));
}

#[test]
fn a_call_with_no_time_at_all_ends() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap().within(Duration::ZERO);
    let error = run(async move { client.get_profile(customer()).await.unwrap_err() });
    assert_eq!((error.kind(), error.limit()), (ErrorKind::Timeout, Some(Limit::Call)));
}

#[test]
fn an_identity_that_cannot_travel_is_refused_before_anything_is_sent() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap();
    for id in ["", " jane", "jane\t", "ja\nne", "ja\r\nX-Evil: 1", "jane\u{7f}"] {
        let client = client.clone();
        let error =
            run(async move { client.get_profile(Identity::customer(id)).await.unwrap_err() });
        assert_eq!(error.kind(), ErrorKind::Identity, "{id:?}");
        assert!(error.attempts().is_empty() && !error.may_have_reached_server());
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_body_over_its_limit_is_not_read() {
    let server = RawServer::saying(profile());
    let error = fails(builder(&server.url()).body_limit(1000));
    assert_eq!((error.kind(), error.limit()), (ErrorKind::TooLarge, Some(Limit::Body)));
    assert_eq!(
        error.to_string(),
        "the response's body is larger than 1000 bytes (status 200, request 758f01df)"
    );
    assert_eq!(server.requests(), 1);
    assert!(!error.to_string().contains(CUSTOMER));
}
