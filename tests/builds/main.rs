//! Runs build and push commands with Debian's buildah, podman and skopeo against Debian's docker-registry, reads back
//! the manifest type, and compares it with the verdict on the same script.

#[path = "../support/mod.rs"]
#[allow(
    unused_imports,
    reason = "each test program uses its own part of this folder"
)]
mod support;

mod docker;
mod refusals;
mod rows;
mod shapes;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use image_lint::fix;
use image_lint::rules::Finding;
use image_lint::rules::{Case, Subject, rules};
use image_lint_model::build::Built;
use image_lint_model::build::Confidence;
use image_lint_model::manifest::{ACCEPT_ALL, Format};
use image_lint_model::mention::Repository;
use image_lint_model::mention::SourceKind;
use image_lint_model::target::Target;
use image_lint_scan::extract::shell::{ScriptContext, extract_script};
use image_lint_scan::extract::{Claim, Sink, claim, extract};
use image_lint_scan::link::build_chain;
use image_lint_text::source::{FileId, RepoPath, SourceFile};

use self::rows::{BUILDAH, PODMAN, REFUSED, Row, SKOPEO};

#[test]
fn what_is_refused_arrives_nowhere() {
    let storage = support::real::Storage::new();
    let registry = storage.serve(None, &support::real::Access::Open);
    let host = registry.host();
    for (row, script) in REFUSED {
        let script = at(script, host);
        // The last command fails, and nothing else does.
        let (first, last) = script.rsplit_once('\n').expect("two lines");
        let script_that_goes_on = match *row {
            // `! a` in the middle ends nothing under `set -e`.
            "v" | "od" => format!("if {first}; then exit 1; fi\n! {last}"),
            _ => format!("{first}\n! {last}"),
        };
        run(&script_that_goes_on, host);
        assert_eq!(pushed(host, row), None, "row {row}");
        let (said, _) = verdict(&script);
        // Mistakes are findings of their own; what is left is never called fit for the cluster.
        let mistakes = builds(&script)
            .iter()
            .any(|b| !b.command.mistakes.is_empty());
        // Nothing in the command says that its source has zstd layers.
        assert!(
            mistakes || said != Some(Format::DockerSchema2) || *row == "zs",
            "row {row}: {said:?}"
        );
    }
}

fn at(script: &str, host: &str) -> String {
    script
        .replace("//R/", &format!("//{host}/"))
        .replace("{R}", host)
}

/// Rows 19, 21 and 22: `containers.conf`, what is pushed with it, and the rule that speaks of it.
const SETTINGS: &[(&str, &str, &str, Format, &str)] = &[
    (
        "19",
        "image_default_format=\"v2s2\"",
        "buildah bud -t x .\nbuildah push x docker://R/x:19",
        Format::OciManifest,
        "no-effect",
    ),
    (
        "19p",
        "image_default_format=\"v2s2\"",
        "podman build -t x .\npodman push x docker://R/x:19p",
        Format::OciManifest,
        "no-effect",
    ),
    (
        "21",
        "compression_format=\"zstd\"",
        "podman build --format docker -t x .\npodman push x docker://R/x:21",
        Format::OciManifest,
        "oci-build",
    ),
    (
        "22",
        "compression_format=\"zstd\"",
        "buildah bud --format docker -t x .\nbuildah push x docker://R/x:22",
        Format::DockerSchema2,
        "oci-build",
    ),
];

