//! The transformers of a kustomization, in kustomize's order (`api/internal/target/kusttarget_configplugin.go`).

use std::collections::BTreeSet;

use super::build::{Accumulated, Builder, Target};
use super::fail::{Fail, ProblemKind, Site};
use super::ids::{Gvk, Id, Resource};
use super::image_index::ImageIndex;
use super::images::Entry;
use super::json6902;
use super::kustomization::{first_place, text_of};
use super::load::embedded;
use super::merge::{Schema, merge};
use super::path::FieldSpec;
use super::replacements;
use super::select::{Selector, field};
use super::value::{Node, Text};

/// Objects that a message names at most.
const MAX_CANDIDATES: usize = 200;

/// A patch that was read.
enum Patch {
    Strategic(Vec<Node>),
    Json(Node),
}

impl Builder<'_, '_> {
    pub fn transform(&mut self, target: &Target<'_>, made: &mut Accumulated) {
        for item in target.items("patchesStrategicMerge") {
            for document in self.inline_or_file(target, item) {
                self.strategic_by_name(&document, made);
            }
        }
        for item in target.items("patches") {
            self.patch(target, item, made);
        }
        if let Some(namespace) = text_of(target.node, "namespace") {
            set_namespace(&mut made.resources, namespace);
        }
        rename(
            &mut made.resources,
            text_of(target.node, "namePrefix"),
            None,
        );
        rename(
            &mut made.resources,
            None,
            text_of(target.node, "nameSuffix"),
        );
        for item in target.items("labels") {
            if let Some(pairs) = field(item, "pairs") {
                add_metadata(&mut made.resources, "labels", pairs);
            }
        }
        if let Some(pairs) = field(target.node, "commonLabels") {
            add_metadata(&mut made.resources, "labels", pairs);
        }
        if let Some(pairs) = field(target.node, "commonAnnotations") {
            add_metadata(&mut made.resources, "annotations", pairs);
        }
        for item in target.items("patchesJson6902") {
            self.patch(target, item, made);
        }
        for item in target.items("replicas") {
            self.replicas(item, made);
        }
        for key in ["images", "imageTags"] {
            let fields = made.image_fields.clone();
            self.images(target.items(key), &fields, made);
        }
        for item in target.items("replacements") {
            self.replacement(target, item, made);
        }
        for item in target.items("transformers") {
            for document in self.inline_or_file(target, item) {
                self.transformer(target, &document, made);
            }
        }
    }

    /// A transformer of kustomize's own that is configured by an object.
    fn transformer(&mut self, target: &Target<'_>, document: &Node, made: &mut Accumulated) {
        let kind = document.string_at(&["kind"]).unwrap_or_default();
        if document.string_at(&["apiVersion"]).as_deref() != Some("builtin") {
            made.open = true;
            let what = format!("the transformer `{kind}`, a plugin");
            return self.note(ProblemKind::Elsewhere(what), first_place(document));
        }
        match &*kind {
            "ImageTagTransformer" => {
                let specs = field(document, "fieldSpecs").map(Node::items);
                let fields: Vec<FieldSpec> = specs
                    .unwrap_or_default()
                    .iter()
                    .filter_map(FieldSpec::read)
                    .collect();
                if let Some(item) = field(document, "imageTag") {
                    self.images(std::slice::from_ref(item), &fields, made);
                }
            }
            "PatchTransformer" | "PatchJson6902Transformer" => self.patch(target, document, made),
            "PatchStrategicMergeTransformer" => {
                let paths = field(document, "paths")
                    .map(Node::items)
                    .unwrap_or_default();
                let inline = field(document, "patches");
                for item in paths.iter().chain(inline) {
                    for patch in self.inline_or_file(target, item) {
                        self.strategic_by_name(&patch, made);
                    }
                }
            }
            "ReplacementTransformer" => {
                let items = field(document, "replacements").map(Node::items);
                for item in items.unwrap_or_default() {
                    self.replacement(target, item, made);
                }
            }
            "NamespaceTransformer" => {
                let name = field(document, "metadata").and_then(|data| text_of(data, "namespace"));
                if let Some(namespace) = name {
                    set_namespace(&mut made.resources, namespace);
                }
            }
            "PrefixTransformer" => rename(&mut made.resources, text_of(document, "prefix"), None),
            "SuffixTransformer" => rename(&mut made.resources, None, text_of(document, "suffix")),
            "LabelTransformer" => {
                if let Some(pairs) = field(document, "labels") {
                    add_metadata(&mut made.resources, "labels", pairs);
                }
            }
            "AnnotationsTransformer" => {
                if let Some(pairs) = field(document, "annotations") {
                    add_metadata(&mut made.resources, "annotations", pairs);
                }
            }
            _ => {}
        }
    }

