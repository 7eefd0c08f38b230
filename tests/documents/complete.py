"""Types a line into an interactive shell, presses Tab, and prints what the shell then shows.

Usage: complete.py SHELL SCRIPT LINE EXPECTED...

Ends as soon as every expected word is shown, and after 60 seconds in any case: what is printed decides."""

import os
import pty
import select
import sys
import time

shell, script, line, expected = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
READY = "ready-to-type"
START = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        f"bind 'set completion-query-items 0'; bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; source '{script}'; PS1='ready-to''-type'\n",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        f"unsetopt beep; LISTMAX=9999; autoload -U compinit; compinit -u -D; source '{script}'; PS1='ready-to''-type'\n",
    ),
}
command, start = START[shell]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb" if shell == "bash" else "xterm", COLUMNS="200", LINES="500")
    os.execvp(command[0], command)


def read_until(done):
    text, end = "", time.monotonic() + 60
    while not done(text) and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece.decode(errors="replace")
    return text


os.write(terminal, start.encode())
read_until(lambda text: READY in text)
os.write(terminal, line.encode() + b"\t\t")
print(read_until(lambda text: all(word in text for word in expected)))
os.kill(pid, 9)
