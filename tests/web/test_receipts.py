"""The pages of receipts and of archives: what is found, one of them whole, and a file that is brought back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sales_pages
from browsing import Browser, add_user, faults, serving, text, verb
from post_office import PostOffice

TEA = sales_pages.position("T-1", 2, 50, posSum=90, baseSum=100, name="Чай <b>", disc_abs=10)
DAY = "2026-11-20T"


class Desk(NamedTuple):
    root: Path
    operator: Browser
    viewer: Browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Sales of two tills, of which one was corrected; and a file that went into an archive."""
    office = PostOffice(tmp_path_factory.mktemp("desk") / "root", {"5": ["1", "2"]})
    paid = [{"valCode": 1, "opCode": 70, "sumB": 100}, {"valCode": 1, "opCode": 72, "sumB": 10}]
    tea = sales_pages.receipt(7, 90, at=f"{DAY}11:00:00", inventPositions=[TEA], moneyPositions=paid)
    old = sales_pages.receipt(7, 80, at=f"{DAY}10:59:00")
    made = [sales_pages.receipt(one, 10 + one, at=f"{DAY}12:00:{one % 60:02}", userCode="8") for one in range(10, 70)]
    office.sell("sales.json", sales_pages.page([sales_pages.shift()], [old, *made]), "5", "1")
    verb(office.root, "collect")
    office.sell("more.json", sales_pages.page([], [tea]), "5", "1")
    two = sales_pages.page([sales_pages.shift(cashCode="2")], [sales_pages.receipt(1, 5, cashCode="2")])
    office.sell("two.json", two, "5", "2")
    verb(office.root, "collect")
    _make_old(office.root)
    verb(office.root, "trim", "--trust-clock")
    for role in ("viewer", "operator"):
        add_user(office.root, role, role)
    with serving(office.root) as place:
        browsers = [Browser(place) for _ in range(2)]
        for browser, role in zip(browsers, ("operator", "viewer"), strict=True):
            assert browser.log_in(role).status_code == 303
        yield Desk(office.root, *browsers)
        for browser in browsers:
            browser.close()


def _make_old(root: Path) -> None:
    """As if what is in the room had come some days ago."""
    (today,) = (root / "processed" / "sales").iterdir()
    today.rename(today.with_name("2026-11-01"))


def rows(page: Any) -> list[str]:
    return [row.xpath("string(td[@class='number'][1])") for row in page.xpath("//table/tbody/tr")]


def test_receipts_are_found_by_what_is_told_of_them(desk: Desk) -> None:
    found = {
        "goods=чай&till=1&shop=5": ["7"],
        "goods=T-1": ["7"],
        "number=7": ["7"],
        "least=78,5&most=79": ["69"],
        "cashier=7&from=2026-11-20T11:00&to=2026-11-20T11:00": ["7"],
        "shop=5&till=2": ["1"],
        "type=2": [],
        "number=&goods=&least=&most=&from=&to=&shop=&till=2&cashier=&type=&shop=5": ["1"],
    }
    for query, numbers in found.items():
        page = desk.viewer.page(f"/receipts?{query}")
        assert rows(page) == numbers, query
        assert faults(page) == []
        told = desk.viewer.get(f"/api/v1/receipts?{query}").json()["receipts"]
        assert [str(one["number"]) for one in told] == numbers
    nonsense = ("number=x", "least=NaN", "least=0.00001", "most=1e400", "from=yesterday")
    for query in (*nonsense, "below=x~y", "below=2026-01-01~-9"):
        assert desk.viewer.get(f"/receipts?{query}").status_code in (400, 409), query


def test_receipts_come_newest_first_and_page_by_page(desk: Desk) -> None:
    page, numbers = desk.viewer.page("/receipts?shop=5&till=1"), list[str]()
    while True:
        numbers += rows(page)
        older = page.xpath("//a[@rel='next']/@href")
        if not older:
            break
        page = desk.viewer.page(older[0])
    assert len(numbers) == 61
    assert numbers[-1] == "7"
    assert desk.viewer.get("/api/v1/receipts?limit=1&shop=5&till=2").json()["older"] is None


