"""A document stands whole in the till's sales folder, once, whatever happens to the power; and fits its schema."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from cash_papers import SALE, folder, page, paper, told_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from money_days import DAYS, Step
from tillpost.converters.schemas import compiled, path
from tillpost.devices.journal.entries import Verdict
from tillpost.devices.machine import salesfolder
from tillpost.devices.machine.documents import CashDocument, DocumentKind
from tillpost.devices.nouns import Pieces
from tillpost.errors import Halt, Retry
from tillpost.queues.disk import LocalDisk
from tillpost.queues.salesbox import scan_sales

NAME = "cash_M1_0000000006.xml"
SECOND = xmlschema.XMLSchema10(path("cashdocument.xsd"))
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
TEXTS = st.text(max_size=250) | st.text("\x00\x08\t\n\r\x1d \x7f\ufffe\ud800<>&\"'", max_size=8)
PIECES = st.lists(st.builds(Pieces, st.integers(1, 500000), st.integers(1, 999)), max_size=3).map(tuple)
PAPERS = st.builds(
    CashDocument,
    st.integers(1, 10**12),
    st.just(SALE.at),
    st.sampled_from(DocumentKind),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    *[TEXTS] * 3,
    st.integers(0, 10**12),
    *[PIECES] * 5,
    st.integers(0, 10**12),
    st.sampled_from(Verdict),
    *[TEXTS] * 3,
)

SPELT = """\
<?xml version='1.0' encoding='UTF-8'?>
<cashDocument xmlns="urn:tillpost:cash:1" shop="5" till="1" machine="M1" currency="RUB" entry="6" \
at="2026-11-20T09:15:30.250Z" kind="sale" verdict="committed" number="1" device="notes" amount="370">
  <about>receipt 12</about>
  <deposited sum="500">
    <pieces denomination="500" count="1"/>
  </deposited>
  <given sum="130">
    <pieces denomination="10" count="13"/>
  </given>
</cashDocument>
"""


def names(place: Path) -> list[str]:
    return sorted(each.name for each in place.iterdir())


def fits(data: bytes) -> bool:
    ours = compiled("cashdocument.xsd").validate(etree.fromstring(data))
    assert ours == SECOND.is_valid(data.decode())
    return bool(ours)


def test_sale_is_written_as_the_schema_has_it(tmp_path: Path) -> None:
    assert page(tmp_path).decode() == SPELT


@pytest.mark.parametrize(("digits", "amount"), [(2, "100.50"), (0, "10050"), (3, "10.050")])
def test_amounts_are_in_major_units(tmp_path: Path, digits: int, amount: str) -> None:
    data = page(tmp_path, paper(amount=10050), digits=digits)
    assert etree.fromstring(data).get("amount") == amount
    assert fits(data)


@UNHURRIED
@given(day=DAYS)
def test_whatever_a_journal_holds_its_documents_fit_their_schema(tmp_path: Path, day: list[Step]) -> None:
    for document in told_of(day):
        assert fits(page(tmp_path / str(hash(document)), document))


@UNHURRIED
@given(document=PAPERS, digits=st.integers(0, 3))
@example(document=paper(about="\x00\x1d\ud800\ufffe" * 60, unit="\n\t", why=" "), digits=2)
def test_whatever_a_document_says_it_fits_its_schema(tmp_path: Path, document: CashDocument, digits: int) -> None:
    place = tmp_path / str(hash((document, digits)))
    assert fits(page(place, document, digits=digits))


# --- once, and whole


def test_same_document_again_changes_nothing(tmp_path: Path) -> None:
    page(tmp_path)
    before = (tmp_path / NAME).stat()
    assert page(tmp_path)
    assert (tmp_path / NAME).stat().st_ino == before.st_ino
    assert names(tmp_path) == [NAME]


def test_another_document_of_its_number_stops_and_replaces_nothing(tmp_path: Path) -> None:
    before = page(tmp_path)
    with pytest.raises(Halt) as caught:
        folder(tmp_path).publish(paper(amount=1))
    assert caught.value.reason.code == "documents.clash"
    assert (tmp_path / NAME).read_bytes() == before


def test_document_that_was_taken_is_written_again_the_same(tmp_path: Path) -> None:
    first = page(tmp_path)
    (tmp_path / NAME).unlink()
    assert page(tmp_path) == first


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_power_cut_leaves_the_whole_document_or_none_that_anybody_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    sales = tmp_path / "sales"
    till = folder(sales / "5" / "1")

    def cut(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(*{"fsync": (os, "fsync"), "rename": (Path, "rename")}[step], cut)
        with pytest.raises(KeyboardInterrupt):
            till.publish(SALE)
    assert scan_sales(LocalDisk(), sales).found == ()
    till.publish(SALE)
    assert [found.name for found in scan_sales(LocalDisk(), sales).found] == [NAME]
    assert names(sales / "5" / "1") == [NAME]


def test_a_folder_that_is_none_is_seen_before_anything_is_written(tmp_path: Path) -> None:
    folder(tmp_path).check()
    (tmp_path / "file").touch()
    for name in ("away", "file"):
        with pytest.raises(Retry) as caught:
            salesfolder.SalesFolder(tmp_path / name, shop="5", till="1", machine="M1").check()
        assert caught.value.reason.code == "documents.no-folder"


def test_folder_that_is_away_is_tried_again_and_not_made(tmp_path: Path) -> None:
    away = salesfolder.SalesFolder(tmp_path / "away", shop="5", till="1", machine="M1")
    with pytest.raises(Retry) as caught:
        away.publish(SALE)
    assert caught.value.reason.code == "documents.unwritten"
    assert not (tmp_path / "away").exists()


@pytest.mark.parametrize(
    "place", [{"machine": "M/1"}, {"machine": ""}, {"shop": "5 6"}, {"till": " "}, {"currency": "rub"}]
)
def test_names_that_no_document_may_bear_are_refused_before_any_is_written(
    tmp_path: Path, place: dict[str, str]
) -> None:
    with pytest.raises(Halt) as caught:
        folder(tmp_path, **place)
    assert caught.value.reason.code == "documents.name"
