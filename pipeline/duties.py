"""What a service does, in its order: the one list of its jobs, and how each of them tells what it did.

Failures: those of the jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Fault, Reason, Reject
from . import jobs
from .feed import Account, Feed
from .jobs import Hours, Run
from .ledger import ExportState
from .monitor import Monitor
from .office import Office
from .settings import Settings

if TYPE_CHECKING:
    from .collect import Collected
    from .requests import Asked
    from .trim import Account as Trimmed

UNWELL = frozenset({ExportState.HELD, ExportState.ERROR, ExportState.BROKEN})


@dataclass(frozen=True)
class Done:
    """What one run did."""

    refused: bool = False  # something was refused, held, or left for somebody to look at
    idle: bool = False  # there was nothing to do
    later: bool = False  # something is left that a further run will do
    trouble: Reason | None = None  # why a part of it could not be done
    account: object = None  # the job's own


Work = Callable[[bool], Done]  # once: nobody comes again soon


def every_round(settings: Settings) -> Hours:
    """The hours of a job that has none."""
    return Hours()


@dataclass(frozen=True)
class Duty:
    """A job: `opened` gives its work in one opened office, which may remember things from one run to the next."""

    name: str
    does: str  # for people
    opened: Callable[[Office], AbstractContextManager[Work]]
    hours: Callable[[Settings], Hours] = every_round
    vital: bool = False  # without it the service is none: its Halt ends it


def feed(*, ignore_hours: bool = False) -> Duty:
    @contextmanager
    def opened(office: Office) -> Iterator[Work]:
        feed = Feed(office)
        yield lambda once: fed(feed.round(once=once, ignore_hours=ignore_hours))

    return Duty("feed", "exports to the tills", opened, vital=True)


def fed(account: Account) -> Done:
    """A round of the feed."""
    return Done(
        refused=any(export.state in UNWELL for export in account.exports),
        idle=not account.exports and not any(account.commands.values()),
        later=any(not export.put_away for export in account.exports),
        account=account,
    )


# The way back is imported where it is needed: its database's library is felt at the start.


@contextmanager
def _collecting(office: Office) -> Iterator[Work]:
    from .collect import Collect, open_books  # noqa: PLC0415
    from .depths import Sampling  # noqa: PLC0415

    with open_books(office) as books:
        collect, sampling = Collect(office, books), Sampling(office, books)

        def work(once: bool) -> Done:
            done = collected(collect.round(once=once))
            sampling.look()
            return done

        yield work


def collected(account: Collected) -> Done:
    """A round of the way back."""
    states = {file.state.value for file in account.files}
    return Done(
        refused=not states.isdisjoint(UNWELL) or any(file.tally.refused for file in account.files),
        idle=not account.files and not account.outgone.written,
        later=bool(account.outgone.troubles) or any(not file.put_away for file in account.files),
        trouble=next(iter(account.outgone.troubles), None),
        account=account,
    )


@contextmanager
def _requesting(office: Office) -> Iterator[Work]:
    from .collect import open_books  # noqa: PLC0415
    from .requests import Requests  # noqa: PLC0415

    with open_books(office) as books:
        requests = Requests(office, books)
        yield lambda once: asked(requests.ask_all())


def asked(questions: list[Asked]) -> Done:
    """Questions to the tills."""
    return Done(refused=any(question.trouble for question in questions), idle=not questions, account=questions)


@contextmanager
def _trimming(office: Office) -> Iterator[Work]:
    from .trim import trim  # noqa: PLC0415

    yield lambda once: trimmed(trim(office))


def trimmed(account: Trimmed) -> Done:
    """A run of trimming."""
    return Done(refused=bool(account.left or account.leapt), later=bool(account.waiting), account=account)


def _when_asked(settings: Settings) -> Hours:
    return Hours(settings.collect.request_at, settings.timezone, by_hand=not settings.collect.request_at)


def _when_trimmed(settings: Settings) -> Hours:
    return Hours((settings.trim.at,), settings.timezone)


DUTIES: tuple[Duty, ...] = (
    feed(),
    Duty("collect", "sales into the books, documents for the ERP", _collecting),
    Duty("requests", "asking the tills for their sales", _requesting, _when_asked),
    Duty("trim", "old files into archives", _trimming, _when_trimmed),
)


def named(name: str) -> Duty:
    """Raises Reject where there is no such job."""
    for duty in DUTIES:
        if duty.name == name:
            return duty
    raise Reject(Reason("service.no-job", job=name, known=", ".join(duty.name for duty in DUTIES)), Fault.ERROR)


@contextmanager
def by_hand(office: Office, duty: Duty) -> Iterator[Run]:
    """Around a run that somebody wants now, whatever its hours say. It is noted, and told to monitoring, as those of
    the service are."""
    try:
        with jobs.running(office, jobs.by_hand(office, duty.name, duty.hours(office.settings))) as run:
            yield run
    finally:
        with closing(Monitor(office)) as monitor:
            monitor.write()
