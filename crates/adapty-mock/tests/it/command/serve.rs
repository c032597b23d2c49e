//! `serve`: its line, its end, its options.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use rustix::process::Signal;

use super::{Folder, Running, admin, command, run, said};
use crate::support::*;

#[test]
fn it_says_one_line_once_it_answers_and_ends_with_0_when_told() {
    for signal in [Signal::INT, Signal::TERM] {
        let server = Running::start(&["--listen", "127.0.0.1:0"]);
        let answer = server.ask(&request("k", LIFETIME));
        assert!(answer.ends_with(fixture!("get_profile.200.newer-page.lifetime_premium")));
        server.signal(signal);
        assert_eq!(server.end(), (Some(0), String::new()));
    }
}

#[test]
fn serve_may_be_said_or_left_out() {
    let server = Running::start(&["serve"]);
    assert!(server.ask(&request("k", "nobody")).starts_with("HTTP/1.1 404 "));
}

#[test]
fn an_answer_under_way_goes_out_before_the_end_and_a_second_signal_cuts_it() {
    for (signals, code, answered) in [(1, 0, true), (2, 143, false)] {
        let server = Running::start(&[]);
        let delay = if answered { 50 } else { 600_000 };
        put_faults(
            &server,
            &format!(r#"{{"steps": [{{"fault": "none", "delay": {{"fixed_ms": {delay}}}}}]}}"#),
        );
        server.ask(&admin("PUT", "profiles", r#"{"data": {"customer_user_id": "still here"}}"#));
        let mut stream = TcpStream::connect(&server.origin).unwrap();
        stream.write_all(request("k", JANE).as_bytes()).unwrap();
        wait_for_one(&server);
        for _ in 0..signals {
            server.signal(Signal::TERM);
            wait_until_refused(&server);
        }
        let mut answer = String::new();
        let _cut = stream.read_to_string(&mut answer);
        assert_eq!((server.end().0, answer.starts_with("HTTP/1.1 200 ")), (Some(code), answered));
    }
}

fn put_faults(server: &Running, plan: &str) {
    let answer = server.ask(&admin("PUT", "faults", plan));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

fn wait_for_one(server: &Running) {
    let answer = server.ask(&admin("POST", "requests/wait", r#"{"count": 1, "limit_ms": 30000}"#));
    assert!(answer.ends_with(r#"{"count":1,"enough":true}"#), "{answer}");
}

/// A server that has taken a signal no longer accepts.
fn wait_until_refused(server: &Running) {
    while knows(&server.origin, "still here") {
        std::thread::yield_now();
    }
}

#[test]
fn mistakes_of_use_name_the_option_and_end_with_2() {
    let folder = Folder::new("mistakes").with("notes.txt", "");
    let nowhere = folder.file("nowhere");
    for (arguments, named) in [
        (["--listen", "here"], "--listen"),
        (["--edition", "newest"], "--edition"),
        (["--journal-limit", "many"], "--journal-limit"),
        (["--memory-limit", "much"], "neither a whole number of bytes nor one of KiB, MiB or GiB"),
        (["--api-key", "=app"], "--api-key: a key is visible ASCII, and not empty"),
        (["--api-key", "a b"], "--api-key: a key is visible ASCII, and not empty"),
        (["--api-key", "a==b"], "--api-key: an app's name has no `=`"),
        (["--api-key", "a=x,a=y"], "--api-key: a key is listed twice"),
        (["--port-file", "/tmp"], "there is something that is no file"),
        (["--profiles", &nowhere], "--profiles"),
        (["--settings", &nowhere], "--settings"),
        (["--profiles", folder.0.to_str().unwrap()], "no file of this folder ends in .json"),
        (
            ["--webhook-url", "https://h/"],
            "--webhook-url: it does not begin with http:// and a host",
        ),
        (["--webhook-authorization", "said"], "--webhook-url <URL>"),
        (["--no-such", "option"], "--no-such"),
        (["--port-file", "/no/such/folder/port"], "--port-file"),
    ] {
        let (code, stdout, stderr) = said(&run(&arguments));
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(named), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_taken_port_ends_it_with_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, stderr) = said(&run(&["--listen", &address]));
    assert_eq!(code, Some(1));
    assert!(stderr.starts_with(&format!("adapty-mock: --listen {address}: ")), "{stderr}");
}

#[test]
fn what_is_kept_can_be_bounded() {
    let large = format!(r#"{{"data": {{"customer_user_id": "{}"}}}}"#, "x".repeat(2048));
    let folder = Folder::new("bounded").with("large.json", &large);
    let file = folder.file("large.json");
    let (code, _, stderr) = said(&run(&["--memory-limit", "1KiB", "--profiles", &file]));
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains(
            "the server keeps at most 768 bytes beside its journals, and this would be more"
        ),
        "{stderr}"
    );
}

#[test]
fn an_option_wins_over_the_environment() {
    let mut both = command(&["--api-key", "given"]);
    let server = Running::spawn(
        both.env("ADAPTY_MOCK_API_KEY", "ambient").env("ADAPTY_MOCK_EDITION", "older-page"),
    );
    assert!(server.ask(&request("ambient", JANE)).starts_with("HTTP/1.1 401 "));
    assert!(server.ask(&request("given", "nobody")).contains("\"not_found\""));
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let mut command = command(&[]);
    for name in
        ["LISTEN", "PORT_FILE", "PROFILES", "API_KEY", "EDITION", "JOURNAL_LIMIT", "NO_ADMIN"]
    {
        command.env(format!("ADAPTY_MOCK_{name}"), "");
    }
    assert!(Running::spawn(&mut command).ask(&request("k", JANE)).starts_with("HTTP/1.1 200 "));
}

#[test]
fn keys_may_share_an_app() {
    let server = Running::spawn(command(&[]).env("ADAPTY_MOCK_API_KEY", "old=app,new=app,k"));
    server.ask(&request("old", JANE));
    let asked = admin("GET", "requests", "").replace("Api-Key k", "Api-Key new");
    assert!(server.ask(&asked).contains(JANE));
}

#[test]
fn a_key_is_in_neither_output() {
    let server = Running::start(&["--api-key", "secret_live_1234"]);
    server.ask(&request("secret_live_1234", JANE));
    let help = said(
        &command(&["--help"]).env("ADAPTY_MOCK_API_KEY", "secret_live_1234").output().unwrap(),
    );
    server.signal(Signal::TERM);
    assert!(!help.1.contains("1234") && help.1.contains("ADAPTY_MOCK_API_KEY"));
    assert_eq!(server.end(), (Some(0), String::new()));
}

#[test]
fn the_admin_paths_can_be_closed() {
    let by_option = Running::start(&["--no-admin"]);
    let by_environment = Running::spawn(command(&[]).env("ADAPTY_MOCK_NO_ADMIN", "1"));
    for server in [by_option, by_environment] {
        assert!(server.ask(&admin("GET", "profiles", "")).starts_with("HTTP/1.1 404 "));
    }
}

#[test]
fn its_memory_is_bounded_whatever_clients_send() {
    let server = Running::start(&[]);
    let filler = format!("X-Filler: {}\r\n", "x".repeat(60_000));
    let mut halves = Vec::new();
    for n in 0..200 {
        server.ask(&call(&format!(
            "Authorization: Api-Key k\r\nadapty-customer-user-id: {n}\r\n{filler}"
        )));
        let mut half = TcpStream::connect(&server.origin).unwrap();
        half.write_all(format!("GET / HTTP/1.1\r\n{filler}").as_bytes()).unwrap();
        halves.push(half);
    }
    // 200 heads of 60 KB in the journal, of which 1 MiB is kept, and 200 more that never end.
    assert!(server.resident_kib() < 32 * 1024, "{} KiB", server.resident_kib());
}
