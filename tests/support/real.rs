//! Debian's `docker-registry` (distribution 2.8) under the test's control, and the tools that fill it.
//!
//! A registry runs as a child on a free port of loopback, on a folder of its own, and is killed by its own id when its
//! value is dropped. Where a tool is missing the test fails with the line that installs it; nothing is skipped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::artifact::Artifact;
use super::tls::{Identity, TokenSigner};
use super::wire;

/// User and password of the htpasswd file, and the user's line in it (`htpasswd -Bbn alice secret`).
pub const USER: &str = "alice";
pub const PASSWORD: &str = "secret";
const HTPASSWD: &str = "alice:$2y$05$ND/u2hAQFwdabYyZpPqeq.QIaendcWVhf5YJQ5mbh2M/PUxLEx0O.\n";

/// How long a tool may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A command of a tool that tests need.
///
/// # Panics
/// When the tool is not installed; the message says how to install it.
pub fn tool(name: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    match found {
        Some(program) => Command::new(program),
        None => panic!(
            "`{name}` is missing; install what the tests need with: scripts/install-test-tools.sh"
        ),
    }
}

/// Runs a tool to its end.
///
/// # Panics
/// When it fails, with what it wrote.
pub fn run(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("a program that was found can be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Who may read.
pub enum Access<'a> {
    Open,
    /// The same, and schema 1 is stored as it was when it was current.
    OpenToSchema1,
    /// Basic authentication, bcrypt, [`USER`] and [`PASSWORD`]; as OpenShift's registry does, it takes the same secret
    /// under the name of `unused`.
    Htpasswd,
    /// Tokens signed by `signer`, given out at `realm` for `service`.
    Token {
        realm: &'a str,
        service: &'a str,
        signer: &'a TokenSigner,
    },
}

/// A folder that registries keep their images in. Several may serve the same one.
#[derive(Clone)]
pub struct Storage(Arc<tempfile::TempDir>);

impl Storage {
    pub fn new() -> Self {
        Storage(Arc::new(tempfile::tempdir().expect("a temporary folder")))
    }

    /// Starts a registry on this folder.
    ///
    /// # Panics
    /// When `docker-registry` is missing or does not start.
    pub fn serve(&self, tls: Option<&Identity>, access: &Access<'_>) -> RealRegistry {
        RealRegistry::start(self.clone(), tls, access)
    }
}

/// A running `docker-registry`.
pub struct RealRegistry {
    child: Child,
    host: String,
    _storage: Storage,
    _settings: tempfile::TempDir,
}

impl Drop for RealRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl RealRegistry {
    fn start(storage: Storage, tls: Option<&Identity>, access: &Access<'_>) -> Self {
        let settings = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| -> PathBuf {
            let path = settings.path().join(name);
            std::fs::write(&path, text).expect("room for a settings file");
            path
        };
        let mut text = format!(
            "version: 0.1\nlog: {{level: info}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n  delete: {{enabled: true}}\n",
            storage.0.path().display()
        );
        // Foreign layers with urls are stored.
        text.push_str("validation:\n  manifests:\n    urls: {allow: ['^https?://']}\n");
        text.push_str("http:\n  addr: 127.0.0.1:0\n  secret: loopback\n");
        if let Some(identity) = tls {
            let certificate = write("server.crt", &identity.certificate_pem);
            let key = write("server.key", &identity.key_pem);
            text.push_str(&format!(
                "  tls: {{certificate: {}, key: {}}}\n",
                certificate.display(),
                key.display()
            ));
        }
        match access {
            Access::Open => {}
            Access::OpenToSchema1 => text.push_str("compatibility:\n  schema1: {enabled: true}\n"),
            Access::Htpasswd => {
                let users = format!(
                    "{}\n{}\n",
                    HTPASSWD.trim(),
                    HTPASSWD.trim().replace(USER, "unused")
                );
                let path = write("htpasswd", &users);
                text.push_str(&format!(
                    "auth:\n  htpasswd: {{realm: loopback, path: {}}}\n",
                    path.display()
                ));
            }
            Access::Token {
                realm,
                service,
                signer,
            } => {
                let bundle = write("token.crt", signer.certificate_pem());
                text.push_str(&format!(
                    "auth:\n  token: {{realm: \"{realm}\", service: \"{service}\", issuer: \"{}\", rootcertbundle: {}}}\n",
                    TokenSigner::ISSUER,
                    bundle.display()
                ));
            }
        }
        let path = write("config.yml", &text);
        let mut child = tool("docker-registry")
            .arg("serve")
            .arg(&path)
            // Variables named REGISTRY_… would override the file.
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program that was found can be started");
        let host = match wait_for_address(&mut child) {
            Ok(host) => host,
            Err(said) => {
                let _ = child.kill();
                let _ = child.wait();
                panic!("docker-registry did not start; it wrote:\n{said}");
            }
        };
        RealRegistry {
            child,
            host,
            _storage: storage,
            _settings: settings,
        }
    }

    /// `127.0.0.1:port`
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn name(&self, repository_and_tag: &str) -> String {
        format!("{}/{repository_and_tag}", self.host)
    }

    /// Uploads blobs, children and the manifest by bare requests: byte for byte what was made, which no tool promises.
    /// For registries that are open and speak plain HTTP.
    pub fn put(&self, repository: &str, tag: &str, artifact: &Artifact) -> String {
        for child in &artifact.children {
            self.put(repository, &child.digest(), child);
        }
        let mut sent = std::collections::BTreeSet::new();
        for blob in artifact
            .blobs
            .iter()
            .filter(|blob| sent.insert(blob.digest()))
        {
            let begun = wire::send(
                &self.host,
                "POST",
                &format!("/v2/{repository}/blobs/uploads/"),
                &[],
                &[],
            )
            .expect("an upload begins");
            let location = begun.header("location").expect("a place for the upload");
            let path = location
                .split_once(&self.host)
                .map_or(location, |(_, path)| path);
            let path = format!("{path}&digest={}", blob.digest());
            let content = [("Content-Type", "application/octet-stream")];
            let done = wire::send(&self.host, "PUT", &path, &content, &blob.bytes)
                .expect("an upload ends");
            assert_eq!(done.status, 201, "{}", done.text());
        }
        let path = format!("/v2/{repository}/manifests/{tag}");
        let content = [("Content-Type", artifact.media_type.as_str())];
        let done = wire::send(&self.host, "PUT", &path, &content, &artifact.body)
            .expect("a manifest is taken");
        assert_eq!(done.status, 201, "{repository}:{tag}: {}", done.text());
        artifact.digest()
    }

    /// Removes a blob or a manifest, as a purge that broke a name would.
    pub fn forget(&self, repository: &str, digest: &str) {
        for kind in ["manifests", "blobs"] {
            let path = format!("/v2/{repository}/{kind}/{digest}");
            let done = wire::send(&self.host, "DELETE", &path, &[], &[]).expect("an answer");
            assert!(matches!(done.status, 202 | 404), "{}", done.text());
        }
    }

    /// Copies an artifact with `skopeo`, from a folder (`dir:`), without change unless `format` (`v2s2`, `oci`) says so.
    pub fn skopeo_copy(
        &self,
        repository: &str,
        tag: &str,
        artifact: &Artifact,
        format: Option<&str>,
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_dir(folder.path(), artifact);
        let mut command = tool("skopeo");
        command.args([
            "--insecure-policy",
            "copy",
            "--all",
            "--dest-tls-verify=false",
        ]);
        if let Some(format) = format {
            command.args(["--format", format]);
        }
        command.arg(format!("dir:{}", folder.path().display()));
        command.arg(format!(
            "docker://{}",
            self.name(&format!("{repository}:{tag}"))
        ));
        run(&mut command);
    }

    /// Builds an image of one file with `buildah` and pushes it in its format, `docker` or `oci`. The storage is a folder
    /// of its own.
    pub fn buildah_push(&self, repository: &str, tag: &str, format: &str) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("Dockerfile"), "FROM scratch\nCOPY name /\n").expect("room for a file");
        std::fs::write(at("name"), format!("{repository}:{tag}\n")).expect("room for a file");
        let buildah = || {
            let mut command = tool("buildah");
            command
                .args(["--storage-driver", "vfs", "--root"])
                .arg(at("root"))
                .arg("--runroot")
                .arg(at("run"));
            command
        };
        let name = self.name(&format!("{repository}:{tag}"));
        run(buildah()
            .args([
                "bud",
                "--isolation",
                "chroot",
                "--format",
                format,
                "-t",
                &name,
            ])
            .arg(folder.path()));
        run(buildah().args([
            "push",
            "--tls-verify=false",
            "--format",
            if format == "docker" { "v2s2" } else { format },
            &name,
        ]));
    }
}

