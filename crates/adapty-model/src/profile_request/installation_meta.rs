//! The device or browser a customer uses the app on.

use serde::{Deserialize, Serialize};

use super::platform::Platform;
use crate::json::Field;
use crate::json::object::object;

/// One installation of the app. The documents' examples send `""` where an id is not known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an installation object")]
#[non_exhaustive]
pub struct InstallationMeta {
    /// The installation's id, by which it is the same one next time.
    ///
    /// Wire: `device_id`, a string; required. A UUID in the OpenAPI file, any id of the client's in
    /// the pages.
    pub device_id: String,

    /// The device's model. Wire: `device`, a string or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub device: Field<String>,

    /// The language, such as `en`. Wire: `locale`, a string or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub locale: Field<String>,

    /// The operating system with its version. Wire: `os`, a string or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub os: Field<String>,

    /// What the app runs on. Wire: `platform`, one of [`Platform`] or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub platform: Field<Platform>,

    /// The time zone, such as `Europe/Rome`. Wire: `timezone`, a string or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub timezone: Field<String>,

    /// What the browser calls itself. Wire: `user_agent`, a string or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub user_agent: Field<String>,

    /// The app's build. Wire: `app_build`, a string or `null`; in the OpenAPI file alone.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub app_build: Field<String>,

    /// The app's version. Wire: `app_version`, a string or `null`; in the OpenAPI file alone.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub app_version: Field<String>,

    /// The version of Adapty's SDK in the app.
    ///
    /// Wire: `adapty_sdk_version`, a string or `null`; in the OpenAPI file alone.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub adapty_sdk_version: Field<String>,

    /// Apple's advertising id. Wire: `idfa`, a string or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub idfa: Field<String>,

    /// Apple's id for the vendor's apps. Wire: `idfv`, a string or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub idfv: Field<String>,

    /// Google's advertising id. Wire: `advertising_id`, a string or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub advertising_id: Field<String>,

    /// Android's id of the device. Wire: `android_id`, a string or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub android_id: Field<String>,

    /// Android's id for the vendor's apps. Wire: `android_app_set_id`, a string or `null`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub android_app_set_id: Field<String>,
}

impl InstallationMeta {
    /// An installation of which nothing else is said.
    pub fn new(device_id: impl Into<String>) -> Self {
        Self {
            device_id: device_id.into(),
            device: Field::Absent,
            locale: Field::Absent,
            os: Field::Absent,
            platform: Field::Absent,
            timezone: Field::Absent,
            user_agent: Field::Absent,
            app_build: Field::Absent,
            app_version: Field::Absent,
            adapty_sdk_version: Field::Absent,
            idfa: Field::Absent,
            idfv: Field::Absent,
            advertising_id: Field::Absent,
            android_id: Field::Absent,
            android_app_set_id: Field::Absent,
        }
    }
}

object!(InstallationMeta);
