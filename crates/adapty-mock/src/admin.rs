//! The door for other languages: what a Rust test does with an `App`, over HTTP.
//!
//! Every request is about the app of its own `Authorization`, and where one profile is meant, about
//! the one its identity headers name.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{json, value::RawValue};

use crate::{
    App, Edition, Filter, Identity, Plan, Request, door,
    identity::{CUSTOMER_HEADER, Named, PROFILE_HEADER},
    profiles::Stored,
    reply::{Reason, Reply},
    route::Head,
    server::Shared,
};

/// Where it begins.
const PREFIX: &str = "/__admin/";
/// The longest that a request may wait.
const WAIT_LIMIT: Duration = Duration::from_secs(60);

/// Whether a request is for this door rather than for the API.
pub(crate) fn is_meant(path: &str) -> bool {
    path.starts_with(PREFIX) || path == "/livez" || path == "/readyz"
}

/// Lets a request in by its head alone: health, key, identity.
pub(crate) fn enter<'a>(shared: &Shared, head: Head<'a>) -> Result<Asked<'a>, Box<Reply>> {
    let Some(path) = head.uri.path().strip_prefix(PREFIX) else {
        // Profiles are loaded before the first connection is accepted, so alive is ready.
        return Err(Box::new(done(&json!({"status": "ok"}))));
    };
    let app = door::key(head.headers)
        .and_then(|key| shared.door.app(key))
        .map_err(|refusal| Box::new(refusal.reply()))?;
    let whom = identity(head.headers).map_err(|mistake| Box::new(mistake.reply()))?;
    let path = path.strip_suffix('/').unwrap_or(path);
    Ok(Asked { app, whom, method: head.method, path })
}

/// A request that was let in; its body is still to come.
pub(crate) struct Asked<'a> {
    app: App,
    whom: Option<Identity>,
    method: &'a Method,
    path: &'a str,
}

impl Asked<'_> {
    pub(crate) async fn answer(self, shared: &Shared, body: Bytes) -> Reply {
        let Self { app, whom, method, path } = self;
        let ask = Ask { app, whom, body };
        let answered = match (method.as_str(), path) {
            ("GET", "profiles") => ask.profiles(),
            ("PUT", "profiles") => ask.put_profiles(),
            ("DELETE", "profiles") => ask.delete_profiles(),
            ("GET", "edition") => Ok(done(&json!({"edition": ask.app.edition()}))),
            ("PUT", "edition") => ask.put_edition(),
            ("GET", "faults") => Ok(ask.faults()),
            ("PUT", "faults") => ask.put_faults(),
            ("DELETE", "faults") => Ok(ask.delete_faults()),
            ("GET", "requests") => Ok(listed(&ask.app, &Filter::any())),
            ("POST", "requests/find") => ask.find(),
            ("POST", "requests/count") => ask.count(),
            ("POST", "requests/wait") => ask.wait().await,
            ("POST", "reset") => {
                ask.app.reset();
                Ok(done(&json!({"reset": 1})))
            }
            ("POST", "reset-all") => Ok(done(&json!({"reset": shared.reset()}))),
            _ => Err(misplaced(method, path)),
        };
        answered.unwrap_or_else(Mistake::reply)
    }
}

/// One request that may be made.
struct Ask {
    app: App,
    whom: Option<Identity>,
    body: Bytes,
}

impl Ask {
    /// Who is there; or, for one identity, the body itself.
    fn profiles(self) -> Result<Reply, Mistake> {
        let Some(whom) = self.whom else {
            return Ok(done(&json!({"profiles": self.app.known()})));
        };
        let body = self.app.body(whom).ok_or(Mistake::NoSuchProfile)?;
        Ok(Reply::json(StatusCode::OK, body, Reason::Usual("admin")))
    }

    /// One body, or a list of them, each served as given; or any bytes for one identity.
    fn put_profiles(self) -> Result<Reply, Mistake> {
        let stored = match self.whom {
            Some(whom) => vec![Stored::given_for(whom, self.body)],
            None if self.body.trim_ascii_start().starts_with(b"[") => {
                let bodies: Vec<Box<RawValue>> = read(&self.body)?;
                let given = |(at, body): (usize, Box<RawValue>)| {
                    let body = Bytes::from(String::from(Box::<str>::from(body)));
                    Stored::given(body).map_err(|what| Mistake::Body(format!("[{at}]: {what}")))
                };
                bodies.into_iter().enumerate().map(given).collect::<Result<_, _>>()?
            }
            None => vec![Stored::given(self.body).map_err(Mistake::Body)?],
        };
        let count = stored.len();
        self.app.put_all(stored).map_err(Mistake::Body)?;
        Ok(done(&json!({"put": count})))
    }

    fn delete_profiles(self) -> Result<Reply, Mistake> {
        match self.whom {
            Some(whom) if !self.app.remove_profile(whom.clone()) => {
                return Err(Mistake::NoSuchProfile);
            }
            Some(_) => {}
            None => self.app.remove_profiles(),
        }
        Ok(done(&json!({"deleted": true})))
    }

