//! Reports for the tests of the formats: one as a real run gives it, one in which every string is hostile, and large
//! ones.

use std::collections::BTreeMap;

use crate::report::{Report, Silent, SilentWhy, Summary, Suppressed, Unchecked};
use crate::rules::{Finding, FindingBuilder, RuleId};
use image_lint_model::finding::{Edit, Fix, Level, Note, Related, Untrusted};
use image_lint_model::mention::Excerpt;
use image_lint_model::resolution::UnreachableCause;
use image_lint_model::verdict::Verdict;
use image_lint_scan::extract::Sink;
use image_lint_text::source::{FileId, Place, Positions, RepoPath, SourceFile, Span};

const TEMPLATE: &str = "kind: Template
objects:
- kind: Deployment
  spec:
    template:
      spec:
        containers:
        - name: web
          image: quay.io/acme/web:2.4
        - name: cache
          image: redis:7.99
";

const DOCKERFILE: &str =
    "FROM quay.io/acme/web:2.4 AS base\nRUN make\nFROM registry.acme.example/private/tools:1\n";

const SCRIPT: &str =
    "#!/bin/sh\nset -e\nbuildah bud -t quay.io/acme/app:dev .\nbuildah push quay.io/acme/app:dev\n";

/// The files of a report while it is put together.
pub(crate) struct Files {
    files: Vec<SourceFile>,
}

impl Files {
    pub(crate) fn new(files: &[(&[u8], &str)]) -> Self {
        let files = files
            .iter()
            .enumerate()
            .map(|(i, (path, text))| {
                SourceFile::new(
                    FileId(i as u32),
                    RepoPath::from_bytes(path),
                    (*text).to_owned(),
                )
            })
            .collect();
        Files { files }
    }

    pub(crate) fn paths(&self) -> Vec<RepoPath> {
        self.files.iter().map(|f| f.path.clone()).collect()
    }

    /// The `n`-th occurrence of a text in a file.
    pub(crate) fn place(&self, file: usize, needle: &str, n: usize) -> Place {
        let text = &self.files[file].text;
        let (at, _) = text.match_indices(needle).nth(n).unwrap();
        Positions::new(text).place(FileId(file as u32), Span::new(at, at + needle.len()))
    }

    pub(crate) fn excerpt(&self, place: Place) -> Excerpt {
        Sink::new(&self.files[place.file.0 as usize]).excerpt(place)
    }

    fn finding(&self, rule: RuleId, level: Level, place: Place, reference: &str) -> Finding {
        let start = FindingBuilder {
            reference: Some(reference.into()),
            ..FindingBuilder::new(rule, place, self.excerpt(place))
        };
        let mut found = start.says("", "");
        found.level = level;
        found
    }
}

fn lines(lines: &[&str]) -> Vec<Untrusted> {
    lines.iter().map(|l| (*l).into()).collect()
}

