//! Writes down a command that makes or moves images: what goes in, what comes out, and in which format it is asked for.

use crate::extract::Sink;
use crate::extract::shell::commands::Recognised;
use crate::extract::shell::edits;
use crate::extract::shell::field::Field;
use crate::extract::shell::flags::Arguments;
use crate::extract::shell::names::{self, broken_continuation, has_store, image_name};
use crate::extract::shell::walk::{Call, Walker};
use image_lint_model::build::{
    Action, Attestations, Command, FlagSlots, FormatSetting, FormatSlot, ImageName, Mistake,
    Options, RecipeArguments, Tool, Transport,
};
use image_lint_text::source::{Place, Span};

/// Adds a [`Command`] unless the command has nothing to do with making or moving images.
pub(super) fn write_down(
    walker: &mut Walker<'_>,
    call: &Call,
    recognised: &Recognised<'_>,
    sink: &mut Sink<'_>,
) {
    let Recognised {
        program, command, ..
    } = recognised;
    let (tool, action) = (program.tool, command.action);
    if action == Action::None {
        return;
    }
    let options = options(call, walker, recognised);
    let (inputs, mut outputs) = ends(walker, recognised, sink);
    if recognised.label.ends_with(" bake") && options.pushes && outputs.is_empty() {
        // The names stand in the bake file.
        let place = sink.place(walker.text.outer(recognised.subcommand.span()));
        let name = ImageName {
            transport: Transport::Registry,
            text: "${…}".into(),
            place,
            known: false,
            local: false,
        };
        outputs.push(name);
    }
    for name in outputs
        .iter()
        .filter(|_| has_store(tool) && !matches!(action, Action::Push | Action::Pull))
    {
        walker.shared.names.insert(name.text.to_string());
    }
    let place = sink.place(walker.text.outer(place_of(call)));
    let build = Command {
        job: walker.context.job,
        format: format(walker, call, recognised, sink),
        options,
        inputs,
        outputs,
        recipe: recipe(walker, recognised),
        slots: slots(walker, recognised, sink),
        assumed: recognised.assumed,
        mistakes: mistakes(walker, recognised, sink),
        ..Command::new(
            (place, sink.excerpt(place)),
            walker.context.source,
            tool,
            action,
            &recognised.label,
        )
    };
    keep(build, sink);
}

/// The command in the script; one that a function runs is where the function is called.
fn place_of(call: &Call) -> Span {
    let first = call.fields.first().map_or(call.span, Field::span);
    let within = call.span.start <= first.start && first.end <= call.span.end;
    if within || first.is_empty() {
        return call.span;
    }
    let words = call.fields.iter().map(Field::span);
    words.fold(first, |all, word| Span {
        start: all.start.min(word.start),
        end: all.end.max(word.end),
    })
}

/// Notes that a name of this machine's store is run or built upon.
pub(super) fn used(
    walker: &Walker<'_>,
    tool: Tool,
    label: &str,
    field: &Field,
    sink: &mut Sink<'_>,
) {
    let Some(name) = image_name(walker, field, Transport::Storage, sink) else {
        return;
    };
    let mut command = Command::new(
        (name.place, sink.excerpt(name.place)),
        walker.context.source,
        tool,
        Action::Use,
        label,
    );
    command.job = walker.context.job;
    command.inputs.push(name);
    keep(command, sink);
}

/// What the command says of its Containerfile. From a folder that nobody knows, no path leads to a file of the repository.
fn recipe(walker: &Walker<'_>, recognised: &Recognised<'_>) -> RecipeArguments {
    let arguments = &recognised.arguments;
    let moved = |text: String| -> Box<str> {
        if walker.shared.moved {
            format!("$PWD/{text}").into()
        } else {
            text.into()
        }
    };
    let written = |name: &str| Some(arguments.last(name)?.value.as_ref()?.value().written());
    let context = || {
        let given = arguments.positionals.first().map(|f| f.value().written());
        given.or_else(|| walker.shared.moved.then(|| ".".to_owned()))
    };
    let build_args = arguments
        .all("build-arg")
        .filter_map(|f| f.value.as_ref()?.split_once('='))
        .filter_map(|(key, value)| Some((key.known()?.into(), value.value())))
        .collect();
    let contexts = arguments
        .all("build-context")
        .filter_map(|f| f.value.as_ref()?.split_once('=')?.0.known())
        .map(Into::into)
        .collect();
    if recognised.program.tool == Tool::Buildctl {
        // `--local dockerfile=DIR` names folders that are not looked for.
        return RecipeArguments {
            context: Some("$".into()),
            ..RecipeArguments::default()
        };
    }
    RecipeArguments {
        containerfile: written("file").or_else(|| written("dockerfile")).map(moved),
        context: (recognised.command.action == Action::Build)
            .then(context)
            .flatten()
            .map(moved),
        target: written("target").map(Into::into),
        build_args,
        contexts,
    }
}

