"""What there is to see of an installation: rows of plain values, for tables and for JSON alike.

Nothing here changes anything; every function reads one snapshot of the store.

Failures: `Reject` where an export, shop or till that was asked for does not exist.
"""

from __future__ import annotations

from itertools import islice
from typing import cast

from ..catalogue import Transaction
from ..converters import aif
from ..errors import Fault, Reason, Reject
from ..queues.till import Outstanding, TillState
from .clock import moment
from .feed import Account
from .ledger import Export, ExportState, Ledger, Verdict
from .office import Office
from .verdicts import as_json

Row = dict[str, object]


def account(office: Office, done: Account) -> dict[str, list[Row]]:
    """What one round did, with the verdicts."""
    language = office.settings.language
    with office.store.read() as txn:
        ledger = Ledger(txn)
        rows = [export_row(office, export, ledger.verdict(export.arrival)) for export in done.exports]
    return {
        "exports": rows,
        "commands": [{"shop": shop, "commands": count} for shop, count in done.commands.items() if count],
        "waiting": [{"name": name, "why": reason.text(language)} for name, reason in done.waiting],
        "sets": part_sets(office),
    }


def exports(office: Office, limit: int, state: str = "") -> list[Row]:
    """The newest `limit` exports, newest first."""
    with office.store.read() as txn:
        ledger = Ledger(txn)
        wanted = (export for export in ledger.exports() if state in ("", export.state))
        return [export_row(office, export, ledger.verdict(export.arrival)) for export in islice(wanted, limit)]


def export_row(office: Office, export: Export, verdict: Verdict) -> Row:
    header = export.header
    return {
        "arrival": export.arrival,
        "name": export.name,
        "state": export.state.value,
        "kind": header.kind if header else "",
        "fullness": ("F" if header.full else "I") if header else "",
        "number": header.number if header else None,
        "shop": export.scope,
        "read": verdict.read,
        "refused": verdict.refused_total,
        "warnings": verdict.warnings_total,
        "commands": sum(plan.commands for plan in verdict.shops),
        "put_away": export.put_away,  # the reply is written, the file lies where its state says
        "received": moment(export.received),
        "reason": export.reason.text(office.settings.language) if export.reason else "",
    }


def export(office: Office, arrival: int) -> tuple[Export, Verdict]:
    """One export and its verdict. Raises Reject where the arrival is unknown."""
    with office.store.read() as txn:
        ledger = Ledger(txn)
        found = ledger.export(arrival)
        if found is None:
            raise Reject(Reason("view.no-arrival", arrival=arrival), Fault.ERROR)
        return found, ledger.verdict(arrival)


def verdict(office: Office, export: Export, verdict: Verdict) -> Row:
    """An export and its verdict, or the plan of one, with the tills that each shop's commands go to."""
    shown = as_json(export, verdict, office.settings.language)
    with office.store.read() as txn:
        tills = {plan.shop: [state.till for state in Ledger(txn).tills(plan.shop)] for plan in verdict.shops}
    for shop in cast("list[Row]", shown["shops"]):
        shop["tills"] = tills[str(shop["shop"])]
    return shown


def counts(office: Office) -> dict[str, int]:
    """Exports by state."""
    with office.store.read() as txn:
        found = dict.fromkeys((state.value for state in ExportState), 0)
        for export in Ledger(txn).exports():
            found[export.state.value] += 1
        return found


def tills(office: Office, shop: str = "") -> list[Row]:
    with office.store.read() as txn:
        return [_till_row(office, txn, state) for state in Ledger(txn).tills(shop)]


def _till_row(office: Office, txn: Transaction, state: TillState) -> Row:
    """Depth and age of what stands in a till's folder, and what the catalogue still has for it."""
    now = office.clock.now()
    catalogue = office.catalogue(txn)
    behind = catalogue.pending(state.shop, state.cursor, state.full_to)
    oldest = min((chunk.offered_at for chunk in state.outstanding), default=None)
    return {
        "shop": state.shop,
        "till": state.till,
        "standing": standing(state),
        "epoch": state.epoch,
        "chunks": len(state.outstanding),
        "commands": sum(chunk.objects for chunk in state.outstanding),
        "oldest_seconds": None if oldest is None else int(now - oldest),
        "behind": behind if state.epoch else catalogue.size(state.shop),
        "taken": state.acked,
        "next": state.next_number,
        "last_taken": moment(state.last_taken_at) if state.last_taken_at else "",
        "overdue": office.queue(state).overdue(state, now, office.settings.queue.overdue_seconds) is not None,
        "halted": halted.text(office.settings.language) if (halted := state.why_halted()) else "",
    }


def standing(state: TillState) -> str:
    """How it goes at a till, in a word."""
    if state.halted:
        return "halted"
    if state.held:
        return "on hold"
    if state.wants_full or not state.epoch:
        return "to be filled"
    if state.cursor < state.full_to:
        return "filling"
    return "waiting" if state.outstanding else "up to date"


def till(office: Office, shop: str, name: str) -> TillState:
    """Raises Reject where there is no such till."""
    with office.store.read() as txn:
        state = Ledger(txn).till(shop, name)
        known = ", ".join(f"{state.shop}/{state.till}" for state in Ledger(txn).tills()) or "-"
    if state is None:
        raise Reject(Reason("view.no-till", shop=shop, till=name, known=known), Fault.ERROR)
    return state


def outstanding(office: Office, state: TillState) -> list[Row]:
    """What stands in a till's folder, in the order in which it will be taken."""
    now = office.clock.now()
    return [_chunk_row(chunk, now) for chunk in state.outstanding]


def _chunk_row(chunk: Outstanding, now: float) -> Row:
    return {
        "number": chunk.number,
        "commands": chunk.objects,
        "bytes": chunk.size,
        "age_seconds": int(now - chunk.offered_at),
        "flagged": chunk.flagged,
        "digest": chunk.digest,
    }


def commands(office: Office, state: TillState, number: int) -> list[str]:
    """The commands of one chunk in a till's folder, as the till reads them but for passwords, which are masked.
    Raises Reject where it is not there."""
    for chunk in state.outstanding:
        if chunk.number == number:
            parts = office.chunks.read(chunk.digest).split(aif.END)[:-1]
            return [aif.masked(part).decode() for part in parts]
    raise Reject(Reason("view.no-chunk", shop=state.shop, till=state.till, number=number), Fault.ERROR)


def part_sets(office: Office) -> list[Row]:
    """Full exports in parts that are not complete yet."""
    with office.store.read() as txn:
        return [
            {"set": part_set.name, "shop": part_set.scope, "parts": list(part_set.parts), "last": moment(part_set.last)}
            for part_set in Ledger(txn).part_sets()
        ]
