//! What is said to be pullable is what real clients pull: every stored form, in Debian's registry and in the one inside the
//! process, judged for every target and laid beside the client's column of `pulls.tsv`, which real clients filled.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use crate::asking::{block, settings};
use crate::support::artifact::digest_of;
use crate::support::forms::{self, Form, PULLS};
use crate::support::real::{Access, Storage, run, tool};
use crate::support::registry::{AcceptPolicy, Registry};
use image_lint_model::clients::CLIENTS;
use image_lint_model::manifest::{Manifest, Platform};
use image_lint_model::pull::{Pull, pull};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;
use image_lint_registry::{Client, Depth};

/// Columns of each target, the oldest version first.
const TARGETS: [(&str, &[&str]); 4] = [
    ("openshift-3.11", &["docker-1.13"]),
    ("docker-20.10", &["docker-20.10"]),
    ("openshift-4", &["podman-4.3", "podman-5.8"]),
    ("kubernetes", &["containerd-2.1"]),
];

/// Where a verdict is not the client's cell, and why. `*` stands for every target.
const EXCEPTIONS: [(&str, &str, &str, &str); 28] = [
    (
        "d2-arm64",
        "*",
        "bad",
        "pulled, and then no container of it starts",
    ),
    (
        "oci-arm64",
        "*",
        "bad",
        "pulled, and then no container of it starts",
    ),
    ("d2-plugin", "*", "bad", "stored by some, run by none"),
    ("helm", "*", "bad", "stored by some, run by none"),
    ("cosign", "*", "bad", "stored by some, run by none"),
    ("artifact-empty", "*", "bad", "stored by some, run by none"),
    ("artifact-oras", "*", "bad", "stored by some, run by none"),
    (
        "artifact-imageconfig-textlayer",
        "*",
        "bad",
        "stored by some, run by none",
    ),
    (
        "own-index-of-charts",
        "*",
        "bad",
        "stored by some, run by none",
    ),
    (
        "list-lies-type",
        "kubernetes",
        "ok",
        "a warning: it depends on the registry",
    ),
    (
        "d2-zstd-as-gzip",
        "openshift-3.11",
        "ok",
        "only the bytes of the layer tell",
    ),
    (
        "d2-zstd-as-gzip",
        "docker-20.10",
        "ok",
        "only the bytes of the layer tell",
    ),
    (
        "oci-zstd-as-gzip",
        "docker-20.10",
        "ok",
        "only the bytes of the layer tell",
    ),
    (
        "oci-gzip-as-zstd",
        "docker-20.10",
        "bad",
        "only the bytes of the layer tell",
    ),
    (
        "d2-bzip2",
        "kubernetes",
        "ok",
        "only the bytes of the layer tell",
    ),
    (
        "d2-xz",
        "kubernetes",
        "ok",
        "only the bytes of the layer tell",
    ),
    (
        "diffid-mismatch",
        "openshift-3.11",
        "ok",
        "only the bytes of the layer tell",
    ),
    (
        "diffid-mismatch",
        "docker-20.10",
        "ok",
        "only the bytes of the layer tell",
    ),
    (
        "diffid-mismatch",
        "openshift-4",
        "ok",
        "only the bytes of the layer tell",
    ),
    (
        "diffid-mismatch",
        "kubernetes",
        "ok",
        "only the bytes of the layer tell",
    ),
    (
        "own-noplat-arm",
        "openshift-4",
        "bad",
        "pulled, and then no container of it starts",
    ),
    (
        "more-noplat-two",
        "openshift-4",
        "bad",
        "pulled, and then no container of it starts",
    ),
    (
        "more-d2-windows",
        "*",
        "bad",
        "pulled, and then no container of it starts",
    ),
    (
        "more-d2-example-config",
        "*",
        "bad",
        "stored by some, run by none",
    ),
    (
        "third-empty-config-files",
        "*",
        "bad",
        "stored by some, run by none",
    ),
    (
        "third-attestation-for-amd64",
        "*",
        "bad",
        "stored by some, run by none",
    ),
    (
        "third-attestation-before-amd64",
        "kubernetes",
        "bad",
        "pulled, and then no container of it starts",
    ),
    (
        "more-oci-example-config",
        "*",
        "bad",
        "stored by some, run by none",
    ),
];

