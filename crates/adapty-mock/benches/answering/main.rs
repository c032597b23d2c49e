//! This server beside a bare hyper server, in one run: every goal, its figure, whether it is met.
//!
//! The binary is measured as a process: CPU time per request from `/proc/<pid>/schedstat`, resident
//! memory from `/proc/<pid>/status`. Contenders take turns within each round; what is shown is the
//! median of the rounds, and a ratio is the median of the rounds' ratios.
//!
//! Other fake servers take part when `CONTENDERS` names the binary built from `benches/contenders`.
//! A word behind `--` (`cpu`, `others`, `memory`, …) measures that part alone.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod bare;
mod in_process;
mod load;
mod process;
mod writes;

use std::{env, fs, process::Command, time::Instant};

use self::{
    Goal::{AtLeast, AtMost},
    load::load,
    process::Process,
};

/// The line that the bare server says, and the binary too.
const LISTENING: &str = "listening on http://";
const REQUESTS: u64 = 20_000;
const ROUNDS: usize = 15;
const STARTS: usize = 50;
/// Enough for what a server keeps of each request to weigh.
const REQUESTS_OF_OTHERS: u64 = 100_000;
const ROUNDS_OF_OTHERS: usize = 5;

fn main() {
    // Run as the bare server that the others are measured against.
    if env::args().nth(1).as_deref() == Some("bare") {
        return bare::main();
    }
    println!("{:<66} {:>12} {:>12}", "measure", "figure", "goal");
    let parts: [(&str, fn()); 8] = [
        ("cpu", cpu_and_rate),
        ("others", others),
        ("memory", memory),
        ("writes", writes::cpu),
        ("memory-of-writes", writes::memory),
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

fn cpu_and_rate() {
    let contenders = [
        ("bare hyper", Process::start(&mut bare())),
        ("journal on", Process::start(&mut mock(&[]))),
        ("journal off", Process::start(&mut mock(&["--journal-limit", "0"]))),
    ];
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
        for (at, (name, _)) in contenders.iter().enumerate() {
            shown(&format!("CPU a request at {connections}: {name}"), median(&cpu[at]), " µs");
            shown(&format!("requests a second at {connections}: {name}"), median(&rate[at]), "");
        }
        let cpu_ratio = |at: usize| ratio(&cpu[at], &cpu[0]);
        row(
            &format!("CPU at {connections}, journal on ÷ bare hyper"),
            cpu_ratio(1),
            "",
            AtMost(1.5),
        );
        row(
            &format!("CPU at {connections}, journal off ÷ bare hyper"),
            cpu_ratio(2),
            "",
            AtMost(1.15),
        );
    }
}

/// Other fake servers, if there are any. Each round starts them anew: one of them keeps every
/// request it was ever asked.
fn others() {
    let Ok(binary) = env::var("CONTENDERS") else {
        println!("requests a second ÷ other fake servers: CONTENDERS is not set, so not measured");
        return;
    };
    let rate = |command: &mut Command| {
        let process = Process::start(command);
        let begun = Instant::now();
        load(process.address(), 16, REQUESTS_OF_OTHERS);
        REQUESTS_OF_OTHERS as f64 / begun.elapsed().as_secs_f64()
    };
    for (name, goal) in [("wiremock", 5.0), ("httpmock", 1.2)] {
        let round = |_| (rate(&mut mock(&[])), rate(Command::new(&binary).arg(name)));
        let (ours, theirs): (Vec<_>, Vec<_>) = (0..ROUNDS_OF_OTHERS).map(round).unzip();
        shown(&format!("requests a second at 16: {name}"), median(&theirs), "");
        row(&format!("requests a second at 16 ÷ {name}"), ratio(&ours, &theirs), "", AtLeast(goal));
    }
}

fn memory() {
    let process = Process::start(&mut mock(&[]));
    load(process.address(), 1, 1);
    row("resident memory of the idle binary", process.resident_mib(), " MiB", AtMost(6.0));
    load(process.address(), 16, 10_000);
    let after_ten_thousand = process.resident_mib();
    load(process.address(), 16, 990_000);
    let growth = process.resident_mib() - after_ten_thousand;
    row("resident memory after 1 000 000 requests − after 10 000", growth, " MiB", AtMost(1.0));
}

fn start() {
    let first_answer = |mut command: Command| {
        let begun = Instant::now();
        let process = Process::start(&mut command);
        load(process.address(), 1, 1);
        begun.elapsed().as_secs_f64() * 1e3
    };
    let round = |_| (first_answer(bare()), first_answer(mock(&[])));
    let (bare, mock): (Vec<_>, Vec<_>) = (0..STARTS).map(round).unzip();
    compare("process start to first answer", &bare, &mock, " ms", AtMost(1.5));
}

fn size() {
    let stripped = env::temp_dir().join(format!("adapty-mock.stripped.{}", std::process::id()));
    let mut strip = Command::new("strip");
    let status = strip.arg("-o").arg(&stripped).arg(env!("CARGO_BIN_EXE_adapty-mock")).status();
    assert!(status.expect("`strip` is needed to measure the binary").success());
    let size = fs::metadata(&stripped).expect("it was just written").len();
    fs::remove_file(&stripped).expect("it was just written");
    row("stripped release binary", size as f64 / 1e6, " MB", AtMost(5.0));
}

/// What a figure should be.
#[derive(Clone, Copy)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

/// One line of the table: a figure and its goal.
fn row(measure: &str, figure: f64, unit: &str, goal: Goal) {
    let (met, goal) = match goal {
        AtMost(goal) => (figure <= goal, format!("≤ {goal}{unit}")),
        AtLeast(goal) => (figure >= goal, format!("≥ {goal}{unit}")),
    };
    let met = if met { "met" } else { "MISSED" };
    println!("{measure:<66} {:>12} {goal:>12} {met}", format!("{figure:.2}{unit}"));
}

/// One line of the table: a figure that no goal is set for.
fn shown(measure: &str, figure: f64, unit: &str) {
    println!("{measure:<66} {:>12}", format!("{figure:.2}{unit}"));
}

/// Three lines: the bare server, this one, and how they compare.
fn compare(measure: &str, bare: &[f64], mock: &[f64], unit: &str, goal: Goal) {
    shown(&format!("{measure}: bare hyper"), median(bare), unit);
    shown(&format!("{measure}: adapty-mock"), median(mock), unit);
    row(&format!("{measure} ÷ bare hyper"), ratio(mock, bare), "", goal);
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The median of the rounds' ratios: what slows a whole round, such as a neighbour, cancels out.
fn ratio(figures: &[f64], limits: &[f64]) -> f64 {
    let ratios: Vec<f64> =
        figures.iter().zip(limits).map(|(figure, limit)| figure / limit).collect();
    median(&ratios)
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
