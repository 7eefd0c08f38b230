use super::*;
use crate::extract::{Extractor, Sink};
use crate::model::mention::{Definition, Excerpt, Scope, StreamKind};
use crate::model::object::{
    BuildConfig, ImageStream, Kustomization, KustomizeImage, Object, StreamTag, Trigger, Workload,
};
use crate::model::source::{Place, Position, SourceFile, Span};
use crate::model::value::{Syntax, Value};

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
        scope: None,
        object: None,
        container: None,
        also: Vec::new(),
        excerpt: Excerpt::default(),
    }
}

/// A place on a line of a file.
fn place(file: u32, line: u32) -> Place {
    let start = Position { line, column: 1, column_utf16: 1 };
    Place { file: FileId(file), start, end: start, span: Span { start: line * 10, end: line * 10 + 1 } }
}

/// A repository made by hand; the line of a mention is its number in the file.
#[derive(Default)]
struct Repo {
    files: Vec<(FileId, RepoPath, Extraction)>,
}

impl Repo {
    fn file(&mut self, path: &str) -> &mut Self {
        let id = FileId(self.files.len() as u32);
        self.files.push((id, RepoPath::from_bytes(path.as_bytes()), Extraction::default()));
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
        extraction.definitions.push(Definition { scope, name: name.into(), value, kind, place });
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
        let path = self.files[linked.mention.place.file.0 as usize].1.to_text().into_owned();
        let mut line = format!("{path}:{} {}", linked.mention.place.start.line, linked.text.status());
        match &linked.text {
            Text::Known(reference) => line.push_str(&format!(" {reference}")),
            Text::Open(open) => {
                line.push_str(&format!(" {}", open.iter().map(|o| &*o.name).collect::<Vec<_>>().join(",")));
            }
            Text::Stream { name, defined } => {
                line.push_str(&format!(" {}:{}", name.name, name.tag.as_deref().unwrap_or("")));
                if let Some(place) = defined {
                    line.push_str(&format!(" defined@{}", place.start.line));
                }
            }
            _ => {}
        }
        if linked.asked {
            line.push_str(", asked");
        }
        for remark in &linked.remarks {
            line.push_str(&format!(", {:?}", remark.kind));
            if let Some(place) = remark.place {
                line.push_str(&format!("@{}:{}", place.file.0, place.start.line));
            }
        }
        line
    }
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
    Some(Scope { id: scope, upto: u32::MAX })
}

#[test]
fn parameters_are_seen_in_their_scope_only() {
    let mut repo = Repo::default();
    repo.file("t.yaml");
    repo.define(0, "IMAGE", Some(Value::literal("quay.io/a/b")), OriginKind::TemplateParameter);
    repo.define(0, "TAG", None, OriginKind::TemplateParameter);
    repo.define(1, "TAG", Some(Value::literal("2")), OriginKind::TemplateParameter);
    repo.define(2, "image", Some(Value::literal("a:1")), OriginKind::TektonParam);
    repo.define(3, "inputs.parameters.i", Some(Value::literal("a:2")), OriginKind::ArgoParameter);
    let template = |name: &str| variable(&format!("${{{name}}}"), name, Syntax::Template);
    repo.mention(template("IMAGE"), |m| m.scope = all(0));
    repo.mention(joined("a:", template("TAG")), |m| m.scope = all(0));
    repo.mention(joined("a:", template("TAG")), |m| m.scope = all(1));
    repo.mention(joined("a:", template("TAG")), |m| m.scope = None);
    repo.mention(variable("$(params.image)", "params.image", Syntax::Tekton), |m| m.scope = all(2));
    repo.mention(variable("{{inputs.parameters.i}}", "inputs.parameters.i", Syntax::Argo), |m| m.scope = all(3));
    assert_eq!(
        repo.show(),
        [
            "t.yaml:1 known quay.io/a/b:latest, asked",
            "t.yaml:2 open TAG",
            "t.yaml:3 known docker.io/library/a:2, asked",
            "t.yaml:4 open TAG",
            "t.yaml:5 known docker.io/library/a:1, asked",
            "t.yaml:6 known docker.io/library/a:2, asked",
        ]
    );
    let linked = repo.link();
    assert_eq!(linked.mentions[0].parts[0].origin.place, Some(place(0, 50)));
    let Text::Open(open) = &linked.mentions[1].text else { panic!("open") };
    assert_eq!(open[0].declared_at, Some(place(0, 51)));
    let values: Values = [("TAG", "9"), ("image", "c")].into_iter().collect();
    let linked = repo.link_with(&values);
    let lines: Vec<_> = linked.mentions.iter().map(|m| repo.line(m)).collect();
    assert_eq!(lines[1], "t.yaml:2 known docker.io/library/a:9, asked");
    assert_eq!(lines[2], "t.yaml:3 known docker.io/library/a:9, asked", "the command line wins");
    assert_eq!(lines[4], "t.yaml:5 known docker.io/library/c:latest, asked");
    assert_eq!(linked.mentions[1].parts[0].origin.kind, OriginKind::CommandLine);
}

