//! `helm template` for comparing: reads lines `OUTPUT<tab>CHART[<tab>VALUES…]` from stdin, writes each rendering to its
//! output in helm's form, and prints what failed and how long each took.

use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use helm_render::{File, Renderer, Value, allowance, load, overlay, read_yaml};
use image_lint_text::meter::Meter;
use image_lint_text::rendered::{Rendered, SourceId};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut fields = line.split('\t');
        let (Some(output), Some(chart)) = (fields.next(), fields.next()) else {
            continue;
        };
        let values: Vec<&str> = fields.filter(|field| !field.is_empty()).collect();
        let mut files = Vec::new();
        read(Path::new(chart), "", &mut files)?;
        let started = Instant::now();
        let text = one(&files, &values)?;
        let elapsed = started.elapsed();
        println!("{output}\t{}\t{}", elapsed.as_micros(), text.1);
        std::fs::write(output, text.0)?;
    }
    Ok(())
}

fn one(files: &[File], values: &[&str]) -> Result<(String, String), Box<dyn std::error::Error>> {
    let meter = Meter::new(allowance(files.iter().map(|file| file.bytes.len()).sum()));
    let chart = match load(files, &meter) {
        Ok(chart) => chart,
        Err(error) => return Ok((String::new(), format!("refused: {error}"))),
    };
    let mut given = Value::Nil;
    for file in values {
        let text = Rendered::constant(&std::fs::read_to_string(file)?);
        if let Ok(Ok(value)) = read_yaml(&text, &meter) {
            given = overlay(&given, &value);
        }
    }
    let output = Renderer::new(&chart).render(&given, &meter);
    let mut text = String::new();
    for (name, rendered) in output.files {
        text.push_str("---\n# Source: ");
        text.push_str(&name);
        text.push('\n');
        text.push_str(rendered.as_str());
        text.push('\n');
    }
    let mut said: Vec<String> = output
        .refused
        .iter()
        .map(|why| format!("refused: {why:?}"))
        .collect();
    said.extend(
        output
            .failures
            .iter()
            .take(3)
            .map(|f| format!("{}: {:?}", f.template, f.why)),
    );
    Ok((text, said.join(" | ").replace(['\n', '\t'], " ")))
}

fn read(folder: &Path, prefix: &str, out: &mut Vec<File>) -> std::io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{name}/"), out)?;
        } else {
            out.push(File {
                path: name.into(),
                source: SourceId(out.len() as u32),
                bytes: std::fs::read(entry.path())?.into(),
            });
        }
    }
    Ok(())
}
