//! One request of a webhook, told apart.

use serde::Deserialize;

use super::event::Event;
use crate::json::{ReadError, read};

/// What a webhook's request brings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Delivery {
    /// `{}`, which Adapty sends when the webhook's settings are saved. It wants any 2xx status and any
    /// JSON as the body; only then do events come.
    Verification,
    /// An event. It is delivered once it is answered with a status from 200 to 404, within 10 seconds.
    Event(Box<Event>),
}

impl Delivery {
    /// Reads the body of a webhook's request.
    ///
    /// # Errors
    ///
    /// Those of [`Event::from_json`] for everything but an empty object.
    ///
    /// ```
    /// use adapty_model::Delivery;
    ///
    /// assert_eq!(Delivery::from_json(b"{}")?, Delivery::Verification);
    /// let error = Delivery::from_json(br#"{"event_type": "trial_started"}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "profile_id is missing");
    /// # Ok::<(), adapty_model::ReadError>(())
    /// ```
    pub fn from_json(body: &[u8]) -> Result<Self, ReadError> {
        if is_empty_object(body) {
            return Ok(Self::Verification);
        }
        Event::from_json(body).map(|event| Self::Event(Box::new(event)))
    }
}

fn is_empty_object(body: &[u8]) -> bool {
    /// Refuses every field.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    // An empty array would pass for an object of no fields.
    let is_object = || body.trim_ascii_start().first() == Some(&b'{');
    // A long body is no verification, and need not be looked at twice.
    body.len() < 64 && is_object() && read::<Nothing>(body).is_ok()
}