#[test]
fn assignments_count_up_to_the_mention_and_circles_end() {
    let mut repo = Repo::default();
    repo.file("x.sh");
    repo.define(0, "X", Some(Value::literal("a")), OriginKind::Assignment);
    repo.define(0, "X", Some(joined("q/", variable("$X", "X", Syntax::Shell))), OriginKind::Assignment);
    repo.define(1, "A", Some(variable("$B", "B", Syntax::Shell)), OriginKind::Assignment);
    repo.define(1, "B", Some(variable("$A", "A", Syntax::Shell)), OriginKind::Assignment);
    let x = || variable("$X", "X", Syntax::Shell);
    repo.mention(x(), |m| m.scope = Some(Scope { id: 0, upto: 1 }));
    repo.mention(x(), |m| m.scope = Some(Scope { id: 0, upto: 2 }));
    repo.mention(variable("$A", "A", Syntax::Shell), |m| m.scope = all(1));
    assert_eq!(
        repo.show(),
        ["x.sh:1 known docker.io/library/a:latest, asked", "x.sh:2 known docker.io/q/a:latest, asked", "x.sh:3 open A",]
    );
}

#[test]
fn a_template_around_a_dockerfile_puts_its_parameters_in_first() {
    let mut repo = Repo::default();
    repo.file("t.yaml");
    repo.define(0, "V", Some(Value::literal("template")), OriginKind::TemplateParameter);
    repo.define(1, "V", Some(Value::literal("arg")), OriginKind::DockerfileArg);
    repo.last().1.enclosed.push((1, Scope { id: 0, upto: u32::MAX }));
    repo.mention(joined("a:", variable("${V}", "V", Syntax::Shell)), |m| m.scope = all(1));
    repo.mention(joined("a:", variable("$V", "V", Syntax::Shell)), |m| m.scope = all(1));
    let lines = repo.show();
    assert_eq!(lines[0], "t.yaml:1 known docker.io/library/a:template, asked");
    assert_eq!(lines[1], "t.yaml:2 known docker.io/library/a:arg, asked");
}

#[test]
fn a_chart_gives_its_values_the_app_version() {
    let mut repo = Repo::default();
    repo.file("chart/Chart.yaml");
    repo.define(0, "Chart.AppVersion", Some(Value::literal("1.2")), OriginKind::HelmChart);
    let tagless = || joined("a:", variable("{{ .Chart.AppVersion }}", "Chart.AppVersion", Syntax::Braces));
    repo.file("chart/values.yaml").mention(tagless(), |_| {});
    repo.file("chart/ci/values-x.yaml").mention(tagless(), |_| {});
    repo.file("other/values.yaml").mention(tagless(), |_| {});
    assert_eq!(
        repo.show(),
        [
            "chart/ci/values-x.yaml:1 known docker.io/library/a:1.2, asked",
            "chart/values.yaml:1 known docker.io/library/a:1.2, asked",
            "other/values.yaml:1 open Chart.AppVersion",
        ]
    );
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
    let expect = Expect::Stream { kind: StreamKind::ImageStreamTag, namespace: namespace.map(Into::into) };
    repo.mention(Value::literal(text), |m| {
        m.role = Role::Stream;
        m.expect = expect;
    });
}

