//! Webhooks: which events each thing that happens brings about, and how they are delivered. The documents' flows,
//! each as a whole, are in `flows`.

mod address;
mod events;
mod contents;
mod prices;
mod delivery;
mod faults;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use adapty_mock::{
    App, EventStream, Identity, MockServer, NewSubscription, Period, SubscriptionHandle,
    adapty_model::time::OffsetDateTime,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::support::*;

const AUTHORIZATION: &str = "the text of the settings";

/// One request that a receiver got.
#[derive(Clone, Debug, PartialEq)]
struct Received {
    head: String,
    body: String,
}

impl Received {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn event_type(&self) -> String {
        self.json()["event_type"].as_str().expect("an event").to_owned()
    }
}

/// A backend that receives events; it answers with the statuses it is given, then 200.
struct Receiver {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook?a=b", listener.local_addr().expect("an address"));
        let (received, statuses) = (Arc::default(), Arc::default());
        let task = tokio::spawn(serve(listener, Arc::clone(&received), Arc::clone(&statuses)));
        Self { url, received, statuses, task }
    }

    fn answers(&self, statuses: impl IntoIterator<Item = u16>) {
        self.statuses.lock().expect("no panic").extend(statuses);
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic").clone()
    }

    /// The types of the events since the verification.
    fn events(&self) -> Vec<String> {
        self.received().iter().skip(1).map(Received::event_type).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    listener: TcpListener,
    received: Arc<Mutex<Vec<Received>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let Some(request) = read(&mut stream).await else { continue };
        received.lock().expect("no panic").push(request);
        let status = statuses.lock().expect("no panic").pop_front().unwrap_or(200);
        let answer =
            format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
        let _gone = stream.write_all(answer.as_bytes()).await;
    }
}

/// A whole request; `None` where it broke off.
async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length =
                head.split("content-length: ").nth(1)?.lines().next()?.parse::<usize>().ok()?;
            if body.len() >= length {
                return Some(Received { head, body: body.to_owned() });
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(read @ 1..) => bytes.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}

/// An app at the beginning of 2030 that delivers to a receiver.
async fn delivering() -> (MockServer, App, Receiver) {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    let receiver = Receiver::start().await;
    app.deliver_to(&receiver.url, Some(AUTHORIZATION)).await.expect("it is verified");
    (server, app, receiver)
}

fn period(text: &str) -> Period {
    text.parse().expect("a period")
}

fn monthly() -> NewSubscription {
    NewSubscription::new("premium_monthly", period("P1M")).price(10.0).grace_period(period("P16D"))
}

fn jane(app: &App, new: NewSubscription) -> SubscriptionHandle {
    app.start_subscription(Identity::customer(JANE), new)
}

fn drained(events: &mut EventStream) -> Vec<String> {
    std::iter::from_fn(|| events.try_next()).map(|event| event.event_type.to_owned()).collect()
}

const UPDATED: &str = "access_level_updated";

/// An app at the beginning of 2030.
async fn in_2030() -> (MockServer, App) {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    (server, app)
}

/// Each event so far: its type, and its properties.
fn all_properties(events: &mut EventStream) -> Vec<(String, Value)> {
    let told = std::iter::from_fn(|| events.try_next());
    told.map(|event| {
        let body: Value = serde_json::from_slice(&event.body).expect("JSON");
        (event.event_type.to_owned(), body["event_properties"].clone())
    })
    .collect()
}
