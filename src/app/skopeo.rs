//! Runs `skopeo` for `mirror --apply`: found on PATH, started without a shell.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine;

use super::{Failure, network};
use crate::cli::NetworkArgs;
use crate::config;
use crate::mirror::{Destination, GZIP_SINCE, Step};
use image_lint_registry::credentials::{OPENSHIFT_USER, openshift_token};

/// A skopeo that can be run.
pub struct Skopeo {
    program: PathBuf,
    /// Major and minor number; None when it does not say.
    version: Option<(u32, u32)>,
    /// For `--authfile`, as the user gave it.
    authfile: Option<PathBuf>,
    /// The login of OpenShift for the destination: a private file, removed at the end.
    login: Option<tempfile::NamedTempFile>,
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
        let program = std::env::split_paths(path)
            // The folder that is linted is none that programs are taken from.
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("skopeo"))
            .find(|program| program.is_file())
            .ok_or_else(|| {
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
        Ok(Skopeo {
            program,
            version,
            authfile: args.authfile.clone(),
            login,
        })
    }

    /// Copies one image.
    ///
    /// # Errors
    /// What skopeo wrote; untrusted.
    pub fn copy(&self, step: &Step<'_>, plain_http: &[String]) -> Result<(), String> {
        if let (true, Some(version)) = (step.gzip, self.version.filter(|v| *v < GZIP_SINCE)) {
            return Err(format!(
                "its layers are compressed with zstd, which skopeo {}.{} does not convert; {}.{} does",
                version.0, version.1, GZIP_SINCE.0, GZIP_SINCE.1
            ));
        }
        let mut arguments = step.arguments(plain_http).into_iter();
        let mut command = Command::new(&self.program);
        command.args(arguments.next());
        if let Some(file) = &self.authfile {
            command.arg("--authfile").arg(file);
        }
        if let Some(file) = &self.login {
            command.arg("--dest-authfile").arg(file.path());
        }
        let done = command
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("skopeo: {error}"))?;
        if done.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&done.stderr);
        Err(said
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or("skopeo failed")
            .chars()
            .take(2000)
            .collect())
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
