#!/usr/bin/env bash
# Real clients against the inbox example: swaks, curl, msmtp, Python's smtplib, a relaying Postfix, smtp-source with 100
# sessions. What the inbox stores is compared with what was sent, octet for octet.
#
#   tests/interop/clients.sh          one row a case, then "N passed, N failed"; the exit status says whether all passed
#   INBOX_BIN=FILE                    test this program instead of building the example
#   VERBOSE=1                         show what the client said in each case
#
# Needs root (for the relaying Postfix) and the packages of tests/interop/install.sh.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

# One inbox takes mail from anyone, one has a user, one speaks LMTP; each listens for plain text with STARTTLS and for
# implicit TLS.
open_port=$((port_base + 45))
open_tls_port=$((port_base + 46))
login_port=$((port_base + 47))
login_tls_port=$((port_base + 48))
lmtp_port=$((port_base + 49))
lmtp_tls_port=$((port_base + 50))
max_size=12582912

main() {
    inbox=${INBOX_BIN:-$(build_example)} || fail "the inbox example does not build"
    [ -x "$inbox" ] || fail "no such program: $inbox"
    trap clean_up EXIT
    make_certs
    eval "$("$here/postfix.sh" env)"
    work=$(mktemp -d)
    store=$work/store
    start_inboxes
    body_dots >"$work/dots"
    body_big >"$work/big"

    local client
    for client in swaks curl msmtp smtplib; do
        matrix "$client"
    done
    chunks
    local_delivery
    odd_mails
    relayed none
    relayed verify
    hundred_sessions
    stop_inboxes
    finish
}

build_example() {
    (cd "$project" && cargo build --quiet --example inbox) >&2 || return
    echo "${CARGO_TARGET_DIR:-$project/target}/debug/examples/inbox"
}

# --- the inboxes -------------------------------------------------------------------------------------------

inbox_pids=()
# shellcheck disable=SC2153 # names in capitals are set by postfix.sh env
start_inboxes() {
    require_free_ports "$open_port" "$open_tls_port" "$login_port" "$login_tls_port" "$lmtp_port" "$lmtp_tls_port"
    mkdir "$store"
    start_inbox "$work/open.log" "$open_port" "$open_tls_port"
    start_inbox "$work/login.log" "$login_port" "$login_tls_port" --user "$LOGIN:$PASSWORD"
    start_inbox "$work/lmtp.log" "$lmtp_port" "$lmtp_tls_port" --lmtp
}

start_inbox() { # LOG PORT TLS-PORT [OPTION...]
    local log=$1 plain=$2 tls=$3
    shift 3
    # Job control on, else a shell starts its background programs deaf to SIGINT.
    set -m
    "$inbox" --listen "127.0.0.1:$plain" --implicit-tls-listen "127.0.0.1:$tls" \
        --tls "$certs/server.crt" "$certs/server.key" --dir "$store" --max-size "$max_size" "$@" >"$log" 2>&1 </dev/null &
    inbox_pids+=($!)
    set +m
    if ! wait_for 15 port_is_open "$plain" || ! wait_for 15 port_is_open "$tls"; then
        cat "$log" >&2
        fail "the inbox does not listen"
    fi
}

stop_inboxes() {
    local pid
    for pid in "${inbox_pids[@]}"; do
        kill -INT "$pid"
        if wait_for 40 process_is_gone "$pid"; then
            pass "the inbox ends when interrupted"
        else
            miss "the inbox ends when interrupted" "still there after 40 s"
            kill -9 "$pid"
        fi
    done
    inbox_pids=()
    if find "$store" -type f ! -name '*.eml' | grep -q .; then
        miss "no half-written file is left" "$(find "$store" -type f ! -name '*.eml' | head -n 3)"
    else
        pass "no half-written file is left"
    fi
}

