"""A shop made whole: everything that was stated, and everything that its tills have.

Failures: `Halt` where a stored fact or line cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ..model import Kind, Rank, Shop
from .directory import RANKS, DirectoryMaker
from .facts import Facts
from .goods import GoodsMaker
from .items import good_key, item_of, variant_key
from .making import Making


def fill(shops: Sequence[Shop], making: Making, directory: DirectoryMaker, goods: GoodsMaker) -> None:
    """Makes every directory entry and every item for `shops`; what is as it was is told nobody."""
    if not shops:
        return
    facts = making.shelves.facts
    for kind in RANKS:
        directory.make_all(kind, shops)
    making.rivals.survey(facts.count(Kind.GOOD))
    for items in (_forgotten(shops, making), _stated(facts)):
        for _ in goods.make_each(items, shops):
            pass  # who claims the same barcodes is made anyway


def _stated(facts: Facts) -> Iterator[str]:
    """Every item that anybody states."""
    for kind in (Kind.GOOD, Kind.VARIANT):
        for key, _ in groupby(facts.keys(kind)):
            yield item_of(key)


def _forgotten(shops: Sequence[Shop], making: Making) -> list[str]:
    """Items that the shops' tills have, and nobody states any more."""
    had = (line.sold for shop in shops for _, line in making.logs[shop.id].scan(Rank.GOOD))
    return sorted({sold.item for sold in had if sold is not None and not _is_stated(making.shelves.facts, sold.item)})


def _is_stated(facts: Facts, item: str) -> bool:
    variant = variant_key(item)
    if variant is None:
        return bool(facts.scopes(Kind.GOOD, good_key(item)))
    return bool(facts.scopes(Kind.VARIANT, variant))
