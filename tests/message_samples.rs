//! Mails as devices send them, left in a directory for filters to judge: see `tests/message/spam.sh`.

use embedded_smtp::message::{
    Address, Attachment, AutoSubmitted, Content, Date, Field, FileName, HeaderText, Message, MessageId,
    MimeType, Multipart, ReadError, Reader, Text, Transport,
};
use embedded_smtp::wire::{Domain, Mailbox};
use mail_parser::{MessageParser, MimeHeaders};
use std::path::PathBuf;

/// A picture of one pixel.
const PICTURE: &[u8] = &[
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 58,
    126, 155, 85, 0, 0, 0, 10, 73, 68, 65, 84, 120, 156, 99, 104, 0, 0, 0, 130, 0, 129, 119, 205, 114, 182,
    0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];

/// Readings, of which only one row is in memory.
#[derive(Default)]
struct Readings {
    next: u32,
    row: String,
}

impl Reader for Readings {
    fn restart(&mut self) -> Result<(), ReadError> {
        *self = Self::default();
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        if self.row.is_empty() && self.next < 100 {
            self.row = format!("{:03};{}.{}\r\n", self.next, 4 + self.next % 5, self.next % 10);
            self.next += 1;
        }
        let length = self.row.len().min(into.len());
        into[..length].copy_from_slice(&self.row.as_bytes()[..length]);
        self.row.drain(..length);
        Ok(length)
    }
}

fn address(name: &'static str, mailbox: &'static str) -> Address<'static> {
    Address::new(Mailbox::new(mailbox).unwrap()).with_name(name).unwrap()
}

fn mail<'a, C: Content>(number: u64, to: &'a [Address<'a>], subject: &'a str, content: C) -> Message<'a, C> {
    let seconds = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let date = Date::from_unix(seconds, 60).unwrap();
    let id = MessageId::unique(0x29f3_55a1_0c84_be17, number, Domain::new("device.example.org").unwrap());
    Message::new(address("Cold room 3", "coldroom3@example.org"), date, id, content)
        .to(to)
        .subject(HeaderText::new(subject).unwrap())
        .auto_submitted(AutoSubmitted::Generated)
}

fn write<C: Content>(name: &str, mut message: Message<'_, C>) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut piece = [0; 512];
    let mut writer = message.writer();
    while !writer.is_done() {
        let length = writer.write_into(&mut piece).unwrap();
        octets.extend_from_slice(&piece[..length]);
    }
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("samples");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(format!("{name}.eml")), &octets).unwrap();
    octets
}

const ALERT: &str = "Hello,\n\nthe temperature in cold room 3 has been above 8 degrees for ten minutes.\n\
    Please have a look at the door. The readings of the last hour are attached where\n\
    there are any.\n\nKind regards,\nyour thermometer\n";

const WARNUNG: &str = "Guten Tag,\n\nim Kühlraum 3 ist es seit zehn Minuten wärmer als 8 °C. Bitte prüfen Sie die\n\
    Tür. Die Messwerte der letzten Stunde sind beigefügt.\n\nMit freundlichen Grüßen\nIhr Thermometer\n";

const HTML: &str = "<!DOCTYPE html>\n<html><head><title>Kühlraum 3</title></head><body>\n<p>Guten Tag,</p>\n\
    <p>im Kühlraum 3 ist es seit zehn Minuten wärmer als <b>8 °C</b>. Bitte prüfen Sie die Tür. Die Messwerte der\n\
    letzten Stunde sind beigefügt.</p>\n<table><tr><th>Zeit</th><th>Temperatur</th><th>Tür</th></tr>\n\
    <tr><td>10:00</td><td>7,9 °C</td><td>geschlossen</td></tr>\n<tr><td>10:10</td><td>8,6 °C</td><td>offen</td></tr>\n\
    <tr><td>10:20</td><td>9,0 °C</td><td>offen</td></tr>\n</table>\n<p>Der Kühlraum wird seit gestern Abend\n\
    häufiger geöffnet als sonst; der Verdichter läuft ohne Pause. Das Bild zeigt den Verlauf der Temperatur\n\
    seit Mitternacht. Diese Nachricht wird jede Stunde wiederholt, bis die Temperatur wieder unter dem\n\
    eingestellten Höchstwert liegt oder jemand den Alarm am Gerät quittiert hat. Fragen beantwortet die\n\
    Haustechnik.</p>\n<p><img src=\"cid:curve@device.example.org\" alt=\"Verlauf\"></p>\n\
    <p>Mit freundlichen Grüßen<br>Ihr Thermometer</p>\n</body></html>\n";