clean_up() {
    [ ${#inbox_pids[@]} -eq 0 ] || kill -9 "${inbox_pids[@]}" 2>/dev/null
    "$here/postfix.sh" relay stop
    rm -rf "${work:-}"
}

# --- four clients over every transport ---------------------------------------------------------------------

matrix() { # CLIENT
    local transport login_by content recipients
    for transport in plain starttls implicit; do
        for login_by in none plain login; do
            # The inbox takes no password in clear.
            [ "$transport-$login_by" = plain-none ] || [ "$transport" != plain ] || continue
            for content in dots big; do
                for recipients in accepted mixed; do
                    matrix_case "$1"
                done
            done
        done
    done
}

matrix_case() { # CLIENT    with $transport, $login_by, $content and $recipients
    new_mail "$work/$content"
    to=(ops@"$domain" second@"$domain")
    [ "$recipients" = accepted ] || to=(ops@"$domain" reject@"$domain" second@"$domain")
    case $transport-$login_by in
    implicit-none) port=$open_tls_port ;;
    implicit-*) port=$login_tls_port ;;
    *-none) port=$open_port ;;
    *) port=$login_port ;;
    esac
    run "with_$1"
    if [ "$1-$recipients" = msmtp-mixed ]; then
        # This client gives the whole mail up when one recipient is refused.
        expect_failure
        expect_stored 0
    else
        expect_success
        expect_stored 1
    fi
    [ "$recipients" = accepted ] || expect_words "550" "5.1.1"
    judge "$1, $transport, auth $login_by, $content, ${#to[@]} recipients$([ "$recipients" = accepted ] || echo ", 1 refused")"
}

with_swaks() { # [OPTION...]
    # With the final dot in the file this client takes the mail to end right before it, and stuffs the other dots.
    {
        cat "$work/lf"
        echo .
    } >"$work/ended"
    local options=(--hide-informational --hide-send --server 127.0.0.1 --port "$port" --helo "client.$domain" --timeout 60
        --from "$sender" --to "$(
            IFS=,
            echo "${to[*]}"
        )" --data "@$work/ended")
    case $transport in
    starttls) options+=(--tls --tls-verify --tls-ca-path "$CA") ;;
    implicit) options+=(--tls-on-connect --tls-verify --tls-ca-path "$CA") ;;
    esac
    [ "$login_by" = none ] || options+=(--auth "${login_by^^}" --auth-user "$LOGIN" --auth-password "$PASSWORD")
    swaks "${options[@]}" "$@"
}

with_curl() {
    local scheme=smtp recipient
    [ "$transport" != implicit ] || scheme=smtps
    local options=(--silent --show-error --verbose --url "$scheme://127.0.0.1:$port/client.$domain" --max-time 60
        --mail-from "$sender" --mail-rcpt-allowfails --upload-file "$work/crlf")
    for recipient in "${to[@]}"; do options+=(--mail-rcpt "$recipient"); done
    [ "$transport" = plain ] || options+=(--ssl-reqd --cacert "$CA")
    [ "$login_by" = none ] || options+=(--user "$LOGIN:$PASSWORD" --login-options "AUTH=${login_by^^}")
    curl "${options[@]}"
}

with_msmtp() {
    local options=(--file=/dev/null --host=127.0.0.1 --port="$port" --domain="client.$domain" --timeout=60 --from="$sender"
        --set-date-header=off)
    case $transport in
    plain) options+=(--tls=off) ;;
    starttls) options+=(--tls=on --tls-starttls=on --tls-trust-file="$CA") ;;
    implicit) options+=(--tls=on --tls-starttls=off --tls-trust-file="$CA") ;;
    esac
    printf '%s\n' "$PASSWORD" >"$work/password"
    [ "$login_by" = none ] || options+=(--auth="$login_by" --user="$LOGIN" --passwordeval="cat '$work/password'")
    msmtp "${options[@]}" -- "${to[@]}" <"$work/lf"
}

with_smtplib() { # [OPTION...]
    local options=(--port "$port" --tls "$transport" --auth "$login_by" --user "$LOGIN" --ca "$CA" --name "$TLS_NAME"
        --from "$sender") recipient
    for recipient in "${to[@]}"; do options+=(--to "$recipient"); done
    SMTP_PASSWORD=$PASSWORD python3 "$here/smtplib_client.py" "${options[@]}" "$@" "$work/crlf"
}

# --- chunks, and mails that must not be taken --------------------------------------------------------------

chunks() {
    local transport login_by=none size content
    to=(ops@"$domain" reject@"$domain" second@"$domain")
    for transport in plain starttls; do
        for content in dots big; do
            for size in 7 100000; do
                [ "$content-$size" != big-7 ] || continue
                port=$open_port
                new_mail "$work/$content"
                run with_smtplib --bdat "$size"
                expect_success
                expect_stored 1
                judge "BDAT in chunks of $size octets, $transport, $content, 3 recipients, 1 refused"
            done
        done
    done
}

