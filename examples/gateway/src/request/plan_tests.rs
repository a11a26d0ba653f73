//! Requests and the mails that they become.

use super::*;
use crate::request::read;
use serde_json::json;

fn planned(request: Value, mime: Option<&str>) -> Result<Vec<Outgoing>, Problem> {
    let Value::Object(properties) = request else { unreachable!() };
    let spool = mime.map(|text| {
        let mut spool = Spool::new();
        spool.write(text.as_bytes()).unwrap();
        spool.close().unwrap();
        spool
    });
    plan(read(&properties)?, spool, Rules { templates: None, recipients: 3, mail: 1 << 20, text: 1 << 20 })
}

fn whole(mail: &Outgoing) -> String {
    let Content::Whole(whole) = &mail.content else { panic!("parts") };
    let mut text = String::new();
    whole.reader().read_to_string(&mut text).unwrap();
    text
}

fn letter(mail: &Outgoing) -> &Letter {
    let Content::Letter(letter) = &mail.content else { panic!("a whole message") };
    letter
}

#[test]
fn faults_name_the_property() {
    let good = || json!({"recipient": "j@b", "from": "i@b", "text": "x"});
    for (change, value, property, text) in [
        ("recipient", json!(null), "recipient", "is missing"),
        ("recipient", json!("John <j@b>"), "recipient", "no pure address"),
        ("recipient", json!("j@b\r\nDATA"), "recipient", "no pure address"),
        ("recipients", json!(["a@b"]), "recipient", "not both"),
        ("from", json!(null), "from", "is missing"),
        ("from", json!("a@b, c@d"), "from", "exactly one"),
        ("from", json!("nobody"), "from", "no address"),
        ("to", json!(["a@b", "c"]), "to", "no address"),
        ("cc", json!("\"open <a@b>"), "cc", "not closed"),
        ("replyto", json!("a@b,"), "replyto", "comma"),
        ("subject", json!("a\r\nBcc: x@y"), "subject", "cannot be sent"),
        ("envelope", json!("John <j@b>"), "envelope", "no pure address"),
        ("envelope", json!(""), "envelope", "no pure address"),
        ("unsubscribe", json!("not an address"), "unsubscribe", "neither"),
        ("unsubscribe", json!([]), "unsubscribe", "empty"),
        ("extra", json!({"Subject": "x"}), "extra", "x-"),
        ("extra", json!({"x-a": "b\nc"}), "extra", "cannot be sent"),
        ("attachments", json!([{"name": "x"}]), "attachments", "data is missing"),
        ("attachments", json!([{"data": "*"}]), "attachments", "not base64"),
        ("attachments", json!([{"data": "", "type": "text"}]), "attachments", "the type"),
        ("attachments", json!([{"url": "https://x"}]), "attachments", "fetches nothing"),
        ("maxdelivertime", json!("soon"), "maxdelivertime", "no moment"),
        ("maxdelivertime", json!("2020-01-01 00:00:00"), "maxdelivertime", "has passed"),
        ("dsn", json!({"notify": "SOMETIMES"}), "dsn", "notify"),
        ("dsn", json!({"ret": "SOME"}), "dsn", "ret"),
        ("data", json!({"9": "x"}), "data", "no name for a variable"),
        ("template", json!("x"), "template", "no directory"),
    ] {
        let mut request = good();
        request[change] = value.clone();
        let problem = planned(request, None).err().unwrap_or_else(|| panic!("{change}: {value} is taken"));
        assert_eq!(problem.property.as_deref(), Some(property), "{change}: {value}: {}", problem.text);
        assert!(problem.text.contains(text), "{change}: {value}: {}", problem.text);
        assert!(matches!(problem.status, 400 | 422));
    }
    assert_eq!(planned(good(), None).unwrap().len(), 1);
    let problem = planned(json!({"recipient": "j@b", "from": "i@b"}), None).unwrap_err();
    assert!(problem.text.contains("nothing to send"));
    for recipients in [json!([]), json!(["a@b", "a@b"]), json!(["a@b", "b@b", "c@b", "d@b"])] {
        let problem =
            planned(json!({"recipients": recipients, "from": "i@b", "text": "x"}), None).unwrap_err();
        assert_eq!(problem.property.as_deref(), Some("recipients"));
    }
}

