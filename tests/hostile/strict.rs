//! `--strict`: whatever whoever wrote the tree does to hide an image, it is found or the file that hides it is named and
//! the run fails.

use std::os::unix::fs::symlink;

use crate::program::{Ran, Workspace, pod};

/// What is wrong with it shows without a registry.
const BAD: &str = "q.example.com/Bad";

fn bad() -> String {
    pod(&[BAD])
}

/// The command of docs/trust.md, without asking.
const COMMAND: [&str; 7] = [
    "--strict",
    "--trust=untrusted",
    "--no-ignores",
    "--on-unchecked=fail",
    "--offline",
    "--format=json",
    "--no-cache",
];

fn run(workspace: &Workspace, more: &[&str]) -> Ran {
    workspace.program(&COMMAND).args(more).run()
}

/// Puts everything there is into git's index, also what is ignored.
fn track(workspace: &Workspace) {
    for command in [&["init", "-q"][..], &["add", "-A", "-f", "."]] {
        let ran = workspace.git(command);
        assert_eq!(ran.code, Some(0), "{}", ran.said());
    }
}

/// A way to hide a file.
struct Hiding {
    /// The file that holds the image, or that stands for it.
    path: &'static str,
    /// Beside the command.
    flags: &'static [&'static str],
    why: &'static str,
    make: fn(&Workspace, &str),
}

#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// The image was found.
    Found,
    /// The run failed and named the file.
    Named,
    Hidden,
}

fn ended(ran: &Ran, path: &str) -> Ended {
    let found = ran.findings();
    if found.iter().any(|f| f.contains("invalid-reference")) {
        assert_eq!(ran.code, Some(1), "{}", ran.said());
        return Ended::Found;
    }
    let notes = ran.notes();
    assert!(
        ran.code != Some(3) || notes.iter().any(|note| note.contains("--strict")),
        "{}",
        ran.said()
    );
    let named = notes.iter().any(|note| note.contains(path));
    match (named, ran.code) {
        (true, Some(3)) => Ended::Named,
        _ => Ended::Hidden,
    }
}

