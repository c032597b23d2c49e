//! Writing beside reading: what a grant costs, and what a million reads and writes leave behind.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{Goal::AtMost, load::whole, median, mock, process::Process, ratio, row, shown};

const REQUESTS: u64 = 20_000;
const ROUNDS: usize = 5;
const CONNECTIONS: u64 = 16;
const PROFILES: u64 = 1000;
const PROFILE: &str = "/api/v2/server-side-api/profile/";
const GRANT: &str = "/api/v2/server-side-api/purchase/profile/grant/access-level/";
const REVOKE: &str = "/api/v2/server-side-api/purchase/profile/revoke/access-level/";
const TRANSACTION: &str = "/api/v2/server-side-api/purchase/set/transaction/";
const UNTIL_2040: &str = r#"{"access_level_id":"premium","expires_at":"2040-01-01T00:00:00Z"}"#;

/// A grant beside a read of the same profile, by turns: of an example, whose body stands in three
/// documents and is changed in each, and of a created profile, which has one.
pub(crate) fn cpu() {
    let process = Process::start(&mut mock(&[]));
    let created = "created@example.com";
    load(process.address(), 1, 0, move |_| request("POST", PROFILE, created, ""));
    cpu_of(&process, "an example", "77B14FB4-FD2A-4D38-AA3A-4C433F79863C");
    cpu_of(&process, "a created profile", created);
}

fn cpu_of(process: &Process, profile: &str, customer: &'static str) {
    let cost = |request: fn(&str) -> String| {
        let before = process.cpu();
        load(process.address(), REQUESTS, 0, move |_| request(customer));
        (process.cpu() - before).as_secs_f64() * 1e6 / REQUESTS as f64
    };
    let read: fn(&str) -> String = |customer| request("GET", PROFILE, customer, "");
    let write: fn(&str) -> String = |customer| request("POST", GRANT, customer, UNTIL_2040);
    // The first round warms up.
    for request in [read, write] {
        cost(request);
    }
    let (reads, writes): (Vec<_>, Vec<_>) = (0..ROUNDS).map(|_| (cost(read), cost(write))).unzip();
    shown(&format!("CPU of a read of {profile}"), median(&reads), " µs");
    shown(&format!("CPU of a grant to {profile}"), median(&writes), " µs");
    let measure = format!("CPU of a grant to {profile} ÷ read of it");
    row(&measure, ratio(&writes, &reads), "", AtMost(3.0));
}

/// Every kind of request on every profile, again and again.
pub(crate) fn memory() {
    let process = Process::start(&mut mock(&[]));
    load(process.address(), 10_000, 0, mixed);
    let before = process.resident_mib();
    load(process.address(), 990_000, 10_000, mixed);
    let growth = process.resident_mib() - before;
    let measure = "resident memory after 1 000 000 reads and writes − after 10 000";
    row(measure, growth, " MiB", AtMost(2.0));
}

/// Request number `n`: the profiles one after the other, each time with the next kind of request.
fn mixed(n: u64) -> String {
    let customer = format!("customer {}", n % PROFILES);
    let attribute = format!(r#"{{"custom_attributes":[{{"key":"n","value":{}}}]}}"#, n % 7);
    let transaction = r#"{"purchase_type":"subscription","store":"s","store_product_id":"p","store_transaction_id":"1","store_original_transaction_id":"1","price":{"country":"US","currency":"USD","value":1},"purchased_at":"2024-01-01T00:00:00Z","originally_purchased_at":"2024-01-01T00:00:00Z","expires_at":"2041-01-01T00:00:00Z","renew_status":true}"#;
    let revoke = r#"{"access_level_id":"premium","revoke_at":"2039-01-01T00:00:00Z"}"#;
    match n / PROFILES % 6 {
        0 => request("POST", PROFILE, &customer, &attribute),
        1 => request("GET", PROFILE, &customer, ""),
        2 => request("POST", GRANT, &customer, UNTIL_2040),
        3 => request("PATCH", PROFILE, &customer, &attribute),
        4 => request("POST", TRANSACTION, &customer, transaction),
        _ => request("POST", REVOKE, &customer, revoke),
    }
}

fn request(method: &str, path: &str, customer: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Api-Key k\r\n\
         adapty-customer-user-id: {customer}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Sends requests number `first` and up over some connections, and returns when the last answer is there.
fn load(
    address: SocketAddr,
    requests: u64,
    first: u64,
    request: impl Fn(u64) -> String + Copy + Send + 'static,
) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut asking = JoinSet::new();
        for connection in 0..CONNECTIONS {
            let numbers = (first + connection..first + requests)
                .step_by(usize::try_from(CONNECTIONS).expect("a few"));
            asking.spawn(async move {
                let mut stream = TcpStream::connect(address).await.expect("the server listens");
                stream.set_nodelay(true).expect("the socket is open");
                let mut buffer = vec![0; 16 * 1024];
                for n in numbers {
                    stream.write_all(request(n).as_bytes()).await.expect("the server reads");
                    read_answer(&mut stream, &mut buffer).await;
                }
            });
        }
        while let Some(asked) = asking.join_next().await {
            asked.expect("every request is answered");
        }
    });
}

async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) {
    let (mut filled, mut length) = (0, None);
    while length.is_none_or(|length| filled < length) {
        let read = stream.read(&mut buffer[filled..]).await.expect("the server answers");
        assert_ne!(read, 0, "the server closed the connection");
        filled += read;
        length = whole(&buffer[..filled]);
    }
    assert!(buffer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&buffer[..filled]));
}
