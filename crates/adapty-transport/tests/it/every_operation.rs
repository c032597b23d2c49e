//! Every operation of the table, a row each: the documents' own request and its answer by the fake, the
//! client's method, what becomes of a lost request and a lost answer, and the line of the front page.

mod rows;

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
};

use adapty_mock::{Answer, Edition, Fault, Plan};
use adapty_transport::{
    ErrorKind,
    adapty_model::{OPERATIONS, Repeat},
};
use serde_json::Value;

use self::rows::{Answered, DATED, ROWS, Row};
use crate::support::{Fake, KEY, WATCHDOG, builder, run};

const FRONT_PAGE: &str = include_str!("../../WORKSPACE.md");
const NOT_AGAIN: &str = "not sent again, since the server may have acted on it";

/// A fake whose app holds what the documents' example of this row describes.
fn prepared(row: &Row) -> Fake {
    let fake = Fake::well();
    fake.app.set_edition(Edition::OpenApi);
    (row.prepare)(&fake.app);
    fake
}

/// Sends these bytes of a body; gives the status and the body of the answer.
fn send_raw(fake: &Fake, row: &Row) -> (u16, String) {
    let (method, target) = row.request;
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: fake\r\nconnection: close\r\nauthorization: Api-Key {KEY}\r\n\
         {}content-length: {}\r\n\r\n{}",
        row.headers,
        row.body.len(),
        row.body
    );
    let mut stream = TcpStream::connect(fake.address()).unwrap();
    stream.set_read_timeout(Some(WATCHDOG)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn fields(profile: &Value) -> BTreeSet<&String> {
    profile["data"].as_object().expect("a profile").keys().collect()
}

/// Every row; changes of access with and without dates.
fn rows() -> impl Iterator<Item = Row> {
    ROWS.into_iter().chain(DATED)
}

#[test]
fn every_operation_of_the_table_has_a_row_and_no_row_is_of_another() {
    let names: Vec<_> = OPERATIONS.iter().map(|spec| spec.name).collect();
    assert_eq!(ROWS.map(|row| row.name).as_slice(), names);
}

#[test]
fn the_documents_own_request_of_every_operation_gets_its_documented_answer() {
    for row in rows() {
        let fake = prepared(&row);
        let before = fake.requests();
        let (status, body) = send_raw(&fake, &row);
        let request = fake.app.requests().remove(before);
        assert_eq!(request.operation.as_deref(), Some(row.name), "{}", request.reason);
        assert_eq!(status, row.status, "{}: {body}", row.name);
        match row.answered {
            Answered::Exactly(documented) => assert_eq!(body, documented, "{}", row.name),
            Answered::But(own, documented) => {
                let (mut body, mut documented) = (json(&body), json(documented));
                for pointer in own {
                    let seen = body.pointer_mut(pointer).map(Value::take);
                    assert_ne!(seen, None, "{}: {pointer}", row.name);
                    documented.pointer_mut(pointer).map(Value::take);
                }
                assert_eq!(body, documented, "{}", row.name);
            }
            Answered::Profile(documented, is_what_was_said) => {
                let (body, documented) = (json(&body), json(documented));
                assert_eq!(fields(&body), fields(&documented), "{}", row.name);
                is_what_was_said(&json(row.body), &body["data"]);
            }
        }
    }
}

#[test]
fn the_clients_method_of_every_operation_sends_what_the_documents_do() {
    for row in rows() {
        let fake = prepared(&row);
        let before = fake.requests();
        let client = builder(&fake.url()).build().unwrap();
        let sent = run((row.call)(client)).unwrap_or_else(|error| panic!("{}: {error}", row.name));
        assert_eq!((sent.attempts, sent.failed.len()), (1, 0), "{}", row.name);
        let request = fake.app.requests().remove(before);
        let (method, target) = row.request;
        assert_eq!((request.method.as_str(), request.path.as_str()), (method, target));
        assert_eq!(request.operation.as_deref(), Some(row.name));
        assert_eq!(request.status, Some(row.status));
        for line in row.headers.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            assert_eq!(request.header(name), Some(value), "{}", row.name);
        }
        if !row.body.is_empty() {
            assert_eq!(without_nulls(json(&request.body)), without_nulls(json(row.body)));
        }
    }
}