/// As a run over a small repository gives it.
pub(crate) fn realistic() -> Report {
    let files = Files::new(&[
        (b"deploy/template.yaml", TEMPLATE),
        (b"images/app/Dockerfile", DOCKERFILE),
        (b"scripts/build.sh", SCRIPT),
    ]);
    let digest = "sha256:9b2a28eb47540823042a2ba401386845089bb7b62a9637d55816132c4c3c36eb";
    let mut oci = files.finding(
        RuleId::UnsupportedFormat,
        Level::Error,
        files.place(0, "quay.io/acme/web:2.4", 0),
        "quay.io/acme/web:2.4",
    );
    oci.message = "quay.io/acme/web:2.4 is stored as an OCI index, and docker 1.13 on openshift-3.11 cannot pull OCI: \
                   the pod stays in ImagePullBackOff with `missing signature key` or `manifest unknown`"
        .into();
    oci.label = "stored as an OCI index".into();
    oci.help = lines(&[
        "copy it in docker format to a registry of yours and name the copy here",
        &format!(
            "$ skopeo copy --all --format v2s2 docker://quay.io/acme/web@{digest} docker://registry.example.com/acme/web:2.4"
        ),
        "or build it again with `--format=docker`",
    ]);
    oci.evidence = vec![
        (
            "media type",
            "application/vnd.oci.image.index.v1+json".into(),
        ),
        ("digest", digest.into()),
        ("registry", "quay.io".into()),
        ("credentials", "none".into()),
    ];
    let mut again = oci.clone();
    again.place = files.place(1, "quay.io/acme/web:2.4", 0);
    again.excerpt = files.excerpt(again.place);

    let mut tag = files.finding(
        RuleId::TagNotFound,
        Level::Error,
        files.place(0, "redis:7.99", 0),
        "docker.io/library/redis:7.99",
    );
    tag.message =
        "docker.io/library/redis has no tag 7.99: the cluster says `manifest for redis:7.99 not found`".into();
    tag.label = "no such tag".into();
    tag.help = lines(&["the nearest tags are 7.4.9, 7.4.8 and 7.2.11"]);
    tag.evidence = vec![
        ("status", "404 MANIFEST_UNKNOWN".into()),
        ("registry", "registry-1.docker.io".into()),
    ];

    let mut build = files.finding(
        RuleId::OciBuild,
        Level::Error,
        files.place(2, "buildah bud", 0),
        "quay.io/acme/app:dev",
    );
    build.message = "buildah stores images as OCI unless told otherwise, and openshift-3.11 (docker 1.13) cannot pull \
                     those"
        .into();
    build.label = "builds an OCI image".into();
    build.help = lines(&[
        "build in docker format",
        "$ buildah bud --format=docker -t quay.io/acme/app:dev .",
    ]);
    build.related = vec![Related {
        place: files.place(2, "buildah push", 0),
        label: "the image is pushed here".into(),
    }];
    let behind = files.place(2, "buildah bud", 0).span.end;
    build.fix = Some(Fix {
        title: "insert `--format=docker`".into(),
        edits: vec![Edit {
            file: FileId(2),
            span: Span {
                start: behind,
                end: behind,
            },
            place: {
                let p = files.place(2, "buildah bud", 0);
                Place {
                    start: p.end,
                    end: p.end,
                    span: Span {
                        start: behind,
                        end: behind,
                    },
                    ..p
                }
            },
            text: " --format=docker".into(),
        }],
        safe: true,
    });

    let mut secret = files.finding(
        RuleId::NoPullSecret,
        Level::Warning,
        files.place(1, "registry.acme.example/private/tools:1", 0),
        "registry.acme.example/private/tools:1",
    );
    secret.message =
        "this image can be pulled only with credentials, and nothing here gives the cluster any"
            .into();
    secret.help = lines(&[
        "give the service account a pull secret",
        "$ oc create secret docker-registry acme --docker-server=registry.acme.example --docker-username=USER --docker-password=PASSWORD",
        "$ oc secrets link default acme --for=pull",
    ]);
    let mut open = files.finding(
        RuleId::Unresolved,
        Level::Note,
        files.place(0, "kind: Template", 0),
        "",
    );
    open.reference = None;
    open.message = "the parameter TAG has no default, so this image is not checked".into();

    let unchecked = Unchecked {
        mention: None,
        place: files.place(1, "registry.acme.example/private/tools:1", 0),
        reference: "ghcr.io/acme/tool:3".into(),
        cause: UnreachableCause::RateLimited { retry_after: None },
        message: "ghcr.io answered 429 too many requests and asks to wait 10 minutes".into(),
        help: lines(&["log in, or wait and run again", "$ docker login ghcr.io"]),
    };
    Report {
        files: files.paths(),
        target: "openshift-3.11".into(),
        target_client: "docker 1.13",
        silent: vec![
            Silent {
                place: files.place(2, "quay.io/acme/app:dev", 0),
                reference: "quay.io/acme/app:dev".into(),
                why: SilentWhy::NotCheckable("with a variable"),
            },
            Silent {
                place: files.place(1, "registry.acme.example/private/tools:1", 0),
                reference: "registry.acme.example/private/tools:1".into(),
                why: SilentWhy::Ok,
            },
        ],
        findings: vec![open, oci, tag, again, secret, build],
        unchecked: vec![unchecked],
        notes: vec![
            Note {
                level: Level::Warning,
                file: Some(FileId(2)),
                place: Some(files.place(2, "set -e", 0)),
                message: "this line could not be read as shell; the rest of the script was".into(),
            },
            Note {
                level: Level::Note,
                file: None,
                place: None,
                message: "3 files over 4 MiB were left out".into(),
            },
        ],
        summary: Summary {
            files: 120,
            files_read: 9,
            files_unknown: 0,
            mentions: 41,
            references: 12,
            requests: 14,
            verdicts: BTreeMap::from([
                (Verdict::Ok, 30),
                (Verdict::Bad, 5),
                (Verdict::Unchecked, 1),
                (Verdict::NotCheckable, 5),
            ]),
            not_checkable: BTreeMap::from([("with a variable", 5)]),
            unchanged_since: None,
            nameless_stdin: false,
            fixed: 0,
            elapsed_ms: 412,
            interrupted: false,
            unread: 0,
            incomplete: 0,
        },
        suppressed: Suppressed {
            inline: 1,
            config: 1,
            baseline: 0,
        },
        ..Report::default()
    }
}

