"""How long a cash machine's own work takes: run by `make bench-cash`.

Times of the processor: the median, and 99 of 100; the median also as a multiple of something that anybody can measure,
json.dumps of a thousand numbers in the same run. Devices and lines are simulated, and what the simulated devices
compute is taken off a round.
"""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import thread_time

import msgspec
from tillpost.devices.lines.simlink import SimLink, SimulatedDevice
from tillpost.devices.machine.nouns import Phase
from tillpost.devices.money.change import make_change
from tillpost.devices.nouns import Pieces
from tillpost.devices.rehearsal.world import World

ROUNDS = 3000
PIECES = (10, 50, 100, 200, 500, 1_000, 10_000, 50_000)
DUE = 499_900
STOCKS = [  # fuller and emptier; from some of them it cannot be made
    [Pieces(piece, (number * (place + 3) + 7) % 61) for place, piece in enumerate(PIECES)] for number in range(500)
]


class Timed:
    """`SimulatedDevice`; `spent`: the seconds that went into it."""

    def __init__(self, device: SimulatedDevice) -> None:
        self.device, self.spent = device, 0.0

    def hear(self, data: bytes, now: float) -> bytes:
        began = thread_time()
        answer = self.device.hear(data, now)
        self.spent += thread_time() - began
        return answer

    def line_held(self, seconds: float, now: float) -> None:
        self.device.line_held(seconds, now)


def timed(work: Callable[..., object], *given: Iterable[object]) -> Iterator[float]:
    for arguments in zip(*given, strict=True):
        began = thread_time()
        work(*arguments)
        yield thread_time() - began


def rounds(world: World) -> Iterator[float]:
    """Seconds of the program's own in each of some polls."""
    devices = [_between(line) for line in (world.notes_line, world.coins_line)]
    for _ in range(ROUNDS):
        before, began = sum(each.spent for each in devices), thread_time()
        world.machine.poll()
        yield thread_time() - began - (sum(each.spent for each in devices) - before)


def _between(line: SimLink) -> Timed:
    line._device = Timed(line._device)
    return line._device


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    world = World(fill={"ten": 100, "five": 40, "one": 60})
    measured = {
        "json.dumps of 1,000 numbers": timed(json.dumps, [list(range(1000))] * ROUNDS),
        "a poll round, idle": rounds(world),
        "a poll round, taking cash": rounds(_taking(world)),
        "the status of the machine": timed(lambda _: world.machine.status, range(ROUNDS)),
        "change of 4,999 from 8 denominations": timed(make_change, [DUE] * len(STOCKS), STOCKS),
    }
    hundredths = {what: statistics.quantiles(times, n=100) for what, times in measured.items()}
    unit = next(iter(hundredths.values()))[49]
    print(f"{processor()}, Python {platform.python_version()}, msgspec {msgspec.__version__}\n")
    print(f"{'':<40}{'median':>12}{'99 of 100':>12}{'median':>12}")
    for what, each in hundredths.items():
        print(f"{what:<40}{each[49] * 1000:9.3f} ms{each[98] * 1000:9.3f} ms{each[49] / unit:10.1f} x")


def _taking(world: World) -> World:
    world.machine.begin_deposit(10_000, "")
    world.until(lambda: world.acceptor.accepting and world.machine.status.phase is Phase.DEPOSIT)
    return world


if __name__ == "__main__":
    main()
