"""The verbs of the cash machine at a till: `cash …`.

Failures: as the machine.
"""

from __future__ import annotations

import click

from ..devices.machine.settings import FILE_NAME
from .cashjournal import journal, resolve, watch
from .cashmoney import deposit, end, held_by, payout, sale, seen_by
from .cashpages import open_line, show_levels, show_status, status_row
from .cashsimulate import simulate
from .cashstaff import cassette, count, recover, withdraw
from .cashtill import SETTINGS, Till, pass_till, warn
from .tables import answer
from .verbs import DONE, REFUSED, InOrder, json_option


@click.group(cls=InOrder, options_metavar="[--settings FILE]")
@click.option(
    "--settings",
    envvar="TILLPOST_CASH",
    metavar="FILE",
    default=FILE_NAME,
    help="The settings of the till's cash machine (or TILLPOST_CASH); cash.toml by default.",
)
@click.pass_context
def cash(context: click.Context, settings: str) -> None:
    """Cash at a till: sales, staff's deposits and withdrawals, levels, the journal.

    One process works with a machine at a time. `levels`, `journal` and `watch` read its journal, at any time; `status`
    asks the devices where nobody else works with them, and says where it did not.
    """
    context.meta[SETTINGS] = settings


@cash.command()
@json_option
@pass_till
def status(till: Till, as_json: bool) -> int:
    """Show how the machine stands: devices, units, lamp, what blocks cash, what waits for somebody.

    Where another process works with the machine, it is what the journal says.

    \b
    Example: tillpost cash status
    """
    seen, asked = seen_by(till)
    line = open_line(till.written().account, till.tongue)
    row = status_row(seen, till.tongue, asked=asked)

    def page() -> None:
        show_status(till.title, seen, till.plan, till.tongue, asked=asked)
        if line:
            click.echo()
            click.echo(line)

    answer(row, as_json, page)
    return REFUSED if row["blocks"] or seen.unknown else DONE


@cash.command()
@json_option
@pass_till
def levels(till: Till, as_json: bool) -> None:
    """Show what each unit holds, as bars with the colours' words.

    As the journal says: possible at any time. A Glory controller, which counts itself, is asked.

    \b
    Example: tillpost cash levels
    """
    seen = held_by(till)
    units = status_row(seen, till.tongue, asked=False)
    rows = [{**unit, "level": seen.levels[unit["id"]]} for unit in units["units"]]
    answer(rows, as_json, lambda: show_levels(seen, till.plan, till.tongue))
    if not as_json:
        warn(open_line(till.written().account, till.tongue))


for verb in (sale, deposit, withdraw, cassette, count, payout, end, recover, journal, resolve, watch, simulate):
    cash.add_command(verb)
