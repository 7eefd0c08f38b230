//! `image-lint inspect`: one image, all that its registry stores, and what every target makes of it.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use super::run::Flags;
use super::tree_config::TreeConfig;
use super::{Failure, network};
use crate::cli::{InspectArgs, InspectFormat, JudgingArgs, NetworkArgs, SourceArgs};
use crate::exit::Exit;
use crate::report::Style;
use crate::report::inspect::{
    InspectedChild, InspectedOlder, InspectedPart, InspectedRequest, Inspection, TargetVerdict,
    Verdict, inspect, inspect_json,
};
use crate::rules::Finding;
use crate::rules::{self, Case, Levels, RuleId, Subject, unchecked};
use image_lint_model::finding::Level;
use image_lint_model::manifest::{Annotations, Body, Format, Part, Platform, Presence};
use image_lint_model::mention::{
    Excerpt, Expect, LinkedMention, Mention, NamedIn, Repository, Role, SourceKind, Text,
};
use image_lint_model::pull::Pull;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Exchange, Resolution, Resolved};
use image_lint_model::target::{BUILT_IN, Target};
use image_lint_model::value::Value;
use image_lint_registry::{Client, Depth};
use image_lint_text::source::{FileId, Place, Position, Span};

/// # Errors
/// When the registries' client cannot be made or the output not written. An image that is missing is an answer: the exit
/// code is 1 when an image cannot be pulled by any target, 3 when nobody knows.
pub fn run(
    args: &InspectArgs,
    env: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let judging = JudgingArgs {
        platform: args.platform.clone(),
        ..JudgingArgs::default()
    };
    let sources = SourceArgs::default();
    let flags = Flags {
        sources: &sources,
        settings: &args.settings,
        judging: &judging,
        network: &args.network,
        env,
    };
    // What is asked here was typed by the user: the folder's configuration has no say in it.
    let settings = flags.resolve(TreeConfig::Texts(Vec::new()), &[])?.settings;
    let platform = args
        .platform
        .as_deref()
        .map(|text| {
            Platform::parse(text).ok_or_else(|| {
                Failure::Usage(format!(
                    "--platform {text}: not OS/ARCH, such as linux/amd64"
                ))
            })
        })
        .transpose()?;
    let client = Client::new(network::settings(&args.network, &settings, env))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::Io {
            what: "cannot start the network thread".into(),
            source,
        })?;
    let images = runtime.block_on(async {
        let tasks: Vec<_> = args
            .images
            .iter()
            .map(|given| {
                tokio::spawn(one(
                    client.clone(),
                    given.clone(),
                    platform.clone(),
                    args.network.clone(),
                ))
            })
            .collect();
        let mut images = Vec::with_capacity(tasks.len());
        for (given, task) in args.images.iter().zip(tasks) {
            images.push(task.await.unwrap_or_else(|_| Inspection {
                given: given.clone(),
                problem: Some("asking failed inside image-lint; please report this".into()),
                ..Inspection::default()
            }));
        }
        let quotas = client.statistics().quotas();
        for image in &mut images {
            let own = quotas
                .iter()
                .find(|line| image.registry.as_ref() == Some(&line.host));
            image.quota = own.map(|line| line.text.clone());
        }
        images
    });
    let terminal = std::io::stdout().is_terminal();
    match args.format {
        InspectFormat::Json => inspect_json(&images, out),
        InspectFormat::Text => inspect(&images, &Style::detect(env, terminal, None), out),
    }
    .map_err(Failure::Output)?;
    Ok(images.iter().map(code).max().unwrap_or(Exit::Clean.code()))
}

/// One image, with what is asked once it is known what it is.
async fn one(
    client: Client,
    given: String,
    platform: Option<Platform>,
    network: NetworkArgs,
) -> Inspection {
    let reference = match ImageReference::parse(given.trim()) {
        Ok(reference) => reference,
        Err(error) => {
            let help = error.hint.into_iter().collect();
            return Inspection {
                given,
                problem: Some(error.why),
                help,
                ..Inspection::default()
            };
        }
    };
    let mut resolved = client.resolve(&reference, Depth::Full).await;
    if resolved.evidence.from_cache
        && let Resolution::Found(manifest) = &resolved.resolution
        && reference.digest.is_none()
        && !targets(platform.as_ref()).all(|target| target.is_content_with(manifest))
    {
        // It may be repaired by now.
        resolved = client.resolve_anew(&reference, Depth::Full).await;
    }
    let format = match &resolved.resolution {
        Resolution::Found(manifest) => Some(manifest.format),
        _ => None,
    };
    let mut needs_credentials = None;
    if format.is_some() {
        if reference.tag.is_some() && reference.digest.is_some() {
            resolved.tag_digest = client.tag_digest(&reference).await;
        }
        needs_credentials = match (
            resolved.evidence.anonymous_refused,
            &resolved.evidence.credentials,
        ) {
            (true, _) => Some(true),
            (false, Some(_)) => Some(client.anonymous_check(&reference).await),
            (false, None) => (!resolved.evidence.from_cache).then_some(false),
        };
    }
    // The first target that cannot pull it decides what an older tag would have to be.
    let strict = targets(None).find(|target| format.is_some_and(|format| !target.takes(format)));
    if let Some(target) = strict.filter(|_| !network.no_alternatives && reference.digest.is_none())
    {
        let found = client
            .alternatives(&[(reference.clone(), target.accepts)])
            .await;
        resolved.alternative = found.into_iter().next().flatten();
    }
    resolved
        .evidence
        .exchanges
        .extend(client.asked_later(&reference));
    let mut image = describe(&given, &reference, &resolved, platform.as_ref());
    image.needs_credentials = needs_credentials;
    if network.explain_auth {
        image.credentials_tried = client
            .explain_auth(&reference.host, &reference.repository)
            .await;
    }
    image
}

