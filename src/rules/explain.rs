//! What `image-lint explain` prints and docs/rules.md holds, made from the rules themselves.

use image_lint_model::target::{BUILT_IN, Target};

use super::{Guide, Proves, Rule, RuleMeta, rules, unchecked};
use image_lint_model::finding::Level;

/// What is said of one thing that can be ignored by name: a rule, or `unchecked`.
pub struct Page {
    pub id: &'static str,
    /// Its level without configuration.
    pub level: &'static str,
    /// Targets for which it is another one, and which.
    pub levels: Vec<(&'static str, &'static str)>,
    pub summary: &'static str,
    pub why: &'static str,
    pub remedy: &'static str,
    pub before: &'static str,
    pub after: &'static str,
    pub needs_network: bool,
    pub fixes: super::Fixes,
    /// What is otherwise for an image that only a CI system pulls; empty where nothing is.
    pub ci: &'static str,
    pub guides: &'static [Guide],
}

impl Page {
    fn of(rule: &dyn Rule) -> Self {
        let meta = rule.meta();
        let level = word(meta.level);
        let targets = BUILT_IN.into_iter().filter_map(Target::named);
        let names = BUILT_IN.into_iter();
        let levels = names.zip(targets.map(|target| word(rule.level(&target))));
        Page {
            id: meta.id.as_str(),
            level,
            levels: levels.filter(|(_, other)| *other != level).collect(),
            summary: meta.summary,
            why: meta.why,
            remedy: meta.remedy,
            before: meta.before,
            after: meta.after,
            needs_network: meta.needs_network,
            fixes: meta.fixes,
            ci: of_ci(meta),
            guides: meta.guides,
        }
    }

    /// The level in words, with what differs for some target.
    fn level_text(&self) -> String {
        let mut text = self.level.to_owned();
        for (target, level) in &self.levels {
            text += &format!("; {level} for `{target}`");
        }
        text
    }
}

/// Every rule in the order of the table, and what is reported apart from them.
fn pages() -> Vec<Page> {
    let rules = rules().iter().map(|rule| Page::of(*rule));
    rules.chain([unchecked::page()]).collect()
}

/// The names that `explain` knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    pages().into_iter().map(|page| page.id)
}

/// The text for a terminal; None where nothing has this name.
pub fn named(name: &str) -> Option<String> {
    pages().iter().find(|page| page.id == name).map(one)
}

fn one(meta: &Page) -> String {
    format!(
        "{id} ({level})\n{summary}{ci}\n\nWhy\n{why}\n\nWhat to do\n{remedy}\n\nFound\n{before}\nMended\n{after}\nKeep silent\n    # image-lint: ignore[{id}] the reason\n",
        id = meta.id,
        level = meta.level,
        summary = meta.summary,
        ci = match meta.ci {
            "" => String::new(),
            ci => format!("\n\nIn CI\n{}", wrap(ci).trim_end()),
        },
        why = wrap(meta.why),
        remedy = wrap(meta.remedy),
        before = indent(meta.before),
        after = indent(meta.after),
    )
}

/// All rules, a line each.
pub fn table() -> String {
    let pages = pages();
    let width = pages.iter().map(|page| page.id.len()).max().unwrap_or(0);
    pages
        .iter()
        .map(|page| format!("{:width$}  {:7}  {}\n", page.id, page.level, page.summary))
        .collect()
}

/// The page docs/rules.md.
pub fn page() -> String {
    let mut page = String::from(
        "<!-- Made by `image-lint explain --markdown`; a test fails when it differs. -->\n# Rules\n\n\
         | rule | level | asks a registry | `--fix` | proves |\n| --- | --- | --- | --- | --- |\n",
    );
    let yes = |b: bool| if b { "yes" } else { "no" };
    let pages = pages();
    for meta in &pages {
        page += &format!(
            "| [`{id}`](#{id}) | {} | {} | {} | {} |\n",
            meta.level_text(),
            yes(meta.needs_network),
            meta.fixes.words(),
            meta.summary,
            id = meta.id
        );
    }
    for meta in &pages {
        page += &format!(
            "\n## {id}\n\n{} Level: {}.{}\n\n### Why\n\n{}\n\n### Remedy\n\n{}\n\n{}Before:\n\n```yaml\n{}```\n\nAfter:\n\n```yaml\n{}```\n\n\
             Ignore one place, with the reason: `# image-lint: ignore[{id}] the reason`.\n",
            sentence(meta.summary),
            meta.level_text(),
            match meta.ci {
                "" => String::new(),
                ci => format!(" {ci}"),
            },
            meta.why,
            meta.remedy,
            further(meta.guides),
            meta.before,
            meta.after,
            id = meta.id
        );
    }
    page
}

/// Where what only a CI system pulls is judged otherwise than what the cluster pulls.
fn of_ci(meta: &RuleMeta) -> &'static str {
    match (meta.proves, meta.applies_to_ci, meta.level) {
        (Proves::Image, false, _) => {
            "An image that only CI or a developer's machine pulls (the `image:` of a job, a Compose file, a script's `docker \
             run`) is judged by it only where an entry of `targets` in the configuration names the path: who runs these is not \
             the cluster."
        }
        (Proves::Image, true, Some(Level::Error)) => {
            "For an image that only CI or a developer's machine pulls (the `image:` of a job, a Compose file, a script's `docker \
             run`) it is a warning: who cannot pull it sees that at once. It is an error where an entry of `targets` in the \
             configuration names the path, and where `levels` or --level says so."
        }
        _ => "",
    }
}

/// A line that leads to the guides, where there are some.
fn further(guides: &[Guide]) -> String {
    let links: Vec<String> = guides
        .iter()
        .map(|guide| format!("[{}]({})", guide.title, guide.page))
        .collect();
    match links.is_empty() {
        true => String::new(),
        false => format!("More: {}.\n\n", links.join(", ")),
    }
}

fn word(level: Option<Level>) -> &'static str {
    level.map_or("off", |level| level.as_str())
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str()),
        None => String::new(),
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// At most 88 columns, indented.
fn wrap(text: &str) -> String {
    let mut out = String::from("   ");
    let mut column = 3;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column + 1 + width > 88 {
            out.push_str("\n   ");
            column = 3;
        }
        out.push(' ');
        out.push_str(word);
        column += 1 + width;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_the_one_of_the_rules() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, page()).unwrap();
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            known == page(),
            "docs/rules.md is not what the rules say: run `UPDATE_DOCS=1 cargo test page_in_docs`"
        );
    }

    #[test]
    fn every_rule_says_why_and_shows_before_and_after() {
        for rule in rules() {
            let meta = rule.meta();
            for (part, text) in [
                ("summary", meta.summary),
                ("why", meta.why),
                ("remedy", meta.remedy),
                ("before", meta.before),
                ("after", meta.after),
            ] {
                assert!(!text.trim().is_empty(), "{}: {part}", meta.id);
            }
            assert!(
                meta.before.ends_with('\n') && meta.after.ends_with('\n'),
                "{}",
                meta.id
            );
            assert!(
                !meta.summary.ends_with('.') && meta.why.ends_with('.'),
                "{}",
                meta.id
            );
        }
    }
}
