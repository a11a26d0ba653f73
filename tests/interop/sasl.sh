#!/usr/bin/env bash
# Every SASL mechanism against software that is not ours: the login example's client against Dovecot behind Postfix, its server
# against GNU SASL, swaks, curl and Python; with the right secret and a wrong one.
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
    gnu_sasl
    swaks_client
    curl_client
    python_client
    scramp
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
    wait_for 10 port_is_open "$listen_port" || fail "the login example does not listen: $(cat "$work/listener")"
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
        ours no "$mechanism" "$LOGIN" "$(make_token "$LOGIN" -30)" 'token that has run out'
        says "the server's error: Some(" "Dovecot's error to $mechanism is understood"
        ours no "$mechanism" "$LOGIN" "$(token_key=other make_token "$LOGIN" 600)" 'token signed by another'
        ours no "$mechanism" "$LOGIN" "$(make_token mallory 600)" "token of someone else's"
    done
    ours never scram-sha-256-plus "$LOGIN" "$PASSWORD" 'which is not offered'
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
    wait_for 10 port_is_open "$((listen_port + 2))" || fail "the login example does not listen"
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

# --- channel binding, against the Python package scramp ------------------------------------------------------

scramp() {
    local python=${SCRAMP_PYTHON:-python3} mechanism
    if ! "$python" -c 'import scramp' 2>/dev/null; then
        row '-' 'SCRAM-SHA-256-PLUS against scramp' 'left out: SCRAMP_PYTHON has no scramp'
        return
    fi
    require_free_ports "$scramp_port"
    "$python" "$here/scramp_peer.py" server "$scramp_port" "$LOGIN" "$PASSWORD" "$binding" >"$work/scramp" 2>&1 </dev/null &
    background+=($!)
    wait_for 10 port_is_open "$scramp_port" || fail "scramp does not listen: $(cat "$work/scramp")"
    scramp_server yes scram-sha-256-plus "$PASSWORD" "$binding" 'the right password'
    scramp_server no scram-sha-256-plus "$wrong" "$binding" 'a wrong one'
    scramp_server no scram-sha-256-plus "$PASSWORD" "$other_binding" 'another TLS session'
    for mechanism in SCRAM-SHA-256 SCRAM-SHA-256-PLUS; do
        scramp_client yes "$mechanism" "$PASSWORD" "$binding" 'the right password'
        scramp_client no "$mechanism" "$wrong" "$binding" 'a wrong one'
    done
    scramp_client no SCRAM-SHA-256-PLUS "$PASSWORD" "$other_binding" 'another TLS session'
}

scramp_server() { # yes|no MECHANISM PASSWORD BINDING REMARK
    try "$1" "our client, scramp, $2, $5" env SECRET="$3" "$program" --server "127.0.0.1:$scramp_port" \
        --mechanism "$2" --user "$LOGIN" --binding "tls-server-end-point:$4"
}

scramp_client() { # yes|no MECHANISM PASSWORD BINDING REMARK
    local options=()
    [ "$2" = SCRAM-SHA-256 ] || options=("$4")
    try "$1" "scramp, our server, $2, $5" "$python" "$here/scramp_peer.py" client "$listen_port" "$2" "$LOGIN" "$3" \
        "${options[@]}"
}

main "$@"
