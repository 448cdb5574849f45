"""A service at the counter: its signals, and what is told of each of its rounds.

Failures: as the service.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec

from ..pipeline import views
from ..pipeline.duties import Done, Duty
from ..pipeline.feed import Account
from ..pipeline.office import Office
from ..pipeline.service import Service
from ..pipeline.stopping import signals
from ..pipeline.systemd import Systemd
from .context import DONE, Root
from .pages import show_account


def serve(root: Root, duties: Sequence[Duty], as_json: bool) -> int:
    """Runs a service of these jobs; its exit code."""

    def tell(office: Office, duty: Duty, done: Done) -> None:
        rows, page = _told(office, done.account)
        if as_json:  # a line for each run that did something
            click.echo(msgspec.json.encode({"job": duty.name, **rows}).decode())
        elif page is not None:
            page()

    service = Service(root.path, duties=duties, tell=tell, systemd=Systemd.of(), verbose=root.verbose or None)
    with signals(service.stop, service.last_words):
        service.run()
    return DONE


def _told(office: Office, account: object) -> tuple[dict[str, Any], Callable[[], None] | None]:
    """What a run did, for programs, and its page for people."""
    if isinstance(account, Account):
        rows = views.account(office, account)
        return rows, lambda: show_account(rows, office.layout.inbox)
    return {}, None