/// Where flags could go.
fn slots(walker: &Walker<'_>, recognised: &Recognised<'_>, sink: &mut Sink<'_>) -> FlagSlots {
    let after = literal_place(walker, recognised.subcommand, true, sink);
    FlagSlots {
        format: after.map_or(FormatSlot::Nowhere, FormatSlot::After),
        preserving: edits::removable(walker, &recognised.arguments, "preserve-digests", sink),
        late: edits::late_flags(walker, recognised, sink),
    }
}

/// Adds a command, or what is new of one that is there already: in a loop, or from another call.
fn keep(build: Command, sink: &mut Sink<'_>) {
    let same = sink
        .extraction
        .builds
        .iter_mut()
        .rev()
        .take(64)
        .find(|b| b.place == build.place && b.label == build.label);
    match same {
        Some(earlier) => {
            for name in build.inputs {
                if !earlier.inputs.iter().any(|n| n.text == name.text) {
                    earlier.inputs.push(name);
                }
            }
            for name in build.outputs {
                if !earlier.outputs.iter().any(|n| n.text == name.text) {
                    earlier.outputs.push(name);
                }
            }
            if earlier.format != build.format {
                earlier.format = FormatSetting::Hidden;
            }
        }
        None => sink.extraction.builds.push(build),
    }
}

/// The place of a field that stands literally in the file; `whole` with its quotes.
fn literal_place(
    walker: &Walker<'_>,
    field: &Field,
    whole: bool,
    sink: &mut Sink<'_>,
) -> Option<Place> {
    let literal = field.is_literal() && field.atoms.iter().all(|a| a.exact);
    literal.then(|| {
        sink.place(
            walker
                .text
                .outer(if whole { field.word } else { field.span() }),
        )
    })
}

