#!/usr/bin/env bash
# The alert example against a real Postfix: every content, every set of recipients, every transport, every kind of login,
# and the ways it must fail. What arrived is compared with what was sent, octet for octet.
#
#   tests/interop/alert.sh            one row a case, then "N passed, N failed"; the exit status says whether all passed
#   ALERT_BIN=FILE                    test this program instead of building the example
#   VERBOSE=1                         show what the program said in each case
#
# Needs root and the packages of tests/interop/install.sh.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

# Exit statuses of the example.
DELIVERED=0 DATA_ERROR=65 REFUSED=69 PARTLY=70 RETRY_LATER=75

main() {
    alert=${ALERT_BIN:-$(build_example)} || fail "the alert example does not build"
    [ -x "$alert" ] || fail "no such program: $alert"
    trap '"$here/postfix.sh" stop; rm -rf "${work:-}"' EXIT
    "$here/postfix.sh" stop
    "$here/postfix.sh" start || fail "no server to test against"
    eval "$("$here/postfix.sh" env)"
    work=$(mktemp -d)
    body_text >"$work/text"
    body_dots >"$work/dots"
    body_big >"$work/big"

    matrix
    single_mails
    mails_of_parts
    refusals
    nothing_is_sent
    finish
}

build_example() {
    (cd "$project" && cargo build --quiet --example alert) >&2 || return
    echo "${CARGO_TARGET_DIR:-$project/target}/debug/examples/alert"
}

# --- the matrix --------------------------------------------------------------------------------------------

matrix() {
    local content recipients transport login_by
    for transport in plain starttls implicit; do
        for login_by in none plain login; do
            for content in text dots big; do
                for recipients in 1 2 3; do
                    matrix_case "$content" "$recipients" "$transport" "$login_by"
                done
            done
        done
    done
}

matrix_case() { # CONTENT RECIPIENTS TRANSPORT LOGIN
    local what="$3, auth $4, $1, $2 recipient(s)"
    local arrive=(ops@"$domain") refused=()
    [ "$2" -ge 2 ] && arrive+=(second@"$domain")
    [ "$2" -ge 3 ] && refused+=(reject@"$domain")
    new_token
    set_transport "$3" "$4"

    local form=raw sent=$work/sent
    case $1 in
    text) # the example writes the header section; the body comes from a file
        form=composed
        cp "$work/text" "$sent"
        alert_as "${arrive[@]}" "${refused[@]}" -- --subject "interop $token" --file "$sent"
        ;;
    dots) # a whole message as it is on the wire, through a pipe
        whole_mail "$token" "$work/dots" >"$sent"
        to_crlf <"$sent" >"$work/wire"
        stdin=$work/wire alert_as "${arrive[@]}" "${refused[@]}" -- --raw
        ;;
    big) # a whole message with the line ends of this machine, from a file
        whole_mail "$token" "$work/big" >"$sent"
        alert_as "${arrive[@]}" "${refused[@]}" -- --raw --file "$sent"
        ;;
    esac
    if [ ${#refused[@]} -eq 0 ]; then
        expect_status "$DELIVERED"
    else
        expect_status "$PARTLY"
        expect_words reject@$domain 550 5.1.1 "no such user here"
    fi
    expect_arrived "$form" "$sent" "${arrive[@]}"
    [ "$4" = none ] || expect_log "sasl_method=${4^^}"
    [ "$3" = plain ] || expect_log "TLS connection established"
    judge "$what"
}

set_transport() { # TRANSPORT LOGIN    sets $port, $service (its name in the log) and $options
    options=(--timeout 60 --hello client."$domain")
    case $1 in
    plain) port=$PLAIN_PORT service=plain options+=(--tls never) ;;
    starttls) port=$PLAIN_PORT service=plain options+=(--tls required) ;;
    implicit) port=$IMPLICIT_PORT service=implicit options+=(--tls implicit) ;;
    esac
    # Whoever logs in over STARTTLS does so where that is demanded.
    [ "$1-$2" = starttls-none ] || [ "$1" != starttls ] || port=$SUBMISSION_PORT service=submission
    [ "$1" = plain ] || options+=(--ca "$CA" --tls-name "$TLS_NAME")
    [ "$2" = none ] || options+=(--user "$LOGIN" --auth "$2")
    [ "$1" != plain ] || [ "$2" = none ] || options+=(--allow-cleartext-auth)
}

