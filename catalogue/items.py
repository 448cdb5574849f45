"""What a till sells is an *item*: a good under its own id, or a variant of a good under `good#characteristic`.

Failures: none.
"""

from __future__ import annotations

from .facts import Names

SHARP = "#"  # stands in no good's own id


def item_of(key: Names) -> str:
    """The item of a GOOD, VARIANT, PRICE, PROMO or STOCK key's beginning: (good,), (good, characteristic), (item,)."""
    return SHARP.join(key[:2])


def good_key(item: str) -> Names:
    return (item.partition(SHARP)[0],)


def variant_key(item: str) -> Names | None:
    """None for a good."""
    good, sharp, characteristic = item.partition(SHARP)
    return (good, characteristic) if sharp else None
