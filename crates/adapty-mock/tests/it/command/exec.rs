//! `exec`: a command beside a server of its own.

use std::{
    fs,
    io::{Read, Write},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{ASK, START, command, exec, hook, run, said};

#[test]
fn exec_lets_the_command_find_its_server_and_ends_as_it_does() {
    let script = format!("WHOM=jane.doe@example.com; {ASK}; exit 7");
    let (code, stdout, _) = exec(&["--", "sh", "-c", &script]);
    assert_eq!((code, stdout.as_str()), (Some(7), "200"));
}

#[test]
fn exec_gives_every_run_a_key_of_its_own() {
    let key = || exec(&["--", "sh", "-c", "echo $ADAPTY_API_KEY"]).1;
    let (one, other) = (key(), key());
    assert!(one.starts_with("secret_mock_") && one != other);
}

#[test]
fn exec_passes_the_streams_through() {
    let mut child = command(&["exec", "--", "cat"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"through").unwrap();
    assert_eq!(
        said(&child.wait_with_output().unwrap()),
        (Some(0), "through".to_owned(), String::new())
    );
}

#[test]
fn exec_ends_with_128_and_the_signal_that_ended_the_command() {
    for (signal, code, told) in [(9, 137, "SIGKILL (signal 9)"), (10, 138, "signal 10")] {
        let (ended, _, stderr) = exec(&["--", "sh", "-c", &format!("kill -{signal} $$")]);
        assert_eq!(ended, Some(code));
        let told = format!("adapty-mock: the command was ended by {told}; requests received: 0\n");
        assert_eq!(stderr, told);
    }
}

#[test]
fn exec_tells_a_missing_command_from_one_that_cannot_run() {
    assert_eq!(exec(&["--", "/no/such/command"]).0, Some(127));
    assert_eq!(exec(&["--", "/"]).0, Some(126));
    assert_eq!(exec(&["--"]).0, Some(2));
}

#[test]
fn exec_gives_the_fresh_key_under_both_names_and_asks_for_no_proxy() {
    let script = "test \"$ADAPTY_API_KEY\" = \"$ADAPTY_SECRET_API_KEY\" && \
                  echo \"$NO_PROXY $no_proxy\"";
    let (code, stdout, stderr) = exec(&["--", "sh", "-c", script]);
    assert_eq!(code, Some(0), "{stderr}");
    let hosts: Vec<_> = stdout.split_whitespace().collect();
    assert!(hosts.len() == 2 && hosts.iter().all(|it| it.ends_with("127.0.0.1")), "{stdout}");
}

#[test]
fn exec_shows_after_a_failure_what_came_and_which_faults_are_left() {
    let put = r#"curl -sf -o /dev/null -X PUT -H "Authorization: Api-Key $ADAPTY_API_KEY" \
        "$ADAPTY_API_URL/__admin/faults" -d '{"steps": [{"fault": {"status": {"code": 503}}, "count": 3}]}'"#;
    let script = format!("{put} && WHOM=nobody && {ASK} && exit 1");
    let (code, stdout, stderr) = exec(&["--", "sh", "-c", &script]);
    assert_eq!((code, stdout.as_str()), (Some(1), "503"));
    assert!(stderr.contains("requests received: 1\n"), "{stderr}");
    assert!(stderr.contains("customer `nobody` -> 503 [fault status]"), "{stderr}");
    assert!(stderr.contains(r#"{"for":null,"plan":{"seed":0,"steps":[{"count":2,"#), "{stderr}");
    assert!(!stderr.contains("secret_mock_"), "{stderr}");
}

#[test]
fn exec_shows_after_a_failure_which_events_did_not_arrive_and_why() {
    for (code, told) in [(1, true), (0, false)] {
        let (url, hook) = hook(500, 2);
        let script = format!("{START} && exit {code}");
        let (ended, _, stderr) = exec(&["--webhook-url", &url, "--", "sh", "-c", &script]);
        hook.join().unwrap();
        assert_eq!(ended, Some(code), "{stderr}");
        let expected = "adapty-mock: app 1, undelivered events:\n\
            adapty-mock:   subscription_started of 2030-01-01T00:00:00+00:00, attempts: 1, status 500, \
            next at 2030-01-01T00:01:00+00:00\n\
            adapty-mock:   access_level_updated of 2030-01-01T00:00:00+00:00, attempts: 1, status 500, \
            next at 2030-01-01T00:01:00+00:00\n";
        assert_eq!(stderr.contains(expected), told, "{stderr}");
    }
}

#[test]
fn exec_says_nothing_of_events_that_arrived() {
    let (url, hook) = hook(200, 2);
    let script = format!("{START} && exit 1");
    let (code, _, stderr) = exec(&["--webhook-url", &url, "--", "sh", "-c", &script]);
    assert_eq!((code, hook.join().unwrap().len()), (Some(1), 2));
    assert!(stderr.contains("the command failed") && !stderr.contains("undelivered"), "{stderr}");
}

#[test]
fn exec_ends_with_125_when_its_server_cannot_start() {
    // Four files are the three streams and one more: too few to wait for any socket.
    for (arguments, code) in [("exec -- true", 125), ("serve", 1)] {
        let script = format!("ulimit -n 4; exec {} {arguments}", env!("CARGO_BIN_EXE_adapty-mock"));
        let (ended, stdout, stderr) =
            said(&Command::new("sh").args(["-c", &script]).output().unwrap());
        assert_eq!((ended, stdout.as_str()), (Some(code), ""), "{stderr}");
        assert!(stderr.starts_with("adapty-mock: Too many open files"), "{stderr}");
    }
}

#[test]
fn exec_says_which_requests_came_under_another_key() {
    let wrong = ASK.replace("$ADAPTY_API_KEY", "secret_of_production");
    let derived = ASK.replace("$ADAPTY_API_KEY", "$ADAPTY_API_KEY.one-test");
    let script = format!("WHOM=a; {derived}; WHOM=nobody; {wrong}; {wrong}; {ASK}; exit 1");
    let (code, stdout, stderr) = exec(&["--", "sh", "-c", &script]);
    assert_eq!((code, stdout.as_str()), (Some(1), "404404404404"));
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines[0], "adapty-mock: the command failed; requests received: 4");
    assert_eq!(lines[1], "adapty-mock: 2 requests came with a key that is no app of this test");
    assert_eq!(lines[2], "adapty-mock: app 1:", "{stderr}");
    assert_eq!(lines[4], "adapty-mock: app 2 (one-test):", "{stderr}");
    assert_eq!(lines[6], "adapty-mock: app 3, whose key is no app of this test:", "{stderr}");
    assert!(!stderr.contains("secret_"), "{stderr}");
}

#[test]
fn exec_says_a_hundred_lines_at_most() {
    let script = r#"for app in $(seq 15); do for n in $(seq 20); do
        printf 'header = "Authorization: Api-Key %s.%s"\nurl = "%s/%s"\noutput = /dev/null\nnext\n' \
            "$ADAPTY_API_KEY" "$app" "$ADAPTY_API_URL" "$(printf %0300d "$n")"; done; done | curl -sK - 2>/dev/null; exit 1"#;
    let (code, _, stderr) = exec(&["--", "sh", "-c", script]);
    assert_eq!(code, Some(1));
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines[0], "adapty-mock: the command failed; requests received: 300", "{stderr}");
    assert_eq!(
        (lines[1], lines[2]),
        ("adapty-mock: app 2 (1):", "adapty-mock:   10 more, before these")
    );
    assert_eq!((lines.len(), lines[98]), (99, "adapty-mock: … and 83 more lines"), "{stderr}");
    assert!(lines.iter().all(|line| line.chars().count() < 500), "{stderr}");
}

#[test]
fn exec_says_nothing_after_success() {
    assert_eq!(exec(&["--", "true"]), (Some(0), String::new(), String::new()));
}

#[test]
fn exec_does_not_wait_for_a_client_that_gave_up() {
    let put = r#"curl -sf -o /dev/null -X PUT -H "Authorization: Api-Key $ADAPTY_API_KEY" \
        "$ADAPTY_API_URL/__admin/faults" -d '{"steps": [{"fault": "none", "delay": {"fixed_ms": 600000}}]}'"#;
    let script = format!("{put} && WHOM=nobody && {ASK} --max-time 0.01; exit 7");
    assert_eq!(exec(&["--", "sh", "-c", &script]).0, Some(7));
}

#[test]
fn exec_passes_the_wish_to_end_on_to_the_command() {
    const SCRIPT: &str = "trap 'exit 7' HUP; trap 'exit 8' INT; trap 'exit 9' TERM; echo ready; \
                          while :; do sleep 0.01; done";
    for (signal, code) in [(Signal::HUP, 7), (Signal::INT, 8), (Signal::TERM, 9)] {
        // What is ignored here, as under nohup, stays ignored in the command.
        if signals("self", "SigIgn") & bit(signal) != 0 {
            continue;
        }
        let mut child = command(&["exec", "--", "sh", "-c", SCRIPT]).spawn().unwrap();
        let mut ready = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
        await_caught(&child, signal);
        let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal:?}");
    }
}

/// Waits until a process catches a signal; the command may be faster than `exec`, which started it.
#[track_caller]
fn await_caught(child: &Child, signal: Signal) {
    while signals(&child.id().to_string(), "SigCgt") & bit(signal) == 0 {
        std::thread::yield_now();
    }
}

/// The signals that a process catches, `SigCgt`, or ignores, `SigIgn`.
#[track_caller]
fn signals(process: &str, which: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let mask = status.lines().find_map(|line| line.strip_prefix(which)?.strip_prefix(":\t"));
    mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).expect("Linux tells it")
}

