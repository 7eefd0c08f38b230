//! The pages that are made from the program: its command line, and a sample of each format.

use std::process::Command;

use image_lint::cli;
use image_lint::report::Format;

use super::project;

/// Writes a page with `UPDATE_DOCS=1`, and compares it without.
fn check(name: &str, page: &str) {
    let path = project().join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page).expect("room for a page");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == page,
        "docs/{name} is not what the program says: run `UPDATE_DOCS=1 cargo test --test documents reference`"
    );
}

/// The help of a command and of those below it.
fn commands(command: &mut clap::Command, name: &str, level: usize, out: &mut String) {
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let marks = "#".repeat(level);
    out.push_str(&format!(
        "{marks} {name}\n\n```text\n{}\n```\n\n",
        lines.join("\n")
    ));
    let below: Vec<String> = command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for sub in below {
        let Some(found) = command.find_subcommand_mut(&sub) else {
            continue;
        };
        commands(found, &format!("{name} {sub}"), 2, out);
    }
}

#[test]
fn the_page_of_the_command_line_is_what_help_prints() {
    let mut command = cli::full_command().term_width(100);
    command.build();
    let mut page =
        String::from("# Command line\n\nThis page is made from the program's own help.\n\n");
    commands(&mut command, "image-lint", 2, &mut page);
    check(
        "command-line.md",
        page.trim_end_matches('\n').to_owned().as_str(),
    );
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: shop}\nspec:\n  containers:\n  - name: shop\n    image: registry.example.com/Shop/web:1.4\n";
const SCRIPT: &str = "#!/bin/sh\nbuildah bud -t registry.example.com/shop/web:1.5 .\nbuildah push registry.example.com/shop/web:1.5\n";

/// What the program writes about two small files in a format, without what differs from run to run.
fn sample(format: Format) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("pod.yaml"), POD).expect("a file");
    std::fs::write(folder.path().join("build.sh"), SCRIPT).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_image-lint"))
        .args(["--offline", "--no-cache", "--format", format.as_str(), "."])
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .env("COLUMNS", "100")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("the program");
    assert_eq!(output.status.code(), Some(1), "{format}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    without_time(&text)
}

/// The time of a run differs each time, and with it where the line of counts is broken: `"elapsed_ms": 7`, `· 7 ms ·`,
/// `· 1.2 s ·`, `time="0.007"`.
fn without_time(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.contains(" mentions of ") {
            out.push(without_field(line));
            continue;
        }
        let mut counts = line.to_owned();
        while let Some(more) = lines.next_if(|line| !line.is_empty()) {
            counts.push(' ');
            counts.push_str(more);
        }
        let parts = counts.split(" · ").map(|part| {
            let is_time = part.starts_with(|c: char| c.is_ascii_digit())
                && (part.ends_with(" ms") || part.ends_with(" s"));
            if is_time { "12 ms" } else { part }
        });
        out.push(parts.collect::<Vec<_>>().join(" · "));
    }
    out.join("\n")
}

fn without_field(line: &str) -> String {
    const FIELD: &str = "\"elapsed_ms\":";
    if line.starts_with("<testsuites ")
        && let Some((before, _)) = line.split_once(" time=")
    {
        return format!("{before} time=\"0.012\">");
    }
    let Some(at) = line.find(FIELD) else {
        return line.to_owned();
    };
    let (before, after) = line.split_at(at + FIELD.len());
    let blank = if after.starts_with(' ') { " " } else { "" };
    let rest = after
        .trim_start()
        .trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}{blank}12{rest}")
}

fn language(format: Format) -> &'static str {
    match format {
        Format::Sarif | Format::Gitlab | Format::Json => "json",
        Format::JsonLines | Format::Rdjsonl => "json",
        Format::Junit => "xml",
        Format::Markdown => "markdown",
        Format::Human | Format::Short | Format::Github | Format::Html => "text",
    }
}

/// Most lines of a sample; the rest is more of the same.
const LINES: usize = 90;

#[test]
fn the_page_of_the_formats_shows_what_the_program_writes() {
    let mut page = String::from(
        "# Output formats\n\n\
         `--format NAME` chooses what is written to stdout, `--output NAME=PATH` writes a file beside it, as often as it is given. \
         Text from the repository and from registries is untrusted in every one of them, and escaped for it.\n\n\
         The samples are what the program writes of these two files with `--offline`:\n\n",
    );
    page.push_str(&format!(
        "```yaml\n# pod.yaml\n{POD}```\n\n```sh\n# build.sh\n{SCRIPT}```\n"
    ));
    for format in Format::ALL {
        page.push_str(&format!("\n## {format}\n\n{}.\n", format.purpose()));
        if format == Format::Html {
            page.push_str("\nWhat the page shows, and the data in it: [html.md](html.md).\n");
            continue;
        }
        let text = sample(format);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let shown = &lines[..lines.len().min(LINES)];
        let more = if shown.len() < lines.len() {
            "\n…"
        } else {
            ""
        };
        // Four marks, since Markdown's own blocks have three.
        page.push_str(&format!(
            "\n````{}\n{}{more}\n````\n",
            language(format),
            shown.join("\n")
        ));
    }
    check("output-formats.md", &page);
}
