//! What a call costs, beside the limits: hyper-util's own client and a bare socket.
//!
//! A bare hyper server runs in a process of its own. The contenders take turns in one run, so that
//! the machine's moods hit all of them; what is printed are ratios of medians, and whether each
//! meets its goal. The exit code tells nothing about goals: a noisy machine is no defect.

use std::{
    fs,
    future::Future,
    hint::black_box,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use adapty_transport::{ApiKey, Client, Identity, adapty_model::Profile};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{
    Request, Response, Uri,
    body::{Bytes, Incoming},
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client as LegacyClient, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use serde::Deserialize;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    task::LocalSet,
};

const BODY: &[u8] = include_bytes!("../fixtures/get_profile.200.newer-page.lifetime_premium.json");
const CUSTOMER: &str = "77B14FB4-FD2A-4D38-AA3A-4C433F79863C";
const PATH: &str = "/api/v2/server-side-api/profile/";

const ROUNDS: usize = 15;
const CALLS_A_ROUND: usize = 8_000;
const LONE_CALLS_A_ROUND: usize = 1_000;

fn main() -> io::Result<()> {
    if std::env::args().any(|argument| argument == "--serve") {
        return serve();
    }
    let server = Server::start()?;
    let mut page = io::stdout().lock();
    writeln!(page, "{:86} {:>9} {:>7}  met", "asking", "figure", "goal")?;
    for in_flight in [16, 256] {
        let (ours, theirs) = cpu(server.address, in_flight);
        row(
            &mut page,
            &format!(
                "CPU a call ÷ (hyper-util legacy + base decode), {in_flight} in flight \
                 ({:.1} / {:.1} µs)",
                micros(ours),
                micros(theirs)
            ),
            ours.as_secs_f64() / theirs.as_secs_f64(),
            1.05,
        )?;
    }
    let (ours, bare) = latency(server.address)?;
    let name = format!(
        "p50 at one in flight ÷ blocking TcpStream ({:.1} / {:.1} µs)",
        micros(ours),
        micros(bare)
    );
    row(&mut page, &name, ours.as_secs_f64() / bare.as_secs_f64(), 1.25)
}

fn row(page: &mut impl Write, name: &str, figure: f64, goal: f64) -> io::Result<()> {
    let met = if figure <= goal { "yes" } else { "NO" };
    writeln!(page, "{name:86} {figure:>9.3} {goal:>7.2}  {met}")
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// The median CPU time of a call of ours, and of hyper-util's client with a plain decode.
fn cpu(address: SocketAddr, in_flight: usize) -> (Duration, Duration) {
    let runtime = runtime();
    let client = ours(address);
    let ours = move |asker| {
        let client = client.clone();
        async move { drop(black_box(ask_ours(&client, asker).await)) }
    };
    let legacy = Rc::new(Legacy::new(address));
    let theirs = move |_| {
        let client = Rc::clone(&legacy);
        async move { drop(black_box(client.ask().await)) }
    };
    let mut spent = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let our_time = many(&runtime, in_flight, ours.clone());
        let their_time = many(&runtime, in_flight, theirs.clone());
        // The first round opens the connections.
        if round > 0 {
            spent.0.push(our_time);
            spent.1.push(their_time);
        }
    }
    (median(spent.0), median(spent.1))
}

/// The median time a lone call takes, ours and over a blocking socket without decoding.
fn latency(address: SocketAddr) -> io::Result<(Duration, Duration)> {
    let runtime = runtime();
    let ours = ours(address);
    let mut bare = TcpStream::connect(address)?;
    bare.set_nodelay(true)?;
    let mut taken = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let mut times = (Vec::new(), Vec::new());
        runtime.block_on(async {
            for _ in 0..LONE_CALLS_A_ROUND {
                let began = Instant::now();
                drop(black_box(ask_ours(&ours, 0).await));
                times.0.push(began.elapsed());
            }
        });
        for _ in 0..LONE_CALLS_A_ROUND {
            let began = Instant::now();
            ask_bare(&mut bare)?;
            times.1.push(began.elapsed());
        }
        if round > 0 {
            taken.0.append(&mut times.0);
            taken.1.append(&mut times.1);
        }
    }
    Ok((median(taken.0), median(taken.1)))
}

