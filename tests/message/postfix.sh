#!/usr/bin/env bash
# Sends generated mails through a real Postfix (started by tests/interop/postfix.sh, on ports of its own) and compares what
# lies in the mailbox with what was written, octet for octet.
#
# Needs root and the packages of tests/interop/install.sh.
set -eu
cd "$(dirname "$0")/../.."
export INTEROP_PORT_BASE=${INTEROP_PORT_BASE:-13500}
INTEROP_DIR=$(mktemp -d)
export INTEROP_DIR
chmod 755 "$INTEROP_DIR"
trap 'tests/interop/postfix.sh stop; rm -rf "$INTEROP_DIR"' EXIT
tests/interop/postfix.sh start
eval "$(tests/interop/postfix.sh env)"
POSTFIX=127.0.0.1:$PLAIN_PORT MAILDIR=$MAILDIR \
    cargo test --test message_postfix -- --ignored --nocapture
