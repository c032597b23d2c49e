//! Whom the client trusts: certificates are made here, at run time. What is said once trust is
//! there is tested without encryption elsewhere.

use std::sync::Arc;

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
};

use crate::support::{Door, builder, fails, hurried, kinds, leave, profile, succeeds};

type Root = CertifiedIssuer<'static, KeyPair>;

#[test]
fn a_root_of_ones_own_opens_the_door_by_name_and_by_address() {
    let root = root();
    let door = door(&signed(&root, "localhost", |_| {}));
    let answer = succeeds(builder(&by_name(&door)).extra_root_certificates(root.pem()));
    assert_eq!(answer.attempts, 1);

    let door = self::door(&signed(&root, "127.0.0.1", |_| {}));
    let url = format!("https://127.0.0.1:{}", door.port());
    succeeds(builder(&url).extra_root_certificates(root.pem()));
}

#[test]
fn a_root_nobody_named_is_not_trusted() {
    let door = door(&signed(&root(), "localhost", |_| {}));
    let error = fails(builder(&by_name(&door)));
    assert_eq!(error.to_string(), "no secure connection");
    distrusted(&door, &error);
}

#[test]
fn a_self_signed_certificate_is_not_trusted() {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = own.self_signed(&key).unwrap();
    let door = door(&Papers { certificate: certificate.pem(), key: key.serialize_pem() });
    distrusted(&door, &fails(builder(&by_name(&door))));
}

#[test]
fn an_expired_certificate_is_not_trusted() {
    let root = root();
    let door = door(&signed(&root, "localhost", |params| {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    }));
    let error = fails(builder(&by_name(&door)).extra_root_certificates(root.pem()));
    distrusted(&door, &error);
}

#[test]
fn a_certificate_of_another_host_is_not_trusted() {
    let root = root();
    let door = door(&signed(&root, "api.adapty.example", |_| {}));
    let error = fails(builder(&by_name(&door)).extra_root_certificates(root.pem()));
    distrusted(&door, &error);
}

#[test]
fn a_server_that_speaks_no_tls_is_not_trusted() {
    let door = Door::open(|mut guest| async move {
        guest.stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        guest.wait_for_the_end().await
    });
    distrusted(&door, &fails(builder(&by_name(&door))));
}

#[test]
fn a_handshake_cut_off_is_no_connection_and_repeated() {
    let door = Door::open(|guest| async move { guest.reset() });
    let error = fails(builder(&by_name(&door)));
    assert_eq!(kinds(&error), [ErrorKind::Connect; 3]);
    assert!(!error.may_have_been_seen());
    assert_eq!(door.connections(), 3);
}

#[test]
fn a_handshake_without_end_is_cut_by_the_connect_limit() {
    let door = Door::open(|mut guest| async move { guest.wait_for_the_end().await });
    let error = fails(hurried(&by_name(&door)).attempt_timeout(crate::support::MOMENT * 10));
    assert_eq!(kinds(&error), [ErrorKind::Connect; 3]);
    assert_eq!(error.limit(), Some(Limit::Connect));
    assert!(error.is_worth_retrying());
}

#[test]
fn dropping_a_call_in_its_handshake_closes_the_connection() {
    let door = Door::open(|mut guest| async move {
        let mut hello = [0; 16];
        guest.stream.read_exact(&mut hello).await?;
        guest.arrived();
        guest.wait_for_the_end().await
    });
    leave(builder(&by_name(&door)), &door);
    assert_eq!(door.connections(), 1);
}

#[track_caller]
fn distrusted(door: &Door, error: &adapty_transport::Error) {
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
    assert_eq!(error.attempts().len(), 1);
    assert_eq!(door.requests(), 0);
    assert!(!error.may_have_been_seen() && !error.is_worth_retrying());
}

/// A certificate and its key, as PEM text.
struct Papers {
    certificate: String,
    key: String,
}

fn root() -> Root {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn signed(root: &Root, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Papers {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, root).unwrap();
    Papers { certificate: certificate.pem(), key: key.serialize_pem() }
}

/// A server with this certificate that answers every request with a profile.
fn door(papers: &Papers) -> Door {
    let certificate = papers.certificate.as_bytes();
    let chain = PemObject::pem_slice_iter(certificate).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(papers.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Door::open(move |guest| {
        let acceptor = acceptor.clone();
        async move {
            let accept = |stream: TcpStream| async move { acceptor.accept(stream).await };
            let mut guest = guest.through(accept).await?;
            while guest.request().await.is_ok() {
                guest.stream.write_all(profile().as_bytes()).await?;
            }
            Ok(())
        }
    })
}

fn by_name(door: &Door) -> String {
    format!("https://localhost:{}", door.port())
}
