#!/usr/bin/env bash
# A real Postfix with SASL by Dovecot on 127.0.0.1, wholly in a directory of its own; no service of the system is touched.
#
#   tests/interop/postfix.sh start    start it (needs root, because Postfix does)
#   tests/interop/postfix.sh env      where it listens and who may log in, as shell assignments
#   tests/interop/postfix.sh stop     end it and remove its directory
#   tests/interop/postfix.sh halt     end it, and leave all as it is; `resume` starts it again
#   tests/interop/postfix.sh relay HOST:PORT LEVEL   a second Postfix that sends all its mail on to HOST:PORT by smtp(8),
#                                     with smtp_tls_security_level LEVEL (none, encrypt, verify); `relay stop` ends it
#
# Ports (INTEROP_PORT_BASE, default 12500, plus):
#   25  plain      STARTTLS offered; AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 XOAUTH2 OAUTHBEARER offered in clear too, not demanded
#   87  submission STARTTLS demanded, then AUTH demanded
#   65  implicit   TLS from the first octet; AUTH offered, not demanded
#   26  bare       no STARTTLS, AUTH, PIPELINING, CHUNKING, 8BITMIME ...; SIZE 4096
#   28  lenient    like plain, but a bare LF ends lines (on purpose)
#   29  anonymous  like plain, and ANONYMOUS
#   88  small      like submission, with a certificate on P-256 of a CA of its own
#   66  small      the same with TLS from the first octet
#   67  small      the same with a certificate of another CA
#   35  (relay)    where the second Postfix takes mail
# Recipients: reject@ 550 5.1.1, defer@ 450 4.2.0, full@ 452 4.2.2; everyone else at example.test is delivered to one Maildir,
# one file a recipient; and so at INTEROP_DOMAINS. INTEROP_DIR moves the directory.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

base=$interop_dir/postfix
relay_base=$interop_dir/relay
maildir=$base/mail/inbox
plain_port=$((port_base + 25))
bare_port=$((port_base + 26))
lenient_port=$((port_base + 28))
anonymous_port=$((port_base + 29))
relay_port=$((port_base + 35))
implicit_port=$((port_base + 65))
submission_port=$((port_base + 87))
small_port=$((port_base + 88))
small_implicit_port=$((port_base + 66))
small_other_port=$((port_base + 67))
ports=("$plain_port" "$bare_port" "$lenient_port" "$implicit_port" "$submission_port" "$small_port"
    "$small_implicit_port" "$small_other_port" "$anonymous_port")

main() {
    case "${1:-}" in
    start) start ;;
    stop) stop ;;
    halt) halt ;;
    resume) resume ;;
    env) print_env ;;
    relay)
        if [ "${2:-}" = stop ]; then stop_relay; else start_relay "${2:?HOST:PORT}" "${3:-none}"; fi
        ;;
    *)
        sed -n '2,25s/^# \{0,1\}//p' "$0"
        exit 64
        ;;
    esac
}

start() {
    check_host
    require_free_ports "${ports[@]}"
    rm -rf "$base"
    mkdir -p "$base"/{etc,data,log,mail,dovecot} "$base"/spool/private
    make_certs
    make_small_certs
    # As postfix, postsuper complains there of what a Postfix that was stopped left half written; if it cannot, Postfix does not start again.
    touch "$base/log/maillog"
    chown postfix "$base/data" "$base/spool/private" "$base/log/maillog"
    # Mail is delivered as nobody; the Maildir belongs to it.
    mkdir -p "$maildir"/{new,cur,tmp}
    chown -R nobody:nogroup "$base/mail"
    write_dovecot
    write_main >"$base/etc/main.cf"
    write_master >"$base/etc/master.cf"
    dovecot -c "$base/etc/dovecot.conf" >"$base/log/dovecot.start" 2>&1 ||
        fail "Dovecot does not start: $(cat "$base/log/dovecot.start")"
    resume
    # Postfix asks for the mechanisms when a session starts: without the socket it would offer no AUTH.
    wait_for 30 test -S "$base/spool/private/auth" || give_up "Dovecot has no authentication socket"
}

resume() {
    local port
    launch_postfix "$base" || give_up "Postfix does not start"
    for port in "${ports[@]}"; do
        wait_for 60 port_is_open "$port" || give_up "nothing listens on port $port"
    done
}

halt() {
    stop_by_pidfile "$base/spool/pid/master.pid" "/master"
    # Its children end by themselves, and until then nobody else can listen there.
    wait_for 60 no_port_is_open "${ports[@]}" || fail "Postfix has ended, but something still listens on its ports"
}

