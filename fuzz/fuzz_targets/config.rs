#![no_main]

use image_lint::config::{self, baseline::Baseline};
use image_lint_model::sanitize;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let rules = config::known_rules();
    for error in [
        config::repository(".image-lint.yaml", text, &rules).err(),
        config::user("config.yaml", text, &rules).err(),
    ]
    .into_iter()
    .flatten()
    {
        let shown = error.to_string();
        assert!(
            !shown.contains(|c| sanitize::is_forbidden(c) && c != '\n'),
            "{shown}"
        );
        assert!(shown.lines().count() <= 2, "{shown}");
        // YAML breaks lines at a lone carriage return too.
        assert!(
            error.line <= 1 + text.split(['\n', '\r']).count(),
            "{shown}"
        );
    }
    let _ = Baseline::parse(text);
});
