//! 50 000 calls, 64 at a time, against random faults: every call must end with the verdict that its
//! faults call for, and nothing may pile up.
//!
//! One seed, one sequence of faults: `soak SEED` repeats a run. Exit code 1 tells of a wrong
//! verdict, or of memory, sockets or tasks that grew.

use std::{
    fs,
    io::{self, Write},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use adapty_mock::{Answer, App, Fault, MockServer, Plan, Then};
use adapty_transport::adapty_model::Profile;
use adapty_transport::{
    ApiKey, Client, Error, ErrorKind, Identity, Response, RetryBudget, RetryPolicy,
};
use fastrand::Rng;
use tokio::{runtime::Builder, task::JoinSet, time::timeout};

const CALLS: u32 = 50_000;
const FIRST: u32 = 1_000;
const AT_A_TIME: usize = 64;
const REPEATS: usize = 2;
const SEED: u64 = 20_261_122;

/// How much more memory than after the first thousand counts as growth, in KiB. The allocator keeps
/// what it once needed, and never the same amount.
const GROWTH: u64 = 2 * 1024;

/// How many more sockets than after the first thousand count as growth: dead ones that nobody has
/// looked for yet, each with two ends here.
const MORE_SOCKETS: usize = 16;

const KEY: &str = "secret_live_BEHrYLTr.soak";
const CUSTOMER: &str = "77B14FB4-FD2A-4D38-AA3A-4C433F79863C";
const PROFILE: &str = include_str!("../fixtures/get_profile.200.newer-page.lifetime_premium.json");
const NOT_FOUND: &str =
    include_str!("../fixtures/get_profile.404.openapi.profile_does_not_exist.json");

fn main() -> io::Result<ExitCode> {
    // Cargo adds `--bench`.
    let seed = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let seed = seed.unwrap_or(SEED);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut page = io::stdout().lock();
    writeln!(page, "soak: {CALLS} calls, {AT_A_TIME} at a time, seed {seed}")?;

    let server = MockServer::builder().journal_limit(0).start_on_thread()?;
    let soak = Arc::new(Soak::new(&server, seed));
    let began = Instant::now();
    let before = Standing::now(&runtime)?;
    let mut wrong = runtime.block_on(Arc::clone(&soak).ask(0..FIRST));
    wrong.extend(runtime.block_on(Arc::clone(&soak).ask_together(CALLS)));
    let first = Standing::now(&runtime)?;
    wrong.extend(runtime.block_on(Arc::clone(&soak).ask(FIRST..CALLS)));
    wrong.extend(runtime.block_on(Arc::clone(&soak).ask_together(CALLS + 1)));
    let last = Standing::now(&runtime)?;
    let (tally, took) = (soak.tally.line(), began.elapsed());
    drop(soak);
    let after = runtime.block_on(before.returned(&runtime))?;

    writeln!(page, "{tally}")?;
    writeln!(page, "{:.1} s, {} wrong verdicts", took.as_secs_f64(), wrong.len())?;
    for line in wrong.iter().take(20) {
        writeln!(page, "  {line}")?;
    }
    for (name, standing) in [
        ("before", &before),
        ("after the first thousand", &first),
        ("at the end", &last),
        ("after the client", &after),
    ] {
        writeln!(
            page,
            "{name:26} {:6} KiB resident, {:3} sockets, {:3} tasks",
            standing.resident, standing.sockets, standing.tasks
        )?;
    }
    let grown = last.resident > first.resident + GROWTH;
    let piled = first.sockets > before.sockets + 2 * AT_A_TIME
        || last.sockets > first.sockets + MORE_SOCKETS;
    let left = after.sockets > before.sockets || after.tasks > before.tasks;
    for (failed, what) in [
        (grown, "memory grew"),
        (piled, "sockets piled up"),
        (left, "something is left of the client"),
    ] {
        if failed {
            writeln!(page, "FAILED: {what}")?;
        }
    }
    let passed = wrong.is_empty() && !grown && !piled && !left;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Soak {
    client: Client,
    app: App,
    seed: u64,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    profiles: AtomicU32,
    errors: AtomicU32,
    left: AtomicU32,
    attempts: AtomicU32,
}

impl Tally {
    fn line(&self) -> String {
        format!(
            "{} profiles, {} errors, {} calls left early; {} attempts in the profiles and errors",
            self.profiles.load(SeqCst),
            self.errors.load(SeqCst),
            self.left.load(SeqCst),
            self.attempts.load(SeqCst)
        )
    }
}

impl Soak {
    fn new(server: &MockServer, seed: u64) -> Self {
        let policy = RetryPolicy::new(u32::try_from(REPEATS).expect("a few"));
        let client = Client::builder(ApiKey::new(KEY).expect("the key is good"))
            .base_url(server.url())
            .retry(policy.backoff(Duration::ZERO, Duration::from_millis(2)))
            .retry_budget(RetryBudget::unlimited())
            .attempt_timeout(Duration::from_secs(1))
            .body_limit(64 * 1024)
            .build()
            .expect("the settings are good");
        Self { client, app: server.app(KEY), seed, tally: Tally::default() }
    }

    /// Makes these calls, and tells of those that ended otherwise than they must.
    async fn ask(self: Arc<Self>, calls: std::ops::Range<u32>) -> Vec<String> {
        let next = Arc::new(AtomicU32::new(calls.start));
        let mut askers = JoinSet::new();
        for asker in 0..AT_A_TIME {
            let (soak, next) = (Arc::clone(&self), Arc::clone(&next));
            askers.spawn(async move {
                let mut wrong = Vec::new();
                let mut whom = soak.customer(asker, calls.start);
                loop {
                    let call = next.fetch_add(1, SeqCst);
                    if call >= calls.end {
                        return wrong;
                    }
                    match soak.call(call, &whom).await {
                        Ending::Right => {}
                        Ending::Wrong(what) => wrong.push(format!("call {call}: {what}")),
                        // A request under way may yet take a step of the next plan.
                        Ending::Left => {
                            soak.forget(&whom);
                            whom = soak.customer(asker, call);
                        }
                    }
                }
            });
        }
        askers.join_all().await.concat()
    }

    /// Makes one call each, none of which ends before all have begun: how many connections stay open
    /// afterwards is no chance then.
    async fn ask_together(self: Arc<Self>, number: u32) -> Vec<String> {
        let mut askers = JoinSet::new();
        for asker in 0..AT_A_TIME {
            let soak = Arc::clone(&self);
            askers.spawn(async move {
                let whom = soak.customer(asker, number);
                let plan = Plan::new().then(Fault::None).after(Duration::from_millis(100));
                soak.app.put_faults_for(named(&whom), plan);
                let outcome = soak.client.get_profile(Identity::customer(&whom)).await;
                soak.forget(&whom);
                outcome.err().map(|error| format!("a call without faults: {error:?}"))
            });
        }
        askers.join_all().await.into_iter().flatten().collect()
    }

    /// A customer nobody else asks for.
    fn customer(&self, asker: usize, call: u32) -> String {
        let whom = format!("soak-{asker}-{call}");
        let profile = format!("{:08}-0000-4000-8000-{asker:012}", call + 1);
        let body = PROFILE.replace("d8533a10-bcce-4e33-8c9d-88b05ac56559", &profile);
        self.app.put_json(body.replace(CUSTOMER, &whom));
        whom
    }

    /// Frees what the server keeps for a customer nobody will ask for again.
    fn forget(&self, whom: &str) {
        self.app.remove_profile(named(whom));
        self.app.put_faults_for(named(whom), Plan::new());
    }

    async fn call(&self, number: u32, whom: &str) -> Ending {
        let mut rng = Rng::with_seed(self.seed ^ (u64::from(number) << 20));
        let met = draw(&mut rng);
        let mut plan = Plan::new().seed(rng.u64(..));
        for meeting in &met {
            plan = plan.then(meeting.fault.clone());
            if rng.u8(..) < 16 {
                plan = plan.after(Duration::from_millis(rng.u64(..5)));
            }
        }
        self.app.put_faults_for(named(whom), plan);
        let call = self.client.get_profile(Identity::customer(whom));
        let outcome = if rng.u8(..) < 5 {
            match timeout(Duration::from_micros(rng.u64(..3_000)), call).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    self.tally.left.fetch_add(1, SeqCst);
                    return Ending::Left;
                }
            }
        } else {
            call.await
        };
        self.count(&outcome);
        match is_right(whom, &met, &outcome) {
            true => Ending::Right,
            false => {
                let faults: Vec<_> = met.iter().map(|meeting| meeting.fault.name()).collect();
                Ending::Wrong(format!("{faults:?} ended with {outcome:?}"))
            }
        }
    }

    fn count(&self, outcome: &Result<Response<Profile>, Error>) {
        let (tally, attempts) = match outcome {
            Ok(answer) => (&self.tally.profiles, answer.attempts),
            Err(error) => {
                (&self.tally.errors, u32::try_from(error.attempts().len()).unwrap_or(u32::MAX))
            }
        };
        tally.fetch_add(1, SeqCst);
        self.tally.attempts.fetch_add(attempts, SeqCst);
    }
}

