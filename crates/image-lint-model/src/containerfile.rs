//! What a Dockerfile or Containerfile says besides the images it names: what an OCI image cannot hold, and what a
//! build command may change.

use crate::mention::Scope;
use crate::value::Value;
use image_lint_text::source::Place;

/// One Dockerfile or Containerfile, a file of its own or embedded in another.
#[derive(Clone, Debug)]
pub struct Containerfile {
    /// From its first to its last byte.
    pub place: Place,
    /// It stands in another file (a BuildConfig, a Compose file, a heredoc of a script).
    pub embedded: bool,
    /// What `FROM` sees: the arguments above the first stage.
    pub arguments: Scope,
    pub stages: Vec<Stage>,
    /// Instructions that only the docker format keeps, in order.
    pub docker_only: Vec<DockerOnly>,
    /// Indices of the file's mentions that `--build-context NAME=…` may replace.
    pub replaceable: Vec<u32>,
    /// Images asked for with `--platform`: index of the mention and the platform as written.
    pub platforms: Vec<(u32, Value)>,
}

#[derive(Clone, Debug)]
pub struct Stage {
    /// After `AS`, in lower case; None without one, or when a variable in it has no value.
    pub name: Option<Box<str>>,
    /// The `FROM` instruction.
    pub place: Place,
    /// Index of the mention of its base; None for `scratch`, an earlier stage, or an unreadable `FROM`.
    pub base: Option<u32>,
    /// Number of the stage above that it is based on, from 0.
    pub parent: Option<u32>,
}

impl Containerfile {
    /// Instructions that the image would keep in docker format and loses in OCI format. `target`: the stage that
    /// becomes the image, else the last one. Nothing when no stage is called that.
    pub fn lost_in_oci(&self, target: Option<&str>) -> Vec<DockerOnly> {
        let last = self.stages.len().checked_sub(1);
        let stage = match target {
            None => last,
            Some(name) => self
                .stages
                .iter()
                .position(|s| {
                    s.name
                        .as_deref()
                        .is_some_and(|n| n.eq_ignore_ascii_case(name))
                })
                .or_else(|| name.parse().ok().filter(|n| *n < self.stages.len())),
        };
        let mut reached = vec![false; self.stages.len()];
        let mut next = stage;
        // Parents stand above their children: this ends.
        while let Some(at) = next {
            reached[at] = true;
            next = self.stages[at]
                .parent
                .map(|p| p as usize)
                .filter(|p| *p < at);
        }
        let stays = |d: &&DockerOnly| reached.get(d.stage as usize) == Some(&true);
        self.docker_only.iter().filter(stays).copied().collect()
    }
}

/// An instruction whose effect is stored in docker's configuration of an image and has no place in OCI's
/// (image-spec, config.md; buildah drops them with a warning when it writes OCI).
#[derive(Clone, Copy, Debug)]
pub struct DockerOnly {
    pub instruction: DockerOnlyInstruction,
    /// The whole instruction.
    pub place: Place,
    /// Number of the stage it stands in, from 0. Only the last stage and those it is based on reach the image.
    pub stage: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DockerOnlyInstruction {
    Healthcheck,
    Onbuild,
    Shell,
}

impl DockerOnlyInstruction {
    /// The keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            DockerOnlyInstruction::Healthcheck => "HEALTHCHECK",
            DockerOnlyInstruction::Onbuild => "ONBUILD",
            DockerOnlyInstruction::Shell => "SHELL",
        }
    }
}
