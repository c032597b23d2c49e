//! This server beside a bare hyper server, in one run: every goal, its figure, whether it is met.
//!
//! The binary is measured as a process: CPU time per request from `/proc/<pid>/schedstat`, resident
//! memory from `/proc/<pid>/status`. Contenders take turns within each round, and what is shown is
//! the median of the rounds.
//!
//! Other fake servers take part when `CONTENDERS` names the binary built from `benches/contenders`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod bare;
mod in_process;
mod load;
mod process;

use std::{env, fs, process::Command, time::Instant};

use crate::{load::load, process::Process};

/// The line that the bare server says, and the binary too.
const LISTENING: &str = "listening on http://";
const REQUESTS: u64 = 20_000;
const ROUNDS: usize = 7;
const STARTS: usize = 50;

fn main() {
    // Run as the bare server that the others are measured against.
    if env::args().nth(1).as_deref() == Some("bare") {
        return bare::main();
    }
    println!("{:<66} {:>12} {:>12}", "measure", "figure", "goal");
    // `-- cpu` measures this alone, and so on; `cargo bench` adds words of its own.
    let parts: [(&str, fn()); 5] = [
        ("cpu", cpu_and_rate),
        ("memory", memory),
        ("start", start),
        ("size", size),
        ("in-process", in_process::measure),
    ];
    let chosen = |name: &str| env::args().any(|word| word == name);
    let all = !parts.iter().any(|(name, _)| chosen(name));
    for (_, measure) in parts.iter().filter(|(name, _)| all || chosen(name)) {
        measure();
    }
}

/// One line of the table; `at_most` is whether the goal is an upper bound.
fn row(measure: &str, figure: f64, unit: &str, goal: f64, at_most: bool) {
    let met = if at_most { figure <= goal } else { figure >= goal };
    let (sign, met) = (if at_most { "≤" } else { "≥" }, if met { "met" } else { "MISSED" });
    println!(
        "{measure:<66} {:>12} {:>12} {met}",
        format!("{figure:.2}{unit}"),
        format!("{sign} {goal}{unit}")
    );
}

fn shown(measure: &str, figure: f64, unit: &str) {
    println!("{measure:<66} {:>12}", format!("{figure:.2}{unit}"));
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn bare() -> Command {
    let mut command = Command::new(env::current_exe().expect("a running program has a file"));
    command.arg("bare");
    command
}

fn mock(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adapty-mock"));
    command.args(arguments);
    command
}

fn cpu_and_rate() {
    let mut contenders = vec![
        ("bare hyper", Process::start(&mut bare())),
        ("journal on", Process::start(&mut mock(&[]))),
        ("journal off", Process::start(&mut mock(&["--journal-limit", "0"]))),
    ];
    if let Ok(binary) = env::var("CONTENDERS") {
        for name in ["wiremock", "httpmock"] {
            contenders.push((name, Process::start(Command::new(&binary).arg(name))));
        }
    }
    for connections in [16, 256] {
        let mut cpu = vec![Vec::new(); contenders.len()];
        let mut rate = vec![Vec::new(); contenders.len()];
        for round in 0..=ROUNDS {
            for (at, (_, process)) in contenders.iter().enumerate() {
                let (before, begun) = (process.cpu(), Instant::now());
                load(process.address(), connections, REQUESTS);
                // The first round warms up.
                if round > 0 {
                    rate[at].push(REQUESTS as f64 / begun.elapsed().as_secs_f64());
                    cpu[at].push((process.cpu() - before).as_secs_f64() * 1e6 / REQUESTS as f64);
                }
            }
        }
        let cpu: Vec<f64> = cpu.into_iter().map(median).collect();
        let rate: Vec<f64> = rate.into_iter().map(median).collect();
        for (at, (name, _)) in contenders.iter().enumerate() {
            shown(&format!("CPU a request at {connections} connections: {name}"), cpu[at], " µs");
            shown(&format!("requests a second at {connections} connections: {name}"), rate[at], "");
        }
        row(
            &format!("CPU ÷ bare hyper at {connections}: journal on"),
            cpu[1] / cpu[0],
            "",
            1.5,
            true,
        );
        row(
            &format!("CPU ÷ bare hyper at {connections}: journal off"),
            cpu[2] / cpu[0],
            "",
            1.15,
            true,
        );
        for (at, (name, _)) in contenders.iter().enumerate().skip(3).filter(|_| connections == 16) {
            let goal = if *name == "wiremock" { 5.0 } else { 1.2 };
            row(
                &format!("requests a second ÷ {name} at {connections}"),
                rate[1] / rate[at],
                "",
                goal,
                false,
            );
        }
    }
}

fn memory() {
    let process = Process::start(&mut mock(&[]));
    load(process.address(), 1, 1);
    row("resident memory of the idle binary", process.resident_mib(), " MiB", 6.0, true);
    load(process.address(), 16, 10_000);
    let after_ten_thousand = process.resident_mib();
    load(process.address(), 16, 990_000);
    let growth = process.resident_mib() - after_ten_thousand;
    row("resident memory after 1 000 000 requests − after 10 000", growth, " MiB", 1.0, true);
}

fn start() {
    let first_answer = |mut command: Command| {
        let begun = Instant::now();
        let process = Process::start(&mut command);
        load(process.address(), 1, 1);
        begun.elapsed().as_secs_f64() * 1e3
    };
    let rounds: Vec<_> =
        (0..STARTS).map(|_| (first_answer(bare()), first_answer(mock(&[])))).collect();
    let bare = median(rounds.iter().map(|round| round.0).collect());
    let mock = median(rounds.iter().map(|round| round.1).collect());
    shown("process start to first answer: bare hyper", bare, " ms");
    shown("process start to first answer: adapty-mock", mock, " ms");
    row("process start to first answer ÷ bare hyper", mock / bare, "", 1.5, true);
}

fn size() {
    let stripped = env::temp_dir().join(format!("adapty-mock.stripped.{}", std::process::id()));
    let strip = Command::new("strip")
        .arg("-o")
        .arg(&stripped)
        .arg(env!("CARGO_BIN_EXE_adapty-mock"))
        .status();
    assert!(strip.expect("`strip` is needed to measure the binary").success());
    let size = fs::metadata(&stripped).expect("it was just written").len();
    fs::remove_file(&stripped).expect("it was just written");
    row("stripped release binary", size as f64 / 1e6, " MB", 3.0, true);
}
