#![no_main]

use image_lint_fuzz::{DOCKERFILE, choose, invariants};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((path, text)) = choose(data, &DOCKERFILE) {
        invariants::check(path, text);
    }
});
