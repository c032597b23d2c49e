//! What an answer means: a profile, or the error that says why there is none.

use std::time::SystemTime;

use adapty_model::{ErrorResponse, GetProfile, Meaning, Operation, Profile, ProfileResponse};
use hyper::{
    Uri,
    header::{HeaderMap, LOCATION},
};

use crate::{
    attempt::Exchanged,
    error::{Error, ErrorKind},
    retry_after,
    secrets::Secrets,
};

/// The longest `Request-Id` taken for one; the documented ones have 32 characters.
const LONGEST_REQUEST_ID: usize = 128;
const LONGEST_EXCERPT: usize = 512;
/// How much of a body is looked at for its excerpt.
const ENOUGH_FOR_AN_EXCERPT: usize = 4096;

/// What an answer to "get profile" means: the profile and the `Request-Id`, or why there is none.
///
/// The `secrets` are kept out of whatever is taken from the answer for others to see. `now` stands in
/// for a missing `Date`.
pub(crate) fn read_profile(
    answer: Exchanged,
    secrets: &Secrets<'_>,
    now: impl FnOnce() -> SystemTime,
) -> Result<(Profile, Option<String>), Error> {
    let request_id = request_id(&answer.headers, secrets);
    if answer.status != 200 {
        let retry_after = retry_after::read(&answer.headers, now());
        return Err(refusal(&answer, secrets)
            .with_retry_after(retry_after)
            .with_request_id(request_id));
    }
    let is_cut = answer.body_end.is_err();
    let unreadable = match answer.body_end {
        Err(broken) => broken,
        Ok(()) => match ProfileResponse::from_json(&answer.body) {
            Ok(response) => return Ok((response.data, request_id)),
            Err(cause) => {
                let message = match cause.path() {
                    "" => "the answer is no profile".to_owned(),
                    path => format!("the answer is no profile at {path}"),
                };
                let error = Error::new(ErrorKind::Unreadable, message);
                match secrets.begin_in(&cause) {
                    true => error,
                    false => error.caused_by(cause),
                }
            }
        },
    };
    Err(unreadable
        .with_status(answer.status)
        .with_excerpt(excerpt(&answer.body, is_cut, secrets))
        .with_request_id(request_id))
}

