//! What the README shows for continuous integration.

use std::{
    io::{Read, Write},
    net::TcpListener,
    path::PathBuf,
    process::Command,
};

use rustix::process::Signal;

use super::{ASK, Running, command, run, said};
use crate::support::*;

#[test]
fn the_services_shown_let_every_test_have_a_key_and_tell_when_they_are_well() {
    let [_, services] = crate::readme::yaml();
    let (adapty, tests) = (&services["services"]["adapty"], &services["services"]["tests"]);
    assert_eq!(adapty["command"], "adapty-mock");
    assert_eq!(adapty["environment"], serde_json::json!({"ADAPTY_MOCK_LISTEN": "0.0.0.0:8080"}));
    assert_eq!(tests["environment"]["ADAPTY_API_URL"], "http://adapty:8080");
    assert_eq!(tests["depends_on"]["adapty"]["condition"], "service_healthy");
    let test: Vec<_> = adapty["healthcheck"]["test"].as_array().unwrap().iter().collect();
    assert_eq!(test[..2], ["CMD", "adapty-mock"]);
    let check = |listen: &str| {
        let arguments: Vec<_> = test[2..].iter().map(|it| it.as_str().unwrap()).collect();
        said(&command(&arguments).env("ADAPTY_MOCK_LISTEN", listen).output().unwrap())
    };

    let server = Running::spawn(command(&[]).env("ADAPTY_MOCK_LISTEN", "127.0.0.1:0"));
    for key in [tests["environment"]["ADAPTY_API_KEY"].as_str().unwrap(), "one-test", "another"] {
        assert!(server.ask(&request(key, JANE)).starts_with("HTTP/1.1 200 "));
    }
    let origin = server.origin.clone();
    assert_eq!(check(&origin), (Some(0), String::new(), String::new()));
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
    let (code, _, stderr) = check(&origin);
    assert_eq!(code, Some(1));
    assert!(stderr.starts_with(&format!("adapty-mock: {origin}: ")), "{stderr}");
    let (code, _, stderr) = check("127.0.0.1:0");
    assert_eq!(code, Some(2));
    assert!(stderr.contains("port 0 is any free one; a health check needs its number"), "{stderr}");
}

#[test]
fn a_health_check_takes_a_server_without_its_admin_api_for_well_and_another_for_none() {
    let server = Running::start(&["--no-admin"]);
    assert_eq!(run(&["healthcheck", "--listen", &server.origin]).status.code(), Some(0));
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let _asked = stream.read(&mut [0; 1024]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let (code, _, stderr) = said(&run(&["healthcheck", "--listen", &address]));
    answering.join().unwrap();
    assert_eq!(code, Some(1));
    assert!(stderr.contains("who answers is no adapty-mock"), "{stderr}");
}

#[test]
fn a_shell_script_runs_a_suite_beside_it_and_ends_as_the_suite_did() {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_adapty-mock"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shell/beside.sh");
    let suite = format!("WHOM=jane.doe@example.com; {ASK}; exit 7");
    let output =
        Command::new(script).args(["sh", "-c", &suite]).env("PATH", path).output().unwrap();
    let (code, stdout, stderr) = said(&output);
    assert_eq!((code, stdout.as_str()), (Some(7), "200"), "{stderr}");
}
