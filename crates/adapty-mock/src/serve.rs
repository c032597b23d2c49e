//! One connection: hyper for all that is well-formed, the bare socket for the rest.

use std::{convert::Infallible, future::poll_fn, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{request_id::RequestIds, route, server::Shared};

/// Answers on `stream` until the client leaves or an answer ends the connection.
pub(crate) async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| {
        std::future::ready(Ok::<_, Infallible>(answer(&request, &shared.request_ids)))
    });
    let mut connection = http1::Builder::new()
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    // Hyper leaves the socket open and gives it back, so that what hyper will not send can follow.
    let _ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    // The client may be gone already; there is nobody to tell.
    let _gone = stream.shutdown().await;
}

fn answer(request: &Request<Incoming>, ids: &RequestIds) -> Response<Full<Bytes>> {
    let (head, ()) = Request::builder()
        .method(request.method())
        .uri(request.uri())
        .body(())
        .expect("parts of a request make a request")
        .into_parts();
    let mut head = head;
    head.headers = request.headers().clone();
    let reply = route::answer(&head);
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, reply.content_type);
    headers.insert(
        HeaderName::from_static("request-id"),
        HeaderValue::from_bytes(&ids.next().digits())
            .expect("hexadecimal digits are visible ASCII"),
    );
    response
}
