//! The table of phases, row by row: what may be said, and where a reply leads.

#[path = "support/verbs.rs"]
mod verbs;

use embedded_smtp::session::Phase;
use embedded_smtp::wire::{Severity, Verb};
use verbs::VERBS;

const PHASES: [Phase; 12] = [
    Phase::Connected,
    Phase::Refused,
    Phase::Greeted,
    Phase::Ready,
    Phase::Mail,
    Phase::Rcpt,
    Phase::Data,
    Phase::Chunks,
    Phase::Spoiled,
    Phase::Auth,
    Phase::Tls,
    Phase::Closing,
];

#[test]
fn each_phase_permits_these_verbs_and_no_other() {
    // G reeting, E hlo H elo L hlo, M ail R cpt, D ata and its end, B dat and the last, R set N oop Q uit, V rfy E xpn H elp,
    // S tarttls, A uth and a response, X client
    let rows = [
        (Phase::Connected, "G... .. .. .. ... ... . .. ."),
        (Phase::Refused, ".... .. .. .. ..Q ... . .. ."),
        (Phase::Greeted, ".EHL .. .. .. RNQ VEH . .. X"),
        (Phase::Ready, ".EHL M. .. .. RNQ VEH S A. X"),
        (Phase::Mail, ".EHL .R .. .. RNQ VEH . .. ."),
        (Phase::Rcpt, ".EHL .R D. BL RNQ VEH . .. ."),
        (Phase::Data, ".... .. .E .. ... ... . .. ."),
        (Phase::Chunks, ".EHL .. .. BL RNQ VEH . .. ."),
        (Phase::Spoiled, ".EHL .. .. .. RNQ VEH . .. ."),
        (Phase::Auth, ".... .. .. .. ... ... . .R ."),
        (Phase::Tls, ".... .. .. .. ... ... . .. ."),
        (Phase::Closing, ".... .. .. .. ... ... . .. ."),
    ];
    for (phase, row) in rows {
        let columns = row.bytes().filter(|column| *column != b' ');
        assert_eq!(columns.clone().count(), VERBS.len());
        for (verb, column) in VERBS.into_iter().zip(columns) {
            assert_eq!(phase.permits(verb), column != b'.', "{verb:?} in {phase:?}");
        }
    }
}

#[test]
fn each_reply_leads_where_the_standards_say_from_any_phase() {
    use Severity::{Intermediate, Permanent, Positive, Transient};
    for phase in PHASES {
        for verb in VERBS {
            // What 2yz, 3yz and a refusal lead to; `None` where nothing changes.
            let [positive, intermediate, refused] = match verb {
                Verb::Greeting => [Some(Phase::Greeted), Some(Phase::Refused), Some(Phase::Refused)],
                Verb::Mail => [Some(Phase::Mail), None, None],
                Verb::Rcpt => [Some(Phase::Rcpt), None, None],
                Verb::Data => [None, Some(Phase::Data), None],
                Verb::EndOfData => [Some(Phase::Ready); 3],
                Verb::Bdat => [Some(Phase::Chunks), Some(Phase::Spoiled), Some(Phase::Spoiled)],
                Verb::BdatLast => [Some(Phase::Ready), Some(Phase::Spoiled), Some(Phase::Spoiled)],
                Verb::Rset if matches!(phase, Phase::Connected | Phase::Refused | Phase::Greeted) => {
                    [None; 3]
                }
                Verb::Ehlo | Verb::Helo | Verb::Lhlo | Verb::Rset => [Some(Phase::Ready), None, None],
                Verb::Auth | Verb::AuthResponse => {
                    [Some(Phase::Ready), Some(Phase::Auth), Some(Phase::Ready)]
                }
                Verb::StartTls => [Some(Phase::Tls), None, None],
                Verb::XClient => [Some(Phase::Greeted), None, None],
                Verb::Quit => [Some(Phase::Closing); 3],
                _ => [None; 3],
            };
            for (severity, next) in [
                (Positive, positive),
                (Intermediate, intermediate),
                (Transient, refused),
                (Permanent, refused),
            ] {
                let found = phase.after(verb, severity);
                assert_eq!(found, next.unwrap_or(phase), "{severity:?} to {verb:?} in {phase:?}");
            }
        }
    }
}

#[test]
fn a_transaction_is_open_from_mail_to_its_end() {
    let open = [Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Chunks, Phase::Spoiled];
    for phase in PHASES {
        assert_eq!(phase.in_transaction(), open.contains(&phase), "{phase:?}");
    }
}