fn ends(
    walker: &Walker<'_>,
    recognised: &Recognised<'_>,
    sink: &mut Sink<'_>,
) -> (Vec<ImageName>, Vec<ImageName>) {
    let arguments = &recognised.arguments;
    let tool = recognised.program.tool;
    let bare = if has_store(tool) {
        Transport::Storage
    } else {
        Transport::Registry
    };
    let mut positionals: Vec<&Field> = arguments.positionals.iter().collect();
    if broken_continuation(arguments).is_some() {
        positionals.pop();
    }
    let mut names = |fields: &[&Field], bare| -> Vec<ImageName> {
        fields
            .iter()
            .filter_map(|f| image_name(walker, f, bare, sink))
            .collect()
    };
    let first = &positionals[..positionals.len().min(1)];
    let rest = positionals.get(1..).unwrap_or_default();
    let second = &rest[..rest.len().min(1)];
    match recognised.command.action {
        Action::Build => {
            let values: Vec<&Field> = ["tag", "manifest", "destination", "new_tag"]
                .iter()
                .flat_map(|name| arguments.all(name))
                .filter_map(|f| f.value.as_ref())
                .collect();
            // `--output type=image,name=X`
            let exported: Vec<Field> = match tool {
                Tool::Docker | Tool::Buildctl => arguments
                    .all("output")
                    .filter_map(|f| f.value.as_ref())
                    .flat_map(|value| value.split(','))
                    .filter_map(|part| part.strip_prefix("name="))
                    .collect(),
                _ => Vec::new(),
            };
            let values: Vec<&Field> = values.into_iter().chain(&exported).collect();
            let mut made = names(&values, bare);
            if tool == Tool::Crane && recognised.label.ends_with("index append") {
                // `--manifest` names what goes in.
                let tags: Vec<&Field> = arguments
                    .all("tag")
                    .filter_map(|f| f.value.as_ref())
                    .collect();
                made = names(&tags, bare);
            }
            (Vec::new(), made)
        }
        Action::Commit => (Vec::new(), names(second, bare)),
        Action::ListCreate | Action::ListAdd => (names(rest, bare), names(first, bare)),
        Action::Tag => (names(first, bare), names(rest, bare)),
        Action::Pull => (Vec::new(), names(&positionals, bare)),
        Action::Push | Action::ListPush => {
            let to = if second.is_empty() { first } else { second };
            (names(first, bare), names(to, Transport::Registry))
        }
        Action::Copy => {
            // Where a flag names what is written, all arguments are read (`imagetools create -t`, `image mod --create`).
            let written: Vec<&Field> = ["tag", "create"]
                .iter()
                .flat_map(|name| arguments.all(name))
                .filter_map(|f| f.value.as_ref())
                .collect();
            let pairs: Vec<(Field, Field)> = positionals
                .iter()
                .filter_map(|f| f.split_once('='))
                .collect();
            let (from, to): (Vec<&Field>, Vec<&Field>) = if !written.is_empty() {
                (positionals, written)
            } else if tool == Tool::Oc && !pairs.is_empty() {
                pairs
                    .iter()
                    .map(|(source, destination)| (source, destination))
                    .unzip()
            } else if arguments.switch("replace") == Some(true) {
                (first.to_vec(), first.to_vec())
            } else if tool == Tool::Oc {
                (first.to_vec(), rest.to_vec())
            } else {
                (first.to_vec(), second.to_vec())
            };
            (
                names(&from, Transport::Registry),
                names(&to, Transport::Registry),
            )
        }
        Action::Sync => {
            let end = |flag: &str| match arguments
                .last(flag)
                .and_then(|f| f.value.as_ref())
                .and_then(Field::known)
            {
                Some(kind) if kind == "docker" => Transport::Registry,
                _ => Transport::Folder,
            };
            (names(first, end("src")), names(second, end("dest")))
        }
        _ => (Vec::new(), Vec::new()),
    }
}

/// Whether a tool's subcommand takes `--format` as an image format.
fn takes_format(tool: Tool, action: Action) -> bool {
    match tool {
        Tool::Buildah | Tool::Podman => {
            matches!(
                action,
                Action::Build | Action::Commit | Action::Push | Action::ListPush | Action::From
            )
        }
        Tool::Skopeo => matches!(action, Action::Copy | Action::Sync),
        _ => false,
    }
}

/// `BUILDAH_FORMAT` is read by `buildah build`, `buildah commit` and `podman build`, by nothing else (verified with
/// 1.28 and 1.39, 4.3 and 5.4).
fn reads_environment(tool: Tool, action: Action) -> bool {
    action == Action::Build && matches!(tool, Tool::Buildah | Tool::Podman)
        || action == Action::Commit && tool == Tool::Buildah
}

fn format(
    walker: &Walker<'_>,
    call: &Call,
    recognised: &Recognised<'_>,
    sink: &mut Sink<'_>,
) -> FormatSetting {
    let (tool, action) = (recognised.program.tool, recognised.command.action);
    if tool == Tool::Regctl {
        let on = |name: &str| recognised.arguments.switch(name) == Some(true);
        return match (on("to-docker"), on("to-oci")) {
            (true, _) => FormatSetting::Flag {
                value: "v2s2".into(),
                place: None,
            },
            (_, true) => FormatSetting::Flag {
                value: "oci".into(),
                place: None,
            },
            _ => FormatSetting::Unset,
        };
    }
    if !takes_format(tool, action) {
        return FormatSetting::Unset;
    }
    let scope = walker.context.scope;
    if let Some(value) = recognised
        .arguments
        .last("format")
        .and_then(|f| f.value.as_ref())
    {
        return match value.known() {
            Some(text) => FormatSetting::Flag {
                value: text.into(),
                place: literal_place(walker, value, false, sink),
            },
            None => FormatSetting::Open {
                value: value.value(),
                scope,
            },
        };
    }
    if reads_environment(tool, action) {
        if let Some((_, value)) = call
            .prefix
            .iter()
            .rev()
            .find(|(name, _)| &**name == "BUILDAH_FORMAT")
        {
            return match value.known() {
                Some(text) if text.is_empty() => FormatSetting::Unset,
                Some(text) => FormatSetting::Environment {
                    value: text.into(),
                    place: literal_place(walker, value, false, sink),
                },
                None => FormatSetting::Open {
                    value: value.value(),
                    scope,
                },
            };
        }
        if let Some(binding) = walker
            .environment
            .get("BUILDAH_FORMAT")
            .filter(|b| b.exported)
        {
            return match binding.value.as_known() {
                Some(text) if text.is_empty() => FormatSetting::Unset,
                Some(text) => FormatSetting::Environment {
                    value: text.into(),
                    place: binding.place,
                },
                None => FormatSetting::Open {
                    value: binding.value.clone(),
                    scope,
                },
            };
        }
    }
    if recognised.arguments.open {
        FormatSetting::Hidden
    } else {
        FormatSetting::Unset
    }
}

