"""How an Artix till spells values: this file alone knows what passes for a number, a text, a time or a list.

Numbers come as JSON numbers of either kind and as text, with a point or a comma; the text "null" stands for null; what
is missing, null or empty takes its default. No value passes through a float. Amounts are exact to six digits after the
point, what is beyond is rounded, halves up: tills that count in floats write 299.99999999999994. Times are the till's
own: an offset (+03:00) is left out, a time in UTC (Z) is refused, since it does not tell what the till's clock showed.
Of a name given twice in one object the last value counts, as JSON's readers have it.

Failures: Unfit for a value of the wrong kind, with its field; `artixdocuments` makes a RefusedSale of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from ..errors import Reason
from ..model import NOTHING, money, quantity
from .artixjson import EXACT, Known, canonical_json
from .reading import shortened

Tree = dict[str, Any]  # a JSON object
Spelt = int | Decimal | str  # a number
Row = TypeVar("Row")

MOST_DIGITS = 15  # before the point
LONGEST = 1000  # characters of a text
_SHORT = 200  # of one that is worth being remembered
LARGEST = 2**31 - 1  # of whole numbers
MOST_ROWS = 10_000  # of a list
FIRST_YEAR, LAST_YEAR = 1980, 2199

_BLANK = " \t\r\n"
_NULL = ("", "null")
_SPELT = frozenset((Decimal, int, str))  # and no bool, which passes for an int elsewhere
_LARGEST_CODE = 10**LONGEST
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})([.,][0-9]{1,9})?(?:[+-][0-9]{2}:?[0-9]{2})?"
)
_BOUND = Decimal(10) ** MOST_DIGITS
_FINEST = Decimal("0.000001")


class Unfit(Exception):
    """A value that cannot be taken: in which field, and why."""

    def __init__(self, field: str, reason: Reason) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason

    def within(self, row: str) -> Unfit:
        """The same, told of a field of `row`."""
        field = f"{row}.{self.field}"
        return Unfit(field, Reason(self.reason.code, **{**self.reason.parts, "field": field}))


# --- values ------------------------------------------------------------------------------------------------


def text(tree: Tree, field: str) -> str:
    """A text without blanks around it; "" where there is none. A whole number passes for one, as codes do."""
    value = tree.get(field)
    if value is None:
        return ""
    if type(value) is str:
        value = value.strip(_BLANK)
        return "" if value in _NULL else mark(value, field)
    if type(value) is int and abs(value) < _LARGEST_CODE:
        return str(value)
    raise _unfit("sales.not-text", field, value, limit=LONGEST)


def often(tree: Tree, field: str) -> str:
    """`text`, of a field whose texts come again and again."""
    value = tree.get(field)
    return _texts[value] if type(value) is str and len(value) <= _SHORT else text(tree, field)


def _cleaned(value: str) -> str:
    value = value.strip(_BLANK)
    return "" if value in _NULL else value.replace("\0", "\ufffd")


_texts: Known[str, str] = Known(_cleaned)


def mark(value: object, field: str) -> str:
    """A text just as it is: blanks and separators inside codes count. U+0000, which databases refuse, is replaced."""
    if type(value) is not str or len(value) > LONGEST:
        raise _unfit("sales.not-text", field, value, limit=LONGEST)
    return value.replace("\0", "\ufffd") if "\0" in value else value


def whole(tree: Tree, field: str, default: int | None = None, least: int = -LARGEST) -> int:
    """A whole number from `least` to LARGEST; without `default`, one that must be there."""
    found = tree.get(field)
    if type(found) is int and least <= found <= LARGEST:
        return found
    found = whole_or_none(tree, field, least)
    if found is not None:
        return found
    if default is None:
        raise Unfit(field, Reason("sales.missing", field=field))
    return default


def whole_or_none(tree: Tree, field: str, least: int = -LARGEST) -> int | None:
    value = tree.get(field)
    if type(value) is int and least <= value <= LARGEST:
        return value
    value = _given(tree, field)
    if value is None:
        return None
    number = int(value) if type(value) is str and _WHOLE.fullmatch(value) else value
    if type(number) is int and least <= number <= LARGEST:
        return number
    raise _unfit("sales.not-whole", field, value, least=least, most=LARGEST)


def amount(tree: Tree, field: str) -> Decimal:
    """Money, with two digits after the point, or more where the till tells more; 0 where it tells none."""
    value = tree.get(field)
    if type(value) is Decimal and (found := _sums.get(value)) is not None:
        return found
    return amount_or_none(tree, field) or NOTHING


def amount_or_none(tree: Tree, field: str) -> Decimal | None:
    value = tree.get(field)
    if type(value) is Decimal and (found := _sums.get(value)) is not None:
        return found
    try:
        if value is None:
            return None
        if type(value) in _SPELT:
            return _sums[value]
    except ValueError:
        pass
    raise _unfit("sales.not-number", field, value, digits=MOST_DIGITS)


def measure(tree: Tree, field: str) -> Decimal:
    """A quantity, without trailing zeros; 0 where there is none."""
    value = tree.get(field)
    if (type(value) is Decimal or type(value) is int) and (found := _quantities.get(value)) is not None:
        return found
    try:
        if value is None:
            return NOTHING
        if type(value) in _SPELT:
            return _quantities[value] or NOTHING
    except ValueError:
        pass
    raise _unfit("sales.not-number", field, value, digits=MOST_DIGITS)


def _money(value: Spelt) -> Decimal | None:
    if type(value) is Decimal and -_BOUND < value < _BOUND:
        plain = money(value)
        if plain == value:  # as nearly always: nothing is rounded
            return plain or NOTHING
    exact = _rounded(value)
    if not exact:
        return exact
    plain = money(exact)
    return plain if plain == exact else quantity(exact)


def _quantity(value: Spelt) -> Decimal | None:
    exact = _rounded(value)
    return quantity(exact) if exact else exact


# equal numbers of either kind have one form, so it does not matter which of them came first
_sums: Known[Spelt, Decimal | None] = Known(_money)
_quantities: Known[Spelt, Decimal | None] = Known(_quantity)


def _rounded(value: Spelt) -> Decimal | None:
    """A number to six digits after the point; None where the till tells none. Raises ValueError."""
    if type(value) is str:
        value = value.strip(_BLANK)
        if value in _NULL:
            return None
        if len(value) > LONGEST or not _NUMBER.fullmatch(value):
            raise ValueError(value)
        value = Decimal(value.replace(",", "."))
    number = Decimal(value)
    if not -_BOUND < number < _BOUND:
        raise ValueError(value)
    return number.quantize(_FINEST, ROUND_HALF_UP, EXACT) or NOTHING


def _given(tree: Tree, field: str) -> Any:
    """A value, a text without blanks around it; None where there is none."""
    value = tree.get(field)
    if type(value) is not str:
        return value
    value = value.strip(_BLANK)
    return None if value in _NULL else value


def moment(tree: Tree, field: str) -> datetime | None:
    """The till's local time, to the microsecond; None where it tells none."""
    value = _given(tree, field)
    if value is None:
        return None
    found = _TIME.fullmatch(value) if type(value) is str else None
    try:
        if found and FIRST_YEAR <= int(found[1][:4]) <= LAST_YEAR:
            return datetime.fromisoformat(f"{found[1]}T{found[2]}{(found[3] or '.0').replace(',', '.')[:7]:0<7}")
    except ValueError:  # the 31st of February
        pass
    raise _unfit("sales.not-time", field, value, least=FIRST_YEAR, most=LAST_YEAR)


