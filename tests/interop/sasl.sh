#!/usr/bin/env bash
# Every SASL mechanism against software that is not ours: the login example's client against Dovecot behind Postfix, its server
# against GNU SASL, swaks, curl and Python; with the right secret and a wrong one. SCRAM-SHA-256-PLUS in real sessions of TLS, too.
#
#   tests/interop/sasl.sh             one row a case, then "N passed, N failed"; the exit status says whether all passed
#   LOGIN_BIN=FILE                    test this program instead of building the example
#   SCRAMP_PYTHON=FILE                a Python that has the package scramp, for SCRAM-SHA-256-PLUS; without it those rows are left out
#   VERBOSE=1                         show what the programs said in each case
#
# Needs root and the packages of `tests/interop/install.sh gsasl`.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

wrong='not the password'
binding=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
other_binding=ff${binding:2}
listen_port=$((port_base + 40))
scramp_port=$((port_base + 41))
scramp_tls_port=$((port_base + 47))
exporter_port=$((port_base + 44))
wrong_port=$((port_base + 45))
end_point_port=$((port_base + 46))

main() {
    program=${LOGIN_BIN:-$(build_example)} || fail "the login example does not build"
    [ -x "$program" ] || fail "no such program: $program"
    for tool in gsasl swaks curl python3; do
        command -v "$tool" >/dev/null || fail "$tool is missing: run tests/interop/install.sh gsasl"
    done
    trap clean_up EXIT
    work=$(mktemp -d)
    "$here/postfix.sh" stop
    "$here/postfix.sh" start || fail "no server to test against"
    eval "$("$here/postfix.sh" env)"

    our_client
    start_listener
    our_external
    gnu_sasl
    swaks_client
    curl_client
    python_client
    channel_binding
    finish
}

build_example() {
    (cd "$project" && cargo build --quiet --example login) >&2 || return
    echo "${CARGO_TARGET_DIR:-$project/target}/debug/examples/login"
}

background=()
clean_up() {
    [ ${#background[@]} -eq 0 ] || kill "${background[@]}" 2>/dev/null
    "$here/postfix.sh" stop
    rm -rf "${work:-}"
}

start_listener() {
    require_free_ports "$listen_port"
    # shellcheck disable=SC2153 # names in capitals are set by postfix.sh env
    SECRET=$PASSWORD "$program" --listen "127.0.0.1:$listen_port" --user "$LOGIN" \
        --binding "tls-server-end-point:$binding" >"$work/listener" 2>&1 </dev/null &
    background+=($!)
    wait_for 30 port_is_open "$listen_port" || fail "the login example does not listen: $(cat "$work/listener")"
}

# --- one case ----------------------------------------------------------------------------------------------

# The command must succeed (yes), fail because of a 535 (no), or fail without having sent anything (never).
try() { # yes|no|never WHAT COMMAND...
    local wanted=$1 what=$2 got=never
    shift 2
    if timeout 30 "$@" >"$work/out" 2>&1 </dev/null; then
        got=yes
    elif grep -qE '535|Login denied' "$work/out"; then
        got=no
    fi
    [ -n "${VERBOSE:-}" ] && sed 's/^/       | /' "$work/out"
    if [ "$got" = "$wanted" ]; then
        case "$wanted" in
        yes) pass "$what" 'logged in' ;;
        no) pass "$what" 'refused by 535' ;;
        never) pass "$what" 'not tried' ;;
        esac
    else
        miss "$what" "wanted $wanted, got $got" "$work/out"
    fi
}

says() { # TEXT WHAT    the command of the last case said so
    if grep -qF -- "$1" "$work/out"; then pass "$2" "$1"; else miss "$2" "did not say: $1" "$work/out"; fi
}

# --- our client against Dovecot behind Postfix ---------------------------------------------------------------

