//! A server in a process of its own, and what it uses.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A running server; killed when dropped.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts it and waits for its line.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the server says a line");
        let (_, address) =
            line.trim_end().split_once(crate::LISTENING).expect("the line names an address");
        Self { child, address: address.parse().expect("an address and a port") }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// CPU time of all its threads so far.
    pub(crate) fn cpu(&self) -> Duration {
        let tasks =
            fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the server runs");
        let of = |task: fs::DirEntry| {
            let times = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            times.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or(0)
        };
        Duration::from_nanos(tasks.filter_map(Result::ok).map(of).sum())
    }

    pub(crate) fn resident_mib(&self) -> f64 {
        resident_kib(&self.child.id().to_string()) / 1024.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().expect("it is ours to end");
        self.child.wait().expect("it ends");
    }
}

/// Resident memory of a process, `self` or an id.
pub(crate) fn resident_kib(id: &str) -> f64 {
    status(id, "VmRSS:")
}

/// How many threads this process has.
pub(crate) fn threads() -> f64 {
    status("self", "Threads:")
}

/// How many files this process has open.
pub(crate) fn files() -> f64 {
    fs::read_dir("/proc/self/fd").expect("Linux tells the files of a process").count() as f64
}

fn status(id: &str, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{id}/status"))
        .expect("Linux tells the status of a process");
    let line =
        status.lines().find_map(|line| line.strip_prefix(name)).expect("the status has this line");
    line.trim().split(' ').next().and_then(|figure| figure.parse().ok()).expect("a number")
}
