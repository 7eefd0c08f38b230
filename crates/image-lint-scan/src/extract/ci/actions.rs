//! GitHub actions that build and push images: what their inputs say to buildah, podman and buildx.
//!
//! Sources: redhat-actions/buildah-build (`src/buildah.ts`: `--format docker` unless `oci` is true, `extra-args` behind
//! it), redhat-actions/push-to-registry (`podman push`, for lists `podman manifest push --all` without a format),
//! docker/build-push-action and docker/bake-action (buildx). Comes in: a step. Goes out: mentions and build commands.

use super::Variables;
use crate::extract::variables::{self, Dialect};
use crate::extract::{Draft, Sink};
use image_lint_model::build::{
    Action, Attestations, Command, FormatSetting, FormatSlot, ImageName, Options, Tool, Transport,
};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::value::Value;
use image_lint_text::source::{SourceText, Span};
use image_lint_text::yaml::{Kind, Node};

/// What the steps of one job know of each other.
#[derive(Default)]
pub(super) struct Job {
    number: u32,
    /// `image` and `tags` of buildah-build steps by their id, for `${{ steps.ID.outputs.image }}`.
    built: Vec<(String, String, String)>,
    /// Names of manifest lists that buildah-build made.
    lists: Vec<String>,
}

impl Job {
    pub(super) fn new(number: u32) -> Self {
        Job {
            number,
            ..Job::default()
        }
    }

    /// Reads a step that uses one of the actions.
    pub(super) fn step(
        &mut self,
        step: Node<'_>,
        path: &str,
        env: &Variables,
        sink: &mut Sink<'_>,
    ) {
        let Some(uses) = step.get("uses").filter(|uses| uses.as_str().is_some()) else {
            return;
        };
        let action = uses
            .as_str()
            .unwrap_or("")
            .split('@')
            .next()
            .unwrap_or("")
            .to_ascii_lowercase();
        let step = Step {
            uses,
            id: step.str_at(&["id"]).unwrap_or(""),
            with: step.get("with"),
            path,
            env,
        };
        match &*action {
            "redhat-actions/buildah-build" => self.buildah_build(&step, sink),
            "redhat-actions/push-to-registry" => self.push_to_registry(&step, sink),
            "docker/build-push-action" => self.build_push(&step, sink),
            "docker/bake-action" => self.bake(&step, sink),
            "docker/setup-buildx-action" => {
                parts(&step, "driver-opts", "image=", Role::Ci, sink);
            }
            "docker/setup-qemu-action" => {
                if let Some(node) = step.input("image") {
                    let whole = Span::new(0, node.as_str().map_or(0, str::len));
                    mention(node, whole, Role::Ci, &step, "image", sink);
                }
            }
            _ => {}
        }
    }

