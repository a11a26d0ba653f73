#!/bin/sh
# Lets SpamAssassin judge the mails of tests/message_samples.rs by its local rules (no network), and
# fails if any rule about the form of a mail fires: header fields, Date, Message-ID, MIME.
#
# Usage, as root where SpamAssassin is to be installed: tests/message/spam.sh
set -eu
cd "$(dirname "$0")/../.."

if ! command -v spamassassin >/dev/null; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends spamassassin
fi
cargo test --quiet --test message_samples
samples=$(cargo metadata --no-deps --format-version 1 |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/tmp/samples
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
# The rules are those of the package; no user's settings, no learning, nobody trusted.
cat >"$work/user_prefs" <<'PREFS'
use_bayes 0
trusted_networks 127.0.0.1
internal_networks 127.0.0.1
PREFS

judge() {
    # What the last server adds when it delivers.
    {
        printf 'Return-Path: <coldroom3@example.org>\r\n'
        printf 'Received: from mail.example.org (mail.example.org [10.1.2.3]) by mx.example.org\r\n'
        printf ' with ESMTPS id 1; %s\r\n' "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S +0000')"
        cat
    } >"$work/mail"
    spamassassin --local --test-mode --prefspath="$work/user_prefs" <"$work/mail" >"$work/judged" 2>"$work/said"
    score=$(sed -n 's/^X-Spam-Status: .*score=\([-0-9.]*\).*/\1/p' "$work/judged")
    rules=$(tr -d '\r\n\t' <"$work/judged" | sed -n 's/.*tests=\([A-Z0-9_,]*\).*/\1/p')
    [ -n "$score" ] || { echo "cannot run: SpamAssassin gave no verdict"; cat "$work/said"; exit 1; }
    printf '%-14s score %5s  rules %s\n' "$1" "$score" "${rules:-none}"
    complaints=0
    for rule in $(echo "$rules" | tr ',' ' '); do
        case $rule in
        *MISSING* | *MALFORMED* | *INVALID* | *MIME_BAD* | *MIME_QP* | *MIME_HEADER* | *MIME_NO* | *BASE64* | \
            *BOUND* | *DATE* | *MSGID* | *MESSAGE_ID* | *_MID | *ILLEGAL* | *8BIT* | *BAD_* | *UNPARSEABLE* | \
            *BLANK* | *EMPTY* | *TRUNCATED* | *ENCODED*)
            echo "  $rule is about the mail's form"
            complaints=$((complaints + 1))
            ;;
        esac
    done
}

# The judge must see what it is asked to see: here, a mail without Date and Message-ID.
grep -v -e '^Date:' -e '^Message-ID:' "$samples/plain.eml" | judge "(spoiled)" >"$work/spoiled"
cat "$work/spoiled"
if ! grep -q 'MISSING_DATE,MISSING_MID' "$work/spoiled"; then
    echo "cannot run: SpamAssassin has no rules about missing fields"
    exit 1
fi

failed=0
for sample in "$samples"/*.eml; do
    name=$(basename "$sample" .eml)
    judge "$name" <"$sample"
    [ "$complaints" = 0 ] || failed=1
done
exit $failed
