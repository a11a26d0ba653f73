//! What has come of a mail, in the lines that a transcript has for it.

use embedded_smtp::submission::{Answer, Cause, Report};

/// The names of those lines.
pub(crate) const NAMES: &[&str] = &["verdict", "cause", "answer", "result"];

/// `verdict`, `cause` (unless there is none), `answer` (likewise), and a `result` for each recipient.
pub(crate) fn lines(report: &Report<'_>) -> Vec<String> {
    let mut lines = vec![format!("verdict: {:?}", report.verdict())];
    lines.extend(report.cause().map(|cause| match cause {
        Cause::TooLarge => format!("cause: TooLarge({:?})", report.size_limit()),
        cause => format!("cause: {cause:?}"),
    }));
    let answer = said(report, &report.answer());
    lines.extend((!answer.is_empty()).then(|| format!("answer:{answer}")));
    for recipient in report.recipients() {
        let answer = said(report, &recipient.answer());
        lines.push(format!("result: {} {:?}{answer}", recipient.path().as_str(), recipient.status()));
    }
    lines
}

fn said(report: &Report<'_>, answer: &Answer) -> String {
    let Some(code) = answer.code() else { return String::new() };
    let enhanced = answer.enhanced().map(|enhanced| format!(" {enhanced}")).unwrap_or_default();
    let text = report.text(answer).replace('\n', "\\n");
    let text = if text.is_empty() { text } else { format!(" {text}") };
    format!(" {code}{enhanced}{text}")
}
