//! Variables of Templates, scripts, Dockerfiles and charts, and what gives them a value.

use super::*;

#[test]
fn parameters_are_seen_in_their_scope_only() {
    let mut repo = Repo::default();
    repo.file("t.yaml");
    repo.define(
        0,
        "IMAGE",
        Some(Value::literal("quay.io/a/b")),
        OriginKind::TemplateParameter,
    );
    repo.define(0, "TAG", None, OriginKind::TemplateParameter);
    repo.define(
        1,
        "TAG",
        Some(Value::literal("2")),
        OriginKind::TemplateParameter,
    );
    repo.define(
        2,
        "image",
        Some(Value::literal("a:1")),
        OriginKind::TektonParam,
    );
    repo.define(
        3,
        "inputs.parameters.i",
        Some(Value::literal("a:2")),
        OriginKind::ArgoParameter,
    );
    let template = |name: &str| variable(&format!("${{{name}}}"), name, Syntax::Template);
    repo.mention(template("IMAGE"), |m| m.scope = all(0));
    repo.mention(joined("a:", template("TAG")), |m| m.scope = all(0));
    repo.mention(joined("a:", template("TAG")), |m| m.scope = all(1));
    repo.mention(joined("a:", template("TAG")), |m| m.scope = None);
    repo.mention(
        variable("$(params.image)", "params.image", Syntax::Tekton),
        |m| m.scope = all(2),
    );
    repo.mention(
        variable(
            "{{inputs.parameters.i}}",
            "inputs.parameters.i",
            Syntax::Argo,
        ),
        |m| m.scope = all(3),
    );
    assert_eq!(
        repo.show(),
        [
            "t.yaml:1 known quay.io/a/b:latest, asked",
            "t.yaml:2 open TAG",
            "t.yaml:3 known docker.io/library/a:2, asked",
            "t.yaml:4 open TAG",
            "t.yaml:5 known docker.io/library/a:1, asked",
            "t.yaml:6 known docker.io/library/a:2, asked",
        ]
    );
    let linked = repo.link();
    assert_eq!(linked.mentions[0].parts[0].origin.place, Some(place(0, 50)));
    let Text::Open(open) = &linked.mentions[1].text else {
        panic!("open")
    };
    assert_eq!(open[0].declared_at, Some(place(0, 51)));
    let values: Values = [("TAG", "9"), ("image", "c")].into_iter().collect();
    let linked = repo.link_with(&values);
    let lines: Vec<_> = linked.mentions.iter().map(|m| repo.line(m)).collect();
    assert_eq!(lines[1], "t.yaml:2 known docker.io/library/a:9, asked");
    assert_eq!(
        lines[2], "t.yaml:3 known docker.io/library/a:9, asked",
        "the command line wins"
    );
    assert_eq!(lines[4], "t.yaml:5 known docker.io/library/c:latest, asked");
    assert_eq!(
        linked.mentions[1].parts[0].origin.kind,
        OriginKind::CommandLine
    );
}

#[test]
fn assignments_count_up_to_the_mention_and_circles_end() {
    let mut repo = Repo::default();
    repo.file("x.sh");
    repo.define(0, "X", Some(Value::literal("a")), OriginKind::Assignment);
    repo.define(
        0,
        "X",
        Some(joined("q/", variable("$X", "X", Syntax::Shell))),
        OriginKind::Assignment,
    );
    repo.define(
        1,
        "A",
        Some(variable("$B", "B", Syntax::Shell)),
        OriginKind::Assignment,
    );
    repo.define(
        1,
        "B",
        Some(variable("$A", "A", Syntax::Shell)),
        OriginKind::Assignment,
    );
    let x = || variable("$X", "X", Syntax::Shell);
    repo.mention(x(), |m| m.scope = Some(Scope { id: 0, upto: 1 }));
    repo.mention(x(), |m| m.scope = Some(Scope { id: 0, upto: 2 }));
    repo.mention(variable("$A", "A", Syntax::Shell), |m| m.scope = all(1));
    assert_eq!(
        repo.show(),
        [
            "x.sh:1 known docker.io/library/a:latest, asked",
            "x.sh:2 known docker.io/q/a:latest, asked",
            "x.sh:3 open A",
        ]
    );
}

#[test]
fn a_template_around_a_dockerfile_puts_its_parameters_in_first() {
    let mut repo = Repo::default();
    repo.file("t.yaml");
    repo.define(
        0,
        "V",
        Some(Value::literal("template")),
        OriginKind::TemplateParameter,
    );
    repo.define(
        1,
        "V",
        Some(Value::literal("arg")),
        OriginKind::DockerfileArg,
    );
    repo.last().1.enclosed.push((
        1,
        Scope {
            id: 0,
            upto: u32::MAX,
        },
    ));
    repo.mention(joined("a:", variable("${V}", "V", Syntax::Shell)), |m| {
        m.scope = all(1)
    });
    repo.mention(joined("a:", variable("$V", "V", Syntax::Shell)), |m| {
        m.scope = all(1)
    });
    let lines = repo.show();
    assert_eq!(
        lines[0],
        "t.yaml:1 known docker.io/library/a:template, asked"
    );
    assert_eq!(lines[1], "t.yaml:2 known docker.io/library/a:arg, asked");
}

#[test]
fn a_chart_gives_its_values_the_app_version() {
    let mut repo = Repo::default();
    repo.file("chart/Chart.yaml");
    repo.define(
        0,
        "Chart.AppVersion",
        Some(Value::literal("1.2")),
        OriginKind::HelmChart,
    );
    let tagless = || {
        joined(
            "a:",
            variable(
                "{{ .Chart.AppVersion }}",
                "Chart.AppVersion",
                Syntax::Braces,
            ),
        )
    };
    repo.file("chart/values.yaml").mention(tagless(), |_| {});
    repo.file("chart/ci/values-x.yaml")
        .mention(tagless(), |_| {});
    repo.file("other/values.yaml").mention(tagless(), |_| {});
    assert_eq!(
        repo.show(),
        [
            "chart/ci/values-x.yaml:1 known docker.io/library/a:1.2, asked",
            "chart/values.yaml:1 known docker.io/library/a:1.2, asked",
            "other/values.yaml:1 open Chart.AppVersion",
        ]
    );
}
