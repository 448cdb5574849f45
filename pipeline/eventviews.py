"""What there is to read of an installation's past: what people did, and what happened by itself, newest first.

Rows of plain values. Both are numbered lists of their own; a page takes from each what is newest and says where in both
the next one goes on. A page looks at so many events at most, however many there are.

Failures: those of the store; `Retry` where the books do not answer.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from ..model import Noun
from . import events
from .clock import moment
from .office import Office
from .people import People

Row = dict[str, Any]

LOOKED_AT = 10_000  # events for one page
ACTS = "acts"
KINDS = (ACTS, *events.GROUPS.values(), events.HOUSE)


class Wanted(Noun, frozen=True):
    """What all hold of the rows that are wanted; "" = any. `kind`: one of KINDS."""

    kind: str = ""
    who: str = ""  # of acts: what happens by itself is nobody's
    about: str = ""

    @property
    def acts(self) -> bool:
        return self.kind in ("", ACTS)

    @property
    def events(self) -> bool:
        return self.kind != ACTS and not self.who


class Spot(Noun, frozen=True):
    """Where in both lists a page ended: what comes next has lower numbers. None = their beginning."""

    act: int | None = None
    event: int | None = None


class Found(Noun, frozen=True):
    """A page; `older`: where the next one goes on, None = there is no more."""

    rows: list[Row]
    older: Spot | None


def happened(office: Office, wanted: Wanted, limit: int, below: int | None = None) -> tuple[list[Row], int | None]:
    """Events, newest first, and the number below which there may be more; None = there is no more."""
    language, rows, number = office.settings.language, list[Row](), below
    with office.store.read() as txn:
        for looked, (number, one) in enumerate(islice(events.newest(txn, below), LOOKED_AT + 1)):
            if looked == LOOKED_AT or len(rows) == limit:
                return rows, number + 1
            if wanted.kind in ("", one.group) and wanted.about in ("", one.about):
                rows.append(_row(number, one, language))
    return rows, None


def past(office: Office, people: People, wanted: Wanted, limit: int, spot: Spot | None = None) -> Found:
    """Acts and events together, from `spot` on."""
    at = spot or Spot()
    acts, more_acts = list[Row](), False
    if wanted.acts:
        language = office.settings.language
        found = people.acts(language, limit + 1, before=at.act, who=wanted.who, about=wanted.about)
        acts, more_acts = [{"kind": ACTS, **row} for row in found[:limit]], len(found) > limit
    told, further = happened(office, wanted, limit, at.event) if wanted.events else ([], None)
    rows, act, event = list[Row](), at.act, at.event
    while (acts or told) and len(rows) < limit:
        if not told and further is not None and _is_beyond(office, acts[0], further):
            break  # events that were not looked at may be newer
        if acts and (not told or acts[0]["at"] >= told[0]["at"]):
            rows.append(acts.pop(0))
            act = rows[-1]["entry"]
        else:
            rows.append(told.pop(0))
            event = rows[-1]["number"]
    if not told:
        event = event if further is None else further
    is_more = bool(acts or told) or more_acts or further is not None
    return Found(rows, Spot(act, event) if is_more else None)


def _is_beyond(office: Office, act: Row, below: int) -> bool:
    """Whether an act is older than the next event."""
    with office.store.read() as txn:
        following = next((one for _, one in events.newest(txn, below)), None)
    return following is not None and str(act["at"]) < moment(following.at)


def _row(number: int, one: events.Happened, language: str) -> Row:
    return {
        "kind": one.group,
        "number": number,
        "at": moment(one.at),
        "event": one.event.value,
        "about": one.about,
        "text": one.told.text(language),
    }
