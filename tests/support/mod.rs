//! Servers and images that tests and the demo need: what an image is made of ([`artifact`]), a registry inside the
//! process that can misbehave on purpose ([`registry`]), and Debian's `docker-registry` under the test's control
//! ([`real`]).
//!
//! Everything listens on loopback at a free port and ends with the value that owns it. A test program takes the folder in
//! with `#[path = "../support/mod.rs"] mod support;`.

#![allow(
    dead_code,
    reason = "each test program uses its own part of this folder"
)]

pub mod artifact;
pub mod bare;
pub mod connect_proxy;
pub mod demo;
pub mod dns;
pub mod forms;
pub mod real;
pub mod registry;
pub mod tls;
pub mod wire;
