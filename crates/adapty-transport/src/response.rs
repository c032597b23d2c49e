use std::time::SystemTime;

use adapty_model::{ErrorResponse, Profile, ProfileResponse};
use hyper::{
    Uri,
    header::{HeaderMap, LOCATION},
};

use crate::{
    attempt::Exchanged,
    error::{Error, ErrorKind},
    retry_after,
};

/// The longest `Request-Id` taken for one; the documented ones have 32 characters.
const LONGEST_REQUEST_ID: usize = 128;
const LONGEST_EXCERPT: usize = 512;
/// How much of a body is looked at for its excerpt.
const ENOUGH_FOR_AN_EXCERPT: usize = 4096;

/// What an answer to "get profile" means: the profile and the `Request-Id`, or why there is none.
///
/// `secrets` (the key, the id asked for) are kept out of whatever is taken from the answer for
/// others to see. `now` stands in for a missing `Date`.
pub(crate) fn read_profile(
    answer: Exchanged,
    secrets: &[&[u8]],
    now: impl FnOnce() -> SystemTime,
) -> Result<(Profile, Option<String>), Error> {
    let request_id = request_id(&answer.headers, secrets);
    if answer.status != 200 {
        let retry_after = retry_after::read(&answer.headers, now());
        return Err(refusal(&answer, secrets)
            .with_retry_after(retry_after)
            .with_request_id(request_id));
    }
    let unreadable = match answer.body_end {
        Err(broken) => broken,
        Ok(()) => match ProfileResponse::from_json(&answer.body) {
            Ok(response) => return Ok((response.data, request_id)),
            Err(cause) => {
                let message = match cause.path() {
                    "" => "the answer is no profile".to_owned(),
                    path => format!("the answer is no profile at {}", shown(path, secrets)),
                };
                let error = Error::new(ErrorKind::Unreadable, message);
                match begins_none_of(&cause.to_string(), secrets) {
                    true => error.caused_by(cause),
                    false => error,
                }
            }
        },
    };
    Err(unreadable
        .with_status(answer.status)
        .with_excerpt(excerpt(&answer.body, secrets))
        .with_request_id(request_id))
}

/// The error of an answer that is not a 200, whatever state its body is in.
fn refusal(answer: &Exchanged, secrets: &[&[u8]]) -> Error {
    let body = match answer.body_end {
        // Any object reads as one; what says nothing in the API's form is told by its text instead.
        Ok(()) => ErrorResponse::from_json(&answer.body)
            .ok()
            .filter(|body| *body != ErrorResponse::default()),
        Err(_) => None,
    };
    let excerpt = match body {
        Some(_) => None,
        None => excerpt(&answer.body, secrets),
    };
    let names_missing_profile = body.as_ref().is_some_and(ErrorResponse::names_missing_profile);
    let error = match answer.status {
        400 | 401 | 404 if names_missing_profile => {
            Error::new(ErrorKind::ProfileNotFound, "profile not found")
        }
        301 | 302 | 303 | 307 | 308 => redirect(&answer.headers, secrets),
        401 => Error::new(ErrorKind::Unauthorized, "unauthorized"),
        429 => Error::new(ErrorKind::RateLimited, "rate limited"),
        500..=599 => Error::new(ErrorKind::Server, "server fault"),
        _ => Error::new(ErrorKind::Status, "unexpected status"),
    };
    error.with_status(answer.status).with_body(body).with_excerpt(excerpt)
}

/// Names the host alone: path and query may repeat the id asked for.
fn redirect(headers: &HeaderMap, secrets: &[&[u8]]) -> Error {
    let target =
        headers.get(LOCATION).and_then(|location| location.to_str().ok()).and_then(|location| {
            match location.strip_prefix("//") {
                Some(rest) => format!("https://{rest}").parse::<Uri>().ok(),
                None => location.parse().ok(),
            }
        });
    let message = match target.as_ref().map(Uri::host) {
        Some(Some(host)) => format!("redirected to {}", shown(host, secrets)),
        Some(None) => "redirected within the same host".to_owned(),
        None => "redirected without a readable target".to_owned(),
    };
    Error::new(ErrorKind::Redirect, message)
}

fn request_id(headers: &HeaderMap, secrets: &[&[u8]]) -> Option<String> {
    let id = headers.get("request-id")?.to_str().ok()?;
    let is_plain = !id.is_empty()
        && id.len() <= LONGEST_REQUEST_ID
        && id.bytes().all(|byte| byte.is_ascii_graphic());
    (is_plain && hides(id, secrets)).then(|| id.to_owned())
}

/// The beginning of a body as one line of text.
fn excerpt(body: &[u8], secrets: &[&[u8]]) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    // Secrets are blanked out before the text is cut, and where the body was cut before that, half
    // a secret may stand at the end: as much as a whole one is thrown away.
    let beginning = &body[..body.len().min(ENOUGH_FOR_AN_EXCERPT)];
    let mut text = shown(&String::from_utf8_lossy(beginning), secrets);
    if beginning.len() < body.len() {
        let longest = secrets.iter().map(|secret| secret.len()).max().unwrap_or(0);
        text.truncate(text.floor_char_boundary(text.len().saturating_sub(longest)));
    }
    text.truncate(text.floor_char_boundary(LONGEST_EXCERPT));
    Some(text.replace(char::is_control, " "))
}

/// Whether none of the secrets is in `text`.
fn hides(text: &str, secrets: &[&[u8]]) -> bool {
    readable(secrets).all(|secret| !text.contains(secret))
}

/// Whether not even the beginning of a secret is in `text`, which may have been cut.
///
/// A reading error shows the beginning of a broken date, and a server may fill that with anything.
fn begins_none_of(text: &str, secrets: &[&[u8]]) -> bool {
    let beginnings: Vec<_> = secrets.iter().map(|secret| &secret[..secret.len().min(12)]).collect();
    hides(text, &beginnings)
}

/// `text` with every secret in it blanked out.
fn shown(text: &str, secrets: &[&[u8]]) -> String {
    readable(secrets).fold(text.to_owned(), |text, secret| text.replace(secret, "…"))
}

/// The secrets as text, each up to where it was cut inside a character.
fn readable<'a>(secrets: &'a [&[u8]]) -> impl Iterator<Item = &'a str> {
    secrets
        .iter()
        .filter_map(|secret| secret.utf8_chunks().next())
        .map(|chunk| chunk.valid())
        .filter(|secret| !secret.is_empty())
}
