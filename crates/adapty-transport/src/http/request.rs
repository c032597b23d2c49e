//! Requests: what all of a client's have in common, and what one operation's has of its own.

use std::{
    borrow::Cow,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use adapty_model::{Method, Operation, Repeat, uuid};
use http_body_util::Full;
use hyper::{
    Request, Uri,
    body::Bytes,
    header::{
        ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
    },
};

use super::base_url::BaseUrl;
use crate::{
    api_key::ApiKey,
    error::{Error, ErrorKind},
};

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const JSON: &str = "application/json";
const OUR_AGENT: &str = concat!("adapty-transport/", env!("CARGO_PKG_VERSION"));

/// What every request of a client has in common, built once.
pub(crate) struct Requests {
    prefix: String,
    headers: HeaderMap,
}

/// A key, and the header that carries it.
pub(crate) struct Credentials {
    pub(crate) key: ApiKey,
    header: HeaderValue,
}

impl Credentials {
    pub(crate) fn new(key: ApiKey) -> Self {
        let header = authorization(&key);
        Self { key, header }
    }
}

/// What a call sends with each of its attempts.
pub(crate) struct OperationRequest {
    pub(crate) credentials: Arc<Credentials>,
    method: hyper::Method,
    uri: Uri,
    media_type: &'static str,
    identity: Option<(HeaderName, HeaderValue)>,
    /// The operation's own headers.
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl OperationRequest {
    pub(crate) fn has_body(&self) -> bool {
        !self.body.is_empty()
    }

    /// The id that the identity header carries; empty without one.
    pub(crate) fn identity(&self) -> &[u8] {
        self.identity.as_ref().map_or(b"", |(_, value)| value.as_bytes())
    }
}

impl Requests {
    pub(crate) fn new(base: &BaseUrl, agent_suffix: Option<&str>) -> Result<Self, Error> {
        let longest = adapty_model::OPERATIONS.iter().map(|row| row.path.len()).max().unwrap_or(0);
        if base.prefix.len() + longest > usize::from(u16::MAX) - 1 {
            return Err(Error::configuration("the base URL's path is too long"));
        }
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, base.authority.clone());
        headers.insert(ACCEPT, HeaderValue::from_static(JSON));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        headers.insert(USER_AGENT, user_agent(agent_suffix)?);
        Ok(Self { prefix: base.prefix.clone(), headers })
    }

    /// The request of an operation, as far as it is the same in every attempt.
    pub(crate) fn prepare<O: Operation>(
        &self,
        operation: &O,
        credentials: Arc<Credentials>,
    ) -> Result<OperationRequest, Error> {
        let identity = operation.identity().map(|identity| {
            let value =
                identity.header_value().map_err(|cause| Error::identity(cause.to_string()))?;
            let mut value = HeaderValue::from_maybe_shared(Bytes::from(value.into_owned()))
                .expect("text without control characters is a header value");
            value.set_sensitive(true);
            Ok((HeaderName::from_static(identity.header_name()), value))
        });
        let body = operation.body().map_err(|cause| {
            Error::new(ErrorKind::Request, "the request's body cannot be written").caused_by(cause)
        })?;
        Ok(OperationRequest {
            credentials,
            method: method(O::SPEC.method),
            uri: self.uri(operation.target())?,
            media_type: O::SPEC.media_type,
            identity: identity.transpose()?,
            headers: own_headers(operation)?,
            body: body.unwrap_or_default().into(),
        })
    }

    /// The request of one attempt.
    pub(crate) fn request(&self, prepared: &OperationRequest) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(prepared.body.clone()));
        *request.method_mut() = prepared.method.clone();
        *request.uri_mut() = prepared.uri.clone();
        let headers = request.headers_mut();
        *headers = self.headers.clone();
        for (name, value) in &prepared.headers {
            headers.insert(name.clone(), value.clone());
        }
        headers.insert(AUTHORIZATION, prepared.credentials.header.clone());
        if prepared.media_type != JSON {
            headers.insert(ACCEPT, HeaderValue::from_static(prepared.media_type));
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(prepared.media_type));
        }
        if let Some((name, value)) = &prepared.identity {
            headers.insert(name.clone(), value.clone());
        }
        request
    }

    fn uri(&self, target: Cow<'static, str>) -> Result<Uri, Error> {
        let uri = match (target, self.prefix.as_str()) {
            (Cow::Borrowed(target), "") => {
                Uri::from_maybe_shared(Bytes::from_static(target.as_bytes()))
            }
            (target, prefix) => Uri::from_maybe_shared(Bytes::from(format!("{prefix}{target}"))),
        };
        uri.map_err(|cause| {
            Error::new(ErrorKind::Request, "the request's path or query is no part of a URL")
                .caused_by(cause)
        })
    }
}

