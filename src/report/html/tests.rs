use std::sync::Arc;

use proptest::prelude::*;

use super::overview::Status;
use super::*;
use crate::report::{Mentioned, sample};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::sanitize;
use image_lint_model::verdict::Verdict;

fn page(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn element<'a>(page: &'a str, id: &str) -> &'a str {
    let start = format!("<script type=\"application/json\" id=\"{id}\">");
    let (_, rest) = page.split_once(&start).unwrap();
    rest.split_once("</script>").unwrap().0
}

/// A mention of the realistic report: at the place of its first finding with this reference.
fn mention(report: &Report, reference: &str, verdict: Verdict) -> Mentioned {
    let finding = report.findings.iter().find(|finding| {
        finding
            .reference
            .as_ref()
            .is_some_and(|r| r.raw() == reference)
    });
    Mentioned {
        place: finding.map_or(report.silent[0].place, |finding| finding.place),
        reference: reference.into(),
        verdict,
        not_checkable: (verdict == Verdict::NotCheckable).then_some("with a variable"),
        target: 0,
        role: Role::Run,
        source: SourceKind::Kubernetes,
        field: "spec.containers[0].image".into(),
        evidence: Arc::from([("registry", "quay.io".into())]),
    }
}

/// The realistic report with its mentions.
fn realistic() -> Report {
    let mut report = sample::realistic();
    report.targets = vec![report.target.clone()];
    let rows = [
        ("quay.io/acme/web:2.4", Verdict::Bad),
        ("docker.io/library/redis:7.99", Verdict::Bad),
        ("quay.io/acme/web:2.4", Verdict::Bad),
        ("registry.acme.example/private/tools:1", Verdict::Ok),
        ("${IMAGE}", Verdict::NotCheckable),
    ];
    report.mentions = rows
        .iter()
        .map(|(reference, verdict)| mention(&report, reference, *verdict))
        .collect();
    let mut seen = 0;
    for finding in &mut report.findings {
        let name = finding.reference.as_ref().map(|r| r.raw().to_owned());
        let is_build = finding.rule == crate::rules::RuleId::OciBuild;
        finding.mention = rows
            .iter()
            .enumerate()
            .filter(|(i, _)| *i >= seen || rows[*i].0 != "quay.io/acme/web:2.4")
            .find(|(_, (reference, _))| Some(*reference) == name.as_deref() && !is_build)
            .map(|(i, _)| i);
        seen += usize::from(finding.mention == Some(0));
    }
    report
}

#[test]
fn images_come_with_their_places_and_problems_the_worst_first() {
    let report = realistic();
    let overview = Overview::of(&report);
    let rows: Vec<_> = overview
        .images
        .iter()
        .map(|image| {
            let worst = overview.worst(image).map(|problem| problem.kind.word());
            (image.status, image.name, image.uses.len(), worst)
        })
        .collect();
    assert_eq!(
        rows,
        [
            (
                Status::Bad,
                "quay.io/acme/web:2.4",
                2,
                Some("unsupported-format")
            ),
            (
                Status::Bad,
                "docker.io/library/redis:7.99",
                1,
                Some("tag-not-found")
            ),
            (Status::Line, "quay.io/acme/app:dev", 1, Some("oci-build")),
            (Status::Line, "kind: Template", 1, Some("unresolved")),
            (
                Status::Unchecked,
                "ghcr.io/acme/tool:3",
                1,
                Some("rate-limited")
            ),
            (Status::NotCheckable, "${IMAGE}", 1, None),
            (
                Status::Ok,
                "registry.acme.example/private/tools:1",
                1,
                Some("no-pull-secret")
            ),
        ]
    );
    assert_eq!(overview.counts, [2, 2, 1, 1, 1]);
    let registries: Vec<_> = overview
        .registries
        .iter()
        .map(|r| (r.name, r.counts))
        .collect();
    assert_eq!(
        registries,
        [
            ("quay.io", [1, 1, 0, 0, 0]),
            ("docker.io", [1, 0, 0, 0, 0]),
            ("ghcr.io", [0, 0, 1, 0, 0]),
            ("registry.acme.example", [0, 0, 0, 0, 1]),
        ]
    );
}

