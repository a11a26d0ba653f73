#!/usr/bin/env bash
# Boots an image in QEMU, and shows its log by defmt-print where that is installed (cargo install defmt-print). Ends with
# QEMU's exit status, which the firmware sets.
#
#   run.sh IMAGE [NAME=VALUE...]      settings, see src/settings.rs; MAIL_TIME is now, unless it is given or in the environment
#   QEMU_OPTIONS                      further options of QEMU's, set apart by spaces, in place of the processor's own clock
#   QEMU_NETWORK                      another network of QEMU's than `user`
set -uo pipefail

image=$1
shift
command -v qemu-system-arm >/dev/null || {
    echo "run.sh: the board is emulated by qemu-system-arm, which is missing (Debian: apt-get install qemu-system-arm)" >&2
    exit 127
}
log=(defmt-print -e "$image")
command -v defmt-print >/dev/null || {
    echo "run.sh: without defmt-print the log cannot be read: cargo install defmt-print" >&2
    log=(dd of=/dev/null status=none)
}
semihosting=enable=on,target=native,arg=firmware
# The host's clock stands for the device's own. Of two settings of one name the first counts.
for setting in "$@" "MAIL_TIME=${MAIL_TIME:-$(date +%s)}"; do
    # QEMU's own way of writing a comma
    semihosting+=,arg=${setting//,/,,}
done
# QEMU counts 64 ns for each instruction, which is about what the board's processor takes. So times are the board's own: by the host's
# clock a busy host would look like a main loop that stands still, and the watchdog would bite.
read -ra options <<<"${QEMU_OPTIONS--icount shift=6}"
qemu-system-arm -M mps2-an386 -display none -serial none -monitor none -semihosting-config "$semihosting" \
    -nic "${QEMU_NETWORK:-user},model=lan9118" "${options[@]}" -kernel "$image" </dev/null | "${log[@]}"
exit "${PIPESTATUS[0]}"
