#![no_main]

use image_lint_fuzz::{SHELL, choose, invariants};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((path, text)) = choose(data, &SHELL) {
        invariants::check(path, text);
    }
});