    /// An entry of `patches` or `patchesJson6902`.
    fn patch(&mut self, target: &Target<'_>, item: &Node, made: &mut Accumulated) {
        let Some(patch) = self.read_patch(target, item) else {
            return;
        };
        let site = field(item, "target").and_then(first_place);
        let selector = match field(item, "target").map(Selector::new) {
            Some(Ok(selector)) => Some(selector),
            Some(Err(why)) => return self.problem(Fail::refused(why, site), None),
            None => None,
        };
        match (patch, selector) {
            (Patch::Strategic(documents), None) => {
                for document in documents {
                    self.strategic_by_name(&document, made);
                }
            }
            (Patch::Strategic(documents), Some(selector)) => {
                if documents.len() > 1 {
                    let why = "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field";
                    return self.problem(Fail::refused(why, site), None);
                }
                let chosen = self.choose(&selector, site, made);
                if chosen.is_empty() && made.open {
                    self.report
                        .open
                        .extend(first_place(&documents[0]).map(|site| site.0));
                }
                for index in chosen.into_iter().rev() {
                    self.strategic(&documents[0], Options::read(item), index, made);
                }
            }
            (Patch::Json(operations), Some(selector)) => {
                let chosen = self.choose(&selector, site, made);
                if chosen.is_empty() && made.open {
                    self.report
                        .open
                        .extend(first_place(&operations).map(|site| site.0));
                }
                for index in chosen {
                    let resource = &mut made.resources[index];
                    self.files.looks_into(resource);
                    resource.remember();
                    let applied = json6902::apply(&mut resource.node, &operations, self.meter);
                    if let Err(fail) = applied {
                        self.problem(fail, first_place(&operations));
                    }
                }
            }
            (Patch::Json(operations), None) => {
                let why = "must specify a target for JSON patch";
                self.problem(Fail::refused(why, first_place(&operations)), None);
            }
        }
    }

    fn read_patch(&mut self, target: &Target<'_>, item: &Node) -> Option<Patch> {
        let inline = field(item, "patch").or_else(|| field(item, "jsonOp"));
        let inline =
            inline.filter(|patch| patch.string().is_some_and(|text| !text.trim().is_empty()));
        let (documents, at) = match (inline, text_of(item, "path")) {
            (Some(Node::Scalar(scalar)), None) => {
                let at = scalar.text.place();
                match embedded(&scalar.embedded()?) {
                    Ok(documents) => (documents, at),
                    Err(why) => {
                        let why = format!("unable to parse SM or JSON patch: {why}");
                        self.problem(Fail::refused(why, at), None);
                        return None;
                    }
                }
            }
            (None, Some(path)) => {
                let (file, documents) = self.file(target, path)?;
                self.report.used.insert(file);
                (documents, path.place())
            }
            (Some(_), Some(path)) => {
                let why = "patch and path can't be set at the same time";
                self.problem(Fail::refused(why, path.place()), None);
                return None;
            }
            (None, None) | (Some(_), None) => {
                let why = "must specify one of patch and path";
                self.problem(Fail::refused(why, first_place(item)), None);
                return None;
            }
        };
        if let Some(operations) = documents.iter().find(|node| json6902::is_patch(node)) {
            if !self.is_json_if_it_begins_so(item, &documents) {
                let why = "unable to parse SM or JSON patch: what begins with `[` must be JSON";
                self.problem(Fail::refused(why, at), None);
                return None;
            }
            return Some(Patch::Json(operations.clone()));
        }
        let mut strategic = Vec::new();
        for document in documents.iter() {
            collect_objects(document, &mut strategic, 0);
        }
        let named = |node: &Node| {
            node.string_at(&["kind"]).is_some() && node.string_at(&["metadata", "name"]).is_some()
        };
        if strategic.is_empty() || !strategic.iter().all(named) {
            let why = "unable to parse SM or JSON patch";
            self.problem(Fail::refused(why, at), None);
            return None;
        }
        Some(Patch::Strategic(strategic))
    }

