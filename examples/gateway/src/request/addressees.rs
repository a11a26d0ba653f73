//! Whom a request is for, and what is known of each.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::variables::{Values, values};
use super::{Recipients, Request, pure};
use crate::problem::{Problem, shown};

/// A recipient, and its personal data.
#[derive(Debug)]
pub(super) struct Addressee {
    pub(super) address: String,
    pub(super) personal: Option<Arc<Values>>,
}

/// Takes them out of the request.
pub(super) fn addressees(request: &mut Request, most: usize) -> Result<Vec<Addressee>, Problem> {
    let alone = |address| Addressee { address, personal: None };
    let (property, addressees) = match (request.recipient.take(), request.recipients.take()) {
        (Some(_), Some(_)) => {
            return Err(Problem::bad("recipient", "give recipient or recipients, not both"));
        }
        (None, None) => {
            return Err(Problem::bad(
                "recipient",
                "is missing: whom the mail is for, one pure address (or several in recipients)",
            ));
        }
        (Some(one), None) => ("recipient", vec![alone(one)]),
        (None, Some(Recipients::All(all))) => ("recipients", all.into_iter().map(alone).collect()),
        (None, Some(Recipients::Personal(all))) => {
            let known = all.into_iter().map(|(address, data)| match values(data) {
                Ok(personal) => Ok(Addressee { address, personal: Some(Arc::new(personal)) }),
                Err(why) => Err(Problem::bad("recipients", format!("{}: {why}", shown(&address)))),
            });
            ("recipients", known.collect::<Result<Vec<_>, _>>()?)
        }
    };
    if addressees.is_empty() {
        return Err(Problem::bad(property, "is empty: give at least one address"));
    }
    if addressees.len() > most {
        return Err(Problem::bad(
            property,
            format!("more than the {most} recipients that one request may have here"),
        ));
    }
    let mut seen = BTreeSet::new();
    for Addressee { address, .. } in &addressees {
        if let Err(why) = pure::recipient(address) {
            let text =
                format!("{} is no pure address ({why}); names and brackets belong into to", shown(address));
            return Err(Problem::bad(property, text));
        }
        if !seen.insert(pure::same(address)) {
            return Err(Problem::bad(property, format!("{} stands twice", shown(address))));
        }
    }
    Ok(addressees)
}
