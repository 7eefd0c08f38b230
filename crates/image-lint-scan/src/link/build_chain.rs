//! Follows image names from the command that makes an image to the one that pushes it, within a script, a job and the
//! jobs of one file, and says in which format the image arrives.
//!
//! Every rule here was measured with buildah 1.28 and 1.39, podman 4.3 and 5.4, skopeo 1.9 and 1.18 and docker 26.1,
//! by reading back the manifest type from a registry: the format is decided at build or commit (`--format`, else
//! `BUILDAH_FORMAT`, else OCI), kept by a plain push, changed by `push --format` and by zstd; a list is a second
//! format of its own.

#[cfg(test)]
#[path = "build_chain_tests.rs"]
mod tests;

use std::collections::{HashMap, HashSet};

use image_lint_model::build::{
    Action, Attestations, Built, Command, Confidence, Decision, FormatSetting, ImageName, Reason,
    Tool, Transport, Verdict,
};
use image_lint_model::manifest::Format;
use image_lint_text::source::FileId;

/// Longest chain of names (`tag a b; tag b c`) that is followed.
const MAX_CHAIN: usize = 16;

/// Images of a list whose builds are looked for; a list has one for each platform.
const MAX_CHILDREN: usize = 100;

/// Gives every command its verdict.
pub fn follow(builds: &mut [Built]) {
    let chain = Chain::new(builds);
    let mut consumed = vec![false; builds.len()];
    let verdicts: Vec<Verdict> = (0..builds.len())
        .map(|i| chain.verdict(i, &mut consumed))
        .collect();
    for ((build, mut verdict), consumed) in builds.iter_mut().zip(verdicts).zip(consumed) {
        let command = &build.command;
        verdict.report &= !(consumed && matches!(command.action, Action::Build | Action::Commit))
            || command.options.pushes;
        build.verdict = verdict;
    }
}

/// Commands of one file with their verdicts, as far as that file tells.
pub fn followed(commands: Vec<Command>) -> Vec<Built> {
    let built = |command: Command| {
        let format = command.format.clone();
        Built::new(command, format, None)
    };
    let mut builds: Vec<Built> = commands.into_iter().map(built).collect();
    follow(&mut builds);
    builds
}

/// Whether a file belongs to a dependency whose sources are kept here: its build scripts are another project's.
pub fn is_vendored(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(folder, _)| {
        folder.split('/').any(|part| {
            matches!(
                part,
                "vendor" | "node_modules" | "third_party" | "thirdparty"
            )
        })
    })
}

/// Reports nothing of these files that depends on how they are run: nobody here runs them.
pub fn hush(builds: &mut [Built], files: &HashSet<FileId>) {
    for build in builds
        .iter_mut()
        .filter(|build| files.contains(&build.command.place.file))
    {
        build.verdict.report &= build.verdict.confidence != Confidence::Depends;
    }
}