    /// kustomize reads a patch that begins with a bracket as JSON, not as YAML.
    fn is_json_if_it_begins_so(&self, item: &Node, documents: &[Node]) -> bool {
        let inline = field(item, "patch").or_else(|| field(item, "jsonOp"));
        let text = match inline.and_then(Node::string) {
            Some(text) => text.trim().to_owned(),
            None => {
                let file = documents.first().and_then(first_place).map(|site| site.0);
                let source = file.and_then(|file| self.files.text(file));
                source.map(|source| source.text.clone()).unwrap_or_default()
            }
        };
        !text.starts_with('[') || serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok()
    }

    /// The objects that a target selects.
    fn choose(
        &mut self,
        selector: &Selector,
        site: Option<Site>,
        made: &Accumulated,
    ) -> Vec<usize> {
        if let Err(cause) = self.meter.charge(made.resources.len() as u64) {
            self.problem(cause.into(), site);
            return Vec::new();
        }
        let chosen: Vec<usize> = (0..made.resources.len())
            .filter(|index| selector.selects(&made.resources[*index]))
            .collect();
        if let Some(site) = site {
            let used = self.report.targets.entry(site).or_default();
            used.shown.clone_from(&selector.shown);
            used.hit |= !chosen.is_empty();
            used.open |= made.open;
            if chosen.is_empty() {
                let names = made.resources.iter().take(MAX_CANDIDATES).map(Resource::id);
                used.candidates
                    .extend(names.map(|id| format!("{}/{}", id.gvk.kind, id.name)));
            }
        }
        chosen
    }

    /// A strategic patch for the object of its own name.
    fn strategic_by_name(&mut self, patch: &Node, made: &mut Accumulated) {
        let mut objects = Vec::new();
        collect_objects(patch, &mut objects, 0);
        for patch in objects {
            let id = Id::of(&patch);
            if let Err(cause) = self.meter.charge(made.resources.len() as u64) {
                return self.problem(cause.into(), first_place(&patch));
            }
            let found: Vec<usize> = (0..made.resources.len())
                .filter(|i| made.resources[*i].ids().iter().any(|other| other.same(&id)))
                .collect();
            match found.as_slice() {
                [one] => self.strategic(&patch, Options::default(), *one, made),
                // A base that is not here may have it.
                [] if made.open => {
                    self.report
                        .open
                        .extend(first_place(&patch).map(|site| site.0));
                }
                several => {
                    let what = if several.is_empty() { "no" } else { "multiple" };
                    let shown = id.show();
                    let why = format!(
                        "no resource matches strategic merge patch \"{shown}\": {what} matches for Id {shown}; failed to find unique target for patch {shown}"
                    );
                    let at = patch.at(&["metadata", "name"]).and_then(first_place);
                    self.problem(Fail::refused(why, at), first_place(&patch));
                }
            }
        }
    }

    /// Merges a patch into an object; kind, name and namespace stay its own.
    fn strategic(&mut self, patch: &Node, options: Options, index: usize, made: &mut Accumulated) {
        let resource = &mut made.resources[index];
        self.files.looks_into(resource);
        let before = resource.id();
        if options.rename || options.retype {
            resource.remember();
        }
        let schema = Schema::of(&Gvk::of(&resource.node));
        match merge(&resource.node, patch, schema, self.meter) {
            Ok(Some(node)) if !node.is_empty() => {
                resource.node = node;
                if !options.retype {
                    resource.node.set("kind", Node::made(&before.gvk.kind));
                }
                restore(resource, &before, options);
            }
            Ok(_) => {
                made.resources.remove(index);
            }
            Err(fail) => self.problem(fail, first_place(patch)),
        }
    }

