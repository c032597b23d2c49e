//! `adapty-mock exec`: a command beside a server of its own.

use std::{
    env,
    ffi::OsString,
    fmt,
    future::poll_fn,
    hash::{BuildHasher, RandomState},
    io::{self, ErrorKind, IsTerminal},
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    process::{ExitCode, ExitStatus},
    task::Poll,
};

use adapty_mock::{App, MockServer};
use clap::Args;
use tokio::process::{Child, Command};

use super::{
    failure::{Failure, runtime, say},
    server_options::ServerOptions,
    signals::{Signal, Signals},
};

/// What the server of `exec` ends with when it cannot start, as `env` and `timeout` do.
const CANNOT_START: u8 = 125;
const CANNOT_RUN: u8 = 126;
const NO_SUCH_COMMAND: u8 = 127;

#[derive(Args)]
pub(super) struct Options {
    #[command(flatten)]
    server: ServerOptions,

    /// Not taken: the server of `exec` has a free port of its own.
    #[arg(
        long,
        hide = true,
        num_args = 0..=1,
        default_missing_value = "",
        value_parser = of_serve
    )]
    listen: Option<String>,

    /// Not taken, for the same reason.
    #[arg(
        long,
        hide = true,
        num_args = 0..=1,
        default_missing_value = "",
        value_parser = of_serve
    )]
    port_file: Option<String>,

    /// The command and its arguments.
    #[arg(required = true, last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Refuses an option of `serve` alone, whatever its value.
fn of_serve(_: &str) -> Result<String, &'static str> {
    Err("`exec` takes none: its server has a free port, which the command finds in ADAPTY_API_URL")
}

/// Runs the command and ends as it did.
pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let key = fresh_key();
    let mut builder = options.server.builder(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    if !options.server.api_keys.is_empty() {
        builder = builder.api_key(&key);
    }
    let cannot_start =
        |error: io::Error| Failure { what: error.to_string(), code: ExitCode::from(CANNOT_START) };
    runtime().map_err(cannot_start)?.block_on(async {
        let mut signals = Signals::new().map_err(cannot_start)?;
        let server = builder.start().await.map_err(cannot_start)?;
        // The command's key is named before any request, and its app is the first.
        let _app = server.app(&key);
        let mut child = spawn(&options.command, &server, &key)?;
        // Not before: a command under `nohup` is to ignore it still, and one caught is not ignored.
        signals.with_hang_up().map_err(cannot_start)?;
        let status = wait(&mut child, &mut signals).await.map_err(cannot_start)?;
        if !status.success() {
            report(&server, status);
        }
        // Whoever is still being answered belonged to the command, which has ended.
        drop(server);
        Ok(ExitCode::from(exit_code(status)))
    })
}

fn spawn(command: &[OsString], server: &MockServer, key: &str) -> Result<Child, Failure> {
    let (program, arguments) = command.split_first().expect("the command line asks for a command");
    Command::new(program)
        .args(arguments)
        .env("ADAPTY_API_URL", server.url())
        .env("ADAPTY_API_KEY", key)
        .env("ADAPTY_SECRET_API_KEY", key)
        .envs(NO_PROXY.map(|name| (name, without_proxy(name, server))))
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Failure {
            what: format!("{}: {error}", program.to_string_lossy()),
            code: ExitCode::from(match error.kind() {
                ErrorKind::NotFound => NO_SUCH_COMMAND,
                _ => CANNOT_RUN,
            }),
        })
}

/// The variables that name hosts to be asked without a proxy; clients read one or the other.
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The hosts of such a variable, and the server's.
fn without_proxy(name: &str, server: &MockServer) -> OsString {
    let host = server.address().ip().to_string();
    match env::var_os(name).filter(|known| !known.is_empty()) {
        Some(mut hosts) => {
            hosts.push(format!(",{host}"));
            hosts
        }
        None => host.into(),
    }
}

/// Waits for the command to end; what asks this process to end is passed on to it.
async fn wait(child: &mut Child, signals: &mut Signals) -> io::Result<ExitStatus> {
    let id = child.id();
    let mut ended = pin!(child.wait());
    loop {
        let signal = {
            let mut next = pin!(signals.next());
            let event = poll_fn(|context| match ended.as_mut().poll(context) {
                Poll::Ready(ended) => Poll::Ready(Err(ended)),
                Poll::Pending => next.as_mut().poll(context).map(Ok),
            });
            match event.await {
                Ok(signal) => signal,
                Err(ended) => return ended,
            }
        };
        // A terminal signals the command as well.
        if !(matches!(signal, Signal::Interrupt) && io::stdin().is_terminal()) {
            pass_on(signal, id);
        }
    }
}

