"""What an export would change, without doing anything: the very booking, in a transaction that is thrown away.

Failures: `Retry` where the store is busy or full; whatever is wrong with the file is part of the plan.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from ..model import Told
from .booking import Reader, Rejected
from .ledger import Export, ExportState, Ledger, Verdict, state_of
from .office import Office

Plan = tuple[Export, Verdict]


class _Undone(Exception):
    """No error: how a transaction is left without a commit."""


def plan(office: Office, file: Path, shop: str = "") -> Plan:
    """The record and verdict `file` would get, had it been dropped into the inbox (of `shop`) just now."""
    reader = Reader(office)
    entry = office.disk.stat(file)
    export = Export.arrived(0, file.name, shop, entry.size if entry else 0, office.clock.now())
    found: list[Plan] = []
    try:
        opened = reader.open(export, file)
        with office.store.write() as txn:
            numbered = msgspec.structs.replace(opened.export, arrival=Ledger(txn).next_arrival())
            found.append(reader.weigh(txn, replace(opened, export=numbered), file))
            raise _Undone  # noqa: TRY301 - leaving the block by an exception is the point
    except _Undone:
        return _held_if_doubted(*found[0])
    except Rejected as no:
        state = state_of(no.reject.fault)
        told = Told.of(no.reject.reason)
        return msgspec.structs.replace(no.export, state=state, reason=told, decided=office.clock.now()), no.verdict


def _held_if_doubted(export: Export, verdict: Verdict) -> Plan:
    if not verdict.suspicions:
        return export, verdict
    return msgspec.structs.replace(export, state=ExportState.HELD, reason=verdict.suspicions[0]), verdict
