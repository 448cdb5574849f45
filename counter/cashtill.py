"""What every verb of a cash machine is given: its settings, its words, the machine itself; and what becomes of errors.

A person is told in the language of the settings. What may be tried again ends with 75, what is refused with 1, what a
person has to put right first with 78.

Failures: `Said`, one line and an exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from ..devices.lines.realclock import RealClock
from ..devices.machine.building import Line, Written, as_written, book_of, machine_of, serial_line
from ..devices.machine.daybook import Daybook
from ..devices.machine.plan import Plan
from ..devices.machine.promises import CashMachine
from ..devices.machine.settings import CashSettings, load
from ..devices.machine.settingsrules import plan
from ..devices.money.amounts import minor
from ..devices.nouns import Misuse, Pieces, Unanswered
from ..devices.promises import Clock
from ..errors import Halt, Reject, Retry, Trouble
from .cashwords import Tongue
from .verbs import LATER, REFUSED, WRONG_SETTINGS

P = ParamSpec("P")
R = TypeVar("R")

SETTINGS = "tillpost.cash.settings"


class Said(click.ClickException):
    """Trouble, as a person is told of it."""

    exit_code = REFUSED

    def show(self, file: object = None) -> None:
        click.echo(f"tillpost: {self.message}", err=True)


class SaidLater(Said):
    exit_code = LATER


class SaidWrong(Said):
    exit_code = WRONG_SETTINGS


_SAYS: tuple[tuple[type[Trouble], type[Said]], ...] = (
    (Misuse, Said),
    (Reject, Said),
    (Retry, SaidLater),
    (Unanswered, SaidLater),
    (Halt, SaidWrong),
)


@dataclass(frozen=True)
class Bench:
    """What a machine stands on: the clock, and what makes its lines. Rehearsals bring their own."""

    clock: Clock
    line: Line


class Till:
    """The settings are read at the first need."""

    def __init__(self, context: click.Context) -> None:
        self._path: str = context.meta[SETTINGS]
        self._bench = context.find_object(Bench) or Bench(RealClock(), serial_line)

    @property
    def clock(self) -> Clock:
        return self._bench.clock

    @cached_property
    def settings(self) -> CashSettings:
        return load(Path(self._path))

    @cached_property
    def plan(self) -> Plan:
        return plan(self.settings)

    @cached_property
    def tongue(self) -> Tongue:
        return Tongue(self.settings.language, self.settings.digits)

    @property
    def title(self) -> str:
        of = self.settings
        parts = {"machine": of.machine, "till": of.till, "shop": of.shop, "currency": of.currency}
        return self.tongue.say("cashcounter.title", **parts)

    @contextmanager
    def machine(self) -> Iterator[CashMachine]:
        """Nobody else works with it then. Raises Retry while somebody does."""
        with machine_of(self.settings, self.clock, line=self._bench.line) as machine:
            yield machine

    @contextmanager
    def book(self) -> Iterator[Daybook]:
        """The journal alone. Raises Retry as `machine`."""
        with book_of(self.settings, self.clock) as book:
            yield book

    def written(self) -> Written:
        """What the journal says, whoever works with the machine."""
        return as_written(self.settings, self.clock)

    def amount(self, text: str) -> int:
        """Minor units. Raises BadParameter."""
        try:
            found = minor(text, self.settings.digits)
        except ValueError as wrong:
            raise self._no_amount(text) from wrong
        if found <= 0:
            raise self._no_amount(text)
        return found

    def pieces(self, texts: Iterable[str]) -> tuple[Pieces, ...]:
        """Of 500=3, 0.50=12. Raises BadParameter."""
        counts: dict[int, int] = {}
        for text in texts:
            piece, equals, count = text.partition("=")
            if not (equals and count.strip().isascii() and count.strip().isdigit()):
                raise click.BadParameter(self.tongue.say("cashcounter.no-pieces", got=text))
            denomination = self.amount(piece)
            counts[denomination] = counts.get(denomination, 0) + int(count)
        return tuple(Pieces(denomination, count) for denomination, count in sorted(counts.items()))

    def _no_amount(self, text: str) -> click.BadParameter:
        return click.BadParameter(self.tongue.say("cashcounter.no-amount", got=text))


def pass_till(verb: Callable[Concatenate[Till, P], R]) -> Callable[P, R]:
    """Gives a verb its Till, and tells its troubles in the language of the till."""

    @wraps(verb)
    def with_till(*args: P.args, **kwargs: P.kwargs) -> R:
        till = Till(click.get_current_context())
        try:
            return verb(till, *args, **kwargs)
        except Trouble as trouble:
            says = next(says for kind, says in _SAYS if isinstance(trouble, kind))
            raise says(trouble.reason.text(_language(till))) from trouble

    return with_till


def _language(till: Till) -> str:
    """English, where the settings themselves are what is wrong."""
    return till.settings.language if "settings" in vars(till) else "en"


def warn(line: str) -> None:
    """Beside the answer."""
    if line:
        click.echo(line, err=True)