#[test]
fn settings_of_containers_conf_do_what_is_said_of_them() {
    ["buildah", "podman"]
        .into_iter()
        .for_each(|name| drop(support::real::tool(name)));
    let storage = support::real::Storage::new();
    let registry = storage.serve(None, &support::real::Access::Open);
    let host = registry.host();
    for (row, setting, script, expected, rule) in SETTINGS {
        let conf = format!("[engine]\n{setting}\n");
        let write = format!(
            "printf '%s' '{conf}' > containers.conf\nexport CONTAINERS_CONF=$PWD/containers.conf\n"
        );
        run(&format!("{write}{}", at(script, host)), host);
        assert_eq!(pushed(host, row), Some(*expected), "row {row}");
        let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"containers.conf"), conf);
        let Claim::By(extractor) = claim(&file.path, file.text.as_bytes(), false) else {
            panic!("it is read")
        };
        let (_, extraction) = extract(&file, extractor, false);
        let said: Vec<&str> = findings(&build_chain::followed(extraction.builds))
            .iter()
            .map(|f| f.rule.as_str())
            .collect();
        assert_eq!(said, [*rule], "row {row}");
    }
}

#[test]
fn a_layer_that_the_registry_has_is_not_compressed_again() {
    let storage = support::real::Storage::new();
    let registry = storage.serve(None, &support::real::Access::Open);
    let host = registry.host();
    // Row 24: the verdict is by default, since what the registry has stands in no file.
    let script = "podman build --format docker -t x .\npodman push x docker://R/y:24\npodman push --compression-format zstd x docker://R/x:24";
    let script = at(script, host);
    run(&script, host);
    // podman 4.3 takes the layer that is there; 5.4 compresses it anew.
    let stored = pushed(host, "24");
    println!("24\tstored {stored:?}");
    assert!(
        matches!(stored, Some(Format::DockerSchema2 | Format::OciManifest)),
        "{stored:?}"
    );
    assert_eq!(
        verdict(&script),
        (Some(Format::OciManifest), Confidence::Default)
    );
}

#[test]
fn a_list_without_its_images_is_refused_or_pushed_whole() {
    let storage = support::real::Storage::new();
    let registry = storage.serve(None, &support::real::Access::Open);
    let host = registry.host();
    // Row 35: buildah 1.28 pushes the list alone, which the registry refuses; from 1.38 on `--all` is the default.
    let push = "buildah manifest push --tls-verify=false l docker://R/x:35";
    let script = at(
        &format!("buildah bud -t a .\nbuildah manifest create l a\n{push} || true"),
        host,
    );
    run(&script, host);
    let stored = pushed(host, "35");
    println!("35\tstored {stored:?}");
    assert!(
        matches!(stored, None | Some(Format::OciIndex)),
        "{stored:?}"
    );
    assert_ne!(verdict(&script).0, Some(Format::DockerSchema2));
}

#[test]
fn buildah_pushes_what_the_verdict_says() {
    prove("buildah", BUILDAH);
}

#[test]
fn podman_pushes_what_the_verdict_says() {
    prove("podman", PODMAN);
}

#[test]
fn skopeo_copies_what_the_verdict_says() {
    prove("skopeo", SKOPEO);
}

fn prove(needs: &str, rows: &[Row]) {
    support::real::tool(needs);
    support::real::tool("buildah");
    let storage = support::real::Storage::new();
    let registry = storage.serve(None, &support::real::Access::Open);
    let host = registry.host();
    for (row, script) in rows {
        let script = at(script, host);
        run(&script, host);
        let pushed = pushed(host, row);
        let (said, confidence) = verdict(&script);
        println!("{row}\tpredicted {said:?} ({confidence:?})\tstored {pushed:?}");
        let docker =
            |f: Option<Format>| matches!(f, Some(Format::DockerSchema2 | Format::DockerList));
        // Older versions push lists of OCI images as docker lists: as unpullable as the index.
        let old_list = pushed == Some(Format::DockerList) && said == Some(Format::OciIndex);
        match confidence {
            // `--all` of what the registry has is an image or a list.
            Confidence::Certain if script.contains("skopeo copy") => {
                assert_eq!(
                    docker(said),
                    docker(pushed),
                    "row {row}: {script}\nsaid {said:?}, pushed {pushed:?}"
                );
            }
            Confidence::Certain => assert_eq!(said, pushed, "row {row}: {script}"),
            Confidence::Default => {
                let same = docker(said) == docker(pushed) || old_list;
                assert!(
                    same,
                    "row {row}: {script}\nsaid {said:?}, pushed {pushed:?}"
                );
            }
            // It may be either; only a promise would be wrong.
            Confidence::Depends => {
                assert!(pushed.is_some(), "row {row}: nothing arrived");
                assert!(
                    !docker(said) || docker(pushed),
                    "row {row}: {script}\nsaid {said:?}, pushed {pushed:?}"
                );
            }
        }
        if let Some(fixed) = fixed(&script) {
            let fixed = fixed.replace(&format!("/x:{row}"), &format!("/x:{row}-fixed"));
            run(&fixed, host);
            let now = self::pushed(host, &format!("{row}-fixed"));
            assert!(docker(now), "row {row} mended: {fixed}\npushed {now:?}");
        }
    }
}

