//! Whom the client trusts: certificates are made here, at run time. What is said once trust is
//! there is tested without encryption elsewhere.

use std::{future::Future, io, sync::Arc};

use adapty_transport::{ErrorKind, Limit};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, pem::PemObject},
    },
    server::TlsStream,
};

use crate::support::{
    CUSTOMER, Flag, Peer, RawServer, builder, customer, fails, hurried, kinds, leave, profile, run,
    succeeds,
};

pub(crate) type Root = CertifiedIssuer<'static, KeyPair>;

#[test]
fn a_server_of_ones_own_root_is_trusted_by_name_and_by_address() {
    let root = root();
    let server = server(&signed(&root, "localhost", |_| {}));
    let answer = succeeds(builder(&by_name(&server)).extra_root_certificates(root.pem()));
    assert_eq!(answer.attempts, 1);

    let server = self::server(&signed(&root, "127.0.0.1", |_| {}));
    let url = format!("https://127.0.0.1:{}", server.port());
    succeeds(builder(&url).extra_root_certificates(root.pem()));
}

#[test]
fn a_root_nobody_named_is_not_trusted() {
    let server = server(&signed(&root(), "localhost", |_| {}));
    let error = fails(builder(&by_name(&server)));
    assert_eq!(error.to_string(), "no secure connection");
    distrusted(&server, &error);
}

#[test]
fn a_self_signed_certificate_is_not_trusted() {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = own.self_signed(&key).unwrap();
    let server = server(&Papers { certificate: certificate.pem(), key: key.serialize_pem() });
    distrusted(&server, &fails(builder(&by_name(&server))));
}

#[test]
fn an_expired_certificate_is_not_trusted() {
    let root = root();
    let server = server(&signed(&root, "localhost", |params| {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    }));
    let error = fails(builder(&by_name(&server)).extra_root_certificates(root.pem()));
    distrusted(&server, &error);
}

#[test]
fn a_certificate_of_another_host_is_not_trusted() {
    let root = root();
    let server = server(&signed(&root, "api.adapty.example", |_| {}));
    let error = fails(builder(&by_name(&server)).extra_root_certificates(root.pem()));
    distrusted(&server, &error);
}

#[test]
fn a_server_that_speaks_no_tls_is_not_trusted() {
    let server = RawServer::open(|mut peer| async move {
        peer.stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        peer.wait_for_the_end().await
    });
    distrusted(&server, &fails(builder(&by_name(&server))));
}

#[test]
fn a_handshake_cut_off_is_no_connection_and_retried() {
    let server = RawServer::open(|peer| async move { peer.reset() });
    let error = fails(builder(&by_name(&server)));
    assert_eq!(kinds(&error), [ErrorKind::Connect; 3]);
    assert!(!error.may_have_reached_server());
    assert_eq!(server.connections(), 3);
}

