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
from typing import NamedTuple

from ..model import BarcodeOf, Good, Group, Kind, Noun, Restriction, Variant
from .facts import Names
from .items import item_of
from .keys import is_short
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


class Link(NamedTuple):
    relation: Relation
    target: str
    referrer: str


def links(kind: Kind, key: Names, body: Noun) -> set[Link]:
    """What a fact refers to."""
    return {link for link in _links(kind, key, body) if is_short(LONGEST_NAME, link.target)}


def _links(kind: Kind, key: Names, body: Noun) -> Iterator[Link]:
    match body:
        case Good():
            yield from _good_links(key[0], body)
        case Variant():
            item = item_of(key)
            yield from _claims((barcode.code for barcode in body.barcodes), item)
            yield from _references(item, unit=body.unit)
        case BarcodeOf():
            yield from _claims(key, body.good)
            yield Link(Relation.NAMED, body.good, key[0])
        case Group() if body.parent is not None:
            yield Link(Relation.PARENT, body.parent, key[0])
        case Restriction() if body.subject == "good":
            yield Link(Relation.RESTRICTED, body.code, key[0])
        case _ if kind is Kind.PROMO:
            yield from (Link(Relation.BORDER, day, key[0]) for day in borders(key[1], key[2]))
        case _:
            return


def _good_links(item: str, good: Good) -> Iterator[Link]:
    yield from _claims((barcode.code for barcode in good.barcodes), item)
    yield from _references(item, group=good.group, unit=good.unit, tax=good.tax)


def _claims(barcodes: Iterable[str], item: str) -> Iterator[Link]:
    return (Link(Relation.CLAIM, barcode, item) for barcode in barcodes)


def _references(
    item: str, group: str | None = None, unit: str | None = None, tax: str | None = None
) -> Iterator[Link]:
    referred = ((Relation.GROUP, group), (Relation.UNIT, unit), (Relation.TAX, tax))
    return (Link(relation, target, item) for relation, target in referred if target is not None)


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

    def replace(self, kind: Kind, key: Names, scope: str, old: Noun | None, new: Noun | None) -> None:
        """The fact of `kind`, `key` and `scope` said `old` and says `new`; None = there is none."""
        before = links(kind, key, old) if old is not None else set()
        after = links(kind, key, new) if new is not None else set()
        for link in before - after:
            self._tables[link.relation].delete(_entry(link, kind, key, scope))
        for link in after - before:
            self._tables[link.relation].put(_entry(link, kind, key, scope), b"")

    def referrers(self, relation: Relation, target: str) -> set[str]:
        """Who refers to `target`, in any scope."""
        table = self._tables[relation]
        if table.is_empty() or not is_short(LONGEST_NAME, target):
            return set()
        return {str(key[1]) for key, _ in table.scan((target,))}

    def crossed(self, after: str, until: str) -> set[str]:
        """Items with a border of a dated price after the day `after`, up to the day `until`."""
        found: set[str] = set()
        for key, _ in self._tables[Relation.BORDER].scan(start=(after,)):
            if str(key[0]) > until:
                break
            if key[0] != after:
                found.add(str(key[1]))
        return found


def _entry(link: Link, kind: Kind, key: Names, scope: str) -> Names:
    """A key of its own for each fact that makes the link: a promo's dates tell it from the item's others."""
    dates = key[1:] if kind is Kind.PROMO else ()
    return (link.target, link.referrer, kind.value, *dates, scope)
