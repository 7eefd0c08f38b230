//! A chart with values becomes manifests (helm, `pkg/engine` and `pkg/action` as `helm template` calls them).

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::meter::{Allowance, Meter};
use image_lint_text::rendered::{Origin, Rendered};

use crate::chart::{self, Chart, Dependency};
use crate::coalesce::{self, Live};
use crate::exec::{Engine, Failure, Given, Stop};
use crate::functions;
use crate::lex::SyntaxError;
use crate::parse::{self, Parsed, Templates};
use crate::value::{Kind, Value};
use crate::watch::{Memory, Seen, Wanted, Watch};

/// What a rendering may cost, by the bytes of its chart.
pub fn allowance(bytes: usize) -> Allowance {
    Allowance {
        steps: 4_000_000 + 64 * bytes as u64,
        bytes: 24 * 1024 * 1024 + 64 * bytes as u64,
        depth: 120,
    }
}

/// What a chart became.
#[derive(Debug, Default)]
pub struct Output {
    /// By the names that helm prints as `# Source:`, in the order in which they were rendered.
    pub files: Vec<(Arc<str>, Rendered)>,
    pub failures: Vec<Failure>,
    /// Why there is no output at all.
    pub refused: Option<Stop>,
    /// What somebody who watched saw.
    pub(crate) seen: Seen,
}

/// Charts that are declared and not there.
pub fn missing(chart: &Chart) -> Vec<&Dependency> {
    let is_there = |d: &&Dependency| chart.charts.iter().any(|sub| sub.name == d.name);
    chart.declared.iter().filter(|d| !is_there(d)).collect()
}

/// Renders a chart again and again; what is parsed once is kept.
pub struct Renderer<'c> {
    chart: &'c Chart,
    parsed: RefCell<HashMap<usize, Rc<Result<Shared, SyntaxError>>>>,
    memory: Rc<Memory>,
}

struct Shared {
    body: crate::ast::List,
    defined: Vec<(Arc<str>, crate::ast::List)>,
}

/// One template and what it sees.
struct Renderable<'c> {
    name: Arc<str>,
    text: &'c Rendered,
    values: Value,
    base: Arc<str>,
    /// What turned its chart on.
    because: Rc<[Origin]>,
}

/// What of a chart is rendered, and who looks on.
#[derive(Clone, Copy, Default)]
pub(crate) struct Scope<'m> {
    pub wanted: Option<Wanted<'m>>,
    /// Says of a file whether it is rendered; all are where nobody says so.
    pub need: Option<&'m dyn Fn(&str) -> Need>,
}

/// Whether a file is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Always,
    /// Where it may print what is wanted, or fail.
    IfItPrints,
    /// Where it may fail, with the chart.
    IfItFails,
    Never,
}

impl<'c> Renderer<'c> {
    pub fn new(chart: &'c Chart) -> Self {
        Renderer {
            chart,
            parsed: RefCell::default(),
            memory: Rc::default(),
        }
    }

    /// Renders with values over the chart's own.
    pub fn render(&self, values: &Value, meter: &Meter) -> Output {
        self.render_within(values, meter, Scope::default())
    }

    /// The same, and remembers what false values leave out that may print what is `wanted`: [`Renderer::search`] begins
    /// there.
    pub fn render_watched(&self, values: &Value, meter: &Meter, wanted: Wanted<'_>) -> Output {
        let scope = Scope {
            wanted: Some(wanted),
            need: None,
        };
        self.render_within(values, meter, scope)
    }