stop() {
    stop_relay
    [ ! -s "$base/spool/pid/master.pid" ] || halt
    stop_by_pidfile "$base/dovecot/run/master.pid" "$base/etc/dovecot.conf"
    rm -rf "$base"
}

give_up() { # WHY
    tail -n 20 "$base/log/maillog" "$base/log/dovecot.log" 2>/dev/null >&2
    stop
    fail "$1"
}

print_env() {
    printf '%s=%q\n' PLAIN_PORT "$plain_port" SUBMISSION_PORT "$submission_port" IMPLICIT_PORT "$implicit_port" \
        BARE_PORT "$bare_port" LENIENT_PORT "$lenient_port" ANONYMOUS_PORT "$anonymous_port" RELAY_PORT "$relay_port" \
        LOGIN "$login" PASSWORD "$password" TLS_NAME "$tls_name" CA "$certs/ca.crt" OTHER_CA "$certs/other-ca.crt" \
        SMALL_PORT "$small_port" SMALL_IMPLICIT_PORT "$small_implicit_port" SMALL_OTHER_PORT "$small_other_port" \
        SMALL_CA "$certs/small-ca.crt" MAILDIR "$maildir" MAILLOG "$base/log/maillog" RELAY_LOG "$relay_base/log/maillog"
}

# --- the second Postfix, as a client -----------------------------------------------------------------------

