//! The tasks, as tables of steps.

use crate::step::Run::{Cargo, CargoWith, Own};
use crate::step::Step;
use crate::{arrows, fixtures, install, purity, suites, targets};

/// `cargo xtask ci`.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "format",
        what: "every file is formatted",
        run: Cargo(&["fmt", "--all", "--check"]),
    },
    Step {
        name: "clippy",
        what: "no warning in any target",
        run: Cargo(&[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ]),
    },
    Step {
        name: "tests",
        what: "tests and the examples in the docs",
        run: Cargo(&["test", "--locked", "--workspace", "--all-features"]),
    },
    Step {
        name: "precision",
        what: "adapty-model when another crate turns on serde_json's arbitrary_precision",
        run: Cargo(&[
            "test",
            "--locked",
            "--quiet",
            "-p",
            "adapty-model",
            "--test",
            "it",
            "--features",
            "serde_json/arbitrary_precision",
        ]),
    },
    Step {
        name: "docs",
        what: "the docs build without a warning",
        run: CargoWith(
            ("RUSTDOCFLAGS", "-D warnings"),
            &["doc", "--locked", "--workspace", "--no-deps", "--all-features"],
        ),
    },
    Step {
        name: "arrows",
        what: "modules import each other one way, and the walls stand",
        run: Own(arrows::check),
    },
    Step {
        name: "fixtures",
        what: "indexed, unedited, each used for itself",
        run: Own(fixtures::check),
    },
    Step {
        name: "purity",
        what: "adapty-model depends on what it may and on nothing else",
        run: Own(purity::check),
    },
    Step {
        name: "example",
        what: "get_profile on its own mock",
        run: Cargo(&["run", "--locked", "--quiet", "--example", "get_profile"]),
    },
    Step {
        name: "stored",
        what: "a profile that is stored and asked later",
        run: Cargo(&[
            "run",
            "--locked",
            "--quiet",
            "-p",
            "adapty-model",
            "--example",
            "store_profile",
        ]),
    },
    Step {
        name: "suites",
        what: "Python's and node's test suites against one adapty-mock",
        run: Own(suites::check),
    },
    Step {
        name: "targets",
        what: "adapty-mock builds for Linux, macOS and Windows, where their targets are installed",
        run: Own(targets::check),
    },
    Step {
        name: "install",
        what: "the README's line installs adapty-mock",
        run: Own(install::check),
    },
    Step {
        name: "packages",
        what: "every crate builds from its package",
        run: Cargo(&["package", "--locked", "--workspace", "--allow-dirty", "--quiet"]),
    },
];

/// `cargo xtask bench`.
pub(crate) const BENCHES: &[Step] = &[
    Step {
        name: "reading",
        what: "adapty-model: bodies to types and back",
        run: Cargo(&["bench", "--locked", "-p", "adapty-model", "--bench", "reading"]),
    },
    Step {
        name: "access",
        what: "adapty-model: the access decision",
        run: Cargo(&["bench", "--locked", "-p", "adapty-model", "--bench", "access"]),
    },
    Step {
        name: "asking",
        what: "adapty-transport: whole calls beside hyper-util's client",
        run: Cargo(&["bench", "--locked", "-p", "adapty-transport", "--bench", "asking"]),
    },
    Step {
        name: "outage",
        what: "adapty-transport: retries and their budget in a simulated outage",
        run: Cargo(&["bench", "--locked", "-p", "adapty-transport", "--bench", "outage"]),
    },
    Step {
        name: "answering",
        what: "adapty-mock: beside a bare hyper server",
        run: Cargo(&[
            "bench",
            "--locked",
            "-p",
            "adapty-mock",
            "--features",
            "cli",
            "--bench",
            "answering",
        ]),
    },
    Step {
        name: "memory",
        what: "adapty-mock: what hostile clients make it hold",
        run: Cargo(&[
            "bench",
            "--locked",
            "-p",
            "adapty-mock",
            "--features",
            "cli",
            "--bench",
            "memory",
        ]),
    },
    Step {
        name: "year",
        what: "adapty-mock: a year for a thousand subscribers, and for ten thousand",
        run: Cargo(&["bench", "--locked", "-p", "adapty-mock", "--bench", "year"]),
    },
];

/// `cargo xtask soak`.
pub(crate) const SOAK: &[Step] = &[Step {
    name: "soak",
    what: "adapty-transport: calls against random faults",
    run: Cargo(&["bench", "--locked", "-p", "adapty-transport", "--bench", "soak"]),
}];
