"""What there is to see of a run of trimming, or of its plan: the same rows for both, for tables and for JSON.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import Reason
from ..queues.archives import Spot
from ..queues.names import back, printable
from .clock import moment
from .office import Office
from .trim import Account
from .trimplan import Plan
from .views import Row


def planned(office: Office, plan: Plan) -> dict[str, object]:
    """What a run would do. How many chunks, documents and shifts go is not known before."""
    return {
        "archives": [
            _day(office, one.spot, len(one.files), sum(file.size for file in one.files), len(one.kept), one.path)
            for one in plan.bundles
            if one.files
        ],
        "deleted": [archive.name for archive in plan.archives],
        "replies": [printable(name) for name in plan.replies],
        "chunks": None,
        "documents": None,
        "shifts": None,
        **_told(office, plan.leapt, plan.left, plan.waiting),
    }


def done(office: Office, account: Account) -> dict[str, object]:
    """What a run did."""
    return {
        "archives": [_day(office, one.spot, one.files, one.bytes, one.kept, one.path) for one in account.archived],
        "deleted": account.deleted,
        "replies": [printable(name) for name in account.replies],
        "chunks": account.chunks,
        "documents": account.documents,
        "shifts": account.shifts,
        **_told(office, account.leapt, account.left, account.waiting),
    }


def _day(office: Office, spot: Spot, files: int, size: int, kept: int, path: Path | None) -> Row:
    """`kept` files are in older archives already, and are only removed."""
    return {
        "room": spot.room.value,
        "trade": spot.trade.value,
        "day": spot.day.isoformat(),
        "files": files,
        "bytes": size,
        "kept": kept,
        "archive": place(office, path) if path and kept < files else None,
    }


def _told(
    office: Office,
    leapt: float | None,
    left: Iterable[tuple[Path, Reason]],
    waiting: Iterable[tuple[Path, Reason]],
) -> dict[str, object]:
    language = office.settings.language
    return {
        "clock": _clock(office, leapt) if leapt is not None else None,
        "left": [{"path": place(office, path), "why": why.text(language)} for path, why in left],
        "waiting": [{"path": place(office, path), "why": why.text(language)} for path, why in waiting],
    }


def _clock(office: Office, last: float) -> str:
    now, days = moment(office.clock.now()), office.settings.trim.keep_days
    return Reason("trim.clock-leapt", last=moment(last), now=now, days=days).text(office.settings.language)


def place(office: Office, path: Path) -> str:
    """A path as people are shown it: from the root, under the name of its folder."""
    return printable(back(office.layout.relative(path)))