#[test]
fn a_stream_leads_to_its_image_through_aliases() {
    let mut repo = Repo::default();
    repo.file("is.yaml");
    let image = repo.image("quay.io/a/python:3.12");
    let tags = vec![
        stream_tag("3.12", Some(image), None),
        stream_tag("latest", None, Some("3.12")),
        stream_tag("other", None, Some("python:latest")),
        stream_tag("circle", None, Some("circle")),
    ];
    repo.object("python", None, Facts::ImageStream(ImageStream { tags, lookup_local: false }));
    repo.file("bc.yaml");
    stream_mention(&mut repo, "python:other", Some("openshift"));
    stream_mention(&mut repo, "python:circle", None);
    stream_mention(&mut repo, "python:absent", None);
    stream_mention(&mut repo, "ruby:2", Some("openshift"));
    assert_eq!(
        repo.show(),
        [
            "bc.yaml:1 stream python:other defined@90",
            "bc.yaml:2 stream python:circle defined@90",
            "bc.yaml:3 stream python:absent defined@100",
            "bc.yaml:4 stream ruby:2",
            "is.yaml:1 known quay.io/a/python:3.12, asked, UsedBy@1:1",
        ]
    );
}

#[test]
fn a_tag_alone_follows_another_tag_of_its_own_stream() {
    let mut repo = Repo::default();
    repo.file("is.yaml");
    let image = repo.image("quay.io/a/python:3.12");
    let tags = vec![stream_tag("3.12", Some(image), None), stream_tag("latest", None, Some("3.12"))];
    let stream = repo.object("python", None, Facts::ImageStream(ImageStream { tags, lookup_local: false }));
    stream_mention(&mut repo, "3.12", None);
    repo.last().1.mentions[1].object = Some(stream);
    assert_eq!(
        repo.show(),
        ["is.yaml:1 known quay.io/a/python:3.12, asked, UsedBy@0:2", "is.yaml:2 stream python:3.12 defined@90",]
    );
}

#[test]
fn the_nearest_stream_of_a_name_is_meant() {
    let mut repo = Repo::default();
    for folder in ["a", "b"] {
        repo.file(&format!("{folder}/is.yaml"));
        let image = repo.image(&format!("quay.io/{folder}/x:1"));
        let tags = vec![stream_tag("1", Some(image), None)];
        repo.object("x", None, Facts::ImageStream(ImageStream { tags, lookup_local: false }));
    }
    repo.file("b/bc.yaml");
    stream_mention(&mut repo, "x:1", None);
    let lines = repo.show();
    assert!(!lines[0].contains("UsedBy"), "{lines:?}");
    assert!(lines[2].contains("UsedBy@2:1"), "{lines:?}");
}

#[test]
fn a_triggered_container_is_the_streams_business() {
    let mut repo = Repo::default();
    repo.file("dc.yaml");
    let image = repo.image("quay.io/a/b:1");
    let tags = vec![stream_tag("latest", Some(image), None)];
    repo.object("app", Some("p"), Facts::ImageStream(ImageStream { tags, lookup_local: false }));
    let trigger = Trigger {
        place: place(0, 80),
        containers: vec!["web".into()],
        from: Value::literal("app:latest"),
        namespace: None,
    };
    let workload = Workload { triggers: vec![trigger], pull_secrets: vec![Value::literal("s")], ..Workload::default() };
    let dc = repo.object("app", Some("p"), Facts::Workload(workload));
    for name in ["web", "side"] {
        repo.mention(Value::literal("placeholder"), |m| {
            m.object = Some(dc);
            m.container = Some(name.into());
        });
    }
    let lines = repo.show();
    assert_eq!(lines[0], "dc.yaml:1 known quay.io/a/b:1, asked, UsedBy@0:2");
    assert_eq!(lines[1], "dc.yaml:2 stream app:latest defined@90, Triggered@0:80");
    assert!(lines[2].starts_with("dc.yaml:3 known docker.io/library/placeholder:latest, asked"), "{}", lines[2]);
}

