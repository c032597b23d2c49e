//! The README's lines are run, and what it shows is what the suites are made of.

use std::process::Command;

use adapty_mock::MockServer;
use adapty_mock::adapty_model::{ProfileResponse, time::OffsetDateTime, uuid::Uuid};

use crate::support::*;

const README: &str = include_str!("../../README.md");

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().expect("a first part"))
        .collect()
}

/// The `curl` commands, each with the output that the comment behind it promises.
fn curls() -> Vec<(String, String)> {
    let mut curls: Vec<(String, String)> = Vec::new();
    for line in blocks("sh").into_iter().flat_map(str::lines) {
        match (line.strip_prefix("# "), curls.last_mut()) {
            (None, _) if line.starts_with("curl ") => curls.push((line.to_owned(), String::new())),
            (None, Some((command, _))) if command.ends_with('\\') => {
                *command += &format!("\n{line}");
            }
            (Some(output), Some((_, promised))) if promised.is_empty() => {
                output.clone_into(promised);
            }
            _ => {}
        }
    }
    curls
}

#[test]
fn every_curl_line_prints_what_it_promises() {
    let server = MockServer::start_on_thread();
    let curls = curls();
    assert!(curls.len() >= 17, "{curls:#?}");
    for (command, promised) in curls {
        let mut shell = Command::new("sh");
        shell
            .args(["-euc", &command])
            .env("ADAPTY_API_URL", server.url())
            .env("ADAPTY_API_KEY", "k");
        let output = shell.output().expect("there is a shell");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), promised, "{command}");
    }
}

#[test]
fn the_first_test_shown_is_one_that_is_run() {
    assert_eq!(blocks("python")[0], include_str!("../python/test_first.py"));
}

#[test]
fn the_receiver_on_one_thread_is_one_that_is_run() {
    let suite = include_str!("../python/test_lifecycle.py");
    let shown: Vec<_> = blocks("python")[1].lines().collect();
    let run: Vec<_> = suite.lines().map(str::trim_start).collect();
    assert!(run.windows(shown.len()).any(|lines| lines == shown), "{shown:?}");
}

#[test]
fn the_first_test_for_node_is_one_that_is_run() {
    assert_eq!(blocks("js"), [include_str!("../node/first.test.mjs")]);
}

/// The two YAML files shown, as YAML is read: the workflow, and the services.
pub(crate) fn yaml() -> [serde_json::Value; 2] {
    let read = |block| serde_saphyr::from_str(block).expect("it is YAML");
    let files: Vec<_> = blocks("yaml").into_iter().map(read).collect();
    files.try_into().expect("two are shown")
}

#[test]
fn the_workflow_runs_the_lines_that_are_run_here() {
    let [workflow, _] = yaml();
    let steps = workflow["jobs"]["tests"]["steps"].as_array().unwrap();
    let lines: Vec<_> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    let kit = steps.iter().find_map(|step| step["with"]["path"].as_str()).unwrap();
    let [install, exec] = lines[..] else { panic!("{lines:?}") };
    // The first is what is installed by when this repository is checked out whole, the second the suites'.
    let shown: Vec<_> = blocks("sh").into_iter().flat_map(str::lines).collect();
    assert!(shown.contains(&install.replace(&format!("{kit}/"), "").as_str()), "{install}");
    assert!(shown.iter().any(|line| line.starts_with(exec)), "{exec}");
}

#[tokio::test]
async fn the_token_shown_gives_access_that_a_client_reads() {
    let curls = curls();
    let put = |it: &&(String, String)| it.0.contains("-X PUT") && it.0.contains("stripe-tokens");
    let (command, _) = curls.iter().find(put).expect("one is shown");
    let body = command.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    let server = MockServer::start().await;
    assert_eq!(admin(&server, "PUT stripe-tokens", "", body).await.0, 200);
    let request = fixture!("validate_stripe_purchase.request.openapi.placeholders");
    let request = request.replace("<YOUR_STRIPE_TOKEN>", "sub_1");
    let request = request.replace("<YOUR_CUSTOMER_USER_ID>", JANE);
    let path = "/api/v1/sdk/purchase/stripe/token/validate/";
    let media_type = "Content-Type: application/vnd.api+json\r\n";
    let seen = send(&server, &anonymous("POST", path, media_type, &request)).await;
    assert_eq!(seen.status(), 200, "{}", seen.text());
    let body = get(&server, "k", JANE).await.body();
    let profile = ProfileResponse::from_json(body.as_bytes()).expect("it reads").data;
    assert!(profile.access("premium", server.app("k").now()).is_granted());
}

#[test]
fn the_rust_version_told_is_the_one_that_is_needed() {
    let needed = format!("Rust](https://rustup.rs) {} or newer", env!("CARGO_PKG_RUST_VERSION"));
    assert!(README.contains(&needed), "{needed}");
}

#[test]
fn the_shell_script_shown_is_one_that_is_run() {
    assert!(blocks("sh").contains(&include_str!("../shell/beside.sh")));
}

#[test]
fn every_fault_shown_is_one_that_can_be_played() {
    let (_, table) =
        README.split_once("| fault | what a client sees |").expect("a table of faults");
    let rows = table
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with('|'))
        .filter(|line| line.contains('`'));
    let cells = rows.filter_map(|line| line.split('|').nth(1));
    let words: Vec<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(words.len() >= 16, "{words:?}");
    for word in words {
        serde_json::from_str::<adapty_mock::Fault>(word)
            .unwrap_or_else(|error| panic!("{word}: {error}"));
    }
}

#[test]
fn the_plan_shown_can_be_read() {
    let plan: adapty_mock::Plan = serde_json::from_str(blocks("json")[0]).unwrap();
    assert_eq!((plan.steps.len(), plan.seed), (2, 7));
}

#[tokio::test]
async fn the_event_shown_is_one_that_is_sent() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).unwrap());
    let mut events = app.events();
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    let sent = events.try_next().expect("an event").body;
    let blocks = blocks("json");
    let shown = blocks.iter().find(|block| block.contains("event_type")).expect("one is shown");
    let read = |json: &[u8]| {
        let mut event: serde_json::Value = serde_json::from_slice(json).expect("JSON");
        let id = event["event_properties"]["profile_event_id"].take();
        assert!(id.as_str().is_some_and(|id| Uuid::try_parse(id).is_ok()), "{id}");
        event
    };
    assert_eq!(read(shown.as_bytes()), read(&sent));
}
