"""What lies in the inbox at one moment: exports, flags, and what cannot be an export.

One pass over the inbox and over the folders in it, one for each shop. Links are seen, never followed. Names that
begin with a dot or say that their file is not finished are passed over.

A flag is a file that says by its name that another is whole: goods.flz or goods.xml.flz speak of goods.xml, and
import0.flz of the set whose parts are import0_1.xml and so on; the letter case of the suffix does not matter.

Failures: `Missing` where the inbox is not there, else as the disk says. A shop's folder that cannot be read stops no
other: its trouble stands in the scan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..errors import Reason, Trouble
from ..model import Noun
from .disk import Entry, FileKind, Reading
from .layout import ONLINE
from .names import is_unfinished, printable
from .troubles import Missing

NOT_OURS = frozenset({"lost+found"})  # what a file system keeps in its own top folder
REFUSED = {
    FileKind.SYMLINK: "arrival.symlink",
    FileKind.FIFO: "arrival.fifo",
    FileKind.SOCKET: "arrival.socket",
    FileKind.DEVICE: "arrival.device",
    FileKind.FOLDER: "arrival.folder",
}

Look = tuple[int, int, int, int]  # device, inode, size, mtime: a file that looks the same has not changed


class Found(Noun, frozen=True):
    """One name in the inbox that is no flag, or one among the tills' sales."""

    folder: Path
    shop: str  # the name of the shop's folder that it lies in; "" = the top
    name: str
    kind: FileKind
    size: int
    mtime_ns: int
    inode: int
    device: int
    flags: tuple[str, ...] = ()  # names of the flags that speak of it
    till: str = ""  # sales: the name of the till's folder; "" = in none
    live: bool = False  # sales: it lies among the till's live receipts

    @property
    def where(self) -> str:
        """The folder it lies in, seen from the home of its trade, as the disk names it: "", "5", "5/1/online"."""
        return "/".join(part for part in (self.shop, self.till, ONLINE if self.live else "") if part)

    @property
    def path(self) -> Path:
        return self.folder / self.name

    @property
    def look(self) -> Look:
        return self.device, self.inode, self.size, self.mtime_ns

    def is_same(self, entry: Entry) -> bool:
        """Whether `entry`, under whatever name, is what was found, and has not changed since."""
        if self.kind is FileKind.FILE:
            return self.look == (entry.device, entry.inode, entry.size, entry.mtime_ns)
        return (self.device, self.inode) == (entry.device, entry.inode)  # a folder changes when it is moved


class Flag(Noun, frozen=True):
    folder: Path
    shop: str
    name: str
    of: str  # the name without the suffix: an export's, with or without its own, or a set's


class Scan(Noun, frozen=True):
    found: tuple[Found, ...]
    flags: tuple[Flag, ...]
    unread: tuple[Reason, ...] = ()  # why a shop's folder could not be looked into


def scan(disk: Reading, inbox: Path, flag_suffix: str = ".flz") -> Scan:
    """Everything that has arrived, in no order."""
    top = [entry for entry in disk.entries(inbox) if is_seen(entry)]
    shops = [entry.name for entry in top if entry.kind is FileKind.FOLDER]
    folders = [_Folder(inbox, "", [entry for entry in top if entry.kind is not FileKind.FOLDER], flag_suffix)]
    unread = []
    for shop in shops:
        try:
            entries = disk.entries(inbox / shop)
        except Missing:  # removed since
            continue
        except Trouble as trouble:
            unread.append(trouble.reason)
            continue
        finished = [entry for entry in entries if is_seen(entry)]
        folders.append(_Folder(inbox / shop, shop, finished, flag_suffix))
    return Scan(
        tuple(found for folder in folders for found in folder.found()),
        tuple(flag for folder in folders for flag in folder.flags()),
        tuple(unread),
    )


def is_seen(entry: Entry) -> bool:
    """Whether a name is to be looked at: it is finished, and not what a file system keeps in its top folder."""
    return not is_unfinished(entry.name) and not (entry.kind is FileKind.FOLDER and entry.name in NOT_OURS)


class _Folder:
    def __init__(self, path: Path, shop: str, entries: Iterable[Entry], flag_suffix: str) -> None:
        self._path = path
        self._shop = shop
        self._entries: list[Entry] = []
        self._flags: list[tuple[str, str]] = []
        for entry in entries:
            of = flag_of(entry.name, flag_suffix) if entry.kind is FileKind.FILE else ""
            if of:
                self._flags.append((entry.name, of))
            else:
                self._entries.append(entry)

    def found(self) -> Iterator[Found]:
        flags = by_what_they_flag(self._flags)
        for entry in self._entries:
            yield Found(
                self._path, self._shop, entry.name, entry.kind, entry.size, entry.mtime_ns, entry.inode, entry.device,
                flags_of(entry.name, flags) if flags else (),
            )  # fmt: skip

    def flags(self) -> Iterator[Flag]:
        for name, of in self._flags:
            yield Flag(self._path, self._shop, name, of)


def flag_of(name: str, suffix: str) -> str:
    """What a flag of this name speaks of; "" where it is none."""
    is_flag = suffix != "" and name.lower().endswith(suffix.lower()) and len(name) > len(suffix)
    return name[: -len(suffix)] if is_flag else ""


def by_what_they_flag(flags: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Of names and what each speaks of: the flags among them. What speaks of nothing is none, and must never be
    taken for one: flags are removed."""
    by: dict[str, list[str]] = defaultdict(list)
    for name, of in flags:
        if of:
            by[of].append(name)
    return dict(by)


def flags_of(name: str, flags: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The names of those among `flags` (by what they speak of) that speak of the file `name`."""
    stem = name.rpartition(".")[0]
    return (*flags.get(name, ()), *flags.get(stem, ()))


def refusal(kind: FileKind, name: str) -> Reason | None:
    """Why what lies under `name` cannot be an export, whatever is in it; None for a file."""
    code = REFUSED.get(kind)
    return Reason(code, name=printable(name)) if code else None
