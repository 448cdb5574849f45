"""What was read of one file, and what the catalogue said of it, as a verdict: bounded lists, exact totals.

Failures: `Reject` where a file holds more records than the settings allow, or too many of them are refused.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..catalogue import Outcome, ShopDiff
from ..errors import Reason, Reject
from ..model import Kind, Refused, Remark, Told
from .ledger import (
    KindCount,
    Line,
    Move,
    ShopPlan,
    Verdict,
)

MAX_WARNINGS = 1000


class Tally:
    """Counts records as they pass."""

    def __init__(self, max_refused: int, max_records: int) -> None:
        self._max_refused = max_refused
        self._max_records = max_records
        self.read = 0
        self._refused: list[Line] = []
        self._refused_total = 0
        self._warnings: list[Line] = []
        self._warnings_total = 0

    def record(self, count: int = 1) -> None:
        self.read += count
        if self.read > self._max_records:
            raise Reject(Reason("feed.too-many-records", limit=self._max_records))

    def refuse(self, refused: Refused) -> None:
        self._refused_total += 1
        if len(self._refused) < self._max_refused:
            told = Told.of(refused.reason)
            self._refused.append(Line(told, refused.line, refused.kind, refused.key, refused.field))

    def warn(self, remark: Remark) -> None:
        self._warnings_total += 1
        if len(self._warnings) < MAX_WARNINGS:
            self._warnings.append(_warning(remark))

    def check_share(self, limit: float) -> None:
        """Too many refused records mean that the file itself is wrong."""
        if self._refused_total > limit * self.read:
            share = f"{limit:.0%}"
            raise Reject(Reason("feed.too-many-refused", refused=self._refused_total, read=self.read, limit=share))

    def verdict(self) -> Verdict:
        return Verdict(
            read=self.read,
            refused=tuple(self._refused),
            refused_total=self._refused_total,
            warnings=tuple(self._warnings),
            warnings_total=self._warnings_total,
        )


def with_outcome(verdict: Verdict, outcome: Outcome) -> Verdict:
    """`verdict` with what the catalogue said."""
    warnings = (*verdict.warnings, *map(_warning, outcome.remarks))
    return msgspec.structs.replace(
        verdict,
        warnings=warnings[:MAX_WARNINGS],
        warnings_total=verdict.warnings_total + outcome.remarks_total,
        counts=_counts(outcome),
        skipped=outcome.skipped,
        unsold=outcome.unsold,
        unsold_total=outcome.unsold_total,
        shops=tuple(map(_plan, outcome.shops)),
    )


def in_lines(verdict: Verdict, lines: Mapping[int, int]) -> Verdict:
    """`verdict` with lines where there were places."""
    return msgspec.structs.replace(
        verdict, refused=_in_lines(verdict.refused, lines), warnings=_in_lines(verdict.warnings, lines)
    )


def _in_lines(told: tuple[Line, ...], lines: Mapping[int, int]) -> tuple[Line, ...]:
    return tuple(msgspec.structs.replace(one, line=lines.get(one.line, one.line)) for one in told)


def _warning(remark: Remark) -> Line:
    return Line(Told.of(remark.reason), remark.line, key=remark.key)


def _counts(outcome: Outcome) -> tuple[KindCount, ...]:
    counted = (
        KindCount(kind, outcome.put.get(kind, 0), outcome.deleted.get(kind, 0), outcome.unchanged.get(kind, 0))
        for kind in Kind
    )
    return tuple(count for count in counted if count.put or count.deleted or count.unchanged)


def _plan(diff: ShopDiff) -> ShopPlan:
    return ShopPlan(
        shop=diff.shop,
        added=diff.added,
        changed=diff.changed,
        deleted=diff.deleted,
        commands=diff.commands,
        dropped=diff.dropped,
        goods=diff.goods_before,
        moved=diff.moved,
        priced=diff.priced_before,
        moves=tuple(Move(*move) for move in diff.price_moves),
        added_goods=diff.added_goods,
        deleted_goods=diff.deleted_goods,
    )
