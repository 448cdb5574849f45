"""A ccTalk coin acceptor behind its bus: what coins it lets in, and each of them credited once.

It has no escrow: a coin that is in is in, and its event is the credit point. Events are believed when two readings in a
row agree, a reset and a loss when a third one does. The *place* in the events (`events`) moves on when what was
told has been acknowledged, and `remember` writes it down; so whoever is killed anywhere begins at a place that hides
nothing, and what is told again has the key that it had.

The device is opened only where everything that it has shown is dealt with: a credit that is not acknowledged, or events
that were lost, close it. With the counter at 0 a reset shows in nothing but what it lets in, so that is asked in each
round.

Failures: `Unanswered` as the bus says, never from `poll`; `Misuse` for what a coin acceptor cannot do, and for a
denomination that it does not know; what `remember` raises.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress

from ...errors import Reason
from ..nouns import (
    NO_KEY,
    Credited,
    Form,
    Happening,
    Identity,
    Key,
    Left,
    Lost,
    Misuse,
    Rejected,
    Restarted,
    Unanswered,
)
from .bus import Bus, Refused
from .device import Device
from .events import News, goes_on, since
from .frames import COIN_ACCEPTOR, Header
from .messages import BLOCKING, POSITIONS, READING, Event, Reading, coin, error, kinds, mask, reading
from .states import COIN_MOVES, COIN_STANDINGS, CoinCause, CoinState

# Seconds.
CHECK_EVERY = 2.0  # between two looks whether a way that was blocked is free
CALM = 1.0  # a late answer has come by then


class CoinAcceptor(Device[CoinState, CoinCause]):
    """`promises.Acceptor`. `place`: what `remember` was given last, NO_KEY before the first time; `remember` returns
    when it is on the disk. `opened`: an earlier host may have left it open, so that found shut it was without power.
    `country` and `scale`: see `messages.kinds` and `messages.coin`."""

    def __init__(
        self,
        bus: Bus,
        *,
        address: int = COIN_ACCEPTOR,
        place: Key = NO_KEY,
        remember: Callable[[Key], object],
        country: str = "",
        scale: int = 1,
        opened: bool = False,
    ) -> None:
        super().__init__(bus, address, CoinState.AWAY, COIN_MOVES, COIN_STANDINGS)
        self._place = self._kept = place
        self._remember, self._country, self._scale = remember, country, scale
        self._identity: Identity | None = None
        self._kinds: Mapping[int, int] = {}
        self._known = False  # since the device was last away
        self._wanted: frozenset[int] = frozenset()
        self._applied: bytes | None = None  # the mask that the device is known to have
        self._opened = opened  # it was told to let something in, and has not been seen shut since
        self._before: Reading | None = None  # the last that was believed
        self._doubtful: Reading | None = None  # shown once, and not a second time
        self._owed: list[Credited] = []  # told, and not acknowledged
        self._stopped = False
        self._checked = 0.0

    # --- the promise

    def identity(self) -> Identity:
        if self._identity is None:
            self._meet()
        if self._identity is None:
            raise Unanswered(Reason("cctalk.unknown"))
        return self._identity

    def denominations(self) -> tuple[int, ...]:
        """Raises Unanswered."""
        self.identity()
        return tuple(sorted(set(self._kinds.values())))

    def enable(self, denominations: Collection[int]) -> None:
        """From the next poll on, unless events were lost: then after a `reset`."""
        unknown = set(denominations) - set(self._kinds.values()) if self._identity else set()
        if unknown:
            raise Misuse(Reason("cctalk.no-denomination", denomination=min(unknown)))
        self._wanted = frozenset(denominations)

    def poll(self) -> list[Happening]:
        """Sleeps until the next poll is due. A credit that is not acknowledged is told again, and nothing after it."""
        self._wait()
        if not self._owed:
            self._keep()
        try:
            if self._owed:
                self._pending += self._owed
                self._settle(frozenset())
            else:
                self._round()
        except Unanswered as trouble:
            self._applied = None
            if self._is_lost():
                self._known = False
                self._fire(CoinCause.SILENCE, self._why(trouble))
        except Refused:
            self._known, self._applied = False, None
            self._fire(CoinCause.REFUSED, "cctalk.refused")
        return self._waited()

    def accept(self) -> None:
        raise Misuse(Reason("cctalk.no-escrow"))

    def give_back(self) -> None:
        raise Misuse(Reason("cctalk.no-escrow"))

    def acknowledge(self, credit: Credited) -> None:
        self._owed = [owed for owed in self._owed if owed.key != credit.key]
        self._keep()

    def reset(self) -> None:
        """A person has looked where events were lost, or put right what was wrong."""
        self._applied = None
        if self._stopped:
            self._stopped = False
            self._fire(CoinCause.LOOKED)

    def close(self) -> None:
        """Lets nothing in any more, where the device can be told. The bus is its owner's to close."""
        self._wanted, self._applied = frozenset(), None
        if self._known:
            with suppress(Unanswered, Refused):
                self._ask(Header.MASTER_INHIBIT, b"\x00")

    # --- a round

    def _round(self) -> None:
        if not self._known:
            self._meet()
        seen = self._read()
        news = since(self._place, seen, self._before)
        is_new = news.place != self._place
        if (is_new or self._doubtful) and self._is_confirmed(seen, news):
            self._tell(news)
            self._before = seen
        if self._state == CoinState.BLOCKED:
            self._check()
        if seen.counter == 0 and self._opened:
            self._look_for_reset()
        wanted = frozenset[int]() if self._stopped else self._wanted
        if not (wanted and is_new):
            self._settle(wanted)

    def _read(self) -> Reading:
        seen = reading(self._ask(Header.READ_CREDITS, length=READING))
        if self._bus.asked_again:
            self._applied = None  # it may have been without power for that moment
        return seen

    def _is_confirmed(self, seen: Reading, news: News) -> bool:
        """Whether the device still shows that. A reading that nothing ever confirms may have been right, and the device
        reset at that moment: so its coins are a person's business."""
        doubtful = self._doubtful = self._doubtful or seen
        if self._read() != seen:
            return False
        if news.restarted or news.lost:
            self._clock.sleep(CALM)
            if self._read() != seen:
                return False
        self._doubtful = None
        unseen = (
            0 if goes_on(doubtful, seen) else sum(1 for _, event in since(self._place, doubtful).events if event.coin)
        )
        if unseen:
            self._stop(unseen, "cctalk.unconfirmed")
        return True

    def _meet(self) -> None:
        """Asks the device who it is and which coins it knows, all of it twice, forwards and backwards: answers that
        come one question late would give each coin the value of its neighbour."""
        self._ask(Header.SIMPLE_POLL)
        self._fire(CoinCause.HEARD)
        places = range(1, POSITIONS + 1)
        who, ids = self._who(), self._ids(places)
        if (self._who(backwards=True), self._ids(reversed(places))) != (who, ids):
            raise Unanswered(Reason("cctalk.unsteady"))
        self._kinds = kinds(ids, self._country, self._scale)
        first = next((one.country for data in ids if (one := coin(data))), "")
        self._identity = Identity(serial=who.serial, model=who.model, currency=self._country or first)
        if self._place[0] != who.serial:
            seen = self._read()
            if self._read() != seen:
                raise Unanswered(Reason("cctalk.unsteady"))
            self._place, self._before = (who.serial, self._place[1] + 1, seen.counter), seen
            self._doubtful = None
            self._keep()
        self._known, self._applied = True, None
        self._fire(CoinCause.KNOWN)
        if self._stopped:
            self._fire(CoinCause.LOST, "cctalk.events-lost")

    def _ids(self, positions: Iterable[int]) -> list[bytes]:
        """What it says of each position; one that it refuses to speak of is free."""
        ids = [b""] * POSITIONS
        for position in positions:
            with suppress(Refused):
                ids[position - 1] = self._ask(Header.COIN_ID, bytes([position]), length=None)
            if self._bus.asked_again:  # the first answer may still come, to a later question
                self._clock.sleep(CALM)
                raise Unanswered(Reason("cctalk.unsteady"))
        return ids

    def _tell(self, news: News) -> None:
        if news.restarted:
            self._restarted()
        for key, event in news.events:
            self._happened(key, event)
        if news.lost:
            self._stop(news.lost, "cctalk.events-lost")
        self._place = news.place

    def _restarted(self) -> None:
        self._applied, self._opened = None, False
        self._pending.append(Restarted(Left.NOTHING))

    def _look_for_reset(self) -> None:
        try:
            is_shut = not self._ask(Header.MASTER_INHIBIT_STATUS, length=1)[0] & 1
        except Refused:
            self._applied = None  # it does not say, and so is told again what it may let in
            return
        if is_shut:
            self._restarted()

    def _happened(self, key: Key, event: Event) -> None:
        if not event.coin:
            code = error(event.detail)
            self._pending.append(Rejected(code))
            if code in BLOCKING:
                self._checked = self._clock.monotonic()
                self._fire(CoinCause.BLOCKED, code)
        elif value := self._kinds.get(event.coin):
            credit = Credited(value, key, Form.COIN, str(event.detail))
            self._owed.append(credit)
            self._pending.append(credit)
        else:
            self._stop(1, "cctalk.unknown-coin")

    def _stop(self, events: int, code: str) -> None:
        self._stopped = True
        self._pending.append(Lost(events, code))
        self._fire(CoinCause.LOST, code)

    def _check(self) -> None:
        """Whether the way is free again, as the device's own check says; one that has none will say so itself."""
        now = self._clock.monotonic()
        if now - self._checked < CHECK_EVERY:
            return
        self._checked = now
        try:
            fault = self._ask(Header.SELF_CHECK, length=None).strip(b"\x00")
        except Refused:
            fault = b""
        if not fault:
            self._applied = None
            self._fire(CoinCause.FREED)

    def _settle(self, wanted: Collection[int]) -> None:
        """Tells the device what it may let in, where it does not know."""
        positions = [position for position, value in self._kinds.items() if value in wanted]
        target = mask(positions)
        if not self._known or target == self._applied:
            return
        self._applied = None
        if not positions:
            self._ask(Header.MASTER_INHIBIT, b"\x00")
        self._ask(Header.INHIBIT_MASK, target)
        if positions:
            self._ask(Header.MASTER_INHIBIT, b"\x01")
        self._applied, self._opened = target, bool(positions)
        self._fire(CoinCause.OPENED if positions else CoinCause.SHUT)

    def _keep(self) -> None:
        """Writes down up to where everything is told and acknowledged."""
        place = self._place
        if self._owed:
            serial, epoch, sequence = self._owed[0].key
            place = serial, epoch, sequence - 1
        if place != self._kept:
            self._remember(place)
            self._kept = place
