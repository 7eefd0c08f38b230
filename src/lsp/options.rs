//! The client's settings: `initializationOptions`, and the section `image-lint` of its configuration.

use serde::Deserialize;
use serde_json::Value;

/// The name of the section.
pub const SECTION: &str = "image-lint";

/// What the client may set. What is missing keeps its default.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    pub trust: Trust,
    /// Show the image beside an expression that stands for it.
    pub inlay_hints: bool,
    pub diagnostics: Scope,
    /// Milliseconds after the last change before the files are judged.
    pub debounce: u64,
    /// Ask no registry.
    pub offline: bool,
    /// In place of the configuration's target.
    pub target: Option<String>,
}

/// How far the workspace is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// As the command line does: distrusted only where the environment says that the files come from a fork.
    #[default]
    Auto,
    Trusted,
    /// No registry is asked, and no credentials are read.
    Untrusted,
}

/// Which files diagnostics are shown of, and images asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Those that are open.
    #[default]
    Open,
    /// All.
    Workspace,
}

/// After this pause a person has stopped typing for the moment.
const DEBOUNCE: u64 = 100;
/// A longer pause is none that anybody means.
const LONGEST: u64 = 10_000;

impl Default for Options {
    fn default() -> Self {
        Options {
            trust: Trust::default(),
            inlay_hints: false,
            diagnostics: Scope::default(),
            debounce: DEBOUNCE,
            offline: false,
            target: None,
        }
    }
}

impl Options {
    /// From the settings that a client sends: the options themselves, or all of its settings with ours in a section.
    ///
    /// # Errors
    /// Why they cannot be used.
    pub fn read(settings: &Value) -> Result<Self, String> {
        let own = match settings.get(SECTION) {
            Some(own) => own,
            None => settings,
        };
        if own.is_null() {
            return Ok(Options::default());
        }
        let mut options: Options =
            serde_json::from_value(own.clone()).map_err(|error| error.to_string())?;
        options.debounce = options.debounce.min(LONGEST);
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_come_bare_or_in_their_section() {
        let hints = Options {
            inlay_hints: true,
            ..Options::default()
        };
        let rows = [
            (json!(null), Ok(Options::default()), "nothing is set"),
            (json!({}), Ok(Options::default()), "nothing is set"),
            (json!({"inlayHints": true}), Ok(hints.clone()), "bare"),
            (
                json!({"image-lint": {"inlayHints": true}, "other": 1}),
                Ok(hints),
                "in the section",
            ),
            (
                json!({"trust": "perhaps"}),
                Err(()),
                "a word that is none must not count as trusted",
            ),
            (json!([1]), Err(()), "no settings"),
        ];
        for (given, expected, why) in rows {
            assert_eq!(Options::read(&given).map_err(|_| ()), expected, "{why}");
        }
    }
}
