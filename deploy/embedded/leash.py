"""Become a program that does not outlive its parent.

Run by path, isolated and without site-packages (`python -I -S leash.py PROGRAM.json`), so that it
costs a few milliseconds. The file holds `command`, `environment` and `stop_signal`; a file, because
an argument list can be read by every user of the machine and a supervisor's configuration mangles
what it quotes.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the program; on Linux it gets `stop_signal` when its parent dies."""
    program = json.loads(Path(sys.argv[1]).read_text())
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, program["stop_signal"])
    if os.getppid() == 1 != program["starter"]:
        return  # the parent died before we could ask
    command = program["command"]
    os.execvpe(command[0], command, program["environment"])  # noqa: S606 - to become it is the point


if __name__ == "__main__":
    main()
