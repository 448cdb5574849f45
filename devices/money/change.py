"""Change from a limited stock: which pieces make an amount, and which amounts can be made at all.

Taking the greatest piece first is wrong: 6 from one 5 and three 2s, or 60 from one 50 and three 20s, would fail. So
first, from the smallest denomination up, a set of bits says which amounts the denominations so far can make (bit a =
amount a, amounts divided by the greatest common divisor); then the pieces are chosen from the greatest down, only where
the rest can still be made.

Given are the fewest pieces; of equal numbers, that with more of the greatest piece, then of the next: what is small is
what the next change will want.

Failures: none; amounts below zero and denominations that are no amount are mistakes of the caller (ValueError).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import gcd

from ..nouns import Pieces


def make_change(amount: int, stock: Iterable[Pieces]) -> tuple[Pieces, ...] | None:
    """The pieces that make `amount` exactly, greatest first; () for 0, None where `stock` cannot.

    Several entries of one denomination count together."""
    having, unit = _usable(amount, stock)
    if amount % unit or amount > sum(piece * count for piece, count in having):
        return None
    choice = _Choice(having, unit, amount)
    return choice.pieces() if choice.can(len(having), amount) else None


def most_makeable(amount: int, stock: Iterable[Pieces]) -> int:
    """The greatest amount that is not over `amount` and can be made: what can be given where not all of it can."""
    having, unit = _usable(amount, stock)
    return (_reaches(having, unit, amount)[-1].bit_length() - 1) * unit


def first_gap(stock: Iterable[Pieces], step: int, below: int) -> int | None:
    """The smallest multiple of `step` above 0 and below `below` that cannot be made; None where all can."""
    if step <= 0:
        raise ValueError(step)
    top = (below - 1) // step * step
    if top <= 0:
        return None
    having, unit = _usable(top, stock)
    unit = gcd(unit, step)
    lacking = _multiples(step // unit, top // unit) & ~_reaches(having, unit, top)[-1]
    return ((lacking & -lacking).bit_length() - 1) * unit if lacking else None


def _usable(amount: int, stock: Iterable[Pieces]) -> tuple[list[tuple[int, int]], int]:
    """(denomination, how many of it can be of use) from the smallest up, and their greatest common divisor."""
    if amount < 0:
        raise ValueError(amount)
    counts: Counter[int] = Counter()
    for pieces in stock:
        if pieces.denomination <= 0:
            raise ValueError(pieces)
        counts[pieces.denomination] += max(pieces.count, 0)
    having = [(piece, min(count, amount // piece)) for piece, count in sorted(counts.items())]
    having = [(piece, count) for piece, count in having if count]
    return having, gcd(*(piece for piece, _ in having)) or max(amount, 1)


def _reaches(having: list[tuple[int, int]], unit: int, amount: int) -> list[int]:
    """The sets of amounts up to `amount`, all in `unit`s, that the first 0, 1, 2, ... denominations can make.

    Any number of pieces up to `count` is a choice out of packets of 1, 2, 4, ... and what is left."""
    reach, whole = 1, (1 << amount // unit + 1) - 1
    reaches = [reach]
    for piece, count in having:
        packet = 1
        while count:
            taken = min(packet, count)
            reach |= reach << piece // unit * taken & whole
            count -= taken
            packet *= 2
        reaches.append(reach)
    return reaches


def _multiples(step: int, top: int) -> int:
    """The set of step, 2 * step, ... up to `top`."""
    many, multiples = 1, 1 << step
    while many * step < top:
        multiples |= multiples << many * step
        many *= 2
    return multiples & (1 << top + 1) - 1


class _Choice:
    """The fewest pieces for one amount. `having`: (denomination, count) from the smallest up, multiples of `unit`."""

    def __init__(self, having: list[tuple[int, int]], unit: int, amount: int) -> None:
        self._having = having
        self._unit = unit
        self._amount = amount
        size = amount // unit // 8 + 1  # as bytes: to look at one bit of a long number copies it
        self._reaches = [reach.to_bytes(size, "little") for reach in _reaches(having, unit, amount)]
        self._known: dict[tuple[int, int], tuple[int, int]] = {}

    def can(self, first: int, amount: int) -> bool:
        """Whether the first (smallest) so many denominations can make `amount`, a multiple of the unit."""
        bit = amount // self._unit
        return bool(self._reaches[first][bit >> 3] >> (bit & 7) & 1)

    def pieces(self) -> tuple[Pieces, ...]:
        chosen, rest = [], self._amount
        for first in range(len(self._having), 0, -1):
            piece = self._having[first - 1][0]
            _, count = self._fewest(first, rest)
            if count:
                chosen.append(Pieces(piece, count))
            rest -= piece * count
        return tuple(chosen)

    def _fewest(self, first: int, amount: int) -> tuple[int, int]:
        """Of the first so many denominations, which can make `amount`: (pieces, how many of the greatest)."""
        if amount == 0:
            return 0, 0
        known = self._known.get((first, amount))
        if known is None:
            known = self._known[first, amount] = self._search(first, amount)
        return known

    def _search(self, first: int, amount: int) -> tuple[int, int]:
        piece, count = self._having[first - 1]
        next_piece = self._having[first - 2][0] if first > 1 else 1
        fewest, chosen = amount + 1, 0
        for taken in range(min(count, amount // piece), -1, -1):
            rest = amount - taken * piece
            if taken - (-rest // next_piece) >= fewest:
                break  # with fewer of this piece it takes more of the others: no better choice can follow
            if self.can(first - 1, rest):
                pieces = taken + self._fewest(first - 1, rest)[0]
                if pieces < fewest:
                    fewest, chosen = pieces, taken
        return fewest, chosen
