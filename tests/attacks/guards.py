#!/usr/bin/env python3
"""Takes the guards out of the code, one after the other, and demands that the test of each fails.

    tests/attacks/guards.py                all of them
    tests/attacks/guards.py CLASS...       those of these classes
    tests/attacks/guards.py --write        also puts the table into tests/attacks/GUARDS.md
    tests/attacks/guards.py --check        only looks whether each guard is found in the code

It works on a copy under target/guards, so that the tree stays as it is. A guard that is not found in the code, or without which
nothing compiles, counts as a failure, and so does a test that passes without it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
WORK = TOP / "target/guards"
COPY = WORK / "copy"

# What is taken out: class, what the guard is, file, the code, what stands there without it (or lists of these three), and the tests that
# must fail, each of them: `binary::test`.
GUARDS = [
    ("smuggling", "bare line ends behind DATA", "src/data/unstuffing.rs",
     "if self.bare == BareLineEnds::Reject && !self.discard {", "if false {",
     ["attacks::smuggling::every_look_alike_of_the_end_makes_the_mail_be_refused_whole"]),
    ("smuggling", "the end needs CRLF behind its dot", "src/data/unstuffing.rs",
     "[b'.', b'\\r', b'\\n', ..] => return (run, Then::End),", "[b'.', b'\\r', _, ..] => return (run, Then::End),",
     ["unstuffing::every_short_input_is_read_as_the_rules_say_at_every_cut"]),
    ("smuggling", "bare line ends in chunks", "src/server/content.rs",
     "self.policy.bare == BareLineEnds::Reject && !self.flags.binary", "false",
     ["attacks::bdat::bare_line_ends_in_chunks_lose_the_mail_whole_unless_it_is_binary"]),
    ("smuggling", "a CR at the end of a chunk", "src/server/content.rs",
     "self.flags.cr = if wanted { ends_in_cr } else { self.flags.cr };", "self.flags.cr = false; let _ = ends_in_cr;",
     ["attacks::bdat::bare_line_ends_in_chunks_lose_the_mail_whole_unless_it_is_binary"]),
    ("smuggling", "a CR of a refused chunk is no content", "src/server/content.rs",
     "self.flags.cr = if wanted { ends_in_cr } else { self.flags.cr };", "self.flags.cr = ends_in_cr;",
     ["attacks::bdat::bare_line_ends_in_chunks_lose_the_mail_whole_unless_it_is_binary"]),
    ("smuggling", "a mail that is lost is passed over to its end", "src/server/content.rs",
     "self.unstuffer.discard();", "",
     ["attacks::unbounded::the_rest_of_a_lost_mail_is_read_up_to_a_limit"]),
    ("smuggling", "a bare LF ends no command line", "src/session/buffer.rs",
     "if let [kept @ .., b'\\r'] = ", "if let [kept @ .., _] = ",
     ["attacks::bdat::what_looks_like_bdat_ends_the_session_before_its_octets_are_commands"]),
    ("smuggling", "a bare LF ends no reply's line", "src/session/buffer/lines.rs",
     "self.window.storage.get(end) == Some(&b'\\r')", "self.window.storage.get(end).is_some()",
     ["replies::what_breaks_the_structure_is_refused_at_every_split"]),
    ("stuffing", "the first line's dot is doubled", "src/data/stuffing.rs",
     "Self { before: Before::LineStart, line_ends }", "Self { before: Before::Middle, line_ends }",
     ["attacks::stuffing::whatever_the_content_is_the_most_lenient_server_reads_one_mail"]),
    ("stuffing", "a line's dot is doubled", "src/data/stuffing.rs",
     "return Ok(Piece { taken: 0, octets: b\".\" });", "return Ok(Piece { taken: 0, octets: b\" \" });",
     ["attacks::stuffing::a_mail_within_a_mail_stays_content"]),
    ("stuffing", "a bare line end is refused where the caller says so", "src/data/stuffing.rs",
     "if self.line_ends == LineEnds::Reject {", "if false {",
     ["attacks::stuffing::whatever_the_content_is_the_most_lenient_server_reads_one_mail"]),
    ("argument injection", "a value is a value as a whole", "src/wire/syntax.rs",
     "Ok((rest, _)) => Err(Left { octets: rest.len(), fault: Fault::Unexpected }),", "Ok((_, parsed)) => Ok(parsed),",
     ["attacks::argument_injection::cr_lf_and_nul_are_refused_at_every_place_and_the_error_says_where"]),
    ("argument injection", "text has no control characters", "src/wire/class.rs",
     "if matches!(octet, b'\\t' | b' '..=b'~') {\n        classes |= bit::TEXT;", "if true {\n        classes |= bit::TEXT;",
     ["attacks::argument_injection::cr_lf_and_nul_are_refused_at_every_place_and_the_error_says_where",
      "attacks::argument_injection::whatever_values_there_are_each_command_is_one_line"]),
    ("argument injection", "a password has no line break", "src/sasl/credentials.rs",
     "(None, Some(syntax)) => Err(Unfit::Password(syntax)),", "(None, Some(_)) => Ok(Self { user, password }),",
     ["attacks::argument_injection::cr_lf_and_nul_are_refused_at_every_place_and_the_error_says_where"]),
    ("argument injection", "a constructor is not forgotten", "src/wire/domain.rs",
     "    /// The name as it was given.\n    pub fn as_str", "    /// Another.\n    pub fn from_text(name: &'a str) -> Self {\n        Self(name)\n    }\n\n    /// The name as it was given.\n    pub fn as_str",
     ["attacks::argument_injection::the_list_of_constructors_is_complete"]),
    ("injection through the server", "no control characters of UTF-8", "src/wire/syntax.rs",
     "text.windows(2).any(|two| matches!(two, [0xc2, 0x80..=0x9f]))", "text.is_empty() && false",
     ["attacks::injection_through_server::control_characters_of_utf8_are_in_no_name_and_no_path"]),
    ("injection through the server", "banner and help are cleaned", "src/server/hello.rs",
     ".filter(|octet| !octet.is_ascii_control())", "",
     ["server_policy::banner_and_help_are_said_without_control_characters"]),
    ("injection through the server", "nobody is looked up for those who may not send", "src/server/judge.rs",
     "Command::Vrfy(_) | Command::Expn(_) if self.policy.auth_for_mail && !self.flags.authenticated => {",
     "Command::Vrfy(_) | Command::Expn(_) if false => {",
     ["attacks::injection_through_server::nobody_is_looked_up_for_those_who_may_not_send"]),
    ("STARTTLS, server", "octets behind STARTTLS", "src/server/hello.rs",
     "if self.rx.filled().len() > behind {", "if false {",
     ["attacks::starttls_server::octets_behind_starttls_in_the_same_read_are_a_hard_error_and_never_acted_on"]),
    ("STARTTLS, server", "octets before the handshake", "src/server/hello.rs",
     "if !self.rx.is_empty() {\n            return Err(Protocol::InputBeforeTls.into());\n        }\n        self.shown", "self.shown",
     ["attacks::starttls_server::octets_that_come_in_the_next_read_but_before_tls_are_a_hard_error"]),
    ("STARTTLS, server", "a login before TLS is forgotten", "src/server/hello.rs",
     "self.flags.authenticated = false;", "",
     ["attacks::starttls_server::a_login_before_tls_is_forgotten_behind_it"]),
    ("STARTTLS, server", "EHLO is due behind TLS", "src/server/hello.rs",
     "self.phase = Phase::Greeted;\n        self.flags.tls = true;", "self.phase = Phase::Ready;\n        self.flags.tls = true;",
     ["attacks::starttls_server::behind_tls_the_session_begins_anew"]),
    ("STARTTLS, client", "octets behind the 220", "src/client/mod.rs",
     "self.fail(Protocol::InputBeforeTls);", "self.rx.clear();\n            self.shown = Shown::StartTls;",
     ["attacks::starttls_client::replies_in_clear_behind_the_220_are_never_taken_for_replies_under_tls"]),
    ("STARTTLS, client", "capabilities are forgotten", "src/client/command.rs",
     "self.forget_offers();", "",
     ["replies::after_tls_all_is_as_in_a_fresh_session"]),
    ("STARTTLS, client", "an answer from before the command is none", "src/client/reply.rs",
     "let stale = self.flags.stale;", "let stale = false;",
     ["replies::the_front_of_an_early_reply_makes_all_of_it_early"]),
    ("stripping", "TLS is required, and not offered", "src/submission/conversation.rs",
     "if policy == TlsPolicy::Required {", "if false {",
     ["attacks::stripping::where_tls_is_required_and_not_offered_not_even_starttls_is_said"]),
    ("stripping", "TLS is required, and STARTTLS refused", "src/submission/conversation.rs",
     "if self.options.tls == TlsPolicy::Required {\n", "if false {\n",
     ["attacks::stripping::where_tls_is_required_nothing_is_sent_to_a_server_that_does_not_start_it"]),
    ("stripping", "no password in clear", "src/client/mod.rs",
     "self.flags.tls || self.flags.clear_text_allowed", "true",
     ["attacks::stripping::where_tls_is_taken_if_offered_no_password_goes_in_clear_instead"]),
    ("stripping", "no password in clear, by hand", "src/client/auth.rs",
     "if mechanism.mechanism().reveals_secret() && !self.flags.tls && !clear_text {", "if false {",
     ["sasl::secrets_do_not_cross_the_wire_in_clear_unless_it_is_allowed"]),
    ("stripping", "HELO does not replace EHLO where TLS is required", "src/submission/conversation.rs",
     "if self.options.tls == TlsPolicy::Required && !self.client.is_tls() {", "if false {",
     ["attacks::stripping::where_tls_is_required_and_not_offered_not_even_starttls_is_said"]),
    ("stripping", "the server demands TLS for mail", "src/server/judge.rs",
     "if policy.tls_for_mail && !self.flags.tls {", "if false {",
     ["attacks::stripping::a_server_that_requires_tls_takes_neither_mail_nor_login_without_it"]),
    ("reply parser", "a reply has a length",
     "src/client/reply.rs",
     "if octets > usize::from(MAX_REPLY) {", "if false {",
     ["replies::what_never_ends_is_ended_within_the_limit_and_the_buffer"]),
    ("reply parser", "the code does not change", "src/client/reply.rs",
     "if !first && self.line.code != code {", "if false {",
     ["replies::what_breaks_the_structure_is_refused_at_every_split"]),
    ("reply parser", "a delivery needs the last octet written", "src/client/reply.rs",
     "if stale || !self.in_doubt() {", "if false {",
     ["replies::a_reply_to_the_content_before_its_last_octet_is_never_a_delivery"]),
    ("SASL", "base64 has whole groups", "src/sasl/base64.rs",
     "if !text.len().is_multiple_of(4) {", "if false {",
     ["attacks::sasl_server::what_is_not_exactly_base64_is_no_message"]),
    ("SASL", "base64 has no stray bits", "src/sasl/base64.rs",
     "if stray == 0 {", "if stray == 0 || true {",
     ["attacks::sasl_server::what_is_not_exactly_base64_is_no_message"]),
    ("SASL", "no empty name and no empty password", "src/sasl/server/plain.rs",
     "let empty = user.is_empty() || password.is_empty();", "let empty = false;",
     ["attacks::sasl_server::neither_an_empty_name_nor_an_empty_password_is_a_login"]),
    ("SASL", "PLAIN is UTF-8", "src/sasl/server/plain.rs",
     "core::str::from_utf8(octets).ok()?;", "",
     ["attacks::sasl_server::a_name_or_a_password_that_is_not_utf_8_is_no_login",
      "sasl_server::what_is_not_utf_8_is_no_message_of_any_mechanism"]),
    ("SASL", "LOGIN is UTF-8", "src/sasl/server/login.rs",
     "core::str::from_utf8(octets).is_err()", "false",
     ["attacks::sasl_server::a_name_or_a_password_that_is_not_utf_8_is_no_login",
      "sasl_server::what_is_not_utf_8_is_no_message_of_any_mechanism"]),
    ("SASL", "LOGIN's password holds no NUL", "src/sasl/server/login.rs",
     "cut(password, 0).is_some()", "false",
     ["sasl_server::a_password_of_login_holds_no_nul"]),
    ("SASL", "SCRAM is UTF-8", "src/sasl/server/scram.rs",
     "core::str::from_utf8(message).map(str::as_bytes).map_err(|_| Refusal::Syntax)", "Ok(message)",
     ["sasl_server::what_is_not_utf_8_is_no_message_of_any_mechanism"]),
    ("SASL", "no control characters in a name", ["src/sasl/server/mod.rs"],
     ["name.iter().any(u8::is_ascii_control)"], ["name.is_empty() && false"],
     ["server_sessions::a_name_with_control_characters_does_not_log_in"]),
    ("SASL", "nor those of UTF-8", "src/sasl/server/mod.rs",
     " || has_c1(name)", "",
     ["server_sessions::a_name_with_control_characters_does_not_log_in"]),
    ("SASL", "nothing of a login stays behind what was moved", "src/session/buffer.rs",
     "        wipe(self.window.storage.get_mut(usize::from(self.window.end)..).unwrap_or_default());\n", "",
     ["server_sessions::nothing_of_a_login_stays_in_the_memory_wherever_it_is_cut"]),
    ("unbounded", "a mail of chunks that is taken back counts", "src/server/mod.rs",
     "self.mails = self.mails.saturating_add(1);\n        }\n        self.forget_transaction();", "}\n        self.forget_transaction();",
     ["server_sessions::mails_that_are_begun_by_a_chunk_and_taken_back_end_the_session"]),
    ("SASL", "CRAM-MD5 has no initial response", "src/server/auth.rs",
     "Some(_) if mechanism == AuthMechanism::CramMd5 =>", "Some(_) if mechanism == AuthMechanism::CramMd5 && false =>",
     ["attacks::sasl_server::where_the_server_speaks_first_there_is_no_initial_response"]),
    ("SASL", "a new exchange is told from one that goes on", "src/server/auth.rs",
     "let first = self.phase != Phase::Auth;", "let first = false;",
     ["attacks::sasl_server::the_caller_can_tell_a_new_exchange_from_one_that_goes_on"]),
    ("SASL", "a nonce of SCRAM serves one exchange", "src/sasl/server/scram.rs",
     "        if self.stage != Stage::First {\n            return self.refuse(Refusal::Spent);\n        }\n", "        self.stage = Stage::First;\n",
     ["sasl_server::scram_goes_by_the_trait_as_by_hand_and_a_nonce_serves_once"]),
    ("SASL", "a challenge of CRAM-MD5 serves one exchange", "src/sasl/server/cram_md5.rs",
     "(true, None, Stage::New) => {", "(true, None, _) => {",
     ["sasl_server::a_challenge_of_cram_md5_serves_once"]),
    ("SASL", "a stripped offer of channel binding is noticed", "src/sasl/server/scram.rs",
     "(None, b\"y\") => !self.plus_offered,", "(None, b\"y\") => true,",
     ["sasl_server::one_value_serves_scram_with_and_without_binding"]),
    ("SASL", "what a session ends in the middle of is wiped", "src/server/mod.rs",
     "            self.rx.clear();\n        }\n    }", "        }\n    }",
     ["sasl_server::a_session_that_ends_in_the_middle_of_a_login_leaves_nothing_of_it"]),
    ("SASL", "no second AUTH", "src/server/judge.rs",
     "Verb::Auth if self.flags.authenticated => Some(&answer::BAD_SEQUENCE),", "",
     ["server_commands::auth_is_refused_a_second_time_and_inside_a_transaction"]),
    ("SASL", "no second AUTH, in the client", "src/client/auth.rs",
     "if self.flags.authenticated {", "if false {",
     ["sasl::a_second_auth_is_not_said_and_another_ehlo_forgets_no_login"]),
    ("SASL", "AUTH is no longer than a command", "src/client/auth.rs",
     "if !said || out.wanted() > LONGEST {", "if !said {",
     ["sasl_initial::what_makes_the_line_of_auth_too_long_waits_until_it_is_asked_for"]),
    ("SASL", "challenges have an end", "src/client/auth.rs",
     "self.scratch >= MAX_CHALLENGES", "false",
     ["attacks::sasl_mechanisms::a_server_that_asks_without_end_is_left"]),
    ("SASL", "the count of SCRAM's iterations is capped", "src/sasl/scram/mod.rs",
     "if first.iterations < MIN_ITERATIONS || first.iterations > self.max_iterations {", "if first.iterations < MIN_ITERATIONS {",
     ["attacks::sasl_mechanisms::iterations_are_taken_on_by_policy_and_leave_room_to_breathe"]),
    ("SASL", "SCRAM's server signature is missed", "src/sasl/scram/mod.rs",
     "        self.stage == Stage::Proven\n", "        true\n",
     ["attacks::sasl_mechanisms::a_server_is_believed_only_with_its_signature"]),
    ("SASL", "what was logged in with is wiped", "src/server/mod.rs",
     "self.rx.wipe(usize::from(self.consumed));", "",
     ["server_policy::what_a_client_logs_in_with_does_not_stay_in_the_buffer"]),
    ("SASL", "what follows a refused AUTH is wiped", "src/server/command.rs",
     "self.flags.secret = true;\n                self.answer(response)?;", "self.answer(response)?;",
     ["server_sessions::nothing_of_a_login_behind_a_refused_auth_stays_in_the_memory"]),
    ("SASL", "what was sent is wiped", "src/session/buffer.rs",
     "self.window.mark = false;\n            wipe(self.window.storage);", "self.window.mark = false;",
     ["sasl::secrets_are_wiped_once_they_have_gone_or_never_will"]),
    ("BDAT", "what was announced is passed over", "src/server/command.rs",
     "self.chunk = size;\n                self.chunk_is = ChunkIs::Refused(answer);", "let _ = size;\n                self.chunk_is = ChunkIs::Refused(answer);",
     ["attacks::bdat::a_refused_chunk_is_answered_once_and_its_octets_are_passed_over"]),
    ("BDAT", "a size that cannot be known ends the session", "src/server/judge.rs",
     "Some(Verb::Bdat | Verb::BdatLast) => return Hopeless(&answer::SYNTAX),", "Some(Verb::Bdat | Verb::BdatLast) => &answer::SYNTAX,",
     ["attacks::bdat::a_bdat_whose_size_cannot_be_known_ends_the_session"]),
    ("BDAT", "a BDAT behind a bare LF", "src/server/command.rs",
     "if hidden {", "if false {",
     ["attacks::bdat::what_looks_like_bdat_ends_the_session_before_its_octets_are_commands"]),
    ("BDAT", "what is announced has a limit", "src/server/command.rs",
     "self.drain(size);", "",
     ["attacks::bdat::a_refused_chunk_is_read_up_to_a_limit_and_one_that_announces_more_ends_the_session"]),
    ("BDAT", "a refused chunk spoils the mail", "src/server/answer.rs",
     "self.lost = self.lost.or(Some(Lost::Refused));\n                self.refused = 0;", "",
     ["attacks::bdat::a_mail_of_which_a_chunk_was_refused_is_not_taken_by_lmtp_either"]),
    ("arguments", "a quote behind a backslash ends nothing", "src/wire/mailbox.rs",
     "if *octet == b'\"' && !escaped {", "if *octet == b'\"' {",
     ["attacks::injection_through_server::paths_that_would_be_more_than_a_path_are_refused"]),
    ("arguments", "numbers do not wrap", "src/wire/scan.rs",
     "let appended = value.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit & 0x0f)));",
     "let appended = Some(value.wrapping_mul(10).wrapping_add(u64::from(digit & 0x0f)));",
     ["attacks::numbers::a_chunk_whose_length_does_not_fit_ends_the_session_and_one_that_does_is_counted"]),
    ("arguments", "a size does not wrap", "src/wire/param/mod.rs",
     "size.saturating_mul(10).saturating_add(", "size.wrapping_mul(10).wrapping_add(",
     ["attacks::numbers::a_size_that_does_not_fit_is_refused_by_the_server_and_no_limit_to_the_client"]),
    ("unbounded", "idle commands have an end", "src/server/answer.rs",
     "if self.idle >= self.policy.max_idle {", "if false {",
     ["attacks::unbounded::commands_that_bring_no_mail_nearer_come_to_an_end"]),
    ("unbounded", "errors have an end", "src/server/answer.rs",
     "if self.errors >= self.policy.max_errors {", "if false {",
     ["server_policy::errors_end_the_session_when_there_are_too_many"]),
    ("unbounded", "dropped content has an end", "src/server/content.rs",
     "self.drained > self.policy.max_drained", "false",
     ["attacks::unbounded::the_rest_of_a_lost_mail_is_read_up_to_a_limit"]),
    ("unbounded", "refused recipients have an end", "src/server/judge.rs",
     "if self.recipients >= most || self.refused >= most {", "if self.recipients >= most {",
     ["attacks::unbounded::refused_recipients_have_an_end"]),
    ("unbounded", "drips do not start the clock", "src/server/content.rs",
     "if self.progress >= self.policy.progress\n", "if true\n",
     ["attacks::time::one_octet_a_minute_restarts_no_clock"]),
    ("unbounded", "421 is the end", "src/client/reply.rs",
     "self.line.closing = code == Code::CLOSING;", "self.line.closing = false; let _ = code;",
     ["attacks::unbounded::a_flood_of_421_is_one"]),
    ("unbounded", "a command line has a length", "src/server/judge.rs",
     "if whole > limits::COMMAND_LINE && whole > self.longest(command) {", "if false {",
     ["server_commands::lines_of_512_octets_pass_and_of_513_do_not"]),
    # What is reset at the end of a transaction is set anew at the beginning of the next: either would do.
    ("half-reset", "SMTPUTF8 goes with its transaction",
     ["src/server/mod.rs", "src/server/answer.rs"],
     ["self.flags.smtputf8 = false;", "(self.flags.smtputf8, self.flags.binary) = (smtputf8, binary);"],
     ["", "self.flags.smtputf8 |= smtputf8; self.flags.binary = binary;"],
     ["server_commands::an_address_outside_ascii_needs_the_smtputf8_parameter",
      "attacks::half_reset::whatever_ended_a_transaction_the_next_one_goes_as_the_first"]),
    ("half-reset", "RSET forgets the transaction",
     ["src/server/command.rs", "src/server/answer.rs"],
     ["self.phase = Phase::Ready;\n                    self.abandon_transaction();", "Verb::Mail if positive => {\n                self.forget_transaction();"],
     ["self.phase = Phase::Ready;", "Verb::Mail if positive => {"],
     ["attacks::half_reset::whatever_ended_a_transaction_the_next_one_goes_as_the_first"]),
    ("half-reset", "BINARYMIME goes with its transaction",
     ["src/server/mod.rs", "src/server/answer.rs"],
     ["self.flags.binary = false;\n", "(self.flags.smtputf8, self.flags.binary) = (smtputf8, binary);"],
     ["", "self.flags.smtputf8 = smtputf8; self.flags.binary |= binary;"],
     ["attacks::half_reset::whatever_ended_a_transaction_the_next_one_goes_as_the_first"]),
    ("half-reset", "the count of recipients is forgotten", "src/server/mod.rs",
     "self.recipients = 0;\n        self.refused = 0;\n        self.replied = 0;\n        self.lost", "self.replied = 0;\n        self.lost",
     ["attacks::half_reset::whatever_ended_a_transaction_the_next_one_goes_as_the_first"]),
    ("pipelining", "what ends a group ends it", "src/client/command.rs",
     "if verb.ends_group() || ", "if ",
     ["pipelining::nothing_follows_what_must_end_a_group"]),
    ("pipelining", "a 354 for nobody gets the lone dot", "src/submission/conversation.rs",
     "if self.envelope.recipients.iter().all(|recipient| recipient.status == Status::Refused) {", "if false {",
     ["attacks::pipelining::a_354_for_nobody_gets_the_lone_dot_at_every_split"]),
    ("pipelining", "nothing is read behind QUIT", "src/server/mod.rs",
     "Phase::Closing => Err(Stop::Input),\n", "Phase::Closing => self.take_line(),\n",
     ["attacks::pipelining::a_server_reads_nothing_behind_quit"]),
    ("arguments", "what is not ASCII needs SMTPUTF8", "src/client/parameters.rs",
     "== 0 && !self.out.is_ascii()", "== 0 && !self.out.is_ascii() && false",
     ["commands::values_outside_ascii_go_only_in_a_transaction_that_mail_has_put_under_smtputf8"]),
    ("arguments", "so it does to the server", "src/server/judge.rs",
     "if !self.flags.smtputf8 {", "if false {",
     ["server_commands::an_address_outside_ascii_needs_the_smtputf8_parameter"]),
    ("arguments", "a binary mail does not go behind DATA", "src/client/command.rs",
     "self.scratch & used(Extension::BinaryMime) != 0", "false",
     ["commands::a_mail_declared_binary_never_goes_behind_data"]),
    ("unbounded", "an octet is no piece", "src/client/mod.rs",
     "if piece && self.content != Content::None {", "if self.content != Content::None {",
     ["timers::the_clock_starts_anew_when_a_piece_of_the_content_is_taken_and_not_at_each_octet"]),
    ("LMTP", "a mail that is over owes no replies", "src/client/reply.rs",
     "(Verb::Mail, _) =>", "(Verb::Mail, Some(Severity::Positive)) =>",
     ["attacks::lmtp::recipients_of_a_mail_that_is_over_are_not_waited_for"]),
    ("LMTP", "one reply for each recipient", "src/client/reply.rs",
     "return client.recipients > 0;", "return false;",
     ["attacks::lmtp::fewer_replies_than_recipients_leave_the_others_unknown"]),
    ("LMTP", "a session that may be off by one is not kept", "src/client/reply.rs",
     "client.phase = Phase::Refused;", "client.phase = Phase::Ready;",
     ["attacks::lmtp::a_session_in_which_it_is_unclear_who_owes_a_reply_is_not_kept"]),
    ("outcomes", "in doubt is in doubt", "src/submission/report.rs",
     "if in_doubt && seen & Status::Accepted as u8 != 0 {", "if false {",
     ["attacks::lmtp::fewer_replies_than_recipients_leave_the_others_unknown",
      "timers::a_timer_that_runs_out_leaves_no_doubt_but_behind_the_whole_content"]),
    ("LMTP", "one reply for each recipient, in the server", "src/server/answer.rs",
     "if self.policy.lmtp && self.replied < self.recipients {", "if false {",
     ["attacks::lmtp::the_server_replies_for_each_accepted_recipient_and_no_other"]),
]


def main(arguments):
    if "--check" in arguments:
        return check()
    chosen = [guard for guard in GUARDS if not set(arguments) - {"--write"} or guard[0] in arguments]
    WORK.mkdir(parents=True, exist_ok=True)
    rows, failed = [], 0
    for kind, what, file, code, without, tests in chosen:
        result = broken(file, code, without, tests)
        failed += result != "fails"
        rows.append((kind, what, ", ".join(part.removeprefix("src/") for part in listed(file)), tests, result))
        print(f"{result:24} {kind}: {what}", flush=True)
    print(f"{len(rows) - failed} of {len(rows)} guards are missed by their tests when they are gone")
    if "--write" in arguments:
        write(rows)
    return 1 if failed else 0


def check():
    """1 when a guard is not found in the code, once: it has been rewritten, and its row has to be."""
    lost = [
        f"{kind}: {what}: found {(TOP / part).read_text().count(old)} times in {part}"
        for kind, what, file, code, _, _ in GUARDS
        for part, old in zip(listed(file), listed(code))
        if (TOP / part).read_text().count(old) != 1
    ]
    print("\n".join(lost) or f"all {len(GUARDS)} guards are where they are looked for")
    return 1 if lost else 0


def fresh():
    """The tree as it is; what is built of it is kept."""
    for name in ("src", "tests", "examples", "Cargo.toml", "Cargo.lock", "README.md", ".cargo"):
        source, target = TOP / name, COPY / name
        if source.is_dir():
            command = ["rsync", "-a", "--delete", "--exclude=target", f"{source}/", f"{target}/"]
            target.mkdir(parents=True, exist_ok=True)
            if shutil.which("rsync") is None:
                shutil.rmtree(target)
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("target"), symlinks=True)
                continue
            subprocess.run(command, check=True)
        elif source.exists():
            COPY.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def broken(file, code, without, tests):
    """What comes of the tests without this guard: `fails` is good."""
    fresh()
    for part, old, new in zip(*map(listed, (file, code, without))):
        path = COPY / part
        text = path.read_text()
        if text.count(old) != 1:
            return f"found {text.count(old)} times"
        path.write_text(text.replace(old, new))
    for test in tests:
        binary, name = test.split("::", 1)
        if cargo(binary, "--no-run").returncode != 0:
            return "does not compile"
        done = cargo(binary, "--", "--exact", name, timeout=300)
        if done is not None and "running 1 test" not in done.stdout:
            return "no such test"
        if done is not None and done.returncode == 0:
            return "passes: " + name
    return "fails"


def listed(one):
    """A guard may stand in several places."""
    return one if isinstance(one, list) else [one]


def cargo(binary, *arguments, timeout=None):
    """A run of one test binary; none when it does not come to an end, which is a way to fail."""
    command = ["cargo", "test", "--quiet", "--test", binary, *arguments]
    environment = {"CARGO_TARGET_DIR": str(WORK / "build"), "RUSTFLAGS": "-A warnings", "CARGO_PROFILE_TEST_DEBUG": "0", "CARGO_PROFILE_DEV_DEBUG": "0"}
    try:
        return subprocess.run(command, cwd=COPY, env=os.environ | environment, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return None


def write(rows):
    lines = ["# The guards, and the tests that miss them", "", "Written by `tests/attacks/guards.py --write`: each guard was taken out of the code, and its tests were run.", ""]
    lines += ["| class | guard | in | tests | without it |", "|---|---|---|---|---|"]
    for kind, what, file, tests, result in rows:
        lines.append(f"| {kind} | {what} | `{file}` | {'<br>'.join(f'`{test}`' for test in tests)} | {result} |")
    (TOP / "tests/attacks/GUARDS.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