    fn buildah_build(&mut self, step: &Step<'_>, sink: &mut Sink<'_>) {
        if let Some(base) = step.input("base-image") {
            mention(
                base,
                Span::new(0, base.as_str().unwrap_or("").len()),
                Role::BuildBase,
                step,
                "base-image",
                sink,
            );
        }
        let mut build = step.command(
            Tool::Buildah,
            Action::Build,
            "redhat-actions/buildah-build",
            self.number,
            sink,
        );
        build.format = match step.text("oci").as_deref() {
            None => literal("docker", None),
            Some(text) if text.contains("${{") => open(text),
            Some(text) if text.trim() == "true" => {
                let node = step.input("oci");
                if let Some(node) = node.filter(|n| n.alias().is_none()) {
                    build.slots.format = FormatSlot::OciInput(sink.place(node.span()));
                }
                literal("oci", None)
            }
            Some(_) => literal("docker", None),
        };
        if let Some((value, place)) = step.extra_format(sink) {
            build.slots.format = FormatSlot::Nowhere;
            build.format = literal(&value, place);
        }
        let image = step.text("image").unwrap_or_default();
        let tags = step.text("tags").unwrap_or_else(|| "latest".to_owned());
        let names = full_names(&image, &tags);
        let several = ["archs", "platforms", "arch"].iter().any(|key| {
            step.text(key).is_some_and(|text| {
                text.split([',', '\n', ' '])
                    .filter(|w| !w.trim().is_empty())
                    .count()
                    > 1
            })
        });
        let place = step
            .input("image")
            .or(step.input("tags"))
            .map_or(step.uses.site(), |node| node.span());
        build.outputs = names
            .iter()
            .map(|name| self.stored(name, place, sink))
            .collect();
        build.recipe.containerfile = step
            .text("containerfiles")
            .or_else(|| step.text("dockerfiles"))
            .map(|t| t.trim().to_owned().into());
        build.recipe.context = step.text("context").map(Into::into);
        if build.recipe.containerfile.is_none() && step.input("base-image").is_some() {
            // Files are copied onto the base: there is no Containerfile.
            build.recipe.context = Some("$".into());
        }
        if several {
            // One image for each platform, and a list of them under the name.
            let mut list = step.command(
                Tool::Buildah,
                Action::ListCreate,
                "redhat-actions/buildah-build",
                self.number,
                sink,
            );
            list.outputs = std::mem::take(&mut build.outputs);
            let child = format!(
                "{}#{}",
                names.first().map_or("", String::as_str),
                self.lists.len()
            );
            build.outputs = vec![self.stored(&child, place, sink)];
            list.inputs = build.outputs.clone();
            self.lists
                .extend(list.outputs.iter().map(|n| n.text.to_string()));
            sink.extraction.builds.push(build);
            sink.extraction.builds.push(list);
        } else {
            sink.extraction.builds.push(build);
        }
        if !step.id.is_empty() {
            self.built.push((step.id.to_owned(), image, tags));
        }
    }

    fn push_to_registry(&mut self, step: &Step<'_>, sink: &mut Sink<'_>) {
        let resolve = |text: String, tags: bool| {
            let inner = text
                .trim()
                .strip_prefix("${{")
                .and_then(|t| t.strip_suffix("}}"))
                .map(str::trim);
            let found = inner.and_then(|inner| {
                let (id, output) = inner.strip_prefix("steps.")?.split_once(".outputs.")?;
                let (_, image, all) = self.built.iter().rev().find(|(step, ..)| step == id)?;
                match output {
                    "image" => Some(image.clone()),
                    "tags" if tags => Some(all.clone()),
                    _ => None,
                }
            });
            found.unwrap_or(text)
        };
        let image = resolve(step.text("image").unwrap_or_default(), false);
        let tags = resolve(
            step.text("tags").unwrap_or_else(|| "latest".to_owned()),
            true,
        );
        let registry = step.text("registry").unwrap_or_default();
        let names = full_names(&image, &tags);
        let list = names.iter().any(|name| self.lists.contains(&shorten(name)));
        let action = if list { Action::ListPush } else { Action::Push };
        let mut push = step.command(
            Tool::Podman,
            action,
            "redhat-actions/push-to-registry",
            self.number,
            sink,
        );
        if let Some((value, place)) = step.extra_format(sink) {
            push.format = literal(&value, place);
        } else if step
            .text("extra-args")
            .is_some_and(|text| text.contains("${{"))
        {
            push.format = FormatSetting::Hidden;
        } else {
            push.slots.format = step.extra_args(sink).unwrap_or_default();
        }
        push.options.zstd = step
            .text("extra-args")
            .is_some_and(|text| text.contains("zstd"));
        push.options.all = list;
        let place = step
            .input("tags")
            .or(step.input("image"))
            .map_or(step.uses.site(), |node| node.span());
        push.inputs = names
            .iter()
            .take(1)
            .map(|name| self.stored(name, place, sink))
            .collect();
        let registry = registry.trim().trim_end_matches('/');
        push.outputs = names
            .iter()
            .map(|name| {
                let text = if registry.is_empty() {
                    name.clone()
                } else {
                    format!("{registry}/{name}")
                };
                ImageName {
                    transport: Transport::Registry,
                    ..self.stored(&text, place, sink)
                }
            })
            .collect();
        // An image that was built in this job is fixed where it was built.
        if !list
            && sink
                .extraction
                .builds
                .iter()
                .any(|b| b.job == self.number && makes(b, &push))
        {
            push.slots.format = FormatSlot::Nowhere;
        }
        sink.extraction.builds.push(push);
    }

