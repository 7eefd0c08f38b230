//! What holds for every text, however broken: used by the properties here and by the fuzz targets.

use std::collections::HashMap;

use image_lint::report::list::{ListFormat, list};
use image_lint_model::build::FormatSlot;
use image_lint_model::mention::{Excerpt, Extraction, Mention, Repository, SourceKind, Text};
use image_lint_scan::extract::{self, Claim};
use image_lint_scan::link::{self, Values};
use image_lint_text::source::{FileId, Place, Positions, RepoPath, SourceFile};

/// Extracts a file and checks all places in it; the result is linked and listed, which must not fail either.
///
/// # Panics
/// When a promise is broken.
pub fn check(path: &str, text: &str) -> Extraction {
    let path = RepoPath::from_bytes(path.as_bytes());
    let head = &text.as_bytes()[..text.len().min(128)];
    let Claim::By(extractor) = extract::claim(&path, head, true) else {
        return Extraction::default();
    };
    let file = SourceFile::new(FileId(0), path.clone(), text.to_owned());
    let (_, extraction) = extract::extract(&file, extractor, true);
    places(&file, &extraction);
    let values = Values::new();
    let early = link::early(&path, &extraction, &values, false);
    let repository = link::link(vec![(FileId(0), path.clone(), extraction.clone())], &values);
    kept(&extraction, &repository);
    for reference in early {
        let asked = repository.mentions.iter().any(|m| {
            m.asked && matches!(&m.text, Text::Known(r) if r.to_string() == reference.to_string())
        });
        assert!(asked, "{reference} is asked early and not later");
    }
    let mut out = Vec::new();
    for format in ListFormat::ALL {
        out.clear();
        list(std::slice::from_ref(&path), &repository, format, &mut out)
            .expect("memory takes every byte");
        let written = std::str::from_utf8(&out).expect("a list is UTF-8");
        match format {
            ListFormat::Json => assert!(serde_json::from_str::<serde_json::Value>(written).is_ok()),
            ListFormat::JsonLines => {
                assert_eq!(written.lines().count(), repository.mentions.len());
                for line in written.lines() {
                    assert!(
                        serde_json::from_str::<serde_json::Value>(line).is_ok(),
                        "{line}"
                    );
                }
            }
            ListFormat::Text => assert!(!written.contains('\u{1b}')),
        }
    }
    extraction
}

/// Linking keeps every mention; the open turns of one loop, which stand at one place, become one.
fn kept(extraction: &Extraction, repository: &Repository) {
    let mut known: HashMap<Place, usize> = HashMap::new();
    for mention in &extraction.mentions {
        *known.entry(mention.place).or_default() += 1;
    }
    let mut linked: HashMap<Place, (usize, usize)> = HashMap::new();
    for mention in &repository.mentions {
        let (all, open) = linked.entry(mention.mention.place).or_default();
        *all += 1;
        *open += usize::from(matches!(mention.text, Text::Open(_)));
    }
    assert_eq!(linked.len(), known.len(), "linking keeps every place");
    for (place, count) in known {
        let (all, open) = linked[&place];
        assert!(
            all == count || open > 0 && all < count,
            "of {count} mentions at {place:?} linking keeps {all}, {open} of them open"
        );
    }
}

/// Every place of an extraction slices to text of its file and says the right line and column; excerpts are of the
/// file and hold the beginning of their place.
pub fn places(file: &SourceFile, extraction: &Extraction) {
    let place = |place: &Place, what: &str| {
        let slice = file.text.get(place.span.range());
        assert!(
            slice.is_some(),
            "{what}: {:?} is no text of the file ({} bytes)",
            place.span,
            file.text.len()
        );
        let right = Positions::new(&file.text).place(place.file, place.span);
        assert_eq!((place.start, place.end), (right.start, right.end), "{what}");
        slice.unwrap_or_default()
    };
    // Checking a position is a pass over the text: enough places of a large file are looked at.
    let some = |n: usize| 1 + n / 200;
    for mention in extraction
        .mentions
        .iter()
        .step_by(some(extraction.mentions.len()))
    {
        let slice = place(&mention.place, "mention");
        excerpt(file, &mention.excerpt, &mention.place);
        for also in &mention.also {
            place(also, "also");
        }
        assert!(
            mention
                .object
                .is_none_or(|o| (o as usize) < extraction.objects.len()),
            "object of a mention"
        );
        literal(mention, slice);
    }
    for definition in extraction
        .definitions
        .iter()
        .step_by(some(extraction.definitions.len()))
    {
        place(&definition.place, "definition");
    }
    for skip in extraction.skips.iter().take(200) {
        place(&skip.place, "skip");
    }
    for ignore in extraction.ignores.iter().take(200) {
        place(&ignore.place, "ignore");
    }
    for build in extraction
        .builds
        .iter()
        .step_by(some(extraction.builds.len()))
    {
        place(&build.place, "build");
        excerpt(file, &build.excerpt, &build.place);
        if let FormatSlot::After(word) = &build.slots.format {
            place(word, "subcommand");
        }
        for image in build.inputs.iter().chain(&build.outputs) {
            place(&image.place, "image of a build");
        }
    }
    for containerfile in &extraction.containerfiles {
        place(&containerfile.place, "containerfile");
        for stage in containerfile
            .stages
            .iter()
            .step_by(some(containerfile.stages.len()))
        {
            place(&stage.place, "stage");
        }
        for only in containerfile.docker_only.iter().take(200) {
            place(&only.place, "docker only");
        }
        for (mention, _) in &containerfile.platforms {
            assert!(
                (*mention as usize) < extraction.mentions.len(),
                "platform of a mention"
            );
        }
    }
}

fn excerpt(file: &SourceFile, excerpt: &Excerpt, place: &Place) {
    let from = excerpt.offset as usize;
    // Logins are hidden behind stars, byte for byte, so that places stay where they are.
    let original = file
        .text
        .get(from..from + excerpt.text.len())
        .unwrap_or_default();
    let same = original.len() == excerpt.text.len()
        && original
            .bytes()
            .zip(excerpt.text.bytes())
            .all(|(file, shown)| file == shown || shown == b'*');
    assert!(
        same,
        "an excerpt is of the file: {original:?} {:?}",
        excerpt.text
    );
    assert!(
        excerpt.text.len() <= Excerpt::MAX,
        "{} bytes of excerpt",
        excerpt.text.len()
    );
    let start = place.span.start as usize;
    assert!(
        from <= start && start <= from + excerpt.text.len(),
        "the place begins inside its excerpt"
    );
    let line = 1 + file.text[..from].bytes().filter(|b| *b == b'\n').count();
    assert_eq!(excerpt.first_line as usize, line, "line of the excerpt");
}

/// A literal that is written plainly is the text at its place, or a part of it.
fn literal(mention: &Mention, slice: &str) {
    let plain = mention.value.is_literal()
        && mention.also.is_empty()
        && !slice.contains([
            '\\', '"', '\'', '\n', '\r', '`', '$', '^', '%', '{', '&', '*',
        ])
        && !matches!(
            mention.source,
            SourceKind::Kustomize | SourceKind::Helm | SourceKind::CustomResource
        );
    if plain {
        let value = mention.value.written();
        let value = value.trim();
        assert!(
            slice.contains(value) || value.contains(slice.trim()),
            "`{value}` is reported at `{slice}`"
        );
    }
}
