//! Runs `skopeo` for `mirror --apply`: found on PATH, started without a shell.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;

use super::{Failure, network};
use crate::cli::NetworkArgs;
use crate::config;
use crate::mirror::{Destination, Step};
use crate::rules::remedy::copy::needs;
use image_lint_registry::Settings;
use image_lint_registry::credentials::{OPENSHIFT_USER, openshift_token};

/// A skopeo that can be run.
pub struct Skopeo {
    program: PathBuf,
    /// Makes lists of copies; only some images need it.
    buildah: Option<PathBuf>,
    /// Major and minor number; None when it does not say.
    version: Option<(u32, u32)>,
    /// For `--authfile`, as the user gave it.
    authfile: Option<PathBuf>,
    /// The login of OpenShift for the destination: a private file, removed at the end.
    login: Option<tempfile::NamedTempFile>,
    /// Host that is pushed to.
    host: String,
    /// Certificate authorities of the user's own, for the variable that programs in Go read.
    authorities: Option<Authorities>,
}

/// A folder with the user's authorities, and the value of `SSL_CERT_DIR` that adds it to the system's (Go's crypto/x509,
/// root_unix.go and root_linux.go).
struct Authorities {
    _folder: tempfile::TempDir,
    folders: OsString,
}

impl Authorities {
    fn of(settings: &Settings, env: &BTreeMap<String, String>) -> std::io::Result<Option<Self>> {
        if settings.extra_ca.is_empty() {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        for (number, file) in settings.extra_ca.iter().enumerate() {
            std::fs::copy(file, folder.path().join(format!("{number}.pem")))?;
        }
        let system = "/etc/ssl/certs:/etc/pki/tls/certs";
        let others = env.get("SSL_CERT_DIR").map_or(system, String::as_str);
        let mut folders = folder.path().as_os_str().to_owned();
        folders.push(":");
        folders.push(others);
        Ok(Some(Authorities {
            _folder: folder,
            folders,
        }))
    }
}

impl Skopeo {
    /// # Errors
    /// When there is none, or the token of `oc login` cannot be had where the user's configuration asks for it.
    pub fn find(
        env: &BTreeMap<String, String>,
        args: &NetworkArgs,
        settings: &config::Settings,
        to: &Destination,
    ) -> Result<Self, Failure> {
        let path = env.get("PATH").map_or("", String::as_str);
        let find = |name: &str| {
            std::env::split_paths(path)
                // The folder that is linted is none that programs are taken from.
                .filter(|folder| folder.is_absolute())
                .map(|folder| folder.join(name))
                .find(|program| program.is_file())
        };
        let program = find("skopeo").ok_or_else(|| {
            Failure::Usage(
                "--apply runs skopeo, which is not on PATH; install it, or print the script \
                 and run it elsewhere: https://github.com/containers/skopeo/blob/main/install.md"
                    .into(),
            )
        })?;
        let said = Command::new(&program)
            .arg("--version")
            .stdin(Stdio::null())
            .output();
        let version = said
            .ok()
            .and_then(|said| version(&String::from_utf8_lossy(&said.stdout)));
        let login = openshift_login(env, args, settings, to)?;
        let authorities =
            Authorities::of(&network::settings(args, settings, env), env).map_err(|source| {
                Failure::Io {
                    what: "cannot give skopeo the certificate authorities".into(),
                    source,
                }
            })?;
        Ok(Skopeo {
            host: to.host().to_owned(),
            authorities,
            program,
            buildah: find("buildah"),
            version,
            authfile: args.authfile.clone(),
            login,
        })
    }

    /// Copies one image.
    ///
    /// # Errors
    /// What the tool wrote; untrusted.
    pub fn copy(&self, step: &Step<'_>, plain_http: &[String]) -> Result<(), String> {
        if let (Some(needed), Some(version)) = (needs(&step.conversion), self.version)
            && version < needed
        {
            return Err(format!(
                "its layers are docker's with zstd, which skopeo {}.{} does not convert; {}.{} does",
                version.0, version.1, needed.0, needed.1
            ));
        }
        let folder =
            tempfile::tempdir().map_err(|error| format!("no folder for the copy: {error}"))?;
        for words in step.commands(plain_http) {
            self.run(&words, folder.path())?;
        }
        Ok(())
    }