    fn put_edition(self) -> Result<Reply, Mistake> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Chosen {
            edition: Edition,
        }

        let Chosen { edition } = read(&self.body)?;
        self.app.set_edition(edition);
        Ok(done(&json!({"edition": edition})))
    }

    /// What is left of every plan; or, for one identity, of its own.
    fn faults(self) -> Reply {
        if let Some(whom) = self.whom {
            return done(&self.app.faults_left_for(whom));
        }
        let of = |(whom, plan): (Option<Identity>, Plan)| json!({"for": whom, "plan": plan});
        let plans: Vec<_> = self.app.fault_plans().into_iter().map(of).collect();
        done(&json!({"plans": plans}))
    }

    fn put_faults(self) -> Result<Reply, Mistake> {
        let plan: Plan = read(&self.body)?;
        let steps = plan.steps.len();
        self.app.plan(self.whom, plan).map_err(Mistake::Body)?;
        Ok(done(&json!({"steps": steps})))
    }

    fn delete_faults(self) -> Reply {
        match self.whom {
            Some(whom) => self.app.clear_faults_for(whom),
            None => self.app.clear_faults(),
        }
        done(&json!({"deleted": true}))
    }

    fn find(self) -> Result<Reply, Mistake> {
        Ok(listed(&self.app, &read(&self.body)?))
    }

    fn count(self) -> Result<Reply, Mistake> {
        let count = self.app.count(&read(&self.body)?);
        Ok(done(&json!({"count": count, "fell_out": self.app.fell_out()})))
    }

    async fn wait(self) -> Result<Reply, Mistake> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wait {
            count: usize,
            limit_ms: u64,
            #[serde(default)]
            filter: Filter,
        }

        let Wait { count, limit_ms, filter } = read(&self.body)?;
        let limit = Duration::from_millis(limit_ms);
        if limit > WAIT_LIMIT {
            return Err(Mistake::Body(format!("limit_ms: {limit_ms} is more than a minute")));
        }
        let came = self.app.wait_for(count, &filter, limit).await;
        Ok(done(&json!({"count": came, "enough": came >= count})))
    }
}

/// What is wrong with a request.
enum Mistake {
    NoSuchPath,
    WrongMethod(&'static str),
    NoSuchProfile,
    Identity(&'static str),
    Body(String),
}

impl Mistake {
    fn reply(self) -> Reply {
        let (status, code, what) = match self {
            Self::NoSuchPath => {
                (StatusCode::NOT_FOUND, "not_found", "no such admin path".to_owned())
            }
            Self::NoSuchProfile => (
                StatusCode::NOT_FOUND,
                "profile_does_not_exist",
                "no profile of this app has this id".to_owned(),
            ),
            Self::WrongMethod(allowed) => return Reply::wrong_method(allowed),
            Self::Identity(what) => (StatusCode::BAD_REQUEST, "validation_error", what.to_owned()),
            Self::Body(what) => {
                (StatusCode::BAD_REQUEST, "validation_error", format!("body: {what}"))
            }
        };
        Reply::mistake(status, code, what)
    }
}

fn misplaced(method: &Method, path: &str) -> Mistake {
    match path {
        "profiles" | "faults" => Mistake::WrongMethod("GET, PUT, DELETE"),
        "edition" => Mistake::WrongMethod("GET, PUT"),
        "requests" => Mistake::WrongMethod("GET"),
        "requests/find" | "requests/count" | "requests/wait" | "reset" | "reset-all"
            if method != Method::POST =>
        {
            Mistake::WrongMethod("POST")
        }
        _ => Mistake::NoSuchPath,
    }
}

/// Whom the headers name, if anyone.
fn identity(headers: &HeaderMap) -> Result<Option<Identity>, Mistake> {
    if !headers.contains_key(CUSTOMER_HEADER) && !headers.contains_key(PROFILE_HEADER) {
        return Ok(None);
    }
    match Named::read(headers) {
        Ok(Named { customer: Some(id), profile: None }) => Ok(Some(Identity::from(id))),
        Ok(Named { customer: None, profile: Some(id) }) => Ok(Some(Identity::from(id))),
        Ok(_) => Err(Mistake::Identity("one identity header at a time")),
        Err(refusal) => Err(Mistake::Identity(refusal.reason())),
    }
}

fn listed(app: &App, filter: &Filter) -> Reply {
    #[derive(Serialize)]
    struct Listed {
        requests: Vec<Request>,
        fell_out: u64,
    }

    let mut requests = app.requests();
    requests.retain(|request| filter.matches(request));
    done(&Listed { requests, fell_out: app.fell_out() })
}

/// Reads a body; the message says what is wrong, on which line, in which column.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Mistake> {
    serde_json::from_slice(body).map_err(|error| Mistake::Body(error.to_string()))
}

fn done(answer: &impl Serialize) -> Reply {
    let body = serde_json::to_vec(answer).expect("texts, numbers and lists can be written as JSON");
    Reply::json(StatusCode::OK, Bytes::from(body), Reason::Usual("admin"))
}
