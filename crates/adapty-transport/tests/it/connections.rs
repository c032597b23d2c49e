//! How connections are kept, reused, replaced and closed. What an answer over them means is tested
//! elsewhere.

use std::time::Duration;

use adapty_transport::adapty_model::Profile;
use adapty_transport::{Error, ErrorKind, Limit, Response, RetryPolicy};
use tokio::{io::AsyncWriteExt, net::TcpSocket};

use crate::support::{
    CUSTOMER, Crowd, Flag, MOMENT, PROFILE, RawServer, answer, builder, customer, fails, hurried,
    kinds, leave, patient, profile, run, run_ahead, succeeds,
};

#[test]
fn calls_one_after_another_share_a_connection() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap();
    run(async move {
        for _ in 0..5 {
            client.clone().get_profile(customer()).await.unwrap();
        }
    });
    assert_eq!((server.connections(), server.requests()), (1, 5));
}

#[test]
fn calls_at_once_have_a_connection_each_and_leave_it_to_later_ones() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).share_reads(false).build().unwrap();
    run(async move {
        for _ in 0..3 {
            let (one, other) =
                tokio::join!(client.get_profile(customer()), client.get_profile(customer()));
            assert!(one.is_ok() && other.is_ok());
        }
    });
    assert_eq!((server.connections(), server.requests()), (2, 6));
}

#[test]
fn an_answer_that_closes_its_connection_is_not_followed_on_it() {
    let server = RawServer::saying_once(answer("200 OK", &["connection: close"], PROFILE));
    let client = builder(&server.url()).build().unwrap();
    run(async move {
        for _ in 0..3 {
            let answer = client.get_profile(customer()).await.unwrap();
            assert_eq!(answer.attempts, 1);
        }
    });
    assert_eq!((server.connections(), server.requests()), (3, 3));
}

/// Answers the first request of its first connection, and resets at every other.
fn answering_once() -> RawServer {
    RawServer::open(|mut peer| async move {
        peer.request().await?;
        if peer.number == 0 {
            peer.stream.write_all(profile().as_bytes()).await?;
            peer.request().await?;
        }
        peer.reset()
    })
}

/// Resets its first connection as the second request arrives there, and answers all others.
fn failing_once() -> RawServer {
    RawServer::open(|mut peer| async move {
        for request in 0.. {
            peer.request().await?;
            if peer.number == 0 && request == 1 {
                return peer.reset();
            }
            peer.stream.write_all(profile().as_bytes()).await?;
        }
        Ok(())
    })
}

/// What the second of two calls comes to without retries.
fn second_call(server: &RawServer) -> Result<Response<Profile>, Error> {
    let client = builder(&server.url()).retry(RetryPolicy::none()).build().unwrap();
    run(async move {
        client.get_profile(customer()).await.unwrap();
        client.get_profile(customer()).await
    })
}

#[test]
fn an_idle_connection_that_dies_under_a_request_costs_one_more_attempt_and_no_retry() {
    let server = failing_once();
    assert_eq!(second_call(&server).unwrap().attempts, 2);
    assert_eq!((server.connections(), server.requests()), (2, 3));
}

#[test]
fn a_stale_connection_is_replaced_once_a_call_and_then_the_policy_counts() {
    let server = answering_once();
    let error = second_call(&server).unwrap_err();
    let stale: Vec<_> = error.attempts().iter().map(|it| it.stale_connection).collect();
    assert_eq!(stale, [true, false]);
    assert_eq!(kinds(&error), [ErrorKind::Connection; 2]);
    assert_eq!((server.connections(), server.requests()), (2, 3));
}

#[test]
fn a_reused_connection_that_fell_silent_is_not_followed_by_another_reused_one() {
    let server = RawServer::open(|mut peer| async move {
        peer.request().await?;
        peer.stream.write_all(profile().as_bytes()).await?;
        peer.wait_for_the_end().await
    });
    let client = patient(&server.url()).share_reads(false).build().unwrap();
    let attempts = run(async move {
        let ask = || client.get_profile(customer());
        assert!(tokio::join!(ask(), ask(), ask()).2.is_ok());
        ask().await.unwrap().attempts
    });
    assert_eq!((attempts, server.connections()), (2, 4));
}