    pub(crate) fn render_within<'m>(
        &self,
        values: &Value,
        meter: &'m Meter,
        scope: Scope<'m>,
    ) -> Output {
        let mut engine = Engine::new(meter, is_incomplete(self.chart));
        let mut output = Output::default();
        if let Err(why) = self.run(values, &mut engine, scope, &mut output.files) {
            output.refused = Some(why);
        }
        output.failures = engine.failures.into_inner();
        output.seen = engine.watch.map_or_else(Seen::default, Watch::finish);
        output
    }

    fn run<'m>(
        &self,
        given: &Value,
        engine: &mut Engine<'m>,
        scope: Scope<'m>,
        files: &mut Vec<(Arc<str>, Rendered)>,
    ) -> Given<()> {
        let mut live = Live::new(self.chart, engine.meter)?;
        let disabled = coalesce::enable(&mut live, given, "", engine.meter)?;
        coalesce::import(&mut live, engine.meter)?;
        let values = coalesce::coalesce_values(&live, given, engine.meter)?;
        engine.watch = scope
            .wanted
            .map(|wanted| Watch::new(wanted, &values, Rc::clone(&self.memory)));
        if let Some(watch) = &engine.watch {
            for one in disabled {
                watch.chart(one.chart, one.place, one.switches);
            }
        }
        let engine = &*engine;
        let mut all = Vec::new();
        let outside = Outside::new(engine);
        let place = Position {
            path: &live.name,
            root: true,
            because: &[],
        };
        collect(&live, values, place, &outside, &mut all)?;
        // The deepest first, and within one depth from the end of the alphabet (`sortTemplates`).
        let depth = |r: &Renderable<'_>| r.name.matches('/').count();
        all.sort_by(|a, b| depth(b).cmp(&depth(a)).then_with(|| b.name.cmp(&a.name)));
        let mut templates = Templates::default();
        let mut bodies = Vec::new();
        for renderable in &all {
            let parsed = self.parsed(renderable.text, engine.meter)?;
            match &*parsed {
                Ok(shared) => {
                    let copy = Parsed {
                        body: Rc::clone(&shared.body),
                        defined: shared.defined.clone(),
                    };
                    templates.add_all(&renderable.name, copy);
                    bodies.push(Some(Rc::clone(&shared.body)));
                }
                Err(error) => {
                    unparsed(engine, renderable, error);
                    bodies.push(None);
                }
            }
        }
        let templates = Rc::new(templates);
        for (renderable, body) in all.iter().zip(bodies) {
            let file_name = renderable
                .name
                .rsplit('/')
                .next()
                .unwrap_or(&renderable.name);
            let need = scope
                .need
                .map_or(Need::Always, |need| need(&renderable.name));
            let is_file = need != Need::Never && !file_name.starts_with('_');
            let Some(body) = body.filter(|_| is_file) else {
                continue;
            };
            // A later file of the same name would have replaced it.
            let body = templates.get(&renderable.name).unwrap_or(body);
            if let Some(watch) = &engine.watch {
                let with = (&*templates, engine.meter);
                if !watch.is_needed(need, (&body, &renderable.values), with)? {
                    continue;
                }
            }
            set_template(renderable);
            if let Some(watch) = &engine.watch {
                watch.template(&renderable.name, &renderable.values, &renderable.because);
            }
            *engine.template.borrow_mut() = Arc::clone(&renderable.name);
            let text = engine.execute(&body, &renderable.values, &templates)?;
            if let Some(watch) = &engine.watch {
                watch.end_of_template();
            }
            if !file_name.ends_with(".txt") {
                files.push((Arc::clone(&renderable.name), text));
            }
        }
        Ok(())
    }

    fn parsed(&self, text: &Rendered, meter: &Meter) -> Given<Rc<Result<Shared, SyntaxError>>> {
        let key = text.as_str().as_ptr() as usize;
        if let Some(known) = self.parsed.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        meter.charge(text.len() as u64 / 4)?;
        let parsed = parse::parse(text, &functions::is_known).map(|parsed| Shared {
            body: parsed.body,
            defined: parsed.defined,
        });
        let parsed = Rc::new(parsed);
        self.parsed.borrow_mut().insert(key, Rc::clone(&parsed));
        Ok(parsed)
    }
}

fn unparsed(engine: &Engine<'_>, renderable: &Renderable<'_>, error: &SyntaxError) {
    let at = renderable
        .text
        .origins_of(error.at..error.at + 1)
        .first()
        .copied();
    engine.failures.borrow_mut().push(Failure {
        template: Arc::clone(&renderable.name),
        why: Stop::Failed(format!("parse error: {error}")),
        at,
    });
}

fn is_incomplete(chart: &Chart) -> bool {
    !missing(chart).is_empty() || chart.charts.iter().any(is_incomplete)
}

fn set_template(renderable: &Renderable<'_>) {
    if let Some(map) = renderable.values.as_map() {
        let fields = [
            ("Name".into(), Value::text(&renderable.name)),
            ("BasePath".into(), Value::text(&renderable.base)),
        ];
        map.set("Template", Value::map(fields.into()));
    }
}

/// `.Release` and `.Capabilities`.
struct Outside {
    release: Value,
    capabilities: Value,
}

/// What helm 3.17 prints for a cluster that it does not ask.
const API_VERSIONS: &str = include_str!("api_versions.txt");

impl Outside {
    fn new(engine: &Engine<'_>) -> Self {
        let unknown = |name: &str, guess: &str| engine.unknown(name, guess, Vec::new());
        let nowhere = image_lint_text::rendered::From::Nowhere;
        let release = [
            ("Name", unknown(".Release.Name", "release-name")),
            ("Namespace", unknown(".Release.Namespace", "default")),
            ("IsUpgrade", Value::Bool(false, nowhere.clone())),
            ("IsInstall", Value::Bool(true, nowhere.clone())),
            ("Revision", Value::Int(1, nowhere)),
            ("Service", Value::text("Helm")),
        ];
        let version = |part: &str, guess: &str| {
            (
                part.into(),
                unknown(&format!(".Capabilities.KubeVersion.{part}"), guess),
            )
        };
        let kube: BTreeMap<Arc<str>, Value> = [
            version("Version", "v1.32.0"),
            version("Major", "1"),
            version("Minor", "32"),
            version("GitVersion", "v1.32.0"),
            (
                "\u{0}string".into(),
                unknown(".Capabilities.KubeVersion", "v1.32.0"),
            ),
        ]
        .into();
        let helm = [("Version".into(), Value::text("v3.17.2"))];
        let known = API_VERSIONS
            .lines()
            .map(|line| (Arc::from(line), Value::text(line)));
        let capabilities: BTreeMap<Arc<str>, Value> = [
            (
                "KubeVersion".into(),
                Value::of(kube, Kind::Struct("chartutil.KubeVersion")),
            ),
            (
                "APIVersions".into(),
                Value::of(known.collect(), Kind::ApiVersions),
            ),
            (
                "HelmVersion".into(),
                Value::of(helm.into(), Kind::Struct("version.BuildInfo")),
            ),
        ]
        .into();
        Outside {
            release: Value::map(release.into_iter().map(|(k, v)| (k.into(), v)).collect()),
            capabilities: Value::of(capabilities, Kind::Struct("*chartutil.Capabilities")),
        }
    }
}

