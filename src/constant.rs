//! Values that are known when the program is compiled.

/// Makes a value when compiling, of an address, a name or a login that is known by then: what the grammar refuses is an
/// error of the compiler, and neither the check nor the grammar takes flash or time.
///
/// It takes a call of any constructor that is a `const fn` and returns a `Result`.
///
/// ```
/// use embedded_smtp::constant;
/// use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};
///
/// const NAME: HelloName<'_> = constant!(HelloName::new("sensor.example"));
/// const FROM: ReversePath<'_> = constant!(ReversePath::new("sensor@example.com"));
/// const TO: ForwardPath<'_> = constant!(ForwardPath::new("someone@example.com"));
/// ```
///
/// This is not compiled, for there is no such address:
///
/// ```compile_fail
/// use embedded_smtp::constant;
/// use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};
///
/// const FROM: ReversePath<'_> = constant!(ReversePath::new("sensor at example.com"));
/// ```
#[macro_export]
macro_rules! constant {
    ($value:expr) => {
        const {
            match $value {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(_) => ::core::panic!(
                    "{}",
                    ::core::concat!(::core::stringify!($value), ": the grammar does not allow this")
                ),
            }
        }
    };
}
