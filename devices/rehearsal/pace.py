"""How a play goes on around a cash machine: who waits for what, how long it takes, and what is told meanwhile.

A customer waits until the machine takes cash, and not for ever; whoever begins something waits until what was under way
is over. Without power nobody is asked anything, and only time passes.

Failures: `Misuse` for a moment that does not come (scenario.never) and a machine without power (scenario.off). What the
machine itself refuses is no failure: it is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

from ...errors import Reason
from ..lines.simlink import SimClock
from ..machine.daybook import Daybook
from ..machine.documents import MemoryDocuments
from ..machine.nouns import Notice, Phase
from ..machine.plan import Plan
from ..machine.promises import CashMachine
from ..nouns import Misuse
from . import retelling
from .script import Outcome

PATIENCE = 600  # polls that a customer waits for the slot
LONGEST = 6000  # polls that a moment is waited for
SETTLED = 5.0  # seconds, then devices that begin anew are there

REST, FIXED, IDLE = "rest", "fixed", "idle"


class Played(Protocol):
    """A world around a machine, which is what its journal says and no more each time the till starts."""

    @property
    def clock(self) -> SimClock: ...

    @property
    def plan(self) -> Plan: ...

    @property
    def machine(self) -> CashMachine: ...

    @property
    def book(self) -> Daybook: ...

    @property
    def papers(self) -> MemoryDocuments: ...

    def poll(self) -> list[Notice]: ...

    def cut(self) -> Self:
        """The world in which the till's power has just gone; `start` brings the till back."""
        ...

    def start(self) -> None: ...

    def cut_devices(self) -> None: ...

    def power_devices(self) -> None: ...

    def difference(self) -> Counter[int]:
        """By denomination, what is really there more (or less) than the journal says."""
        ...


W = TypeVar("W", bound=Played)


class Pace(Generic[W]):
    """`told`: what the machine told, line by line."""

    def __init__(self, world: W) -> None:
        self.world = world
        self.told: list[str] = []
        self._is_on, self._known = True, self._moments()
        self._wait_for(REST)
        self.world.poll()
        self.told.clear()  # nobody wants to hear of the first fill

    def finish(self) -> None:
        """Until nothing goes on by itself any more."""
        if self._is_on:
            self._pass(SETTLED)
            if self._phase is not Phase.DEPOSIT:
                self._wait_for(REST)

    # --- time

    def _moments(self) -> dict[str, Callable[[], bool]]:
        """What can be waited for, and whether it is there."""
        return {
            REST: lambda: self._phase in (Phase.IDLE, Phase.PAUSED),
            FIXED: lambda: self._phase is Phase.FIXED,
            IDLE: lambda: self._phase is Phase.IDLE,
        }

    @property
    def _phase(self) -> Phase:
        return self.world.machine.status.phase

    def _wait_for(self, moment: str) -> Outcome:
        self._on()
        for _ in range(LONGEST):
            if self._known[moment]():
                return Outcome.DONE
            self._poll()
        raise Misuse(Reason("scenario.never", moment=moment, phase=self._phase))

    def _wait_until_ready(self, is_ready: Callable[[], bool]) -> None:
        for _ in range(PATIENCE):
            if not self._is_on or self._phase is not Phase.DEPOSIT or is_ready():
                return
            self._poll()

    def _pass(self, seconds: float) -> Outcome:
        clock = self.world.clock
        over = clock.monotonic() + seconds
        while self._is_on and clock.monotonic() < over:
            self._poll()
        clock.sleep(over - clock.monotonic())
        return Outcome.DONE

    def _poll(self) -> None:
        for notice in self.world.poll():
            if line := retelling.notice(notice):
                self._tell(line)

    def _tell(self, line: str) -> None:
        self.told.append(retelling.INDENT + line)

    # --- what is asked of the machine

    def _ask(self, ask: Callable[[], object]) -> Outcome:
        """When nothing else is under way."""
        self._wait_for(REST)
        return self._ask_now(ask)

    def _ask_now(self, ask: Callable[[], object]) -> Outcome:
        self._on()
        try:
            ask()
        except Misuse as refusal:
            raise Refused(refusal.reason) from refusal
        self._poll()
        return Outcome.DONE

    def _on(self) -> None:
        if not self._is_on:
            raise Misuse(Reason("scenario.off"))


class Refused(Misuse):
    """The machine does not do what it was asked for."""