/// Runs a script in a folder and a store of its own.
fn run(script: &str, host: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    settings(folder.path(), host);
    let mut bash = support::real::tool("bash");
    bash.args(["-ec", script])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("BUILDAH_ISOLATION", "chroot")
        .env(
            "CONTAINERS_STORAGE_CONF",
            folder.path().join("storage.conf"),
        )
        .env(
            "CONTAINERS_REGISTRIES_CONF",
            folder.path().join("registries.conf"),
        )
        .env("XDG_RUNTIME_DIR", folder.path().join("run"));
    support::real::run(&mut bash);
}

/// The script after its safe edits; None when it has none.
fn fixed(script: &str) -> Option<String> {
    let edits = fix::safe_edits(&findings(&builds(script)));
    edits
        .get(&FileId(0))
        .map(|edits| fix::apply(script, edits).expect("edits of one run"))
}

fn findings(builds: &[Built]) -> Vec<Finding> {
    let (target, repository) = (Target::default(), Repository::default());
    let mut findings = Vec::new();
    for build in builds {
        let case = Case {
            subject: Subject::Build(build, &|_| None),
            target: &target,
            target_is_of_path: false,
            policy: None,
            repository: &repository,
        };
        rules()
            .iter()
            .for_each(|rule| rule.check(&case, &mut findings));
    }
    findings
}

/// A store, registries and a policy of the test's own.
fn settings(folder: &Path, host: &str) {
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a settings file");
    };
    let shown = folder.display();
    write(
        "storage.conf",
        format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{shown}/store\"\nrunroot = \"{shown}/runroot\"\n"
        ),
    );
    write(
        "registries.conf",
        format!("[[registry]]\nlocation = \"{host}\"\ninsecure = true\n"),
    );
    write(
        ".config/containers/policy.json",
        "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}".to_owned(),
    );
    write("run/.keep", String::new());
    // A layer of its own: one that the registry knows already is not compressed again.
    write(
        "Dockerfile",
        format!("# {shown}\nFROM scratch\nCOPY Dockerfile /\n"),
    );
}

/// The manifest type that the registry serves for `x` with this tag.
fn pushed(host: &str, tag: &str) -> Option<Format> {
    let mut stream = TcpStream::connect(host).expect("the registry listens");
    let request = format!(
        "GET /v2/x/manifests/{tag} HTTP/1.1\r\nHost: {host}\r\nAccept: {ACCEPT_ALL}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let header = answer
        .lines()
        .find_map(|l| l.strip_prefix("Content-Type: "))?;
    Format::from_media_type(header)
}

/// The static verdict on the last command.
fn verdict(script: &str) -> (Option<Format>, Confidence) {
    let last = builds(script).pop().expect("a command").verdict;
    (last.format, last.confidence)
}

fn builds(script: &str) -> Vec<Built> {
    let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"b.sh"), script.to_owned());
    let mut sink = Sink::new(&file);
    extract_script(
        &file.whole(),
        &ScriptContext::new(SourceKind::Shell, "", 0),
        &mut sink,
    );
    build_chain::followed(sink.finish().builds)
}