fn bit(signal: Signal) -> u64 {
    1 << (signal.as_raw() - 1)
}

#[test]
fn exec_under_nohup_lets_the_command_ignore_a_hang_up_still() {
    let script = "kill -HUP $$; kill -HUP $PPID; sleep 0.01; exit 7";
    let binary = env!("CARGO_BIN_EXE_adapty-mock");
    let output = Command::new("nohup").args([binary, "exec", "--", "sh", "-c", script]).output();
    assert_eq!(output.unwrap().status.code(), Some(7));
}

#[test]
fn exec_takes_its_options_before_the_word_or_after_it() {
    let script = format!("WHOM=nobody; {ASK}").replace("-o /dev/null ", "");
    for arguments in [["--edition", "older-page", "exec"], ["exec", "--edition", "older-page"]] {
        let (code, stdout, _) =
            said(&run(&[&arguments[..], &["--", "sh", "-c", &script]].concat()));
        assert_eq!(code, Some(0));
        assert!(stdout.contains("\"not_found\"") && stdout.ends_with("404"), "{stdout}");
    }
}

#[test]
fn exec_takes_no_address_and_no_port_file_and_says_why() {
    let why =
        "`exec` takes none: its server has a free port, which the command finds in ADAPTY_API_URL";
    for arguments in [
        &["--listen", "8080", "exec", "--", "true"][..],
        &["--listen", "exec", "--", "true"],
        &["exec", "--listen", "--", "true"],
        &["exec", "--listen=8080", "--", "true"],
        &["exec", "--listen"],
        &["exec", "--port-file", "port", "--", "true"],
    ] {
        let (code, _, stderr) = said(&run(arguments));
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(stderr.contains(why), "{arguments:?}: {stderr}");
    }
}

#[test]
fn exec_with_a_list_of_keys_lets_the_fresh_key_and_what_goes_on_after_one_in() {
    let derived = ASK.replace("$ADAPTY_API_KEY", "$ADAPTY_API_KEY.one-test");
    let listed = ASK.replace("$ADAPTY_API_KEY", "listed.one-test");
    let other = ASK.replace("$ADAPTY_API_KEY", "other");
    let script = format!("WHOM=nobody; {ASK}; {derived}; {listed}; {other}");
    let (_, stdout, _) = exec(&["--api-key", "listed", "--", "sh", "-c", &script]);
    assert_eq!(stdout, "404404404401");
}