start_relay() { # HOST:PORT LEVEL
    check_host
    stop_relay
    require_free_ports "$relay_port"
    mkdir -p "$relay_base"/{etc,data,log,spool}
    make_certs
    chown postfix "$relay_base/data"
    {
        write_common "$relay_base"
        cat <<END
mydestination =
mynetworks = 127.0.0.1/32
relayhost = [${1%:*}]:${1##*:}
smtp_tls_security_level = $2
smtp_tls_CAfile = $certs/ca.crt
smtp_tls_verify_cert_match = $tls_name
smtp_tls_loglevel = 1
# It says at once what the next server said, and gives up at once: no test waits for a second try.
maximal_queue_lifetime = 0
bounce_queue_lifetime = 0
smtp_host_lookup = native
END
    } >"$relay_base/etc/main.cf"
    {
        echo "127.0.0.1:$relay_port inet n - n - - smtpd"
        write_internal_services
    } >"$relay_base/etc/master.cf"
    launch_postfix "$relay_base" || fail "the relaying Postfix does not start"
    wait_for 60 port_is_open "$relay_port" || fail "the relaying Postfix does not listen on port $relay_port"
}

stop_relay() {
    if [ -s "$relay_base/spool/pid/master.pid" ]; then
        stop_by_pidfile "$relay_base/spool/pid/master.pid" "/master"
        wait_for 60 no_port_is_open "$relay_port"
    fi
    rm -rf "$relay_base"
}

# --- configurations ----------------------------------------------------------------------------------------

write_common() { # BASE    what both instances share
    cat <<END
compatibility_level = 3.6
queue_directory = $1/spool
data_directory = $1/data
maillog_file = $1/log/maillog
maillog_file_prefixes = $1/log
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtpd_peername_lookup = no
myhostname = $tls_name
mydomain = $domain
myorigin = $domain
alias_maps =
alias_database =
biff = no
# The mail goes through as it came: no header is added or rewritten, no line is folded.
append_dot_mydomain = no
append_at_myorigin = no
local_header_rewrite_clients =
always_add_missing_headers = no
message_size_limit = 20971520
mailbox_size_limit = 0
virtual_mailbox_limit = 0
# Tests are in a hurry and fail on purpose.
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 100
smtpd_hard_error_limit = 200
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_timeout = 60s
in_flow_delay = 0
END
}

write_main() {
    write_common "$base"
    cat <<END
mydestination =
mynetworks =
local_recipient_maps =
default_transport = error:this test server sends nothing out
relay_transport = error:this test server sends nothing out
virtual_mailbox_domains = $domain ${INTEROP_DOMAINS:-}
virtual_mailbox_base = $base/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
virtual_minimum_uid = 1
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{
    {reject@$domain = 550 5.1.1 no such user here},
    {defer@$domain = 450 4.2.0 try again later},
    {full@$domain = 452 4.2.2 mailbox full}}
smtpd_helo_required = yes
smtpd_forbid_bare_newline = reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = $certs/server.crt
smtpd_tls_key_file = $certs/server.key
smtpd_tls_loglevel = 1
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_security_options = noanonymous
END
}

write_master() {
    cat <<END
127.0.0.1:$plain_port inet n - n - - smtpd -o syslog_name=plain
127.0.0.1:$submission_port inet n - n - - smtpd -o syslog_name=submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
127.0.0.1:$implicit_port inet n - n - - smtpd -o syslog_name=implicit
  -o smtpd_tls_wrappermode=yes
127.0.0.1:$small_port inet n - n - - smtpd -o syslog_name=small
  -o smtpd_tls_security_level=encrypt
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o smtpd_tls_cert_file=$certs/small.crt -o smtpd_tls_key_file=$certs/small.key
127.0.0.1:$small_implicit_port inet n - n - - smtpd -o syslog_name=small-implicit
  -o smtpd_tls_wrappermode=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o smtpd_tls_cert_file=$certs/small.crt -o smtpd_tls_key_file=$certs/small.key
127.0.0.1:$small_other_port inet n - n - - smtpd -o syslog_name=small-other
  -o smtpd_tls_wrappermode=yes
  -o smtpd_tls_cert_file=$certs/small-other.crt -o smtpd_tls_key_file=$certs/small-other.key
127.0.0.1:$bare_port inet n - n - - smtpd -o syslog_name=bare
  -o smtpd_tls_security_level=none
  -o smtpd_sasl_auth_enable=no
  -o message_size_limit=4096
  -o smtpd_discard_ehlo_keywords=pipelining,chunking,8bitmime,smtputf8,enhancedstatuscodes,dsn,vrfy,etrn
127.0.0.1:$anonymous_port inet n - n - - smtpd -o syslog_name=anonymous
  -o smtpd_sasl_security_options=
127.0.0.1:$lenient_port inet n - n - - smtpd -o syslog_name=lenient
  -o smtpd_forbid_bare_newline=no
  -o smtpd_tls_protocols=!TLSv1.3
END
    write_internal_services
}

write_internal_services() { # nothing in a chroot: the directory holds no copy of the system's files
    cat <<'END'
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
END
}

write_dovecot() { # only its authentication service, on a socket inside Postfix's queue directory
    printf '%s:{PLAIN}%s::::::\n' "$login" "$password" >"$base/etc/users"
    chmod 644 "$base/etc/users"
    # Tokens are JSON web tokens, which Dovecot checks by itself against this key; see make_token in lib.sh.
    mkdir -p "$base/etc/keys/default/HS256"
    printf %s "$token_key" | base64 -w0 >"$base/etc/keys/default/HS256/default"
    chmod -R a+rX "$base/etc/keys"
    cat >"$base/etc/oauth2.conf" <<END
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$base/etc/keys/
username_attribute = sub
END
    chmod 644 "$base/etc/oauth2.conf"
    cat >"$base/etc/dovecot.conf" <<END
base_dir = $base/dovecot/run
state_dir = $base/dovecot/state
log_path = $base/log/dovecot.log
protocols =
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 scram-sha-256 xoauth2 oauthbearer anonymous
auth_failure_delay = 0 secs
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $base/etc/oauth2.conf
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u $base/etc/users
}
userdb {
  driver = static
  args = uid=$(id -u nobody) gid=$(id -g nobody) home=/nonexistent
}
service auth {
  unix_listener $base/spool/private/auth {
    mode = 0600
    user = postfix
  }
}
# Without this each wrong password makes the next login slower.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
END
}

launch_postfix() { # BASE
    # `postfix start` reads the configuration directory's owner and the paths above it: all must be root's, open to read.
    chmod 755 "$interop_dir" "$1" "$1/etc" "$1/log"
    postfix -c "$1/etc" start >"$1/log/start" 2>&1 || {
        cat "$1/log/start" >&2
        return 1
    }
}

check_host() {
    local tool
    [ "$(id -u)" -eq 0 ] || fail "Postfix starts as root only"
    for tool in postfix dovecot openssl; do
        command -v "$tool" >/dev/null || fail "$tool is missing: run tests/interop/install.sh"
    done
    # Postfix's own sockets lie below the directory, and a socket's name may have 107 octets.
    [ ${#interop_dir} -le 70 ] || fail "the directory's name is too long for sockets: $interop_dir (set INTEROP_DIR)"
    mkdir -p "$interop_dir"
    chmod 755 "$interop_dir"
    runuser -u nobody -- test -x "$interop_dir" || fail "others cannot enter $interop_dir: set INTEROP_DIR to another place"
}

main "$@"
