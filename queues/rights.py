"""The rights and the group of what stands: read and set by an open handle, to which no link can lead away.

What is made anew gets its rights where it is made; a folder with the setgid bit hands its group on by itself. This is
for what stood before the settings changed, or what somebody changed by hand.

Failures: as the disk says; `Missing` where nothing is there. Only the owner may set rights, and only a group that he is
in himself: else `Halt` (`disk.denied`).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..model import Noun
from .troubles import told
from .ways import STEP, Ways

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


class Right(Noun, frozen=True):
    """`mode` without the kind of file; `group` by its number."""

    mode: int
    group: int


def seen(ways: Ways, path: Path) -> Right:
    """The rights of the file or folder at `path`."""
    with told(path):
        handle = ways.open(path, (STEP & ~getattr(os, "O_DIRECTORY", 0)) | _NOFOLLOW)
        try:
            found = os.fstat(handle)
        finally:
            os.close(handle)
    return Right(stat.S_IMODE(found.st_mode), found.st_gid)


def put(ways: Ways, path: Path, right: Right) -> None:
    """Gives `path`, which must be a file or folder that we may read, these rights."""
    with told(path):
        handle = ways.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | _NOFOLLOW)
        try:
            if os.fstat(handle).st_gid != right.group:
                os.fchown(handle, -1, right.group)  # first: it may take the setgid bit away
            os.fchmod(handle, right.mode)
            os.fsync(handle)
        finally:
            os.close(handle)