# shellcheck disable=SC2153 # names in capitals are set by postfix.sh env
our_client() {
    local mechanism
    for mechanism in plain login cram-md5 scram-sha-256; do
        ours yes "$mechanism" "$LOGIN" "$PASSWORD"
        ours no "$mechanism" "$LOGIN" "$wrong"
        ours no "$mechanism" nobody "$PASSWORD" 'who is not known'
    done
    for mechanism in xoauth2 oauthbearer; do
        ours yes "$mechanism" "$LOGIN" "$(make_token "$LOGIN" 600)"
        # Postfix cuts commands at 2 048 octets, and takes responses of 12 288 (RFC 4954 §4).
        ours yes "$mechanism" "$LOGIN" "$(make_token "$LOGIN" 600 2000)" 'a token longer than a command may be'
        ours no "$mechanism" "$LOGIN" "$(make_token "$LOGIN" -30)" 'token that has run out'
        says "the server's error: Some(" "Dovecot's error to $mechanism is understood"
        ours no "$mechanism" "$LOGIN" "$(token_key=other make_token "$LOGIN" 600)" 'token signed by another'
        ours no "$mechanism" "$LOGIN" "$(make_token mallory 600)" "token of someone else's"
    done
    try yes "our client, Dovecot, anonymous" env SECRET= "$program" --server "127.0.0.1:$ANONYMOUS_PORT" \
        --mechanism anonymous --user trace
    try never "our client, Dovecot, anonymous, where Postfix does not offer it" env SECRET= "$program" \
        --server "127.0.0.1:$PLAIN_PORT" --mechanism anonymous --user trace
    ours never scram-sha-256-plus "$LOGIN" "$PASSWORD" 'which is not offered'
}

# None of these servers takes it by SMTP.
our_external() {
    try yes 'our client, our server, external, as themselves' env SECRET= "$program" --server "127.0.0.1:$listen_port" \
        --mechanism external --user "$LOGIN"
    try no 'our client, our server, external, on behalf of another' env SECRET= "$program" --server "127.0.0.1:$listen_port" \
        --mechanism external --user nobody
}

ours() { # yes|no|never MECHANISM USER SECRET [REMARK]
    local remark=${5:-$([ "$1" = yes ] && echo 'the right secret' || echo 'a wrong one')}
    try "$1" "our client, Dovecot, $2, $3, $remark" env SECRET="$4" "$program" --server "127.0.0.1:$PLAIN_PORT" \
        --mechanism "$2" --user "$3" --binding "tls-server-end-point:$binding"
}

# --- others' clients against our server ----------------------------------------------------------------------

gnu_sasl() {
    local mechanism
    for mechanism in PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256; do
        gnu yes "$mechanism" "$PASSWORD"
        gnu no "$mechanism" "$wrong"
    done
    gnu yes EXTERNAL "$PASSWORD"
    try yes "GNU SASL, our server, ANONYMOUS" gsasl --smtp --no-starttls --connect "127.0.0.1:$listen_port" \
        --mechanism ANONYMOUS --anonymous-token trace
}

gnu() { # yes|no MECHANISM PASSWORD
    try "$1" "GNU SASL, our server, $2, $([ "$1" = yes ] && echo 'the right password' || echo 'a wrong one')" \
        gsasl --smtp --no-starttls --connect "127.0.0.1:$listen_port" --mechanism "$2" \
        --authentication-id "$LOGIN" --authorization-id "$LOGIN" --password "$3"
}

swaks_client() {
    local mechanism
    for mechanism in PLAIN LOGIN CRAM-MD5; do
        try yes "swaks, our server, $mechanism, the right password" swaks --server "127.0.0.1:$listen_port" \
            --auth "$mechanism" --auth-user "$LOGIN" --auth-password "$PASSWORD" --quit-after AUTH
        try no "swaks, our server, $mechanism, a wrong one" swaks --server "127.0.0.1:$listen_port" \
            --auth "$mechanism" --auth-user "$LOGIN" --auth-password "$wrong" --quit-after AUTH
    done
}