change_option() { # NAME VALUE
    local i
    for i in "${!options[@]}"; do
        [ "${options[i]}" != "$1" ] || options[i + 1]=$2
    done
}

# --- single mails ------------------------------------------------------------------------------------------

single_mails() {
    new_token
    set_transport starttls none
    printf '%s\n' "the pump has stopped" >"$work/sent"
    alert_as ops@$domain -- --subject "interop $token" --text "the pump has stopped"
    expect_status "$DELIVERED"
    expect_arrived composed "$work/sent" ops@$domain
    judge "text from the command line"

    new_token
    cp "$work/dots" "$work/sent"
    stdin=$work/sent alert_as ops@$domain -- --subject "interop $token"
    expect_status "$DELIVERED"
    expect_arrived composed "$work/sent" ops@$domain
    judge "text from standard input, first line a dot"

    new_token
    whole_mail "$token" "$work/dots" >"$work/sent"
    head -c -1 "$work/sent" >"$work/unended"
    alert_as ops@$domain -- --raw --file "$work/unended"
    expect_status "$DELIVERED"
    expect_arrived raw "$work/sent" ops@$domain
    judge "the last line has no line end and is a dot"

    new_token
    whole_mail "$token" /dev/null >"$work/sent"
    alert_as ops@$domain -- --raw --file "$work/sent"
    expect_status "$DELIVERED"
    expect_arrived raw "$work/sent" ops@$domain
    judge "an empty body"

    new_token
    set_transport starttls none
    port=$LENIENT_PORT service=lenient
    whole_mail "$token" "$work/text" >"$work/sent"
    alert_as ops@$domain -- --raw --file "$work/sent"
    expect_status "$DELIVERED"
    expect_arrived raw "$work/sent" ops@$domain
    expect_log "TLSv1.2 with cipher"
    judge "TLS 1.2, where the server has no 1.3"

    new_token
    whole_mail "$token" "$work/text" >"$work/sent"
    port=$PLAIN_PORT service=plain options=(--tls required --tls-name "$TLS_NAME" --timeout 60)
    # For the program that is the file of the system's authorities.
    SSL_CERT_FILE=$CA alert_as ops@$domain -- --raw --file "$work/sent"
    expect_status "$DELIVERED"
    expect_arrived raw "$work/sent" ops@$domain
    judge "STARTTLS by the system's authorities"

    set_transport starttls none
    new_token
    whole_mail "$token" "$work/text" >"$work/sent"
    options=(--tls if-offered --ca "$CA" --tls-name "$TLS_NAME" --timeout 60)
    alert_as ops@$domain -- --raw --file "$work/sent"
    expect_status "$DELIVERED"
    expect_arrived raw "$work/sent" ops@$domain
    expect_log "TLS connection established"
    judge "TLS if offered: it is, and is used"

    new_token
    whole_mail "$token" "$work/dots" >"$work/sent"
    port=$BARE_PORT service=bare
    alert_as ops@$domain second@$domain reject@$domain -- --raw --file "$work/sent"
    expect_status "$PARTLY"
    expect_words reject@$domain 550
    expect_arrived raw "$work/sent" ops@$domain second@$domain
    judge "TLS if offered: it is not; no pipelining, no enhanced codes"

    new_token
    whole_mail "$token" "$work/text" >"$work/sent"
    set_transport starttls plain
    # shellcheck disable=SC2153 # set by eval, as are all names in capitals
    printf '%s\n' "$PASSWORD" >"$work/password"
    chmod 600 "$work/password"
    options+=(--password-file "$work/password")
    password_in_environment=no alert_as ops@$domain -- --raw --file "$work/sent"
    expect_status "$DELIVERED"
    expect_arrived raw "$work/sent" ops@$domain
    judge "the password from a file"
}

