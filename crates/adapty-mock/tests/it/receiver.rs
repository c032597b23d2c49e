//! A backend written with the model alone, told of changes by webhook: whatever goes wrong on the way, it ends
//! with the access that the fake has. How a single delivery fares is in `webhooks`.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};

use adapty_mock::adapty_model::{
    AccessLevel, Delivery, Event, GetProfile, Operation, Profile, ProfileResponse,
    authorization_matches,
    time::{Date, Month, OffsetDateTime},
    uuid::Uuid,
};
use adapty_mock::{
    App, DeliveryFault, DeliveryPlan, Identity, MockServer, NewPurchase, NewSubscription, Period,
    ProductChange, PurchaseHandle, SubscriptionHandle,
};
use http_body_util::BodyExt;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncWriteExt, net::TcpListener, task::JoinHandle};

use crate::support::*;

const AUTHORIZATION: &str = "the whole text";
const LEVEL: &str = "premium";

/// What a backend knows: an event is a hint to read the profile again, and says by itself what access is.
#[derive(Default)]
struct Backend {
    seen: HashSet<String>,
    to_read: BTreeSet<Uuid>,
    profiles: HashMap<Uuid, Profile>,
    levels: HashMap<Uuid, (OffsetDateTime, Told)>,
    newest: HashMap<Uuid, OffsetDateTime>,
    requests: u64,
    duplicates: u64,
    late: u64,
    failed: u64,
    lost: usize,
}

/// What events alone say of a level.
enum Told {
    Level(Box<AccessLevel>),
    /// Two of one instant, of which no document says which came first: the profile says it.
    Two,
}

impl Backend {
    /// The status to answer with; `None` is lost on its way back.
    fn receive(&mut self, authorization: &[u8], body: Option<&[u8]>) -> Option<u16> {
        self.requests += 1;
        // Some of them fail before anything is kept, some after.
        let (is_down, is_lost) = (self.requests % 7 == 3, self.requests % 11 == 5);
        let status = match body.map(Delivery::from_json) {
            _ if !authorization_matches(AUTHORIZATION, authorization) => 401,
            Some(Ok(Delivery::Verification)) => return Some(200),
            Some(Ok(Delivery::Event(event))) if !is_down => {
                self.keep(&event);
                200
            }
            _ => 500,
        };
        self.failed += u64::from(status == 500 || is_lost);
        (!is_lost).then_some(status)
    }

    /// What a backend does once in a while, as events may be lost: it reads again every profile it knows, and
    /// takes no event's word for what it read. `lost` says how many were lost so far.
    fn heal(&mut self, lost: usize) {
        if std::mem::replace(&mut self.lost, lost) < lost {
            self.to_read.extend(self.profiles.keys());
            self.levels.clear();
        }
    }

    fn keep(&mut self, event: &Event) {
        if !self.seen.insert(event.key()) {
            self.duplicates += 1;
            return;
        }
        self.to_read.insert(event.profile_id);
        let at = event.event_datetime;
        let newest = self.newest.entry(event.profile_id).or_insert(at);
        self.late += u64::from(*newest > at);
        *newest = at.max(*newest);
        let Some(level) = event.access_level() else { return };
        let known = self.levels.get(&event.profile_id).map(|(known_at, _)| *known_at);
        let told = if known == Some(at) { Told::Two } else { Told::Level(Box::new(level)) };
        if known.is_none_or(|known| known <= at) {
            self.levels.insert(event.profile_id, (at, told));
        }
    }
}

