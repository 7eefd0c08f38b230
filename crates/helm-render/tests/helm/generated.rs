//! Expressions made by dice, each well typed for Go, so that a template with hundreds of them costs helm one run.

/// A small generator of numbers (xorshift64*), so that a seed gives the same expressions everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % n
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// What there is in values.yaml.
pub const VALUES: &str = "s: hello world\nn: 42\nf: 1.5\nb: true\nz: null\ne: ''\nl: [c, a, b, a]\nm: {b: 2, a: {x: 1}, s: t}\nu: fooBar_baz-qux\nbig: 123456789\nmixed: [1, '', null, x, 2.5, true, {k: v}, [1]]\n";

/// A name, its parameters, what it gives: `s` text, `i` int, `b` bool, `l` list, `m` map, `a` anything, `w` a list of
/// words; `1` a small number; `p`, `v`, `u` one of a few patterns, versions, addresses; `x` words that have a case; `*` up to three of the last one.
const FUNCTIONS: &[(&str, &str, char)] = &[
    ("upper", "s", 's'),
    ("lower", "s", 's'),
    ("title", "s", 's'),
    ("untitle", "s", 's'),
    ("trim", "s", 's'),
    ("nospace", "s", 's'),
    ("initials", "s", 's'),
    ("swapcase", "s", 's'),
    ("snakecase", "x", 's'),
    ("kebabcase", "x", 's'),
    ("camelcase", "x", 's'),
    ("quote", "a*", 's'),
    ("squote", "a*", 's'),
    ("b64enc", "s", 's'),
    ("b32enc", "s", 's'),
    ("sha256sum", "s", 's'),
    ("sha1sum", "s", 's'),
    ("sha512sum", "s", 's'),
    ("adler32sum", "s", 's'),
    ("base", "s", 's'),
    ("dir", "s", 's'),
    ("clean", "s", 's'),
    ("ext", "s", 's'),
    ("html", "a", 's'),
    ("js", "a", 's'),
    ("urlquery", "a", 's'),
    ("regexQuoteMeta", "s", 's'),
    ("toString", "a", 's'),
    ("trunc", "1s", 's'),
    ("abbrev", "1s", 's'),
    ("abbrevboth", "11s", 's'),
    ("indent", "1s", 's'),
    ("nindent", "1s", 's'),
    ("repeat", "1s", 's'),
    ("trimAll", "ss", 's'),
    ("trimPrefix", "ss", 's'),
    ("trimSuffix", "ss", 's'),
    ("replace", "sss", 's'),
    ("cat", "a*", 's'),
    ("print", "a*", 's'),
    ("printf \"%s-%v\"", "sa", 's'),
    ("printf \"%5s|%-7s|\"", "ss", 's'),
    ("printf \"%q\"", "s", 's'),
    ("printf \"%03d\"", "i", 's'),
    ("join", "sl", 's'),
    ("join", "sw", 's'),
    ("plural", "ss1", 's'),
    ("toJson", "a", 's'),
    ("toRawJson", "a", 's'),
    ("toPrettyJson", "a", 's'),
    ("toYaml", "a", 's'),
    ("toToml", "m", 's'),
    ("kindOf", "a", 's'),
    ("regexFind", "ps", 's'),
    ("regexReplaceAll", "pss", 's'),
    ("regexReplaceAllLiteral", "pss", 's'),
    ("urlJoin (urlParse", "u)", 's'),
    ("contains", "ss", 'b'),
    ("hasPrefix", "ss", 'b'),
    ("hasSuffix", "ss", 'b'),
    ("eq", "ss", 'b'),
    ("ne", "ii", 'b'),
    ("lt", "ii", 'b'),
    ("ge", "ss", 'b'),
    ("not", "a", 'b'),
    ("empty", "a", 'b'),
    ("has", "al", 'b'),
    ("hasKey", "ms", 'b'),
    ("all", "a*", 'b'),
    ("any", "a*", 'b'),
    ("isAbs", "s", 'b'),
    ("deepEqual", "mm", 'b'),
    ("regexMatch", "ps", 'b'),
    ("semverCompare", "cv", 'b'),
    ("len", "l", 'i'),
    ("len", "s", 'i'),
    ("int", "a", 'i'),
    ("atoi", "s", 'i'),
    ("list", "a*", 'l'),
    ("append", "la", 'l'),
    ("prepend", "la", 'l'),
    ("rest", "l", 'l'),
    ("initial", "l", 'l'),
    ("reverse", "l", 'l'),
    ("uniq", "l", 'l'),
    ("compact", "l", 'l'),
    ("without", "la", 'l'),
    ("concat", "ll", 'l'),
    ("sortAlpha", "l", 'w'),
    ("splitList", "ss", 'w'),
    ("toStrings", "l", 'w'),
    ("sortAlpha (keys", "m)", 'w'),
    ("regexFindAll", "ps1", 'w'),
    ("regexSplit", "ps1", 'w'),
    ("dict \"a\"", "a", 'm'),
    ("dict \"b\" 1 \"c\"", "a", 'm'),
    ("pick", "ms", 'm'),
    ("omit", "ms", 'm'),
    ("merge (dict)", "mm", 'm'),
    ("mergeOverwrite (dict)", "mm", 'm'),
    ("fromJson (toJson", "m)", 'm'),
    ("fromYaml (toYaml", "m)", 'm'),
    ("fromToml (toToml", "m)", 'a'),
    ("urlParse", "u", 'm'),
    ("split", "ss", 'a'),
    ("first", "l", 'a'),
    ("last", "l", 'a'),
    ("get", "ms", 'a'),
    ("dig \"a\" \"x\"", "am", 'a'),
    ("default", "aa", 'a'),
    ("coalesce", "a*", 'a'),
    ("ternary", "aab", 'a'),
    ("add", "a*", 'a'),
    ("add1", "a", 'a'),
    ("sub", "ii", 'a'),
    ("mul", "ii", 'a'),
    ("max", "ii", 'a'),
    ("min", "ii", 'a'),
    ("int64", "a", 'a'),
    ("float64", "a", 'a'),
    ("addf", "aa", 'a'),
    ("ceil", "a", 'a'),
    ("floor", "a", 'a'),
    ("round", "a1", 'a'),
    ("until", "1", 'a'),
    ("semver", "v", 'a'),
];

