//! The platform's roots instead of those built in. Which they are is a matter of the environment, so that
//! each test runs itself again, as a process of its own with another one.

use std::{env, fs, process::Command};

use crate::support::{builder, fails, succeeds};
use crate::tls::{by_name, root, server, signed};

/// Holds the URL that the inner process asks.
const INNER: &str = "ADAPTY_TEST_INNER_URL";

/// The URL to ask, in a process where the platform trusts what `pem` holds; `None` in the outer one,
/// once that has ended well.
fn inner(test: &str, pem: &str, url: &str) -> Option<String> {
    if let Ok(url) = env::var(INNER) {
        return Some(url);
    }
    let name = format!("adapty-transport-{}-{test}.pem", std::process::id());
    let path = env::temp_dir().join(name);
    fs::write(&path, pem).unwrap();
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", &format!("platform_roots::{test}")])
        .env(INNER, url)
        .env("SSL_CERT_FILE", &path)
        .env_remove("SSL_CERT_DIR")
        .status();
    fs::remove_file(&path).unwrap();
    assert!(status.unwrap().success(), "the inner process failed");
    None
}

#[test]
fn a_root_of_the_platform_is_trusted_when_it_is_asked_for_and_only_then() {
    let root = root();
    let server = server(&signed(&root, "localhost", |_| {}));
    let test = "a_root_of_the_platform_is_trusted_when_it_is_asked_for_and_only_then";
    match inner(test, &root.pem(), &by_name(&server)) {
        Some(url) => {
            succeeds(builder(&url).platform_root_certificates());
            assert_eq!(fails(builder(&url)).to_string(), "no secure connection");
        }
        None => assert_eq!(server.requests(), 1),
    }
}

#[test]
fn a_root_that_the_platform_does_not_have_can_be_added() {
    let (of_platform, extra) = (root(), root());
    let server = server(&signed(&extra, "localhost", |_| {}));
    let test = "a_root_that_the_platform_does_not_have_can_be_added";
    // The inner process makes roots of its own; only the platform's are the outer one's.
    if let Some(url) = inner(test, &of_platform.pem(), &by_name(&server)) {
        let error = fails(builder(&url).platform_root_certificates());
        assert_eq!(error.to_string(), "no secure connection");
        let own = builder(&by_name(&server)).platform_root_certificates();
        succeeds(own.extra_root_certificates(extra.pem()));
    }
}

#[test]
fn a_platform_without_roots_is_refused_by_name() {
    let url = "https://gate.example";
    if let Some(url) = inner("a_platform_without_roots_is_refused_by_name", "no PEM", url) {
        let error = builder(&url).platform_root_certificates().build().unwrap_err();
        assert_eq!(error.to_string(), "the platform has no root certificates");
    }
}
