//! What `inspect` prints of one image that has everything.

use super::table::bytes;
use super::*;
use crate::report::Style;
use image_lint_model::sanitize;

fn config() -> InspectedPart {
    InspectedPart {
        media_type: "application/vnd.oci.image.config.v1+json".into(),
        digest: "sha256:c0".into(),
        size: 512,
        ..InspectedPart::default()
    }
}

fn sample() -> Inspection {
    let child = |platform: Option<&str>, digest: &str| InspectedChild {
        media_type: "application/vnd.oci.image.manifest.v1+json".into(),
        digest: digest.into(),
        size: 1234,
        platform: platform.map(Into::into),
        attestation: platform.is_none(),
        present: Some(true),
        config_media_type: platform.map(|_| "application/vnd.oci.image.config.v1+json".into()),
        config: platform.map(|_| config()),
        ..InspectedChild::default()
    };
    let verdict = |target: &str, client: &str, verdict, why: Option<&str>| TargetVerdict {
        target: target.into(),
        client: client.into(),
        verdict,
        pulls: None,
        why: why.map(Into::into),
    };
    Inspection {
        given: "quay.io/acme/web:2.4".into(),
        reference: Some("quay.io/acme/web:2.4".into()),
        registry: Some("quay.io".into()),
        digest: Some("sha256:9b2a".into()),
        media_type: Some("application/vnd.oci.image.index.v1+json".into()),
        format: Some("OCI index".into()),
        size: Some(1609),
        config_media_type: Some("application/vnd.oci.image.config.v1+json".into()),
        config: Some(config()),
        os_version: Some("10.0.17763".into()),
        subject: Some("sha256:ff".into()),
        annotations: BTreeMap::from([("org.opencontainers.image.version".into(), "2.4".into())]),
        layers: vec![InspectedPart {
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip".into(),
            digest: "sha256:1f".into(),
            size: 3_250_000,
            urls: vec!["https://layers.example.com/1f".into()],
            present: Some(false),
            ..InspectedPart::default()
        }],
        children: vec![
            child(Some("linux/amd64"), "sha256:aa"),
            child(Some("linux/arm64/v8"), "sha256:bb"),
            child(None, "sha256:cc"),
        ],
        requests: 2,
        asked: vec![
            InspectedRequest {
                method: Some("GET".into()),
                what: "manifest".into(),
                place: "quay.io/v2/acme/web/manifests/2.4".into(),
                status: Some(200),
                content_type: Some("application/vnd.oci.image.index.v1+json".into()),
                error: None,
            },
            InspectedRequest {
                method: Some("HEAD".into()),
                what: "manifest".into(),
                place: "quay.io/v2/acme/web/manifests/2.3".into(),
                status: Some(404),
                content_type: None,
                error: Some("MANIFEST_UNKNOWN".into()),
            },
        ],
        needs_credentials: Some(false),
        quota: Some("quay.io: 7 pulls left".into()),
        platform: Some("linux/amd64".into()),
        tag_digest: Some("sha256:77".into()),
        nearest_tags: vec!["2.3".into(), "2.5".into()],
        older: Some(InspectedOlder {
            tag: "2.2".into(),
            media_type: "application/vnd.docker.distribution.manifest.list.v2+json".into(),
            format: "docker manifest list".into(),
        }),
        help: vec![
            "copy it in docker format".into(),
            "$ skopeo copy --format v2s2 …".into(),
        ],
        verdicts: vec![
            verdict(
                "openshift-3.11",
                "docker 1.13",
                Verdict::Bad,
                Some("OCI index"),
            ),
            verdict("openshift-4", "CRI-O", Verdict::Ok, None),
            TargetVerdict {
                pulls: Some(true),
                ..verdict(
                    "kubernetes",
                    "containerd",
                    Verdict::Bad,
                    Some("only linux/arm64"),
                )
            },
        ],
        ..Inspection::default()
    }
}

#[test]
fn an_image_is_a_table() {
    let mut out = Vec::new();
    inspect(&[sample()], &Style::plain(), &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn json_reads_back() {
    let mut out = Vec::new();
    inspect_json(&[sample()], &mut out).unwrap();
    let back: InspectDocument = serde_json::from_slice(&out).unwrap();
    assert_eq!(back.images, [sample()]);
}

#[test]
fn hostile_answers_are_shown_and_do_nothing() {
    let hostile = "x\u{1b}[2J\n::error::y ##vso[z]".to_owned();
    let image = Inspection {
        given: hostile.clone(),
        registry: Some(hostile.clone()),
        media_type: Some(hostile.clone()),
        problem: Some(hostile.clone()),
        help: vec![hostile.clone(), format!("$ {hostile}")],
        ..sample()
    };
    let mut out = Vec::new();
    inspect(std::slice::from_ref(&image), &Style::plain(), &mut out).unwrap();
    inspect_json(&[image], &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(
        !out.contains(|c| sanitize::is_forbidden(c) && c != '\n')
            && sanitize::command_bracket(&out).is_none()
    );
}

#[test]
fn sizes_have_units() {
    for (n, expected) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB (1536 B)"),
        (3_250_000, "3.1 MiB (3250000 B)"),
        (5 << 30, "5.0 GiB (5368709120 B)"),
    ] {
        assert_eq!(bytes(n), expected);
    }
}
