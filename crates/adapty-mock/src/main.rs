//! The command `adapty-mock`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
