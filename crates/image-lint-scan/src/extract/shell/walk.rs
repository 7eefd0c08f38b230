//! Goes through a script as a shell would, without running anything: assignments, branches, loops, functions, and the
//! programs that start other programs. Every command that is left goes to [`super::commands`].

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::extract::Sink;
use crate::extract::shell::environment::{Binding, Element, Environment};
use crate::extract::shell::field::Field;
use crate::extract::shell::library::Libraries;
use crate::extract::shell::paths::Printed;
use crate::extract::shell::syntax::{
    Assigned, Assignment, Node, Part, Redirect, Script, Simple, Word,
};
use crate::extract::shell::{ScriptContext, logged, parse};
use image_lint_model::value::{Piece, Value};
use image_lint_text::source::{FileId, SourceText, Span};

/// Steps of one command, besides those of its words: it is looked up in the tables, and what it names is written down.
const COMMAND: u64 = 32;
/// Steps of one word.
const WORD: u64 = 8;
/// Deepest chain of function calls.
const MAX_CALLS: usize = 8;
/// Most items of a loop over literals.
const MAX_ITEMS: usize = 64;

/// State of one pass through a script.
pub struct Walker<'s> {
    pub(super) text: &'s SourceText<'s>,
    pub(super) script: &'s Script,
    pub(super) context: &'s ScriptContext<'s>,
    pub(super) environment: Environment,
    /// Arguments of the function or script; None when nobody knows them.
    pub(super) positional: Option<Fields>,
    functions: HashMap<&'s str, &'s Node>,
    called: HashSet<&'s str>,
    pub(super) shared: Shared,
    /// The functions that are being walked, outermost first.
    calls: Vec<&'s str>,
    /// The script that was started (`$0`), and the file that is gone through (`$BASH_SOURCE`): paths from the root.
    pub(super) started: Option<Rc<str>>,
    pub(super) own: Option<Rc<str>>,
    /// The folder that `cd` led to, as far as it is known.
    pub(super) folder: Option<String>,
    /// What the commands of the substitution that is walked print.
    pub(super) printed: Printed,
}

/// What a script and the scripts inside it share.
#[derive(Debug, Default)]
pub struct Shared {
    /// Nesting of scripts in scripts (`sh -c`).
    pub(super) level: u32,
    /// Files that are being sourced, outermost first.
    pub(super) sourced: Vec<FileId>,
    /// Commands and parts of words of the scripts that are read just now.
    pub(super) parts: usize,
    /// Mentions written down: span in the file and text.
    pub(super) seen: HashSet<(Span, String)>,
    /// Image names that commands of this job made.
    pub(super) names: HashSet<String>,
    /// A `cd` led into a folder that nobody knows.
    pub(super) moved: bool,
    /// How many substitutions the commands stand in: what they print is used.
    pub(super) captured: u32,
    /// Functions of the files that were sourced, by their names.
    pub(super) libraries: Libraries,
}

impl Shared {
    /// At the beginning of a script whose job made `names` before.
    pub(super) fn with(names: HashSet<String>) -> Self {
        Shared {
            names,
            ..Shared::default()
        }
    }
}

impl<'s> Walker<'s> {
    pub(super) fn new(
        text: &'s SourceText<'s>,
        script: &'s Script,
        context: &'s ScriptContext<'s>,
        environment: Environment,
        mut shared: Shared,
    ) -> Self {
        shared.parts += script.parts;
        Walker {
            text,
            script,
            context,
            environment,
            positional: None,
            functions: HashMap::new(),
            called: HashSet::new(),
            shared,
            calls: Vec::new(),
            started: None,
            own: None,
            folder: None,
            printed: Printed::Nothing,
        }
    }

