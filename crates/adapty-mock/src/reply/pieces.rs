//! Bodies that are made as they are sent, so that no list is ever whole in memory.

use std::fmt;

use bytes::Bytes;

/// How much is made at a time.
const AT_ONCE: usize = 16 * 1024;

/// The rest of a body, piece by piece.
pub(crate) struct Pieces(Box<dyn Iterator<Item = Vec<u8>> + Send>);

impl Pieces {
    pub(crate) fn new(pieces: impl Iterator<Item = Vec<u8>> + Send + 'static) -> Self {
        Self(Box::new(pieces))
    }
}

impl Iterator for Pieces {
    type Item = Bytes;

    /// Several short pieces in one.
    fn next(&mut self) -> Option<Bytes> {
        let mut pieces = self.0.next()?;
        while pieces.len() < AT_ONCE {
            let Some(piece) = self.0.next() else { break };
            pieces.extend_from_slice(&piece);
        }
        Some(Bytes::from(pieces))
    }
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pieces")
    }
}