curl_client() {
    body_text | to_crlf >"$work/text"
    # a token is what the listener was given as secret, which has spaces: it gets one that has none
    SECRET=$(make_token "$LOGIN" 600)
    export SECRET
    "$program" --listen "127.0.0.1:$((listen_port + 2))" --user "$LOGIN" >"$work/tokens" 2>&1 </dev/null &
    background+=($!)
    wait_for 30 port_is_open "$((listen_port + 2))" || fail "the login example does not listen"
    local mechanism token=$SECRET
    unset SECRET
    for mechanism in XOAUTH2 OAUTHBEARER; do
        curl_case yes "$mechanism, the right token" "$((listen_port + 2))" --login-options "AUTH=$mechanism" \
            --user "$LOGIN" --oauth2-bearer "$token"
        curl_case no "$mechanism, a wrong one" "$((listen_port + 2))" --login-options "AUTH=$mechanism" \
            --user "$LOGIN" --oauth2-bearer "${token}x"
    done
    for mechanism in PLAIN LOGIN CRAM-MD5; do
        curl_case yes "$mechanism, the right password" "$listen_port" --login-options "AUTH=$mechanism" \
            --user "$LOGIN:$PASSWORD"
        curl_case no "$mechanism, a wrong one" "$listen_port" --login-options "AUTH=$mechanism" --user "$LOGIN:$wrong"
    done
    curl_case yes 'EXTERNAL' "$listen_port" --login-options AUTH=EXTERNAL --user "$LOGIN:"
}

curl_case() { # yes|no WHAT PORT OPTION...
    local wanted=$1 what=$2 port=$3
    shift 3
    try "$wanted" "curl, our server, $what" curl --silent --show-error --max-time 20 "smtp://127.0.0.1:$port/c.$domain" \
        --mail-from "a@$domain" --mail-rcpt "b@$domain" --upload-file "$work/text" "$@"
}

python_client() {
    local mechanism
    for mechanism in PLAIN LOGIN CRAM-MD5; do
        python yes "$mechanism" "$PASSWORD"
        python no "$mechanism" "$wrong"
    done
}

python() { # yes|no MECHANISM PASSWORD
    try "$1" "Python's smtplib, our server, $2, $([ "$1" = yes ] && echo 'the right password' || echo 'a wrong one')" \
        python3 -c '
import smtplib, sys
port, mechanism, user, password = sys.argv[1:]
smtp = smtplib.SMTP("127.0.0.1", int(port), timeout=10)
smtp.ehlo()
smtp.user, smtp.password = user, password
smtp.auth(mechanism, getattr(smtp, "auth_" + mechanism.lower().replace("-", "_")))
' "$listen_port" "$2" "$LOGIN" "$3"
}

# --- channel binding in real sessions of TLS -----------------------------------------------------------------

# No mail server of Debian 12 binds a channel: neither Dovecot 2.3 nor Cyrus SASL behind Postfix do, and Exim does it by GNU SASL's library,
# without which exim4-daemon-heavy is built. So GNU SASL (GnuTLS, by tls-exporter) and the Python package scramp (OpenSSL, by
# tls-server-end-point) are the others.
channel_binding() {
    start_bound_listener "$exporter_port" tls-exporter
    start_bound_listener "$wrong_port" "tls-exporter:$binding"
    bound_gnu yes "$exporter_port" "$PASSWORD" 'the right password'
    bound_gnu no "$exporter_port" "$wrong" 'a wrong one'
    bound_gnu no "$wrong_port" "$PASSWORD" 'the TLS session of someone between'
    bound_ours yes "$exporter_port" "$PASSWORD" tls-exporter 'our server, the right password'
    bound_ours no "$exporter_port" "$wrong" tls-exporter 'our server, a wrong one'
    bound_ours no "$wrong_port" "$PASSWORD" tls-exporter 'our server, the TLS session of someone between'
    scramp
}

start_bound_listener() { # PORT BINDING
    require_free_ports "$1"
    SECRET=$PASSWORD "$program" --listen "127.0.0.1:$1" --user "$LOGIN" --tls "$certs/server.crt" --key "$certs/server.key" \
        --binding "$2" >"$work/bound.$1" 2>&1 </dev/null &
    background+=($!)
    wait_for 30 port_is_open "$1" || fail "the login example does not listen: $(cat "$work/bound.$1")"
}

