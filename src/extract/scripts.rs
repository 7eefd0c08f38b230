//! Shell scripts within manifests: `script` of Tekton steps, `source` of Argo's script templates, `command` and `args`
//! of containers.

use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::yaml::Node;

/// Reads the commands of a container, step or script template.
pub fn of_container(reader: &mut Reader<'_, '_>, container: Node<'_>, path: &FieldPath<'_>, within: &Within) {
    let _ = (reader, container, path, within);
}
