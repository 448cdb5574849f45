"""A simulated SMART Payout: a validator whose device also pays out the notes that it stores, one each NOTE_LASTS.

`stock` and `paid_out` are the truth that a test compares with what the host believes. A power cut finds a note still in
its store, or paid out; and how much of the pay-out had gone is told when the power is back, until EVENT ACK.

Failures: as `simulated`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ..promises import Clock
from .cipher import FIXED_KEY
from .events import Code
from .frames import Answer, Command
from .messages import TRY
from .simulated import SimSspDevice

NOTE_LASTS = 1.0  # seconds


class SimSmartPayout(SimSspDevice):
    """`stock`: pieces by denomination, in minor units. What it accepts goes to the cashbox."""

    unit_type = b"\x06"

    def __init__(self, clock: Clock, stock: Mapping[int, int], *, key: int = FIXED_KEY, version: int = 6) -> None:
        super().__init__(clock, key=key, version=version)
        self.stock = Counter(dict(stock))
        self.paid_out: list[int] = []
        self.stuck = False  # nothing comes out any more
        self._enabled = False
        self._to_pay: list[int] = []
        self._paid = self._requested = 0  # values, of the pay-out that runs
        self._paying_since = 0.0

    def to_cashbox(self, denomination: int) -> None:
        """A stored note that it could not read is moved, and nobody is told."""
        self.stock[denomination] -= 1
        self.cashbox.append(self._notes.index(denomination // 100) + 1)

    @property
    def pays(self) -> bool:
        return bool(self._to_pay)

    def jam(self, code: Code = Code.SAFE_JAM) -> None:
        super().jam(code)
        if self._to_pay:
            self._pay_ends(Code.JAMMED)

    def cut_power(self) -> None:
        super().cut_power()
        self._enabled = False

    def power_on(self, *, forgetful: bool = False) -> None:
        super().power_on(forgetful=forgetful)
        if self._to_pay and not forgetful:
            self._found.append(self._amounts(Code.INCOMPLETE_PAYOUT, self._paid, self._requested))
        self._to_pay.clear()

    # --- what it answers

    def obey(self, what: int, data: bytes) -> bytes:
        self._pass()
        match what:
            case Command.ENABLE_PAYOUT:
                self._enabled = True
                return _OK
            case Command.ALL_LEVELS:
                return _OK + bytes([len(self._notes)]) + b"".join(self._level(note * 100) for note in self._notes)
            case Command.PAYOUT_BY_DENOMINATION:
                return self._begin(data)
            case Command.HALT if self._to_pay:
                self._pay_ends(Code.HALTED)
                return _OK
        return super().obey(what, data)

    def _level(self, value: int) -> bytes:
        return self.stock[value].to_bytes(2, "little") + value.to_bytes(4, "little") + self.currency.encode()

    def _begin(self, data: bytes) -> bytes:
        wanted: Counter[int] = Counter()
        for at in range(1, 1 + 9 * data[0], 9):
            wanted[int.from_bytes(data[at + 2 : at + 6], "little")] += int.from_bytes(data[at : at + 2], "little")
        why = 3 if self._to_pay else 4 if not self._enabled or self.trouble else 0 if wanted > self.stock else None
        if why is not None:
            return bytes([Answer.NOT_NOW, why])
        if data[-1] != TRY:
            self._to_pay = list(wanted.elements())
            self._paid, self._requested = 0, sum(self._to_pay)
            self._paying_since = self._clock.monotonic()
        return _OK

    def _shown(self, *, repeating: bool) -> bytes:
        paying = self._amounts(Code.DISPENSING, self._paid) if self._to_pay else b""
        return paying + super()._shown(repeating=repeating)

    def _amounts(self, code: Code, *values: int) -> bytes:
        """As since version 6, without which there is no pay-out by denomination."""
        return bytes([code, 1]) + b"".join(value.to_bytes(4, "little") for value in values) + self.currency.encode()

    # --- time

    def _pass(self) -> None:
        super()._pass()
        while self._to_pay and self.powered and not (self.trouble or self.stuck):
            if self._clock.monotonic() - self._paying_since < NOTE_LASTS:
                return
            self._paying_since += NOTE_LASTS
            denomination = self._to_pay.pop(0)
            self.stock[denomination] -= 1
            self.paid_out.append(denomination)
            self._paid += denomination
            if not self._to_pay:
                self._pay_ends(Code.DISPENSED)

    def _pay_ends(self, code: Code) -> None:
        self._to_pay.clear()
        self._to_tell.append(self._amounts(code, self._paid))


_OK = bytes([Answer.OK])
