//! OpenShift's own tables (openshift/library-go `pkg/image/reference`, `pkg/image/imageutil`, `pkg/image/trigger`,
//! `pkg/template/templateprocessing`), retyped.

use super::images;

/// 64 digits.
const SUM: &str = "sha256:3c87c572822935df60f0f5d3665bd376841a7fcfeb806b5f212de6a00e9a7b25";

/// What the API takes for a reference (`TestParse`, every row): the name as docker normalises it, or an error. `SUM` stands
/// for a digest. Three names that the API's parser takes apart otherwise are here as who pulls takes them: a digest alone is
/// the id of a local image (docker: "cannot specify 64-byte hexadecimal strings"), a registry alone is a repository of
/// Docker Hub (docker/distribution `ParseNormalizedNamed`; the API asks nobody before a node does).
const REFERENCES: &[(&str, &str)] = &[
    ("foo", "docker.io/library/foo:latest"),
    ("foo:tag", "docker.io/library/foo:tag"),
    ("foo@SUM", "docker.io/library/foo@SUM"),
    ("bar/foo", "docker.io/bar/foo:latest"),
    ("bar/foo:tag", "docker.io/bar/foo:tag"),
    ("bar/foo@SUM", "docker.io/bar/foo@SUM"),
    ("bar/foo/baz", "docker.io/bar/foo/baz:latest"),
    ("bar/library/baz", "docker.io/bar/library/baz:latest"),
    ("bar/foo/baz:tag", "docker.io/bar/foo/baz:tag"),
    ("bar/foo/baz@SUM", "docker.io/bar/foo/baz@SUM"),
    ("bar:5000/foo/baz", "bar:5000/foo/baz:latest"),
    ("bar:5000/library/baz", "bar:5000/library/baz:latest"),
    ("bar:5000/baz", "bar:5000/baz:latest"),
    ("bar:5000/foo/baz:tag", "bar:5000/foo/baz:tag"),
    ("bar:5000/foo/baz@SUM", "bar:5000/foo/baz@SUM"),
    ("registry.example.io/foo", "registry.example.io/foo:latest"),
    ("localhost/bar", "localhost/bar:latest"),
    ("docker.io/library/app", "docker.io/library/app:latest"),
    ("docker.io/app", "docker.io/library/app:latest"),
    ("docker.io/user/app", "docker.io/user/app:latest"),
    (
        "docker.io/user/project/app",
        "docker.io/user/project/app:latest",
    ),
    ("index.docker.io/bar", "docker.io/library/bar:latest"),
    ("quay.io/org", "quay.io/org:latest"),
    ("localhost:5000/org", "localhost:5000/org:latest"),
    ("wildfly:15.0", "docker.io/library/wildfly:15.0"),
    ("bar/foo/baz/biz", "docker.io/bar/foo/baz/biz:latest"),
    ("registry.io/foo/bar/:Tag", "invalid"),
    ("https://bar:5000/foo/baz", "invalid"),
    ("http://bar:5000/foo/baz@SUM", "invalid"),
    ("registry:3000/integration/imageStream:success", "invalid"),
    (
        "registry:5000/integration/stream@sha256:00000000000000000000000000000001",
        "invalid",
    ),
    ("abc@badid", "invalid"),
    ("index.docker.io/mysql@sha256:bad", "invalid"),
    ("@SUM", "invalid"),
    (":tag", "invalid"),
    ("bar/foo/baz////biz", "invalid"),
    ("ftp://baz/baz/biz", "invalid"),
    ("SUM", "invalid"),
    ("quay.io", "docker.io/library/quay.io:latest"),
    ("localhost:5000", "docker.io/library/localhost:5000"),
    // Refused by the API and by docker; Bazel's rules replace it, so nobody is asked.
    ("//foo/baz/biz", "local"),
    // Empty: nothing to pull until something fills it in.
    ("", "open"),
];

fn pod(image: &str) -> Vec<String> {
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: c, image: \"{image}\"}}]}}\n"
    );
    images("pod.yaml", &text)
}

#[test]
fn references_are_those_of_the_api() {
    let mut count = 0;
    for (image, expected) in REFERENCES {
        let fill = |text: &str| text.replace("SUM", SUM);
        assert_eq!(pod(&fill(image)), [fill(expected)], "{image}");
        count += 1;
    }
    // Names of 255 characters at most, the registry counted where it is written.
    let (a, b) = ("a".repeat(63), "b".repeat(182));
    for (image, valid) in [
        (format!("bar:5000/{a}/{b}:tag"), true),
        (format!("docker.io/library/{}:tag", "b".repeat(231)), true),
        (format!("docker.io/{}:tag", "b".repeat(231)), true),
        (format!("docker.io/{}:tag", "b".repeat(246)), true),
        (format!("bar:5000/{a}/{}:tag", "b".repeat(250)), false),
    ] {
        let found = pod(&image);
        assert_eq!(found[0] != "invalid", valid, "{image}: {found:?}");
        count += 1;
    }
    println!("OpenShift's references: {count} of {count} equal");
}

