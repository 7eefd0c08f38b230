//! The files that hold a script, and the scripts that run what such a file says.

use crate::generate::{self, Dice, double, single};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    Script,
    GitLab,
    Workflow,
    Pod,
    Makefile,
    Jenkinsfile,
}

impl Host {
    /// Scripts of their own are most of all scripts.
    pub const ALL: [Host; 8] = [
        Host::Script,
        Host::GitLab,
        Host::Workflow,
        Host::Script,
        Host::Pod,
        Host::Makefile,
        Host::Jenkinsfile,
        Host::Script,
    ];

    pub fn path(self) -> &'static str {
        match self {
            Host::Script => "build.sh",
            Host::GitLab => ".gitlab-ci.yml",
            Host::Workflow => ".github/workflows/build.yml",
            Host::Pod => "pod.yaml",
            Host::Makefile => "Makefile",
            Host::Jenkinsfile => "Jenkinsfile",
        }
    }

    pub fn file(self, dice: &mut Dice) -> String {
        match self {
            Host::Script => format!("#!/bin/bash\n{}", generate::script(dice, 4)),
            Host::GitLab => gitlab(dice),
            Host::Workflow => workflow(dice),
            Host::Pod => pod(dice),
            Host::Makefile => makefile(dice),
            Host::Jenkinsfile => jenkinsfile(dice),
        }
    }

    /// The bash script that does what the file says; a Makefile is for make.
    pub fn script(self, text: &str) -> String {
        match self {
            Host::Script | Host::Makefile => text.to_owned(),
            Host::GitLab => run_gitlab(text),
            Host::Workflow => run_workflow(text),
            Host::Pod => run_pod(text),
            Host::Jenkinsfile => run_jenkinsfile(text),
        }
    }
}

/// A scalar of YAML that holds this text.
fn scalar(dice: &mut Dice, text: &str, indent: &str) -> String {
    let text = text.trim_end_matches('\n');
    let plain = !text.contains('\n')
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains('\t')
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.trim() == text;
    match dice.below(5) {
        0 if plain => text.to_owned(),
        1 if !text.contains('\n') => format!("'{}'", text.replace('\'', "''")),
        2 => json(text),
        3 if plain => format!(">-\n{indent}{text}"),
        _ => {
            let lines: Vec<String> = text
                .split('\n')
                .map(|line| {
                    if line.is_empty() {
                        String::new()
                    } else {
                        format!("{indent}{line}")
                    }
                })
                .collect();
            // The first line must not be indented by itself.
            format!("|\n{}", lines.join("\n"))
        }
    }
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a string")
}

fn gitlab(dice: &mut Dice) -> String {
    let item = |dice: &mut Dice, indent: &str| {
        let text = generate::script(dice, 2);
        scalar(dice, &text, indent)
    };
    let anchored = dice.below(6);
    let first = item(dice, "      ");
    let second = item(dice, "      ");
    match anchored {
        0 => format!(
            "build:\n  variables:\n    V: &v {first}\n  script:\n    - *v\n    - printf '%s\\n' \"$V\"\n"
        ),
        1 => format!(".s: &s\n  - {first}\nbuild:\n  script: *s\nagain:\n  script: *s\n"),
        2 => format!(
            "build:\n  script:\n    - &s {first}\n    - {second}\nagain:\n  variables:\n    W: *s\n  script:\n    - printf '%s\\n' \"$W\"\n"
        ),
        3 => format!("build:\n  script: {}\n", json(&generate::script(dice, 2))),
        4 => {
            let list = [
                json(&generate::script(dice, 1)),
                json(&generate::script(dice, 1)),
            ];
            format!("build:\n  script: [{}]\n", list.join(", "))
        }
        _ => format!("build:\n  before_script:\n    - {first}\n  script:\n    - {second}\n"),
    }
}

fn run_gitlab(text: &str) -> String {
    let document: serde_yaml::Value =
        serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    let mut out = String::new();
    for (name, job) in document.as_mapping().expect("jobs") {
        if name.as_str().is_some_and(|name| name.starts_with('.')) {
            continue;
        }
        out.push_str("(\n");
        for (name, value) in job
            .get("variables")
            .and_then(|v| v.as_mapping())
            .into_iter()
            .flatten()
        {
            let (name, value) = (
                name.as_str().expect("a name"),
                value.as_str().expect("a value"),
            );
            out.push_str(&format!("export {name}={}\n", single(value)));
        }
        for key in ["before_script", "script"] {
            lines(job.get(key), &mut out);
        }
        out.push_str(")\n");
    }
    out
}

fn lines(value: Option<&serde_yaml::Value>, out: &mut String) {
    match value {
        Some(serde_yaml::Value::String(text)) => {
            out.push_str(text);
            out.push('\n');
        }
        Some(serde_yaml::Value::Sequence(items)) => {
            items.iter().for_each(|item| lines(Some(item), out))
        }
        _ => {}
    }
}

fn workflow(dice: &mut Dice) -> String {
    let mut text = "jobs:\n  b:\n    steps:\n".to_owned();
    for _ in 0..=dice.below(2) {
        let script = generate::script(dice, 3);
        text.push_str(&format!(
            "      - run: {}\n",
            scalar(dice, &script, "          ")
        ));
    }
    text
}

fn run_workflow(text: &str) -> String {
    let document: serde_yaml::Value =
        serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    let steps = document["jobs"]["b"]["steps"].as_sequence().expect("steps");
    let runs = steps.iter().filter_map(|step| step["run"].as_str());
    runs.map(|run| format!("(\n{run}\n)\n")).collect()
}

