//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), the client's side.

mod attributes;
mod binding;
mod keys;
mod nonce;

use core::fmt;

use hmac::Mac;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::base64::{decode_pieces, encode_parts, encoded_length};
use super::name;
use super::{Cancel, Challenge, Credentials, Mechanism, Message};
use crate::wire::AuthMechanism;

pub(super) use attributes::{extensions, octets32};
pub use binding::ChannelBinding;
pub use keys::Verifier;
pub(super) use keys::{Key, add, finish, keyed, stored_key};
pub use nonce::Nonce;
pub(super) use nonce::is_nonce;

use attributes::ServerFirst;
use keys::{Keys, salted_password};

/// Iterations that a server must ask for at least (RFC 7677 §4).
pub const MIN_ITERATIONS: u32 = 4096;

/// Iterations that a client takes on if it is not told otherwise.
pub const DEFAULT_MAX_ITERATIONS: u32 = 16_384;

/// Octets that a server may add to the nonce.
const SERVER_NONCE: usize = 128;

/// The client's side of SCRAM-SHA-256, and of SCRAM-SHA-256-PLUS once it is [bound](Self::bound) to a TLS session.
///
/// The password does not cross the wire, and the server must prove that it knows the password (or what was made of it):
/// it is believed only once its signature has come and is right. SMTP has it in a 334, which is answered by an empty line
/// (RFC 4954 §4); a 235 without it is [`Cause::ServerNotProven`](crate::submission::Cause) in a submission.
///
/// # Time
/// Answering the server's first message takes two runs of SHA-256's compression (64 octets each) for each iteration, all
/// within one call. Reckon with 3 000 to 6 000 cycles a run on a Cortex-M4: at 64 MHz 4 096 iterations take 0.4 s to 0.8 s, and the
/// 16 384 that are allowed by default 1.5 s to 3 s; a PC takes 1 ms to 10 ms. See [`max_iterations`](Self::max_iterations) and [`breathe`](Self::breathe).
pub struct ScramSha256<'a> {
    credentials: Credentials<'a>,
    nonce: Nonce,
    binding: Binding<'a>,
    max_iterations: u32,
    breathe: &'a dyn Fn(),
    stage: Stage,
    /// The server's signature as it must be.
    expected: Key,
}

#[derive(Clone, Copy)]
enum Binding<'a> {
    None,
    NotOffered,
    Bound(ChannelBinding<'a>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The server's first message is awaited.
    First,
    /// The server's last message is awaited.
    Final,
    /// The server has proved itself.
    Proven,
    Failed(Failure),
}

/// What was wrong with the server's messages. No secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Failure {
    /// Not base64, cut, or not a message of SCRAM.
    Syntax,
    /// An extension that must be understood, and is not (RFC 5802 §5.1, `m=`).
    Extension,
    /// A nonce that does not begin with the client's, adds nothing to it, or more than 128 octets.
    Nonce,
    /// A salt that is empty, or not base64.
    Salt,
    /// So many iterations, which is less than [`MIN_ITERATIONS`] or more than is allowed.
    Iterations(u32),
    /// The server refuses (`e=`): the reply that follows says so too.
    Refused,
    /// A last message without signature.
    NoSignature,
    /// A wrong signature: the server does not know the password.
    Signature,
    /// The exchange is over, and another needs [another nonce](ScramSha256::renew).
    Spent,
}

impl<'a> ScramSha256<'a> {
    /// With these credentials; `nonce` is for one exchange. Not bound to TLS.
    pub fn new(credentials: Credentials<'a>, nonce: Nonce) -> Self {
        Self {
            credentials,
            nonce,
            binding: Binding::None,
            max_iterations: DEFAULT_MAX_ITERATIONS,
            breathe: &|| {},
            stage: Stage::First,
            expected: Key::default(),
        }
    }

    /// Bound to a TLS session, which makes it SCRAM-SHA-256-PLUS.
    pub fn bound(mut self, binding: ChannelBinding<'a>) -> Self {
        self.binding = Binding::Bound(binding);
        self
    }

