"""Asking tills for their sales: which period, and whether a question is still open.

A till that is asked without a period is asked from the day of its last sale that we know; one that never sold
anything, for the last 24 hours. Days are the shop's own.

Failures: `Reject` for a till that nobody knows or a period that ends before it begins; `Retry` where the till's folder
cannot be written to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from ..books import Books
from ..errors import Fault, Halt, Reason, Reject, Retry
from ..queues.asking import ask, asked, is_asked
from . import views
from .ledger import Ledger
from .office import Office

WEEK = timedelta(days=7)  # from this length on a person is asked whether it is meant


@dataclass(frozen=True)
class Asked:
    """A question to one till. `new`: it was put now; else an earlier one still lies there, and that is its period."""

    shop: str
    till: str
    since: date
    until: date
    new: bool = True
    trouble: Reason | None = None  # why it could not be put

    @property
    def is_long(self) -> bool:
        return self.until - self.since + timedelta(days=1) >= WEEK


class Requests:
    """Questions to the tills of one office."""

    def __init__(self, office: Office, books: Books) -> None:
        self._office = office
        self._books = books

    def period(self, shop: str, till: str, since: date | None = None, until: date | None = None) -> Asked:
        """What the till would be asked. Raises Reject."""
        views.till(self._office, shop, till)
        now = datetime.fromtimestamp(self._office.clock.now(), UTC).astimezone(self._office.settings.zone(shop))
        until = until or now.date()
        since = since or min(self._last_sale(shop, till) or (now - timedelta(days=1)).date(), until)
        if since > until:
            raise Reject(Reason("requests.backwards", since=since, until=until), Fault.ERROR)
        return Asked(shop, till, since, until)

    def _last_sale(self, shop: str, till: str) -> date | None:
        with self._books.read() as txn:
            last = txn.last_sale(shop, till)
        return last.date() if last else None

    def ask(self, question: Asked) -> Asked:
        """Puts the question; one that lies there already stays as it is."""
        office, shop, till = self._office, question.shop, question.till
        folder = office.layout.till_sales(shop, till)[0]
        if not ask(office.disk, folder, question.since, question.until, office.settings.rights.file_bits):
            since, until = asked(office.disk, folder) or (question.since, question.until)
            return replace(question, since=since, until=until, new=False)
        with self._books.write() as txn:
            txn.mark_answered(shop, till, office.clock.now())  # an earlier one is gone
            txn.request(shop, till, question.since, question.until, office.clock.now())
        office.log.info("sales_asked", shop=shop, till=till, since=str(question.since), until=str(question.until))
        return question

    def note_answers(self) -> None:
        """Notes which questions tills have taken away: that is their answer. What cannot be looked at stays open."""
        with self._books.read() as txn:
            tills = dict.fromkeys((one.shop, one.till) for one in txn.open_requests())
        gone = [till for till in tills if self._is_answered(*till)]
        if gone:
            with self._books.write() as txn:
                for shop, till in gone:
                    txn.mark_answered(shop, till, self._office.clock.now())

    def _is_answered(self, shop: str, till: str) -> bool:
        try:
            return not is_asked(self._office.disk, self._office.layout.till_sales(shop, till)[0])
        except (Retry, Halt):
            return False

    def ask_all(self) -> list[Asked]:
        """Asks every till from its last sale on; one that cannot be asked stops no other."""
        with self._office.store.read() as txn:
            tills = [(state.shop, state.till) for state in Ledger(txn).tills()]
        return [self.try_to_ask(self.period(shop, till)) for shop, till in tills]

    def try_to_ask(self, question: Asked) -> Asked:
        """As `ask`; what keeps it from being put stands in the answer."""
        try:
            return self.ask(question)
        except (Retry, Halt) as trouble:
            self._office.log.warning("sales_not_asked", shop=question.shop, till=question.till, reason=str(trouble))
            return replace(question, new=False, trouble=trouble.reason)


def outcome(asked: Sequence[Asked]) -> Reason:
    """What came of questions, in words."""
    new = sum(question.new for question in asked)
    kept = sum(question.trouble is not None for question in asked)
    return Reason("recon.asked", new=new, there=len(asked) - new - kept, kept=kept)