    /// Walks the whole script, and then the functions that nothing called.
    pub(super) fn run(&mut self, sink: &mut Sink<'_>) {
        let script = self.script;
        collect_functions(&script.nodes, &mut self.functions);
        self.nodes(&script.nodes, sink);
        let mut idle: Vec<(&str, &Node)> = self
            .functions
            .iter()
            .filter(|(name, _)| !self.called.contains(*name))
            .map(|(n, b)| (*n, *b))
            .collect();
        idle.sort_by_key(|(name, _)| *name);
        for (_, body) in idle {
            self.positional = None;
            let mark = self.environment.mark();
            self.node(body, sink);
            self.environment.undo(mark);
        }
        if let Some(cut) = script.cut {
            let place = self.text.outer(Span::new(cut, cut));
            let most = parse::MAX_PARTS;
            sink.skip(
                place,
                format!(
                    "this script has more than {most} commands and words; the rest was not read"
                ),
                false,
            );
        }
    }

    /// Walks it for what it leaves in the variables.
    pub(super) fn go_through(&mut self, sink: &mut Sink<'_>) {
        let script = self.script;
        collect_functions(&script.nodes, &mut self.functions);
        self.nodes(&script.nodes, sink);
    }

    /// Walks the commands of a substitution, and tells what they print where that is plain.
    pub(super) fn substitution(&mut self, nodes: &[Node], sink: &mut Sink<'_>) -> Option<Piece> {
        let outer = std::mem::take(&mut self.printed);
        let folder = self.folder.clone();
        self.subshell(nodes, sink);
        self.folder = folder;
        let printed = std::mem::replace(&mut self.printed, outer);
        let plain = nodes.iter().all(|node| matches!(node, Node::Simple(_)));
        match printed {
            Printed::One(piece) if plain => Some(piece),
            _ => None,
        }
    }

