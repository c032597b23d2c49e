//! The command `adapty-mock`: the library's server for those who write no Rust.
//!
//! Nothing here but the command line; what it serves, and how, is the library's.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
