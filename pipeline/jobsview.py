"""What there is to see of the jobs: rows of plain values, for tables and for JSON alike.

Failures: those of the store.
"""

from __future__ import annotations

from . import jobs
from .clock import moment
from .duties import DUTIES, Duty
from .ledger import Ledger
from .locks import serving
from .monitor import REFUSED
from .office import Office

Row = dict[str, object]


def service(office: Office) -> Row:
    """Whose service runs, "" = none; and why it works with other settings than those of the file, "" = it does not."""
    with office.store.read() as txn:
        refused = Ledger(txn).noted(REFUSED)
    return {"runs": serving(office.layout), "settings_refused": refused}


def rows(office: Office) -> list[Row]:
    """A row for each job, in the order in which a round does them."""
    return [_row(office, duty) for duty in DUTIES]


def _row(office: Office, duty: Duty) -> Row:
    now, hours = office.clock.now(), duty.hours(office.settings)
    state = jobs.load(office, duty.name)
    if state.last is not None or not hours.times:
        state = jobs.looked_at(state, hours, now)
    last = state.last
    due = jobs.next_due(state, hours, now)
    return {
        "job": duty.name,
        "does": duty.does,
        "hours": ", ".join(hours.times) or ("by hand" if hours.by_hand else "every round"),
        "last": moment(last.started) if last else "",
        "outcome": last.outcome.value if last else "",
        "missed": state.missed_total,
        "next": moment(due) if due else "",
        "put_off_until": moment(state.until) if state.until > now else "",
        "last_success": moment(state.last_success) if state.last_success else "",
        "reason": last.reason.text(office.settings.language) if last and last.reason else "",
    }
