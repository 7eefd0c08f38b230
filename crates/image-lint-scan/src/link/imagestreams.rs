//! ImageStreams: which stream a name means, which image stands behind it, what triggers put in place of a container's
//! image.
//!
//! A stream that the repository defines leads to the image it imports: that mention is asked and told who uses it. A
//! container that a trigger overwrites, or whose short name a stream answers, is not asked itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::classify;
use super::objects::{Assembly, ClusterObject, Name, ObjectFacts, StreamTag};
use image_lint_model::fact::{Fact, Maker};
use image_lint_model::mention::{Role, StreamKind, StreamName, Text};
use image_lint_text::source::Place;

/// How many streams that follow each other are gone through.
const MAX_ALIASES: usize = 16;

/// How many users of a stream are named at its image.
const MAX_USERS: usize = 8;

/// How near a stream stands to who names it: repositories hold the same stream many times, one per folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Within<'a> {
    File(usize),
    Folder(&'a str),
    Repository,
}

/// A namespace as a stream is looked up by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Namespace {
    Given(Name),
    /// The stream gives none: it is made where the user says.
    Unsaid,
    Any,
}

/// The streams of the repository by place, namespace and name.
struct Streams<'a> {
    by_name: HashMap<(Within<'a>, Namespace, &'a Name), usize>,
    /// Tags of each stream by name.
    tags: HashMap<usize, HashMap<&'a Name, &'a StreamTag>>,
    /// Where a BuildConfig writes to a stream's tag.
    built: HashMap<(Within<'a>, Name, String), Place>,
}

impl<'a> Streams<'a> {
    fn new(objects: &'a [ClusterObject], folders: &'a [super::objects::FileEntry]) -> Self {
        let mut streams = Streams {
            by_name: HashMap::new(),
            tags: HashMap::new(),
            built: HashMap::new(),
        };
        for (i, object) in objects.iter().enumerate() {
            match &object.facts {
                ObjectFacts::ImageStream { tags, .. } => {
                    let own = object
                        .namespace
                        .clone()
                        .map_or(Namespace::Unsaid, Namespace::Given);
                    for within in levels(object.file, &folders[object.file].folder) {
                        for namespace in [own.clone(), Namespace::Any] {
                            streams
                                .by_name
                                .entry((within, namespace, &object.name))
                                .or_insert(i);
                        }
                    }
                    let own_tags = streams.tags.entry(i).or_default();
                    for tag in tags {
                        own_tags.entry(&tag.name).or_insert(tag);
                    }
                }
                ObjectFacts::BuildConfig {
                    output: Some(output),
                } => {
                    let (name, tag) = output
                        .text
                        .split_once(':')
                        .unwrap_or((&output.text, "latest"));
                    let name = output.part(name);
                    for within in levels(object.file, &folders[object.file].folder) {
                        let key = (within, name.clone(), tag.to_owned());
                        streams.built.entry(key).or_insert(object.place);
                    }
                }
                _ => {}
            }
        }
        streams
    }

    /// The nearest stream of that name; a namespace that was given must be the stream's, if the stream says one.
    fn find(
        &self,
        name: &Name,
        namespace: Option<&Name>,
        file: usize,
        folder: &str,
    ) -> Option<usize> {
        let namespaces = match namespace {
            Some(given) => [Namespace::Given(given.clone()), Namespace::Unsaid],
            None => [Namespace::Unsaid, Namespace::Any],
        };
        levels(file, folder).into_iter().find_map(|within| {
            namespaces
                .iter()
                .find_map(|n| self.by_name.get(&(within, n.clone(), name)).copied())
        })
    }

    /// The nearest BuildConfig that writes to a stream's tag.
    fn built(&self, name: &Name, tag: &str, file: usize, folder: &str) -> Option<Place> {
        let levels = levels(file, folder);
        levels.into_iter().find_map(|within| {
            self.built
                .get(&(within, name.clone(), tag.to_owned()))
                .copied()
        })
    }

