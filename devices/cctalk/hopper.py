"""A ccTalk hopper behind its bus: a pay-out is sent once, and its end is told once.

Where no answer comes, the hopper's count is read before anything else is done (`payouts`); the pay-out is sent
again only where that says, twice and with a pause between, that it never began. After a pay-out the hopper is shut: a
command that comes late finds it so. Where none began it is left enabled, or `outcome` could not tell that twice.

Failures: `Unanswered` as the bus says, or (cctalk.outcome-unknown) where the hopper cannot tell; never from `poll`.
`Misuse` for what is not a number of its own coins, while it pays out, and where it refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from ...errors import Reason
from ...model import Noun
from ..nouns import Happening, Identity, Lost, Misuse, Paid, Pieces, Standing, Unanswered
from .bus import Bus, Refused
from .device import PERIOD, Device
from .frames import HOPPER, Header
from .messages import COUNT, DISABLED, ENABLED, OFF, Count, count, dispense, fault, flags
from .payouts import Fate, fate, packed, unpacked
from .states import AT_REST, HOPPER_MOVES, HOPPER_STANDINGS, HopperCause, HopperState

# Seconds.
CHECK_EVERY = 5.0  # between two looks at the flags of a hopper that rests
CALM = 1.0  # before it is believed that a pay-out never began: a command that was under way has come by then
STANDSTILL = 10.0  # without a coin, while the hopper says that it pays out: its own limit is far below

MOST = 255  # coins in one pay-out
SENDS = 2


_CAUSES = {Standing.DISABLED: HopperCause.OVER, Standing.JAMMED: HopperCause.JAM, Standing.FAULTY: HopperCause.FAULT}


class _Payout(Noun, frozen=True):
    before: Count
    number: int


class Hopper(Device[HopperState, HopperCause]):
    """`promises.Dispenser` of coins of one denomination, in minor units. `cipher`: what its maker makes of the eight
    bytes of 160 to open it; without one its serial number does."""

    def __init__(
        self,
        bus: Bus,
        denomination: int,
        *,
        address: int = HOPPER,
        cipher: Callable[[bytes], bytes] | None = None,
    ) -> None:
        super().__init__(bus, address, HopperState.AWAY, HOPPER_MOVES, HOPPER_STANDINGS)
        self._denomination, self._cipher = denomination, cipher
        self._identity: Identity | None = None
        self._known = False  # since the device was last away
        self._payout: _Payout | None = None  # of which poll will tell the end
        self._ready: int | None = None  # what `counter` told, and no pay-out was begun with
        self._checked: float | None = None

    # --- the promise

    def identity(self) -> Identity:
        if self._identity is None:
            self._get_to_know()
        if self._identity is None:
            raise Unanswered(Reason("cctalk.unknown"))
        return self._identity

    def poll(self) -> list[Happening]:
        """Sleeps until the next poll is due."""
        self._wait()
        try:
            self._get_to_know()
            if self._payout is not None:
                self._watch(self._payout)
            else:
                self._check()
        except Unanswered as trouble:
            if self._is_lost():
                self._known = False
                self._fire(HopperCause.SILENCE, self._why(trouble))
        except Refused:
            self._known = False
            self._fire(HopperCause.REFUSED, "cctalk.refused")
        return self._waited()

    def counter(self) -> int:
        """Makes the hopper ready for a pay-out. So `outcome` of an earlier one is asked before: what it is judged by is
        gone then. Raises Unanswered, and Misuse while it pays out."""
        if self._payout is not None:
            raise Misuse(Reason("cctalk.hopper-busy"))
        try:
            self._get_to_know()
            self._enable()
            self._ready = packed(self._count())
        except Refused as trouble:
            raise Misuse(trouble.reason) from trouble
        return self._ready

    def dispense(self, pieces: Sequence[Pieces]) -> int:
        """1 to 255 of its own coins; its counter before. Raises Misuse: nothing comes out; so it does where its counter
        is not what `counter` told last, as what was journalled would say nothing of this pay-out. Raises Unanswered:
        then `outcome` tells, and no poll will."""
        number = sum(each.count for each in pieces)
        if not 1 <= number <= MOST or {each.denomination for each in pieces if each.count} != {self._denomination}:
            raise Misuse(Reason("cctalk.hopper-pieces", denomination=self._denomination, most=MOST))
        journalled, counter = self._ready, self.counter()
        self._ready = None
        if journalled not in (None, counter):
            raise Misuse(Reason("cctalk.hopper-restarted"))
        payout = _Payout(unpacked(counter), number)
        try:
            self._send(payout)
        except Unanswered:
            self._fire(HopperCause.DOUBT)
            raise
        except Refused as trouble:
            raise Misuse(trouble.reason) from trouble
        self._payout = payout
        self._fire(HopperCause.BEGUN)
        return counter

    def outcome(self, counter: int) -> Paid | None:
        """Waits where the hopper still pays out. What it tells no poll tells again."""
        before = unpacked(counter)
        number = self._payout.number if self._payout and self._payout.before == before else None
        try:
            self._get_to_know()
            judged, now = self._judged(before, number)
            if judged is Fate.BEGAN:
                now = self._ended(now)
        except Refused as trouble:
            raise Unanswered(trouble.reason) from trouble
        if judged is Fate.UNKNOWN:
            raise Unanswered(Reason("cctalk.outcome-unknown"))
        if judged is Fate.BEGAN:
            return self._over(now)
        self._rest()
        return None

    def stop(self) -> None:
        """Raises Unanswered."""
        try:
            self._ask(Header.EMERGENCY_STOP, length=None)
        except Refused as trouble:
            raise Misuse(trouble.reason) from trouble

    def reset(self) -> None:
        """What it shows of a jam or a fault goes only so, or with its power. Raises Misuse while it pays out, and
        Unanswered."""
        if self._payout is not None:
            raise Misuse(Reason("cctalk.hopper-busy"))
        try:
            if self._count().remaining:
                raise Misuse(Reason("cctalk.hopper-busy"))
            self._ask(Header.RESET)
        except Refused as trouble:
            raise Misuse(trouble.reason) from trouble
        self._known, self._ready = False, None
        self._rest()

    def close(self) -> None:
        """A pay-out goes on, and whoever comes next can ask for its outcome. The bus is its owner's to close."""
        self._known = False

    # --- a pay-out

    def _send(self, payout: _Payout) -> None:
        """Returns when it has begun."""
        for sent in range(SENDS):
            refused = None
            try:
                answer = self._ask(Header.DISPENSE, dispense(self._opening(), payout.number), length=None, tries=1)
                if len(answer) <= 1:  # the new counter, or nothing; else it is a late answer to something else
                    return
            except Refused as trouble:
                refused = trouble
            except Unanswered:
                pass
            if self._has_begun(payout):
                return
            if refused and sent:
                raise Misuse(refused.reason) from refused
            # A command to shut may have come late. Enabled first, then counted: a reset behind that shuts it again.
            self._enable()
            if packed(self._count()) != packed(payout.before):
                raise Misuse(Reason("cctalk.hopper-restarted"))
        raise Unanswered(Reason("cctalk.silent"))

    def _enable(self) -> None:
        self._ask(Header.ENABLE_HOPPER, ENABLED)

    def _opening(self) -> bytes:
        if self._cipher is None:
            return int(self.identity().serial).to_bytes(3, "little")
        return self._cipher(self._ask(Header.CIPHER_KEY, length=8))

    def _has_begun(self, payout: _Payout) -> bool:
        judged, _ = self._judged(payout.before, payout.number)
        if judged is Fate.UNKNOWN:
            raise Unanswered(Reason("cctalk.outcome-unknown"))
        return judged is Fate.BEGAN

    def _judged(self, before: Count, number: int | None) -> tuple[Fate, Count]:
        """The fate of a pay-out, and the count by which it is judged. What has not begun is looked at a second time."""
        for is_last in (False, True):
            now = self._count()
            stayed_on = before.counter == now.counter == 0 and not self._flags() & OFF
            judged = fate(before, now, stayed_on=stayed_on, number=number)
            if judged is not Fate.NEVER or is_last:
                break
            self._clock.sleep(CALM)
        return judged, now

    def _watch(self, payout: _Payout) -> None:
        judged, now = self._judged(payout.before, payout.number)
        if judged is Fate.BEGAN:
            if not now.remaining:
                self._pending.append(self._over(now))
        elif judged is Fate.NEVER:
            self._rest()
            self._pending.append(Paid((), self._pieces(payout.number), "cctalk.never-began"))
        else:
            self._rest()
            self._pending.append(Lost(payout.number, "cctalk.outcome-unknown"))

    def _over(self, now: Count) -> Paid:
        code = ""
        if now.unpaid:
            code = "cctalk.hopper-power" if not now.counter else "cctalk.hopper-stopped"
            with suppress(Unanswered, Refused):
                code = fault(self._flags())[1] or code
        self._rest()
        with suppress(Unanswered, Refused):
            self._ask(Header.ENABLE_HOPPER, DISABLED)
        return Paid(self._pieces(now.paid), self._pieces(now.unpaid), code)

    def _rest(self) -> None:
        self._payout, self._checked = None, None
        self._fire(HopperCause.OVER)

    def _pieces(self, number: int) -> tuple[Pieces, ...]:
        return (Pieces(self._denomination, number),) if number else ()

    # --- questions

    def _get_to_know(self) -> None:
        if self._known:
            return
        self._ask(Header.SIMPLE_POLL)
        self._fire(HopperCause.HEARD)
        identity = self._who()
        if self._who(backwards=True) != identity:
            raise Unanswered(Reason("cctalk.unsteady"))
        replaced = self._identity is not None and self._identity.serial != identity.serial
        self._identity, self._known = identity, True
        if self._payout is not None and replaced:
            self._pending.append(Lost(self._payout.number, "cctalk.replaced"))
            self._payout = None
        self._fire(HopperCause.KNOWN if self._payout is None else HopperCause.BEGUN)

    def _count(self) -> Count:
        """Read twice: what decides about money is not believed from one answer that may have come late."""
        seen = count(self._ask(Header.HOPPER_STATUS, length=COUNT))
        for _ in range(3):
            before, seen = seen, count(self._ask(Header.HOPPER_STATUS, length=COUNT))
            if seen == before:
                return seen
        raise Unanswered(Reason("cctalk.unsteady"))

    def _ended(self, now: Count) -> Count:
        """The count when nothing is paid out any more. Raises Unanswered where the hopper stands still."""
        since, moved = now, self._clock.monotonic()
        while now.remaining:
            if now != since:
                since, moved = now, self._clock.monotonic()
            elif self._clock.monotonic() - moved > STANDSTILL:
                raise Unanswered(Reason("cctalk.hopper-busy"))
            self._clock.sleep(PERIOD)
            now = self._count()
        return now

    def _flags(self) -> int:
        return flags(self._ask(Header.TEST_HOPPER, length=None))

    def _check(self) -> None:
        now = self._clock.monotonic()
        if self._state in (*AT_REST, HopperState.REFUSING) and (
            self._checked is None or now - self._checked >= CHECK_EVERY
        ):
            standing, code = fault(self._flags())
            self._checked = now
            self._fire(_CAUSES[standing], code)
        else:
            self._ask(Header.SIMPLE_POLL)
