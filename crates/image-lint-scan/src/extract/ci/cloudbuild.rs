//! Google Cloud Build: steps are images with arguments, and `images` is what is pushed at the end (cloud.google.com,
//! "Build configuration file schema", "Substituting variable values").

use super::{Variables, add_variables, recover, substitute};
use crate::extract::shell::{ScriptContext, entrypoint, extract_script, extract_words, implied};
use crate::extract::variables::{self, Dialect};
use crate::extract::{Candidate, Draft, Extractor, Sink};
use image_lint_model::build::{Action, Command, ImageName, Tool, Transport};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::value::Piece;
use image_lint_text::source::{Segment, SourceFile, SourceText};
use image_lint_text::yaml::{self, Kind, Node};

/// `cloudbuild*.yaml`, `*.cloudbuild.yaml`, and the same in JSON.
#[derive(Debug)]
pub struct CloudBuild;

/// All steps of a build share one docker daemon.
const JOB: u32 = 0;

impl Extractor for CloudBuild {
    fn name(&self) -> &'static str {
        "cloudbuild"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        let stem = name
            .strip_suffix(".yaml")
            .or_else(|| name.strip_suffix(".yml"))
            .or(name.strip_suffix(".json"));
        stem.is_some_and(|stem| stem.starts_with("cloudbuild") || stem.ends_with("cloudbuild"))
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        crate::extract::yaml_comments::ignores(&whole, &stream, out);
        recover(&whole, &stream, SourceKind::Ci, "Cloud Build", out);
        for document in &stream.documents {
            let root = document.root();
            let mut variables = Variables::new();
            add_variables(&mut variables, root.get("substitutions"));
            add_variables(&mut variables, root.at(&["options", "env"]));
            for (i, step) in root
                .get("steps")
                .into_iter()
                .flat_map(|list| list.items())
                .enumerate()
            {
                read_step(step, &format!("steps[{i}]"), &variables, out);
            }
            for path in [&["images"][..], &["artifacts", "images"]] {
                let field = path.join(".");
                for (i, node) in root
                    .at(path)
                    .into_iter()
                    .flat_map(|list| list.items())
                    .enumerate()
                {
                    pushed(node, &format!("{field}[{i}]"), &variables, out);
                }
            }
        }
    }
}

fn read_step(step: Node<'_>, path: &str, outer: &Variables, sink: &mut Sink<'_>) {
    let field = format!("{path}.name");
    super::image(
        step.get("name"),
        "name",
        SourceKind::Ci,
        &field,
        outer,
        sink,
    );
    let mut variables = super::inherited(outer, sink);
    add_variables(&mut variables, step.get("env"));
    let field = format!("{path}.args");
    let mut context = ScriptContext::new(SourceKind::Ci, &field, JOB);
    context.environment = &variables;
    if let Some(script) = step.get("script").filter(|node| node.as_str().is_some()) {
        extract_script(&unescaped(&script.text()), &context, sink);
    }
    let arguments = step.get("args");
    let mut words: Vec<SourceText<'static>> = match arguments {
        Some(list) if list.kind() == Kind::Sequence => list
            .items()
            .filter(|item| item.as_str().is_some())
            .map(|item| unescaped(&item.text()))
            .collect(),
        Some(word) if word.as_str().is_some() => vec![unescaped(&word.text())],
        _ => return,
    };
    let Some(first) = words.first() else { return };
    let program = step
        .get("entrypoint")
        .filter(|node| node.as_str().is_some())
        .map(|node| node.text());
    let own = || {
        step.str_at(&["name"])
            .and_then(entrypoint)
            .map(|program| implied(program, first))
    };
    if let Some(program) = program.or_else(own) {
        words.insert(0, program);
    }
    extract_words(&words, &context, sink);
}

