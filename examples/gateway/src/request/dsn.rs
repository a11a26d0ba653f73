//! Parameters of the envelope: notifications (RFC 3461) and the deadline (RFC 2852).

use embedded_smtp::wire::{By, ByMode, Envid, Notify, Orcpt, Param, Ret};

use super::{Dsn, pure};
use crate::problem::{Problem, shown};

/// Parameters, checked, and kept as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Notifications {
    notify: Option<Notify>,
    ret: Option<Ret>,
    envid: Option<String>,
    orcpt: Option<String>,
}

impl Notifications {
    pub(super) fn new(dsn: &Dsn, recipients: usize) -> Result<Self, Problem> {
        let bad = |text: String| Problem::bad("dsn", text);
        if let Some(envid) = &dsn.envid {
            Envid::new(envid).map_err(|error| bad(format!("envid cannot be sent: {error}")))?;
        }
        if let Some(orcpt) = &dsn.orcpt {
            // RFC 6533 has a form for others, which not every server knows.
            if !orcpt.is_ascii() {
                return Err(bad(format!("orcpt {} is not ASCII, and goes on in no other way", shown(orcpt))));
            }
            pure::mailbox(orcpt).map_err(|why| {
                bad(format!("orcpt {} is no pure address ({why}); give the address alone", shown(orcpt)))
            })?;
            Orcpt::new("rfc822", orcpt).map_err(|error| bad(format!("orcpt cannot be sent: {error}")))?;
            if recipients > 1 {
                return Err(bad(
                    "orcpt is one recipient's original address, and there are several recipients".to_owned(),
                ));
            }
        }
        Ok(Self {
            notify: dsn.notify.as_deref().map(notify).transpose()?,
            ret: dsn.ret.as_deref().map(ret).transpose()?,
            envid: dsn.envid.clone(),
            orcpt: dsn.orcpt.clone(),
        })
    }

    /// For MAIL, with what is left of the time until `deadline`.
    pub(crate) fn of_mail(&self, seconds: Option<u64>) -> Vec<Param<'_>> {
        let by = seconds.and_then(|seconds| {
            // RFC 2852 §4 has nine digits for it, which are thirty years.
            let seconds = i32::try_from(seconds.min(999_999_999)).ok()?;
            By::new(seconds, ByMode::Return, false).ok()
        });
        let ret = self.ret.map(Param::Ret);
        let envid = self.envid.as_deref().and_then(|envid| Envid::new(envid).ok()).map(Param::Envid);
        [ret, envid, by.map(Param::By)].into_iter().flatten().collect()
    }

    /// For RCPT.
    pub(crate) fn of_rcpt(&self) -> Vec<Param<'_>> {
        let orcpt = self.orcpt.as_deref().and_then(|orcpt| Orcpt::new("rfc822", orcpt).ok());
        [self.notify.map(Param::Notify), orcpt.map(Param::Orcpt)].into_iter().flatten().collect()
    }
}

fn notify(text: &str) -> Result<Notify, Problem> {
    let mut wanted = Notify::NEVER;
    for word in text.split(',').map(|word| word.trim().to_ascii_uppercase()) {
        wanted = match word.as_str() {
            "SUCCESS" => wanted.and(Notify::SUCCESS),
            "FAILURE" => wanted.and(Notify::FAILURE),
            "DELAY" => wanted.and(Notify::DELAY),
            "NEVER" if text.trim().len() == 5 => Notify::NEVER,
            _ => {
                let text = "notify wants NEVER alone, or SUCCESS, FAILURE and DELAY with commas between";
                return Err(Problem::bad("dsn", text));
            }
        };
    }
    Ok(wanted)
}

fn ret(text: &str) -> Result<Ret, Problem> {
    match text.to_ascii_uppercase().as_str() {
        "FULL" => Ok(Ret::Full),
        "HDRS" => Ok(Ret::Hdrs),
        _ => Err(Problem::bad("dsn", "ret wants FULL or HDRS")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_nothing_else() {
        for (text, expected) in [
            ("NEVER", Some(Notify::NEVER)),
            ("never", Some(Notify::NEVER)),
            ("FAILURE", Some(Notify::FAILURE)),
            ("SUCCESS, delay", Some(Notify::SUCCESS.and(Notify::DELAY))),
            ("NEVER,SUCCESS", None),
            ("SUCCESS,NEVER", None),
            ("", None),
            ("SUCCESS,", None),
            ("ALWAYS", None),
        ] {
            assert_eq!(notify(text).ok(), expected, "{text}");
        }
        assert_eq!(
            (ret("full").ok(), ret("HDRS").ok(), ret("HEADERS").ok()),
            (Some(Ret::Full), Some(Ret::Hdrs), None)
        );
    }
}
