"""Whether anybody has a file open for writing, as far as this machine's kernel can tell.

A read lease (fcntl(2), F_SETLEASE) is granted only while nobody has the file open for writing. It is given up at
once. Whoever opens the file for writing in that moment waits until then; the kernel would tell us by a signal that
ends a process which does not expect it, so another is asked for, which nobody minds.

Failures: none; every refusal that is not "somebody writes" reads as "cannot tell".
"""

from __future__ import annotations

import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from .mounts import LOCAL, Mounts, file_system, mounts


class Answer(StrEnum):
    NOBODY = "nobody"  # has the file open for writing
    SOMEBODY = "somebody"
    UNKNOWN = "unknown"  # a share, another system, another owner's file


class Writers(Protocol):
    def of(self, file: BinaryIO, path: Path) -> Answer:
        """Who writes to `file`, which was opened for reading at `path`."""
        ...


class Lease:
    """Asks the kernel. `table` gives the mounts, which say whether its answer is worth anything."""

    def __init__(self, table: Mounts = mounts) -> None:
        self._table = table
        self._local: dict[int, bool] = {}  # by device

    def of(self, file: BinaryIO, path: Path) -> Answer:
        if sys.platform != "linux" or not self._is_local(file.fileno(), path):
            return Answer.UNKNOWN
        return _ask(file.fileno())

    def _is_local(self, handle: int, path: Path) -> bool:
        device = os.fstat(handle).st_dev
        if device not in self._local:
            self._local[device] = file_system(path, self._table()) in LOCAL
        return self._local[device]


def _ask(handle: int) -> Answer:
    import fcntl  # noqa: PLC0415 - not there on Windows

    try:
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)  # ignored unless somebody asks for it; SIGIO kills
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return Answer.SOMEBODY
    except OSError:  # EACCES: another owner's file and no CAP_LEASE; EINVAL: no leases there
        return Answer.UNKNOWN
    return Answer.NOBODY
