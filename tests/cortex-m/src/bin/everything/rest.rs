//! What few callers use: every other value of the grammar, every mechanism without a hash, LMTP, kept sessions, content that is not text,
//! and a server's limits.

use cortex_m_images::turn::turn;
use cortex_m_images::{Lent, Wire, unknown};
use embedded_smtp::Error;
use embedded_smtp::client::{Client, Event};
use embedded_smtp::data::{BareLineEnds, Body, Chunk, LineEnds, Needs, Slice, Stuffer, Unstuffer};
use embedded_smtp::sasl::Authenticator as _;
use embedded_smtp::sasl::server as claims;
use embedded_smtp::sasl::{
    Anonymous, BearerToken, Credentials, External, Login, Mechanism, OAuthBearer, Password, Plain, Strongest,
    Unfit, XOAuth2,
};
use embedded_smtp::server::{Policy, Server};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{
    Envelope, Event as Ended, Hello, Options, Recipient, Submission, Then, TlsPolicy,
};
use embedded_smtp::wire::{
    AuthMechanism, AuthMechanisms, AuthSender, By, ByMode, Capabilities, Code, Command, DateTime,
    EnhancedCode, Envid, Extension, ForwardPath, HelloName, HoldFor, Mailbox, MtPriority, Orcpt, Other,
    Param, Params, ProxyHeader, ProxyParse, Reply, Response, Ret, ReversePath, Syntax, Text, Verb, Writer,
    XClient,
};

use super::put;

/// The engine's error, or none where a value is out of form.
pub(crate) struct Failed(Option<Error>);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(Some(error))
    }
}

impl From<Syntax> for Failed {
    fn from(_: Syntax) -> Self {
        Self(None)
    }
}

impl From<Unfit> for Failed {
    fn from(_: Unfit) -> Self {
        Self(None)
    }
}

static TEXTS: Lent<[u8; 128]> = Lent::new([0; 128]);

/// Every parameter, with what its values tell of themselves.
fn parameters(text: &str) -> Option<[Param<'_>; 9]> {
    let by = By::new(unknown(5), unknown(ByMode::Return), unknown(true)).ok()?;
    let hold = HoldFor::new(unknown(5)).ok()?;
    let priority = MtPriority::new(unknown(1)).ok()?;
    let orcpt = Orcpt::new(text, text).ok()?;
    unknown((by.seconds(), by.mode(), by.trace(), hold.seconds(), priority.level()));
    unknown((orcpt.kind().len(), orcpt.address().encoded_len()));
    Some([
        Param::By(by),
        Param::HoldFor(hold),
        Param::HoldUntil(DateTime::new(text).ok()?),
        Param::MtPriority(priority),
        Param::Envid(Envid::new(text).ok()?),
        Param::Orcpt(orcpt),
        Param::Other(Other::new(text, unknown(Some(text))).ok()?),
        Param::Auth(AuthSender::new(Mailbox::new(text).ok()?)),
        Param::Ret(unknown(Ret::Full)),
    ])
}

