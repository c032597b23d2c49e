//! Filters: which requests of a journal.

use std::fmt;

use adapty_model::Identity;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::request::Request;
use crate::faults::{Fault, check_operation};

/// The methods of HTTP.
const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];

/// Conditions on a request; all of those given must hold, and none given means every request.
///
/// As JSON: an object of those given, `{"customer_user_id": "jane.doe@example.com", "status": 404}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Filter {
    /// The `adapty-customer-user-id` sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_user_id: Option<String>,
    /// The `adapty-profile-id` sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_id: Option<Uuid>,
    /// The method, in capitals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path, without a query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The operation asked for, by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The status answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The name of the fault injected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl Filter {
    /// Every request.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Those that name this customer or this profile.
    #[must_use]
    pub fn about(mut self, identity: impl Into<Identity>) -> Self {
        match identity.into() {
            Identity::CustomerUserId(id) => self.customer_user_id = Some(id),
            Identity::ProfileId(id) => self.profile_id = Some(id),
        }
        self
    }

    /// Those sent with this method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Those sent to this path.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Those for this operation, such as `grant_access_level`.
    #[must_use]
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        self.operation = Some(name.into());
        self
    }

    /// Those answered with this status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Those into whose response the fault of this name was injected.
    #[must_use]
    pub fn fault(mut self, name: impl Into<String>) -> Self {
        self.fault = Some(name.into());
        self
    }

    /// Says which condition no request can fulfil, such as an operation that there is not.
    pub(crate) fn check(&self) -> Result<(), String> {
        let one_of = |field: &str, wanted: &Option<String>, known: &[&str]| match wanted {
            Some(word) if !known.contains(&word.as_str()) => {
                Err(format!("{field}: there is no `{word}`, expected one of {}", known.join(", ")))
            }
            _ => Ok(()),
        };
        one_of("method", &self.method, &METHODS)?;
        self.operation.as_deref().map_or(Ok(()), check_operation)?;
        one_of("fault", &self.fault, &Fault::NAMES)
    }

    /// Whether the conditions hold for a request.
    #[must_use]
    pub fn matches(&self, request: &Request) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        is(&self.customer_user_id, request.customer_user_id())
            && self.profile_id.is_none_or(|wanted| request.profile_id() == Some(wanted))
            && is(&self.method, Some(&request.method))
            && is(&self.path, request.path.split('?').next())
            && is(&self.operation, request.operation.as_deref())
            && self.status.is_none_or(|wanted| request.status == Some(wanted))
            && is(&self.fault, request.fault.as_deref())
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("requests")?;
        if let Some(method) = &self.method {
            write!(f, " with method {method}")?;
        }
        if let Some(path) = &self.path {
            write!(f, " to {path}")?;
        }
        if let Some(operation) = &self.operation {
            write!(f, " of operation {operation}")?;
        }
        if let Some(id) = &self.customer_user_id {
            write!(f, " for customer `{id}`")?;
        }
        if let Some(id) = &self.profile_id {
            write!(f, " for profile {id}")?;
        }
        if let Some(status) = self.status {
            write!(f, " answered {status}")?;
        }
        if let Some(fault) = &self.fault {
            write!(f, " with fault {fault}")?;
        }
        Ok(())
    }
}