#[test]
fn samples_hold_what_a_device_wants_to_say() {
    let to = [address("Operations", "ops@example.org"), address("Müller, Jürgen", "mueller@example.org")];
    let parse = |octets: &[u8]| MessageParser::default().parse(octets).unwrap().into_owned();

    let plain = parse(&write("plain", mail(1, &to, "Cold room 3 is too warm", Text::plain(ALERT))));
    assert_eq!(plain.body_text(0).unwrap(), ALERT.replace('\n', "\r\n"));

    let umlauts = mail(2, &to, "Kühlraum 3 ist zu warm: 9 °C statt höchstens 8 °C", Text::plain(WARNUNG));
    assert_eq!(parse(&write("umlauts", umlauts)).body_text(0).unwrap(), WARNUNG.replace('\n', "\r\n"));

    let japanese = mail(
        3,
        &to,
        "冷蔵室3の温度が高すぎます",
        Text::plain("冷蔵室3の温度が10分間8度を超えています。\n扉を確認してください。\n"),
    );
    assert_eq!(parse(&write("japanese", japanese)).subject(), Some("冷蔵室3の温度が高すぎます"));

    let hidden = mail(4, &[], "Cold room 3 is too warm", Text::plain(ALERT)).bcc(&to);
    assert_eq!(parse(&write("hidden", hidden)).subject(), Some("Cold room 3 is too warm"));

    let name = FileName::new("readings.csv").unwrap();
    let readings =
        Attachment::stream(MimeType::new("text/csv").unwrap(), Readings::default()).with_name(name);
    let table = mail(5, &to, "Readings of cold room 3", Multipart::mixed(Text::plain(ALERT), [readings]));
    let table = parse(&write("table", table));
    assert_eq!(table.attachment(0).unwrap().contents().split(|octet| *octet == b'\n').count(), 101);

    let name = FileName::new("Verlauf der Temperatur in Kühlraum 3, letzte Stunde.png").unwrap();
    let id = MessageId::new("curve@device.example.org").unwrap();
    let png = MimeType::new("image/png").unwrap();
    let picture = Attachment::octets(png, PICTURE).with_name(name).inline(id);
    let rich = Multipart::related(Multipart::alternative(Text::plain(WARNUNG), Text::html(HTML)), [picture]);
    let log = "Zeit;Temperatur\n10:00;7,9\n10:10;8,6\n";
    let log = Attachment::text(MimeType::new("text/csv; charset=utf-8").unwrap(), log)
        .with_name(FileName::new("Messwerte.csv").unwrap());
    let fields = [
        Field::text("Organization", "Kühlhaus Beispiel").unwrap(),
        Field::structured("X-Device", "thermometer; firmware=1.4.2").unwrap(),
    ];
    let thread = [MessageId::new("first.alert@device.example.org").unwrap()];
    let all = mail(6, &to, "Kühlraum 3 ist zu warm", Multipart::mixed(rich, [log]))
        .cc(&to)
        .fields(&fields)
        .in_reply_to(&thread)
        .references(&thread);
    let eight_bit = all.transport(Transport::seven_bit().with_eight_bit());
    let all = parse(&write("all", all));
    let pictures = all.parts.iter().filter(|part| part.content_id() == Some("curve@device.example.org"));
    assert_eq!(pictures.map(mail_parser::MessagePart::contents).collect::<Vec<_>>(), [PICTURE]);
    assert_eq!(parse(&write("all-8bit", eight_bit)).body_text(0).unwrap(), WARNUNG.replace('\n', "\r\n"));
}