# --- mails of several parts, and copies ---------------------------------------------------------------------

mails_of_parts() {
    local parts=$work/parts odd='Druck – März "2"; 50%.csv'
    set_transport starttls plain

    new_token
    make_parts "$parts"
    printf 'temperature 84 \302\260C\n%01500d\n' 7 >"$parts/text"
    alert_as ops@$domain -- --subject "interop $token 84 °C" --file "$parts/text"
    expect_status "$DELIVERED"
    expect_arrived parts "$parts" ops@$domain
    judge "a text that is not ASCII, with a line of 1500 octets"

    new_token
    make_parts "$parts"
    printf '<p>84 &deg;C, 84 °C</p>\n' >"$parts/html"
    alert_as ops@$domain -- --subject "interop $token" --file "$parts/text" --html "$parts/html"
    expect_status "$DELIVERED"
    expect_arrived parts "$parts" ops@$domain
    judge "text and HTML"

    new_token
    make_parts "$parts"
    head -c 300000 /dev/urandom >"$parts/files/noise.png"
    alert_as ops@$domain -- --subject "interop $token" --file "$parts/text" --attach "$parts/files/noise.png"
    expect_status "$DELIVERED"
    expect_arrived parts "$parts" ops@$domain
    judge "a file of random octets"

    new_token
    make_parts "$parts"
    printf '<p>all</p>\n' >"$parts/html"
    cp "$work/big" "$parts/files/big.log"
    cp "$work/dots" "$parts/files/dots"
    printf 'time;bar\r\n1;0,3\n\r' >"$parts/files/$odd"
    : >"$parts/files/empty.bin"
    alert_as ops@$domain -- --subject "interop $token" --file "$parts/text" --html "$parts/html" \
        --attach "$parts/files/big.log" --attach "$parts/files/dots" --attach "$parts/files/$odd" \
        --attach "$parts/files/empty.bin"
    expect_status "$DELIVERED"
    expect_arrived parts "$parts" ops@$domain
    judge "text, HTML and four files, one of 10 MiB, one with an odd name, one empty"

    new_token
    make_parts "$parts"
    cp "$work/big" "$parts/files/piped"
    stdin=$work/big alert_as ops@$domain -- --subject "interop $token" --file "$parts/text" --attach /dev/stdin
    mv "$parts/files/piped" "$parts/files/stdin"
    expect_status "$DELIVERED"
    expect_arrived parts "$parts" ops@$domain
    judge "a file that comes through a pipe"

    new_token
    make_parts "$parts"
    echo second@$domain >"$parts/cc"
    alert_as ops@$domain -- --cc second@$domain --subject "interop $token" --file "$parts/text"
    expect_status "$DELIVERED"
    expect_arrived parts "$parts" ops@$domain second@$domain
    judge "a copy to another"

    new_token
    make_parts "$parts"
    alert_as ops@$domain -- --bcc second@$domain --subject "interop $token" --file "$parts/text"
    expect_status "$DELIVERED"
    expect_arrived parts "$parts" ops@$domain second@$domain
    judge "a blind copy, which the mail does not name"

    new_token
    make_parts "$parts"
    echo "ops@EXAMPLE.TEST second@$domain" >"$parts/cc"
    alert_as ops@$domain -- --cc ops@EXAMPLE.TEST --cc second@$domain --bcc second@$domain --bcc ops@$domain \
        --subject "interop $token" --file "$parts/text"
    expect_status "$DELIVERED"
    expect_arrived parts "$parts" ops@$domain second@$domain
    judge "everybody named twice gets the mail once"

    new_token
    make_parts "$parts"
    echo reject@$domain >"$parts/cc"
    alert_as ops@$domain -- --cc reject@$domain --subject "interop $token" --file "$parts/text"
    expect_status "$PARTLY"
    expect_words reject@$domain 550
    expect_arrived parts "$parts" ops@$domain
    judge "the copy is refused, the mail arrives"
}

