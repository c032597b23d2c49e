//! The binary in a process of its own, and what it has resident.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A running server; killed when dropped.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts it and waits for its line.
    pub(crate) fn start(profiles: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_adapty-mock"));
        if let Some(folder) = profiles {
            command.arg("--profiles").arg(folder);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the server says a line");
        let (_, address) =
            line.trim_end().split_once("http://").expect("the line names an address");
        Self { child, address: address.parse().expect("an address and a port") }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has resident now.
    pub(crate) fn resident_mib(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most it ever had resident.
    pub(crate) fn most_mib(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .expect("Linux tells the status of a process");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of it");
        let kib: f64 =
            line.trim().split(' ').next().and_then(|kib| kib.parse().ok()).expect("a number");
        kib / 1024.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().expect("it is ours to end");
        self.child.wait().expect("it ends");
    }
}
