//! The formats by name, which of them a CI host gets unasked, and the one function that writes any of them.

use std::io::{self, Write};

use crate::report::{Report, Style, human};

/// An output format of `lint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    Human,
}

/// Writes a report in one format.
///
/// # Errors
/// Those of the stream.
pub fn write(format: Format, report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, style, out),
    }
}