/// With `$$` as the `$` that Cloud Build makes of it, so that a shell's own variable is one.
fn unescaped(text: &SourceText<'_>) -> SourceText<'static> {
    let mut out = String::with_capacity(text.text.len());
    let mut segments = Vec::new();
    let mut from = 0;
    for part in text.text.split_inclusive("$$") {
        let kept = if part.ends_with("$$") {
            &part[..part.len() - 1]
        } else {
            part
        };
        // Line by line: a segment is byte for byte in the file only within a line.
        for line in kept.split_inclusive('\n') {
            segments.push(Segment {
                inner: out.len() as u32,
                outer: from as u32,
                outer_len: line.len() as u32,
            });
            out.push_str(line);
            from += line.len();
        }
        from += part.len() - kept.len();
    }
    text.derive(out, segments)
}

/// What Cloud Build pushes itself when all steps are done, as `docker push` does.
fn pushed(node: Node<'_>, field: &str, variables: &Variables, sink: &mut Sink<'_>) {
    let Some(text) = node.as_str().map(str::trim).filter(|text| !text.is_empty()) else {
        return;
    };
    let mut value = variables::read(text, Dialect::Compose);
    substitute(&mut value, variables, sink);
    let place = sink.place(node.site());
    // As names are compared: variables as `${X}`.
    let mut name = String::new();
    for piece in &value.pieces {
        match piece {
            Piece::Literal(text) | Piece::Substituted { text, .. } => name.push_str(text),
            Piece::Variable(variable) => name.push_str(&format!("${{{}}}", variable.name)),
        }
    }
    let name = name.strip_suffix(":latest").unwrap_or(&name).to_owned();
    let known = value.as_known().is_some();
    sink.mention(Draft::image(
        node.site(),
        value,
        Role::Push,
        SourceKind::Ci,
        field,
    ));
    let excerpt = sink.excerpt(place);
    let field = "images of the build";
    let mut push = Command::new(
        (place, excerpt),
        SourceKind::Ci,
        Tool::Docker,
        Action::Push,
        field,
    );
    push.job = JOB;
    let end = |transport| ImageName {
        transport,
        text: name.as_str().into(),
        place,
        known,
        local: false,
    };
    push.inputs.push(end(Transport::Storage));
    push.outputs.push(end(Transport::Registry));
    sink.extraction.builds.push(push);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::build_chain::followed;
    use image_lint_model::build::FormatSlot;
    use image_lint_text::source::{FileId, RepoPath};

    #[test]
    fn steps_are_commands_and_images_are_pushed() {
        let text = "\
substitutions: {_TAG: '7'}
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, 'gcr.io/$PROJECT_ID/app:${_TAG}', .]
  - name: gcr.io/kaniko-project/executor:v1
    args:
      - --destination=gcr.io/p/k:$_TAG
  - name: quay.io/buildah/stable
    entrypoint: bash
    args: ['-c', 'buildah bud -t gcr.io/p/b . && buildah push gcr.io/p/b']
  - name: quay.io/buildah/stable
    env: ['BUILDAH_FORMAT=docker']
    script: |
      buildah bud -t gcr.io/p/c .
  - name: quay.io/skopeo/stable
    args: [copy, 'docker://a/b', 'docker://gcr.io/p/d']
images: ['gcr.io/$PROJECT_ID/app:$_TAG']
";
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b"cloudbuild.yaml"),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        CloudBuild.extract(&file, &mut sink);
        let extraction = sink.finish();
        let found: Vec<String> = extraction
            .mentions
            .iter()
            .filter(|m| m.role != Role::Ci)
            .map(|m| format!("{} {}", &text[m.place.span.range()], m.value.written()))
            .collect();
        assert_eq!(
            found,
            [
                "gcr.io/$PROJECT_ID/app:${_TAG} gcr.io/$PROJECT_ID/app:7",
                "gcr.io/p/k:$_TAG gcr.io/p/k:7",
                "gcr.io/p/b gcr.io/p/b",
                "gcr.io/p/b gcr.io/p/b",
                "gcr.io/p/c gcr.io/p/c",
                "gcr.io/p/d gcr.io/p/d",
                "gcr.io/$PROJECT_ID/app:$_TAG gcr.io/$PROJECT_ID/app:7",
            ]
        );
        let builds = followed(extraction.builds);
        let reported: Vec<(&str, Option<&str>)> = builds
            .iter()
            .filter(|b| b.verdict.report && b.verdict.format.is_some())
            .map(|b| (&*b.command.label, b.format.value()))
            .collect();
        let expected = [
            ("buildah push", None),
            ("buildah bud", Some("docker")),
            ("skopeo copy", None),
            ("images of the build", None),
        ];
        assert_eq!(reported, expected);
        let skopeo = builds
            .iter()
            .find(|b| &*b.command.label == "skopeo copy")
            .expect("the copy");
        let FormatSlot::Item { at, before, .. } = &skopeo.command.slots.format else {
            panic!("an item can be added")
        };
        assert_eq!(
            (&**before, &text[..at.span.start as usize]),
            (", ", {
                let at = text.find("[copy").expect("the list") + 5;
                &text[..at]
            })
        );
    }
}
