"""SSP from the host's side, without I/O: what the device answers goes in, happenings come out, and what is to be said
to it next.

**A note is accepted by a poll.** Once a poll has shown a note in escrow, the next one stacks it. So while nobody has
decided HOLD is said instead, and again right before the accepting poll: only what is held for certain is accepted. A
host that starts says REJECT before it polls: what an earlier one left in escrow goes back.

**Nothing is forgotten before it is written down.** While a credit is not acknowledged nothing new is said
(`unwritten`), and EVENT ACK is said after that only. What else was told is written down when the owner calls again.

A device that was without power says so at once, and only later whether it found a note; so that is waited for.

Failures: `Misuse` where no note is held, a denomination is unknown, or a reset would lose a note from sight.
"""

from __future__ import annotations

from collections.abc import Collection

from ...errors import Reason
from ..nouns import (
    NO_KEY,
    Credited,
    Escrowed,
    GivenBack,
    Happening,
    Identity,
    Key,
    Left,
    Lost,
    Misuse,
    Rejected,
    Restarted,
    Standing,
    Stood,
)
from .credits import Credits
from .events import ACKNOWLEDGED, AT_REST, HIGHEST, Code, Event, events
from .frames import Answer, Command
from .intake import Intake
from .messages import Setup
from .states import (
    LEFT,
    MEANINGS,
    MOVES,
    REJECTED,
    REJECTIONS,
    UNDER_WAY,
    UNKNOWN,
    WAS_HELD,
    WORST,
    Phase,
    Seen,
    Tell,
)

# Seconds.
HOLD_EVERY = 1.0  # a device gives a note back by itself after 10
UNSEEN = 10.0  # at rest for so long: what became of the note was not shown
LOOKS_FOR_NOTES = 3.0  # after its power came back, before it is believed that it found none

Said = tuple[Command, bytes]