/// All built-in targets, with these nodes.
fn targets(platform: Option<&Platform>) -> impl Iterator<Item = Target> {
    let all = BUILT_IN.iter().filter_map(|name| Target::named(name));
    all.map(move |mut target| {
        if let Some(platform) = platform {
            target.platform = platform.clone();
        }
        target
    })
}

fn code(image: &Inspection) -> u8 {
    let any = |wanted: Verdict| image.verdicts.iter().any(|v| v.verdict == wanted);
    if any(Verdict::Ok) {
        Exit::Clean.code()
    } else if any(Verdict::Unknown) {
        Exit::Unchecked.code()
    } else {
        Exit::Findings.code()
    }
}

fn describe(
    given: &str,
    reference: &ImageReference,
    resolved: &Resolved,
    platform: Option<&Platform>,
) -> Inspection {
    let evidence = &resolved.evidence;
    let mut image = Inspection {
        given: given.to_owned(),
        reference: Some(reference.to_string()),
        registry: Some(evidence.api_host.clone()).filter(|host| !host.is_empty()),
        credentials: evidence.credentials.clone(),
        requests: evidence
            .exchanges
            .iter()
            .filter(|exchange| exchange.method != "-")
            .count(),
        asked: evidence.exchanges.iter().map(asked).collect(),
        tag_digest: resolved.tag_digest.as_deref().map(str::to_owned),
        older: resolved.alternative.as_ref().map(|older| InspectedOlder {
            tag: older.tag.to_string(),
            media_type: older.format.media_type().to_owned(),
            format: older.format.words().to_owned(),
        }),
        from_cache: evidence.from_cache,
        ..Inspection::default()
    };
    if let Resolution::Absent(absence) = &resolved.resolution {
        image.nearest_tags.clone_from(&absence.nearest_tags);
    }
    let manifest = match &resolved.resolution {
        Resolution::Found(manifest) => Some(manifest),
        Resolution::Ambiguous(ambiguity) => ambiguity.manifest.as_ref(),
        _ => None,
    };
    if let Some(manifest) = manifest {
        image.digest = manifest.digest.as_deref().map(str::to_owned);
        image.media_type = Some(manifest.format.media_type().to_owned());
        image.format = Some(manifest.format.words().to_owned());
        if let Some(body) = &manifest.body {
            image.size = Some(body.size);
            image.platform = body.platform.as_ref().map(Platform::to_string);
            image.os_version = body.os_version.as_deref().map(str::to_owned);
            image.config_media_type = body.config_media_type().map(str::to_owned);
            image.config = body.config.as_ref().map(part);
            image.subject = body.subject.as_deref().map(str::to_owned);
            image.annotations = annotations(&body.annotations);
            image.artifact_type = body.artifact_type.as_deref().map(str::to_owned);
            image.layers = body.layers.iter().map(part).collect();
            image.children = children(body);
        }
    }
    let linked = linked(given, reference);
    let repository = Repository::default();
    let levels = Levels::default();
    for target in targets(platform) {
        let case = Case {
            subject: Subject::Mention {
                linked: &linked,
                resolved: Some(resolved),
            },
            target: &target,
            target_is_of_path: false,
            policy: None,
            repository: &repository,
        };
        let mut findings = Vec::new();
        rules::judge(&case, &levels, &mut findings);
        let depends = findings
            .iter()
            .find(|finding| {
                finding.rule == RuleId::UnsupportedFormat && finding.level < Level::Error
            })
            .map(|finding| finding.message.raw().to_owned());
        // What every target says of an image, not of how a workload names it.
        findings.retain(|finding| finding.level == Level::Error);
        let (verdict, why) = match (&resolved.resolution, findings.first()) {
            (Resolution::Unknown(unreachable), _) => (
                Verdict::Unknown,
                Some(
                    unchecked::message_for(reference, unreachable)
                        .raw()
                        .to_owned(),
                ),
            ),
            (_, Some(finding)) => (Verdict::Bad, Some(finding.label.raw().to_owned())),
            // It may depend on the version of the client, or on the registry.
            (_, None) => (Verdict::Ok, depends),
        };
        let of_platform = findings
            .first()
            .is_some_and(|finding| finding.rule == RuleId::PlatformNotFound);
        let pulls = manifest
            .filter(|_| of_platform)
            .map(|manifest| target.pull(manifest) == Pull::Works);
        image.verdicts.push(TargetVerdict {
            target: target.name.to_string(),
            client: target.client.to_owned(),
            verdict,
            pulls: pulls.filter(|_| verdict == Verdict::Bad),
            why,
        });
        help(&mut image, &findings);
    }
    if let Resolution::Unknown(unreachable) = &resolved.resolution {
        image.problem = Some(
            unchecked::message_for(reference, unreachable)
                .raw()
                .to_owned(),
        );
        image.help.extend(
            unchecked::help_for(reference, resolved, unreachable)
                .iter()
                .map(|h| h.raw().to_owned()),
        );
    } else if manifest.is_none() || matches!(resolved.resolution, Resolution::Ambiguous(_)) {
        let case_target = Target::default();
        let case = Case {
            subject: Subject::Mention {
                linked: &linked,
                resolved: Some(resolved),
            },
            target: &case_target,
            target_is_of_path: false,
            policy: None,
            repository: &repository,
        };
        let mut findings = Vec::new();
        rules::judge(&case, &levels, &mut findings);
        image.problem = findings
            .first()
            .map(|finding| finding.message.raw().to_owned());
    }
    image
}

