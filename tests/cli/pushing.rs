//! The hook in a real push to a real repository, and `--changed-since`.

use crate::program::{Ran, Workspace, pod};
use crate::support::registry::Registry;

struct Pushing {
    workspace: Workspace,
    registry: Registry,
}

impl Pushing {
    /// A repository whose remote has one good commit, with the hook installed by the program itself.
    fn new() -> Self {
        let registry = Registry::start();
        registry.push_schema2("app", "good");
        registry.push_oci("app", "oci");
        let pushing = Pushing {
            workspace: Workspace::new(),
            registry,
        };
        pushing.git(&["init", "--quiet", "--initial-branch=main"]);
        let remote = pushing.workspace.beside("remote.git");
        pushing.git(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
        pushing.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
        pushing.write("good");
        pushing.commit();
        assert!(pushing.git(&["push", "--quiet", "origin", "main"]).code == Some(0));
        // The user's own configuration names the host that speaks plain HTTP: a hook takes no flags.
        let config = pushing.workspace.home.join(".config/image-lint");
        std::fs::create_dir_all(&config).unwrap();
        let text = format!(
            "hosts:\n  \"{}\": {{plain-http: true}}\n",
            pushing.registry.host()
        );
        std::fs::write(config.join("config.yaml"), text).unwrap();
        let installed = pushing.workspace.program(&["hook", "install"]).run();
        assert_eq!(installed.code, Some(0), "{}", installed.said());
        pushing
    }

    fn write(&self, tag: &str) {
        self.workspace.write(
            "pod.yaml",
            pod(&[&self.registry.name(&format!("app:{tag}"))]),
        );
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        assert_eq!(
            self.git(&["commit", "--quiet", "--message=change"]).code,
            Some(0)
        );
    }

    fn git(&self, arguments: &[&str]) -> Ran {
        self.workspace.git(arguments)
    }
}

#[test]
fn a_push_of_a_bad_image_is_refused_and_says_why() {
    let pushing = Pushing::new();
    pushing.write("oci");
    pushing.commit();
    let push = pushing.git(&["push", "origin", "main"]);
    assert_ne!(push.code, Some(0), "{}", push.said());
    assert!(
        push.stderr.contains("missing signature key"),
        "{}",
        push.stderr
    );
    assert!(push.stderr.contains("pod.yaml:7:12"), "{}", push.stderr);
    assert!(
        push.stderr.contains("IMAGE_LINT_SKIP=1 git push"),
        "the way out: {}",
        push.stderr
    );
}

#[test]
fn a_push_that_is_let_through_says_that_nothing_was_checked() {
    let pushing = Pushing::new();
    pushing.write("oci");
    pushing.commit();
    let mut push = pushing.workspace.git_command(&["push", "origin", "main"]);
    let push = Ran::of(&push.env("IMAGE_LINT_SKIP", "1").output().expect("git runs"));
    assert_eq!(push.code, Some(0), "{}", push.said());
    assert!(
        push.stderr
            .contains("image-lint: nothing was checked: IMAGE_LINT_SKIP is set"),
        "{}",
        push.stderr
    );
}

#[test]
fn what_the_committed_baseline_forgives_is_pushed() {
    let pushing = Pushing::new();
    pushing.write("oci");
    let write = ["--no-cache", "--write-baseline", "known.json"];
    let written = pushing.workspace.program(&write).run();
    assert_eq!(written.code, Some(0), "{}", written.said());
    pushing
        .workspace
        .write(".image-lint.yaml", "baseline: known.json\n");
    pushing.commit();
    let push = pushing.git(&["push", "origin", "main"]);
    assert_eq!(push.code, Some(0), "{}", push.said());
}

#[test]
fn a_fix_that_is_not_committed_does_not_let_the_push_through() {
    let pushing = Pushing::new();
    pushing.write("oci");
    pushing.commit();
    pushing.write("good");
    let push = pushing.git(&["push", "origin", "main"]);
    assert_ne!(
        push.code,
        Some(0),
        "the commit is bad, whatever the work tree holds: {}",
        push.said()
    );
}

#[test]
fn a_break_that_is_not_committed_does_not_stop_the_push() {
    let pushing = Pushing::new();
    pushing.workspace.write("other.txt", "1");
    pushing.commit();
    pushing.write("oci");
    let push = pushing.git(&["push", "origin", "main"]);
    assert_eq!(
        push.code,
        Some(0),
        "the commit is good, whatever the work tree holds: {}",
        push.said()
    );
}

#[test]
fn uninstalled_the_hook_stops_nothing() {
    let pushing = Pushing::new();
    assert_eq!(
        pushing.workspace.program(&["hook", "uninstall"]).run().code,
        Some(0)
    );
    pushing.write("oci");
    pushing.commit();
    assert_eq!(
        pushing.git(&["push", "--quiet", "origin", "main"]).code,
        Some(0)
    );
}

#[test]
fn changed_since_judges_what_differs_and_asks_for_nothing_else() {
    let pushing = Pushing::new();
    let bad = pod(&[&pushing.registry.name("app:oci")]);
    pushing.workspace.write("old.yaml", &bad);
    pushing.commit();
    pushing
        .workspace
        .write("new.yaml", &bad)
        .write("sub/newer.yaml", pod(&[&pushing.registry.name("app:gone")]));
    let ran = pushing
        .workspace
        .lint(&pushing.registry)
        .args(&["--changed-since", "HEAD"])
        .run();
    let places: Vec<String> = ran
        .findings()
        .iter()
        .map(|f| f.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(places, ["new.yaml", "sub/newer.yaml"], "{}", ran.stdout);
    let ran = pushing
        .workspace
        .lint(&pushing.registry)
        .args(&["--changed-since", "no-such"])
        .run();
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("no-such"), "{}", ran.stderr);
    // The branch has another name here.
    pushing.git(&["update-ref", "refs/remotes/origin/master", "HEAD"]);
    pushing.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    for (given, meant) in [("origin/main", "origin/master"), ("mian", "main")] {
        let ran = pushing
            .workspace
            .offline()
            .args(&["--changed-since", given])
            .run();
        let words = format!("did you mean `{meant}`?");
        assert!(
            ran.code == Some(2) && ran.stderr.contains(&words),
            "{given}: {}",
            ran.stderr
        );
    }
}

#[test]
fn an_image_is_judged_where_a_file_changed_that_deploys_it_or_gives_it_a_value() {
    let pushing = Pushing::new();
    let workspace = &pushing.workspace;
    let oci = pushing.registry.name("app:oci");
    let open = pushing.registry.name("app:${tag}");
    let flux = |tag: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: k}}\nspec:\n  path: ./apps\n  \
             postBuild:\n    substitute: {{tag: {tag}}}\n"
        )
    };
    workspace
        .write("base/kustomization.yaml", "resources: [pod.yaml]\n")
        .write("base/pod.yaml", pod(&[&oci]))
        .write("other/pod.yaml", pod(&[&oci]))
        .write("apps/kustomization.yaml", "resources: [pod.yaml]\n")
        .write("apps/pod.yaml", pod(&[&open]))
        .write("clusters/one.yaml", flux("fine"))
        .write("build.mk", "TAG = fine\n")
        .write(
            "Makefile",
            format!(
                "include build.mk\nrun:\n\tpodman pull {}\n",
                pushing.registry.name("app:$(TAG)")
            ),
        );
    pushing.commit();
    for (path, text, judged, why) in [
        (
            "over/kustomization.yaml",
            "resources: [../base]\n".to_owned(),
            "base/pod.yaml",
            "a new overlay over what was there",
        ),
        (
            "clusters/one.yaml",
            flux("oci"),
            "clusters/one.yaml",
            "a value that Flux puts in",
        ),
        (
            "build.mk",
            "TAG = gone\n".to_owned(),
            "Makefile",
            "a variable of an included file",
        ),
    ] {
        workspace.write(path, text);
        let ran = workspace
            .lint(&pushing.registry)
            .args(&["--changed-since", "HEAD"])
            .run();
        let found = ran.findings();
        let paths: Vec<&str> = (found.iter()).filter_map(|f| f.split(':').next()).collect();
        assert_eq!(paths, [judged], "{why}: {}", ran.stdout);
        pushing.commit();
    }
}

