//! TLS by rustls: whom to trust, the handshake, and what to do when it fails.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, Error, ProtocolVersion, RootCertStore, StreamOwned,
};

use super::outcome::{self, Status};
use super::tcp::Tcp;

/// How long the handshake may take, unless `--timeout` says otherwise.
const HANDSHAKE: Duration = Duration::from_mins(1);

/// Whom to trust, and under which name.
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// Why there is no TLS. Nothing of the mail has been sent then.
pub(crate) struct Failure {
    pub(crate) text: String,
    /// The certificate is not to be trusted, or there is no TLS, and another try will not change that.
    pub(crate) hopeless: bool,
}

impl Failure {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), hopeless: true }
    }
}

impl From<Failure> for outcome::Failure {
    fn from(Failure { text, hopeless }: Failure) -> Self {
        Self::new(if hopeless { Status::Refused } else { Status::RetryLater }, text)
    }
}

impl Tls {
    /// Trusts the certificates in the PEM file `ca`, or the system's, for a server called `name`.
    pub(crate) fn new(ca: Option<&Path>, name: &str) -> Result<Self, outcome::Failure> {
        let roots = match ca {
            Some(file) => roots_from(file)?,
            None => roots_of_the_system()?,
        };
        let name = ServerName::try_from(name.to_owned()).map_err(|_| {
            outcome::Failure::unsendable(format!(
                "{name:?} is no name that a certificate can carry; give one by --tls-name"
            ))
        })?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| {
                outcome::Failure::new(Status::Refused, format!("TLS cannot be set up: {error}"))
            })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config), name })
    }

    /// The handshake, to its end: the certificate is checked before a single octet of SMTP passes.
    pub(crate) fn handshake(
        &self,
        mut socket: Tcp,
        timeout: Option<Duration>,
    ) -> Result<StreamOwned<ClientConnection, Tcp>, Failure> {
        socket.clock.set(timeout.unwrap_or(HANDSHAKE));
        let shaken = ClientConnection::new(Arc::clone(&self.config), self.name.clone())
            .map_err(io::Error::other)
            .and_then(|mut connection| connection.complete_io(&mut socket).map(|_| connection));
        match shaken {
            Ok(connection) => Ok(StreamOwned::new(connection, socket)),
            Err(error) => Err(self.failure(&error)),
        }
    }

    fn failure(&self, error: &io::Error) -> Failure {
        let name = self.name.to_str();
        let reason = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        let (why, advice) = match reason {
            Some(Error::InvalidCertificate(reason)) => {
                let (why, advice) = distrust(reason);
                let text =
                    format!("the certificate of {name} was refused: {why}; nothing was sent; {advice}");
                return Failure::new(&text);
            }
            Some(Error::InvalidMessage(_)) => (
                "the server does not speak TLS here".to_owned(),
                "--tls implicit is for a port of its own (465), --tls required for the others",
            ),
            Some(error) => (error.to_string(), "see what TLS the server can do"),
            None if error.kind() == io::ErrorKind::TimedOut => {
                ("the server took too long".to_owned(), "try again later, or with a longer --timeout")
            }
            None => (error.to_string(), "try again later"),
        };
        let hopeless = matches!(reason, Some(Error::InvalidMessage(_) | Error::PeerIncompatible(_)));
        Failure { text: format!("TLS with {name} failed: {why}; nothing was sent; {advice}"), hopeless }
    }
}

/// Why a certificate is not to be trusted, and what to do.
fn distrust(reason: &CertificateError) -> (String, &'static str) {
    match reason {
        CertificateError::UnknownIssuer => (
            "none of the trusted authorities has signed it".to_owned(),
            "give its authority's certificate by --ca if you trust that",
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            // `DnsName("mail.example.org")` becomes the bare name.
            let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
            let names = presented.iter().map(bare).collect::<Vec<_>>().join(", ");
            (
                format!("it is for {names}"),
                "connect by that name, or give it by --tls-name if that is the server you mean",
            )
        }
        CertificateError::NotValidForName => (
            "it is for another name".to_owned(),
            "give the right one by --tls-name if that is the server you mean",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("it has expired".to_owned(), "tell its operator, and check this machine's clock")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("it is not valid yet".to_owned(), "check this machine's clock")
        }
        other => (other.to_string(), "tell its operator, or give another authority by --ca"),
    }
}

/// The version and the cipher.
pub(crate) fn describe(connection: &ClientConnection) -> String {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let cipher = connection.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
    format!("{version}, {}, certificate checked", cipher.unwrap_or_default())
}

fn roots_from(file: &Path) -> Result<RootCertStore, outcome::Failure> {
    let unusable = |reason: String| {
        let text = format!("{}: {reason}; --ca wants a file of PEM certificates", file.display());
        outcome::Failure::unsendable(text)
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(pem(&error)))? {
        let certificate = certificate.map_err(|error| unusable(pem(&error)))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() { Err(unusable("no certificate in it".to_owned())) } else { Ok(roots) }
}

fn pem(error: &rustls::pki_types::pem::Error) -> String {
    match error {
        rustls::pki_types::pem::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

fn roots_of_the_system() -> Result<RootCertStore, outcome::Failure> {
    let mut roots = RootCertStore::empty();
    // Some systems hold certificates that nobody can read; the others do.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let text = "this system has no trusted certificates; nothing was sent; install them (ca-certificates), or give one by --ca";
        return Err(outcome::Failure::new(Status::Refused, text));
    }
    Ok(roots)
}