pub(crate) fn grammar(input: &[u8], output: &mut [u8], wire: &mut Wire) {
    let text = core::str::from_utf8(input).unwrap_or_default();
    for param in parameters(text).iter().flatten() {
        put(param, output, wire);
    }
    let mut offered = Capabilities::default();
    offered.fold(input, unknown(true), unknown(false));
    let limits = offered.limits();
    unknown((limits.mails(), limits.recipients(), limits.domains(), offered.size().allows(unknown(7))));
    unknown(offered.mechanisms().not_revealing());
    if let Some(mechanism) = AuthMechanism::from_name(input) {
        unknown((mechanism.strength(), mechanism.reveals_secret()));
    }
    if let Ok(mailbox) = Mailbox::new(text) {
        wire.write(mailbox.local_part().as_bytes());
        unknown(mailbox.is_ascii());
    }
    if let Ok(name) = HelloName::new(text) {
        unknown((name.is_ascii(), name.is_literal()));
    }
    for param in Params::parse(input).iter().flat_map(Params::iter) {
        if let Param::Auth(sender) = param {
            unknown(sender.mailbox().is_some());
        }
    }
    if let Ok(attributes) = XClient::parse(input) {
        attributes.iter().for_each(|attribute| {
            unknown(attribute);
        });
        put(&attributes, output, wire);
    }
    if let ProxyParse::Complete { header, .. } = ProxyHeader::parse(input) {
        unknown((header.source(), header.destination()));
        let mut out = Writer::new(output);
        header.emit_v1(&mut out);
        header.emit_v2(&mut out);
        unknown(out.finish().is_ok());
    }
    let mut stream = input;
    while let Ok(Some(reply)) = Reply::take(&mut stream) {
        unknown(reply.severity());
    }
    match Command::parse(input) {
        Ok(command) => unknown(command.verb().is_some_and(Verb::ends_group)),
        Err(error) => unknown((error.verb(), error.syntax().fault())).0.is_some(),
    };
    let mut chunk = Chunk::new(unknown(u64::MAX), unknown(true));
    unknown((chunk.take(input.len()), chunk.left(), chunk.is_done(), chunk.is_last()));
    let mut stuffer = Stuffer::new(unknown(LineEnds::Reject));
    let plain = stuffer.plain(input);
    stuffer.advance(input.get(..plain).unwrap_or_default());
    unknown(stuffer.finish().is_ok());
    let mut unstuffer = Unstuffer::new(unknown(BareLineEnds::Reject));
    unstuffer.discard();
    unknown(unstuffer.next(input).consumed());
    unknown((claims::External::parse(input).is_some(), claims::Anonymous::parse(input).is_some()));
    for token in [claims::OAuthBearer::parse(input), claims::XOAuth2::parse(input)].into_iter().flatten() {
        unknown((token.port(), token.host().is_some()));
        wire.write(token.token().as_bytes());
        for octet in token.user().iter().flat_map(|user| user.octets()) {
            wire.write(&[octet]);
        }
    }
}

pub(crate) fn client(rx: &mut [u8], tx: &mut [u8], text: &str, wire: &mut Wire) -> Result<(), Failed> {
    let credentials = Credentials::new(text, text)?;
    let token = BearerToken::new(text, text)?;
    let mut client = Client::new(rx, tx).over_tls().read_limits();
    let (mut plain, mut login) = (Plain::new(credentials), Login::new(credentials).with_initial_response());
    let (mut old_bearer, mut bearer) = (XOAuth2::new(token), OAuthBearer::new(token));
    if let Ok(named) = OAuthBearer::new(token).to_server(text, unknown(587)) {
        bearer = named;
    }
    let (mut external, mut anonymous) = (External::on_behalf_of(text)?, Anonymous::new(text)?);
    for round in 0..unknown(64_u8) {
        match turn(&mut client, wire)? {
            Want::Read | Want::Write => {}
            Want::Closed => client.restart(unknown(true)),
            Want::Event => {
                if let Some(Event::Line { reply, .. } | Event::Closing { reply, .. }) = client.event() {
                    wire.write(reply.text_utf8().as_bytes());
                }
                unknown((client.body_pending(), client.chunk_left(), client.phase(), client.in_flight()));
                unknown((client.in_doubt(), client.permits(unknown(Verb::Mail)), client.is_open()));
                let mut list: [&mut dyn Mechanism; 6] =
                    [&mut plain, &mut login, &mut old_bearer, &mut bearer, &mut external, &mut anonymous];
                if let Err(Failed(Some(Error::Capacity(lack)))) = command(&mut client, &mut list, round, text)
                {
                    unknown((lack.buffer(), lack.needed()));
                }
            }
        }
    }
    unknown((bearer.refusal(), old_bearer.refusal()));
    Ok(())
}

fn command(
    client: &mut Client<'_>,
    list: &mut [&mut dyn Mechanism],
    round: u8,
    text: &str,
) -> Result<(), Failed> {
    let parameters = parameters(text);
    let parameters = &parameters.as_ref().map_or(&[][..], |list| list);
    if round == 0 {
        unknown(Strongest::new(list).choose(client.capabilities().mechanisms()));
        return Ok(());
    }
    let Some(mechanism) = list.get_mut(usize::from(unknown(round))) else { return Ok(()) };
    match round {
        1 => client.auth(*mechanism)?,
        2 => client.auth_respond(*mechanism)?,
        3 => client.auth_unoffered(*mechanism)?,
        4 => client.expn(Text::new(text)?)?,
        5 => client.help(Some(Text::new(text)?))?,
        6 => client.mail_with(&ReversePath::new(text)?, parameters, &())?,
        7 => client.rcpt(&ForwardPath::new(text)?, parameters)?,
        8 => client.lhlo(HelloName::new(text)?)?,
        9 => client.bdat(unknown(u64::MAX), unknown(false))?,
        _ => {
            unknown(client.body(text.as_bytes())?);
        }
    }
    Ok(())
}

