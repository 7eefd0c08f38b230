#!/usr/bin/env python3
"""Fails when a program that tests, benchmarks, examples or scripts start is in no install list.

Usage: scripts/check-programs.py [ROOT]

In Rust these are the literal names in `Command::new("…")`, `tool("…")`, `.run("…", …)` and `wrapped(&["…", …])`; in shell
scripts, the first words of commands. A script may look for a program itself (`command -v NAME`) and do without it.
The lists: `needs` of scripts/install-test-tools.sh (name and package, one line a program), what the other install scripts
bring in fixed versions (for what lies below target/hook-tools), and GIVEN below.
"""

import pathlib
import re
import sys

# What cargo and Debian's essential packages bring (bash, coreutils, debianutils, diffutils, dpkg and apt, findutils, grep,
# libc-bin, mawk, perl-base, sed, tar with gzip, util-linux): scripts/check-bare-machine.sh shows that they do. `shasum` is
# for macOS.
GIVEN = set(
    """apt-cache apt-get awk bash cargo cat chmod cmp comm cp cut date diff dirname dpkg find getent grep head id ldd ln ls mkdir
    mkfifo mktemp mount mv nproc perl pivot_root realpath rm rmdir rustc sed seq sh sha256sum shasum sleep sort stat tail tar
    tee timeout touch tr true umount uname uniq unshare wc which xargs zcat""".split()
)
NO_PROGRAMS = set(
    """if then else elif fi for while until do done case esac in function select time
    alias bg break builtin cd command continue declare echo env eval exec exit export false fg getopts hash jobs kill let
    local mapfile popd printf pushd pwd read readonly return set shift shopt source test times trap type ulimit umask
    unalias unset wait""".split()
)
STARTED_IN_RUST = re.compile(
    r"""(?: Command::new | \btool | \.run ) \( \s* "([^"]+)" | wrapped\( \s* &\[ \s* "([^"]+)" """, re.X
)
# What starts no program within a script: comments, quoted text, arithmetic, lists of words, ends of lines that go on.
QUIET = re.compile(
    r"""(?:(?<=\s)|^)\#[^\n]* | '[^']*' | "(?:[^"\\$]|\\.|\$\((?:[^()]|\([^()]*\))*\)|\$)*" | \(\(.*?\)\) | (?<==)\([^$]*?\)
    | \\\n""",
    re.X | re.M | re.S,
)
SUBSTITUTION = re.compile(r"\$\((?:[^()]|\([^()]*\))*\)", re.S)
HEREDOC = re.compile(r"""<<-?\s*['"]?(\w+)['"]?[^\n]*\n.*?^\s*\1$""", re.S | re.M)
# The name after what ends one command and begins the next, assignments and words that go before a command.
STARTED_IN_SHELL = re.compile(
    r"""(?: ^ | [;|&(`] | \b(?:then|else|do|if|elif|while|until|exec|env)\s | \s!\s | ^\s*[\w*?./|\ -]+\) ) \s*
        (?: \w+=[^\s;|&()]*\s+ | \$\w+\s+ )*
        (?= ([a-z][a-z0-9_.+-]*) (?: [\s;)&|] | $ ) ) (?! [\w.+-]+ (?:\s*\|\s*[^\s|)]+)* \s*\) ) """,
    re.X | re.M,
)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    installed, pinned = lists(root)
    started = list(started_in_rust(root)) + list(started_in_shell(root))
    unlisted = 0
    for place, name in started:
        if name.startswith(("venv/", "node_modules/", "charts/")):
            known = any(part.startswith((*pinned, "python")) for part in name.split("/"))
        else:
            known = name.rsplit("/", 1)[-1] in installed | pinned | GIVEN or (root / name).exists()
        if not known:
            print(f"{place}: `{name}` is started, but no install list has it", file=sys.stderr)
            unlisted += 1
    if unlisted:
        print(
            "add a line `NAME PACKAGE` to scripts/install-test-tools.sh, or a fixed version to another install script",
            file=sys.stderr,
        )
        sys.exit(1)
    print(f"{len({name for _, name in started})} programs are started, and each is in an install list")


def lists(root):
    """Names that the install scripts bring: from Debian, and in fixed versions."""
    needs = (root / "scripts/install-test-tools.sh").read_text().split("needs='", 1)[1].split("'", 1)[0]
    installed = {line.split()[0] for line in needs.splitlines() if line.strip()}
    scripts = [path for path in root.glob("scripts/install-*.sh") if path.name != "install-test-tools.sh"]
    script = "\n".join(re.sub(r"^\s*#.*", "", path.read_text(), flags=re.M) for path in sorted(scripts))
    pinned = {name.rsplit("/", 1)[-1] for name in re.findall(r'"([@\w/.-]+?)(?:==|@)\$', script)}
    # A file that a package carries is named below the folder, a program that is taken out of one ends the line.
    pinned |= set(re.findall(r"\$tools/([\w.-]+)", script)) - {"venv", "node_modules"}
    pinned |= set(re.findall(r"^take .* ([\w-]+)$", script, re.M))
    return installed, pinned


def started_in_rust(root):
    for top in ("benches", "crates", "examples", "src", "tests"):
        for path in sorted((root / top).rglob("*.rs")):
            text = path.read_text()
            for found in STARTED_IN_RUST.finditer(text):
                yield place(root, path, text, found.start()), found[1] or found[2]


def started_in_shell(root):
    paths = [root / ".ci/run", *sorted(root.glob("scripts/*.sh")), *sorted(root.glob("action/*.sh"))]
    for path in paths:
        text = path.read_text()
        own = set(re.findall(r"^\s*([\w-]+)\s*\(\)", text, re.M)) | set(re.findall(r"command -v ([\w.-]+)", text))
        bare = QUIET.sub(blank, QUIET.sub(blank, HEREDOC.sub(blank, text)))
        for found in STARTED_IN_SHELL.finditer(bare):
            if found[1] not in own | NO_PROGRAMS:
                yield place(root, path, text, found.start(1)), found[1]


def blank(found):
    """As long as what it replaces, with the same lines and, where a text is in double quotes, its substitutions."""
    text = found[0]
    if text == "\\\n":
        return "__"
    kept = re.sub(r"[^\n]", "_", text)
    for inner in SUBSTITUTION.finditer(text) if text.startswith('"') else ():
        kept = kept[: inner.start()] + inner[0] + kept[inner.end() :]
    return kept


def place(root, path, text, at):
    return f"{path.relative_to(root)}:{text.count(chr(10), 0, at) + 1}"


if __name__ == "__main__":
    main()
