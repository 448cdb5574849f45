"""A simulated SSP validator: the protocol from the device's side, and where each note really is.

`MOVES` is its whole behaviour, `LASTS` how long a state stands by itself. A note in escrow that a poll has shown is
accepted by the next; after ten seconds it goes back. It is swallowed in the middle of stacking, and that is the credit:
so a power cut finds it in the path before, and in the cashbox after. What POLL WITH ACK shows is repeated until EVENT
ACK, and no note is let in until then. `cashbox`, `given_back` and `taken_out` are the truth that a test compares with
what the host believes.

Failures: ValueError where a script asks for what cannot be (a note into a validator that has one).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import gcd

from ..promises import Clock
from .events import ACKNOWLEDGED, Code
from .frames import Answer, Command
from .simwire import SimWire
from .states import BY_HOST, ESCROW_TIMED_OUT

ROUBLES = (10, 50, 100, 500, 1_000, 5_000)  # by channel, from 1 on


class State(StrEnum):
    INITIALISING = "initialising"
    DISABLED = "disabled"
    IDLE = "idle"
    READING = "reading"
    ESCROW = "escrow"
    STACKING = "stacking"
    REJECTING = "rejecting"


class Cause(StrEnum):
    TIME = "time"
    INSERT = "a note is put in"
    REFUSE = "the note is not recognised"
    ACCEPT = "a poll, after one has shown the note"
    REJECT = "REJECT"
    HOLD = "HOLD"
    ENABLE = "ENABLE"
    DISABLE = "DISABLE"


MOVES: dict[tuple[State, Cause], State] = {
    (State.INITIALISING, Cause.TIME): State.DISABLED,
    (State.DISABLED, Cause.ENABLE): State.IDLE,
    (State.DISABLED, Cause.DISABLE): State.DISABLED,
    (State.IDLE, Cause.ENABLE): State.IDLE,
    (State.IDLE, Cause.DISABLE): State.DISABLED,
    (State.IDLE, Cause.INSERT): State.READING,
    (State.READING, Cause.TIME): State.ESCROW,
    (State.READING, Cause.REFUSE): State.REJECTING,
    (State.ESCROW, Cause.ACCEPT): State.STACKING,
    (State.ESCROW, Cause.REJECT): State.REJECTING,
    (State.ESCROW, Cause.HOLD): State.ESCROW,
    (State.ESCROW, Cause.TIME): State.REJECTING,
    (State.STACKING, Cause.TIME): State.IDLE,
    (State.REJECTING, Cause.TIME): State.IDLE,
}

# Seconds.
LASTS = {
    State.INITIALISING: 1.5,
    State.READING: 0.8,
    State.ESCROW: 10.0,
    State.STACKING: 1.5,
    State.REJECTING: 0.7,
}
SWALLOWED_AFTER = 0.8  # of STACKING

_SHOWN = {
    State.DISABLED: bytes([Code.DISABLED]),
    State.READING: bytes([Code.READ, 0]),
    State.STACKING: bytes([Code.STACKING]),
    State.REJECTING: bytes([Code.REJECTING]),
}
"""What is told by every poll while a state lasts."""


class SimSspDevice(SimWire):
    """`simlink.SimulatedDevice`. `repeats`: it knows POLL WITH ACK."""

    unit_type = b"\x00"

    def __init__(
        self,
        clock: Clock,
        *,
        notes: Sequence[int] = ROUBLES,
        currency: str = "RUB",
        serial: int = 1_873_452,
        version: int = 6,
        capacity: int = 500,
        repeats: bool = True,
        key: int | None = None,
    ) -> None:
        super().__init__(clock, key=key)
        self.state = State.INITIALISING
        self.trouble = b""  # what it tells instead of its state, while something is wrong
        self.note: int | None = None  # in the path: its channel
        self.cashbox: list[int] = []
        self.given_back: list[int] = []
        self.taken_out: list[int] = []  # by hand, from a jam or with the cashbox
        self.currency = currency
        self._notes, self._serial = tuple(notes), serial
        self._newest, self._version, self._capacity, self._repeats = version, 4, capacity, repeats
        self._since = clock.monotonic()
        self._to_tell = [bytes([Code.RESET])]
        self._unacknowledged: list[bytes] = []
        self._swallowed: int | None = None  # in the cashbox, and nobody was told
        self._found: list[bytes] = []  # what power-up tells at its end
        self._offered = False  # a poll has shown the note in escrow
        self._mask = 0
        self._refusal = self._reason = 0

    # --- the script

    def insert(self, channel: int) -> bool:
        """A customer puts a note of this channel in; whether it is drawn in at all."""
        self._pass()
        if self.note is not None:
            raise ValueError("a note is in the path")
        if not self.powered or self.trouble or self.state is not State.IDLE or self._unacknowledged:
            return False
        self.note = channel
        self._go(Cause.INSERT)
        if not self._mask >> channel - 1 & 1:
            self._refusal = self._refusal or 0x0C
        return True

    def refuse_next(self, reason: int) -> None:
        self._refusal = reason

    def jam(self, code: Code = Code.SAFE_JAM) -> None:
        """Everything stands still where it is."""
        self._pass()
        self.trouble = bytes([code])

    def clear(self, *, take_out: bool = True) -> None:
        """What was wrong is put right. The note in the path is taken out by hand, or left to go on."""
        self.trouble = b""
        self._since = self._clock.monotonic()
        if take_out and self.note is not None:
            self.taken_out.append(self.note)
            self.note = None
            self._enter(State.DISABLED)

    def take_cashbox(self) -> list[int]:
        """Takes the cashbox out, with what is in it."""
        self._pass()
        self._to_tell.append(bytes([Code.CASHBOX_REMOVED]))
        notes, self.cashbox = self.cashbox, []
        self.taken_out += notes
        return notes

    def put_cashbox(self) -> None:
        self._to_tell.append(bytes([Code.CASHBOX_REPLACED]))

    def cut_power(self) -> None:
        self._pass()
        self.powered = False

    def power_on(self, *, forgetful: bool = False) -> None:
        """`forgetful`: it does not tell that it has swallowed a note."""
        self.powered, self.trouble, self._mask, self._refusal, self._version = True, b"", 0, 0, 4
        self._to_tell, self._unacknowledged, self._found = [bytes([Code.RESET])], [], []
        self.forget()
        if self.note is not None:
            self._found = [bytes([Code.CLEARED_FROM_FRONT, self.note])]
            self.given_back.append(self.note)
        elif self._swallowed is not None and not forgetful:
            self._found = [bytes([Code.CLEARED_TO_CASHBOX, self._swallowed])]
        self.note = self._swallowed = None
        self._enter(State.INITIALISING)

    # --- what it answers

    def line_held(self, seconds: float, now: float) -> None:
        """SSP knows no reset by the line."""

    def obey(self, what: int, data: bytes) -> bytes:
        self._pass()
        match what:
            case Command.POLL:
                return self._poll(repeating=False)
            case Command.POLL_WITH_ACK if self._repeats:
                return self._poll(repeating=True)
            case Command.EVENT_ACK if self._repeats:
                told, self._unacknowledged = self._unacknowledged, []
                self._reported(told)
                return _OK if told else _NOT_NOW
            case Command.VERSION if len(data) == 1:
                if data[0] > self._newest:
                    return bytes([Answer.FAIL])
                self._version = data[0]
                return _OK
            case Command.SERIAL:
                return _OK + self._serial.to_bytes(4, "big")
            case Command.SETUP:
                return _OK + self._setup()
            case Command.LAST_REJECT:
                return _OK + bytes([self._reason])
            case Command.INHIBITS if len(data) == 2:
                self._mask = int.from_bytes(data, "little")
                return _OK
            case Command.REJECT | Command.HOLD | Command.ENABLE | Command.DISABLE:
                return self._order(Cause[Command(what).name])
            case Command.RESET:
                self.power_on()
                return _OK
        return bytes([Answer.NOT_KNOWN])

    def _order(self, cause: Cause) -> bytes:
        if (self.state, cause) not in MOVES or self.trouble:
            return _NOT_NOW
        if cause is Cause.REJECT:
            self._reason = BY_HOST
        self._go(cause)
        return _OK

    def _poll(self, *, repeating: bool) -> bytes:
        if self.state is State.ESCROW and self._offered and not self.trouble:
            self._go(Cause.ACCEPT)
        told, self._to_tell = self._to_tell, []
        if self.state is State.ESCROW and self.note is not None and not self._offered and not self.trouble:
            self._offered = True
            told.append(bytes([Code.READ, self.note]))
        if repeating:
            self._unacknowledged += [event for event in told if event[0] in ACKNOWLEDGED]
            told = self._unacknowledged + [event for event in told if event[0] not in ACKNOWLEDGED]
        else:
            self._reported(told)
        return _OK + b"".join(told) + self._shown(repeating=repeating)

    def _shown(self, *, repeating: bool) -> bytes:
        if self.trouble:
            return self.trouble
        if self.state is State.INITIALISING:
            return bytes([Code.DISABLED, Code.INITIALISING] if repeating else [Code.DISABLED])
        full = len(self.cashbox) >= self._capacity and self.state in (State.IDLE, State.DISABLED)
        return bytes([Code.STACKER_FULL]) * full + _SHOWN.get(self.state, b"")

    def _reported(self, told: list[bytes]) -> None:
        """The host has been told."""
        if any(event[0] == Code.CREDIT for event in told):
            self._swallowed = None

    def _setup(self) -> bytes:
        count, multiplier, wide = len(self._notes), gcd(*self._notes), b""
        values = bytes(count)
        if self._version >= 6:
            wide = self.currency.encode() * count + b"".join(value.to_bytes(4, "little") for value in self._notes)
        else:
            values = bytes(value // multiplier for value in self._notes)
        head = self.unit_type + b"0459" + self.currency.encode() + multiplier.to_bytes(3, "big") + bytes([count])
        return head + values + b"\x02" * count + (100).to_bytes(3, "big") + bytes([self._version]) + wide

    # --- time and moves

    def _pass(self) -> None:
        """Whatever time alone has brought about until now."""
        while self.powered and not self.trouble and self.state in LASTS:
            passed = self._clock.monotonic() - self._since
            if self.state is State.STACKING and passed >= SWALLOWED_AFTER and self.note is not None:
                self._swallow(self.note)
            if passed < LASTS[self.state]:
                return
            self._since += LASTS[self.state]
            refused = self.state is State.READING and self._refusal
            self._go(Cause.REFUSE if refused else Cause.TIME, at=self._since)

    def _swallow(self, channel: int) -> None:
        """The credit point."""
        self.store(channel)
        self._to_tell.append(bytes([Code.CREDIT, channel]))
        self._swallowed, self.note = channel, None

    def store(self, channel: int) -> None:
        self.cashbox.append(channel)

    def _go(self, cause: Cause, *, at: float | None = None) -> None:
        before, state = self.state, MOVES[self.state, cause]
        match before, cause:
            case State.INITIALISING, Cause.TIME:
                self._to_tell += self._found
                self._swallowed = None
            case State.READING, Cause.REFUSE:
                self._reason, self._refusal = self._refusal, 0
            case State.ESCROW, Cause.TIME:
                self._reason = ESCROW_TIMED_OUT
            case State.STACKING, Cause.TIME:
                self._to_tell.append(bytes([Code.STACKED]))
            case State.REJECTING, Cause.TIME if self.note is not None:
                self._to_tell.append(bytes([Code.REJECTED]))
                self.given_back.append(self.note)
                self.note = None
        if state is State.ESCROW and before is State.READING:
            self._offered = False
        self._enter(state, at)

    def _enter(self, state: State, at: float | None = None) -> None:
        self.state = state
        self._since = self._clock.monotonic() if at is None else at


_OK, _NOT_NOW = bytes([Answer.OK]), bytes([Answer.NOT_NOW])
