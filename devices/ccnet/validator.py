"""CCNET from the host's side, without I/O: what the device answers goes in, happenings come out, and what is to be
said to it next.

**One credit for each note.** A note that is to be stacked takes a number when `accept` is called, and its credit has
that number, however often the device shows it as stacked. A device that shows a stacked note unasked gets a new number
only if it was seen at rest, and then taking one, since the last credit, and shows it twice; else it shows the last
note again. So the host may be killed at any step: the next one begins with the last note that the journal knows, and
shows the same key.

**Late answers move no money.** Where an answer may be a late one, a note that is held or stacked is believed when it
is shown twice: a device shows both until it is told to go on, and what comes late comes once.

**Nothing is forgotten before it is written down.** The device forgets a stacked note when its answer is acknowledged,
so that answer is acknowledged after `acknowledge` only; a returned note, or one whose value nobody knows, when it is
seen a second time: by then the owner has had it from the first. A power-up is left (by a reset) in the same way.

Failures: `Misuse` where no note is held, a denomination is unknown, or a reset would lose a note from sight.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ...errors import Reason
from ..nouns import (
    NO_KEY,
    Credited,
    Escrowed,
    GivenBack,
    Happening,
    Identity,
    Key,
    Lost,
    Misuse,
    Rejected,
    Restarted,
    Standing,
    Stood,
)
from .frames import Command
from .states import (
    FAILURES,
    HELD_STATES,
    MOVES,
    POWER_UPS,
    REJECTED,
    REJECTIONS,
    STATES,
    TELLS_ITSELF,
    UNDER_WAY,
    UNKNOWN,
    Phase,
    Seen,
    State,
    Tell,
)

HOLD_AFTER = 5.0  # seconds; a device gives a note back by itself after 10
KINDS = 24  # of notes in a device's table
PART, SERIAL = slice(0, 15), slice(15, 27)
TYPED = frozenset({State.ESCROW, State.STACKED, State.RETURNED})


class Validator:
    """What is known of one device. `epoch` is the journal's numbering; `last` the newest note that the journal knows as
    to be stacked or as credited. `decimals`: how many digits minor units have."""

    def __init__(self, *, epoch: int = 1, last: Credited | None = None, decimals: int = 2) -> None:
        self.identity: Identity | None = None
        self.fresh = False  # identity and table were read since the device was last away
        self.phase = Phase.NONE
        self.state = -1
        self.standing = Standing.OFFLINE
        self.kinds: Mapping[int, int] = {}  # bill type -> denomination
        self._told: tuple[Standing, str] | None = None
        self._wanted: frozenset[int] = frozenset()
        self._applied: bytes | None = None  # the mask that the device is known to have
        self._epoch, self._decimals, self._known = epoch, decimals, last
        self._last: Key = last.key if last else NO_KEY
        self._credited: Key | None = None  # the newest that was told; acknowledged or not
        self._acknowledged = False
        self._unasked = 0  # 1: seen at rest since the last credit, 2: and then taking a note
        self._held: tuple[int, Key] = (0, NO_KEY)  # type and key of the note under way
        self._held_at = 0.0
        self._doubted = False  # the device was away since the last answer
        self._shown_once = False  # a note that was stacked unasked
        self._body = b""  # the answer last taken in
        self._first = self._again = False  # of that: the first of all, the same as before
        self._uneasy = False  # of that: it may be a late one

    # --- who the device is

    def learn(self, identification: bytes, table: bytes) -> list[Happening]:
        """Bodies of the answers to IDENTIFICATION and GET BILL TABLE."""
        kinds, countries = {}, []
        for kind in range(KINDS):
            value, country, exponent = table[kind * 5], table[kind * 5 + 1 : kind * 5 + 4], table[kind * 5 + 4]
            power = self._decimals + (-(exponent & 0x7F) if exponent & 0x80 else exponent)
            if value and 0 <= power < 16:
                kinds[kind] = value * 10**power
                countries.append(_text(country))
        serial = _text(identification[SERIAL]) or identification[SERIAL.stop :].hex()
        replaced = self.identity is not None and self.identity.serial != serial
        self.identity = Identity(serial=serial, model=_text(identification[PART]), currency=(countries or [""])[0])
        self.kinds, self.fresh, self._applied = kinds, True, None
        if not (replaced and self.phase in UNDER_WAY):
            return []
        self.phase = Phase.NONE
        return [Lost(1, "ccnet.replaced")]

    @property
    def tells_itself(self) -> bool:
        """Whether it is to be asked now who it is. A note that it shows can have no value before that, so then it is
        asked even where it may refuse."""
        if self.fresh:
            return False
        return self.state in TELLS_ITSELF or (self.identity is None and self.state in TYPED)

    # --- what it answers

    def away(self) -> None:
        """It was lost from sight: what it is, what it takes and which note it holds are looked at anew."""
        self.fresh, self._applied, self._doubted = False, None, True

    def stood(self, standing: Standing, code: str = "") -> list[Happening]:
        self.standing = standing
        if self._told == (standing, code):
            return []
        self._told = standing, code
        return [Stood(standing, code)]

    def sight(self, body: bytes) -> bool:
        """Takes in an answer to POLL, of which nothing is told yet. Whether it may be acknowledged at once."""
        self._first, self._again = self.state < 0, self._body == body
        self.state, self._body = body[0], body
        if self.state in POWER_UPS and not self._again:
            self.fresh, self._applied = False, None
        if self.state == State.STACKED:
            return self.phase is Phase.CREDITED and self._acknowledged
        return self.state != State.RETURNED or self.phase is Phase.RETURNED

    def see(self, body: bytes, now: float, *, uneasy: bool = False) -> list[Happening]:
        """What the answer that was taken in by `sight` says; `now` in monotonic seconds. `uneasy`: it may be a late
        answer to an earlier question."""
        self._uneasy = uneasy
        seen, standing, code = STATES.get(body[0], UNKNOWN)
        detail = body[1] if len(body) > 1 else None
        if body[0] in TYPED and detail is None:
            seen, standing, code = UNKNOWN
        if body[0] == State.FAILURE and detail is not None:
            code = FAILURES.get(detail, code)
        if seen is Seen.ESCROW and uneasy and self.phase not in UNDER_WAY and not self._again:
            return self.stood(standing, code)  # a note that is held stays so for seconds
        happenings: list[Happening] = []
        if self._shown_once and seen is not Seen.NOTHING:
            self._shown_once = False
            if seen is not Seen.STACKED:
                happenings += self._tell(Tell.LOST, self.phase, detail, now)
        if seen is Seen.ESCROW and detail is not None and self.phase in UNDER_WAY and detail != self._held[0]:
            happenings += self._move(Seen.REST, detail, now)
        happenings += self._move(seen, detail, now)
        self._rest(seen)
        self._doubted = False
        if self.state == State.DISABLED:
            self._applied = bytes(3)
        return happenings + self.stood(standing, code)

    def _move(self, seen: Seen, detail: int | None, now: float) -> list[Happening]:
        before = self.phase
        self.phase, tells = MOVES[before][seen]
        if self.phase is Phase.RESTARTED and before is Phase.RESTARTED and self._again:
            return []
        if seen is Seen.ESCROW and before is Phase.WANTED and self._doubted:
            self.phase, tells = Phase.HELD, (Tell.ESCROWED,)
        happenings: list[Happening] = []
        for tell in tells:
            happenings += self._tell(tell, before, detail, now)
        if before is Phase.CREDITED and seen is Seen.STACKED and self._credited is None:
            self._acknowledged = True  # a note of no known value, told in the round before
        return happenings

    def _tell(self, tell: Tell, before: Phase, detail: int | None, now: float) -> list[Happening]:
        match tell:
            case Tell.ESCROWED:
                return self._escrow(before, detail, now)
            case Tell.CREDITED:
                return self._credit(before, detail)
            case Tell.GIVEN_BACK:
                kind = self._held[0] if before in UNDER_WAY else detail
                return [GivenBack(self._value(kind, self._last))]
            case Tell.REJECTED:
                return [Rejected(REJECTIONS.get(-1 if detail is None else detail, REJECTED))]
            case Tell.RESTARTED:
                return [Restarted(POWER_UPS[State(self.state)])]
            case Tell.LOST:
                self._wanted = frozenset()
                return [Lost(1, "ccnet.outcome-unseen")]

    def _escrow(self, before: Phase, detail: int | None, now: float) -> list[Happening]:
        self._held_at = now
        if before in UNDER_WAY:  # the same note, shown again after the device was away
            return [Escrowed(self._value(self._held[0], NO_KEY), self._held[1])]
        kind = -1 if detail is None else detail
        self._held = kind, self._next()
        if kind not in self.kinds:  # nobody could decide on it
            self.phase = Phase.UNWANTED
            return []
        return [Escrowed(self.kinds[kind], self._held[1])]

    def _credit(self, before: Phase, detail: int | None) -> list[Happening]:
        if before in UNDER_WAY:
            if not self._again and (self._uneasy or detail != self._held[0]):
                self.phase = before  # perhaps the end of the note before, which would come once
                return []
            self._last = self._held[1]
        elif self._unasked == 2:
            if not self._again:  # a late answer would look the same, so it must be shown twice
                self.phase, self._shown_once = Phase.NONE, True
                return []
            self._last = self._next()
        self._unasked = 0
        if self._credited is not None and self._last == self._credited:
            return []
        self._acknowledged = False
        if value := self._value(detail, self._last):
            key = self._last if self._last != NO_KEY else (self._serial, self._epoch, 0)
            self._last = self._credited = key
            return [Credited(value, key)]
        self._credited = None
        return [Lost(1, "ccnet.unknown-note")]

    def _rest(self, seen: Seen) -> None:
        if seen is Seen.REST:
            self._unasked = max(self._unasked, 1)
        elif (seen is Seen.ACCEPTING and (self._unasked or self._first)) or (seen is Seen.MOVING and self._unasked):
            self._unasked = 2

    @property
    def _serial(self) -> str:
        return self.identity.serial if self.identity else ""

    def _next(self) -> Key:
        number = self._last[2] if self._last[:2] == (self._serial, self._epoch) else 0
        return self._serial, self._epoch, number + 1

    def _value(self, kind: int | None, key: Key) -> int:
        """0 = not known: a note that an earlier host left in a device which does not say now what it knows."""
        value = self.kinds.get(-1 if kind is None else kind, 0)
        if not value and self.identity is None and self._known and self._known.key == key:
            value = self._known.denomination
        return value

    # --- what the owner wants

    def want(self, denominations: Collection[int]) -> None:
        """Raises Misuse for one that the device does not know; before it has told its table, anything may be wanted."""
        unknown = set(denominations) - set(self.kinds.values()) if self.identity else set()
        if unknown:
            raise Misuse(Reason("ccnet.no-denomination", denomination=min(unknown)))
        self._wanted = frozenset(denominations)

    def accept(self) -> None:
        """The note is to be stacked: it takes its number."""
        if self.phase not in (Phase.HELD, Phase.WANTED):
            raise Misuse(Reason("ccnet.no-note"))
        self.phase = Phase.WANTED
        self._last = self._held[1]

    def accept_refused(self) -> None:
        """The device has refused the one and only STACK: it is not stacking."""
        if self.phase is Phase.WANTED:
            self.phase = Phase.HELD

    def give_back(self) -> None:
        if self.phase not in UNDER_WAY:
            raise Misuse(Reason("ccnet.no-note"))
        self.phase = Phase.UNWANTED

    def acknowledge(self, credit: Credited) -> None:
        self._acknowledged = self._acknowledged or credit.key == self._credited

    def reset(self) -> None:
        """Raises Misuse while a note is under way."""
        if self.phase in UNDER_WAY or self.state in (State.STACKING, State.STACKED):
            raise Misuse(Reason("ccnet.note-under-way"))

    # --- what is to be said next

    @property
    def waits_for_reset(self) -> bool:
        return self.phase is Phase.RESTARTED and self.state in POWER_UPS

    @property
    def sure(self) -> bool:
        """Whether no note can be on its way, so that an answer which repeats the last one says nothing new."""
        return self.phase not in UNDER_WAY and STATES.get(self.state, UNKNOWN)[1] is not Standing.BUSY

    def next(self, now: float) -> tuple[Command, bytes] | None:
        """A command that follows from the last answer; None = there is none."""
        if self.state in HELD_STATES:
            if self.phase is Phase.WANTED:
                return Command.STACK, b""
            if self.phase is Phase.UNWANTED:
                return Command.RETURN, b""
            if self.phase is Phase.HELD and now - self._held_at >= HOLD_AFTER:
                return Command.HOLD, b""
        if self.state in (State.IDLING, State.DISABLED):
            mask = self._mask()
            if mask != self._applied:
                return Command.ENABLE, mask + mask  # every note that is taken is held first
        return None

    def done(self, what: Command, data: bytes, now: float) -> None:
        """The device has said that it does it."""
        if what is Command.HOLD:
            self._held_at = now
        elif what is Command.ENABLE:
            self._applied = data[:3]

    def _mask(self) -> bytes:
        """Three bytes, the lowest type in the lowest bit of the last. Before the table is known nothing is taken, and
        the device comes to where it may be asked for it."""
        kinds = (kind for kind, value in self.kinds.items() if self.fresh and value in self._wanted)
        return sum(1 << kind for kind in kinds).to_bytes(3, "big")


def _text(data: bytes) -> str:
    return "".join(chr(byte) for byte in data if 0x20 <= byte < 0x7F).strip()
