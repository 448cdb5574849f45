"""What the entries of a journal come to: what is open, what waits for a person, how the cash-in stands, and all that
ever went in and out. Pure: the same entries give the same account, just written or read after a power cut.

The invariant that this serves: change of stock = taken - paid - removed, with unknown entries covering any difference.

Failures: `Misuse` where an entry does not fit what came before (`fits` says so before anything is written); `Halt`
(`journal.other-money`) where a key comes again for another denomination: then keys cannot tell money apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ...errors import Halt, Reason
from ...model import Explained
from ..nouns import NO_KEY, Credited, Key, Misuse, Pieces
from .entries import (
    Carried,
    Command,
    Credit,
    Entry,
    Intent,
    Outcome,
    Place,
    Resolution,
    Torn,
    Unsure,
    Verdict,
)

KEYS_KEPT = 500  # of each device, the latest: no protocol repeats more than its last few events


class CashIn(Explained):
    """How the last cash-in stands, in the words of CEN XFS; each member carries its sentence for people."""

    OK = "ok", "the last one was ended, or there was none"
    ROLLBACK = "rollback", "the last one was given back"
    ACTIVE = "active", "one is open"
    UNKNOWN = "unknown", "nobody knows what became of the last one: a person decides"
    RESET = "reset", "the last one was ended by a reset: what had been credited stands"


_ENDED = {
    None: CashIn.ACTIVE,
    Verdict.COMMITTED: CashIn.OK,
    Verdict.RETURNED: CashIn.ROLLBACK,
    Verdict.UNKNOWN: CashIn.UNKNOWN,
    Verdict.RESET: CashIn.RESET,
}


class Account:
    """Entries are put to it in their order, with `put`."""

    def __init__(self) -> None:
        self.last = 0  # the number of the last entry
        self._open: dict[int, Intent] = {}
        self._unknown: dict[int, Unsure] = {}
        self._cash_in = 0
        self._ended: Verdict | None = None
        self._deposited: Counter[int] = Counter()
        self._keys: dict[Key, int] = {}
        self._keys_of: Counter[str] = Counter()
        self._newest: dict[str, tuple[Key, int]] = {}
        self._places: dict[str, Key] = {}
        self._taken: Counter[int] = Counter()
        self._paid: Counter[int] = Counter()
        self._removed: Counter[int] = Counter()
        self._given: Counter[int] = Counter()
        self._stock: dict[str, Counter[int]] = {}

    # --- what it says

    @property
    def open(self) -> tuple[Intent, ...]:
        """Intents of which no outcome is known, oldest first: after a start, to be compared with the devices."""
        return tuple(self._open.values())

    @property
    def unknown(self) -> tuple[Unsure, ...]:
        """What waits for a person, oldest first."""
        return tuple(self._unknown.values())

    @property
    def cash_in(self) -> CashIn:
        return _ENDED[self._ended] if self._cash_in else CashIn.OK

    @property
    def cash_in_number(self) -> int:
        """The number of the intent of the last cash-in; 0 = there was none."""
        return self._cash_in

    @property
    def active(self) -> int:
        """The number of the open cash-in; 0 = none is."""
        return self._cash_in if self._cash_in in self._open else 0

    @property
    def deposited(self) -> tuple[Pieces, ...]:
        """What was credited in the open cash-in."""
        return _pieces(self._deposited)

    @property
    def given(self) -> tuple[Pieces, ...]:
        """What was paid out in the open cash-in: change, or what was put in."""
        return _pieces(self._given)

    @property
    def taken(self) -> tuple[Pieces, ...]:
        """All that ever went in, credits among it."""
        return _pieces(self._taken)

    @property
    def paid(self) -> tuple[Pieces, ...]:
        """All that ever was given to customers."""
        return _pieces(self._paid)

    @property
    def removed(self) -> tuple[Pieces, ...]:
        """All that staff ever took out. FILL counts here, below nothing, what was found to lack."""
        return _pieces(self._removed)

    @property
    def change_of_stock(self) -> dict[int, int]:
        """By denomination, how many pieces more, or fewer, the machine holds than when the journal was begun."""
        change = Counter(self._taken)
        change.subtract(self._paid)
        change.subtract(self._removed)
        return {denomination: count for denomination, count in sorted(change.items()) if count}

    def stock(self, unit: str) -> tuple[Pieces, ...]:
        """What `unit` holds, by all that was told of it: below 0 where more came out than ever was said to be in. All
        units together are `change_of_stock`."""
        return _pieces(self._stock.get(unit, Counter()))

    def newest(self, device: str) -> Credited | None:
        """The last note that `device` was to stack with its key known, or the last that it credited, whichever came
        later: a session that begins anew goes on from there."""
        key, denomination = self._newest.get(device, (NO_KEY, 0))
        return Credited(denomination, key) if denomination else None

    def place(self, device: str) -> Key:
        """What was remembered last of `device`; NO_KEY before the first time."""
        return self._places.get(device, NO_KEY)

    def knows(self, key: Key, denomination: int) -> bool:
        """Whether this credit was journalled already. Raises Halt where its key stands for other money."""
        known = self._keys.get(key)
        if known is not None and known != denomination:
            raise Halt(Reason("journal.other-money", key=_told(key), denomination=denomination, known=known))
        return known is not None

    def carried(self, n: int, at: str) -> Carried:
        """All of it as one entry: put to an empty account it gives this one again."""
        return Carried(
            n,
            at,
            self.open,
            self.unknown,
            self._cash_in,
            self._ended,
            self.deposited,
            tuple(self._keys.items()),
            tuple((device, *newest) for device, newest in self._newest.items()),
            tuple(self._places.items()),
            self.taken,
            self.paid,
            self.removed,
            self.given,
            tuple((unit, _pieces(held)) for unit, held in self._stock.items() if any(held.values())),
        )

    # --- what is put to it

    def fits(self, entry: Entry) -> None:
        """Raises Misuse where `entry` cannot come now, Halt where it contradicts a key."""
        match entry:
            case Intent() if entry.command.is_cash_in and self.active:
                raise Misuse(Reason("journal.cash-in-open", number=self.active))
            case Credit():
                if self.knows(entry.key, entry.denomination):
                    raise Misuse(Reason("journal.known", key=_told(entry.key)))
                intent = self._intent(entry.of) if entry.of else None
                if intent is not None and intent.command is not Command.ACCEPT:
                    raise Misuse(Reason("journal.not-open", number=entry.of))
            case Outcome():
                self._fits_outcome(entry)
            case Resolution():
                unsure = self._unknown.get(entry.of)
                if unsure is None:
                    raise Misuse(Reason("journal.not-unknown", number=entry.of))
                if entry.verdict not in (Verdict.COMMITTED, Verdict.RETURNED):
                    raise Misuse(Reason("journal.no-verdict", number=entry.of, verdict=entry.verdict))
            case Carried() if self.last:
                raise Misuse(Reason("journal.not-first", number=entry.n))

    def _fits_outcome(self, entry: Outcome) -> None:
        intent = self._open.get(entry.of)
        if intent is None:
            raise Misuse(Reason("journal.not-open", number=entry.of))
        inside = [each.n for each in self._open.values() if each.within == entry.of]
        if inside:
            raise Misuse(Reason("journal.holds-open", number=entry.of, inside=inside[0]))
        if entry.verdict is Verdict.RESET and not intent.command.is_cash_in:
            raise Misuse(Reason("journal.no-verdict", number=entry.of, verdict=entry.verdict))

    def put(self, entry: Entry) -> None:
        """Raises as `fits` does; nothing was changed then."""
        self.fits(entry)
        self.last = entry.n
        match entry:
            case Intent():
                self._open[entry.n] = entry
                if entry.command.is_cash_in:
                    self._cash_in, self._ended = entry.n, None
                    self._deposited.clear()
                    self._given.clear()
                if entry.key != NO_KEY and entry.pieces:
                    self._newest[entry.device] = entry.key, entry.pieces[0].denomination
            case Credit():
                self._credit(entry)
            case Place():
                self._places[entry.device] = entry.key
            case Outcome():
                intent = self._open.pop(entry.of)
                self._moved(intent, entry)
                if entry.verdict is Verdict.UNKNOWN:
                    self._unknown[entry.of] = Unsure(intent, entry)
                self._judged(entry.of, entry.verdict)
            case Resolution():
                self._moved(self._unknown.pop(entry.of).intent, entry)
                self._judged(entry.of, entry.verdict)
            case Carried():
                self._carry(entry)
            case Torn():
                pass

    def _credit(self, entry: Credit) -> None:
        self._know(entry.key, entry.denomination)
        self._newest[entry.device] = entry.key, entry.denomination
        self._taken[entry.denomination] += 1
        self._put(entry.unit, (Pieces(entry.denomination, 1),))
        if entry.within and entry.within == self.active:
            self._deposited[entry.denomination] += 1
        self._open.pop(entry.of, None)
        self._unknown.pop(entry.of, None)  # the device came back, and told what nobody knew

    def _moved(self, intent: Intent, entry: Outcome | Resolution) -> None:
        for total, pieces in ((self._taken, entry.taken), (self._paid, entry.paid), (self._removed, entry.removed)):
            _add(total, pieces)
        self._put(intent.unit, entry.taken)
        self._put(intent.unit, (*entry.paid, *entry.removed, *entry.moved), -1)
        self._put(intent.to, entry.moved)
        if intent.within and intent.within == self.active:
            _add(self._given, entry.paid)

    def _put(self, unit: str, pieces: Iterable[Pieces], sign: int = 1) -> None:
        _add(self._stock.setdefault(unit, Counter()), pieces, sign)

    def _judged(self, number: int, verdict: Verdict) -> None:
        if number == self._cash_in:
            self._ended = verdict
            self._deposited.clear()
            self._given.clear()

    def _carry(self, entry: Carried) -> None:
        self._open = {intent.n: intent for intent in entry.open}
        self._unknown = {unsure.intent.n: unsure for unsure in entry.unknown}
        self._cash_in, self._ended = entry.cash_in, entry.ended
        for key, denomination in entry.keys:
            self._know(key, denomination)
        self._newest = {device: (key, denomination) for device, key, denomination in entry.newest}
        self._places = dict(entry.places)
        self._deposited, self._taken = _counts(entry.deposited), _counts(entry.taken)
        self._paid, self._removed = _counts(entry.paid), _counts(entry.removed)
        self._given = _counts(entry.given)
        self._stock = {unit: _counts(held) for unit, held in entry.stock}

    def _know(self, key: Key, denomination: int) -> None:
        self._keys[key] = denomination
        self._keys_of[key[0]] += 1
        if self._keys_of[key[0]] > KEYS_KEPT:
            del self._keys[next(known for known in self._keys if known[0] == key[0])]
            self._keys_of[key[0]] -= 1

    def _intent(self, number: int) -> Intent | None:
        unsure = self._unknown.get(number)
        return unsure.intent if unsure else self._open.get(number)


def _pieces(counts: Counter[int]) -> tuple[Pieces, ...]:
    return tuple(Pieces(denomination, count) for denomination, count in sorted(counts.items()) if count)


def _add(total: Counter[int], pieces: Iterable[Pieces], sign: int = 1) -> None:
    for each in pieces:
        total[each.denomination] += sign * each.count


def _counts(pieces: Iterable[Pieces]) -> Counter[int]:
    return Counter({each.denomination: each.count for each in pieces})


def _told(key: Key) -> str:
    return "/".join(map(str, key))