    pub(super) fn written(&self, span: Span) -> &'s str {
        let text: &'s str = &self.text.text;
        text.get(span.range()).unwrap_or("")
    }

    fn nodes(&mut self, nodes: &'s [Node], sink: &mut Sink<'_>) {
        for node in nodes {
            self.node(node, sink);
        }
    }

    /// Walks commands whose assignments stay with them.
    pub(super) fn subshell(&mut self, nodes: &[Node], sink: &mut Sink<'_>) {
        let mark = self.environment.mark();
        self.shared.captured += 1;
        for node in nodes {
            self.detached(node, sink);
        }
        self.shared.captured -= 1;
        self.environment.undo(mark);
    }

    /// Like [`Walker::node`] for nodes inside a word. Functions are defined in scripts, hardly in substitutions.
    fn detached(&mut self, node: &Node, sink: &mut Sink<'_>) {
        let meter = Rc::clone(&sink.meter);
        let Ok(_level) = meter.deeper() else {
            return;
        };
        match node {
            Node::Simple(simple) => self.simple(simple, sink),
            Node::Group { body, .. } => body.iter().for_each(|n| self.detached(n, sink)),
            Node::Branch {
                condition, arms, ..
            } => {
                condition
                    .iter()
                    .chain(arms.iter().flatten())
                    .for_each(|n| self.detached(n, sink));
            }
            Node::Loop { condition, body } => condition
                .iter()
                .chain(body)
                .for_each(|n| self.detached(n, sink)),
            Node::For { variable, body, .. } => {
                self.environment.set(variable, None);
                body.iter().for_each(|n| self.detached(n, sink));
            }
            Node::Function { .. } => {}
        }
    }

    fn node(&mut self, node: &'s Node, sink: &mut Sink<'_>) {
        let meter = Rc::clone(&sink.meter);
        let Ok(_level) = meter.deeper() else {
            return;
        };
        match node {
            Node::Simple(simple) => self.simple(simple, sink),
            Node::Group {
                body,
                subshell: false,
            } => self.nodes(body, sink),
            Node::Group {
                body,
                subshell: true,
            } => {
                let mark = self.environment.mark();
                self.nodes(body, sink);
                self.environment.undo(mark);
            }
            Node::Branch {
                condition,
                arms,
                when,
                exhaustive,
            } => {
                self.nodes(condition, sink);
                let mut ways = Vec::with_capacity(arms.len());
                for arm in arms {
                    let mark = self.environment.mark();
                    self.nodes(arm, sink);
                    ways.push(self.environment.undo(mark));
                }
                self.environment.join(ways, when, *exhaustive);
            }
            Node::Loop { condition, body } => {
                self.nodes(condition, sink);
                let mark = self.environment.mark();
                self.nodes(body, sink);
                let way = self.environment.undo(mark);
                self.environment.join(vec![way], &[], false);
            }
            Node::For {
                variable,
                words,
                body,
            } => self.for_loop(variable, words.as_deref(), body, sink),
            Node::Function { name, body } => {
                self.functions.insert(name, body);
            }
        }
    }

    fn for_loop(
        &mut self,
        variable: &str,
        words: Option<&'s [Word]>,
        body: &'s [Node],
        sink: &mut Sink<'_>,
    ) {
        let mut items = Vec::new();
        let mut open = words.is_none();
        for word in words.unwrap_or_default() {
            for field in self.expand(word, sink) {
                let known = field
                    .known()
                    .is_some_and(|text| !text.contains(['*', '?', '{']));
                open |= !known;
                if known {
                    items.push(field);
                }
            }
        }
        if items.len() > MAX_ITEMS {
            items.clear();
            open = true;
        }
        // What is known is gone through, and once more for all that is not.
        for item in items {
            let span = item.span();
            self.assign(variable, item.value(), span, sink);
            self.nodes(body, sink);
        }
        self.environment.set(variable, None);
        if open {
            let mark = self.environment.mark();
            self.nodes(body, sink);
            let way = self.environment.undo(mark);
            self.environment.join(vec![way], &[], false);
        }
    }

    /// Binds a variable; `span` is its value's.
    pub(super) fn assign(&mut self, name: &str, value: Value, span: Span, sink: &mut Sink<'_>) {
        logged::assignment(name, std::slice::from_ref(&value), sink);
        let place = Some(sink.place(self.text.outer(span)));
        self.environment.set(
            name,
            Some(Binding {
                value,
                elements: None,
                place,
                exported: false,
            }),
        );
    }

    fn assignment(&mut self, assignment: &Assignment, sink: &mut Sink<'_>) {
        match &assignment.value {
            Assigned::Word(word) => self.assign_word(assignment, word, sink),
            Assigned::Array(words) => self.assign_array(assignment, words, sink),
        }
    }

    fn assign_word(&mut self, assignment: &Assignment, word: &Word, sink: &mut Sink<'_>) {
        let field = self.expand_whole(&word.parts, word.span, sink);
        let mut value = field.value();
        let before = self.environment.get(&assignment.name);
        if let Some(index) = &assignment.index {
            let mut elements = match before.map(|binding| &binding.elements) {
                Some(Some(elements)) => elements.to_vec(),
                // What `declare -A X` leaves, or nothing.
                _ => Vec::new(),
            };
            let key = self.key(index);
            match key {
                Some(key) if !assignment.append => {
                    elements.retain(|element| element.key != key);
                    elements.push(Element { key, value });
                    self.bind_array(assignment, Some(elements), sink);
                }
                _ => self.environment.set(&assignment.name, None),
            }
            return;
        }
        if assignment.append {
            match before {
                Some(Binding {
                    value: before,
                    elements: None,
                    ..
                }) => {
                    let mut joined = before.clone();
                    joined.pieces.append(&mut value.pieces);
                    value = joined;
                }
                _ => {
                    self.environment.set(&assignment.name, None);
                    return;
                }
            }
        }
        let span = if word.parts.is_empty() {
            assignment.span
        } else {
            field.span()
        };
        self.assign(&assignment.name, value, span, sink);
    }

    fn assign_array(&mut self, assignment: &Assignment, words: &[Word], sink: &mut Sink<'_>) {
        let mut elements = Vec::new();
        if assignment.append {
            match self.environment.get(&assignment.name) {
                Some(Binding {
                    elements: Some(before),
                    ..
                }) => elements.extend_from_slice(before),
                Some(_) | None => {
                    words.iter().for_each(|w| drop(self.expand(w, sink)));
                    self.environment.set(&assignment.name, None);
                    return;
                }
            }
        }
        let mut open = false;
        for word in words {
            if let Some((index, value)) = keyed(word) {
                let value = self.expand_whole(&value, word.span, sink).value();
                match self.key(&index) {
                    Some(key) => elements.push(Element { key, value }),
                    None => open = true,
                }
                continue;
            }
            for field in self.expand(word, sink) {
                open |= field.splits && field.known().is_none();
                elements.push(Element {
                    key: elements.len().to_string().into(),
                    value: field.value(),
                });
            }
        }
        self.bind_array(assignment, (!open).then_some(elements), sink);
    }

    fn bind_array(
        &mut self,
        assignment: &Assignment,
        elements: Option<Vec<Element>>,
        sink: &mut Sink<'_>,
    ) {
        if let Some(elements) = &elements {
            let values: Vec<Value> = elements.iter().map(|one| one.value.clone()).collect();
            logged::assignment(&assignment.name, &values, sink);
        }
        let place = Some(sink.place(self.text.outer(assignment.span)));
        let binding = elements.map(|elements| Binding {
            value: Value::default(),
            elements: Some(elements.into()),
            place,
            exported: false,
        });
        self.environment.set(&assignment.name, binding);
    }

    /// The key that an index says: a word, a number, or a variable that holds one.
    pub(super) fn key(&self, index: &str) -> Option<Box<str>> {
        let bare = index.trim_matches(['"', '\'']);
        let name = bare
            .strip_prefix('$')
            .map(|name| name.trim_start_matches('{').trim_end_matches('}'));
        match name {
            None if bare.contains(['$', '`', '+', '*', '@']) => None,
            None => Some(bare.into()),
            Some(name) => Some(self.environment.get(name)?.value.as_known()?.into()),
        }
    }

    fn simple(&mut self, simple: &Simple, sink: &mut Sink<'_>) {
        let words = (simple.words.len() + simple.assignments.len()) as u64;
        if sink.meter.charge(COMMAND + WORD * words).is_err() {
            return;
        }
        if let Some(word) = simple.words.first()
            && let Some(keyword) = word.as_bare(&self.text.text)
            && matches!(
                keyword,
                "export" | "declare" | "typeset" | "local" | "readonly"
            )
        {
            self.declaration(keyword, simple, sink);
            return;
        }
        if simple.words.is_empty() {
            for assignment in &simple.assignments {
                self.assignment(assignment, sink);
            }
            return;
        }
        let mut prefix = Vec::new();
        for assignment in &simple.assignments {
            if let Assigned::Word(word) = &assignment.value {
                let field = self.expand_whole(&word.parts, word.span, sink);
                prefix.push((assignment.name.clone(), field));
            }
        }
        let mut fields = Vec::with_capacity(simple.words.len());
        for word in &simple.words {
            fields.extend(self.expand(word, sink));
        }
        let call = Call {
            span: simple.span,
            fields: fields.into(),
            prefix,
            redirects: Rc::from(simple.redirects.clone()),
        };
        self.call(call, sink);
    }

    fn declaration(&mut self, keyword: &str, simple: &Simple, sink: &mut Sink<'_>) {
        let mut exported = keyword == "export";
        for word in &simple.words[1..] {
            let (name, value) = match assignment_word(word) {
                Some(parts) => parts,
                None => {
                    match word.as_literal() {
                        Some(flag) if flag.starts_with('-') => exported |= flag.contains('x'),
                        Some(name) if exported => self.environment.export(&name),
                        _ => {}
                    }
                    continue;
                }
            };
            let field = self.expand_whole(&value, word.span, sink);
            let span = field.span();
            self.assign(&name, field.value(), span, sink);
            if exported {
                self.environment.export(&name);
            }
        }
        for assignment in &simple.assignments {
            self.assignment(assignment, sink);
        }
    }

    /// A command with its arguments: a builtin, a program that starts another one, a function, or a program.
    pub(super) fn call(&mut self, mut call: Call, sink: &mut Sink<'_>) {
        loop {
            let Some(first) = call.fields.first() else {
                return;
            };
            let Some(name) = first.known() else {
                self.printed = Printed::Unknown;
                logged::command(self, &call, sink);
                super::commands::command(self, &call, sink);
                return;
            };
            if let Some((key, body)) = self.functions.get_key_value(&*name).map(|(k, v)| (*k, *v)) {
                logged::command(self, &call, sink);
                self.function(key, body, call, sink);
                return;
            }
            if let Some(library) = self.shared.libraries.get(&*name).cloned() {
                logged::command(self, &call, sink);
                super::library::call(self, &library, &name, &call, sink);
                return;
            }
            let base = name.rsplit('/').next().unwrap_or(&name);
            self.prints(base, &call);
            if self.builtin(base, &call, sink) {
                // The words of `eval` are a script, whose commands are read.
                if base != "eval" {
                    logged::command(self, &call, sink);
                }
                return;
            }
            let before = sink.log.is_some().then(|| call.clone());
            // Programs that start other programs are taken off one by one, not by recursion.
            match super::wrappers::unwrap(base, call, &sink.meter) {
                Ok(inner) => {
                    logged::wrapper(before.as_ref(), &inner, sink);
                    call = inner;
                }
                Err(Some(same)) => {
                    if super::wrappers::is_shell(base) {
                        self.nested_shell(&same, sink);
                    } else {
                        logged::command(self, &same, sink);
                        super::commands::command(self, &same, sink);
                    }
                    return;
                }
                Err(None) => return,
            }
        }
    }

    fn function(&mut self, name: &'s str, body: &'s Node, call: Call, sink: &mut Sink<'_>) {
        self.called.insert(name);
        self.printed = Printed::Unknown;
        // A function that calls itself names the same images once more.
        if self.calls.len() >= MAX_CALLS || self.calls.contains(&name) {
            return;
        }
        self.calls.push(name);
        let open = call.fields.iter().any(|f| f.splits && f.known().is_none());
        let arguments = (!open).then(|| call.fields.after(1));
        let before = std::mem::replace(&mut self.positional, arguments);
        self.node(body, sink);
        self.positional = before;
        self.calls.pop();
    }

    /// Names of the functions that were met.
    pub(super) fn function_names(&self) -> impl Iterator<Item = &'s str> {
        self.functions.keys().copied()
    }

    /// Walks one function of the script alone, with these arguments.
    pub(super) fn only(&mut self, name: &str, arguments: Option<Fields>, sink: &mut Sink<'_>) {
        let script = self.script;
        collect_functions(&script.nodes, &mut self.functions);
        let found = self.functions.get_key_value(name).map(|(k, v)| (*k, *v));
        if let Some((name, body)) = found {
            self.positional = arguments;
            self.calls.push(name);
            self.node(body, sink);
        }
    }

    /// True when the command is done with.
    fn builtin(&mut self, name: &str, call: &Call, sink: &mut Sink<'_>) -> bool {
        match name {
            "echo" | "printf" | "read" | "mapfile" | "readarray" | "unset" | "getopts" => {
                if matches!(name, "read" | "mapfile" | "readarray" | "unset" | "getopts") {
                    for field in &call.fields[1..] {
                        if let Some(variable) = field.known().filter(|t| !t.starts_with('-')) {
                            self.environment.set(&variable, None);
                        }
                    }
                } else {
                    super::handed::note(self, call, sink);
                    super::heredoc::printed(self, call, sink);
                }
                true
            }
            "cd" | "pushd" | "popd" => {
                // `cd "$(dirname "$0")"` leads to the script's own folder, where it is looked for anyway.
                self.shared.moved |= !call.fields[1..]
                    .iter()
                    .any(|f| f.value().written().contains("dirname"));
                self.enter(call);
                true
            }
            "source" | "." => {
                if let Some(field) = call.fields.get(1) {
                    super::sourced::source(self, field, sink);
                }
                true
            }
            "trap" => {
                // `trap 'COMMANDS' EXIT`: they are run with what the variables hold then.
                let handler = &call.fields[1..];
                if handler.len() > 1 && !handler[0].known_prefix().starts_with('-') {
                    self.nested(&handler[..1], false, sink);
                }
                true
            }
            ":" | "true" | "false" | "test" | "[" | "[[" | "alias" | "shopt" | "grep" | "rm"
            | "mkdir" => true,
            "set" => {
                let end = call
                    .fields
                    .iter()
                    .position(|f| f.known().as_deref() == Some("--"));
                let flags = &call.fields[1..end.unwrap_or(call.fields.len())];
                self.environment.export_all |= flags.iter().filter_map(Field::known).any(|f| {
                    f == "allexport"
                        || f.starts_with('-') && !f.starts_with("--") && f.contains('a')
                });
                if let Some(at) = end {
                    self.positional = Some(call.fields.after(at + 1));
                }
                true
            }
            "shift" => {
                self.positional = self.positional.as_ref().map(|list| list.after(1));
                true
            }
            "eval" => {
                self.nested(&call.fields[1..], true, sink);
                true
            }
            "sed" | "gsed" => {
                super::substitutions::note(self, call, sink);
                true
            }
            "kubectl" | "oc" => {
                super::heredoc::applied(self, call, sink);
                false
            }
            "cat" | "tee" => {
                super::heredoc::written(self, call, sink);
                true
            }
            _ => false,
        }
    }

    /// `sh -c '…'`, `bash <<EOF`.
    fn nested_shell(&mut self, call: &Call, sink: &mut Sink<'_>) {
        let mut command = false;
        logged::shell(call, sink);
        for (i, field) in call.fields.iter().enumerate().skip(1) {
            let Some(text) = field.known() else {
                if command {
                    self.nested(&call.fields[i..=i], false, sink);
                }
                return;
            };
            if text.starts_with('-') && !command {
                command |= !text.starts_with("--") && text.contains('c');
                continue;
            }
            if command {
                self.nested(&call.fields[i..=i], false, sink);
            }
            return;
        }
        super::heredoc::script(self, call, sink);
    }

    /// Walks the text of arguments as a script; `here`: its assignments stay (`eval`).
    fn nested(&mut self, fields: &[Field], here: bool, sink: &mut Sink<'_>) {
        if let Some(text) = super::heredoc::joined(self.text, fields, &sink.meter) {
            self.embedded(&text, here, sink);
        }
    }

    /// Walks a script inside this one; `here`: what it assigns stays. It is handed the variables, not a copy of them.
    pub(super) fn embedded(&mut self, text: &SourceText<'_>, here: bool, sink: &mut Sink<'_>) {
        let meter = Rc::clone(&sink.meter);
        let Ok(_level) = meter.deeper() else {
            return;
        };
        if self.shared.level >= 4
            || text.text.is_empty()
            || meter.charge(text.text.len() as u64).is_err()
        {
            return;
        }
        let script = parse::parse(
            &text.text,
            self.context.foreign,
            parse::MAX_PARTS - self.shared.parts,
        );
        let mut shared = std::mem::take(&mut self.shared);
        shared.level += 1;
        let environment = std::mem::take(&mut self.environment);
        let mark = environment.mark();
        let mut inner = Walker::new(text, &script, self.context, environment, shared);
        inner.started.clone_from(&self.started);
        inner.own.clone_from(&self.own);
        inner.folder.clone_from(&self.folder);
        inner.run(sink);
        self.shared = std::mem::take(&mut inner.shared);
        self.environment = std::mem::take(&mut inner.environment);
        if !here {
            self.environment.undo(mark);
        }
        self.shared.level -= 1;
        self.shared.parts -= script.parts;
    }
}