const TEXTS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"Hello World\"",
    "\"foo-bar_baz\"",
    "\" x \"",
    "\"a:b:c\"",
    "\"1.20\"",
    "\"12\"",
    "\"true\"",
    "\"it's \\\"q\\\"\"",
    "\"one\\ntwo\\n\"",
    "\"<a&b>\"",
    "\"/a/../b//c.txt\"",
    "\"quay.io/a/b:1.2\"",
    "\":\"",
    "\"-\"",
    ".Values.s",
    ".Values.u",
    ".Values.e",
    ".Chart.AppVersion",
];

/// An expression of a type.
pub fn expression(dice: &mut Dice, wanted: char, depth: usize) -> String {
    let fits = |gives: char| gives == wanted || wanted == 'a';
    if depth > 0 && dice.below(10) < 7 {
        let all: Vec<_> = FUNCTIONS.iter().filter(|f| fits(f.2)).collect();
        if !all.is_empty() {
            let chosen = all[dice.below(all.len())];
            return call(dice, chosen, depth);
        }
    }
    leaf(dice, wanted)
}

fn call(dice: &mut Dice, function: &(&str, &str, char), depth: usize) -> String {
    let (name, parameters, _) = function;
    let mut out = format!("({name}");
    let mut last = 'a';
    for parameter in parameters.chars() {
        let times = if parameter == '*' { dice.below(3) } else { 1 };
        if parameter == ')' {
            out.push(')');
            continue;
        }
        last = if parameter == '*' { last } else { parameter };
        for _ in 0..times {
            out.push(' ');
            out.push_str(&expression(dice, last, depth - 1));
        }
    }
    out.push(')');
    out
}

fn leaf(dice: &mut Dice, wanted: char) -> String {
    let of: &[&str] = match wanted {
        's' => TEXTS,
        'x' => &[".Values.u", "\"fooBar\"", "\"foo-bar baz\""],
        'i' => &["0", "1", "7", "-3", "42", "100000"],
        '1' => &["0", "1", "2", "5", "8"],
        'b' => &["true", "false", ".Values.b"],
        'l' => &[".Values.l", ".Values.mixed", "(list)", "(list 1 \"\" nil)"],
        'w' => &["(list \"b\" \"a\")", "(splitList \",\" \"x,y\")"],
        'm' => &[
            ".Values.m",
            "(dict)",
            "(dict \"s\" \"v\" \"n\" 1)",
            "(dict \"x\" nil)",
        ],
        'p' => &["\"[a-c]+\"", "\"o.?\"", "\"^h\"", "\"(l+)o\"", "\" \""],
        'c' => &["\">=1.19-0\"", "\"^1.2.0\"", "\"~1.2\"", "\"<2 || >3\""],
        'v' => &["\"1.2.3\"", "\"v1.32.0\"", "\"2.0.0-rc.1+b\"", "\"1.2\""],
        'u' => &[
            "\"https://u:p@h.example:8443/a/b?c=d#e\"",
            "\"/only/path\"",
            "\"mailto:a@b\"",
            "\"oci://r.io/x\"",
        ],
        _ => &[
            ".Values.n",
            ".Values.f",
            ".Values.z",
            ".Values.big",
            ".Values.nothing",
            "nil",
            "3",
            "1.25",
            "true",
            ".Values.s",
            ".Values.l",
            ".Values.m",
            "\"x y\"",
        ],
    };
    dice.one(of).to_owned()
}
