#![no_main]

use image_lint_fuzz::hostile_report;

libfuzzer_sys::fuzz_target!(|text: &str| hostile_report::check(text));
