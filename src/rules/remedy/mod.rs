//! What to do about a finding: commands that run when they are pasted, and words where no command helps. Made here alone;
//! a rule asks for the remedy of its case, and `mirror` carries out the same copies.
//!
//! Each command was run with the tools of Debian stable and of its newest suite, and what it makes was linted
//! (`tests/remedies`).

pub mod build;
pub mod copy;
pub mod login;
pub mod reach;

use super::command::word;
use image_lint_model::finding::Untrusted;

/// Words, and the commands that go with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remedy {
    pub lead: String,
    /// Programs with their arguments, in the order in which they are run.
    pub commands: Vec<Vec<String>>,
    /// Said after the commands.
    pub notes: Vec<String>,
}

impl Remedy {
    pub fn words(lead: impl Into<String>) -> Self {
        Remedy {
            lead: lead.into(),
            ..Remedy::default()
        }
    }

    pub fn with(lead: impl Into<String>, commands: Vec<Vec<String>>) -> Self {
        Remedy {
            lead: lead.into(),
            commands,
            notes: Vec::new(),
        }
    }

    /// Help lines; those that start with `$ ` are commands.
    pub fn lines(&self) -> Vec<Untrusted> {
        let commands = self
            .commands
            .iter()
            .map(|words| format!("$ {}", line(words)));
        std::iter::once(self.lead.clone())
            .chain(commands)
            .chain(self.notes.iter().cloned())
            .map(Untrusted::from)
            .collect()
    }
}

/// A command as it is typed: every word is quoted that a shell would read otherwise.
pub fn line(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|text| word(text)).collect();
    words.join(" ")
}

/// A command of these words.
pub(crate) fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}
