"""What became of every export: its record, its verdict, the numbers of its stream, and the tills' states.

The ledger lives in the same store as the catalogue, so that booking an export and its verdict is one commit.
A record never changes its arrival number; it changes its state, and the file its room:

    claimed -> processed | error | broken | held        held -> processed | error | broken

`put_away` tells whether the file, its `.why` and its reply already are where the state says; what is not is
finished after a crash, from the record alone.

Failures: `Reject` (error) for an old number; a record that cannot be decoded is damage and a `Halt`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice

from ..catalogue import Records, Transaction
from ..catalogue.keys import LONGEST, packed_length
from ..errors import Fault, Reason, Reject
from ..model import Explained, Header, Noun, Told
from ..queues.names import back, kept, printable
from ..queues.till import TillState

DROPPED_AT_ONCE = 10_000  # names of a set: bounded memory, however many goods it had


class ExportState(Explained):
    """Where an export stands; each member carries its sentence for people."""

    CLAIMED = "claimed", "ours, and being read; or waiting to be tried again"
    PROCESSED = "processed", "booked: what it changed is on its way to the tills"
    HELD = "held", "correct but suspicious: waits for a person to release or refuse it"
    ERROR = "error", "the document is right, but was refused for good"
    BROKEN = "broken", "the document is wrong"


def state_of(fault: Fault) -> ExportState:
    """Where a rejected export ends."""
    return ExportState.BROKEN if fault is Fault.BROKEN else ExportState.ERROR


class Export(Noun, frozen=True, omit_defaults=True):
    """One arrival. Times are seconds since the epoch; paths are relative to the root."""

    arrival: int
    name: str  # printable
    state: ExportState
    received: float
    kept: str = ""  # the name's own spelling as text, where it is not its printable form
    shop: str = ""  # of the inbox folder it lay in, as `names.kept` text; "" = the top
    size: int = 0
    closes: str = ""  # this arrival closes a set of parts (its key); "" = an export like any other
    put_away: bool = False
    released: bool = False  # a person let it out of held: weighed no more, and later words win over it
    tries: int = 0
    next_try: float = 0.0
    digest: str = ""
    header: Header | None = None
    scope: str = ""
    decided: float = 0.0
    reason: Told | None = None
    reply: str = ""  # file name in replies/
    where: str = ""

    @property
    def file_name(self) -> str:
        return back(self.kept) if self.kept else self.name

    @classmethod
    def arrived(cls, arrival: int, file_name: str, shop: str, size: int, now: float) -> Export:
        shown = printable(file_name)
        own = "" if shown == file_name else kept(file_name)
        return cls(arrival, shown, ExportState.CLAIMED, now, kept=own, shop=shop, size=size)


class Line(Noun, frozen=True, omit_defaults=True):
    """A refused record or a warning, as the reply tells it."""

    told: Told
    line: int = 0
    kind: str = ""
    key: str = ""
    field: str = ""


class KindCount(Noun, frozen=True, omit_defaults=True):
    kind: str
    put: int = 0
    deleted: int = 0
    unchanged: int = 0


class Move(Noun, frozen=True, omit_defaults=True):
    """A price that moves."""

    code: str
    name: str
    old: Decimal
    new: Decimal


class ShopPlan(Noun, frozen=True, omit_defaults=True):
    """What an export changes at one shop's tills."""

    shop: str
    added: int = 0
    changed: int = 0
    deleted: int = 0
    commands: int = 0
    dropped: int = 0  # goods of the shop's list that go, sold or not
    goods: int = 0  # goods on the shop's list before
    moved: int = 0  # prices that move by more than the guard's factor
    priced: int = 0  # goods with a price before
    moves: tuple[Move, ...] = ()
    added_goods: tuple[tuple[str, str], ...] = ()
    deleted_goods: tuple[tuple[str, str], ...] = ()


class Verdict(Noun, frozen=True, omit_defaults=True):
    """Everything a reply says beyond its export's record. Lists are bounded, totals are not."""

    read: int = 0
    refused: tuple[Line, ...] = ()
    refused_total: int = 0
    warnings: tuple[Line, ...] = ()
    warnings_total: int = 0
    counts: tuple[KindCount, ...] = ()
    skipped: int = 0  # of a released export: records a later export had changed
    unsold: tuple[str, ...] = ()
    unsold_total: int = 0
    shops: tuple[ShopPlan, ...] = ()
    suspicions: tuple[Told, ...] = ()


class Stream(Noun, frozen=True, omit_defaults=True):
    """The last number booked of one (source, kind, scope)."""

    number: int
    digest: str
    arrival: int


class PartSet(Noun, frozen=True, omit_defaults=True):
    """Parts of one full export that came so far; what none of them names goes when the set is complete."""

    key: str  # arrival of its first part, as text
    name: str
    scope: str
    header: Header  # of its first part
    parts: tuple[str, ...] = ()
    extents: tuple[tuple[str, str], ...] = ()  # kind, origin
    last: float = 0.0  # when the last part came
    spoilt: str = ""  # the part that was no good: then nothing is deleted
    closing: bool = False  # its end is being booked, or held; a further part begins a new set


