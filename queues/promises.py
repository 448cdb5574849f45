"""What tillpost asks of a disk, and what a disk says of a name: the nouns that the real one and its twin share.

Failures: as `troubles` sorts them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from ..errors import Trouble
from ..model import Noun
from .troubles import Missing


class FileKind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    FIFO = "fifo"
    SOCKET = "socket"
    DEVICE = "device"


class Entry(Noun, frozen=True):
    """What a folder says of one name; a symbolic link is described itself, not what it points to."""

    name: str
    kind: FileKind
    size: int
    mtime_ns: int
    inode: int
    device: int
    links: int


class Reading(Protocol):
    """What changes nothing."""

    def open(self, path: Path) -> BinaryIO: ...

    def read(self, path: Path) -> bytes: ...

    def stat(self, path: Path) -> Entry | None:
        """What lies at `path`; None where nothing does."""
        ...

    def entries(self, folder: Path) -> list[Entry]:
        """Everything in `folder`, in no order. Raises Missing."""
        ...

    def names(self, folder: Path) -> list[str]:
        """The names alone of what is in `folder`, in no order. Raises Missing."""
        ...


class Naming(Protocol):
    """What makes and unmakes names of files. Certain after `sync_dir` of each folder concerned."""

    def write_new(self, path: Path, pieces: Iterable[bytes], mode: int) -> int:
        """A new file of exactly `pieces`, its bytes on the disk; the number of bytes. Raises Taken.

        Whatever fails leaves no file; only a kill can leave a torn one."""
        ...

    def link(self, source: Path, target: Path) -> None:
        """A second name for the same file. Raises Missing, Taken, Apart."""
        ...

    def fan_out(self, sources: Sequence[Path], folders: Mapping[Path, Sequence[str]]) -> dict[Path, int]:
        """Links the sources, in their order, into each of the folders under the names given for it, which may be
        fewer. Returns how many each folder got: where one cannot be linked, none after it is, and `link` tells why."""
        ...

    def rename(self, source: Path, target: Path, *, replace: bool = False) -> None:
        """Moves a file or folder in one step. Raises Missing, Apart and, unless `replace`, Taken."""
        ...

    def unlink(self, path: Path) -> bool:
        """Removes a name that is not a folder's; whether it was there."""
        ...


class Folders(Protocol):
    def mkdir(self, folder: Path, mode: int) -> bool:
        """Makes one folder with exactly `mode`; False where it is already. Its parent must be there. Raises Halt
        where something else bears the name."""
        ...

    def rmdir(self, folder: Path) -> bool:
        """Removes an empty folder; False where it is gone already or something lies in it."""
        ...

    def sync_dir(self, folder: Path) -> None:
        """Makes the names in `folder`, as they are now, outlast a power cut."""
        ...

    def sync_dirs(self, folders: Collection[Path]) -> dict[Path, Trouble]:
        """As `sync_dir` for each of them, at one go where that is cheaper. Returns those that are not certain, and
        why."""
        ...


class Disk(Reading, Naming, Folders, Protocol):
    """All of it. Twin without a disk: `memory.MemoryDisk`."""


def read_if_there(disk: Reading, path: Path) -> bytes | None:
    try:
        return disk.read(path)
    except Missing:
        return None


def fan_out_singly(disk: Naming, sources: Sequence[Path], folders: Mapping[Path, Sequence[str]]) -> dict[Path, int]:
    """`fan_out` where there is no quicker way."""
    linked = dict.fromkeys(folders, 0)
    for folder, names in folders.items():
        with suppress(Trouble):
            for source, name in zip(sources, names, strict=False):
                disk.link(source, folder / name)
                linked[folder] += 1
    return linked


def sync_singly(disk: Folders, folders: Iterable[Path]) -> dict[Path, Trouble]:
    """`sync_dirs` where there is no quicker way."""
    troubles = {}
    for folder in folders:
        try:
            disk.sync_dir(folder)
        except Trouble as trouble:
            troubles[folder] = trouble
    return troubles
