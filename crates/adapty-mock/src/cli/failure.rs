//! Why the command ends badly, and how it says so.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

/// Why the command ends badly, in words and as an exit code.
pub(super) struct Failure {
    pub(super) what: String,
    pub(super) code: ExitCode,
}

impl Failure {
    /// A mistake in the options.
    pub(super) fn of_use(what: impl fmt::Display) -> Self {
        Self { what: what.to_string(), code: ExitCode::from(2) }
    }

    /// The server cannot start.
    pub(super) fn to_start(what: impl fmt::Display) -> Self {
        Self { what: what.to_string(), code: ExitCode::FAILURE }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Says one thing on standard error.
pub(super) fn say(what: fmt::Arguments<'_>) {
    // Where standard error is closed there is no other place.
    let _closed = writeln!(io::stderr(), "adapty-mock: {what}");
}

/// The runtime that the server runs on.
pub(super) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
