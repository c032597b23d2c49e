//! Nothing this crate can print has the key or the id asked for, even when a server repeats them
//! wherever it can.

use std::{error::Error as _, fmt::Debug, fmt::Write};

use adapty_mock::{Answer, Fault, Plan};
use adapty_transport::adapty_model::Profile;
use adapty_transport::{ApiKey, Client, Error, Identity, Response};

use crate::listener::traces;
use crate::support::{
    CUSTOMER, Fake, KEY, PROFILE, RawServer, answer, builder, customer, fails, hurried, run,
};

/// Everything an outcome can print, but for what is documented as the server's own words.
fn printed(outcome: &Result<Response<Profile>, Error>) -> String {
    let mut text = String::new();
    match outcome {
        Ok(answer) => write!(text, "{answer:?} {answer:#?}").unwrap(),
        Err(error) => {
            write!(text, "{error} {error:?} {error:#?} {:?}", error.attempts()).unwrap();
            write!(text, "{:?} {:?}", error.request_id(), error.excerpt()).unwrap();
            let mut cause = error.source();
            while let Some(deeper) = cause {
                write!(text, "{deeper} {deeper:?}").unwrap();
                cause = deeper.source();
            }
        }
    }
    text
}

/// Whatever the server says, it says the secrets too.
fn echoes() -> Vec<Answer> {
    let both = format!("{KEY} {CUSTOMER}");
    let dated = PROFILE.replace("\"expires_at\": null", &format!("\"expires_at\": {CUSTOMER:?}"));
    let keyed = PROFILE.replace("\"expires_at\": null", &format!("\"expires_at\": {KEY:?}"));
    let statuses = [200, 301, 400, 401, 403, 404, 429, 500, 503];
    let mut answers: Vec<_> = statuses.map(|code| Answer::new(code).body(&both)).into();
    answers.extend([
        Answer::new(200).body(dated),
        Answer::new(200).body(keyed),
        Answer::new(301).header("Location", format!("https://{CUSTOMER}.example/{KEY}")),
        Answer::new(302).header("Location", format!("https://a.example/{KEY}?{CUSTOMER}")),
        Answer::new(429).header("Retry-After", KEY),
        Answer::new(403).body("x".repeat(500) + &both),
        Answer::new(403).body(both.repeat(100)),
        Answer::new(401).body(format!(r#"{{"errors": [{both:?}], "error_code": {CUSTOMER:?}}}"#)),
    ]);
    answers
}

#[track_caller]
fn is_clean(what: &str, text: &str) {
    assert!(!text.is_empty(), "{what} printed nothing");
    for secret in [KEY, CUSTOMER] {
        // Half a secret is one too many: an excerpt may cut it.
        let half = &secret[..secret.len() / 2];
        assert!(!text.to_lowercase().contains(&half.to_lowercase()), "{what} shows it: {text}");
    }
}

#[test]
fn no_outcome_shows_them_whatever_the_server_repeats() {
    for answer in echoes() {
        let what = format!("{} {:?}", answer.code, answer.headers.keys());
        let fake = Fake::always(answer);
        let client = builder(&fake.url()).build().unwrap();
        let outcome = run(async move { client.get_profile(customer()).await });
        assert!(outcome.is_err(), "{what}");
        is_clean(&what, &printed(&outcome));
    }
}

#[test]
fn a_request_id_that_repeats_them_is_none() {
    for id in [KEY.to_owned(), CUSTOMER.to_owned(), format!("x-{CUSTOMER}-x")] {
        let server =
            RawServer::saying(answer("403 Forbidden", &[&format!("request-id: {id}")], ""));
        let outcome = Err(fails(builder(&server.url())));
        is_clean("a request id", &printed(&outcome));
    }
}

#[test]
fn no_profile_shows_them_unless_it_is_printed_itself() {
    let fake = Fake::well();
    let client = builder(&fake.url()).build().unwrap();
    let outcome = run(async move { client.get_profile(customer()).await });
    assert!(format!("{:?}", outcome.as_ref().unwrap().body).contains(CUSTOMER));
    is_clean("an answer", &printed(&outcome));
}

#[test]
fn no_broken_connection_shows_them() {
    for fault in [
        Fault::EmptyResponse,
        Fault::HalfBodyThenClose,
        Fault::RandomDataThenClose,
        Fault::EndlessHead,
        Fault::Timeout,
    ] {
        let fake = Fake::always(fault);
        let outcome = Err(fails(hurried(&fake.url())));
        is_clean("a broken connection", &printed(&outcome));
    }
}

#[test]
fn no_trace_shows_them_whatever_the_server_repeats() {
    for answer in echoes() {
        let fake = Fake::with(Plan::new().then(answer));
        let client = builder(&fake.url()).build().unwrap();
        let call = async move { client.get_profile(customer()).await };
        let traces = traces(|| run(call).map_or(true, |answer| answer.attempts == 2));
        assert!(traces.count("attempt failed") > 0);
        is_clean("a trace", &traces.all());
    }
}

#[test]
fn nothing_that_holds_them_shows_them() {
    let key = ApiKey::new(KEY).unwrap();
    let builder = Client::builder(key.clone()).user_agent_suffix("shop/1");
    let client = builder.clone().build().unwrap();
    let things: [&dyn Debug; 5] =
        [&key, &customer(), &builder, &client, &Client::builder(key.clone()).base_url(KEY)];
    for thing in things {
        is_clean("a value", &format!("{thing:?} {thing:#?}"));
    }
}

#[test]
fn no_refusal_shows_what_it_refuses() {
    let refused = Client::builder(ApiKey::new(KEY).unwrap())
        .base_url(format!("https://user:{KEY}@host/{CUSTOMER}"))
        .build()
        .map(drop);
    is_clean("a refused URL", &refused.unwrap_err().to_string());
    is_clean("a refused key", &ApiKey::new(format!("{KEY}\n")).unwrap_err().to_string());
    let client = Client::new(ApiKey::new(KEY).unwrap());
    let padded = Identity::customer(format!("{CUSTOMER} "));
    let error = run(async move { client.get_profile(padded).await.unwrap_err() });
    is_clean("a refused id", &format!("{error} {error:?}"));
}
