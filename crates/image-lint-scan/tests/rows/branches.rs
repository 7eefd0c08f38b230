//! Variables that have another value on each way through a script: an image for each, with the condition of its way.

use super::conditions;

#[test]
fn each_way_through_a_script_gives_its_image_with_its_condition() {
    for (why, script, expected) in [
        (
            "if and else",
            "if [ \"$A\" = x ]; then T=1; else T=2; fi\npodman pull q.io/a:$T\n",
            &["q.io/a:1 `[ \"$A\" = x ]`", "q.io/a:2 not `[ \"$A\" = x ]`"][..],
        ),
        (
            "a value before, and one that replaces it",
            "T=0\nif test -n \"$CI\"\nthen\n  T=1\nfi\npodman pull q.io/a:$T\n",
            &[
                "q.io/a:1 `test -n \"$CI\"`",
                "q.io/a:0 not `test -n \"$CI\"`",
            ],
        ),
        (
            "elif",
            "if a; then T=1; elif b; then T=2; else T=3; fi\npodman pull q.io/a:$T\n",
            &["q.io/a:1 `a`", "q.io/a:2 `b`", "q.io/a:3 otherwise"],
        ),
        (
            "case",
            "case \"$(uname -m)\" in\n  x86_64|amd64) T=amd ;;\n  aarch64) T=arm ;;\nesac\npodman pull q.io/a:$T\n",
            &[
                "q.io/a:amd `\"$(uname -m)\"` is `x86_64|amd64`",
                "q.io/a:arm `\"$(uname -m)\"` is `aarch64`",
            ],
        ),
        (
            "two ways that leave the same",
            "case $X in\n  a) T=1 ;;\n  b) T=1 ;;\n  *) T=2 ;;\nesac\npodman pull q.io/a:$T\n",
            &[
                "q.io/a:1 `$X` is `a` or `$X` is `b`",
                "q.io/a:2 `$X` is `*`",
            ],
        ),
        (
            "every way leaves the same: there is no condition",
            "if a; then T=1; else T=1; fi\npodman pull q.io/a:$T\n",
            &["q.io/a:1"],
        ),
        (
            "two variables of one choice go together",
            "if a; then N=b; T=1; else N=c; T=2; fi\npodman pull q.io/$N:$T\n",
            &["q.io/b:1 `a`", "q.io/c:2 not `a`"],
        ),
    ] {
        assert_eq!(conditions(&[("run.sh", script)]), *expected, "{why}");
    }
}
