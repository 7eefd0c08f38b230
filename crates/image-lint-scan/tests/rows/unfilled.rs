//! Names that nobody pulls as they are: parts that are still to come, sections that are switched off.

use super::{Row, check, conditions, names};

fn template(image: &str, parameters: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Template\nparameters: {parameters}\nobjects:\n- {}",
        super::POD
            .replace('@', image)
            .replace('\n', "\n  ")
            .trim_end()
    )
}

#[test]
fn an_empty_default_that_breaks_the_name_is_a_value_that_is_still_to_come() {
    for (image, parameters, expected, why) in [
        (
            "${I}:${T}@${D}",
            "[{name: I, value: q.io/a/b}, {name: T, value: '1'}, {name: D, value: ''}]",
            "open ${D}",
            "the digest is empty by default",
        ),
        (
            "q.io/a/b:${T}",
            "[{name: T, value: ''}]",
            "open ${T}",
            "the tag is",
        ),
        (
            "${R}/a/b:1",
            "[{name: R, value: ''}]",
            "open ${R}",
            "the registry is",
        ),
        (
            "q.io/a/b${S}:1",
            "[{name: S, value: ''}]",
            "known q.io/a/b:1",
            "nothing is missing without it",
        ),
        (
            "q.io/A/b${S}:1",
            "[{name: S, value: x}]",
            "invalid q.io/A/bx:1",
            "a mistake of its own",
        ),
    ] {
        let text = template(image, parameters);
        assert_eq!(names(&[("t.yaml", &text)]), [expected], "{why}");
    }
    let rows: &[Row] = &[
        (
            "ARG of a Dockerfile",
            &[("Dockerfile", "ARG TAG=\nFROM q.io/a/b:${TAG}\n")],
            &["open ${TAG}"],
        ),
        (
            "Compose",
            &[(
                "compose.yaml",
                "services: {a: {image: 'q.io/a/b:${TAG:-}'}}\n",
            )],
            &["open ${TAG:-}"],
        ),
        (
            "Compose with a value",
            &[(
                "compose.yaml",
                "services: {a: {image: 'q.io/a/b:${TAG:-1}'}}\n",
            )],
            &["known q.io/a/b:1"],
        ),
    ];
    check(rows);
}

#[test]
fn tags_that_a_tool_writes_later_are_placeholders() {
    for (image, expected) in [
        ("q.io/a/b:set-by-chartpress", "open set-by-chartpress"),
        ("q.io/a/b:replaced-by-ci", "open replaced-by-ci"),
        ("q.io/a/b:changeme", "open changeme"),
        ("q.io/a/b:CHANGE-ME", "open CHANGE-ME"),
        ("dummy-name:dummy-tag", "open dummy-tag"),
        ("q.io/a/changeme:1", "known q.io/a/changeme:1"),
        ("q.io/a/b:reset-by-1", "known q.io/a/b:reset-by-1"),
        ("q.io/a/b:dev", "known q.io/a/b:dev"),
    ] {
        let pod = super::POD.replace('@', image);
        assert_eq!(names(&[("pod.yaml", &pod)]), [expected], "{image}");
    }
}

fn custom(spec: &str) -> String {
    format!("apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: a}}\nspec: {spec}\n")
}

#[test]
fn parts_of_an_image_in_an_operators_fields_are_joined_as_the_operator_joins_them() {
    for (spec, expected, why) in [
        (
            "{containerImage: {repository: thelastpickle, name: cassandra-reaper, tag: 3.6.1}}",
            &["known docker.io/thelastpickle/cassandra-reaper:3.6.1"][..],
            "k8ssandra: a namespace and a name",
        ),
        (
            "{initImage: {repository: library, name: busybox}}",
            &["known docker.io/library/busybox:latest"],
            "without a tag",
        ),
        (
            "{image: {registry: quay.io, repository: a, name: b, tag: '1', pullPolicy: Always}}",
            &["known quay.io/a/b:1"],
            "with a registry",
        ),
        (
            "{image: {repository: quay.io/a, name: b, tag: '1'}}",
            &["known quay.io/a/b:1"],
            "the registry in the repository",
        ),
        (
            "{image: {repository: quay.io/a/b, name: b, tag: '1'}}",
            &["known quay.io/a/b:1"],
            "the name says the same again",
        ),
        (
            "{image: {repository: quay.io/a/b, name: server, tag: '1'}}",
            &["known quay.io/a/b:1"],
            "the repository is whole",
        ),
        (
            "{containerImage: {registry: docker.io, repository: k8ssandra}}",
            &[],
            "a namespace alone: the operator knows the rest",
        ),
        (
            "{container: {imageRepository: q.io/a/envoy}}",
            &["open {tag}"],
            "Envoy Gateway adds its own tag",
        ),
        (
            "{container: {imageRepository: q.io/a/envoy, imageTag: '1'}}",
            &["known q.io/a/envoy:1"],
            "the tag is beside it",
        ),
        (
            "{sidecarImageRepo: q.io/a/b, sidecarImageTag: '2', imageTag: '1'}",
            &["known q.io/a/b:2"],
            "its own tag",
        ),
        (
            "{imageRepository: 'q.io/a/b:3'}",
            &["known q.io/a/b:3"],
            "the tag is in it",
        ),
    ] {
        assert_eq!(names(&[("a.yaml", &custom(spec))]), expected, "{why}");
    }
}

