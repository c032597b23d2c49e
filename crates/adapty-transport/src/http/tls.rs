//! Encryption, and whose certificates are trusted.

use std::{io, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::error::Error;

/// Speaks TLS to one host, whose certificate is always verified.
pub(crate) struct Tls {
    connector: TlsConnector,
    host: ServerName<'static>,
}

impl Tls {
    pub(crate) fn new(host: &str, roots: Roots) -> Result<Self, Error> {
        let host = ServerName::try_from(host.to_owned()).map_err(|cause| {
            Error::configuration("the base URL's host is no name a certificate can have")
                .caused_by(cause)
        })?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(roots.0)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), host })
    }

    pub(crate) async fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.host.clone(), stream).await
    }
}

/// Whether a failed handshake was a refusal by one of the two sides, rather than a connection that
/// broke.
pub(crate) fn is_refusal(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

/// Whose word for a certificate counts.
pub(crate) struct Roots(RootCertStore);

impl Roots {
    pub(crate) fn of_the_web() -> Self {
        Self(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    /// The roots that the platform trusts, read from where it keeps them.
    #[cfg(feature = "platform-roots")]
    pub(crate) fn of_the_platform() -> Result<Self, Error> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added > 0 {
            return Ok(Self(roots));
        }
        let error = Error::configuration("the platform has no root certificates");
        Err(match found.errors.into_iter().next() {
            Some(cause) => error.caused_by(cause),
            None => error,
        })
    }

    /// Adds every certificate of a PEM text.
    pub(crate) fn add_pem(&mut self, pem: &[u8]) -> Result<(), Error> {
        let before = self.0.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            certificate.map_err(|cause| not_pem().caused_by(cause)).and_then(|certificate| {
                self.0.add(certificate).map_err(|cause| {
                    Error::configuration("an extra root certificate cannot be used as a root")
                        .caused_by(cause)
                })
            })?;
        }
        if self.0.len() == before {
            return Err(not_pem());
        }
        Ok(())
    }
}

fn not_pem() -> Error {
    Error::configuration("an extra root certificate is not PEM text with a certificate in it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_of_the_web_are_trusted_to_begin_with() {
        let Roots(store) = Roots::of_the_web();
        assert_eq!(store.roots, webpki_roots::TLS_SERVER_ROOTS);
        assert!(!store.is_empty());
    }
}
