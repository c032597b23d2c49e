//! A bad minute at Adapty, simulated: a thousand clients against a server that fails and recovers, with
//! no retries, with retries alone, and with retries out of a budget.
//!
//! No socket and no real time: the clock is tokio's, paused, and what is driven is this crate's own retry
//! loop and budget, read from their sources. One random seed, one table: `outage SEED` repeats it. Exit
//! code 1 tells that a goal was missed.

use std::{
    cell::{Cell, RefCell},
    io::{self, Write},
    process::ExitCode,
    rc::Rc,
    time::Duration,
};

use adapty_model::Repeat;
use fastrand::Rng;
use tokio::{
    runtime::Builder,
    task::LocalSet,
    time::{Instant, sleep, sleep_until},
};

#[expect(dead_code, unused_imports, reason = "the simulation needs a part of it")]
#[path = "../src/error.rs"]
mod error;
#[expect(dead_code, unused_imports, reason = "the simulation needs a part of it")]
#[path = "../src/retry.rs"]
mod retry;
#[expect(dead_code, reason = "the simulation needs a part of it")]
#[path = "../src/retry_budget.rs"]
mod retry_budget;

use error::{Error, ErrorKind};
use retry::{RetryPolicy, retry_loop};
use retry_budget::{Costs, RetryBudget};

const SEED: u64 = 20_261_125;
const CLIENTS: usize = 1_000;
/// Each client is asked once in this time, whatever became of the last question.
const PERIOD: Duration = Duration::from_secs(1);
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// All is well before the fault begins, and after it for so long again.
const WELL: Duration = Duration::from_secs(10);
/// What an answer takes, an unsuccessful one too, in milliseconds.
const LATENCY: std::ops::Range<u64> = 20..60;

/// The most requests for each that is wanted, during a whole outage with the default budget.
const MOST_REQUESTS: f64 = 1.1;
/// The longest recovery from a blip with the default budget, beside retries alone.
const SLOWEST_RECOVERY: f64 = 1.2;

/// How the server fails, and for how long.
#[derive(Clone, Copy)]
struct Fault {
    name: &'static str,
    length: Duration,
    /// How probable a failure is at this time since the fault began.
    chance: fn(Duration) -> f64,
}

const FAULTS: [Fault; 4] = [
    Fault { name: "blip of 5 s", length: Duration::from_secs(5), chance: |_| 1.0 },
    Fault { name: "outage of 60 s", length: Duration::from_secs(60), chance: |_| 1.0 },
    Fault { name: "half fails for 60 s", length: Duration::from_secs(60), chance: |_| 0.5 },
    Fault {
        name: "waves, 5 s and 5 s",
        length: Duration::from_secs(55),
        chance: |since| if since.as_secs() % 10 < 5 { 1.0 } else { 0.0 },
    },
];

/// What the clients do about a failure.
#[derive(Clone, Copy, PartialEq)]
enum Strategy {
    NoRetries,
    RetriesAlone,
    /// One budget for all, as for the clients of one process; or one each, as for as many processes.
    Budget(Numbers, Spread),
}

#[derive(Clone, Copy, PartialEq)]
enum Numbers {
    Ours,
    Smithys,
}

#[derive(Clone, Copy, PartialEq)]
enum Spread {
    OneProcess,
    AProcessEach,
}

const STRATEGIES: [(&str, Strategy); 6] = [
    ("no retries", Strategy::NoRetries),
    ("retries alone", Strategy::RetriesAlone),
    ("budget, one process", Strategy::Budget(Numbers::Ours, Spread::OneProcess)),
    ("budget, 1 000 processes", Strategy::Budget(Numbers::Ours, Spread::AProcessEach)),
    ("smithy's, one process", Strategy::Budget(Numbers::Smithys, Spread::OneProcess)),
    ("smithy's, 1 000 processes", Strategy::Budget(Numbers::Smithys, Spread::AProcessEach)),
];