/// The headers that only this operation has. One that is done once a key gets a key, if it has none: made
/// here, so that every attempt of the call has the same.
fn own_headers<O: Operation>(operation: &O) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
    let mut headers = operation.headers();
    if O::SPEC.repeat == Repeat::WithKey && headers.iter().all(|(name, _)| *name != IDEMPOTENCY_KEY)
    {
        headers.push((IDEMPOTENCY_KEY, random_uuid().to_string()));
    }
    headers.into_iter().map(|(name, value)| header(name, value)).collect()
}

/// A header line, if it can travel unchanged.
fn header(name: &str, value: String) -> Result<(HeaderName, HeaderValue), Error> {
    let is_changed = value.contains(char::is_control) || value.trim() != value;
    let header = match (HeaderName::from_bytes(name.as_bytes()), is_changed) {
        (Ok(name), false) => HeaderValue::try_from(value).ok().map(|value| (name, value)),
        _ => None,
    };
    header
        .ok_or_else(|| Error::new(ErrorKind::Request, format!("the header {name} cannot be sent")))
}

/// A UUID of version 4 that nobody foresees: from the keys of hash maps, which the system made.
fn random_uuid() -> uuid::Uuid {
    let half = |number: u8| u128::from(RandomState::new().hash_one(number));
    let bytes = ((half(0) << 64) | half(1)).to_be_bytes();
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

fn method(method: Method) -> hyper::Method {
    match method {
        Method::Get => hyper::Method::GET,
        Method::Post => hyper::Method::POST,
        Method::Patch => hyper::Method::PATCH,
        Method::Put => hyper::Method::PUT,
        Method::Delete => hyper::Method::DELETE,
    }
}

/// The value of the `Authorization` header, marked sensitive.
fn authorization(key: &ApiKey) -> HeaderValue {
    let mut value = HeaderValue::try_from(format!("Api-Key {}", key.text()))
        .expect("a key is visible ASCII, which is a header value");
    value.set_sensitive(true);
    value
}

fn user_agent(suffix: Option<&str>) -> Result<HeaderValue, Error> {
    let Some(suffix) = suffix else {
        return Ok(HeaderValue::from_static(OUR_AGENT));
    };
    let is_plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if suffix.trim().is_empty() || suffix.trim() != suffix || !suffix.bytes().all(is_plain) {
        return Err(Error::configuration(
            "user_agent_suffix must be visible ASCII without white space around it",
        ));
    }
    Ok(HeaderValue::try_from(format!("{OUR_AGENT} {suffix}"))
        .expect("visible ASCII and spaces are a header value"))
}

#[cfg(test)]
mod tests {
    use adapty_model::{GetProfile, GrantAccessLevel, Identity};
    use http_body_util::BodyExt;

    use super::*;

    fn request(base: &str, suffix: Option<&str>) -> Request<Full<Bytes>> {
        let base = BaseUrl::parse(base, false).unwrap();
        let requests = Requests::new(&base, suffix).unwrap();
        let operation = GetProfile::new(Identity::customer("jane"));
        requests.request(&requests.prepare(&operation, credentials()).unwrap())
    }

    fn credentials() -> Arc<Credentials> {
        let key = ApiKey::new("secret_live_BEHrYLTr").unwrap();
        Arc::new(Credentials::new(key))
    }

    /// The header lines, sorted.
    fn lines(request: &Request<Full<Bytes>>) -> Vec<String> {
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            format!("{name}: {}", value.to_str().unwrap())
        };
        let mut lines: Vec<_> = request.headers().iter().map(line).collect();
        lines.sort();
        lines
    }

    #[test]
    fn the_request_has_the_documented_headers_accept_and_no_other() {
        let expected = [
            "accept: application/json",
            "adapty-customer-user-id: jane",
            "authorization: Api-Key secret_live_BEHrYLTr",
            "content-type: application/json",
            "host: api.adapty.io",
            concat!("user-agent: adapty-transport/", env!("CARGO_PKG_VERSION")),
        ];
        assert_eq!(lines(&request(BaseUrl::DEFAULT, None)), expected);
    }

    #[test]
    fn the_key_is_sent_after_the_scheme_word_and_marked_sensitive() {
        let key = authorization(&ApiKey::new("secret_live_BEHrYLTr.ce5z").unwrap());
        assert_eq!(key.as_bytes(), b"Api-Key secret_live_BEHrYLTr.ce5z");
        assert!(key.is_sensitive());
    }

    #[test]
    fn the_id_is_sent_as_its_bytes_and_marked_sensitive() {
        let request = request(BaseUrl::DEFAULT, None);
        assert!(request.headers()["adapty-customer-user-id"].is_sensitive());
    }

    #[tokio::test]
    async fn a_body_is_sent_by_the_method_and_to_the_path_of_its_operation() {
        let base = BaseUrl::parse(BaseUrl::DEFAULT, false).unwrap();
        let requests = Requests::new(&base, None).unwrap();
        let grant = GrantAccessLevel::new(Identity::customer("jane"), "premium");
        let request = requests.request(&requests.prepare(&grant, credentials()).unwrap());
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), GrantAccessLevel::SPEC.path);
        let body = request.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, r#"{"access_level_id":"premium"}"#);
    }

    #[test]
    fn a_header_that_cannot_travel_unchanged_is_refused_by_name() {
        for value in ["a\r\nb", "a\0", " a", "a ", "\u{85}"] {
            let error = header("adapty-platform", value.to_owned()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Request, "{value:?}");
            assert_eq!(error.to_string(), "the header adapty-platform cannot be sent");
        }
        assert!(header("no name", String::new()).is_err());
        let (name, value) = header("adapty-platform", "iOS é".to_owned()).unwrap();
        assert_eq!((name.as_str(), value.as_bytes()), ("adapty-platform", "iOS é".as_bytes()));
    }

    #[test]
    fn no_two_keys_are_equal_and_each_is_a_random_uuid() {
        let keys: std::collections::HashSet<_> = (0..1000).map(|_| random_uuid()).collect();
        assert_eq!(keys.len(), 1000);
        assert!(keys.iter().all(|key| key.get_version_num() == 4));
    }

    #[test]
    fn the_path_keeps_its_last_slash_behind_any_prefix() {
        let plain = request(BaseUrl::DEFAULT, None);
        assert_eq!(plain.uri(), "/api/v2/server-side-api/profile/");
        let gated = request("https://gate.example/adapty/", None);
        assert_eq!(gated.uri(), "/adapty/api/v2/server-side-api/profile/");
    }

    #[test]
    fn a_path_in_front_that_leaves_no_room_for_ours_is_refused() {
        let built = |length: usize| {
            let url = format!("https://gate.example/{}", "a".repeat(length));
            let base = BaseUrl::parse(&url, false).unwrap();
            Requests::new(&base, None).map(drop)
        };
        assert!(built(65_000).is_ok());
        let error = built(65_510).unwrap_err().to_string();
        assert_eq!(error, "the base URL's path is too long");
    }

    #[test]
    fn the_agent_suffix_follows_our_name() {
        let request = request(BaseUrl::DEFAULT, Some("shop/2.1 (eu)"));
        let agent = request.headers()[USER_AGENT].to_str().unwrap();
        assert!(agent.starts_with("adapty-transport/") && agent.ends_with(" shop/2.1 (eu)"));
    }

    #[test]
    fn a_suffix_that_cannot_travel_is_refused() {
        for suffix in ["", " ", "a\r\nb", "é", " a", "a\t"] {
            let error = user_agent(Some(suffix)).unwrap_err().to_string();
            assert!(error.starts_with("user_agent_suffix must be"), "{suffix:?}");
        }
    }
}