/// The CPU time of one call, when `in_flight` of them always wait for answers.
fn many<F: Future<Output = ()> + 'static>(
    runtime: &Runtime,
    in_flight: usize,
    call: impl Fn(usize) -> F + Clone + 'static,
) -> Duration {
    let each = CALLS_A_ROUND / in_flight;
    let before = cpu_time();
    runtime.block_on(LocalSet::new().run_until(async {
        let tasks: Vec<_> = (0..in_flight)
            .map(|asker| {
                let call = call.clone();
                tokio::task::spawn_local(async move {
                    for _ in 0..each {
                        call(asker).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no call panics");
        }
    }));
    let calls = u32::try_from(each * in_flight).expect("a round is small");
    (cpu_time() - before) / calls
}

/// What this thread has spent in user and system mode. Everything measured runs on it.
fn cpu_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts CPU time");
    let nanos = text.split(' ').next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanos.expect("schedstat begins with nanoseconds"))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}

fn ours(address: SocketAddr) -> Client {
    let key = ApiKey::new("secret_live_BEHrYLTr.example").expect("the key is good");
    let builder = Client::builder(key).base_url(format!("http://{address}"));
    builder.build().expect("the settings are good")
}

/// Each asker has a customer of its own: equal reads would share their requests.
async fn ask_ours(client: &Client, asker: usize) -> adapty_transport::Response<Profile> {
    let customer = format!("{}{asker:08}", &CUSTOMER[..CUSTOMER.len() - 8]);
    client.get_profile(Identity::customer(customer)).await.expect("the server answers")
}

fn ask_bare(stream: &mut TcpStream) -> io::Result<()> {
    write!(
        stream,
        "GET {PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: Api-Key secret_live_BEHrYLTr\r\n\
         accept: application/json\r\nadapty-customer-user-id: {CUSTOMER}\r\n\r\n"
    )?;
    let mut answer = [0; 8 * 1024];
    let mut read = 0;
    while !answer[..read].ends_with(BODY) {
        match stream.read(&mut answer[read..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => read += more,
        }
    }
    Ok(())
}

/// hyper-util's client as a careful user holds it: the URI and the constant headers made once.
struct Legacy {
    client: LegacyClient<HttpConnector, Empty<Bytes>>,
    uri: Uri,
    key: HeaderValue,
}

impl Legacy {
    fn new(address: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: LegacyClient::builder(TokioExecutor::new()).build(connector),
            uri: format!("http://{address}{PATH}").parse().expect("the address is a host"),
            key: HeaderValue::from_static("Api-Key secret_live_BEHrYLTr.example"),
        }
    }

    async fn ask(&self) -> Envelope {
        let json = HeaderValue::from_static("application/json");
        let request = Request::get(self.uri.clone())
            .header(AUTHORIZATION, self.key.clone())
            .header(ACCEPT, json.clone())
            .header(CONTENT_TYPE, json)
            .header("adapty-customer-user-id", HeaderValue::from_static(CUSTOMER))
            .body(Empty::new())
            .expect("the parts are good");
        let response = self.client.request(request).await.expect("the server answers");
        let body = response.into_body().collect().await.expect("the body is whole").to_bytes();
        serde_json::from_slice(&body).expect("the body is a profile")
    }
}

/// The base decode: members as they come, no UUIDs, no dates.
#[derive(Deserialize)]
#[expect(dead_code, reason = "what is decoded is thrown away")]
struct Envelope {
    data: Base,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "what is decoded is thrown away")]
struct Base {
    app_id: String,
    profile_id: String,
    customer_user_id: Option<String>,
    total_revenue_usd: f64,
    segment_hash: String,
    timestamp: i64,
    custom_attributes: Vec<BaseAttribute>,
    access_levels: Vec<BaseRow>,
    subscriptions: Vec<BaseRow>,
    non_subscriptions: Vec<BasePurchase>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "what is decoded is thrown away")]
struct BaseAttribute {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "what is decoded is thrown away")]
struct BaseRow {
    access_level_id: Option<String>,
    store: String,
    store_product_id: String,
    store_base_plan_id: Option<String>,
    store_transaction_id: String,
    store_original_transaction_id: String,
    offer: Option<String>,
    environment: Option<String>,
    starts_at: Option<String>,
    purchased_at: Option<String>,
    originally_purchased_at: Option<String>,
    expires_at: Option<String>,
    renewal_cancelled_at: Option<String>,
    billing_issue_detected_at: Option<String>,
    is_in_grace_period: bool,
    cancellation_reason: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "what is decoded is thrown away")]
struct BasePurchase {
    purchase_id: String,
    store: String,
    store_product_id: String,
    store_base_plan_id: Option<String>,
    store_transaction_id: String,
    store_original_transaction_id: String,
    purchased_at: String,
    environment: String,
    is_refund: bool,
    is_consumable: bool,
}

/// This program again as a bare hyper server, until dropped.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = process.stdout.take().expect("standard output is a pipe");
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { process, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The profile as this customer's, whose id is as long as the documents' own.
fn body_of(customer: &[u8]) -> Bytes {
    let mut body = BODY.to_vec();
    let id = BODY.windows(CUSTOMER.len()).position(|text| text == CUSTOMER.as_bytes());
    let id = id.expect("the profile has its customer's id");
    body[id..id + CUSTOMER.len()].copy_from_slice(customer);
    body.into()
}

fn serve() -> io::Result<()> {
    // Should the parent die without saying so, its end of the pipe closes.
    std::thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    runtime().block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        writeln!(io::stdout().lock(), "{}", listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let answer = service_fn(|request: Request<Incoming>| async move {
                let customer = request.headers().get("adapty-customer-user-id");
                Response::builder()
                    .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                    .header("request-id", "758f01dfd9e74ccfbabb4934241c4966")
                    .body(Full::new(body_of(customer.map_or(b"", HeaderValue::as_bytes))))
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer);
            tokio::spawn(async {
                // A client that leaves ends its connection, as it should.
                let _ = connection.await;
            });
        }
    })
}
