"""Records that are known by their bytes are passed over: nobody can tell from what comes out, however files are spelt,
torn or repeated."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from post_office import NAMESPACE, PostOffice, good, goods
from tillpost.catalogue.footprints import Following, Laying
from tillpost.converters.own import Own
from tillpost.model import Head, ReadOptions, Terms

OWN = ("footprint", "ledger", "tills")  # how tables are called that differ: each house draws a marker, has its inodes

# --- what an ERP may write ---------------------------------------------------------------------------------

CODES = [f"{code}" for code in range(1, 9)]
NAMES = [
    "Сыр",
    "Сок «Добрый»",
    "a &amp; b",
    "x" * 201,
    "  два  слова ",
    "<!-- </good> -->",
    "<![CDATA[</good>]]>",
    "<?p </good>?>",
]
BARCODES = ["4600000000015", "4600000000016", "12345678", "nothing valid here!"]


@st.composite
def record(draw: st.DrawFn) -> str:
    code = draw(st.sampled_from(CODES))
    name = draw(st.one_of(st.just("Сыр"), st.just("Хлеб"), st.sampled_from(NAMES)))
    quote = draw(st.sampled_from('"""\''))
    blank = draw(st.sampled_from(["", "", "\n  ", "\r\n"]))
    tail = draw(st.sampled_from(["</good>"] * 8 + ["</good >", "</good></good>", "/>", ""]))
    barcode = draw(st.sampled_from(["", "", *(f"<barcode>{code}</barcode>" for code in BARCODES)]))
    price = draw(st.sampled_from(["<price>10</price>", "<price>9.90</price>", "<price>x</price>", ""]))
    space = draw(st.sampled_from([""] * 6 + [' xmlns="other"', ' xmlns:y="y" y:z=""', ' xsi:nil="1"']))
    return f"{blank}<good{space} code={quote}{code}{quote}>{blank}<name>{name}</name>{blank}{barcode}{price}{tail}"


@st.composite
def document(draw: st.DrawFn) -> bytes:
    """One full export of goods; the root tells no number, so each is taken."""
    encoding, told, mark = draw(
        st.sampled_from(
            [("utf-8", "UTF-8", "")] * 8
            + [("utf-8", "UTF-8", "\ufeff"), ("cp1251", "windows-1251", ""), ("utf-16-le", "UTF-16", "\ufeff")]
            + [("utf-8", "windows-1251", "")]
        )
    )
    doctype = draw(st.sampled_from([""] * 12 + ["<!DOCTYPE goods>", "<!-- note -->", "<?p i?>"]))
    prefix = draw(st.sampled_from([""] * 12 + ["t:"]))
    xsi = draw(st.sampled_from(["", "", ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"']))
    declared = f' xmlns{":t" if prefix else ""}="{NAMESPACE}"{xsi}'
    between = draw(st.sampled_from([""] * 12 + ["text", "<!-- </good> -->", "<?p?>", "<delete code='1'/>"]))
    records = draw(st.lists(record(), max_size=6))
    body = between.join([*records, ""]).replace("<", f"<{prefix}") if prefix else between.join([*records, ""])
    start = f'{mark}<?xml version="1.0" encoding="{told}"?>{doctype}<{prefix}goods{declared} fullness="F">'
    text = f"{start}{body}</{prefix}goods>"
    data = text.encode(encoding, "replace")
    torn = draw(st.sampled_from([None] * 10 + [st.integers(0, len(data))]))
    return data if torn is None else data[: draw(torn)]


@st.composite
def story(draw: st.DrawFn) -> list[bytes]:
    """Exports that follow each other; many come again, a little changed."""
    known: list[bytes] = []
    for _ in range(draw(st.integers(2, 5))):
        again = bool(known) and draw(st.booleans())
        file = draw(st.sampled_from(known)) if again else draw(document())
        if again and draw(st.booleans()):
            file = file.replace(b"<price>10</price>", b"<price>11</price>", draw(st.integers(1, 2)))
        known.append(file)
    return known


# --- two houses --------------------------------------------------------------------------------------------


def no_terms(self: Own, head: Head, options: ReadOptions) -> Terms | None:
    """A converter that skims nothing."""
    return None


@contextmanager
def reading_all() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Own, "terms", no_terms)
        yield


@dataclass
class House:
    office: PostOffice

    def send(self, name: str, content: bytes) -> None:
        self.office.drop(name, content)
        self.office.feed()

    def told(self) -> dict[str, bytes]:
        """All that the ERP and the tills can see."""
        root = self.office.root
        seen = [*root.glob("replies/*"), *root.glob("queues/*/*/*"), *root.glob("*/exports/**/*.why")]
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(seen) if path.is_file()}

    def kept(self) -> dict[str, list[tuple[bytes, bytes]]]:
        """All that the catalogue and the ledger keep."""
        with self.office.open() as office, office.store._environment.begin() as txn:  # type: ignore[attr-defined]
            handles = dict(office.store._handles)  # type: ignore[attr-defined]
            return {
                name: [(bytes(key), bytes(value)) for key, value in txn.cursor(db=handle)]
                for name, handle in sorted(handles.items())
                if not name.startswith(OWN) and txn.stat(handle)["entries"]
            }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story())