class Ledger:
    """The ledger inside one transaction."""

    def __init__(self, txn: Transaction) -> None:
        self._txn = txn
        self._exports = Records(txn.table("exports"), Export)
        self._unfinished = txn.table("unfinished")
        self._undecided = txn.table("undecided")  # held, or let out of held and not booked yet
        self._verdicts = Records(txn.table("verdicts"), Verdict)
        self._streams = Records(txn.table("streams"), Stream)
        self._sets = Records(txn.table("sets"), PartSet)
        self._set_names = txn.table("set names")
        self._tills = Records(txn.table("tills"), TillState)
        self._meta = txn.table("ledger")

    # --- exports

    def next_arrival(self) -> int:
        """A number that never was given before, and never is again once this transaction is committed."""
        last = int.from_bytes(self._meta.get(("arrival",)) or b"", "big") + 1
        self._meta.put(("arrival",), last.to_bytes(8, "big"))
        return last

    def save(self, export: Export, verdict: Verdict | None = None) -> None:
        self._exports.put((export.arrival,), export)
        if verdict is not None:
            self._verdicts.put((export.arrival,), verdict)
        if export.put_away:
            self._unfinished.delete((export.arrival,))
        else:
            self._unfinished.put((export.arrival,), b"")
        if export.state is ExportState.HELD or (export.released and export.state is ExportState.CLAIMED):
            self._undecided.put((export.arrival,), b"")
        else:
            self._undecided.delete((export.arrival,))

    def forget(self, arrival: int) -> None:
        """An arrival that never came about: its number was given, its file never moved."""
        self._exports.delete((arrival,))
        self._unfinished.delete((arrival,))

    def export(self, arrival: int) -> Export | None:
        return self._exports.get((arrival,))

    def verdict(self, arrival: int) -> Verdict:
        return self._verdicts.get((arrival,)) or Verdict()

    def exports(self, newest_first: bool = True, *, start: int | None = None) -> Iterator[Export]:
        """`start`: from that number on."""
        first = None if start is None else (start,)
        return (export for _, export in self._exports.scan(start=first, reverse=newest_first))

    def exports_after(self, arrival: int) -> Iterator[Export]:
        """Those with higher numbers, in their order."""
        return (export for _, export in self._exports.scan(start=(arrival + 1,)))

    def unfinished(self) -> list[Export]:
        """Those whose file is not yet where their state says, by arrival."""
        found = (self._exports.get(key) for key, _ in self._unfinished.scan())
        return [export for export in found if export is not None]

    def held(self) -> list[Export]:
        """Those that wait for a person, newest first."""
        found = (self._exports.get(key) for key, _ in self._undecided.scan(reverse=True))
        return [export for export in found if export is not None and export.state is ExportState.HELD]

    def keeps_waiting(self) -> bool:
        """Whether a held export may still be booked: then later words must be remembered, to win over it."""
        return next(self._undecided.scan(), None) is not None

    # --- numbers

    def stream(self, header: Header, scope: str) -> Stream | None:
        return self._streams.get((header.source, header.kind, scope))

    def follow(self, header: Header, scope: str, digest: Callable[[], str]) -> str:
        """How `header.number` follows the last one: "next", "repeat" or "gap". Raises Reject for an old number."""
        last = self.stream(header, scope)
        if last is None or header.number is None:
            return "next"
        if header.number == last.number and digest() == last.digest:
            return "repeat"
        if header.number <= last.number:
            raise Reject(Reason("feed.old-number", number=header.number, last=last.number), Fault.ERROR)
        return "next" if header.number == last.number + 1 else "gap"

    def advance(self, header: Header, scope: str, digest: str, arrival: int) -> None:
        if header.number is not None:
            self._streams.put((header.source, header.kind, scope), Stream(header.number, digest, arrival))

    # --- sets of parts

    def part_set(self, key: str) -> PartSet | None:
        return self._sets.get((key,))

    def part_sets(self) -> list[PartSet]:
        return [part_set for _, part_set in self._sets.scan()]

    def save_set(self, part_set: PartSet) -> None:
        self._sets.put((part_set.key,), part_set)

    def name_in_set(self, key: str, kind: str, name: tuple[str, ...]) -> None:
        """What is longer than any key is no fact's name: the record was refused."""
        if packed_length(key, kind, *name) <= LONGEST:
            self._set_names.put((key, kind, *name), b"")

    def named_in_set(self, key: str, kind: str, name: tuple[str, ...]) -> bool:
        """Whether a part of the set named this fact."""
        return self._set_names.get((key, kind, *name)) is not None

    def drop_set(self, key: str) -> None:
        self._sets.delete((key,))
        while names := [name for name, _ in islice(self._set_names.scan((key,)), DROPPED_AT_ONCE)]:
            for name in names:
                self._set_names.delete(name)

    # --- tills

    def till(self, shop: str, till: str) -> TillState | None:
        return self._tills.get((shop, till))

    def tills(self, shop: str = "") -> list[TillState]:
        return [state for _, state in self._tills.scan((shop,) if shop else ())]

    def save_tills(self, states: Iterable[TillState]) -> None:
        for state in states:
            self._tills.put((state.shop, state.till), state)

    # --- once and never again

    def was_seen(self, key: str) -> bool:
        return self._meta.get(("seen", key)) is not None

    def first_time(self, key: str) -> bool:
        """Whether `key` was not noted before; notes it."""
        if self.was_seen(key):
            return False
        self._meta.put(("seen", key), b"")
        return True

    def note(self, name: str, value: str) -> None:
        self._meta.put(("note", name), value.encode())

    def noted(self, name: str) -> str:
        return (self._meta.get(("note", name)) or b"").decode()
