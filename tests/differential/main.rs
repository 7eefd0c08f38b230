//! The differential proof of `--fix`: generated scripts in the files that hold scripts, before and after their safe
//! edits, are run by bash and make with recording stand-ins for every tool. The words that each of them receives differ
//! by the wanted flag and by nothing else.
//!
//! An ordinary run takes a few hundred files; `IMAGE_LINT_DIFFERENTIAL=12000 cargo test --release --test differential --
//! --nocapture` takes so many, and prints what came of them.

#[path = "../../crates/image-lint-registry/src/executable.rs"]
mod executable;
mod generate;
mod host;
mod ran;

use image_lint::fix;
use image_lint::rules::Finding;
use image_lint::rules::{Case, Subject, rules};
use image_lint_model::target::Target;
use image_lint_scan::extract::{Claim, claim, extract};
use image_lint_scan::link::{Values, link};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

use generate::Dice;
use host::Host;
use ran::StandIns;

/// Files of an ordinary run.
const FILES: usize = 400;

#[test]
fn programs_receive_the_same_words_but_for_the_wanted_flag() {
    let seeds = seeds(std::env::var("IMAGE_LINT_DIFFERENTIAL").ok().as_deref());
    let files = (seeds.end - seeds.start) as usize;
    let stand_ins = StandIns::new();
    let (mut edited, mut edits, mut commands) = (0, 0, 0);
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let host = Host::ALL[seed as usize % Host::ALL.len()];
        let before = host.file(&mut dice);
        let (after, n) = fixed(host.path(), &before);
        if n == 0 {
            continue;
        }
        (edited, edits) = (edited + 1, edits + n);
        let (old, new) = (stand_ins.run(host, &before), stand_ins.run(host, &after));
        let shown = || format!("seed {seed}, {host:?}\n--- before\n{before}\n--- after\n{after}");
        assert_eq!(old.out, new.out, "{}", shown());
        assert_eq!(old.code, new.code, "{}", shown());
        assert_eq!(
            old.calls.len(),
            new.calls.len(),
            "{}\n{:?}\n{:?}",
            shown(),
            old.calls,
            new.calls
        );
        for (old, new) in old.calls.iter().zip(&new.calls) {
            commands += 1;
            assert!(
                old == new || wanted(old, new),
                "{}\n{old:?}\n{new:?}",
                shown()
            );
        }
    }
    println!(
        "{files} files, {edited} edited with {edits} edits, {commands} commands compared, 0 wrong words"
    );
    // A proof that refuses every edit would prove nothing.
    assert!(edited * 4 > files, "{edited} of {files}");
}

/// `12000`, or a part of them: `6000..12000`.
fn seeds(given: Option<&str>) -> std::ops::Range<u64> {
    let number = |text: &str| text.parse().expect("a number of files");
    match given.map(|text| text.split_once("..").ok_or(text)) {
        None => 0..FILES as u64,
        Some(Err(all)) => 0..number(all),
        Some(Ok((from, to))) => number(from)..number(to),
    }
}

/// The text after its safe edits, and how many there are.
fn fixed(path: &str, text: &str) -> (String, usize) {
    let file = SourceFile::new(
        FileId(0),
        RepoPath::from_bytes(path.as_bytes()),
        text.to_owned(),
    );
    let Claim::By(extractor) = claim(&file.path, text.as_bytes(), true) else {
        panic!("nobody reads {path}")
    };
    let extraction = extract(&file, extractor, false).1;
    let repository = link(
        vec![(file.id, file.path.clone(), extraction)],
        &Values::default(),
    );
    let target = Target::default();
    let mut findings: Vec<Finding> = Vec::new();
    for build in &repository.builds {
        let case = Case {
            subject: Subject::Build(build, &|_| None),
            target: &target,
            repository: &repository,
            target_is_of_path: false,
            policy: None,
        };
        rules()
            .iter()
            .for_each(|rule| rule.check(&case, &mut findings));
    }
    fix::prove(&mut findings, &|_| {
        Some(SourceFile::new(file.id, file.path.clone(), text.to_owned()))
    });
    let edits = fix::safe_edits(&findings)
        .remove(&FileId(0))
        .unwrap_or_default();
    let after = fix::apply(text, &edits).expect("edits that go together");
    (after, edits.len())
}

/// Whether a command differs as it should: told from the words alone, without what the program knows.
fn wanted(old: &[String], new: &[String]) -> bool {
    const FLAGS: [&str; 2] = ["--format=docker", "--format=v2s2"];
    let builder = |words: &[String]| {
        words
            .iter()
            .any(|word| ["buildah", "podman", "skopeo"].contains(&word.as_str()))
    };
    let one_more = || {
        let at = new.iter().zip(old).take_while(|(a, b)| a == b).count();
        new.len() == old.len() + 1
            && FLAGS.contains(&new[at].as_str())
            && new[at + 1..] == old[at..]
            && builder(&new[..at])
    };
    let kept = |words: &[String]| -> Vec<String> {
        words
            .iter()
            .filter(|word| *word != "--preserve-digests")
            .cloned()
            .collect()
    };
    let differing: Vec<(&String, &String)> = old.iter().zip(new).filter(|(a, b)| a != b).collect();
    let other_value = |(a, b): (&str, &str)| {
        [("oci", "docker"), ("oci", "v2s2"), ("docker", "v2s2")]
            .iter()
            .any(|(from, to)| {
                a.ends_with(from) && b == format!("{}{to}", &a[..a.len() - from.len()])
            })
            || a == "-format" && b == "--format"
            || a == "--preserve-digests" && b == "--format=v2s2"
    };
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort();
        words
    };
    builder(old)
        && (one_more()
            || old.len() == new.len()
                && differing.len() == 1
                && other_value((differing[0].0, differing[0].1))
            || old.len() == new.len() && sorted(old) == sorted(new)
            || old.len() == new.len() + 1 && {
                let (a, b) = (kept(old), kept(new));
                let differing: Vec<_> = a.iter().zip(&b).filter(|(a, b)| a != b).collect();
                a.len() == b.len()
                    && differing.iter().all(|(a, b)| other_value((a, b)))
                    && differing.len() < 2
            })
}
