"""What every shared noun is: a frozen value with canonical bytes; and how money and quantities are spelt.

Money is `Decimal`, always with two digits (`money()`), and quantities are `Decimal` without trailing zeros,
so that equal values have equal bytes.

Failures: none.
"""

from __future__ import annotations

import hashlib
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Self

import msgspec

from ..errors import Reason

CENT = Decimal("0.01")
NOTHING = Decimal(0)
ONE = Decimal(1)  # the one object that stands for it: msgspec leaves a default out only when it is the very same


def money(value: Decimal) -> Decimal:
    """`value` with exactly two digits after the point, halves rounded up."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def quantity(value: Decimal) -> Decimal:
    """`value` in its one plain spelling: no exponent, no trailing zeros."""
    plain = value.normalize()
    if plain == ONE:
        return ONE
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain


class Noun(msgspec.Struct, frozen=True, omit_defaults=True):
    """A frozen value whose JSON is canonical: fields in their order, defaults left out."""


def canonical(body: Noun) -> bytes:
    """The bytes by which facts are compared: equal facts, equal bytes."""
    return msgspec.json.encode(body)


def digest(data: bytes) -> bytes:
    """16 bytes that stand for `data` (BLAKE2b)."""
    return hashlib.blake2b(data, digest_size=16).digest()


class Explained(StrEnum):
    """A closed list of words whose members carry their sentence for people: `NAME = "word", "sentence"`."""

    sentence: str

    def __new__(cls, value: str, sentence: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member


class Told(Noun, frozen=True, omit_defaults=True):
    """A Reason as it is kept: told in words only when somebody reads it, in their language."""

    code: str
    parts: dict[str, str | int] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, reason: Reason) -> Told:
        return cls(reason.code, {k: v if isinstance(v, int) else str(v) for k, v in reason.parts.items()})

    def text(self, language: str) -> str:
        return Reason(self.code, **self.parts).text(language)