struct Chain<'b> {
    builds: &'b [Built],
    /// Commands that give a name to an image, in order.
    makers: HashMap<(FileId, &'b str), Vec<usize>>,
    /// The same in all files, for names that are known.
    anywhere: HashMap<&'b str, Vec<usize>>,
    /// Names of a file that it runs or builds upon.
    used: HashSet<(FileId, &'b str)>,
    /// Commands that add to a list, by the list's name.
    added: HashMap<(FileId, &'b str), Vec<usize>>,
}

/// A format and how sure it is.
#[derive(Clone, Debug)]
struct Made {
    format: Option<Format>,
    confidence: Confidence,
    because: Reason,
    by: Option<usize>,
    /// Images of registries that it is a copy of.
    sources: Vec<Box<str>>,
}

const UNKNOWN: Made = Made {
    format: None,
    confidence: Confidence::Depends,
    because: Reason::Nothing,
    by: None,
    sources: Vec::new(),
};

fn made(format: Format, confidence: Confidence, because: Reason) -> Made {
    Made {
        format: Some(format),
        confidence,
        because,
        by: None,
        sources: Vec::new(),
    }
}

impl<'b> Chain<'b> {
    fn new(builds: &'b [Built]) -> Self {
        let mut makers: HashMap<(FileId, &str), Vec<usize>> = HashMap::new();
        let mut anywhere: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, build) in builds.iter().enumerate() {
            let makes = matches!(
                build.command.action,
                Action::Build | Action::Commit | Action::Tag | Action::Pull | Action::ListCreate
            );
            for name in build.command.outputs.iter().filter(|_| makes) {
                makers
                    .entry((build.command.place.file, &*name.text))
                    .or_default()
                    .push(i);
                let builds = matches!(build.command.action, Action::Build | Action::Commit);
                if name.known && builds {
                    anywhere.entry(&name.text).or_default().push(i);
                }
            }
        }
        let used = builds
            .iter()
            .filter(|build| build.command.action == Action::Use)
            .flat_map(|build| &build.command.inputs)
            .map(|name| (name.place.file, &*name.text))
            .collect();
        let mut added: HashMap<(FileId, &str), Vec<usize>> = HashMap::new();
        for (i, build) in builds
            .iter()
            .enumerate()
            .filter(|(_, build)| build.command.action == Action::ListAdd)
        {
            if let Some(list) = build.command.outputs.first() {
                added
                    .entry((build.command.place.file, &*list.text))
                    .or_default()
                    .push(i);
            }
        }
        Chain {
            builds,
            makers,
            anywhere,
            used,
            added,
        }
    }

    /// The command that made a name: the nearest above in the same job, else in another job of the file.
    fn maker(&self, user: usize, name: &ImageName) -> Option<usize> {
        let at = &self.builds[user];
        let all = self.makers.get(&(at.command.place.file, &*name.text))?;
        let above = &all[..all.partition_point(|i| *i < user)];
        let same = above
            .iter()
            .rev()
            .take(64)
            .find(|i| self.builds[**i].command.job == at.command.job);
        same.or_else(|| above.last())
            .or_else(|| all.iter().find(|i| **i != user))
            .copied()
    }

    /// What an image of this name is, when a command of the file made it.
    fn source(&self, user: usize, name: &ImageName, depth: usize, consumed: &mut [bool]) -> Made {
        if depth >= MAX_CHAIN {
            return UNKNOWN;
        }
        let Some(maker) = self.maker(user, name) else {
            return self.made_elsewhere(name, consumed);
        };
        let build = &self.builds[maker];
        match build.command.action {
            Action::Tag => match build.command.inputs.first() {
                Some(name) => self.source(maker, name, depth + 1, consumed),
                None => UNKNOWN,
            },
            // It fails, which is said there: no image of this name comes to be.
            Action::Build | Action::Commit if !build.command.mistakes.is_empty() => {
                consumed[maker] = true;
                UNKNOWN
            }
            Action::Build | Action::Commit => {
                consumed[maker] = true;
                Made {
                    by: Some(maker),
                    ..self.built(build)
                }
            }
            Action::Pull => pulled(name),
            _ => UNKNOWN,
        }
    }

    /// What an image of this name is, when other files make it.
    fn made_elsewhere(&self, name: &ImageName, consumed: &mut [bool]) -> Made {
        let unknown = made(
            Format::OciManifest,
            Confidence::Depends,
            Reason::SourceUnknown,
        );
        let Some(all) = self.anywhere.get(&*name.text).filter(|_| name.known) else {
            return unknown;
        };
        let mut found: Vec<Made> = Vec::new();
        for maker in all.iter().take(MAX_CHILDREN) {
            consumed[*maker] = true;
            let made = self.built(&self.builds[*maker]);
            found.push(Made {
                by: Some(*maker),
                ..made
            });
        }
        match found.split_first() {
            Some((first, others)) if others.iter().all(|other| other.format == first.format) => {
                first.clone()
            }
            _ => made(
                Format::OciManifest,
                Confidence::Depends,
                Reason::BuiltInSeveral,
            ),
        }
    }

    /// The image that a build or a commit leaves in the store.
    fn built(&self, build: &Built) -> Made {
        match build.command.tool {
            Tool::Buildah | Tool::Podman => {
                let found = match &build.format {
                    FormatSetting::Unset => {
                        made(Format::OciManifest, Confidence::Default, Reason::BuildsOci)
                    }
                    FormatSetting::Flag { value, .. }
                    | FormatSetting::Environment { value, .. }
                    | FormatSetting::Default { value, .. } => match &**value {
                        "docker" => made(
                            Format::DockerSchema2,
                            sure(&build.format),
                            Reason::AsksDocker,
                        ),
                        "oci" => made(
                            Format::OciManifest,
                            sure(&build.format),
                            asked_oci(&build.format),
                        ),
                        _ => UNKNOWN,
                    },
                    FormatSetting::Open { .. } => {
                        made(Format::OciManifest, Confidence::Depends, Reason::FormatOpen)
                    }
                    FormatSetting::Hidden => made(
                        Format::OciManifest,
                        Confidence::Depends,
                        Reason::FormatHidden,
                    ),
                };
                if build.command.assumed {
                    Made {
                        confidence: Confidence::Depends,
                        ..found
                    }
                } else {
                    found
                }
            }
            Tool::Docker | Tool::Buildctl => buildkit(&build.command),
            Tool::Crane if build.command.options.oci_mediatypes == Some(true) => made(
                if build.command.options.list {
                    Format::OciIndex
                } else {
                    Format::OciManifest
                },
                Confidence::Default,
                Reason::EmptyOciBase,
            ),
            Tool::Kaniko if build.command.options.zstd => made(
                Format::OciManifest,
                Confidence::Depends,
                Reason::ZstdOnOciBase,
            ),
            // kaniko keeps the format of its base, which is judged where it stands.
            _ => UNKNOWN,
        }
    }

    fn verdict(&self, i: usize, consumed: &mut [bool]) -> Verdict {
        let build = &self.builds[i];
        let found = match build.command.action {
            Action::Build | Action::Commit => {
                let found = self.built(build);
                if build.command.options.list && found.format == Some(Format::OciManifest) {
                    Made {
                        format: Some(Format::OciIndex),
                        ..found
                    }
                } else {
                    found
                }
            }
            Action::Push => self.push(i, consumed),
            Action::ListPush => self.list_push(i, consumed),
            Action::Copy | Action::Sync => self.copy(i, consumed),
            _ => UNKNOWN,
        };
        let decided = found.by.map(|by| &self.builds[by]).map(|by| Decision {
            tool: by.command.tool,
            place: by.command.place,
            label: by.command.label.clone(),
            format: by.format.clone(),
            slots: by.command.slots.clone(),
        });
        let used = build.command.outputs.iter().any(|name| {
            let key = (name.place.file, &*name.text);
            self.used.contains(&key) && !build.command.options.pushes
        });
        let makes = matches!(build.command.action, Action::Build | Action::Commit);
        let report = leaves(build) && found.because != Reason::Nothing && !(makes && used);
        Verdict {
            format: found.format,
            confidence: found.confidence,
            because: found.because,
            sources: found.sources,
            decided,
            report,
        }
    }

    fn push(&self, i: usize, consumed: &mut [bool]) -> Made {
        let build = &self.builds[i];
        // In a loop or a function: one command, with an image for each time.
        let names = build.command.inputs.iter().take(MAX_CHILDREN);
        let source = names
            .map(|name| self.source(i, name, 0, consumed))
            .reduce(worse)
            .unwrap_or(UNKNOWN);
        if build.command.tool == Tool::Docker {
            return match source.by {
                Some(by) if self.builds[by].command.tool == Tool::Docker => source,
                Some(_) => UNKNOWN,
                // docker's older store converts what it pulled.
                None if source.because == Reason::Nothing => UNKNOWN,
                None => Made {
                    format: Some(Format::OciIndex),
                    because: Reason::DockerVersion,
                    ..source
                },
            };
        }
        if let Some(value) = build.format.value() {
            return match value {
                "docker" | "v2s2" => made(
                    Format::DockerSchema2,
                    sure(&build.format),
                    Reason::AsksDocker,
                ),
                "oci" => made(
                    Format::OciManifest,
                    sure(&build.format),
                    asked_oci(&build.format),
                ),
                "v2s1" => made(
                    Format::DockerSchema1Signed,
                    Confidence::Certain,
                    Reason::AsksSchema1,
                ),
                _ => UNKNOWN,
            };
        }
        if build.command.options.zstd {
            // Layers that the registry has already are not compressed again, and the image then keeps its format.
            return made(Format::OciManifest, Confidence::Default, Reason::Zstd);
        }
        match build.format {
            FormatSetting::Open { .. } | FormatSetting::Hidden => Made {
                confidence: Confidence::Depends,
                ..source
            },
            _ => source,
        }
    }

    fn list_push(&self, i: usize, consumed: &mut [bool]) -> Made {
        let build = &self.builds[i];
        let Some(maker) = build
            .command
            .inputs
            .first()
            .and_then(|name| self.maker(i, name))
        else {
            return self.list(build, None);
        };
        let list = &self.builds[maker];
        if matches!(list.command.action, Action::Build | Action::Commit) {
            consumed[maker] = true;
            return self.list(build, Some(true));
        }
        let mut names: Vec<(usize, &ImageName)> =
            list.command.inputs.iter().map(|n| (maker, n)).collect();
        let list_name = build.command.inputs.first().map(|n| &*n.text);
        let added = list_name
            .and_then(|name| self.added.get(&(build.command.place.file, name)))
            .map_or(&[][..], Vec::as_slice);
        let from = added.partition_point(|at| *at < maker);
        for at in added[from..]
            .iter()
            .copied()
            .take_while(|at| *at < i)
            .take(MAX_CHILDREN)
        {
            names.extend(self.builds[at].command.inputs.iter().map(|n| (at, n)));
        }
        names.truncate(MAX_CHILDREN);
        let known =
            |made: &Made| !matches!(made.because, Reason::SourceUnknown | Reason::PulledAsIs);
        let children: Vec<Option<Format>> = names
            .into_iter()
            .map(|(at, name)| self.source(at, name, 0, consumed))
            .filter(known)
            .map(|made| made.format)
            .collect();
        self.list(
            build,
            children
                .contains(&Some(Format::OciManifest))
                .then_some(true),
        )
    }

    /// A pushed list; `oci`: an OCI child, or a list that `build --manifest` made, which every version pushes as OCI.
    fn list(&self, build: &Built, oci: Option<bool>) -> Made {
        match build.format.value() {
            Some("docker" | "v2s2") => {
                made(Format::DockerList, sure(&build.format), Reason::AsksDocker)
            }
            Some("oci") => made(
                Format::OciIndex,
                sure(&build.format),
                asked_oci(&build.format),
            ),
            Some(_) => UNKNOWN,
            None if build.command.tool == Tool::Docker => {
                made(Format::OciIndex, Confidence::Depends, Reason::ListOfSources)
            }
            None if oci == Some(true) && build.format == FormatSetting::Unset => {
                made(Format::OciIndex, Confidence::Default, Reason::ListIsIndex)
            }
            None => made(
                Format::OciIndex,
                Confidence::Depends,
                Reason::ListIsIndexInNewer,
            ),
        }
    }

    fn copy(&self, i: usize, consumed: &mut [bool]) -> Made {
        let build = &self.builds[i];
        if build.command.tool == Tool::Docker {
            let inputs = build.command.inputs.iter();
            return Made {
                sources: inputs.filter_map(in_registry).collect(),
                ..made(Format::OciIndex, Confidence::Depends, Reason::ListOfSources)
            };
        }
        let kept = build.command.options.preserve_digests;
        match build.format.value() {
            Some("v2s2") if !kept => {
                return made(
                    Format::DockerSchema2,
                    Confidence::Certain,
                    Reason::AsksDocker,
                );
            }
            Some("oci") if !kept => {
                return made(Format::OciManifest, Confidence::Certain, Reason::AsksOci);
            }
            Some(_) if !kept => return UNKNOWN,
            _ => {}
        }
        let sources = build.command.inputs.iter().take(MAX_CHILDREN);
        sources
            .map(|source| self.copied(i, source, consumed))
            .reduce(worse)
            .unwrap_or(UNKNOWN)
    }

    /// What a copy makes of one source, where no format is asked for or digests are kept.
    fn copied(&self, i: usize, source: &ImageName, consumed: &mut [bool]) -> Made {
        let build = &self.builds[i];
        let kept = build.command.options.preserve_digests;
        let certain = if matches!(
            build.format,
            FormatSetting::Unset | FormatSetting::Flag { .. }
        ) {
            Confidence::Certain
        } else {
            Confidence::Depends
        };
        if kept && build.format.value() == Some("v2s2") {
            let because = Reason::DigestsPreserved;
            let format = match source.transport {
                Transport::OciFile | Transport::Registry => Some(Format::OciManifest),
                _ => None,
            };
            if format.is_some() {
                let confidence = if source.transport == Transport::OciFile {
                    certain
                } else {
                    Confidence::Depends
                };
                return Made {
                    format,
                    confidence,
                    because,
                    by: None,
                    sources: in_registry(source).into_iter().collect(),
                };
            }
        }
        match source.transport {
            // Where nothing asks for OCI format skopeo converts what the registry answers 400 to (measured with 1.9).
            Transport::OciFile => {
                let confidence = if kept {
                    certain
                } else {
                    certain.min(Confidence::Default)
                };
                made(Format::OciManifest, confidence, Reason::OciFile)
            }
            Transport::DockerArchive | Transport::DockerDaemon => {
                made(Format::DockerSchema2, certain, Reason::DockerStore)
            }
            Transport::Storage => self.source(i, source, 0, consumed),
            Transport::Registry => Made {
                because: Reason::CopiedAsIs,
                format: Some(Format::OciManifest),
                sources: in_registry(source).into_iter().collect(),
                ..UNKNOWN
            },
            Transport::Folder | Transport::Other => UNKNOWN,
        }
    }
}

/// Of what two turns of a command make, what the cluster is less likely to pull; the sources of both.
fn worse(a: Made, b: Made) -> Made {
    let rank = |made: &Made| match (made.format, made.confidence) {
        (Some(Format::DockerSchema2 | Format::DockerList), _) => 0,
        (None, _) => 1,
        (_, Confidence::Depends) => 2,
        (_, Confidence::Default) => 3,
        (_, Confidence::Certain) => 4,
    };
    let (mut first, second) = if rank(&b) > rank(&a) { (b, a) } else { (a, b) };
    first.sources.extend(second.sources);
    first
}

/// A flag is certain; a parameter's default may be replaced by a run.
fn sure(setting: &FormatSetting) -> Confidence {
    if matches!(setting, FormatSetting::Default { .. }) {
        Confidence::Default
    } else {
        Confidence::Certain
    }
}

fn asked_oci(setting: &FormatSetting) -> Reason {
    match setting {
        FormatSetting::Environment { .. } => Reason::EnvironmentAsksOci,
        FormatSetting::Default { .. } => Reason::DefaultAsksOci,
        _ => Reason::AsksOci,
    }
}

/// What BuildKit makes. Sources: BuildKit's image exporter (`oci-mediatypes`, `compression`, attestations force an
/// index), buildx `build/opt.go` (default attestations). Measured with docker 20.10 and 26.1, with both stores of the
/// latter: the older store ignores `oci-mediatypes=true` and `compression=zstd`, and refuses attestations.
fn buildkit(command: &Command) -> Made {
    let options = &command.options;
    let asked = match command.tool {
        Tool::Buildctl => Confidence::Certain,
        _ => Confidence::Depends,
    };
    let image = if options.list {
        Format::OciIndex
    } else {
        Format::OciManifest
    };
    match (options.attestations, options.oci_mediatypes) {
        (Attestations::Asked, _) => made(Format::OciIndex, Confidence::Certain, Reason::Attested),
        (_, Some(true)) => made(image, asked, Reason::OciTypes),
        _ if options.zstd => made(image, Confidence::Depends, Reason::Zstd),
        (Attestations::Off, Some(false)) => made(
            Format::DockerSchema2,
            Confidence::Certain,
            Reason::DockerTypes,
        ),
        (Attestations::Default, _) if options.pushes => made(
            Format::OciIndex,
            Confidence::Depends,
            Reason::DefaultAttestations,
        ),
        _ => made(Format::OciIndex, Confidence::Depends, Reason::DockerVersion),
    }
}

/// An image that was pulled: it has the format that the registry stores.
fn pulled(name: &ImageName) -> Made {
    Made {
        sources: in_registry(name).into_iter().collect(),
        ..made(Format::OciManifest, Confidence::Depends, Reason::PulledAsIs)
    }
}

/// A name that a registry can be asked about.
fn in_registry(name: &ImageName) -> Option<Box<str>> {
    let local = matches!(name.transport, Transport::Registry | Transport::Storage) && !name.local;
    (local && name.known).then(|| name.text.clone())
}

/// Whether what the command makes can reach a registry.
fn leaves(build: &Built) -> bool {
    let outputs = &build.command.outputs;
    match build.command.action {
        Action::Push | Action::ListPush | Action::Copy | Action::Sync => outputs
            .iter()
            .any(|n| n.transport == Transport::Registry && !n.local),
        Action::Build | Action::Commit if build.command.options.pushes => {
            outputs.iter().any(|name| !name.local)
        }
        // A name without a registry is one of this machine.
        Action::Build | Action::Commit => outputs.iter().any(ImageName::names_a_registry),
        _ => false,
    }
}
