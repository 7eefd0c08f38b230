//! What an argument in an image's place names, and whether it is to be asked of a registry.

use crate::extract::shell::commands::Recognised;
use crate::extract::shell::field::Field;
use crate::extract::shell::flags::Arguments;
use crate::extract::shell::grammar::Slot;
use crate::extract::shell::walk::{Walker, is_open};
use crate::extract::shell::{builds, transport};
use crate::extract::{Draft, Sink};
use image_lint_model::build::{Action, Tool, Transport};
use image_lint_model::mention::{Expect, NamedIn, Role, StreamKind};
use image_lint_model::value::{Op, Piece, Syntax};

/// Writes down the images of one command.
pub(super) struct Naming<'w, 's, 'r> {
    pub walker: &'w mut Walker<'s>,
    pub label: &'r str,
    pub recognised: &'r Recognised<'r>,
}

impl<'s, 'r> Naming<'_, 's, 'r> {
    pub(super) fn reborrow(&mut self) -> Naming<'_, 's, 'r> {
        Naming {
            walker: self.walker,
            label: self.label,
            recognised: self.recognised,
        }
    }

    /// Whether `oc tag` imports its source: oc takes a name with a registry, or one without a tag, for an image
    /// (openshift/oc, `pkg/cli/tag`).
    fn is_imported(&self, source: &Field) -> bool {
        let arguments = &self.recognised.arguments;
        if arguments.switch("delete") != Some(false) {
            return false;
        }
        let kind = arguments
            .last("source")
            .and_then(|flag| flag.value.as_ref());
        if let Some(kind) = kind.and_then(Field::known) {
            return matches!(&*kind.to_ascii_lowercase(), "docker" | "dockerimage");
        }
        let text = source.value().written();
        match text.split_once('/') {
            Some((first, rest)) => {
                rest.contains('/')
                    || first.contains(['.', ':']) && !first.contains('$')
                    || first == "localhost"
            }
            None => source.known().is_some() && !text.contains(['@', ':']),
        }
    }

    /// A positional argument, where its neighbours matter.
    pub(super) fn positional(
        &mut self,
        index: usize,
        field: &Field,
        slot: Slot,
        sink: &mut Sink<'_>,
    ) {
        let arguments = &self.recognised.arguments;
        match slot {
            // `--rootfs` makes the argument a folder.
            Slot::RunHere if arguments.switch("rootfs") != Some(false) => {}
            Slot::TagSource => {
                let slot = if index == 0 && self.is_imported(field) {
                    Slot::Run
                } else {
                    Slot::Stream
                };
                self.name(field, slot, sink);
            }
            Slot::Mirror => match field.split_once('=') {
                Some((source, destination)) => {
                    self.name(&source, Slot::Read, sink);
                    self.name(&destination, Slot::Push, sink);
                }
                None => self.name(
                    field,
                    if index == 0 { Slot::Read } else { Slot::Push },
                    sink,
                ),
            },
            Slot::Local
                if self.recognised.command.action == image_lint_model::build::Action::Push =>
            {
                // Without a destination the name itself is where it goes.
                let alone = arguments.positionals.len() == 1;
                self.name(field, if alone { Slot::Name } else { Slot::Local }, sink);
            }
            Slot::List
                if arguments.positionals.len() == 1
                    && self.recognised.command.action
                        == image_lint_model::build::Action::ListPush =>
            {
                self.name(field, Slot::Name, sink);
            }
            _ => self.name(field, slot, sink),
        }
    }

    /// `skopeo sync --src docker --dest docker SRC DST`
    pub(super) fn sync(&mut self, sink: &mut Sink<'_>) {
        let arguments = &self.recognised.arguments;
        let kind = |name: &str| {
            arguments
                .last(name)
                .and_then(|f| f.value.as_ref())
                .and_then(Field::known)
        };
        if let [source, destination, ..] = arguments.positionals.as_slice() {
            if kind("src").as_deref() == Some("docker") {
                let tagged = source
                    .known()
                    .is_some_and(|t| t.rsplit('/').next().is_some_and(|n| n.contains([':', '@'])));
                self.name(
                    source,
                    if tagged {
                        Slot::Read
                    } else {
                        Slot::ReadRepository
                    },
                    sink,
                );
            }
            if kind("dest").as_deref() == Some("docker") {
                self.name(destination, Slot::PushRepository, sink);
            }
        }
    }

    /// One argument with its meaning.
    pub(super) fn name(&mut self, field: &Field, slot: Slot, sink: &mut Sink<'_>) {
        if is_no_name(self.walker, field) {
            return;
        }
        match slot {
            Slot::Other | Slot::Rest | Slot::Reparse | Slot::TagSource | Slot::Mirror => {}
            Slot::Base => {
                if field.known().as_deref() != Some("scratch") {
                    self.pulled(field, Role::BuildBase, sink);
                }
            }
            Slot::Pull => self.pulled(field, Role::BuildBase, sink),
            Slot::RunHere => self.pulled(field, Role::Ci, sink),
            Slot::Run => self.write(field, Expect::Image, Role::Run, sink),
            Slot::Read => self.pulled(field, Role::Ci, sink),
            Slot::Source => {
                if let Some((transport, rest)) = transport::split(field) {
                    match transport {
                        Transport::Registry => self.write(&rest, Expect::Image, Role::Ci, sink),
                        Transport::Storage | Transport::DockerDaemon => self.local(&rest, sink),
                        _ => {}
                    }
                } else if field.known().is_none() && field.atoms.len() == 1 {
                    // A variable that may hold the transport as well: written down as open.
                    self.write(field, Expect::Image, Role::Ci, sink);
                }
            }
            Slot::Destination => match transport::split(field) {
                None => self.write(field, Expect::Image, Role::Push, sink),
                Some((Transport::Registry, rest)) => {
                    self.write(&rest, Expect::Image, Role::Push, sink)
                }
                Some((Transport::Storage | Transport::DockerDaemon, rest)) => {
                    self.local(&rest, sink)
                }
                Some(_) => {}
            },
            Slot::Push => self.write(field, Expect::Image, Role::Push, sink),
            Slot::Name => match transport::split(field) {
                Some((Transport::Registry, rest)) => {
                    self.write(&rest, Expect::Image, Role::Push, sink)
                }
                Some((Transport::Storage | Transport::DockerDaemon, rest)) => {
                    self.local(&rest, sink)
                }
                Some(_) => {}
                None if names_a_registry(field) => {
                    self.write(field, Expect::Image, Role::Push, sink)
                }
                None => self.local(field, sink),
            },
            Slot::Local | Slot::List => match transport::split(field) {
                Some((Transport::Storage | Transport::DockerDaemon, rest)) => {
                    self.local(&rest, sink)
                }
                Some(_) => {}
                None => self.local(field, sink),
            },
            Slot::ReadRepository => {
                let field = transport::split(field).map_or_else(|| field.clone(), |(_, rest)| rest);
                self.write(&field, Expect::Repository, Role::Ci, sink);
            }
            Slot::PushRepository => {
                let field = transport::split(field).map_or_else(|| field.clone(), |(_, rest)| rest);
                self.write(&field, Expect::Repository, Role::Push, sink);
            }
            Slot::CacheFrom => self.cache(field, Role::Ci, sink),
            Slot::CacheTo => self.cache(field, Role::Push, sink),
            Slot::BuildContext => {
                if let Some((_, value)) = field.split_once('=')
                    && let Some((Transport::Registry, rest)) = transport::split(&value)
                {
                    self.pulled(&rest, Role::BuildBase, sink);
                }
            }
            Slot::BuildArgument => self.build_argument(field, sink),
            Slot::Output => {
                for part in field.split(',') {
                    if let Some(name) = part.strip_prefix("name=") {
                        self.write(&name, Expect::Image, Role::Push, sink);
                    }
                }
            }
            Slot::BakeSetting => {
                if let Some((key, value)) = field.split_once('=')
                    && key.known().is_some_and(|key| key.ends_with(".tags"))
                {
                    self.write(&value, Expect::Image, Role::Push, sink);
                }
            }
            Slot::DriverOption => {
                for part in field.split(',') {
                    if let Some(image) = part.strip_prefix("image=") {
                        self.name(&image, Slot::RunHere, sink);
                    }
                }
            }
            Slot::Mount => self.mount(field, sink),
            Slot::Assignment => {
                if let Some((key, value)) = field.split_once('=')
                    && key
                        .known()
                        .is_none_or(|k| !k.is_empty() && !k.contains('/'))
                {
                    let source = self
                        .recognised
                        .arguments
                        .last("source")
                        .and_then(|f| f.value.as_ref());
                    let stream = source
                        .and_then(Field::known)
                        .is_some_and(|s| s.starts_with("imagestream") || s == "istag");
                    self.name(&value, if stream { Slot::Stream } else { Slot::Run }, sink);
                }
            }
            Slot::RunList => {
                for part in field.split(',') {
                    self.name(&part, Slot::Run, sink);
                }
            }
            Slot::Stream => {
                let expect = Expect::Stream {
                    kind: StreamKind::ImageStreamTag,
                    namespace: None,
                };
                self.write(field, expect, Role::Stream, sink);
            }
            Slot::Component => self.component(field, sink),
        }
    }

    /// An image that is pulled unless an earlier command of the same job made it.
    fn pulled(&mut self, field: &Field, role: Role, sink: &mut Sink<'_>) {
        let field = match transport::split(field) {
            None => field.clone(),
            Some((Transport::Registry, rest)) => rest,
            Some((Transport::Storage | Transport::DockerDaemon, rest)) => {
                self.local(&rest, sink);
                return;
            }
            Some(_) => return,
        };
        let text = plain_name(&field);
        if self.walker.shared.names.contains(&text)
            || field.known_prefix().starts_with("localhost/")
        {
            let tool = self.recognised.program.tool;
            builds::used(self.walker, tool, self.label, &field, sink);
            self.local(&field, sink);
        } else {
            self.write(&field, Expect::Image, role, sink);
        }
    }

    fn local(&mut self, field: &Field, sink: &mut Sink<'_>) {
        self.write(field, Expect::Local, Role::Local, sink);
    }

    fn cache(&mut self, field: &Field, role: Role, sink: &mut Sink<'_>) {
        let parts = field.split(',');
        if parts.len() == 1 && field.split_once('=').is_none() {
            self.write(field, Expect::Image, role, sink);
            return;
        }
        for part in parts {
            if let Some(reference) = part.strip_prefix("ref=") {
                self.write(&reference, Expect::Image, role, sink);
            }
        }
    }

    /// `--build-arg BASE_IMAGE=quay.io/x`: an image when the key says so and the value looks like one.
    fn build_argument(&mut self, field: &Field, sink: &mut Sink<'_>) {
        let Some((key, value)) = field.split_once('=') else {
            return;
        };
        let Some(key) = key.known().map(|k| k.to_ascii_uppercase()) else {
            return;
        };
        let text = value.known_prefix();
        let names_image = key.ends_with("IMAGE")
            || key.starts_with("BASE")
            || key.ends_with("_FROM")
            || key == "FROM";
        if names_image
            && text.contains('/')
            && text.contains(['.', ':', '@'])
            && !text.contains("://")
        {
            self.pulled(&value, Role::BuildBase, sink);
        }
    }

    fn mount(&mut self, field: &Field, sink: &mut Sink<'_>) {
        let parts = field.split(',');
        let image = parts
            .iter()
            .any(|p| p.known().as_deref() == Some("type=image"));
        for part in &parts {
            let value = ["from=", "src=", "source="].iter().find_map(|key| {
                (*key == "from=" || image)
                    .then(|| part.strip_prefix(key))
                    .flatten()
            });
            if let Some(value) = value {
                self.pulled(&value, Role::BuildBase, sink);
            }
        }
    }

    /// `oc new-app`: URLs, folders, templates, streams and images look alike. Only what names a registry is an image.
    fn component(&mut self, field: &Field, sink: &mut Sink<'_>) {
        let builder = field.split_once('~').map(|(left, _)| left);
        let field = builder.as_ref().unwrap_or(field);
        let text = field.known_prefix();
        if text.contains("://")
            || text.contains('=')
            || text.starts_with(['.', '/'])
            || text.starts_with("git@")
        {
            return;
        }
        let host = text.split('/').next().unwrap_or("");
        if text.contains('/') && host.contains(['.', ':']) && !host.ends_with(".git") {
            self.name(field, Slot::Run, sink);
        } else if builder.is_some() {
            self.name(field, Slot::Stream, sink);
        }
    }

    fn write(&mut self, field: &Field, expect: Expect, role: Role, sink: &mut Sink<'_>) {
        if is_no_name(self.walker, field)
            || role == Role::Local && is_computed(field)
            || is_container(field)
        {
            return;
        }
        let value = field.value();
        let span = self.walker.text.outer(field.span());
        if !self.walker.shared.seen.insert((span, value.written())) {
            return;
        }
        let context = self.walker.context;
        sink.mention(Draft {
            expect,
            named_in: named_in(self.recognised),
            scope: context.scope,
            object: context.object,
            ..Draft::image(span, value, role, context.source, context.label(self.label))
        });
    }
}

