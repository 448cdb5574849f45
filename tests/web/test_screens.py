"""Pictures of the pages for the documents: made anew with --accept (`make screenshots`), of the samples and a morning's
sales; else only looked at: whether each that is shown is there, and small."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sales_pages
from browsing import Browser, add_user, serving, verb
from chromium import PHONE, Visitor, chromium
from post_office import PostOffice

BESIDE = Path(__file__).parents[2]
SCREENS = BESIDE / "docs" / "screens"
SAMPLES = BESIDE / "samples"
LARGEST = 300_000  # bytes of a picture
SETTINGS = """timezone = "Europe/Moscow"
[shops.5]
name = "Market square"
[shops.6]
name = "Station road"
"""


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[Browser]:
    """Two shops this morning, before an admin; the ERP has lost most goods of one."""
    office = PostOffice(tmp_path / "root", {"5": ["1", "2", "3"], "6": ["1"]})
    (office.root / "tillpost.toml").write_text(SETTINGS, "utf-8")
    drop(office, "5", "1c/*.xml")
    drop(office, "6", "own/*.xml")
    office.take("5", "2")
    for folder in ("changed", "broken", "suspicious"):
        drop(office, "6", f"{folder}/*.xml")
    drop(office, "6", "refused/goods.xml")
    for till, count in (("1", 34), ("2", 21), ("3", 27)):
        office.sell("morning.json", morning(till, count), "5", till)
    office.sell("torn.json", "{", "6", "1")
    verb(office.root, "collect")
    verb(office.root, "queue", "hold", "5", "3")
    add_user(office.root, "anna", "admin")
    with serving(office.root) as place:
        browser = Browser(place)
        assert browser.log_in("anna").status_code == 303
        yield browser
        browser.close()


def drop(office: PostOffice, shop: str, pattern: str) -> None:
    folder = office.root / "inbox" / shop
    folder.mkdir(exist_ok=True)
    for file in sorted(SAMPLES.glob(pattern)):
        shutil.copyfile(file, folder / file.name)
    verb(office.root, "feed")


def morning(till: str, count: int) -> str:
    """So many receipts of today, from eight o'clock."""
    today = datetime.now(ZoneInfo("Europe/Moscow")).date()
    at = [f"{today}T{8 + number // 8:02}:{number % 8 * 7:02}:00" for number in range(count)]
    sums = [52.5 + number % 9 * 31 for number in range(count)]
    sold = [sales_pages.receipt(1 + place, sums[place], at=at[place], cashCode=till) for place in range(count)]
    opened = sales_pages.shift(gain=0, opened=at[0], closed=None, cashCode=till)
    return sales_pages.page([opened], sold)


def test_every_picture_that_is_shown_is_there_and_small() -> None:
    shown = re.findall(r"\(docs/screens/([a-z-]+\.png)\)", (BESIDE / "README.md").read_text("utf-8"))
    sizes = {file.name: file.stat().st_size for file in SCREENS.glob("*.png")}
    assert shown
    assert set(shown) <= sizes.keys()
    assert [name for name, size in sizes.items() if size > LARGEST] == []


def test_pictures_are_made_anew(request: pytest.FixtureRequest, accept: bool) -> None:
    if not accept:
        pytest.skip("pictures are made only with --accept: make screenshots")
    shops: Browser = request.getfixturevalue("shops")
    SCREENS.mkdir(exist_ok=True)
    session = str(shops.http.cookies["tillpost_session"])
    (held,) = [row["arrival"] for row in shops.get("/api/v1/exports?state=held").json()]
    pages = {
        "overview": "/",
        "exports": "/exports",
        "held": f"/exports/{held}",
        "till": "/tills/5/1",
        "resync": "/tills/5/1/resync",
        "settings": "/settings",
    }
    with chromium() as browser:
        for options, ending, names in (
            ({}, "", pages),
            ({"color_scheme": "dark"}, "-dark", ("overview",)),
            ({"viewport": PHONE}, "-phone", ("overview", "held")),
        ):
            visitor = Visitor(browser, str(shops.http.base_url), session, **options)
            for name in names:
                assert visitor.open(pages[name]) == 200
                visitor.page.screenshot(path=SCREENS / f"{name}{ending}.png")
            visitor.close()
