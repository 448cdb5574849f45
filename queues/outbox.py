"""The outbox: documents for the ERP, each given once, whole, under a name that is never used twice.

What the ERP deletes, it took; or what it puts a flag beside, where that is agreed on. A document goes from *due* to
*written* in the caller's state, between two steps here:

    stage    .NAME.part, whole, its bytes synced      the ERP passes over it
    sync     the outbox synced                        every staged name is certain; the caller commits "written"
    reveal   .NAME.part becomes NAME, outbox synced   the ERP may take it, at any moment from now on

What is found after a crash or a power cut, and what follows:

    state     .NAME.part   NAME    what was cut short            what is done
    due       -            -       nothing was                   stage
    due       there        -       staging, or the commit        drop, or stage again: it may be torn
    due       any          there   (no way of ours leads there)  stage, and reveal compares
    written   there        -       revealing                     reveal
    written   -            there   nothing: it waits             -
    written   there        there   (no way of ours leads there)  reveal compares
    written   -            -       nothing                       the ERP took it

So "written" with neither name can only mean that the ERP took it: the staged name was certain before the commit.
That is believed only where the outbox is the one that was marked (`marker`): one that is not mounted is empty, too.

Where the ERP flags what it took (NAME and a suffix, the flag's content is nothing), we remove both:

    remove   NAME, the outbox synced; the caller commits "taken"; the flag, synced

    state     NAME    flag     what was cut short                what is done
    written   any     there    nothing, or the commit            remove NAME, commit, remove the flag
    taken     -       there    removing the flag                 remove it
    written   -       -        (somebody else removed it)        it is due again: no flag, no receipt

An ERP that takes a document, and whose deletion is lost with the power, finds it again: under the same name, with the
same bytes.

Failures: as the disk says. A name that stands for other bytes is told (`durable.clash`) and stops no other. A name
that is too long to be hidden, or hidden itself, is a mistake of the caller (ValueError).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ..errors import Reason
from .disk import Disk, FileKind
from .durable import Clash, digest_of, pieces
from .names import fit
from .troubles import Missing, Taken

_START, _END = ".", ".part"


class Look(NamedTuple):
    """What lay in the outbox at one moment."""

    there: frozenset[str]  # every name that the ERP can see
    staged: frozenset[str]  # the names of the documents that are staged, whole or torn


class Outbox:
    """`mode` is that of the documents: the ERP must be able to read them, and its user to remove them."""

    def __init__(self, disk: Disk, folder: Path, mode: int = 0o640) -> None:
        self._disk = disk
        self._folder = folder
        self._mode = mode

    def stage(self, name: str, body: bytes) -> None:
        """Writes a document that the ERP does not see yet. What was staged under the name is written anew, never
        trusted: whoever wrote it may have died before its bytes were certain."""
        hidden = self._hidden(name)
        self._disk.unlink(hidden)
        self._disk.write_new(hidden, (body,), self._mode)

    def sync(self) -> None:
        """Makes what was staged outlast a power cut."""
        self._disk.sync_dir(self._folder)

    def reveal(self, names: Iterable[str]) -> list[Reason]:
        """Gives staged documents their names, for certain; again is a success. Returns why some could not be: their
        names stand for something else, which stays, and so do they."""
        clashes = []
        for name in names:
            try:
                self._reveal(name)
            except Clash as clash:
                clashes.append(clash.reason)
        self.sync()
        return clashes

    def _reveal(self, name: str) -> None:
        hidden, path = self._hidden(name), self._folder / name
        try:
            self._disk.rename(hidden, path)
        except Missing:  # revealed before
            return
        except Taken:
            try:
                same = self._is_same(hidden, path)
            except Missing:  # somebody took it meanwhile
                self._reveal(name)
                return
            if not same:
                raise Clash(path) from None
            self._disk.unlink(hidden)

    def _is_same(self, one: Path, other: Path) -> bool:
        entry = self._disk.stat(other)
        if entry is not None and entry.kind is not FileKind.FILE:
            return False
        return digest_of(pieces(self._disk, one)) == digest_of(pieces(self._disk, other))

    def drop(self, name: str) -> bool:
        """Removes what is staged under the name; whether it was there."""
        return self._disk.unlink(self._hidden(name))

    def look(self) -> Look:
        names = [entry.name for entry in self._disk.entries(self._folder)]
        hidden = (name for name in names if name.startswith(_START) and name.endswith(_END))
        staged = (name[len(_START) : -len(_END)] for name in hidden)
        return Look(
            frozenset(name for name in names if not name.startswith(_START)), frozenset(name for name in staged if name)
        )

    def remove(self, names: Iterable[str]) -> None:
        """Removes what the ERP can see by these names, for certain; what is not there is a success."""
        for name in names:
            self._disk.unlink(self._folder / name)
        self.sync()

    def _hidden(self, name: str) -> Path:
        hidden = f"{_START}{name}{_END}"
        if not name or name.startswith(_START) or "/" in name or fit(_START + name, _END) != hidden:
            raise ValueError(f"{name!r} is no document's name")
        return self._folder / hidden
