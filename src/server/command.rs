//! Command lines as they come.

use super::canned::Canned;
use super::event::Shown;
use super::judge::Judgement;
use super::{ChunkIs, Done, Server, Stop, answer};
use crate::Error;
use crate::session::{Framed, Line, Phase};
use crate::wire::{Command, Extension, Verb, limits};

impl Server<'_, '_> {
    /// Takes MAIL, RCPT or DATA, if it is as nearly all are and the caller is to be told of it, in one look at its octets. `None`
    /// of all others, to which nothing has happened.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub(super) fn take_usual(&mut self) -> Option<Done> {
        let (command, octets) = Command::taken(self.rx.unread()?)?;
        if octets > limits::COMMAND_LINE {
            return None;
        }
        let line = self.rx.part(0, octets.wrapping_sub(2));
        // The paths are ASCII, and what is left to look at are parameters.
        let judgement = match command {
            Command::Mail { path, ref params } if self.phase.permits(Verb::Mail) => {
                self.judge_mail((path, true), params, line)
            }
            Command::Rcpt { path, ref params } if self.phase.permits(Verb::Rcpt) => {
                self.judge_rcpt(path, params, (line, params.is_empty() || line.is_ascii()))
            }
            Command::Data if self.phase.permits(Verb::Data) => self.judge_data(),
            _ => return None,
        };
        let Judgement::Ask(verb, shown) = judgement else { return None };
        self.consumed = octets as u16;
        Some(self.ask(verb, shown))
    }

    /// Takes the next line, if it is there whole.
    pub(super) fn take_line(&mut self) -> Done {
        let line = match self.rx.line() {
            Framed::Line(line) => line,
            Framed::Partial => return Err(Stop::Input),
            // RFC 5321 §2.3.8: an LF alone ends no line. It is refused at once, for a client that
            // knows no CRLF would wait for ever; what follows, up to a CRLF, is the same bad line.
            Framed::BareLf => {
                self.cancel_auth();
                return self.refuse_line(&answer::BARE_LF);
            }
        };
        self.consumed = line.consumed as u16;
        if line.bare {
            // To whom an LF ends a line, this one may hold a BDAT, and its octets would come next.
            let chunk = |five: &[u8]| five.eq_ignore_ascii_case(b"\nBDAT");
            let hidden = line.truncated || self.rx.slice(0..line.consumed).windows(5).any(chunk);
            self.rx.wipe(line.consumed);
            if hidden {
                self.shut(&answer::CANNOT_GO_ON);
            }
            return Ok(());
        }
        if self.phase == Phase::Auth {
            return self.take_auth_line(line);
        }
        if line.truncated {
            self.flags.secret = true;
            return self.refuse_line(&answer::LINE_TOO_LONG);
        }
        let judgement = self.judge(line.length);
        self.act(judgement, line)
    }

    /// Answers a line that is not read as a command. If it were BDAT, a chunk would follow.
    fn refuse_line(&mut self, response: &'static Canned) -> Done {
        self.answer(response)?;
        if self.rx.slice(0..4).eq_ignore_ascii_case(b"BDAT") {
            self.shut(&answer::CANNOT_GO_ON);
        }
        Ok(())
    }

    fn act(&mut self, judgement: Judgement, line: Line) -> Done {
        match judgement {
            Judgement::Answer(response) => {
                // It may be AUTH, or what a client had said behind one before it could know that it was refused.
                self.flags.secret = true;
                self.answer(response)?;
                if self.phase == Phase::Ready && self.rx.slice(0..4).eq_ignore_ascii_case(b"MAIL") {
                    self.unsent();
                }
            }
            Judgement::Ask(verb, shown) => return self.ask(verb, shown),
            Judgement::Chunk { size, last } => return self.open_chunk(size, last),
            Judgement::RefuseChunk { size, answer } => {
                self.tick();
                self.chunk = size;
                self.chunk_is = ChunkIs::Refused(answer);
                self.drain(size);
            }
            Judgement::Hopeless(response) => {
                self.answer(response)?;
                self.shut(&answer::CANNOT_GO_ON);
            }
            Judgement::Auth(mechanism, initial) => return self.begin_auth(mechanism, initial),
            Judgement::Rset => {
                self.answer(&answer::OK)?;
                if self.phase.in_transaction() {
                    self.phase = Phase::Ready;
                    self.abandon_transaction();
                    return self.tell(Shown::Reset);
                }
            }
            Judgement::Help => match self.help() {
                // A long text may have no room behind what waits: the line is read again when it has.
                Err(Error::Capacity(_)) if !self.tx.is_empty() => {
                    self.consumed = 0;
                    self.rx.look_again();
                    return Err(Stop::Input);
                }
                said => said?,
            },
            Judgement::StartTls => return self.start_tls(line.consumed),
            Judgement::Quit => {
                self.say_canned(&answer::BYE)?;
                self.tick();
                self.phase = Phase::Closing;
                return self.tell(Shown::Quit);
            }
        }
        Ok(())
    }

    /// `214 text` (RFC 5321 §4.1.1.8).
    fn help(&mut self) -> Result<(), Error> {
        let policy = self.policy;
        self.append(|out| {
            out.put(if policy.offers(Extension::EnhancedStatusCodes) { b"214 2.0.0 " } else { b"214 " });
            super::hello::printable(out, policy.help);
            out.crlf();
        })?;
        self.tick();
        self.count_idle();
        Ok(())
    }

    /// Tells the caller, who owes a reply.
    pub(super) fn ask(&mut self, verb: Verb, shown: Shown) -> Done {
        self.owed = Some(verb);
        self.tell(shown)
    }

    pub(super) fn tell(&mut self, shown: Shown) -> Done {
        self.shown = shown;
        Err(Stop::Event)
    }
}