local_delivery() {
    local transport login_by=none content
    to=(ops@"$domain" reject@"$domain" second@"$domain")
    port=$lmtp_port
    for transport in plain starttls; do
        for content in dots big; do
            new_mail "$work/$content"
            run with_swaks --protocol LMTP
            expect_success
            expect_words "localhost LMTP" "550" "5.1.1"
            # One reply for each accepted recipient (RFC 2033), and one mail.
            [ "$(grep -c '250 2.6.0' "$work/out")" -eq 2 ] || why+=("not one reply for each recipient")
            expect_stored 1
            judge "LMTP by swaks, $transport, $content, 3 recipients, 1 refused"
        done
    done
}

odd_mails() {
    local transport=plain login_by=none
    port=$open_port

    to=(reject@"$domain")
    new_mail "$work/dots"
    run with_smtplib
    expect_failure
    expect_words 550 5.1.1
    expect_stored 0
    judge "the only recipient is refused for good"

    to=(defer@"$domain")
    new_mail "$work/dots"
    run with_smtplib
    expect_failure
    expect_words 450 4.2.0
    expect_stored 0
    judge "the only recipient is refused for now"

    to=(ops@"$domain")
    cat "$work/big" "$work/big" >"$work/too-big"
    new_mail "$work/too-big"
    run with_smtplib
    expect_failure
    expect_words 552
    expect_stored 0
    judge "larger than the limit, announced with SIZE=: refused at MAIL"

    new_mail "$work/too-big"
    run with_swaks
    expect_failure
    expect_words 552
    expect_stored 0
    judge "larger than the limit, not announced: refused after the data"

    # The session above must not have cost the server its senses.
    new_mail "$work/dots"
    run with_swaks
    expect_success
    expect_stored 1
    judge "the next mail is taken"

    transport=starttls
    new_mail "$work/dots"
    run with_swaks --tls-protocol tlsv1_2
    expect_success
    expect_stored 1
    wait_for 30 grep -q 'over TLS 1.2, nobody logged in' "$work/open.log" || why+=("the inbox does not tell of TLS 1.2")
    transport=plain
    judge "TLS 1.2, which is all that the client has"

    port=$login_port
    run swaks --server 127.0.0.1 --port "$port" --helo "client.$domain" --quit-after EHLO
    expect_success
    expect_words STARTTLS
    expect_no_words AUTH
    judge "no password is asked for in clear"

    transport=starttls login_by=plain
    new_mail "$work/dots"
    PASSWORD="not the password" run with_smtplib
    expect_failure
    expect_words 535 5.7.8
    expect_stored 0
    judge "a wrong password is refused"
}

# --- Postfix as a client -----------------------------------------------------------------------------------

# Postfix 3.7 has no BDAT in its client, so that is tested above.
relayed() { # LEVEL
    local content transport=plain login_by=none
    "$here/postfix.sh" relay "127.0.0.1:$open_port" "$1" || {
        miss "Postfix as a relay" "does not start"
        return
    }
    port=$RELAY_PORT
    for content in dots big; do
        new_mail "$work/$content"
        to=(ops@"$domain" reject@"$domain" second@"$domain")
        run with_smtplib
        expect_success
        # The relay took all three; the refusal comes back to the sender as a mail with the null reverse-path.
        local bounce
        wait_for 60 is_bounced || why+=("no report of the refusal came back to the sender")
        expect_stored 1 relayed
        for bounce in $(bounces); do
            grep -q '550 5.1.1' "$bounce" || why+=("the report does not give the reply")
            rm -f "$bounce"
        done
        # The log is written by a process of its own, which may come a moment later.
        wait_for 30 grep -q 'to=<reject@.*status=bounced .*said: 550 5.1.1' "$RELAY_LOG" || why+=("the relay did not see the refusal")
        wait_for 30 accepted_by_relay || why+=("the relay did not see the acceptance")
        [ "$1" = none ] || grep -q 'smtp\[.*Verified TLS connection established' "$RELAY_LOG" || why+=("not over checked TLS")
        judge "Postfix smtp(8), TLS $1, $content, 3 recipients, 1 refused and bounced"
    done
    "$here/postfix.sh" relay stop
}

