//! The request, as far as it can be built before the call.

use http_body_util::Empty;
use hyper::{
    Request, Uri,
    body::Bytes,
    header::{
        ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
    },
};

use crate::{api_key::ApiKey, base_url::BaseUrl, error::Error};

const PROFILE: &str = "/api/v2/server-side-api/profile/";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const OUR_AGENT: &str = concat!("adapty-transport/", env!("CARGO_PKG_VERSION"));

/// What every request of a client has in common, built once.
pub(crate) struct Requests {
    profile: Uri,
    headers: HeaderMap,
}

impl Requests {
    pub(crate) fn new(
        base: &BaseUrl,
        key: &ApiKey,
        agent_suffix: Option<&str>,
    ) -> Result<Self, Error> {
        let profile = format!("{}{PROFILE}", base.prefix)
            .parse()
            .map_err(|_| Error::configuration("the base URL's path is too long"))?;
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, base.authority.clone());
        headers.insert(AUTHORIZATION, key.authorization().clone());
        headers.insert(ACCEPT, JSON);
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(USER_AGENT, user_agent(agent_suffix)?);
        Ok(Self { profile, headers })
    }

    pub(crate) fn get_profile(
        &self,
        (name, value): &(HeaderName, HeaderValue),
    ) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.profile.clone();
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(name.clone(), value.clone());
        request
    }
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
    use super::*;
    use crate::identity::Identity;

    fn request(base: &str, suffix: Option<&str>) -> Request<Empty<Bytes>> {
        let base = BaseUrl::parse(base, false).unwrap();
        let key = ApiKey::new("secret_live_BEHrYLTr").unwrap();
        let identity = Identity::customer("jane").into_header().unwrap();
        Requests::new(&base, &key, suffix).unwrap().get_profile(&identity)
    }

    /// The header lines, sorted.
    fn lines(request: &Request<Empty<Bytes>>) -> Vec<String> {
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
            Requests::new(&base, &ApiKey::new("k").unwrap(), None).map(drop)
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
