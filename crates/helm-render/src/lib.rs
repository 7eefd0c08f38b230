//! Renders Helm charts as helm 3 does, in process, and remembers where every character came from.
//!
//! Without a cluster, a network, an environment or a clock: what only those could give is a marked unknown. One meter
//! bounds what a rendering costs. This crate knows no image.
//!
//! ```
//! use helm_render::{File, Renderer, allowance, load};
//! use image_lint_text::meter::Meter;
//! use image_lint_text::rendered::SourceId;
//!
//! let files = [
//!     ("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
//!     ("values.yaml", "tag: v1\n"),
//!     ("templates/pod.yaml", "image: quay.io/a/b:{{ .Values.tag }}\n"),
//! ];
//! let files: Vec<File> = files
//!     .into_iter()
//!     .enumerate()
//!     .map(|(i, (path, text))| File {
//!         path: path.into(),
//!         source: SourceId(i as u32),
//!         bytes: text.as_bytes().into(),
//!     })
//!     .collect();
//! let meter = Meter::new(allowance(1000));
//! let chart = load(&files, &meter)?;
//! let output = Renderer::new(&chart).render(&helm_render::Value::Nil, &meter);
//! assert_eq!(output.files[0].1.as_str(), "image: quay.io/a/b:v1\n");
//! # Ok::<(), helm_render::LoadError>(())
//! ```
#![forbid(unsafe_code)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "module docs lead through private rooms; the docs are built with --document-private-items"
)]

mod archive;
mod ast;
mod chart;
mod coalesce;
mod exec;
mod functions;
mod glob;
mod json;
mod lex;
mod parse;
mod print;
mod render;
mod search;
mod value;
mod watch;
mod yaml;

pub use chart::{Chart, Dependency, File, LoadError, Part, load};
pub use coalesce::{at, overlay};
pub use exec::{Failure, Stop};
pub use glob::ignored;
pub use render::{Output, Renderer, allowance, missing};
pub use search::{Seeker, Switches};
pub use value::{Map, Value};
pub use watch::Wanted;
pub use yaml::{printed_otherwise, read as read_yaml};
