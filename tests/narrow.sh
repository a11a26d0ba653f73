#!/usr/bin/env bash
# The code that only small machines run (`WIDE` in src/wire/syntax.rs is false for them), under the host's tests.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/inside.sh
. tests/inside.sh

inside narrow stuffing unstuffing commands doubt pipelining replies replies_together responses server_commands server_policy transcripts \
    transcripts_server timers conversation chunked misused failing_content keeping retrying server_sessions \
    wire_commands wire_params wire_paths wire_proxy wire_xclient attacks/main
narrow
cargo test --lib
