//! Delete profile: what is answered, and what is gone.

use adapty_mock::{Answer, Edition, Fault, Filter, Identity, MockServer, Plan, Then};

use crate::support::*;

#[tokio::test]
async fn a_deleted_profile_is_a_204_without_a_body_and_gone_under_both_ids() {
    let server = MockServer::start().await;
    let seen = delete(&server, LIFETIME).await;
    assert_eq!((seen.status(), seen.body().as_str()), (204, ""));
    assert_eq!((seen.header("content-length"), seen.header("content-type")), (None, None));
    assert_eq!(seen.header("request-id").map(|id| id.len()), Some(32));
    assert_eq!(get(&server, "k", LIFETIME).await.status(), 404);
    let by_profile_id = "Authorization: Api-Key k\r\n\
                         adapty-profile-id: d8533a10-bcce-4e33-8c9d-88b05ac56559\r\n";
    assert_eq!(send(&server, &call(by_profile_id)).await.status(), 404);
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
}

#[tokio::test]
async fn a_second_delete_is_the_documented_404_of_the_edition() {
    let server = MockServer::start().await;
    delete(&server, JANE).await;
    let seen = delete(&server, JANE).await;
    assert_eq!(seen.status(), 404);
    assert_eq!(seen.body(), fixture!("get_profile.404.openapi.profile_does_not_exist"));
    server.app("k").set_edition(Edition::OlderPage);
    let seen = delete(&server, JANE).await;
    assert_eq!(seen.body(), fixture!("get_profile.404.older-page.not_found"));
}

#[tokio::test]
async fn a_delete_without_an_identity_deletes_nobody() {
    let server = MockServer::start().await;
    let text = call("Authorization: Api-Key k\r\n").replacen("GET", "DELETE", 1);
    assert_eq!(send(&server, &text).await.status(), 400);
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
}

#[tokio::test]
async fn the_journal_says_which_operation_it_was_and_whether_it_changed_anything() {
    let server = MockServer::start().await;
    delete(&server, JANE).await;
    delete(&server, JANE).await;
    get(&server, "k", JANE).await;
    let requests = server.app("k").requests();
    let told: Vec<_> = requests.iter().map(|it| (it.operation.as_deref(), it.changed)).collect();
    assert_eq!(
        told,
        [
            (Some("delete_profile"), true),
            (Some("delete_profile"), false),
            (Some("get_profile"), false)
        ]
    );
    assert_eq!(server.app("k").count(&Filter::any().operation("delete_profile")), 2);
}

#[tokio::test]
async fn a_made_up_answer_means_that_nothing_was_deleted() {
    for fault in [
        Answer::new(503).into(),
        Answer::new(204).into(),
        Fault::EmptyResponse,
        Fault::ConnectionResetByPeer,
        Fault::RandomDataThenClose,
        Fault::Raw { text: "HTTP/1.1 204 No Content\r\n\r\n".to_owned(), then: Then::Close },
    ] {
        let server = MockServer::start().await;
        let app = server.app("k");
        app.put_faults(Plan::new().then(fault.clone()));
        delete(&server, JANE).await;
        assert!(!app.requests()[0].changed, "{fault:?}");
        assert_eq!(get(&server, "k", JANE).await.status(), 200, "{fault:?}");
    }
}

#[tokio::test]
async fn a_fault_of_the_body_resets_an_answer_without_one_after_the_delete() {
    for fault in [
        Fault::HalfBodyThenClose,
        Fault::HalfBodyThenReset,
        Fault::Slicer { delay_ms: 0 },
        Fault::EndlessBody,
        Fault::WrongContentLength { by: 10 },
        Fault::WrongContentType { content_type: "text/html".to_owned() },
    ] {
        let server = MockServer::start().await;
        let app = server.app("k");
        app.put_faults(Plan::new().then(fault.clone()));
        let seen = delete(&server, JANE).await;
        assert_eq!(seen.end, End::Reset, "{fault:?}");
        assert!(!seen.text().contains("\r\n\r\n"), "{fault:?}: {}", seen.text());
        assert_eq!((app.requests()[0].status, app.requests()[0].changed), (None, true));
        assert_eq!(get(&server, "k", JANE).await.status(), 404, "{fault:?}");
    }
}

#[tokio::test]
async fn a_plan_for_an_operation_leaves_the_others_alone() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.put_faults(Plan::new().then(Answer::new(502)).for_operation("delete_profile"));
    app.put_faults(Plan::new().then(Fault::None).then(Answer::new(500)));
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
    assert_eq!(delete(&server, JANE).await.status(), 502);
    assert_eq!(get(&server, "k", JANE).await.status(), 500);
    assert_eq!(delete(&server, JANE).await.status(), 204);
    assert!(app.fault_plans().is_empty());
}

#[tokio::test]
async fn a_customers_plan_for_an_operation_comes_first() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.put_faults(Plan::new().then(Answer::new(500)).for_operation("delete_profile"));
    let jane = Identity::customer(JANE);
    app.put_faults_for(
        jane.clone(),
        Plan::new().then(Answer::new(502)).for_operation("delete_profile"),
    );
    app.put_faults_for(jane, Plan::new().then(Answer::new(503)));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(delete(&server, JANE).await.status());
    }
    assert_eq!(statuses, [502, 503, 500, 204]);
}

#[tokio::test]
#[should_panic(expected = "operation: there is no `get_profiles`, expected one of get_profile, ")]
async fn a_plan_for_no_operation_is_refused() {
    let server = MockServer::start().await;
    server.app("k").put_faults(Plan::new().then(Fault::Timeout).for_operation("get_profiles"));
}