#[test]
fn of_two_protocols_the_one_it_speaks_is_asked_for() {
    let root = root();
    let server = server_with(&signed(&root, "localhost", |_| {}), |mut peer| async move {
        assert_eq!(peer.stream.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
        peer.request().await?;
        peer.stream.write_all(profile().as_bytes()).await?;
        peer.wait_for_the_end().await
    });
    succeeds(builder(&by_name(&server)).extra_root_certificates(root.pem()));
}

#[test]
fn a_reset_under_encryption_is_a_closed_connection_and_retried() {
    let root = root();
    let server = server_with(&signed(&root, "localhost", |_| {}), |mut peer| async move {
        peer.request().await?;
        peer.stream.get_ref().0.set_zero_linger()
    });
    let error = fails(builder(&by_name(&server)).extra_root_certificates(root.pem()));
    assert_eq!(kinds(&error), [ErrorKind::Connection; 3]);
    let message = "the connection closed before the response (3 attempts)";
    assert_eq!((error.to_string().as_str(), server.requests()), (message, 3));
    assert!(error.may_have_reached_server());
}

#[test]
fn an_answer_nobody_asked_for_under_encryption_is_given_to_nobody() {
    let root = root();
    let papers = signed(&root, "localhost", |_| {});
    let (over, said) = (Flag::default(), Flag::default());
    let (is_over, has_said) = (over.clone(), said.clone());
    let server = server_with(&papers, move |mut peer| {
        let (over, said) = (over.clone(), said.clone());
        async move {
            peer.request().await?;
            peer.stream.write_all(profile().as_bytes()).await?;
            over.wait().await;
            let theirs = profile().replace(CUSTOMER, "77B14FB4-FD2A-4D38-AA3A-000000000000");
            peer.stream.write_all(theirs.as_bytes()).await?;
            said.raise();
            peer.wait_for_the_end().await
        }
    });
    let client = builder(&by_name(&server)).extra_root_certificates(root.pem()).build().unwrap();
    let answer = run(async move {
        client.get_profile(customer()).await.unwrap();
        is_over.raise();
        has_said.block();
        client.get_profile(customer()).await.unwrap()
    });
    assert_eq!(answer.body.customer_user_id.as_deref(), Some(CUSTOMER));
    assert_eq!((answer.attempts, server.connections()), (2, 2));
}

#[test]
fn a_handshake_without_end_is_cut_by_the_connect_limit() {
    let server = RawServer::open(|mut peer| async move { peer.wait_for_the_end().await });
    let error = fails(hurried(&by_name(&server)).attempt_timeout(crate::support::MOMENT * 10));
    assert_eq!(kinds(&error), [ErrorKind::Connect; 3]);
    assert_eq!(error.limit(), Some(Limit::Connect));
    assert!(error.is_retryable() && !error.may_have_reached_server());
    assert_eq!((server.connections(), server.requests()), (3, 0));
}

#[test]
fn dropping_a_call_in_its_handshake_closes_the_connection() {
    let server = RawServer::open(|mut peer| async move {
        let mut hello = [0; 16];
        peer.stream.read_exact(&mut hello).await?;
        peer.arrived();
        peer.wait_for_the_end().await
    });
    leave(builder(&by_name(&server)), &server);
    assert_eq!(server.connections(), 1);
}

#[track_caller]
fn distrusted(server: &RawServer, error: &adapty_transport::Error) {
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
    assert_eq!(error.attempts().len(), 1);
    assert_eq!(server.requests(), 0);
    assert!(!error.may_have_reached_server() && !error.is_retryable());
}

/// A certificate and its key, as PEM text.
pub(crate) struct Papers {
    certificate: String,
    key: String,
}

pub(crate) fn root() -> Root {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

pub(crate) fn signed(
    root: &Root,
    host: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> Papers {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, root).unwrap();
    Papers { certificate: certificate.pem(), key: key.serialize_pem() }
}

/// A server with this certificate that answers every request with a profile.
pub(crate) fn server(papers: &Papers) -> RawServer {
    server_with(papers, |mut peer| async move {
        while peer.request().await.is_ok() {
            peer.stream.write_all(profile().as_bytes()).await?;
        }
        Ok(())
    })
}

/// A server with this certificate that does with each connection what its script says; it speaks
/// HTTP/2 as well, and better.
fn server_with<F>(
    papers: &Papers,
    script: impl Fn(Peer<TlsStream<TcpStream>>) -> F + Clone + Send + Sync + 'static,
) -> RawServer
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let certificate = papers.certificate.as_bytes();
    let chain = PemObject::pem_slice_iter(certificate).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(papers.key.as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    RawServer::open(move |peer| {
        let (acceptor, script) = (acceptor.clone(), script.clone());
        async move {
            let accept = |stream: TcpStream| async move { acceptor.accept(stream).await };
            script(peer.through(accept).await?).await
        }
    })
}

pub(crate) fn by_name(server: &RawServer) -> String {
    format!("https://localhost:{}", server.port())
}
