"""What people change by hand, told in one log: whoever did it, on the pages or at the command line.

An entry is written before its act and completed after it, for the act has its own commit elsewhere. A verb does its
work also where the books cannot be written, for a till that stands still waits for no database: then the service's log
alone tells of it. Where nothing was ever sold there are no books, and none are made for this.

Failures: none of its own; what the act raises goes through.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ..errors import Reason, Trouble
from . import views
from .ledger import ExportState
from .office import Office
from .rootsettings import SQLITE

if TYPE_CHECKING:  # they load SQLAlchemy, for which most verbs need not wait
    from ..books import Books
    from .people import People


class Act:
    """`result`: what its entry is to say came of it."""

    def __init__(self) -> None:
        self.result = Reason("people.done")


def about_export(arrival: int) -> str:
    """How the log names it."""
    return f"export {arrival}"


def about_till(shop: str, till: str = "") -> str:
    """A till, or all of a shop's; without a shop, every one."""
    return f"till {shop}/{till}" if till else f"shop {shop}" if shop else "every till"


def about_archive(name: str) -> str:
    return f"archive {name}"


def ourselves() -> str:
    """Who works at the command line."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a number that has no name
        name = str(os.getuid())
    return f"cli:{name}"


@contextmanager
def by_verb(office: Office, verb: str, about: str, books: Books | None = None) -> Iterator[Act]:
    """Around what a verb changes. `books`: where it has them open already."""
    act, who = Act(), ourselves()
    office.log.info("act", who=who, verb=verb, about=about)
    with ExitStack() as stack:
        noted: tuple[People, int] | None = None
        with _unless_away(office, verb):
            if (people := _people(office, books, stack)) is not None:
                noted = people, people.begin_act(who, verb, about)
        try:
            yield act
        except Trouble as trouble:
            _complete(office, verb, noted, trouble.reason)
            raise
        _complete(office, verb, noted, act.result)


def _complete(office: Office, verb: str, noted: tuple[People, int] | None, result: Reason) -> None:
    if noted is not None:
        people, entry = noted
        with _unless_away(office, verb):
            people.end_act(entry, result)


@contextmanager
def _unless_away(office: Office, verb: str) -> Iterator[None]:
    try:
        yield
    except Trouble as trouble:
        office.log.warning("act_not_noted", verb=verb, reason=str(trouble))


def _people(office: Office, books: Books | None, stack: ExitStack) -> People | None:
    if books is None and not office.settings.books.url and not (office.layout.state / SQLITE).exists():
        return None
    from .collect import open_books  # noqa: PLC0415
    from .people import People  # noqa: PLC0415

    return People(books or stack.enter_context(open_books(office)), office.clock, office.settings.web)


# --- what came of it, in words


def decided(office: Office, arrival: int) -> Reason:
    """Of a held export after a person's word."""
    after, verdict = views.export(office, arrival)
    if after.state is ExportState.PROCESSED:
        return Reason("web.let-through", commands=sum(plan.commands for plan in verdict.shops))
    return Reason("web.tried-later" if after.state is ExportState.CLAIMED else "web.turned-down")


def filled(commands: int) -> Reason:
    """Of a till that is to be filled anew."""
    return Reason("web.resynced", commands=commands) if commands else Reason("web.resync-later")


def holding(*, held: bool) -> Reason:
    """Of a till on hold, or let go."""
    return Reason("web.held" if held else "web.released")