fn named(whom: &str) -> Identity {
    Identity::CustomerUserId(whom.to_owned())
}

enum Ending {
    Right,
    Wrong(String),
    /// The caller did not wait for the end.
    Left,
}

/// One fault, and what an attempt must make of it.
struct Meeting {
    fault: Fault,
    meets: Meets,
}

#[derive(Clone, Copy, PartialEq)]
enum Meets {
    Profile,
    /// Tried again, and the call's error when it was the last.
    Passing(ErrorKind),
    /// The same, and not counted as a retry on a reused connection.
    Silent,
    /// The call's error.
    Final(ErrorKind),
}

/// Up to four faults in a row.
fn draw(rng: &mut Rng) -> Vec<Meeting> {
    let length = [0, 1, 1, 1, 2, 2, 3, 4][rng.usize(..8)];
    (0..length).map(|_| meeting(rng)).collect()
}

fn meeting(rng: &mut Rng) -> Meeting {
    use ErrorKind::{
        Connection, ProfileNotFound, Protocol, RateLimited, Redirect, Server, Status, Timeout,
        TooLarge, Unauthorized, Unreadable,
    };
    use Meets::{Final, Passing, Profile, Silent};
    let of = |fault: Fault, meets| Meeting { fault, meets };
    let status = |code: u16, meets| of(Answer::new(code).into(), meets);
    // A second of silence is the price of a timeout; most runs through here are spared it.
    if rng.u8(..) == 0 {
        return of(Fault::Timeout, Passing(Timeout));
    }
    match rng.u8(..32) {
        0 => of(Fault::None, Profile),
        1 => of(Fault::Slicer { delay_ms: 0 }, Profile),
        2 => of(Fault::WrongContentType { content_type: "text/html".to_owned() }, Profile),
        3 => of(Fault::CloseOnReuse, Profile),
        4 => of(Fault::EmptyResponse, Silent),
        5 => of(Fault::ConnectionResetByPeer, Silent),
        6 => of(Fault::HalfHeadThenClose, Passing(Connection)),
        7 => of(Fault::HalfBodyThenClose, Passing(Connection)),
        8 => of(Fault::HalfBodyThenReset, Passing(Connection)),
        9 => of(Fault::WrongContentLength { by: 10 }, Passing(Connection)),
        10 => of(Fault::RandomDataThenClose, Passing(Protocol)),
        11 => of(raw("HTTP/1.1 200 OK\r\nContent-Length: 3387\r\n\r\n{"), Passing(Connection)),
        12 => status(408, Passing(Status)),
        13 => status(429, Passing(RateLimited)),
        14 => of(Answer::new(429).header("Retry-After", "0").into(), Passing(RateLimited)),
        15 => status(500, Passing(Server)),
        16 => status(502, Passing(Server)),
        17 => of(Answer::new(503).body("<html>down</html>").into(), Passing(Server)),
        18 => status(504, Passing(Server)),
        19 => of(Answer::new(429).header("Retry-After", "3600").into(), Final(RateLimited)),
        20 => status(401, Final(Unauthorized)),
        21 => status(403, Final(Status)),
        22 => of(Answer::new(404).body(NOT_FOUND).into(), Final(ProfileNotFound)),
        23 => of(Answer::new(404).body("<html></html>").into(), Final(Status)),
        24 => of(Answer::new(301).header("Location", "/").into(), Final(Redirect)),
        25 => status(204, Final(Status)),
        26 => status(501, Final(Server)),
        27 => of(Fault::WrongContentLength { by: -10 }, Final(Unreadable)),
        28 => of(Answer::new(200).body("<html></html>").into(), Final(Unreadable)),
        29 => of(Fault::EndlessHead, Final(TooLarge)),
        30 => of(Fault::EndlessBody, Final(TooLarge)),
        _ => {
            of(raw("HTTP/1.1 401 Unauthorized\r\nContent-Length: 99\r\n\r\n{"), Final(Unauthorized))
        }
    }
}

