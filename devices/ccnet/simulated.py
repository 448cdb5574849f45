"""A simulated CCNET validator: the protocol from the device's side, and where each note really is.

`MOVES` is its whole behaviour, `LASTS` how long a state stands by itself. It shows a stacked or returned note until
that answer is acknowledged; gives a held note back after ten seconds; swallows a note in the middle of stacking, so
that a power cut finds it in the path before, and in the stacker after. `cassette`, `given_back` and `taken_out` are the
truth that a test compares with what the host believes.

Failures: ValueError where a script asks for what cannot be (a note into a validator that has one).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from ..promises import Clock
from .frames import VALIDATOR, Command, Frame, Reader, Spoilt, frame
from .states import TELLS_ITSELF, State

GAP = 0.05  # seconds; bytes that come later belong to another frame
BUS_RESET = 0.1  # seconds of a low line

# (value, exponent) by bill type, of the RUB table
ROUBLES: tuple[tuple[int, int], ...] = ((0, 0), (0, 0), (1, 1), (5, 1), (1, 2), (5, 2), (1, 3), (5, 3))


class Cause(StrEnum):
    TIME = "time"
    RESET = "RESET"
    ENABLE = "ENABLE BILL TYPES"
    DISABLE = "ENABLE BILL TYPES, none"
    INSERT = "a note is put in"
    REFUSE = "the note is not recognised"
    STACK = "STACK"
    RETURN = "RETURN"
    HOLD = "HOLD"
    ACK = "ACK"


MOVES: dict[tuple[State, Cause], State] = {
    (State.POWER_UP, Cause.RESET): State.INITIALIZE,
    (State.POWER_UP_NOTE_IN_PATH, Cause.RESET): State.INITIALIZE,
    (State.POWER_UP_NOTE_IN_STACKER, Cause.RESET): State.INITIALIZE,
    (State.INITIALIZE, Cause.TIME): State.DISABLED,
    (State.INITIALIZE, Cause.RESET): State.INITIALIZE,
    (State.DISABLED, Cause.RESET): State.INITIALIZE,
    (State.DISABLED, Cause.ENABLE): State.IDLING,
    (State.DISABLED, Cause.DISABLE): State.DISABLED,
    (State.IDLING, Cause.RESET): State.INITIALIZE,
    (State.IDLING, Cause.ENABLE): State.IDLING,
    (State.IDLING, Cause.DISABLE): State.DISABLED,
    (State.IDLING, Cause.INSERT): State.ACCEPTING,
    (State.ACCEPTING, Cause.REFUSE): State.REJECTING,
    (State.ACCEPTING, Cause.TIME): State.ESCROW,
    (State.REJECTING, Cause.TIME): State.IDLING,
    (State.ESCROW, Cause.STACK): State.STACKING,
    (State.ESCROW, Cause.RETURN): State.RETURNING,
    (State.ESCROW, Cause.HOLD): State.HOLDING,
    (State.ESCROW, Cause.TIME): State.RETURNING,
    (State.HOLDING, Cause.STACK): State.STACKING,
    (State.HOLDING, Cause.RETURN): State.RETURNING,
    (State.HOLDING, Cause.HOLD): State.HOLDING,
    (State.HOLDING, Cause.TIME): State.RETURNING,
    (State.STACKING, Cause.TIME): State.STACKED,
    (State.STACKED, Cause.ACK): State.IDLING,
    (State.RETURNING, Cause.TIME): State.RETURNED,
    (State.RETURNED, Cause.ACK): State.IDLING,
}

# Seconds.
LASTS = {
    State.INITIALIZE: 1.5,
    State.ACCEPTING: 0.8,
    State.REJECTING: 0.6,
    State.ESCROW: 10.0,
    State.HOLDING: 10.0,
    State.STACKING: 1.0,
    State.RETURNING: 0.7,
}
SWALLOWED_AFTER = 0.5  # of STACKING


class SimValidator:
    """`simlink.SimulatedDevice`. `rests`: it is disabled after each note, as some are. `unasked`: it stacks without
    holding first, as one does that ignores the escrow mask."""

    def __init__(
        self,
        clock: Clock,
        *,
        bills: Sequence[tuple[int, int]] = ROUBLES,
        country: str = "RUS",
        serial: str = "21KC12345678",
        capacity: int = 500,
        rests: bool = False,
        unasked: bool = False,
    ) -> None:
        self.state = State.POWER_UP
        self.trouble = b""  # what it answers instead of its state, while something is wrong
        self.powered = True
        self.note: int | None = None  # in the path
        self.cassette: list[int] = []
        self.given_back: list[int] = []
        self.taken_out: list[int] = []  # by hand, from a jam or with the cassette
        self.shown: list[bytes] = []  # states, as they were answered to POLL
        self._clock, self._since = clock, clock.monotonic()
        self._bills, self._country, self._serial, self._capacity = tuple(bills), country, serial, capacity
        self._rests, self._unasked = rests, unasked
        self._reader, self._heard_at = Reader(), clock.monotonic()
        self._swallowed: int | None = None  # in the cassette, and not acknowledged
        self._last = 0  # type of the note that STACKED and RETURNED show
        self._mask = 0
        self._refusal = 0
        self._cassette_in = True
        self._answer = b""  # the last, for NAK
        self._shows: State | None = None  # the state that was the last answer, where nothing was said since

    # --- the script

    def insert(self, kind: int) -> bool:
        """A customer puts a note of this bill type in; whether it is drawn in at all."""
        self._pass()
        if self.note is not None:
            raise ValueError("a note is in the path")
        if not self.powered or self.trouble or self.state is not State.IDLING:
            return False
        self.note = kind
        self._go(Cause.INSERT)
        if not self._mask >> kind & 1:
            self._refusal = self._refusal or 0x68
        return True

    def refuse_next(self, reason: int) -> None:
        self._refusal = reason

    def jam(self, state: State = State.VALIDATOR_JAMMED) -> None:
        """Everything stands still where it is."""
        self._pass()
        self.trouble = bytes([state])

    def fail(self, failure: int) -> None:
        self._pass()
        self.trouble = bytes([State.FAILURE, failure])

    def clear(self, *, take_out: bool = True) -> None:
        """What was wrong is put right. The note in the path is taken out by hand, or left to go on."""
        self.trouble = b""
        self._since = self._clock.monotonic()
        if take_out and self.note is not None:
            self.taken_out.append(self.note)
            self.note = None
            self._enter(State.INITIALIZE)

    def take_cassette(self) -> list[int]:
        """Takes the cassette out, with what is in it."""
        self._pass()
        self._cassette_in, self._swallowed = False, None
        notes, self.cassette = self.cassette, []
        self.taken_out += notes
        return notes

    def put_cassette(self) -> None:
        self._cassette_in = True

    def cut_power(self) -> None:
        self._pass()
        self.powered = False

    def power_on(self, *, forgetful: bool = False) -> None:
        """`forgetful`: it does not tell that it has swallowed a note."""
        self.powered, self.trouble, self._mask, self._refusal = True, b"", 0, 0
        self._reader.clear()
        self._shows, self._answer = None, b""
        if self.note is not None:
            self._enter(State.POWER_UP_NOTE_IN_PATH)
        elif self._swallowed is not None and not forgetful:
            self._enter(State.POWER_UP_NOTE_IN_STACKER)
        else:
            self._enter(State.POWER_UP)

    # --- the line

    def line_held(self, seconds: float, now: float) -> None:
        if self.powered and seconds >= BUS_RESET:
            self.cut_power()
            self.power_on()

    def hear(self, data: bytes, now: float) -> bytes:
        if not self.powered:
            return b""
        events = self._reader.pause() if now - self._heard_at > GAP else []
        self._heard_at = now
        events += self._reader.feed(data)
        answer = b""
        for event in events:
            if isinstance(event, Spoilt):
                answer += self._say(bytes([Command.NAK]))
            elif event.address == VALIDATOR:
                answer += self._obey(event)
        return answer

    def _obey(self, said: Frame) -> bytes:
        what, data = said.body[0], said.body[1:]
        self._pass()
        shown, self._shows = self._shows, None
        match what:
            case Command.ACK:
                if shown is self.state and (self.state, Cause.ACK) in MOVES:
                    self._go(Cause.ACK)
                return b""
            case Command.NAK:
                self._shows = shown
                return self._answer
            case Command.POLL:
                return self._poll()
            case Command.GET_STATUS:
                return self._say(self._mask.to_bytes(3, "big") * 2)
            case Command.IDENTIFICATION if self._tells():
                return self._say(b"SM-RU1353".ljust(15) + self._serial.encode().ljust(12)[:12] + bytes(7))
            case Command.BILL_TABLE if self._tells():
                return self._say(self._table())
            case Command.ENABLE if len(data) == 6 and not self.trouble:
                return self._enable(int.from_bytes(data[:3], "big"))
            case Command.RESET:
                return self._reset()
            case Command.STACK | Command.RETURN | Command.HOLD if not self.trouble:
                return self._order(Cause[Command(what).name])
        return self._say(bytes([State.ILLEGAL_COMMAND]))

    def _poll(self) -> bytes:
        body = self._shown()
        self.shown.append(body)
        answer = self._say(body)
        self._shows = self.state if body[0] == self.state else None
        return answer

    def _shown(self) -> bytes:
        if self.trouble:
            return self.trouble
        if not self._cassette_in and self.state in (State.IDLING, State.DISABLED, State.INITIALIZE):
            return bytes([State.CASSETTE_OUT])
        if len(self.cassette) >= self._capacity and self.state in (State.IDLING, State.DISABLED):
            return bytes([State.CASSETTE_FULL])
        match self.state:
            case State.ESCROW | State.STACKED | State.RETURNED:
                return bytes([self.state, self._last])
            case State.REJECTING:
                return bytes([self.state, self._refusal])
        return bytes([self.state])

    def _order(self, cause: Cause) -> bytes:
        if (self.state, cause) not in MOVES:
            return self._say(bytes([State.ILLEGAL_COMMAND]))
        self._go(cause)
        return self._say(bytes([Command.ACK]))

    def _enable(self, mask: int) -> bytes:
        answer = self._order(Cause.ENABLE if mask else Cause.DISABLE)
        if self.state in (State.IDLING, State.DISABLED):
            self._mask = mask
        return answer

    def _reset(self) -> bytes:
        """What was in the path goes back to the customer; what was wrong and is not put right, stays."""
        if self.note is not None and not self.trouble:
            self.given_back.append(self.note)
            self.note = None
        self._swallowed, self._mask, self._refusal = None, 0, 0
        self._enter(State.INITIALIZE)
        return self._say(bytes([Command.ACK]))

    def _tells(self) -> bool:
        return self._shown()[0] in TELLS_ITSELF

    def _table(self) -> bytes:
        rows = [bytes([value]) + self._country.encode() + bytes([exponent]) for value, exponent in self._bills]
        return b"".join(row if row[0] else bytes(5) for row in rows).ljust(120, b"\0")

    def _say(self, body: bytes) -> bytes:
        self._answer = frame(body)
        return self._answer

    # --- time and moves

    def _pass(self) -> None:
        """Whatever time alone has brought about until now."""
        while self.powered and not self.trouble and self.state in LASTS:
            passed = self._clock.monotonic() - self._since
            if self.state is State.STACKING and passed >= SWALLOWED_AFTER and self.note is not None:
                self.cassette.append(self.note)
                self._swallowed, self.note = self.note, None
            refused = self.state is State.ACCEPTING and self._refusal
            if passed < LASTS[self.state]:
                return
            self._since += LASTS[self.state]
            self._go(Cause.REFUSE if refused else Cause.TIME, at=self._since)

    def _go(self, cause: Cause, *, at: float | None = None) -> None:
        before, state = self.state, MOVES[self.state, cause]
        if state is State.ESCROW and self._unasked:
            state = State.STACKING
        if cause is Cause.ACK:
            self._swallowed = None
            if self._rests:
                state = State.DISABLED
        if before is State.ACCEPTING and self.note is not None:
            self._last = self.note
        if state in (State.RETURNED, State.REJECTING) and self.note is not None:
            self.given_back.append(self.note)
            self.note = None
        if before is State.REJECTING:
            self._refusal = 0
        self._enter(state, at)

    def _enter(self, state: State, at: float | None = None) -> None:
        self.state = state
        self._since = self._clock.monotonic() if at is None else at