/// What the arguments of a command are to it.
fn named_in(recognised: &Recognised<'_>) -> NamedIn {
    match (recognised.program.tool, recognised.command.action) {
        (Tool::Skopeo | Tool::Crane | Tool::Regctl, Action::Copy | Action::Sync) => NamedIn::Copied,
        (Tool::Skopeo | Tool::Crane | Tool::Regctl, _) => NamedIn::Looked,
        _ => NamedIn::Argument,
    }
}

/// Nothing, a flag in a name's place, several arguments in one, or a variable that only running could tell.
fn is_no_name(walker: &Walker<'_>, field: &Field) -> bool {
    if field.atoms.is_empty() || field.is_empty() {
        return true;
    }
    if let [atom] = field.atoms.as_slice()
        && let Piece::Variable(variable) = &atom.piece
    {
        // `docker rmi $(docker images -q)`: there is no name in the file at all. A variable that holds one is a name.
        let written = walker.written(atom.span);
        let variables = written.starts_with('$') && !written.starts_with("$(");
        if variable.name.ends_with(['@', '*']) || is_computed(field) && !variables {
            return true;
        }
    }
    let text = field.known_prefix();
    text.starts_with('-') || text.starts_with(' ') || text == "." || text == "\\"
}

/// What a substitution gives as a whole.
fn is_computed(field: &Field) -> bool {
    matches!(field.atoms.as_slice(), [atom] if matches!(&atom.piece, Piece::Variable(v) if v.syntax == Syntax::Command && v.op == Op::Plain))
}

