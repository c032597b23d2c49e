//! The envelope of a successful answer, and the way in and out of it.

use serde::{Deserialize, Serialize};

use super::Profile;
use crate::json::object::object;
use crate::json::{ReadError, WriteError, read, write_into};

/// A successful answer: `{"data": …}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a profile as data")]
pub struct ProfileResponse {
    /// The profile. Wire: `data`, an object; required.
    pub data: Profile,
}

object!(ProfileResponse);

impl ProfileResponse {
    /// Reads the body of a successful answer.
    ///
    /// This is the way to read one: it checks UTF-8 once for the whole body, and an error names
    /// the field at fault. `serde_json::from_slice` reads the same bodies (and some that are broken
    /// in unknown fields), with poorer messages that may show ids.
    ///
    /// # Errors
    ///
    /// - The body is not UTF-8, or not JSON: empty, cut off, followed by more, a page of
    ///   HTML, a byte order mark.
    /// - A required field is missing: `data`, `profile_id`, a collection, the id of a row,
    ///   `starts_at` and `expires_at` of an access level.
    /// - A field is there twice.
    /// - A field has a type that no document shows for it, such as a number for a date, a fraction
    ///   for `timestamp`, a number beyond every float, or text with half a surrogate pair.
    /// - A date is not of a documented form, or an id that should be a UUID is none.
    ///
    /// ```
    /// use adapty_model::ProfileResponse;
    ///
    /// let body = br#"{"data": {
    ///     "profile_id": "d8533a10-bcce-4e33-8c9d-88b05ac56559",
    ///     "custom_attributes": [], "subscriptions": [], "non_subscriptions": [],
    ///     "access_levels": [{"access_level_id": "premium", "expires_at": "soon"}]
    /// }}"#;
    /// let error = ProfileResponse::from_json(body).unwrap_err();
    /// assert_eq!(error.path(), "data.access_levels[0].expires_at");
    /// assert_eq!(
    ///     error.to_string(),
    ///     "data.access_levels[0].expires_at: expected a date with time and zone, \
    ///      found the string \"soon\"",
    /// );
    /// ```
    pub fn from_json(body: &[u8]) -> Result<Self, ReadError> {
        read(body)
    }

    /// Writes the body of an answer in the newest documented form: collections as arrays, dates
    /// with `+00:00`, the short spelling of offers, documented nulls spelled out, what is not
    /// stated left out.
    ///
    /// # Errors
    ///
    /// - `total_revenue_usd` is NaN or infinite.
    /// - A date lies outside the years 0000 to 9999 (UTC).
    #[inline]
    pub fn to_json(&self) -> Result<Vec<u8>, WriteError> {
        write_into(Vec::with_capacity(self.data.room()), self)
    }
}

impl From<Profile> for ProfileResponse {
    fn from(data: Profile) -> Self {
        Self { data }
    }
}