/// Three mails in one session, each with every parameter.
pub(crate) fn submission(rx: &mut [u8], tx: &mut [u8], text: &str, wire: &mut Wire) -> Result<(), Failed> {
    let mut client = Client::new(rx, tx).over_tls();
    let (name, credentials) = (HelloName::new(text)?, Credentials::new(text, text)?);
    let (from, to) = (ReversePath::new(text)?, ForwardPath::new(text)?);
    let Some(parameters) = parameters(text) else { return Ok(()) };
    let parameters = &parameters.as_slice();
    let texts = TEXTS.lend();
    for _ in 0..unknown(3) {
        let mut recipients = [Recipient::new(to).with(parameters), Recipient::new(to)];
        let hello = if unknown(false) { Hello::Lmtp(name) } else { Hello::Smtp(name) };
        let options = Options::new(name)
            .tls(unknown(TlsPolicy::IfOffered))
            .hello(hello)
            .then(unknown(Then::Keep))
            .auth_even_if_not_offered(unknown(AuthMechanism::Login));
        let login = Password::new(credentials).only(unknown(AuthMechanisms::NONE));
        let envelope = Envelope::new(from, &mut recipients).with(parameters);
        let content = Strange(Slice::new(text.as_bytes()).with_utf8_headers());
        let mut mail = Submission::with_login(&mut client, options, envelope, content, texts, login);
        for _ in 0..unknown(64_u8) {
            match turn(&mut mail, wire)? {
                Want::Read | Want::Write => {}
                Want::Event if mail.event() == Some(Ended::StartTls) && unknown(true) => mail.tls_failed(),
                Want::Event | Want::Closed => break,
            }
        }
        mail.timed_out();
        unknown(mail.take_body_error().is_some());
        let report = mail.report();
        unknown(report.size_limit());
        for again in report.worth_retrying() {
            unknown((again.status(), again.answer().enhanced()));
            wire.write(report.octets(&again.answer()));
        }
    }
    Ok(())
}

/// Content that may be anything.
struct Strange<'a>(Slice<'a>);

impl Body for Strange<'_> {
    type Error = <Slice<'static> as Body>::Error;

    fn needs(&self) -> Needs {
        let mut needs = self.0.needs();
        needs.binary = unknown(true);
        needs
    }

    fn size(&self) -> Option<u64> {
        unknown(self.0.size())
    }

    fn fill(&mut self) -> Result<&[u8], Self::Error> {
        self.0.fill()
    }

    fn consume(&mut self, octets: usize) {
        self.0.consume(octets);
    }
}

/// One with limits of its own.
pub(crate) fn server(rx: &mut [u8], tx: &mut [u8], text: &str, wire: &mut Wire) -> Result<(), Failed> {
    let policy = Policy::new(HelloName::new(text)?)
        .max_size(unknown(4))
        .max_recipients(unknown(4))
        .max_mails(unknown(4))
        .max_errors(unknown(4))
        .max_idle(unknown(4))
        .max_drained(unknown(4))
        .max_line(unknown(4))
        .patience(unknown(1), unknown(2), unknown(3))
        .offer(Extension::RequireTls)
        .offer(Extension::DeliverBy)
        .offer(Extension::FutureRelease)
        .offer(Extension::MtPriority)
        .without(unknown(Extension::Pipelining))
        .require_tls()
        .require_auth()
        .bare_line_ends(unknown(BareLineEnds::Accept));
    let mut server = Server::new(rx, tx, &policy).over_tls();
    for _ in 0..unknown(64_u8) {
        match turn(&mut server, wire)? {
            Want::Read | Want::Write => {}
            Want::Closed => server.restart(unknown(true)),
            Want::Event => {
                unknown((server.phase(), server.is_tls(), server.is_authenticated()));
                let response = Response::new(Code::CLOSING, text)?;
                let enhanced = EnhancedCode::new(unknown(4), unknown(3), unknown(2));
                let response = enhanced.map_or(response, |enhanced| response.enhanced(enhanced));
                if unknown(false) { server.refuse_connection(&response)? } else { server.reply(&response)? }
            }
        }
    }
    Ok(())
}
