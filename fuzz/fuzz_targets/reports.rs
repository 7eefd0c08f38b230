#![no_main]

use image_lint_fuzz::hostile_report;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    if let Ok(text) = std::str::from_utf8(rest) {
        hostile_report::check(choice.wrapping_sub(b'0'), text);
    }
});
