//! The network: the sockets of one server, and what goes over them.

mod accept;
mod connections;
mod connection;
mod sent_body;
mod connection_state;
mod socket;
mod raw_socket;

pub(crate) use self::accept::{Finish, accept, listen};
