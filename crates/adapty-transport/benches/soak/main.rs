//! 50 000 calls, 64 at a time, against random faults: every read and every write must end with the
//! verdict that its faults call for, every profile must be what the answers and errors said it may be,
//! and nothing may pile up.
//!
//! One seed, one sequence of faults: `soak SEED` repeats a run. Exit code 1 tells of a wrong
//! verdict, of a profile that nothing said, or of memory, sockets or tasks that grew.

mod customer;
mod faults;
mod standing;

use std::{
    io::{self, Write as _},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use adapty_mock::{App, Fault, MockServer, Plan};
use adapty_transport::adapty_model::{
    CreateProfile, GrantAccessLevel, OneTimePurchase, Price, Profile, ProfileRequest,
    ProfileResponse, Repeat, RevokeAccessLevel, SetTransaction,
    time::{Duration as Span, OffsetDateTime},
};
use adapty_transport::{
    ApiKey, Attempt, Client, Error, ErrorKind, Identity, Response, RetryBudget, RetryPolicy,
};
use fastrand::Rng;
use tokio::{runtime::Builder, task::JoinSet, time::timeout};

use self::{
    customer::{CREATED_BY, Customer, Facts, LEVEL, Said, TRANSACTION, Write},
    faults::{Ended, Meeting, Meets, REPEATS, draw, met_at_last, of_read, of_write},
    standing::Standing,
};

const CALLS: u32 = 50_000;
/// After so many calls, each customer of the first has had all of theirs.
const FIRST: u32 = 5_000;
const AT_A_TIME: usize = 64;
const SEED: u64 = 20_261_122;

/// How many calls are made for a customer, unless one of them is left early.
const CALLS_FOR_ONE: u32 = 60;
/// Of 16 calls, how many write.
const WRITES: u8 = 7;

/// How much more memory than after the first tenth counts as growth, in KiB. The allocator keeps
/// what it once needed, and never the same amount.
const GROWTH: u64 = 2 * 1024;

/// How many more sockets than after the first tenth count as growth: dead ones that nobody has
/// looked for yet, each with two ends here.
const MORE_SOCKETS: usize = 16;

const KEY: &str = "secret_live_BEHrYLTr.soak";
const CUSTOMER: &str = "77B14FB4-FD2A-4D38-AA3A-4C433F79863C";
const PROFILE: &str =
    include_str!("../../fixtures/get_profile.200.newer-page.lifetime_premium.json");

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
    let (tally, took) = (soak.tally.lines(), began.elapsed());
    drop(soak);
    let after = runtime.block_on(before.returned(&runtime))?;

    writeln!(page, "{tally}")?;
    writeln!(page, "{:.1} s, {} wrong verdicts", took.as_secs_f64(), wrong.len())?;
    for line in wrong.iter().take(20) {
        writeln!(page, "  {line}")?;
    }
    for (name, standing) in [
        ("before", &before),
        ("after the first tenth", &first),
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
    /// Before every date that is sent.
    now: OffsetDateTime,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    reads: AtomicU32,
    writes: AtomicU32,
    errors: AtomicU32,
    left: AtomicU32,
    attempts: AtomicU32,
    unsure: AtomicU32,
    profiles: AtomicU32,
}

impl Tally {
    fn lines(&self) -> String {
        let [reads, writes, errors, left, attempts, unsure, profiles] = [
            &self.reads,
            &self.writes,
            &self.errors,
            &self.left,
            &self.attempts,
            &self.unsure,
            &self.profiles,
        ]
        .map(|count| count.load(SeqCst));
        format!(
            "{reads} reads and {writes} writes: {errors} errors, {left} calls left early; \
             {attempts} attempts\n\
             {unsure} writes ended with what the profile is left open; {profiles} profiles held \
             against what was said"
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
            .attempt_timeout(Duration::from_secs(10))
            .body_limit(64 * 1024)
            .build()
            .expect("the settings are good");
        let app = server.app(KEY);
        let mut settings = app.settings();
        settings.access_levels = Some([LEVEL, "premium"].map(str::to_owned).into());
        app.set_settings(settings);
        let now = OffsetDateTime::now_utc().replace_nanosecond(0).expect("a second has a start");
        Self { client, app, seed, now, tally: Tally::default() }
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
                let mut made = 0;
                loop {
                    let call = next.fetch_add(1, SeqCst);
                    if call >= calls.end {
                        wrong.extend(soak.forget(&whom));
                        return wrong;
                    }
                    let is_left = match soak.call(call, &mut whom).await {
                        Ending::Right => false,
                        Ending::Wrong(what) => {
                            wrong.push(format!("call {call}: {what}"));
                            true
                        }
                        // A request under way may yet take a step of the next plan.
                        Ending::Left => true,
                    };
                    made += 1;
                    if is_left || made == CALLS_FOR_ONE {
                        wrong.extend(soak.forget(&whom));
                        (whom, made) = (soak.customer(asker, call), 0);
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
                soak.app.put_faults_for(named(&whom.id), plan);
                let outcome = soak.client.get_profile(named(&whom.id)).await;
                let error = outcome.err().map(|error| format!("a call without faults: {error:?}"));
                soak.forget(&whom).or(error)
            });
        }
        askers.join_all().await.into_iter().flatten().collect()
    }

    /// A customer nobody else asks for.
    fn customer(&self, asker: usize, call: u32) -> Customer {
        let whom = format!("soak-{asker}-{call}");
        let profile = format!("{:08}-0000-4000-8000-{asker:012}", call + 1);
        let body = PROFILE.replace("d8533a10-bcce-4e33-8c9d-88b05ac56559", &profile);
        self.app.put_json(body.replace(CUSTOMER, &whom));
        Customer::new(whom)
    }

    /// Frees what the server keeps for a customer nobody will ask for again, and tells if its profile
    /// is not what was said.
    fn forget(&self, whom: &Customer) -> Option<String> {
        self.tally.profiles.fetch_add(1, SeqCst);
        let body = self.app.body(named(&whom.id));
        let held = body.map(|body| ProfileResponse::from_json(&body).map(|it| Facts::of(&it.data)));
        self.app.remove_profile(named(&whom.id));
        self.app.clear_faults_for(named(&whom.id));
        match held.transpose() {
            Ok(held) if whom.may_be(held.as_ref()) => None,
            Ok(held) => Some(format!("the profile is {held:?}, and was said to be {whom:?}")),
            Err(error) => Some(format!("the profile cannot be read: {error}")),
        }
    }

    async fn call(&self, number: u32, whom: &mut Customer) -> Ending {
        let mut rng = Rng::with_seed(self.seed ^ (u64::from(number) << 20));
        let write = (rng.u8(..16) < WRITES).then(|| self.write(number, &mut rng));
        let has_body = !matches!(write, Some(Write::Delete));
        let met = match write {
            None => draw(&mut rng, of_read),
            Some(_) => draw(&mut rng, |rng| of_write(rng, has_body)),
        };
        let mut plan = Plan::new().seed(rng.u64(..));
        for meeting in &met {
            plan = plan.then(meeting.fault.clone());
            if rng.u8(..) < 16 {
                plan = plan.after(Duration::from_millis(rng.u64(..5)));
            }
        }
        self.app.put_faults_for(named(&whom.id), plan);
        let call = self.send(&whom.id, write.as_ref());
        let outcome = if rng.u8(..) < 5 {
            match timeout(Duration::from_micros(rng.u64(..3_000)), call).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    self.tally.left.fetch_add(1, SeqCst);
                    if let Some(write) = &write {
                        whom.left_open(write);
                    }
                    return Ending::Left;
                }
            }
        } else {
            call.await
        };
        self.count(write.is_some(), &outcome);
        let was_certain = whom.is_certain();
        let is_right = is_right(whom, write.as_ref(), &met, &outcome);
        if was_certain && !whom.is_certain() {
            self.tally.unsure.fetch_add(1, SeqCst);
        }
        if is_right {
            return Ending::Right;
        }
        let faults: Vec<_> = met.iter().map(|meeting| meeting.fault.name()).collect();
        Ending::Wrong(format!("{write:?} with {faults:?} ended with {outcome:?}"))
    }

    /// A write of any kind.
    fn write(&self, number: u32, rng: &mut Rng) -> Write {
        // Every end that a grant gives is later than any at which a level is revoked.
        let until = |days| self.now + Span::days(days) + Span::seconds(number.into());
        match rng.u8(..16) {
            0..4 => Write::Create(number.to_string()),
            4..8 => Write::Grant((rng.u8(..4) > 0).then(|| until(1_000))),
            8..11 => Write::Revoke((rng.u8(..3) > 0).then(|| until(100))),
            11..14 => Write::SetTransaction(format!("{TRANSACTION}{number}")),
            _ => Write::Delete,
        }
    }

    async fn send(&self, whom: &str, write: Option<&Write>) -> Result<Answered, Error> {
        let (client, whom) = (&self.client, named(whom));
        match write {
            None => client.get_profile(whom).await.map(Answered::of_profile),
            Some(Write::Create(by)) => {
                let profile = ProfileRequest::new().attribute(CREATED_BY, &**by);
                let create = CreateProfile::new(whom).profile(profile);
                client.create_profile(create).await.map(Answered::of_profile)
            }
            Some(Write::Grant(until)) => {
                let mut grant = GrantAccessLevel::new(whom, LEVEL);
                grant.expires_at = *until;
                client.grant_access_level(grant).await.map(Answered::of_profile)
            }
            Some(Write::Revoke(at)) => {
                let mut revoke = RevokeAccessLevel::new(whom, LEVEL);
                revoke.revoke_at = *at;
                client.revoke_access_level(revoke).await.map(Answered::of_profile)
            }
            Some(Write::SetTransaction(id)) => {
                let price = Price::new("US", "USD", 9.99);
                let purchase = OneTimePurchase::new("web", "lifetime", id, price, self.now);
                let set = SetTransaction::new(whom, purchase);
                client.set_transaction(set).await.map(Answered::of_profile)
            }
            Some(Write::Delete) => {
                let mut failed = client.delete_profile(whom).await?.failed_attempts;
                // The answer by which the client knows that an earlier request has deleted it.
                failed.pop_if(|last| last.kind == ErrorKind::ProfileNotFound);
                Ok(Answered { profile: None, failed })
            }
        }
    }

    fn count(&self, is_write: bool, outcome: &Result<Answered, Error>) {
        let calls = if is_write { &self.tally.writes } else { &self.tally.reads };
        calls.fetch_add(1, SeqCst);
        let attempts = match outcome {
            Ok(answered) => answered.failed.len() + 1,
            Err(error) => {
                self.tally.errors.fetch_add(1, SeqCst);
                error.attempts().len()
            }
        };
        self.tally.attempts.fetch_add(u32::try_from(attempts).unwrap_or(u32::MAX), SeqCst);
    }
}

