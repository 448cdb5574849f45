"""Tills' folders against the state, byte for byte; and what can be put right.

Failures: `Reject` where there is no such till.
"""

from __future__ import annotations

from ..queues.till import TillState
from . import views
from .ledger import Ledger
from .office import Office


def check(office: Office, shop: str = "", till: str = "", *, fix: bool = False) -> list[views.Row]:
    """What is wrong, a row each; with `fix`, what was done about it ("" where a person must)."""
    if till:
        states = [views.till(office, shop, till)]
    else:
        with office.store.read() as txn:
            states = Ledger(txn).tills(shop)
    return [row for state in states for row in (_fixed(office, state) if fix else _found(office, state))]


def _found(office: Office, state: TillState) -> list[views.Row]:
    language = office.settings.language
    found = [
        _row(state, finding.number, finding.reason.text(language), "") for finding in office.queue(state).check(state)
    ]
    return found or _halted(office, state)


def _fixed(office: Office, state: TillState) -> list[views.Row]:
    """Puts right what can be; the state is committed once the folder is as it says."""
    language = office.settings.language
    queue = office.queue(state)
    if not queue.check(state) and not state.halted:
        return []
    fixed, done = queue.fix(state, office.clock.now())
    with office.store.write() as txn:
        Ledger(txn).save_tills([fixed])
    rows = [_row(state, finding.number, finding.reason.text(language), "done") for finding in done]
    office.log.info(
        "queue_fixed", shop=state.shop, till=state.till, done=len(done), left=len(left := queue.check(fixed))
    )
    rows += [_row(state, finding.number, finding.reason.text(language), "") for finding in left]
    return rows if left else rows + _halted(office, fixed)


def _halted(office: Office, state: TillState) -> list[views.Row]:
    """Why the till stands still all the same, where it does: what it read cannot be looked up in its folder."""
    why = state.why_halted()
    return [_row(state, 0, why.text(office.settings.language), "")] if why else []


def _row(state: TillState, number: int, finding: str, done: str) -> views.Row:
    return {"shop": state.shop, "till": state.till, "number": number, "finding": finding, "done": done}
