use super::*;
use image_lint_text::meter::Allowance;
use image_lint_text::rendered::SourceId;

#[test]
fn plain_scalars_are_those_of_yaml_1_1() {
    for (text, expected) in [
        ("1.20", Scalar::Float(1.2)),
        ("20210512", Scalar::Int(20_210_512)),
        ("0362525", Scalar::Int(124_245)),
        ("0x1F", Scalar::Int(31)),
        ("1e3", Scalar::Float(1000.0)),
        ("yes", Scalar::Bool(true)),
        ("n", Scalar::Bool(false)),
        ("1_000", Scalar::Int(1000)),
        ("1.2.3", Scalar::Text),
        ("v1", Scalar::Text),
        ("4452e76", Scalar::Float(4.452e79)),
        ("~", Scalar::Null),
        ("08", Scalar::Float(8.0)),
        ("-", Scalar::Text),
    ] {
        assert_eq!(resolve(text), expected, "{text}");
    }
}

#[test]
fn what_is_written_keeps_its_origins() {
    let meter = Meter::new(Allowance::of_file(0));
    let text = Rendered::copied("a: {c: 'x: y', b: [1, two]}\n", SourceId(0), 0);
    let value = read(&text, &meter).unwrap().unwrap();
    let mut out = Builder::default();
    write(&value, &meter, &mut out).unwrap();
    let out = out.finish();
    assert_eq!(out.as_str(), "a:\n  b:\n  - 1\n  - two\n  c: 'x: y'");
    let two = out.as_str().find("two").unwrap();
    assert_eq!(out.slice(two..two + 3).origins()[0].span.range(), 22..25);
}
