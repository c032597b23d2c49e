//! What every operation says of itself.

use std::borrow::Cow;

use super::answer::AnswerError;
use super::request::{self, Request, RequestError};
use super::spec::{Repeat, Spec};
use crate::errors::ErrorResponse;
use crate::identity::Identity;
use crate::json::{ReadError, WriteError};
use crate::validation::ValidationError;

/// One call of the API, as a value: what is sent, how an answer is read, and how safe it is to send
/// twice.
///
/// It performs no I/O. A client of its own HTTP sends [`request`](Self::request) and gives what came
/// to [`answer`](Self::answer); the crate's README shows it whole.
///
/// An operation that changes something can be kept and sent later: with serde it is an object of its
/// public fields, whom it is about and its `Idempotency-Key` among them, and it reads back as it was.
/// That names the customer, and the store's token where there is one: nothing for a log.
pub trait Operation {
    /// What a successful answer says.
    type Answer: 'static;

    /// What holds for every request of the operation.
    const SPEC: Spec;

    /// Whose profile is meant; `None` where the operation sends no identity header.
    fn identity(&self) -> Option<&Identity>;

    /// The path, percent-encoded where it has a placeholder in [`SPEC`](Self::SPEC).
    fn path(&self) -> Cow<'static, str> {
        Cow::Borrowed(Self::SPEC.path)
    }

    /// The query's names and values, as they are before percent-encoding.
    fn query(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The headers that only this request has, their names in lower case.
    fn headers(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The request's body; `None` where it has none.
    ///
    /// # Errors
    ///
    /// A value has no JSON form, such as a date beyond the year 9999.
    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        Ok(None)
    }

    /// Holds the request against the documents' rules, as far as they can be checked without asking.
    ///
    /// Nothing else calls it: a request that breaks a rule is sent all the same, and Adapty decides.
    ///
    /// # Errors
    ///
    /// Every rule that is broken, and where; the operation's type says which there are.
    fn validate(&self) -> Result<(), ValidationError> {
        Ok(())
    }

    /// When this request may be sent again.
    fn repeat(&self) -> Repeat {
        Self::SPEC.repeat
    }

    /// Texts of the path, the query or the body that no log and no error may show: customer ids and
    /// store tokens. The identity is one without being named here.
    fn secrets(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Reads the body of a successful answer.
    ///
    /// # Errors
    ///
    /// The body is not what the operation answers; the error names the place.
    fn read(&self, body: &[u8]) -> Result<Self::Answer, ReadError>;

    /// The path and the query as they stand in a request, percent-encoded.
    fn target(&self) -> Cow<'static, str> {
        request::target(self.path(), &self.query())
    }

    /// All there is to send but the address and the key.
    ///
    /// # Errors
    ///
    /// - The identity cannot travel in a header unchanged.
    /// - A header of the request's own cannot either: a control character is in it, or white space
    ///   around it.
    /// - The body has no JSON form.
    fn request(&self) -> Result<Request, RequestError> {
        let media_type = || Self::SPEC.media_type.to_owned();
        let mut headers = vec![("accept", media_type()), ("content-type", media_type())];
        if let Some(identity) = self.identity() {
            let value = identity.header_value().map_err(RequestError::Identity)?;
            headers.push((identity.header_name(), value.into_owned()));
        }
        for (name, value) in self.headers() {
            if value.contains(char::is_control) || value.trim() != value {
                return Err(RequestError::Header(name));
            }
            headers.push((name, value));
        }
        let body = self.body().map_err(RequestError::Body)?;
        Ok(Request { method: Self::SPEC.method, target: self.target(), headers, body })
    }

    /// What an answer means: what the operation wanted to know, or why it was not told.
    ///
    /// # Errors
    ///
    /// - The status is not the operation's status of success.
    /// - It is, and the body is not what the operation answers.
    fn answer(&self, status: u16, body: &[u8]) -> Result<Self::Answer, AnswerError> {
        if status == Self::SPEC.success {
            return self.read(body).map_err(AnswerError::Unreadable);
        }
        let error = ErrorResponse::said_in(body);
        let meaning = error.as_ref().and_then(|error| Self::SPEC.meaning(status, error));
        Err(AnswerError::Refused { status, meaning, error })
    }
}
