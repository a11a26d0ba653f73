//! Domains by themselves: kept as they were given, and written as they are.

use embedded_smtp::wire::{Domain, Emit, HelloName, Writer};

fn written(value: &impl Emit) -> String {
    let mut octets = [0; 64];
    let mut out = Writer::new(&mut octets);
    value.emit(&mut out);
    let length = out.finish().unwrap();
    String::from_utf8(octets[..length].to_vec()).unwrap()
}

#[test]
fn a_domain_is_what_was_given_everywhere() {
    for (name, ascii) in [("a", true), ("mail.EXAMPLE.test", true), ("bücher.test", false)] {
        let domain = Domain::new(name).unwrap();
        assert_eq!((domain.as_str(), domain.is_ascii()), (name, ascii));
        assert_eq!(written(&domain), name);
        let hello = HelloName::from(domain);
        assert_eq!((hello.as_str(), hello.is_ascii(), hello.is_literal()), (name, ascii, false));
        assert_eq!(written(&hello), name);
    }
    assert!(HelloName::new("[192.0.2.1]").unwrap().is_literal());
}