    fn replicas(&mut self, item: &Node, made: &Accumulated) {
        const KINDS: [&str; 4] = [
            "Deployment",
            "ReplicationController",
            "ReplicaSet",
            "StatefulSet",
        ];
        let Some(name) = text_of(item, "name") else {
            return;
        };
        let text = name.to_string();
        let found = made.resources.iter().any(|resource| {
            let gvk = &resource.id().gvk;
            let configured = |field: &FieldSpec| gvk.is_selected(&field.gvk);
            (KINDS.contains(&&*gvk.kind) || made.replica_fields.iter().any(configured))
                && resource.ids().iter().any(|id| id.name == text)
        });
        if !found && !made.open {
            let why = format!(
                "resource with name {text} does not match a config with the following GVK [Deployment.[noVer].[noGrp] ReplicationController.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] StatefulSet.[noVer].[noGrp]]"
            );
            self.problem(Fail::refused(why, name.place()), None);
        }
    }

    /// A list of entries, one after the other.
    fn images(&mut self, items: &[Node], fields: &[FieldSpec], made: &mut Accumulated) {
        let entries: Vec<Entry> = items.iter().filter_map(Entry::read).collect();
        let Some(first) = entries.first() else { return };
        let mut index = match ImageIndex::new(&made.resources, fields, self.meter) {
            Ok(index) => index,
            Err(fail) => {
                made.open = true;
                return self.problem(fail, Some(first.site));
            }
        };
        for entry in entries {
            let site = entry.site;
            let changed = match index.apply(&entry, &mut made.resources, self.meter) {
                Ok(changed) => changed,
                Err(fail) => {
                    made.open = true;
                    return self.problem(fail, Some(site));
                }
            };
            if !entry.changes() {
                continue;
            }
            let used = self.report.entries.entry(site).or_default();
            used.shown = entry.name;
            used.hit |= changed;
            used.open |= made.open;
            if !used.hit {
                used.candidates.extend(index.shown.iter().cloned());
            }
        }
    }

    fn replacement(&mut self, target: &Target<'_>, item: &Node, made: &mut Accumulated) {
        let whole = match text_of(item, "path") {
            Some(path) => match self.file(target, path) {
                Some((file, documents)) => {
                    self.report.used.insert(file);
                    documents.to_vec()
                }
                None => return,
            },
            None => vec![item.clone()],
        };
        for item in whole {
            let several = match &item {
                Node::Seq(items) => items.to_vec(),
                _ => vec![item],
            };
            for one in several {
                let with = (self.files, self.meter);
                let applied = replacements::apply(&mut made.resources, &one, with);
                match applied {
                    Err(Fail::Refused { .. }) if made.open => {}
                    Err(fail) => self.problem(fail, first_place(&one)),
                    Ok(()) => {}
                }
            }
        }
    }
}

/// `options` of a patch.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    rename: bool,
    retype: bool,
}

impl Options {
    fn read(item: &Node) -> Self {
        let on = |key: &str| {
            field(item, "options")
                .and_then(|options| field(options, key))
                .and_then(Node::string)
                .is_some_and(|text| text == "true")
        };
        Options {
            rename: on("allowNameChange"),
            retype: on("allowKindChange"),
        }
    }
}

fn restore(resource: &mut Resource, before: &Id, options: Options) {
    let old = |key: &str, text: &str| {
        let metadata = resource.node.at(&["metadata", key]);
        metadata.and_then(Node::string).as_deref() != Some(text)
    };
    let (rename, space) = (
        !options.rename && old("name", &before.name),
        old("namespace", &before.namespace),
    );
    let Some(metadata) = resource.node.get_mut("metadata") else {
        return;
    };
    if rename {
        metadata.set("name", Node::made(&before.name));
    }
    if space && before.namespace.is_empty() {
        metadata.remove("namespace");
    } else if space {
        metadata.set("namespace", Node::made(&before.namespace));
    }
}

/// The objects of a patch, lists of them included.
fn collect_objects(node: &Node, out: &mut Vec<Node>, depth: u32) {
    let list = node
        .string_at(&["kind"])
        .is_some_and(|kind| kind.ends_with("List"));
    match node.get("items").filter(|_| list && depth < 8) {
        Some(items) => {
            for item in items.items() {
                collect_objects(item, out, depth + 1);
            }
        }
        None => out.push(node.clone()),
    }
}

