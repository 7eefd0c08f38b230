//! Where reports go: stdout in one format, files in any number of others. Files are written whole or not at all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::Failure;
use crate::cli::{ReportArgs, When};
use crate::report::{self, Format, Report, Style};

/// The outputs of a run, checked before anything is read or asked.
#[derive(Debug)]
pub struct Outputs {
    /// Written to stdout one after the other.
    formats: Vec<Format>,
    style: Style,
    files: Vec<(Format, PathBuf)>,
    quiet: bool,
    statistics: bool,
}

impl Outputs {
    /// # Errors
    /// An unknown format, an `--output` that is not FORMAT=PATH, a folder that does not exist.
    pub fn new(
        args: &ReportArgs,
        env: &BTreeMap<String, String>,
        on_stderr: bool,
    ) -> Result<Self, Failure> {
        let formats = match args.format.as_str() {
            "auto" => Format::detect(env).to_vec(),
            name => vec![parse(name, "--format")?],
        };
        let mut files = Vec::new();
        for output in &args.output {
            let text = output.to_string_lossy();
            let Some((name, path)) = text.split_once('=') else {
                return Err(Failure::Usage(format!(
                    "--output {text}: not FORMAT=PATH, such as sarif=image-lint.sarif"
                )));
            };
            let format = parse(name, "--output")?;
            if path == "-" {
                return Err(Failure::Usage(format!(
                    "--output {text}: `-` is not a file; --format {name} writes to standard output"
                )));
            }
            let path = exact_path(output, name.len() + 1, path);
            let folder = path
                .parent()
                .filter(|f| !f.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            if !folder.is_dir() {
                return Err(Failure::Usage(format!(
                    "--output {text}: the folder `{}` does not exist",
                    folder.display()
                )));
            }
            if path.is_dir() {
                return Err(Failure::Usage(format!("--output {text}: that is a folder")));
            }
            files.push((format, path));
        }
        let terminal = if on_stderr {
            io::stderr().is_terminal()
        } else {
            io::stdout().is_terminal()
        };
        let mut style = Style::detect(env, terminal, columns(terminal));
        match args.color {
            When::Auto => {}
            When::Always => style.color = true,
            When::Never => style.color = false,
        }
        style.verbose = args.verbose > 0;
        style.quiet = args.quiet;
        Ok(Outputs {
            formats,
            style,
            files,
            quiet: args.quiet,
            statistics: args.statistics,
        })
    }

    /// Whether somebody reads what [`Outputs::write`] writes to the stream.
    pub fn for_people(&self) -> bool {
        self.formats.contains(&Format::Human)
    }

    /// Whether an output names images that nothing is wrong with.
    pub fn show_passed(&self) -> bool {
        let files = self.files.iter().map(|(format, _)| format);
        (self.formats.iter().chain(files)).any(|format| format.shows_passed())
    }

    /// Notes are shown, and nothing is left out: somebody asked for what they say (`--explain-auth`).
    pub fn say_more(&mut self) {
        self.style.verbose = true;
        self.style.quiet = false;
        self.quiet = false;
    }

    /// Where files will be written.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(_, path)| path.as_path())
    }

    /// Writes every file, then the report itself to `out`.
    ///
    /// # Errors
    /// When a file or the stream cannot be written.
    pub fn write(&self, report: &Report, out: &mut dyn Write) -> Result<(), Failure> {
        self.write_files(report)?;
        self.write_stdout(report, out)
    }

    /// Writes the files only.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn write_files(&self, report: &Report) -> Result<(), Failure> {
        for (format, path) in &self.files {
            write_file(*format, report, path).map_err(|source| Failure::Io {
                what: format!("cannot write `{}`", path.display()),
                source,
            })?;
        }
        Ok(())
    }

    fn write_stdout(&self, report: &Report, out: &mut dyn Write) -> Result<(), Failure> {
        let clean = report.findings.is_empty() && report.unchecked.is_empty();
        let mut buffered = io::BufWriter::new(out);
        for format in &self.formats {
            if self.statistics && matches!(format, Format::Human | Format::Short) {
                report::statistics::write(report, &mut buffered).map_err(Failure::Output)?;
                continue;
            }
            let all_fine = clean && report.summary.mentions > 0;
            if self.quiet && all_fine && *format == Format::Human {
                continue;
            }
            report::write(*format, report, &self.style, &mut buffered).map_err(Failure::Output)?;
        }
        buffered.flush().map_err(Failure::Output)
    }
}

fn parse(name: &str, flag: &str) -> Result<Format, Failure> {
    name.parse::<Format>()
        .map_err(|error| Failure::Usage(format!("{flag} {name}: {error}")))
}

/// The path as it was given, also when it is not UTF-8.
fn exact_path(whole: &OsString, skip: usize, lossy: &str) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::{OsStrExt, OsStringExt};
        let _ = lossy;
        PathBuf::from(OsString::from_vec(whole.as_bytes()[skip..].to_vec()))
    }
    #[cfg(not(unix))]
    {
        let _ = (whole, skip);
        PathBuf::from(lossy)
    }
}

fn write_file(format: Format, report: &Report, path: &Path) -> io::Result<()> {
    write_whole(path, |out| {
        report::write(format, report, &Style::plain(), out)
    })
}

/// A temporary file beside the path, renamed when it is complete: an interrupted run leaves no half report.
///
/// # Errors
/// Those of the file system, and of `write`.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let is_special = std::fs::metadata(path).is_ok_and(|meta| !meta.is_file());
    if is_special {
        // /dev/stdout, a pipe: nothing to rename over.
        let mut file = io::BufWriter::new(std::fs::OpenOptions::new().write(true).open(path)?);
        write(&mut file)?;
        return file.flush();
    }
    let folder = path
        .parent()
        .filter(|f| !f.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".image-lint-")
        .tempfile_in(folder)?;
    {
        let mut buffered = io::BufWriter::new(file.as_file_mut());
        write(&mut buffered)?;
        buffered.flush()?;
    }
    #[cfg(unix)]
    {
        // Temporary files are private; a report is for the next step, which may run as somebody else.
        use std::os::unix::fs::PermissionsExt;
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// Columns of the terminal, as it says; None when it says nothing.
fn columns(terminal: bool) -> Option<usize> {
    if !terminal {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}
