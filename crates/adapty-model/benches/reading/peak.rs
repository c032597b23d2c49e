//! How much more memory a process takes up while it reads a body: a fresh process, by the kernel's
//! own account. A short body drowns in what any process needs; for that there is a test.

use std::process::Command;

use crate::bodies::{Body, with_subscriptions};

const COUNT: &str = "READING_PEAK_OF_SUBSCRIPTIONS";

/// The memory that reading a body takes, in units of the body.
pub(crate) fn of(body: &Body) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let count = body.name.split(' ').next().expect("the name starts with the count");
    let output = Command::new(program).env(COUNT, count).output().expect("this program runs");
    let printed = String::from_utf8(output.stdout).expect("a number");
    printed.trim().parse().expect("a number")
}

pub(crate) fn is_child() -> bool {
    std::env::var_os(COUNT).is_some()
}

pub(crate) fn measure() {
    let count = std::env::var(COUNT).expect("a count").parse().expect("a count");
    let body = with_subscriptions(count);
    let before = kibibytes("VmRSS:");
    let response = crate::from_json(&body.json);
    let peak = kibibytes("VmHWM:");
    assert_eq!(response.data.subscriptions.len(), count);
    println!("{}", (peak - before) * 1024.0 / body.json.len() as f64);
}

fn kibibytes(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let (_, rest) = status.split_once(line).expect("a line of the status");
    rest.split_whitespace().next().expect("a number").parse().expect("a number")
}
