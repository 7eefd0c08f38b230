//! GitLab CI: `image`, `services`, `variables` and the scripts of jobs (docs.gitlab.com, "CI/CD YAML syntax"), with the
//! files of the repository that a pipeline includes.
//!
//! Every job of the pipeline is gone through: what it extends, refers to and takes from `default` is read with its
//! variables, where it is written.

mod include;
mod pipeline;

use std::collections::HashSet;

use super::matrix::{self, Combinations};
use super::{Variables, recover, script};
use crate::extract::shell::ScriptContext;
use crate::extract::{Candidate, Extractor, Sink};
use image_lint_model::mention::SourceKind;
use image_lint_text::source::SourceFile;
use image_lint_text::yaml::{self, Kind, Node};
use pipeline::{At, Job, Part, Pipeline};

/// `.gitlab-ci.yml`, `*.gitlab-ci.yml`, files below `.gitlab-ci/`, and what they include.
#[derive(Debug)]
pub struct GitLab;

impl Extractor for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let folder = file.path.folder();
        let of_gitlab = |part: &str| matches!(part, ".gitlab-ci" | ".gitlab" | "gitlab-ci");
        yaml && (name.contains(".gitlab-ci.") || folder.split('/').any(of_gitlab))
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let included = include::gather(file, out);
        let whole = file.whole();
        let texts: Vec<_> = included.iter().map(|one| one.file.whole()).collect();
        let streams: Vec<_> = texts.iter().map(yaml::parse).collect();
        let own = yaml::parse(&whole);
        let mut parts: Vec<Part<'_>> = included
            .iter()
            .zip(&streams)
            .map(|(one, stream)| Part::new(&one.file, stream, one.inputs.clone()))
            .collect();
        parts.push(Part::new(file, &own, Variables::new()));
        let pipeline = Pipeline::new(parts);
        let last = included.len();
        read(&pipeline, last, &own, out);
        for (i, one) in included.iter().enumerate() {
            let mut beside = out.beside(&one.file);
            read(&pipeline, i, &streams[i], &mut beside);
            out.others.push((one.file.id, beside.finish()));
        }
    }
}

/// Writes down what the pipeline's jobs say in one of its files.
fn read(pipeline: &Pipeline<'_>, part: usize, stream: &yaml::Stream<'_>, out: &mut Sink<'_>) {
    let whole = out.file().whole();
    crate::extract::yaml_comments::ignores(&whole, stream, out);
    recover(&whole, stream, SourceKind::GitLab, "GitLab CI", out);
    let mut reading = Reading {
        pipeline,
        part,
        written: HashSet::new(),
    };
    for (number, job) in pipeline.jobs(true).enumerate() {
        reading.job(job, number as u32, out);
    }
    // What no job of the pipeline takes is read by itself.
    reading.top(out);
    let first = pipeline.jobs(true).count();
    for (number, job) in pipeline.jobs(false).enumerate() {
        reading.template(job, (first + number) as u32, out);
    }
    // What is written once is told once, however many jobs it runs in.
    let mut seen = HashSet::new();
    out.extraction
        .mentions
        .retain(|m| seen.insert((m.place.span, m.role, m.value.written())));
    crate::extract::yaml_comments::cuts(stream, out);
}

struct Reading<'p, 'n> {
    pipeline: &'p Pipeline<'n>,
    /// The file that is read.
    part: usize,
    /// First bytes of images and services that were written down.
    written: HashSet<u32>,
}

