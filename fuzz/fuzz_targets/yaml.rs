#![no_main]

use image_lint_fuzz::{YAML, choose, invariants};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((path, text)) = choose(data, &YAML) {
        invariants::check(path, text);
    }
});
