//! Names of images: what is read is shown so that it reads as the same, and what is refused is refused at a place.

use image_lint_model::reference::ImageReference;
use proptest::prelude::*;

/// Names by the grammar of `distribution/reference`.
fn name() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        Just(String::new()),
        "([a-z0-9]{1,8}(-[a-z0-9]{1,4})?\\.){1,3}[a-z]{2,5}(:[1-9][0-9]{0,3})?/",
        "localhost(:[1-9][0-9]{0,3})?/",
        "\\[[0-9a-f]{1,4}::[0-9a-f]{1,4}\\](:[1-9][0-9]{0,3})?/",
    ];
    let path = "[a-z0-9]{1,6}([._]|__|-{1,3})?[a-z0-9]{1,6}(/[a-z0-9]{1,8}){0,3}";
    // `__A__` is a tag by the grammar, and what people put where another program is to write the tag: refused as that.
    let word =
        "[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}".prop_map(|tag| format!(":{}", tag.replace("__", "_-")));
    let tag = prop_oneof![Just(String::new()), word];
    let digest = prop_oneof![
        Just(String::new()),
        "[0-9a-f]{64}".prop_map(|d| format!("@sha256:{d}"))
    ];
    (host, path, tag, digest)
        .prop_map(|(host, path, tag, digest)| format!("{host}{path}{tag}{digest}"))
}

fn comes_back(reference: &ImageReference) -> Result<(), TestCaseError> {
    let shown = reference.to_string();
    let again = ImageReference::parse(&shown);
    let again = again.map_err(|error| {
        TestCaseError::fail(format!("`{shown}` is shown and not read: {error:?}"))
    })?;
    prop_assert_eq!(again.to_string(), shown);
    prop_assert_eq!(
        (&again.host, &again.repository, &again.tag, &again.digest),
        (
            &reference.host,
            &reference.repository,
            &reference.tag,
            &reference.digest
        )
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_by_the_grammar_come_back_as_they_were_read(text in name()) {
        let reference = ImageReference::parse(&text);
        prop_assert!(reference.is_ok(), "`{}`: {:?}", text, reference.err());
        comes_back(&reference.expect("it was just looked at"))?;
    }

    #[test]
    fn any_text_is_a_reference_or_is_refused_at_a_place_in_it(text in "\\PC{0,40}|[a-zA-Z0-9./:@_\\[\\]-]{0,60}") {
        match ImageReference::parse(&text) {
            Ok(reference) => comes_back(&reference)?,
            Err(error) => prop_assert!(text.get(error.at.clone()).is_some(), "{:?}", error),
        }
    }
}
