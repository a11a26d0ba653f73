//! Whether the server is who it must be, and what embedded-tls needs to do the handshake.
//!
//! embedded-tls verifies signatures, the time and the name. It does not ask whether a certificate may sign others, and it takes a
//! server's word that the handshake is over also when no certificate has come. Both are seen to here.

use embedded_tls::pki::CertVerifier;
use embedded_tls::{
    Aes128GcmSha256, Certificate, CertificateRef, CertificateVerifyRef, CryptoProvider, CryptoRngCore,
    Sha256, TlsClock, TlsError, TlsVerifier,
};

use super::random::Random;
use crate::clock;

/// The certificate of the one authority that is believed, in DER; `build.rs` takes it from the file `MAIL_CA`.
static AUTHORITY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ca.der"));

/// Octets of all the certificates that a server may send.
const CERTIFICATES: usize = 2048;

/// What embedded-tls asks for in a handshake.
pub struct Provider {
    random: Random,
    verifier: Verifier,
}

/// What the server has not proved.
#[derive(Clone, Copy, defmt::Format)]
pub enum Unproven {
    /// It has shown no certificate.
    Certificate,
    /// It has not shown that it holds the certificate's key.
    Key,
}

impl Provider {
    /// For one handshake.
    pub fn new(random: Random) -> Self {
        let verifier = CertVerifier::new(Certificate::X509(AUTHORITY));
        Self { random, verifier: Verifier { verifier, certificate: false, key: false } }
    }

    /// To be asked when embedded-tls says that the handshake is done.
    pub fn proof(&self) -> Result<(), Unproven> {
        match &self.verifier {
            Verifier { certificate: false, .. } => Err(Unproven::Certificate),
            Verifier { key: false, .. } => Err(Unproven::Key),
            _ => Ok(()),
        }
    }
}

impl CryptoProvider for Provider {
    type CipherSuite = Aes128GcmSha256;
    /// No certificate of the device's own.
    type Signature = [u8; 0];

    fn rng(&mut self) -> impl CryptoRngCore {
        self.random.generator()
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.verifier)
    }
}

struct Verifier {
    verifier: CertVerifier<'static, Aes128GcmSha256, Clock, CERTIFICATES>,
    certificate: bool,
    key: bool,
}

impl TlsVerifier<Aes128GcmSha256> for Verifier {
    fn set_hostname_verification(&mut self, name: &str) -> Result<(), TlsError> {
        self.verifier.set_hostname_verification(name)
    }

    /// The server's own certificate must be signed by the authority itself. A chain is not followed: any server with a
    /// certificate of the authority's could lengthen it.
    fn verify_certificate(
        &mut self,
        transcript: &Sha256,
        mut shown: CertificateRef<'_>,
    ) -> Result<(), TlsError> {
        shown.entries.truncate(1);
        self.verifier.verify_certificate(transcript, shown)?;
        self.certificate = true;
        Ok(())
    }

    fn verify_signature(&mut self, signature: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        // Without this embedded-tls would panic.
        if !self.certificate || self.key {
            return Err(TlsError::InvalidHandshake);
        }
        self.verifier.verify_signature(signature)?;
        self.key = true;
        Ok(())
    }
}

struct Clock;

impl TlsClock for Clock {
    fn now() -> Option<u64> {
        Some(clock::unix())
    }
}
