"""Verbs about exports: `export`, `held`.

Failures: as their pipeline functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..pipeline import views
from ..pipeline.acting import about_export, by_verb, decided
from ..pipeline.held import refuse, release
from ..pipeline.ledger import ExportState
from .context import DONE, REFUSED, InOrder, Root, json_option, pass_root
from .pages import show_export, show_exports, show_trimmed
from .tables import answer

arrival_argument = click.argument("arrival", type=click.IntRange(min=1), metavar="ARRIVAL")
limit_option = click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many, newest first."
)


@click.group(cls=InOrder)
def export() -> None:
    """Exports: what came, and what became of it."""


@export.command("ls")
@limit_option
@click.option("--state", type=click.Choice([state.value for state in ExportState]), help="Only those in this state.")
@json_option
@pass_root
def export_ls(root: Root, limit: int, state: str | None, as_json: bool) -> None:
    """List exports, newest first.

    ARRIVAL, the number in the first column, names an export in the other verbs.

    \b
    Example: tillpost export ls --state broken
    """
    none = f"No export is {state}." if state else f"No exports yet. Drop one into {root.path / 'inbox'}: tillpost feed"
    _list_exports(root, limit, state or "", as_json, none)


def _list_exports(root: Root, limit: int, state: str, as_json: bool, none: str) -> None:
    with root.office() as office:
        rows = views.exports(office, limit, state)
        answer(rows, as_json, lambda: show_exports(rows, none, received=True))


@export.command("show")
@arrival_argument
@json_option
@pass_root
def export_show(root: Root, arrival: int, as_json: bool) -> None:
    """Show one export's verdict: counts, refused records, warnings.

    \b
    Example: tillpost export show 12
    """
    _show_export(root, arrival, as_json)


def _show_export(root: Root, arrival: int, as_json: bool) -> None:
    with root.office() as office:
        found = views.verdict(office, *views.export(office, arrival))
        answer(found, as_json, lambda: show_export(found))
        if not as_json:
            show_trimmed(office, found)
        if not as_json and found["state"] == ExportState.HELD:
            click.echo(f"\nTo let it through: tillpost held release {arrival}")
            click.echo(f"To refuse it:      tillpost held refuse {arrival}")


@click.group(cls=InOrder)
def held() -> None:
    """Held exports: correct but suspicious, waiting for a person."""


@held.command("ls")
@limit_option
@json_option
@pass_root
def held_ls(root: Root, limit: int, as_json: bool) -> None:
    """List what is held."""
    _list_exports(root, limit, "held", as_json, "Nothing is held.")


@held.command("show")
@arrival_argument
@json_option
@pass_root
def held_show(root: Root, arrival: int, as_json: bool) -> None:
    """Show what a held export would change.

    \b
    Example: tillpost held show 12
    """
    _show_export(root, arrival, as_json)


@held.command("release")
@arrival_argument
@json_option
@pass_root
def held_release(root: Root, arrival: int, as_json: bool) -> int:
    """Let a held export through; what later exports said stays.

    \b
    Example: tillpost held release 12
    """
    return _after_holding(root, "held release", arrival, as_json, release)


@held.command("refuse")
@arrival_argument
@json_option
@pass_root
def held_refuse(root: Root, arrival: int, as_json: bool) -> int:
    """Refuse a held export: nothing of it is taken.

    \b
    Example: tillpost held refuse 12
    """
    _after_holding(root, "held refuse", arrival, as_json, refuse)
    return DONE


def _after_holding(root: Root, verb: str, arrival: int, as_json: bool, decide: Callable[..., Any]) -> int:
    with root.office(ours=True) as office, by_verb(office, verb, about_export(arrival)) as act:
        decide(office, arrival)
        act.result = decided(office, arrival)
        row = views.export_row(office, *views.export(office, arrival))
    answer(row, as_json, lambda: show_exports([row], ""))
    return DONE if row["state"] == ExportState.PROCESSED else REFUSED