# What a mail is made from: DIRECTORY/text, perhaps html and cc, and files.
make_parts() { # DIRECTORY
    rm -rf "$1"
    mkdir -p "$1/files"
    printf 'The pump has stopped.\n' >"$1/text"
}

# --- what the server refuses -------------------------------------------------------------------------------

refusals() {
    set_transport starttls plain
    new_token
    wrong_password="not the $PASSWORD" alert_as ops@$domain -- --subject "interop $token" --text x
    expect_status "$REFUSED"
    expect_words 535 5.7.8 "authentication failed"
    expect_no_words "not the $PASSWORD"
    expect_no_mail_command
    judge "a wrong password: the server's own text, nothing sent"

    set_transport starttls none
    new_token
    alert_as reject@$domain -- --subject "interop $token" --text x
    expect_status "$REFUSED"
    expect_words reject@$domain 550 5.1.1 "no such user here"
    expect_arrived composed /dev/null
    judge "the only recipient is refused for good"

    new_token
    alert_as defer@$domain -- --subject "interop $token" --text x
    expect_status "$RETRY_LATER"
    expect_words defer@$domain 450 4.2.0 "try again later"
    expect_arrived composed /dev/null
    judge "the only recipient is refused for now"

    new_token
    alert_as full@$domain reject@$domain ops@$domain defer@$domain -- --subject "interop $token" --text x
    expect_status "$PARTLY"
    expect_words full@$domain 452 4.2.2 reject@$domain 550 5.1.1 defer@$domain 450 4.2.0
    echo x >"$work/sent"
    expect_arrived composed "$work/sent" ops@$domain
    judge "four recipients, three refusals of different kinds"

    new_token
    port=$SUBMISSION_PORT service=submission options=(--tls never --timeout 60)
    alert_as ops@$domain -- --subject "interop $token" --text x
    expect_status "$REFUSED"
    expect_words 530 5.7.0
    expect_arrived composed /dev/null
    judge "the server demands TLS and it is forbidden"
}

# --- nothing is sent ---------------------------------------------------------------------------------------

nothing_is_sent() {
    set_transport starttls plain
    change_option --ca "$OTHER_CA"
    sent_nothing "STARTTLS, the certificate is signed by another CA" "$REFUSED $RETRY_LATER"

    set_transport implicit none
    change_option --ca "$OTHER_CA"
    sent_nothing "implicit TLS, the certificate is signed by another CA" "$REFUSED $RETRY_LATER"

    set_transport starttls none
    change_option --tls-name other.$domain
    sent_nothing "STARTTLS, the certificate is for another name" "$REFUSED $RETRY_LATER"

    set_transport starttls none
    options=(--tls required --tls-name "$TLS_NAME" --timeout 60)
    sent_nothing "STARTTLS, the system's authorities do not know the server's" "$REFUSED $RETRY_LATER"

    set_transport starttls none
    port=$BARE_PORT service=bare
    sent_nothing "TLS required, the server has none" "$REFUSED $RETRY_LATER"

    set_transport starttls none
    options+=(--requiretls)
    sent_nothing "REQUIRETLS, which the server does not offer" "$REFUSED"

    set_transport plain plain
    options=(--tls never --user "$LOGIN" --auth plain --timeout 60)
    sent_nothing "a password in clear without leave" "$REFUSED $DATA_ERROR 64"

    port=$BARE_PORT service=bare options=(--tls never --timeout 60)
    new_token
    whole_mail "$token" "$work/text" | sed p >"$work/sent"
    alert_as ops@$domain -- --raw --file "$work/sent"
    expect_status "$DATA_ERROR $REFUSED"
    expect_words 4096
    expect_no_mail_command
    judge "larger than the server's SIZE: refused before MAIL"

    set_transport plain none
    new_token
    alert_as "$(printf 'ops@%s>\r\nRCPT TO:<second@%s' "$domain" "$domain")" -- --subject "interop $token" --text x
    expect_status "$DATA_ERROR 64"
    expect_no_mail_command
    judge "an address with a line end in it"

    new_token
    alert_as ops@$domain -- --subject "$(printf 'interop %s\r\nBcc: second@%s' "$token" "$domain")" --text x
    expect_status "$DATA_ERROR 64"
    expect_no_mail_command
    judge "a subject with a line end in it"

    port=$((port_base + 99))
    require_free_ports "$port"
    new_token
    alert_as ops@$domain -- --subject "interop $token" --text x
    expect_status "$RETRY_LATER"
    judge "no server listens"
}

