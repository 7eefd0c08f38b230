//! The repository while it is linked: all files' mentions and cluster objects in one numbering, their names expanded.

use std::sync::Arc;

use super::parameters::Meanings;
use image_lint_model::evaluate::Evaluated;
use image_lint_model::fact::{AskedPlatforms, Choice, Fact};
use image_lint_model::mention::{Extraction, LinkedMention, Scope};
use image_lint_model::object::{Facts, Mirror, NodeChoice, Nodes, Object};
use image_lint_model::value::Value;
use image_lint_text::source::Place;

/// Everything that is linked, in path order.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pub files: Vec<FileEntry>,
    pub mentions: Vec<Entry>,
    pub objects: Vec<ClusterObject>,
}

#[derive(Debug)]
pub(super) struct FileEntry {
    pub folder: String,
}

/// One mention on its way through the room.
#[derive(Debug)]
pub(super) struct Entry {
    pub linked: LinkedMention,
    /// The string as it would be asked for.
    pub raw: Box<str>,
    /// Index into [`Assembly::files`].
    pub file: usize,
    /// Index into [`Assembly::objects`].
    pub object: Option<usize>,
}

impl Entry {
    pub fn add(&mut self, fact: Fact) {
        // Most mentions have one or none.
        self.linked.facts.reserve_exact(1);
        self.linked.facts.push(fact);
    }
}

/// A cluster object with its names expanded.
#[derive(Debug)]
pub(super) struct ClusterObject {
    pub place: Place,
    pub file: usize,
    pub name: Name,
    pub namespace: Option<Name>,
    pub facts: ObjectFacts,
}

#[derive(Debug)]
pub(super) enum ObjectFacts {
    Workload {
        service_account: Option<Name>,
        pull_secrets: Vec<Name>,
        /// What its nodes are, where that is asked for.
        platforms: Option<Arc<AskedPlatforms>>,
        triggers: Vec<Trigger>,
    },
    ImageStream {
        tags: Vec<StreamTag>,
        lookup_local: bool,
    },
    ServiceAccount {
        pull_secrets: Vec<Name>,
    },
    PullSecret {
        hosts: Vec<Box<str>>,
    },
    BuildConfig {
        output: Option<Name>,
    },
    Mirrors(Vec<Mirror>),
    Other,
}

#[derive(Debug)]
pub(super) struct Trigger {
    pub place: Place,
    pub containers: Vec<Box<str>>,
    pub from: Name,
    pub namespace: Option<Name>,
}

#[derive(Debug)]
pub(super) struct StreamTag {
    pub name: Name,
    pub place: Place,
    /// Index into [`Assembly::mentions`].
    pub image: Option<usize>,
    pub alias: Option<(Name, Option<Name>)>,
}

/// A name of an object. One with unknown variables is equal only to the same text in the same file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name {
    pub text: Box<str>,
    /// The file, when variables are left in the text.
    open_in: Option<u32>,
}

impl Name {
    pub fn known(text: &str) -> Self {
        Name {
            text: text.into(),
            open_in: None,
        }
    }

    fn new(evaluated: Evaluated, file: usize) -> Self {
        // Files are numbered with 32 bits (`FileId`).
        let open_in = (!evaluated.open.is_empty()).then_some(file as u32);
        Name {
            text: evaluated.text.into(),
            open_in,
        }
    }

    /// A name read from a part of this one's text.
    pub fn part(&self, text: &str) -> Name {
        Name {
            text: text.into(),
            open_in: self.open_in,
        }
    }
}

/// Expands the names in a file's objects. An object's own scope is that of its mentions; where it has none, a name that
/// only one definition of the file has counts.
pub(super) fn objects(
    extraction: &Extraction,
    meanings: &Meanings<'_>,
    file: usize,
    first_mention: usize,
) -> Vec<ClusterObject> {
    let mut scopes: Vec<Option<Scope>> = vec![None; extraction.objects.len()];
    for mention in &extraction.mentions {
        if let (Some(object), Some(scope)) = (mention.object, mention.scope)
            && let Some(known) = scopes.get_mut(object as usize)
            && known.is_none_or(|known| known.upto < scope.upto)
        {
            *known = Some(scope);
        }
    }
    extraction
        .objects
        .iter()
        .zip(scopes)
        .map(|(object, scope)| {
            let name = |value: &Value| {
                let evaluated = match scope {
                    Some(_) => meanings.evaluate(value, scope),
                    None => meanings.evaluate_anywhere(value),
                };
                Name::new(evaluated, file)
            };
            cluster_object(object, file, first_mention, &name)
        })
        .collect()
}

/// None where every node will do.
fn platforms(nodes: &Nodes, name: &dyn Fn(&Value) -> Name) -> Option<Arc<AskedPlatforms>> {
    let words = |values: &[Value]| -> Option<Vec<Box<str>>> {
        let names = values.iter().map(name);
        names
            .map(|name| name.open_in.is_none().then_some(name.text))
            .collect()
    };
    let choice = |choice: &NodeChoice| match choice {
        NodeChoice::Any => Choice::Target,
        NodeChoice::OneOf(values) => Choice::OneOf(words(values).unwrap_or_default()),
        NodeChoice::NoneOf(values) => {
            words(values).map_or(Choice::OneOf(Vec::new()), Choice::NoneOf)
        }
    };
    let asked = AskedPlatforms {
        os: choice(&nodes.os),
        architectures: choice(&nodes.architectures),
    };
    (asked != AskedPlatforms::default()).then(|| Arc::new(asked))
}

fn cluster_object(
    object: &Object,
    file: usize,
    first_mention: usize,
    name: &dyn Fn(&Value) -> Name,
) -> ClusterObject {
    let names = |values: &[Value]| -> Vec<Name> { values.iter().map(name).collect() };
    let facts = match &object.facts {
        Facts::Workload(workload) => ObjectFacts::Workload {
            service_account: workload.service_account.as_ref().map(name),
            pull_secrets: names(&workload.pull_secrets),
            platforms: platforms(&workload.nodes, name),
            triggers: workload
                .triggers
                .iter()
                .map(|t| Trigger {
                    place: t.place,
                    containers: t.containers.clone(),
                    from: name(&t.from),
                    namespace: t.namespace.as_ref().map(name),
                })
                .collect(),
        },
        Facts::ImageStream(stream) => ObjectFacts::ImageStream {
            tags: stream
                .tags
                .iter()
                .map(|t| StreamTag {
                    name: name(&t.name),
                    place: t.place,
                    image: t.image.map(|i| first_mention + i as usize),
                    alias: t
                        .alias
                        .as_ref()
                        .map(|(to, namespace)| (name(to), namespace.as_ref().map(name))),
                })
                .collect(),
            lookup_local: stream.lookup_local,
        },
        Facts::ServiceAccount { pull_secrets } => ObjectFacts::ServiceAccount {
            pull_secrets: names(pull_secrets),
        },
        Facts::PullSecret { hosts } => ObjectFacts::PullSecret {
            hosts: hosts.clone(),
        },
        Facts::BuildConfig(build) => ObjectFacts::BuildConfig {
            output: build.output_stream.as_ref().map(name),
        },
        Facts::Mirrors(mirrors) => ObjectFacts::Mirrors(mirrors.clone()),
        Facts::Other => ObjectFacts::Other,
    };
    ClusterObject {
        place: object.place,
        file,
        name: name(&object.name),
        namespace: object.namespace.as_ref().map(name),
        facts,
    }
}
