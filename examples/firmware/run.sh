#!/usr/bin/env bash
# Boots an image in QEMU, and shows its log by defmt-print (cargo install defmt-print) where that is installed. Ends
# with QEMU's exit status, which the firmware sets.
set -uo pipefail

log=(defmt-print -e "$1")
command -v defmt-print >/dev/null || {
    echo "run.sh: without defmt-print the log cannot be read: cargo install defmt-print" >&2
    log=(dd of=/dev/null status=none)
}
qemu-system-arm -M mps2-an386 -display none -serial none -monitor none \
    -semihosting-config enable=on,target=native -nic user,model=lan9118 -kernel "$1" </dev/null | "${log[@]}"
exit "${PIPESTATUS[0]}"
