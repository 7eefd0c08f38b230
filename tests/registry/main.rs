//! The servers that other tests stand on, asked with bare requests; and the client against real registries.

#[path = "../support/mod.rs"]
mod support;

mod client;
mod demo;
mod follow_up;
mod in_process;
mod real_servers;