sent_nothing() { # WHAT STATUSES    with the options set before
    new_token
    alert_as ops@$domain -- --subject "interop $token" --text x
    expect_status "$2"
    expect_no_mail_command
    judge "$1"
}

# --- running and judging one case --------------------------------------------------------------------------

alert_as() { # RECIPIENT... -- OPTION...    with $port and $options as set before
    local to=()
    while [ "$1" != -- ]; do
        to+=(--to "$1")
        shift
    done
    shift
    why=()
    log_mark=$(wc -l <"$MAILLOG")
    local secret=${wrong_password:-$PASSWORD}
    [ "${password_in_environment:-yes}" = yes ] || secret=
    local environment=(env -u ALERT_PASSWORD)
    [ -z "$secret" ] || environment=(env "ALERT_PASSWORD=$secret")
    # Run from elsewhere: a program that needs the project's directory would not be a tool.
    (cd "$work" && "${environment[@]}" timeout 180 "$alert" --server "127.0.0.1:$port" --from "$login@$domain" \
        "${to[@]}" "${options[@]}" "$@") <"${stdin:-/dev/null}" >"$work/out" 2>&1
    status=$?
}

new_lines_of_log() {
    tail -n "+$((log_mark + 1))" "$MAILLOG"
}

# Whoever reads these lines reads them all: left in the midst, `tail` would fail, and the pipe with it.
log_has() { # WORDS
    new_lines_of_log | grep -F -- "$1" >/dev/null
}

session_is_over() {
    new_lines_of_log | grep "$service/smtpd.*disconnect from" >/dev/null
}

expect_status() { # "STATUS..."
    [[ " $1 " == *" $status "* ]] || why+=("exit status $status instead of ${1// / or }")
}

expect_words() { # WORD...    in what the program said
    local word
    for word in "$@"; do
        grep -qF -- "$word" "$work/out" || why+=("does not say \"$word\"")
    done
}

expect_no_words() { # WORD...
    local word
    for word in "$@"; do
        ! grep -qF -- "$word" "$work/out" || why+=("says \"$word\"")
    done
}

expect_log() { # WORDS    in the server's log of this session
    wait_for 30 log_has "$1" || why+=("the server's log does not show \"$1\"")
}

# The server counts each session's commands in its log: no MAIL, and nothing in the Maildir.
expect_no_mail_command() {
    # A client that refuses beforehand makes no session, so none is waited for long.
    wait_for 2 session_is_over
    ! new_lines_of_log | grep 'disconnect from.* mail=' >/dev/null || why+=("sent MAIL")
    [ "$(stored | wc -l)" -eq 0 ] || why+=("a mail arrived")
}

stored() { # the files in the Maildir with this case's token
    grep -rlF -- "$token" "$MAILDIR/new" 2>/dev/null
}

stored_count_is() { # NUMBER
    [ "$(stored | wc -l)" -eq "$1" ]
}

