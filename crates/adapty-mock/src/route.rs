//! What a request asks for, and whether it may: path, method, key, identity, profile.

use bytes::Bytes;
use http::{HeaderMap, header::AUTHORIZATION, request};

use crate::{fixtures::EXAMPLES, reply::Reply};

const PROFILE_PATH: &str = "/api/v2/server-side-api/profile/";

/// Decides one request.
pub(crate) fn answer(head: &request::Parts) -> Reply {
    if head.uri.path() != PROFILE_PATH || head.method != http::Method::GET {
        return Reply::no_such_path();
    }
    if !has_key(&head.headers) {
        return Reply::unauthorized();
    }
    let customer = head.headers.get("adapty-customer-user-id");
    let profile = head.headers.get("adapty-profile-id");
    let example = EXAMPLES.iter().find(|example| {
        customer.is_some_and(|id| id == example.customer_user_id)
            || profile.is_some_and(|id| {
                id.as_bytes()
                    .eq_ignore_ascii_case(example.profile_id.as_bytes())
            })
    });
    match example {
        Some(example) => Reply::profile(Bytes::from_static(example.body)),
        None => Reply::no_such_profile(),
    }
}

fn has_key(headers: &HeaderMap) -> bool {
    headers
        .get(AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Api-Key "))
        .is_some_and(|key| !key.is_empty())
}
