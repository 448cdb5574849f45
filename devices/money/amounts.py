"""Amounts as people write them: 500, 0.50 or 0,50.

Failures: ValueError for what is no amount, or has more digits than minor units.
"""

from __future__ import annotations

import re

_AMOUNT = re.compile(r"(-?)([0-9]{1,12})(?:[.,]([0-9]{1,3}))?")


def minor(amount: int | str, digits: int) -> int:
    """`amount`, in major units, as minor units of so many digits. `blocking.spelt` writes it back."""
    found = _AMOUNT.fullmatch(str(amount).strip())
    if not found or len(found[3] or "") > digits:
        raise ValueError(amount)
    whole = int(found[2] + (found[3] or "").ljust(digits, "0"))
    return -whole if found[1] else whole
