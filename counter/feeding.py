"""Verbs of the way out: `feed`, `status`.

Failures: as their pipeline functions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..pipeline import duties, views
from ..pipeline.duties import by_hand
from ..pipeline.feed import Feed
from ..pipeline.jobsview import service
from ..pipeline.ledger import ExportState
from ..pipeline.office import Office
from ..pipeline.plan import plan
from ..pipeline.rootsettings import SQLITE
from .context import DONE, LATER, REFUSED, Root, json_option, pass_root
from .following import serve
from .pages import show_account, show_exports, show_plan, show_sales, show_service, show_sets, show_tills
from .tables import answer


@click.command()
@click.option(
    "--plan",
    "plan_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Show what FILE would change at which tills, and do nothing.",
)
@click.option("--shop", metavar="SHOP", help="With --plan: the shop in whose inbox folder FILE would lie.")
@click.option("--ignore-hours", is_flag=True, help="Deliver prices and clear commands outside their hours too.")
@click.option("--follow", is_flag=True, help="Go on until stopped: scan on a timer, woken by the inbox's events.")
@json_option
@pass_root
def feed(
    root: Root, plan_file: Path | None, shop: str | None, ignore_hours: bool, follow: bool, as_json: bool
) -> int:
    """Take what lies whole and closed in the inbox, and bring the tills up to date.

    \b
    Examples:
      tillpost feed                      one round, from cron or by hand
      tillpost feed --follow             a service that does nothing else; see tillpost run
      tillpost feed --plan goods.xml     nothing happens, only told what would
    """
    if plan_file is not None:
        if follow:
            raise click.UsageError("--plan looks at one file and --follow goes on for ever: one of them")
        return _plan(root, plan_file, shop or "", as_json)
    if shop is not None:
        raise click.UsageError("--shop goes with --plan; to feed for one shop, drop the file into inbox/<shop>/")
    if follow:
        return serve(root, [duties.feed(ignore_hours=ignore_hours)], as_json)
    with root.office(ours=True) as office:
        with by_hand(office, duties.feed()) as run:
            account = Feed(office).round(once=True, ignore_hours=ignore_hours)
            run.refused = duties.fed(account).refused
        rows = views.account(office, account)
    answer(rows, as_json, lambda: show_account(rows, office.layout.inbox))
    return _exit_code(rows)


def _exit_code(rows: dict[str, list[views.Row]]) -> int:
    states = {export["state"] for export in rows["exports"]}
    if states & {ExportState.HELD, ExportState.ERROR, ExportState.BROKEN} or any(
        export["refused"] for export in rows["exports"]
    ):
        return REFUSED
    return DONE if all(export["put_away"] for export in rows["exports"]) else LATER


def _plan(root: Root, file: Path, shop: str, as_json: bool) -> int:
    with root.office(weighing=True) as office:
        export, verdict = plan(office, file, shop)
        found = views.verdict(office, export, verdict)
    answer(found, as_json, lambda: show_plan(found))
    return DONE if export.state is ExportState.PROCESSED and not verdict.refused_total else REFUSED


@click.command()
@json_option
@pass_root
def status(root: Root, as_json: bool) -> int:
    """How it stands: every till, and what waits for somebody."""
    with root.office() as office:
        rows = {
            "tills": views.tills(office),
            "exports": views.counts(office),
            "held": views.exports(office, 100, "held"),
            "sets": views.part_sets(office),
            "service": service(office),
            "sales": _sales(office),
        }
        answer(rows, as_json, lambda: _status(office, rows))
    return DONE


def _sales(office: Office) -> views.Row | None:
    """None where no sales were ever booked: then their database, felt at the start, is not asked."""
    if not office.settings.books.url and not (office.layout.state / SQLITE).exists():
        return None
    from ..pipeline.salesviews import summary  # noqa: PLC0415

    return summary(office)


def _status(office: Office, rows: dict[str, Any]) -> None:
    show_service(rows["service"])
    show_tills(rows["tills"])
    if rows["tills"]:
        click.echo()
    counted = [f"{count} {state}" for state, count in rows["exports"].items() if count]
    first = f"none yet. Drop one into {office.layout.inbox} and run: tillpost feed"
    click.echo(f"Exports: {', '.join(counted) or first}")
    show_sales(rows["sales"])
    show_sets(rows["sets"])
    if rows["held"]:
        click.echo("\nWaiting for a person (tillpost held show ARRIVAL):")
        show_exports(rows["held"], "")
