//! The example as a person runs it: what it prints, and how it ends.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use adapty_mock::{Answer, Fault};

use crate::support::{CUSTOMER, Fake, KEY};

const SETTINGS: [&str; 4] =
    ["ADAPTY_API_KEY", "ADAPTY_SECRET_API_KEY", "ADAPTY_API_URL", "ADAPTY_SEND_KEY_UNENCRYPTED"];

const PROFILE_ID: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

/// Runs the example with nothing of ours in its environment.
fn example(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(built);
    let mut command = Command::new(&*BUILT);
    for name in SETTINGS {
        command.env_remove(name);
    }
    command.args(arguments).envs(variables.iter().copied()).output().unwrap()
}

/// Builds the example beside these tests: cargo does so by itself only when all of them are to run.
fn built() -> PathBuf {
    let tests = env::current_exe().unwrap();
    let profile = tests.parent().and_then(Path::parent).unwrap();
    let target = profile.parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--example", "get_profile", "--manifest-path"]);
    cargo.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).arg("--target-dir").arg(target);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    // Ours, and a reason for some build scripts to run again if they are seen.
    let is_ours =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in env::vars().filter(|(name, _)| is_ours(name)) {
        cargo.env_remove(name);
    }
    assert!(cargo.status().unwrap().success(), "the example does not build");
    profile.join("examples").join("get_profile")
}

/// The exit code, and the one line on standard error.
fn ended(output: &Output) -> (Option<i32>, String) {
    let line = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(line.lines().count(), usize::from(!output.status.success()), "{line}");
    (output.status.code(), line)
}

fn real(fake: &Fake, arguments: &[&str]) -> (Option<i32>, String) {
    ended(&example(arguments, &[("ADAPTY_API_KEY", KEY), ("ADAPTY_API_URL", &fake.url())]))
}

#[test]
fn without_settings_it_prints_the_documents_profile() {
    let output = example(&[], &[]);
    let page = String::from_utf8(output.stdout).unwrap();
    for part in [CUSTOMER, "9.99 US dollars", "premium: granted for ever", "favourite_sport = yoga"]
    {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn its_help_names_each_setting_that_stops_the_fake() {
    let page = String::from_utf8(example(&["--help"], &[]).stdout).unwrap();
    for setting in SETTINGS {
        assert!(page.contains(setting), "no {setting} in {page}");
        let (code, line) = ended(&example(&["--profile-id", PROFILE_ID], &[(setting, "")]));
        assert_eq!(code, Some(2), "{setting}: {line}");
    }
}

#[test]
fn it_asks_for_whom_it_is_told() {
    let by_profile = ["--profile-id", PROFILE_ID];
    let page = String::from_utf8(example(&by_profile, &[]).stdout).unwrap();
    assert!(page.contains("109.89 US dollars"), "{page}");
    let by_customer = ["--customer-user-id=jane.doe@example.com"];
    let page = String::from_utf8(example(&by_customer, &[]).stdout).unwrap();
    assert!(page.contains("jane.doe@example.com"), "{page}");
}

#[test]
fn a_missing_profile_ends_with_3() {
    let (code, line) = ended(&example(&["--customer-user-id", "nobody"], &[]));
    assert_eq!(code, Some(3));
    assert!(line.starts_with("failed to get profile: profile not found (status 404"), "{line}");
}

#[test]
fn a_refused_key_ends_with_4() {
    let (code, line) = real(&Fake::always(Answer::new(401)), &["--customer-user-id", CUSTOMER]);
    assert_eq!(code, Some(4));
    assert!(line.starts_with("failed to get profile: unauthorized"), "{line}");
}

#[test]
fn an_unreachable_host_ends_with_5() {
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", bound.local_addr().unwrap());
    let variables = [("ADAPTY_API_KEY", KEY), ("ADAPTY_API_URL", url.as_str())];
    let (code, line) = ended(&example(&["--customer-user-id", CUSTOMER], &variables));
    assert_eq!(code, Some(5));
    assert!(line.starts_with("failed to get profile: no connection (3 attempts)"), "{line}");
}

#[test]
fn any_other_failure_ends_with_1() {
    let fake = Fake::always(Fault::EndlessHead);
    assert_eq!(real(&fake, &["--customer-user-id", CUSTOMER]).0, Some(1));
}

const MISTAKES: &[(&[&str], &str)] = &[
    (&["--customer"], "unknown argument --customer; --help names them\n"),
    (&["--customer-user-id"], "--customer-user-id needs a value\n"),
    (&["--profile-id", "nobody"], "--profile-id needs a UUID\n"),
    (&["--profile-id=", "a"], "--profile-id needs a UUID\n"),
    (&["--customer-user-id=a", "--customer-user-id=b"], "one identity at a time, please\n"),
    (&["--customer-user-id="], "failed to get profile: the customer user id is empty\n"),
];

#[test]
fn a_mistake_of_use_ends_with_2_and_says_which() {
    for (arguments, line) in MISTAKES {
        assert_eq!(ended(&example(arguments, &[])), (Some(2), (*line).to_owned()));
    }
    let (code, line) = real(&Fake::well(), &[]);
    assert_eq!(code, Some(2));
    assert!(line.starts_with("say whose profile"), "{line}");
}
