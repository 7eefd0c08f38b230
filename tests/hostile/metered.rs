//! What reading costs, in the meter's steps and bytes: by the size of a file, whatever stands in it.

use std::fmt::Write as _;

use image_lint_scan::extract::{self, Claim, Reading};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// What one reading of a file cost.
struct Cost {
    steps: u64,
    bytes: u64,
    /// How often the file is named as not fully read.
    named: usize,
}

fn cost(path: &str, text: &str) -> Cost {
    let file = SourceFile::new(
        FileId(0),
        RepoPath::from_bytes(path.as_bytes()),
        text.to_owned(),
    );
    let head = &text.as_bytes()[..text.len().min(128)];
    let Claim::By(extractor) = extract::claim(&file.path, head, true) else {
        panic!("{path} is read by nobody");
    };
    let run = Reading::default();
    let (_, extraction) = extract::extract_within(&file, extractor, true, &run);
    let named = extraction
        .skips
        .iter()
        .filter(|skip| skip.why.starts_with("not read to its end"))
        .count();
    Cost {
        steps: run.meter.steps(),
        bytes: run.meter.bytes(),
        named,
    }
}

/// `line` with `@` counted up, `n` times.
fn times(n: usize, line: &str) -> String {
    let mut text = String::new();
    for i in 0..n {
        for (k, part) in line.split('@').enumerate() {
            if k > 0 {
                let _ = write!(text, "{i}");
            }
            text.push_str(part);
        }
    }
    text
}

/// A script whose variables are each made of the one before, twice.
fn doubling(level: &str) -> String {
    let mut text = "A0=x\n".to_owned();
    for i in 1..22 {
        let _ = writeln!(text, "A{i}={}", level.replace('@', &format!("$A{}", i - 1)));
    }
    text + "docker pull q.io/a:$A21\n"
}

fn workflow(script: &str) -> String {
    let lines = script.trim_end().replace('\n', "\n          ");
    format!(
        "on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n      - run: |\n          {lines}\n"
    )
}

fn pod(script: &str) -> String {
    let lines = script.trim_end().replace('\n', "\n        ");
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - image: q.io/a:1\n    command: [sh, -c]\n    args:\n      - |\n        {lines}\n"
    )
}

#[test]
fn a_value_that_doubles_at_each_assignment_costs_little() {
    let shell = |text: String| format!("#!/bin/sh\n{text}");
    for level in [
        "${U:-@@}",
        "${U:=@@}",
        "${U#@@}",
        "${U%%@@}",
        "${U/@@/@@}",
        "${U:+@@}",
        "@@",
        "\"${U:-${V:-@@}@}\"",
    ] {
        let script = doubling(level);
        for (path, text) in [
            ("a.sh", shell(script.clone())),
            (".github/workflows/a.yaml", workflow(&script)),
            ("pod.yaml", pod(&script)),
        ] {
            let cost = cost(path, &text);
            assert!(
                cost.steps < 500_000 && cost.bytes < 3_000_000,
                "{path} {level}: {} steps, {} bytes",
                cost.steps,
                cost.bytes
            );
        }
    }
}

/// A file of about `n` bytes.
type Input = (&'static str, &'static str, fn(usize) -> String);

