//! Through an HTTP proxy. Which proxy the environment names, and how a URL is read, is tested beside the
//! code; what goes through the tunnel is not encrypted here, but for one test.

use adapty_transport::{ApiKey, Client, ClientBuilder, Error, ErrorKind, Limit};
use tokio::net::TcpStream;

use crate::support::{
    CUSTOMER, KEY, MOMENT, PROFILE, Peer, RawServer, answer, builder, customer, fails, kinds,
    profile, run, succeeds,
};
use crate::tls::{by_name, root, server, signed};

const OPEN: &str = "HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy.example\r\n\r\n";

/// A client that can reach Adapty through this proxy alone.
fn through(proxy: &RawServer) -> ClientBuilder {
    builder("http://gate.example:8080").send_key_unencrypted().proxy(proxy.url())
}

/// A proxy that says this to whoever asks for a tunnel.
fn saying(said: &'static str) -> RawServer {
    RawServer::open(move |mut peer| async move {
        peer.request().await?;
        peer.say(said).await?;
        peer.stream.set_zero_linger()?;
        peer.wait_for_the_end().await
    })
}

/// A proxy with Adapty at the end of its tunnel, which answers so.
fn with_adapty(answer: String) -> RawServer {
    RawServer::open(move |mut peer| {
        let answer = answer.clone();
        async move {
            assert!(peer.request().await?.starts_with("CONNECT gate.example:8080 HTTP/1.1\r\n"));
            peer.say(OPEN).await?;
            while peer.request().await.is_ok() {
                peer.say(&answer).await?;
            }
            Ok(())
        }
    })
}

#[test]
fn a_tunnel_is_opened_once_a_connection_and_carries_the_calls() {
    let proxy = with_adapty(profile());
    let client = through(&proxy).build().unwrap();
    run(async move {
        for _ in 0..3 {
            client.get_profile(customer()).await.unwrap();
        }
    });
    assert_eq!((proxy.connections(), proxy.requests()), (1, 4));
}

#[test]
fn the_proxy_is_told_the_host_and_its_own_password_and_nothing_of_the_call() {
    let proxy = RawServer::open(|mut peer| async move {
        let expected = "CONNECT gate.example:8080 HTTP/1.1\r\nhost: gate.example:8080\r\n\
                        proxy-authorization: Basic dXNlcjpwYXNz\r\n\r\n";
        assert_eq!(peer.request().await?, expected);
        peer.say(OPEN).await?;
        let request = peer.request().await?;
        assert!(request.contains(KEY) && !request.contains("proxy-authorization"));
        assert!(request.contains("\r\nhost: gate.example:8080\r\n"), "{request}");
        peer.say(&profile()).await
    });
    let url = proxy.url().replace("http://", "http://user:pass@");
    let builder = through(&proxy).proxy(url);
    assert!(!format!("{builder:?}").contains("pass"));
    succeeds(builder);
    assert_eq!(proxy.requests(), 2);
}

#[test]
fn a_proxy_that_opens_no_tunnel_is_no_connection_and_asked_again() {
    for (said, message) in [
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "the proxy opened no connection (status 403)"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "the proxy opened no connection (status 502)"),
        ("SSH-2.0-OpenSSH\r\n\r\n", "the proxy's answer is not readable HTTP"),
    ] {
        let proxy = saying(said);
        let error = fails(through(&proxy));
        assert_eq!(kinds(&error), [ErrorKind::Connect; 3]);
        assert_eq!(error.to_string(), format!("{message} (3 attempts)"));
        assert!(error.status().is_none() && !error.may_have_reached_server());
    }
}

#[test]
fn a_proxy_that_closes_or_never_stops_is_no_connection() {
    let closing = RawServer::saying_once("");
    let error = fails(through(&closing));
    assert_eq!(error.to_string(), "the connection to the proxy broke (3 attempts)");
    let endless = RawServer::open(|mut peer| async move {
        peer.request().await?;
        loop {
            peer.say(&"x".repeat(1024)).await?;
        }
    });
    let error = fails(through(&endless));
    assert_eq!(error.to_string(), "the proxy's answer is not readable HTTP (3 attempts)");
}

#[test]
fn a_proxy_that_wants_another_password_is_a_setting_to_correct() {
    let proxy = saying("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    let error = fails(through(&proxy));
    assert_eq!(kinds(&error), [ErrorKind::Configuration]);
    assert_eq!(
        error.to_string(),
        "the proxy wants another user name or password than its URL has (status 407)"
    );
    assert_eq!(proxy.requests(), 1);
}

#[test]
fn a_silent_proxy_is_cut_by_the_connect_limit() {
    let proxy = RawServer::open(|mut peer| async move { peer.wait_for_the_end().await });
    let error = fails(through(&proxy).connect_timeout(MOMENT / 4));
    assert_eq!((kinds(&error), error.limit()), (vec![ErrorKind::Connect; 3], Some(Limit::Connect)));
}

#[test]
fn what_goes_through_the_tunnel_is_encrypted_for_the_host_behind_it() {
    let root = root();
    let adapty = server(&signed(&root, "localhost", |_| {}));
    let port = adapty.port();
    let proxy = RawServer::open(move |mut peer: Peer| async move {
        assert!(peer.request().await?.starts_with(&format!("CONNECT localhost:{port} ")));
        let mut upstream = TcpStream::connect(("127.0.0.1", port)).await?;
        peer.say(OPEN).await?;
        tokio::io::copy_bidirectional(&mut peer.stream, &mut upstream).await.map(drop)
    });
    let builder = builder(&by_name(&adapty)).extra_root_certificates(root.pem());
    succeeds(builder.proxy(proxy.url()));
    assert_eq!((proxy.requests(), adapty.requests()), (1, 1));
}

#[test]
fn a_proxy_that_cannot_be_is_refused_when_the_client_is_built() {
    let error = builder("https://gate.example").proxy("socks5://a").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.to_string(), "the proxy's URL does not begin with http://");
}

/// What a fake Adapty that is not on this machine says to this key.
fn fake_answers(key: &str, status: &str, body: &str) -> Result<u32, Error> {
    let proxy = with_adapty(answer(status, &["adapty-mock-version: 0.1.0"], body));
    let client = Client::builder(ApiKey::new(key).unwrap()).base_url("http://gate.example:8080");
    let client = client.send_key_unencrypted().proxy(proxy.url()).build().unwrap();
    run(async move { client.get_profile(customer()).await.map(|answer| answer.attempts) })
}

#[test]
fn a_fake_adapty_elsewhere_is_refused_with_a_key_of_production_whatever_it_says() {
    for (status, body) in [("200 OK", PROFILE), ("503 Service Unavailable", CUSTOMER)] {
        let error = fake_answers(KEY, status, body).unwrap_err();
        assert_eq!(kinds(&error), [ErrorKind::MockServer]);
        let message = "a fake Adapty answered a production key; correct the base URL";
        assert_eq!(error.to_string(), format!("{message} (status {})", &status[..3]));
        assert!(!error.is_retryable());
    }
    assert_eq!(fake_answers("secret_test_key", "200 OK", PROFILE).unwrap(), 1);
}
