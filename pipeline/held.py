"""What a person does with a held export: lets it through after all, or refuses it.

A released export is weighed by nobody; its records are booked as far as no later export spoke of them, because
the later word wins.

Failures: `Reject` where the arrival is not held; `Retry` where the disk does not take now that it was.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from ..errors import Fault, Reason, Reject, Retry
from ..model import Told
from .delivery import Delivery
from .feed import Feed
from .ledger import Export, ExportState, Ledger, Verdict
from .office import Office


def release(office: Office, arrival: int) -> Export:
    """Books a held export now. Returns what became of it."""
    export, _ = _held(office, arrival)
    released = msgspec.structs.replace(
        export, state=ExportState.CLAIMED, released=True, put_away=False, tries=0, next_try=0.0, reason=None
    )
    with office.store.write() as txn:
        Ledger(txn).save(released)
    office.log.info("export_released", export=export.name, arrival=arrival)
    with suppress(Reject):  # somebody removed it: that is its verdict
        office.rooms.release(arrival, export.file_name)
    done = Feed(office).examine(released)
    Delivery(office).round()
    return done


def refuse(office: Office, arrival: int) -> Export:
    """Puts a held export into `error`: nothing of it is booked."""
    export, verdict = _held(office, arrival)
    refused = msgspec.structs.replace(
        export,
        state=ExportState.ERROR,
        put_away=False,
        reason=Told.of(Reason("held.refused")),
        decided=office.clock.now(),
    )
    with office.store.write() as txn:
        Ledger(txn).save(refused)
        if export.closes:
            Ledger(txn).drop_set(export.closes)
    return Feed(office).finish(refused, verdict)


def _held(office: Office, arrival: int) -> tuple[Export, Verdict]:
    with office.store.read() as txn:
        ledger = Ledger(txn)
        export, verdict = ledger.export(arrival), ledger.verdict(arrival)
    if export is None or export.state is not ExportState.HELD:
        raise Reject(Reason("held.not-held", arrival=arrival), Fault.ERROR)
    if (
        not export.put_away
    ):  # whoever held it died: the reply must be known by its name, or a second would lie beside it
        export = Feed(office).finish(export, verdict)
        if not export.put_away:
            raise Retry(Reason("held.not-put-away", arrival=arrival))
    return export, verdict
