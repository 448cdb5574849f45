"""An Artix till's JSON as values in their one form: this file alone knows how a number becomes one.

A whole number is an int however it was spelt, any other a Decimal without trailing zeros; so equal content has equal
values, and one spelling (`canonical_json`). No number passes through a float.

Failures: msgspec.DecodeError for what is no JSON or has a number beyond all measure, RecursionError for what is nested
too deep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

import msgspec

K = TypeVar("K")
V = TypeVar("V")

LONGEST = 1000  # characters of a number
DEEPEST = 64  # levels of lists and objects

EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[InvalidOperation])
_MOST_EXPONENT = 4000  # within which a whole number is written out


class Known(dict[K, V], Generic[K, V]):
    """What was made of a value before. A till tells few values, and each of them often; so nearly all are found at the
    cost of a look-up, and no function is called. Bounded: what is full is emptied."""

    MOST = 32_768

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        made = self._make(key)
        if len(self) >= self.MOST:
            self.clear()
        self[key] = made
        return made


def _number(spelt: str) -> int | Decimal:
    """A JSON number that has a point or an exponent, in its one form: whole ones are int, the others have no trailing
    zeros. So 1, 1.0 and 1.00 are the same content."""
    if len(spelt) > LONGEST:
        raise ValueError(f"a number of {len(spelt)} characters")
    return _in_one_form(spelt)


def _in_one_form(spelt: str) -> int | Decimal:
    if "e" not in spelt and "E" not in spelt:
        plain = spelt.rstrip("0")
        return int(plain[:-1]) if plain.endswith(".") else Decimal(plain)
    try:
        value = EXACT.normalize(Decimal(spelt))
    except InvalidOperation as cause:
        raise ValueError("a number beyond all measure") from cause
    if not value:
        return 0
    exponent = value.as_tuple().exponent
    return int(value) if isinstance(exponent, int) and exponent >= 0 and value.adjusted() < _MOST_EXPONENT else value


_numbers: Known[str, int | Decimal] = Known(_number)
_decode = msgspec.json.Decoder(float_hook=_numbers.__getitem__).decode
_encode = msgspec.json.Encoder(order="sorted", decimal_format="number").encode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


def decoded(raw: bytes) -> Any:
    """`raw` as values, numbers in their one form. Raises msgspec.DecodeError, and RecursionError for what is nested too
    deep; what is deeper than DEEPEST, always."""
    tree = _decode(raw)
    if raw.count(b"[") + raw.count(b"{") <= DEEPEST:  # the usual receipt needs no closer look
        return tree
    level: list[Any] = [[tree]]
    for _ in range(DEEPEST + 1):
        level = [value for node in level for value in _inside(node) if type(value) is dict or type(value) is list]
        if not level:
            return tree
    raise RecursionError


def _inside(node: Any) -> Iterable[Any]:
    return node.values() if type(node) is dict else node


def items(raw: bytes) -> Iterator[bytes] | None:
    """The items of a JSON list, each as it is written; None where `raw` is no well-formed list."""
    try:
        return map(bytes, _items(raw))
    except (msgspec.DecodeError, RecursionError):
        return None


def canonical_json(tree: Any) -> bytes:
    """The one spelling of equal content: names sorted, numbers in their one form, no blanks."""
    return _encode(tree)