#[test]
fn local_lookup_answers_short_names_of_its_namespace() {
    let mut repo = Repo::default();
    repo.file("x.yaml");
    let image = repo.image("quay.io/a/b:1");
    let tags = vec![stream_tag("1", Some(image), None)];
    repo.object("app", Some("p"), Facts::ImageStream(ImageStream { tags, lookup_local: true }));
    let mut workload = |namespace: &str, text: &str| {
        let object = repo.object("w", Some(namespace), Facts::Workload(Workload::default()));
        repo.mention(Value::literal(text), |m| m.object = Some(object));
    };
    workload("p", "app:1");
    workload("p", "app:2");
    workload("q", "app:1");
    workload("p", "library/app:1");
    let status: Vec<_> = repo.link().mentions.iter().map(|m| m.text.status()).collect();
    assert_eq!(status, ["known", "stream", "known", "known", "known"]);
}

#[test]
fn the_clusters_registry_is_the_stream_of_that_name() {
    let mut repo = Repo::default();
    repo.file("x.yaml");
    let image = repo.image("quay.io/a/b:1");
    let tags = vec![stream_tag("1", Some(image), None)];
    repo.object("app", Some("p"), Facts::ImageStream(ImageStream { tags, lookup_local: false }));
    repo.image("docker-registry.default.svc:5000/p/app:1");
    repo.image("docker-registry.default.svc:5000/q/app:1");
    assert_eq!(
        repo.show(),
        ["x.yaml:1 known quay.io/a/b:1, asked, UsedBy@0:2", "x.yaml:2 internal, Note@0:90", "x.yaml:3 internal",]
    );
}

fn entry(file: u32, line: u32, name: &str, new_name: Option<&str>, new_tag: Option<&str>) -> KustomizeImage {
    KustomizeImage {
        place: place(file, line),
        name: name.into(),
        new_name: new_name.map(Into::into),
        new_tag: new_tag.map(Into::into),
        digest: None,
        tag_suffix: None,
        mention: None,
    }
}

fn kustomization(repo: &mut Repo, path: &str, resources: &[&str], images: Vec<KustomizeImage>) {
    repo.file(path);
    let resources = resources.iter().map(|r| (*r).into()).collect();
    repo.object("", None, Facts::Kustomization(Kustomization { images, resources }));
}

#[test]
fn a_base_is_rewritten_when_every_way_to_it_rewrites_it() {
    let mut repo = Repo::default();
    repo.file("base/d.yaml");
    repo.image("web:1");
    repo.image("db:1");
    repo.image("IMAGE");
    kustomization(&mut repo, "base/kustomization.yaml", &["d.yaml"], vec![]);
    let one = vec![
        entry(2, 1, "web", None, Some("2")),
        entry(2, 2, "db", None, Some("2")),
        entry(2, 3, "IMAGE", Some("x"), None),
    ];
    kustomization(&mut repo, "dev/kustomization.yaml", &["../base"], one);
    let two = vec![entry(3, 1, "web", Some("q.io/web"), None), entry(3, 3, "IMAGE", Some("x"), None)];
    kustomization(&mut repo, "prod/kustomization.yaml", &["../base/"], two);
    assert_eq!(
        repo.show(),
        [
            "base/d.yaml:1 known docker.io/library/web:1, Rewritten@2:1",
            "base/d.yaml:2 known docker.io/library/db:1, asked",
            "base/d.yaml:3 local, Rewritten@2:3",
        ]
    );
}

#[test]
fn an_entry_without_a_tag_takes_that_of_its_bases() {
    let mut repo = Repo::default();
    repo.file("base/d.yaml");
    repo.image("web:1");
    repo.image("db:1");
    repo.image("db:2");
    let images = |file| {
        ["web", "db", "absent"]
            .iter()
            .enumerate()
            .map(|(i, name)| {
                let mut image = entry(file, i as u32, name, Some("q.io/x"), None);
                image.mention = Some(i as u32);
                image
            })
            .collect()
    };
    kustomization(&mut repo, "kustomization.yaml", &["base/d.yaml"], images(1));
    for _ in 0..3 {
        repo.mention(Value::literal("q.io/x"), |m| {
            m.expect = Expect::Repository;
            m.source = SourceKind::Kustomize;
        });
    }
    let lines = repo.show();
    assert_eq!(lines[3], "kustomization.yaml:1 known q.io/x:1, asked");
    assert_eq!(lines[4], "kustomization.yaml:2 known q.io/x, asked", "the bases disagree");
    assert_eq!(lines[5], "kustomization.yaml:3 known q.io/x, asked", "no base has it");
}