/// A variable that holds the working container that a command made: `c=$(buildah from IMAGE)`.
fn is_container(field: &Field) -> bool {
    let [atom] = field.atoms.as_slice() else {
        return false;
    };
    let Piece::Variable(variable) = &atom.piece else {
        return false;
    };
    if variable.syntax != Syntax::Command {
        return false;
    }
    let command = variable.written.trim_start_matches(['$', '(', '`', '"']);
    let mut words = command.split_whitespace();
    matches!(
        (words.next(), words.next()),
        (Some("buildah"), Some("from")) | (Some("podman" | "docker"), Some("create" | "run"))
    )
}

/// A blank behind the last backslash: the index of the positional argument it makes.
pub(super) fn broken_continuation(arguments: &Arguments) -> Option<usize> {
    let last = arguments.positionals.len().checked_sub(1)?;
    let blank = arguments.positionals[last]
        .known()
        .is_some_and(|t| !t.is_empty() && t.chars().all(|c| c == ' ' || c == '\t'));
    blank.then_some(last)
}

/// A name with a path, or with a variable that may hold one, is meant to leave the local store.
fn names_a_registry(field: &Field) -> bool {
    let text = field.known_prefix();
    if text.starts_with("localhost/") {
        return false;
    }
    text.contains('/') || field.atoms.iter().any(|a| is_open(&a.piece))
}