/// Where a chart is among those that are rendered.
#[derive(Clone, Copy)]
struct Position<'p> {
    path: &'p str,
    root: bool,
    /// What turned it on, or a chart that it is in.
    because: &'p [Origin],
}

/// `recAllTpls`: the templates of a chart and of its subcharts, each with what it sees. Gives what the chart itself sees.
fn collect<'c>(
    live: &Live<'c>,
    values: Value,
    position: Position<'_>,
    outside: &Outside,
    out: &mut Vec<Renderable<'c>>,
) -> Given<Value> {
    let path = position.path;
    let because: Rc<[Origin]> = [position.because, &live.because].concat().into();
    let subcharts = Value::map(BTreeMap::new());
    let files = live
        .chart
        .files
        .iter()
        .map(|(name, text)| (Arc::clone(name), text.clone()));
    let seen: BTreeMap<Arc<str>, Value> = [
        ("Chart".into(), metadata(live, position.root)),
        ("Files".into(), functions::files(files)),
        ("Release".into(), outside.release.clone()),
        ("Capabilities".into(), outside.capabilities.clone()),
        ("Values".into(), values.clone()),
        ("Subcharts".into(), subcharts.clone()),
    ]
    .into();
    let seen = Value::map(seen);
    for sub in &live.charts {
        let inner = values.as_table().and_then(|map| map.get(&sub.name));
        let inner = inner.filter(|value| value.as_table().is_some());
        let inner = inner.unwrap_or_else(|| Value::map(BTreeMap::new()));
        let position = Position {
            path: &format!("{path}/charts/{}", sub.name),
            root: false,
            because: &because,
        };
        let seen = collect(sub, inner, position, outside, out)?;
        if let Some(map) = subcharts.as_map() {
            map.set(&sub.name, seen);
        }
    }
    let base: Arc<str> = format!("{path}/templates").into();
    for (name, text) in &live.chart.templates {
        let file_name = name.rsplit('/').next().unwrap_or(name);
        if live.chart.library && !file_name.starts_with('_') {
            continue;
        }
        out.push(Renderable {
            name: format!("{path}/{name}").into(),
            text,
            values: seen.clone(),
            base: Arc::clone(&base),
            because: Rc::clone(&because),
        });
    }
    Ok(seen)
}

/// Fields of helm's `chart.Metadata`: name in Go, name in YAML.
const TEXTS: [(&str, &str); 9] = [
    ("Home", "home"),
    ("Description", "description"),
    ("Icon", "icon"),
    ("APIVersion", "apiVersion"),
    ("Condition", "condition"),
    ("Tags", "tags"),
    ("AppVersion", "appVersion"),
    ("KubeVersion", "kubeVersion"),
    ("Type", "type"),
];

fn metadata(live: &Live<'_>, root: bool) -> Value {
    let nowhere = image_lint_text::rendered::From::Nowhere;
    let own = live.chart.metadata.as_table();
    let get = |key: &str| {
        own.and_then(|map| map.get(key))
            .filter(|value| !value.is_nil())
    };
    let text = |key: &str| {
        get(key).map_or_else(
            || Value::text(""),
            |value| Value::Str(chart::as_text(&value)),
        )
    };
    let mut fields: BTreeMap<Arc<str>, Value> = TEXTS
        .iter()
        .map(|(name, key)| ((*name).into(), text(key)))
        .collect();
    let name = if live.name == live.chart.name {
        text("name")
    } else {
        Value::text(&live.name)
    };
    fields.insert("Name".into(), name);
    fields.insert("Version".into(), text("version"));
    for (name, key) in [
        ("Keywords", "keywords"),
        ("Sources", "sources"),
        ("Maintainers", "maintainers"),
        ("Dependencies", "dependencies"),
    ] {
        fields.insert(
            name.into(),
            get(key).unwrap_or_else(|| Value::list(Vec::new())),
        );
    }
    fields.insert(
        "Annotations".into(),
        get("annotations").unwrap_or_else(|| Value::map(BTreeMap::new())),
    );
    fields.insert(
        "Deprecated".into(),
        get("deprecated").unwrap_or(Value::Bool(false, nowhere.clone())),
    );
    fields.insert("IsRoot".into(), Value::Bool(root, nowhere));
    Value::of(fields, Kind::Struct("chart.Metadata"))
}
