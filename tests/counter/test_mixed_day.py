"""The mixed day of the samples is reconciled as it was by hand: every sum, by till, shop, department and means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from post_office import PostOffice

Verb = Callable[..., Any]
Rows = list[dict[str, Any]]
MIXED = Path(__file__).parents[2] / "samples" / "sales-mixed"
PAGE = (MIXED / "README.md").read_text("utf-8")
FILES = sorted(MIXED.glob("[0-9]/**/*.json"))
SHIFT = {
    "till": "till", "shift": "shift", "opened": "opened", "closed": "closed", "the till's": "till_gain",
    "difference": "difference", "the till's drawer": "till_drawer", "its difference": "drawer_difference",
    "drawer": "drawer", "missing": "missing", "outdated": "outdated",
}  # fmt: skip


def by_hand(title: str) -> list[dict[str, str]]:
    """The rows of the page's table under a heading, or under a line that ends in a colon."""
    found = re.search(rf"^(?:## )?{re.escape(title)}\n\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert found, title
    head, _, *rows = ([cell.strip() for cell in line.strip("|\n").split("|")] for line in found[1].splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


def told(row: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    """A row of JSON under the names of the page."""
    return {name: _cell(row[key]) for name, key in names.items()}


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in value) or "-"
    return "-" if value is None else str(value)


def named(row: dict[str, str], **others: str) -> dict[str, str]:
    """The keys that a page's columns have in JSON: `sales, cash` is `sales_cash`."""
    return {name: others.get(name, name.replace(", ", "_").replace(" ", "_")) for name in row}


@pytest.fixture(params=["reversed", "twice"])
def mixed(request: pytest.FixtureRequest, office: PostOffice, tillpost: Verb) -> Verb:
    """The day was collected: the last file first and one by one, or all of it twice at once."""
    for number, path in enumerate(FILES[::-1] if request.param == "reversed" else FILES + FILES):
        till, live = path.relative_to(MIXED).parts[0], "online" in path.parts
        office.sell(f"{number}.json", path.read_bytes(), till=till, live=live)
        assert request.param != "reversed" or tillpost("collect").code == 0
    assert tillpost("collect").code == 0
    return tillpost


def test_every_sum_of_the_mixed_day_is_the_one_by_hand(mixed: Verb) -> None:
    assert list(_shifts(mixed)) == by_hand("By till")
    shop = by_hand("By shop")
    days = mixed("recon ls 5 --json").json()["days"][::-1]
    assert [told(row, named(shop[0], drawers="drawer")) for row in days] == shop
    departments = by_hand("By department")
    found = mixed("recon ls 5 --departments --json").json()["departments"]
    assert sorted(tuple(told(row, named(departments[0])).values()) for row in found) == [
        tuple(row.values()) for row in departments
    ]
    whole = mixed("recon show 5 1 21 --json").json()
    for key, title in (("means", "By means of payment, shift 21"), ("departments", "By department, shift 21:")):
        page = by_hand(title)
        assert [told(row, named(page[0])) for row in whole[key]] == page


def _shifts(verb: Verb) -> Iterator[dict[str, str]]:
    names = named(by_hand("By till")[0], **SHIFT)
    for till in ("1", "2"):
        for row in verb(f"recon ls 5 {till} --json").json()["shifts"][::-1]:
            yield told(row, names)


def test_the_page_adds_up_in_itself() -> None:
    """Takings and gain are what sales and returns make of them, in each of its tables."""
    for row in by_hand("By till") + by_hand("By shop"):
        cents = {name: int(text.replace(".", "")) for name, text in row.items() if re.fullmatch(r"-?\d+\.\d\d", text)}
        for means in ("cash", "cashless"):
            assert cents[f"takings, {means}"] == cents[f"sales, {means}"] - cents[f"returns, {means}"]
        assert cents["gain"] == cents["takings, cash"] + cents["takings, cashless"]
