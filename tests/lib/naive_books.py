"""The books as plain Python over everything that ever came: slow, and plain enough to be believed.

It knows of tillpost the shared nouns alone. Nothing is kept but what was seen; each question is
answered from all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tillpost.model import Document, LogOn, RefusedSale, SalesEvent, ShiftRecord

EARLIEST = datetime(1, 1, 1)  # noqa: DTZ001 - the tills' clocks have no zone
TWO_DAYS = timedelta(days=2)
SALES, RETURNS = {1, 18, 7}, {2, 25, 8}


@dataclass
class NaiveShift:
    number: int
    opened: datetime | None = None
    records: list[ShiftRecord] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)  # every version


@dataclass
class NaiveBooks:
    """Of one till."""

    seen: dict[tuple[type, int, bytes], tuple[Any, bool]] = field(default_factory=dict)  # and whether live only
    refused: int = 0

    def book(self, events: Iterable[SalesEvent], *, live: bool = False) -> dict[str, int]:
        """What a tally would say."""
        before = set(self.seen)
        events = list(events)
        undated = [event for event in events if isinstance(event, ShiftRecord) and event.opened is None]
        others = [event for event in events if event not in undated]
        refused = sum(isinstance(event, RefusedSale) for event in events)
        for event in others:
            self._see(event, live)
        for record in undated:
            known = [other for other in self._all(ShiftRecord, record.number) if other.digest != record.digest]
            again = (ShiftRecord, record.number, record.digest) in self.seen
            if known and not again and not any(other.opened for other in known):
                refused += 1
            else:
                self._see(record, live)
        self.refused += refused
        return {**self._tally(before, events), "refused": refused}

    def _see(self, event: SalesEvent, live: bool) -> None:
        if not isinstance(event, RefusedSale):
            key = _key(event)
            self.seen[key] = (event, live and self.seen.get(key, (event, True))[1])

    def _all(self, kind: type, number: int) -> list[Any]:
        return [event for (seen, about, _), (event, _) in self.seen.items() if seen is kind and about == number]

    def _live(self, event: SalesEvent) -> bool:
        return self.seen[_key(event)][1]

    def _tally(self, before: set[Any], events: list[SalesEvent]) -> dict[str, int]:
        counts = Counter(new=0, corrected=0, outdated=0)
        read = [event for event in events if isinstance(event, Document)]
        for versions in self.identities().values():
            came = [one for one in versions if _key(one) not in before]
            if not came:
                continue
            if len(came) == len(versions):
                counts["new"] += 1
                counts["outdated"] += len(came) - 1
            elif self.best(versions) in came:
                counts["corrected"] += 1
                counts["outdated"] += len(came) - 1
            else:
                counts["outdated"] += len(came)
        told = sum(counts.values())
        log_ons = {_key(event) for event in events if isinstance(event, LogOn)}
        return {**counts, "read": len(read), "repeated": len(read) - told, "log_ons_new": len(log_ons - before)}

    # --- what is so

    def identities(self) -> dict[Any, list[Document]]:
        found: dict[Any, list[Document]] = {}
        for at, shift in enumerate(self.shifts()):
            for document in shift.documents:
                found.setdefault((at, document.type, document.number), []).append(document)
        return found

    def best(self, versions: list[Document]) -> Document:
        return max(versions, key=lambda one: (one.ended or EARLIEST, not self._live(one), one.digest))

    def counting(self, shift: NaiveShift) -> list[Document]:
        groups: dict[Any, list[Document]] = {}
        for document in shift.documents:
            groups.setdefault((document.number, document.type), []).append(document)
        return [self.best(groups[key]) for key in sorted(groups)]

    def record(self, shift: NaiveShift) -> ShiftRecord | None:
        return max(
            shift.records,
            key=lambda one: (one.closed or EARLIEST, not self._live(one), one.digest),
            default=None,
        )

    def shifts(self) -> list[NaiveShift]:
        numbers = sorted({about for kind, about, _ in self.seen if kind is not LogOn})
        return [shift for number in numbers for shift in self._shifts(number)]

    def _shifts(self, number: int) -> list[NaiveShift]:
        records = self._all(ShiftRecord, number)
        shifts: list[NaiveShift] = []
        for record in sorted((one for one in records if one.opened), key=lambda one: one.opened):
            if not shifts or record.opened >= shifts[-1].opened + TWO_DAYS:
                shifts.append(NaiveShift(number, record.opened))
            shifts[-1].records.append(record)
        undated = [one for one in records if not one.opened]
        if shifts:
            shifts[-1].records += undated
        ends = {id(shift): max(shift.opened + TWO_DAYS, (self.record(shift).closed or EARLIEST)) for shift in shifts}
        dated = list(shifts)
        left = []
        timed = [one for one in self._all(Document, number) if moment(one)]
        for document in sorted(timed, key=moment):
            at = moment(document)
            inside = [shift for shift in dated if shift.opened <= at < ends[id(shift)]]
            near = [
                (away, shift)
                for shift in dated
                if (away := shift.opened - at if at < shift.opened else at - ends[id(shift)]) < TWO_DAYS
            ]
            if inside:
                inside[-1].documents.append(document)
            elif near:
                least = min(away for away, _ in near)
                [shift for away, shift in near if away == least][-1].documents.append(document)
            else:
                left.append(document)
        loose: list[NaiveShift] = []
        for document in left:
            if not loose or moment(document) >= moment(loose[-1].documents[0]) + TWO_DAYS:
                loose.append(NaiveShift(number))
            loose[-1].documents.append(document)
        shifts += loose
        shifts.sort(key=lambda shift: shift.opened or moment(shift.documents[0]))
        untimed = [one for one in self._all(Document, number) if not moment(one)]
        if not shifts and (untimed or undated):
            shifts = [NaiveShift(number)]
        if shifts:
            shifts[-1].documents += untimed
        if not dated and undated:
            shifts[-1].records += undated
        return shifts

    # --- what a shift brought

    def sums(self, shift: NaiveShift) -> dict[str, Decimal | int]:
        sums: dict[str, Any] = Counter()
        for one in self.counting(shift):
            if one.annulled:
                sums["annulled"] += 1
            elif one.type == 3:
                sums["cash_in"] += one.sum
            elif one.type == 4:
                sums["cash_out"] += one.sum
            elif one.type in SALES | RETURNS:
                trade, sign = ("sales", 1) if one.type in SALES else ("returns", -1)
                refund = -1 if one.type in (1, 18) else 1  # gives back; where it is what is undone, it comes back
                directions = {"paid": 1, "change": -1, "refund": refund, "other": 0}
                sums["receipts"] += 1
                sums["gain"] += sign * one.sum
                for payment in one.payments:
                    way = "cash" if payment.means == "cash" else "cashless"
                    sums[f"{trade}_{way}"] += payment.sum * directions[payment.move]
        return sums

    def log_ons(self) -> set[bytes]:
        return {digest for kind, _, digest in self.seen if kind is LogOn}


def moment(document: Document) -> Any:
    return document.ended or document.began


def _key(event: Any) -> tuple[type, int, bytes]:
    number = {Document: lambda: event.shift, ShiftRecord: lambda: event.number}.get(type(event), lambda: 0)()
    return type(event), number, event.digest
