//! Which values a chart and its subcharts see (helm, `pkg/chartutil/{coalesce,dependencies}.go`).

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::meter::Meter;
use image_lint_text::rendered::{From, Origin};

use crate::chart::{Chart, Dependency};
use crate::exec::{Given, failed};
use crate::functions::satisfies;
use crate::value::{Map, Value};

/// A chart as it takes part in a rendering: under its alias, with the charts that are enabled.
pub struct Live<'c> {
    pub name: Arc<str>,
    pub chart: &'c Chart,
    pub values: Value,
    /// What turned it on.
    pub because: Vec<Origin>,
    pub declared: Vec<Dependency>,
    pub charts: Vec<Live<'c>>,
}

const GLOBAL: &str = "global";

impl<'c> Live<'c> {
    /// All charts, none disabled yet.
    pub fn new(chart: &'c Chart, meter: &Meter) -> Given<Live<'c>> {
        meter.step()?;
        let charts = chart.charts.iter().map(|sub| Live::new(sub, meter));
        Ok(Live {
            name: Arc::clone(&chart.name),
            chart,
            // Merging copies them, so that they can be shared.
            values: chart.values.clone(),
            because: Vec::new(),
            declared: chart.declared.clone(),
            charts: charts.collect::<Given<_>>()?,
        })
    }

    fn copy(&self) -> Live<'c> {
        Live {
            name: Arc::clone(&self.name),
            chart: self.chart,
            values: self.values.clone(),
            because: self.because.clone(),
            declared: self.declared.clone(),
            charts: self.charts.iter().map(Live::copy).collect(),
        }
    }

    fn has(&self, dependency: &Dependency) -> Option<&Live<'c>> {
        self.charts
            .iter()
            .find(|sub| sub.chart.name == dependency.name && is_compatible(dependency, sub.chart))
    }
}

fn is_compatible(dependency: &Dependency, chart: &Chart) -> bool {
    satisfies(&dependency.version, &chart.version)
        || dependency.version == chart.version
        || dependency.version.is_empty()
}

fn table(value: &Value) -> Option<&Rc<Map>> {
    value.as_table()
}

/// A chart that values turn off.
pub struct Disabled<'c> {
    pub chart: &'c Chart,
    /// Where it is declared.
    pub place: Option<Origin>,
    /// Paths of the false values that do it.
    pub switches: Vec<Arc<str>>,
}

/// Turns off what conditions and tags turn off, and gives aliases their names.
pub fn enable<'c>(
    live: &mut Live<'c>,
    values: &Value,
    path: &str,
    meter: &Meter,
) -> Given<Vec<Disabled<'c>>> {
    let mut disabled = Vec::new();
    if live.declared.is_empty() {
        return Ok(disabled);
    }
    let mut charts = Vec::new();
    for sub in &live.charts {
        let is_declared = |d: &&Dependency| d.name == sub.chart.name && is_compatible(d, sub.chart);
        if live.declared.iter().find(is_declared).is_none() {
            charts.push(sub.copy());
        }
    }
    for dependency in &live.declared {
        if let Some(sub) = live.has(dependency) {
            let mut sub = sub.copy();
            if let Some(alias) = &dependency.alias {
                sub.name = Arc::clone(alias);
            }
            charts.push(sub);
        }
    }
    for dependency in &mut live.declared {
        if let Some(alias) = &dependency.alias {
            dependency.name = Arc::clone(alias);
        }
    }
    live.charts = charts;
    let all = coalesce_values(live, values, meter)?;
    let enabled: HashMap<Arc<str>, bool> = live
        .declared
        .iter()
        .map(|dependency| {
            (
                Arc::clone(&dependency.name),
                is_enabled(dependency, &all, path),
            )
        })
        .collect();
    let on = |name: &str| enabled.get(name).copied().unwrap_or(true);
    for dependency in live.declared.iter().filter(|d| !on(&d.name)) {
        let chart = live.charts.iter().find(|sub| sub.name == dependency.name);
        disabled.extend(chart.map(|sub| Disabled {
            chart: sub.chart,
            place: dependency.place,
            switches: switches(dependency, &all, path),
        }));
    }
    live.charts.retain(|sub| on(&sub.name));
    live.declared.retain(|dependency| on(&dependency.name));
    for sub in &mut live.charts {
        let mut declared = live.declared.iter();
        if let Some(dependency) = declared.find(|dependency| dependency.name == sub.name) {
            sub.because = turned_on_by(dependency, &all, path);
        }
        let path = format!("{path}{}.", sub.name);
        disabled.extend(enable(sub, &all, &path, meter)?);
    }
    Ok(disabled)
}

