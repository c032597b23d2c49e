//! The signals that end a command, on each kind of system.

use std::{future::poll_fn, io};

#[cfg(unix)]
use self::unix::Coming;
#[cfg(windows)]
use self::windows::Coming;

/// A signal that asks the process to end.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(windows, expect(dead_code, reason = "nothing hangs up there"))]
pub(super) enum Signal {
    HangUp,
    Interrupt,
    Terminate,
}

impl Signal {
    /// Its number on every Unix, where 128 more is the exit code of who ends by it.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::HangUp => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }
}

/// The signals as they come; from its making on they no longer end the process by themselves.
pub(super) struct Signals(Coming);

impl Signals {
    /// All but the hang-up.
    pub(super) fn new() -> io::Result<Self> {
        Coming::new().map(Self)
    }

    /// Takes the hang-up too, where there is one.
    pub(super) fn with_hang_up(&mut self) -> io::Result<()> {
        self.0.with_hang_up()
    }

    /// The next to come.
    pub(super) async fn next(&mut self) -> Signal {
        poll_fn(|context| self.0.poll(context)).await
    }
}

#[cfg(unix)]
mod unix {
    use std::{
        io,
        task::{Context, Poll},
    };

    use tokio::signal::unix::{Signal as Listener, SignalKind, signal};

    use super::Signal;

    pub(super) struct Coming(Vec<(Signal, Listener)>);

    impl Coming {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self(vec![
                (Signal::Interrupt, signal(SignalKind::interrupt())?),
                (Signal::Terminate, signal(SignalKind::terminate())?),
            ]))
        }

        pub(super) fn with_hang_up(&mut self) -> io::Result<()> {
            self.0.push((Signal::HangUp, signal(SignalKind::hangup())?));
            Ok(())
        }

        pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Signal> {
            for (signal, listener) in &mut self.0 {
                if listener.poll_recv(context) == Poll::Ready(Some(())) {
                    return Poll::Ready(*signal);
                }
            }
            Poll::Pending
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::{
        io,
        task::{Context, Poll},
    };

    use tokio::signal::windows::{
        CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown,
    };

    use super::Signal;

    pub(super) struct Coming {
        c: CtrlC,
        r#break: CtrlBreak,
        close: CtrlClose,
        shutdown: CtrlShutdown,
    }

    impl Coming {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self {
                c: ctrl_c()?,
                r#break: ctrl_break()?,
                close: ctrl_close()?,
                shutdown: ctrl_shutdown()?,
            })
        }

        #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as where there is one")]
        pub(super) fn with_hang_up(&mut self) -> io::Result<()> {
            Ok(())
        }

        pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Signal> {
            let came = Poll::Ready(Some(()));
            if self.c.poll_recv(context) == came {
                return Poll::Ready(Signal::Interrupt);
            }
            if self.r#break.poll_recv(context) == came
                || self.close.poll_recv(context) == came
                || self.shutdown.poll_recv(context) == came
            {
                return Poll::Ready(Signal::Terminate);
            }
            Poll::Pending
        }
    }
}
