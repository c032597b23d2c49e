//! A year that passes for many subscribers at once: whether time and memory grow with their number, and no
//! faster. Each run is a process of its own, so that what it has resident is its own.
//!
//! `cargo bench -p adapty-mock --bench year`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{
    env, fs,
    process::{Command, ExitCode},
    time::Instant,
};

use adapty_mock::{
    Identity, MockServer, NewSubscription, Period, adapty_model::ProfileResponse,
    adapty_model::time::OffsetDateTime,
};

const FEW: usize = 1_000;
const MANY: usize = 10_000;
/// How many pairs of runs are measured. A machine's speed changes from minute to minute, so that each run is
/// compared with the one beside it; the median of the pairs' ratios counts.
const PAIRS: usize = 7;
/// How many times more a subscriber may take among many than among few, of time and of memory.
const LIMIT: f64 = 2.0;
/// The payments of a monthly subscription from its first day to that of a year later.
const PAYMENTS: f64 = 13.0;
/// How many subscribers a run is to have; its absence is the run that starts the others.
const SUBSCRIBERS: &str = "ADAPTY_MOCK_BENCH_SUBSCRIBERS";

/// What a subscriber took of a run.
struct Cost {
    microseconds: f64,
    bytes: f64,
}

/// One of the figures.
type Figure = fn(&Cost) -> f64;

fn main() -> ExitCode {
    if let Ok(subscribers) = env::var(SUBSCRIBERS) {
        let Cost { microseconds, bytes } = run(subscribers.parse().expect("a number"));
        println!("{microseconds} {bytes}");
        return ExitCode::SUCCESS;
    }
    let pairs: Vec<[Cost; 2]> = (0..PAIRS).map(|_| [FEW, MANY].map(in_a_process)).collect();
    println!(
        "a year of monthly renewals; goal: a subscriber among {MANY} at most {LIMIT} times one among {FEW}\n"
    );
    println!("| a subscriber's | among {FEW} | among {MANY} | ratio | from | to | |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | --- |");
    let rows: [(&str, Figure); 2] = [
        ("year, in µs", |cost| cost.microseconds),
        ("resident memory, in bytes", |cost| cost.bytes),
    ];
    let mut met = true;
    for (name, of) in rows {
        let [_, few, _] = spread(pairs.iter().map(|[few, _]| of(few)));
        let [_, many, _] = spread(pairs.iter().map(|[_, many]| of(many)));
        let [from, ratio, to] = spread(pairs.iter().map(|[few, many]| of(many) / of(few)));
        // What is no number misses the goal, too.
        let is_met = few > 0.0 && ratio <= LIMIT;
        met &= is_met;
        let word = if is_met { "met" } else { "MISSED" };
        println!("| {name} | {few:.0} | {many:.0} | {ratio:.2} | {from:.2} | {to:.2} | {word} |");
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The least, the median and the most.
fn spread(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [values[0], values[values.len() / 2], values[values.len() - 1]]
}

fn in_a_process(subscribers: usize) -> Cost {
    let this = env::current_exe().expect("a program has a path");
    let output = Command::new(this).env(SUBSCRIBERS, subscribers.to_string()).output();
    let output = output.expect("it starts again");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("two numbers");
    let mut numbers = text.split_whitespace().map(|number| number.parse().expect("a number"));
    let mut next = || numbers.next().expect("two numbers");
    Cost { microseconds: next(), bytes: next() }
}

/// Lets a year pass, and checks that everybody paid for each month of it.
fn run(subscribers: usize) -> Cost {
    let server = MockServer::start_on_thread();
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    let before = resident_bytes();
    let month: Period = "P1M".parse().expect("a period");
    for subscriber in 0..subscribers {
        let new = NewSubscription::new("premium_monthly", month).price(1.0);
        let _runs = app.start_subscription(customer(subscriber), new);
    }
    let begun = Instant::now();
    app.advance("P1Y".parse().expect("a period"));
    let taken = begun.elapsed();
    let after = resident_bytes();
    for subscriber in 0..subscribers {
        let body = app.body(customer(subscriber)).expect("a subscriber has a profile");
        let profile = ProfileResponse::from_json(&body).expect("it reads").data;
        assert_eq!(profile.total_revenue_usd, Some(PAYMENTS), "subscriber {subscriber}");
    }
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 of anything here")]
    let each = |count: u64| count as f64 / subscribers as f64;
    let microseconds = u64::try_from(taken.as_micros()).expect("no run takes so long");
    Cost { microseconds: each(microseconds), bytes: each(after.saturating_sub(before)) }
}

fn customer(number: usize) -> Identity {
    Identity::customer(format!("subscriber {number}"))
}

fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells the status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of it");
    let kib: Option<u64> = line.trim().split(' ').next().and_then(|kib| kib.parse().ok());
    kib.expect("a number") * 1024
}