#[test]
fn without_personal_data_there_is_one_mail_and_with_it_one_for_each() {
    let mails = planned(json!({"recipients": ["a@b", "c@d"], "from": "i@b", "text": "x"}), None).unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipients, ["a@b", "c@d"]);
    assert_eq!(mails[0].envelope, "i@b");
    let request = json!({
        "recipients": {"jane@doe.com": {"first": "Jane"}, "john@doe.com": {"first": "J<o>hn"}},
        "envelope": "bounces@b", "from": "Us <i@b>", "to": "{$first} {$last} <{$recipient}>", "data": {"last": "Doe"},
        "subject": "Hi {$first}", "text": "{$first} {$recipient} {$envelope}", "html": "<b>{$first}</b>",
    });
    let mails = planned(request, None).unwrap();
    assert_eq!(mails.len(), 2);
    assert_eq!(
        (mails[1].recipients.as_slice(), mails[1].envelope.as_str()),
        (&["john@doe.com".to_owned()][..], "bounces@b")
    );
    let john = letter(&mails[1]);
    assert_eq!(john.text.as_deref(), Some("J<o>hn john@doe.com bounces@b"));
    assert_eq!(john.html.as_deref(), Some("<b>J&lt;o&gt;hn</b>"));
    let built = john.build().unwrap();
    assert_eq!(built.subject.unwrap().as_str(), "Hi J<o>hn");
    assert_eq!((built.to[0].name(), built.to[0].mailbox().as_str()), (Some("J<o>hn Doe"), "john@doe.com"));
    assert_ne!(mails[0].id, mails[1].id);
}

#[test]
fn no_value_brings_further_addresses_in() {
    let request = json!({
        "recipient": "j@b", "from": "i@b", "text": "x", "to": "{$name} <j@b>", "data": {"name": "A <x@y>, B"},
    });
    let mails = planned(request, None).unwrap();
    let built = letter(&mails[0]).build().unwrap();
    assert_eq!(built.to.len(), 1);
    assert_eq!(built.to[0].name(), Some("A <x@y>, B"));
}

#[test]
fn a_whole_message_is_left_alone_unless_there_is_data() {
    let mime = "From: Ann <ann@b>\r\nSubject: {$x}\r\n\r\n{$recipient}\n";
    let mails = planned(json!({"recipient": "j@b"}), Some(mime)).unwrap();
    assert_eq!((whole(&mails[0]).as_str(), mails[0].envelope.as_str()), (mime, "ann@b"));
    let mails = planned(json!({"recipient": "j@b", "data": {"x": "y"}}), Some(mime)).unwrap();
    assert_eq!(whole(&mails[0]), "From: Ann <ann@b>\r\nSubject: y\r\n\r\nj@b\n");
    let Content::Whole(content) = &mails[0].content else { panic!() };
    assert_eq!(content.survey.on_the_wire, 38);
    for (request, mime, text) in [
        (json!({"recipient": "j@b", "data": {"z": "y"}}), mime, "{$x}"),
        (json!({"recipient": "j@b", "data": {"x": "y\r\nBcc: a@b"}}), mime, "header section"),
        (json!({"recipient": "j@b", "text": "x"}), mime, "beside mime"),
        (json!({"recipient": "j@b"}), "Subject: x\r\n\r\n", "no From field"),
        (json!({"recipient": "j@b"}), "just text", "no message"),
        (json!({"recipient": "j@b"}), "", "no message"),
    ] {
        let problem = planned(request.clone(), Some(mime)).unwrap_err();
        assert!(problem.text.contains(text), "{request}: {}", problem.text);
    }
}

#[test]
fn unsubscribing_is_by_address_or_url_or_both() {
    for (given, expected) in [
        (json!("unsubscribe@example.com"), "<mailto:unsubscribe@example.com>"),
        (json!("http://www.example.com"), "<http://www.example.com>"),
        (
            json!(["http://www.example.com", "unsubscribe@example.com"]),
            "<http://www.example.com>, <mailto:unsubscribe@example.com>",
        ),
    ] {
        let mails =
            planned(json!({"recipient": "j@b", "from": "i@b", "text": "x", "unsubscribe": given}), None)
                .unwrap();
        let letter = letter(&mails[0]);
        assert_eq!(letter.build().unwrap().fields[0].value(), expected);
    }
}

#[test]
fn the_return_path_has_its_variables_replaced() {
    let mime = "From: {$who}@b\r\n\r\nx\r\n";
    let mails = planned(json!({"recipient": "j@b", "data": {"who": "ann"}}), Some(mime)).unwrap();
    assert_eq!(mails[0].envelope, "ann@b");
}
