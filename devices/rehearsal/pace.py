"""How a play goes on around the composite machine of a `World`: who waits for what, how long it takes, and what is told
meanwhile.

A customer waits until the machine takes cash, and not for ever; whoever begins something waits until what was under way
is over. Without power nobody is asked anything, and only time passes.

Failures: `Misuse` for a moment that does not come (scenario.never) and a machine without power (scenario.off). What the
machine itself refuses is no failure: it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...errors import Reason
from ..ccnet.states import State
from ..machine.nouns import Phase
from ..machine.plan import Plan
from ..nouns import Misuse
from . import retelling
from .script import Outcome
from .world import World

PATIENCE = 600  # polls that a customer waits for the slot
LONGEST = 6000  # polls that a moment is waited for
SETTLED = 5.0  # seconds, then devices that begin anew are there

REST = "rest"
MOMENTS: Mapping[str, Callable[[World], bool]] = {
    REST: lambda world: world.machine.status.phase in (Phase.IDLE, Phase.PAUSED),
    "enough": lambda world: world.machine.status.phase not in (Phase.DEPOSIT, Phase.PAUSED),
    "fixed": lambda world: world.machine.status.phase is Phase.FIXED,
    "idle": lambda world: world.machine.status.phase is Phase.IDLE,
    "escrow": lambda world: world.validator.state is State.ESCROW,
    "stacking": lambda world: world.validator.state is State.STACKING,
    "swallowed": lambda world: world.validator.state is State.STACKING and world.validator.note is None,
    "paying": lambda world: any(hopper.is_paying for hopper in world.hoppers.values()),
}
"""What can be waited for: where the machine rests, or where a piece is that is on its way."""


class Refused(Misuse):
    """The machine does not do what it was asked for."""


class Pace:
    """`told`: what the machine told, line by line."""

    def __init__(self, plan: Plan, fill: dict[str, int]) -> None:
        self.world = World(plan, fill=fill)
        self.world.poll()  # and nobody wants to hear of the first fill
        self.told: list[str] = []
        self._is_on = True

    def finish(self) -> None:
        """Until nothing goes on by itself any more."""
        if self._is_on:
            self._pass(SETTLED)
            if self.world.machine.status.phase is not Phase.DEPOSIT:
                self._wait_for(REST)

    # --- time

    def _wait_for(self, moment: str) -> Outcome:
        self._on()
        for _ in range(LONGEST):
            if MOMENTS[moment](self.world):
                return Outcome.DONE
            self._poll()
        raise Misuse(Reason("scenario.never", moment=moment, phase=self.world.machine.status.phase))

    def _wait_until_ready(self, is_ready: Callable[[], bool]) -> None:
        for _ in range(PATIENCE):
            if not self._is_on or self.world.machine.status.phase is not Phase.DEPOSIT or is_ready():
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
