"""The pay-out of an SSP device (SMART Payout, Note Float): a pay-out is sent once, and its end is told once.

SSP has no counter of pay-outs. What stands for one is how many pieces of each denomination are stored, packed into a
number: journalled before, and compared with the same after. Pieces that are there no more were paid, or went to the
cashbox, as they do where the device cannot read them; so the difference is believed only where it comes to the value
that the device has told. It tells that with the event that ends a pay-out, and after a power cut; and again and again
until EVENT ACK, which is said when the end was told, and its owner has come back.

A pay-out never began where no piece has gone and none is being paid. A command that was not answered cannot come late
and spoil that: host and device agree on a new key first, and what was encrypted with the old one is no command.

Failures: `Unanswered` as the session says, or (ssp.outcome-unknown, ssp.payout-busy) where the device cannot tell;
never from `poll`. `Misuse` for what is not stored, while it pays out, where it refuses, and in the clear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from ...errors import Reason
from ...model import Noun
from ..nouns import Happening, Identity, Lost, Misuse, Paid, Pieces, Standing, Stood, Unanswered
from ..promises import Clock
from .events import Event, amounts, events
from .frames import Answer, Command
from .messages import PAY, TRY, fewer, levels, packed, payout_by_denomination
from .paystates import (
    ENDS,
    NOT_ENABLED,
    OTHERS,
    PAY_MOVES,
    PAY_STANDINGS,
    PAYING,
    REFUSALS,
    REFUSED,
    PayCause,
    PayState,
)
from .session import SspSession

# Seconds.
STANDSTILL = 15.0  # without a sign of a pay-out that was begun, and not ended
TO_END = 120.0  # in which a pay-out must end that `outcome` waits for
POLLS = 5  # at most, for one answer
LOOKS = 2  # polls that show no pay-out, before it is believed that none runs


class _Payout(Noun, frozen=True):
    before: int
    pieces: tuple[Pieces, ...]


class _End(Noun, frozen=True):
    """What ended a pay-out, and the value that the device says it has paid."""

    value: int
    code: str


class SspPayout:
    """`promises.Dispenser`, of the device behind `session`, which must be encrypted. Its owner polls both."""

    def __init__(self, session: SspSession, clock: Clock) -> None:
        if not session.is_encrypted:
            raise Misuse(Reason("ssp.payout-in-clear"))
        self._session, self._clock = session, clock
        self._state = PayState.RESTING
        self._told: tuple[Standing, str] | None = None
        self._pending: list[Happening] = []
        self._payout: _Payout | None = None  # of which poll will tell the end
        self._ready: int | None = None  # what `counter` told, and no pay-out was begun with
        self._stored: dict[int, int] = {}  # the levels at that time
        self._end: _End | None = None  # of the last pay-out
        self._running = False
        self._looks = 0  # polls that were answered
        self._moved_at = clock.monotonic()
        self._written = True  # the owner has come back since the end of the last pay-out was seen
        session.accompany(self)

    # --- the promise

    @property
    def standing(self) -> Standing:
        away = self._session.standing is Standing.OFFLINE
        return Standing.OFFLINE if away else PAY_STANDINGS[self._state][0]

    def identity(self) -> Identity:
        return self._session.identity()

    def poll(self) -> list[Happening]:
        """Sleeps until the next poll is due."""
        if self._payout is None:
            self._written = True
        if not self._session.has_told:
            self._session.turn()
        if self._payout is not None and (self._end is not None or self._stands_still):
            with suppress(Unanswered):
                self._settle(self._payout)
        self._stand()
        told, self._pending = self._pending, []
        return told

    def counter(self) -> int:
        """Makes the device ready for a pay-out. So `outcome` of an earlier one is asked before: what it is judged by is
        gone then. Raises Unanswered, and Misuse while it pays out."""
        if self._payout is not None:
            raise Misuse(Reason("ssp.payout-busy"))
        self._look()
        if self._end is not None:  # or it would be told once more, as the end of the next one
            self._session.acknowledge_events()
        self._obeyed(self._session.order(Command.ENABLE_PAYOUT, b"\x00"), NOT_ENABLED)
        self._stored = self._levels()
        self._ready, self._end = packed(self._stored), None
        return self._ready

    def dispense(self, pieces: Sequence[Pieces]) -> int:
        """Its counter before. Raises Misuse: nothing comes out; so it does where its counter is not what `counter` told
        last, as what was journalled would say nothing of this pay-out. Raises Unanswered: then `outcome` tells, and no
        poll will."""
        journalled, counter = self._ready, self.counter()
        self._ready = None
        if journalled not in (None, counter):
            raise Misuse(Reason("ssp.payout-changed"))
        wanted = tuple(each for each in pieces if each.count)
        if not wanted or any(not 0 < each.count <= self._stored.get(each.denomination, 0) for each in wanted):
            raise Misuse(Reason("ssp.payout-not-there"))
        self._say(wanted, TRY)
        try:
            self._say(wanted, PAY)
        except Unanswered:
            self._fire(PayCause.DOUBT)
            raise
        self._payout, self._moved_at = _Payout(counter, wanted), self._clock.monotonic()
        self._fire(PayCause.BEGUN)
        return counter

    def outcome(self, counter: int) -> Paid | None:
        """Waits where the device still pays out. What it tells no poll tells again."""
        payout = self._payout if self._payout and self._payout.before == counter else None
        self._wait_for_the_end()
        judged = self._judged(counter, payout.pieces if payout else ())
        self._payout = None
        if self._state is not PayState.JAMMED:
            self._fire(PayCause.OVER)
        return judged

    def stop(self) -> None:
        """Raises Unanswered; Misuse where nothing is paid out."""
        self._obeyed(self._session.order(Command.HALT), REFUSALS)

    def reset(self) -> None:
        """Of the whole device. Raises Misuse while it pays out, or a note is under way, and Unanswered."""
        if self._payout is not None:
            raise Misuse(Reason("ssp.payout-busy"))
        self._look()
        self._session.reset()
        self._ready = None

    def close(self) -> None:
        """A pay-out goes on, and whoever comes next can ask for its outcome. The session is its owner's to close."""
        self._written = True

    # --- for the session

    @property
    def unwritten(self) -> bool:
        """The end of a pay-out was seen: EVENT ACK waits until its owner has come back for more."""
        return not self._written

    def hear(self, body: bytes, version: int) -> None:
        found = events(body, version)
        self._looks += 1
        self._running = any(event.code in PAYING for event in found)
        if self._running:
            self._moved_at = self._clock.monotonic()
        for event in found:
            if event.code in ENDS:
                self._ended(event, version)
            elif event.code in OTHERS:
                self._fire(OTHERS[event.code])

    def _ended(self, event: Event, version: int) -> None:
        cause, code = ENDS[event.code]
        own = [amount for amount in amounts(event, version) if amount.currency in ("", self._currency)]
        end = _End(sum(amount.paid for amount in own), code)
        if end != self._end:
            self._end, self._written = end, False
            self._fire(cause)

    # --- a pay-out

    def _say(self, pieces: tuple[Pieces, ...], option: int) -> None:
        data = payout_by_denomination(pieces, self._currency, option)
        self._obeyed(self._session.order(Command.PAYOUT_BY_DENOMINATION, data), REFUSALS)

    @staticmethod
    def _obeyed(body: bytes, refusals: Mapping[int, str]) -> None:
        if body[0] != Answer.OK:
            raise Misuse(Reason(refusals.get(body[1] if len(body) > 1 else -1, REFUSED)))

    @property
    def _currency(self) -> str:
        return self._session.identity().currency

    def _levels(self) -> dict[int, int]:
        body = self._session.order(Command.ALL_LEVELS)
        try:
            if body[0] == Answer.OK:
                return levels(body, self._currency)
        except ValueError:
            pass
        raise Unanswered(Reason("ssp.no-levels"))

    def _look(self) -> None:
        """Polls, so that what is left of an earlier pay-out is seen before the next one. Raises Unanswered; Misuse
        where the device pays out."""
        looked, self._written = self._looks, True
        for _ in range(POLLS):
            self._session.turn()
            if self._looks > looked:
                break
        else:
            raise Unanswered(Reason("ssp.no-answer", command=Command.POLL.name))
        if self._running:
            raise Misuse(Reason("ssp.payout-busy"))

    @property
    def _stands_still(self) -> bool:
        return not self._running and self._clock.monotonic() - self._moved_at >= STANDSTILL

    def _settle(self, payout: _Payout) -> None:
        """Tells the end of a pay-out, once the device has told how many pieces it has left."""
        number = sum(each.count for each in payout.pieces)
        try:
            judged = self._judged(payout.before, payout.pieces)
            self._pending.append(judged or Paid((), payout.pieces, "ssp.payout-never-began"))
        except Unanswered as trouble:
            if trouble.reason.code != "ssp.outcome-unknown":
                raise
            self._pending.append(Lost(number, "ssp.outcome-unknown"))
        self._payout = None
        if self._state is PayState.PAYING:
            self._fire(PayCause.OVER)

    def _judged(self, before: int, wanted: tuple[Pieces, ...]) -> Paid | None:
        """None: it never began. Raises Unanswered."""
        gone = fewer(before, self._levels())
        value = self._end.value if self._end else None
        if value is None and not any(gone.values()):
            return None
        if value is None or min(gone.values()) < 0 or sum(each * count for each, count in gone.items()) != value:
            raise Unanswered(Reason("ssp.outcome-unknown"))
        unpaid = [Pieces(each.denomination, each.count - gone.get(each.denomination, 0)) for each in wanted]
        return Paid(
            tuple(Pieces(denomination, count) for denomination, count in sorted(gone.items()) if count),
            tuple(each for each in unpaid if each.count),
            self._end.code if self._end else "",
        )

    def _wait_for_the_end(self) -> None:
        """Until the device has shown LOOKS times that it pays nothing. Raises Unanswered where it goes on and on, or
        cannot be asked."""
        self._session.identity()
        looked, until = self._looks, self._clock.monotonic() + TO_END
        while self._end is None and (self._running or self._looks < looked + LOOKS):
            if self._clock.monotonic() >= until or self._session.standing is Standing.OFFLINE:
                raise Unanswered(Reason("ssp.payout-busy"))
            if self._running:
                looked = self._looks
            self._session.turn()

    # --- how it stands

    def _fire(self, cause: PayCause) -> None:
        self._state = PAY_MOVES.get((self._state, cause), self._state)

    def _stand(self) -> None:
        standing = PAY_STANDINGS[self._state]
        if self._session.standing is Standing.OFFLINE:
            standing = Standing.OFFLINE, "ssp.silent"
        if standing != self._told:
            self._told = standing
            self._pending.insert(0, Stood(*standing))
