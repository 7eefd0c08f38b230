//! Playbooks and lists of tasks: what their modules name, and the variables that a play or a task gives.

use super::jinja;
use super::modules::{self, Holds};
use super::turns;
use super::variables;
use crate::extract::Sink;
use crate::extract::compose;
use crate::extract::helm;
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::{Reader, Text, Within};
use crate::extract::kubernetes::{self, within_list};
use crate::extract::shapes::{Shape, holds_any};
use crate::extract::shell::{ScriptContext, extract_arguments, extract_script, names_a_tool};
use crate::extract::variables::Dialect;
use image_lint_model::mention::{Expect, Role, Scope, SourceKind};
use image_lint_model::value::{Piece, Value};
use image_lint_text::source::{SourceText, Span};
use image_lint_text::yaml::{Document, Kind, Node};

/// A list of plays or tasks.
pub(in crate::extract) struct Tasks;

/// Words of modules that name images; scripts are found by their tools.
const WORDS: [&str; 9] = [
    "content:",
    "podman_",
    "docker_",
    "swarm_service",
    "ecs_taskdefinition",
    "k8s",
    "kubernetes.core",
    "shell:",
    "command:",
];

/// Keys of a task or a play that is a list of tasks.
const LISTS: [&str; 8] = [
    "block",
    "rescue",
    "always",
    "tasks",
    "pre_tasks",
    "post_tasks",
    "handlers",
    "roles",
];

/// Keys that a play or a task has, and other lists hardly.
const KEYS: [&str; 14] = [
    "hosts",
    "name",
    "block",
    "when",
    "become",
    "register",
    "import_playbook",
    "include_tasks",
    "import_tasks",
    "set_fact",
    "include_role",
    "tags",
    "notify",
    "listen",
];

/// Blocks nest this deep.
const MAX_DEPTH: usize = 16;

impl Shape for Tasks {
    fn name(&self) -> &'static str {
        "ansible"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_any(text, &WORDS)
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let root = document.root();
        if root.kind() != Kind::Sequence
            || !root.items().all(is_task)
            || root.items().next().is_none()
        {
            return false;
        }
        let scope = Scope {
            id: out.extraction.new_scope(),
            upto: u32::MAX,
        };
        let mut reader = Reader::new(out);
        let mut within = Within::source(SourceKind::Ansible, Dialect::Kubernetes);
        within.scope = Some(scope);
        let mut walk = Walk {
            reader: &mut reader,
            within,
        };
        walk.list(root, &FieldPath::ROOT, 0);
        // Objects of a cluster, wherever a task or a role's variables hold them.
        within_list(&mut reader, root, &FieldPath::ROOT, 0);
        true
    }
}

fn is_task(node: Node<'_>) -> bool {
    let is_key = |key: &str| {
        KEYS.contains(&key) || LISTS.contains(&key) || modules::rows(key).next().is_some()
    };
    node.kind() == Kind::Mapping
        && node.pairs().any(|(key, _)| {
            key.as_str()
                .is_some_and(|key| is_key(key) || key.contains('.'))
        })
}

struct Walk<'r, 's, 'f> {
    reader: &'r mut Reader<'s, 'f>,
    within: Within,
}

