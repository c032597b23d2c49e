//! Reads one customer's profile and prints it for a person.
//!
//! Without any setting it starts a fake Adapty in this process and asks that, over real HTTP. With
//! `ADAPTY_API_KEY` set it asks the real API, or the one at `ADAPTY_API_URL`; `--help` has the rest.

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
    time::Instant,
};

use adapty_mock::MockServer;
use adapty_transport::{
    ApiKey, Client, Error, ErrorKind, Identity, Response,
    adapty_model::{time::OffsetDateTime, uuid::Uuid},
};

use page::Page;

mod page;

const HELP: &str = "\
Reads one customer's profile and prints it.

Usage: get_profile [--customer-user-id ID | --profile-id UUID]

With nothing set in the environment it starts a fake Adapty in this process and asks that.

Environment (any of these stops the fake):
  ADAPTY_API_KEY               the app's secret key; asks the real API
  ADAPTY_SECRET_API_KEY        the same under its other name
  ADAPTY_API_URL               asks this address instead of https://api.adapty.io
  ADAPTY_SEND_KEY_UNENCRYPTED  1 lets that address be http:// anywhere

Exit codes:
  0  the profile was printed
  1  any other failure
  2  a mistake of use
  3  there is no such profile
  4  the key was refused
  5  the host could not be reached in time
";

const SETTINGS: [&str; 4] =
    ["ADAPTY_API_KEY", "ADAPTY_SECRET_API_KEY", "ADAPTY_API_URL", "ADAPTY_SEND_KEY_UNENCRYPTED"];

/// The customer of the documents' newer example, whom the fake Adapty knows.
const EXAMPLE_CUSTOMER: &str = "77B14FB4-FD2A-4D38-AA3A-4C433F79863C";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(text) => match io::stdout().lock().write_all(text.as_bytes()) {
            // A closed pipe, as with `| head`, is the reader's own wish.
            Ok(()) | Err(_) => ExitCode::SUCCESS,
        },
        Err(failure) => {
            // With no standard error left there is nobody to tell.
            let _ = writeln!(io::stderr().lock(), "{}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

async fn run() -> Result<String, Failure> {
    let Some(whom) = whom(env::args_os().skip(1))? else { return Ok(HELP.to_owned()) };
    if SETTINGS.iter().any(|name| env::var_os(name).is_some()) {
        let identity = whom.ok_or_else(|| {
            Failure::of_use("say whose profile: --customer-user-id ID or --profile-id UUID")
        })?;
        return ask(&Client::from_env()?, identity).await;
    }
    let mock = MockServer::start().await;
    let key = ApiKey::new("any_key_opens_the_fake")?;
    let client = Client::builder(key).base_url(mock.url()).build()?;
    ask(&client, whom.unwrap_or_else(|| Identity::customer(EXAMPLE_CUSTOMER))).await
}

async fn ask(client: &Client, identity: Identity) -> Result<String, Failure> {
    let began = Instant::now();
    let answer = client.get_profile(identity).await?;
    let took = began.elapsed();
    let Response { body: profile, request_id, attempts, .. } = answer;
    let page = Page { profile: &profile, now: OffsetDateTime::now_utc() };
    let request = request_id.as_deref().unwrap_or("without an id");
    Ok(format!(
        "{page}\nRequest {request}, {attempts} {}, {} ms\n",
        if attempts == 1 { "attempt" } else { "attempts" },
        took.as_millis()
    ))
}

/// Whose profile the arguments ask for, if anyone's; `None` when they ask for help.
fn whom(
    mut arguments: impl Iterator<Item = OsString>,
) -> Result<Option<Option<Identity>>, Failure> {
    let mut chosen = None;
    while let Some(argument) = arguments.next() {
        let flag = text(argument)?;
        let (flag, value) = match flag.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (flag, None),
        };
        if flag == "--help" || flag == "-h" {
            return Ok(None);
        }
        if flag != "--customer-user-id" && flag != "--profile-id" {
            return Err(Failure::of_use(format!("unknown argument {flag}; --help names them")));
        }
        let value = match value {
            Some(value) => value,
            None => text(
                arguments.next().ok_or_else(|| Failure::of_use(format!("{flag} needs a value")))?,
            )?,
        };
        let identity = if flag == "--profile-id" {
            let id = value.parse::<Uuid>();
            Identity::profile(id.map_err(|_| Failure::of_use("--profile-id needs a UUID"))?)
        } else {
            Identity::customer(value)
        };
        if chosen.replace(identity).is_some() {
            return Err(Failure::of_use("one identity at a time, please"));
        }
    }
    Ok(Some(chosen))
}

fn text(argument: OsString) -> Result<String, Failure> {
    argument.into_string().map_err(|_| Failure::of_use("the arguments must be UTF-8"))
}

/// A line for standard error, and the exit code.
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    fn of_use(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Configuration | ErrorKind::Identity => 2,
            ErrorKind::ProfileNotFound => 3,
            ErrorKind::Unauthorized => 4,
            ErrorKind::Connect | ErrorKind::Tls | ErrorKind::Timeout => 5,
            _ => 1,
        };
        let mut message = format!("failed to get profile: {error}");
        let mut cause = std::error::Error::source(&error);
        while let Some(deeper) = cause {
            message = format!("{message}: {deeper}");
            cause = deeper.source();
        }
        Self { message, code }
    }
}
