//! Octets to parameters to octets to parameters, one by one and as a list.
#![no_main]

use embedded_smtp::wire::Params;
use embedded_smtp_fuzz::{assert_one_line, octets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|wire: &[u8]| {
    let Ok(params) = Params::parse(wire) else { return };
    let list: Vec<_> = params.iter().collect();
    let lent = Params::of(&list);
    assert_eq!(lent, params);
    let written = octets(&lent);
    assert_one_line(&written);
    assert_eq!(Params::parse(&written), Ok(params));
    for param in &list {
        let written = octets(param);
        let again = Params::parse(&written).expect("what is written can be read");
        assert_eq!(again.iter().collect::<Vec<_>>(), [*param]);
    }
});
