"""How a cash machine looks while it works: a view that lives at a terminal, or a line for each thing that happens.

Units are bars in the three colours of staff's screen, with the word beside the colour. Nothing is drawn but from the
loop that drives the machine: there is no thread that could draw a half-changed one.

Failures: none.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
from msgspec.structs import replace

from ..devices.machine.nouns import (
    CassetteTold,
    Changed,
    Counted,
    Ended,
    Gave,
    GivenBack,
    Lamp,
    Moved,
    Notice,
    Phase,
    Status,
)
from ..devices.machine.promises import CashMachine
from ..devices.money.units import Unit
from ..devices.nouns import Standing
from ..devices.promises import Clock
from .cashdrive import View
from .cashpages import bar, blocks_of, deposit_lines, ended_lines, level_words, unsure_line
from .cashtill import Till
from .cashwords import Tongue

EVENTS = 6  # of the last, at a terminal
EVERY = 0.1  # seconds between two drawings
AT_WORK = frozenset({Standing.STARTING, Standing.DISABLED, Standing.ACCEPTING, Standing.BUSY})
STYLES = {"grey": "grey62", "pink": "hot_pink", "red": "bold red"}  # by the colours of `units.Level`


class Nothing:
    """For programs: they read the answer."""

    def tell(self, notice: Notice) -> None: ...

    def show(self, machine: CashMachine) -> None: ...


def line_of(notice: Notice, tongue: Tongue) -> str:
    """What has happened, in one line."""
    match notice:
        case Moved(phase):
            return tongue.word(phase)
        case Counted(pieces, deposited, pointless, late):
            came = "cashcounter.came-pointless" if pointless and not late else "cashcounter.came"
            piece, inside = tongue.money(pieces.denomination), tongue.money(deposited)
            return tongue.say("cashcounter.came-late" if late else came, piece=piece, deposited=inside)
        case GivenBack(denomination, code):
            piece = tongue.money(denomination) if denomination else "-"
            return tongue.say("cashcounter.given-back", piece=piece, why=tongue.why(code))
        case Gave(pieces, unit, code):
            given = tongue.pieces(pieces) or "0"
            text = tongue.say("cashcounter.gave", pieces=given, unit=unit)
            return f"{text} ({tongue.why(code)})" if code else text
        case Changed(device, standing, code):
            text = f"{device}: {tongue.word(standing)}"
            return f"{text} ({tongue.why(code)})" if code else text
        case CassetteTold(unit, step):
            return f"{unit}: {tongue.word(step)}"
        case Ended():
            return " ".join(ended_lines(notice, tongue))


class News:
    """What of all that happens people want to be told: not each step of a device at its work."""

    def __init__(self, tongue: Tongue, *, staff: bool) -> None:
        self._tongue, self._staff = tongue, staff
        self._troubled: set[str] = set()

    def line(self, notice: Notice) -> str:
        """ "" = nothing."""
        match notice:
            case Moved(Phase.IDLE | Phase.FIXED):
                return ""
            case Counted() if not self._staff:  # it is not for a customer to think where it lies
                return line_of(replace(notice, pointless=False), self._tongue)
            case Changed(device, standing):
                was_troubled = device in self._troubled
                if standing in AT_WORK:
                    self._troubled.discard(device)
                    return line_of(notice, self._tongue) if was_troubled else ""
                self._troubled.add(device)
        return line_of(notice, self._tongue)


class Lines:
    """For pipes and files: a line each."""

    def __init__(self, till: Till, *, staff: bool) -> None:
        self._news, self._clock = News(till.tongue, staff=staff), till.clock

    def tell(self, notice: Notice) -> None:
        line = self._news.line(notice)
        if line and not isinstance(notice, Ended):  # the answer says that
            click.echo(f"{_time(self._clock)}  {line}")

    def show(self, machine: CashMachine) -> None: ...


def _time(clock: Clock) -> str:
    return datetime.fromtimestamp(clock.now()).astimezone().strftime("%H:%M:%S")


class Living:
    """At a terminal. `asked`: whether the devices are; else it is what the journal says."""

    def __init__(self, till: Till, *, staff: bool = True, asked: bool = True) -> None:
        self._asked = asked
        self._title, self._plan, self._tongue, self._clock = till.title, till.plan, till.tongue, till.clock
        self._news = News(till.tongue, staff=staff)
        self._events: deque[str] = deque(maxlen=EVENTS)
        self._drawn_at = -EVERY
        self._live: Any = None  # rich's

    def tell(self, notice: Notice) -> None:
        if line := self._news.line(notice):
            self.happened(f"{_time(self._clock)}  {line}")

    def happened(self, line: str) -> None:
        self._events.append(line)
        self._drawn_at = -EVERY

    def show(self, machine: CashMachine) -> None:
        if self._clock.monotonic() - self._drawn_at >= EVERY:
            self.draw(machine.status)

    def draw(self, status: Status) -> None:
        self._drawn_at = self._clock.monotonic()
        self._live.update(self.picture(status), refresh=True)

    @contextmanager
    def alive(self) -> Iterator[Living]:
        from rich.live import Live  # noqa: PLC0415 - costs more than most verbs do

        with Live(auto_refresh=False, transient=True) as self._live:
            yield self

    def picture(self, status: Status) -> Any:
        from rich.console import Group  # noqa: PLC0415
        from rich.panel import Panel  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        say = self._tongue.say
        head = Text.assemble((self._title, "bold"), "   ")
        if self._asked:
            head.append(f"{self._tongue.word(status.phase)}   ")
        blinks = status.lamp is Lamp.GREEN_BLINKING
        head.append(say("cashcounter.lamp", lamp=self._tongue.word(status.lamp)), "green blink" if blinks else "grey62")
        parts: list[Any] = [head]
        if lines := deposit_lines(status, self._tongue):
            parts.append(Panel("\n".join(lines), expand=False))
        parts.append(self._units(status))
        blocks = blocks_of(status, asked=self._asked)
        parts += [Text(f"! {self._tongue.told(block.staff)}", "bold red") for block in blocks]
        if status.unknown:
            parts.append(Text(say("cashcounter.unknown"), "bold"))
            parts += [Text(f"  {unsure_line(unsure, self._tongue)}", "bold") for unsure in status.unknown]
        parts += [Text(line, "grey62") for line in self._events]
        return Group(*parts)

    def _units(self, status: Status) -> Any:
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table.grid(padding=(0, 2))
        for justify in ("left", "left", "right", "right", "left"):
            table.add_column(justify=justify, no_wrap=True)
        words = level_words(status, self._plan, self._tongue)
        for unit in status.units:
            style = STYLES[status.levels[unit.id].colour]
            table.add_row(
                unit.id,
                Text(bar(unit), style),
                _count(unit),
                self._tongue.money(unit.amount),
                Text(words[unit.id], style),
            )
        return table


def _count(unit: Unit) -> str:
    return f"{unit.count}/{unit.capacity}" if unit.capacity else str(unit.count)


@contextmanager
def view(till: Till, *, as_json: bool, staff: bool = True) -> Iterator[View]:
    """What suits whoever looks. `staff`: who is to know where cash lies."""
    if as_json:
        yield Nothing()
    elif sys.stdout.isatty():
        with Living(till, staff=staff).alive() as living:
            yield living
    else:
        yield Lines(till, staff=staff)