    /// Says that it could be bound, but that the server does not offer that (RFC 5802 §6, `y`). A server that does, and
    /// whose offer was stripped on the way, then refuses. Of use beside a [`bound`](Self::bound) one in a
    /// [`Strongest`](super::Strongest).
    pub fn binding_not_offered(mut self) -> Self {
        self.binding = Binding::NotOffered;
        self
    }

    /// Takes on up to `iterations`, [`DEFAULT_MAX_ITERATIONS`] unless told; less than [`MIN_ITERATIONS`] is taken as that. The
    /// server chooses the number, so this says how long a hostile one can keep the processor.
    pub fn max_iterations(mut self, iterations: u32) -> Self {
        self.max_iterations = iterations.max(MIN_ITERATIONS);
        self
    }

    /// Calls `hook` after every 64 iterations: to feed a watchdog, or to let other tasks run.
    pub fn breathe(mut self, hook: &'a dyn Fn()) -> Self {
        self.breathe = hook;
        self
    }

    /// For another exchange, which needs another nonce.
    pub fn renew(&mut self, nonce: Nonce) {
        self.nonce = nonce;
        self.stage = Stage::First;
        self.expected.zeroize();
    }

    /// What was wrong with the server, if anything was.
    pub fn failure(&self) -> Option<Failure> {
        match self.stage {
            Stage::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// `gs2-header = gs2-cbind-flag "," [authzid] ","` (RFC 5802 §7), and the binding's data.
    fn binding_parts(&self) -> [&[u8]; 4] {
        match &self.binding {
            Binding::None => [b"n,,", b"", b"", b""],
            Binding::NotOffered => [b"y,,", b"", b"", b""],
            Binding::Bound(binding) => [b"p=", binding.name.as_bytes(), b",,", binding.data],
        }
    }

    /// `client-first-message-bare = username "," nonce`
    #[inline(never)] // once in flash, not at each place of use
    fn put_first_bare(&self, put: &mut dyn FnMut(&[u8])) {
        put(b"n=");
        name::encode(self.credentials.user, put);
        put(b",r=");
        put(self.nonce.octets());
    }

    fn write_first(&self, message: &mut Message<'_, '_>) {
        let [flag, name, commas, _] = self.binding_parts();
        for part in [flag, name, commas] {
            message.put(part);
        }
        self.put_first_bare(&mut |part| message.put(part));
    }

    /// `client-final-message-without-proof = channel-binding "," nonce`
    #[inline(never)] // once in flash, not at each place of use
    fn put_without_proof(&self, nonce: &[u8], put: &mut dyn FnMut(&[u8])) {
        put(b"c=");
        encode_parts(&self.binding_parts(), put);
        put(b",r=");
        put(nonce);
    }

    /// The server's first message, answered by the proof.
    fn answer_first(&mut self, octets: &[u8], message: &mut Message<'_, '_>) -> Result<(), Failure> {
        let first = ServerFirst::parse(octets)?;
        let added = first.nonce.strip_prefix(self.nonce.octets()).ok_or(Failure::Nonce)?;
        if added.is_empty() || added.len() > SERVER_NONCE {
            return Err(Failure::Nonce);
        }
        if first.iterations < MIN_ITERATIONS || first.iterations > self.max_iterations {
            return Err(Failure::Iterations(first.iterations));
        }
        let salt = |put: &mut dyn FnMut(&[u8])| !first.salt.is_empty() && decode_pieces(first.salt, put);
        let salted = salted_password(self.credentials.password, salt, first.iterations, self.breathe)
            .ok_or(Failure::Salt)?;
        let Keys { client, stored, server } = Keys::of(&salted).ok_or(Failure::Salt)?;
        let mut proof = self.sign(&stored, octets, first.nonce)?;
        add(&mut proof, &client);
        self.expected = self.sign(&server, octets, first.nonce)?;

        self.put_without_proof(first.nonce, &mut |part| message.put(part));
        message.put(b",p=");
        encode_parts(&[&*proof], &mut |part| message.put(part));
        Ok(())
    }

    /// `HMAC(key, AuthMessage)` with
    /// `AuthMessage := client-first-message-bare + "," + server-first-message + "," + client-final-message-without-proof`
    #[inline(never)] // once in flash, not at each place of use
    fn sign(&self, key: &Key, server_first: &[u8], nonce: &[u8]) -> Result<Key, Failure> {
        let mut mac = keyed(&**key).ok_or(Failure::Salt)?;
        let mut put = |part: &[u8]| mac.update(part);
        self.put_first_bare(&mut put);
        put(b",");
        put(server_first);
        put(b",");
        self.put_without_proof(nonce, &mut put);
        Ok(finish(mac))
    }

    fn verify(&mut self, octets: &[u8]) -> Result<(), Failure> {
        let right = attributes::signature(octets)?.ct_eq(&*self.expected);
        self.expected.zeroize();
        if right.into() { Ok(()) } else { Err(Failure::Signature) }
    }
}

impl Mechanism for ScramSha256<'_> {
    fn mechanism(&self) -> AuthMechanism {
        match self.binding {
            Binding::Bound(_) => AuthMechanism::ScramSha256Plus,
            _ => AuthMechanism::ScramSha256,
        }
    }

    fn longest(&self) -> usize {
        let bound = self.binding_parts().iter().map(|part| part.len()).fold(0, usize::saturating_add);
        let mut first = bound;
        self.put_first_bare(&mut |part| first = first.saturating_add(part.len()));
        let nonce = self.nonce.octets().len();
        let last = encoded_length(bound).saturating_add(nonce).saturating_add(SERVER_NONCE);
        first.max(last.saturating_add("c=,r=,p=".len()).saturating_add(encoded_length(32)))
    }

    /// None once the nonce is spent; and what was proven in an earlier exchange is not in this one.
    fn initial(&mut self, message: &mut Message<'_, '_>) -> bool {
        let fresh = self.stage == Stage::First;
        if fresh {
            self.write_first(message);
        } else {
            self.stage = Stage::Failed(Failure::Spent);
            self.expected.zeroize();
        }
        fresh
    }

    /// What is wrong in the server's first message ends the exchange here. Whatever the last one says is answered by an empty message,
    /// so that the server says how it ended; [`accept`](Mechanism::accept) tells whether to believe that.
    fn respond(
        &mut self,
        number: u8,
        challenge: Challenge<'_>,
        message: &mut Message<'_, '_>,
    ) -> Result<(), Cancel> {
        let octets = challenge.decode();
        let done = match (self.stage, octets) {
            // A server that overlooked the initial response asks for it once more (RFC 4954 §4).
            (Stage::First, Ok([])) if number == 0 => {
                self.write_first(message);
                return Ok(());
            }
            (Stage::First, Ok(octets)) => self.answer_first(octets, message).map(|()| Stage::Final),
            (Stage::Final, Ok(octets)) => {
                let (Ok(stage) | Err(stage)) =
                    self.verify(octets).map(|()| Stage::Proven).map_err(Stage::Failed);
                self.stage = stage;
                return Ok(());
            }
            (Stage::First | Stage::Final, Err(Cancel)) => Err(Failure::Syntax),
            (Stage::Proven, _) => Err(Failure::Spent),
            (Stage::Failed(failure), _) => Err(failure),
        };
        match done {
            Ok(stage) => self.stage = stage,
            Err(failure) => {
                self.stage = Stage::Failed(failure);
                self.expected.zeroize();
                return Err(Cancel);
            }
        }
        Ok(())
    }

    /// Whether the server's signature has come, and was right.
    fn accept(&self) -> bool {
        self.stage == Stage::Proven
    }
}

impl fmt::Debug for ScramSha256<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramSha256")
            .field("mechanism", &self.mechanism())
            .field("failure", &self.failure())
            .finish_non_exhaustive()
    }
}
