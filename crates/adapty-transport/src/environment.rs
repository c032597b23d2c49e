//! The settings that the environment holds.

use std::{env, ffi::OsString};

use crate::{api_key::ApiKey, builder::ClientBuilder, client::Client, error::Error};

const KEY: &str = "ADAPTY_API_KEY";
const SECRET_KEY: &str = "ADAPTY_SECRET_API_KEY";
const URL: &str = "ADAPTY_API_URL";
const UNENCRYPTED: &str = "ADAPTY_SEND_KEY_UNENCRYPTED";

impl Client {
    /// A client as the environment describes it: `ADAPTY_API_KEY` or `ADAPTY_SECRET_API_KEY`, and
    /// `ADAPTY_API_URL` where it is not the real API. `ADAPTY_SEND_KEY_UNENCRYPTED=1` is
    /// [`send_key_unencrypted`](ClientBuilder::send_key_unencrypted). A variable that is set to
    /// nothing is set: a secret that was not filled in is refused, not passed over.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) when
    /// - neither key is set, both are and differ, or the one that is set is no [`ApiKey`],
    /// - a variable is not UTF-8,
    /// - `ADAPTY_SEND_KEY_UNENCRYPTED` is neither `0` nor `1`,
    /// - [`ClientBuilder::build`] refuses the URL.
    pub fn from_env() -> Result<Self, Error> {
        read(|name| env::var_os(name))?.build()
    }
}

/// The settings that `lookup`, given the name of a variable, finds in the environment.
fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Result<ClientBuilder, Error> {
    let text = |name: &'static str| match lookup(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(Error::configuration(format!("{name} is not UTF-8"))),
    };
    let key = match (text(KEY)?, text(SECRET_KEY)?) {
        (Some(one), Some(other)) if one != other => {
            return Err(Error::configuration(format!(
                "{KEY} and {SECRET_KEY} are both set and differ"
            )));
        }
        (Some(key), _) => named(KEY, key)?,
        (None, Some(key)) => named(SECRET_KEY, key)?,
        (None, None) => {
            return Err(Error::configuration(format!("neither {KEY} nor {SECRET_KEY} is set")));
        }
    };
    let mut builder = Client::builder(key);
    if let Some(url) = text(URL)? {
        builder = builder.base_url(url);
    }
    match text(UNENCRYPTED)?.as_deref() {
        None | Some("0") => Ok(builder),
        Some("1") => Ok(builder.send_key_unencrypted()),
        Some(_) => Err(Error::configuration(format!("{UNENCRYPTED} is neither 0 nor 1"))),
    }
}

fn named(name: &str, key: String) -> Result<ApiKey, Error> {
    ApiKey::new(key)
        .map_err(|cause| Error::configuration(format!("{name} holds no API key")).caused_by(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(variables: &[(&str, &str)]) -> Result<(), String> {
        read(|name| {
            let (_, value) = variables.iter().find(|(it, _)| *it == name)?;
            Some(OsString::from(value))
        })
        .and_then(ClientBuilder::build)
        .map(drop)
        .map_err(|error| error.to_string())
    }

    fn refused(variables: &[(&str, &str)]) -> String {
        build(variables).unwrap_err()
    }

    #[test]
    fn either_name_of_the_key_is_enough() {
        assert_eq!(build(&[(KEY, "k")]), Ok(()));
        assert_eq!(build(&[(SECRET_KEY, "k")]), Ok(()));
        assert_eq!(build(&[(KEY, "k"), (SECRET_KEY, "k")]), Ok(()));
    }

    #[test]
    fn two_different_keys_are_refused() {
        assert_eq!(
            refused(&[(KEY, "one"), (SECRET_KEY, "two")]),
            "ADAPTY_API_KEY and ADAPTY_SECRET_API_KEY are both set and differ"
        );
    }

    #[test]
    fn no_key_and_an_empty_key_are_refused_by_name() {
        assert_eq!(refused(&[]), "neither ADAPTY_API_KEY nor ADAPTY_SECRET_API_KEY is set");
        assert_eq!(refused(&[(KEY, "")]), "ADAPTY_API_KEY holds no API key");
    }

    #[test]
    fn a_variable_set_to_nothing_is_not_passed_over() {
        assert!(refused(&[(KEY, ""), (SECRET_KEY, "k")]).ends_with("are both set and differ"));
        assert_eq!(refused(&[(KEY, "k"), (URL, "")]), "the base URL is not a URL");
        let unencrypted = refused(&[(KEY, "k"), (UNENCRYPTED, "")]);
        assert_eq!(unencrypted, "ADAPTY_SEND_KEY_UNENCRYPTED is neither 0 nor 1");
    }

    #[test]
    fn a_url_that_would_send_the_key_unencrypted_needs_the_variable_that_says_so() {
        let far = [(KEY, "k"), (URL, "http://gate.example")];
        assert!(refused(&far).contains("unencrypted"));
        assert_eq!(build(&[far[0], far[1], (UNENCRYPTED, "1")]), Ok(()));
        assert!(refused(&[far[0], far[1], (UNENCRYPTED, "0")]).contains("unencrypted"));
        assert_eq!(
            refused(&[far[0], (UNENCRYPTED, "yes")]),
            "ADAPTY_SEND_KEY_UNENCRYPTED is neither 0 nor 1"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_text_is_refused_by_name() {
        use std::os::unix::ffi::OsStringExt;
        let broken = |name: &str| (name == KEY).then(|| OsString::from_vec(vec![0xFF]));
        let error = read(broken).map(drop).unwrap_err();
        assert_eq!(error.to_string(), "ADAPTY_API_KEY is not UTF-8");
    }
}