/// What to do, taken from the first target that cannot pull the image.
fn help(image: &mut Inspection, findings: &[Finding]) {
    if image.help.is_empty()
        && let Some(finding) = findings.first()
    {
        image
            .help
            .extend(finding.help.iter().map(|line| line.raw().to_owned()));
    }
}

fn asked(exchange: &Exchange) -> InspectedRequest {
    InspectedRequest {
        method: Some(exchange.method.to_owned()).filter(|method| method != "-"),
        what: exchange.what.to_owned(),
        place: exchange.place.clone(),
        status: exchange.status,
        content_type: exchange.content_type.clone(),
        error: exchange.error.clone(),
    }
}

fn part(part: &Part) -> InspectedPart {
    InspectedPart {
        media_type: part.media_type.to_string(),
        digest: part.digest.to_string(),
        size: part.size,
        urls: part.urls.iter().map(|url| url.to_string()).collect(),
        annotations: annotations(&part.annotations),
        present: match part.presence {
            Presence::Unknown => None,
            Presence::There { .. } => Some(true),
            Presence::Gone => Some(false),
        },
    }
}

fn annotations(annotations: &Annotations) -> BTreeMap<String, String> {
    annotations
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect()
}

fn children(body: &Body) -> Vec<InspectedChild> {
    body.children
        .iter()
        .map(|child| {
            let read = child.body();
            let served = child.manifest.as_ref().map(|manifest| manifest.format);
            let declared = Format::from_media_type(&child.media_type);
            InspectedChild {
                media_type: child.media_type.to_string(),
                digest: child.digest.to_string(),
                size: child.size,
                platform: child.platform.as_ref().map(Platform::to_string),
                os_version: child.os_version.as_deref().map(str::to_owned),
                os_features: child
                    .os_features
                    .iter()
                    .map(|text| text.to_string())
                    .collect(),
                artifact_type: child.artifact_type.as_deref().map(str::to_owned),
                annotations: annotations(&child.annotations),
                attestation: child.attestation,
                present: if child.gone {
                    Some(false)
                } else {
                    read.map(|_| true)
                },
                served_as: served
                    .filter(|served| Some(*served) != declared)
                    .map(|served| served.media_type().to_owned()),
                config_media_type: read.and_then(Body::config_media_type).map(str::to_owned),
                config: read.and_then(|body| body.config.as_ref()).map(part),
                layers: read.map_or_else(Vec::new, |body| body.layers.iter().map(part).collect()),
                children: read.map_or_else(Vec::new, children),
            }
        })
        .collect()
}

/// The image as if a workload named it.
fn linked(given: &str, reference: &ImageReference) -> LinkedMention {
    let start = Position {
        line: 1,
        column: 1,
        column_utf16: 1,
    };
    LinkedMention {
        mention: Mention {
            written: None,
            place: Place {
                file: FileId(0),
                start,
                end: start,
                span: Span::default(),
            },
            value: Value::literal(given),
            expect: Expect::Image,
            role: Role::Run,
            source: SourceKind::Argument,
            field: "".into(),
            named_in: NamedIn::Field,
            scope: None,
            object: None,
            container: None,
            also: Vec::new(),
            tag_at: None,
            condition: None,
            deployed_by: Vec::new(),
            excerpt: Excerpt::default(),
        },
        text: Text::Known(reference.clone()),
        parts: Vec::new(),
        role: Role::Run,
        facts: Vec::new(),
        asked: true,
    }
}
