//! Offline help: manual pages, completions, rules and schemas.

use std::io::Write;

use super::Failure;
use crate::cli::{self, CompletionsArgs, ExplainArgs, ManArgs, SchemaArgs};
use crate::config::variables::VARIABLES;
use crate::exit::Exit;
use crate::rules;
use crate::schema;

/// The page of a command, or the program's own.
///
/// # Errors
/// A command that does not exist; when the page cannot be written.
pub fn man(args: &ManArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut page = cli::full_command();
    page.build();
    for name in &args.command {
        let found = page.find_subcommand(name).filter(|c| !c.is_hide_set());
        let Some(found) = found.cloned() else {
            let all: Vec<&str> = page
                .get_subcommands()
                .map(clap::Command::get_name)
                .collect();
            let all = all.join(", ");
            let why = format!("no command `{name}`; there is {all}");
            return Err(Failure::Usage(why));
        };
        // Its display name is that of the page: image-lint-hook-install.
        page = found;
    }
    let whole = args.command.is_empty();
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .source(concat!("image-lint ", env!("CARGO_PKG_VERSION")))
        .render(&mut text)
        .map_err(Failure::Output)?;
    if whole {
        text.extend_from_slice(sections().as_bytes());
    }
    out.write_all(&text).map_err(Failure::Output)?;
    Ok(Exit::Clean.code())
}

/// What clap does not know of: exit codes, environment and files, in roff (man(7)).
fn sections() -> String {
    let entry = |name: &str, text: &str| format!(".TP\n\\fB{}\\fR\n{}\n", roff(name), roff(text));
    let mut page = String::from(".SH \"EXIT STATUS\"\n");
    for exit in Exit::ALL {
        page.push_str(&entry(&exit.code().to_string(), exit.meaning()));
    }
    page.push_str(".SH ENVIRONMENT\n");
    for variable in VARIABLES {
        page.push_str(&entry(variable.names, variable.purpose));
    }
    page.push_str(".SH FILES\n");
    for (name, text) in [
        (
            ".image-lint.yaml, .image-lint.yml",
            "configuration of a repository: the nearest one from each named path up to the repository\u{2019}s root",
        ),
        (
            "~/.config/image-lint/config.yaml",
            "your own: defaults, and what only you may say (plain HTTP, certificate authorities, credentials)",
        ),
    ] {
        page.push_str(&entry(name, text));
    }
    page
}

/// A text of one line in roff: no escape, no hyphen that a search would miss, no request.
fn roff(text: &str) -> String {
    let text = text
        .replace('\\', "\\(rs")
        .replace('-', "\\-")
        .replace('\u{2019}', "\\(cq");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}

/// # Errors
/// When the script cannot be written.
pub fn completions(args: &CompletionsArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let script = super::completions::script(args.shell);
    out.write_all(script.as_bytes()).map_err(Failure::Output)?;
    Ok(Exit::Clean.code())
}

/// # Errors
/// A rule that does not exist; when the text cannot be written.
pub fn explain(args: &ExplainArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let text = match &args.rule {
        _ if args.markdown => rules::explain::page(),
        None => rules::explain::table(),
        Some(name) => rules::explain::named(name).ok_or_else(|| {
            let near = rules::explain::names()
                .max_by(|a, b| {
                    let likeness = |known: &str| strsim::jaro_winkler(known, name);
                    likeness(a).total_cmp(&likeness(b))
                })
                .unwrap_or_default();
            Failure::Usage(format!(
                "no rule `{name}`; did you mean `{near}`? `image-lint explain` lists all"
            ))
        })?,
    };
    out.write_all(text.as_bytes()).map_err(Failure::Output)?;
    Ok(Exit::Clean.code())
}

/// # Errors
/// When the schema cannot be written.
pub fn schema(args: &SchemaArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    // The command line takes no other names.
    for published in schema::ALL
        .iter()
        .filter(|published| published.name == args.name)
    {
        out.write_all(published.text().as_bytes())
            .map_err(Failure::Output)?;
    }
    Ok(Exit::Clean.code())
}
