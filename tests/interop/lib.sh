# shellcheck shell=bash
# Shared by the interop scripts: places, ports, certificates, test mails, the table of results. Sourced, not run.
# shellcheck disable=SC2034 # what is set here is used there
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)

# Everything that a test writes or starts lives here.
interop_dir=${INTEROP_DIR:-${TMPDIR:-/tmp}/embedded-smtp-interop}
# All ports are this base plus the last two digits of the port the service is known by (25, 65, 87 ...).
port_base=${INTEROP_PORT_BASE:-12500}

domain=example.test
tls_name=mail.$domain
login=alice
password='tiger lily 42'
certs=$interop_dir/certs

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# --- processes and ports -----------------------------------------------------------------------------------

port_is_open() { # PORT
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

require_free_ports() { # PORT...
    local port
    for port in "$@"; do
        if port_is_open "$port"; then
            fail "port $port is taken: end what listens there, or set INTEROP_PORT_BASE to another base than $port_base"
        fi
    done
}

no_port_is_open() { # PORT...
    local port
    for port in "$@"; do
        ! port_is_open "$port" || return
    done
}

wait_for() { # SECONDS COMMAND...   until the command succeeds
    local tries=$(($1 * 10)) i
    shift
    for ((i = 0; i < tries; i++)); do
        "$@" && return
        sleep 0.1
    done
    return 1
}

# End the process whose number stands in FILE, if it still runs under the name we started it by.
stop_by_pidfile() { # FILE NAME
    local pid
    [ -s "$1" ] || return 0
    pid=$(tr -dc 0-9 <"$1")
    if runs_as "$pid" "$2"; then
        kill "$pid" 2>/dev/null
        wait_for 30 process_is_gone "$pid" || kill -9 "$pid" 2>/dev/null
    fi
    rm -f "$1"
}

runs_as() { # PID NAME
    [ -n "$1" ] && tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -qF -- "$2"
}

process_is_gone() { # PID    gone, or ended and not yet collected by its parent
    [ ! -d "/proc/$1" ] || grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# --- certificates ------------------------------------------------------------------------------------------

# One test CA with a server certificate, and a second CA that has signed nothing we serve.
make_certs() {
    [ -s "$certs/server.crt" ] && return
    mkdir -p "$certs"
    make_ca ca
    make_ca other-ca
    openssl req -newkey rsa:2048 -nodes -keyout "$certs/server.key" -out "$certs/server.csr" \
        -subj "/CN=$tls_name" 2>/dev/null || fail "openssl could not make the server's key"
    printf '%s\n' "subjectAltName=DNS:$tls_name,DNS:localhost,IP:127.0.0.1" 'basicConstraints=critical,CA:FALSE' \
        'keyUsage=critical,digitalSignature,keyEncipherment' 'extendedKeyUsage=serverAuth' >"$certs/server.ext"
    openssl x509 -req -in "$certs/server.csr" -CA "$certs/ca.crt" -CAkey "$certs/ca.key" -CAcreateserial \
        -days 365 -extfile "$certs/server.ext" -out "$certs/server.crt.new" 2>/dev/null ||
        fail "openssl could not sign the server's certificate"
    chmod 600 "$certs"/*.key
    mv "$certs/server.crt.new" "$certs/server.crt"
}

make_ca() { # NAME
    openssl req -x509 -newkey rsa:2048 -nodes -days 365 -keyout "$certs/$1.key" -out "$certs/$1.crt" \
        -subj "/CN=embedded-smtp interop $1" -addext basicConstraints=critical,CA:TRUE \
        -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null || fail "openssl could not make $1"
}

# The same with keys on the curve P-256, for TLS stacks that know nothing else; each CA with a certificate of the same name.
make_small_certs() {
    [ -s "$certs/small-other.crt" ] && return
    local name
    for name in small small-other; do
        small_key "$name-ca"
        openssl req -x509 -new -key "$certs/$name-ca.key" -days 365 -out "$certs/$name-ca.crt" \
            -subj "/CN=embedded-smtp interop $name" -addext basicConstraints=critical,CA:TRUE \
            -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null || fail "openssl could not make $name-ca"
        small_key "$name"
        openssl req -new -key "$certs/$name.key" -out "$certs/$name.csr" -subj "/CN=$tls_name" 2>/dev/null
        openssl x509 -req -in "$certs/$name.csr" -CA "$certs/$name-ca.crt" -CAkey "$certs/$name-ca.key" -CAcreateserial \
            -days 365 -extfile "$certs/server.ext" -out "$certs/$name.crt.new" 2>/dev/null ||
            fail "openssl could not sign $name"
        mv "$certs/$name.crt.new" "$certs/$name.crt"
    done
}

small_key() { # NAME
    openssl ecparam -name prime256v1 -genkey -noout -out "$certs/$1.key" || fail "openssl could not make a key"
    chmod 600 "$certs/$1.key"
}

# --- test mails --------------------------------------------------------------------------------------------

# Each writes a body with LF line ends to standard output; `to_crlf` gives the form on the wire.

body_text() { # 76-column lines
    local i
    for ((i = 1; i <= 40; i++)); do
        printf 'line %04d %s\n' "$i" "the quick brown fox jumps over the lazy dog, again and again and on"
    done
}

body_dots() { # lines that look like the end of the mail, the very first one too
    printf '%s\n' '.' '..' '.leading dot' '..two dots' '' '.' '. ' 'not . at the start' '...' '' '.'
}

body_big() { # 10 MiB in 76-column lines, each different, some with a dot in front
    awk 'BEGIN {
        for (i = 0; size < 10485760; i++) {
            line = sprintf("%s%09d ", i % 13 ? "" : ".", i)
            while (length(line) < 76) line = line "0123456789abcdef"
            line = substr(line, 1, 76)
            print line
            size += 77
        }
    }'
}

whole_mail() { # TOKEN BODY-FILE    a whole message with its header section, LF
    printf '%s\n' "From: Alert <$login@$domain>" "To: Operations <ops@$domain>" "Subject: interop $1" \
        "Date: Fri, 20 Nov 2026 12:00:00 +0000" "Message-ID: <$1@client.$domain>" \
        'MIME-Version: 1.0' 'Content-Type: text/plain; charset=us-ascii' ''
    cat "$2"
}

to_crlf() {
    sed 's/$/\r/'
}

token_number=0
new_token() { # sets $token: a word that stands in one mail and nowhere else
    token_number=$((token_number + 1))
    # With an end, so that the first is not the beginning of the tenth.
    token=t$$x${token_number}z
}

# --- tokens ------------------------------------------------------------------------------------------------

token_key='a key that is only for tests'

make_token() { # USER SECONDS [OCTETS]    a JSON web token (RFC 7519) that ends so many seconds from now, with so many octets more in it
    local now signed
    now=$(date +%s)
    signed=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url).$(
        printf '{"sub":"%s","iat":%d,"nbf":%d,"exp":%d,"jti":"%0*d"}' "$1" $((now - 60)) $((now - 60)) $((now + $2)) "${3:-1}" 0 | base64url)
    printf '%s.%s' "$signed" "$(printf %s "$signed" | openssl dgst -sha256 -hmac "$token_key" -binary | base64url)"
}

base64url() {
    base64 -w0 | tr '+/' '-_' | tr -d '='
}

# --- the table of results ----------------------------------------------------------------------------------

passed=0
failed=0

row() { # RESULT WHAT [REMARK]
    printf '%-6s %-74s %s\n' "$1" "$2" "${3:-}"
}

pass() { # WHAT [REMARK]
    passed=$((passed + 1))
    row ok "$@"
}

miss() { # WHAT WHY [LOG]    a case that failed; the end of LOG is shown
    failed=$((failed + 1))
    row FAILED "$1" "$2"
    [ -n "${3:-}" ] && [ -s "$3" ] && tail -n 15 "$3" | cut -c 1-200 | sed 's/^/       | /'
    return 0
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
