"""What people are shown of sales files, shifts and questions: which columns, in which order, and the words around them.

Failures: none.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from ..model import (
    CASH_IN,
    CASH_OUT,
    INVOICE,
    RETURN,
    RETURN_CANCELLED,
    RETURN_FREE,
    SALE,
    SALE_CANCELLED,
)
from .tables import Row, several, table, under

FILE_COLUMNS = {
    "arrival": "Arrival", "name": "Name", "state": "State", "shop": "Shop", "till": "Till", "read": "Read",
    "new": "New", "repeated": "Repeated", "corrected": "Corrected", "outdated": "Outdated", "refused": "Refused",
    "received": "Received", "reason": "Reason",
}  # fmt: skip
SELDOM = ("repeated", "corrected", "outdated")  # told where there are any


def show_files(rows: Iterable[Row], empty: str, *, received: bool = True) -> None:
    columns = {key: heading for key, heading in FILE_COLUMNS.items() if received or key != "received"}
    shown = ({**row, **{key: row[key] or None for key in SELDOM}} for row in rows)
    table(shown, columns, empty, note="reason", fold=("received", "refused", "outdated", "corrected", "repeated"))


def show_collected(rows: dict[str, Any], sales: Path, outbox: Path) -> None:
    """What a round did."""
    if rows["files"]:
        show_files(rows["files"], "", received=False)
        for file in rows["files"]:
            if file["refused"]:
                click.echo(f"What was refused of {file['name']}: tillpost sales show {file['arrival']}")
    elif not rows["waiting"]:
        click.echo(f"No sales files in {sales}.")
    for waiting in rows["waiting"]:
        name = f"{waiting['name']}: " if waiting["name"] else ""
        under(f"waiting: {name}{waiting['why']}", 0)
    written, taken = rows["documents"]["written"], rows["documents"]["taken"]
    if written:
        click.echo(f"{several(written, 'document')} for the ERP in {outbox}")
    if taken:
        click.echo(f"{several(taken, 'document')} taken by the ERP since the last time")
    for trouble in rows["outbox_troubles"]:
        under(f"outbox: {trouble}", 0)


HEAD = ("arrival", "name", "state", "shop", "till", "received", "decided", "file")
COUNTED = ("new", "repeated", "corrected", "outdated")
TYPES = {
    SALE: "sale", RETURN: "return", CASH_IN: "cash in", CASH_OUT: "cash out", INVOICE: "invoice",
    RETURN_CANCELLED: "return cancelled", SALE_CANCELLED: "sale cancelled", RETURN_FREE: "return without receipt",
}  # fmt: skip
OTHERS = {"shifts": "shift record", "log_ons": "security log line", "drawer": "drawer document"}
TYPES_WIDTH = 66


def show_sales_file(found: dict[str, Any]) -> None:
    """A sales file's verdict, whole."""
    for key in HEAD:
        if found[key] not in (None, ""):
            click.echo(f"{key:>10}  {found[key]}")
    if found["reason"]:
        under(f"reason  {found['reason']}")
    counted = [f"{found[key]} {key}" for key in COUNTED if found[key]]
    click.echo(f"{'documents':>10}  {found['read']}" + (f" ({', '.join(counted)})" if counted else ""))
    types = [f"{TYPES.get(int(kind), f'type {kind}')}: {count}" for kind, count in found["by_type"].items()]
    for line in textwrap.wrap(", ".join(types), TYPES_WIDTH):
        click.echo(f"{'':>10}  {line}")
    others = [several(found[key], noun) for key, noun in OTHERS.items() if found[key]]
    if others:
        click.echo(f"{'also':>10}  {', '.join(others)}")
    if found["refused"]:
        click.echo(f"{'refused':>10}  {several(found['refused'], 'object')}; kept in the books, and not counted")
    for one in found["refused_objects"]:
        under(f"line {one['line']}, {one['section']} {one['key']}".rstrip() + f": {one['text']}")


def show_asked(rows: Iterable[Row]) -> None:
    for row in rows:
        period = f"{row['from']} to {row['to']}"
        if row["trouble"]:
            click.echo(f"Till {row['till']} of shop {row['shop']} was not asked: {row['trouble']}")
        elif row["asked"]:
            click.echo(f"Asked till {row['till']} of shop {row['shop']} for {period}.")
        else:
            click.echo(f"Till {row['till']} of shop {row['shop']} has not answered an earlier question yet: {period}.")