    fn run(&self, words: &[String], folder: &Path) -> Result<(), String> {
        let (name, arguments) = words.split_first().ok_or("no command")?;
        let buildah = name == "buildah";
        let program = match buildah {
            true => self
                .buildah
                .as_ref()
                .ok_or("a list with attestations or zstd layers needs buildah, which is not on PATH; --one-platform does without")?,
            false => &self.program,
        };
        let mut command = Command::new(program);
        // `copy`, or `manifest push`: flags go after the subcommand.
        let subcommand = if buildah { 2 } else { 1 }.min(arguments.len());
        command.args(&arguments[..subcommand]);
        let pushes = arguments.iter().any(|word| word == "push" || word == "add");
        if let Some(file) = self.authfile.as_ref().filter(|_| !buildah || pushes) {
            command.arg("--authfile").arg(file);
        }
        if let Some(file) = &self.login {
            let to_registry = arguments
                .last()
                .is_some_and(|last| last.starts_with("docker://"));
            match buildah {
                false if to_registry => command.arg("--dest-authfile").arg(file.path()),
                true if pushes => command.arg("--authfile").arg(file.path()),
                _ => &mut command,
            };
        }
        if let Some(authorities) = &self.authorities {
            command.env("SSL_CERT_DIR", &authorities.folders);
        }
        let done = command
            .args(&arguments[subcommand..])
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{name}: {error}"))?;
        if done.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&done.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty());
        let last: String = last.unwrap_or("it failed").chars().take(2000).collect();
        let plain = arguments
            .iter()
            .any(|word| word.ends_with("tls-verify=false"));
        let hint = self.hint(&last, plain);
        Err(last + &hint)
    }

    /// What helps against an answer that many meet first.
    fn hint(&self, said: &str, plain: bool) -> String {
        let refused = [
            "unauthorized",
            "authentication required",
            "denied",
            "no basic auth credentials",
        ];
        if refused.iter().any(|word| said.contains(word)) {
            let flag = if plain { "--tls-verify=false " } else { "" };
            return format!("; log in first: `skopeo login {flag}{}`", self.host);
        }
        if said.contains("x509:") {
            return format!(
                "; skopeo and buildah take the authority from /etc/containers/certs.d/HOST/ca.crt of the registry with that \
                 certificate (`{}` for copies)",
                self.host
            );
        }
        String::new()
    }
}

/// `skopeo version 1.9.3`
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text
        .split_whitespace()
        .find(|w| w.starts_with(|c: char| c.is_ascii_digit()))?
        .split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The token of `oc login`, when the user's own configuration names the destination's host for it.
fn openshift_login(
    env: &BTreeMap<String, String>,
    args: &NetworkArgs,
    settings: &config::Settings,
    to: &Destination,
) -> Result<Option<tempfile::NamedTempFile>, Failure> {
    let settings = network::settings(args, settings, env);
    if !settings.use_credentials
        || !settings
            .kubeconfig_hosts
            .iter()
            .any(|h| h.eq_ignore_ascii_case(to.host()))
    {
        return Ok(None);
    }
    let Some(token) = openshift_token(&settings) else {
        return Err(Failure::Usage(format!(
            "the configuration says openshift-login for {}, but no kubeconfig has a token: run `oc login`",
            to.host()
        )));
    };
    let pair = format!("{OPENSHIFT_USER}:{}", token.reveal());
    let auth = base64::engine::general_purpose::STANDARD.encode(pair);
    let text = serde_json::json!({ "auths": { to.host(): { "auth": auth } } }).to_string();
    let failed = |source| Failure::Io {
        what: "cannot write the login for skopeo".into(),
        source,
    };
    // Temporary files are readable for their owner only.
    let mut file = tempfile::Builder::new()
        .prefix("image-lint-")
        .suffix(".json")
        .tempfile()
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(Some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_skopeo_says() {
        for (text, expected) in [
            ("skopeo version 1.9.3\n", Some((1, 9))),
            ("skopeo version 1.18.0 commit: abc\n", Some((1, 18))),
            ("skopeo version 2.0-dev", None),
            ("", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
    }
}
