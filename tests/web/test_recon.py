"""The pages of the reconciliation and of the drawers: what they show, what they ask before, what they say after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Browser, add_user, serving, text, verb
from cash_papers import folder, paper
from post_office import PostOffice
from tillpost.devices.machine.documents import DocumentKind
from tillpost.devices.nouns import Pieces

MIXED = Path(__file__).parents[2] / "samples" / "sales-mixed"
TEN = (Pieces(1000, 6),)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> PostOffice:
    """The samples' mixed day at shop 5, to look at, and at shop 6, where things are changed; and at a till with a cash
    machine, a sale of which nobody knows what was given."""
    office = PostOffice(tmp_path_factory.mktemp("mixed") / "root", {"5": ["1", "2"], "6": ["1", "2"]})
    for path in sorted(MIXED.glob("[0-9]/**/*.json")):
        till, live = path.relative_to(MIXED).parts[0], "online" in path.parts
        for shop in ("5", "6"):
            office.sell(path.name, path.read_bytes(), shop, till, live=live)
    drawer = folder(office.root / "sales" / "5" / "1")
    drawer.publish(paper(given=TEN, unsure=TEN, owed=1000))
    staff: dict[str, Any] = {"kind": DocumentKind.WITHDRAWAL, "device": "", "about": "", "amount": 0}
    drawer.publish(paper(entry=12, at="2026-11-21T19:10:00.000Z", deposited=(), given=(), removed=TEN, **staff))
    verb(office.root, "collect")
    for role in ("viewer", "operator"):
        add_user(office.root, role, role)
    return office


@pytest.fixture(scope="module")
def place(mixed: PostOffice) -> Iterator[str]:
    with serving(mixed.root) as address:
        yield address


@pytest.fixture(scope="module")
def viewer(place: str) -> Iterator[Browser]:
    yield from logged_in(place, "viewer")


@pytest.fixture(scope="module")
def operator(place: str) -> Iterator[Browser]:
    yield from logged_in(place, "operator")


def logged_in(place: str, role: str) -> Iterator[Browser]:
    browser = Browser(place)
    assert browser.log_in(role).status_code == 303
    yield browser
    browser.close()


def row_of(page: Any, name: str) -> Any:
    (row,) = [row for row in page.xpath("//tbody/tr") if " ".join(row.xpath("string(th)").split()) == name]
    return row


def told(page: Any, name: str) -> str:
    return words(row_of(page, name))


def words(part: Any) -> str:
    return " ".join(" ".join(part.itertext()).split())


# --- to look at


def test_a_shift_stands_beside_what_its_till_counts_with_the_difference(viewer: Browser) -> None:
    page = viewer.page("/recon?place=5/1")
    assert "315.50 till: 385.50 differs by -70.00" in told(page, "Shift 22")
    assert "771.50 till: 841.50 differs by -70.00" in told(page, "Shift 22")
    assert "missing: 4" in told(page, "Shift 22")
    assert "1186.00 till: the same" in told(page, "Shift 21")
    assert "966.00 cashless 620.00 100.00 cashless 300.00 866.00 cashless 320.00" in told(page, "Shift 21")


def test_what_the_erp_has_not_got_is_blue_and_has_a_word(viewer: Browser) -> None:
    page = viewer.page("/recon?place=5/1")
    row = row_of(page, "Shift 22")
    assert row.get("class") == "undelivered"
    assert row.xpath(".//*[@class='lamp busy']/text()") == ["not told"]
    assert row_of(viewer.page("/recon?place=5&only=open"), "Shift 8, till 2").get("class") is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("by=shifts", ["Shift 8, till 2", "Shift 22, till 1", "Shift 7, till 2", "Shift 21, till 1"]),
        ("by=shifts&from=2026-11-21&to=", ["Shift 8, till 2"]),
        ("only=undelivered&to=2026-11-20", ["Shift 22, till 1", "Shift 7, till 2", "Shift 21, till 1"]),
        ("only=open", ["Shift 8, till 2"]),
        ("only=open&to=2026-11-20", []),
        ("", ["2026-11-21", "2026-11-20"]),
        ("to=2026-11-20", ["2026-11-20"]),
        ("from=2026-11-22", []),
    ],
)
def test_filters_combine(viewer: Browser, query: str, found: list[str]) -> None:
    page = viewer.page(f"/recon?place=5&{query}")
    rows = page.xpath("//section[@aria-labelledby='found']//tbody/tr")
    assert [row.xpath("string(th)").strip() for row in rows] == found


def test_a_day_and_its_departments_come_to_what_was_computed_by_hand(viewer: Browser) -> None:
    day = told(viewer.page("/recon?place=5"), "2026-11-20")
    assert "14 1056.00 cashless 845.25 100.00 cashless 325.00 956.00 cashless 520.25 756.00" in day
    assert "with a difference: 1" in day
    departments = viewer.page("/recon?place=5&by=departments&to=2026-11-20").xpath("//tbody/tr")
    assert [row.xpath("string(th)") for row in departments] == ["1", "2", "3"]
    assert verb_departments(viewer) == [" ".join(row.xpath("td[5]/text()")) for row in departments]


def verb_departments(browser: Browser) -> list[str]:
    found = browser.get("/api/v1/recon/5?by=departments&to=2026-11-20&limit=14").json()
    return [str(row["takings"]) for row in found["departments"]]


def test_a_shift_is_shown_whole_with_what_is_missing_and_what_repeats(viewer: Browser) -> None:
    (link,) = row_of(viewer.page("/recon?place=5/1"), "Shift 21").xpath("th/a/@href")
    page = viewer.page(link)
    versions = page.xpath("//section[@aria-labelledby='versions']//tbody/tr")
    assert [row.xpath("string(td[last()])").strip() for row in versions] == ["counts", "does not count"]
    assert len(page.xpath("//section[@aria-labelledby='documents']//tbody/tr")) == 11
    for section in ("documents", "versions"):
        rows = page.xpath(f"//section[@aria-labelledby='{section}']//tbody/tr/th/a")
        (head,) = viewer.page(rows[-1].get("href")).xpath("//h1")
        assert f" {rows[-1].text}: " in head.text_content()
    assert "gift card 320.00" in words(page.xpath("//section[@aria-labelledby='means']")[0])
    assert len(viewer.page(f"{link}?after=8").xpath("//section[@aria-labelledby='documents']//tbody/tr")) == 3


def test_a_drawer_is_told_newest_first_and_what_nobody_knows_has_a_word(viewer: Browser) -> None:
    page = viewer.page("/cash?place=5/1")
    rows = page.xpath("//section[@aria-labelledby='documents']//tbody/tr")
    assert [row.xpath("string(th/text())").strip() for row in rows] == ["staff took out", "sale"]
    assert rows[1].xpath(".//*[@class='lamp look']/text()") == ["unknown"]
    assert "500.00" in page.xpath("string(//section[@aria-labelledby='sums'])")
    assert "120.00" in page.xpath("string(//section[@aria-labelledby='sums'])")
    older = viewer.page("/cash?place=5/1&machine=M1&entry=12")
    assert "sale" in older.xpath("string(//section[@aria-labelledby='documents'])")
    assert "staff took out" not in older.xpath("string(//section[@aria-labelledby='documents'])")
    assert "120.00 RUB" in told_of_tills(viewer)


@pytest.mark.parametrize("where", ["5", "5/1"])
def test_what_lies_in_a_machine_is_told_by_denomination(viewer: Browser, where: str) -> None:
    page = viewer.page(f"/cash?place={where}")
    (section,) = page.xpath("//section[@aria-labelledby='levels']")
    assert [words(row) for row in section.xpath(".//tbody/tr")] == ["500.00 1 500.00", "10.00 -12 -120.00"]
    assert "In all 380.00 RUB held cash before its first document" in words(section)
    assert "levels" not in [one.get("aria-labelledby") for one in viewer.page("/cash?place=6").xpath("//section")]


def told_of_tills(browser: Browser) -> str:
    return told(browser.page("/cash?place=5"), "Till 1")


@pytest.mark.parametrize(
    "path",
    ["/recon?place=9", "/recon?place=5/9", "/recon/shifts/99", "/cash?place=9", "/cash?place=5/9", "/cash?place="],
)
def test_what_is_not_there_is_said(viewer: Browser, path: str) -> None:
    answer = viewer.get(path)
    assert answer.status_code == (200 if path.endswith("=") else 404)


@pytest.mark.parametrize(
    "path", ["/recon?from=soon", "/recon/shifts/9999999999999999999", "/cash?to=9999-12-31", "/recon?from=0001-01-01"]
)
def test_what_makes_no_sense_is_not_understood(viewer: Browser, path: str) -> None:
    assert viewer.get(path).status_code == 400


SAME = {
    "/api/v1/recon/5": ("recon", "ls", "5"),
    "/api/v1/recon/5?till=1&limit=1": ("recon", "ls", "5", "1", "--limit", "1"),
    "/api/v1/recon/5?undelivered=true": ("recon", "ls", "5", "--undelivered"),
    "/api/v1/recon/5?by=departments&from=2026-11-20&to=2026-11-20": (
        *("recon", "ls", "5", "--departments"),
        *("--day", "2026-11-20"),
    ),
    "/api/v1/recon/5/1/21?after=3&limit=2": ("recon", "show", "5", "1", "21", "--after", "3", "--limit", "2"),
    "/api/v1/cash/5/1?from=2026-11-20&limit=1": ("sales", "drawer", "5", "1", "--from", "2026-11-20", "--limit", "1"),
}


@pytest.mark.parametrize("path", SAME)
def test_json_is_what_the_verb_prints(viewer: Browser, mixed: PostOffice, path: str) -> None:
    assert viewer.get(path).json() == verb(mixed.root, *SAME[path])


# --- to change


def marked(browser: Browser, *names: str) -> str:
    """Where the form leads in which these shifts are marked."""
    page = browser.page("/recon?place=6&by=shifts")
    rows = [row_of(page, name).xpath(".//input[@name='shift']/@value")[0] for name in names]
    return "/recon/export?place=6" + "".join(f"&shift={row}" for row in rows)


def yes(browser: Browser, asking: str) -> str:
    """What is said after the button of the page was pressed."""
    (form,) = [form for form in browser.page(asking).forms if form.action == "/recon/export"]
    fields = form.form_values()
    data = {name: [value for key, value in fields if key == name] for name, _ in fields}
    return text(browser.http.post("/recon/export", data=data, follow_redirects=True))


def newest(root: Path) -> tuple[str, str, str]:
    (entry,) = verb(root, "user", "log", "--limit", "1")
    return entry["who"], entry["verb"], entry["about"]


def documents(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "outbox").glob("shift_6_*"))


def test_marked_shifts_are_told_to_the_erp_after_their_number_was_said(operator: Browser, mixed: PostOffice) -> None:
    browser, root = operator, mixed.root
    before = documents(root)
    asking = marked(browser, "Shift 22, till 1", "Shift 8, till 2")
    assert "Documents are written for shifts: 2; of these still open: 1." in text(browser.get(asking))
    assert documents(root) == before
    assert "shifts: 2; documents written for the ERP: 2; told just so before: 0" in yes(browser, asking)
    assert len(documents(root)) == len(before) + 2
    assert newest(root) == ("operator", "recon export", "shop 6")
    assert "documents written for the ERP: 0; told just so before: 2" in yes(browser, asking)
    data = {"form": browser.token(asking), "place": "6", "shift": asking.split("shift=")[-1], "again": "true"}
    again = browser.http.post("/recon/export", data=data, follow_redirects=True)
    assert "documents written for the ERP: 1; told just so before: 0" in text(again)
    every = browser.page("/recon/export?place=6&every=true")
    assert "There is nothing to export" in every.text_content()


def test_tills_are_asked_for_a_period_and_from_a_week_on_after_a_yes(operator: Browser, mixed: PostOffice) -> None:
    browser, root = operator, mixed.root
    token = browser.token("/recon?place=6")
    week = {"form": token, "place": "6", "from": "2026-11-01", "to": "2026-11-20"}
    asked = browser.http.post("/recon/ask", data=week)
    assert "That is a long period, in days: 20; tills: 2." in text(asked)
    assert not list((root / "sales" / "6").glob("**/sale.req"))
    assert browser.http.post("/api/v1/recon/6/ask", data=week).json()["code"] == "recon.week"
    done = browser.http.post("/recon/ask", data={**week, "yes": "true"}, follow_redirects=True)
    assert "tills asked: 2; a question lay there already: 0" in text(done)
    assert "2026-11-01 to 2026-11-20 asked" in text(done)
    assert len(list((root / "sales" / "6").glob("**/sale.req"))) == 2
    day = {"form": token, "place": "6/1", "from": "2026-11-20", "to": "2026-11-20"}
    assert "already: 1" in text(browser.http.post("/recon/ask", data=day, follow_redirects=True))
    assert newest(root) == ("operator", "sales request", "till 6/1")


def test_shifts_of_another_place_are_told_to_nobody(operator: Browser) -> None:
    data = {"form": operator.token("/recon"), "place": "5/2", "shift": "1"}
    answer = operator.http.post("/recon/export", data=data)
    assert (answer.status_code, "there is no shift 1 here" in text(answer)) == (404, True)


def test_a_viewer_looks_on(viewer: Browser, operator: Browser) -> None:
    assert viewer.get("/recon/export?place=6&every=true").status_code == 403
    form = {"form": viewer.token("/recon"), "place": "5", "shift": "1"}
    for path in ("/recon/export", "/recon/ask", "/api/v1/recon/5/export", "/api/v1/recon/5/ask"):
        assert viewer.http.post(path, data=form).status_code == 403
        assert operator.http.post(path, data={**form, "form": "0" * 64}).status_code == 403
        assert operator.get(path).status_code != 303
    assert viewer.page("/recon?place=5/1").xpath("//main//form[@method='post'] | //main//input[@type='checkbox']") == []
