//! Encoded words in header fields, as people read them (RFC 2047).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The text with its encoded words decoded; those in a charset or encoding that is not known stay as they are.
pub(crate) fn decode(text: &str) -> String {
    let (mut decoded, mut rest, mut behind_word) = (String::new(), text, false);
    while let Some(at) = rest.find("=?") {
        let (plain, from) = rest.split_at(at);
        let Some((word, behind)) = word(from) else {
            decoded += plain;
            decoded += "=?";
            (rest, behind_word) = (&from[2..], false);
            continue;
        };
        // RFC 2047 §6.2: blanks between two encoded words are not shown.
        if !(behind_word && plain.trim().is_empty()) {
            decoded += plain;
        }
        decoded += &word;
        (rest, behind_word) = (behind, true);
    }
    decoded + rest
}

/// `=?charset?encoding?text?=`, and what stands behind it.
fn word(text: &str) -> Option<(String, &str)> {
    let mut parts = text.strip_prefix("=?")?.splitn(3, '?');
    let (charset, encoding, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (encoded, behind) = rest.split_once("?=")?;
    let octets = match encoding {
        "B" | "b" => base64(encoded)?,
        "Q" | "q" => quoted(encoded)?,
        _ => return None,
    };
    // RFC 2231 §5: a language may stand behind the charset.
    let charset = charset.split('*').next().unwrap_or_default().to_ascii_lowercase();
    let text = match charset.as_str() {
        "utf-8" | "us-ascii" => String::from_utf8_lossy(&octets).into_owned(),
        "iso-8859-1" => octets.iter().copied().map(char::from).collect(),
        _ => return None,
    };
    Some((text, behind))
}

/// RFC 2047 §4.1.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut octets = vec![0; text.len()];
    let length = STANDARD.decode_slice(text, &mut octets).ok()?;
    octets.truncate(length);
    Some(octets)
}

/// RFC 2047 §4.2.
fn quoted(text: &str) -> Option<Vec<u8>> {
    let (mut octets, mut decoded) = (text.bytes(), Vec::new());
    while let Some(octet) = octets.next() {
        decoded.push(match octet {
            b'_' => b' ',
            b'=' => {
                let mut digit = || char::from(octets.next()?).to_digit(16).map(|digit| digit as u8);
                digit()? << 4 | digit()?
            }
            other => other,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn encoded_words_are_decoded_and_all_else_stays() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=?utf-8?B?Y2Fmw6k=?=", "caf\u{e9}"),
            ("a =?UTF-8?q?caf=C3=A9_au_lait?= b", "a caf\u{e9} au lait b"),
            ("=?iso-8859-1*fr?Q?caf=E9?=", "caf\u{e9}"),
            ("=?utf-8?Q?a?= =?utf-8?Q?b?= c", "ab c"),
            ("=?utf-8?Q?a?= and =?utf-8?Q?b?=", "a and b"),
            ("=?koi8-r?Q?=C1?=", "=?koi8-r?Q?=C1?="),
            ("=?utf-8?B?*?= =? =?utf-8?Q?=4?=", "=?utf-8?B?*?= =? =?utf-8?Q?=4?="),
            ("2 =? 3", "2 =? 3"),
        ] {
            assert_eq!(decode(text), expected);
        }
    }
}
