"""A ccTalk line on the stage: a coin acceptor at address 2, and a hopper at 3 and at 4 for each coin that is given out.

Failures: `Misuse` (rehearsal.no-denomination) for a coin that the acceptor or no hopper knows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from ...errors import Reason
from ..cctalk.frames import COIN_ACCEPTOR, HOPPER
from ..cctalk.messages import BLOCKING, ERRORS
from ..cctalk.simulated import SimBus, SimCoinAcceptor, SimHopper
from ..nouns import Misuse
from ..promises import Clock
from .currencies import CURRENCIES, pieces, spelt
from .script import AMOUNT, NUMBER, TIMES, Outcome, Word, Words

OFF, ACCEPTING, CLOSED, PAYING = "off", "accepting", "closed", "paying"
BLOCKED = next(code for code, name in ERRORS.items() if name in BLOCKING)
FILLED = 50  # coins in each hopper at the start
COIN_EVERY = 0.3  # seconds between two coins of a customer


def coin_id(prefix: str, coin: int) -> str:
    value = f"{coin:03}" if coin < 1000 else f"{coin // 1000}K{coin % 1000 // 100}"
    return f"{prefix}{value}A"


class CctalkScene:
    """`stage.Scene`, and the `simlink.SimulatedDevice` that is served. `echo`: the adapter does not hide what the host
    has said itself."""

    def __init__(self, clock: Clock, currency: str = "RUB", *, echo: bool = False) -> None:
        self.words: Words = WORDS
        self.states = frozenset({OFF, ACCEPTING, CLOSED, PAYING})
        known = CURRENCIES[currency]
        self.acceptor = SimCoinAcceptor([coin_id(known.prefix, coin) for coin in known.coins], address=COIN_ACCEPTOR)
        self.hoppers = {
            coin: SimHopper(FILLED, address=HOPPER + place, serial=345678 + place)
            for place, coin in enumerate(known.hoppers)
        }
        self._bus = SimBus([self.acceptor, *self.hoppers.values()])
        self._coins, self._clock, self._echo = known.coins, clock, echo
        self._falling: deque[tuple[float, int]] = deque()  # when, and which position
        self._through: list[int] = []

    # --- the line

    def hear(self, data: bytes, now: float) -> bytes:
        self._fall(now)
        return (data if self._echo else b"") + self._bus.hear(data, now)

    def line_held(self, seconds: float, now: float) -> None:
        self._bus.line_held(seconds, now)

    # --- what is seen

    @property
    def busy(self) -> bool:
        return bool(self._falling)

    @property
    def state(self) -> str:
        now = self._clock.monotonic()
        self._fall(now)
        for hopper in self.hoppers.values():
            hopper.turn(now)
        if not self.acceptor.powered:
            return OFF
        if any(hopper.is_paying for hopper in self.hoppers.values()):
            return PAYING
        return ACCEPTING if self.acceptor.accepting and not self.acceptor.blocked else CLOSED

    def truth(self) -> dict[str, str]:
        told = {"cash box": self._pieces(self.acceptor.box), "fell through": self._pieces(self._through)}
        for coin, hopper in self.hoppers.items():
            told[f"hopper {spelt(coin)}"] = f"{hopper.stock}{', jammed' if hopper.jammed else ''}"
        told["given out"] = pieces({coin: hopper.out for coin, hopper in self.hoppers.items()})
        return told

    # --- words

    def coin(self, value: int, times: int) -> Outcome:
        if value not in self._coins:
            raise _unknown(value, self._coins)
        now, position, before = self._clock.monotonic(), self._coins.index(value) + 1, len(self._through)
        self._falling.extend((now + place * COIN_EVERY, position) for place in range(times))
        self._fall(now)
        return Outcome.TAKEN if len(self._through) == before else Outcome.NOT_TAKEN

    def error(self, code: int) -> Outcome:
        self.acceptor.fail(code)
        return Outcome.DONE

    def jam(self) -> Outcome:
        self.acceptor.blocked = BLOCKED
        self.acceptor.fail(BLOCKED)
        return Outcome.DONE

    def jam_hopper(self, value: int) -> Outcome:
        self._hopper(value).jammed = True
        return Outcome.DONE

    def clear(self) -> Outcome:
        self.acceptor.blocked = 0
        for hopper in self.hoppers.values():
            hopper.jammed = False
        return Outcome.DONE

    def fill(self, value: int, times: int) -> Outcome:
        self._hopper(value).stock += times
        return Outcome.DONE

    def empty(self, value: int) -> Outcome:
        self._hopper(value).stock = 0
        return Outcome.DONE

    def cut(self) -> Outcome:
        for device in (self.acceptor, *self.hoppers.values()):
            device.cut_power()
        return Outcome.DONE

    def power(self) -> Outcome:
        for device in (self.acceptor, *self.hoppers.values()):
            device.restore_power()
        return Outcome.DONE

    def _fall(self, now: float) -> None:
        """The coins whose time has come fall in."""
        while self._falling and self._falling[0][0] <= now:
            _, position = self._falling.popleft()
            if not self.acceptor.insert(position):
                self._through.append(position)

    def _pieces(self, positions: Iterable[int]) -> str:
        return pieces([self._coins[position - 1] for position in positions])

    def _hopper(self, value: int) -> SimHopper:
        if value not in self.hoppers:
            raise _unknown(value, self.hoppers)
        return self.hoppers[value]


def _unknown(value: int, known: Iterable[int]) -> Misuse:
    told = ", ".join(spelt(one) for one in known)
    return Misuse(Reason("rehearsal.no-denomination", amount=spelt(value), known=told))


WORDS: Words = {
    "coin": Word((AMOUNT, TIMES), "a customer throws coins in, one after another", CctalkScene.coin),
    "error": Word((NUMBER,), "the acceptor tells an error with this code", CctalkScene.error),
    "jam": Word((), "a coin is stuck in the acceptor", CctalkScene.jam),
    "jam hopper": Word((AMOUNT,), "a coin is stuck in the hopper of these", CctalkScene.jam_hopper),
    "clear": Word((), "whatever is stuck is freed", CctalkScene.clear),
    "fill": Word((AMOUNT, TIMES), "staff puts coins into the hopper of these", CctalkScene.fill),
    "empty": Word((AMOUNT,), "staff takes all coins out of the hopper of these", CctalkScene.empty),
    "cut": Word((), "the power of all devices on the line is cut", CctalkScene.cut),
    "power": Word((), "their power comes back", CctalkScene.power),
}