accepted_by_relay() {
    [ "$(grep -c "to=<\(ops\|second\)@.*status=sent" "$RELAY_LOG")" -ge 2 ]
}

bounces() {
    grep -rlF --include='*.eml' -- "$token" "$store" | xargs -r grep -lE '^From: .*<MAILER-DAEMON'
}

is_bounced() {
    [ -n "$(bounces)" ]
}

hundred_sessions() {
    new_mail "$work/dots"
    to=(ops@"$domain")
    # This client adds an empty line to what the file holds, and numbers the recipients: 1ops@, 2ops@, 3ops@.
    printf '\r\n' >>"$work/crlf"
    run smtp-source -4 -s 100 -m 100 -r 3 -M "client.$domain" -f "$sender" -t "${to[0]}" -F "$work/lf" "127.0.0.1:$open_port"
    expect_success
    expect_stored 100
    judge "smtp-source, 100 sessions at once"

    new_mail "$work/dots"
    printf '\r\n' >>"$work/crlf"
    run smtp-source -4 -d -s 10 -m 1000 -M "client.$domain" -f "$sender" -t "${to[0]}" -F "$work/lf" "127.0.0.1:$open_port"
    expect_success
    expect_stored 1000
    judge "smtp-source, 1000 mails, 10 sessions kept open"
}

# --- running and judging one case --------------------------------------------------------------------------

sender=$login@$domain

new_mail() { # BODY-FILE    $work/lf and $work/crlf are the whole mail, with a token of its own
    new_token
    whole_mail "$token" "$1" >"$work/lf"
    to_crlf <"$work/lf" >"$work/crlf"
}

run() { # COMMAND...
    why=()
    "$@" >"$work/out" 2>&1
    status=$?
}

stored() { # the stored files with this case's token, reports of Postfix apart
    grep -rlF --include='*.eml' -- "$token" "$store" | xargs -r grep -LE '^From: .*<MAILER-DAEMON'
}

stored_count_is() { # NUMBER
    [ "$(stored | wc -l)" -eq "$1" ]
}

expect_success() {
    [ "$status" -eq 0 ] || why+=("the client failed with status $status")
}

expect_failure() {
    [ "$status" -ne 0 ] || why+=("the client believes it succeeded")
}

expect_words() { # WORD...    in what the client said
    local word
    for word in "$@"; do
        grep -qF -- "$word" "$work/out" || why+=("the client was not told \"$word\"")
    done
}

expect_no_words() { # WORD...
    local word
    for word in "$@"; do
        ! grep -qF -- "$word" "$work/out" || why+=("the client was told \"$word\"")
    done
}

expect_stored() { # NUMBER [relayed]
    local file patience=0
    # 250 comes only after the mail is on the disk; a relay is on its own time.
    [ "${2:-}" != relayed ] || patience=60
    wait_for "$patience" stored_count_is "$1" || stored_count_is "$1" ||
        why+=("$(stored | wc -l) mails are stored instead of $1")
    while read -r file; do
        same "$file" "${2:-}" || {
            why+=("what is stored differs from what was sent")
            [ -z "${KEEP:-}" ] || cp "$file" "$work/crlf" "$KEEP/"
        }
        rm -f "$file"
    done < <(stored)
}

same() { # FILE [relayed]
    if [ "${2:-}" != relayed ]; then
        cmp -s "$1" "$work/crlf"
        return
    fi
    # A relay adds Received fields in front, and nothing else.
    local added=$(($(stat -c %s "$1") - $(stat -c %s "$work/crlf")))
    [ "$added" -gt 0 ] && tail -c "+$((added + 1))" "$1" | cmp -s - "$work/crlf" &&
        ! head -c "$added" "$1" | grep -qvE '^Received: |^[[:blank:]]'
}

judge() { # WHAT
    local seconds=$((SECONDS - ${began:-0}))
    began=$SECONDS
    if [ ${#why[@]} -eq 0 ]; then
        pass "$1" "$seconds s"
        [ -z "${VERBOSE:-}" ] || sed 's/^/       | /' "$work/out" | cut -c 1-200
    else
        miss "$1" "$(printf '%s; ' "${why[@]}")" "$work/out"
    fi
}

main "$@"
