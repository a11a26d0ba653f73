//! Generated mails.

#[path = "values.rs"]
mod values;

pub(crate) use values::*;

use embedded_smtp::message::Transport;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The same cases at each run, so that a commit is judged by what it changes; others by the environment variable `PROPTEST_RNG_SEED`,
/// and more of them by `PROPTEST_CASES`.
pub(crate) fn config() -> ProptestConfig {
    let given = ProptestConfig::default();
    let rng_seed = match given.rng_seed {
        RngSeed::Random => RngSeed::Fixed(5322),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    ProptestConfig { rng_seed, failure_persistence: None, ..given }
}

/// One line of text in several scripts, with anything that a header field may trip over.
pub(crate) fn line(longest: usize) -> impl Strategy<Value = String> {
    let words = prop_oneof![
        4 => "[a-zA-Z0-9]{1,12}",
        2 => "[ -~]{0,12}",
        1 => "[a-z]{70,120}",
        1 => "[äöüßéèñçøåŁżđ]{1,10}",
        1 => "[а-яА-Я]{1,12}",
        1 => "[α-ω]{1,12}",
        1 => "[一-龥]{1,40}",
        1 => "[ぁ-んァ-ン]{1,12}",
        1 => "[א-ת]{1,9}",
        1 => "[ا-ي]{1,9}",
        1 => "[\u{1f300}-\u{1f5ff}]{1,20}",
        1 => "(=\\?utf-8\\?Q\\?x\\?=|=\\?|\\?=| |  |,|;|\"|\\\\|<a@b>|\\(c\\)|=20|%41|\u{a0}|\u{2028}|\u{feff}|e\u{301})",
    ];
    (prop::collection::vec(words, 0..longest), prop_oneof![3 => Just(" "), 1 => Just("")])
        .prop_map(|(words, between)| words.join(between))
}

fn name() -> impl Strategy<Value = Option<String>> {
    prop::option::of(line(4))
}

fn mailbox(domain: &'static str, utf8: bool) -> impl Strategy<Value = String> {
    let local = if utf8 {
        "[a-z]{1,3}[äж中]{1,3}".boxed()
    } else {
        prop_oneof![
            6 => "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-z0-9]{1,10}){0,2}",
            1 => "\"[a-z.]{1,9} [a-z]{1,9}\"",
            1 => "[a-z]{64}",
        ]
        .boxed()
    };
    (local, "[a-z]{1,30}").prop_map(move |(local, label)| format!("{local}@{label}.{domain}"))
}

fn person_at(domain: &'static str) -> impl Strategy<Value = Person> {
    let mailbox = prop_oneof![40 => mailbox(domain, false), 1 => mailbox(domain, true)];
    (name(), mailbox)
}

fn list(domain: &'static str) -> impl Strategy<Value = Vec<Person>> {
    prop::collection::vec(person_at(domain), 0..6)
}

/// Text of many lines with every control character, any line ends and any line lengths.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[ -~]{0,80}",
        2 => line(8),
        2 => "[\u{0}-\u{9f}]{0,20}",
        1 => "[\u{1}-\u{7f}]{0,30}",
        1 => "[一-龥]{0,30}",
        1 => Just("a".repeat(998)),
        1 => Just("b ".repeat(600)),
        1 => Just("--=_00_".to_owned()),
        1 => Just(".".to_owned()),
        1 => Just("trailing \t ".to_owned()),
    ];
    let end = prop_oneof![6 => Just("\r\n"), 3 => Just("\n"), 1 => Just("\r"), 1 => Just("")];
    // Most texts are of one kind, or nearly all would be encoded.
    let simple = prop::collection::vec("[ -~]{0,80}\r\n", 0..8).prop_map(|lines| lines.concat());
    let latin = prop::collection::vec("[ -~äöü]{0,80}\n", 0..8).prop_map(|lines| lines.concat());
    let wild = prop::collection::vec((piece, end), 0..8)
        .prop_map(|pieces| pieces.into_iter().map(|(text, end)| text + end).collect::<String>());
    prop_oneof![simple, latin, wild]
}

fn file() -> impl Strategy<Value = File> {
    let octets = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        "[ -~\r\n\t]{0,400}".prop_map(String::into_bytes),
        "(--=_|a|\r\n|\u{0}|=){0,60}".prop_map(String::into_bytes),
    ];
    let kind = prop_oneof![Just(Kind::Octets), Just(Kind::Known), Just(Kind::Unknown)];
    let name =
        || prop::option::of(line(5).prop_filter("a name is not empty", |name| !name.trim().is_empty()));
    let binary = (name(), octets, kind).prop_map(|(name, content, kind)| File { name, content, kind });
    let text =
        (name(), text()).prop_map(|(name, text)| File { name, content: text.into_bytes(), kind: Kind::Text });
    prop_oneof![3 => binary, 1 => text]
}

/// Any mail.
pub(crate) fn mail() -> impl Strategy<Value = Mail> {
    let header = (
        person_at("author.example"),
        list("to.example"),
        list("cc.example"),
        list("hidden.example"),
        prop::collection::vec(person_at("answer.example"), 0..2),
        prop::option::of(line(14)),
        line(30),
        prop::collection::vec("[a-z0-9]{1,40}(\\.[a-z0-9]{1,20}){0,2}@[a-z]{1,40}\\.example", 0..6),
        0_u64..253_402_000_000,
        -720_i16..840,
    );
    let shape = prop::sample::select(vec![
        Shape::Text,
        Shape::Html,
        Shape::File,
        Shape::Alternative,
        Shape::Mixed,
        Shape::Related,
        Shape::RelatedInAlternative,
        Shape::All,
    ]);
    let seven = Transport::seven_bit();
    let transport = prop::sample::select(vec![
        seven,
        seven,
        seven.with_eight_bit(),
        seven.with_binary(),
        seven.with_utf8_headers(),
    ]);
    let files = || prop::collection::vec(file(), 1..4);
    let content = (any::<u64>(), text(), text(), files(), files(), shape, transport);
    (header, content).prop_map(|(header, content)| {
        let (from, to, cc, bcc, reply_to, subject, comment, references, seconds, offset) = header;
        let (number, text, html, inline, files, shape, transport) = content;
        Mail {
            from,
            to,
            cc,
            bcc,
            reply_to,
            subject,
            comment,
            references,
            seconds,
            offset,
            number,
            text,
            html,
            inline,
            files,
            shape,
            transport,
        }
    })
}
