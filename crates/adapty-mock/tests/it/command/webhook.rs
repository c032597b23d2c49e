//! The webhook of the server.

use super::{Running, START, admin, command, exec, hook, run, said};

const SUBSCRIPTION: &str =
    r#"{"customer_user_id": "jane.doe@example.com", "product": "p", "period": "P1M"}"#;

#[test]
fn every_app_sends_its_events_to_the_webhook_of_the_server_without_asking_first() {
    let (url, hook) = hook(200, 4);
    let server =
        Running::start(&["--webhook-url", &url, "--webhook-authorization", "the whole text"]);
    for key in ["one", "other"] {
        let start = admin("POST", "subscriptions", SUBSCRIPTION);
        let answer = server.ask(&start.replace("Api-Key k", &format!("Api-Key {key}")));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    let seen = hook.join().unwrap();
    for (seen, event) in seen.iter().zip(["subscription_started", "access_level_updated"].repeat(2))
    {
        assert!(seen.starts_with("POST /hook HTTP/1.1\r\n"), "{seen}");
        assert!(seen.contains("\r\nauthorization: the whole text\r\n"), "{seen}");
        assert!(seen.contains(&format!(r#""event_type":"{event}""#)), "{seen}");
    }
    server.ask(&admin("POST", "reset", ""));
    let told = server.ask(&admin("GET", "webhook", ""));
    assert!(told.contains(&format!(r#""Production":"{url}""#)), "{told}");
}

#[test]
fn the_authorization_of_the_webhook_is_in_no_output() {
    let secret = "Bearer 12345678";
    let mut help = command(&["exec", "--help"]);
    let (_, stdout, _) =
        said(&help.env("ADAPTY_MOCK_WEBHOOK_AUTHORIZATION", secret).output().unwrap());
    assert!(stdout.contains("ADAPTY_MOCK_WEBHOOK_AUTHORIZATION") && !stdout.contains("12345678"));
    for (url, value, named) in [
        ("http://h/", "12345678\n", "--webhook-authorization: it cannot be a header's value"),
        ("12345678", secret, "--webhook-url: it does not begin with http:// and a host"),
    ] {
        let arguments = ["--webhook-url", url, "--webhook-authorization", value];
        let (code, stdout, stderr) = said(&run(&arguments));
        assert_eq!((code, stdout.as_str()), (Some(2), ""));
        assert!(stderr.contains(named) && !stderr.contains("12345678"), "{stderr}");
    }
    let (url, hook) = hook(500, 2);
    let script = format!("{START} && exit 1");
    let (code, stdout, stderr) = exec(&[
        "--webhook-url",
        &url,
        "--webhook-authorization",
        secret,
        "--",
        "sh",
        "-c",
        &script,
    ]);
    assert!(hook.join().unwrap()[0].contains(secret));
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("undelivered") && !stderr.contains("12345678"), "{stderr}");
}