#[test]
fn one_image_for_two_targets_is_two_rows() {
    let mut report = realistic();
    report.targets.push("kubernetes".into());
    report.mentions[2].target = 1;
    report.mentions[2].verdict = Verdict::Ok;
    let overview = Overview::of(&report);
    let rows: Vec<_> = (overview.images.iter())
        .filter(|image| image.name == "quay.io/acme/web:2.4")
        .map(|image| (image.target, image.status))
        .collect();
    assert_eq!(rows, [(Some(0), Status::Bad), (Some(1), Status::Ok)]);
}

#[test]
fn a_name_says_its_registry_or_none() {
    let table = [
        ("quay.io/a/b:1", Some("quay.io"), "a host with a dot"),
        ("localhost/a", Some("localhost"), "docker's exception"),
        ("registry:5000/a", Some("registry:5000"), "a port"),
        ("[::1]:5000/a", Some("[::1]:5000"), "an address"),
        ("library/redis", None, "a namespace of the default registry"),
        ("redis:7", None, "no registry"),
        ("${HOST}.example/a", None, "a variable"),
        ("$REGISTRY:5000/a", None, "a variable"),
        ("buildah bud -t quay.io/a/b .", None, "a command"),
    ];
    for (name, expected, why) in table {
        let mut report = realistic();
        report.mentions.truncate(1);
        report.findings.clear();
        report.unchecked.clear();
        report.mentions[0].reference = name.into();
        let overview = Overview::of(&report);
        let registry = overview.images[0]
            .registry
            .map(|n| overview.registries[n].name);
        assert_eq!(registry, expected, "{why}: {name}");
    }
}

