//! The binary as a shell sees it: its line, its exit codes, its signals, its files.

mod serve;
mod files;
mod webhook;
mod port_file;
mod exec;
mod integration;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread::JoinHandle,
};

use rustix::process::{Pid, Signal, kill_process};

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

fn admin(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} /__admin/{path} HTTP/1.1\r\nHost: m\r\nConnection: close\r\nAuthorization: Api-Key k\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn exec(arguments: &[&str]) -> (Option<i32>, String, String) {
    said(&run(&[&["exec"], arguments].concat()))
}

const ASK: &str = r#"curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Api-Key $ADAPTY_API_KEY" \
    -H "adapty-customer-user-id: $WHOM" "$ADAPTY_API_URL/api/v2/server-side-api/profile/""#;

/// Starts a subscription at the beginning of 2030.
const START: &str = r#"admin() { curl -sf -o /dev/null -X "$1" -H "Authorization: Api-Key $ADAPTY_API_KEY" \
        "$ADAPTY_API_URL/__admin/$2" -d "$3"; }
    admin PUT clock '{"now": "2030-01-01T00:00:00Z"}' &&
    admin POST subscriptions '{"customer_user_id": "jane", "product": "p", "period": "P1M"}'"#;
