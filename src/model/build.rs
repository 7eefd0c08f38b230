//! Commands of the repository that build, commit, copy or push images.

use crate::model::source::Place;

/// One command that makes or moves an image.
#[derive(Clone, Debug)]
pub struct BuildCommand {
    /// From the first to the last word of the command.
    pub place: Place,
}
