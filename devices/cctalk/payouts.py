"""What became of a hopper's pay-out, judged by its own count before and now.

The event counter rises by one with each pay-out that the hopper accepts, and is 0 after its power was away; what it
paid and did not pay of the last one survives that. So a counter that rose tells all. A counter that fell to 0 tells
that the hopper was reset, and then the numbers must say whether the pay-out had begun: where they are those from
before, and could be those of the new pay-out too, nobody knows.

A hopper is enabled before its count is taken, and forgets that with its power: so with a counter of 0 before and now,
one that is still enabled was never reset.

Failures: none.
"""

from __future__ import annotations

from enum import StrEnum

from .messages import TURN, Count


class Fate(StrEnum):
    NEVER = "never"  # it was not accepted, and may be sent again
    BEGAN = "began"  # the hopper's numbers are its numbers
    UNKNOWN = "unknown"  # a person decides


def fate(before: Count, now: Count, *, stayed_on: bool, number: int | None = None) -> Fate:
    """Of the pay-out for which the hopper was made ready at `before`. `stayed_on`: it is still enabled; `number`: of
    coins, where that is known."""
    if now.counter == before.counter % TURN + 1:
        return Fate.BEGAN
    if now.counter:
        return Fate.NEVER if now.counter == before.counter else Fate.UNKNOWN  # or somebody else has made it pay
    total = now.paid + now.unpaid
    could_be_its_own = total > 0 if number is None else total == number
    if (now.paid, now.unpaid) != (before.paid, before.unpaid):
        return Fate.BEGAN if could_be_its_own else Fate.UNKNOWN
    never = (before.counter == 0 and stayed_on) or not could_be_its_own
    return Fate.NEVER if never else Fate.UNKNOWN


def packed(count: Count) -> int:
    """The counter, with the two numbers above it: what is journalled before a pay-out."""
    return count.counter | count.paid << 8 | count.unpaid << 16


def unpacked(counter: int) -> Count:
    return Count(counter & 0xFF, 0, counter >> 8 & 0xFF, counter >> 16 & 0xFF)
