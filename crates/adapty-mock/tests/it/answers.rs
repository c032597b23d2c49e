//! The documented call.

#[tokio::test]
async fn the_url_names_the_port_it_listens_on() {
    let server = adapty_mock::MockServer::start().await;
    assert_eq!(server.url(), format!("http://{}", server.address()));
}
