//! Variables of Ansible that other files give: defaults and variables of a role, `group_vars`
//! (docs.ansible.com, "Understanding variable precedence").
//!
//! Comes in: the definitions of variable files. Goes out: for each file with tasks the values of the variables that its
//! images use. Conservative: where several groups, or several other roles, give a name different values, it stays open.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::extract::is_ansible_variables;
use image_lint_model::evaluate::{Evaluated, Lookup, Meaning, evaluate};
use image_lint_model::mention::{Definition, Extraction, SourceKind};
use image_lint_model::value::{Op, Origin, OriginKind, Syntax, Value, Variable};
use image_lint_text::source::{FileId, Place, RepoPath};

/// Values by name, with their places.
pub(super) type Variables = HashMap<Box<str>, (String, Place)>;

/// How long a chain of variables is followed.
const MAX_CHAIN: u32 = 16;

/// Variables that are looked up for one file: values made of values would double at each step.
const BUDGET: u32 = 20_000;

/// What a file of variables is for; later ones win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    OtherRole,
    Playbook,
    Defaults,
    Group,
    All,
    Role,
}

/// One value of a name.
struct Given<'a> {
    folder: &'a str,
    rank: Rank,
    definition: &'a Definition,
}

/// Variables by the index of the file in `files`.
pub(super) fn collect(files: &[(FileId, RepoPath, Extraction)]) -> HashMap<usize, Variables> {
    let uses = |extraction: &Extraction| {
        let mut mentions = extraction.mentions.iter();
        mentions.any(|mention| mention.source == SourceKind::Ansible)
    };
    if !files.iter().any(|(_, _, extraction)| uses(extraction)) {
        return HashMap::new();
    }
    let paths: Vec<String> = files
        .iter()
        .map(|(_, path, _)| path.to_text().into_owned())
        .collect();
    let mut known: HashMap<&str, Vec<Given<'_>>> = HashMap::new();
    for ((_, path, extraction), text) in files.iter().zip(&paths) {
        if extraction.definitions.is_empty() || !is_ansible_variables(path) {
            continue;
        }
        let (folder, rank) = place(text);
        for definition in &extraction.definitions {
            let given = Given {
                folder,
                rank,
                definition,
            };
            known.entry(&definition.name).or_default().push(given);
        }
    }
    let mut found = HashMap::new();
    for (i, (_, _, extraction)) in files.iter().enumerate() {
        if !uses(extraction) {
            continue;
        }
        let seen = Seen {
            known: &known,
            folder: role(&paths[i]),
            budget: Cell::new(BUDGET),
        };
        let values = seen.values(extraction);
        if !values.is_empty() {
            found.insert(i, values);
        }
    }
    found
}

/// The role, or the project, that a file belongs to: what is before `tasks/`, `defaults/` and their kin.
fn role(path: &str) -> &str {
    const PARTS: [&str; 7] = [
        "tasks",
        "handlers",
        "defaults",
        "vars",
        "meta",
        "templates",
        "molecule",
    ];
    let mut at = 0;
    for part in path.split('/') {
        if PARTS.contains(&part) {
            return path[..at].trim_end_matches('/');
        }
        at += part.len() + 1;
    }
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn place(path: &str) -> (&str, Rank) {
    let folder = role(path);
    let mut parts = path.split('/').rev();
    let name = parts.next().unwrap_or("");
    let within: Vec<&str> = parts.collect();
    if within
        .iter()
        .any(|part| matches!(*part, "group_vars" | "host_vars"))
    {
        let all = name.starts_with("all") || within.first() == Some(&"all");
        return ("", if all { Rank::All } else { Rank::Group });
    }
    match within.first() {
        Some(&"defaults") => (folder, Rank::Defaults),
        _ if path.contains("roles/") => (folder, Rank::Role),
        _ => (folder, Rank::Playbook),
    }
}

/// What is seen from one role.
struct Seen<'a> {
    known: &'a HashMap<&'a str, Vec<Given<'a>>>,
    folder: &'a str,
    budget: Cell<u32>,
}

impl Seen<'_> {
    fn values(&self, extraction: &Extraction) -> Variables {
        let mut names = HashSet::new();
        let mentions = extraction.mentions.iter().map(|mention| &mention.value);
        let definitions = extraction
            .definitions
            .iter()
            .filter_map(|d| d.value.as_ref());
        for value in mentions.chain(definitions) {
            names_in(value, &mut names);
        }
        let at = At {
            seen: self,
            chain: 0,
        };
        let mut values = Variables::new();
        for name in names {
            if let Some(given) = self.best(name)
                && let Some(value) = &given.definition.value
                && let Some(text) = evaluate(value, &at).known()
            {
                values.insert(name.into(), (text.to_owned(), given.definition.place));
            }
        }
        values
    }

    /// The definition that counts; None where two of one rank differ.
    fn best(&self, name: &str) -> Option<&Given<'_>> {
        let all = self.known.get(name)?;
        let rank = |given: &Given<'_>| match given.rank {
            Rank::Defaults | Rank::Role if given.folder != self.folder => Rank::OtherRole,
            rank => rank,
        };
        let top = all.iter().map(rank).max()?;
        let mut of_top = all.iter().filter(|given| rank(given) == top);
        let first = of_top.next()?;
        of_top
            .all(|other| other.definition.value == first.definition.value)
            .then_some(first)
    }
}

fn names_in<'v>(value: &'v Value, names: &mut HashSet<&'v str>) {
    for variable in value.variables().filter(|v| v.syntax == Syntax::Braces) {
        names.insert(&variable.name);
        if let Op::Default { word, .. } = &variable.op {
            names.extend(word.variables().map(|v| &*v.name));
        }
    }
}

struct At<'s, 'a> {
    seen: &'s Seen<'a>,
    chain: u32,
}

impl Lookup for At<'_, '_> {
    fn look_up(&self, variable: &Variable) -> Meaning {
        let left = self.seen.budget.get();
        if self.chain >= MAX_CHAIN || left == 0 || variable.op == Op::Unsupported {
            return Meaning::Undefined;
        }
        self.seen.budget.set(left - 1);
        let Some(given) = self.seen.best(&variable.name) else {
            return Meaning::Undefined;
        };
        let Some(value) = &given.definition.value else {
            return Meaning::Undefined;
        };
        let deeper = At {
            seen: self.seen,
            chain: self.chain + 1,
        };
        let value: Rc<Evaluated> = Rc::new(evaluate(value, &deeper));
        let origin = Origin {
            name: variable.name.clone(),
            kind: OriginKind::Assignment,
            place: Some(given.definition.place),
        };
        Meaning::Defined { value, origin }
    }

    fn overrides(&self, _: &Origin) -> Option<String> {
        None
    }

    fn spend(&self, _: usize) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_the_role_around_them() {
        for (path, folder, rank) in [
            ("roles/web/defaults/main.yml", "roles/web", Rank::Defaults),
            ("roles/web/vars/main.yml", "roles/web", Rank::Role),
            ("defaults/main.yml", "", Rank::Defaults),
            ("group_vars/all.yml", "", Rank::All),
            ("inventory/group_vars/all/x.yml", "", Rank::All),
            ("group_vars/db.yml", "", Rank::Group),
            ("playbooks/vars/x.yml", "playbooks", Rank::Playbook),
        ] {
            assert_eq!(place(path), (folder, rank), "{path}");
        }
        assert_eq!(role("roles/web/tasks/sub/x.yml"), "roles/web");
        assert_eq!(role("site.yml"), "");
    }
}
