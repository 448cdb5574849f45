"""What people are shown of shifts: a till's list, and the same with all that is reconciled.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .tables import Row, amounts, table

COLUMNS = {
    "shift": "Shift", "opened": "Opened", "closed": "Closed", "receipts": "Receipts", "annulled": "Annulled",
    "sales_cash": "Sales cash", "sales_cashless": "Sales cashless", "returns_cash": "Returned cash",
    "returns_cashless": "Returned cashless", "cash_in": "Cash in", "cash_out": "Cash out", "gain": "Gain",
    "standing": "Standing",
}  # fmt: skip
RECONCILED = {
    "till": "Till", "shift": "Shift", "opened": "Opened", "closed": "Closed", "receipts": "Receipts",
    "sales_cash": "Sales cash", "sales_cashless": "Sales cashless", "takings_cash": "Takings cash",
    "takings_cashless": "Takings cashless", "returns_cash": "Returned cash", "returns_cashless": "Returned cashless",
    "cash_in": "Cash in", "cash_out": "Cash out", "drawer": "In the drawer", "difference": "Difference",
    "drawer_difference": "Drawer differs by", "outdated": "Outdated", "delivery": "ERP", "standing": "Standing",
}  # fmt: skip
SELDOM = ("annulled", "outdated")  # counts that are told where there are any
ALWAYS = ("sales_cash", "sales_cashless", "takings_cash", "takings_cashless", "drawer", "gain")
RARE = (  # amounts that are told where they are not zero
    "returns_cash", "returns_cashless", "cash_in", "cash_out", "difference", "drawer_difference",
)  # fmt: skip
FOLD = (
    "annulled", "cash_out", "cash_in", "returns_cashless", "returns_cash", "closed", "sales_cashless", "sales_cash",
    "outdated", "drawer_difference", "receipts", "drawer",
    "takings_cashless",
)  # fmt: skip


def show_shifts(rows: Iterable[Row], empty: str) -> None:
    """A till's shifts with their sums, and what they lack."""
    _show([_shown(row) for row in rows], COLUMNS, empty)


def show_reconciled(rows: Iterable[Row], empty: str, *, tills: bool) -> None:
    """Shifts beside what their tills count; blue what the ERP has not got. `tills`: whose each is."""
    shown = [{**_shown(row), "undelivered": not row["delivered"]} for row in rows]
    columns = {key: heading for key, heading in RECONCILED.items() if tills or key != "till"}
    _show(shown, columns, empty, blue="undelivered")


def _show(shown: Sequence[Row], columns: dict[str, str], empty: str, blue: str = "") -> None:
    amounts(shown, columns, [key for key in (*ALWAYS, *RARE) if key in columns])
    table(shown, columns, empty, note="standing", fold=FOLD, blue=blue)


def _shown(row: Row) -> Row:
    """Without what is nothing, and times to the minute."""
    times = {key: minute(row[key]) for key in ("opened", "closed")}
    rare = {key: "" if float(row[key] or 0) == 0 else row[key] for key in RARE}
    return {**row, **times, **rare, **{key: row[key] or None for key in SELDOM}, "standing": standing(row)}


def minute(time: str | None) -> str:
    return time[:16].replace("T", " ") if time else ""


def standing(row: Row) -> str:
    """Whether a shift is whole, what it lacks, and what there is too much of."""
    told = ["complete" if row["complete"] else "incomplete"]
    if row["closed"] is None:
        told = ["never closed" if row["never_closed"] else "open"]
    if row["missing"]:
        lacks = [f"{first}" if first == last else f"{first}–{last}" for first, last in row["missing"]]
        told.append(f"missing {', '.join(lacks)}")
    if row["till_gain"] not in (None, row["gain"]):
        told.append(f"the till counts {row['till_gain']}")
    if row["shared"]:
        told.append(f"several documents with number {', '.join(map(str, row['shared']))}")
    return ", ".join(told)
