"""Pictures of the pages for the documents: made anew with --accept (`make screenshots`), of the samples and a morning's
sales; else only looked at: whether each that is shown is there, and small."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cash_papers
import pytest
import sales_pages
from browsing import Browser, add_user, serving, verb
from cash_papers import paper
from chromium import PHONE, Visitor, chromium
from post_office import PostOffice
from tillpost.books import Depth
from tillpost.devices.machine.documents import DocumentKind
from tillpost.devices.nouns import Pieces
from tillpost.pipeline.collect import open_books
from tillpost.pipeline.office import open_office

BESIDE = Path(__file__).parents[2]
SCREENS = BESIDE / "docs" / "screens"
SAMPLES = BESIDE / "samples"
LARGEST = 300_000  # bytes of a picture
WHOLE = frozenset({"overview", "till", "cash"})  # pages that are shown to their end, at a desk
FILLED = (Pieces(1000, 60), Pieces(5000, 40), Pieces(10000, 30))
DAY = (  # of a cash machine
    paper(entry=2, at="2026-11-20T05:10:00.000Z", kind=DocumentKind.COUNT, device="", about="", unit="hopper 10",
          amount=0, deposited=(), given=(), taken=FILLED),
    paper(),
    paper(entry=9, at="2026-11-20T10:02:11.000Z", about="receipt 15", deposited=(Pieces(100000, 1),),
          given=(Pieces(10000, 6), Pieces(1000, 2)), amount=37000, unsure=(Pieces(1000, 1),), owed=1000),
    paper(entry=12, at="2026-11-20T18:40:00.000Z", kind=DocumentKind.WITHDRAWAL, device="", about="", unit="cassette",
          amount=0, deposited=(), given=(), removed=(Pieces(50000, 1), Pieces(100000, 1))),
)  # fmt: skip
SOLD = ("Tea, black, 100 g", "Coffee beans, 1 kg", "Oat flakes, 400 g", "Olive oil, 0.5 l")
SETTINGS = """timezone = "Europe/Moscow"
[shops.5]
name = "Market square"
[shops.6]
name = "Station road"
"""


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[Browser]:
    """Two shops this morning, before an admin; the ERP has lost most goods of one. What came two days ago is in an
    archive."""
    office = PostOffice(tmp_path / "root", {"5": ["1", "2", "3"], "6": ["1"]})
    (office.root / "tillpost.toml").write_text(SETTINGS, "utf-8")
    office.clock.at = time.time() - 2 * 86_400
    office.send("torn.xml", "<torn", "6")
    verb(office.root, "trim")
    drop(office, "5", "1c/*.xml")
    drop(office, "6", "own/*.xml")
    office.take("5", "2")
    for folder in ("changed", "broken", "suspicious"):
        drop(office, "6", f"{folder}/*.xml")
    drop(office, "6", "refused/goods.xml")
    for till, count in (("1", 34), ("2", 21), ("3", 27)):
        office.sell("morning.json", morning(till, count, closed=till != "1"), "5", till)
    office.sell("torn.json", "{", "6", "1")
    drawer = cash_papers.folder(office.root / "sales" / "5" / "1")
    for document in DAY:
        drawer.publish(document)
    verb(office.root, "collect")
    verb(office.root, "queue", "hold", "5", "3")
    add_user(office.root, "anna", "admin")
    note_depths(office.root)
    with serving(office.root) as place:
        browser = Browser(place)
        assert browser.log_in("anna").status_code == 303
        yield browser
        browser.close()


def note_depths(root: Path) -> None:
    """A day on which till 1 took its chunks in the morning and fell behind in the evening."""
    now = int(time.time())
    depths = enumerate((0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 2, 1, 0, 0, 1, 4, 7, 9, 9))
    with open_office(root, ours=True) as office, open_books(office) as books, books.write() as txn:
        told = [(now - 3600 * (23 - hour), chunks) for hour, chunks in depths]
        samples = [Depth("5", "1", at, chunks, 400 * chunks, at - 600 if chunks else None) for at, chunks in told]
        txn.note_depths(samples, keep_from=0)


def drop(office: PostOffice, shop: str, pattern: str) -> None:
    folder = office.root / "inbox" / shop
    folder.mkdir(exist_ok=True)
    for file in sorted(SAMPLES.glob(pattern)):
        shutil.copyfile(file, folder / file.name)
    verb(office.root, "feed")


def morning(till: str, count: int, *, closed: bool) -> str:
    """So many receipts of today, from eight o'clock."""
    today = datetime.now(ZoneInfo("Europe/Moscow")).date()
    at = [f"{today}T{8 + number // 8:02}:{number % 8 * 7:02}:00" for number in range(count)]
    sums = [52.5 + number % 9 * 31 for number in range(count)]
    sold = [
        sales_pages.receipt(
            1 + place,
            sums[place],
            at=at[place],
            cashCode=till,
            inventPositions=[sales_pages.position(price=sums[place], name=SOLD[place % len(SOLD)])],
        )
        for place in range(count)
    ]
    counted = [{"serialNum": "0001", "sumCashEnd": sum(sums)}]
    told: dict[str, Any] = {"gain": sum(sums), "closed": at[-1], "kkms": counted}
    open_yet: dict[str, Any] = {"gain": None, "closed": None, "kkms": []}
    shift = sales_pages.shift(opened=at[0], cashCode=till, **(told if closed else open_yet))
    return sales_pages.page([shift], sold)


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
    (shift,) = shops.get("/api/v1/recon/5?till=1").json()["shifts"]
    (receipt, *_) = shops.get("/api/v1/receipts?till=1").json()["receipts"]
    (archive, *_) = shops.get("/api/v1/archives").json()["rows"]
    pages = {
        "overview": "/",
        "hours": "/recon/hours?place=5",
        "recon": "/recon?place=5&by=shifts",
        "shift": f"/recon/shifts/{shift['id']}",
        "receipts": "/receipts",
        "receipt": f"/receipts/{receipt['id']}",
        "cash": "/cash?place=5/1",
        "archives": "/archives",
        "archive": f"/archives/{archive['archive']}",
        "log": "/log",
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
            ({"viewport": PHONE}, "-phone", ("overview", "held", "recon", "hours")),
        ):
            visitor = Visitor(browser, str(shops.http.base_url), session, **options)
            for name in names:
                assert visitor.open(pages[name]) == 200
                visitor.page.screenshot(path=SCREENS / f"{name}{ending}.png", full_page=name in WHOLE and not ending)
            visitor.close()