/// The rows of the list of attacks (F7), and more.
#[test]
fn nothing_that_is_tracked_is_hidden() {
    let rows = [
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "a file that is tracked and ignored",
            make: |w, path| {
                w.write(path, bad()).write(".gitignore", "*.yaml\n");
            },
        },
        Hiding {
            path: "out/deep/a.yaml",
            flags: &[],
            why: "in a folder that is ignored",
            make: |w, path| {
                w.write(path, bad()).write(".gitignore", "/out/\n");
            },
        },
        Hiding {
            path: "vendor/x.com/a.yaml",
            flags: &[],
            why: "a copy of another project",
            make: |w, path| {
                w.write(path, bad());
            },
        },
        Hiding {
            path: "web/node_modules/x/a.yaml",
            flags: &[],
            why: "a package",
            make: |w, path| {
                w.write(path, bad());
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "beyond the size of a file",
            make: |w, path| {
                let comment = format!("# {}\n", "x".repeat(98)).repeat(42_500);
                w.write(path, comment + &bad());
            },
        },
        Hiding {
            path: "deploy",
            flags: &["--max-file-size=100"],
            why: "a script that its first line gives away, beyond the size of a file",
            make: |w, path| {
                let text = format!("#!/bin/sh\n{}docker pull {BAD}\n", "# padding\n".repeat(30));
                w.write(path, text);
            },
        },
        Hiding {
            path: "a.sh",
            flags: &[],
            why: "after more words than are read",
            make: |w, path| {
                w.write(
                    path,
                    format!("echo {}\ndocker pull {BAD}\n", "w ".repeat(200_001)),
                );
            },
        },
        Hiding {
            path: "a.sh",
            flags: &[],
            why: "after loops that use up the work",
            make: |w, path| {
                let digits = "0 1 2 3 4 5 6 7 8 9".replace(' ', "0 ");
                let list = [digits.as_str(); 9].join(" ");
                let text = format!(
                    "for a in {list}; do for b in {list}; do for c in {list}; do :; done; done; done\n\
                     docker pull {BAD}\n"
                );
                w.write(path, text);
            },
        },
        Hiding {
            path: "d/d/d",
            flags: &[],
            why: "257 folders deep",
            make: |w, _| {
                w.write(format!("{}a.yaml", "d/".repeat(257)), bad());
            },
        },
        Hiding {
            path: "b.yaml",
            flags: &["--max-mentions=5"],
            why: "after more images than are judged",
            make: |w, path| {
                w.write("a.yaml", pod(&["q.example.com/a:1"; 6]))
                    .write(path, bad());
            },
        },
        Hiding {
            path: "b.yaml",
            flags: &["--max-files=1"],
            why: "after more files than are looked at",
            make: |w, path| {
                w.write("a.yaml", pod(&["q.example.com/a:1"]))
                    .write(path, bad());
            },
        },
        Hiding {
            path: "a.sh",
            flags: &[],
            why: "a script with a NUL byte, which bash reads past",
            make: |w, path| {
                w.write(path, format!("# \0\ndocker pull {BAD}\n"));
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "UTF-32",
            make: |w, path| {
                let mut bytes = vec![0xff, 0xfe, 0, 0];
                bad()
                    .chars()
                    .for_each(|c| bytes.extend((c as u32).to_le_bytes()));
                w.write(path, bytes);
            },
        },
        Hiding {
            path: "Dockerfile",
            flags: &[],
            why: "one byte that is no UTF-8",
            make: |w, path| {
                let text = format!("# \u{e9}\nFROM {BAD}\n");
                w.write(path, text.chars().map(|c| c as u8).collect::<Vec<_>>());
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "a link to a file of a name that nobody reads",
            make: |w, path| {
                w.write("notes.txt", bad());
                symlink("notes.txt", w.root.join(path)).unwrap();
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "a link out of the tree",
            make: |w, path| {
                std::fs::write(w.beside("outside.yaml"), bad()).unwrap();
                symlink("../outside.yaml", w.root.join(path)).unwrap();
            },
        },
        Hiding {
            path: "k8s",
            flags: &[],
            why: "a link to a folder out of the tree",
            make: |w, path| {
                std::fs::create_dir(w.beside("outside")).unwrap();
                std::fs::write(w.beside("outside/a.yaml"), bad()).unwrap();
                symlink("../outside", w.root.join(path)).unwrap();
            },
        },
        Hiding {
            path: "ci.service.d",
            flags: &[],
            why: "a link to a folder whose name changes what its files are",
            make: |w, path| {
                w.write(
                    "d/a.conf",
                    format!("[Service]\nExecStart=docker run {BAD}\n"),
                );
                symlink("d", w.root.join(path)).unwrap();
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "a link into git's own folder",
            make: |w, path| {
                w.write(".git/a.yaml", bad());
                symlink(".git/a.yaml", w.root.join(path)).unwrap();
            },
        },
        Hiding {
            path: "notes.txt",
            flags: &[],
            why: "a script of another name, which `sh notes.txt` runs",
            make: |w, path| {
                w.write(path, format!("#!/bin/sh\ndocker pull {BAD}\n"));
            },
        },
        Hiding {
            path: "deploy",
            flags: &[],
            why: "a first line that begins with blanks, as Linux takes it",
            make: |w, path| {
                let blanks = " ".repeat(200);
                w.write(path, format!("#!{blanks}/bin/sh\ndocker pull {BAD}\n"));
            },
        },
        Hiding {
            path: ".image-lint.yaml",
            flags: &["--no-config"],
            why: "in the file of a configuration that is not used",
            make: |w, path| {
                w.write(path, bad());
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "left out by the repository's own configuration",
            make: |w, path| {
                w.write(path, bad()).write(
                    ".image-lint.yaml",
                    "exclude: ['*.yaml']\non-unchecked: warn\n",
                );
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "not among those that the configuration includes",
            make: |w, path| {
                w.write(path, bad())
                    .write(".image-lint.yaml", "include: ['*.md']\n");
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "a pointer of git-lfs",
            make: |w, path| {
                let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n";
                w.write(path, pointer);
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "tracked, and not checked out",
            make: |w, path| {
                w.write(path, bad());
                track(w);
                std::fs::remove_file(w.root.join(path)).unwrap();
                w.git(&["update-index", "--skip-worktree", path]);
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "a document that is no YAML before it",
            make: |w, path| {
                w.write(path, format!("kind: Pod\nimage: [\n---\n{}", bad()));
            },
        },
        Hiding {
            path: "a.json",
            flags: &[],
            why: "keys that are written with escapes",
            make: |w, path| {
                let text = r#"{"apiVersion":"v1","\u006bind":"Pod","metadata":{"name":"a"},
                    "spec":{"containers":[{"name":"c","\u0069mage":"q.example.com/Bad"}]}}"#;
                w.write(path, text);
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "a text that says the kind of a definition",
            make: |w, path| {
                let text = "x: \"\nkind: CustomResourceDefinition\n\"\n".to_owned() + &bad();
                w.write(path, text);
            },
        },
        Hiding {
            path: "Dockerfile",
            flags: &[],
            why: "an instruction that is broken within its word",
            make: |w, path| {
                w.write(path, format!("FR\\\nOM {BAD}\n"));
            },
        },
        Hiding {
            path: "a.sh",
            flags: &[],
            why: "a command whose name is quoted in part",
            make: |w, path| {
                w.write(path, format!("#!/bin/sh\nd\\ocker pull {BAD}\n"));
            },
        },
        Hiding {
            path: "Makefile",
            flags: &[],
            why: "a command whose name is made of two values",
            make: |w, path| {
                w.write(path, format!("A = dock\nall:\n\t$(A)er pull {BAD}\n"));
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "a key that is broken between its letters",
            make: |w, path| {
                w.write(path, bad().replace("image:", "\"im\\\n      age\":"));
            },
        },
        Hiding {
            path: "a.YAML",
            flags: &[],
            why: "an ending in capitals, as a file is named by itself",
            make: |w, path| {
                w.write(path, bad());
            },
        },
        Hiding {
            path: "a.sh",
            flags: &[],
            why: "brackets that are two subshells for dash, whatever bash makes of them",
            make: |w, path| {
                w.write(path, format!("#!/bin/sh\n((docker pull {BAD}))\n"));
            },
        },
        Hiding {
            path: "a.sh",
            flags: &[],
            why: "a thousand of such brackets",
            make: |w, path| {
                let (open, close) = ("(".repeat(1000), ")".repeat(1000));
                w.write(path, format!("#!/bin/sh\n{open}docker pull {BAD}{close}\n"));
            },
        },
        Hiding {
            path: "a.sh",
            flags: &[],
            why: "substitutions in substitutions",
            make: |w, path| {
                let (open, close) = ("$(".repeat(500), ")".repeat(500));
                w.write(
                    path,
                    format!("#!/bin/sh\nx={open}docker pull {BAD}{close}\n"),
                );
            },
        },
        Hiding {
            path: "c/templates/p.yaml",
            flags: &[],
            why: "a template that the chart itself ignores",
            make: |w, path| {
                w.write("c/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n")
                    .write("c/.helmignore", "templates/\n")
                    .write(path, bad());
            },
        },
        Hiding {
            path: "Makefile",
            flags: &[],
            why: "recipes that begin otherwise",
            make: |w, path| {
                w.write(
                    path,
                    format!(".RECIPEPREFIX = >\nall:\n> docker pull {BAD}\n"),
                );
            },
        },
        Hiding {
            path: "a.sh",
            flags: &[],
            why: "a quote that is never closed before it",
            make: |w, path| {
                w.write(path, format!("#!/bin/sh\necho 'x\ndocker pull {BAD}\n"));
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "a directive and a tag",
            make: |w, path| {
                w.write(
                    path,
                    format!(
                        "%YAML 1.1\n---\n{}",
                        bad().replace("image: ", "image: !!str ")
                    ),
                );
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "an alias in the place of a key",
            make: |w, path| {
                w.write(
                    path,
                    "x: &k image\n".to_owned() + &bad().replace("image:", "*k :"),
                );
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "UTF-16 without a mark, as .gitattributes asks for",
            make: |w, path| {
                let bytes: Vec<u8> = bad().encode_utf16().flat_map(u16::to_le_bytes).collect();
                w.write(".gitattributes", "a.yaml working-tree-encoding=UTF-16LE\n")
                    .write(path, bytes);
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "a .gitignore of megabytes",
            make: |w, path| {
                w.write(path, bad())
                    .write(".gitignore", "a.yaml\n".repeat(200_000));
            },
        },
        Hiding {
            path: "Dockerfile",
            flags: &[],
            why: "what looks like a here-document before it",
            make: |w, path| {
                w.write(
                    path,
                    format!("FROM scratch\nENV X=\"<<A\"\nFROM {BAD}\nA\n"),
                );
            },
        },
        Hiding {
            path: "Dockerfile",
            flags: &[],
            why: "another character that continues lines",
            make: |w, path| {
                w.write(path, format!("# escape=`\nFROM `\n{BAD}\n"));
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "ten thousand documents before it",
            make: |w, path| {
                w.write(
                    path,
                    "kind: A\napiVersion: b\nimage: x\n---\n".repeat(10_001) + &bad(),
                );
            },
        },
        Hiding {
            path: "a.yaml",
            flags: &[],
            why: "keys that are written with escapes, in YAML",
            make: |w, path| {
                w.write(path, bad().replace("image:", r#""\x69mage":"#));
            },
        },
    ];
    for row in rows {
        let workspace = Workspace::new();
        (row.make)(&workspace, row.path);
        if !row.why.contains("checked out") {
            track(&workspace);
        }
        let ran = run(&workspace, row.flags);
        let ended = ended(&ran, row.path);
        assert!(
            ended != Ended::Hidden,
            "{}: {}: {:?} {}",
            row.path,
            row.why,
            ran.code,
            ran.said()
        );
    }
}

/// What is no tracked file, or is read anyway, fails no run.
#[test]
fn an_ordinary_tree_passes_a_strict_run() {
    let good = pod(&["q.example.com/a:1"]);
    let workspace = Workspace::new();
    workspace
        .write("k8s/a.yaml", &good)
        .write("web/package.json", "{}\n")
        .write("README.md", "# x\n")
        .write("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\0")
        .write(".gitignore", "node_modules/\nbuild/\n/local\n")
        .write(
            "chart/Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        )
        .write("chart/values.yaml", "image: q.example.com/a\ntag: '1'\n")
        .write(
            "chart/templates/pod.yaml",
            pod(&["'{{ .Values.image }}:{{ .Values.tag }}'"]),
        )
        .write(
            "chart/templates/_helpers.tpl",
            "{{- define \"a\" }}b{{ end }}\n",
        )
        .write(
            "chart/templates/NOTES.txt",
            "{{ .Release.Name }} is there\n",
        );
    symlink("a.yaml", workspace.root.join("k8s/b.yaml")).unwrap();
    symlink("k8s", workspace.root.join("manifests")).unwrap();
    symlink("/nowhere/at/all", workspace.root.join("current")).unwrap();
    for command in [&["init", "-q"][..], &["add", "-A", "."]] {
        assert_eq!(workspace.git(command).code, Some(0));
    }
    workspace
        .write("web/node_modules/x/a.yaml", bad())
        .write("build/a.yaml", bad())
        .write("vendor/x.com/a.yaml", bad());
    std::fs::write(workspace.beside("other"), "").unwrap();
    symlink("../other", workspace.root.join("local")).unwrap();
    let ran = run(&workspace, &["--no-config"]);
    assert_eq!(ran.code, Some(0), "{}", ran.said());
    // Without git's word for it everything counts.
    std::fs::remove_dir_all(workspace.root.join(".git")).unwrap();
    let ran = run(&workspace, &["--no-config"]);
    assert_eq!(ran.findings().len(), 3, "{}", ran.said());
    assert_eq!(ran.code, Some(1), "{}", ran.said());
}

#[test]
fn what_flags_leave_out_fails_no_strict_run() {
    let workspace = Workspace::new();
    workspace
        .write("a.yaml", pod(&["q.example.com/a:1"]))
        .write("test/broken.yaml", "kind: Pod\napiVersion: v1\nimage: [\n");
    track(&workspace);
    let ran = run(&workspace, &[]);
    assert_eq!(ran.code, Some(3), "{}", ran.said());
    let ran = run(&workspace, &["--exclude=test/"]);
    assert_eq!(ran.code, Some(0), "{}", ran.said());
    // Nothing but the flag makes such a run fail.
    let ran = workspace
        .program(&["--offline", "--fail-on=note", "--on-unchecked=fail"])
        .run();
    assert_eq!(ran.code, Some(0), "{}", ran.said());
}

#[test]
fn every_format_names_what_was_not_read() {
    let workspace = Workspace::of("broken.yaml", "kind: Pod\napiVersion: v1\nimage: [\n");
    for format in crate::FORMATS {
        let ran = workspace
            .program(&[
                "--strict",
                "--offline",
                "--fail-on=never",
                "--format",
                format,
            ])
            .run();
        assert_eq!(ran.code, Some(3), "{format}: {}", ran.said());
        // These hold findings only.
        let shown = ran.said();
        assert!(
            ["gitlab", "rdjsonl", "junit"].contains(&format) || shown.contains("broken.yaml"),
            "{format}: {shown}"
        );
    }
}
