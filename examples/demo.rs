//! Lints `testdata/demo` against a registry inside this program: no network, no set-up.

#[path = "../tests/support/mod.rs"]
mod support;

use clap::Parser;

use support::demo;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = demo::registry();
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo");
    let cli = image_lint::cli::Cli::try_parse_from(demo::arguments(files))?;
    let mut environment = demo::environment(&registry);
    // How the terminal wants the report to look is the user's own.
    for name in [
        "TERM",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "NO_COLOR",
        "NO_GRAPHICS",
        "CLICOLOR_FORCE",
        "FORCE_COLOR",
    ] {
        if let Ok(value) = std::env::var(name) {
            environment.insert(name.to_owned(), value);
        }
    }
    let code = image_lint::app::run(cli, &environment, &mut std::io::stdout().lock())?;
    println!("\nimage-lint would exit with code {code} here.");
    Ok(())
}
