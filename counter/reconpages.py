"""What people are shown of a reconciliation: days, departments, tills, one shift whole, and what was exported.

Failures: none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..books import ShiftDelivery
from .salespages import TYPES
from .shiftpages import minute, show_reconciled, standing
from .tables import Row, amounts, several, table, under

DAYS = {
    "day": "Day", "documents": "Documents", "sales_cash": "Sales cash", "sales_cashless": "Sales cashless",
    "takings_cash": "Takings cash", "takings_cashless": "Takings cashless", "returns_cash": "Returned cash",
    "returns_cashless": "Returned cashless", "drawer": "In the drawers", "note": "Shifts",
}  # fmt: skip
DAY_AMOUNTS = ("sales_cash", "sales_cashless", "takings_cash", "takings_cashless", "drawer")
RETURNS = ("returns_cash", "returns_cashless")  # told where there are any
DAY_FOLD = ("returns_cashless", "returns_cash", "sales_cashless", "sales_cash", "drawer")
DEPARTMENTS = {
    "day": "Day", "department": "Department", "lines": "Lines", "sales": "Sales", "returns": "Returned",
    "takings": "Takings",
}  # fmt: skip
MEANS = {"means": "Means", "sales": "Sales", "returns": "Returned"}
VERSIONS = {
    "number": "Number", "kind": "Type", "ended": "Ended", "sum": "Sum", "arrival": "Arrival", "said": "Which",
}  # fmt: skip
DOCUMENTS = {"number": "Number", "kind": "Type", "ended": "Ended", "sum": "Sum", "note": "Note"}
EXPORTED = {"till": "Till", "shift": "Shift", "opened": "Opened", "document": "Document"}
NOTES = {  # of the shifts that began on a day
    "open": "open", "never_closed": "never closed", "lacking": "with missing numbers",
    "differing": "with a difference", "undelivered": "undelivered",
}  # fmt: skip


def show_by_day(found: dict[str, Any]) -> None:
    rows = [{**row, **{key: _unless_zero(row[key]) for key in RETURNS}, "note": _note(row)} for row in found["days"]]
    amounts(rows, DAYS, (*DAY_AMOUNTS, *RETURNS))
    table(rows, DAYS, _empty(found, "no sales"), note="note", fold=DAY_FOLD, blue="undelivered")
    _show_tills(found)


def _note(row: Row) -> str:
    """What there is to see to in a day's shifts."""
    told = [f"{row[key]} {said}" for key, said in NOTES.items() if row[key]]
    return ", ".join([several(row["shifts"], "shift"), *told])


def show_by_shift(found: dict[str, Any], *, undelivered: bool) -> None:
    what = "no shifts that the ERP has not got" if undelivered else "no shifts"
    show_reconciled(found["shifts"], _empty(found, what), tills=found["till"] is None)
    _show_tills(found)


def show_by_department(found: dict[str, Any]) -> None:
    _show_departments(found["departments"], _empty(found, "no sales"))


def _show_departments(departments: list[Row], empty: str = "") -> None:
    rows = [{"day": "", **row, "department": _department(row)} for row in departments]
    for row in rows:
        row["returns"] = _unless_zero(row["returns"])
    amounts(rows, DEPARTMENTS, ("sales", "returns", "takings"))
    table(rows, DEPARTMENTS, empty)


def _department(row: Row) -> str:
    return "none" if row["department"] is None else str(row["department"])


def _empty(found: dict[str, Any], what: str) -> str:
    whose = f"Till {found['till']} of shop {found['shop']}" if found["till"] else f"Shop {found['shop']}"
    return f"{whose} has {what}{' in these days' if found['from'] or found['to'] else ' yet'}."


def _show_tills(found: dict[str, Any]) -> None:
    """Per till the last load and the last sale, and how questions to it stand."""
    click.echo()
    for till in found["tills"]:
        load, sale = till["last_load"] or "never", minute(till["last_sale"]) or "none"
        under(f"Till {till['till']}: last load {load}, last sale {sale}", 0)
        for request in till["requests"]:
            state = f"answered {request['answered']}" if request["answered"] else request["state"]
            line = f"asked {request['asked']} for {request['from']} to {request['to']}: {state}"
            under(line) if request["state"] != "overdue" else click.secho(f"    {line}", fg="red")