/// The folder form of containers/image (`directory/explanation.md`): `manifest.json`, blobs and child manifests by hash.
fn write_dir(folder: &Path, artifact: &Artifact) {
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).expect("room for a blob")
    };
    put("version", b"Directory Transport Version: 1.1\n");
    put("manifest.json", &artifact.body);
    for child in &artifact.children {
        put(
            &format!(
                "{}.manifest.json",
                child.digest().trim_start_matches("sha256:")
            ),
            &child.body,
        );
    }
    for blob in artifact
        .blobs
        .iter()
        .chain(artifact.children.iter().flat_map(|c| &c.blobs))
    {
        put(blob.digest().trim_start_matches("sha256:"), &blob.bytes);
    }
}

/// Reads the log up to the line that names the port, and goes on reading so that the pipe never fills.
fn wait_for_address(child: &mut Child) -> Result<String, String> {
    let errors = child.stderr.take().expect("the log is a pipe");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let mut said = String::new();
    while let Ok(line) = receiver.recv_timeout(PATIENCE) {
        // `msg="listening on 127.0.0.1:45123, tls"`
        if let Some((_, rest)) = line.split_once("listening on ") {
            let end = rest.find([',', '"']).unwrap_or(rest.len());
            return Ok(rest[..end].to_owned());
        }
        said.push_str(&line);
        said.push('\n');
    }
    Err(said)
}
