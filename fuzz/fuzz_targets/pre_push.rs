#![no_main]

use image_lint::hook::pre_push::parse_updates;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (updates, unreadable) = parse_updates(data);
    let lines = data
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .count();
    assert!(updates.len() + unreadable <= lines);
    for update in updates {
        // Object names go to git's command line.
        for oid in std::iter::once(&update.new).chain(update.old.as_ref()) {
            assert!(!oid.is_zero() && oid.as_str().bytes().all(|b| b.is_ascii_hexdigit()));
            assert!(matches!(oid.as_str().len(), 40 | 64));
        }
    }
});
