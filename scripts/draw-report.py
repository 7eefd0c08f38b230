#!/usr/bin/env python3
"""Draws docs/report.svg: some findings of the demo as a terminal of 100 columns shows them.

Usage: cargo build --example demo
       FORCE_COLOR=1 COLUMNS=100 LC_ALL=C.UTF-8 scripts/draw-report.py target/debug/examples/demo > docs/report.svg
"""
import re
import subprocess
import sys
from xml.sax.saxutils import escape

# What is shown, by words of the finding's first line.
SHOWN = ["upstream/python:3.11` is stored", "has no tag `2.4.2`", "`buildah push` pushes"]
COLUMNS, ADVANCE, LEADING = 110, 8, 18
COLOURS = {"31": "#ff7b72", "33": "#d29922", "32": "#7ee787", "36": "#79c0ff", "2": "#8b949e"}


def pieces(line):
    """(column, style, text) of each run of one style."""
    column, style = 0, ""
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b["):
            codes = [code for code in part[2:-1].split(";") if code not in ("", "0")]
            fill = next((COLOURS[code] for code in codes if code in COLOURS), None)
            style = f' fill="{fill}"' if fill else (' font-weight="bold"' if codes else "")
        elif part:
            shown = part[: max(0, COLUMNS - column)]
            if shown.strip():
                yield column, style, shown
            column += len(part)


def main():
    printed = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=False).stdout.decode()
    # The demo's registry has no TLS, and the reader's has.
    printed = re.sub(r" --(src-)?tls-verify=false", "", printed)
    blocks = re.split(r"\n(?=(?:\x1b\[[0-9;]*m)*(?:error|warning)\[)", printed)
    lines = blocks[0].rstrip("\n").split("\n") + [""]
    for words in SHOWN:
        block = next(b for b in blocks[1:] if words in re.sub(r"\x1b\[[0-9;]*m|\n *│ ", "", b).replace("\n", " "))
        # Its title, a blank line, and the finding; notes and the summary may follow.
        lines += "\n\n".join(block.split("\n\n")[:2]).rstrip("\n").split("\n") + [""]
    width, height = COLUMNS * ADVANCE + 32, len(lines) * LEADING + 50
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
          'role="img" aria-label="image-lint reports images that the cluster cannot pull">')
    print(f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>')
    print('<g fill="#484f58"><circle cx="20" cy="16" r="5"/><circle cx="38" cy="16" r="5"/><circle cx="56" cy="16" r="5"/></g>')
    print("<g font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" "
          'font-size="13.3" fill="#e6edf3">')
    for number, line in enumerate(lines):
        runs = "".join(
            f'<tspan x="{16 + column * ADVANCE}"{style}>{escape(text, {chr(34): "&quot;"})}</tspan>'
            for column, style, text in pieces(line))
        if runs:
            print(f'<text y="{44 + number * LEADING}" xml:space="preserve">{runs}</text>')
    print("</g>\n</svg>")


main()
