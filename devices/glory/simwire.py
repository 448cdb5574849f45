"""The wire to a simulated BrueBox, and the clock that moves with it. Nothing waits here.

Failures: `Unanswered` (link.unplugged) while the wire is unplugged or the machine has no power.
"""

from __future__ import annotations

from collections.abc import Callable

from ...errors import Reason
from ..lines.simlink import Fault, SimClock
from ..nouns import Unanswered
from .simulated import SimBrueBox
from .simwords import Asked
from .wire import Exchange


class SimExchange:
    """`wire.Exchange`."""

    def __init__(self, wire: SimWire, asked: Asked | None, number: int) -> None:
        self.sent = asked is not None
        self._wire, self._asked, self._number, self._boot = wire, asked, number, wire.machine.boots
        self._due: tuple[float, bytes] | None = None

    def step(self) -> bytes | None:
        self._wire.witness(f"step {self._number}")
        if not self.sent or self._wire.is_cut(self._boot):
            raise Unanswered(Reason("link.unplugged"))
        if self._due is None and self._asked and self._asked.answer is not None:
            coming = list(self._wire.to_host.get(self._number, _whole)(self._asked.answer))
            delay, data = coming[0] if coming else (float("inf"), b"")
            self._due = (self._wire.clock.monotonic() + delay, data)
        if self._due and self._due[0] <= self._wire.clock.monotonic():
            return self._due[1]
        return None

    def close(self) -> None:
        return None


class SimWire:
    """`wire.Wire`. `to_host` is the script: the fault of the answer to the n-th question (from 0). `witness`,
    where given, is called before and after each question and before each look for an answer: who raises from it cuts
    the host's power at that place. Events come in pieces of `piece` bytes."""

    def __init__(
        self,
        clock: SimClock,
        machine: SimBrueBox,
        *,
        witness: Callable[[str], None] | None = None,
        piece: int = 1 << 16,
    ) -> None:
        self.to_host: dict[int, Fault] = {}
        self.clock, self.machine = clock, machine
        self.witness = witness or (lambda _what: None)
        self.plugged = True
        self.asked = 0
        self._piece = piece
        self._connection = 0  # the boot in which the machine connected

    def is_cut(self, boot: int) -> bool:
        return not (self.plugged and self.machine.powered and self.machine.boots == boot)

    def post(self, action: str, body: bytes) -> Exchange:
        self.witness(f"before {action}")
        asked = self.machine.ask(body) if self.plugged else None
        exchange = SimExchange(self, asked, self.asked)
        self.asked += 1
        self.witness(f"after {action}")
        return exchange

    def events(self) -> list[tuple[int, bytes]]:
        self.machine.advance()
        came: list[tuple[int, bytes]] = []
        if self._connection and self.is_cut(self._connection):
            came.append((self._connection, b""))
            self._connection = 0
        data = b"".join(self.machine.outgoing)
        self.machine.outgoing.clear()
        if data and not self.is_cut(self.machine.boots):
            self._connection = self.machine.boots
            came += [(self._connection, data[at : at + self._piece]) for at in range(0, len(data), self._piece)]
        return came

    def wait(self, seconds: float) -> None:
        if not self.machine.outgoing:
            until = self.machine.next_due - self.clock.monotonic()
            self.clock.sleep(max(0.01, min(seconds, until)))
            self.machine.advance()

    def close(self) -> None:
        return None


def _whole(data: bytes) -> list[tuple[float, bytes]]:
    return [(0.01, data)]