/// `ParseImageStreamTagName`, `ParseImageStreamImageName`: names that the API refuses are errors, others are streams.
#[test]
fn names_of_streams_are_those_of_the_api() {
    let from = |kind: &str, name: &str| {
        let text = format!(
            "apiVersion: build.openshift.io/v1\nkind: BuildConfig\nmetadata: {{name: a}}\nspec: {{strategy: {{sourceStrategy: {{from: {{kind: {kind}, name: \"{name}\"}}}}}}}}\n"
        );
        images("bc.yaml", &text)
    };
    // `a@b@c`: `@b@` is a mark that a program replaces before the API sees it, so the name is open.
    let rows: [(&str, &str, &str); 13] = [
        ("ImageStreamTag", "name:tag", "stream name:tag"),
        ("ImageStreamTag", "hello", "invalid"),
        ("ImageStreamTag", ":tag", "invalid"),
        ("ImageStreamTag", "a:b:c", "invalid"),
        ("ImageStreamImage", "repo@id", "stream repo:id"),
        ("ImageStreamImage", "a", "invalid"),
        ("ImageStreamImage", "@id", "invalid"),
        ("ImageStreamImage", "name@", "invalid"),
        ("ImageStreamImage", "a@b@c", "open @b@"),
        ("ImageStreamImage", "a@b!@c", "invalid"),
        ("ImageStreamTag", ":", "invalid"),
        // The API stores both without a name of a stream: they are filled in later.
        ("ImageStreamTag", "", "open"),
        ("ImageStreamImage", "", "open"),
    ];
    let mut wrong = Vec::new();
    for (kind, name, expected) in rows {
        let found = from(kind, name);
        if found != [expected] {
            wrong.push(format!("{kind} {name:?}: {found:?}, not {expected}"));
        }
    }
    println!(
        "OpenShift's streams: {} of {} equal",
        rows.len() - wrong.len(),
        rows.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `TestAnnotationsReactor`: which trigger puts an image in place of the one that is written.
#[test]
fn triggers_are_those_of_the_controller() {
    let set = |trigger: &str, containers: &str| {
        let text = format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: a\n  annotations:\n    image.openshift.io/triggers: '[{trigger}]'\nspec: {{template: {{spec: {containers}}}}}\n"
        );
        images("set.yaml", &text)
    };
    let from = |path: &str, more: &str| {
        format!(
            "{{\"from\": {{\"kind\": \"ImageStreamTag\", \"name\": \"stream-1:1\", \"namespace\": \"other\"}}, \"fieldPath\": \"{path}\"{more}}}"
        )
    };
    let one = "{containers: [{name: test, image: 'q.io/x:1'}]}";
    let of = |list: &str, name: &str| {
        format!("spec.template.spec.{list}[?(@.name==\\\"{name}\\\")].image")
    };
    let two = "{containers: [{name: test, image: 'q.io/x:1'}, {name: test2, image: 'q.io/y:1'}]}";
    let rows: Vec<(&str, String, &str, &[&str])> = vec![
        ("no trigger", String::new(), one, &["q.io/x:1"]),
        (
            "resolved",
            from(&of("containers", "test"), ""),
            one,
            &["stream stream-1:1"],
        ),
        (
            "another container",
            from(&of("containers", "none"), ""),
            one,
            &["q.io/x:1"],
        ),
        (
            "no field of a container",
            from("spec.template.spec.containers[?(@.name==\\\"test\\\")]", ""),
            one,
            &["q.io/x:1"],
        ),
        (
            "a bracket that is missing",
            from(
                "spec.template.spec.containers[?(@.name==\\\"test\\\").image",
                "",
            ),
            one,
            &["q.io/x:1"],
        ),
        (
            "another expression",
            from("spec.template.spec.containers[@.name=test].image", ""),
            one,
            &["q.io/x:1"],
        ),
        (
            "an init container",
            from(&of("initContainers", "test"), ""),
            "{initContainers: [{name: test, image: 'q.io/x:1'}]}",
            &["stream stream-1:1"],
        ),
        (
            "no stream of that name yet",
            from(&of("containers", "test"), "").replace("stream-1", "stream-9"),
            one,
            &["stream stream-9:1"],
        ),
        (
            "no containers at all",
            from(&of("containers", "test"), ""),
            "{containers: []}",
            &[],
        ),
        (
            "two triggers, two streams",
            format!(
                "{}, {}",
                from(&of("containers", "test"), ""),
                from(&of("containers", "test2"), "").replace("stream-1", "stream-2")
            ),
            two,
            // Once for each container, once for each trigger.
            &[
                "stream stream-1:1",
                "stream stream-2:1",
                "stream stream-1:1",
                "stream stream-2:1",
            ],
        ),
        (
            "paused",
            from(&of("containers", "test"), ", \"paused\": true"),
            one,
            &["q.io/x:1"],
        ),
        (
            "one of two",
            from(&of("containers", "test"), ""),
            two,
            &["stream stream-1:1", "q.io/y:1"],
        ),
        (
            "both",
            format!(
                "{}, {}",
                from(&of("containers", "test"), ""),
                from(&of("containers", "test2"), "")
            ),
            two,
            &["stream stream-1:1"],
        ),
    ];
    let mut wrong = Vec::new();
    for (why, trigger, containers, expected) in &rows {
        let found = set(trigger, containers);
        if found != *expected {
            wrong.push(format!("{why}: {found:?}, not {expected:?}"));
        }
    }
    println!(
        "OpenShift's triggers: {} of {} equal",
        rows.len() - wrong.len(),
        rows.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `TestProcessValue`: what parameters become in a string.
#[test]
fn parameters_are_put_in_as_templates_are_processed() {
    let template = |image: &str| {
        let text = format!(
            "apiVersion: template.openshift.io/v1\nkind: Template\nparameters:\n- {{name: VALUE, value: '1'}}\n- {{name: STRING_1, value: one}}\n- {{name: STRING_2, value: two}}\n- {{name: WHOLE, value: 'q.io/whole:1'}}\n- {{name: MADE, generate: expression, from: '[a-z]{{3}}'}}\nobjects:\n- apiVersion: v1\n  kind: Pod\n  metadata: {{name: a}}\n  spec: {{containers: [{{name: c, image: \"{image}\"}}]}}\n"
        );
        images("t.yaml", &text)
    };
    let rows = [
        ("q.io/a:v${VALUE}", "q.io/a:v1", "a part"),
        ("q.io/${STRING_1}_${STRING_1}:1", "q.io/one_one:1", "twice"),
        ("q.io/${STRING_1}_${STRING_2}:1", "q.io/one_two:1", "two"),
        ("${{WHOLE}}", "q.io/whole:1", "a whole value"),
        ("${WHOLE}", "q.io/whole:1", "a string alone"),
        (
            "a${{WHOLE}}",
            "open ${{WHOLE}}",
            "untouched: something before",
        ),
        (
            "${{WHOLE}}a",
            "open ${{WHOLE}}",
            "untouched: something after",
        ),
        (
            "${{NONE}}",
            "open ${{NONE}}",
            "untouched: no such parameter",
        ),
        ("q.io/a:${NONE}", "open ${NONE}", "untouched in a string"),
        (
            "q.io/a:${MADE}",
            "open ${MADE}",
            "made when the template is processed",
        ),
    ];
    let mut wrong = Vec::new();
    for (image, expected, why) in rows {
        let found = template(image);
        if found != [expected] {
            wrong.push(format!("{why}: {image}: {found:?}, not {expected}"));
        }
    }
    println!(
        "OpenShift's templates: {} of {} equal",
        rows.len() - wrong.len(),
        rows.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `referencemutator` (`Test_podSpecV1Mutator_Mutate`, `Test_buildSpecMutator_Mutate`): which fields are references.
#[test]
fn fields_that_are_references_are_those_of_the_api() {
    let build = |strategy: &str, more: &str| {
        format!(
            "apiVersion: build.openshift.io/v1\nkind: BuildConfig\nmetadata: {{name: a}}\nspec:\n  strategy: {{{strategy}}}\n{more}"
        )
    };
    let from = "from: {kind: DockerImage, name: 'q.io/a:1'}";
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("no strategy", build("", ""), &[]),
        ("docker", build(&format!("dockerStrategy: {{{from}}}"), ""), &["q.io/a:1"]),
        ("docker without from", build("dockerStrategy: {noCache: true}", ""), &[]),
        ("source", build(&format!("sourceStrategy: {{{from}}}"), ""), &["q.io/a:1"]),
        ("custom", build(&format!("customStrategy: {{{from}}}"), ""), &["q.io/a:1"]),
        (
            "images of the source",
            build(
                &format!("sourceStrategy: {{{from}}}"),
                "  source: {images: [{from: {kind: DockerImage, name: 'q.io/s:1'}}, {from: {kind: ImageStreamTag, name: 's:1'}}]}\n",
            ),
            &["q.io/a:1", "q.io/s:1", "stream s:1"],
        ),
        (
            "a pod",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {initContainers: [{name: '1', image: 'q.io/i:1'}], containers: [{name: '2', image: 'q.io/c:1'}]}\n".into(),
            &["q.io/i:1", "q.io/c:1"],
        ),
    ];
    let mut wrong = Vec::new();
    for (why, text, expected) in &rows {
        let found = images("bc.yaml", text);
        if found != *expected {
            wrong.push(format!("{why}: {found:?}, not {expected:?}"));
        }
    }
    println!(
        "OpenShift's fields: {} of {} equal",
        rows.len() - wrong.len(),
        rows.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
