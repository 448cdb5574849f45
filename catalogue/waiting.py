"""What waits for its hours in a shop: goods whose price is to change, lists that are to be cleared.

Failures: none.
"""

from __future__ import annotations

from ..model import Rank
from .store import Transaction

_GOOD = "good"
_CLEAR = "clear"


class Waiting:
    def __init__(self, txn: Transaction) -> None:
        self._table = txn.table("waiting")

    def is_empty(self) -> bool:
        """Whether nothing waits anywhere."""
        return self._table.is_empty()

    def good(self, shop: str, item: str, waits: bool) -> None:
        self._mark((shop, _GOOD, item), waits)

    def goods(self, shop: str) -> set[str]:
        return {str(key[2]) for key, _ in self._table.scan((shop, _GOOD))}

    def clear(self, shop: str, rank: Rank, code: str, waits: bool) -> None:
        """The list of `rank` is to be cleared, because of what had `code`."""
        self._mark((shop, _CLEAR, int(rank), code), waits)

    def clears(self, shop: str) -> set[Rank]:
        return {Rank(int(key[2])) for key, _ in self._table.scan((shop, _CLEAR))}

    def cleared(self, shop: str, rank: Rank) -> None:
        for key, _ in list(self._table.scan((shop, _CLEAR, int(rank)))):
            self._table.delete(key)

    def _mark(self, key: tuple[str | int, ...], waits: bool) -> None:
        if waits:
            self._table.put(key, b"")
        elif not self._table.is_empty():
            self._table.delete(key)