#[test]
fn the_nearest_configuration_of_the_pushed_commit_counts() {
    let pushing = Pushing::new();
    let bad = pod(&["Bad/Name"]);
    let workspace = &pushing.workspace;
    workspace
        .write(".image-lint.yaml", "levels: {invalid-reference: error}\n")
        .write(
            "apps/shop/.image-lint.yaml",
            "levels: {invalid-reference: warning}\n",
        )
        .write("apps/shop/deep/pod.yaml", &bad)
        .write(
            "apps/old/.image-lint.yml",
            "exclude: [gone.yaml]\nignore: [{paths: [kept.yaml], reason: r}]\n",
        )
        .write("apps/old/gone.yaml", &bad)
        .write("apps/old/kept.yaml", &bad);
    pushing.commit();
    // What the work tree says of these folders is not pushed.
    workspace.write(
        "apps/shop/.image-lint.yaml",
        "levels: {invalid-reference: error}\n",
    );
    let push = pushing.git(&["push", "origin", "main"]);
    assert_eq!(push.code, Some(0), "{}", push.said());
    let said = push.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "warning[invalid-reference]",
        "configuration .image-lint.yaml and 2 more",
        "1 finding suppressed",
    ] {
        assert!(said.contains(words), "{words}: {}", push.said());
    }
    // A file of another folder, and the same name in a folder whose name only begins alike.
    workspace.write("apps/shopping/pod.yaml", &bad);
    pushing.commit();
    let push = pushing.git(&["push", "origin", "main"]);
    assert_ne!(push.code, Some(0), "{}", push.said());
    assert!(
        push.stderr.contains("apps/shopping/pod.yaml:7:12"),
        "{}",
        push.stderr
    );
    // From within a folder it is the same, and one that is wrong is named.
    workspace
        .write("apps/shop/.image-lint.yaml", "levles: {}\n")
        .write("apps/shop/pod.yaml", &bad);
    pushing.commit();
    let push = pushing.git(&["-C", "apps/shop", "push", "origin", "main"]);
    assert_ne!(push.code, Some(0), "{}", push.said());
    assert!(
        push.stderr.contains("apps/shop/.image-lint.yaml"),
        "{}",
        push.stderr
    );
}

