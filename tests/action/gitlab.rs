//! The GitLab component as a pipeline runs it: gitlab-ci-local reads the include as GitLab does, checks the pipeline by
//! GitLab's own schema, and runs the job's script in the checkout with the variables of a runner. Here with the real
//! program, against a registry on this machine.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::registry::Registry;
use crate::tools::{project, tool};

/// A checkout with the component, as a mirror of this project has it.
struct Checkout {
    folder: tempfile::TempDir,
}

impl Checkout {
    fn new(registry: &Registry, inputs: &str) -> Self {
        let checkout = Checkout {
            folder: tempfile::tempdir().unwrap(),
        };
        let component = project().join("templates/image-lint.yml");
        checkout.write(
            "project/templates/image-lint.yml",
            &std::fs::read_to_string(component).unwrap(),
        );
        let include =
            "include:\n  - component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/image-lint@$CI_COMMIT_SHA\n";
        checkout.write("project/.gitlab-ci.yml", &format!("{include}{inputs}"));
        // No input of the component may allow plain HTTP: the runner's own user configuration does.
        let hosts = format!("hosts:\n  \"{}\":\n    plain-http: true\n", registry.host());
        checkout.write("home/.config/image-lint/config.yaml", &hosts);
        let programs = checkout.at("programs");
        std::fs::create_dir(&programs).unwrap();
        let program = env!("CARGO_BIN_EXE_image-lint");
        std::os::unix::fs::symlink(program, programs.join("image-lint")).unwrap();
        checkout.git(&["init", "--quiet", "--initial-branch=main"]);
        let origin = "git@gitlab.example.com:OWNER/image-lint.git";
        checkout.git(&["remote", "add", "origin", origin]);
        checkout
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.at(path)).unwrap()
    }

    /// A command in the checkout that knows nothing of who runs the tests.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.at("project")).env_clear();
        let path = std::env::var("PATH").unwrap_or_default();
        let programs = self.at("programs");
        command.env("PATH", format!("{}:{path}", programs.display()));
        command.env("HOME", self.at("home"));
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "t");
            command.env(format!("GIT_{who}_EMAIL"), "t@localhost");
        }
        command
    }

    fn git(&self, arguments: &[&str]) {
        let done = self.command("git").args(arguments).output().unwrap();
        assert!(done.status.success(), "git {arguments:?}: {done:?}");
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// Runs the job of a merge request.
    fn run(&self) -> Output {
        self.commit("what is linted");
        let mut command = self.command(tool("node_modules/.bin/gitlab-ci-local"));
        command.args(["--force-shell-executor", "--no-color"]);
        // A runner's own variables (GitLab docs, "Predefined CI/CD variables"), where the stand-in has others.
        for (name, value) in [
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "1217"),
            ("CI_PROJECT_DIR", self.at("project").to_str().unwrap()),
        ] {
            command.arg("--variable").arg(format!("{name}={value}"));
        }
        command.output().expect("gitlab-ci-local starts")
    }
}

fn pod(image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: a\n      image: {image}\n"
    )
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

#[test]
fn the_components_job_fails_for_a_bad_image_and_keeps_its_reports() {
    let registry = Registry::start();
    registry.push_oci("a/web", "1");
    registry.push_schema2("a/db", "1");
    let job = Checkout::new(&registry, "");
    job.write("project/deploy/web.yaml", &pod(&registry.name("a/web:1")));
    job.write("project/deploy/db.yaml", &pod(&registry.name("a/db:1")));
    let ran = job.run();
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    assert!(
        said(&ran).contains("json schema validated"),
        "{}",
        said(&ran)
    );
    assert!(
        said(&ran).contains("error[unsupported-format]"),
        "{}",
        said(&ran)
    );
    let quality: Value =
        serde_json::from_str(&job.read("project/gl-code-quality-report.json")).unwrap();
    let entries = quality.as_array().unwrap();
    assert_eq!(entries.len(), 1, "{quality:#}");
    assert_eq!(entries[0]["check_name"], "unsupported-format");
    assert_eq!(entries[0]["location"]["path"], "deploy/web.yaml");
    assert_eq!(entries[0]["location"]["lines"]["begin"], 8);
    let tests = job.read("project/image-lint-junit.xml");
    assert!(
        tests.contains("tests=\"2\"") && tests.contains("failures=\"1\""),
        "{tests}"
    );
    assert!(
        job.read("project/image-lint.html")
            .starts_with("<!doctype html>")
    );
}

#[test]
fn inputs_of_an_include_reach_the_job() {
    let registry = Registry::start();
    registry.push_oci("a/web", "1");
    let inputs = "    inputs:\n      job-name: images of the shop\n      target: kubernetes\n      \
                  working-directory: shop's files\n      paths: |\n        deploy\n";
    let job = Checkout::new(&registry, inputs);
    let bad = pod("Bad/Name");
    job.write(
        "project/shop's files/deploy/web.yaml",
        &pod(&registry.name("a/web:1")),
    );
    job.write("project/other/bad.yaml", &bad);
    let ran = job.run();
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
    assert!(said(&ran).contains("images of the shop"), "{}", said(&ran));
    job.write("project/shop's files/deploy/bad.yaml", &bad);
    let ran = job.run();
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    let quality: Value =
        serde_json::from_str(&job.read("project/gl-code-quality-report.json")).unwrap();
    // Named from the top of the checkout, where GitLab shows the line.
    assert_eq!(
        quality[0]["location"]["path"],
        "shop's files/deploy/bad.yaml"
    );
    assert_eq!(quality.as_array().unwrap().len(), 1, "{quality:#}");
}

#[test]
fn names_that_a_shell_would_run_reach_the_job_as_they_are() {
    let registry = Registry::start();
    for name in ["x;touch pwned;", "$(touch pwned)", "a  b", "-rf", "it's"] {
        let quoted = name.replace('\'', "''");
        let inputs =
            format!("    inputs:\n      working-directory: '{quoted}'\n      paths: '{quoted}'\n");
        let job = Checkout::new(&registry, &inputs);
        job.write(&format!("project/{name}/{name}/bad.yaml"), &pod("Bad/Name"));
        let ran = job.run();
        assert_eq!(ran.status.code(), Some(1), "{name}: {}", said(&ran));
        let quality: Value =
            serde_json::from_str(&job.read("project/gl-code-quality-report.json")).unwrap();
        let path = format!("{name}/{name}/bad.yaml");
        assert_eq!(quality[0]["location"]["path"], path, "{quality:#}");
        assert!(!job.at("project/pwned").exists() && !said(&ran).contains("pwned: "));
    }
}
