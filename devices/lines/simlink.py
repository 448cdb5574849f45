"""A line to a simulated device, and the clock that moves with it: a whole day passes in the time it takes to compute.

Nothing waits here. Who sleeps, or reads where nothing comes, moves the clock; the device looks at it whenever it hears
bytes. What a bad line does is scripted: a *fault* says of one write what comes of it, and when.

Failures: `Unanswered` (link.unplugged) while the line is unplugged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from ...errors import Reason
from ..nouns import Unanswered

# A device that answers an answer for ever would be a mistake of the simulation; a trace is for reading.
TRACE = 10_000


class SimClock:
    """`promises.Clock` that stands still until somebody sleeps."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._began = now
        self._passed = 0.0

    def now(self) -> float:
        return self._began + self._passed

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        self._passed += max(0.0, seconds)


class SimulatedDevice(Protocol):
    """The other side of the frames: a pure state machine."""

    def hear(self, data: bytes, now: float) -> bytes:
        """Bytes that reach the device at `now` (monotonic seconds); what it answers at once, b"" for nothing."""
        ...

    def line_held(self, seconds: float, now: float) -> None:
        """The host has held the line low for so long: a reset of the bus, where the protocol knows one."""
        ...


Fault = Callable[[bytes], Iterable[tuple[float, bytes]]]
"""What becomes of one write: (seconds later, bytes), in any number."""


def dropped(_data: bytes) -> list[tuple[float, bytes]]:
    return []


def twice(data: bytes) -> list[tuple[float, bytes]]:
    return [(0.0, data), (0.0, data)]


def late(seconds: float) -> Fault:
    return lambda data: [(seconds, data)]


def twice_late(seconds: float) -> Fault:
    """In time, and once more later."""
    return lambda data: [(0.0, data), (seconds, data)]


def cut(keep: int) -> Fault:
    """Only the first `keep` bytes; a negative number leaves off so many at the end."""
    return lambda data: [(0.0, data[:keep])]


def in_parts(at: int, pause: float) -> Fault:
    """Whole, with a pause after `at` bytes."""
    return lambda data: [(0.0, data[:at]), (pause, data[at:])]


def noisy(before: bytes = b"", after: bytes = b"") -> Fault:
    return lambda data: [(0.0, before + data + after)]


def flipped(bit: int) -> Fault:
    """One bit wrong, counted from the first byte's lowest, round and round."""

    def flip(data: bytes) -> list[tuple[float, bytes]]:
        if not data:
            return [(0.0, data)]
        at = bit // 8 % len(data)
        return [(0.0, data[:at] + bytes([data[at] ^ 1 << bit % 8]) + data[at + 1 :])]

    return flip


class SimLink:
    """`promises.Link` to a simulated device.

    `to_device` and `to_host` are the script: the fault of the n-th write (from 0) in that direction. `witness`, where
    given, is called before each write, before each read, and again after each write, with what is about to happen: who
    raises from it cuts the host's power at that place. `echo`: the host hears its own bytes, as on one wire.
    """

    def __init__(
        self,
        clock: SimClock,
        device: SimulatedDevice,
        *,
        latency: float = 0.004,
        echo: bool = False,
        witness: Callable[[str], None] | None = None,
    ) -> None:
        self.to_device: dict[int, Fault] = {}
        self.to_host: dict[int, Fault] = {}
        self.written = 0
        self.answered = 0
        self.trace: deque[tuple[str, bytes]] = deque(maxlen=TRACE)
        self.plugged = True
        self._clock, self._device, self._latency, self._echo = clock, device, latency, echo
        self._witness = witness or (lambda _what: None)
        self._open = False
        self._coming: list[tuple[float, bytes]] = []  # to the host, by time
        self._going: list[tuple[float, bytes]] = []  # to the device

    def unplug(self) -> None:
        """The adapter is pulled out: what was on the line is gone."""
        self.plugged = self._open = False
        self._coming.clear()
        self._going.clear()

    def plug(self) -> None:
        self.plugged = True

    def open(self) -> None:
        if not self.plugged:
            raise Unanswered(Reason("link.unplugged"))
        self._open = True

    def close(self) -> None:
        self._open = False

    def write(self, data: bytes) -> None:
        self._witness("write")
        self._check()
        self.trace.append(("host", data))
        now = self._clock.monotonic()
        if self._echo:
            self._put(self._coming, now, data)
        fault = self.to_device.pop(self.written, None)
        self.written += 1
        for after, part in fault(data) if fault else [(0.0, data)]:
            self._put(self._going, now + after, part)
        self._deliver(now)
        self._witness("written")

    def read(self, timeout: float) -> bytes:
        self._witness("read")
        self._check()
        deadline = self._clock.monotonic() + timeout
        self._deliver(self._clock.monotonic())
        while not self._arrived() and (at := self._next()) is not None and at <= deadline:
            self._until(at)
            self._deliver(self._clock.monotonic())
        if data := self._arrived():
            self._coming = [(at, part) for at, part in self._coming if at > self._clock.monotonic()]
        else:
            self._until(deadline)
        return data

    def hold_low(self, seconds: float) -> None:
        """`promises.BusLink`."""
        self._check()
        self._clock.sleep(seconds)
        self._device.line_held(seconds, self._clock.monotonic())

    def _check(self) -> None:
        if not (self.plugged and self._open):
            raise Unanswered(Reason("link.unplugged"))

    def _until(self, moment: float) -> None:
        self._clock.sleep(moment - self._clock.monotonic())

    def _next(self) -> float | None:
        return min((at for at, _ in self._coming + self._going), default=None)

    def _arrived(self) -> bytes:
        now = self._clock.monotonic()
        return b"".join(part for at, part in self._coming if at <= now)

    def _deliver(self, now: float) -> None:
        """The device hears what has come through to it, and its answers set out."""
        while self._going and self._going[0][0] <= now:
            at, data = self._going.pop(0)
            answer = self._device.hear(data, at)
            if not answer:
                continue
            self.trace.append(("device", answer))
            fault = self.to_host.pop(self.answered, None)
            self.answered += 1
            for after, part in fault(answer) if fault else [(0.0, answer)]:
                self._put(self._coming, at + self._latency + after, part)

    @staticmethod
    def _put(line: list[tuple[float, bytes]], at: float, data: bytes) -> None:
        if data:
            line.append((at, data))
            line.sort(key=lambda sent: sent[0])
