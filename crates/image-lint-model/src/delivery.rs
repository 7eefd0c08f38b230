//! A chart of the repository with the values that something of the repository gives it: an Argo CD Application, a Flux
//! HelmRelease, a helmfile, a `helm` command.

use image_lint_text::source::Span;

/// One way in which a chart is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The chart's folder.
    pub chart: Box<str>,
    pub base: Base,
    /// What comes later counts before what came earlier.
    pub values: Vec<Given>,
}

/// What a path is written from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The top of the repository.
    Top,
    /// The folder of the file that names it.
    Here,
    /// The folder that a script is started in: the top, or the script's own.
    Started,
}

/// Values that a chart is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A values file; None: its path is one of the chart's folder.
    File { path: Box<str>, base: Option<Base> },
    /// YAML, in pieces: each with the byte of the file that it begins at, or with the bytes that it was made of.
    Text(Vec<(Box<str>, Span)>),
    /// `--set NAME=VALUE`; `text` says that it is never a number or a truth value.
    Set {
        name: Box<str>,
        value: Box<str>,
        at: Span,
        text: bool,
    },
}

impl Given {
    /// Where it is written in the file that gives it.
    pub fn spans(&self) -> Vec<Span> {
        match self {
            Given::File { .. } => Vec::new(),
            Given::Text(pieces) => pieces.iter().map(|(_, span)| *span).collect(),
            Given::Set { at, .. } => vec![*at],
        }
    }
}
