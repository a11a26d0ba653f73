//! A server's half of every mechanism, for one account.

use embedded_smtp::Error;
use embedded_smtp::sasl::server::{self, CramMd5, OAuthBearer, ScramSha256, TOKEN_REFUSED, XOAuth2};
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

/// One session's logins.
#[derive(Debug)]
pub(crate) struct Book<'s> {
    account: Account<'s>,
    random: fn() -> [u8; 18],
    scram: ScramSha256<'s>,
    cram: String,
    step: u8,
    /// By which mechanism the client has logged in.
    pub(crate) accepted: Option<AuthMechanism>,
}

enum Answer {
    Ask(Vec<u8>),
    Accept,
    Refuse,
}

impl<'s> Book<'s> {
    pub(crate) fn new(account: Account<'s>, random: fn() -> [u8; 18], scratch: &'s mut [u8]) -> Self {
        let mut scram = ScramSha256::new(Nonce::from_random(random()), scratch);
        if account.binding.is_some() {
            scram = scram.beside_plus();
        }
        Self { account, random, scram, cram: String::new(), step: 0, accepted: None }
    }

    /// Answers what the server tells of: logins by what they prove, everything else with yes.
    pub(crate) fn answer(&mut self, server: &mut Server<'_, '_>) -> Result<(), Error> {
        let (mechanism, answer) = match server.event() {
            Some(Event::Login(login)) => {
                let good = login.user() == self.account.user.as_bytes()
                    && same(login.password(), self.account.password)
                    && (login.authorize_as().is_empty() || login.authorize_as() == login.user());
                (AuthMechanism::Plain, if good { Answer::Accept } else { Answer::Refuse })
            }
            Some(Event::AuthMessage { mechanism, first, message }) => {
                if first {
                    // The exchange before may have been broken off.
                    self.step = 0;
                }
                let message = message.map(|message| message.as_bytes().to_vec());
                (mechanism, self.sasl(mechanism, message.as_deref()))
            }
            Some(_) if server.reply_owed().is_some() => return server.accept(),
            _ => return Ok(()),
        };
        match answer {
            Answer::Ask(challenge) => return server.challenge(&challenge),
            Answer::Accept => {
                self.accepted = Some(mechanism);
                server.accept()?;
            }
            Answer::Refuse => {
                let code = Code::new(535).expect("a code");
                server.reply(&Response::new(code, "Authentication failed").expect("a reply"))?;
            }
        }
        self.step = 0;
        Ok(())
    }

    fn sasl(&mut self, mechanism: AuthMechanism, message: Option<&[u8]>) -> Answer {
        let account = self.account;
        let Some(message) = message else {
            if mechanism == AuthMechanism::CramMd5 {
                let word = u128::from_le_bytes(*(self.random)().first_chunk().expect("16 octets"));
                self.cram = format!("<{word:x}@mail.example.test>");
                return Answer::Ask(self.cram.clone().into_bytes());
            }
            return Answer::Ask(Vec::new());
        };
        let step = self.step;
        self.step += 1;
        let proven = match (mechanism, step) {
            (AuthMechanism::ScramSha256 | AuthMechanism::ScramSha256Plus, step) => {
                let plus = mechanism == AuthMechanism::ScramSha256Plus;
                return self.scram(plus, step, message);
            }
            (AuthMechanism::CramMd5, 0) => {
                let cram = CramMd5::new(self.cram.as_bytes());
                cram.user(message) == Some(account.user) && cram.verify(message, account.password)
            }
            (AuthMechanism::OAuthBearer, 0) => {
                let good = OAuthBearer::parse(message).is_some_and(|bearer| {
                    bearer.user().is_none_or(|user| user == *account.user)
                        && same(bearer.token().as_bytes(), account.token)
                });
                return if good { Answer::Accept } else { Answer::Ask(TOKEN_REFUSED.to_vec()) };
            }
            (AuthMechanism::XOAuth2, 0) => {
                let good = XOAuth2::parse(message).is_some_and(|bearer| {
                    bearer.user() == account.user && same(bearer.token().as_bytes(), account.token)
                });
                return if good { Answer::Accept } else { Answer::Ask(TOKEN_REFUSED.to_vec()) };
            }
            // Here TLS would say who it is.
            (AuthMechanism::External, 0) => {
                server::external(message).is_some_and(|user| user.is_empty() || user == account.user)
            }
            (AuthMechanism::Anonymous, 0) => server::anonymous(message).is_some(),
            _ => false,
        };
        if proven { Answer::Accept } else { Answer::Refuse }
    }

    fn scram(&mut self, plus: bool, step: u8, message: &[u8]) -> Answer {
        let asked = match step {
            0 => {
                let binding = self.account.binding.filter(|_| plus);
                self.scram.renew(Nonce::from_random((self.random)()), binding);
                match self.scram.first(message) {
                    Ok(first) if first.user == *self.account.user => {
                        self.scram.challenge(self.account.verifier)
                    }
                    Ok(_) => return Answer::Refuse,
                    Err(refusal) => Err(refusal),
                }
            }
            1 => self.scram.verify(message),
            _ if self.scram.is_done(message) => return Answer::Accept,
            _ => return Answer::Refuse,
        };
        match asked {
            Ok(challenge) => Answer::Ask(challenge.to_vec()),
            Err(refusal) => {
                eprintln!("SCRAM refused: {refusal:?}");
                Answer::Refuse
            }
        }
    }
}

fn same(sent: &[u8], kept: &str) -> bool {
    sent.ct_eq(kept.as_bytes()).into()
}
