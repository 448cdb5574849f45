"""The codes by which tills know goods, groups, units and taxes: an id that fits is its own code, others get one.

Goods and groups fit when they are 1 to 20 of `[0-9A-Za-z._-]`, units and taxes when they are whole numbers of at
most 9 digits. An allotted code is kept for ever, over deletion and return. It is the code the ERP wished for where
that fits and is free, else the next number; it is never one that is in use as an id.

Failures: none.
"""

from __future__ import annotations

import re

from ..model import Kind
from .facts import Facts
from .store import Transaction

FIRST_NUMBERS = {Kind.GOOD: 1_000_001, Kind.GROUP: 1_000_001, Kind.UNIT: 10_001, Kind.TAX: 10_001}
"""Where numbers begin: above the short ones that people give, and still short enough to type."""

_TEXT = re.compile(r"[0-9A-Za-z._-]{1,20}")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")
_SHAPES = {Kind.GOOD: _TEXT, Kind.GROUP: _TEXT, Kind.UNIT: _WHOLE, Kind.TAX: _WHOLE}


def space_of(kind: Kind) -> Kind | None:
    """Goods and their variants share codes; None for kinds that need none."""
    space = Kind.GOOD if kind is Kind.VARIANT else kind
    return space if space in _SHAPES else None


def fits(space: Kind, text: str) -> bool:
    return _SHAPES[space].fullmatch(text) is not None


class Codes:
    """The codes inside one transaction."""

    def __init__(self, txn: Transaction, facts: Facts) -> None:
        self._facts = facts
        self._codes = txn.table("codes")  # (space, id) -> code
        self._owners = txn.table("code owners")  # (space, code) -> id
        self._numbers = txn.table("code numbers")  # (space,) -> the next number to try

    def of(self, space: Kind, name: str) -> str | None:
        """The code of an id; None where it needs one and was never given any."""
        if fits(space, name):
            return name
        code = self._codes.get((space, name))
        return None if code is None else code.decode()

    def owner(self, space: Kind, code: str) -> str | None:
        """Whose code it is: the ERP's own id; None where no till was ever told of such a code."""
        name = self._owners.get((space, code))
        if name is not None:
            return name.decode()
        return code if self._facts.scopes(space, (code,)) else None

    def taken(self, space: Kind, name: str) -> bool:
        """Whether an id that would be its own code comes too late: another got that code."""
        return not self._owners.is_empty() and fits(space, name) and self._owners.get((space, name)) is not None

    def allot(self, space: Kind, name: str, wish: str = "") -> None:
        """Gives an id its code, if it needs one and has none."""
        if self.of(space, name) is not None:
            return
        code = wish if wish and fits(space, wish) and self._free(space, wish) else self._number(space)
        self._codes.put((space, name), code.encode())
        self._owners.put((space, code), name.encode())

    def _free(self, space: Kind, code: str) -> bool:
        return self._owners.get((space, code)) is None and not self._facts.scopes(space, (code,))

    def _number(self, space: Kind) -> str:
        kept = self._numbers.get((space,))
        number = FIRST_NUMBERS[space] if kept is None else int(kept)
        while not self._free(space, str(number)):
            number += 1
        self._numbers.put((space,), str(number + 1).encode())
        return str(number)
