//! Requests and the mails that they become.

use super::*;
use crate::request::read;
use serde_json::{Map, Value, json};

fn planned(request: Value, mime: Option<&str>) -> Result<Vec<Outgoing>, Problem> {
    let Value::Object(properties) = request else { unreachable!() };
    let spool = mime.map(|text| {
        let mut spool = Spool::new();
        spool.write(text.as_bytes()).unwrap();
        spool.close().unwrap();
        spool
    });
    let rules = Rules { templates: None, recipients: 3, mail: MAIL, text: 1 << 20 };
    match plan(read(properties)?, spool, rules)? {
        Plan::One(mail) => Ok(vec![*mail]),
        Plan::Several(several) => (0..several.count()).map(|number| several.mail(number)).collect(),
    }
}

/// Octets of a mail.
const MAIL: u64 = 1 << 20;

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
        ("dsn", json!({"orcpt": "rfc822;x@y"}), "dsn", "address alone"),
        ("dsn", json!({"orcpt": "\u{fc}@y"}), "dsn", "not ASCII"),
        ("dsn", json!({"orcpt": "nobody"}), "dsn", "no @"),
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
    for recipients in
        [json!([]), json!(["a@b", "a@b"]), json!(["a@b", "a@B"]), json!(["a@b", "b@b", "c@b", "d@b"])]
    {
        let problem =
            planned(json!({"recipients": recipients, "from": "i@b", "text": "x"}), None).unwrap_err();
        assert_eq!(problem.property.as_deref(), Some("recipients"));
    }
}

