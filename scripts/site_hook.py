"""A hook of mkdocs: links that leave docs/ lead to the file in the repository, and names that the theme does not give."""

import posixpath
import re

LINK = re.compile(r"\]\((\.\.?/[^)#\s]*)(#[^)\s]*)?\)")


def on_page_markdown(markdown, page, config, **_):
    repository = config.extra["social"][0]["link"]
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