#[test]
fn a_close_after_the_first_byte_counts_as_a_retry() {
    let server = RawServer::open(|mut peer| async move {
        peer.request().await?;
        peer.stream.write_all(profile().as_bytes()).await?;
        peer.request().await?;
        peer.stream.write_all(b"H").await?;
        peer.stream.shutdown().await?;
        peer.wait_for_the_end().await
    });
    let error = second_call(&server).unwrap_err();
    assert_eq!(kinds(&error), [ErrorKind::Connection]);
    assert_eq!(server.requests(), 2);
}

/// Of two calls the second begins after more bytes (and, if told so, the end) have come on the
/// connection of the first, which the runtime has had no chance to notice.
fn second_call_after(more: impl Into<String>, then_closes: bool) -> (RawServer, Response<Profile>) {
    let more = more.into();
    let (over, said) = (Flag::default(), Flag::default());
    let (is_over, has_said) = (over.clone(), said.clone());
    let server = RawServer::open(move |mut peer| {
        let (more, over, said) = (more.clone(), over.clone(), said.clone());
        async move {
            peer.request().await?;
            peer.stream.write_all(profile().as_bytes()).await?;
            if peer.number == 0 {
                over.wait().await;
                peer.stream.write_all(more.as_bytes()).await?;
                if then_closes {
                    peer.stream.shutdown().await?;
                }
                said.raise();
            }
            peer.wait_for_the_end().await
        }
    });
    let client = builder(&server.url()).retry(RetryPolicy::none()).build().unwrap();
    let answer = run(async move {
        client.get_profile(customer()).await.unwrap();
        is_over.raise();
        has_said.block();
        client.get_profile(customer()).await.unwrap()
    });
    (server, answer)
}

#[test]
fn an_answer_nobody_asked_for_is_never_given_to_the_next_customer() {
    let theirs = answer("200 OK", &[], &PROFILE.replace(CUSTOMER, "somebody else"));
    let (server, answer) = second_call_after(theirs, false);
    assert_eq!(answer.body.customer_user_id.as_deref(), Some(CUSTOMER));
    assert_eq!((answer.attempts, server.connections(), server.requests()), (2, 2, 2));
}

#[test]
fn an_answer_nobody_asked_for_that_comes_with_the_one_asked_for_is_not_given_either() {
    let theirs = PROFILE.replace(CUSTOMER, "somebody else");
    let server = RawServer::saying(profile() + &answer("200 OK", &[], &theirs));
    let client = builder(&server.url()).build().unwrap();
    run(async move {
        for _ in 0..20 {
            let answer = client.get_profile(customer()).await.unwrap();
            assert_eq!(answer.body.customer_user_id.as_deref(), Some(CUSTOMER));
        }
    });
    assert_eq!(server.requests(), 20);
}

#[test]
fn a_408_to_an_idle_client_costs_no_retry() {
    let farewell = answer("408 Request Timeout", &["connection: close"], "");
    for (more, closes) in [(farewell.as_str(), true), (farewell.as_str(), false), ("", true)] {
        let (server, answer) = second_call_after(more, closes);
        assert_eq!((answer.attempts, server.connections(), server.requests()), (2, 2, 2));
    }
}

#[test]
fn dropping_a_call_closes_its_connection_and_sends_nothing_more() {
    let server = RawServer::open(|mut peer| async move {
        peer.request().await?;
        peer.wait_for_the_end().await
    });
    leave(builder(&server.url()), &server);
    assert_eq!((server.connections(), server.requests()), (1, 1));
}

#[test]
fn dropping_a_call_in_a_body_closes_its_connection_and_sends_nothing_more() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 3387\r\n\r\n{";
    let server = RawServer::saying(half);
    leave(builder(&server.url()), &server);
    assert_eq!((server.connections(), server.requests()), (1, 1));
}

#[test]
fn dropping_a_call_in_its_backoff_sends_nothing_more() {
    let server = RawServer::saying(answer("503 Service Unavailable", &["retry-after: 5"], ""));
    leave(builder(&server.url()), &server);
    assert_eq!((server.connections(), server.requests()), (1, 1));
}

#[test]
fn dropping_the_client_closes_what_was_idle() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap();
    run(async {
        client.get_profile(customer()).await.unwrap();
        drop(client);
        server.until_closed().await;
    });
    assert_eq!(server.connections(), 1);
}

/// Lets two watches over idle connections pass.
async fn wait_idly() {
    tokio::time::pause();
    for _ in 0..2 {
        tokio::time::advance(Duration::from_secs(46)).await;
        tokio::task::yield_now().await;
    }
    tokio::time::resume();
}

