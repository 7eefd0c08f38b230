use super::*;

const S2: &str = "application/vnd.docker.distribution.manifest.v2+json";
const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn clear(content_type: Option<&str>, text: &str) -> Option<Format> {
    match read(content_type, text.as_bytes()) {
        Reading::Clear { format, .. } => Some(format),
        _ => None,
    }
}

#[test]
fn the_format_is_what_header_and_body_agree_on() {
    let docker_body = format!(
        r#"{{"schemaVersion":2,"mediaType":"{S2}","config":{{"mediaType":"application/vnd.docker.container.image.v1+json"}},"layers":[]}}"#
    );
    let bare_oci = r#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json"},"layers":[]}"#;
    let cases: [(Option<&str>, &str, Option<Format>, &str); 16] = [
        (
            Some(S2),
            &docker_body,
            Some(Format::DockerSchema2),
            "schema 2",
        ),
        (
            None,
            &docker_body,
            Some(Format::DockerSchema2),
            "no header: the body tells",
        ),
        (
            Some("application/json"),
            &docker_body,
            Some(Format::DockerSchema2),
            "generic header",
        ),
        (
            Some("text/plain; charset=utf-8"),
            &docker_body,
            Some(Format::DockerSchema2),
            "static file server",
        ),
        (
            Some(&format!("{S2}; charset=utf-8")),
            &docker_body,
            Some(Format::DockerSchema2),
            "parameters do not count",
        ),
        (
            Some(OCI),
            bare_oci,
            Some(Format::OciManifest),
            "OCI without mediaType",
        ),
        (
            None,
            bare_oci,
            Some(Format::OciManifest),
            "OCI without anything",
        ),
        (
            None,
            r#"{"schemaVersion":2,"manifests":[]}"#,
            Some(Format::OciIndex),
            "index without anything",
        ),
        (
            Some(LIST),
            &format!(r#"{{"mediaType":"{LIST}","manifests":[]}}"#),
            Some(Format::DockerList),
            "list",
        ),
        (
            Some(S2),
            &format!(r#"{{"mediaType":"{OCI}","config":{{}},"layers":[]}}"#),
            None,
            "docker header, OCI body",
        ),
        (Some(OCI), &docker_body, None, "OCI header, docker body"),
        (
            Some(S2),
            bare_oci,
            None,
            "docker header over a body that is OCI in all but its type",
        ),
        (
            Some(INDEX),
            bare_oci,
            None,
            "header says index, body is a manifest",
        ),
        (
            None,
            r#"{"manifests":[],"layers":[]}"#,
            None,
            "CVE-2021-41190",
        ),
        (
            Some("application/vnd.docker.distribution.manifest.v1+prettyjws"),
            r#"{"schemaVersion":1,"fsLayers":[],"signatures":[{}]}"#,
            Some(Format::DockerSchema1Signed),
            "signed schema 1",
        ),
        (
            Some("application/vnd.docker.distribution.manifest.v1+prettyjws"),
            r#"{"schemaVersion":1,"fsLayers":[]}"#,
            Some(Format::DockerSchema1),
            "Quay's conversion has no signature, whatever its header says",
        ),
    ];
    for (header, text, expected, why) in cases {
        assert_eq!(clear(header, text), expected, "{why}");
    }
}

#[test]
fn what_is_no_manifest_is_never_taken_for_one() {
    let deep = format!(r#"{{"layers":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    let many = format!(r#"{{"manifests":[{}]}}"#, vec!["{}"; 1001].join(","));
    for (text, why) in [
        ("", "empty"),
        ("<html>login</html>", "a login page"),
        (r#"{"schemaVersion":2,"#, "truncated"),
        ("[]", "an array"),
        (r#"{"hello":"world"}"#, "other JSON"),
        (&*deep, "nested deeply"),
        (&*many, "too many children"),
    ] {
        assert!(
            matches!(read(None, text.as_bytes()), Reading::NoManifest { .. }),
            "{why}"
        );
    }
    let twice = r#"{"mediaType":"a","mediaType":"b","layers":[]}"#;
    assert!(
        matches!(read(None, twice.as_bytes()), Reading::Ambiguous { .. }),
        "duplicate key"
    );
    let foreign = read(
        Some("application/vnd.docker.container.image.v1+json"),
        br#"{"layers":[],"config":{}}"#,
    );
    assert!(
        matches!(foreign, Reading::Ambiguous { .. }),
        "a config's type over a manifest"
    );
}

#[test]
fn children_carry_platform_and_attestations_are_marked() {
    let text = format!(
        r#"{{"mediaType":"{INDEX}","manifests":[
        {{"mediaType":"{OCI}","digest":"sha256:aa","size":7,"platform":{{"os":"linux","architecture":"arm","variant":"v7"}}}},
        {{"mediaType":"{OCI}","digest":"sha256:bb","size":-1,"platform":{{"os":"unknown","architecture":"unknown"}},
          "annotations":{{"vnd.docker.reference.type":"attestation-manifest"}}}},
        {{"mediaType":"{OCI}","digest":"sha256:cc","size":1}}]}}"#
    );
    let Reading::Clear { body, .. } = read(Some(INDEX), text.as_bytes()) else {
        panic!()
    };
    let seen: Vec<_> = body
        .children
        .iter()
        .map(|c| (c.platform.as_ref().map(|p| p.to_string()), c.attestation))
        .collect();
    assert_eq!(
        seen,
        [
            (Some("linux/arm/v7".into()), false),
            (Some("unknown/unknown".into()), true),
            (None, false)
        ]
    );
}

#[test]
fn digests_are_checked_by_their_own_algorithm() {
    let empty256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(sha256(b""), empty256);
    assert_eq!(has_digest(b"", empty256), Some(true));
    assert_eq!(has_digest(b"x", empty256), Some(false));
    assert_eq!(
        has_digest(b"", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        None
    );
    assert!(is_digest(empty256));
    assert!(!is_digest("sha256:abc") && !is_digest("sha256:../../x"));
}

#[test]
fn features_of_a_system_are_a_list_of_texts_or_the_body_is_no_list() {
    let index = |features: &str| {
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{{"mediaType":"{OCI}","digest":"sha256:aa","size":7,"platform":{{"os":"linux","architecture":"amd64","os.features":{features}}}}}]}}"#
        );
        match read(Some(INDEX), text.as_bytes()) {
            Reading::Clear { body, .. } => Some(body.children[0].os_features.clone()),
            _ => None,
        }
    };
    // What skopeo 1.9.3 reads of the same six bodies in a folder: Go takes no text for a list of texts.
    for (features, expected) in [
        (r#"["win32k"]"#, Some(vec!["win32k".into()])),
        ("[]", Some(Vec::new())),
        ("null", Some(Vec::new())),
        (r#""win32k""#, None),
        ("[1]", None),
        ("{}", None),
    ] {
        assert_eq!(index(features), expected, "{features}");
    }
}
