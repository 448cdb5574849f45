"""The way back, driven through its directories: what becomes of sales files, and what the ERP gets of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import commerceml_pages
import pytest
from lxml import etree
from post_office import PostOffice
from sales_pages import cash, log_on, page, position, receipt, shift
from tillpost.books import FileState
from tillpost.pipeline.collect import Collect, open_books
from tillpost.pipeline.telling import Telling

TILLS = {"5": ["1", "2"]}
RECEIPT = "receipt_5_1_12_2026-11-20_1_1.xml"
OPENING = "shiftOpen_5_1_12_2026-11-20.xml"
SHIFT = "shift_5_1_12_2026-11-20.xml"


@pytest.fixture
def office(tmp_path: Path) -> PostOffice:
    return PostOffice(tmp_path / "root", TILLS)


def day(*documents: dict[str, Any], gain: object = 52.5, **told: Any) -> str:
    return page([shift(gain=gain, **told)], documents or [receipt(1)], [log_on()])


def signed(code: str) -> str:
    """A day of a till that calls itself so."""
    return day().replace('ode": "1"', f'ode": "{code}"')


TELL = "[notify]\ncommand = 'sh -c \"cat >> told; echo >> told\"'\n"


def told_of(office: PostOffice) -> list[dict[str, Any]]:
    """What the configured command was told."""
    path = office.root / "told"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def sums(office: PostOffice, till: str = "1") -> list[tuple[int, int, str]]:
    """Number, receipts and gain of each shift."""
    with office.open() as opened, open_books(opened) as books, books.read() as txn:
        accounts = [txn.shift(row.id) for row in txn.find_shifts("5", till)]
    return sorted((one.place.number, one.sums.receipts, str(one.sums.gain)) for one in accounts if one)


def attributes(document: bytes) -> dict[str, str]:
    return dict(etree.fromstring(document).attrib)


# --- booked, and told to the ERP


def test_day_reaches_the_erp_as_one_document_for_each_act(office: PostOffice) -> None:
    office.sell("sale_12.json", day(receipt(1), cash(2), receipt(3, 10, kind=2), gain=42.5))
    done = office.collect()
    assert [file.state for file in done.files] == [FileState.PROCESSED]
    assert office.outbox() == [
        "cashbox_5_1_12_2026-11-20_3_2.xml",
        RECEIPT,
        "receipt_5_1_12_2026-11-20_2_3.xml",
        OPENING,
        SHIFT,
    ]
    assert sums(office) == [(12, 2, "42.50")]
    assert office.where("sale_12.json") == ["processed"]


@pytest.mark.parametrize("again", ["sale_12.json", "sale_other.json"])
def test_file_dropped_again_under_whatever_name_changes_nothing(office: PostOffice, again: str) -> None:
    office.sell("sale_12.json", day())
    office.collect()
    office.erp_takes()
    office.sell(again, day())
    [file] = office.collect().files
    assert (file.tally.new, file.tally.repeated, file.tally.changes) == (0, 1, False)
    assert office.outbox() == []
    assert sums(office) == [(12, 1, "52.50")]


def test_file_split_in_two_is_booked_once_and_its_shift_told_when_it_is_whole(office: PostOffice) -> None:
    office.sell("sale_a.json", day(receipt(1), gain=105))
    office.collect()
    assert SHIFT not in office.outbox()
    office.sell("sale_b.json", page(documents=[receipt(2)]))
    office.collect()
    assert SHIFT in office.outbox()
    office.sell("sale_12.json", day(receipt(1), receipt(2), gain=105))
    office.collect()
    assert sums(office) == [(12, 2, "105.00")]
    assert len(office.outbox()) == 4


def test_live_receipt_is_told_at_once_and_its_shift_file_repeats_it(office: PostOffice) -> None:
    office.sell("sale_1.json", page([shift(gain=None, closed=None)], [receipt(1)]), live=True)
    office.collect()
    assert office.outbox() == [RECEIPT, OPENING]
    office.sell("sale_12.json", day())
    office.collect()
    assert office.outbox() == [RECEIPT, OPENING, SHIFT]


def test_correction_comes_as_a_new_version_and_replaces_no_file(office: PostOffice) -> None:
    office.sell("sale_1.json", day())
    office.collect()
    before = (office.root / "outbox" / RECEIPT).read_bytes()
    office.sell("sale_2.json", day(receipt(1, 60, at="2026-11-20T10:05:00"), gain=60))
    [file] = office.collect().files
    assert file.tally.corrected == 1
    corrected = "receipt_5_1_12_2026-11-20_1_1_v2.xml"
    assert corrected in office.outbox()
    assert "shift_5_1_12_2026-11-20_v2.xml" in office.outbox()
    assert (office.root / "outbox" / RECEIPT).read_bytes() == before
    assert attributes((office.root / "outbox" / corrected).read_bytes())["sum"] == "60.00"
    assert sums(office) == [(12, 1, "60.00")]


def test_older_version_that_comes_late_is_kept_and_told_to_nobody(office: PostOffice) -> None:
    office.sell("sale_2.json", day(receipt(1, 60, at="2026-11-20T10:05:00"), gain=60))
    office.collect()
    told = office.outbox()
    office.sell("sale_1.json", page(documents=[receipt(1)]))
    [file] = office.collect().files
    assert file.tally.outdated == 1
    assert office.outbox() == told


def test_erps_own_id_of_a_good_reaches_its_document(office: PostOffice) -> None:
    own = "b5d6c1f0-7d3a-4b6e-9c57-0d0f2b9a9c11"  # too long for a till: it gets a number
    office.send("import.xml", commerceml_pages.page([own]))
    office.sell("sale.json", day(receipt(1, inventPositions=[position("1000001", price=52.5)])))
    office.collect()
    document = etree.parse(office.root / "outbox" / RECEIPT).getroot()
    [line] = document.iterfind("{*}position")
    assert (line.get("code"), line.get("good")) == ("1000001", own)


def test_erp_that_wants_shifts_alone_gets_no_receipts(office: PostOffice) -> None:
    office.settings('[collect]\ndocuments = ["shift"]')
    office.sell("sale.json", day())
    office.collect()
    assert office.outbox() == [SHIFT]


# --- what is complete


@pytest.mark.parametrize(
    ("check", "gain", "numbers", "told"),
    [
        ("gain", 105, (1, 2), True),
        ("gain", 104, (1, 2), False),
        ("gain", None, (1, 2), True),
        ("gain", 105, (1, 3), False),
        ("numbers", 104, (1, 2), True),
        ("numbers", 105, (1, 3), False),
        ("none", 104, (1, 3), True),
    ],
)
def test_shift_is_told_when_it_is_complete_by_the_setting(
    office: PostOffice, check: str, gain: object, numbers: tuple[int, ...], told: bool
) -> None:
    office.settings(f'[collect]\nshift_check = "{check}"')
    office.sell("sale.json", day(*(receipt(number) for number in numbers), gain=gain))
    office.collect()
    assert (SHIFT in office.outbox()) is told


def test_closed_shift_that_stays_incomplete_is_told_to_a_person_once(office: PostOffice) -> None:
    office.settings(TELL)
    office.sell("sale.json", day(gain=99))
    office.collect()
    assert told_of(office) == []
    office.clock.pass_(hours=3)
    for _ in range(2):
        office.collect()
    assert [told["event"] for told in told_of(office)] == ["incomplete"]


# --- refused


@pytest.mark.parametrize(
    ("content", "settings", "state"),
    [
        (day(), "", "processed"),
        (signed("2"), "", "error"),
        (signed("_cash_8_99"), "", "error"),
        (signed("_cash_8_99"), "cash_codes = ['1 = _cash_8_99']", "processed"),
        (day()[:-40], "", "broken"),
        ("{}", "", "broken"),
        ("", "", "broken"),
    ],
)
def test_file_ends_where_its_verdict_says_with_a_why(
    office: PostOffice, content: str, settings: str, state: str
) -> None:
    (office.root / "tillpost.toml").write_text(f"[shops.5]\n{settings}\n", "utf-8")
    office.sell("sale.json", content)
    [file] = office.collect().files
    assert file.state == state
    assert office.where("sale.json") == [state]
    assert bool(office.where("sale.json.why")) is (state != "processed")
    assert (sums(office) != []) is (state == "processed")


@pytest.mark.parametrize("place", ["", "5", "9", "9/1", "5/9"])
def test_file_in_no_tills_folder_is_refused_and_kept(office: PostOffice, place: str) -> None:
    folder = office.root / "sales" / place
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sale.json").write_text(day(), "utf-8")
    [file] = office.collect().files
    assert file.state is FileState.ERROR
    assert office.where("sale.json") == ["error"]


def test_object_that_cannot_be_taken_is_told_and_the_rest_booked(office: PostOffice) -> None:
    office.sell("sale.json", day(receipt(1), {**receipt(2), "docNum": None}, receipt(3), gain=None))
    [file] = office.collect().files
    assert (file.state, file.tally.new, file.tally.refused) == (FileState.PROCESSED, 2, 1)
    with office.open() as opened, open_books(opened) as books, books.read() as txn:
        [refused] = txn.refused(file.arrival)
    assert refused.field == "docNum"
    assert json.loads(refused.raw)["docSum"] == 52.5


def test_file_of_nothing_but_faults_is_broken(office: PostOffice) -> None:
    office.sell("sale.json", page(documents=[{**receipt(1), "docNum": None}, {**receipt(2), "docType": "x"}]))
    [file] = office.collect().files
    assert file.state is FileState.BROKEN


# --- the outbox


def test_file_of_more_objects_than_the_setting_allows_is_broken_and_nothing_of_it_is_booked(office: PostOffice) -> None:
    whole = day(receipt(1), receipt(2))  # with its shift and its log-on four objects
    office.settings("[collect]\nmax_objects = 3")
    office.sell("x.json", whole)
    (file,) = office.collect().files
    assert file.reason
    assert (file.state, file.reason.code) == (FileState.BROKEN, "sales.too-many-objects")
    assert "collect.max_objects" in file.reason.text("en")
    assert office.outbox() == []
    office.settings("[collect]\nmax_objects = 4")
    office.sell("x.json", whole)
    assert [file.state for file in office.collect().files] == [FileState.PROCESSED]


def test_what_the_erp_takes_is_noted_and_never_comes_again(office: PostOffice) -> None:
    office.sell("sale.json", day())
    office.collect()
    assert len(office.erp_takes()) == 3
    done = office.collect()
    assert (done.outgone.taken, done.outgone.written) == (3, 0)
    assert office.outbox() == []


def test_outbox_that_is_not_mounted_takes_nothing_and_a_person_is_told(office: PostOffice) -> None:
    office.settings(TELL)
    office.sell("sale.json", day())
    office.collect()
    away = office.root / "outbox"
    away.rename(office.root / "elsewhere")
    away.mkdir()
    done = office.collect()
    assert done.outgone.taken == 0
    assert done.outgone.troubles
    assert [told["event"] for told in told_of(office)] == ["outbox"]
    away.rmdir()
    (office.root / "elsewhere").rename(away)
    assert office.collect().outgone.taken == 0
    assert len(office.outbox()) == 3


def test_open_shift_is_told_by_hand_and_marked_so(office: PostOffice) -> None:
    office.sell("sale.json", page([shift(gain=None, closed=None)], [receipt(1)]), live=True)
    office.collect()
    with office.open() as opened, open_books(opened) as books:
        with books.write() as txn:
            [row] = txn.find_shifts("5", "1")
            assert Telling(opened).by_hand(txn, row.id, office.clock.now()) == SHIFT
        with books.write() as txn:
            assert Telling(opened).by_hand(txn, row.id, office.clock.now()) is None
        Collect(opened, books).round(once=True)
    told = attributes((office.root / "outbox" / SHIFT).read_bytes())
    assert (told["state"], told["complete"]) == ("open", "false")
    office.sell("sale_12.json", day())
    office.collect()
    assert attributes((office.root / "outbox" / "shift_5_1_12_2026-11-20_v2.xml").read_bytes())["state"] == "closed"
