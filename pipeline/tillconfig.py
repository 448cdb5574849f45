"""What each till is told of itself: the properties of its cash.ini, and which of them are its own once it has them.

A till's file is written whole, in one step, and only where something in it changes. A folder is made inside the root
only: elsewhere a missing one means that a share is away, which must not be made up for on the local disk. One till's
trouble stops no other till.

Failures: `Reject` where there is no such shop or till. What is wrong with one file is told in that till's row.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import msgspec

from ..converters.cashini import Change, edited
from ..errors import Fault, Reason, Reject, Retry, Trouble
from ..queues.disk import FileKind
from ..queues.durable import replace, sweep
from ..queues.moving import Moves
from ..queues.tillstate import TillState
from . import views
from .ledger import Ledger
from .office import Office
from .rootsettings import Settings, pairs
from .servicesections import TILLS_OWN
from .settingsrules import folder_around

MODE = 0o664  # of a new file; one that is there keeps its rights
MOST_BYTES = 1 << 20


class Rivals(NamedTuple):
    """The tills that claim one file, or by one name sign a shop's sales; one each, where all is well."""

    by_file: dict[Path, list[TillState]]
    by_code: dict[tuple[str, str], list[TillState]]


class Outcome(StrEnum):
    WRITTEN = "written"  # there was none
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Configured(msgspec.Struct, frozen=True):
    """What became of one till's cash.ini, or would."""

    shop: str
    till: str
    file: Path
    outcome: Outcome
    changes: tuple[Change, ...] = ()
    trouble: Trouble | None = None

    @property
    def passing(self) -> bool:
        """Whether it failed for something that may be gone later."""
        return isinstance(self.trouble, Retry)

    def row(self, language: str) -> dict[str, object]:
        reason = self.trouble.reason if self.trouble else None
        return {
            "shop": self.shop,
            "till": self.till,
            "file": str(self.file),
            "outcome": self.outcome.value,
            "changes": [{"key": change.key, "old": change.old, "new": change.new} for change in self.changes],
            "reason": {"code": reason.code, "text": reason.text(language)} if reason else None,
        }


def properties(settings: Settings, shop: str, till: str) -> dict[str, str]:
    """What the settings say of a till, in the order of a new file."""
    own, cash = settings.shop(shop), settings.cash
    return {
        "cash.code": own.cash_code(till),
        "storeid": own.store_id or shop,
        "filequeueroot": cash.filequeueroot,
        **{key: str(getattr(cash, key)) for key in TILLS_OWN},
        **pairs(cash.properties),
    }


def configure(office: Office, shop: str = "", till: str = "", *, dry_run: bool = False) -> list[Configured]:
    """Brings the cash.ini of every till, of a shop's tills or of one up to the settings; `dry_run` only tells."""
    asked = _asked(office, shop, till)
    with office.store.read() as txn:
        rivals = _rivals(office, Ledger(txn).tills())
    return [_configured(office, state, rivals, dry_run=dry_run) for state in asked]


def _asked(office: Office, shop: str, till: str) -> list[TillState]:
    if till:
        return [views.till(office, shop, till)]
    if shop and shop not in office.settings.shops:
        known = ", ".join(office.settings.shops) or "-"
        raise Reject(Reason("view.no-shop", shop=shop, known=known), Fault.ERROR)
    with office.store.read() as txn:
        return Ledger(txn).tills(shop)


def _configured(office: Office, state: TillState, rivals: Rivals, *, dry_run: bool) -> Configured:
    shop, till = state.shop, state.till
    file = cash_file(office, state)
    try:
        _refuse_place(office, file)
        _refuse_rivals(office, state, rivals)
        wanted = properties(office.settings, shop, till)
        there = _read(office, file)
        new = edited(there or b"", wanted, TILLS_OWN)
        outcome = Outcome.WRITTEN if there is None else Outcome.CHANGED if new.changes else Outcome.UNCHANGED
        if outcome is not Outcome.UNCHANGED and not dry_run:
            _write(office, file, new.data)
            keys = [change.key for change in new.changes]
            office.log.info("till_configured", shop=shop, till=till, outcome=outcome.value, keys=keys)
    except Trouble as trouble:
        return Configured(shop, till, file, Outcome.FAILED, trouble=trouble)
    return Configured(shop, till, file, outcome, new.changes)


def cash_file(office: Office, state: TillState) -> Path:
    """Where the till's cash.ini lies."""
    place = office.settings.cash.file.replace("{shop}", state.shop).replace("{till}", state.till)
    return Path(os.path.abspath(office.layout.root / place))  # noqa: PTH100 - as the layout does it


def _refuse_place(office: Office, file: Path) -> None:
    if folder := folder_around(office.layout, file):
        raise Reject(Reason("cash.place", file=file, folder=folder), Fault.ERROR)


def _rivals(office: Office, every: Iterable[TillState]) -> Rivals:
    rivals = Rivals(defaultdict(list), defaultdict(list))
    for state in every:
        rivals.by_file[cash_file(office, state)].append(state)
        if own := office.settings.shops.get(state.shop):
            rivals.by_code[state.shop, own.cash_code(state.till)].append(state)
    return rivals


def _refuse_rivals(office: Office, state: TillState, rivals: Rivals) -> None:
    """Two tills in one file, or two that sign their sales alike, would be taken for each other."""
    shop, code = state.shop, office.settings.shop(state.shop).cash_code(state.till)
    for other in rivals.by_file[cash_file(office, state)]:
        if other != state:
            raise Reject(Reason("cash.file-twice", shop=other.shop, till=other.till), Fault.ERROR)
    for other in rivals.by_code[shop, code]:
        if other != state:
            raise Reject(Reason("cash.code-twice", shop=shop, other=other.till, code=code), Fault.ERROR)


def _read(office: Office, file: Path) -> bytes | None:
    """What the till has; None where it has no file. Raises Retry where the file's folder is away."""
    disk = office.disk
    entry = disk.stat(file)
    if entry is None:
        if not file.is_relative_to(office.layout.root) and disk.stat(file.parent) is None:
            raise Retry(Reason("cash.no-folder", folder=file.parent))
        return None
    if entry.kind is not FileKind.FILE:
        raise Reject(Reason("cash.no-file", kind=entry.kind.value), Fault.ERROR)
    if entry.size > MOST_BYTES:
        raise Reject(Reason("cash.too-large", size=entry.size, most=MOST_BYTES), Fault.ERROR)
    return disk.read(file)


def _write(office: Office, file: Path, data: bytes) -> None:
    root = office.layout.root
    if file.is_relative_to(root):
        Moves(office.disk, folder_mode=office.settings.queue.folder_bits).make(file.parent, root)
    sweep(office.disk, file.parent)
    replace(office.disk, file, data, _rights(file))


def _rights(file: Path) -> int:
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return MODE
