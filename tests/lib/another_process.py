"""A process of its own that has a root open, with its lock."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HOLDS = """
import sys
from pathlib import Path
from tillpost.pipeline.office import open_office
with open_office(Path(sys.argv[1]), ours=True):
    print("open", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another(root: Path) -> Iterator[subprocess.Popen[str]]:
    """The process, which ends with the block, or when it is killed."""
    command = [sys.executable, "-c", _HOLDS, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        yield process


_NOTES = """
import sys
from pathlib import Path
from tillpost.pipeline.office import open_office
with open_office(Path(sys.argv[1]), ours=True) as office, office.store.write() as txn:
    txn.table(sys.argv[2]).put(("key",), b"value")
"""


def notes_in_a_new_table(root: Path, name: str) -> None:
    """A process that opens the root, writes to a table that was not there, and ends."""
    subprocess.run([sys.executable, "-c", _NOTES, str(root), name], check=True)
