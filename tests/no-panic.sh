#!/usr/bin/env bash
# Shows that nothing in the library can panic: optimised Cortex-M images which use client, server, submission,
# stuffing, SASL, the grammar, the embedded-io adapter (everything) and the message writer (every_message) hold no symbol of core's
# panicking machinery, nor the panic handler; nor does the image of both sides of CRAM-MD5 and SCRAM (hashed) at levels s and 3. (At level z
# the hash crates' own copying of blocks keeps the check of its lengths.) The image of the async adapter (awaited) holds one panic, the
# compiler's own for a future that somebody polls when it is done. An image that can panic shows that the search finds them.
set -euo pipefail
cd "$(dirname "$0")/cortex-m"

panicking='core::panicking|_fail$|_failed$|len_mismatch|image_can_panic|rust_begin_unwind'
polled_when_done='core::panicking::panic_const::panic_const_async_fn_resumed|core::panicking::panic_fmt|image_can_panic|.*rust_begin_unwind'

build() { # OPT-LEVEL
    # What tests/footprint.sh has built serves here, too.
    CARGO_PROFILE_RELEASE_OPT_LEVEL=$1 ./build.sh build --quiet --release --target-dir "target/opt-$1" --features costs \
        --bin panics "${images[@]/#/--bin=}"
}

symbols() { # OPT-LEVEL IMAGE    those of panicking; the hash behind a name is cut off
    nm --demangle "target/opt-$1/thumbv7em-none-eabihf/release/$2" | cut -d' ' -f3- |
        sed -E 's/::h[0-9a-f]{16}$//' | grep -E "$panicking" || true
}

for level in s z 3; do
    images=(everything every_message awaited)
    [ "$level" = z ] || images+=(hashed)
    build "$level"
    [ -n "$(symbols "$level" panics)" ] || {
        echo "no-panic: the search finds nothing in an image that can panic (opt-level $level)" >&2
        exit 1
    }
    for image in "${images[@]}"; do
        found=$(symbols "$level" "$image")
        [ "$image" != awaited ] || found=$(grep -vxE "$polled_when_done" <<<"$found" || true)
        [ -z "$found" ] || {
            printf 'no-panic: the library can panic (%s, opt-level %s):\n%s\n' "$image" "$level" "$found" >&2
            exit 1
        }
        echo "no panic in $image at opt-level $level ($(nm "target/opt-$level/thumbv7em-none-eabihf/release/$image" | wc -l) symbols looked at)"
    done
done
