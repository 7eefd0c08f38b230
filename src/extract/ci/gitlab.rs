//! GitLab CI: `image`, `services`, `variables` and the scripts of jobs (docs.gitlab.com, "CI/CD YAML syntax").

use super::{Variables, add_variables, image, recover, script};
use crate::extract::shell::ScriptContext;
use crate::extract::yaml::{self, Kind, Node};
use crate::extract::{Candidate, Extractor, Sink};
use crate::model::mention::SourceKind;
use crate::model::source::SourceFile;

/// `.gitlab-ci.yml`, `*.gitlab-ci.yml`, files below `.gitlab-ci/`.
#[derive(Debug)]
pub struct GitLab;

/// Keys of the top level that are no jobs.
const GLOBAL: [&str; 11] = [
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "spec",
];

impl Extractor for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let folder = file.path.folder();
        yaml && (name.contains(".gitlab-ci.") || folder.split('/').any(|part| part == ".gitlab-ci"))
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        yaml::ignores(&whole, &stream, out);
        recover(&whole, &stream, SourceKind::GitLab, "GitLab CI", out);
        let mut number = 0;
        for document in &stream.documents {
            let root = document.root();
            let mut variables = Variables::new();
            add_variables(&mut variables, root.get("variables"));
            images(root, "", &variables, out);
            let default = root.get("default");
            if let Some(default) = default {
                images(default, "default.", &variables, out);
            }
            for (name, job) in root.pairs() {
                let Some(name) = name.as_str() else { continue };
                if GLOBAL.contains(&name) || job.kind() != Kind::Mapping {
                    continue;
                }
                let mut variables = variables.clone();
                add_variables(&mut variables, job.get("variables"));
                images(job, &format!("{name}."), &variables, out);
                let before = |key| job.get(key).or_else(|| default?.get(key)).or_else(|| root.get(key));
                let field = format!("{name}.script");
                let mut context = ScriptContext::new(SourceKind::GitLab, &field, number);
                context.environment = &variables;
                // `before_script` and `script` run as one; what is written once is told once.
                let own_before = job.get("before_script");
                script(&[own_before.or_else(|| before("before_script")), job.get("script")], &context, out);
                script(&[job.get("after_script")], &context, out);
                number += 1;
            }
        }
    }
}

fn images(node: Node<'_>, path: &str, variables: &Variables, sink: &mut Sink<'_>) {
    image(node.get("image"), "name", SourceKind::GitLab, &format!("{path}image"), variables, sink);
    for (i, service) in node.get("services").into_iter().flat_map(|s| s.items()).enumerate() {
        image(Some(service), "name", SourceKind::GitLab, &format!("{path}services[{i}]"), variables, sink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::{FileId, RepoPath};

    #[test]
    fn jobs_have_images_variables_and_one_script() {
        let text = "\
variables: {STORAGE_DRIVER: vfs, R: r.io/team}
image: $R/builder:1
build:
  services: [{name: 'docker:dind'}]
  variables: {BUILDAH_FORMAT: docker}
  before_script: ['export N=app']
  script:
    - buildah build -t $R/$N .
    - buildah push $R/$N
push:
  script: podman build -t r.io/x . && podman push r.io/x
";
        let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b".gitlab-ci.yml"), text.to_owned());
        let mut sink = Sink::new(&file);
        GitLab.extract(&file, &mut sink);
        let found: Vec<String> =
            sink.extraction.mentions.iter().map(|m| format!("{} {}", m.role.as_str(), m.value.written())).collect();
        assert_eq!(
            found,
            [
                "ci r.io/team/builder:1",
                "ci docker:dind",
                "push r.io/team/app",
                "push r.io/team/app",
                "push r.io/x",
                "push r.io/x"
            ]
        );
        let formats: Vec<Option<&str>> = sink.extraction.builds.iter().map(|b| b.format.value()).collect();
        assert_eq!(formats, [Some("docker"), None, None, None]);
    }
}