#[test]
fn a_push_that_names_no_image_asks_for_no_folder() {
    let pushing = Pushing::new();
    // YAML, which is read, and names nothing.
    pushing.workspace.write("settings.yaml", "a: 1\n");
    pushing.commit();
    let push = pushing.git(&["push", "origin", "main"]);
    assert_eq!(push.code, Some(0), "{}", push.said());
    assert!(!push.stderr.contains("right folder"), "{}", push.stderr);
}

#[test]
fn a_hook_whose_manager_keeps_stdin_says_that_nothing_was_checked() {
    let pushing = Pushing::new();
    pushing.write("oci");
    pushing.commit();
    let run = |arguments: &[&str]| pushing.workspace.program(arguments).run();
    let ran = run(&["pre-push", "origin", "../remote.git"]);
    assert_eq!(
        ran.code,
        Some(0),
        "git says the same when all is up to date"
    );
    assert!(ran.stderr.contains("nothing was checked"), "{}", ran.said());
    assert!(ran.stderr.contains("use_stdin"), "{}", ran.said());
    let quiet = run(&["pre-push", "--quiet", "origin", "../remote.git"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_shallow_clone_of_one_branch_learns_how_the_commit_to_compare_with_comes_into_it() {
    let origin = Workspace::new();
    origin.git(&["init", "--quiet", "--initial-branch=main"]);
    origin.write("pod.yaml", pod(&["quay.io/a/b:1"]));
    origin.git(&["add", "."]);
    origin.git(&["commit", "--quiet", "--message=one"]);
    origin.git(&["checkout", "--quiet", "-b", "feat"]);
    origin.write("new.yaml", pod(&["Bad/Name"]));
    origin.git(&["add", "."]);
    origin.git(&["commit", "--quiet", "--message=two"]);
    let url = format!("file://{}", origin.root.display());
    let clone = Workspace::new();
    clone.git(&[
        "clone",
        "--quiet",
        "--depth=1",
        "--single-branch",
        "--branch=feat",
        &url,
        ".",
    ]);
    let since = || {
        clone
            .offline()
            .args(&["--changed-since", "origin/main"])
            .run()
    };
    let ran = since();
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let command = "git fetch --depth=1 origin main:refs/remotes/origin/main";
    assert!(ran.stderr.contains(command), "{}", ran.stderr);
    assert!(!ran.stderr.contains("origin/feat"), "{}", ran.stderr);
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    clone.git(&words);
    let ran = since();
    assert_eq!(ran.findings().len(), 1, "{}", ran.said());
}
