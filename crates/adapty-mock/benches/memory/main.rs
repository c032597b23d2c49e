//! How much memory hostile clients can make the binary hold, with its default limit: each attack against
//! a process of its own, the resident memory before and after it, and the most there ever was.
//!
//! `cargo bench -p adapty-mock --features cli --bench memory`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod process;

use std::{
    env, fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::ExitCode,
    thread,
};

use self::process::Process;

/// What a server keeps by default.
const LIMIT_MIB: f64 = 512.0;
/// What may come on top at the most: a large body while it is made into what is kept, buffers of
/// sockets, and the process itself.
const MARGIN_MIB: f64 = 160.0;
const MIB: usize = 1024 * 1024;

/// How many requests were carried out, and how many refused for want of room.
#[derive(Default)]
struct Answers {
    done: usize,
    refused: usize,
}

impl Answers {
    fn count(&mut self, status: u16) {
        match status {
            200 => self.done += 1,
            507 => self.refused += 1,
            _ => panic!("an answer {status} in an attack"),
        }
    }
}

/// One attack: what it is called, what the server is started with, what it does.
struct Attack {
    name: &'static str,
    with_files: bool,
    run: fn(SocketAddr) -> Answers,
}

const ATTACKS: [Attack; 7] = [
    Attack { name: "a dozen fault bodies of 60 MB", with_files: false, run: fault_bodies },
    Attack { name: "the same, and eight clients list them", with_files: false, run: listed_faults },
    Attack { name: "12 000 ids of 50 KB with empty bodies", with_files: false, run: long_ids },
    Attack { name: "five apps of three bodies of 60 MB", with_files: false, run: five_apps },
    Attack { name: "eight lists of 60 MB put at once", with_files: false, run: lists_put },
    Attack {
        name: "eight lists of 99 000 profiles got at once",
        with_files: false,
        run: lists_got,
    },
    Attack { name: "5 000 files, 950 keys that change them", with_files: true, run: many_keys },
];

