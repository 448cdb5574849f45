"""Verbs of the service: `run`, `jobs`.

Failures: as their pipeline functions.
"""

from __future__ import annotations

import click

from ..pipeline.duties import DUTIES, by_hand, named
from ..pipeline.jobs import Outcome
from ..pipeline.jobsview import Row, rows, service
from .context import DONE, LATER, REFUSED, InOrder, Root, json_option, pass_root
from .following import serve
from .pages import show_service
from .tables import answer, table, under


@click.command()
@json_option
@pass_root
def run(root: Root, as_json: bool) -> int:
    """Do every job as a service, until stopped.

    SIGTERM ends it within 5 seconds, SIGHUP makes it read its settings again. Other verbs work beside it.

    \b
    Examples:
      tillpost run            in the foreground; the log is shown at a terminal
      systemctl start tillpost
    """
    return serve(root, DUTIES, as_json, pages=True)


@click.group(cls=InOrder)
def jobs() -> None:
    """Jobs: what the service does, when, and how it went."""


COLUMNS = {
    "job": "Job", "does": "What it does", "hours": "When", "last": "Last run", "outcome": "Outcome",
    "missed": "Missed", "next": "Next", "reason": "Reason",
}  # fmt: skip


@jobs.command("ls")
@json_option
@pass_root
def jobs_ls(root: Root, as_json: bool) -> None:
    """List the jobs: when each ran last, how it went, and when it is due."""
    with root.office() as office:
        found, of = rows(office), service(office)
        answer({"service": of, "jobs": found}, as_json, lambda: _listed(found, of))


def _listed(found: list[Row], of: Row) -> None:
    table(found, COLUMNS, note="reason", fold=("does", "hours", "missed"))
    click.echo(
        f"\nThe service runs: {of['runs']}" if of["runs"] else "\nNo service runs: tillpost run, timers or cron."
    )
    show_service(of)


@jobs.command("run")
@click.argument("name", metavar="NAME", type=click.Choice([duty.name for duty in DUTIES]))
@json_option
@pass_root
def jobs_run(root: Root, name: str, as_json: bool) -> int:
    """Run one job now, whatever its hours say.

    A service that runs is waited for, up to 30 seconds.

    \b
    Example: tillpost jobs run feed
    """
    duty = named(name)
    with root.office(ours=True) as office:
        with by_hand(office, duty) as run, duty.opened(office) as work:
            done = work(True)
            run.refused, run.trouble = done.refused, done.trouble
        row = next(row for row in rows(office) if row["job"] == name)
    more = row["reason"] or ("" if row["outcome"] == Outcome.DONE else Outcome(str(row["outcome"])).sentence)
    answer(row, as_json, lambda: under(f"Job {name}: {row['outcome']}. {more}".rstrip(), 0))
    return REFUSED if done.refused else LATER if done.later else DONE