/// The values that turn a chart off: its condition, which decides over its tags.
fn switches(dependency: &Dependency, values: &Value, path: &str) -> Vec<Arc<str>> {
    let is_false = |path: &String| matches!(at(values, path), Some(Value::Bool(false, _)));
    let mut conditions = conditions(dependency).map(|condition| format!("{path}{condition}"));
    if let Some(condition) = conditions.find(is_false) {
        return vec![condition.into()];
    }
    let tags = dependency.tags.iter().map(|tag| format!("tags.{tag}"));
    tags.filter(is_false).map(Arc::from).collect()
}

/// Where the value is from that turns a chart on.
fn turned_on_by(dependency: &Dependency, values: &Value, path: &str) -> Vec<Origin> {
    let mut paths = conditions(dependency).map(|condition| format!("{path}{condition}"));
    let condition = paths.find_map(|path| match at(values, &path) {
        Some(Value::Bool(_, from)) => Some(from),
        _ => None,
    });
    let tags = dependency.tags.iter().map(|tag| format!("tags.{tag}"));
    let on = |path: String| match at(values, &path) {
        Some(Value::Bool(true, from)) => Some(from),
        _ => None,
    };
    let mut tags = tags.filter_map(on);
    match condition.or_else(|| tags.next()) {
        Some(From::Made(origins)) => origins.to_vec(),
        _ => Vec::new(),
    }
}

fn conditions(dependency: &Dependency) -> impl Iterator<Item = &str> {
    let all = dependency.condition.trim().split(',');
    all.filter(|condition| !condition.is_empty())
}

fn is_enabled(dependency: &Dependency, values: &Value, path: &str) -> bool {
    let mut enabled = true;
    if let Some(tags) = at(values, "tags").as_ref().and_then(table) {
        let given: Vec<bool> = dependency
            .tags
            .iter()
            .filter_map(|tag| match tags.get(tag) {
                Some(Value::Bool(value, _)) => Some(value),
                _ => None,
            })
            .collect();
        enabled = given.is_empty() || given.contains(&true);
    }
    for condition in conditions(dependency) {
        if let Some(Value::Bool(value, _)) = at(values, &format!("{path}{condition}")) {
            return value;
        }
    }
    enabled
}

/// The value at a path of keys.
pub fn at(value: &Value, path: &str) -> Option<Value> {
    path.split('.')
        .try_fold(value.clone(), |value, key| table(&value)?.get(key))
}

/// `import-values`, from the innermost chart outwards.
pub fn import(live: &mut Live<'_>, meter: &Meter) -> Given<()> {
    for sub in &mut live.charts {
        import(sub, meter)?;
    }
    if live
        .declared
        .iter()
        .all(|dependency| dependency.import_values.is_empty())
    {
        return Ok(());
    }
    let all = merge_values(live, meter)?;
    let imported = Rc::new(Map::new(BTreeMap::new(), crate::value::Kind::Plain));
    for dependency in &live.declared {
        for entry in &dependency.import_values {
            let (child, parent) = match entry {
                Value::Str(name) => (format!("exports.{}", name.as_str()), ".".to_owned()),
                Value::Map(map) => {
                    let text = |key: &str| map.get(key).and_then(|v| v.as_str().map(str::to_owned));
                    match (text("child"), text("parent")) {
                        (Some(child), Some(parent)) => (child, parent),
                        _ => continue,
                    }
                }
                _ => continue,
            };
            let Some(found) = at(&all, &format!("{}.{child}", dependency.name)) else {
                continue;
            };
            if table(&found).is_none() {
                continue;
            }
            let nested = nest(&parent, found.deep_copy());
            if let Some(nested) = table(&nested) {
                merge_tables(&imported, nested, true);
            }
        }
    }
    if let Some(own) = table(&all) {
        merge_tables(own, &imported, true);
    }
    live.values = all;
    Ok(())
}

fn nest(path: &str, value: Value) -> Value {
    if path == "." {
        return value;
    }
    path.rsplit('.')
        .fold(value, |value, key| Value::map([(key.into(), value)].into()))
}

/// What a chart sees: its own values under those it is given, and its subcharts'.
pub fn coalesce_values(live: &Live<'_>, given: &Value, meter: &Meter) -> Given<Value> {
    meter.charge(given.size())?;
    let target = match given.deep_copy() {
        Value::Nil => Value::map(BTreeMap::new()),
        other => other,
    };
    coalesce(live, &target, false, meter)?;
    Ok(target)
}

