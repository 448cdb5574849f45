"""Many names at one go: a file linked into many folders, and many folders made certain together.

To walk to each name and to sync each folder by itself costs more than the names do, where there are thousands of tills.
So each folder is opened once, and a file system of this machine is told once to write down all that it has
(syncfs(2)). Elsewhere, and for a handful of folders, each is synced by itself: a share does not promise as much, and
who syncs everything waits for what others wrote, too.

Failures: what the system says, as it says it.
"""

from __future__ import annotations

import ctypes
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from .mounts import Mounts, file_system, mounts
from .ways import STEP, Ways

HANDFUL = 5  # folders that are synced one by one
MANY = 100  # folders for which it is worth to have threads
LINKERS = 2
WHOLE = frozenset({"btrfs", "ext2", "ext3", "ext4", "f2fs", "xfs"})  # whose syncfs ends when all is on the disk
_TELLS_ERRORS = (5, 8)  # the Linux since which syncfs says that something could not be written


def link_all(ways: Ways, sources: Sequence[Path], folders: Mapping[Path, Sequence[str]]) -> dict[Path, int]:
    """See `promises.Naming.fan_out`."""
    with ExitStack() as stack:
        try:
            shelves = {}
            for shelf in {source.parent for source in sources}:
                shelves[shelf] = ways.open(shelf, STEP)
                stack.callback(os.close, shelves[shelf])
        except OSError:
            return dict.fromkeys(folders, 0)
        places = [(source.name, shelves[source.parent]) for source in sources]
        if len(folders) <= MANY:
            return {folder: _link_into(ways, folder, places, names) for folder, names in folders.items()}
        with ThreadPoolExecutor(LINKERS) as linkers:  # the kernel makes names in several folders at a time
            linked = linkers.map(lambda folder: _link_into(ways, folder, places, folders[folder]), folders)
            return dict(zip(folders, linked, strict=True))


def _link_into(ways: Ways, folder: Path, places: Sequence[tuple[str, int]], names: Sequence[str]) -> int:
    follow, linked = os.link not in os.supports_follow_symlinks, 0
    try:
        into = ways.open(folder, STEP)
    except OSError:
        return 0
    try:
        for (source, shelf), name in zip(places, names, strict=False):
            os.link(source, name, src_dir_fd=shelf, dst_dir_fd=into, follow_symlinks=follow)
            linked += 1
    except OSError:
        return linked  # whoever links it alone is told why not
    finally:
        os.close(into)
    return linked


class Wholes:
    """The file systems that can be synced whole."""

    def __init__(self, system: str, table: Mounts = mounts) -> None:
        self._is_able = system == "linux" and _linux() >= _TELLS_ERRORS and _syncfs() is not None
        self._table = table
        self._known: dict[int, bool] = {}  # by device

    def among(self, folders: Iterable[Path]) -> list[list[Path]]:
        """The folders, a list for each file system that is worth to be synced whole; the others are in none."""
        by_device: dict[int, list[Path]] = defaultdict(list)
        if self._is_able:
            for folder in folders:
                try:
                    by_device[os.stat(folder).st_dev].append(folder)  # noqa: PTH116 - thousands of them
                except OSError:
                    continue
        return [some for device, some in by_device.items() if len(some) > HANDFUL and self._is_whole(device, some[0])]

    def _is_whole(self, device: int, folder: Path) -> bool:
        if device not in self._known:
            self._known[device] = file_system(folder, self._table()) in WHOLE
        return self._known[device]


def sync_whole(handle: int) -> None:
    """Everything on the file system on which `handle` is open is on the disk when this returns."""
    if _syncfs()(handle) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


@cache
def _syncfs() -> Any:
    return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)


def _linux() -> tuple[int, ...]:
    numbers = os.uname().release.split("-")[0].split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit())
