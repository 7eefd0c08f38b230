//! From what files name to what they mean in the repository, and what the rules say of it.

use divan::Bencher;
use divan::counter::ItemsCount;
use image_lint::rules::Finding;
use image_lint::rules::{Case, Levels, Subject, judge};
use image_lint_model::mention::{Extraction, Repository};
use image_lint_model::target::Target;
use image_lint_scan::link::{Values, link};
use image_lint_text::source::{FileId, RepoPath};

use super::{Source, texts};

/// Files with ten workloads each, half of which name something that is no image, and a kustomization that renames one.
fn files(mentions: usize) -> Vec<(FileId, RepoPath, Extraction)> {
    let image = |i: usize| {
        if i.is_multiple_of(2) {
            format!("quay.io/team/app-{i}:1.0")
        } else {
            format!("Quay.io/Team-{i}:1")
        }
    };
    let mut sources: Vec<Source> = (0..mentions / 10)
        .map(|file| {
            let text = texts::deployments((0..10).map(|i| image(file * 10 + i)));
            Source::new(file as u32, &format!("apps/{file}.yaml"), text)
        })
        .collect();
    let rewrite = "resources: [0.yaml]\nimages:\n- name: quay.io/team/app-0\n  newTag: \"2\"\n";
    sources.push(Source::new(
        sources.len() as u32,
        "apps/kustomization.yaml",
        rewrite.to_owned(),
    ));
    sources
        .iter()
        .map(|source| (source.file.id, source.file.path.clone(), source.extract()))
        .collect()
}

/// Workloads linked, and where their files are.
pub fn repository(mentions: usize) -> (Repository, Vec<RepoPath>) {
    let files = files(mentions);
    let paths = files.iter().map(|(_, path, _)| path.clone()).collect();
    (link(files, &Values::new()), paths)
}

/// Everything the rules say where no registry was asked.
pub fn findings(repository: &Repository) -> Vec<Finding> {
    let target = Target::named("openshift-3.11").expect("the default target is known");
    let mut found = Vec::new();
    for linked in &repository.mentions {
        let case = Case {
            subject: Subject::Mention {
                linked,
                resolved: None,
            },
            target: &target,
            target_is_of_path: false,
            policy: None,
            repository,
        };
        judge(&case, &Levels::default(), &mut found);
    }
    found
}

#[divan::bench(args = [100, 1_000, 10_000])]
fn linking(bencher: Bencher<'_, '_>, mentions: usize) {
    let files = files(mentions);
    bencher
        .counter(ItemsCount::new(mentions))
        .with_inputs(|| files.clone())
        .bench_local_values(|files| link(files, &Values::new()));
}

#[divan::bench]
fn rules(bencher: Bencher<'_, '_>) {
    let (repository, _) = repository(1_000);
    bencher
        .counter(ItemsCount::new(repository.mentions.len()))
        .bench_local(|| findings(&repository));
}
