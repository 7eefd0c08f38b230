//! The software bill of materials of the program, in CycloneDX 1.5, on stdout: every crate that the given platform's
//! binary is made of, with version, checksum and licence, and who depends on whom.
//!
//! `cargo run --locked --example sbom -- [TARGET]`; cargo knows the crates from the lock file and the crates on this
//! machine, so no network is asked.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Write};
use std::process::Command;

use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let target = match std::env::args().nth(1) {
        Some(target) => target,
        None => host()?,
    };
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args([
        "metadata",
        "--format-version=1",
        "--locked",
        "--offline",
        "--manifest-path",
        root,
    ]);
    command.args(["--filter-platform", &target]);
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(io::Error::other("cargo metadata failed"));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"))?;
    let mut out = io::stdout().lock();
    let compiler = rustc("--version")?;
    serde_json::to_writer_pretty(
        &mut out,
        &bill(&metadata, &checksums(&lock), compiler.trim()),
    )?;
    writeln!(out)
}

/// The platform that the compiler builds for by itself.
fn host() -> io::Result<String> {
    let text = rustc("-vV")?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| io::Error::other("rustc does not say what it builds for"))
}

/// What the compiler says of itself.
fn rustc(flag: &str) -> io::Result<String> {
    let output = Command::new("rustc").arg(flag).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// SHA-256 of the packed crate by name and version, as the lock file has it.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let mut all = BTreeMap::new();
    for package in lock.split("[[package]]") {
        let field = |name: &str| {
            let line = package
                .lines()
                .find_map(|line| line.strip_prefix(&format!("{name} = \"")))?;
            line.strip_suffix('"').map(str::to_owned)
        };
        if let (Some(name), Some(version), Some(checksum)) =
            (field("name"), field("version"), field("checksum"))
        {
            all.insert((name, version), checksum);
        }
    }
    all
}

fn bill(metadata: &Value, checksums: &BTreeMap<(String, String), String>, compiler: &str) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<String, Value> = list(&metadata["packages"])
        .into_iter()
        .map(|package| (text(&package["id"]), package))
        .collect();
    // What the binary is linked of and what runs while it is built; what only tests use is neither.
    let depends_on: BTreeMap<String, BTreeSet<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let used = list(&node["deps"])
                .into_iter()
                .filter(|dep| list(&dep["dep_kinds"]).iter().any(|k| k["kind"] != "dev"));
            (
                text(&node["id"]),
                used.map(|dep| text(&dep["pkg"])).collect(),
            )
        })
        .collect();
    let root = text(&metadata["resolve"]["root"]);
    let mut met = BTreeSet::from([root.clone()]);
    let mut queue = VecDeque::from([root.clone()]);
    while let Some(id) = queue.pop_front() {
        for next in depends_on.get(&id).into_iter().flatten() {
            if met.insert(next.clone()) {
                queue.push_back(next.clone());
            }
        }
    }
    let url = |id: &str| {
        let package = &packages[id];
        format!(
            "pkg:cargo/{}@{}",
            text(&package["name"]),
            text(&package["version"])
        )
    };
    let component = |id: &str, kind: &str| {
        let package = &packages[id];
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let mut component = json!({
            "type": kind, "bom-ref": url(id), "purl": url(id), "name": name, "version": version,
            "licenses": [{ "expression": text(&package["license"]).replace('/', " OR ") }],
        });
        if let Some(checksum) = checksums.get(&(name, version)) {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        component
    };
    let dependencies: Vec<Value> = met
        .iter()
        .map(|id| json!({ "ref": url(id), "dependsOn": depends_on[id].iter().map(|id| url(id)).collect::<Vec<_>>() }))
        .collect();
    let others: Vec<Value> = met
        .iter()
        .filter(|id| **id != root)
        .map(|id| component(id, "library"))
        .collect();
    // No serial number and no time: the same lock file and compiler give the same bytes.
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {
            "component": component(&root, "application"),
            "properties": [{ "name": "image-lint:rustc", "value": compiler }],
        },
        "components": others,
        "dependencies": dependencies,
    })
}