#[test]
fn kustomizations_in_a_circle_end() {
    let mut repo = Repo::default();
    repo.file("a/d.yaml").image("web:1");
    kustomization(&mut repo, "a/kustomization.yaml", &["d.yaml", "../b", "."], vec![]);
    kustomization(&mut repo, "b/kustomization.yaml", &["../a"], vec![]);
    assert_eq!(repo.show(), ["a/d.yaml:1 known docker.io/library/web:1, asked"]);
}

#[test]
fn pull_secrets_come_from_the_workload_or_its_account() {
    let secret = |hosts: &[&str]| Facts::PullSecret { hosts: hosts.iter().map(|h| (*h).into()).collect() };
    let account =
        |names: &[&str]| Facts::ServiceAccount { pull_secrets: names.iter().map(|n| Value::literal(n)).collect() };
    let mut repo = Repo::default();
    repo.file("x.yaml");
    repo.object("quay", Some("p"), secret(&["https://quay.io/v1"]));
    repo.object("puller", Some("p"), account(&["quay"]));
    repo.object("plain", Some("p"), account(&[]));
    let mut workload = |namespace: Option<&str>, account: Option<&str>, secrets: &[&str], image: &str| {
        let workload = Workload {
            service_account: account.map(Value::literal),
            pull_secrets: secrets.iter().map(|s| Value::literal(s)).collect(),
            triggers: Vec::new(),
        };
        let object = repo.object("w", namespace, Facts::Workload(workload));
        repo.mention(Value::literal(image), |m| m.object = Some(object));
    };
    workload(Some("p"), None, &["quay"], "quay.io/a/b");
    workload(Some("p"), None, &["elsewhere"], "quay.io/a/b");
    workload(Some("p"), Some("puller"), &[], "quay.io/a/b");
    workload(Some("p"), Some("plain"), &[], "quay.io/a/b");
    workload(Some("p"), None, &[], "quay.io/a/b");
    workload(Some("p"), Some("puller"), &[], "ghcr.io/a/b");
    workload(Some("q"), Some("puller"), &[], "quay.io/a/b");
    workload(None, Some("puller"), &[], "quay.io/a/b");
    let linked = repo.link();
    let got: Vec<_> = linked.mentions.iter().map(|m| (m.remarks[0].kind, &*m.remarks[0].text)).collect();
    use RemarkKind::{NoPullSecret, PullSecret};
    assert_eq!(
        got,
        [
            (PullSecret, "the workload names the pull secret `quay`, which the repository has"),
            (PullSecret, "the workload names the pull secret `elsewhere`, which is not in the repository"),
            (PullSecret, "its ServiceAccount `puller` names the pull secret `quay`, which the repository has"),
            (NoPullSecret, "neither the workload nor its ServiceAccount `plain` names a pull secret"),
            (NoPullSecret, "neither the workload nor its ServiceAccount `default` names a pull secret"),
            (
                NoPullSecret,
                "the pull secrets of the workload and its ServiceAccount `puller` serve other registries (`quay`: https://quay.io/v1)"
            ),
            (NoPullSecret, "neither the workload nor its ServiceAccount `puller` names a pull secret"),
            (PullSecret, "its ServiceAccount `puller` names the pull secret `quay`, which the repository has"),
        ]
    );
}

#[test]
fn names_that_the_repository_pushes_are_built_here() {
    let mut repo = Repo::default();
    repo.file("build.sh");
    let push = |m: &mut Mention| {
        m.role = Role::Push;
        m.source = SourceKind::Shell;
    };
    repo.mention(Value::literal("quay.io/a/b:1"), push);
    repo.mention(joined("quay.io/a/c:", variable("$V", "V", Syntax::Shell)), push);
    repo.mention(joined("quay.io/a/", variable("$V", "V", Syntax::Shell)), push);
    repo.file("d.yaml");
    for image in ["quay.io/a/b:2", "quay.io/a/c", "quay.io/a/d"] {
        repo.image(image);
    }
    let lines = repo.show();
    assert_eq!(lines[0], "build.sh:1 known quay.io/a/b:1", "an output is not asked");
    assert_eq!(lines[3], "d.yaml:1 known quay.io/a/b:2, asked, BuiltHere@0:1");
    assert_eq!(lines[4], "d.yaml:2 known quay.io/a/c:latest, asked, BuiltHere@0:2");
    assert_eq!(lines[5], "d.yaml:3 known quay.io/a/d:latest, asked");
}