const SCALED: &[Input] = &[
    ("a line of wrappers", "a.sh", |n| {
        format!("#!/bin/sh\n{}docker pull q.io/a\n", "sudo ".repeat(n / 5))
    }),
    ("wrappers with values", "a.sh", |n| {
        format!(
            "#!/bin/sh\n{}docker pull q.io/a\n",
            times(n / 9, "env A@=1 ")
        )
    }),
    ("wrappers that add an argument", "a.sh", |n| {
        format!("#!/bin/sh\n{}docker pull q.io/a\n", "xargs ".repeat(n / 6))
    }),
    ("wrappers of a container", "pod.yaml", |n| {
        let words = "sudo, ".repeat(n / 6);
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - image: q.io/a:1\n    command: [{words}docker, pull, q.io/b]\n"
        )
    }),
    ("arguments of calls", "a.sh", |n| {
        let words = times(n / 16, " w@");
        let calls = "f \"$@\"\n".repeat(n / 16);
        format!("#!/bin/sh\nf() {{ docker pull \"$1\"; }}\nset --{words}\n{calls}")
    }),
    ("arguments of pulls", "a.sh", |n| {
        let words = times(n / 16, " w@");
        format!(
            "#!/bin/sh\nset --{words}\n{}",
            "docker pull \"$@\"\n".repeat(n / 34)
        )
    }),
    ("loops over arguments", "a.sh", |n| {
        let words = times(n / 16, " w@");
        let loops = "for x in \"$@\"; do docker pull $x; done\n".repeat(n / 80);
        format!("#!/bin/sh\nset --{words}\n{loops}")
    }),
    ("shifted arguments", "a.sh", |n| {
        let words = times(n / 16, " w@");
        format!(
            "#!/bin/sh\nset --{words}\n{}docker pull q.io/$1\n",
            "shift\n".repeat(n / 12)
        )
    }),
    ("scripts in a script of many variables", "a.sh", |n| {
        format!(
            "#!/bin/sh\n{}{}",
            times(n / 16, "V@=x\n"),
            "sh -c 'docker pull q.io/a'\n".repeat(n / 50)
        )
    }),
    ("evaluated texts", "a.sh", |n| {
        format!(
            "#!/bin/sh\n{}{}",
            times(n / 16, "V@=x\n"),
            "eval docker pull q.io/a\n".repeat(n / 50)
        )
    }),
    ("arms of a case", "a.sh", |n| {
        format!(
            "#!/bin/sh\ncase $1 in\n{}esac\ndocker pull q.io/$V1\n",
            times(n / 22, "a@) V@=x; W=@;;\n")
        )
    }),
    ("arms of an if", "a.sh", |n| {
        format!(
            "#!/bin/sh\nif a; then b\n{}fi\ndocker pull q.io/$V1\n",
            times(n / 24, "elif b; then V@=x W=@\n")
        )
    }),
    ("a program made of a variable", "a.sh", |n| {
        format!(
            "#!/bin/sh\nA='docker pull q.io/a;docker pull q.io/b;docker pull q.io/c;'\neval {}\n",
            "$A".repeat(n / 2)
        )
    }),
    ("a here-document of a variable", "a.sh", |n| {
        format!(
            "#!/bin/sh\nA='{}'\ncat > Dockerfile <<E\nFROM q.io/a\nRUN {}\nE\n",
            "x".repeat(8000),
            "$A".repeat(n / 2)
        )
    }),
    ("joins of many uses", "a.sh", |n| {
        format!(
            "#!/bin/sh\nif a; then X={}; fi\n{}",
            "$A".repeat(60),
            times(n / 44, "if a; then X@=$X$X$X; fi; docker pull q.io/a:$X\n")
        )
    }),
    ("a chain of defaults", "a.sh", |n| {
        let mut text = "#!/bin/sh\nA0=x\n".to_owned();
        for i in 1..n / 16 {
            let _ = writeln!(text, "A{i}=${{U:-$A{}}}", i - 1);
        }
        text + "docker pull q.io/a:$A9\n"
    }),
    ("pulls in one line", "a.sh", |n| {
        format!("#!/bin/sh\n{}\n", "docker pull Q.io/A;".repeat(n / 19))
    }),
    ("one word of many quotes", "a.sh", |n| {
        format!("#!/bin/sh\ndocker pull {}\n", "a\"b\"".repeat(n / 4))
    }),
    (
        "steps that are given many variables",
        ".github/workflows/a.yaml",
        |n| {
            let variables = times(n / 24, "  V@: a\n");
            let steps = "    - run: docker pull q.io/a\n".repeat(n / 62);
            format!("on: push\nenv:\n{variables}jobs:\n  j:\n    runs-on: x\n    steps:\n{steps}")
        },
    ),
    ("parameters of many templates", "argo.yaml", |n| {
        let parameters = times(n / 60, "    - {name: p@, value: x}\n");
        let templates = times(
            n / 100,
            "  - {name: t@, container: {image: 'q.io/a:{{workflow.parameters.p1}}'}}\n",
        );
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: a}}\nspec:\n  arguments:\n    parameters:\n{parameters}  templates:\n{templates}"
        )
    }),
    ("parameters of many tasks", "tekton.yaml", |n| {
        let parameters = times(n / 60, "  - {name: p@, default: x}\n");
        let tasks = times(
            n / 110,
            "  - {name: t@, taskSpec: {steps: [{name: s, image: 'q.io/a:$(params.p1)'}]}}\n",
        );
        format!(
            "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {{name: a}}\nspec:\n  params:\n{parameters}  tasks:\n{tasks}"
        )
    }),
    ("images of jobs with variables", ".gitlab-ci.yml", |n| {
        let variables = times(n / 24, "  V@: a\n");
        let jobs = times(
            n / 90,
            "j@: {image: 'q.io/a:$V1', script: [docker pull q.io/b]}\n",
        );
        format!("variables:\n{variables}{jobs}")
    }),
    ("recipes with variables", "Makefile", |n| {
        times(n / 30, "export V@ = a\n") + &times(n / 60, "r@:\n\tdocker pull q.io/$(V1)\n")
    }),
    ("stages of a build", "Dockerfile", |n| {
        times(n / 40, "ARG A@=x$A1\nFROM q.io/a:${A@}\n")
    }),
    ("a Jenkinsfile of pulls", "Jenkinsfile", |n| {
        format!(
            "pipeline {{ agent any\nstages {{ stage('a') {{ steps {{\n{}}}}}}}}}\n",
            "sh 'docker pull q.io/a'\n".repeat(n / 23)
        )
    }),
];

#[test]
fn reading_costs_by_the_size_of_a_file() {
    for (what, path, make) in SCALED {
        let sizes = [10_000, 20_000, 40_000];
        let costs = sizes.map(|n| {
            let text = make(n);
            let cost = cost(path, &text);
            assert!(cost.named <= 1, "{what}: named {} times", cost.named);
            cost
        });
        for pair in costs.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            assert!(
                after.steps as f64 <= 2.2 * before.steps.max(20_000) as f64
                    && after.bytes as f64 <= 2.2 * before.bytes.max(20_000) as f64,
                "{what}: {} steps and {} bytes, of twice the size {} and {}",
                before.steps,
                before.bytes,
                after.steps,
                after.bytes
            );
        }
    }
}
