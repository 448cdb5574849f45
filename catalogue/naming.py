"""Which export last spoke of a fact: kept only while an export is held, so that later words win over it if it is
let through after all.

Speaking of a fact is stating it, changed or not, withdrawing it, or claiming to be complete: a full export speaks of
everything of its kind, scope and origin, also of what it leaves out.

Failures: none.
"""

from __future__ import annotations

from ..model import Kind
from .facts import Names
from .keys import Key
from .store import Table, Transaction


class Naming:
    """What was spoken of, inside one transaction."""

    def __init__(self, txn: Transaction) -> None:
        self._named = txn.table("named")
        self._claimed = txn.table("named extents")

    def name(self, kind: Kind, key: Names, scope: str, arrival: int) -> None:
        """`key` may be the beginning of keys: then all of them are meant."""
        self._raise(self._named, (kind.value, scope, *key), arrival)

    def claim(self, kind: Kind, origin: str, scope: str, arrival: int) -> None:
        self._raise(self._claimed, (kind.value, scope, origin), arrival)

    def named_after(self, arrival: int, kind: Kind, key: Names, scope: str) -> bool:
        """Whether an export later than `arrival` named this fact, or all that begin like it."""
        beginnings = (key[:length] for length in range(1, len(key) + 1))
        return any(_number(self._named.get((kind.value, scope, *part))) > arrival for part in beginnings)

    def claimed_after(self, arrival: int, kind: Kind, origin: str, scope: str) -> bool:
        """Whether an export later than `arrival` claimed to be complete."""
        return _number(self._claimed.get((kind.value, scope, origin))) > arrival

    def forget(self) -> None:
        self._named.clear()
        self._claimed.clear()

    def _raise(self, table: Table, key: Key, arrival: int) -> None:
        """A held export that is booked late does not make anything older."""
        if arrival > _number(table.get(key)):
            table.put(key, arrival.to_bytes(8, "big"))


def _number(kept: bytes | None) -> int:
    return int.from_bytes(kept or b"", "big")