    /// Where a stream's tag is defined, and the mention of the image that stands behind it.
    fn follow(
        &self,
        objects: &[ClusterObject],
        folder_of: &dyn Fn(usize) -> &'a str,
        stream: usize,
        tag: &Name,
    ) -> (Place, Option<usize>) {
        let mut at = (stream, tag.clone());
        let mut defined = None;
        let mut seen = HashSet::new();
        while seen.len() < MAX_ALIASES && seen.insert(at.clone()) {
            let Some(found) = self.tags.get(&at.0).and_then(|tags| tags.get(&at.1)) else {
                break;
            };
            defined.get_or_insert(found.place);
            if found.image.is_some() {
                return (defined.unwrap_or(found.place), found.image);
            }
            let Some((to, namespace)) = &found.alias else {
                break;
            };
            let object = &objects[at.0];
            match to.text.split_once(':') {
                Some((name, tag)) => {
                    let namespace = namespace.as_ref().or(object.namespace.as_ref());
                    match self.find(
                        &to.part(name),
                        namespace,
                        object.file,
                        folder_of(object.file),
                    ) {
                        Some(next) => at = (next, to.part(tag)),
                        None => break,
                    }
                }
                // Only a tag: another one of the same stream.
                None => at.1 = to.clone(),
            }
        }
        (defined.unwrap_or(objects[stream].place), None)
    }
}

fn levels(file: usize, folder: &str) -> [Within<'_>; 3] {
    [
        Within::File(file),
        Within::Folder(folder),
        Within::Repository,
    ]
}

/// What is found for one mention, before anything is changed.
struct Use {
    mention: usize,
    name: StreamName,
    /// The trigger that overwrites the container.
    trigger: Option<Place>,
    defined: Option<Place>,
    image: Option<usize>,
    built: Option<Place>,
    /// It stays what it is (a cluster-internal name): only the stream is told.
    keeps_text: bool,
}

/// Gives stream names their streams, and streams' images their users.
pub(super) fn link(assembly: &mut Assembly) {
    let uses = uses(assembly);
    let mut users: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
    for found in uses {
        let entry = &mut assembly.mentions[found.mention];
        if let Some(place) = found.trigger {
            entry.linked.role = Role::Stream;
            entry.add(Fact::TriggeredBy { place });
        }
        if let Some(place) = found.built {
            entry.add(Fact::BuiltHere {
                place,
                by: Maker::BuildConfig,
            });
        }
        if !found.keeps_text {
            if found.trigger.is_none() && entry.linked.role == Role::Run {
                entry.linked.role = Role::Stream;
            }
            entry.linked.text = Text::Stream {
                name: found.name,
                defined: found.defined,
            };
        } else if let Some(place) = found.defined {
            entry.add(Fact::StreamOf { place });
        }
        if let Some(image) = found.image.filter(|image| *image != found.mention) {
            users
                .entry(image)
                .or_default()
                .push(entry.linked.mention.place);
        }
    }
    for (image, mut places) in users {
        places.sort_unstable();
        places.dedup();
        let more = places.len().saturating_sub(MAX_USERS);
        let entry = &mut assembly.mentions[image];
        for (i, place) in places.into_iter().take(MAX_USERS).enumerate() {
            let more = if i + 1 == MAX_USERS { more } else { 0 };
            entry.add(Fact::UsedBy { place, more });
        }
    }
}

