//! Other fake servers that answer the documented call, one at a time: `contenders wiremock`,
//! `contenders httpmock`. Each says where it listens and serves until it is killed.

use std::future::pending;

const BODY: &[u8] = include_bytes!("../../../fixtures/get_profile.200.newer-page.lifetime_premium.json");
const PATH: &str = "/api/v2/server-side-api/profile/";
const CUSTOMER: (&str, &str) = ("adapty-customer-user-id", "77B14FB4-FD2A-4D38-AA3A-4C433F79863C");

#[tokio::main(flavor = "current_thread")]
async fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("wiremock") => wiremock().await,
        Some("httpmock") => httpmock().await,
        _ => panic!("say `wiremock` or `httpmock`"),
    }
}

/// With its recording on, as it is by default.
async fn wiremock() {
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{header, method, path},
    };

    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(BODY, "application/json");
    let asked = Mock::given(method("GET")).and(path(PATH)).and(header(CUSTOMER.0, CUSTOMER.1));
    asked.respond_with(answer).mount(&server).await;
    listening(server.address()).await;
}

async fn httpmock() {
    use httpmock::MockServer;

    let server = MockServer::start_async().await;
    let mock = server.mock_async(|when, then| {
        when.method("GET").path(PATH).header(CUSTOMER.0, CUSTOMER.1);
        then.status(200).header("content-type", "application/json").body(BODY);
    });
    mock.await;
    listening(server.address()).await;
}

async fn listening(address: &std::net::SocketAddr) {
    println!("listening on http://{address}");
    pending().await
}
