"""A hook of mkdocs: links that leave docs/ lead to the repository, guides come first, names that the theme does not give."""

import posixpath
import re

# A reader who searches for a node's words wants the guide; pages that show every option and format have every word.
WEIGHTS = {
    "guides/": 4,
    "hooks.md": 4,
    "exit-codes.md": 3,
    "configuration.md": 1.5,
    "what-pulls-what.md": 0.7,
    "command-line.md": 0.3,
    "output-formats.md": 0.3,
}
# What the search finds first, beside titles: words that readers type and that no title has.
WORDS = {
    "configuration.md": ["x509: certificate signed by unknown authority", "self-signed", "insecure", "false positive"],
    "exit-codes.md": ["exit status"],
    "hooks.md": ["skip", "bypass", "no-verify"],
    "guides/ci-github.md": ["sarif", "scanning", "pull_request_target"],
    "guides/helm-chart-in-a-pull-request.md": ["helm chart"],
    "guides/imagepullbackoff.md": ["pull secret", "service account", "no matching manifest", "exec format error"],
    "guides/missing-signature-key.md": ["docker format", "buildah", "schema 2", "convert", "repair"],
    "guides/mirror-into-the-internal-registry.md": ["copy images", "air gap", "docker hub"],
    "guides/openshift-3.11-to-4.md": ["docker-registry.default.svc", "migration", "upgrade"],
    "guides/old-findings.md": ["baseline", "existing findings", "legacy", "brownfield", "incremental adoption", "known findings"],
    "guides/repository-does-not-exist.md": ["manifest unknown", "not found"],
    "trust.md": ["fork", "credentials", "is it safe", "pull_request_target"],
}
# A test by its file and its name: on the site a sentence that leads to the file.
TEST = re.compile(r"`((?:tests|src|crates)/[\w/.-]+\.rs)?::(\w+_\w+_\w+)`")
LINK = re.compile(r"\]\((\.\.?/[^)#\s]*)(#[^)\s]*)?\)")


def on_page_markdown(markdown, page, config, **_):
    for beginning, weight in WEIGHTS.items():
        if page.file.src_uri.startswith(beginning):
            page.meta["search"] = {"boost": weight}
    if words := WORDS.get(page.file.src_uri):
        page.meta["tags"] = words
    repository = config.extra["social"][0]["link"]
    last = [""]

    def in_words(found):
        # `::name` is of the file that was named before it.
        last[0] = found[1] or last[0]
        return f"[{found[2].replace('_', ' ')}]({repository}/blob/main/{last[0]})"

    markdown = TEST.sub(in_words, markdown)
    folder = posixpath.join("docs", posixpath.dirname(page.file.src_uri))

    def in_repository(found):
        path = posixpath.normpath(posixpath.join(folder, found[1]))
        if path.startswith("docs/"):
            return found[0]
        return f"]({repository}/blob/main/{path}{found[2] or ''})"

    return LINK.sub(in_repository, markdown)


def on_post_page(output, **_):
    """The theme's dialog has no name, and tables of two columns need no heads (WCAG 4.1.2, 1.3.1)."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"').replace("<th></th>", "<td></td>")
