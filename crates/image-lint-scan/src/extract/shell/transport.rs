//! `docker://`, `oci:`, `docker-daemon:` and the other prefixes of containers/image (containers-transports(5)).

use crate::extract::shell::field::Field;
use image_lint_model::build::Transport;

/// Prefix, meaning. Only these split at their colon: `host:5000/x` has no transport.
const TRANSPORTS: [(&str, Transport); 11] = [
    ("docker://", Transport::Registry),
    ("docker-image://", Transport::Registry),
    ("container-image://", Transport::Registry),
    ("containers-storage:", Transport::Storage),
    ("oci-archive:", Transport::OciFile),
    ("oci:", Transport::OciFile),
    ("docker-archive:", Transport::DockerArchive),
    ("docker-daemon:", Transport::DockerDaemon),
    ("dir:", Transport::Folder),
    ("ostree:", Transport::Other),
    ("sif:", Transport::Other),
];

/// The transport of a reference and the reference without it; None when it has none.
pub fn split(field: &Field) -> Option<(Transport, Field)> {
    let text = field.known_prefix();
    let (prefix, transport) = TRANSPORTS
        .iter()
        .find(|(prefix, _)| text.starts_with(prefix))?;
    let rest = field.skip(prefix.len());
    if *transport == Transport::Storage {
        // `containers-storage:[driver@root+run]name`
        if let Some((_, name)) = rest
            .known_prefix()
            .starts_with('[')
            .then(|| rest.split_once(']'))
            .flatten()
        {
            return Some((*transport, name));
        }
    }
    Some((*transport, rest))
}
