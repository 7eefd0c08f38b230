//! Scripts made by dice: commands of the builders and of other tools, quoted in every way that a shell reads.

/// A small generator of numbers (xorshift64*), so that a seed gives the same file everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % n
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub fn in_ten(&mut self, n: usize) -> bool {
        self.below(10) < n
    }
}

/// Commands by their words.
const COMMANDS: [&[&str]; 22] = [
    &["buildah", "bud", "-t", "r.io/a/x:1", "."],
    &["buildah", "build", "--layers", "-t", "r.io/a/x", "."],
    &["buildah", "build-using-dockerfile", "-t", "r.io/x", "."],
    &["buildah", "bud", "--format", "oci", "-t", "r.io/x", "."],
    &["buildah", "bud", "--format=oci", "-t", "r.io/x", "a b"],
    &["buildah", "bud", "-t", "r.io/x", ".", "--format=docker"],
    &[
        "buildah",
        "bud",
        "-t",
        "r.io/x",
        ".",
        "--format=docker",
        "--label",
        "a=b c",
    ],
    &[
        "buildah",
        "bud",
        "--build-arg",
        "X=a b",
        "-t",
        "r.io/y",
        ".",
    ],
    &["buildah", "commit", "-foci", "c", "r.io/x"],
    &["buildah", "commit", "c", "r.io/x"],
    &["buildah", "commit", "-format", "docker", "c", "r.io/x"],
    &["buildah", "push", "--format=oci", "x", "docker://r.io/x"],
    &[
        "buildah",
        "manifest",
        "push",
        "--all",
        "l",
        "docker://r.io/l",
    ],
    &["podman", "build", "-t", "r.io/p", "."],
    &["podman", "build", "--label", "it's", "-t", "r.io/p", "."],
    &["podman", "commit", "c", "r.io/p"],
    &["podman", "push", "--format", "oci", "p", "r.io/p"],
    &["skopeo", "copy", "oci:d:x", "docker://r.io/x"],
    &[
        "skopeo",
        "copy",
        "--format",
        "docker",
        "oci:d:x",
        "docker://r.io/x",
    ],
    &[
        "skopeo",
        "copy",
        "--preserve-digests",
        "oci:d:x",
        "docker://r.io/x",
    ],
    &[
        "skopeo",
        "copy",
        "-f",
        "v2s2",
        "--preserve-digests",
        "oci:d:x",
        "docker://r.io/x",
    ],
    &[
        "skopeo",
        "copy",
        "--format=oci",
        "oci:d:x",
        "docker://r.io/x",
        "--preserve-digests",
    ],
];

const OTHERS: [&[&str]; 6] = [
    &["docker", "ps", "--format", "{{.ID}}"],
    &["tool", "bud", "-t", "x"],
    &["podman", "images", "--format", "oci"],
    &["tool", "buildah bud", "a  b"],
    &["docker", "build", "-t", "r.io/d", "."],
    &["tool", "", "$HOME"],
];

/// A script of a few commands. Without `braces` and here-documents where its host cannot hold them.
pub fn script(dice: &mut Dice, lines: usize) -> String {
    let mut text = String::new();
    for _ in 0..=dice.below(lines) {
        text.push_str(&statement(dice, 0));
        text.push('\n');
    }
    text
}

/// The words of one builder's command.
pub fn words(dice: &mut Dice) -> Vec<&'static str> {
    dice.one(&COMMANDS).to_vec()
}

fn command(dice: &mut Dice) -> String {
    let words = if dice.in_ten(8) {
        dice.one(&COMMANDS)
    } else {
        dice.one(&OTHERS)
    };
    let mut text = match dice.below(12) {
        0 => "sudo ".to_owned(),
        1 => "env A=1 ".to_owned(),
        2 => "A='b c' ".to_owned(),
        3 => "retry ".to_owned(),
        _ => String::new(),
    };
    for (i, word) in words.iter().enumerate() {
        if i > 0 {
            text.push_str(dice.one(&[" ", " ", " ", " ", "  ", "\t", " \\\n  "]));
        }
        text.push_str(&quoted(dice, word));
    }
    text
}

/// A word in one of the ways to write it.
fn quoted(dice: &mut Dice, word: &str) -> String {
    let plain = !word.is_empty()
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:/=,@".contains(&b));
    match dice.below(if plain { 14 } else { 4 }) {
        0 => single(word),
        1 => double(word),
        2 if plain => {
            let at = 1 + dice.below(word.len());
            format!("{}\"{}\"", &word[..at], &word[at..])
        }
        3 if plain => {
            let at = dice.below(word.len());
            format!("{}\\{}", &word[..at], &word[at..])
        }
        2 | 3 => {
            word.chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() {
                        c.to_string()
                    } else {
                        single(&c.to_string())
                    }
                })
                .collect::<String>()
                + if word.is_empty() { "''" } else { "" }
        }
        4 => format!("''{word}"),
        5 => format!("{}{}", single(&word[..1]), &word[1..]),
        _ => word.to_owned(),
    }
}

pub fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

pub fn double(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// A command in one of the shapes of a shell.
fn statement(dice: &mut Dice, depth: usize) -> String {
    let inner = |dice: &mut Dice| {
        if depth < 2 && dice.in_ten(3) {
            statement(dice, depth + 1)
        } else {
            command(dice)
        }
    };
    match dice.below(22) {
        0 => format!("sh -c {}", single(&inner(dice))),
        1 => format!("bash -c {}", double(&inner(dice))),
        2 => format!("eval {}", single(&inner(dice))),
        3 => format!("A=({})\n\"${{A[@]}}\"", command(dice).replace("\\\n", " ")),
        4 => {
            let words = dice.one(&COMMANDS);
            let flags: Vec<String> = words[2..].iter().map(|word| quoted(dice, word)).collect();
            format!(
                "F=({})\n{} {} \"${{F[@]}}\"",
                flags.join(" "),
                words[0],
                words[1]
            )
        }
        5 => {
            let words = dice.one(&COMMANDS);
            format!("X={}\n$X", double(&words.join(" ")))
        }
        6 => format!("bash <<'E'\n{}\nE", inner(dice)),
        7 => format!("sh <<E\n{}\nE", command(dice)),
        8 => format!("cat <<'E'\n{}\nE", command(dice)),
        9 => format!("f() {{\n  {}\n}}\nf", inner(dice)),
        10 => format!(
            "if true; then {}; else {}; fi",
            command(dice),
            command(dice)
        ),
        11 => format!("for i in a b; do {}; done", command(dice)),
        12 => format!("c=$({})", command(dice)),
        13 => format!("c=\"$({})\"\nprintf '%s\\n' \"$c\"", command(dice)),
        14 => format!("{} && {} || true", command(dice), command(dice)),
        15 => format!("printf '%s\\n' {}", single(&command(dice))),
        16 => format!("( {} ) # it's a comment", command(dice)),
        17 => format!(
            "S={}\nprintf '%s\\n' \"$S\"\neval \"$S\"",
            single(&dice.one(&COMMANDS).join(" "))
        ),
        18 => {
            let words = dice.one(&COMMANDS);
            format!(
                "T={}\n$T {}",
                words[0],
                words[1..]
                    .iter()
                    .map(|w| quoted(dice, w))
                    .collect::<Vec<_>>()
                    .join(" ")
            )
        }
        _ => command(dice),
    }
}
