#![no_main]

use image_lint_model::manifest::Format;
use image_lint_registry::doors;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // The first line is the Content-Type; none when it is empty.
    let end = data.iter().position(|b| *b == b'\n').unwrap_or(0);
    let content_type = std::str::from_utf8(&data[..end])
        .ok()
        .filter(|t| !t.is_empty());
    let body = data.get(end + 1..).unwrap_or_default();
    if let Some((format, entries)) = doors::manifest(content_type, body) {
        assert!(entries <= 1000, "{entries} entries are kept");
        // Header and body agree, or the answer is ambiguous.
        if let Some(promised) = content_type.and_then(Format::from_media_type) {
            assert_eq!(promised.is_list(), format.is_list());
        }
    }
});