fn uses(assembly: &Assembly) -> Vec<Use> {
    let streams = Streams::new(&assembly.objects, &assembly.files);
    if streams.by_name.is_empty()
        && streams.built.is_empty()
        && !assembly.objects.iter().any(has_triggers)
    {
        return Vec::new();
    }
    let folder_of = |file: usize| &*assembly.files[file].folder;
    let mut found = Vec::new();
    for (i, entry) in assembly.mentions.iter().enumerate() {
        let object = entry.object.map(|o| &assembly.objects[o]);
        let own_namespace = object.and_then(|o| o.namespace.as_ref());
        let mut use_of = |wanted: Name,
                          name: StreamName,
                          namespace: Option<&Name>,
                          trigger,
                          keeps_text| {
            let tag = name.tag.clone().unwrap_or_else(|| "latest".to_owned());
            let stream = streams.find(&wanted, namespace, entry.file, folder_of(entry.file));
            let (defined, image) = match stream {
                Some(stream) => {
                    let (place, image) =
                        streams.follow(&assembly.objects, &folder_of, stream, &Name::known(&tag));
                    (Some(place), image)
                }
                None => (None, None),
            };
            let folder = folder_of(entry.file);
            let built = if image.is_none() {
                streams.built(&wanted, &tag, entry.file, folder)
            } else {
                None
            };
            found.push(Use {
                mention: i,
                name,
                trigger,
                defined,
                image,
                built,
                keeps_text,
            });
        };
        if let Some((trigger, name)) =
            object.and_then(|o| trigger_of(o, entry.linked.mention.container.as_deref()))
            && entry.linked.role == Role::Run
        {
            let namespace = trigger.namespace.as_ref().or(own_namespace);
            use_of(
                trigger.from.part(&name.name),
                name,
                namespace,
                Some(trigger.place),
                false,
            );
            continue;
        }
        match &entry.linked.text {
            Text::Stream { name, .. } => {
                let mut name = name.clone();
                if name.tag.is_none()
                    && let Some(ClusterObject {
                        facts: ObjectFacts::ImageStream { .. },
                        name: own,
                        ..
                    }) = object
                {
                    // A stream's tag that follows another one of the same stream names only that.
                    name.tag = Some(std::mem::replace(&mut name.name, own.text.to_string()));
                }
                let given = name.namespace.as_deref().map(Name::known);
                use_of(
                    Name::known(&name.name),
                    name,
                    given.as_ref().or(own_namespace),
                    None,
                    false,
                );
            }
            Text::Internal { text } => {
                // `host/namespace/name:tag` of the cluster's registry is the stream `namespace/name`.
                if let Some((namespace, name)) = text
                    .split_once('/')
                    .and_then(|(_, path)| path.split_once('/'))
                    && entry.linked.role != Role::Push
                {
                    let name =
                        classify::stream_name(name, StreamKind::ImageStreamTag, Some(namespace));
                    use_of(
                        Name::known(&name.name),
                        name,
                        Some(&Name::known(namespace)),
                        None,
                        true,
                    );
                }
            }
            Text::Known(reference)
                if reference.short
                    && entry.linked.role == Role::Run
                    && !entry.raw.contains(['/', '@']) =>
            {
                let name = classify::stream_name(&entry.raw, StreamKind::ImageStreamTag, None);
                let wanted = Name::known(&name.name);
                let stream =
                    streams.find(&wanted, own_namespace, entry.file, folder_of(entry.file));
                let answers = stream.is_some_and(|stream| {
                    let tag = Name::known(name.tag.as_deref().unwrap_or("latest"));
                    let object = &assembly.objects[stream];
                    let ObjectFacts::ImageStream {
                        tags,
                        lookup_local: true,
                    } = &object.facts
                    else {
                        return false;
                    };
                    object.namespace.as_ref() == own_namespace
                        && (tags.is_empty()
                            || tags.iter().any(|t| t.name == tag)
                            || streams
                                .built(&wanted, &tag.text, entry.file, folder_of(entry.file))
                                .is_some())
                });
                if answers {
                    use_of(Name::known(&name.name), name, own_namespace, None, false);
                }
            }
            _ => {}
        }
    }
    found
}

fn has_triggers(object: &ClusterObject) -> bool {
    matches!(&object.facts, ObjectFacts::Workload { triggers, .. } if !triggers.is_empty())
}

/// The trigger that overwrites a container of a workload, with the name it takes.
fn trigger_of<'o>(
    object: &'o ClusterObject,
    container: Option<&str>,
) -> Option<(&'o super::objects::Trigger, StreamName)> {
    let ObjectFacts::Workload { triggers, .. } = &object.facts else {
        return None;
    };
    let trigger = triggers.iter().find(|t| {
        t.containers.is_empty()
            || container.is_some_and(|name| t.containers.iter().any(|own| &**own == name))
    })?;
    let namespace = trigger.namespace.as_ref().map(|n| &*n.text);
    Some((
        trigger,
        classify::stream_name(&trigger.from.text, StreamKind::ImageStreamTag, namespace),
    ))
}