#[cfg(unix)]
fn pass_on(signal: Signal, id: Option<u32>) {
    let id = id.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    let signal = match signal {
        Signal::HangUp => rustix::process::Signal::HUP,
        Signal::Interrupt => rustix::process::Signal::INT,
        Signal::Terminate => rustix::process::Signal::TERM,
    };
    if let Some(id) = id {
        // It may have ended in the meantime, which the next pass finds out.
        let _ended = rustix::process::kill_process(id, signal);
    }
}

/// The console that asked this process asked the command too.
#[cfg(windows)]
fn pass_on(_: Signal, _: Option<u32>) {}

/// Says which requests were received, what is left of fault plans and which events did not arrive, in so
/// many lines and no more.
fn report(server: &MockServer, status: ExitStatus) {
    let unauthenticated = server.unauthenticated_requests();
    let apps = server.apps();
    let received = total(&apps) + unauthenticated.len() as u64;
    let how = signal(status).map_or_else(|| "failed".to_owned(), ended_by);
    say(format_args!("the command {how}; requests received: {received}"));
    if let Some(under_other_keys) = server.requests_under_other_keys() {
        say(format_args!("{under_other_keys}"));
    }
    let mut lines = Lines { said: 0, left_out: 0 };
    for (at, app) in apps.iter().enumerate() {
        let whose = if app.is_named() { "" } else { ", whose key is no app of this test" };
        let number = match app.key_suffix() {
            Some(suffix) => format!("app {} ({suffix:.100})", at + 1),
            None => format!("app {}", at + 1),
        };
        let title = format!("{number}{whose}");
        lines.list(&title, &app.requests(), app.dropped_requests());
        for (identity, plan) in app.fault_plans() {
            let left = serde_json::json!({"for": identity, "plan": plan}).to_string();
            lines.say(format_args!("  left of a fault plan: {left:.300}"));
        }
        lines.list(&format!("{number}, undelivered events"), &app.undelivered(), 0);
    }
    lines.list("without a valid key", &unauthenticated, 0);
    if lines.left_out > 0 {
        say(format_args!("… and {} more lines", lines.left_out));
    }
}

/// How many lines a report has at most.
const LINES: usize = 100;
/// How many of them are said beside those of the apps: two at its beginning, and one at its end.
const FIRST_AND_LAST: usize = 3;
/// How many of an app's requests it lists, and of its undelivered events, the last ones.
const LISTED: usize = 10;

/// The lines of a report, up to so many.
struct Lines {
    said: usize,
    left_out: usize,
}

impl Lines {
    fn say(&mut self, line: fmt::Arguments<'_>) {
        if self.said < LINES - FIRST_AND_LAST {
            self.said += 1;
            say(line);
        } else {
            self.left_out += 1;
        }
    }

    fn list(&mut self, title: &str, items: &[impl fmt::Display], dropped: u64) {
        let listed = &items[items.len().saturating_sub(LISTED)..];
        let before = dropped + (items.len() - listed.len()) as u64;
        if !items.is_empty() || dropped > 0 {
            self.say(format_args!("{title}:"));
        }
        if before > 0 {
            self.say(format_args!("  {before} more, before these"));
        }
        for item in listed {
            self.say(format_args!("  {item}"));
        }
    }
}

fn total(apps: &[App]) -> u64 {
    apps.iter().map(|app| app.requests().len() as u64 + app.dropped_requests()).sum()
}

/// A key that nobody else has.
fn fresh_key() -> String {
    let state = RandomState::new();
    format!(
        "secret_mock_{:016x}{:016x}",
        state.hash_one("first half"),
        state.hash_one("second half")
    )
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| signal(status).map(|number| 128 + number));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// How a signal ended the command, by its name where that is the same on every Unix.
fn ended_by(number: i32) -> String {
    let name = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => return format!("was ended by signal {number}"),
    };
    format!("was ended by {name} (signal {number})")
}

/// The signal that ended a command, if one did.
#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    status.signal()
}

/// No command ends by a signal there.
#[cfg(windows)]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}