# --- one shift


def show_shift(found: dict[str, Any]) -> None:
    """A shift whole."""
    click.secho(f"Shift {found['shift']} of till {found['till']} of shop {found['shop']}", bold=True)
    click.echo(f"{'opened':>10}  {minute(found['opened']) or 'unknown'}")
    if found["closed"]:
        click.echo(f"{'closed':>10}  {minute(found['closed'])}")
    under(f"{standing(found)}; {several(found['receipts'], 'receipt')}, {found['annulled']} annulled", 12)
    sentence = ShiftDelivery(found["delivery"]).sentence
    mark = None if found["delivered"] else "blue"
    click.secho(f"{'ERP':>10}  {found['delivery']}: {sentence}", fg=mark)
    _show_sums(found)
    _part("By means of payment", _with_amounts(found["means"], MEANS, ("sales", "returns")), MEANS)
    if found["departments"]:
        click.echo()
        _show_departments(found["departments"])
    versions = [{**_document(row), "said": _which(row)} for row in found["versions"]]
    _part("Documents that came in several versions", _with_amounts(versions, VERSIONS, ("sum",)), VERSIONS)
    lines = [{**_document(row), "note": "annulled" if row["annulled"] else ""} for row in found["documents"]]
    _part("Documents", _with_amounts(lines, DOCUMENTS, ("sum",)), DOCUMENTS)
    if found["next"] is not None:
        click.echo(f"There are more: --after {found['next']}")


SUMS = (
    ("sales", "sales_cash", "sales_cashless"),
    ("returned", "returns_cash", "returns_cashless"),
    ("takings", "takings_cash", "takings_cashless"),
)


def _show_sums(found: dict[str, Any]) -> None:
    width = max(len(found[key]) for _, *keys in SUMS for key in keys)
    width = max(width, len("cashless"))
    click.echo(f"\n{'':>10}  {'cash':>{width}}  {'cashless':>{width}}")
    for name, cash, cashless in SUMS:
        click.echo(f"{name:>10}  {found[cash]:>{width}}  {found[cashless]:>{width}}")
    click.echo(f"{'gain':>10}  {_beside(found['gain'], found['till_gain'], found['difference'])}")
    before = found["drawer_before"]
    begun = f"began with {before}" if before is not None else "began with an unknown amount, taken for nothing"
    under(f"drawer  {begun}, put in {found['cash_in']}, taken out {found['cash_out']}", 4)
    click.echo(f"{'in it':>10}  {_beside(found['drawer'], found['till_drawer'], found['drawer_difference'])}")


def _beside(ours: str, tills: str | None, difference: str | None) -> str:
    if tills is None or difference is None:
        return f"{ours}; the till tells no count"
    same = float(difference) == 0
    return f"{ours}; the till counts {'the same' if same else f'{tills}, a difference of {difference}'}"


def _part(title: str, rows: list[Row], columns: dict[str, str]) -> None:
    if rows:
        click.echo(f"\n{title}:")
        table(rows, columns, fold=("arrival", "ended"))


def _with_amounts(rows: list[Row], columns: dict[str, str], keys: tuple[str, ...]) -> list[Row]:
    rows = [dict(row) for row in rows]
    amounts(rows, columns, keys)
    return rows


def _document(row: Row) -> Row:
    ended = row["ended"].replace("T", " ") if row["ended"] else ""
    return {**row, "kind": TYPES.get(row["type"], f"type {row['type']}"), "ended": ended}


def _which(row: Row) -> str:
    return ("counts" if row["counts"] else "outdated") + (", live" if row["live"] else "")


def _unless_zero(amount: str) -> str:
    return "" if float(amount) == 0 else amount


# --- exports


def show_exported(told: dict[str, Any], outbox: Path) -> None:
    rows = [{**row, "document": row["document"] or "nothing new: the ERP was told just this"} for row in told["shifts"]]
    table([{**row, "opened": minute(row["opened"])} for row in rows], EXPORTED)
    new = sum(row["document"] is not None for row in told["shifts"])
    where = "not in the outbox yet" if told["troubles"] else f"in {outbox}"
    click.echo(f"{several(new, 'document')} of {several(len(rows), 'shift')}{f', {where}' if new else ''}.")
    for trouble in told["troubles"]:
        under(trouble, 0)