bound_gnu() { # yes|no PORT PASSWORD REMARK
    try "$1" "GNU SASL, our server, SCRAM-SHA-256-PLUS in TLS, $4" gsasl --smtp --connect "127.0.0.1:$2" \
        --x509-ca-file "$certs/ca.crt" --mechanism SCRAM-SHA-256-PLUS --authentication-id "$LOGIN" \
        --authorization-id "$LOGIN" --password "$3"
    if ! grep -qF 'certificate is trusted' "$work/out" || ! grep -q '^cD10bHMtZXhwb3J0ZXIs' "$work/out"; then
        # base64 of p=tls-exporter,
        miss "GNU SASL, by tls-exporter in TLS" "no TLS, or another binding" "$work/out"
    fi
}

bound_ours() { # yes|no PORT PASSWORD BINDING REMARK
    try "$1" "our client, SCRAM-SHA-256-PLUS in TLS by ${4%%:*}, $5" env SECRET="$3" "$program" --server "127.0.0.1:$2" \
        --mechanism scram-sha-256-plus --user "$LOGIN" --tls "$certs/ca.crt" --name "$tls_name" --binding "$4"
}

scramp() {
    local python=${SCRAMP_PYTHON:-python3}
    if ! "$python" -c 'import scramp' 2>/dev/null; then
        row '-' 'SCRAM-SHA-256-PLUS against scramp' 'left out: SCRAMP_PYTHON has no scramp'
        return
    fi
    start_scramp "$scramp_port" "$binding"
    scramp_server yes "$PASSWORD" "$binding" 'the right password'
    scramp_server no "$wrong" "$binding" 'a wrong one'
    scramp_server no "$PASSWORD" "$other_binding" 'another TLS session'
    local mechanism
    for mechanism in SCRAM-SHA-256 SCRAM-SHA-256-PLUS; do
        scramp_client yes "$listen_port" "$mechanism" "$PASSWORD" "$binding" 'the right password'
        scramp_client no "$listen_port" "$mechanism" "$wrong" "$binding" 'a wrong one'
    done
    scramp_client no "$listen_port" SCRAM-SHA-256-PLUS "$PASSWORD" "$other_binding" 'another TLS session'

    # In TLS, by the hash of the server's certificate.
    start_scramp "$scramp_tls_port" "$certs/server.crt,$certs/server.key"
    bound_ours yes "$scramp_tls_port" "$PASSWORD" tls-server-end-point 'scramp, the right password'
    bound_ours no "$scramp_tls_port" "$wrong" tls-server-end-point 'scramp, a wrong one'
    bound_ours no "$scramp_tls_port" "$PASSWORD" "tls-server-end-point:$binding" 'scramp, the certificate of someone between'
    start_bound_listener "$end_point_port" tls-server-end-point
    scramp_client yes "$end_point_port" SCRAM-SHA-256-PLUS "$PASSWORD" "$certs/ca.crt,$tls_name" 'in TLS, the right password'
    scramp_client no "$end_point_port" SCRAM-SHA-256-PLUS "$wrong" "$certs/ca.crt,$tls_name" 'in TLS, a wrong one'
}

start_scramp() { # PORT BINDING
    require_free_ports "$1"
    "$python" "$here/scramp_peer.py" server "$1" "$LOGIN" "$PASSWORD" "$2" >"$work/scramp.$1" 2>&1 </dev/null &
    background+=($!)
    wait_for 30 port_is_open "$1" || fail "scramp does not listen: $(cat "$work/scramp.$1")"
}

scramp_server() { # yes|no PASSWORD BINDING REMARK
    try "$1" "our client, scramp, scram-sha-256-plus, $4" env SECRET="$2" "$program" --server "127.0.0.1:$scramp_port" \
        --mechanism scram-sha-256-plus --user "$LOGIN" --binding "tls-server-end-point:$3"
}

scramp_client() { # yes|no PORT MECHANISM PASSWORD BINDING REMARK
    local options=()
    [ "$3" = SCRAM-SHA-256 ] || options=("$5")
    try "$1" "scramp, our server, $3, $6" "$python" "$here/scramp_peer.py" client "$2" "$3" "$LOGIN" "$4" "${options[@]}"
}

main "$@"
