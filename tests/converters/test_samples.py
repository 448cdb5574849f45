"""Every sample is read as its golden file says. After a change that means them to differ: --accept."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tillpost.converters import claim
from tillpost.converters.reading import sniff
from tillpost.errors import Reject
from tillpost.model import Drop, Event, Extent, Good, Header, Kind, Price, Put, ReadOptions, Refused, Remark

FOLDER = Path(__file__).parents[2] / "samples"
SAMPLES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.xml"))
OPTIONS = ReadOptions(till_code="requisite:Код")


@cache
def read(name: str) -> tuple[Header, list[Event], Reject | None]:
    """The header, the events, and what ended them early."""
    path = FOLDER / name
    events: list[Event] = []
    with path.open("rb") as source:
        head = sniff(source.read(65536), path.name)
        source.seek(0)
        converter = claim(head)
        header = converter.header(head)
        try:
            events.extend(converter.read(source, head, OPTIONS))
        except Reject as reject:
            return header, events, reject
    return header, events, None


def told(event: Event) -> dict[str, Any]:
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    if "reason" in fields:
        fields["reason"] = fields["reason"].text("ru")
    plain: dict[str, Any] = msgspec.to_builtins({type(event).__name__: None} | fields)
    plain.pop(type(event).__name__)
    return {"event": type(event).__name__} | {key: value for key, value in plain.items() if value != ""}


def golden(name: str) -> str:
    """The golden file's text: one event a line, so that a difference shows single records."""
    header, events, reject = read(name)
    lines = [{"header": msgspec.to_builtins(header)}]
    if reject is None:
        lines.extend(map(told, events))
    else:  # nothing of such a file is booked, and how much was read of it is the parser's affair
        lines.append({"reject": reject.reason.code})
    return "[\n" + ",\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n]\n"


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_read_as_accepted(name: str, accept: bool) -> None:
    page = (FOLDER / name).with_suffix(".golden.json")
    text = golden(name)
    if accept:
        page.write_text(text, "utf-8")
    assert page.read_text("utf-8") == text, "see samples/README.md for how to accept"


def test_every_golden_file_has_its_sample() -> None:
    pages = {page.relative_to(FOLDER).as_posix() for page in FOLDER.rglob("*.golden.json")}
    assert pages == {name.removesuffix(".xml") + ".golden.json" for name in SAMPLES}


def of(name: str, event: type[Any]) -> list[Any]:
    return [found for found in read(name)[1] if isinstance(found, event)]


def goods(name: str) -> dict[str, str]:
    """Names by till code; a sample's variants under the codes that our own format gives them."""
    found = {put.code or put.key[0]: put.body.name for put in of(name, Put) if put.kind is Kind.GOOD}
    assert all(found.values())
    return found


def test_both_tongues_tell_of_the_same_goods() -> None:
    ours, theirs = goods("own/goods.xml"), goods("1c/import.xml")
    variants = [put for put in of("1c/offers.xml", Put) if put.kind is Kind.VARIANT]
    plain = {code: name for code, name in ours.items() if "." not in code}
    assert plain == {code: name for code, name in theirs.items() if code in plain}
    assert sorted(put.body.name for put in variants) == sorted(ours[code] for code in ours.keys() - plain.keys())


def test_both_tongues_tell_the_same_prices() -> None:
    ours = {put.key[0]: put.body.price for put in of("own/prices.xml", Put) if put.kind is Kind.PRICE}
    for put in of("own/goods.xml", Put):
        if isinstance(put.body, Good) and put.body.price is not None:
            ours[put.key[0]] = put.body.price
    names = goods("own/goods.xml")
    ids = {put.key[0]: put.body.name for put in of("1c/import.xml", Put) if put.kind is Kind.GOOD}
    ids |= {"#".join(put.key): put.body.name for put in of("1c/offers.xml", Put) if put.kind is Kind.VARIANT}
    theirs = {
        ids[put.key[0]]: price.price
        for put in of("1c/offers.xml", Put)
        if isinstance(put.body, Price)
        for price in put.body.types
        if price.name == "Розничная"
    }
    assert {names[code]: price for code, price in ours.items()} == theirs


@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.startswith(("broken/", "refused/"))])
def test_sound_samples_have_nothing_wrong_in_them(name: str) -> None:
    _, events, reject = read(name)
    assert reject is None
    assert not [event for event in events if isinstance(event, (Refused, Remark, Drop))]


def test_our_own_samples_show_every_kind_and_every_child() -> None:
    puts = [put for name in SAMPLES if name.startswith("own/") for put in of(name, Put)]
    assert {put.kind for put in puts} == set(Kind) - {Kind.VARIANT, Kind.STOCK}
    for field in Good.__struct_fields__:
        values = {repr(getattr(put.body, field)) for put in puts if isinstance(put.body, Good)}
        assert len(values) > 1, f"{field} is never told"


def test_suspicious_sample_names_few_of_the_goods() -> None:
    assert of("suspicious/goods.xml", Extent) == [Extent(Kind.GOOD)]
    assert len(goods("suspicious/goods.xml")) * 5 < len(goods("own/goods.xml"))


def test_changed_sample_changes_two_goods() -> None:
    before = {put.key: put.body for put in of("own/prices.xml", Put)}
    after = [put for put in of("changed/prices.xml", Put) if before[put.key] != put.body]
    assert len(after) == 2
    assert not of("changed/prices.xml", Extent)


def test_refused_sample_loses_two_records_and_keeps_the_rest() -> None:
    assert len(of("refused/goods.xml", Refused)) == 2
    assert len(of("refused/goods.xml", Put)) == 10


def test_torn_sample_is_broken() -> None:
    reject = read("broken/torn.xml")[2]
    assert reject is not None
    assert reject.reason.code == "xml.malformed"
