//! Linking as a whole, over facts that a small builder makes; each kind of meaning has its tests beside.

mod builds;
mod parameters;
mod pull_secrets;
mod streams;

use super::*;
use crate::extract::{Extractor, Sink};
use image_lint_model::fact::Fact;
use image_lint_model::mention::{Definition, Excerpt, NamedIn, Scope, StreamKind};
use image_lint_model::object::{BuildConfig, ImageStream, Object, StreamTag, Trigger, Workload};
use image_lint_model::value::{Syntax, Value};
use image_lint_text::source::{Place, Position, SourceFile, Span};

/// A mention of an image in a Kubernetes object.
pub(crate) fn mention_of(value: Value) -> Mention {
    Mention {
        written: None,
        place: place(0, 1),
        value,
        expect: Expect::Image,
        role: Role::Run,
        source: SourceKind::Kubernetes,
        field: "image".into(),
        named_in: NamedIn::Field,
        scope: None,
        object: None,
        container: None,
        also: Vec::new(),
        tag_at: None,
        condition: None,
        deployed_by: Vec::new(),
        excerpt: Excerpt::default(),
    }
}

/// A place on a line of a file.
fn place(file: u32, line: u32) -> Place {
    let start = Position {
        line,
        column: 1,
        column_utf16: 1,
    };
    Place {
        file: FileId(file),
        start,
        end: start,
        span: Span {
            start: line * 10,
            end: line * 10 + 1,
        },
    }
}

/// A repository made by hand; the line of a mention is its number in the file.
#[derive(Default)]
struct Repo {
    files: Vec<(FileId, RepoPath, Extraction)>,
}

impl Repo {
    fn file(&mut self, path: &str) -> &mut Self {
        let id = FileId(self.files.len() as u32);
        self.files.push((
            id,
            RepoPath::from_bytes(path.as_bytes()),
            Extraction::default(),
        ));
        self
    }

    fn last(&mut self) -> (u32, &mut Extraction) {
        let id = self.files.len() as u32 - 1;
        (id, &mut self.files.last_mut().expect("a file").2)
    }

    fn mention(&mut self, value: Value, change: impl FnOnce(&mut Mention)) -> u32 {
        let (file, extraction) = self.last();
        let index = extraction.mentions.len() as u32;
        let mut mention = mention_of(value);
        mention.place = place(file, index + 1);
        change(&mut mention);
        extraction.mentions.push(mention);
        index
    }

    fn image(&mut self, text: &str) -> u32 {
        self.mention(Value::literal(text), |_| {})
    }

    fn object(&mut self, name: &str, namespace: Option<&str>, facts: Facts) -> u32 {
        let (file, extraction) = self.last();
        let index = extraction.objects.len() as u32;
        extraction.objects.push(Object {
            place: place(file, 100 + index),
            kind: "X".into(),
            api_version: "v1".into(),
            name: Value::literal(name),
            namespace: namespace.map(Value::literal),
            facts,
        });
        index
    }

    fn define(&mut self, scope: u32, name: &str, value: Option<Value>, kind: OriginKind) {
        let (file, extraction) = self.last();
        let place = place(file, 50 + extraction.definitions.len() as u32);
        extraction.definitions.push(Definition {
            scope,
            name: name.into(),
            value,
            kind,
            place,
        });
    }

    fn link(&self) -> Repository {
        self.link_with(&Values::new())
    }

    fn link_with(&self, values: &Values) -> Repository {
        link(self.files.clone(), values)
    }

    /// `PATH:LINE STATUS REFERENCE[, asked][, REMARK@LINE …]` of each mention.
    fn show(&self) -> Vec<String> {
        self.link().mentions.iter().map(|m| self.line(m)).collect()
    }

    fn line(&self, linked: &LinkedMention) -> String {
        let path = self.files[linked.mention.place.file.0 as usize]
            .1
            .to_text()
            .into_owned();
        let mut line = format!(
            "{path}:{} {}",
            linked.mention.place.start.line,
            linked.text.status()
        );
        match &linked.text {
            Text::Known(reference) => line.push_str(&format!(" {reference}")),
            Text::Open(open) => {
                line.push_str(&format!(
                    " {}",
                    open.iter().map(|o| &*o.name).collect::<Vec<_>>().join(",")
                ));
            }
            Text::Stream { name, defined } => {
                line.push_str(&format!(
                    " {}:{}",
                    name.name,
                    name.tag.as_deref().unwrap_or("")
                ));
                if let Some(place) = defined {
                    line.push_str(&format!(" defined@{}", place.start.line));
                }
            }
            _ => {}
        }
        if linked.asked {
            line.push_str(", asked");
        }
        for fact in &linked.facts {
            let (word, place) = match fact {
                Fact::BuiltHere { place, .. } => ("BuiltHere", Some(*place)),
                Fact::UsedBy { place, .. } => ("UsedBy", Some(*place)),
                Fact::Rewritten { by, .. } => ("Rewritten", *by),
                Fact::TriggeredBy { place } => ("Triggered", Some(*place)),
                Fact::Mirrored { place, .. } => ("Mirrored", Some(*place)),
                Fact::StreamOf { place } | Fact::BuildContext { place } => ("Note", Some(*place)),
                Fact::PullSecret(_) => ("PullSecret", None),
                Fact::NoPullSecret(none) => ("NoPullSecret", none.place),
                Fact::Platforms(_) => ("Platform", None),
                Fact::Blank => ("Blank", None),
                Fact::ReplacedFrom { place } => ("ReplacedFrom", Some(*place)),
                Fact::FilledIn { place } => ("FilledIn", Some(*place)),
                Fact::NoStreamName(_) => ("NoStreamName", None),
                Fact::Imported | Fact::RenderedFrom { .. } => continue,
            };
            line.push_str(&format!(", {word}"));
            if let Some(place) = place {
                line.push_str(&format!("@{}:{}", place.file.0, place.start.line));
            }
        }
        line
    }
}

