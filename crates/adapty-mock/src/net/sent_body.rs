//! The body of a response as hyper takes it: whole, or made as it is sent.

use std::{
    convert::Infallible,
    mem::take,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::reply::Pieces;

/// The body of a response.
pub(super) struct SentBody {
    pub(super) first: Bytes,
    pub(super) more: Option<Pieces>,
}

impl Body for SentBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = self.get_mut();
        let next = match take(&mut body.first) {
            first if first.is_empty() => body.more.as_mut().and_then(Iterator::next),
            first => Some(first),
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_empty() && self.more.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.more {
            None => SizeHint::with_exact(self.first.len() as u64),
            Some(_) => SizeHint::default(),
        }
    }
}
