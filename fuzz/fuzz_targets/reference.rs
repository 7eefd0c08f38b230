#![no_main]

use image_lint_model::reference::ImageReference;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = ImageReference::parse_repository(text);
    match ImageReference::parse(text) {
        Ok(reference) => {
            let shown = reference.to_string();
            let again = ImageReference::parse(&shown).expect("what is shown is a reference");
            assert_eq!(again.to_string(), shown);
            assert_eq!(
                (&again.host, &again.repository, &again.tag, &again.digest),
                (
                    &reference.host,
                    &reference.repository,
                    &reference.tag,
                    &reference.digest
                )
            );
            // What is put into commands for people to type.
            let odd = |c: char| !(c.is_ascii_alphanumeric() || "._-/:@[]+%".contains(c));
            assert!(!shown.contains(odd) && !shown.starts_with('-'), "{shown}");
            let _ = reference.surprise();
        }
        Err(error) => assert!(text.get(error.at.clone()).is_some(), "{error:?}"),
    }
});