/// Lists of words, in flow and block style, and a shell's script as an item.
fn pod(dice: &mut Dice) -> String {
    let mut text =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n".to_owned();
    for n in 0..=dice.below(2) {
        text.push_str(&format!("    - name: c{n}\n      image: r.io/i:1\n"));
        let words: Vec<String> = if dice.in_ten(6) {
            generate::words(dice)
                .into_iter()
                .map(str::to_owned)
                .collect()
        } else {
            vec!["sh".into(), "-c".into(), generate::script(dice, 2)]
        };
        let at = if dice.in_ten(3) { 1 } else { words.len() };
        for (key, words) in [("command", &words[..at]), ("args", &words[at..])] {
            if words.is_empty() {
                continue;
            }
            let items: Vec<String> = words.iter().map(|word| item(dice, word)).collect();
            if dice.in_ten(5) && items.iter().all(|item| !item.contains('\n')) {
                text.push_str(&format!("      {key}: [{}]\n", items.join(", ")));
            } else {
                text.push_str(&format!("      {key}:\n"));
                items
                    .iter()
                    .for_each(|item| text.push_str(&format!("        - {item}\n")));
            }
        }
    }
    text
}

fn item(dice: &mut Dice, word: &str) -> String {
    let plain = !word.is_empty()
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_/=".contains(&b))
        && !word.starts_with('-');
    match dice.below(3) {
        0 if plain => word.to_owned(),
        1 if !word.contains('\n') => format!("'{}'", word.replace('\'', "''")),
        _ => json(word),
    }
}

fn run_pod(text: &str) -> String {
    let document: serde_yaml::Value =
        serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    let mut out = String::new();
    for container in document["spec"]["containers"]
        .as_sequence()
        .expect("containers")
    {
        for key in ["command", "args"] {
            for word in container[key].as_sequence().into_iter().flatten() {
                out.push_str(&single(word.as_str().expect("a word")));
                out.push(' ');
            }
        }
        out.push('\n');
    }
    out
}

/// Recipes: each line is a script of its own, with make's dollars.
fn makefile(dice: &mut Dice) -> String {
    let mut text = "T = buildah\n".to_owned();
    let mut names = Vec::new();
    for n in 0..=dice.below(2) {
        let name = format!("t{n}");
        let line = |dice: &mut Dice| {
            let script = generate::script(dice, 1);
            // make ends a recipe's line where the shell would go on.
            let script = script.trim_end_matches('\n');
            let script = if script.replace("\\\n", "").contains('\n') {
                generate::words(dice).join(" ")
            } else {
                script.to_owned()
            };
            let script = script.replace('$', "$$").replace("\\\n", "\\\n\t");
            format!("\t{}{script}\n", dice.one(&["", "@", "-", "@-"]))
        };
        text.push_str(&format!("{name}:\n{}{}", line(dice), line(dice)));
        if dice.in_ten(3) {
            text.push_str("\t$(T) bud -t r.io/m .\n");
        }
        names.push(name);
    }
    text.push_str(&format!(
        ".PHONY: all {0}\n.DEFAULT_GOAL := all\nall: {0}\n",
        names.join(" ")
    ));
    text
}

/// Groovy's four quotes.
fn jenkinsfile(dice: &mut Dice) -> String {
    let mut text = "node {\n".to_owned();
    for _ in 0..=dice.below(2) {
        let script = generate::script(dice, 2);
        let script = script.trim_end_matches('\n');
        let escaped = script.replace('\\', "\\\\");
        let string = match dice.below(4) {
            0 => format!(
                "'{}'",
                escaped
                    .replace('\'', "\\'")
                    .replace('\n', "\\n")
                    .replace('\t', "\\t")
            ),
            1 => format!(
                "\"{}\"",
                escaped
                    .replace('"', "\\\"")
                    .replace('$', "\\$")
                    .replace('\n', "\\n")
            ),
            2 => format!("'''{}'''", escaped.replace('\'', "\\'")),
            _ => format!(
                "\"\"\"{}\"\"\"",
                escaped.replace('"', "\\\"").replace('$', "\\$")
            ),
        };
        text.push_str(&match dice.below(3) {
            0 => format!("  sh {string}\n"),
            1 => format!("  sh({string})\n"),
            _ => format!("  sh script: {string}, returnStatus: true\n"),
        });
    }
    text.push_str("}\n");
    text
}

/// The scripts of the strings, with Groovy's escapes undone.
fn run_jenkinsfile(text: &str) -> String {
    let mut out = String::new();
    let chars: Vec<char> = text.chars().collect();
    let mut i = 0;
    while i < chars.len() {
        let quote = chars[i];
        if quote != '\'' && quote != '"' {
            i += 1;
            continue;
        }
        let triple = chars[i..].starts_with(&[quote; 3]);
        let end: Vec<char> = vec![quote; if triple { 3 } else { 1 }];
        i += end.len();
        let mut script = String::new();
        while !chars[i..].starts_with(&end) {
            if chars[i] == '\\' {
                i += 1;
                match chars[i] {
                    'n' => script.push('\n'),
                    't' => script.push('\t'),
                    '\n' => {}
                    c => script.push(c),
                }
            } else {
                script.push(chars[i]);
            }
            i += 1;
        }
        i += end.len();
        out.push_str(&format!("sh -c {}\n", single(&script)));
    }
    let _ = double;
    out
}