fn set_namespace(resources: &mut [Resource], namespace: &Text) {
    for resource in resources {
        let id = resource.id();
        if id.gvk.kind == "Namespace" && id.gvk.group.is_empty() {
            resource.remember();
            if let Some(metadata) = resource.node.get_mut("metadata") {
                metadata.set("name", Node::text(namespace.clone()));
            }
            continue;
        }
        if id.is_cluster_scoped() {
            continue;
        }
        resource.remember();
        if resource.node.get("metadata").is_none() {
            resource.node.set("metadata", Node::map());
        }
        if let Some(metadata) = resource.node.get_mut("metadata") {
            metadata.set("namespace", Node::text(namespace.clone()));
        }
    }
}

/// Adds a prefix or a suffix to the names of all objects that take one.
fn rename(resources: &mut [Resource], prefix: Option<&Text>, suffix: Option<&Text>) {
    if prefix.is_none() && suffix.is_none() {
        return;
    }
    for resource in resources {
        let id = resource.original();
        if matches!(&*id.gvk.kind, "CustomResourceDefinition" | "Namespace")
            || (id.gvk.kind == "APIService" && id.gvk.group == "apiregistration.k8s.io")
        {
            continue;
        }
        resource.remember();
        let Some(metadata) = resource.node.get_mut("metadata") else {
            continue;
        };
        let Some(old) = metadata.get("name").and_then(Node::as_text).cloned() else {
            continue;
        };
        let mut name = prefix.cloned().unwrap_or_default();
        name.push(old);
        name.push(suffix.cloned().unwrap_or_default());
        metadata.set("name", Node::text(name));
    }
}

fn add_metadata(resources: &mut [Resource], key: &str, pairs: &Node) {
    for resource in resources {
        if resource.node.get("metadata").is_none() {
            resource.node.set("metadata", Node::map());
        }
        let Some(metadata) = resource.node.get_mut("metadata") else {
            continue;
        };
        if !matches!(metadata.get(key), Some(Node::Map(_))) {
            metadata.set(key, Node::map());
        }
        if let Some(map) = metadata.get_mut(key) {
            for (name, value) in pairs.pairs() {
                map.set(name, value.clone());
            }
        }
    }
}

/// Names in workloads and service accounts that follow the objects they mean (`builtinpluginconsts/namereference.go`), as
/// far as pull secrets depend on them.
pub fn follow_names(resources: &mut [Resource]) {
    let mut renamed = std::collections::HashMap::new();
    let mut kinds = BTreeSet::new();
    for resource in resources.iter().filter(|one| !one.earlier.is_empty()) {
        let now = resource.id();
        if !matches!(&*now.gvk.kind, "ServiceAccount" | "Secret") {
            continue;
        }
        kinds.insert(now.gvk.kind.clone());
        for old in &resource.earlier {
            if old.name != now.name {
                let key = (now.gvk.kind.clone(), old.name.clone());
                renamed.insert(key, now.name.clone());
            }
        }
    }
    if renamed.is_empty() {
        return;
    }
    let find = |kind: &str, node: &Node| -> Option<Node> {
        let name = node.string()?;
        let new = renamed.get(&(kind.to_owned(), name))?;
        Some(Node::made(new))
    };
    for resource in resources {
        for way in [
            "spec/template/spec",
            "spec",
            "spec/jobTemplate/spec/template/spec",
            "",
        ] {
            let path = |tail: &str| {
                let whole = format!("{way}/{tail}");
                FieldSpec::everywhere(whole.trim_start_matches('/'))
            };
            for (tail, kind) in [
                ("serviceAccountName", "ServiceAccount"),
                ("imagePullSecrets/name", "Secret"),
                ("secrets/name", "Secret"),
            ] {
                let spec = path(tail);
                if spec.finds(&resource.node, &mut |node| find(kind, node).is_some()) {
                    spec.change(&mut resource.node, &mut |node| {
                        if let Some(new) = find(kind, node) {
                            *node = new;
                        }
                    });
                }
            }
        }
    }
}
