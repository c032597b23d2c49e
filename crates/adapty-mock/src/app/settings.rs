//! How an app answers where the documents leave it open or contradict each other.

/// How a missing profile is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingProfile {
    /// With the documented 404.
    #[default]
    NotFound,
    /// With the documented 401: the older "Get profile" page says under 401 that the request also
    /// fails because the profile was not found.
    Unauthorized,
}
