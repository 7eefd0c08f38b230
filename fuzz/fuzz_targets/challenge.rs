#![no_main]

use image_lint_registry::doors;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(realm) = doors::challenge(data.split(|b| *b == b'\n')) {
        assert!(
            realm.contains(':') && !realm.contains(['\r', '\n', ' ']),
            "{realm}"
        );
    }
    doors::answer(data);
    doors::credentials(data);
});