/// A command ready to be recognised.
#[derive(Clone, Debug)]
pub struct Call {
    /// Of the whole command in the script.
    pub span: Span,
    pub fields: Fields,
    /// `VAR=x` before it, and those that `env` and `sudo` add.
    pub prefix: Vec<(Box<str>, Field)>,
    pub redirects: Rc<[Redirect]>,
}

/// Arguments that are shared: what a wrapper starts and what `shift` leaves are the same ones from a later one on.
#[derive(Clone, Debug)]
pub struct Fields {
    all: Rc<[Field]>,
    from: usize,
}

impl Fields {
    /// Without the first `n`.
    pub fn after(&self, n: usize) -> Fields {
        Fields {
            all: Rc::clone(&self.all),
            from: self.from.saturating_add(n).min(self.all.len()),
        }
    }
}

impl From<Vec<Field>> for Fields {
    fn from(fields: Vec<Field>) -> Self {
        Fields {
            all: fields.into(),
            from: 0,
        }
    }
}

impl std::ops::Deref for Fields {
    type Target = [Field];

    fn deref(&self) -> &[Field] {
        &self.all[self.from..]
    }
}

/// `[key]=value` of an array.
fn keyed(word: &Word) -> Option<(String, Vec<Part>)> {
    use crate::extract::shell::syntax::PartKind;
    let written: String = word
        .parts
        .iter()
        .map_while(|part| match &part.kind {
            PartKind::Text(text) => Some(&**text),
            _ => None,
        })
        .collect();
    let index = written.strip_prefix('[')?.split_once("]=")?.0.to_owned();
    // The first parts are the key with its brackets: what is after them is the value.
    let mut left = index.len() + "[]=".len();
    let mut value = Vec::new();
    for part in &word.parts {
        match &part.kind {
            PartKind::Text(text) if left >= text.len() => left -= text.len(),
            PartKind::Text(text) if left > 0 => {
                let span = Span {
                    start: part.span.start + left as u32,
                    end: part.span.end,
                };
                let kind = PartKind::Text(text.get(left..)?.into());
                value.push(Part {
                    span,
                    quoted: part.quoted,
                    kind,
                });
                left = 0;
            }
            _ => value.push(part.clone()),
        }
    }
    Some((index, value))
}

