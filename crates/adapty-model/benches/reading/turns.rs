//! Two contenders in turns.

use std::hint::black_box;
use std::time::{Duration, Instant};

const TURNS: usize = 41;
const TURN: Duration = Duration::from_millis(4);

/// How long the first takes, in units of the second: the median over turns.
pub(crate) fn ratio<A, B>(mut first: impl FnMut() -> A, mut second: impl FnMut() -> B) -> f64 {
    let (a, b) = (calls_a_turn(&mut first), calls_a_turn(&mut second));
    let mut ratios: Vec<f64> = (0..TURNS)
        .map(|turn| {
            // Who comes first alternates too.
            if turn % 2 == 0 {
                let (first, second) = (a_call(a, &mut first), a_call(b, &mut second));
                first / second
            } else {
                let (second, first) = (a_call(b, &mut second), a_call(a, &mut first));
                first / second
            }
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[TURNS / 2]
}

fn calls_a_turn<T>(call: &mut impl FnMut() -> T) -> u32 {
    let start = Instant::now();
    let mut calls = 0;
    while start.elapsed() < TURN {
        black_box(call());
        calls += 1;
    }
    calls
}

/// The seconds of one call, over many.
fn a_call<T>(calls: u32, call: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call());
    }
    start.elapsed().as_secs_f64() / f64::from(calls)
}

/// What a figure is held against.
pub(crate) enum Goal {
    AtMost(f64),
    /// Nothing: the figure is there for comparison.
    Limit,
}

impl Goal {
    pub(crate) fn print(&self, what: &str, figure: f64) {
        match self {
            Self::AtMost(goal) => {
                let missed = if figure > *goal { "  missed" } else { "" };
                println!("{what:<58} {goal:>7.2} {figure:>7.2}{missed}");
            }
            Self::Limit => println!("{what:<58} {:>7} {figure:>7.2}", ""),
        }
    }
}