# Exactly these recipients got the mail, and each copy is what was sent.
expect_arrived() { # raw|composed SENT-FILE RECIPIENT...
    local form=$1 sent=$2 file recipient
    shift 2
    wait_for 30 session_is_over || why+=("the server's log shows no end of the session")
    # What the program does not claim to have delivered is not waited for.
    local patience=0
    [[ $status != "$DELIVERED" && $status != "$PARTLY" ]] || patience=60
    wait_for "$patience" stored_count_is $# || stored_count_is $# || why+=("$(stored | wc -l) copies arrived instead of $#")
    for recipient in "$@"; do
        file=$(stored | xargs -r grep -lx "Delivered-To: $recipient")
        [ -n "$file" ] || why+=("nothing arrived for $recipient")
    done
    while read -r file; do
        "same_$form" "$file" "$sent" || why+=("what arrived differs from what was sent")
        rm -f "$file"
    done < <(stored)
}

# A Maildir has LF and the server's own header fields in front, which must be all that was added.
same_raw() { # ARRIVED SENT
    local added=$(($(stat -c %s "$1") - $(stat -c %s "$2")))
    [ "$added" -gt 0 ] && tail -c "+$((added + 1))" "$1" | cmp -s - "$2" &&
        ! head -c "$added" "$1" | grep -qvE '^(Return-Path|X-Original-To|Delivered-To|Received): |^[[:blank:]]'
}

# Where the program wrote the header section: the needed fields once each, and the text behind them.
same_composed() { # ARRIVED SENT
    local field
    for field in From To Subject Date Message-ID; do
        [ "$(sed '/^$/q' "$1" | grep -ci "^$field: ")" -eq 1 ] || {
            why+=("not exactly one $field")
            return 1
        }
    done
    python3 - "$1" "$2" <<'END'
import email.policy, sys
with open(sys.argv[1], "rb") as arrived, open(sys.argv[2], "rb") as sent:
    mail = email.message_from_binary_file(arrived, policy=email.policy.compat32)
    body = mail.get_payload(decode=True).replace(b"\r\n", b"\n")
    sys.exit(body != sent.read())
END
}

# A mail of several parts, as Python reads it: its text, its HTML, its files by name, whom it names; nothing more.
same_parts() { # ARRIVED DIRECTORY
    python3 - "$1" "$2" "$token" <<'END'
import email.policy, pathlib, sys
arrived, sent, token = open(sys.argv[1], "rb"), pathlib.Path(sys.argv[2]), sys.argv[3]
mail = email.message_from_binary_file(arrived, policy=email.policy.default)
faults = [part.defects for part in mail.walk() if part.defects]
def text(part):
    return part and part.get_payload(decode=True).replace(b"\r\n", b"\n")
def expected(name):
    return (sent / name).read_bytes() if (sent / name).exists() else None
names = expected("cc") and expected("cc").decode().split()
found = {
    "defects": not faults,
    "7 bits": all(byte < 128 for byte in mail.as_bytes()),
    "fields": all(len(mail.get_all(name, [])) == 1 for name in ("From", "To", "Subject", "Date", "Message-ID")),
    "subject": token in mail["Subject"],
    "cc": names == (mail["Cc"] and [address.addr_spec for address in mail["Cc"].addresses]),
    "bcc": mail["Bcc"] is None and (names or "second@" not in mail["To"]),
    "text": text(mail.get_body(("plain",))) == expected("text"),
    "html": text(mail.get_body(("html",))) == expected("html"),
    "files": sorted((part.get_filename(), part.get_payload(decode=True)) for part in mail.iter_attachments())
    == sorted((file.name, file.read_bytes()) for file in (sent / "files").iterdir())
    if mail.is_multipart() else not any((sent / "files").iterdir()),
}
wrong = [name for name, right in found.items() if not right]
if wrong:
    print("differs:", ", ".join(wrong), faults, file=sys.stderr)
sys.exit(bool(wrong))
END
}

judge() { # WHAT
    local seconds=$((SECONDS - ${began:-0}))
    began=$SECONDS
    if [ ${#why[@]} -eq 0 ]; then
        pass "$1" "status $status, $seconds s"
        [ -z "${VERBOSE:-}" ] || sed 's/^/       | /' "$work/out"
    else
        miss "$1" "$(printf '%s; ' "${why[@]}")" "$work/out"
    fi
}

main "$@"
