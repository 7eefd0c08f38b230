//! `list --files`: each file with who read it, how many mentions it has, and what was skipped and why. `list --unread`:
//! files that name an image and are of a kind that nobody reads.

use std::io::{self, Write};

use serde::Serialize;

use super::Note;
use super::list::ListFormat;
use image_lint_model::mention::Skip;
use image_lint_model::sanitize;
use image_lint_text::source::RepoPath;

/// One file of a run.
#[derive(Debug)]
pub struct FileEntry<'a> {
    pub path: &'a RepoPath,
    /// None: its bytes show that it names no image, so nobody read it further.
    pub reader: Option<&'static str>,
    pub mentions: usize,
    pub skips: Vec<&'a Skip>,
    pub notes: Vec<&'a Note>,
}

#[derive(Serialize)]
struct Row {
    path: String,
    reader: Option<&'static str>,
    mentions: usize,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct Skipped {
    /// From 1; null when the whole file was.
    line: Option<u32>,
    why: String,
    /// The file is a template of which no more could be expected.
    expected: bool,
}

/// Writes the files in the order given.
///
/// # Errors
/// Those of the stream.
pub fn list_files(
    files: &[FileEntry<'_>],
    format: ListFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ListFormat::Text => files.iter().try_for_each(|file| text(file, out)),
        ListFormat::Json => {
            let rows: Vec<Row> = files.iter().map(row).collect();
            serde_json::to_writer_pretty(&mut *out, &rows)?;
            out.write_all(b"\n")
        }
        ListFormat::JsonLines => files.iter().try_for_each(|file| {
            serde_json::to_writer(&mut *out, &row(file))?;
            out.write_all(b"\n")
        }),
    }
}

/// A file of `list --unread`.
#[derive(Serialize)]
struct UnreadRow {
    path: String,
    /// Of the first image, from 1.
    line: u32,
}

/// Writes files that nobody reads, each with the line of the first image in it.
///
/// # Errors
/// Those of the stream.
pub fn list_unread(
    files: &[(&RepoPath, u32)],
    format: ListFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rows: Vec<UnreadRow> = files
        .iter()
        .map(|(path, line)| UnreadRow {
            path: sanitize::path(path),
            line: *line,
        })
        .collect();
    match format {
        ListFormat::Text => rows.iter().try_for_each(|row| {
            let text = format!("{}:{}\n", row.path, row.line);
            out.write_all(sanitize::break_commands(&text).as_bytes())
        }),
        ListFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &rows)?;
            out.write_all(b"\n")
        }
        ListFormat::JsonLines => rows.iter().try_for_each(|row| {
            serde_json::to_writer(&mut *out, row)?;
            out.write_all(b"\n")
        }),
    }
}

fn row(file: &FileEntry<'_>) -> Row {
    let skips = file.skips.iter().map(|skip| Skipped {
        line: Some(skip.place.start.line),
        why: sanitize::line(&skip.why).into_owned(),
        expected: skip.expected,
    });
    let notes = file.notes.iter().map(|note| Skipped {
        line: None,
        why: sanitize::text(&note.message).into_owned(),
        expected: false,
    });
    Row {
        path: sanitize::path(file.path),
        reader: file.reader,
        mentions: file.mentions,
        skipped: skips.chain(notes).collect(),
    }
}

fn text(file: &FileEntry<'_>, out: &mut dyn Write) -> io::Result<()> {
    let row = row(file);
    let mut text = format!(
        "{}  {}  {}\n",
        row.path,
        row.reader.unwrap_or("-"),
        super::count::of(row.mentions, "mention")
    );
    for skipped in row.skipped {
        let line = skipped
            .line
            .map_or(String::new(), |line| format!("line {line}: "));
        let expected = if skipped.expected {
            " (a template)"
        } else {
            ""
        };
        text.push_str(&format!("    {line}{}{expected}\n", skipped.why));
    }
    out.write_all(sanitize::break_commands(&text).as_bytes())
}
