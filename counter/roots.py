"""Verbs about a root as a whole: `init`, `doctor`, `config`.

Failures: as their pipeline functions.
"""

from __future__ import annotations

from pathlib import Path

import click

from ..pipeline.doctor import Finding, Health, examine
from ..pipeline.root import make
from ..pipeline.settings import FILE_NAME, show
from .context import DONE, WRONG_SETTINGS, InOrder, Root, json_option, named, pass_root
from .tables import answer, several, table


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--shop", "shops", metavar="SHOP", multiple=True, required=True, help="A shop's id.")
@click.option("--tills", metavar="IDS", multiple=True, required=True, help="The tills of the shop before it: 1,2,3.")
@json_option
def init(folder: Path, shops: tuple[str, ...], tills: tuple[str, ...], as_json: bool) -> None:
    """Make a root for one or more shops.

    DIR is new or empty. --shop and --tills may be given several times, a pair for each shop.

    \b
    Examples:
      tillpost init /srv/tillpost --shop 5 --tills 1,2,3
      tillpost init /srv/tillpost --shop 5 --tills 1,2,3 --shop 6 --tills 1
    """
    if len(shops) != len(tills):
        raise click.UsageError("every --shop needs its --tills, and the other way round")
    chain = dict(zip(named("shop", shops), (named("till", ids.split(",")) for ids in tills), strict=True))
    if not all(chain.values()):
        raise click.BadParameter("name at least one till of each shop: --tills 1,2,3")
    make(folder, chain)
    made: dict[str, object] = {
        "root": str(folder),
        "settings": str(folder / FILE_NAME),
        "inbox": str(folder / "inbox"),
        "shops": [{"shop": shop, "tills": ids} for shop, ids in chain.items()],
    }
    answer(made, as_json, lambda: _made(made))


def _made(made: dict[str, object]) -> None:
    click.echo(f"Made {made['root']}")
    click.echo(f"  settings       {made['settings']}")
    click.echo(f"  exports go to  {made['inbox']}")
    click.echo(f"Then: tillpost --root {made['root']} feed")


@click.command()
@click.option("--fix", is_flag=True, help="Give folders and chunks the rights and the group that the settings say.")
@json_option
@pass_root
def doctor(root: Root, fix: bool, as_json: bool) -> int:
    """Look for what would go wrong: rights, disks, limits, clock, state.

    Changes nothing without --fix. Ends with 78 when something must be put right before tillpost can work.
    """
    findings = examine(root.path, fix=fix)
    answer([finding.row() for finding in findings], as_json, lambda: _examined(findings))
    return WRONG_SETTINGS if any(finding.verdict is Health.BAD for finding in findings) else DONE


def _examined(findings: list[Finding]) -> None:
    columns = {"verdict": "Verdict", "what": "What", "found": "Found", "advice": "Advice"}
    table([finding.row() for finding in findings], columns, note="advice", fold=("found",))
    wrong = sum(finding.verdict is not Health.OK for finding in findings)
    told = f"{wrong} of them to be looked at" if wrong else "nothing to be put right"
    click.echo(f"\n{several(len(findings), 'check')}, {told}.")


@click.group(cls=InOrder)
def config() -> None:
    """Settings: what they are here, and what they mean."""


@config.command("show")
@json_option
@pass_root
def config_show(root: Root, as_json: bool) -> None:
    """Show every setting: its value here, its default where that is another, what it does."""
    rows = show(root.path)
    columns = {"setting": "Setting", "value": "Value", "default": "Default", "unit": "Unit", "text": "What it does"}
    shown = [{**row, "default": "" if row["default"] == row["value"] else row["default"]} for row in rows]
    answer(rows, as_json, lambda: table(shown, columns, note="text", fold=("unit", "default", "value")))