def test_nobody_can_tell_whether_known_records_were_passed_over(unsynced: None, files: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        quick, plain = (House(PostOffice(Path(folder) / "root", {"5": ["1"]})) for folder in (one, other))
        for number, file in enumerate(files):
            quick.send(f"{number}.xml", file)
            with reading_all():
                plain.send(f"{number}.xml", file)
        told, kept = quick.told(), quick.kept()
        expected, stays = plain.told(), plain.kept()
    assert told == expected
    assert kept == stays


# --- what is passed over -----------------------------------------------------------------------------------


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of records that were read one by one."""
    read: list[str] = []
    for kind in (Laying, Following):
        before = kind.taken

        def taken(self: Laying, key: str, mark: bytes, *, replaces: bool, before=before) -> None:  # type: ignore[no-untyped-def]
            read.append(key)
            before(self, key, mark, replaces=replaces)

        monkeypatch.setattr(kind, "taken", taken)
    return read


def many(prices: dict[str, str], order: list[str] | None = None) -> str:
    return goods(*(good(code, prices[code]) for code in order or prices))


PRICES = {f"{code:03}": "10.00" for code in range(300)}


def test_a_list_that_comes_again_is_not_read_again(office: PostOffice, puts: list[str]) -> None:
    office.send("a.xml", many(PRICES))
    puts.clear()
    office.send("b.xml", many(PRICES))
    assert puts == []
    assert office.reply("b.xml.json")["counts"]["good"]["unchanged"] == len(PRICES)


@pytest.mark.parametrize("full", [False, True])
def test_a_broken_file_is_read_once_more_only_where_it_was_skimmed(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    ways: list[str] = []
    for way in ("read", "skim"):
        before = getattr(Own, way)

        def noted(self: Own, *what: Any, way: str = way, before: Any = before) -> Any:
            ways.append(way)
            return before(self, *what)

        monkeypatch.setattr(Own, way, noted)
    assert office.send("a.xml", goods(good("1"), full=full)[:-20]) == "broken"
    assert ways == (["skim", "read"] if full else ["read"])


def test_what_changed_is_read_alone_in_any_order(office: PostOffice, puts: list[str]) -> None:
    office.send("a.xml", many(PRICES))
    puts.clear()
    office.send("b.xml", many({**PRICES, "007": "7.00", "299": "9.00"}))
    assert puts == ["007", "299"]
    puts.clear()
    backwards = sorted(PRICES, reverse=True)
    office.send("c.xml", many({**PRICES, "007": "7.00", "299": "8.00"}, backwards))
    assert puts == ["299"]


def test_what_is_left_out_is_gone_and_what_is_new_is_there(office: PostOffice, puts: list[str]) -> None:
    office.send("a.xml", many(PRICES))
    fewer = {code: price for code, price in PRICES.items() if code != "150"}
    office.send("b.xml", many({**fewer, "new": "1.00"}))
    assert office.take().goods.keys() == {*fewer, "new"}
    puts.clear()
    office.send("c.xml", many({**fewer, "new": "1.00"}))
    assert puts == []


def test_what_another_export_changed_is_read_again(office: PostOffice, puts: list[str]) -> None:
    office.send("a.xml", many(PRICES))
    office.send("few.xml", goods(good("005", "5.00"), full=False))
    puts.clear()
    office.send("b.xml", many(PRICES))
    assert puts == ["005"]
    assert office.reply("b.xml.json")["counts"]["good"] == {"put": 1, "deleted": 0, "unchanged": len(PRICES) - 1}
