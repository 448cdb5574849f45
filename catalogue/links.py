"""Who must be looked at again when something else changes: the links that follow from each fact.

`links` says them purely; `Index` keeps them beside the facts, one table per relation:

    CLAIM       barcode  -> item that lists it, or that a barcode's own fact names
    NAMED       item     -> barcode whose own fact names the item
    GROUP       group    -> item in it
    UNIT, TAX   likewise
    PARENT      group    -> group under it
    RESTRICTED  good     -> restriction on it
    BORDER      day      -> item one of whose dated prices begins that day, or ended the day before

Failures: none. A target too long for a key is left out: no fact can have it either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum

from ..model import BarcodeOf, Good, Group, Kind, Noun, Restriction, Variant
from .facts import Names
from .items import item_of
from .keys import is_short, pack_texts, text, unpack_texts
from .store import Table, Transaction

LONGEST_NAME = 200  # bytes of a fact's packed key, so that two of them fit into one key of an index


class Relation(StrEnum):
    CLAIM = "claim"
    NAMED = "named"
    GROUP = "group"
    UNIT = "unit"
    TAX = "tax"
    PARENT = "parent"
    RESTRICTED = "restricted"
    BORDER = "border"


Link = tuple[Relation, str, str]  # what refers how to which target: (relation, target, referrer)


def links(kind: Kind, key: Names, body: Noun) -> list[Link]:
    """What a fact refers to."""
    return [link for link in _links(kind, key, body) if is_short(LONGEST_NAME, link[1])]


def _links(kind: Kind, key: Names, body: Noun) -> Iterable[Link]:
    match body:
        case Good():
            found = _claims(body, key[0])
            if body.group is not None:
                found.append((Relation.GROUP, body.group, key[0]))
            if body.unit is not None:
                found.append((Relation.UNIT, body.unit, key[0]))
            if body.tax is not None:
                found.append((Relation.TAX, body.tax, key[0]))
            return found
        case Variant():
            item = item_of(key)
            unit = [] if body.unit is None else [(Relation.UNIT, body.unit, item)]
            return _claims(body, item) + unit
        case BarcodeOf():
            return [(Relation.CLAIM, key[0], body.good), (Relation.NAMED, body.good, key[0])]
        case Group() if body.parent is not None:
            return [(Relation.PARENT, body.parent, key[0])]
        case Restriction() if body.subject == "good":
            return [(Relation.RESTRICTED, body.code, key[0])]
        case _ if kind is Kind.PROMO:
            return [(Relation.BORDER, day, key[0]) for day in borders(key[1], key[2])]
        case _:
            return ()


def _claims(body: Good | Variant, item: str) -> list[Link]:
    return [(Relation.CLAIM, barcode.code, item) for barcode in body.barcodes]


def _refer_alike(old: Good, new: Good) -> bool:
    return (old.group, old.unit, old.tax, old.barcodes) == (new.group, new.unit, new.tax, new.barcodes)


def borders(first: str, last: str) -> Iterator[str]:
    """The days on which a price dated from `first` to `last` (ISO, "" = open) begins and is over."""
    if first:
        yield first
    if last and last != date.max.isoformat():
        yield (date.fromisoformat(last) + timedelta(days=1)).isoformat()


class Index:
    """The links inside one transaction."""

    def __init__(self, txn: Transaction) -> None:
        self._tables: dict[Relation, Table] = {relation: txn.table(f"index {relation}") for relation in Relation}
        self._put = {relation: table.put_packed for relation, table in self._tables.items()}

    def replace(self, kind: Kind, key: Names, scope: str, old: Noun | None, new: Noun | None) -> None:
        """The fact of `kind`, `key` and `scope` said `old` and says `new`; None = there is none."""
        if isinstance(new, Good):
            if old is None:
                self._add(kind, key[0], scope, new)
                return
            if isinstance(old, Good) and _refer_alike(old, new):
                return
        before = links(kind, key, old) if old is not None else []
        after = links(kind, key, new) if new is not None else []
        for link in set(before).difference(after):
            self._tables[link[0]].delete((link[1], *_ending(link, kind, key, scope)))
        referrer, ending = None, b""
        for link in after:
            if link not in before:
                if link[2] != referrer:
                    referrer, ending = link[2], pack_texts(_ending(link, kind, key, scope))
                self._put[link[0]](text(link[1]) + ending, b"")

    def _add(self, kind: Kind, item: str, scope: str, good: Good) -> None:
        """What `replace` does for a good that is new, and most often called."""
        put, ending = self._put, pack_texts((item, kind.value, scope))
        for barcode in good.barcodes:
            if is_short(LONGEST_NAME, barcode.code):
                put[Relation.CLAIM](text(barcode.code) + ending, b"")
        if good.group is not None and is_short(LONGEST_NAME, good.group):
            put[Relation.GROUP](text(good.group) + ending, b"")
        if good.unit is not None and is_short(LONGEST_NAME, good.unit):
            put[Relation.UNIT](text(good.unit) + ending, b"")
        if good.tax is not None and is_short(LONGEST_NAME, good.tax):
            put[Relation.TAX](text(good.tax) + ending, b"")

    def referrers(self, relation: Relation, target: str) -> set[str]:
        """Who refers to `target`, in any scope."""
        table = self._tables[relation]
        if table.is_empty() or not is_short(LONGEST_NAME, target):
            return set()
        return {unpack_texts(packed)[1] for packed, _ in table.walk(pack_texts((target,)))}

    def without(self, relation: Relation, targets: list[str]) -> list[str]:
        """Those of `targets`, which rise, to which nobody refers."""
        table = self._tables[relation]
        if table.is_empty():
            return targets
        return [target for target, found in zip(targets, table.under(map(text, targets)), strict=True) if not found]

    def claims(self) -> int:
        """How many claims on barcodes there are."""
        return self._tables[Relation.CLAIM].count()

    def contested(self) -> set[str]:
        """Every barcode that more than one item claims, in any scope."""
        found: set[str] = set()
        barcode = claim = b"\xff"
        for packed, _ in self._tables[Relation.CLAIM].walk():
            if packed.startswith(claim):
                continue
            if packed.startswith(barcode):
                found.add(unpack_texts(packed)[0])
            else:
                end = packed.index(0) + 1
                barcode, claim = packed[:end], packed[: packed.index(0, end) + 1]
        return found

    def crossed(self, after: str, until: str) -> set[str]:
        """Items with a border of a dated price after the day `after`, up to the day `until`."""
        found: set[str] = set()
        for key, _ in self._tables[Relation.BORDER].scan(start=(after,)):
            if str(key[0]) > until:
                break
            if key[0] != after:
                found.add(str(key[1]))
        return found


def _ending(link: Link, kind: Kind, key: Names, scope: str) -> Names:
    """What follows the target in a link's key. Each fact that makes it has a key of its own: a promo's dates tell it
    from the item's others."""
    dates = key[1:] if kind is Kind.PROMO else ()
    return (link[2], kind.value, *dates, scope)