class Validator:
    """What is known of one device; `epoch` and `last`: see `credits.Credits`."""

    def __init__(self, *, epoch: int = 1, last: Credited | None = None) -> None:
        self.identity: Identity | None = None
        self.version = HIGHEST
        self.fresh = False  # it was asked who it is since it was last away
        self.repeats = True  # it knows POLL WITH ACK, as far as is known
        self.owes_ack = False  # the device repeats events until EVENT ACK
        self.phase = Phase.NONE
        self.standing = Standing.OFFLINE
        self._told: tuple[Standing, str] | None = None
        self._credits = Credits(epoch, last)
        self._intake = Intake()
        self._cashbox_out = False
        self._held: tuple[int, Key] = (0, NO_KEY)  # channel and key of the note under way
        self._moved_at = self._held_at = self._restarted_at = 0.0
        self._sure = False  # that the note to be stacked is still in escrow
        self._sent = False  # the poll that stacks it
        self._to_reject = True  # an earlier host may have left a note in escrow
        self._left: Left | None = None  # what was told of the last restart

    # --- who the device is

    @property
    def denominations(self) -> tuple[int, ...]:
        return tuple(sorted(set(self._credits.values.values())))

    def learn(self, serial: str, setup: Setup) -> list[Happening]:
        replaced = self.identity is not None and self.identity.serial != serial
        self.identity = Identity(serial, setup.unit, setup.firmware, setup.currency)
        self.version, self.fresh = setup.version, True
        self._intake.forget()
        self._credits.serial, self._credits.values, self._credits.known = serial, setup.values, True
        if not (replaced and self.phase in UNDER_WAY):
            return []
        self.phase = Phase.NONE
        return [Lost(1, "ssp.replaced")]

    # --- what it answers

    def away(self) -> None:
        """It was lost from sight: who it is and what it takes is asked anew, and a note that nobody has accepted goes
        back, as it may have been taken out and another one put in."""
        self.fresh, self.repeats = False, True
        self._intake.forget()
        if self.phase is Phase.HELD or (self.phase is Phase.WANTED and not self._sent):
            self._reject()

    def stood(self, standing: Standing, code: str = "") -> list[Happening]:
        self.standing = standing
        if self._told == (standing, code):
            return []
        self._told = standing, code
        return [Stood(standing, code)]

    def see(self, body: bytes, now: float) -> list[Happening]:
        """An answer to a poll; `now` in monotonic seconds."""
        found = sorted(events(body, self.version), key=lambda event: event.code != Code.RESET)
        codes = {event.code for event in found}
        happenings: list[Happening] = []
        for event in found or [AT_REST]:
            happenings += self._take(event, now)
        self.owes_ack = self.owes_ack or bool(codes & ACKNOWLEDGED)
        looking = Code.INITIALISING in codes or now - self._restarted_at < LOOKS_FOR_NOTES
        if self.phase is Phase.RESTARTED and self._left is None and not looking:
            happenings += self._restarted(Left.NOTHING)
        return happenings + self._stand(found)

    def _take(self, event: Event, now: float) -> list[Happening]:
        seen = MEANINGS.get(event.code, UNKNOWN)[0]
        happenings: list[Happening] = []
        if event.code == Code.READ and event.channel:
            seen = Seen.ESCROW
        match event.code:
            case Code.RESET:
                self.away()
                self._restarted_at, self._left, self.owes_ack, self._cashbox_out = now, None, False, False
            case Code.CASHBOX_REMOVED | Code.CASHBOX_REPLACED:
                self._cashbox_out = event.code == Code.CASHBOX_REMOVED
            case Code.DISABLED:
                self._intake.on = False
        if self.phase in UNDER_WAY:
            if seen is Seen.REST and now - self._moved_at >= UNSEEN:
                seen = Seen.GONE
            elif seen is Seen.ESCROW and event.channel != self._held[0]:
                happenings += self._move(Seen.GONE, event, now)
        if seen is not Seen.REST:
            self._moved_at = now
        happenings += self._move(seen, event, now)
        self._credits.saw(seen)
        return happenings

    def _move(self, seen: Seen, event: Event, now: float) -> list[Happening]:
        before = self.phase
        self.phase, tells = MOVES[before][seen]
        happenings: list[Happening] = []
        if before is Phase.RESTARTED is not self.phase and self._left is None:
            happenings += self._restarted(Left.NOTHING)
        if seen is Seen.ESCROW and self.phase is Phase.UNWANTED:
            self._reject()
        for tell in tells:
            match tell:
                case Tell.ESCROWED:
                    happenings += self._escrow(event.channel, now)
                case Tell.CREDITED:
                    credit = self._credits.credit(event.channel, self._held[1] if before in UNDER_WAY else NO_KEY)
                    if credit is not None:
                        happenings.append(credit if credit.denomination else Lost(1, "ssp.unknown-note"))
                case Tell.GIVEN_BACK:
                    happenings.append(GivenBack(self._credits.value(*self._held)))
                case Tell.RESTARTED:
                    happenings += self._restarted(LEFT[seen])
                case Tell.LOST:
                    self._intake.wanted = frozenset()
                    happenings.append(Lost(1, "ssp.outcome-unseen"))
        return happenings

    def _escrow(self, channel: int, now: float) -> list[Happening]:
        self._held, self._held_at = (channel, self._credits.next()), now
        if not (value := self._credits.values.get(channel, 0)):  # nobody could decide on it
            self._reject()
            return []
        return [Escrowed(value, self._held[1])]

    def _restarted(self, left: Left) -> list[Happening]:
        if self._left is left:
            return []
        self._left = left
        return [Restarted(left)]

    def _stand(self, found: list[Event]) -> list[Happening]:
        meanings = [MEANINGS.get(event.code, UNKNOWN) for event in found]
        if self._cashbox_out:
            meanings.append(MEANINGS[Code.CASHBOX_REMOVED])
        if self.phase is Phase.RESTARTED:
            meanings.append(MEANINGS[Code.RESET])
        codes = {standing: code for _, standing, code in reversed(meanings)}
        standing = next((each for each in WORST if each in codes), None)
        if standing is None:
            return self.stood(Standing.ACCEPTING if self._intake.on else Standing.DISABLED)
        return self.stood(standing, codes[standing])

    # --- what the owner wants

    def want(self, denominations: Collection[int]) -> None:
        """Raises Misuse for one that the device does not know; before it has told its channels, anything may be
        wanted."""
        unknown = set(denominations) - set(self.denominations) if self.identity else set()
        if unknown:
            raise Misuse(Reason("ssp.no-denomination", denomination=min(unknown)))
        self._intake.wanted = frozenset(denominations)

    def accept(self) -> None:
        """The note is to be stacked: it takes its number."""
        if self.phase not in (Phase.HELD, Phase.WANTED):
            raise Misuse(Reason("ssp.no-note"))
        if self.phase is Phase.HELD:
            self._sure = self._sent = False
        self.phase = Phase.WANTED
        self._credits.take(self._held[1])

    def give_back(self) -> None:
        if self.phase not in UNDER_WAY:
            raise Misuse(Reason("ssp.no-note"))
        self._reject()

    def acknowledge(self, credit: Credited) -> None:
        self._credits.acknowledge(credit)

    def reset(self) -> None:
        """Raises Misuse while a note is under way."""
        if self.phase in UNDER_WAY or self.unwritten:
            raise Misuse(Reason("ssp.note-under-way"))

    def _reject(self) -> None:
        self.phase, self._to_reject = Phase.UNWANTED, True

    # --- what is to be said next

    @property
    def unwritten(self) -> bool:
        """Whether a credit was told that is not acknowledged."""
        return self.phase is Phase.CREDITED and not self._credits.acknowledged

    @property
    def holds(self) -> bool:
        """Whether a poll would stack a note that nobody has accepted."""
        return self.phase is Phase.HELD or (self.phase is Phase.WANTED and not (self._sure or self._sent))

    def polling(self) -> Command:
        """The poll that is to be said now; it stacks a note that is wanted."""
        self._sent = self._sent or self.phase is Phase.WANTED
        return Command.POLL_WITH_ACK if self.repeats else Command.POLL

    def next(self, now: float) -> Said | None:
        """A command that follows from the last answer; None = there is none."""
        if self.owes_ack and self.repeats:
            return Command.EVENT_ACK, b""
        if self.phase is Phase.CREDITED or (self.phase is Phase.RESTARTED and self._left is not None):
            self.phase = Phase.NONE
        match self.phase:
            case Phase.WANTED if self.holds:
                return Command.HOLD, b""
            case Phase.HELD if now - self._held_at >= HOLD_EVERY:
                return Command.HOLD, b""
            case Phase.UNWANTED | Phase.NONE if self._to_reject:
                return Command.REJECT, b""
            case Phase.REFUSED:
                return Command.LAST_REJECT, b""
            case Phase.NONE | Phase.RESTARTED:
                letting = self.fresh and self.phase is Phase.NONE
                return self._intake.next(self._credits.values if letting else {}, self.standing)
        return None

    def done(self, what: Command, data: bytes, body: bytes, now: float) -> list[Happening]:
        """The device has answered to a command of `next`."""
        obeyed = body[0] == Answer.OK
        match what:
            case Command.EVENT_ACK:
                self.owes_ack = False
            case Command.HOLD if len(body) > 1:
                return self.see(body, now)  # a poll's answer, said again: to a host that has just begun
            case Command.HOLD if obeyed:
                self._held_at, self._sure = now, self.phase is Phase.WANTED
            case Command.HOLD if self.phase in UNDER_WAY:
                self.phase, self._to_reject, self._moved_at = Phase.UNWANTED, False, now
            case Command.REJECT:
                self._to_reject, self._moved_at = False, now
                if obeyed and self.phase is Phase.NONE:
                    self.phase, self._held = Phase.UNWANTED, (0, NO_KEY)
            case Command.LAST_REJECT:
                self.phase = Phase.NONE
                reason = body[1] if len(body) > 1 else 0
                return [GivenBack(0) if reason in WAS_HELD else Rejected(REJECTIONS.get(reason, REJECTED))]
            case _:
                self._intake.done(what, data, body)
        return []