fn raw(text: &str) -> Fault {
    Fault::Raw { text: text.to_owned(), then: Then::Reset }
}

/// Whether a call that met these faults may end so.
fn is_right(whom: &str, met: &[Meeting], outcome: &Result<Response<Profile>, Error>) -> bool {
    match outcome {
        Ok(answer) => {
            // As below: one attempt more when a closing connection was replaced.
            let answered = met.iter().position(|meeting| meeting.meets == Meets::Profile);
            let attempts = answered.unwrap_or(met.len()) + 1;
            answer.body.customer_user_id.as_deref() == Some(whom)
                && [attempts, attempts + 1].contains(&(answer.attempts as usize))
                && [0, 1].iter().any(|free| verdict(met, *free) == Meets::Profile)
        }
        Err(error) => {
            // Only one repeat may be free, and only where a reused connection was closed before
            // the first byte. One that the response to another call was the last of takes no fault.
            let stale = error.attempts().iter().filter(|attempt| attempt.stale_connection).count();
            let taken = error.attempts().len();
            stale <= 1
                && taken <= REPEATS + 1 + stale
                && (0..=stale).any(|free| verdict(met, free) == Meets::Final(error.kind()))
        }
    }
}

/// How a call ends that meets these faults one after the other, with so many repeats for free.
fn verdict(met: &[Meeting], free: usize) -> Meets {
    let silent = met.iter().filter(|meeting| meeting.meets == Meets::Silent).count();
    let repeats = REPEATS + free.min(silent);
    for (number, meeting) in met.iter().enumerate() {
        let kind = match meeting.meets {
            Meets::Passing(kind) => kind,
            Meets::Silent => ErrorKind::Connection,
            end => return end,
        };
        if number == repeats {
            return Meets::Final(kind);
        }
    }
    Meets::Profile
}

/// What the process holds.
struct Standing {
    resident: u64,
    sockets: usize,
    tasks: usize,
}

impl Standing {
    fn now(runtime: &tokio::runtime::Runtime) -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
            .ok_or_else(|| io::Error::other("no VmRSS in /proc/self/status"))?;
        let sockets = fs::read_dir("/proc/self/fd")?
            .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
            .filter(|target| target.to_string_lossy().starts_with("socket:"))
            .count();
        Ok(Self { resident, sockets, tasks: runtime.metrics().num_alive_tasks() })
    }

    /// Waits a little until sockets and tasks are as they were here, and tells how they are.
    async fn returned(&self, runtime: &tokio::runtime::Runtime) -> io::Result<Self> {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let now = Self::now(runtime)?;
            let back = now.sockets <= self.sockets && now.tasks <= self.tasks;
            if back || Instant::now() > deadline {
                return Ok(now);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
