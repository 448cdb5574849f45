"""What must be made again because a fact changed.

Failures: none.
"""

from __future__ import annotations

from collections import defaultdict

from ..model import BarcodeOf, Kind, Noun, Restriction
from .directory import RANKS
from .facts import Facts, Names
from .items import item_of
from .links import Index, Relation

_REFERENCES = {Kind.GROUP: Relation.GROUP, Kind.UNIT: Relation.UNIT, Kind.TAX: Relation.TAX}


class Touched:
    """Items and directory entries, gathered while facts change."""

    def __init__(self, facts: Facts, index: Index) -> None:
        self._facts = facts
        self._index = index
        self.items: set[str] = set()
        self.entries: dict[Kind, set[str]] = defaultdict(set)

    def fact(self, kind: Kind, key: Names, old: Noun | None, new: Noun | None) -> None:
        """The fact said `old` and says `new`; None = there is none."""
        if kind is Kind.GOOD:
            self._good(key[0])
        elif kind in (Kind.VARIANT, Kind.PRICE, Kind.PROMO, Kind.STOCK):
            self.items.add(key[0] if kind is not Kind.VARIANT else item_of(key))
        elif kind is Kind.BARCODE:
            self._barcode(key, old, new)
        elif kind is Kind.RESTRICTION:
            self._restriction(key, old, new)
        elif kind in RANKS:
            self._entry(kind, key[0], appears=old is None or new is None)

    def _good(self, good: str) -> None:
        """With its variants: what they do not say themselves they take from it."""
        self.items.add(good)
        if not self._facts.is_empty(Kind.VARIANT):
            self.items.update(item_of(key) for key, _, _ in self._facts.scan(Kind.VARIANT, (good,)))

    def _barcode(self, key: Names, old: Noun | None, new: Noun | None) -> None:
        for body in (*self._elsewhere(Kind.BARCODE, key), old, new):
            if isinstance(body, BarcodeOf):
                self.items.add(body.good)

    def _restriction(self, key: Names, old: Noun | None, new: Noun | None) -> None:
        for body in (*self._elsewhere(Kind.RESTRICTION, key), old, new):
            if isinstance(body, Restriction) and body.subject == "good":
                self._good(body.code)

    def _elsewhere(self, kind: Kind, key: Names) -> list[Noun]:
        """What other scopes say: where a shop's word comes or goes, the chain's about something else ends or holds."""
        return [stated.body for stated in self._facts.scoped(kind, key).values()]

    def _entry(self, kind: Kind, name: str, *, appears: bool) -> None:
        """Who refers to it cares only whether it is there: its code never changes."""
        self.entries[kind].add(name)
        if appears and kind in _REFERENCES:
            for item in self._index.referrers(_REFERENCES[kind], name):
                self._good(item)
        if appears and kind is Kind.GROUP:
            self.entries[Kind.GROUP] |= self._index.referrers(Relation.PARENT, name)