fn named(whom: &str) -> Identity {
    Identity::CustomerUserId(whom.to_owned())
}

/// The answer to any call, and the attempts that failed before.
#[derive(Debug)]
struct Answered {
    profile: Option<Profile>,
    failed: Vec<Attempt>,
}

impl Answered {
    fn of_profile(response: Response<Profile>) -> Self {
        Self { profile: Some(response.body), failed: response.failed_attempts }
    }
}

enum Ending {
    Right,
    Wrong(String),
    /// The caller did not wait for the end.
    Left,
}

/// Whether a call for a customer that met these faults may end so. What the customer's profile may be
/// then is in the customer.
fn is_right(
    whom: &mut Customer,
    write: Option<&Write>,
    met: &[Meeting],
    outcome: &Result<Answered, Error>,
) -> bool {
    let (failed, error) = match outcome {
        Ok(answered) => (&*answered.failed, None),
        Err(error) => (error.attempts(), Some(error.kind())),
    };
    let repeat = write.map_or(Repeat::Always, Write::repeat);
    let said = match (met_at_last(met, &Ended { repeat, failed, error }), outcome) {
        (None, _) => return false,
        (Some(Meets::Answer), Err(error)) => Said::Refused(Some(error.kind())),
        (Some(Meets::BrokenRefusal), Err(_)) => Said::Refused(None),
        (Some(_), Err(_)) => Said::Failed,
        (Some(_), Ok(Answered { profile: None, .. })) => Said::Deleted,
        (Some(_), Ok(Answered { profile: Some(profile), .. })) => {
            if profile.customer_user_id.as_deref() != Some(&*whom.id) {
                return false;
            }
            Said::Profile(Facts::of(profile))
        }
    };
    match write {
        None => whom.was_read(&said),
        Some(write) => whom.was_written(write, failed, &said),
    }
}
