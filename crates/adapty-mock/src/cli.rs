//! The command line.

use std::{
    io::{self, Write},
    net::SocketAddr,
    process::ExitCode,
};

use adapty_mock::MockServer;
use clap::Parser;

/// A fake Adapty server for tests.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Runs the command.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match serve(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _nobody_listens = writeln!(io::stderr(), "adapty-mock: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &Arguments) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = MockServer::builder().listen(arguments.listen).start().await?;
        writeln!(io::stdout(), "adapty-mock listening on {}", server.url())?;
        std::future::pending::<()>().await;
        Ok(())
    })
}