fn merge_values(live: &Live<'_>, meter: &Meter) -> Given<Value> {
    let target = Value::map(BTreeMap::new());
    coalesce(live, &target, true, meter)?;
    Ok(target)
}

fn coalesce(live: &Live<'_>, target: &Value, merge: bool, meter: &Meter) -> Given<()> {
    let _level = meter.deeper()?;
    let Some(target) = table(target) else {
        return Ok(());
    };
    own_values(live, target, merge, meter)?;
    for sub in &live.charts {
        let inner = match target.get(&sub.name) {
            None => {
                let new = Value::map(BTreeMap::new());
                target.set(&sub.name, new.clone());
                new
            }
            Some(found) if found.as_table().is_some() => found,
            Some(found) => {
                return failed(format!(
                    "type mismatch on {}: {}",
                    sub.name,
                    found.type_name()
                ));
            }
        };
        if let Some(inner) = table(&inner) {
            globals(inner, target);
        }
        coalesce(sub, &inner, merge, meter)?;
    }
    Ok(())
}

fn own_values(live: &Live<'_>, target: &Rc<Map>, merge: bool, meter: &Meter) -> Given<()> {
    meter.charge(live.values.size())?;
    let own = live.values.deep_copy();
    let Some(own) = table(&own) else {
        return Ok(());
    };
    for (key, value) in own.entries.borrow().iter() {
        match target.get(key) {
            None => target.set(key, value.clone()),
            Some(Value::Nil) if !merge => target.remove(key),
            Some(known) => {
                if let (Some(known), Some(value)) = (table(&known), table(value)) {
                    let merge = merge || live.charts.iter().any(|sub| sub.name == *key);
                    merge_tables(known, value, merge);
                }
            }
        }
    }
    Ok(())
}

/// `coalesceTablesFullKey`: what the target has stays.
fn merge_tables(target: &Rc<Map>, source: &Rc<Map>, merge: bool) {
    if Rc::ptr_eq(target, source) {
        return;
    }
    let entries: Vec<_> = source
        .entries
        .borrow()
        .iter()
        .map(|(k, v)| (Arc::clone(k), v.clone()))
        .collect();
    for (key, value) in entries {
        match target.get(&key) {
            Some(Value::Nil) if !merge => target.remove(&key),
            None => target.set(&key, value),
            Some(known) => {
                if let (Some(known), Some(value)) = (table(&known), table(&value)) {
                    merge_tables(known, value, merge);
                }
            }
        }
    }
}

/// The parent's globals go before a subchart's own.
fn globals(target: &Rc<Map>, source: &Rc<Map>) {
    let own = match target.get(GLOBAL) {
        None => Value::map(BTreeMap::new()),
        Some(found) => found,
    };
    let given = match source.get(GLOBAL) {
        None => Value::map(BTreeMap::new()),
        Some(found) => found,
    };
    let (Some(own_table), Some(given)) = (table(&own), table(&given)) else {
        return;
    };
    for (key, value) in given.entries.borrow().iter() {
        match (table(value), own_table.get(key)) {
            (Some(value), known) => {
                // A copy of the first level, as helm makes it.
                let copy = Value::map(value.entries.borrow().clone());
                match known.as_ref().map(table) {
                    None => own_table.set(key, copy),
                    Some(Some(known)) => {
                        if let Some(copied) = table(&copy) {
                            merge_tables(copied, known, true);
                        }
                        own_table.set(key, copy);
                    }
                    Some(None) => {}
                }
            }
            (None, Some(known)) if known.as_table().is_some() => {}
            (None, _) => own_table.set(key, value.clone()),
        }
    }
    target.set(GLOBAL, own);
}

/// Values of a file over those of the files before it (helm, `cli/values.mergeMaps`).
pub fn overlay(below: &Value, above: &Value) -> Value {
    let (Some(below), Some(above)) = (table(below), table(above)) else {
        return above.deep_copy();
    };
    let mut entries = below.entries.borrow().clone();
    for (key, value) in above.entries.borrow().iter() {
        let merged = match entries.get(key) {
            Some(known) if known.as_table().is_some() && value.as_table().is_some() => {
                overlay(known, value)
            }
            _ => value.deep_copy(),
        };
        entries.insert(Arc::clone(key), merged);
    }
    Value::map(entries)
}
