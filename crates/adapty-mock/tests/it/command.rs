//! The binary as a shell sees it: its line, its exit codes, its signals, its files.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread::JoinHandle,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::*;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adapty-mock"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ADAPTY_"))
    {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs to the end.
#[track_caller]
fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary runs")
}

/// Exit code, standard output, standard error.
fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A server that runs; killed when dropped.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    origin: String,
}

impl Running {
    #[track_caller]
    fn start(arguments: &[&str]) -> Self {
        Self::spawn(&mut command(arguments))
    }

    #[track_caller]
    fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the binary runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("it says a line");
        let origin = line
            .strip_prefix("adapty-mock listening on http://")
            .unwrap_or_else(|| panic!("{line:?}"));
        let origin = origin.trim_end().to_owned();
        Self { child, stdout, origin }
    }

    #[track_caller]
    fn ask(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(&self.origin).expect("it listens");
        stream.write_all(text.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    #[track_caller]
    fn resident_kib(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells it");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("process ids are small");
        kill_process(Pid::from_raw(id).expect("a process has an id"), signal).expect("it runs");
    }

    /// Waits for the end; gives the exit code and what else was said on either output.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("it ends");
        let stderr = self.child.stderr.as_mut().expect("it is piped");
        stderr.read_to_string(&mut rest).expect("it ends");
        (self.child.wait().expect("it ends").code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended, which is as good.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// A backend that answers so many requests with a status, and then gives what it got.
fn hook(status: u16, requests: usize) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let one = move |mut stream: TcpStream| {
        let (mut seen, mut buffer) = (String::new(), [0; 4096]);
        while !is_whole(&seen) {
            match stream.read(&mut buffer).expect("it sends") {
                0 => break,
                read => seen += &String::from_utf8_lossy(&buffer[..read]),
            }
        }
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).expect("it reads");
        seen
    };
    let serve =
        move || listener.incoming().take(requests).map(|it| one(it.expect("a client"))).collect();
    (url, std::thread::spawn(serve))
}

/// Whether a request is as long as it says.
fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.parse().ok()) == Some(body.len())
}

/// A folder of its own, taken away when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}.{}", std::process::id()));
        fs::create_dir_all(&path).expect("the target folder can be written");
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("its path is UTF-8").to_owned()
    }

    fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.file(name), text).expect("the folder can be written");
        self
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(&self.0).expect("the folder is there").next().is_none()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

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

fn admin(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} /__admin/{path} HTTP/1.1\r\nHost: m\r\nConnection: close\r\nAuthorization: Api-Key k\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
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
fn profiles_come_from_a_file_or_from_a_folder() {
    let body = r#"{"data": {"customer_user_id": "from a file"}}"#;
    let folder = Folder::new("profiles").with("one.json", body).with("ignored.txt", "x");
    for path in [folder.file("one.json"), folder.file("")] {
        let server = Running::start(&["--profiles", &path]);
        assert!(server.ask(&request("k", "from a file")).ends_with(body));
    }
}