fn exception(form: &str, target: &str) -> Option<&'static str> {
    let found = EXCEPTIONS
        .iter()
        .find(|(name, of, ..)| *name == form && (*of == "*" || *of == target));
    found.map(|(_, _, verdict, _)| *verdict)
}

/// Cells by form and client.
fn cells() -> BTreeMap<&'static str, BTreeMap<&'static str, &'static str>> {
    let mut lines = PULLS.lines();
    let head: Vec<&str> = lines.next().expect("a head").split('\t').collect();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let row = head[2..].iter().copied().zip(cells[2..].iter().copied());
            (cells[0], row.collect())
        })
        .collect()
}

/// What the columns of a target come to: `ok` where any of its versions pulls.
fn expected(row: &BTreeMap<&str, &str>, columns: &[&str]) -> &'static str {
    match columns.iter().any(|column| row[column] == "y") {
        true => "ok",
        false => "bad",
    }
}

/// What the whole program shows of images of one registry, in their order.
fn inspect(host: &str, forms: &[&Form]) -> Vec<Value> {
    let text = printed(host, forms, "json");
    let document: Value = serde_json::from_str(&text).unwrap();
    document["images"].as_array().unwrap().clone()
}

/// The same as text, an image each.
fn inspect_text(host: &str, forms: &[&Form]) -> Vec<String> {
    let text = printed(host, forms, "text");
    text.split("\n\n").map(str::to_owned).collect()
}

