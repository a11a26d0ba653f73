//! TLS by rustls, for both roles, and what binds a login to its session.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use embedded_smtp::sasl::ChannelBinding;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, ConnectionCommon, RootCertStore, ServerConfig, ServerConnection,
    SideData, StreamOwned,
};
use sha2::{Digest, Sha256};

use crate::Failure;

/// In clear or under TLS.
pub(crate) trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// Which channel binding is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// What TLS gives out for the purpose (RFC 9266); TLS 1.3 only, or a TLS 1.2 with extended master secret.
    Exporter,
    /// The hash of the server's certificate (RFC 5929 §4).
    EndPoint,
    /// Given by hand, with its name.
    Exactly(String, Vec<u8>),
}

/// The octets that belong to a choice.
#[derive(Debug, Clone)]
pub(crate) enum Binding {
    Exporter([u8; 32]),
    EndPoint(Vec<u8>),
}

impl Binding {
    pub(crate) fn channel(&self) -> ChannelBinding<'_> {
        match self {
            Self::Exporter(data) => ChannelBinding::tls_exporter(data),
            Self::EndPoint(hash) => ChannelBinding::tls_server_end_point(hash),
        }
    }
}

impl Choice {
    /// `tls-exporter`, `tls-server-end-point`, or one of them with `:HEX` behind it.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "tls-exporter" => Ok(Self::Exporter),
            "tls-server-end-point" => Ok(Self::EndPoint),
            _ => {
                let (name, digits) = text
                    .split_once(':')
                    .ok_or("--binding is tls-exporter, tls-server-end-point or NAME:HEX")?;
                Ok(Self::Exactly(name.to_owned(), octets(digits)?))
            }
        }
    }

    /// Its octets, where TLS is not asked for them.
    pub(crate) fn given(&self) -> Result<Option<Binding>, Failure> {
        let Self::Exactly(name, data) = self else { return Ok(None) };
        Ok(Some(match name.as_str() {
            "tls-server-end-point" => Binding::EndPoint(data.clone()),
            _ => Binding::Exporter(data.as_slice().try_into()?),
        }))
    }

    /// Its octets in a session whose server has shown this certificate.
    fn of<S: SideData>(
        &self,
        connection: &ConnectionCommon<S>,
        server: &CertificateDer<'_>,
    ) -> Result<Binding, Failure> {
        if let Some(binding) = self.given()? {
            return Ok(binding);
        }
        Ok(match self {
            Self::EndPoint => Binding::EndPoint(end_point(server)?),
            _ => Binding::Exporter(connection.export_keying_material(
                [0; 32],
                b"EXPORTER-Channel-Binding",
                Some(&[]),
            )?),
        })
    }
}

/// The client's side.
pub(crate) struct Client {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Client {
    /// Trusts the certificates in the PEM file `ca`, for a server of this name.
    pub(crate) fn new(ca: &Path, name: &str) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca)? {
            roots.add(certificate?)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config), name: ServerName::try_from(name.to_owned())? })
    }

    /// The handshake.
    pub(crate) fn handshake(
        &self,
        mut socket: TcpStream,
        choice: Option<&Choice>,
    ) -> Result<(Box<dyn Stream>, Option<Binding>), Failure> {
        let mut connection = ClientConnection::new(Arc::clone(&self.config), self.name.clone())?;
        connection.complete_io(&mut socket)?;
        let server = connection.peer_certificates().and_then(<[_]>::first).ok_or("no certificate")?;
        let binding = choice.map(|choice| choice.of(&connection, server)).transpose()?;
        Ok((Box::new(StreamOwned::new(connection, socket)), binding))
    }
}

/// The server's side.
pub(crate) struct Server {
    config: Arc<ServerConfig>,
    certificate: CertificateDer<'static>,
}

impl Server {
    /// With the certificate (and its chain) and the key in these PEM files.
    pub(crate) fn new(certificates: &Path, key: &Path) -> Result<Self, Failure> {
        let chain = CertificateDer::pem_file_iter(certificates)?.collect::<Result<Vec<_>, _>>()?;
        let certificate = chain.first().cloned().ok_or("no certificate")?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
        Ok(Self { config: Arc::new(config), certificate })
    }

    /// The handshake.
    pub(crate) fn handshake(
        &self,
        mut socket: TcpStream,
        choice: Option<&Choice>,
    ) -> Result<(Box<dyn Stream>, Option<Binding>), Failure> {
        let mut connection = ServerConnection::new(Arc::clone(&self.config))?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        let binding = choice.map(|choice| choice.of(&connection, &self.certificate)).transpose()?;
        Ok((Box::new(StreamOwned::new(connection, socket)), binding))
    }
}

/// The hash by which the certificate is signed, of all of it; SHA-256 in place of older ones (RFC 5929 §4.1).
fn end_point(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, Failure> {
    // sha384WithRSAEncryption, sha512WithRSAEncryption, ecdsa-with-SHA384 and ecdsa-with-SHA512
    let others: [&[u8]; 4] = [
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c",
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d",
        b"\x2a\x86\x48\xce\x3d\x04\x03\x03",
        b"\x2a\x86\x48\xce\x3d\x04\x03\x04",
    ];
    if others.iter().any(|other| certificate.windows(other.len()).any(|window| window == *other)) {
        return Err("only certificates signed with SHA-256 are known here".into());
    }
    Ok(Sha256::digest(certificate).to_vec())
}

/// The octets of hexadecimal digits.
fn octets(digits: &str) -> Result<Vec<u8>, Failure> {
    let pair = |at: usize| digits.get(at..at + 2).ok_or("an odd number of digits");
    let octet = |at: usize| -> Result<u8, Failure> { Ok(u8::from_str_radix(pair(at)?, 16)?) };
    (0..digits.len()).step_by(2).map(octet).collect()
}