fn main() -> ExitCode {
    let files = Files::write().expect("the files of an attack can be written");
    println!("resident memory in MiB; goal: never more than {LIMIT_MIB} + {MARGIN_MIB}\n");
    println!("| attack | before | after | most | carried out | refused | |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | --- |");
    let mut met = true;
    for Attack { name, with_files, run } in ATTACKS {
        let server = Process::start(with_files.then_some(&*files.0));
        let before = server.resident_mib();
        let Answers { done, refused } = run(server.address());
        let (after, most) = (server.resident_mib(), server.most_mib());
        assert_eq!(
            get(server.address(), "another", "jane.doe@example.com"),
            200,
            "others are served"
        );
        let is_met = most <= LIMIT_MIB + MARGIN_MIB;
        met &= is_met;
        let word = if is_met { "met" } else { "MISSED" };
        println!("| {name} | {before:.0} | {after:.0} | {most:.0} | {done} | {refused} | {word} |");
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fault_bodies(server: SocketAddr) -> Answers {
    let mut answers = Answers::default();
    let body = "x".repeat(60_000_000);
    let plan = format!(r#"{{"steps":[{{"fault":{{"status":{{"code":503,"body":"{body}"}}}}}}]}}"#);
    for customer in 0..12 {
        answers.count(admin(server, "k", "PUT", "faults", &whom(customer), plan.as_bytes()));
    }
    answers
}

fn listed_faults(server: SocketAddr) -> Answers {
    let mut answers = fault_bodies(server);
    for status in at_once(8, move |_| admin(server, "k", "GET", "faults", "", b"")) {
        answers.count(status);
    }
    answers
}

fn long_ids(server: SocketAddr) -> Answers {
    let mut answers = Answers::default();
    let mut connection = TcpStream::connect(server).expect("the server listens");
    let padding = "i".repeat(50_000);
    for n in 0..12_000 {
        let whom = format!("adapty-customer-user-id: {n}-{padding}\r\n");
        let head = head("k", "PUT", "/__admin/profiles", &whom, 0);
        connection.write_all(head.as_bytes()).expect("the server reads");
        answers.count(answer(&mut connection));
    }
    answers
}

fn five_apps(server: SocketAddr) -> Answers {
    let mut answers = Answers::default();
    let body = vec![b'x'; 60_000_000];
    for app in 0..5 {
        for customer in 0..3 {
            let key = format!("app {app}").replace(' ', "-");
            answers.count(admin(server, &key, "PUT", "profiles", &whom(customer), &body));
        }
    }
    answers
}

fn lists_put(server: SocketAddr) -> Answers {
    let mut answers = Answers::default();
    let statuses = at_once(8, move |n| {
        let profile = |at: usize| {
            let padding = "x".repeat(550);
            format!(r#"{{"data":{{"customer_user_id":"{n}-{at}","x":"{padding}"}}}}"#)
        };
        let list: Vec<_> = (0..99_000).map(profile).collect();
        let list = format!("[{}]", list.join(","));
        admin(server, &format!("app-{n}"), "PUT", "profiles", "", list.as_bytes())
    });
    statuses.into_iter().for_each(|status| answers.count(status));
    answers
}

fn lists_got(server: SocketAddr) -> Answers {
    let mut answers = Answers::default();
    let padding = "i".repeat(400);
    let profile = |n| format!(r#"{{"data":{{"customer_user_id":"{n}-{padding}"}}}}"#);
    let list: Vec<_> = (0..99_000).map(profile).collect();
    let list = format!("[{}]", list.join(","));
    answers.count(admin(server, "k", "PUT", "profiles", "", list.as_bytes()));
    for status in at_once(8, move |_| admin(server, "k", "GET", "profiles", "", b"")) {
        answers.count(status);
    }
    answers
}

fn many_keys(server: SocketAddr) -> Answers {
    let mut answers = Answers::default();
    let patch = br#"{"data":{"segment_hash":"mine"}}"#;
    for key in 0..950 {
        let key = format!("key-{key}");
        answers.count(get(server, &key, "given-0"));
        answers.count(admin(server, &key, "PATCH", "profiles", &named("given-1"), patch));
    }
    answers
}

fn named(customer: &str) -> String {
    format!("adapty-customer-user-id: {customer}\r\n")
}

fn whom(customer: usize) -> String {
    named(&customer.to_string())
}

/// Runs the same on several threads.
fn at_once<T: Send + 'static>(
    count: usize,
    run: impl Fn(usize) -> T + Clone + Send + 'static,
) -> Vec<T> {
    let threads: Vec<_> = (0..count)
        .map(|n| {
            let run = run.clone();
            thread::spawn(move || run(n))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().expect("a client ends")).collect()
}

fn get(server: SocketAddr, key: &str, customer: &str) -> u16 {
    let mut connection = TcpStream::connect(server).expect("the server listens");
    let head = head(key, "GET", "/api/v2/server-side-api/profile/", &named(customer), 0);
    connection.write_all(head.as_bytes()).expect("the server reads");
    answer(&mut connection)
}

/// One request of the admin API; the status of its answer, all of which is read.
fn admin(
    server: SocketAddr,
    key: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> u16 {
    let mut connection = TcpStream::connect(server).expect("the server listens");
    let head = head(key, method, &format!("/__admin/{path}"), headers, body.len());
    connection.write_all(head.as_bytes()).expect("the server reads");
    // Refused in the middle of a body, a client may no longer write all of it.
    let _refused = connection.write_all(body);
    answer(&mut connection)
}

fn head(key: &str, method: &str, path: &str, headers: &str, length: usize) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: mock\r\nAuthorization: Api-Key {key}\r\n{headers}Content-Length: {length}\r\n\r\n"
    )
}

/// Reads one answer and gives its status.
fn answer(connection: &mut TcpStream) -> u16 {
    let mut seen = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut read = |seen: &mut Vec<u8>| -> usize {
        let read = connection.read(&mut buffer).unwrap_or(0);
        seen.extend_from_slice(&buffer[..read]);
        read
    };
    let end = loop {
        if let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        assert_ne!(read(&mut seen), 0, "the connection closed before an answer");
    };
    let head = String::from_utf8_lossy(&seen[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map(|length| length.parse::<usize>().expect("a length"));
    let mut rest = seen.split_off(end);
    match length {
        Some(length) => while rest.len() < length && read(&mut rest) > 0 {},
        // The end of the chunks; what comes before it is not kept.
        None => {
            while !rest.ends_with(b"\r\n0\r\n\r\n") && read(&mut rest) > 0 {
                let keep = rest.len().saturating_sub(16);
                rest.drain(..keep);
            }
        }
    }
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

/// 5 000 files of 20 KiB, each a whole profile, of which the binary has nothing to say; gone when dropped.
struct Files(PathBuf);

impl Files {
    fn write() -> io::Result<Self> {
        let folder = env::temp_dir().join(format!("adapty-mock-memory-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let files = Self(folder);
        let padding = "x".repeat(MIB / 51);
        for n in 0..5000 {
            let body = format!(
                r#"{{"data":{{"app_id":"14c3d333-2f3a-455a-aa86-ef83dff6913b",
                "profile_id":"00000000-0000-4000-8000-{n:012}","customer_user_id":"given-{n}",
                "total_revenue_usd":0.0,"segment_hash":"","timestamp":1733324566777,"custom_attributes":[],
                "access_levels":[],"subscriptions":[],"non_subscriptions":[],"x":"{padding}"}}}}"#
            );
            fs::write(files.0.join(format!("{n}.json")), body)?;
        }
        Ok(files)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What cannot be taken away is in the folder of temporary files.
        let _left = fs::remove_dir_all(&self.0);
    }
}