fn options(call: &Call, walker: &Walker<'_>, recognised: &Recognised<'_>) -> Options {
    let arguments = &recognised.arguments;
    let known = |name: &str| {
        arguments
            .last(name)
            .and_then(|f| f.value.as_ref())
            .and_then(Field::known)
    };
    let starts = |name: &str, prefix: &str| known(name).is_some_and(|v| v.starts_with(prefix));
    let platforms = arguments
        .all("platform")
        .filter_map(|f| f.value.as_ref())
        .fold(0, |n, v| n + v.split(',').len());
    let mut options = Options {
        all: arguments.switch("all") == Some(true) || known("multi-arch").as_deref() == Some("all"),
        preserve_digests: arguments.switch("preserve-digests") == Some(true),
        zstd: [
            "compression-format",
            "dest-compress-format",
            "add-compression",
            "compression",
        ]
        .iter()
        .any(|f| starts(f, "zstd")),
        // `farm build` makes an image on each machine, and a list of them.
        list: arguments.last("manifest").is_some()
            || platforms > 1
            || recognised.label.ends_with("farm build"),
        ..Options::default()
    };
    if recognised.program.tool == Tool::Crane && recognised.command.action == Action::Build {
        // `append` without a base makes docker images unless told otherwise, `index append` OCI lists.
        options.list = recognised.label.ends_with("index append");
        options.oci_mediatypes = Some(if options.list {
            arguments.positionals.is_empty() && arguments.switch("docker-empty-base") == Some(false)
        } else {
            arguments.last("base").is_none() && arguments.switch("oci-empty-base") == Some(true)
        });
        options.pushes = true;
    }
    let buildkit = matches!(recognised.program.tool, Tool::Docker | Tool::Buildctl);
    if buildkit && recognised.command.action == Action::Build {
        options.pushes = arguments.switch("push") == Some(true);
        options.attestations = attestations(call, walker, arguments, recognised.program.tool);
        // `buildx bake --set '*.output=type=registry'`
        let set = arguments
            .all("set")
            .filter_map(|f| f.value.as_ref())
            .filter_map(|v| {
                let (key, value) = v.split_once('=')?;
                key.known()?.contains(".output").then_some(value)
            });
        let outputs = arguments
            .all("output")
            .filter_map(|f| f.value.clone())
            .chain(set);
        for part in outputs.flat_map(|v| v.split(',')) {
            match part.known().as_deref() {
                Some("oci-mediatypes=false") => options.oci_mediatypes = Some(false),
                Some("oci-mediatypes=true") => options.oci_mediatypes = Some(true),
                Some("type=registry" | "push=true") => options.pushes = true,
                Some("compression=zstd") => options.zstd = true,
                _ => {}
            }
        }
    }
    options
}

