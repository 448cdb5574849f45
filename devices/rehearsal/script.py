"""The lines by which a person or a file acts on a simulated device: a word, perhaps of two parts, and its arguments.

A line is read against a table of words, `{word: Word}`, of which help and documents are drawn, too. What follows a # is
a remark.

Failures: `Misuse` (rehearsal.no-word, rehearsal.usage), and (rehearsal.script) with the line of a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from ...errors import Reason
from ...model import Explained
from ..nouns import Misuse
from .currencies import amount

MOST = 1000  # pieces at once: more do not fit anywhere


class Outcome(Explained):
    """What came of a line; each member carries its sentence for people."""

    DONE = "done", "so it is now"
    TAKEN = "taken", "the device took it"
    NOT_TAKEN = "not taken", "the device did not take it: it takes nothing now, or nothing of the kind"


class Argument(NamedTuple):
    """`read` raises ValueError. One with a `default` may be left out; only the last may have one."""

    shown: str
    read: Callable[[str], object]
    default: object = None


class Word(NamedTuple):
    """`action` is called with whom it acts on, and the arguments as they were read."""

    arguments: tuple[Argument, ...]
    sentence: str
    action: Callable[..., Outcome]

    def usage(self, name: str) -> str:
        return " ".join((name, *(argument.shown for argument in self.arguments)))


Words = Mapping[str, Word]


class Order(NamedTuple):
    """A line that was understood."""

    text: str
    name: str
    values: tuple[Any, ...]


def order(text: str, words: Words) -> Order | None:
    """None = the line says nothing."""
    said = text.partition("#")[0].split()
    if not said:
        return None
    name = next((name for name in (" ".join(said[:2]), said[0]) if name in words), None)
    if name is None:
        near = get_close_matches(" ".join(said[:2]), words, 1) or get_close_matches(said[0], words, 1)
        known = ", ".join(sorted(words))
        if near:
            raise Misuse(Reason("rehearsal.no-word-but", word=said[0], near=near[0], known=known))
        raise Misuse(Reason("rehearsal.no-word", word=said[0], known=known))
    word, given = words[name], said[len(name.split()) :]
    try:
        values = tuple(_values(word.arguments, re.sub(r"\bx ", "x", " ".join(given)).split()))
    except ValueError as error:
        raise Misuse(Reason("rehearsal.usage", usage=word.usage(name))) from error
    return Order(" ".join(said), name, values)


def _values(arguments: tuple[Argument, ...], given: list[str]) -> Iterable[object]:
    if len(given) > len(arguments):
        raise ValueError(given)
    for place, argument in enumerate(arguments):
        if place < len(given):
            yield argument.read(given[place])
        elif argument.default is None:
            raise ValueError(argument.shown)
        else:
            yield argument.default


def orders(text: str, words: Words) -> list[Order]:
    """Those of a whole file, read before the first of them is carried out."""
    found: list[Order] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            one = order(line, words)
        except Misuse as wrong:
            raise Misuse(Reason("rehearsal.script", line=number, detail=wrong)) from wrong
        if one:
            found.append(one)
    return found


def listed(words: Words) -> dict[str, str]:
    """How each word is said, and what it does."""
    return {word.usage(name): word.sentence for name, word in words.items()}


# --- arguments ---------------------------------------------------------------------------------------------

_TIMES = re.compile(r"x([0-9]{1,4})")
_SPAN = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def _times(text: str) -> int:
    found = _TIMES.fullmatch(text)
    if not found or not 1 <= int(found[1]) <= MOST:
        raise ValueError(text)
    return int(found[1])


def _span(text: str) -> float:
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(text)
    return float(found[1]) * _SECONDS[found[2]]


def _number(text: str) -> int:
    """Also as protocols write it: 0x68."""
    value = int(text, 0)
    if not 0 <= value < 1 << 16:
        raise ValueError(text)
    return value


AMOUNT = Argument("AMOUNT", amount)
TIMES = Argument("[x N]", _times, 1)
SPAN = Argument("TIME", _span)
NUMBER = Argument("NUMBER", _number)
STATE = Argument("STATE", str)
