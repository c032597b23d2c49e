//! A grant whose connection is killed at every byte of its request and of its answer: whether the error
//! says truthfully that the grant may have been made, by the journal of the fake behind.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use adapty_transport::ErrorKind;
use adapty_transport::adapty_model::GrantAccessLevel;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Fake, RawServer, builder, customer, run};

/// After how many bytes the connection dies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Killed {
    #[default]
    Never,
    InRequest(usize),
    InAnswer(usize),
}

/// A way to the fake on which connections die.
struct Way {
    killed: Arc<Mutex<Killed>>,
    /// How long the last whole request and its answer were.
    lengths: Arc<Mutex<(usize, usize)>>,
    server: RawServer,
}

impl Way {
    fn to(fake: SocketAddr) -> Self {
        let (killed, lengths) = (Arc::<Mutex<Killed>>::default(), Arc::<Mutex<_>>::default());
        let (settings, seen) = (Arc::clone(&killed), Arc::clone(&lengths));
        let server = RawServer::open(move |mut peer| {
            let (killed, seen) = (*settings.lock().unwrap(), Arc::clone(&seen));
            async move {
                let mut fake = TcpStream::connect(fake).await?;
                if let Killed::InRequest(length) = killed {
                    let mut begun = vec![0; length];
                    peer.stream.read_exact(&mut begun).await?;
                    fake.write_all(&begun).await?;
                    // Whatever the fake makes of it, it has made of it when it closes.
                    fake.shutdown().await?;
                    fake.read_to_end(&mut Vec::new()).await?;
                    return peer.reset();
                }
                let request = peer.request_with_body().await?;
                fake.write_all(request.as_bytes()).await?;
                let answer = answer(&mut fake).await?;
                *seen.lock().unwrap() = (request.len(), answer.len());
                let length = match killed {
                    Killed::InAnswer(length) => length,
                    _ => answer.len(),
                };
                peer.stream.write_all(&answer[..length]).await
            }
        });
        Self { killed, lengths, server }
    }
}

/// A whole answer with a length.
async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&answer).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let begin = answer.len();
    answer.resize(begin + length.unwrap().parse::<usize>().unwrap(), 0);
    stream.read_exact(&mut answer[begin..]).await?;
    Ok(answer)
}

#[test]
fn an_error_says_truthfully_at_every_byte_whether_the_grant_may_have_been_made() {
    let fake = Fake::well();
    let way = Way::to(fake.address());
    let client = builder(&way.server.url()).build().unwrap();
    let grant = || GrantAccessLevel::new(customer(), "premium");
    let made = || {
        let count = fake.app.requests().iter().filter(|request| request.changed).count();
        fake.app.reset();
        count
    };
    run(async {
        let client = client;
        client.grant_access_level(grant()).await.unwrap();
        assert_eq!(made(), 1);
        let (request, answer) = *way.lengths.lock().unwrap();
        assert!(request > 200 && answer > 500, "{request} {answer}");
        let in_request = (0..=request).map(Killed::InRequest);
        for killed in in_request.chain((0..=answer).map(Killed::InAnswer)) {
            *way.killed.lock().unwrap() = killed;
            let outcome = client.grant_access_level(grant()).await;
            let sent_whole =
                killed == Killed::InRequest(request) || matches!(killed, Killed::InAnswer(_));
            assert_eq!(made(), usize::from(sent_whole), "{killed:?}");
            if killed == Killed::InAnswer(answer) {
                assert!(outcome.is_ok(), "{killed:?}");
                continue;
            }
            let error = outcome.expect_err("the answer is not whole");
            let said = "not sent again, since the server may have acted on it";
            let perhaps: Vec<_> =
                error.attempts().iter().map(|attempt| attempt.may_have_reached_server).collect();
            if killed == Killed::InRequest(0) && !error.may_have_reached_server() {
                // The server accepts, reads nothing and resets. Whether the client writes before it hears
                // of that is up to the two threads; it knows afterwards, and here it wrote nothing, thrice.
                // That it says so whenever nothing can have been written, the tests below show.
                assert_eq!(perhaps, [false; 3]);
                assert!(error.is_retryable() && !error.to_string().contains(said), "{error}");
                continue;
            }
            // Once a byte of it was sent, nobody here knows how far it came.
            assert_eq!(error.kind(), ErrorKind::Connection, "{killed:?}");
            assert_eq!(perhaps.last(), Some(&true), "{killed:?}");
            let only_unseen_before = perhaps.iter().filter(|seen| **seen).count() == 1;
            assert!(only_unseen_before, "{killed:?}: {perhaps:?}");
            assert!(perhaps.len() == 1 || killed == Killed::InRequest(0), "{killed:?}");
            assert!(!error.is_retryable(), "{killed:?}");
            assert!(error.to_string().contains(said), "{killed:?}: {error}");
        }
    });
    let url = way.server.url();
    drop(way);
    let client = builder(&url).build().unwrap();
    // Nobody listens any more: nothing can have been made, and the error says so.
    let error = run(async move { client.grant_access_level(grant()).await.unwrap_err() });
    assert!(error.is_retryable() && !error.may_have_reached_server());
    assert_eq!((error.kind(), made()), (ErrorKind::Connect, 0));
}

#[test]
fn a_connection_that_dies_before_a_grant_can_be_written_says_that_none_was_made() {
    // Under TLS nothing of a request leaves before the handshake is done, whatever comes first.
    for length in [0, 1, 5, 6, 50, 100, 150] {
        let server = RawServer::open(move |mut peer| async move {
            peer.stream.read_exact(&mut vec![0; length]).await?;
            peer.reset()
        });
        let client = builder(&server.url().replace("http:", "https:")).build().unwrap();
        let grant = GrantAccessLevel::new(customer(), "premium");
        let error = run(async move { client.grant_access_level(grant).await.unwrap_err() });
        assert_eq!(error.kind(), ErrorKind::Connect, "{length}");
        assert!(error.is_retryable() && !error.may_have_reached_server(), "{length}");
        assert_eq!((error.attempts().len(), server.connections()), (3, 3), "{length}");
        assert_eq!(error.to_string(), "no connection (3 attempts)", "{length}");
    }
}
