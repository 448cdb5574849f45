"""Which file system a path lies on, and whether its kernel sees everybody who uses it.

Only on a disk of this machine do leases and events speak of all writers. A network share answers for this machine
alone, or refuses a lease for reasons of its own (NFS 4 and CIFS refuse every one for which the server gave no
delegation), which must not read as "somebody writes".

Failures: none; what cannot be found out is not local.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

LOCAL = frozenset({
    "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "jfs", "msdos", "ntfs3", "overlay",
    "ramfs", "reiserfs", "tmpfs", "vfat", "xfs", "zfs",
})  # fmt: skip
_TABLE = Path("/proc/self/mountinfo")
_OCTAL = re.compile(rb"\\([0-7]{3})")

Mounts = Callable[[], bytes]


def mounts() -> bytes:
    """The kernel's table of mounts (proc(5), "mountinfo"); empty where there is none."""
    try:
        return _TABLE.read_bytes()
    except OSError:
        return b""


def file_system(path: Path, table: bytes) -> str:
    """The type of the file system that `path` lies on; "" where `table` does not say."""
    wanted = Path(os.path.realpath(path))
    found, kind = Path(), ""
    for point, mounted in _mounted(table):
        if wanted.is_relative_to(point) and len(point.parts) >= len(found.parts):  # a later mount hides an earlier
            found, kind = point, mounted
    return kind


def mounted_below(path: Path, table: bytes) -> list[tuple[Path, str]]:
    """Which file systems are mounted below `path`, and their types."""
    top = Path(os.path.realpath(path))
    below = {point: kind for point, kind in _mounted(table) if point != top and point.is_relative_to(top)}
    return sorted(below.items())


def _mounted(table: bytes) -> Iterator[tuple[Path, str]]:
    """Mount points and the types of their file systems, in the order in which they were mounted."""
    for line in table.splitlines():
        mounted, _, rest = line.partition(b" - ")
        yield _point(mounted), rest.split(b" ")[0].decode("ascii", "replace")


def _point(mounted: bytes) -> Path:
    """The fifth field, where blanks are written in octal."""
    fields = mounted.split(b" ")
    point = fields[4] if len(fields) > 4 else b"?"
    return Path(os.fsdecode(_OCTAL.sub(lambda digits: bytes([int(digits[1], 8)]), point)))
