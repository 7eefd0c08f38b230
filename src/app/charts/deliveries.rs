//! Which charts of the repository something of it deploys, and with what: Argo CD, Flux, helmfiles, `helm` commands.

use image_lint_model::delivery::{Base, Delivery, Given as Values};
use image_lint_model::kustomize::Unbuilt;
use image_lint_scan::render::delivered::{Delivered, GivenTo};
use image_lint_text::source::{FileId, RepoPath, SourceFile, Span};

use super::super::read::{FileRead, Read};
use super::{Numbers, Tree, resolved};

/// What one object or command gives a chart.
pub struct Given {
    /// Where it is written.
    pub spans: Vec<Span>,
    pub delivered: Delivered,
}

/// Most deliveries of one chart.
const MOST: usize = 100;

/// What is given to the chart in a folder.
pub fn to(folder: &str, read: &Read, numbers: &mut Numbers, tree: &dyn Tree) -> Vec<Given> {
    let all = read.files.iter().flat_map(|file| {
        let deliveries = file.extraction.deliveries.iter();
        deliveries.map(move |delivery| (file, delivery))
    });
    let of_folder = all.filter(|(file, delivery)| {
        let places = places(&delivery.chart, delivery.base, file);
        places.iter().any(|place| place == folder)
    });
    let mut given = Vec::new();
    for (file, delivery) in of_folder.take(MOST) {
        given.extend(one(folder, file, delivery, (numbers, tree)));
    }
    given
}

/// The paths that a path may be, from the top of what is linted.
fn places(path: &str, base: Base, file: &FileRead) -> Vec<String> {
    let here = || resolved(&file.path.folder(), path);
    let top = || resolved("", path);
    let all = match base {
        Base::Top => [top(), None],
        Base::Here => [here(), None],
        Base::Started => [top(), here()],
    };
    all.into_iter().flatten().collect()
}

/// None where a file that it names is not there.
fn one(
    folder: &str,
    file: &FileRead,
    delivery: &Delivery,
    (numbers, tree): (&mut Numbers, &dyn Tree),
) -> Option<Given> {
    let own = tree.file(&file.path.to_text())?;
    let by = SourceFile::new(file.id, file.path.clone(), String::from_utf8(own).ok()?);
    let mut values = Vec::new();
    let mut spans = Vec::new();
    for given in &delivery.values {
        spans.extend(given.spans());
        let Values::File { path, base } = given else {
            values.push(GivenTo::Own(given.clone()));
            continue;
        };
        let places = match base {
            None => resolved(folder, path).into_iter().collect(),
            Some(base) => places(path, *base, file),
        };
        let found = places
            .into_iter()
            .find_map(|place| Some((tree.file(&place)?, place)));
        let (bytes, place) = found?;
        let place = RepoPath::from_bytes(place.as_bytes());
        let text = String::from_utf8(bytes).ok()?;
        values.push(GivenTo::File(SourceFile::new(
            numbers.of(&place),
            place,
            text,
        )));
    }
    Some(Given {
        spans,
        delivered: Delivered { by, values },
    })
}

/// What was read statically of values that a chart was rendered with is known better now.
pub fn supersede(read: &mut Read, file: FileId, spans: &[Span]) {
    let Some(file) = read.files.iter_mut().find(|read| read.id == file) else {
        return;
    };
    let inside = |span: Span| {
        spans
            .iter()
            .any(|given| given.start <= span.start && span.end <= given.end)
    };
    let mentions = file.extraction.mentions.iter().enumerate();
    let known = mentions.filter(|(_, mention)| inside(mention.place.span));
    let known: Vec<u32> = known.map(|(at, _)| at as u32).collect();
    for mention in known {
        file.extraction.unbuilt.push(Unbuilt {
            mention,
            by: None,
            why: "the chart is rendered with these values",
        });
    }
}
