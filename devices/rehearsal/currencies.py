"""What notes and coins simulated devices know, by currency, in minor units; and how amounts are said and read.

Failures: ValueError for what is no amount.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from ...model import Noun

MINOR = 100  # in a major unit
_AMOUNT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")


class Currency(Noun, frozen=True):
    """`country` is CCNET's code, `prefix` that of ccTalk. `hoppers` are the coins that can be given out."""

    country: str
    prefix: str
    notes: tuple[int, ...]
    coins: tuple[int, ...]
    hoppers: tuple[int, ...]


CURRENCIES: dict[str, Currency] = {
    "RUB": Currency(
        "RUS",
        "RU",
        (1_000, 5_000, 10_000, 50_000, 100_000, 500_000),
        (10, 50, 100, 200, 500, 1_000),
        (1_000, 100),
    ),
    "EUR": Currency(
        "EUR",
        "EU",
        (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000),
        (1, 2, 5, 10, 20, 50, 100, 200),
        (100, 20),
    ),
}


def amount(text: str) -> int:
    """Minor units of an amount as people say it: 500, 0.50 or 0,50. More than nothing."""
    found = _AMOUNT.fullmatch(text)
    minor = int(found[1]) * MINOR + int((found[2] or "").ljust(2, "0")) if found else 0
    if not minor:
        raise ValueError(text)
    return minor


def spelt(minor: int) -> str:
    """As people say it."""
    whole, rest = divmod(minor, MINOR)
    return f"{whole}.{rest:02}" if rest else str(whole)


def pieces(held: Mapping[int, int] | Iterable[int]) -> str:
    """Notes and coins, counted by denomination: 2 x 500, 1 x 1000."""
    counted = sorted((one, count) for one, count in Counter(held).items() if count)
    return ", ".join(f"{count} x {spelt(one)}" for one, count in counted) or "nothing"