def test_a_receipt_is_shown_as_printed_with_the_versions_that_do_not_count(desk: Desk) -> None:
    (row,) = desk.viewer.get("/api/v1/receipts?number=7").json()["receipts"]
    answer = desk.viewer.get(f"/receipts/{row['id']}")
    for words in ("Чай <b>", "2 × 50.00", "= 90.00", "−10.00", "TOTAL 90.00", "cash 100.00", "Change 10.00"):
        assert words in text(answer), words
    assert "Иванова А. П." in text(answer)
    page = desk.viewer.page(f"/receipts/{row['id']}")
    assert faults(page) == []
    told = desk.viewer.get(f"/api/v1/receipts/{row['id']}").json()
    assert [(one["sum"], one["counts"]) for one in told["versions"]] == [("90.00", True), ("80.00", False)]
    old = desk.viewer.page(page.xpath("//section[@aria-labelledby='versions']//a/@href")[0])
    assert faults(old) == []
    assert "does not count" in old.xpath("string(//p[contains(@class, 'said')])")
    assert old.xpath("//p[contains(@class, 'said')]/a/@href") == [f"/receipts/{row['id']}"]
    assert desk.viewer.get("/receipts/4711").status_code == 404
    assert desk.viewer.get("/api/v1/receipts/4711").json()["code"] == "view.no-receipt"


def test_archives_are_listed_and_files_in_them_are_found(desk: Desk) -> None:
    page = desk.viewer.page("/archives")
    assert faults(page) == []
    name = "processed_archive/sales-26-11-01.tgz"
    assert page.xpath("//tbody//a/@href") == [f"/archives/{name}"]
    assert desk.viewer.get("/api/v1/archives").json()["rows"] == verb(desk.root, "archive", "ls")
    inside = desk.viewer.page(f"/archives/{name}")
    assert faults(inside) == []
    assert not inside.xpath("//main//a")
    assert desk.viewer.get(f"/api/v1/archives/{name}").json()["rows"] == verb(desk.root, "archive", "show", name)
    for words in ("ales.js", "sales*", "SALES.JSON", "1"):
        found = desk.operator.page(f"/archives?file={words}")
        assert faults(found) == []
        assert [link.text for link in found.xpath("//tbody//th/a")] == ["sales.json"], words
    for query in ("file=nothing", "trade=exports", "day=2026-11-02", "room=broken&file=sales"):
        assert not desk.viewer.page(f"/archives?{query}").xpath("//table")
    assert desk.viewer.get("/archives?day=soon").status_code == 400
    assert desk.viewer.get("/archives/processed_archive/none.tgz").status_code == 404
    assert desk.viewer.get("/archives?start=nowhere").status_code == 404


def test_pages_of_archives_go_on_where_the_last_one_stopped(desk: Desk) -> None:
    seen, start = list[str](), ""
    while True:
        found = desk.viewer.get("/api/v1/archives", params={"file": "json", "limit": 1, "start": start}).json()
        seen += [row["name"] for row in found["rows"]]
        start = found["older"]
        if not start:
            break
    assert sorted(seen) == ["more.json", "sales.json", "two.json"]


def test_a_file_comes_back_after_a_yes_and_leaves_an_entry(desk: Desk) -> None:
    archive = "/archives/processed_archive/sales-26-11-01.tgz"
    (link,) = [one for one in desk.operator.page(archive).xpath("//main//td/a/@href") if "two.json" in one]
    member = link.partition("member=")[2]
    assert desk.viewer.get(link).status_code == 403
    assert not (desk.root / member).exists()
    asked = desk.operator.page(link)
    assert faults(asked) == []
    assert "two.json" in asked.xpath("string(//p[contains(@class, 'said')])")
    denied = desk.viewer.http.post(f"{archive}/restore", data={"form": desk.viewer.token("/"), "member": member})
    assert denied.status_code == 403
    done = desk.operator.submit(link, f"{archive}/restore")
    assert "archive restore: brought back: processed" in text(done)
    assert (desk.root / member).read_text("utf-8").startswith("### shift info")
    form = {"form": desk.operator.token("/"), "member": "processed/none"}
    assert desk.operator.http.post(f"{archive}/restore", data=form).status_code == 404
    entries = verb(desk.root, "user", "log", "--limit", "2")
    assert [(one["who"], one["verb"], one["about"]) for one in entries] == [
        ("operator", "archive restore", f"archive {archive.removeprefix('/archives/')}")
    ] * 2
