//! All images for the page's script, as columns of numbers and each text once: a hundred thousand places are read in a
//! moment. Nobody else is meant to read this; the report in the page is for programs.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::listing;
use super::markup::LONGEST;
use super::overview::{Image, Overview, Problem, Status};
use crate::report::{Report, wire};
use image_lint_model::sanitize;
use image_lint_text::source::FileId;

/// The number of a text in [`Page::texts`].
type TextId = u32;

#[derive(Serialize)]
struct Page {
    /// Each text once, safe to show.
    texts: Vec<String>,
    /// By status: its word, what people read, and what is said where nothing was found.
    statuses: Vec<[&'static str; 3]>,
    registries: Vec<TextId>,
    targets: Vec<TextId>,
    files: Vec<TextId>,
    /// By file: where the host of a CI job shows it; empty where no host does.
    links: Vec<String>,
    images: Images,
    uses: Uses,
    problems: Problems,
}

/// Columns; the same index is the same image.
#[derive(Default, Serialize)]
struct Images {
    name: Vec<TextId>,
    status: Vec<usize>,
    registry: Vec<Option<usize>>,
    target: Vec<Option<usize>>,
    why: Vec<Option<TextId>>,
    /// What was seen: name and value in turn.
    seen: Vec<Vec<TextId>>,
    /// Problems, and for each the uses that have it; none: all.
    found: Vec<Vec<(usize, Vec<usize>)>>,
    /// The first of its uses; they go on to the next image's.
    first: Vec<usize>,
}

#[derive(Default, Serialize)]
struct Uses {
    file: Vec<u32>,
    line: Vec<u32>,
    column: Vec<u32>,
    role: Vec<TextId>,
    field: Vec<TextId>,
}

#[derive(Default, Serialize)]
struct Problems {
    level: Vec<TextId>,
    word: Vec<TextId>,
    label: Vec<TextId>,
    message: Vec<TextId>,
    help: Vec<Vec<TextId>>,
    fix: Vec<Option<TextId>>,
    /// Place and what it has to do with it, in turn.
    related: Vec<Vec<TextId>>,
}

/// Writes it for its script element.
pub fn write(report: &Report, overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut texts = Texts::default();
    let mut files = Files::default();
    let mut images = Images::default();
    let mut uses = Uses::default();
    for image in &overview.images {
        images.first.push(uses.file.len());
        images.push(image, &mut texts);
        for used in &image.uses {
            uses.file
                .push(files.number(report, used.place.file, &mut texts));
            uses.line.push(used.place.start.line);
            uses.column.push(used.place.start.column);
            uses.role.push(texts.id(used.role()));
            let field = used.mention.map_or("", |mention| mention.field.raw());
            uses.field.push(texts.id(field));
        }
    }
    let mut problems = Problems::default();
    for problem in &overview.problems {
        problems.push(report, problem, &mut texts);
    }
    let ids = |texts: &mut Texts, all: &mut dyn Iterator<Item = String>| {
        all.map(|text| texts.made(text)).collect::<Vec<_>>()
    };
    let mut targets = report.targets.iter().map(|t| sanitize::short(t, LONGEST));
    let targets = ids(&mut texts, &mut targets);
    let mut registries = overview
        .registries
        .iter()
        .map(|r| sanitize::short(r.name, LONGEST));
    let registries = ids(&mut texts, &mut registries);
    let page = Page {
        statuses: Status::ALL
            .map(|s| [s.as_str(), s.words(), listing::nothing_found(s)])
            .to_vec(),
        registries,
        targets,
        files: files.texts,
        links: files.links,
        images,
        uses,
        problems,
        texts: texts.all,
    };
    wire::script(&page, out)
}

impl Images {
    fn push(&mut self, image: &Image<'_>, texts: &mut Texts) {
        self.name.push(texts.id(image.name));
        self.status.push(image.status as usize);
        self.registry.push(image.registry);
        self.target.push(image.target);
        self.why.push(image.why.map(|why| texts.id(why)));
        let mut seen = Vec::with_capacity(image.evidence.len() * 2);
        for (what, value) in &image.evidence {
            seen.extend([texts.id(what), texts.id(value.raw())]);
        }
        self.seen.push(seen);
        let found = image.found.iter();
        self.found.push(
            found
                .map(|found| (found.problem, found.uses.clone()))
                .collect(),
        );
    }
}

impl Problems {
    fn push(&mut self, report: &Report, problem: &Problem<'_>, texts: &mut Texts) {
        self.level.push(texts.id(problem.kind.level()));
        self.word.push(texts.id(problem.kind.word()));
        self.label.push(texts.id(problem.label));
        self.message.push(texts.id(problem.message.raw()));
        // A command is whole: nobody pastes half of one.
        let help = problem.help.iter();
        self.help
            .push(help.map(|line| texts.whole(line.raw())).collect());
        self.fix.push(problem.fix.map(|fix| {
            let how = if fix.safe { "--fix" } else { "--fix --unsafe" };
            texts.made(format!(
                "{how} does it: {}",
                sanitize::short(&fix.title, LONGEST)
            ))
        }));
        let mut related = Vec::with_capacity(problem.related.len() * 2);
        for other in problem.related {
            related.push(texts.made(report.at(other.place)));
            related.push(texts.id(other.label.raw()));
        }
        self.related.push(related);
    }
}

/// Paths of the files that are named, by the order in which they are met.
#[derive(Default)]
struct Files {
    numbers: HashMap<FileId, u32>,
    texts: Vec<TextId>,
    links: Vec<String>,
}

impl Files {
    fn number(&mut self, report: &Report, file: FileId, texts: &mut Texts) -> u32 {
        *self.numbers.entry(file).or_insert_with(|| {
            self.texts.push(texts.made(listing::path(report, file)));
            self.links.extend(report.links.file(report, file));
            // No more files than `FileId` counts.
            self.texts.len() as u32 - 1
        })
    }
}

/// Texts that are safe to show, each with its number.
#[derive(Default)]
struct Texts {
    numbers: HashMap<String, TextId>,
    all: Vec<String>,
}

impl Texts {
    /// A text of any origin, cut where it is very long.
    fn id(&mut self, raw: &str) -> TextId {
        // Most texts are safe, short and known.
        match self.numbers.get(raw) {
            Some(known) if raw.len() <= LONGEST && sanitize::line(raw) == raw => *known,
            _ => self.made(sanitize::short(raw, LONGEST)),
        }
    }

    /// The same, never cut.
    fn whole(&mut self, raw: &str) -> TextId {
        self.made(sanitize::line(raw).into_owned())
    }

    /// A text that is safe already.
    fn made(&mut self, text: String) -> TextId {
        if let Some(known) = self.numbers.get(&text) {
            return *known;
        }
        // Texts are fewer than bytes of a report that fits into memory; a page of 2^32 texts opens nowhere.
        let number = self.all.len() as TextId;
        self.all.push(text.clone());
        self.numbers.insert(text, number);
        number
    }
}