fn dockerfile(repo: &mut Repo, path: &str, text: &str) {
    let id = FileId(repo.files.len() as u32);
    let file = SourceFile::new(id, RepoPath::from_bytes(path.as_bytes()), text.to_owned());
    let mut sink = Sink::new(&file);
    crate::extract::dockerfile::Dockerfile.extract(&file, &mut sink);
    repo.files.push((id, file.path.clone(), sink.finish()));
}

#[test]
fn build_arguments_count_where_all_builds_agree() {
    let mut repo = Repo::default();
    dockerfile(&mut repo, "app/Dockerfile", "ARG V=1\nARG W\nARG D=1\nFROM a:$V\nFROM b:$W\nFROM c:$D\n");
    for w in ["2", "3"] {
        repo.file(&format!("bc{w}.yaml"));
        let build_args = vec![("V".into(), Value::literal("9")), ("W".into(), Value::literal(w))];
        let facts = BuildConfig { build_args, dockerfile: Some("./app/Dockerfile".into()), output_stream: None };
        repo.object("bc", None, Facts::BuildConfig(facts));
    }
    assert_eq!(
        repo.show(),
        [
            "app/Dockerfile:4 known docker.io/library/a:9, asked",
            "app/Dockerfile:5 open W",
            "app/Dockerfile:6 known docker.io/library/c:1, asked",
        ]
    );
}

fn script(repo: &mut Repo, path: &str, text: &str) {
    let id = FileId(repo.files.len() as u32);
    let file = SourceFile::new(id, RepoPath::from_bytes(path.as_bytes()), text.to_owned());
    let mut sink = Sink::new(&file);
    crate::extract::shell::ShellFile.extract(&file, &mut sink);
    repo.files.push((id, file.path.clone(), sink.finish()));
}

#[test]
fn build_arguments_of_commands_reach_the_dockerfile_they_build() {
    let text = "ARG V=1\nFROM a:$V\n";
    for (path, command, expected, why) in [
        ("Dockerfile", "buildah bud --build-arg V=2 -t x .", "a:2", "in the folder of the script"),
        ("app/Dockerfile", "buildah bud --build-arg V=2 -t x app", "a:2", "context"),
        ("app/Dockerfile.x", "buildah bud -f app/Dockerfile.x --build-arg V=2 -t x .", "a:2", "-f"),
        ("app/Dockerfile.x", "buildah bud -f Dockerfile.x --build-arg V=2 -t x app", "a:2", "-f in the context"),
        ("other/Dockerfile", "buildah bud --build-arg V=2 -t x app", "a:1", "another Dockerfile"),
        ("Dockerfile", "buildah bud --build-arg V=$UNKNOWN -t x .", "a:1", "a value that nobody knows"),
        ("Dockerfile", "buildah bud --build-arg V=2 -t x .\nbuildah bud -t y .", "a:1", "two builds that disagree"),
    ] {
        let mut repo = Repo::default();
        dockerfile(&mut repo, path, text);
        script(&mut repo, "build.sh", &format!("#!/bin/sh\n{command}\n"));
        let linked = repo.link();
        let base = linked.mentions.iter().find(|m| &*m.mention.field == "FROM").expect("the base");
        let Text::Known(reference) = &base.text else { panic!("{why}") };
        assert_eq!(reference.to_string(), format!("docker.io/library/{expected}"), "{why}");
    }
}