#[test]
fn the_policy_allows_this_style_and_this_script_only() {
    let page = page(&realistic());
    let (_, rest) = page
        .split_once("http-equiv=\"Content-Security-Policy\" content=\"")
        .unwrap();
    let policy = rest.split_once('"').unwrap().0.replace("&#39;", "'");
    let text = |start: &str, end: &str| {
        let (_, rest) = page.split_once(start).unwrap();
        hash(rest.split_once(end).unwrap().0)
    };
    let style = text("<style>", "</style>");
    let script = text("<script>", "</script>");
    assert!(
        policy.starts_with(&format!(
            "default-src 'none'; style-src '{style}'; script-src '{script}'; "
        )),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    // The policy comes before what it is about.
    assert!(page.find("Content-Security-Policy") < page.find("<style>"));
}

#[test]
fn style_and_script_stay_within_their_elements() {
    for (asset, end) in [(STYLE, "</style"), (SCRIPT, "</script")] {
        assert!(!asset.to_lowercase().contains(end) && !asset.contains("<!--"));
        assert!(!asset.contains(|c| sanitize::is_forbidden(c) && c != '\n'));
    }
    // The policy would refuse them, and the page needs none.
    for word in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "eval(",
        "document.write",
        "fetch(",
        ".style",
    ] {
        assert!(!SCRIPT.contains(word), "{word}");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn the_report_in_the_page_is_the_json_report() {
    let report = realistic();
    let page = page(&report);
    let mut out = Vec::new();
    json::write(&report, &mut out).unwrap();
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let inside = element(&page, "report");
    assert_eq!(value(inside), value(&String::from_utf8(out).unwrap()));
    serde_json::from_str::<json::Document>(inside).unwrap();
}

#[test]
fn each_text_is_in_the_data_once() {
    let mut report = realistic();
    let first = report.mentions[0].clone();
    report.mentions.extend(std::iter::repeat_n(first, 1_000));
    let page = page(&report);
    let data = element(&page, "images");
    assert_eq!(data.matches("\"quay.io/acme/web:2.4\"").count(), 1);
    assert!(data.len() < 40_000, "{} bytes", data.len());
}

#[test]
fn the_headline_says_what_is_most_important() {
    let headline = |report: &Report| {
        let page = page(report);
        let (_, rest) = page.split_once("<h1>").unwrap();
        rest.split_once("</h1>").unwrap().0.to_owned()
    };
    let mut report = realistic();
    assert_eq!(headline(&report), "2 images cannot be pulled");
    report
        .mentions
        .iter_mut()
        .for_each(|m| m.verdict = Verdict::Ok);
    assert_eq!(
        headline(&report),
        "3 errors at 4 places, 1 warning, 1 note, 1 not checked"
    );
    assert_eq!(headline(&sample::clean()), "No problems found");
    let mut nothing = Report::default();
    nothing.summary.files = 7;
    assert_eq!(headline(&nothing), "No image references found in 7 files");
}

#[test]
fn an_image_whose_finding_is_suppressed_is_no_headline() {
    let mut report = realistic();
    report.findings.clear();
    report.unchecked.clear();
    let page = page(&report);
    assert!(page.contains("<h1>No problems found</h1>"));
    assert!(page.contains("its finding is suppressed"));
}

#[test]
fn in_a_job_places_lead_to_the_host_of_the_repository() {
    let mut report = realistic();
    assert!(!page(&report).contains("<a href=\"http"));
    let env = [
        ("GITLAB_CI", "true"),
        ("CI_PROJECT_URL", "https://git.example.com/acme/shop"),
        ("CI_COMMIT_SHA", "5f0b"),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    report.links = crate::report::Links::of_job(&env.into(), true);
    let page = page(&report);
    let at = report.mentions[0].place;
    let url = report.links.place(&report, at).unwrap();
    assert!(page.contains(&format!(
        "<a href=\"{url}\"><code>{}</code></a>",
        report.at(at)
    )));
    let file = url.split_once('#').unwrap().0;
    assert!(element(&page, "images").contains(&format!("\"{file}\"")));
}

#[test]
fn many_registries_are_a_picture_of_a_few() {
    let mut report = realistic();
    let first = report.mentions[0].clone();
    report.mentions = (0..40)
        .map(|n| Mentioned {
            reference: format!("r{n}.example/a:1").into(),
            verdict: Verdict::Ok,
            ..first.clone()
        })
        .collect();
    report.findings.clear();
    report.unchecked.clear();
    let page = page(&report);
    assert_eq!(page.matches("<svg class=\"bar\"").count(), 13);
    assert!(page.contains("28 more registries"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_becomes_markup(text in any::<String>()) {
        let mut report = sample::hostile_with(&text);
        report.targets = vec![text.clone(), text.clone()];
        report.mentions = vec![Mentioned {
            reference: text.as_str().into(),
            field: text.as_str().into(),
            evidence: Arc::from([("digest", text.as_str().into())]),
            ..mention(&report, "x", Verdict::Ok)
        }];
        let page = page(&report);
        prop_assert!(!page.contains(|c| sanitize::is_forbidden(c) && c != '\n'));
        for id in ["images", "report"] {
            let value: serde_json::Value = serde_json::from_str(element(&page, id)).unwrap();
            prop_assert!(value.is_object());
        }
        // As many elements as with a text that means nothing.
        let mut plain = sample::hostile_with("x");
        plain.targets = vec!["x".into(), "x".into()];
        plain.mentions = vec![Mentioned { reference: "x".into(), ..mention(&plain, "x", Verdict::Ok) }];
        let count = |page: &str| {
            let own = page.replace("<code>", "").replace("</code>", "").replace("<wbr>", "");
            own.matches('<').count()
        };
        let expected = count(&self::page(&plain));
        prop_assert!(count(&page).abs_diff(expected) <= 60, "{} {}", count(&page), expected);
    }
}