/// A backend, and the server that its webhook's requests come to.
struct Receiver {
    backend: Arc<Mutex<Backend>>,
    url: String,
    task: JoinHandle<()>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/adapty", listener.local_addr().expect("an address"));
        let backend: Arc<Mutex<Backend>> = Arc::default();
        let task = tokio::spawn(serve(listener, Arc::clone(&backend)));
        Self { backend, url, task }
    }

    fn backend(&self) -> MutexGuard<'_, Backend> {
        self.backend.lock().expect("no panic")
    }

    /// Reads again every profile of which an event told.
    async fn read_profiles(&self, server: &MockServer) {
        let mut stream = connect(server).await;
        let to_read = std::mem::take(&mut self.backend().to_read);
        for id in to_read {
            let operation = GetProfile::new(Identity::from(id));
            let request = operation.request().expect("an id travels in a header");
            let headers =
                request.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
            let text = format!(
                "GET {} HTTP/1.1\r\nhost: mock\r\nauthorization: Api-Key k\r\n{}\r\n",
                request.target,
                headers.collect::<String>()
            );
            stream.write_all(text.as_bytes()).await.expect("the server reads");
            let seen = answer(&mut stream).await;
            let profile = operation.answer(seen.status(), seen.body().as_bytes());
            self.backend().profiles.insert(id, profile.expect("there is one"));
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, backend: Arc<Mutex<Backend>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let backend = Arc::clone(&backend);
        let service = service_fn(move |request| receive(Arc::clone(&backend), request));
        tokio::spawn(async move {
            // One that breaks off is sent again.
            let _broken =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn receive(
    backend: Arc<Mutex<Backend>>,
    request: Request<Incoming>,
) -> Result<Response<String>, &'static str> {
    let authorization = request.headers().get("authorization").cloned();
    let authorization = authorization.as_ref().map_or(&[][..], |text| text.as_bytes());
    let body = request.into_body().collect().await.ok().map(http_body_util::Collected::to_bytes);
    let status = backend.lock().expect("no panic").receive(authorization, body.as_deref());
    let mut response = Response::new("{}".to_owned());
    *response.status_mut() =
        status.and_then(|status| status.try_into().ok()).ok_or("the answer is lost")?;
    Ok(response)
}

fn at(year: i32, month: u8, day: u8) -> OffsetDateTime {
    let month = Month::try_from(month).expect("a month");
    Date::from_calendar_date(year, month, day).expect("a date").midnight().assume_utc()
}

fn period(text: &str) -> Period {
    text.parse().expect("a period")
}

/// Deliveries to come of which some never come: a receiver reads again all that it knows.
fn drops(random: &mut u64) -> DeliveryPlan {
    (0..1000).fold(DeliveryPlan::new(), |plan, _| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let is_lost = (*random >> 33).is_multiple_of(3);
        plan.then(if is_lost { DeliveryFault::Drop } else { DeliveryFault::None })
    })
}

/// Deliveries to come, two of three of which go wrong in a way that a receiver can make good.
fn faults(random: &mut u64) -> DeliveryPlan {
    let delay = |by| DeliveryFault::Delay { by: period(by) };
    let kinds = [
        DeliveryFault::None,
        DeliveryFault::None,
        DeliveryFault::None,
        DeliveryFault::Duplicate,
        DeliveryFault::Reorder,
        delay("PT10M"),
        delay("PT50M"),
        DeliveryFault::BrokenBody,
        DeliveryFault::ConnectionReset,
    ];
    (0..1000).fold(DeliveryPlan::new(), |plan, _| {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let kind = usize::try_from(*random % 9).expect("it is small");
        plan.then(kinds[kind].clone())
    })
}

/// One of a thousand customers, whose number says what they buy and what happens to it when.
struct Customer {
    id: String,
    kind: usize,
    /// The month in which something happens.
    month: usize,
    bought: Option<Bought>,
}

enum Bought {
    Subscription(SubscriptionHandle),
    Purchase(PurchaseHandle),
}

impl Customer {
    async fn new(number: usize, server: &MockServer, app: &App) -> Self {
        let id = format!("customer {number}");
        let identity = || Identity::customer(&id);
        let new = |length| NewSubscription::new("product", period(length));
        let subscription = match number % 10 {
            0 => Some(new("P1M")),
            1 => Some(new("P2M").trial(period("P7D"))),
            2 => Some(new("P1Y").trial(period("P1M"))),
            3 | 4 => Some(new("P2M").grace_period(period("P16D"))),
            5 => Some(new("P3M")),
            6 => Some(new("P2M").store("play_store")),
            7 => Some(new("P6M")),
            _ => None,
        };
        let bought = match subscription {
            Some(new) => Some(Bought::Subscription(app.start_subscription(identity(), new))),
            None if number % 10 == 8 => {
                Some(Bought::Purchase(app.make_purchase(identity(), NewPurchase::new("lifetime"))))
            }
            None => {
                let body =
                    r#"{"access_level_id": "premium", "expires_at": "2030-10-10T00:00:00Z"}"#;
                assert_eq!(create(server, &id, "{}").await.status(), 200);
                assert_eq!(grant(server, &id, body).await.status(), 200);
                None
            }
        };
        Self { id, kind: number % 10, month: number / 10 % 11 + 1, bought }
    }

    /// What happens in the middle of a month.
    async fn live(&self, month: usize, server: &MockServer) {
        match (&self.bought, self.kind, month.checked_sub(self.month)) {
            (Some(Bought::Subscription(subscription)), 5, Some(_)) if month.is_multiple_of(2) => {
                subscription.refund();
            }
            (Some(Bought::Subscription(subscription)), kind, Some(since)) => match (kind, since) {
                (1, 0) => subscription.cancel_renewal(),
                (3 | 4, 0) => subscription.fail_payment(),
                (3, 1) if !subscription.state().starts_with("over") => subscription.recover(),
                (6, 0) => subscription.pause(),
                (6, 3) => subscription.resume(),
                (7, 0) => subscription.change_product(ProductChange::now("other")),
                _ => {}
            },
            (Some(Bought::Purchase(purchase)), _, Some(0)) => purchase.refund(),
            (None, _, Some(0)) if month < 10 => {
                let revoked = revoke(server, &self.id, r#"{"access_level_id": "premium"}"#).await;
                assert_eq!(revoked.status(), 200, "{}", revoked.text());
            }
            _ => {}
        }
    }

    /// What happens a minute later, when the first events may still be on their way.
    fn regret(&self, month: usize) {
        if let (Some(Bought::Subscription(subscription)), 5) = (&self.bought, self.kind)
            && month >= self.month
            && month.is_multiple_of(2)
        {
            subscription.renew();
        }
    }
}

/// Lets nine hours pass, in which all that failed arrives after all by one of its retries; then compares
/// everybody's access.
async fn compare(server: &MockServer, app: &App, receiver: &Receiver, customers: &[Customer]) {
    app.advance(period("PT9H"));
    app.flush_webhooks().await;
    let lost = app.undelivered();
    let is_dropped = |why: &str| why == "dropped by its fault";
    let all_dropped = lost.iter().all(|it| it.last_failure.as_deref().is_some_and(is_dropped));
    assert!(all_dropped, "{lost:?}");
    receiver.backend().heal(lost.len());
    receiver.read_profiles(server).await;
    let (now, backend) = (app.now(), receiver.backend());
    for Customer { id, .. } in customers {
        let body = app.body(Identity::customer(id)).expect("there is one");
        let profile = ProfileResponse::from_json(&body).expect("it reads").data;
        let access = profile.access(LEVEL, now);
        let read = backend.profiles.get(&profile.profile_id).expect("an event told of it");
        assert_eq!(read.access(LEVEL, now), access, "{id} at {now}");
        if let Some((_, Told::Level(level))) = backend.levels.get(&profile.profile_id) {
            let ends = profile.access_levels.iter().map(|level| level.expires_at).max_by_key(later);
            assert_eq!(level.is_active(now), access.is_granted(), "{id} at {now}");
            assert_eq!(Some(level.expires_at), ends, "{id} at {now}");
        }
    }
}

/// No end is later than any.
fn later(end: &Option<OffsetDateTime>) -> (bool, Option<OffsetDateTime>) {
    (end.is_none(), *end)
}

#[tokio::test]
async fn a_receiver_of_the_model_alone_has_the_fakes_access_all_year_whatever_goes_wrong() {
    let server = MockServer::start().await;
    let (app, receiver) = (server.app("k"), Receiver::start().await);
    app.set_clock(at(2030, 1, 1));
    app.deliver_to(&receiver.url, Some(AUTHORIZATION)).await.expect("it is verified");
    let mut random = 0x2545_F491_4F6C_DD1D;
    app.put_delivery_faults(faults(&mut random));
    let mut customers = Vec::new();
    for number in 0..1000 {
        customers.push(Customer::new(number, &server, &app).await);
        app.advance(period("PT1M"));
    }
    compare(&server, &app, &receiver, &customers).await;
    for month in 1..=12 {
        app.put_delivery_faults(faults(&mut random));
        app.advance_to(at(2030, u8::try_from(month).expect("a month"), 15));
        for customer in &customers {
            customer.live(month, &server).await;
        }
        app.advance(period("PT1M"));
        customers.iter().for_each(|customer| customer.regret(month));
        compare(&server, &app, &receiver, &customers).await;
        app.put_delivery_faults(drops(&mut random));
        app.advance_to(at(2030, u8::try_from(month).expect("a month"), 22));
        compare(&server, &app, &receiver, &customers).await;
        let (year, next) = if month == 12 { (2031, 1) } else { (2030, month + 1) };
        app.advance_to(at(year, u8::try_from(next).expect("a month"), 2));
        compare(&server, &app, &receiver, &customers).await;
        app.put_delivery_faults(faults(&mut random));
        app.advance_to(at(year, u8::try_from(next).expect("a month"), 9));
        compare(&server, &app, &receiver, &customers).await;
    }
    // What was to go wrong did.
    let Backend { duplicates, late, failed, lost, .. } = *receiver.backend();
    let told = format!("{duplicates} {late} {failed} {lost}");
    assert!(duplicates > 1000 && late > 100 && failed > 1000 && lost > 100, "{told}");
}
