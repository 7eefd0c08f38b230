//! The servers that other tests stand on, asked with bare requests; and the client against real registries.

#[path = "../support/mod.rs"]
mod support;

mod asking;
mod budget;
mod client;
mod conf;
mod demo;
mod economy;
mod evidence;
mod follow_up;
mod in_process;
mod inspect;
mod matrix;
mod patience;
mod pulls;
mod real_servers;
mod rows;
mod tokens;
mod ways;