    fn build_push(&self, step: &Step<'_>, sink: &mut Sink<'_>) {
        let mut build = step.command(
            Tool::Docker,
            Action::Build,
            "docker/build-push-action",
            self.number,
            sink,
        );
        build.options = step.buildx();
        if build.options.pushes {
            build.outputs = self.tags(step, Role::Push, sink);
        } else if step.text("load").is_some_and(|text| text != "false") {
            // The image stays on this machine, where later steps use it.
            let stored = |name| ImageName {
                transport: Transport::Storage,
                ..name
            };
            let tags = self.tags(step, Role::Local, sink);
            build.outputs = tags.into_iter().map(stored).collect();
        }
        // A cache that is not there is no failure: `cache-from` is not asked for.
        if let Some(node) = step.input("build-contexts") {
            const MARK: &str = "=docker-image://";
            for (span, line) in lines(node.as_str().unwrap_or("")) {
                build.recipe.contexts.extend(
                    line.split_once('=')
                        .map(|(name, _)| Box::<str>::from(name.trim())),
                );
                let Some(at) = line
                    .find(MARK)
                    .map(|at| span.start as usize + at + MARK.len())
                else {
                    continue;
                };
                let part = Span::new(at, span.end as usize);
                mention(node, part, Role::BuildBase, step, "build-contexts", sink);
            }
        }
        if build.options.pushes {
            let exported = self.exported(step, sink);
            build.outputs.extend(exported);
        }
        build.recipe.containerfile = step.text("file").map(Into::into);
        build.recipe.context = step.text("context").map(Into::into);
        build.recipe.target = step.text("target").map(Into::into);
        sink.extraction.builds.push(build);
    }

    fn bake(&self, step: &Step<'_>, sink: &mut Sink<'_>) {
        let mut build = step.command(
            Tool::Docker,
            Action::Build,
            "docker/bake-action",
            self.number,
            sink,
        );
        build.options = step.buildx();
        if let Some(node) = step.input("set") {
            for (span, line) in lines(node.as_str().unwrap_or("")) {
                let Some((key, value)) = line.split_once('=') else {
                    continue;
                };
                let start = span.start as usize + key.len() + 1;
                if key.ends_with(".tags") {
                    let place = mention(
                        node,
                        Span::new(start, span.end as usize),
                        Role::Push,
                        step,
                        "set",
                        sink,
                    );
                    build.outputs.push(self.named(value, place, sink));
                } else if key.ends_with(".output") || key.ends_with(".outputs") {
                    outputs(value, &mut build.options);
                }
            }
        }
        if build.options.pushes && build.outputs.is_empty() {
            // The names stand in the bake file.
            build
                .outputs
                .push(self.named("${…}", step.uses.site(), sink));
        }
        sink.extraction.builds.push(build);
    }

    /// `outputs: type=image,name=REF,push=true`
    fn exported(&self, step: &Step<'_>, sink: &mut Sink<'_>) -> Vec<ImageName> {
        let names = parts(step, "outputs", "name=", Role::Push, sink);
        names
            .into_iter()
            .map(|(name, place)| self.named(&name, place, sink))
            .collect()
    }

    /// `tags`, by line or comma.
    fn tags(&self, step: &Step<'_>, role: Role, sink: &mut Sink<'_>) -> Vec<ImageName> {
        let key = "tags";
        let Some(node) = step.input(key) else {
            return Vec::new();
        };
        let mut names = Vec::new();
        for (span, line) in lines(node.as_str().unwrap_or("")) {
            // An expression may hold commas: `${{ format('{0}', x) }}`.
            let parts: Vec<&str> = if line.contains("${{") {
                vec![line]
            } else {
                line.split(',').collect()
            };
            let mut at = span.start as usize;
            for part in parts {
                let text = part.trim();
                let start = at + (part.len() - part.trim_start().len());
                at += part.len() + 1;
                if text.is_empty() {
                    continue;
                }
                let place = mention(
                    node,
                    Span::new(start, start + text.len()),
                    role,
                    step,
                    key,
                    sink,
                );
                names.push(self.named(text, place, sink));
            }
        }
        names
    }

    fn named(&self, text: &str, span: Span, sink: &mut Sink<'_>) -> ImageName {
        ImageName {
            transport: Transport::Registry,
            ..self.stored(text, span, sink)
        }
    }

