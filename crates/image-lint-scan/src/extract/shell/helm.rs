//! `helm install|upgrade|template [NAME] CHART -f FILE --set NAME=VALUE`: the values that a chart of the repository is given
//! (helm.sh/docs/helm/helm_install). A word that is not known makes the whole command unknown.

use crate::extract::Sink;
use crate::extract::shell::field::Field;
use crate::extract::shell::walk::Walker;
use image_lint_model::delivery::{Base, Delivery, Given};

/// Flags whose value is the next word.
const WITH_VALUE: [&str; 38] = [
    "-f",
    "--values",
    "--set",
    "--set-string",
    "--set-file",
    "--set-json",
    "--set-literal",
    "-n",
    "--namespace",
    "--version",
    "--repo",
    "--timeout",
    "--kube-context",
    "--kubeconfig",
    "-o",
    "--output",
    "--description",
    "--kube-apiserver",
    "--kube-token",
    "--kube-as-user",
    "--kube-as-group",
    "--kube-ca-file",
    "--username",
    "--password",
    "--ca-file",
    "--cert-file",
    "--key-file",
    "--keyring",
    "--history-max",
    "--max-history",
    "--name-template",
    "--post-renderer",
    "-s",
    "--show-only",
    "-a",
    "--api-versions",
    "--kube-version",
    "-l",
];

/// Writes down what a `helm` command gives a chart that a path names.
pub(super) fn command(walker: &Walker<'_>, fields: &[Field], sink: &mut Sink<'_>) {
    let name = fields.first().and_then(Field::known);
    let is_helm =
        name.is_some_and(|name| matches!(name.rsplit('/').next(), Some("helm" | "helm3")));
    if is_helm && let Some(delivery) = delivery(walker, &fields[1..]) {
        sink.extraction.deliveries.push(delivery);
    }
}

fn delivery(walker: &Walker<'_>, fields: &[Field]) -> Option<Delivery> {
    let mut words = Vec::new();
    let mut values = Vec::new();
    let mut at = 0;
    while let Some(field) = fields.get(at) {
        at += 1;
        let text = field.known_prefix();
        if !text.starts_with('-') {
            words.push(field.known()?);
            continue;
        }
        let (flag, value) = match field.split_once('=') {
            Some((flag, value)) => (flag.known()?, value),
            None if WITH_VALUE.contains(&&*field.known()?) => {
                at += 1;
                (field.known()?, fields.get(at - 1)?.clone())
            }
            None => continue,
        };
        give(walker, &flag, &value, &mut values)?;
    }
    let [first, rest @ ..] = words.as_slice() else {
        return None;
    };
    let chart = match (first.as_str(), rest) {
        ("install" | "upgrade" | "template", [.., chart]) => chart,
        _ => return None,
    };
    (!values.is_empty()).then(|| Delivery {
        chart: chart.as_str().into(),
        base: Base::Started,
        values,
    })
}

/// What a flag gives; None where it is not known.
fn give(walker: &Walker<'_>, flag: &str, value: &Field, out: &mut Vec<Given>) -> Option<()> {
    match flag {
        "-f" | "--values" => {
            for path in value.known()?.split(',') {
                out.push(Given::File {
                    path: path.into(),
                    base: Some(Base::Started),
                });
            }
        }
        "--set" | "--set-string" => {
            for one in value.split(',') {
                let (name, value) = one.split_once('=')?;
                out.push(Given::Set {
                    name: name.known()?.into(),
                    value: value.known()?.into(),
                    at: walker.text.outer(value.span()),
                    text: flag == "--set-string",
                });
            }
        }
        "--set-literal" => {
            let (name, value) = value.split_once('=')?;
            out.push(Given::Set {
                name: name.known()?.into(),
                value: value.known()?.into(),
                at: walker.text.outer(value.span()),
                text: true,
            });
        }
        "--set-json" => out.push(json(walker, value)?),
        // What a file holds is no name of an image.
        "--set-file" => return None,
        _ => {}
    }
    Some(())
}

/// `--set-json 'a.b={"c": 1}'`, or the whole as an object, as the YAML that JSON is.
fn json(walker: &Walker<'_>, value: &Field) -> Option<Given> {
    let at = walker.text.outer(value.span());
    if value.known_prefix().trim_start().starts_with('{') {
        return Some(Given::Text(vec![(value.known()?.into(), at)]));
    }
    let (name, json) = value.split_once('=')?;
    let name = name.known()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.');
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    let keys = name.split('.');
    let depth = keys.clone().count();
    let head: String = keys.map(|key| format!("{{\"{key}\": ")).collect();
    let at_json = walker.text.outer(json.span());
    Some(Given::Text(vec![
        (head.into(), at),
        (json.known()?.into(), at_json),
        ("}".repeat(depth).into(), at),
    ]))
}