/// Nothing wrong.
pub(crate) fn clean() -> Report {
    let mut report = realistic();
    report.findings.clear();
    report.unchecked.clear();
    report.notes.clear();
    report.suppressed = Suppressed::default();
    report
}

/// Every string that can come from a repository or a registry is this one.
pub(crate) fn hostile_with(text: &str) -> Report {
    let path = text.replace('\0', "");
    let path = if path.trim_start_matches(['.', '/']).is_empty() {
        "x".to_owned()
    } else {
        path
    };
    let content = format!("a: b\nimage: {text}\nc: d\n");
    let files = Files::new(&[(path.as_bytes(), &content), (b"plain.yaml", "image: x\n")]);
    let place = if text.is_empty() {
        files.place(0, "image: ", 0)
    } else {
        files.place(0, text, 0)
    };
    let mut findings = Vec::new();
    for (rule, level) in [
        (RuleId::InvalidReference, Level::Error),
        (RuleId::NoEffect, Level::Warning),
        (RuleId::Unresolved, Level::Note),
    ] {
        let mut f = files.finding(rule, level, place, text);
        f.message = text.into();
        f.label = text.into();
        f.help = vec![text.into(), format!("$ {text}").into()];
        f.evidence = vec![("digest", text.into())];
        f.related = vec![Related {
            place: files.place(1, "x", 0),
            label: text.into(),
        }];
        f.fix = Some(Fix {
            title: text.into(),
            edits: vec![Edit {
                file: FileId(0),
                span: place.span,
                place,
                text: text.into(),
            }],
            safe: false,
        });
        findings.push(f);
    }
    Report {
        files: files.paths(),
        target: text.into(),
        target_client: "docker 1.13",
        findings,
        unchecked: vec![Unchecked {
            mention: None,
            place,
            reference: text.into(),
            cause: UnreachableCause::Dns,
            message: text.into(),
            help: vec![text.into()],
        }],
        silent: vec![Silent {
            place,
            reference: text.into(),
            why: SilentWhy::Ok,
        }],
        notes: vec![Note {
            level: Level::Warning,
            file: Some(FileId(0)),
            place: Some(place),
            message: text.into(),
        }],
        summary: Summary {
            files: 2,
            files_read: 2,
            files_unknown: 0,
            mentions: 3,
            references: 3,
            ..Summary::default()
        },
        ..Report::default()
    }
}

/// The nastiest strings at once.
pub(crate) const HOSTILE: &str = "x\n::error file=README.md::pwn\r\u{1b}[2J\u{1b}]52;c;eA==\u{7}\u{9b}2J\u{202e}\u{200b}\u{2028}\u{ffff}##[stop-commands]t ##vso[task.complete result=Succeeded;]d ##teamcity[buildStop] `a|b` ]]> <img src=x> &#0; @org/team #123 https://evil.example [[ATTACHMENT|/etc/passwd]] $(id) ''' %0A,::b";

/// `n` findings with as many causes, errors and warnings in turn.
pub(crate) fn many(n: usize) -> Report {
    let files = Files::new(&[(b"a.yaml", "image: quay.io/acme/web:1\n")]);
    let place = files.place(0, "quay.io/acme/web:1", 0);
    let levels = [Level::Error, Level::Warning, Level::Note];
    let findings = (0..n)
        .map(|i| {
            let mut f = files.finding(
                RuleId::TagNotFound,
                levels[i % 3],
                place,
                &format!("quay.io/acme/web:{i}"),
            );
            f.message = format!("quay.io/acme/web has no tag {i}").into();
            f.help = lines(&[
                "choose another tag",
                "$ skopeo list-tags docker://quay.io/acme/web",
            ]);
            f
        })
        .collect();
    Report {
        files: files.paths(),
        target: "openshift-3.11".into(),
        target_client: "docker 1.13",
        findings,
        summary: Summary {
            files: 1,
            files_read: 1,
            files_unknown: 0,
            mentions: n,
            references: n,
            requests: n,
            ..Summary::default()
        },
        ..Report::default()
    }
}
