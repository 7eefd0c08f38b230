//! The values that a chart is given where it is deployed, as helm merges them.

mod set;

use helm_render::{Value, overlay, read_yaml};
use image_lint_model::delivery::Given;
use image_lint_model::mention::DeployedBy;
use image_lint_text::meter::Meter;
use image_lint_text::rendered::{Builder, From, Origin, Rendered, SourceId};
use image_lint_text::source::{SourceFile, Span};

use super::charts::ChartFile;

/// A delivery of one chart, with the files that it names.
pub struct Delivered {
    /// The file that says it.
    pub by: SourceFile,
    /// What it gives; of a values file that is not among the chart's, its text.
    pub values: Vec<GivenTo>,
}

impl Delivered {
    /// The files that say what is deployed: its own, then the values files, that which counts most first.
    pub fn by(&self) -> DeployedBy {
        let files = self.values.iter().rev().filter_map(|given| match given {
            GivenTo::File(file) => Some(file.path.clone()),
            GivenTo::Own(_) => None,
        });
        std::iter::once(self.by.path.clone()).chain(files).collect()
    }
}

/// Values with the file that they are in.
pub enum GivenTo {
    /// Of the delivery's own file.
    Own(Given),
    /// A whole values file.
    File(SourceFile),
}

/// The values of each delivery, with its number. Their files are added to the sources of the chart.
pub fn values(
    deliveries: &[Delivered],
    files: &[ChartFile],
    sources: &mut Vec<SourceFile>,
    meter: &Meter,
) -> Vec<(usize, Value)> {
    let mut out = Vec::new();
    for (number, delivery) in deliveries.iter().enumerate() {
        let mut all = Some(Value::Nil);
        for given in &delivery.values {
            let Some(below) = all.take() else { break };
            let file = match given {
                GivenTo::Own(_) => &delivery.by,
                GivenTo::File(file) => file,
            };
            let source = source_of(file, files, sources);
            let over = |above: Value| overlay(&below, &above);
            // With a part that is not known the rest says nothing for certain.
            all = match given {
                GivenTo::Own(Given::Text(pieces)) => read(&pieced(pieces, source), meter).map(over),
                GivenTo::Own(Given::Set {
                    name,
                    value,
                    at,
                    text,
                }) => {
                    let leaf = leaf(value, (source, *at), *text);
                    set::keys(name).and_then(|keys| set::put(Some(&below), &keys, &leaf, meter))
                }
                // Files are given as files.
                GivenTo::Own(Given::File { .. }) => None,
                GivenTo::File(file) => {
                    read(&Rendered::copied(file.text.as_str(), source, 0), meter).map(over)
                }
            };
        }
        out.extend(all.map(|values| (number, values)));
    }
    out
}

/// The number of a file among the sources; one that is not there is added.
fn source_of(file: &SourceFile, files: &[ChartFile], sources: &mut Vec<SourceFile>) -> SourceId {
    let known = files.iter().position(|own| own.file.id == file.id);
    let known = known.or_else(|| sources.iter().position(|other| other.id == file.id));
    let at = known.unwrap_or_else(|| {
        sources.push(file.clone());
        sources.len() - 1
    });
    SourceId(at as u32)
}

fn read(text: &Rendered, meter: &Meter) -> Option<Value> {
    match read_yaml(text, meter) {
        Ok(Ok(value)) => Some(value),
        _ => None,
    }
}

fn pieced(pieces: &[(Box<str>, Span)], source: SourceId) -> Rendered {
    let mut out = Builder::default();
    for (text, span) in pieces {
        let exact = text.len() == span.len();
        if exact {
            out.push(&Rendered::copied(&**text, source, span.start as usize));
        } else {
            let origin = Origin {
                source,
                span: *span,
            };
            out.push_from(text, &From::made(vec![origin]));
        }
    }
    out.finish()
}

/// What `--set` makes of a value.
fn leaf(value: &str, (source, at): (SourceId, Span), text: bool) -> Value {
    match value {
        "true" | "false" if !text => Value::Bool(value == "true", From::Nowhere),
        "null" if !text => Value::Nil,
        _ => Value::Str(pieced(&[(value.into(), at)], source)),
    }
}