fn printed(host: &str, forms: &[&Form], format: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-lint"));
    command.env_clear().env("HOME", home.path());
    command.args([
        "inspect",
        "--no-cache",
        "--no-alternatives",
        "--plain-http",
        host,
    ]);
    command.args(["--format", format]);
    command.args(
        forms
            .iter()
            .map(|form| format!("{host}/{}", form.reference())),
    );
    let output = command.output().unwrap();
    assert!(
        !output.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The verdicts on images of one registry, by form and target.
fn verdicts(host: &str, forms: &[&Form]) -> BTreeMap<String, BTreeMap<String, String>> {
    let images = inspect(host, forms);
    images
        .iter()
        .zip(forms)
        .map(|(image, form)| {
            let verdicts = image["verdicts"].as_array().unwrap().iter();
            let verdicts = verdicts.map(|v| {
                let text = |key: &str| v[key].as_str().unwrap_or("").to_owned();
                (text("target"), text("verdict"))
            });
            (form.name.to_owned(), verdicts.collect())
        })
        .collect()
}

fn compare(place: &str, found: &BTreeMap<String, BTreeMap<String, String>>) -> Vec<String> {
    let cells = cells();
    let mut wrong = Vec::new();
    for (form, verdicts) in found {
        let row = &cells[&**form];
        for (target, columns) in TARGETS {
            let wanted = exception(form, target).unwrap_or_else(|| expected(row, columns));
            let said = &verdicts[target];
            if said != wanted {
                wrong.push(format!(
                    "{place}: {form} for {target}: {said}, and it is {wanted}"
                ));
            }
        }
    }
    wrong
}

#[test]
fn what_is_said_to_be_pullable_is_pulled_by_the_targets_client() {
    let forms = forms::all();
    let real = Storage::new().serve(None, &Access::Open);
    let stored: Vec<&Form> = forms
        .iter()
        .filter(|form| forms::store_real(form, &real))
        .collect();
    let mut wrong = compare("docker-registry", &verdicts(real.host(), &stored));
    let inside = Registry::start();
    forms.iter().for_each(|form| forms::store(form, &inside));
    let all: Vec<&Form> = forms.iter().collect();
    wrong.extend(compare("in the process", &verdicts(&inside.host(), &all)));
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Type, digest and size of a part as a manifest writes them.
fn raw_part(part: &Value) -> Value {
    // One that is left out is shown as an empty one.
    let media_type = part["mediaType"].as_str().unwrap_or("");
    json!([media_type, part["digest"], part["size"]])
}

/// The same as `inspect` shows them.
fn shown_part(part: &Value) -> Value {
    json!([part["media_type"], part["digest"], part["size"]])
}

fn all(parts: &Value, one: fn(&Value) -> Value) -> Vec<Value> {
    parts.as_array().into_iter().flatten().map(one).collect()
}

#[test]
fn inspect_shows_type_digest_and_size_as_skopeo_prints_them_raw() {
    let forms = forms::all();
    let real = Storage::new().serve(None, &Access::Open);
    let inside = Registry::start();
    // skopeo sends several lines of `Accept`, of which this registry reads the first.
    inside.manners(|manners| manners.accept = AcceptPolicy::Ignore);
    let (stored, others): (Vec<&Form>, Vec<&Form>) = forms
        .iter()
        .partition(|form| forms::store_real(form, &real));
    others.iter().for_each(|form| forms::store(form, &inside));
    let mut compared = 0;
    for (host, forms) in [(real.host(), &stored), (&inside.host(), &others)] {
        let printed = inspect_text(host, forms);
        assert_eq!(printed.len(), forms.len());
        for ((image, form), lines) in inspect(host, forms).iter().zip(forms).zip(&printed) {
            let name = format!("docker://{host}/{}", form.reference());
            let text = run(tool("skopeo").args(["inspect", "--raw", "--tls-verify=false", &name]));
            is_shown_raw(form.name, image, &text);
            is_printed_raw(form.name, lines, &text);
            compared += 1;
        }
    }
    assert_eq!(compared, forms.len());
    let nested = stored
        .iter()
        .position(|form| form.name == "own-idx-of-idx-of-idx")
        .unwrap();
    let image = &inspect(real.host(), &stored[nested..=nested])[0];
    let innermost = &image["children"][0]["children"][0]["children"][0];
    assert_eq!(innermost["platform"], "linux/amd64", "{image:#}");
    assert_eq!(innermost["layers"][0]["present"], true, "{image:#}");
}

/// Whether the table of an image has the type, the digest and the size of all that its manifest names, in its order.
fn is_printed_raw(form: &str, printed: &str, text: &str) {
    let raw: Value = serde_json::from_str(text).unwrap();
    let mut lines = printed.lines();
    let mut next = |wanted: &[&str]| {
        let found = lines.any(|line| wanted.iter().all(|text| line.contains(text)));
        assert!(found, "{form}: {wanted:?} in {printed}");
    };
    let bytes = |size: &Value| format!("{size} B");
    let signed = raw["signatures"].is_array();
    if !signed {
        next(&["digest", &digest_of(text.as_bytes())]);
    }
    next(&["manifest", raw["mediaType"].as_str().unwrap_or("")]);
    next(&["size", &bytes(&text.len().into())]);
    let config = raw["config"].is_object().then(|| &raw["config"]);
    let lists = [&raw["layers"], &raw["manifests"]];
    let parts = lists.into_iter().filter_map(Value::as_array).flatten();
    for part in config.into_iter().chain(parts) {
        let media_type = part["mediaType"].as_str().unwrap_or("");
        let digest = part["digest"].as_str().unwrap();
        next(&[media_type, &bytes(&part["size"]), digest]);
    }
    for layer in raw["fsLayers"].as_array().into_iter().flatten() {
        next(&[layer["blobSum"].as_str().unwrap()]);
    }
}

/// Whether an image is shown as its manifest, which skopeo printed, has it.
fn is_shown_raw(form: &str, image: &Value, text: &str) {
    let raw: Value = serde_json::from_str(text).unwrap();
    assert_eq!(image["size"], text.len(), "{form}");
    if let Some(media_type) = raw["mediaType"].as_str() {
        assert_eq!(image["media_type"], media_type, "{form}");
    }
    if let Some(layers) = raw["fsLayers"].as_array() {
        // Schema 1 gives digests alone, and its own is that of the payload that is signed.
        let shown: Vec<&Value> = image["layers"].as_array().unwrap().iter().collect();
        let shown: Vec<&Value> = shown.iter().map(|layer| &layer["digest"]).collect();
        let written: Vec<&Value> = layers.iter().map(|layer| &layer["blobSum"]).collect();
        assert_eq!(shown, written, "{form}");
        return;
    }
    assert_eq!(image["digest"], digest_of(text.as_bytes()), "{form}");
    if raw["config"].is_object() {
        assert_eq!(
            shown_part(&image["config"]),
            raw_part(&raw["config"]),
            "{form}"
        );
    }
    assert_eq!(
        all(&image["layers"], shown_part),
        all(&raw["layers"], raw_part),
        "{form}"
    );
    assert_eq!(
        all(&image["children"], shown_part),
        all(&raw["manifests"], raw_part),
        "{form}"
    );
    assert_eq!(image["subject"], raw["subject"]["digest"], "{form}");
    let children = image["children"].as_array().into_iter().flatten();
    for (child, raw) in children.zip(raw["manifests"].as_array().into_iter().flatten()) {
        assert_eq!(child["os_version"], raw["platform"]["os.version"], "{form}");
        let features = raw["platform"].get("os.features").cloned();
        assert_eq!(
            child["os_features"],
            features.unwrap_or(json!([])),
            "{form}"
        );
    }
}

#[test]
fn every_form_has_a_row_and_every_row_a_form() {
    let forms: Vec<&str> = forms::all().iter().map(|form| form.name).collect();
    let rows: Vec<&str> = PULLS
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert_eq!(forms, rows);
    let head: Vec<&str> = PULLS.lines().next().unwrap().split('\t').skip(2).collect();
    assert_eq!(head, CLIENTS.each_ref().map(|client| client.id));
}

/// Cells that no manifest tells, by form: what a column says of them is not what the table of features says.
const UNSEEN: [&str; 7] = [
    "d2-zstd-as-gzip",
    "oci-zstd-as-gzip",
    "oci-gzip-as-zstd",
    "d2-bzip2",
    "d2-xz",
    "diffid-mismatch",
    "list-lies-type",
];

#[test]
fn the_table_of_features_says_of_every_form_what_every_client_did() {
    let inside = Registry::start();
    let cells = cells();
    let client = Client::new(settings(&inside)).unwrap();
    let platform = Platform::new("linux", "amd64", None);
    let mut wrong = Vec::new();
    for form in forms::all() {
        forms::store(&form, &inside);
        let name = inside.name(&form.reference());
        let reference = ImageReference::parse(&name).unwrap();
        let resolved = block(client.resolve(&reference, Depth::Full));
        let Resolution::Found(manifest) = &resolved.resolution else {
            panic!("{name}: {resolved:?}")
        };
        if is_artifact(manifest, &form) || UNSEEN.contains(&form.name) {
            continue;
        }
        for column in &CLIENTS {
            let said = match pull(column, manifest, &platform) {
                Pull::Works | Pull::Depends(_) => "y",
                Pull::Refused(_) => "n",
            };
            let did = cells[form.name][column.id];
            if said != did {
                wrong.push(format!(
                    "{} by {}: {said}, and it did {did}",
                    form.name, column.id
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What is stored as an image by some clients and run by none is judged by a rule of its own.
fn is_artifact(_: &Manifest, form: &Form) -> bool {
    let artifacts = EXCEPTIONS
        .iter()
        .filter(|(.., why)| why.contains("run by none") || why.contains("artifact"));
    artifacts.clone().any(|(name, ..)| *name == form.name)
        || matches!(form.name, "buildcache" | "oci-artifact-manifest")
}