#[test]
fn a_file_may_hold_a_list_of_profiles_and_begin_with_a_byte_order_mark() {
    let list = "\u{feff}[{\"data\": {\"customer_user_id\": \"first\"}},\n{\"data\": {\"customer_user_id\": \"second\"}}]";
    let folder = Folder::new("list").with("list.json", list);
    let server = Running::start(&["--profiles", &folder.file("list.json")]);
    for customer in ["first", "second"] {
        let body = format!(r#"{{"data": {{"customer_user_id": "{customer}"}}}}"#);
        assert!(server.ask(&request("k", customer)).ends_with(&body));
    }
}

#[test]
fn what_a_strict_reader_would_miss_in_files_is_told_by_file_and_path() {
    let whole = include_str!("../../fixtures/get_profile.200.newer-page.lifetime_premium.json");
    let none = r#"[{"data": {"customer_user_id": "a"}}, {"data": {"customer_user_id": "b", "access_levels": 5}}]"#;
    let folder = Folder::new("gaps").with("none.json", none).with("whole.json", whole);
    let (code, _, stderr) = said(&run(&["exec", "--profiles", &folder.file(""), "--", "true"]));
    assert_eq!(code, Some(0), "{stderr}");
    let file = folder.file("none.json");
    let expected = format!(
        "adapty-mock: --profiles {file}: profile 1: missing data.app_id, data.profile_id, data.total_revenue_usd, \
         data.segment_hash, data.timestamp and 4 more\n"
    );
    assert!(stderr.contains(&expected), "{stderr}");
    assert!(stderr.contains(&format!("{file}: profile 2: missing data.app_id, ")), "{stderr}");
    assert!(
        stderr.contains(
            "; not as documented data.access_levels; served as given under every edition\n"
        ),
        "{stderr}"
    );
    assert!(!stderr.contains("whole.json"), "{stderr}");
}

#[test]
fn profiles_from_files_take_the_form_of_the_edition_unless_they_are_to_be_as_given() {
    let folder = Folder::new("forms")
        .with("lifetime.json", fixture!("get_profile.200.newer-page.lifetime_premium"));
    let (file, edition) = (folder.file("lifetime.json"), ["--edition", "older-objects-page"]);
    for (option, is_dictionary) in [("", true), ("--profiles-as-given", false)] {
        let mut options = vec!["--profiles", &file, edition[0], edition[1]];
        options.extend((!option.is_empty()).then_some(option));
        let seen = Running::start(&options).ask(&request("k", LIFETIME));
        assert_eq!(seen.contains(r#""access_levels":{"premium":{"#), is_dictionary, "{seen}");
    }
}

#[test]
fn an_array_in_a_file_does_not_pass_for_a_profile() {
    let folder = Folder::new("array")
        .with("array.json", r#"[[[["00000000-0000-4000-8000-000000000001", "x"]]]]"#);
    let (code, _, stderr) = said(&run(&["--profiles", &folder.file("array.json")]));
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("[0]: expected an object, found an array at line 1 column 2"),
        "{stderr}"
    );
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
fn a_bad_profile_is_named_with_file_line_and_column() {
    let folder = Folder::new("bad").with("bad.json", "{\"data\":\n  {\"profile_id\": 7}}");
    let (code, _, stderr) = said(&run(&["--profiles", &folder.file("")]));
    assert_eq!(code, Some(2));
    assert!(stderr.contains(&format!("--profiles {}: ", folder.file("bad.json"))), "{stderr}");
    let told = "data.profile_id: expected text, found a number at line 2 column 18";
    assert!(stderr.contains(told), "{stderr}");
}

#[test]
fn every_app_starts_with_the_settings_of_a_file() {
    let folder = Folder::new("settings").with("one.json", r#"{"missing_profile": "unauthorized"}"#);
    let server = Running::start(&["--settings", &folder.file("one.json")]);
    for key in ["one", "other"] {
        assert!(server.ask(&request(key, "nobody")).starts_with("HTTP/1.1 401 "));
    }
}

#[test]
fn bad_settings_are_named_with_file_and_place() {
    for (text, what) in [
        ("{\n \"no_such\": 1}", "unknown field `no_such`, expected one of `access_levels`, "),
        (r#"{"access_levels": [""]}"#, "access_levels: an id is empty"),
    ] {
        let folder = Folder::new("bad-settings").with("bad.json", text);
        let (code, _, stderr) = said(&run(&["--settings", &folder.file("bad.json")]));
        assert_eq!(code, Some(2));
        let message = format!("--settings {}: {what}", folder.file("bad.json"));
        assert!(stderr.contains(&message), "{stderr}");
    }
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

const SUBSCRIPTION: &str =
    r#"{"customer_user_id": "jane.doe@example.com", "product": "p", "period": "P1M"}"#;

#[test]
fn every_app_sends_its_events_to_the_webhook_of_the_server_without_asking_first() {
    let (url, hook) = hook(200, 4);
    let server =
        Running::start(&["--webhook-url", &url, "--webhook-authorization", "the whole text"]);
    for key in ["one", "other"] {
        let start = admin("POST", "subscriptions", SUBSCRIPTION);
        let answer = server.ask(&start.replace("Api-Key k", &format!("Api-Key {key}")));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    let seen = hook.join().unwrap();
    for (seen, event) in seen.iter().zip(["subscription_started", "access_level_updated"].repeat(2))
    {
        assert!(seen.starts_with("POST /hook HTTP/1.1\r\n"), "{seen}");
        assert!(seen.contains("\r\nauthorization: the whole text\r\n"), "{seen}");
        assert!(seen.contains(&format!(r#""event_type":"{event}""#)), "{seen}");
    }
    server.ask(&admin("POST", "reset", ""));
    let told = server.ask(&admin("GET", "webhook", ""));
    assert!(told.contains(&format!(r#""Production":"{url}""#)), "{told}");
}

#[test]
fn the_authorization_of_the_webhook_is_in_no_output() {
    let secret = "Bearer 12345678";
    let mut help = command(&["exec", "--help"]);
    let (_, stdout, _) =
        said(&help.env("ADAPTY_MOCK_WEBHOOK_AUTHORIZATION", secret).output().unwrap());
    assert!(stdout.contains("ADAPTY_MOCK_WEBHOOK_AUTHORIZATION") && !stdout.contains("12345678"));
    for (url, value, named) in [
        ("http://h/", "12345678\n", "--webhook-authorization: it cannot be a header's value"),
        ("12345678", secret, "--webhook-url: it does not begin with http:// and a host"),
    ] {
        let arguments = ["--webhook-url", url, "--webhook-authorization", value];
        let (code, stdout, stderr) = said(&run(&arguments));
        assert_eq!((code, stdout.as_str()), (Some(2), ""));
        assert!(stderr.contains(named) && !stderr.contains("12345678"), "{stderr}");
    }
    let (url, hook) = hook(500, 2);
    let script = format!("{START} && exit 1");
    let (code, stdout, stderr) = exec(&[
        "--webhook-url",
        &url,
        "--webhook-authorization",
        secret,
        "--",
        "sh",
        "-c",
        &script,
    ]);
    assert!(hook.join().unwrap()[0].contains(secret));
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("undelivered") && !stderr.contains("12345678"), "{stderr}");
}

#[test]
fn the_admin_door_can_be_closed() {
    let by_option = Running::start(&["--no-admin"]);
    let by_environment = Running::spawn(command(&[]).env("ADAPTY_MOCK_NO_ADMIN", "1"));
    for server in [by_option, by_environment] {
        assert!(server.ask(&admin("GET", "profiles", "")).starts_with("HTTP/1.1 404 "));
    }
}

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

fn exec(arguments: &[&str]) -> (Option<i32>, String, String) {
    said(&run(&[&["exec"], arguments].concat()))
}

const ASK: &str = r#"curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Api-Key $ADAPTY_API_KEY" \
    -H "adapty-customer-user-id: $WHOM" "$ADAPTY_API_URL/api/v2/server-side-api/profile/""#;

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

/// Starts a subscription at the beginning of 2030.
const START: &str = r#"admin() { curl -sf -o /dev/null -X "$1" -H "Authorization: Api-Key $ADAPTY_API_KEY" \
        "$ADAPTY_API_URL/__admin/$2" -d "$3"; }
    admin PUT clock '{"now": "2030-01-01T00:00:00Z"}' &&
    admin POST subscriptions '{"customer_user_id": "jane", "product": "p", "period": "P1M"}'"#;

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
    assert_eq!((lines.len(), lines[101]), (102, "adapty-mock: … and 80 more lines"), "{stderr}");
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
