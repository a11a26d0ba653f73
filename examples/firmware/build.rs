//! Where the linker finds the memory's layout, and defmt's texts; and the certificate that the image believes.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo:rustc-link-search={}", env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-env-changed=MAIL_CA");
    if env::var_os("CARGO_FEATURE_TLS").is_some() {
        authority();
    }
}

/// Puts the certificate of `MAIL_CA`, in PEM (RFC 7468) or DER, where `src/tls/verifier.rs` includes it from.
fn authority() {
    let file = env::var("MAIL_CA")
        .expect("MAIL_CA must name the file of the authority's certificate, in PEM or DER");
    println!("cargo:rerun-if-changed={file}");
    let octets = fs::read(&file).unwrap_or_else(|error| panic!("MAIL_CA: {file}: {error}"));
    let der = match std::str::from_utf8(&octets) {
        Ok(text) => from_pem(text).unwrap_or_else(|| panic!("MAIL_CA: {file} holds no certificate in PEM")),
        Err(_) => octets,
    };
    let to = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("ca.der");
    fs::write(&to, der).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
}

/// The first certificate in the text.
fn from_pem(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (encoded, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let alphabet = |octet: u8| {
        let place = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter();
        place.clone().position(|letter| *letter == octet)
    };
    let (mut der, mut bits, mut value) = (Vec::new(), 0, 0_usize);
    for octet in encoded.bytes().filter(|octet| !octet.is_ascii_whitespace() && *octet != b'=') {
        value = value << 6 | alphabet(octet)?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            der.push((value >> bits) as u8);
            value &= (1 << bits) - 1;
        }
    }
    (!der.is_empty()).then_some(der)
}