#[test]
fn a_control_character_in_an_address_is_told_with_its_property() {
    // Above 127 the grammar lets them through, and servers refuse them.
    let odd = "j\u{85}x@b";
    for (change, value, property) in [
        ("recipient", json!(odd), "recipient"),
        ("envelope", json!(odd), "envelope"),
        ("from", json!(odd), "from"),
        ("from", json!("Jo <j\u{9f}@b>"), "from"),
        ("from", json!("j@b\u{80}.c"), "from"),
        ("to", json!(["a@b", odd]), "to"),
        ("cc", json!(odd), "cc"),
        ("replyto", json!(odd), "replyto"),
        ("to", json!("{$name} <{$odd}>"), "to"),
        ("unsubscribe", json!(odd), "unsubscribe"),
        ("unsubscribe", json!("mailto:j\u{85}x@b"), "unsubscribe"),
        ("dsn", json!({"orcpt": odd}), "dsn"),
    ] {
        let mut request = json!({"recipient": "j@b", "from": "i@b", "text": "x"});
        request[change] = value.clone();
        if value.to_string().contains("{$") {
            request["data"] = json!({"odd": odd, "name": "x"});
        }
        let problem = planned(request, None).unwrap_err();
        assert_eq!((problem.status, problem.property.as_deref()), (400, Some(property)), "{change}: {value}");
    }
    for recipients in [json!(["a@b", odd]), json!({"a@b": {}, odd: {}})] {
        let problem =
            planned(json!({"recipients": recipients, "from": "i@b", "text": "x"}), None).unwrap_err();
        assert_eq!((problem.status, problem.property.as_deref()), (400, Some("recipients")));
        assert!(problem.text.contains("U+0085"), "{}", problem.text);
    }
    let mime = format!("From: x <{odd}>\r\n\r\n");
    let problem = planned(json!({"recipient": "j@b"}), Some(&mime)).unwrap_err();
    assert_eq!((problem.status, problem.property.as_deref()), (400, Some("mime")));
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
    assert_eq!(john.text.as_deref().map(String::as_str), Some("J<o>hn john@doe.com bounces@b"));
    assert_eq!(john.html.as_deref().map(String::as_str), Some("<b>J&lt;o&gt;hn</b>"));
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
fn a_variable_where_none_is_replaced_is_an_error() {
    let good = || json!({"recipient": "j@b", "from": "i@b", "text": "x", "data": {"a": "b"}});
    for (property, value) in [
        ("envelope", json!("{$a}@b")),
        ("unsubscribe", json!(["u@b", "https://x.y/?u={$recipient}"])),
        ("extra", json!({"x-a": "is {$a}"})),
        ("extra", json!({"x-{$a}": "b"})),
        ("attachments", json!([{"data": "", "name": "{$a}.txt"}])),
        ("attachments", json!([{"data": "", "type": "text/{$a}"}])),
        ("recipient", json!("{$a}@b")),
        ("recipients", json!(["{$a}@b"])),
        ("dsn", json!({"envid": "{$a}"})),
        ("dsn", json!({"orcpt": "{$a}@b"})),
    ] {
        let mut request = good();
        if property == "recipients" {
            request.as_object_mut().unwrap().remove("recipient");
        }
        request[property] = value;
        let problem = planned(request.clone(), None).unwrap_err();
        assert_eq!(problem.property.as_deref(), Some(property), "{}", problem.text);
        assert!(problem.text.contains("not replaced here"), "{}", problem.text);
        // Without data it is a text that looks like one; a URL has no braces in any case.
        request.as_object_mut().unwrap().remove("data");
        assert_eq!(planned(request, None).is_ok(), property != "unsubscribe", "{property}");
    }
}

#[test]
fn the_return_path_has_its_variables_replaced() {
    let mime = "From: {$who}@b\r\n\r\nx\r\n";
    let mails = planned(json!({"recipient": "j@b", "data": {"who": "ann"}}), Some(mime)).unwrap();
    assert_eq!(mails[0].envelope, "ann@b");
}

#[test]
fn a_problem_of_one_of_several_mails_says_whose() {
    let request = json!({
        "recipients": {"ann@b": {"name": "Ann"}, "bob@b": {}}, "from": "i@b", "text": "Dear {$name}",
    });
    let problem = planned(request, None).unwrap_err();
    assert!(problem.text.contains("{$name}") && problem.text.contains("bob@b"), "{}", problem.text);
    let problem =
        planned(json!({"recipients": {"ann@b": {"9": 1}}, "from": "i@b", "text": "x"}), None).unwrap_err();
    assert_eq!(problem.property.as_deref(), Some("recipients"));
    assert!(problem.text.contains("ann@b"), "{}", problem.text);
}

#[test]
fn mails_are_bounded_one_by_one_and_together() {
    let personal = json!({"a@b": {"n": 1}, "c@d": {"n": 2}, "e@f": {"n": 3}});
    let with = |recipients: Value, text: String| {
        planned(json!({"recipients": recipients, "from": "i@b", "text": text}), None)
    };
    let whole = |length: usize| format!("From: i@b\r\n\r\n{}", "x".repeat(length));
    // One mail.
    assert!(with(json!(["a@b"]), "x".repeat(MAIL as usize - 10)).is_ok());
    let problem = with(json!(["a@b"]), "x".repeat(MAIL as usize + 1)).unwrap_err();
    assert_eq!(
        (problem.status, problem.text.contains("the 1048576 octets")),
        (413, true),
        "{}",
        problem.text
    );
    let file = json!({"recipient": "a@b", "from": "i@b", "attachments": [{"data": "QUFB".repeat(MAIL as usize / 3 + 1)}]});
    assert_eq!(planned(file, None).unwrap_err().status, 413);
    // All of them.
    let rules = |most: u64| Rules { templates: None, recipients: 100, mail: most, text: 1 << 20 };
    let many: Map<String, Value> =
        (0..20).map(|number| (format!("u{number}@b"), json!({"n": number}))).collect();
    for (mime, length, fine) in
        [(false, 400, true), (false, 600, false), (true, 400, true), (true, 600, false)]
    {
        let mut request = json!({"recipients": many});
        if !mime {
            request["from"] = json!("i@b");
            request["text"] = json!("x".repeat(length));
        }
        let Value::Object(properties) = request else { unreachable!() };
        let spool = mime.then(|| {
            let mut spool = Spool::new();
            spool.write(whole(length).as_bytes()).unwrap();
            spool.close().unwrap();
            spool
        });
        let planned = plan(read(properties).unwrap(), spool, rules(1000));
        assert_eq!(planned.is_ok(), fine, "{mime} {length}");
        if let Err(problem) = planned {
            assert_eq!((problem.status, problem.property.as_deref()), (413, Some("recipients")));
            assert!(problem.text.contains("10000 octets together"), "{}", problem.text);
        }
    }
    assert!(with(personal, "x{$n}".to_owned()).is_ok());
}

#[test]
fn a_text_without_variables_is_shared_by_all_mails() {
    let recipients = json!({"a@b": {"n": 1}, "c@d": {"n": 2}});
    let request = json!({"recipients": recipients, "from": "i@b", "text": "x".repeat(5000), "html": "{$n}".repeat(100)});
    let Value::Object(properties) = request else { unreachable!() };
    let rules = Rules { templates: None, recipients: 3, mail: MAIL, text: 1 << 20 };
    let Plan::Several(several) = plan(read(properties).unwrap(), None, rules).unwrap() else { panic!("one") };
    assert_eq!((several.weight(0), several.weight(1)), (100, 100));
    let (one, other) = (several.mail(0).unwrap(), several.mail(1).unwrap());
    let text = |mail: &Outgoing| letter(mail).text.clone().unwrap();
    assert!(Arc::ptr_eq(&text(&one), &text(&other)));
}

#[test]
fn header_fields_do_not_grow_without_bound() {
    let mut request = json!({"recipient": "j@b", "from": "i@b", "text": "x", "data": {"a": "x".repeat(600)}});
    for (property, value, text) in [
        ("to", json!("{$a}{$a} <a@b>"), "larger than the 1000"),
        ("subject", json!("{$a}".repeat(17)), "larger than the 10000"),
        ("cc", json!(vec!["a@b"; 1001]), "more addresses"),
        ("replyto", json!(vec!["a@b"; 1001].join(",")), "more addresses"),
    ] {
        request[property] = value;
        let problem = planned(request.clone(), None).unwrap_err();
        assert_eq!(problem.property.as_deref(), Some(property));
        assert!(problem.text.contains(text), "{property}: {}", problem.text);
        request[property] = json!(null);
    }
    request["to"] = json!(vec!["a@b"; 1000]);
    assert!(planned(request, None).is_ok());
}

#[test]
fn what_is_shown_of_a_request_is_short() {
    let long = "x".repeat(100_000);
    let good = || json!({"recipient": "j@b", "from": "i@b", "text": "x"});
    for (property, value) in [
        (long.as_str(), json!(1)),
        ("recipient", json!(long)),
        ("recipient", json!([long])),
        ("recipients", json!({&*long: {}})),
        ("recipients", json!({"a@b": {&*long: 1}})),
        ("from", json!(long)),
        ("from", json!({&*long: long})),
        ("to", json!(format!("<{long}"))),
        ("to", json!(format!("\"{long}"))),
        ("to", json!(format!("{long}\u{1} <a@b>"))),
        ("to", json!({&*long: 1})),
        ("cc", json!([format!("{long}>")])),
        ("subject", json!(format!("a\n{long}"))),
        ("envelope", json!(long)),
        ("unsubscribe", json!(long)),
        ("extra", json!({&*long: "x"})),
        ("extra", json!({format!("x-{long}:"): "x"})),
        ("extra", json!({"x-a": format!("{long}\n")})),
        ("extra", json!({"x-a": [long]})),
        ("attachments", json!([{"data": "", "type": long}])),
        ("attachments", json!([{"data": "", "name": format!("{long}\n")}])),
        ("attachments", json!([{&*long: ""}])),
        ("dsn", json!({"notify": long})),
        ("dsn", json!({"envid": format!("{long}\n")})),
        ("dsn", json!({"orcpt": format!("{long}\n")})),
        ("dsn", json!({&*long: "x"})),
        ("maxdelivertime", json!(long)),
        ("template", json!(long)),
        ("template", json!({&*long: "x"})),
        ("template", json!({"subject": [long]})),
        ("template", json!({"attachments": [{&*long: ""}]})),
        ("data", json!({&*long: "x"})),
        ("data", json!(long)),
        ("trackclicks", json!(long)),
        ("images", json!(long)),
        ("tags", json!([long])),
        ("tags", json!(long)),
    ] {
        let mut request = good();
        if property == "recipients" {
            request["recipient"] = json!(null);
        }
        request[property] = value.clone();
        let problem = planned(request, None).err().unwrap_or_else(|| panic!("{property} is taken"));
        let told = problem.json().to_string();
        assert!(told.len() < 900, "{property:.20}: {told:.1500}");
    }
}

#[test]
fn an_empty_text_beside_another_is_none() {
    for (text, html, expected) in [
        (json!("x"), json!("<p>x"), (Some("x"), Some("<p>x"))),
        (json!("x"), json!(""), (Some("x"), None)),
        (json!(""), json!("<p>x"), (None, Some("<p>x"))),
        (json!(""), json!(null), (Some(""), None)),
        (json!(null), json!(""), (None, Some(""))),
    ] {
        let request = json!({"recipient": "j@b", "from": "i@b", "text": text, "html": html});
        let mails = planned(request, None).unwrap();
        let letter = letter(&mails[0]);
        let found = (letter.text.as_deref().map(String::as_str), letter.html.as_deref().map(String::as_str));
        assert_eq!(found, expected, "{text} {html}");
    }
    // It still goes before what a template says.
    let template = json!({"from": "i@b", "text": "x", "html": "<p>x"});
    let mails = planned(json!({"recipient": "j@b", "template": template, "html": ""}), None).unwrap();
    assert!(letter(&mails[0]).html.is_none());
}
