"""What a cash machine did, retold in short lines for people to read and for scenarios to compare: its notices, journal,
documents, and how it stands. No line tells a time or a number, so the same day is retold alike every time.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...errors import Reason
from ..journal.entries import Command, Credit, Entry, Intent, Outcome, Place, Resolution, Torn
from ..machine.documents import CashDocument, DocumentKind
from ..machine.nouns import CassetteTold, Changed, Counted, Ended, Gave, GivenBack, Moved, Notice, Phase, Status
from ..money.units import Condition, Level, Unit
from ..nouns import Pieces, Standing
from .currencies import pieces, spelt

INDENT = "  "
_WORKS = frozenset({Standing.DISABLED, Standing.ACCEPTING, Standing.BUSY, Standing.STARTING})


def said(code: str) -> str:
    """A code in words; whatever is no code, as it is."""
    try:
        return Reason(code).text()
    except KeyError:
        return code


def counted(some: Iterable[Pieces]) -> str:
    """20 x 10, 1 x 500."""
    return pieces({each.denomination: each.count for each in some})


# --- what it tells by itself


def notice(told: Notice) -> str:
    """ "" where a device only goes on with its work."""
    match told:
        case Moved():
            return f"-> {told.phase}"
        case Counted():
            remark = " (late)" if told.late else " (no change comes from there)" if told.pointless else ""
            return f"counted {counted([told.pieces])}, {spelt(told.deposited)} in all{remark}"
        case GivenBack():
            what = spelt(told.denomination) if told.denomination else "something"
            return f"{what} is not taken: {said(told.code)}"
        case Gave():
            return _line("gave", counted(told.pieces), "from", told.unit, code=told.code)
        case Changed():
            return "" if told.standing in _WORKS else f"{told.device} is {told.standing}{_because(told.code)}"
        case CassetteTold():
            return f"{told.unit}: {told.step.sentence}"
        case Ended():
            return _ended(told)


def _ended(told: Ended) -> str:
    parts = {
        "put in": told.deposited and counted(told.deposited),
        "given": told.given and counted(told.given),
        "owed": told.owed and spelt(told.owed),
        "unsure": told.unsure and spelt(told.unsure),
    }
    return f"{told.command} is {told.verdict}{_listed(parts)}{_because(told.code)}"


# --- the journal


def journal(entries: Iterable[Entry]) -> list[str]:
    """The parts of an operation stand beneath it."""
    intents: dict[int, Intent] = {}
    lines: list[str] = []
    for entry in entries:
        if isinstance(entry, Intent):
            intents[entry.n] = entry
        line, within = _entry(entry, intents)
        if line:
            lines.append((INDENT if within else "") + line)
    return lines


def _entry(entry: Entry, intents: Mapping[int, Intent]) -> tuple[str, int]:
    """Its line, and what it is a part of. Where a session goes on from, is not told."""
    match entry:
        case Intent():
            return _intent(entry), entry.within
        case Credit():
            return _line("credit", spelt(entry.denomination), "into", entry.unit), entry.within
        case Outcome():
            intent = intents[entry.of]
            return f"{_of(intent)} is {entry.verdict}{_moved(entry)}{_because(entry.code)}", intent.within
        case Resolution():
            intent = intents[entry.of]
            return f"{_of(intent)} is {entry.verdict}, says {entry.by}{_moved(entry)}", 0
        case Torn():
            return "what the power cut had torn is cut off", 0
        case Place():
            return "", 0
    return "what came before is carried over", 0


def _intent(entry: Intent) -> str:
    sum_ = f" of {spelt(entry.amount)}" if entry.amount else ""
    what = f" {counted(entry.pieces)}" if entry.pieces else ""
    about = f": {entry.about}" if entry.about else ""
    return f"{entry.command}{sum_}{what}{_place(entry)}{about}"


def _of(intent: Intent) -> str:
    return f"{intent.command}{_place(intent)}"


def _place(intent: Intent) -> str:
    return f" {_PLACES.get(intent.command, 'of')} {intent.unit}" if intent.unit else ""


def _moved(entry: Outcome | Resolution) -> str:
    parts = {
        "taken": entry.taken,
        "paid": entry.paid,
        "removed": entry.removed,
        "moved": entry.moved,
        "not paid": entry.unpaid if isinstance(entry, Outcome) else (),
    }
    return _listed({name: some and counted(some) for name, some in parts.items()})


_PLACES = {
    Command.ACCEPT: "into",
    Command.DISPENSE: "from",
    Command.REMOVE: "from",
    Command.COLLECT: "from",
}


# --- documents


def document(paper: CashDocument) -> str:
    parts = {
        "put in": paper.deposited,
        "given": paper.given,
        "taken": paper.taken,
        "removed": paper.removed,
        "unsure": paper.unsure,
    }
    told = {name: some and counted(some) for name, some in parts.items()}
    told["owed"] = spelt(paper.owed) if paper.owed else ()
    sum_ = f" of {spelt(paper.amount)}" if paper.amount else ""
    unit = f" of {paper.unit}" if paper.unit else ""
    verdict = f" is {paper.verdict}" if paper.kind is DocumentKind.RESOLVED else ""
    by = f", says {paper.by}" if paper.by else ""
    about = f" [{paper.about}]" if paper.about else ""
    return f"{paper.kind}{sum_}{unit}{about}{verdict}{by}{_listed(told)}{_because(paper.code)}"


# --- how it stands


def standing(status: Status, found: Mapping[int, int]) -> list[str]:
    """What each unit holds, and what waits for a person. `found`: what is really there beyond what the journal says,
    by denomination."""
    lines = [_unit(unit, status.levels[unit.id]) for unit in status.units]
    lines += [f"blocked: {block.staff.text('en')}" for block in status.blocks]
    lines += [f"unknown: {_intent(unsure.intent)}{_because(unsure.outcome.code)}" for unsure in status.unknown]
    if status.phase is not Phase.IDLE:
        lines.append(f"it is at {status.phase}: {status.phase.sentence}")
    lines += [
        f"really there: {abs(count)} x {spelt(piece)} {'more' if count > 0 else 'fewer'}"
        for piece, count in sorted(found.items())
    ]
    return lines


def _unit(unit: Unit, level: Level) -> str:
    marks = [level.value] if level is not Level.OK else []
    marks += [unit.condition.sentence] if unit.condition is not Condition.READY else []
    return f"{unit.id}: {counted(unit.holds)}" + (f" ({', '.join(marks)})" if marks else "")


# --- words


def _line(verb: str, what: str, preposition: str, unit: str, *, code: str = "") -> str:
    place = f" {preposition} {unit}" if unit else ""
    return f"{verb} {what}{place}{_because(code)}"


def _listed(parts: Mapping[str, object]) -> str:
    return "".join(f", {name} {some}" for name, some in parts.items() if some)


def _because(code: str) -> str:
    return f" ({said(code)})" if code else ""
