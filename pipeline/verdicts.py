"""How a verdict is told: the reply for the ERP's program, the `.why` for its people.

The reply's form is a promise to ERP teams (README, "The reply"); its bytes depend on the record and the
language alone, so a reply written again after a crash is the same reply.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from ..errors import Reason
from ..model import Told
from .clock import moment
from .ledger import (
    Export,
    ExportState,
    Line,
    PartSet,
    ShopPlan,
    Verdict,
)

REPLY_VERSION = 1
MOVES_IN_TEXT = 20
TITLES = {ExportState.HELD: "why.held", ExportState.ERROR: "why.error", ExportState.BROKEN: "why.broken"}


def reply(export: Export, verdict: Verdict, language: str) -> bytes:
    """The reply as indented JSON, UTF-8."""
    data = {"tillpost": REPLY_VERSION, **_export(export, language), **told(verdict, language)}
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"


def as_json(export: Export, verdict: Verdict, language: str) -> dict[str, object]:
    """The reply as a value, for `export show`; with where the file lies."""
    return {**_export(export, language), **told(verdict, language), "file": export.where}


def _export(export: Export, language: str) -> dict[str, object]:
    header = export.header
    return {
        "arrival": export.arrival,
        "name": export.name,
        "state": export.state,
        "reason": _reason(export.reason, language),
        "format": header.format if header else None,
        "kind": header.kind if header else None,
        "fullness": ("F" if header.full else "I") if header else None,
        "number": header.number if header else None,
        "shop": export.scope or None,
        "source": (header.source or None) if header else None,
        "created": (header.created or None) if header else None,
        "size": export.size,
        "digest": export.digest or None,
        "received": moment(export.received),
        "decided": moment(export.decided),
    }


def told(verdict: Verdict, language: str) -> dict[str, object]:
    """A verdict, or the plan of an export, as JSON for programs."""
    return {
        "records": {"read": verdict.read, "refused": verdict.refused_total, "skipped": verdict.skipped},
        "counts": {c.kind: {"put": c.put, "deleted": c.deleted, "unchanged": c.unchanged} for c in verdict.counts},
        "shops": [plan_json(plan) for plan in verdict.shops],
        "suspicions": [_reason(told, language) for told in verdict.suspicions],
        "refused": [_line(line, language) for line in verdict.refused],
        "warnings": [_line(line, language) for line in verdict.warnings],
        "warnings_total": verdict.warnings_total,
        "unsold": list(verdict.unsold),
        "unsold_total": verdict.unsold_total,
    }


def plan_json(plan: ShopPlan) -> dict[str, object]:
    return {
        "shop": plan.shop,
        "added": plan.added,
        "changed": plan.changed,
        "deleted": plan.deleted,
        "commands": plan.commands,
        "goods_before": plan.goods,
        "goods_gone": plan.dropped,
        "prices_before": plan.priced,
        "prices_moved": plan.moved,
        "price_moves": [
            {"code": move.code, "name": move.name, "old": str(move.old), "new": str(move.new)} for move in plan.moves
        ],
        "added_goods": [{"code": code, "name": name} for code, name in plan.added_goods],
        "deleted_goods": [{"code": code, "name": name} for code, name in plan.deleted_goods],
    }


def _reason(told: Told | None, language: str) -> dict[str, object] | None:
    return {"code": told.code, "text": told.text(language)} if told else None


def _line(line: Line, language: str) -> dict[str, object]:
    named = {"line": line.line, "kind": line.kind, "key": line.key, "field": line.field}
    return {**{k: v for k, v in named.items() if v}, "code": line.told.code, "text": line.told.text(language)}


def end_of_set(part_set: PartSet) -> bytes:
    """The page that stands for the end of a set: which parts it had."""
    data = {"tillpost": REPLY_VERSION, "set": part_set.name, "shop": part_set.scope or None, "parts": part_set.parts}
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"


def why(export: Export, verdict: Verdict, language: str) -> str:
    """Why an export lies where it lies, for the person who finds it there."""
    page = _Page(language)
    page.add(TITLES[export.state], name=export.name, arrival=export.arrival)
    if export.reason and export.reason not in verdict.suspicions:
        page.lines.append(export.reason.text(language))
    page.lines.extend(told.text(language) for told in verdict.suspicions)
    page.listing("why.refused", verdict.refused_total, (_in_words(line, language) for line in verdict.refused))
    for plan in verdict.shops if export.state is ExportState.HELD else ():
        page.plan(plan)
    if export.state is ExportState.HELD:
        page.add("why.release", arrival=export.arrival)
    return "\n".join(page.lines) + "\n"


def _in_words(line: Line, language: str) -> str:
    place = " ".join(part for part in (line.kind, line.key) if part)
    return Reason("why.record", line=line.line, place=place, text=line.told.text(language)).text(language)


class _Page:
    """Lines in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.lines: list[str] = []

    def add(self, code: str, /, **parts: object) -> None:
        self.lines.append(Reason(code, **parts).text(self.language))

    def listing(self, code: str, total: int, items: Iterable[str]) -> None:
        if total:
            self.add(code, total=total)
            self.lines.extend(f"  {item}" for item in items)

    def plan(self, plan: ShopPlan) -> None:
        counts: Mapping[str, int] = {"added": plan.added, "changed": plan.changed, "deleted": plan.deleted}
        self.add("why.plan", shop=plan.shop, **counts)
        for move in plan.moves[:MOVES_IN_TEXT]:
            self.add("why.move", code=move.code, name=move.name, old=move.old, new=move.new)
        for code, name in plan.deleted_goods[:MOVES_IN_TEXT]:
            self.add("why.deleted", code=code, name=name)
        rest = plan.deleted - MOVES_IN_TEXT
        if rest > 0:
            self.add("why.deleted-more", count=rest)