impl Walk<'_, '_, '_> {
    fn list(&mut self, list: Node<'_>, path: &FieldPath<'_>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for (i, task) in list.items().enumerate() {
            self.task(task, &path.item(i), depth);
        }
    }

    fn task(&mut self, task: Node<'_>, path: &FieldPath<'_>, depth: usize) {
        if let Some(given) = task.get("vars") {
            self.define(given);
            variables::images(self.reader, given, &path.key("vars"), &self.within, 0);
        }
        for (key, value) in task.pairs() {
            let Some(key) = key.as_str() else { continue };
            let path = path.key(key);
            if LISTS.contains(&key) {
                self.list(value, &path, depth + 1);
                continue;
            }
            if matches!(key, "set_fact" | "ansible.builtin.set_fact") {
                self.define(value);
                continue;
            }
            for row in modules::rows(key) {
                self.module(task, value, row, &path);
            }
        }
    }

    /// Variables of a play, a block or a task: they are seen by all of the file, which is nearly always what they mean.
    fn define(&mut self, given: Node<'_>) {
        let Some(scope) = self.within.scope else {
            return;
        };
        variables::define(self.reader.sink, scope.id, given);
    }

    fn module(
        &mut self,
        task: Node<'_>,
        given: Node<'_>,
        row: &modules::Row,
        path: &FieldPath<'_>,
    ) {
        let (_, parameter, holds, role) = *row;
        if holds == Holds::Script {
            return self.script(task, given, parameter, path);
        }
        if let Some(text) = given.as_str() {
            // `docker_container: name=x image=redis:7`
            if holds == Holds::Image {
                self.short(text, &given.text(), row, path);
            }
            return;
        }
        let Some(value) = given.get(parameter) else {
            return;
        };
        let path = path.key(parameter);
        match holds {
            Holds::Image => self.image(task, value, given.get("tag"), &path, role),
            Holds::Containers => {
                for (i, container) in value.items().enumerate() {
                    if let Some(image) = container.get("image") {
                        let path = path.item(i);
                        self.image(task, image, None, &path.key("image"), role);
                    }
                }
            }
            Holds::Compose => compose::services(self.reader, value, &path),
            Holds::File => self.file(value, &path),
            // An object is found with all others.
            Holds::Manifest if value.as_str().is_some() => {
                kubernetes::embedded(&value.text(), self.reader.sink);
            }
            Holds::Values if value.kind() == Kind::Mapping => {
                helm::values(value, false, self.reader.sink);
            }
            Holds::Manifest | Holds::Values | Holds::Script => {}
        }
    }

    /// An image; `{{ item }}` is each item of the task's literal list.
    fn image(
        &mut self,
        task: Node<'_>,
        node: Node<'_>,
        tag: Option<Node<'_>>,
        path: &FieldPath<'_>,
        role: Role,
    ) {
        let Some(written) = node.as_str().map(str::trim).filter(|text| !text.is_empty()) else {
            return;
        };
        let Some(mut text) = self.reader.text(node, Dialect::Kubernetes) else {
            return;
        };
        text.value = jinja::read(written);
        let whole = written
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains([':', '@']));
        if let Some(tag) =
            tag.filter(|tag| !whole && tag.as_str().is_some_and(|tag| !tag.is_empty()))
            && let Some(tag) = self.reader.text(tag, Dialect::Kubernetes)
        {
            let value = jinja::read(&tag.value.written());
            text.value.push_literal(":");
            text.value.pieces.extend(value.pieces);
            text.also.push(std::mem::replace(&mut text.span, tag.span));
        }
        let items = items(task);
        if items.is_empty() || !uses_item(&text.value) {
            self.mention(text, path, role);
            return;
        }
        for item in items {
            self.item(&text, item, path, role);
        }
    }

    /// The image of one turn of a loop, at the item.
    fn item(&mut self, text: &Text, item: Node<'_>, path: &FieldPath<'_>, role: Role) {
        let Some(site) = turn(&text.value, item) else {
            return;
        };
        let mut value = Value::default();
        for piece in &text.value.pieces {
            match piece {
                Piece::Variable(variable) if is_item(&variable.name) => {
                    let Some(part) = part(item, &variable.name).and_then(|part| part.as_str())
                    else {
                        return;
                    };
                    value.pieces.extend(jinja::read(part.trim()).pieces);
                }
                Piece::Literal(literal) => value.push_literal(literal),
                other => value.pieces.push(other.clone()),
            }
        }
        let text = Text {
            span: site,
            value: joined(value),
            also: vec![text.span],
        };
        self.mention(text, path, role);
    }

    fn mention(&mut self, text: Text, path: &FieldPath<'_>, role: Role) {
        self.reader
            .text_mention(text, path, &self.within, role, Expect::Image, None);
    }

    fn short(
        &mut self,
        text: &str,
        source: &SourceText<'static>,
        row: &modules::Row,
        path: &FieldPath<'_>,
    ) {
        let (_, parameter, _, role) = *row;
        let mut from = 0;
        for word in text.split_ascii_whitespace() {
            // Each word is found behind the one before it.
            let at = text[from..].find(word).map_or(from, |at| from + at);
            from = at + word.len();
            let Some(image) = word
                .strip_prefix(parameter)
                .and_then(|rest| rest.strip_prefix('='))
            else {
                continue;
            };
            let start = from - image.len();
            let text = Text {
                span: source.outer(Span::new(start, from)),
                value: jinja::read(image.trim_matches(['"', '\''])),
                also: Vec::new(),
            };
            self.mention(text, &path.key(parameter), role);
        }
    }

    /// `copy: {content: …}`: what the task writes, and others run or apply.
    fn file(&mut self, content: Node<'_>, path: &FieldPath<'_>) {
        let Some(text) = content.as_str() else { return };
        if text.starts_with("#!") && names_a_tool(text) {
            let field = path.to_string();
            let mut context = ScriptContext::new(SourceKind::Ansible, &field, 0);
            context.scope = self.within.scope;
            extract_script(&content.text(), &context, self.reader.sink);
        } else if text.contains("apiVersion:") && text.contains("kind:") {
            kubernetes::embedded(&content.text(), self.reader.sink);
        }
    }

    /// `shell: podman …`, `command: {cmd: …}`, `command: {argv: […]}`.
    fn script(&mut self, task: Node<'_>, given: Node<'_>, parameter: &str, path: &FieldPath<'_>) {
        let field = path.to_string();
        let mut context = ScriptContext::new(SourceKind::Ansible, &field, 0);
        context.scope = self.within.scope;
        if let Some(argv) = given.get("argv") {
            let words: Vec<_> = argv
                .items()
                .filter(|word| word.as_str().is_some())
                .map(|word| word.text())
                .collect();
            return extract_arguments(&words, &context, self.reader.sink);
        }
        let script = if given.as_str().is_some() {
            Some(given)
        } else {
            given.get(parameter)
        };
        let script = script.filter(|script| script.as_str().is_some_and(names_a_tool));
        let Some(script) = script else { return };
        let script = script.text();
        let turns = turns::of_script(&script, &items(task));
        if turns.is_empty() {
            extract_script(&script, &context, self.reader.sink);
        }
        for turn in turns {
            extract_script(&turn, &context, self.reader.sink);
        }
    }
}