#[test]
fn a_chart_that_is_elsewhere_knows_the_tag_of_a_repository_that_stands_alone() {
    let release = |values: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: a}}\nspec:\n  values: {values}\n"
        )
    };
    for (values, expected) in [
        (
            "{connect: {api: {imageRepository: ghcr.io/a/api}}}",
            "open {tag}",
        ),
        (
            "{api: {imageRepository: ghcr.io/a/api, imageTag: '1'}}",
            "known ghcr.io/a/api:1",
        ),
        (
            "{image: {registry: quay.io, repository: strimzi, name: operator, tag: '1'}}",
            "known quay.io/strimzi/operator:1",
        ),
        (
            "{image: {repository: nginx, name: web, tag: '1'}}",
            "known docker.io/library/nginx:1",
        ),
    ] {
        assert_eq!(
            names(&[("r.yaml", &release(values))]),
            [expected],
            "{values}"
        );
    }
}

#[test]
fn what_is_switched_off_or_only_shown_says_so() {
    let csv = "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nmetadata:\n  name: a\n  annotations: {containerImage: 'q.io/a/b:1'}\nspec: {relatedImages: [{name: c, image: 'q.io/a/c:1'}]}\n";
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec:\n  values: {metrics: {enabled: false, image: {repository: q.io/a/m, tag: '1'}}, image: {repository: q.io/a/b, tag: '1'}}\n";
    for (text, expected, why) in [
        (
            &*custom(
                "{pmm: {enabled: false, image: 'q.io/a/pmm:1'}, pxc: {enabled: true, image: 'q.io/a/pxc:1'}}",
            ),
            &["q.io/a/pmm:1 when spec.pmm.enabled", "q.io/a/pxc:1"][..],
            "a section of an operator's object",
        ),
        (
            &custom("{a: {enabled: false, b: {image: {repository: q.io/a/b, tag: '1'}}}}"),
            &["q.io/a/b:1 when spec.a.enabled"],
            "further down",
        ),
        (
            &custom(
                "{a: {enabled: 'false', image: 'q.io/a/b:1'}, c: {enabled: null, image: 'q.io/a/d:1'}}",
            ),
            &["q.io/a/b:1 when spec.a.enabled", "q.io/a/d:1"],
            "nothing is said",
        ),
        (
            csv,
            &["q.io/a/b:1 OLM shows it, no node pulls it", "q.io/a/c:1"],
            "an annotation for people",
        ),
        (
            release,
            &["q.io/a/m:1 when metrics.enabled", "q.io/a/b:1"],
            "values of a chart that is elsewhere",
        ),
    ] {
        assert_eq!(conditions(&[("a.yaml", text)]), expected, "{why}");
    }
}

#[test]
fn a_name_whose_line_a_script_replaces_is_no_mistake() {
    let rows: &[Row] = &[
        (
            "a pattern of sed",
            &[
                (
                    "client.yaml",
                    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: -backup}]}\n",
                ),
                (
                    "run.sh",
                    "cat client.yaml | sed -e \"s#image:.*-backup\\$#image: $IMAGE_BACKUP#\" | kubectl apply -f -\n",
                ),
            ],
            &["open -backup"],
        ),
        (
            "another line is replaced",
            &[
                (
                    "client.yaml",
                    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: -backup}]}\n",
                ),
                (
                    "run.sh",
                    "sed -e 's#image:.*-proxy$#image: x#' client.yaml\n",
                ),
            ],
            &["invalid -backup"],
        ),
    ];
    check(rows);
}

#[test]
fn a_mistake_in_the_parts_of_values_is_one_as_anywhere_else() {
    for (values, expected) in [
        (
            "init: {image: {registry: q.io, repository: Team/Init, tag: x}}\n",
            "invalid q.io/Team/Init:x",
        ),
        (
            "init: {image: {registry: q.io, repository: YOUR_ORG/app, tag: x}}\n",
            "open YOUR_ORG",
        ),
        (
            "init: {image: {registry: q.io, repository: team/init, tag: 'a b'}}\n",
            "invalid q.io/team/init:a b",
        ),
    ] {
        assert_eq!(names(&[("values-x.yaml", values)]), [expected], "{values}");
    }
}