/// What is absent and what is `null` say the same where the documents spell nulls out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        other => other,
    }
}

#[test]
fn every_operation_is_sent_again_after_a_loss_as_far_as_the_front_page_says() {
    for row in rows() {
        for fault in [Fault::LostAnswer, Fault::LostRequest] {
            let fake = prepared(&row);
            let before = fake.requests();
            fake.app.put_faults(Plan::new().then(fault.clone()));
            let client = builder(&fake.url()).build().unwrap();
            let outcome = run((row.call)(client));
            let requests = fake.app.requests().split_off(before);
            let about = format!("{} {fault:?}", row.name);
            let is_done = row.changes && fault == Fault::LostAnswer;
            assert_eq!(requests[0].changed, is_done, "{about}");
            assert_eq!(requests.len(), if row.is_repeated { 2 } else { 1 }, "{about}");
            if row.is_repeated {
                let sent = outcome.unwrap_or_else(|error| panic!("{about}: {error}"));
                assert_eq!(sent.attempts, 2, "{about}");
                assert_eq!(sent.failed[0].kind, ErrorKind::Connection, "{about}");
                continue;
            }
            let error = outcome.err().unwrap_or_else(|| panic!("{about}: an answer came"));
            assert_eq!(error.kind(), ErrorKind::Connection, "{about}");
            assert!(error.may_have_reached_server() && !error.is_retryable(), "{about}");
            assert!(error.to_string().ends_with(&format!("({NOT_AGAIN})")), "{about}: {error}");
        }
    }
}

#[test]
fn the_front_page_has_a_line_for_every_operation() {
    for (row, spec) in ROWS.iter().zip(OPERATIONS) {
        let method = match row.name {
            "get_profile" => "`get_profile`, `find_profile`".to_owned(),
            name => format!("`{name}`"),
        };
        let line = FRONT_PAGE
            .lines()
            .find(|line| {
                line.starts_with('|') && line.contains(&format!("{} {}", spec.method, spec.path))
            })
            .unwrap_or_else(|| panic!("{} has no line", row.name));
        assert!(line.contains(&method), "{line}");
        assert!(line.contains(&format!("`{}`", row.model)), "{line}");
        let retried = match (row.is_repeated, spec.repeat) {
            (true, Repeat::Always) => "| yes |",
            (true, _) => "| yes, not after a 500 |",
            (false, _) => "| only if unseen",
        };
        let with_a_date = ["grant_access_level", "revoke_access_level"].contains(&row.name);
        let retried = if with_a_date { "| with a date; else only if unseen |" } else { retried };
        assert!(line.contains(retried), "{line}");
    }
}

/// How often an operation was sent that is answered so once, and then as usual.
fn sent_after(row: &Row, status: u16) -> usize {
    let fake = prepared(row);
    let before = fake.requests();
    fake.app.put_faults(Plan::new().then(Answer::new(status)));
    let client = builder(&fake.url()).build().unwrap();
    let outcome = run((row.call)(client));
    let sent = fake.requests() - before;
    assert_eq!(outcome.is_ok(), sent == 2, "{}", row.name);
    sent
}

#[test]
fn only_what_changes_nothing_is_sent_again_after_a_500_and_all_after_a_429() {
    for row in rows() {
        let is_read = row.request.0 == "GET";
        assert_eq!(sent_after(&row, 500), if is_read { 2 } else { 1 }, "{}", row.name);
        assert_eq!(sent_after(&row, 429), 2, "{}", row.name);
        assert_eq!(sent_after(&row, 503), if row.is_repeated { 2 } else { 1 }, "{}", row.name);
        for status in [400, 401, 403, 422] {
            assert_eq!(sent_after(&row, status), 1, "{} {status}", row.name);
        }
    }
}
