//! Streams: TCP, or TLS above it, behind one type.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use embedded_io_adapters::tokio_1::FromTokio;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// How long the peer may take for a connection or a handshake.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) trait Octets: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Octets for T {}

/// What the async adapter drives.
pub(crate) type Stream = FromTokio<Box<dyn Octets>>;

pub(crate) fn plain(socket: TcpStream) -> Stream {
    // A reply or a command is a small write that nothing follows until the peer has answered.
    let _ = socket.set_nodelay(true);
    FromTokio::new(Box::new(socket))
}

pub(crate) async fn connect(address: &str) -> io::Result<Stream> {
    Ok(plain(timeout(PATIENCE, TcpStream::connect(address)).await??))
}

/// Closes in good order: by TLS's own farewell where there is TLS, and behind what the peer is still saying, for unread octets
/// tear a connection down, and take from the peer what it has not read. For no longer than this.
pub(crate) async fn close(stream: Stream, patience: Duration) {
    let mut stream = stream.into_inner();
    let close = async {
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(patience, close).await;
}

pub(crate) async fn accept_tls(acceptor: &TlsAcceptor, stream: Stream) -> io::Result<Stream> {
    let stream = timeout(PATIENCE, acceptor.accept(stream.into_inner())).await??;
    Ok(FromTokio::new(Box::new(stream)))
}

/// The certificate must be for the host's name in `address`.
pub(crate) async fn connect_tls(
    connector: &TlsConnector,
    address: &str,
    stream: Stream,
) -> io::Result<Stream> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = timeout(PATIENCE, connector.connect(name, stream.into_inner())).await??;
    Ok(FromTokio::new(Box::new(stream)))
}

pub(crate) fn acceptor(certificates: &Path, key: &Path) -> Result<TlsAcceptor, Box<dyn Error>> {
    let (certificates_file, key_file) = (certificates.display(), key.display());
    let chain = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| format!("{certificates_file}: {error}"))?;
    if chain.is_empty() {
        return Err(format!("{certificates_file}: no certificate in PEM").into());
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        pem::Error::NoItemsFound => format!("{key_file}: no private key in PEM"),
        error => format!("{key_file}: {error}"),
    })?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let config = config.map_err(|error| {
        format!("the certificate in {certificates_file} and the key in {key_file} cannot be used together: {error}")
    })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Trusts the certificates in `ca`, or the system's.
pub(crate) fn connector(ca: Option<&Path>) -> Result<TlsConnector, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(file) => {
            let read = |error| format!("{}: {error}", file.display());
            for certificate in CertificateDer::pem_file_iter(file).map_err(read)? {
                roots.add(certificate.map_err(read)?)?;
            }
            if roots.is_empty() {
                return Err(format!("{}: no certificate in PEM", file.display()).into());
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