#[test]
fn a_connection_nobody_uses_is_closed_after_a_while() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap();
    run_ahead(async {
        client.get_profile(customer()).await.unwrap();
        wait_idly().await;
        server.until_closed().await;
    });
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_connection_in_use_is_not_idle() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap();
    run_ahead(async move {
        for _ in 0..6 {
            client.get_profile(customer()).await.unwrap();
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(30)).await;
            tokio::time::resume();
        }
    });
    assert_eq!((server.connections(), server.requests()), (1, 6));
}

#[test]
fn a_client_outlives_the_runtime_of_its_connections() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap();
    for _ in 0..3 {
        let client = client.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(async move { client.get_profile(customer()).await });
        assert_eq!(answer.unwrap().attempts, 1);
    }
    assert_eq!(server.requests(), 3);
}

#[test]
fn a_runtime_that_does_not_run_holds_up_no_call_on_another() {
    let server = RawServer::saying(profile());
    let client = patient(&server.url()).build().unwrap();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (standing, running) = (runtime(), runtime());
    let ask = |runtime: &tokio::runtime::Runtime| {
        runtime.block_on(async { client.get_profile(customer()).await.unwrap().attempts })
    };
    assert_eq!((ask(&standing), ask(&running), ask(&running), ask(&standing)), (1, 1, 1, 1));
    assert_eq!(server.connections(), 2);
}

#[test]
fn calls_cross_the_threads_of_a_multi_thread_runtime() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).share_reads(false).build().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let ask = || {
        let client = client.clone();
        runtime.spawn(async move { client.get_profile(customer()).await })
    };
    let calls: Vec<_> = (0..50).map(|_| ask()).collect();
    for call in calls {
        assert!(runtime.block_on(call).unwrap().is_ok());
    }
    assert_eq!(server.requests(), 50);
}

#[test]
fn nobody_listening_is_no_connection_and_retried() {
    let bound = TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let error = fails(builder(&format!("http://{}", bound.local_addr().unwrap())));
    assert_eq!(kinds(&error), [ErrorKind::Connect; 3]);
    assert_eq!(error.to_string(), "no connection (3 attempts)");
    assert!(!error.may_have_reached_server() && error.limit().is_none());
}

#[test]
fn a_full_backlog_that_never_accepts_is_cut_by_the_connect_limit_and_retried() {
    let error = fails(hurried(&Crowd::gather().url()).attempt_timeout(MOMENT * 10));
    assert_eq!(kinds(&error), [ErrorKind::Connect; 3]);
    assert_eq!(error.limit(), Some(Limit::Connect));
    let message = "no connection within the connect timeout of 200ms (3 attempts)";
    assert_eq!(error.to_string(), message);
    assert!(!error.may_have_reached_server() && error.is_retryable());
}

#[test]
fn an_attempt_cut_while_it_connects_has_not_been_seen() {
    let error = fails(builder(&Crowd::gather().url()).attempt_timeout(MOMENT));
    assert_eq!(kinds(&error), [ErrorKind::Timeout; 3]);
    assert_eq!(error.limit(), Some(Limit::Attempt));
    assert!(!error.may_have_reached_server());
}

#[test]
fn dropping_a_call_that_connects_leaves_nothing_running() {
    let crowd = Crowd::gather();
    for url in [crowd.url(), crowd.url_by_name()] {
        let client = builder(&url).build().unwrap();
        let call = async move { client.get_profile(customer()).await.is_ok() };
        let hurry = Duration::from_millis(5);
        assert!(run(async move { tokio::time::timeout(hurry, call).await.is_err() }));
    }
}

#[test]
fn a_name_that_is_none_is_no_connection_and_retried() {
    // No name server is asked for a label of more than 63 characters.
    let url = format!("http://{}.invalid", "a".repeat(64));
    let error = fails(builder(&url).send_key_unencrypted());
    assert_eq!(kinds(&error), [ErrorKind::Connect; 3]);
    assert_eq!(error.to_string(), "no connection (3 attempts)");
    assert!(!error.may_have_reached_server() && error.limit().is_none());
}

#[test]
fn a_name_is_tried_at_each_of_its_addresses() {
    // `localhost` may be ::1 first, where this server does not listen.
    let server = RawServer::saying(profile());
    let answer = succeeds(builder(&format!("http://localhost:{}", server.port())));
    assert_eq!(answer.attempts, 1);
}
