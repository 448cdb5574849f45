"""A service at the counter: its signals, and what is told of each of its rounds.

Failures: as the service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
import msgspec

from ..pipeline import views
from ..pipeline.duties import Done, Duty
from ..pipeline.office import Office
from ..pipeline.service import Service
from ..pipeline.stopping import signals
from ..pipeline.systemd import Systemd
from .context import DONE, Root
from .pages import show_account

Told = tuple[Mapping[str, object], Callable[[], None]]


def serve(root: Root, duties: Sequence[Duty], as_json: bool, *, pages: bool = False) -> int:
    """Runs a service of these jobs, and of the pages where the settings want them; its exit code."""

    def tell(office: Office, duty: Duty, done: Done) -> None:
        rows, page = PAGES[duty.name](office, done.account)
        if as_json:  # a line for each run that did something
            click.echo(msgspec.json.encode({"job": duty.name, **rows}).decode())
        else:
            page()

    service = Service(
        root.path, duties=duties, tell=tell, systemd=Systemd.of(), verbose=root.verbose or None, pages=pages
    )
    with signals(service.stop, service.last_words):
        service.run()
    return DONE


# What a run did: rows for programs, and their page for people. The way back is imported where it is needed: its
# database's library is felt at the start.


def _fed(office: Office, account: Any) -> Told:
    rows = views.account(office, account)
    return rows, lambda: show_account(rows, office.layout.inbox)


def _collected(office: Office, account: Any) -> Told:
    from ..pipeline import salesviews  # noqa: PLC0415
    from .salespages import show_collected  # noqa: PLC0415

    rows = salesviews.collected(office, account)
    return rows, lambda: show_collected(rows, office.layout.sales, office.layout.outbox)


def _asked(office: Office, account: Any) -> Told:
    from ..pipeline import salesviews  # noqa: PLC0415
    from .salespages import show_asked  # noqa: PLC0415

    rows = [salesviews.asked(office, question) for question in account]
    return {"asked": rows}, lambda: show_asked(rows)


def _trimmed(office: Office, account: Any) -> Told:
    from ..pipeline import trimviews  # noqa: PLC0415
    from .archives import show_trim  # noqa: PLC0415

    rows = trimviews.done(office, account)
    return rows, lambda: show_trim(rows, dry_run=False)


PAGES: dict[str, Callable[[Office, Any], Told]] = {
    "feed": _fed,
    "collect": _collected,
    "requests": _asked,
    "trim": _trimmed,
}