    /// A name in the store of the job's machine.
    fn stored(&self, name: &str, span: Span, sink: &mut Sink<'_>) -> ImageName {
        ImageName {
            transport: Transport::Storage,
            text: shorten(name).into(),
            place: sink.place(span),
            known: !name.contains("${"),
            local: name.starts_with("localhost/"),
        }
    }
}

/// Writes down what stands after a mark in an input of lines whose fields are separated by commas: `image=REF,network=host`.
fn parts(
    step: &Step<'_>,
    key: &str,
    mark: &str,
    role: Role,
    sink: &mut Sink<'_>,
) -> Vec<(String, Span)> {
    let Some(node) = step.input(key) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for (span, line) in lines(node.as_str().unwrap_or("")) {
        let mut at = span.start as usize;
        for part in line.split(',') {
            let start = at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            if let Some(name) = part.trim().strip_prefix(mark) {
                let start = start + mark.len();
                let part = Span::new(start, start + name.len());
                let place = mention(node, part, role, step, key, sink);
                names.push((name.to_owned(), place));
            }
        }
    }
    names
}

/// A step and its inputs.
struct Step<'n> {
    uses: Node<'n>,
    id: &'n str,
    with: Option<Node<'n>>,
    path: &'n str,
    env: &'n Variables,
}

impl<'n> Step<'n> {
    fn input(&self, key: &str) -> Option<Node<'n>> {
        self.with?
            .get(key)
            .filter(|node| node.as_str().is_some_and(|text| !text.trim().is_empty()))
    }

    /// An input with `${{ env.X }}` in its place where the workflow says what it is.
    fn text(&self, key: &str) -> Option<String> {
        let mut text = self.input(key)?.as_str()?.trim().to_owned();
        for (name, value, _) in self.env.iter().rev().take(100) {
            let Some(value) = value.as_known() else {
                continue;
            };
            for mark in [
                format!("${{{{ env.{name} }}}}"),
                format!("${{{{env.{name}}}}}"),
            ] {
                if text.len() < 8192 && text.contains(&mark) {
                    text = text.replace(&mark, &value);
                }
            }
        }
        Some(text)
    }

    fn command(
        &self,
        tool: Tool,
        action: Action,
        name: &str,
        job: u32,
        sink: &mut Sink<'_>,
    ) -> Command {
        let place = sink.place(self.uses.site());
        let mut command = Command::new(
            (place, sink.excerpt(place)),
            SourceKind::GitHub,
            tool,
            action,
            name,
        );
        command.job = job;
        command
    }

    /// The last `--format` of `extra-args`, and where its value stands.
    fn extra_format(
        &self,
        sink: &mut Sink<'_>,
    ) -> Option<(String, Option<image_lint_text::source::Place>)> {
        let node = self.input("extra-args")?;
        let text = node.as_str()?;
        let at = text
            .rfind("--format")
            .filter(|at| *at == 0 || text[..*at].ends_with(char::is_whitespace))?;
        let rest = text[at + "--format".len()..]
            .strip_prefix(['=', ' ', '\n'])?
            .trim_start();
        let start = text.len() - rest.len();
        let value = rest.split_whitespace().next()?;
        let span = node.text().outer(Span::new(start, start + value.len()));
        let literal = !value.contains('$') && node.alias().is_none();
        Some((value.to_owned(), literal.then(|| sink.place(span))))
    }

    /// The place of a new input before the first one; None where the mapping is no block.
    fn extra_args(&self, sink: &mut Sink<'_>) -> Option<FormatSlot> {
        let with = self.with.filter(|w| {
            w.kind() == Kind::Mapping && w.alias().is_none() && w.through().is_none()
        })?;
        if with.get("extra-args").is_some() {
            return None;
        }
        let start = with.span().start as usize;
        let before = sink.file().text.get(..start)?;
        let indent = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        if !indent.bytes().all(|b| b == b' ') || sink.file().text[start..].starts_with('{') {
            return None;
        }
        let indent = indent.into();
        let at = sink.place(Span::new(start, start));
        Some(FormatSlot::ExtraArgs { at, indent })
    }

    fn attestations(&self) -> Attestations {
        let (provenance, sbom) = (self.text("provenance"), self.text("sbom"));
        let given = |key: &str| self.text(key).is_some();
        // An expression may be false.
        let asked = |text: &Option<String>| {
            text.as_deref()
                .is_some_and(|text| text != "false" && !text.contains("${{"))
        };
        let off = |text: &Option<String>| text.as_deref() == Some("false");
        if given("attests") || asked(&provenance) || asked(&sbom) {
            Attestations::Asked
        } else if off(&provenance) && (sbom.is_none() || off(&sbom)) && !given("annotations") {
            Attestations::Off
        } else {
            Attestations::Default
        }
    }

    /// What the inputs say to buildx.
    fn buildx(&self) -> Options {
        let mut options = Options {
            // An expression may be true.
            pushes: self
                .text("push")
                .is_some_and(|text| text == "true" || text.contains("${{")),
            list: self.text("platforms").is_some_and(|p| {
                p.split([',', '\n'])
                    .filter(|p| !p.trim().is_empty())
                    .count()
                    > 1
            }),
            attestations: self.attestations(),
            ..Options::default()
        };
        for (_, line) in self.text("outputs").iter().flat_map(|text| lines(text)) {
            outputs(line, &mut options);
        }
        options
    }
}