/// `NAME=…` as an argument of `export` and its kin.
fn assignment_word(word: &Word) -> Option<(String, Vec<Part>)> {
    use crate::extract::shell::syntax::PartKind;
    let first = word.parts.first()?;
    let PartKind::Text(text) = &first.kind else {
        return None;
    };
    let at = text.find('=')?;
    let name = text[..at].trim_end_matches('+');
    if first.quoted
        || name.is_empty()
        || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        return None;
    }
    let mut parts = Vec::with_capacity(word.parts.len());
    if at + 1 < text.len() {
        let span = Span {
            start: first.span.start + at as u32 + 1,
            end: first.span.end,
        };
        parts.push(Part {
            span,
            quoted: false,
            kind: PartKind::Text(text[at + 1..].into()),
        });
    }
    parts.extend_from_slice(&word.parts[1..]);
    Some((name.to_owned(), parts))
}

fn collect_functions<'s>(nodes: &'s [Node], out: &mut HashMap<&'s str, &'s Node>) {
    for node in nodes {
        match node {
            Node::Function { name, body } => {
                out.insert(name, body);
            }
            Node::Group { body, .. } => collect_functions(body, out),
            Node::Branch { arms, .. } => arms.iter().for_each(|arm| collect_functions(arm, out)),
            Node::Loop { .. } | Node::For { .. } | Node::Simple(_) => {}
        }
    }
}

/// Whether a piece is a variable that is still open.
pub(super) fn is_open(piece: &Piece) -> bool {
    matches!(piece, Piece::Variable(_))
}