/// A name for comparisons within a job: variables as `${X}`, without what tools fill in.
pub(super) fn plain_name(field: &Field) -> String {
    let mut text = String::new();
    for atom in &field.atoms {
        match &atom.piece {
            Piece::Literal(t) | Piece::Substituted { text: t, .. } => text.push_str(t),
            Piece::Variable(v) if v.op == Op::Plain && v.syntax == Syntax::Shell => {
                text.push_str(&format!("${{{}}}", v.name));
            }
            Piece::Variable(v) => text.push_str(&v.written),
        }
    }
    let text = text.strip_prefix("localhost/").unwrap_or(&text);
    text.strip_suffix(":latest").unwrap_or(text).to_owned()
}

/// Where a command reads from or writes to, with the transport its tool fills in.
pub(super) fn image_name(
    walker: &Walker<'_>,
    field: &Field,
    bare: Transport,
    sink: &mut Sink<'_>,
) -> Option<image_lint_model::build::ImageName> {
    if field.atoms.is_empty()
        || field.splits && field.known().is_none() && is_no_name(walker, field)
    {
        return None;
    }
    let (transport, rest) = transport::split(field).unwrap_or_else(|| (bare, field.clone()));
    Some(image_lint_model::build::ImageName {
        transport,
        text: plain_name(&rest).into(),
        known: rest.known().is_some(),
        local: rest.known_prefix().starts_with("localhost/"),
        place: sink.place(walker.text.outer(rest.span())),
    })
}

/// Programs that keep images in a store of the machine they run on.
pub(super) fn has_store(tool: Tool) -> bool {
    matches!(tool, Tool::Buildah | Tool::Podman | Tool::Docker)
}
