//! Reading and writing beside their limits.
//!
//! Criterion measures each contender by itself. The table at the end is what counts: there all
//! contenders of a line take turns, so that what the machine does meanwhile meets them alike, and
//! the median of each turn's ratio stands beside its goal.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod base;
mod bodies;
// The crate's own source, as dates are measured alone.
#[expect(dead_code, reason = "reading dates is what is measured")]
#[path = "../../src/json/date.rs"]
mod date;
mod peak;
mod turns;

use std::hint::black_box;

use adapty_model::ProfileResponse;
use criterion::{BenchmarkId, Criterion, Throughput};
use serde::de::IgnoredAny;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::bodies::{Body, documents, with_subscriptions};
use crate::turns::{Goal, ratio};

fn from_json(body: &[u8]) -> ProfileResponse {
    ProfileResponse::from_json(body).expect("a profile")
}

fn from_slice(body: &[u8]) -> ProfileResponse {
    serde_json::from_slice(body).expect("a profile")
}

fn base(body: &[u8]) -> base::Response {
    serde_json::from_slice(body).expect("a profile")
}

fn scan(body: &[u8]) -> IgnoredAny {
    serde_json::from_slice(body).expect("JSON")
}

fn value(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("JSON")
}

fn main() {
    if peak::is_child() {
        return peak::measure();
    }
    let mut criterion = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1))
        .configure_from_args();
    for body in documents().into_iter().chain([10, 1_000, 100_000].map(with_subscriptions)) {
        contenders(&mut criterion, &body);
    }
    criterion.final_summary();
    table();
}

fn contenders(criterion: &mut Criterion, body: &Body) {
    let mut group = criterion.benchmark_group("reading");
    group.throughput(Throughput::Bytes(body.json.len() as u64)).sample_size(10);
    let mut contender = |name, read: &dyn Fn(&[u8])| {
        group.bench_with_input(BenchmarkId::new(name, &body.name), &body.json, |bencher, json| {
            bencher.iter(|| read(black_box(json)));
        });
    };
    contender("from_json", &|json| drop(black_box(from_json(json))));
    contender("from_slice", &|json| drop(black_box(from_slice(json))));
    contender("base", &|json| drop(black_box(base(json))));
    contender("scan", &|json| {
        black_box(scan(json));
    });
    contender("Value", &|json| drop(black_box(value(json))));
    group.finish();
}

fn table() {
    println!("\n{:<58} {:>7} {:>7}", "ratio", "goal", "median");
    for (body, goal) in documents().iter().zip([0.85, 0.80, 0.80]) {
        let name = &body.name;
        let against_base = ratio(|| from_json(&body.json), || base(&body.json));
        Goal::AtMost(goal).print(&format!("{name}: from_json / base"), against_base);
        let plain = ratio(|| from_slice(&body.json), || base(&body.json));
        Goal::AtMost(1.10).print(&format!("{name}: plain from_slice / base"), plain);
        let tree = ratio(|| from_json(&body.json), || value(&body.json));
        Goal::AtMost(0.65).print(&format!("{name}: from_json / Value"), tree);
        let limit = ratio(|| scan(&body.json), || base(&body.json));
        Goal::Limit.print(&format!("{name}: scan / base"), limit);
        let (ours, theirs) = (from_json(&body.json), base(&body.json));
        let writing = ratio(|| ours.to_json(), || serde_json::to_vec(&theirs));
        Goal::AtMost(1.05).print(&format!("{name}: to_json / base's to_vec"), writing);
        let plain = ratio(|| serde_json::to_vec(&ours), || serde_json::to_vec(&theirs));
        Goal::Limit.print(&format!("{name}: plain to_vec / base's to_vec"), plain);
    }
    long_profiles();
    dates();
}

fn long_profiles() {
    let [thousand, hundred_thousand] = [1_000, 100_000].map(with_subscriptions);
    let against_base = |body: &Body| ratio(|| from_json(&body.json), || base(&body.json));
    let growth = against_base(&hundred_thousand) / against_base(&thousand);
    Goal::AtMost(1.10).print("from_json / base: at 100000 / at 1000 subscriptions", growth);
    let tree = ratio(|| from_json(&hundred_thousand.json), || value(&hundred_thousand.json));
    Goal::AtMost(0.25).print("100000 subscriptions: from_json / Value", tree);
    let peak = peak::of(&hundred_thousand);
    Goal::AtMost(1.25).print("100000 subscriptions: peak memory / body", peak);
}

/// A thousand dates a turn, ours without the colon that time's own parser needs.
fn dates() {
    let read_all = |text: &str, read: fn(&str) -> Option<OffsetDateTime>| {
        for _ in 0..1_000 {
            assert!(black_box(read(black_box(text))).is_some());
        }
    };
    let rfc3339 = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    for (older, newer) in [
        ("2022-10-12T09:42:50.000000+0000", "2022-10-12T09:42:50.000000+00:00"),
        ("2024-12-24T10:50:23+0000", "2024-12-24T10:50:23+00:00"),
    ] {
        let median = ratio(|| read_all(older, date::parse), || read_all(newer, rfc3339));
        Goal::AtMost(1.1).print(&format!("date {older} / time's RFC 3339"), median);
    }
}