fn dockerfile(repo: &mut Repo, path: &str, text: &str) {
    let id = FileId(repo.files.len() as u32);
    let file = SourceFile::new(id, RepoPath::from_bytes(path.as_bytes()), text.to_owned());
    let mut sink = Sink::new(&file);
    crate::extract::dockerfile::Dockerfile.extract(&file, &mut sink);
    repo.files.push((id, file.path.clone(), sink.finish()));
}

fn variable(written: &str, name: &str, syntax: Syntax) -> Value {
    let mut value = Value::default();
    value.push_variable(name, written, syntax);
    value
}

fn joined(first: &str, then: Value) -> Value {
    let mut value = Value::literal(first);
    value.pieces.extend(then.pieces);
    value
}

fn all(scope: u32) -> Option<Scope> {
    Some(Scope {
        id: scope,
        upto: u32::MAX,
    })
}

fn stream_tag(name: &str, image: Option<u32>, alias: Option<&str>) -> StreamTag {
    StreamTag {
        name: Value::literal(name),
        place: place(0, 90),
        image,
        alias: alias.map(|to| (Value::literal(to), None)),
    }
}

fn stream_mention(repo: &mut Repo, text: &str, namespace: Option<&str>) {
    let expect = Expect::Stream {
        kind: StreamKind::ImageStreamTag,
        namespace: namespace.map(Into::into),
    };
    repo.mention(Value::literal(text), |m| {
        m.role = Role::Stream;
        m.expect = expect;
    });
}

#[test]
fn only_what_nothing_can_change_is_asked_early() {
    let mut repo = Repo::default();
    repo.file("x.yaml");
    let workload = Workload {
        triggers: vec![Trigger {
            place: place(0, 80),
            containers: Vec::new(),
            from: Value::literal("a:1"),
            namespace: None,
        }],
        ..Workload::default()
    };
    let dc = repo.object("dc", None, Facts::Workload(workload));
    repo.image("quay.io/a/b:1");
    repo.image("quay.io/a/b:1");
    repo.image("short:1");
    repo.mention(Value::literal("quay.io/a/triggered"), |m| {
        m.object = Some(dc)
    });
    repo.mention(Value::literal("quay.io/a/out"), |m| m.role = Role::Push);
    repo.mention(Value::literal("quay.io/a/ci"), |m| m.role = Role::Ci);
    repo.mention(Value::literal("quay.io/a/$X"), |_| {});
    let asked = |repo: &Repo, rewrites: bool| -> Vec<String> {
        let (_, path, extraction) = &repo.files[repo.files.len() - 1];
        early(path, extraction, &Values::new(), rewrites)
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(
        asked(&repo, false),
        ["quay.io/a/b:1", "quay.io/a/ci:latest"]
    );
    assert_eq!(asked(&repo, true), ["quay.io/a/ci:latest"]);
    dockerfile(
        &mut repo,
        "Dockerfile",
        "ARG V=1\nFROM a:$V\nFROM b\nFROM c:${X:-1}\n",
    );
    assert_eq!(
        asked(&repo, true),
        ["docker.io/library/b:latest", "docker.io/library/c:1"]
    );
}

#[test]
fn the_order_of_files_does_not_matter() {
    let mut repo = Repo::default();
    for i in 0..40 {
        repo.file(&format!("f{:02}.yaml", (i * 7) % 40));
        let image = repo.image(&format!("quay.io/a/x:{i}"));
        let tags = vec![stream_tag("1", Some(image), None)];
        repo.object(
            "x",
            None,
            Facts::ImageStream(ImageStream {
                tags,
                lookup_local: true,
            }),
        );
        repo.image("x:1");
    }
    let forward = repo.show();
    let mut turned = repo.files.clone();
    turned.reverse();
    let turned: Vec<_> = link(turned, &Values::new())
        .mentions
        .iter()
        .map(|m| repo.line(m))
        .collect();
    assert_eq!(forward, turned);
    assert!(forward.is_sorted_by_key(|line| line.split(' ').next().map(str::to_owned)));
}

#[test]
fn a_hundred_thousand_mentions_take_linear_time() {
    let mut repo = Repo::default();
    for f in 0..100 {
        let path = format!("base/f{f}.yaml");
        repo.file(&path);
        let image = repo.image("quay.io/a/x:1");
        let tags = vec![stream_tag("1", Some(image), None)];
        repo.object(
            "x",
            None,
            Facts::ImageStream(ImageStream {
                tags,
                lookup_local: true,
            }),
        );
        let workload = repo.object("w", None, Facts::Workload(Workload::default()));
        for i in 0..1000 {
            repo.mention(Value::literal(&format!("app{i}:1")), |m| {
                m.object = Some(workload)
            });
        }
        stream_mention(&mut repo, "x:1", None);
    }
    let (linked, took) = crate::processor_time::of(|| repo.link());
    assert_eq!(linked.mentions.iter().filter(|m| !m.asked).count(), 100);
    assert!(took.as_secs() < 20, "{took:?}");
}
