"""What may lie in a till's folder, by name: numbered pairs, and nothing else.

    pos0000000001.aif   data, a chunk
    pos0000000001.flz   its flag, empty: the till may load the data
    .tillpost-….tmp     litter of a writer that was killed
    .nfs…, .fuse_hidden…  what a file system keeps of a deleted file that somebody still has open; not looked at

Failures: `Missing` where the folder is not there; as the disk says otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .disk import Disk, Entry, FileKind
from .durable import is_litter, sweep

_LEFT_BY_FILE_SYSTEMS = (".nfs", ".fuse_hidden")
_NUMBERED = re.compile(r"pos([0-9]{10})(\.[^.]+)", re.ASCII)


class HandOver(Protocol):
    """The settings of a hand-over to tills."""

    @property
    def window(self) -> int:
        """The most chunks that stand in one till's folder; 1 for tills that do not take files by number."""
        ...

    @property
    def share(self) -> str:
        """links, or copies where tills lock what they read."""
        ...

    @property
    def data_suffix(self) -> str: ...

    @property
    def flag_suffix(self) -> str: ...


@dataclass(frozen=True)
class Pair:
    data: Entry | None = None
    flag: Entry | None = None


@dataclass(frozen=True)
class Sight:
    """A folder, read once."""

    pairs: dict[int, Pair]
    strangers: tuple[str, ...] = ()
    litter: tuple[str, ...] = ()

    def pair(self, number: int) -> Pair:
        return self.pairs.get(number, Pair())


class TillFolder:
    def __init__(self, disk: Disk, path: Path, hand_over: HandOver) -> None:
        self.disk = disk
        self.path = path
        self._data, self._flag = hand_over.data_suffix, hand_over.flag_suffix

    def data(self, number: int) -> Path:
        return self.path / self.data_name(number)

    def flag(self, number: int) -> Path:
        return self.path / self.flag_name(number)

    def data_name(self, number: int) -> str:
        return f"pos{number:010d}{self._data}"

    def flag_name(self, number: int) -> str:
        return f"pos{number:010d}{self._flag}"

    def look(self) -> Sight:
        data: dict[int, Entry] = {}
        flags: dict[int, Entry] = {}
        strangers, litter = [], []
        for entry in self.disk.entries(self.path):
            number, suffix = self._number(entry)
            if number:
                (data if suffix == self._data else flags)[number] = entry
            elif is_litter(entry.name):
                litter.append(entry.name)
            elif not entry.name.startswith(_LEFT_BY_FILE_SYSTEMS):
                strangers.append(entry.name)
        pairs = {number: Pair(data.get(number), flags.get(number)) for number in sorted({*data, *flags})}
        return Sight(pairs, tuple(sorted(strangers)), tuple(litter))

    def _number(self, entry: Entry) -> tuple[int, str]:
        """Number and suffix of one half of a pair; (0, "") for every other name, and for what is not a file."""
        match = _NUMBERED.fullmatch(entry.name)
        if match is None or entry.kind is not FileKind.FILE or match[2] not in (self._data, self._flag):
            return 0, ""
        return int(match[1]), match[2]

    def remove(self, number: int) -> None:
        """Removes what is left of a pair; the flag first, so that no till begins to load it."""
        self.disk.unlink(self.flag(number))
        self.disk.unlink(self.data(number))

    def sweep(self) -> None:
        sweep(self.disk, self.path)

    def sync(self) -> None:
        self.disk.sync_dir(self.path)
