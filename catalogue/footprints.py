"""Footprints: by which marks the records of a full export are known again, one footprint for each kind and scope.

A mark in a footprint says: the record with these bytes, read under the footprint's terms, states just what the fact of
its key says *now*. Whoever changes a fact otherwise strikes its key. So the facts that a footprint vouches for, and
those that are struck, are together all facts of its kind and scope, and a file that names every one of them by a known
mark changes nothing.

A footprint is a memory, no truth: it may be dropped at any time, and is laid anew by the next full export. Its marks
stand in the order of the file that laid it, since ERPs write their lists in one order: a file in the same order is
compared mark by mark, any other by looking its marks up.

Failures: Aside where a file names a key twice, which only reading all of it can tell properly.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence

import msgspec

from ..model import Aside, Kind
from .facts import Names
from .store import Records, Table, Transaction

WIDTH = 16  # bytes of a mark
BLOCK = 65_536  # marks that are stored together

_STRUCK = b"\0" * WIDTH  # stands where a mark no longer holds


class _Laid(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a footprint besides its marks."""

    terms: str
    blocks: int


class Footprints:
    """All of them, inside one transaction."""

    def __init__(self, txn: Transaction) -> None:
        self.laid = Records(txn.table("footprints"), _Laid)  # (kind, scope)
        self.marks = txn.table("footprint marks")  # (kind, scope, block)
        self.keys = txn.table("footprint keys")  # likewise: a key a line, in the order of the marks
        self.struck = txn.table("footprint struck")  # (kind, scope, key)
        self._there: dict[tuple[Kind, str], bool] = {}

    def strike(self, kind: Kind, key: Names, scope: str) -> None:
        """The fact changes, and no marked record says how."""
        if (kind, scope) not in self._there:
            self._there[kind, scope] = self.laid.get((kind.value, scope)) is not None
        if self._there[kind, scope]:
            self.struck.put((kind.value, scope, *key), b"")

    def skimming(self, kind: Kind, scope: str, terms: str) -> Skimming:
        """For a full export that is about to be skimmed under `terms`."""
        place = (kind.value, scope)
        laid = self.laid.get(place)
        if laid is None or laid.terms != terms:
            return Laying(self, place, terms)
        marks = b"".join(_blocks(self.marks, place))
        struck = {str(key[2]) for key, _ in self.struck.scan(place)}
        return Following(self, place, terms, marks, struck)


