//! Which words of a command are flags, values and image names: tables, one file for each family of tools.
//!
//! To teach the tool a flag, add its name to a list; to teach it a subcommand, add a [`Command`]. Lists are names
//! separated by blanks, without dashes. Sources: `--help` of buildah 1.39, podman 5.4, skopeo 1.18, docker 26.1 with
//! buildx 0.13, and upstream's flag definitions for later additions (buildah 1.44, podman 5.8, skopeo 1.22); crane and
//! regctl from `cmd/`; kaniko from `cmd/executor`; kubectl from `k8s.io/kubectl/pkg/cmd`; oc from `pkg/cli`.

mod cluster;
mod containers;
mod docker;
mod others;

use image_lint_model::build::{Action, Tool};

/// One program.
#[derive(Debug)]
pub struct Program {
    pub names: &'static [&'static str],
    pub tool: Tool,
    /// Flags before the subcommand (and behind it, where `globals_anywhere`).
    pub globals: Flags,
    pub globals_anywhere: bool,
    pub commands: &'static [Command],
}

/// Names of flags by the way they take a value.
#[derive(Clone, Copy, Debug)]
pub struct Flags {
    /// Take a value: `--x v`, `--x=v`.
    pub values: &'static str,
    /// `--x`, `--x=false`; never take the next word.
    pub switches: &'static str,
    /// A value only behind `=`.
    pub optional: &'static str,
    /// One-letter flags with a value, with the long name where it matters: `f=file t=tag c`.
    pub short_values: &'static str,
    /// One-letter switches, with the long name where it matters.
    pub short_switches: &'static str,
    /// Every flag that is not listed takes a value (`run`).
    pub others_take_values: bool,
}

pub const NO_FLAGS: Flags = Flags {
    values: "",
    switches: "",
    optional: "",
    short_values: "",
    short_switches: "",
    others_take_values: false,
};

/// One subcommand.
#[derive(Debug)]
pub struct Command {
    /// Its words, aliases after each other: `image build`.
    pub paths: &'static [&'static str],
    pub action: Action,
    pub flags: Flags,
    /// Flags may follow positional arguments.
    pub interspersed: bool,
    /// Meaning of the positional arguments; the last one repeats when `many`.
    pub positionals: &'static [Slot],
    pub many: bool,
    /// Flags whose value names an image.
    pub images: &'static [(&'static str, Slot)],
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A file, a folder, a container, a name of the cluster: no image.
    Other,
    /// The rest is another program's command line.
    Rest,
    /// The rest is a command line of this machine (`unshare`).
    Reparse,
    /// Pulled to be built upon.
    Base,
    /// Pulled, unless an earlier command made it.
    Pull,
    /// Pulled and run by the cluster.
    Run,
    /// Pulled and run where the command runs.
    RunHere,
    /// Read from a registry by a copying tool, which takes every format; the cluster never pulls it.
    Read,
    /// Pushed.
    Push,
    /// A name given to an image, which a later push may use.
    Name,
    /// A name in the local store.
    Local,
    /// The name of a list in the local store.
    List,
    /// `transport:reference` that is read, or written.
    Source,
    Destination,
    /// A repository without a tag that is read, or written.
    ReadRepository,
    PushRepository,
    /// `type=registry,ref=REF` or a bare reference, read or written.
    CacheFrom,
    CacheTo,
    /// `NAME=docker-image://REF`
    BuildContext,
    /// `KEY=VALUE`; an image when the key says so.
    BuildArgument,
    /// `type=image,name=REF,push=true`
    Output,
    /// `*.tags=REF` among other settings (`buildx bake --set`).
    BakeSetting,
    /// `image=REF` among the options of a builder (`buildx create --driver-opt`).
    DriverOption,
    /// `type=image,source=REF` or `from=REF` among comma-separated fields.
    Mount,
    /// `container=REF`
    Assignment,
    /// References separated by commas.
    RunList,
    /// An ImageStreamTag.
    Stream,
    /// `oc new-app`: anything; `BUILDER~SOURCE`.
    Component,
    /// The argument of `oc tag`: a stream unless `--source=docker`.
    TagSource,
    /// `SRC=DST`, or SRC and DST apart (`oc image mirror`).
    Mirror,
}

