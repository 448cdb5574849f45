"""How the verdict on a sales file is told: rows for programs, the `.why` for people.

Failures: none.
"""

from __future__ import annotations

from ..books import FileState, SalesFile
from ..errors import Reason
from ..model import RefusedSale
from .clock import moment

TITLES = {FileState.ERROR: "why.sales-error", FileState.BROKEN: "why.sales-broken"}


def why(file: SalesFile, language: str) -> str:
    """Why a sales file lies where it lies, for the person who finds it there."""
    title = Reason(TITLES[file.state], name=file.name, arrival=file.arrival).text(language)
    return "\n".join([title, *([file.reason.text(language)] if file.reason else [])]) + "\n"


def row(file: SalesFile, language: str) -> dict[str, object]:
    """A sales file and what became of it."""
    tally = file.tally
    return {
        "arrival": file.arrival,
        "name": file.name,
        "state": file.state.value,
        "shop": file.shop,
        "till": file.till,
        "live": file.live,
        "read": tally.read,
        "new": tally.new,
        "repeated": tally.repeated,
        "corrected": tally.corrected,
        "outdated": tally.outdated,
        "refused": tally.refused,
        "put_away": file.put_away,
        "received": moment(file.received),
        "reason": file.reason.text(language) if file.reason else "",
    }


def whole(file: SalesFile, refused: list[RefusedSale], language: str) -> dict[str, object]:
    """The same with everything else that is known."""
    return {
        **row(file, language),
        "size": file.size,
        "digest": file.digest or None,
        "decided": moment(file.decided) if file.decided else None,
        "by_type": {str(kind): count for kind, count in file.tally.by_type},
        "shifts": file.tally.shifts,
        "log_ons": file.tally.log_ons,
        "drawer": file.tally.drawer,
        "refused_objects": [
            {
                "line": one.line,
                "section": one.section,
                "key": one.key,
                "field": one.field,
                "code": one.code,
                "text": one.why.text(language),
            }
            for one in refused
        ],
        "file": file.where,
    }