/// What buildx attaches: `--provenance`, `--sbom` and `--attest`, or an annotation (docker/buildx, `build/opt.go`).
fn attestations(
    call: &Call,
    walker: &Walker<'_>,
    arguments: &Arguments,
    tool: Tool,
) -> Attestations {
    let value = |name: &str| {
        let flag = arguments.last(name)?;
        Some(
            flag.value
                .as_ref()
                .map_or_else(|| "true".into(), |v| v.known().unwrap_or_default()),
        )
    };
    let variable = |name: &str| {
        let one = |text: Option<String>| text.as_deref() == Some("1");
        call.prefix
            .iter()
            .any(|(n, v)| &**n == name && one(v.known()))
            || walker
                .environment
                .get(name)
                .is_some_and(|b| b.exported && one(b.value.as_known()))
    };
    // `buildctl` attaches nothing unless it is told to (`--opt attest:sbom=`).
    let opts = arguments
        .all("opt")
        .filter_map(|f| f.value.as_ref())
        .map(Field::known_prefix);
    let attests = opts.fold(false, |any, text| any | text.starts_with("attest:"));
    match (tool, attests) {
        (Tool::Buildctl, true) => return Attestations::Asked,
        (Tool::Buildctl, false) => return Attestations::Off,
        _ => {}
    }
    let (provenance, sbom) = (value("provenance"), value("sbom"));
    // A variable may be `false`.
    let asked = |given: &Option<String>| {
        given
            .as_deref()
            .is_some_and(|v| v != "false" && !v.is_empty())
    };
    // Whether an annotation makes an OCI image depends on the version (measured: not with docker 26.1).
    let annotated = arguments.last("annotation").is_some();
    if arguments.last("attest").is_some() || asked(&provenance) || asked(&sbom) {
        return Attestations::Asked;
    }
    let off = |given: &Option<String>| given.as_deref() == Some("false");
    if (off(&provenance) || variable("BUILDX_NO_DEFAULT_ATTESTATIONS"))
        && (sbom.is_none() || off(&sbom))
        && !annotated
    {
        Attestations::Off
    } else {
        Attestations::Default
    }
}

fn mistakes(walker: &Walker<'_>, recognised: &Recognised<'_>, sink: &mut Sink<'_>) -> Vec<Mistake> {
    let (tool, action) = (recognised.program.tool, recognised.command.action);
    let arguments = &recognised.arguments;
    let mut mistakes = Vec::new();
    if takes_format(tool, action) && action != Action::From {
        let allowed: &[&str] = match (tool, action) {
            (Tool::Skopeo, _) => &["oci", "v2s1", "v2s2"],
            (_, Action::Build | Action::Commit) => &["docker", "oci"],
            _ => &["docker", "oci", "v2s1", "v2s2"],
        };
        if let Some(flag) = arguments.last("format")
            && let Some(value) = &flag.value
            && let Some(text) = value.known()
            && !allowed.contains(&&*text)
        {
            let span = if walker.written(flag.span).starts_with("-format") {
                flag.span
            } else {
                value.span()
            };
            let place = sink.place(walker.text.outer(span));
            let one_dash = walker.written(flag.span).starts_with("-format");
            mistakes.push(if one_dash {
                Mistake::OneDash(place)
            } else {
                Mistake::UnknownFormat(place)
            });
        } else if let Some(flag) = arguments.last("file")
            && walker.written(flag.span).starts_with("-format")
        {
            mistakes.push(Mistake::OneDash(sink.place(walker.text.outer(flag.span))));
        }
    }
    // Behind the others: what looks like an argument may be the value of a mistaken flag.
    if let Some(span) = arguments.late_flag {
        mistakes.push(Mistake::LateFlag(sink.place(walker.text.outer(span))));
    }
    let docker = arguments
        .last("format")
        .and_then(|f| f.value.as_ref())
        .and_then(Field::known);
    let zstd = ["compression-format", "dest-compress-format"]
        .iter()
        .find_map(|name| {
            let flag = arguments.last(name)?;
            flag.value
                .as_ref()?
                .known()?
                .starts_with("zstd")
                .then_some(flag.span)
        });
    // Measured: podman 4.3 and 5.4 and skopeo 1.9 and 1.18 refuse it.
    if matches!(action, Action::Push | Action::Copy | Action::Sync)
        && docker.is_some_and(|value| value == "docker" || value == "v2s2")
        && let Some(span) = zstd
    {
        mistakes.push(Mistake::ZstdInDocker(sink.place(walker.text.outer(span))));
    }
    if action == Action::Commit
        && tool == Tool::Buildah
        && let [only] = arguments.positionals.as_slice()
        && !arguments.open
        && only.known().is_some_and(|t| t.contains(['/', ':']))
    {
        mistakes.push(Mistake::NoContainer(
            sink.place(walker.text.outer(only.span())),
        ));
    }
    if let Some(at) = names::broken_continuation(arguments) {
        mistakes.push(Mistake::BrokenContinuation(
            sink.place(walker.text.outer(arguments.positionals[at].word)),
        ));
    }
    mistakes
}