/// The program with this base name.
pub fn program(name: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|p| p.names.contains(&name)).copied()
}

/// Whether a word occurs that makes a file worth parsing.
pub fn names_a_tool(text: &str) -> bool {
    // First bytes of the words first: most files have none of them.
    WORDS.iter().any(|word| {
        text.match_indices(word).any(|(i, _)| {
            let before = text[..i].bytes().next_back();
            let after = text.as_bytes().get(i + word.len()).copied();
            let part = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
            !part(before) && !part(after)
        })
    })
}

const WORDS: [&str; 18] = [
    "helm",
    "buildah",
    "buildctl",
    "podman",
    "skopeo",
    "docker",
    "crane",
    "regctl",
    "kaniko",
    "executor",
    "oc",
    "kubectl",
    // Variables that hold one of them.
    "CONTAINER_ENGINE",
    "CONTAINER_RUNTIME",
    "CONTAINER_TOOL",
    "DOCKER",
    "ENGINE",
    "BUILDER",
];

static PROGRAMS: [&Program; 9] = [
    &docker::BUILDCTL,
    &containers::BUILDAH,
    &containers::PODMAN,
    &containers::SKOPEO,
    &docker::DOCKER,
    &cluster::KUBECTL,
    &cluster::OC,
    &others::CRANE,
    &others::REGCTL,
];

/// kaniko has no subcommands and is known by its path or its image, not by a name of its own.
pub use others::KANIKO;

impl Program {
    /// The subcommand with these words, longest path first, and how many words it took.
    pub fn command(&self, words: &[&str]) -> Option<(&'static Command, usize)> {
        let mut best: Option<(&'static Command, usize)> = None;
        for command in self.commands {
            for path in command.paths {
                let n = path.split(' ').count();
                if n <= words.len()
                    && path.split(' ').zip(words).all(|(a, b)| a == *b)
                    && best.is_none_or(|(_, len)| n > len)
                {
                    best = Some((command, n));
                }
            }
        }
        best
    }

    /// Whether a word begins the path of some subcommand.
    pub fn starts_command(&self, word: &str) -> bool {
        self.commands
            .iter()
            .any(|c| c.paths.iter().any(|p| p.split(' ').next() == Some(word)))
    }
}

/// How a flag takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    Value,
    Switch,
    Optional,
    Unknown,
}

impl Flags {
    pub fn long(&self, name: &str) -> Arity {
        let has = |list: &str| list.split_ascii_whitespace().any(|n| n == name);
        if has(self.values) {
            Arity::Value
        } else if has(self.optional) {
            Arity::Optional
        } else if has(self.switches) {
            Arity::Switch
        } else if self.others_take_values {
            Arity::Value
        } else {
            Arity::Unknown
        }
    }

    /// The arity of a letter, and its long name when the table gives one.
    pub fn short(&self, letter: char) -> (Arity, Option<&'static str>) {
        let find = |list: &'static str| {
            list.split_ascii_whitespace()
                .find(|entry| entry.starts_with(letter))
                .map(|entry| entry.get(2..))
        };
        if let Some(long) = find(self.short_values) {
            (Arity::Value, long)
        } else if let Some(long) = find(self.short_switches) {
            (Arity::Switch, long)
        } else if self.others_take_values {
            (Arity::Value, None)
        } else {
            (Arity::Unknown, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_found_by_its_own_words() {
        for program in PROGRAMS {
            for command in program.commands {
                for path in command.paths {
                    let words: Vec<&str> = path.split(' ').collect();
                    let (found, n) = program.command(&words).expect(path);
                    assert!(
                        std::ptr::eq(found, command) && n == words.len(),
                        "{path} is in the table twice"
                    );
                }
            }
        }
    }

    #[test]
    fn a_tool_is_a_whole_word() {
        for (text, expected) in [
            ("run buildah bud", true),
            ("/usr/bin/skopeo copy", true),
            ("dockerfile", false),
            ("process", false),
            ("oc new-app x", true),
            ("my_oc x", false),
        ] {
            assert_eq!(names_a_tool(text), expected, "{text}");
        }
    }
}