/// `type=registry,oci-mediatypes=false`
fn outputs(line: &str, options: &mut Options) {
    for part in line.split(',') {
        match part.trim() {
            "oci-mediatypes=false" => options.oci_mediatypes = Some(false),
            "oci-mediatypes=true" => options.oci_mediatypes = Some(true),
            "type=registry" | "push=true" => options.pushes = true,
            "compression=zstd" => options.zstd = true,
            _ => {}
        }
    }
}

/// The action's rule: tags that are whole names stand for themselves, else each is a tag of `image`.
fn full_names(image: &str, tags: &str) -> Vec<String> {
    let tags: Vec<&str> = if tags.contains("${{") {
        vec![tags.trim()]
    } else {
        tags.split_whitespace().collect()
    };
    if tags.iter().all(|tag| tag.contains(':')) && !tags.is_empty() && !tags[0].contains("${{") {
        return tags.into_iter().map(str::to_owned).collect();
    }
    tags.into_iter()
        .filter(|_| !image.is_empty())
        .map(|tag| format!("{}:{tag}", image.trim()))
        .collect()
}

/// As names are compared within a job.
fn shorten(name: &str) -> String {
    let name = name.strip_prefix("localhost/").unwrap_or(name);
    name.strip_suffix(":latest").unwrap_or(name).to_owned()
}

fn makes(build: &Command, push: &Command) -> bool {
    build.action == Action::Build
        && push
            .inputs
            .iter()
            .any(|i| build.outputs.iter().any(|o| o.text == i.text))
}

fn literal(value: &str, place: Option<image_lint_text::source::Place>) -> FormatSetting {
    FormatSetting::Flag {
        value: value.into(),
        place,
    }
}

fn open(text: &str) -> FormatSetting {
    FormatSetting::Open {
        value: variables::read(text, Dialect::Compose),
        scope: None,
    }
}

/// Lines that say something, with their bytes.
fn lines(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut at = 0;
    text.split('\n').filter_map(move |line| {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len() + 1;
        let line = line.trim();
        (!line.is_empty() && !line.starts_with('#'))
            .then(|| (Span::new(start, start + line.len()), line))
    })
}

/// Writes down an image that a part of an input names, and gives its place in the file.
fn mention(
    node: Node<'_>,
    part: Span,
    role: Role,
    step: &Step<'_>,
    key: &str,
    sink: &mut Sink<'_>,
) -> Span {
    let inner: SourceText<'static> = node.text();
    let span = if node.alias().is_some() {
        node.site()
    } else {
        inner.outer(part)
    };
    let text = inner.text.get(part.range()).unwrap_or("").trim();
    // What an earlier step computed is no name that could be read here.
    if text.is_empty() || text.starts_with("${{") && text.ends_with("}}") {
        return span;
    }
    let mut value: Value = variables::read(text, Dialect::Compose);
    super::substitute(&mut value, step.env, sink);
    sink.mention(Draft::image(
        span,
        value,
        role,
        SourceKind::GitHub,
        format!("{}.with.{key}", step.path),
    ));
    span
}