#[test]
fn the_platform_of_a_from_is_remarked() {
    let mut repo = Repo::default();
    dockerfile(
        &mut repo,
        "Dockerfile",
        "FROM --platform=linux/arm64 a\nFROM --platform=$BUILDPLATFORM b\nFROM --platform=$TARGETPLATFORM c\nFROM d:$TARGETARCH\n",
    );
    let remarks = |values: &Values| -> Vec<String> {
        let linked = repo.link_with(values);
        linked.mentions.iter().map(|m| m.remarks.iter().map(|r| &*r.text).collect::<Vec<_>>().join(",")).collect()
    };
    assert_eq!(remarks(&Values::new()), ["linux/arm64", "", "linux/amd64", ""]);
    let values: Values = [("TARGETPLATFORM", "linux/s390x"), ("TARGETARCH", "s390x")].into_iter().collect();
    assert_eq!(remarks(&values), ["linux/arm64", "", "linux/s390x", ""]);
    assert_eq!(repo.line(&repo.link_with(&values).mentions[3]), "Dockerfile:4 known docker.io/library/d:s390x, asked");
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
    repo.mention(Value::literal("quay.io/a/triggered"), |m| m.object = Some(dc));
    repo.mention(Value::literal("quay.io/a/out"), |m| m.role = Role::Push);
    repo.mention(Value::literal("quay.io/a/ci"), |m| m.role = Role::Ci);
    repo.mention(Value::literal("quay.io/a/$X"), |_| {});
    let asked = |repo: &Repo, rewrites: bool| -> Vec<String> {
        let (_, path, extraction) = &repo.files[repo.files.len() - 1];
        early(path, extraction, &Values::new(), rewrites).iter().map(ToString::to_string).collect()
    };
    assert_eq!(asked(&repo, false), ["quay.io/a/b:1", "quay.io/a/ci:latest"]);
    assert_eq!(asked(&repo, true), ["quay.io/a/ci:latest"]);
    dockerfile(&mut repo, "Dockerfile", "ARG V=1\nFROM a:$V\nFROM b\nFROM c:${X:-1}\n");
    assert_eq!(asked(&repo, true), ["docker.io/library/b:latest", "docker.io/library/c:1"]);
}

#[test]
fn the_order_of_files_does_not_matter() {
    let mut repo = Repo::default();
    for i in 0..40 {
        repo.file(&format!("f{:02}.yaml", (i * 7) % 40));
        let image = repo.image(&format!("quay.io/a/x:{i}"));
        let tags = vec![stream_tag("1", Some(image), None)];
        repo.object("x", None, Facts::ImageStream(ImageStream { tags, lookup_local: true }));
        repo.image("x:1");
    }
    let forward = repo.show();
    let mut turned = repo.files.clone();
    turned.reverse();
    let turned: Vec<_> = link(turned, &Values::new()).mentions.iter().map(|m| repo.line(m)).collect();
    assert_eq!(forward, turned);
    assert!(forward.is_sorted_by_key(|line| line.split(' ').next().map(str::to_owned)));
}

#[test]
fn a_hundred_thousand_mentions_take_linear_time() {
    let mut repo = Repo::default();
    let mut resources = Vec::new();
    for f in 0..100 {
        let path = format!("base/f{f}.yaml");
        resources.push(format!("f{f}.yaml"));
        repo.file(&path);
        let image = repo.image("quay.io/a/x:1");
        let tags = vec![stream_tag("1", Some(image), None)];
        repo.object("x", None, Facts::ImageStream(ImageStream { tags, lookup_local: true }));
        let workload = repo.object("w", None, Facts::Workload(Workload::default()));
        for i in 0..1000 {
            repo.mention(Value::literal(&format!("app{i}:1")), |m| m.object = Some(workload));
        }
        stream_mention(&mut repo, "x:1", None);
    }
    let resources: Vec<&str> = resources.iter().map(|r| &**r).collect();
    let images = (0..1000).map(|i| entry(100, i, &format!("app{i}"), None, Some("2"))).collect();
    kustomization(&mut repo, "base/kustomization.yaml", &resources, vec![]);
    kustomization(&mut repo, "over/kustomization.yaml", &["../base"], images);
    let (linked, took) = crate::processor_time::of(|| repo.link());
    assert_eq!(linked.mentions.iter().filter(|m| !m.asked).count(), 100 * 1000 + 100);
    assert!(took.as_secs() < 20, "{took:?}");
}
