"""The pages in a real browser, before a service that runs: files come and go, and a person sees it and acts."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cash_papers
import pytest
import sales_pages
from browsing import ENDS_IN, PASSWORD, ROLES, furnished, quiet, serving, verb
from cash_papers import paper
from chromium import DESK, PHONE, Visitor
from post_office import PostOffice, good, goods
from tillpost.devices.nouns import Pieces

QUICK = "[arrival]\nscan_seconds = 0.2\nsettle_seconds = 0.2"
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text("utf-8")
TOLD = "found => found.violations.map(one => one.id + ' ' + one.nodes.map(node => node.html).join(' '))"
TEN = (Pieces(1000, 10),)
ASKED = ("/recon?place=5&by=shifts", "/recon?place=5&by=departments", "/cash?place=5/1")
KINDS = {
    *("/", "/exports", "/exports/N", "/tills/N/N", "/tills/N/N/resync", "/tills/N/N/chunks/N", "/log", "/settings"),
    *("/recon", "/recon/hours", "/recon/shifts/N", "/recon/export", "/receipts", "/receipts/N", "/cash", "/archives"),
    *("/archives/broken_archive/exports-N-N-N.tgz", "/archives/broken_archive/exports-N-N-N.tgz/restore", "/api/vN"),
}
LOOKS = 300  # at a page, until something is to be seen there
BETWEEN = 100  # milliseconds, between two looks

Look = Callable[[str], Visitor]


class House(NamedTuple):
    """A root at which a service works. `held`: an export that waits for a person."""

    office: PostOffice
    place: str
    held: int


@pytest.fixture(scope="module")
def house(eyes: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    office, held = furnished(tmp_path_factory.mktemp("house"), QUICK)
    office.clock.at = time.time() - 2 * 86_400
    office.send("old.xml", "<old")
    verb(office.root, "trim")
    for document in (paper(given=TEN, unsure=TEN, owed=1000), paper(entry=12, deposited=TEN, given=())):
        cash_papers.folder(office.root / "sales" / "5" / "1").publish(document)
    command = [sys.executable, "-m", "tillpost.cli", "--root", str(office.root), "run"]
    with serving(office.root) as place, subprocess.Popen(command, stdout=subprocess.DEVNULL, env=quiet()) as service:
        try:
            yield House(office, place, held)
            service.send_signal(signal.SIGTERM)
            assert service.wait(ENDS_IN) == 0
        finally:
            service.kill()


@pytest.fixture(scope="module")
def desks(house: House, eyes: Any) -> Iterator[dict[str, Visitor]]:
    """Of each role somebody who is logged in: a new visitor costs more than all that they look at."""
    found = {role: Visitor(eyes, house.place) for role in ROLES}
    for role, visitor in found.items():
        log_in(visitor, role)
        visitor.sees("heading", "Overview")
    yield found
    for visitor in found.values():
        visitor.close()


@pytest.fixture
def look(desks: dict[str, Visitor]) -> Iterator[Look]:
    """Somebody of a role; that their browser complains of nothing."""
    yield desks.__getitem__
    for visitor in desks.values():
        assert visitor.troubles == []


def log_in(visitor: Visitor, name: str, password: str = PASSWORD) -> None:
    """By keyboard alone: the form is where the typing goes."""
    visitor.open("/login")
    typing_goes_to(visitor, "name")
    keyboard = visitor.page.keyboard
    keyboard.type(name)
    keyboard.press("Tab")
    keyboard.type(password)
    keyboard.press("Enter")


def typing_goes_to(visitor: Visitor, field: str) -> None:
    """By itself, as soon as the page is there."""
    visitor.page.locator(f"input[name={field}]:focus").wait_for()


def soon_shows(visitor: Visitor, path: str, what: str) -> None:
    """Looks again until it is there."""
    for _ in range(LOOKS):
        visitor.open(path)
        if what in visitor.text():
            return
        visitor.page.wait_for_timeout(BETWEEN)
    pytest.fail(f"{what!r} is not to be seen at {path}: {visitor.text()}")


# --- coming and going


def test_somebody_comes_in_and_goes_again(house: House, eyes: Any) -> None:
    visitor = Visitor(eyes, house.place)
    visitor.open("/exports?state=held")
    assert visitor.at().startswith("/login")
    log_in(visitor, "viewer", "a wrong one")
    assert "wrong" in visitor.sees("alert")
    visitor.troubles.clear()  # the browser complains of a 401
    typing_goes_to(visitor, "password")  # the name stands there already
    visitor.page.keyboard.type(PASSWORD)
    visitor.press("Log in")
    visitor.sees("heading", "Overview")
    visitor.press("Log out")
    visitor.sees("heading", "Log in")
    visitor.open("/")
    assert visitor.at().startswith("/login")
    visitor.close()
    assert visitor.troubles == []


def test_a_viewer_sees_no_button_and_no_page_that_is_not_theirs(house: House, look: Look) -> None:
    viewer = look("viewer")
    for path in (f"/exports/{house.held}", "/tills/5/1"):
        assert viewer.open(path) == 200
        buttons = viewer.page.get_by_role("main").get_by_role("button")
        assert buttons.count() == 0
    assert viewer.page.get_by_role("navigation", name="Sections").get_by_role("link", name="Settings").count() == 0
    assert viewer.open("/settings") == 403
    assert "needs the role admin" in viewer.sees("alert")
    viewer.troubles.clear()  # the browser complains of the 403


def test_the_language_is_chosen_by_a_button_and_stays(look: Look) -> None:
    visitor = look("viewer")
    visitor.open("/exports?state=held")
    visitor.press("Русский")
    visitor.sees("heading", "Выгрузки")
    assert visitor.at() == "/exports?state=held"
    visitor.open("/")
    visitor.sees("heading", "Обзор")
    assert visitor.page.locator("html").get_attribute("lang") == "ru"
    visitor.press("English")
    visitor.sees("heading", "Overview")


def test_who_uses_no_mouse_skips_to_the_content(look: Look) -> None:
    visitor = look("viewer")
    visitor.open("/exports")
    visitor.page.keyboard.press("Tab")
    link = visitor.page.get_by_role("link", name="Skip to the content")
    assert link.evaluate("link => document.activeElement === link && link.getBoundingClientRect().left >= 0")
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "content"


# --- exports


def test_an_export_is_seen_when_the_service_has_read_it_and_what_it_made_until_the_till_took_it(
    house: House, look: Look
) -> None:
    visitor = look("operator")
    house.office.drop("seen.xml", goods(good("77", name="Мёд"), full=False))
    soon_shows(visitor, "/exports?name=seen", "seen.xml")
    visitor.page.get_by_role("row", name="seen.xml").get_by_role("link").click()
    assert "seen.xml" in visitor.sees("main")
    soon_shows(visitor, "/tills/5/1", "Chunks 3")
    visitor.follow("3")
    assert "Мёд" in visitor.sees("table")
    house.office.take("5", "1")
    soon_shows(visitor, "/tills/5/1", "Chunks 0")


def test_a_broken_export_tells_a_person_why(house: House, look: Look) -> None:
    visitor = look("viewer")
    visitor.open("/exports")
    visitor.page.get_by_label("State").select_option("broken")
    visitor.press("Show")
    visitor.page.get_by_role("row", name="torn.xml").get_by_role("link").click()
    visitor.sees("heading", "Verdict")
    assert "broken" in visitor.text()
    assert "line " in visitor.text()


def test_held_exports_are_released_and_refused(house: House, look: Look) -> None:
    operator = look("operator")
    operator.open("/")
    operator.page.get_by_role("row", name="suspicious.xml").get_by_role("link").click()
    assert "Goods that go" in operator.sees("main")
    operator.press("Release")
    assert "let through" in operator.sees("status")
    whole = goods(*(good(str(code)) for code in range(1, 11)), number=8)
    house.office.drop("whole.xml", whole)
    soon_shows(operator, "/exports?name=whole", "whole.xml")
    house.office.drop("little.xml", goods(good("1"), number=9))
    soon_shows(operator, "/", "little.xml")
    operator.page.get_by_role("row", name="little.xml").get_by_role("link").click()
    operator.press("Refuse")
    assert "nothing of it is taken" in operator.sees("status")
    operator.open("/exports?state=held")
    assert "little.xml" not in operator.text()


# --- tills


def test_a_till_is_held_and_released(look: Look) -> None:
    operator = look("operator")
    operator.open("/")
    operator.page.get_by_role("link", name="Till 2").click()
    operator.press("Hold")
    assert "queue hold: on hold" in operator.sees("status")
    operator.open("/")
    assert "on hold" in operator.page.get_by_role("row", name="Till 2").inner_text()
    operator.open("/tills/5/2")
    operator.press("Let it go on")
    assert "released" in operator.sees("status")


def test_a_till_is_filled_anew_only_after_a_yes(look: Look) -> None:
    operator = look("operator")
    operator.page.set_viewport_size(PHONE)
    operator.open("/tills/5/2")
    before = operator.text()
    operator.follow("Fill anew…")
    assert "commands:" in operator.sees("main")
    operator.follow("No, back")
    operator.sees("heading", "Till 2 of shop 5")
    assert epoch(operator) == epoch_in(before)
    operator.follow("Fill anew…")
    operator.press("Empty it and fill it anew")
    assert "a new filling has begun" in operator.sees("status")
    assert epoch(operator) == epoch_in(before) + 1
    operator.page.set_viewport_size(DESK)


def epoch(visitor: Visitor) -> int:
    return epoch_in(visitor.text())


def epoch_in(text: str) -> int:
    found = re.search(r"Filling (\d+)", text)
    assert found, text
    return int(found[1])


# --- sales


def test_a_receipt_is_found_by_its_goods_and_shown_as_it_was_printed(look: Look) -> None:
    visitor = look("viewer")
    visitor.open("/receipts")
    visitor.page.get_by_label("Goods: code, barcode or name").fill("4100010462")
    visitor.page.get_by_label("Sum from").fill("52,5")
    visitor.press("Show")
    visitor.page.get_by_role("table").get_by_role("link").first.click()
    visitor.sees("heading", "Receipt 1: sale")
    assert "TOTAL 52.50" in visitor.text()


def test_marked_shifts_are_told_to_the_erp_with_their_count_before_and_the_result_after(
    house: House, look: Look
) -> None:
    operator = look("operator")
    sold = [sales_pages.receipt(1, shift=number, cashCode="2") for number in (21, 22)]
    shifts = [sales_pages.shift(number, gain=1, cashCode="2") for number in (21, 22)]  # not what their receipts come to
    house.office.sell("odd.json", sales_pages.page(shifts, sold), "5", "2")
    soon_shows(operator, "/recon?place=5/2", "Shift 22")
    shift = operator.page.get_by_role("row", name="Shift 22")
    assert "not told" in shift.inner_text()
    assert "differs by 51.50" in shift.inner_text()
    for number in (21, 22):
        operator.page.get_by_label(f"Shift {number}, till 2").check()
    operator.press("Export what is marked…")
    assert "shifts: 2; of these still open: 0" in operator.sees("main")
    operator.press("Write the documents")
    assert "shifts: 2; documents written for the ERP: 2; told just so before: 0" in operator.sees("status")
    assert sum(name.startswith("shift_5_2_") for name in house.office.outbox()) == 2
    operator.page.get_by_role("link", name="Shift 22").click()
    operator.follow("Export this shift…")
    operator.press("Write the documents")
    assert "shifts: 1; documents written for the ERP: 0; told just so before: 1" in operator.sees("status")
    house.office.erp_takes()
    soon_shows(operator, "/recon?place=5/2", "taken")
    operator.follow("Export all that the ERP was not told…")
    assert "nothing to export" in operator.sees("main")


def test_tills_are_asked_for_sales_and_for_long_only_after_a_yes(house: House, look: Look) -> None:
    operator = look("operator")
    operator.open("/recon?place=5")
    assert "Tills that are asked: 2." in operator.text()
    operator.open("/recon?place=5/2")
    card = operator.page.get_by_role("form", name="Ask for sales")
    card.get_by_label("First day").fill("2026-11-01")
    card.get_by_label("Last day").fill("2026-11-19")
    operator.press("Ask")
    assert "days: 19; tills: 1" in operator.sees("main")
    operator.press("Ask for all of it")
    assert "tills asked: 1" in operator.sees("status")
    assert "2026-11-01" in operator.page.get_by_role("region", name="Loads and questions").inner_text()
    assert list((house.office.root / "sales" / "5" / "2").glob("sale.req"))


def test_a_shift_leads_to_its_receipts_and_a_day_to_its_hours(look: Look) -> None:
    visitor = look("viewer")
    visitor.open("/recon?place=5/1")
    visitor.page.get_by_role("link", name="Shift 12").click()
    visitor.page.get_by_role("region", name="Documents").get_by_role("link", name="1", exact=True).click()
    visitor.sees("heading", "Receipt 1: sale")
    visitor.open("/recon?place=5")
    visitor.page.get_by_role("link", name="by the hour").first.click()
    assert "receipts" in (visitor.page.get_by_role("img").first.get_attribute("aria-label") or "")
    table = visitor.page.get_by_role("figure").get_by_role("table")
    assert not table.is_visible()
    visitor.page.get_by_text("The same as a table").focus()
    visitor.page.keyboard.press("Enter")
    assert "10:00–11:00" in table.inner_text()


def test_a_tills_queue_is_drawn_as_the_service_saw_it(look: Look) -> None:
    visitor = look("viewer")
    soon_shows(visitor, "/tills/5/1", "The same as a table")
    visitor.follow("7 days")
    assert "over the last 7 days" in (visitor.page.get_by_role("img").get_attribute("aria-label") or "")
    bars = visitor.page.get_by_role("img").locator("rect:not(.empty)")
    assert bars.count() >= 1
    assert bars.last.evaluate("bar => bar.getBoundingClientRect().height") > 1


def test_cash_shows_what_lies_in_a_machine_and_its_journal_with_what_nobody_knows(look: Look) -> None:
    visitor = look("viewer")
    soon_shows(visitor, "/cash?place=5/1", "In all")
    assert "10.00 0 0.00" not in visitor.text()
    assert "In all 500.00 RUB" in visitor.text()
    journal = visitor.page.get_by_role("region", name="Documents")
    assert "unknown" in journal.get_by_role("row", name="entry 6").inner_text()
    assert "10.00 × 10" in journal.get_by_role("row", name="entry 12").inner_text()


def test_a_file_is_found_in_the_archives_and_comes_back_only_after_a_yes(house: House, look: Look) -> None:
    operator = look("operator")
    operator.open("/archives")
    operator.page.get_by_label("Find a file: name or arrival").fill("old*")
    operator.press("Show")
    operator.follow("old.xml")
    assert "Nothing is replaced" in operator.sees("main")
    operator.press("Yes, bring it back")
    assert "brought back" in operator.sees("status")
    assert [path.name for path in (house.office.root / "broken").rglob("old.xml")] == ["old.xml"]


# --- the house


def test_an_admin_finds_in_the_log_who_did_what(look: Look) -> None:
    operator, admin = look("operator"), look("admin")
    operator.open("/tills/6/1")
    operator.press("Let it go on")
    operator.sees("status")
    admin.open("/")
    admin.follow("Log")
    admin.page.get_by_label("About").fill("till 6/1")
    admin.press("Show")
    row = admin.page.get_by_role("row", name="queue release").first.inner_text()
    assert "operator" in row
    admin.open("/log")
    admin.page.get_by_label("Kind").select_option("exports")
    admin.press("Show")
    admin.page.get_by_role("row", name="torn.xml").get_by_role("link").click()
    admin.sees("heading", "Verdict")
    admin.follow("Settings")
    assert "scan_seconds" in admin.sees("main")


def test_the_overview_keeps_itself_up_to_date(house: House, look: Look) -> None:
    visitor = look("viewer")
    visitor.page.clock.install()  # and it stays: the viewer's last test
    visitor.open("/")
    visitor.page.evaluate("document.body.dataset.seen = 'the same page'")
    house.office.sell("other.json", "<torn", "5", "1")
    for _ in range(LOOKS):
        visitor.page.clock.run_for(15_000)
        if "Last error" in visitor.page.get_by_role("row", name="Till 1").first.inner_text():
            break
        visitor.page.wait_for_timeout(BETWEEN)
    assert "Last error" in visitor.page.get_by_role("row", name="Till 1").first.inner_text()
    assert visitor.page.evaluate("document.body.dataset.seen") == "the same page"


# --- for everybody


def test_every_page_is_accessible_in_light_and_dark_and_fits_a_phone_in_both_languages(
    house: House, look: Look, eyes: Any
) -> None:
    """One page of each kind, found by its links. axe-core looks at the page as it came to be, with its colours."""
    admin = look("admin")
    (session,) = [one["value"] for one in admin.page.context.cookies() if one["name"] == "tillpost_session"]
    russian = Visitor(eyes, house.place, session, locale="ru-RU", viewport=PHONE)
    ahead, seen, faults = ["/", f"/exports/{house.held}", "/no/such/page", "/login", *ASKED], set[str](), list[str]()
    while ahead:
        path = ahead.pop(0)
        if kind_of(path) in seen:
            continue
        seen.add(kind_of(path))
        admin.open(path)
        ahead += admin.page.evaluate("[...document.querySelectorAll('main a, nav a')].map(a => a.getAttribute('href'))")
        ahead = [one for one in ahead if one.startswith("/") and not one.endswith(".json")]
        faults += [f"{path}: {fault}" for fault in faults_of(admin)]
        russian.open(path)
        faults += [f"{path} in Russian: {fault}" for fault in too_wide(russian)]
    russian.close()
    admin.troubles.clear()  # the browser complains of the 404
    assert "\n".join(faults) == ""
    assert seen >= KINDS


def kind_of(path: str) -> str:
    """Pages of one kind differ in numbers and in what is asked; but for those that look otherwise then."""
    return path if path in ASKED else re.sub(r"\d+", "N", path.partition("?")[0])


def faults_of(visitor: Visitor) -> list[str]:
    """In light, in dark (where only colours differ), and whether a phone must scroll sideways."""
    page = visitor.page
    page.evaluate(AXE)
    found = page.evaluate(f"axe.run({{resultTypes: ['violations']}}).then({TOLD})")
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(f"axe.run({{runOnly: ['color-contrast']}}).then({TOLD})")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    found += too_wide(visitor)
    page.set_viewport_size(DESK)
    return [str(fault) for fault in found]


def too_wide(visitor: Visitor) -> list[str]:
    """For a phone."""
    wide = visitor.page.evaluate("document.documentElement.scrollWidth")
    return [f"wide: {wide}"] if wide > PHONE["width"] else []
