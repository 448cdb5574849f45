"""Which documents the journal of a cash machine comes to, so that the books see the drawer. Pure: the same entries give
the same documents, whenever they are asked for.

Each piece that came in or went out is told in exactly one document. What moved while an operation was open is told in
the operation's; what is found later (a late credit, a person's word) has one of its own. So over all documents

    deposited + taken - given - removed  =  the change of stock

once no operation is open. `unsure` is in no sum: what nobody knows is told, and settled by a RESOLVED document.

Cash that stays in the machine (from a drum into the cassette) has no document, nor has what came to nothing.

Failures: none in `documents`; what a `Documents` raises, it says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from msgspec.structs import replace

from ...errors import Halt, Reason
from ...model import Explained, Noun
from ..journal.entries import Carried, Command, Credit, Entry, Intent, Outcome, Resolution, Verdict
from ..nouns import Pieces
from .nouns import total


class DocumentKind(Explained):
    """What a document tells; each member carries its sentence for people."""

    SALE = "sale", "a customer paid"
    SALE_CANCELLED = "saleCancelled", "a customer got back what was put in"
    DEPOSIT = "deposit", "staff put cash in"
    PAYOUT = "payout", "cash was given out without a deposit"
    WITHDRAWAL = "withdrawal", "staff took cash out"
    COUNT = "count", "staff counted or filled a unit by hand"
    LATE = "late", "cash came in when no deposit was open"
    UNKNOWN = "unknown", "nobody knows what moved: a person decides"
    RESOLVED = "resolved", "what nobody knew is known: a person said it, or the device"


class CashDocument(Noun, frozen=True, omit_defaults=True):
    """Amounts in minor units. Never changed once it is told: what is found later is another document."""

    entry: int  # of the journal, that ended it: the number by which the document is known for ever
    at: str  # when that was; UTC
    kind: DocumentKind
    number: int = 0  # of the intent; 0 = there was none
    within: int = 0  # the operation that this was a part of; 0 = it is one
    about: str = ""  # which receipt
    unit: str = ""
    device: str = ""
    amount: int = 0  # of the sale, or asked for
    deposited: tuple[Pieces, ...] = ()  # through the machine's slots
    given: tuple[Pieces, ...] = ()
    taken: tuple[Pieces, ...] = ()  # put in by hand, or found to be there
    removed: tuple[Pieces, ...] = ()  # taken out by staff, or found to lack
    unsure: tuple[Pieces, ...] = ()  # may have moved; () with Verdict.UNKNOWN = nobody can say how much
    owed: int = 0  # still due to the customer: it could not be given, and is not in `unsure`
    verdict: Verdict = Verdict.COMMITTED
    code: str = ""  # the device's own word for why
    by: str = ""  # who decided what nobody knew; "" = the device itself
    why: str = ""


class Documents(Protocol):
    """Where documents go. Twin without a disk: `MemoryDocuments`."""

    def publish(self, document: CashDocument) -> None:
        """On the disk when it returns; the same again changes nothing. Raises Retry where it cannot be written, Halt
        where another document bears its number."""
        ...

    def check(self) -> None:
        """Raises Retry where nothing could be written now, as far as that can be seen."""
        ...


class MemoryDocuments:
    def __init__(self) -> None:
        self.published: dict[int, CashDocument] = {}

    def publish(self, document: CashDocument) -> None:
        if self.published.setdefault(document.entry, document) != document:
            raise Halt(Reason("documents.clash", name=document.entry))

    def check(self) -> None:
        """Memory is always there."""


def documents(entries: Iterable[Entry], after: int = 0) -> list[CashDocument]:
    """What the entries numbered above `after` ended, in their order: at most one document for each entry. `entries`
    begin with all that belongs to what was open then."""
    reading = _Reading()
    found = [reading.put(entry) for entry in entries]
    return [document for document in found if document is not None and document.entry > after]


# --- how

_PAYOUTS = frozenset({Command.DISPENSE, Command.PAYOUT})
_STAYS = frozenset({Command.COLLECT, Command.EXCHANGE})  # what these move by themselves is in the machine afterwards
_NO_INTENT = Intent(0, "", Command.ACCEPT)


class _Sums:
    """What moved in one operation, by denomination."""

    def __init__(self) -> None:
        self._deposited: Counter[int] = Counter()
        self._given: Counter[int] = Counter()
        self._taken: Counter[int] = Counter()
        self._removed: Counter[int] = Counter()
        self._unsure: dict[int, tuple[Command, Counter[int]]] = {}  # by the intent's number
        self._short = False  # whether a device gave less than it was to

    def credited(self, entry: Credit) -> None:
        self._deposited[entry.denomination] += 1
        self._unsure.pop(entry.of, None)

    def ended(self, intent: Intent, entry: Outcome) -> None:
        self._moved(intent, entry)
        self._short = self._short or bool(entry.unpaid)
        if entry.verdict is Verdict.UNKNOWN:
            self.doubted(intent, entry)

    def doubted(self, intent: Intent, entry: Outcome) -> None:
        """`entry` leaves unsure what was to move and is not told in it."""
        if intent.command not in _STAYS:
            told = _counts(entry.taken + entry.paid + entry.removed + entry.moved)
            self._unsure[intent.n] = intent.command, _counts(intent.pieces) - told

    def resolved(self, intent: Intent, entry: Resolution) -> None:
        self._moved(intent, entry)
        self._unsure.pop(intent.n, None)

    def _moved(self, intent: Intent, entry: Outcome | Resolution) -> None:
        into = self._taken if intent.command is Command.FILL else self._deposited
        for sums, pieces in ((into, entry.taken), (self._given, entry.paid), (self._removed, entry.removed)):
            sums.update(_counts(pieces))

    def put_into(self, document: CashDocument) -> CashDocument:
        """A count below nothing is one above it the other way round."""
        return replace(
            document,
            deposited=_pieces(self._deposited),
            given=_pieces(self._given),
            taken=_pieces(+self._taken + -self._removed),
            removed=_pieces(+self._removed + -self._taken),
            unsure=_pieces(sum((pieces for _, pieces in self._unsure.values()), Counter[int]())),
        )

    def owed(self, intent: Intent, entry: Outcome) -> int:
        """To a customer, when the operation ended with `entry`. What may have gone out is not owed yet; and what a sale
        keeps is owed only where something went wrong: it may have been ended without change."""
        kept = _amount(self._deposited) - _amount(self._given)
        if intent.command in _PAYOUTS:
            due = kept + (intent.amount or total(intent.pieces))
        elif not intent.command.is_cash_in:
            due = 0
        elif entry.verdict is Verdict.RETURNED:
            due = kept
        else:
            due = kept - intent.amount if intent.amount and (self._short or entry.code) else 0
        going = sum(_amount(pieces) for command, pieces in self._unsure.values() if command is not Command.ACCEPT)
        return max(0, due - going)


class _Reading:
    """Entries are put to it in their order."""

    def __init__(self) -> None:
        self._intents: dict[int, Intent] = {}
        self._operations: dict[int, int] = {}  # by an intent's number: the operation that it is a part of, or is
        self._open: dict[int, _Sums] = {}  # by the operation's number
        self._unknown: set[int] = set()

    def put(self, entry: Entry) -> CashDocument | None:
        match entry:
            case Intent():
                self._begun(entry)
            case Credit():
                return self._credited(entry)
            case Outcome():
                return self._ended(self._intents[entry.of], entry)
            case Resolution():
                return self._resolved(self._intents[entry.of], entry)
            case Carried():
                self._unknown = {unsure.intent.n for unsure in entry.unknown}
                for intent in sorted((*entry.open, *(unsure.intent for unsure in entry.unknown)), key=lambda it: it.n):
                    self._begun(intent)
        return None

    def _begun(self, intent: Intent) -> None:
        operation = self._operations.get(intent.within, 0)
        self._intents[intent.n] = intent
        self._operations[intent.n] = operation if operation in self._open else intent.n
        if self._operations[intent.n] == intent.n and intent.n not in self._unknown:
            self._open[intent.n] = _Sums()

    def _credited(self, entry: Credit) -> CashDocument | None:
        operation = self._operations.get(entry.within or entry.of, 0)
        if operation == entry.of:
            self._open.pop(operation, None)  # an accept outside any cash-in: its credit is its end
        sums = self._open.get(operation)
        own = _Sums()
        (sums or own).credited(entry)
        intent = self._intents.get(entry.of, _NO_INTENT)
        if entry.of in self._unknown:
            self._unknown.remove(entry.of)
            return self._told(DocumentKind.RESOLVED, intent, entry, own)
        return None if sums else self._told(DocumentKind.LATE, intent, entry, own)

    def _ended(self, intent: Intent, entry: Outcome) -> CashDocument | None:
        operation = self._operations[intent.n]
        sums = self._open[operation]
        sums.ended(intent, entry)
        if entry.verdict is Verdict.UNKNOWN:
            self._unknown.add(intent.n)
        if operation == intent.n:
            del self._open[operation]
            document = self._told(_kind(intent, entry.verdict), intent, entry, sums)
            return replace(document, owed=sums.owed(intent, entry)) if _tells(document, intent) else None
        if entry.verdict is not Verdict.UNKNOWN or intent.command in _STAYS:
            return None
        own = _Sums()
        own.doubted(intent, entry)
        return self._told(DocumentKind.UNKNOWN, intent, entry, own)

    def _resolved(self, intent: Intent, entry: Resolution) -> CashDocument | None:
        self._unknown.remove(intent.n)
        own = _Sums()
        self._open.get(self._operations[intent.n], own).resolved(intent, entry)
        document = self._told(DocumentKind.RESOLVED, intent, entry, own)
        return document if _tells(document, intent) else None

    def _told(
        self, kind: DocumentKind, intent: Intent, entry: Credit | Outcome | Resolution, sums: _Sums
    ) -> CashDocument:
        operation = self._intents.get(self._operations.get(intent.n, 0), intent)
        document = CashDocument(
            entry.n, entry.at, kind, intent.n, intent.within, intent.about or operation.about,
            intent.unit, intent.device, intent.amount,
        )  # fmt: skip
        match entry:
            case Credit():
                document = replace(document, unit=entry.unit, device=entry.device)
            case Outcome():
                document = replace(document, verdict=entry.verdict, code=entry.code)
            case Resolution():
                document = replace(document, verdict=entry.verdict, by=entry.by, why=entry.why)
        return sums.put_into(document)


def _kind(intent: Intent, verdict: Verdict) -> DocumentKind:
    """Of an operation."""
    if intent.command.is_cash_in and intent.amount:
        return DocumentKind.SALE_CANCELLED if verdict is Verdict.RETURNED else DocumentKind.SALE
    if intent.command.is_cash_in:
        return DocumentKind.DEPOSIT
    if intent.command in _PAYOUTS:
        return DocumentKind.PAYOUT
    if intent.command is Command.FILL:
        return DocumentKind.COUNT
    if intent.command is Command.ACCEPT:
        return DocumentKind.UNKNOWN if verdict is Verdict.UNKNOWN else DocumentKind.LATE
    return DocumentKind.WITHDRAWAL


def _tells(document: CashDocument, intent: Intent) -> bool:
    """Whether anything moved in or out, or may have."""
    moved = document.deposited + document.given + document.taken + document.removed + document.unsure
    silent = document.verdict is Verdict.RETURNED and document.kind is not DocumentKind.RESOLVED
    return bool(moved) or not (silent or intent.command in _STAYS)


def _pieces(counts: Counter[int]) -> tuple[Pieces, ...]:
    return tuple(Pieces(denomination, count) for denomination, count in sorted(counts.items()) if count)


def _counts(pieces: Iterable[Pieces]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for each in pieces:
        counts[each.denomination] += each.count
    return counts


def _amount(counts: Counter[int]) -> int:
    return sum(denomination * count for denomination, count in counts.items())
