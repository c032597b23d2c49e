//! The file with the port, and what a server leaves behind.

use std::{fs, path::PathBuf};

use rustix::process::Signal;

use super::{Folder, Running, command};
use crate::support::*;

#[test]
fn the_port_file_is_there_while_it_answers_and_gone_at_the_end() {
    let folder = Folder::new("port").with("port", "stale");
    let server = Running::start(&["--port-file", &folder.file("port")]);
    let port = fs::read_to_string(folder.file("port")).unwrap();
    assert_eq!(format!("127.0.0.1:{port}"), format!("{}\n", server.origin));
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
    assert!(folder.is_empty());
}

#[test]
fn a_port_file_that_names_another_server_is_left_alone() {
    let folder = Folder::new("two");
    let one = Running::start(&["--port-file", &folder.file("port")]);
    let other = Running::start(&["--port-file", &folder.file("port")]);
    one.signal(Signal::TERM);
    assert_eq!(one.end().0, Some(0));
    let port = fs::read_to_string(folder.file("port")).unwrap();
    assert_eq!(format!("127.0.0.1:{port}"), format!("{}\n", other.origin));
}

#[test]
fn killed_at_any_moment_it_leaves_the_port_file_whole_or_absent() {
    let folder = Folder::new("killed");
    let (mut whole, mut absent) = (0, 0);
    // Some are killed at once, some a little later, some as soon as the file is seen.
    for round in 0..60u64 {
        let mut child = command(&["--port-file", &folder.file("port")]).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(round * 50));
        while round >= 40 && !fs::exists(folder.file("port")).unwrap() {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let names: Vec<_> =
            fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        // What was being written beside it may be left, under a name that nobody reads.
        for name in names.iter().map(|name| name.to_str().unwrap()).filter(|name| *name != "port") {
            assert!(name.starts_with("port.") && name.ends_with(".new"), "{names:?}");
            fs::remove_file(folder.file(name)).unwrap();
        }
        match fs::read_to_string(folder.file("port")) {
            Ok(text) => {
                assert!(text.ends_with('\n') && text.trim().parse::<u16>().is_ok(), "{text:?}");
                fs::remove_file(folder.file("port")).unwrap();
                whole += 1;
            }
            Err(_) => absent += 1,
        }
    }
    assert!(whole >= 20 && absent >= 1, "{whole} whole, {absent} absent");
}

#[test]
fn a_thousand_starts_and_stops_leave_no_process_no_file_and_no_port() {
    let me =
        Folder::new("me").with("me.json", r#"{"data": {"customer_user_id": "of the thousand"}}"#);
    let folder = Folder::new("thousand");
    for _ in 0..1000 {
        let server = Running::start(&[
            "--port-file",
            &folder.file("port"),
            "--profiles",
            &me.file("me.json"),
        ]);
        let origin = server.origin.clone();
        let process = PathBuf::from(format!("/proc/{}", server.child.id()));
        assert!(knows(&origin, "of the thousand") && process.exists());
        server.signal(Signal::TERM);
        assert_eq!(server.end().0, Some(0));
        assert!(!process.exists());
        assert!(!knows(&origin, "of the thousand"));
    }
    assert!(folder.is_empty());
}
