"""The pages as a service's child: they end when its end of our standard input is closed, however it came to that.

Failures: told in a line on standard output, for the owner; the exit status says no more than that.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from ..errors import Trouble
from .verb import served


def main() -> None:
    """`python -m tillpost.web ROOT`, by `pipeline.webhost`."""
    root = Path(sys.argv[1])
    threading.Thread(target=_end_with_owner, daemon=True).start()
    try:
        serving = served()
        serving.serve(root, serving.settings_of(root), _unsaid)
    except Trouble as trouble:
        print(trouble)  # noqa: T201 - it is our owner who reads it
        sys.exit(1)


def _unsaid(line: str) -> None:
    """The log has it."""


def _end_with_owner() -> None:
    sys.stdin.buffer.read()
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
