//! TLS by rustls: the certificate, and the handshake.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ConfigBuilder, ServerConfig, ServerConnection, StreamOwned};

use super::socket::Socket;

/// Who this server is.
pub(crate) struct Tls(Arc<ServerConfig>);

impl Tls {
    /// From the PEM files of a certificate, with its chain behind it, and of its key.
    pub(crate) fn new(certificate: &Path, key: &Path) -> Result<Self, String> {
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unusable(certificate, reason(&error)))?;
        if chain.is_empty() {
            return Err(unusable(certificate, "no certificate in it"));
        }
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, reason(&error)))?;
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map(ConfigBuilder::<ServerConfig, _>::with_no_client_auth)
            .and_then(|config| config.with_single_cert(chain, private))
            .map(|config| Self(Arc::new(config)))
            .map_err(|error| {
                let (certificate, key) = (certificate.display(), key.display());
                format!("{certificate} and {key} make no TLS: {error}; do they belong together?")
            })
    }

    /// The handshake, to its end.
    pub(crate) fn handshake(
        &self,
        mut socket: Socket,
    ) -> Result<StreamOwned<ServerConnection, Socket>, String> {
        let mut connection = ServerConnection::new(Arc::clone(&self.0)).map_err(|error| error.to_string())?;
        match connection.complete_io(&mut socket) {
            Ok(_) => Ok(StreamOwned::new(connection, socket)),
            Err(error) => {
                // The alert that tells the client why.
                let _ = connection.write_tls(&mut socket);
                socket.close();
                Err(error.to_string())
            }
        }
    }
}

fn unusable(file: &Path, reason: impl Display) -> String {
    format!("{}: {reason}; --tls wants PEM files of a certificate and of its key", file.display())
}

fn reason(error: &Error) -> String {
    match error {
        Error::Io(error) => error.to_string(),
        Error::NoItemsFound => "nothing of the kind in it".to_owned(),
        other => other.to_string(),
    }
}