impl Strategy {
    fn policy(self) -> RetryPolicy {
        match self {
            Self::NoRetries => RetryPolicy::none(),
            _ => RetryPolicy::default(),
        }
    }

    /// The budget of each client.
    fn budgets(self) -> Vec<RetryBudget> {
        let Self::Budget(numbers, spread) = self else {
            return vec![RetryBudget::unlimited(); CLIENTS];
        };
        let budget = || match numbers {
            Numbers::Ours => RetryBudget::new(RetryBudget::DEFAULT_RETRIES),
            Numbers::Smithys => RetryBudget::with(Costs { capacity: 500, retry: 5, answer: 1 }),
        };
        match spread {
            Spread::OneProcess => vec![budget(); CLIENTS],
            Spread::AProcessEach => (0..CLIENTS).map(|_| budget()).collect(),
        }
    }
}

/// What came of one fault and one strategy.
struct Outcome {
    /// Requests sent for each that was wanted while the fault lasted.
    requests: f64,
    /// How many of those wanted then were answered in the end.
    answered: f64,
    /// The requests of the busiest second, beside those of a second in which all is well.
    peak: f64,
    /// From the end of the fault until the last client has had an answer.
    recovery: Duration,
}

fn main() -> io::Result<ExitCode> {
    // Cargo adds `--bench`.
    let seed = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let seed = seed.unwrap_or(SEED);
    let mut page = io::stdout().lock();
    writeln!(
        page,
        "outage: {CLIENTS} clients, each asked once in {PERIOD:?}, two retries, seed {seed}"
    )?;
    let mut missed = Vec::new();
    for fault in FAULTS {
        writeln!(
            page,
            "\n{:26} {:>15} {:>9} {:>12} {:>10}",
            fault.name, "requests/wanted", "answered", "busiest/well", "recovery"
        )?;
        let outcomes =
            STRATEGIES.map(|(name, strategy)| (name, strategy, simulate(fault, strategy, seed)));
        let alone = outcomes[1].2.recovery.as_secs_f64();
        for (name, strategy, outcome) in &outcomes {
            writeln!(
                page,
                "{name:26} {:>15.3} {:>8.1}% {:>12.2} {:>8.2} s",
                outcome.requests,
                100.0 * outcome.answered,
                outcome.peak,
                outcome.recovery.as_secs_f64()
            )?;
            if !matches!(strategy, Strategy::Budget(Numbers::Ours, _)) {
                continue;
            }
            if fault.name.starts_with("outage") && outcome.requests > MOST_REQUESTS {
                missed.push(format!("{name}: more than {MOST_REQUESTS} requests for each wanted"));
            }
            if outcome.recovery.as_secs_f64() > SLOWEST_RECOVERY * alone {
                let than = format!("than {SLOWEST_RECOVERY} times that of retries alone");
                missed.push(format!("{name}: recovery from {} slower {than}", fault.name));
            }
        }
    }
    writeln!(
        page,
        "\ngoals: at most {MOST_REQUESTS} requests for each wanted in a whole outage, recovery within \
         {SLOWEST_RECOVERY} of retries alone: {}",
        if missed.is_empty() { "met" } else { "MISSED" }
    )?;
    for line in &missed {
        writeln!(page, "  {line}")?;
    }
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The world of one simulation.
struct World {
    fault: Fault,
    policy: RetryPolicy,
    began: Instant,
    rng: RefCell<Rng>,
    /// Requests in each second.
    requests: RefCell<Vec<u32>>,
    wanted: Cell<u32>,
    requests_of_wanted: Cell<u32>,
    answered: Cell<u32>,
    /// When each client first had an answer after the fault.
    recovered: RefCell<Vec<Option<Duration>>>,
}

fn simulate(fault: Fault, strategy: Strategy, seed: u64) -> Outcome {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be built");
    LocalSet::new().block_on(&runtime, async {
        let world = Rc::new(World {
            fault,
            policy: strategy.policy(),
            began: Instant::now(),
            rng: RefCell::new(Rng::with_seed(seed)),
            requests: RefCell::new(Vec::new()),
            wanted: Cell::new(0),
            requests_of_wanted: Cell::new(0),
            answered: Cell::new(0),
            recovered: RefCell::new(vec![None; CLIENTS]),
        });
        let clients: Vec<_> = (0..CLIENTS)
            .zip(strategy.budgets())
            .map(|(number, budget)| {
                tokio::task::spawn_local(client(Rc::clone(&world), number, budget))
            })
            .collect();
        for client in clients {
            client.await.expect("no client panics");
        }
        world.outcome()
    })
}

/// Asks once a period until all is over, and waits for what it asked.
async fn client(world: Rc<World>, number: usize, budget: RetryBudget) {
    let offset = PERIOD.mul_f64(world.rng.borrow_mut().f64());
    let mut next = world.began + offset;
    let end = world.began + WELL + world.fault.length + WELL;
    let mut calls = Vec::new();
    while next < end {
        sleep_until(next).await;
        calls.push(tokio::task::spawn_local(call(Rc::clone(&world), number, budget.clone())));
        next += PERIOD;
    }
    for call in calls {
        call.await.expect("no call panics");
    }
}

async fn call(world: Rc<World>, number: usize, budget: RetryBudget) {
    let is_wanted_now = world.since_fault().is_some();
    if is_wanted_now {
        world.wanted.set(world.wanted.get() + 1);
    }
    let outcome = retry_loop(
        world.policy,
        Repeat::Always,
        &budget,
        Instant::now() + CALL_TIMEOUT,
        |_| world.request(is_wanted_now),
        sleep,
        || world.rng.borrow_mut().f64(),
    )
    .await;
    if outcome.is_err() {
        return;
    }
    if is_wanted_now {
        world.answered.set(world.answered.get() + 1);
    }
    if let Some(since) = world.since_recovery() {
        world.recovered.borrow_mut()[number].get_or_insert(since);
    }
}

impl World {
    /// How long the fault lasts already, while it does.
    fn since_fault(&self) -> Option<Duration> {
        let since = self.began.elapsed().checked_sub(WELL)?;
        (since < self.fault.length).then_some(since)
    }

    fn since_recovery(&self) -> Option<Duration> {
        self.began.elapsed().checked_sub(WELL + self.fault.length)
    }

    /// One request, and what the server has for it.
    async fn request(&self, is_of_wanted: bool) -> Result<(), Error> {
        self.count(is_of_wanted);
        let chance = self.since_fault().map_or(0.0, self.fault.chance);
        let fails = self.rng.borrow_mut().f64() < chance;
        let latency = Duration::from_millis(self.rng.borrow_mut().u64(LATENCY));
        sleep(latency).await;
        match fails {
            true => Err(Error::new(ErrorKind::Server, "server error").with_status(503)),
            false => Ok(()),
        }
    }

    fn count(&self, is_of_wanted: bool) {
        let second = usize::try_from(self.began.elapsed().as_secs()).expect("it is short");
        let mut requests = self.requests.borrow_mut();
        if requests.len() <= second {
            requests.resize(second + 1, 0);
        }
        requests[second] += 1;
        if is_of_wanted {
            self.requests_of_wanted.set(self.requests_of_wanted.get() + 1);
        }
    }

    fn outcome(&self) -> Outcome {
        let wanted = f64::from(self.wanted.get());
        let requests = self.requests.borrow();
        let busiest = requests.iter().copied().max().unwrap_or(0);
        let recovered = self.recovered.borrow();
        let last = recovered.iter().map(|it| it.unwrap_or(Duration::MAX)).max();
        Outcome {
            requests: f64::from(self.requests_of_wanted.get()) / wanted,
            answered: f64::from(self.answered.get()) / wanted,
            // The first second is one in which all is well.
            peak: f64::from(busiest) / f64::from(requests[0]),
            recovery: last.expect("there are clients"),
        }
    }
}