/// The error of an answer that is not a 200, whatever state its body is in.
fn refusal(answer: &Exchanged, secrets: &Secrets<'_>) -> Error {
    let body = match answer.body_end {
        // Any object reads as one; what says nothing in the API's form is told by its text instead.
        Ok(()) => ErrorResponse::from_json(&answer.body)
            .ok()
            .filter(|body| *body != ErrorResponse::default()),
        Err(_) => None,
    };
    let excerpt = match body {
        Some(_) => None,
        None => excerpt(&answer.body, answer.body_end.is_err(), secrets),
    };
    let meaning = body.as_ref().and_then(|body| GetProfile::SPEC.meaning(answer.status, body));
    let error = match answer.status {
        _ if meaning == Some(Meaning::ProfileNotFound) => {
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
fn redirect(headers: &HeaderMap, secrets: &Secrets<'_>) -> Error {
    let target =
        headers.get(LOCATION).and_then(|location| location.to_str().ok()).and_then(|location| {
            match location.strip_prefix("//") {
                Some(rest) => format!("https://{rest}").parse::<Uri>().ok(),
                None => location.parse().ok(),
            }
        });
    let message = match target.as_ref().map(Uri::host) {
        Some(Some(host)) if secrets.are_in(host) => "redirected to …".to_owned(),
        Some(Some(host)) => format!("redirected to {host}"),
        Some(None) => "redirected within the same host".to_owned(),
        None => "redirected without a readable target".to_owned(),
    };
    Error::new(ErrorKind::Redirect, message)
}

fn request_id(headers: &HeaderMap, secrets: &Secrets<'_>) -> Option<String> {
    let id = headers.get("request-id")?.to_str().ok()?;
    let is_plain = !id.is_empty()
        && id.len() <= LONGEST_REQUEST_ID
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (is_plain && !secrets.are_in(id)).then(|| id.to_owned())
}

/// The beginning of a body as one line of text.
fn excerpt(body: &[u8], is_cut: bool, secrets: &Secrets<'_>) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    let beginning = &body[..body.len().min(ENOUGH_FOR_AN_EXCERPT)];
    let is_cut = is_cut || beginning.len() < body.len();
    let mut text = secrets.blank(&String::from_utf8_lossy(beginning), is_cut);
    text.truncate(text.floor_char_boundary(LONGEST_EXCERPT));
    Some(text.replace(char::is_control, " "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::header::HeaderValue;

    use super::*;
    use crate::{api_key::ApiKey, error::Limit};

    const NOW: u64 = 1_000_000_000;

    /// The error of this answer to a question about `id`.
    fn refused(
        id: &'static str,
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Error {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let body = body.to_owned().into();
        let answer = Exchanged { status, headers: map, body, body_end: Ok(()) };
        let key = ApiKey::new("secret_live_BEHrYLTr").unwrap();
        let secrets = (key, HeaderValue::from_static(id));
        let now = || SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        read_profile(answer, &Secrets::new(&secrets.0, &secrets.1), now).err().unwrap()
    }

    fn request_id_of(value: &str) -> Option<usize> {
        refused("jane-doe", 403, &[("request-id", value)], "").request_id().map(str::len)
    }

    #[test]
    fn a_retry_after_without_a_date_of_the_answer_is_measured_by_our_clock() {
        let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW + 90));
        let error = refused("jane-doe", 429, &[("retry-after", &date)], "");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(90)));
    }

    #[test]
    fn a_request_id_is_letters_digits_and_dashes_and_not_overlong() {
        assert_eq!(request_id_of(&"7".repeat(128)), Some(128));
        assert_eq!(request_id_of("758f-01DF_x"), Some(11));
        for other in ["7".repeat(129).as_str(), "", "a b", "jane@example.com", "a/b", "%6a", "a;b"]
        {
            assert_eq!(request_id_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_request_id_that_repeats_the_id_asked_for_is_none_in_capitals_too() {
        assert_eq!(request_id_of("x-Jane-DOE-x"), None);
        let of = |id| refused(id, 403, &[("request-id", "758f01dfa")], "").request_id().is_some();
        assert!(of("1") && of("a") && of("758f") && !of("758F01DFA"));
    }

    #[test]
    fn a_short_id_changes_no_path_no_host_and_no_cause() {
        let body = r#"{"data": {"profile_id": "1 a"}}"#;
        for id in ["1", "a", "data", "profile_id"] {
            let error = refused(id, 200, &[], body);
            let path = "the answer is no profile at data.profile_id (status 200)";
            assert_eq!(error.to_string(), path, "{id}");
            assert!(std::error::Error::source(&error).is_some(), "{id}");
            let error = refused(id, 301, &[("location", "https://login.a.example/1")], "");
            assert_eq!(error.to_string(), "redirected to login.a.example (status 301)", "{id}");
        }
    }

    #[test]
    fn a_host_that_repeats_the_id_asked_for_is_not_named() {
        let error = refused("jane-doe", 301, &[("location", "https://x-Jane-Doe.example/")], "");
        assert_eq!(error.to_string(), "redirected to … (status 301)");
    }

    #[test]
    fn half_an_id_at_the_end_of_a_broken_body_is_not_in_the_excerpt() {
        let broken = Error::new(ErrorKind::TooLarge, "too large").at_limit(Limit::Body);
        let answer = Exchanged {
            status: 403,
            headers: HeaderMap::new(),
            body: "about jane-d".into(),
            body_end: Err(broken),
        };
        let (key, id) = (ApiKey::new("k").unwrap(), HeaderValue::from_static("jane-doe"));
        let error = refusal(&answer, &Secrets::new(&key, &id));
        assert_eq!(error.excerpt(), Some("about "));
    }
}
