//! A server's half of every mechanism, for one account.

use embedded_smtp::Error;
use embedded_smtp::sasl::server::{
    Anonymous, Answer, Claim, CramMd5, External, Judgement, Mechanism, Mechanisms, OAuthBearer, ScramSha256,
    Step, XOAuth2,
};
use embedded_smtp::sasl::{ChannelBinding, Nonce, Verifier};
use embedded_smtp::server::{Event, Server};
use embedded_smtp::wire::{AuthMechanism, Code, Response};
use subtle::ConstantTimeEq;

/// The one account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) token: &'a str,
    /// What SCRAM needs instead of the password.
    pub(crate) verifier: &'a Verifier<'a>,
    /// For SCRAM-SHA-256-PLUS.
    pub(crate) binding: Option<ChannelBinding<'a>>,
}

impl<'a> Account<'a> {
    /// What is known of a claim.
    fn judge(&self, mechanism: AuthMechanism, claim: &Claim<'_>) -> Judgement<'a> {
        let good = match claim {
            Claim::Name { user, authorize_as } if *user == *self.user => {
                if authorize_as.is_some_and(|other| other != *self.user) {
                    return Judgement::Refuse;
                }
                return match mechanism {
                    AuthMechanism::CramMd5 => Judgement::Password(self.password.as_bytes()),
                    _ => Judgement::Verifier(self.verifier),
                };
            }
            Claim::Token(token) => {
                token.user().is_none_or(|user| user == *self.user)
                    && same(token.token().as_bytes(), self.token)
            }
            // Here TLS would say who it is.
            Claim::External(user) => user.is_empty() || *user == self.user,
            Claim::Anonymous(_) => true,
            _ => false,
        };
        if good { Judgement::Accept } else { Judgement::Refuse }
    }
}

/// One session's logins.
#[derive(Debug)]
pub(crate) struct Book<'s> {
    account: Account<'s>,
    random: fn() -> [u8; 18],
    scram: ScramSha256<'s>,
    cram: CramMd5<'s>,
    bearer: OAuthBearer,
    old_bearer: XOAuth2,
    /// By which mechanism the client has logged in.
    pub(crate) accepted: Option<AuthMechanism>,
}

impl<'s> Book<'s> {
    pub(crate) fn new(account: Account<'s>, random: fn() -> [u8; 18], scratch: &'s mut [u8]) -> Self {
        let (front, back) = scratch.split_at_mut(64);
        let scram = ScramSha256::new(Nonce::from_random(random()), back);
        let scram = match account.binding {
            Some(session) => scram.or_bound(session),
            None => scram,
        };
        let cram = CramMd5::new(b"", front);
        let (bearer, old_bearer) = (OAuthBearer::new(), XOAuth2::new());
        Self { account, random, scram, cram, bearer, old_bearer, accepted: None }
    }

    /// Answers what the server tells of: logins by what they prove, everything else with yes.
    pub(crate) fn answer(&mut self, server: &mut Server<'_, '_>) -> Result<(), Error> {
        match server.event() {
            Some(Event::Login(login)) => {
                let good = login.user() == self.account.user.as_bytes()
                    && same(login.password(), self.account.password)
                    && (login.authorize_as().is_empty() || login.authorize_as() == login.user());
                if good {
                    self.accepted = Some(AuthMechanism::Plain);
                    return server.accept();
                }
                let code = Code::new(535).expect("a code");
                server.reply(&Response::new(code, "Authentication failed").expect("a reply"))
            }
            Some(Event::AuthMessage(message)) => {
                if message.is_first() {
                    let word = u128::from_le_bytes(*(self.random)().first_chunk().expect("16 octets"));
                    self.cram.renew(format!("<{word:x}@mail.example.test>").as_bytes());
                    self.scram.renew(Nonce::from_random((self.random)()));
                }
                let mut list: [&mut dyn Mechanism; 6] = [
                    &mut self.scram,
                    &mut self.cram,
                    &mut self.bearer,
                    &mut self.old_bearer,
                    &mut External,
                    &mut Anonymous,
                ];
                let mut offered = Mechanisms::new(&mut list);
                let name = message.mechanism();
                let answer = match offered.step(message) {
                    Step::Answer(answer) => answer,
                    Step::Judge(claim) => offered.judged(message, self.account.judge(name, &claim)),
                };
                match answer {
                    Answer::Accept => self.accepted = Some(name),
                    Answer::Refuse(refusal) => eprintln!("{} refused: {refusal:?}", name.name()),
                    _ => {}
                }
                server.auth(answer)
            }
            Some(_) if server.reply_owed().is_some() => server.accept(),
            _ => Ok(()),
        }
    }
}

fn same(sent: &[u8], kept: &str) -> bool {
    sent.ct_eq(kept.as_bytes()).into()
}