class Skimming(ABC):
    """One full export on its way over the footprint of its kind and scope."""

    def __init__(self, footprints: Footprints, place: tuple[str, str], terms: str) -> None:
        self._footprints = footprints
        self._place = place
        self._terms = terms

    @abstractmethod
    def strange(self, marks: Sequence[bytes]) -> Sequence[int]:
        """See `Familiar`."""

    @abstractmethod
    def taken(self, key: str, mark: bytes, *, replaces: bool) -> None:
        """A strange record was taken as the fact of `key`. `replaces`: there was one before."""

    @abstractmethod
    def unnamed(self) -> list[str] | None:
        """Keys of all facts that the file may not have named; None where only the facts can tell. Raises Aside."""

    @abstractmethod
    def spared(self, key: str) -> None:
        """A fact that the file did not name stays all the same."""

    @abstractmethod
    def keep(self, stands: Callable[[str], bool]) -> None:
        """Keeps the footprint as the file leaves it. `stands`: whether there is a fact of a key now."""

    def _write(self, marks: bytes | bytearray, keys: Sequence[str]) -> None:
        tables = self._footprints
        old = tables.laid.get(self._place)
        blocks = -(-len(keys) // BLOCK)
        for block in range(blocks):
            at = block * BLOCK
            tables.marks.put((*self._place, block), bytes(marks[at * WIDTH : (at + BLOCK) * WIDTH]))
            tables.keys.put((*self._place, block), "\n".join(keys[at : at + BLOCK]).encode())
        for block in range(blocks, old.blocks if old else 0):
            tables.marks.delete((*self._place, block))
            tables.keys.delete((*self._place, block))
        tables.laid.put(self._place, _Laid(self._terms, blocks))


class Laying(Skimming):
    """No footprint holds: every record is strange, and leaves its mark."""

    def __init__(self, footprints: Footprints, place: tuple[str, str], terms: str) -> None:
        super().__init__(footprints, place, terms)
        self._marks = bytearray()
        self._keys: list[str] = []
        self._struck: set[str] = set()

    def strange(self, marks: Sequence[bytes]) -> Sequence[int]:
        return range(len(marks))

    def taken(self, key: str, mark: bytes, *, replaces: bool) -> None:
        if mark:
            self._marks += mark
            self._keys.append(key)
        else:
            self._struck.add(key)

    def unnamed(self) -> list[str] | None:
        return None

    def spared(self, key: str) -> None:
        self._struck.add(key)

    def keep(self, stands: Callable[[str], bool]) -> None:
        struck = self._footprints.struck
        for key in [key for key, _ in struck.scan(self._place)]:
            struck.delete(key)
        for name in sorted(self._struck):
            struck.put((*self._place, name), b"")
        self._write(self._marks, self._keys)


class Following(Skimming):
    """The file is compared with the footprint, at first in its order."""

    def __init__(
        self, footprints: Footprints, place: tuple[str, str], terms: str, marks: bytes, struck: set[str]
    ) -> None:
        super().__init__(footprints, place, terms)
        self._struck = struck
        self._keys: list[str] = []  # read when they are asked for
        self._marks = self._without_struck(marks) if struck else marks
        self._at = 0  # how many marks were compared in their order
        self._passed: list[int] = []  # places among them that the file does not have there
        self._rest: set[bytes] | None = None  # not seen yet; None while the file keeps the order
        self._taken: dict[str, bytes] = {}
        self._replaced: list[str] = []
        self._open: dict[str, int] = {}  # keys that no known mark named, and their places

    def _without_struck(self, marks: bytes) -> bytes:
        patched = bytearray(marks)
        for place, key in enumerate(self._all_keys()):
            if key in self._struck:
                patched[place * WIDTH : (place + 1) * WIDTH] = _STRUCK
        return bytes(patched)

    def _all_keys(self) -> list[str]:
        if not self._keys:
            self._keys = [key for block in _blocks(self._footprints.keys, self._place) for key in _lines(block)]
        return self._keys

    # --- the file

    def strange(self, marks: Sequence[bytes]) -> Sequence[int]:
        if self._rest is None:
            found = self._compared(marks)
            if found is not None:
                return found
            self._rest = self._not_seen()
        return self._looked_up(marks, self._rest)

    def _compared(self, marks: Sequence[bytes]) -> Sequence[int] | None:
        """The strange ones of a file in the footprint's order; None where it is no longer in it."""
        first = self._at * WIDTH
        expected = self._marks[first : first + len(marks) * WIDTH]
        if expected == b"".join(marks):
            self._at += len(marks)
            return ()
        if len(expected) < len(marks) * WIDTH:
            return None
        found = [place for place, mark in enumerate(marks) if expected[place * WIDTH : (place + 1) * WIDTH] != mark]
        if 2 * len(found) > len(marks):
            return None
        self._passed += [self._at + place for place in found]
        self._at += len(marks)
        return found

    def _not_seen(self) -> set[bytes]:
        marks = self._marks
        rest = {marks[at : at + WIDTH] for at in range(self._at * WIDTH, len(marks), WIDTH)}
        rest.update(marks[place * WIDTH : (place + 1) * WIDTH] for place in self._passed)
        rest.discard(_STRUCK)
        return rest

    def _looked_up(self, marks: Sequence[bytes], rest: set[bytes]) -> Sequence[int]:
        before = len(rest)
        found = [place for place, mark in enumerate(marks) if mark not in rest]
        rest.difference_update(marks)
        if before - len(rest) != len(marks) - len(found):
            raise Aside
        return found

    def taken(self, key: str, mark: bytes, *, replaces: bool) -> None:
        self._taken[key] = mark
        if replaces and key not in self._struck:
            self._replaced.append(key)

    def unnamed(self) -> list[str] | None:
        places = self._unseen()
        keys = self._all_keys() if places else []
        self._open = {keys[place]: place for place in places}
        if any(key not in self._open for key in self._replaced):
            raise Aside  # it is named by a known mark, too
        return sorted({*self._open, *self._struck})

    def _unseen(self) -> list[int]:
        marks = self._marks
        if self._rest is None:
            rest = range(self._at, len(marks) // WIDTH)
            places = [*self._passed, *rest]
        else:
            unseen = self._rest
            if not unseen:
                return []
            places = [at // WIDTH for at in range(0, len(marks), WIDTH) if marks[at : at + WIDTH] in unseen]
        return [place for place in places if marks[place * WIDTH : (place + 1) * WIDTH] != _STRUCK]

    def spared(self, key: str) -> None:
        """Its mark, or that it is struck, says so already."""

    # --- what stays

    def keep(self, stands: Callable[[str], bool]) -> None:
        if not self._open and not self._taken:
            return
        marks, keys = bytearray(self._marks), list(self._all_keys())
        gone = [key for key in self._open if not self._taken.get(key)]
        for key, mark in self._taken.items():
            if mark and key in self._open:
                marks[self._open[key] * WIDTH : (self._open[key] + 1) * WIDTH] = mark
            elif mark:
                marks += mark
                keys.append(key)
        for key in gone:
            marks[self._open[key] * WIDTH : (self._open[key] + 1) * WIDTH] = _STRUCK
        self._strike({*gone, *self._struck, *self._taken}, stands)
        kept = [place for place in range(len(keys)) if marks[place * WIDTH : (place + 1) * WIDTH] != _STRUCK]
        if len(kept) < len(keys):
            marks = bytearray(b"".join(marks[place * WIDTH : (place + 1) * WIDTH] for place in kept))
            keys = [keys[place] for place in kept]
        self._write(marks, keys)

    def _strike(self, keys: set[str], stands: Callable[[str], bool]) -> None:
        """Of `keys`, those stay struck that have a fact and no mark."""
        struck = self._footprints.struck
        for key in sorted(keys):
            if not self._taken.get(key) and stands(key):
                struck.put((*self._place, key), b"")
            elif key in self._struck:
                struck.delete((*self._place, key))


def _blocks(table: Table, place: tuple[str, str]) -> Iterator[bytes]:
    return (value for _, value in table.scan(place))


def _lines(block: bytes) -> list[str]:
    return block.decode().split("\n")