/// The literal list that a task goes through.
fn items(task: Node<'_>) -> Vec<Node<'_>> {
    let list = ["loop", "with_items", "with_list", "with_flattened"]
        .iter()
        .find_map(|key| task.get(key));
    list.filter(|list| list.kind() == Kind::Sequence)
        .map(|list| list.items().collect())
        .unwrap_or_default()
}

fn is_item(name: &str) -> bool {
    name == "item" || name.starts_with("item.")
}

fn uses_item(value: &Value) -> bool {
    value.variables().any(|variable| is_item(&variable.name))
}

/// What `item` or `item.key` is.
fn part<'n>(item: Node<'n>, name: &str) -> Option<Node<'n>> {
    match name.strip_prefix("item.") {
        Some(key) => item.at(&key.split('.').collect::<Vec<_>>()),
        None => Some(item),
    }
}

/// Where the item says what the value is.
fn turn(value: &Value, item: Node<'_>) -> Option<Span> {
    let name = value.variables().find(|variable| is_item(&variable.name))?;
    Some(part(item, &name.name)?.site())
}

/// Neighbouring literals as one.
fn joined(value: Value) -> Value {
    let mut out = Value::default();
    for piece in value.pieces {
        match piece {
            Piece::Literal(text) => out.push_literal(&text),
            other => out.pieces.push(other),
        }
    }
    out
}