impl<'n> Reading<'_, 'n> {
    /// A job with all that it takes from elsewhere.
    fn job(&mut self, job: Job<'_, 'n>, number: u32, out: &mut Sink<'_>) {
        let (variables, combinations) = self.around(job, out);
        let image = job.effective("image");
        self.image(image, job, &variables, &combinations, out);
        let services = job.effective("services");
        self.services(services, job, &variables, &combinations, out);
        self.scripts(job, number, &variables, &combinations, out);
    }

    /// A template that no job extends, or a part of one that each of them overrides.
    fn template(&mut self, job: Job<'_, 'n>, number: u32, out: &mut Sink<'_>) {
        let (variables, combinations) = self.around(job, out);
        for key in ["image", "services"] {
            let own = job.own(key).filter(|at| self.is_new(*at));
            match key {
                "image" => self.image(own, job, &variables, &combinations, out),
                _ => self.services(own, job, &variables, &combinations, out),
            }
        }
        // A template runs as the jobs that extend it, with what they say.
        if !self.pipeline.is_extended(job.name) {
            self.scripts(job, number, &variables, &combinations, out);
        }
    }

    /// `image` and `services` of the top level and of `default`.
    fn top(&mut self, out: &mut Sink<'_>) {
        let job = self.pipeline.nobody();
        let (variables, combinations) = self.around(job, out);
        for at in self.pipeline.defaults("image") {
            if self.is_new(at) {
                self.image(Some(at), job, &variables, &combinations, out);
            }
        }
        for at in self.pipeline.defaults("services") {
            if self.is_new(at) {
                self.services(Some(at), job, &variables, &combinations, out);
            }
        }
    }

    fn is_new(&self, at: At<'n>) -> bool {
        !self.written.contains(&at.node.span().start)
    }

    fn around(&self, job: Job<'_, 'n>, out: &mut Sink<'_>) -> (Variables, Combinations) {
        let global = self.pipeline.variables(self.part);
        let mut variables = super::inherited(&global, out);
        job.variables(self.part, 0, &mut variables);
        let rules = job.rules(self.part, &variables);
        let matrix = job.get("parallel", 0);
        let matrix = matrix::gitlab(matrix.map(|at| at.node));
        (variables, matrix::both(&rules, &matrix))
    }

    fn image(
        &mut self,
        at: Option<At<'n>>,
        job: Job<'_, 'n>,
        variables: &Variables,
        combinations: &Combinations,
        out: &mut Sink<'_>,
    ) {
        let Some(at) = at else { return };
        let Some(followed) = job.followed(at) else {
            return;
        };
        if followed.part != self.part {
            return;
        }
        self.written.insert(at.node.span().start);
        self.written.insert(followed.node.span().start);
        let field = format!("{}image", job.field());
        let place = (SourceKind::GitLab, &*field);
        let node = Some(followed.node);
        matrix::images(node, "name", place, variables, combinations, out);
    }

    fn services(
        &mut self,
        at: Option<At<'n>>,
        job: Job<'_, 'n>,
        variables: &Variables,
        combinations: &Combinations,
        out: &mut Sink<'_>,
    ) {
        let Some(at) = at else { return };
        let Some(list) = job.followed(at) else {
            return;
        };
        self.written.insert(at.node.span().start);
        self.written.insert(list.node.span().start);
        for (i, service) in list.node.items().enumerate() {
            // An item may lead to a list of its own.
            let item = At {
                node: service,
                ..list
            };
            let Some(found) = job.followed(item) else {
                continue;
            };
            if found.part != self.part {
                continue;
            }
            let field = format!("{}services[{i}]", job.field());
            let place = (SourceKind::GitLab, &*field);
            let nested = found.node.kind() == Kind::Sequence;
            let items = found.node.items().filter(|_| nested);
            for service in items.chain((!nested).then_some(found.node)) {
                matrix::images(Some(service), "name", place, variables, combinations, out);
            }
        }
    }

    fn scripts(
        &self,
        job: Job<'_, 'n>,
        number: u32,
        variables: &Variables,
        combinations: &Combinations,
        out: &mut Sink<'_>,
    ) {
        let field = format!("{}script", job.field());
        // `before_script` and `script` run as one, in one shell.
        let mut lines = self.lines(job, job.effective("before_script"));
        lines.extend(self.lines(job, job.get("script", 0)));
        let after = self.lines(job, job.get("after_script", 0));
        let text: String = lines
            .iter()
            .chain(&after)
            .flatten()
            .filter_map(|line| line.as_str())
            .collect::<Vec<_>>()
            .join("\n");
        for one in matrix::used(combinations, &super::with_values(&text, variables)) {
            let all = [variables.as_slice(), one.as_slice()].concat();
            let environment = super::resolved(&all, &all, out);
            let mut context = ScriptContext::new(SourceKind::GitLab, &field, number);
            context.environment = &environment;
            script(&lines, &context, out);
            script(&after, &context, out);
        }
    }

    /// The lines of a script that are written in this file.
    fn lines(&self, job: Job<'_, 'n>, script: Option<At<'n>>) -> Vec<Option<Node<'n>>> {
        let mut lines = Vec::new();
        if let Some(script) = script {
            job.gather(script, 0, &mut lines);
        }
        lines.retain(|at: &At<'n>| at.part == self.part);
        lines.into_iter().map(|at| Some(at.node)).collect()
    }
}

#[cfg(test)]
mod tests;