def rows(tree: Tree, field: str, read: Callable[[Tree, int], Row]) -> tuple[Row, ...]:
    """What `read` makes of each object of a list and its place, from 1 on."""
    found = listed(tree, field)
    if not found:
        return ()
    made = []
    for place, row in enumerate(found, 1):
        if type(row) is not dict:
            raise _unfit("sales.not-object", f"{field}[{place}]", row)
        try:
            made.append(read(row, place))
        except Unfit as unfit:
            raise unfit.within(f"{field}[{place}]") from None
    return tuple(made)


def listed(tree: Tree, field: str) -> list[Any]:
    """The items of a list, of any kind."""
    value = tree.get(field)
    if type(value) is str:
        value = _given(tree, field)
    if type(value) is list:
        if len(value) > MOST_ROWS:
            raise Unfit(field, Reason("sales.too-many", field=field, count=len(value), limit=MOST_ROWS))
        return value
    if value is None:
        return []
    raise _unfit("sales.not-list", field, value)


def _unfit(code: str, field: str, value: Any, **parts: int) -> Unfit:
    return Unfit(field, Reason(code, field=field, got=told(value), **parts))


def told(value: Any) -> str:
    """A value as it is shown to people: shortened, and spelt as JSON where it is no text."""
    return shortened(value if type(value) is str else canonical_json(value).decode()).replace("\0", "\ufffd")
