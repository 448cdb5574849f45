"""A whole export of our own format: every record is told once, however the file is written, or the file is refused."""

from __future__ import annotations

import codecs
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.converters.own import NAMESPACE
from tillpost.errors import LANGUAGES, Reject
from tillpost.model import Barcode, Drop, Extent, Good, Kind, Put, Refused, Remark


def export(records: str, kind: str = "goods", fullness: str = "I", declared: str = "UTF-8") -> str:
    root = f'<{kind} xmlns="{NAMESPACE}" fullness="{fullness}">{records}</{kind}>'
    return f'<?xml version="1.0" encoding="{declared}"?>\n{root}'


def good(code: object, inside: str = "<name>Чай «Ёж»</name>") -> str:
    return f'<good code="{code}">{inside}</good>'


def codes(events: list[Any], event: type[Any]) -> list[str]:
    return [found.reason.code for found in events if isinstance(found, event)]


# --- a file is what its bytes are


WAYS = {
    "utf-8": lambda text: text.encode(),
    "utf-8 marked": lambda text: codecs.BOM_UTF8 + text.encode(),
    "utf-16-le marked": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-16-be marked": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
}


@pytest.mark.parametrize("declared", ["UTF-8", "UTF-16", "windows-1251", "koi8-r"])
@pytest.mark.parametrize("way", WAYS)
def test_stale_declarations_are_remarked_and_change_nothing(read: Any, way: str, declared: str) -> None:
    records = "\n".join(good(n) for n in range(50))
    plain = read(export(records))
    events = read(WAYS[way](export(records, declared=declared)))
    is_stale = declared.casefold() != way.split()[0].removesuffix("-le").removesuffix("-be")
    assert [event for event in events if not isinstance(event, Remark)] == plain
    assert codes(events, Remark) == ["xml.stale-encoding"] * is_stale


@pytest.mark.parametrize("codec", ["windows-1251", "koi8-r", "cp866"])
def test_declared_code_pages_are_read(read: Any, codec: str) -> None:
    inside = "<name>Чай зелёный</name>"
    assert read(export(good(1, inside), declared=codec).encode(codec)) == read(export(good(1, inside)))


# --- a file is whole or refused


@pytest.mark.parametrize("way", WAYS)
def test_export_torn_at_any_byte_is_refused(read: Any, way: str) -> None:
    declared = "UTF-16" if way.startswith("utf-16") else "UTF-8"
    whole = WAYS[way](export(good(1) + "\n<delete code='2'/>\n", declared=declared))
    assert [type(event) for event in read(whole)] == [Put, Drop]
    for size in range(len(whole)):
        with pytest.raises(Reject):
            read(whole[:size])


@pytest.mark.parametrize(
    ("records", "code"),
    [
        (good(1) + "<goods/>", "own.unknown-record"),
        (good(1) + '\n<price good="1">1</price>', "own.unknown-record"),
        (good(1) + '<good xmlns="urn:other" code="2"/>', "own.unknown-record"),
        (good(1) + '<Good code="2"/>', "own.unknown-record"),
        (good(1) + "text" + good(2), "xml.text-between"),
        (good(1) + "<good", "xml.malformed"),
    ],
)
@pytest.mark.parametrize("fullness", ["F", "I"])
def test_what_is_wrong_outside_of_records_breaks_the_file(read: Any, records: str, code: str, fullness: str) -> None:
    with pytest.raises(Reject) as rejected:
        read(export(records, fullness=fullness))
    assert rejected.value.reason.code == code
    assert all(rejected.value.reason.text(language).isprintable() for language in LANGUAGES)


# --- every record is told once

SOUND = st.sampled_from([good("{}"), '<delete code="{}"/>', good("{}", "<name>A</name><price>1.5</price>")])
BROKEN = st.sampled_from([good("{}", ""), good("{}", "<name/>"), "<good nr='{}'><name>A</name></good>"])
BETWEEN = st.sampled_from(["", "\n", "\n\n<!-- <good> -->"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), SOUND, BROKEN, BETWEEN), max_size=12))
def test_each_record_is_told_once_in_order_with_its_line(read: Any, rows: list[tuple[bool, str, str, str]]) -> None:
    text, lines = export("\x00"), []
    body = ""
    for number, (is_sound, sound, broken, before) in enumerate(rows):
        body += before
        lines.append(2 + body.count("\n"))
        body += (sound if is_sound else broken).format(number)
    events = read(text.replace("\x00", body))
    assert [event.line for event in events] == lines
    assert [isinstance(event, Refused) for event in events] == [not is_sound for is_sound, *_ in rows]


def test_refused_records_are_named_by_what_they_are(read: Any) -> None:
    records = '<price good="1" from="2026-13-01">1</price><price good="2">x</price><delete/>'
    refused = [(event.kind, event.key, event.field) for event in read(export(records, "prices"))]
    assert refused == [(Kind.PROMO, "1", "from"), (Kind.PRICE, "2", "price"), (Kind.PRICE, "", "good")]


def test_refused_barcode_is_named_by_itself(read: Any) -> None:
    (refused,) = read(export('<barcode good="1 2">40081</barcode>', "barcodes"))
    assert (refused.key, refused.field) == ("40081", "good")


@pytest.mark.parametrize(
    ("kind", "sound", "broken"),
    [
        ("goods", good(" 0071 "), '<good code=" 0071 "/>'),
        ("prices", '<price good="0071">1</price>', '<price good=" 0071 ">x</price>'),
        ("prices", '<price good="1" to="2026-01-01">1</price>', '<price good="1" to="2026-01-01">x</price>'),
        ("barcodes", '<barcode good="1"> 40081 </barcode>', "<barcode> 40081 </barcode>"),
        ("groups", '<group code="007">A</group>', '<group code="007"/>'),
        ("units", '<unit code="007">A</unit>', '<unit code="007"/>'),
        ("units", '<unit code="007">A</unit>', '<delete code=" 007 ">x</delete>'),
        ("taxes", '<tax code="0010" name="A"/>', '<tax code="0010"/>'),
        ("cashiers", '<cashier code="07" login="l"><name>A</name></cashier>', '<cashier code="07"/>'),
        ("sellers", '<seller code="07"><name>A</name></seller>', '<seller code="07"/>'),
        (
            "restrictions",
            '<restriction id="r1" type="saleDenied" subject="good" code="1"/>',
            '<restriction id=" r1 "/>',
        ),
    ],
)
def test_refused_record_has_the_key_of_the_fact_it_was_about(read: Any, kind: str, sound: str, broken: str) -> None:
    """By it a full export knows which old fact stays."""
    (put,), (refused,) = read(export(sound, kind)), read(export(broken, kind))
    assert isinstance(refused, Refused)
    assert (refused.kind, refused.key) == (put.kind if "delete" not in broken else Kind.UNIT, put.key[0])


# --- what is told beside the facts


def test_key_named_by_a_record_and_a_deletion_is_remarked(read: Any) -> None:
    events = read(export(good(1) + '<delete code="1"/>' + good(1)))
    assert [type(event) for event in events] == [Put, Remark, Drop, Remark, Put]
    assert codes(events, Remark) == ["own.twice", "own.twice"]


def test_barcode_named_twice_in_a_good_is_taken_once(read: Any) -> None:
    inside = '<name>A</name><barcode>40081</barcode><barcode>40082</barcode><barcode quantity="2">40081</barcode>'
    remark, put = read(export(good(1, inside)))
    assert remark.reason.code == "own.barcode-again"
    assert put.body == Good("A", barcodes=(Barcode("40081"), Barcode("40082")))


def test_every_wrong_check_digit_of_a_good_is_remarked(read: Any) -> None:
    inside = "<name>A</name><barcode>4008429033451</barcode><barcode>4008429033452</barcode><barcode>96385075</barcode>"
    put, *remarks = read(export(good(1, inside)))
    assert [remark.reason.parts["barcode"] for remark in remarks] == ["4008429033451", "96385075"]
    assert len(put.body.barcodes) == 3


# --- values


@pytest.mark.parametrize("told", ["-0", "-0.00", "-1", "1.234", "1,5", "1e2", "NaN", "9" * 16, "٣"])
def test_money_that_is_none_is_refused(read: Any, told: str) -> None:
    (refused,) = read(export(f'<price good="1">{told}</price>', "prices"))
    assert (refused.field, refused.reason.code) == ("price", "gate.value")


@pytest.mark.parametrize(
    ("told", "taken"), [("0", "0.00"), ("1.5", "1.50"), (" 7. ", "7.00"), (".5", "0.50"), ("+3", "3.00")]
)
def test_money_has_one_spelling(read: Any, told: str, taken: str) -> None:
    (put,) = read(export(f'<price good="1">{told}</price>', "prices"))
    assert str(put.body.price) == taken


def test_no_break_spaces_inside_names_stay(read: Any) -> None:
    (put,) = read(export(good(1, "<name>\n Чай\u00a0 190\u00a0г\t</name>")))
    assert put.body.name == "Чай\u00a0 190\u00a0г"


def test_days_are_told_in_the_order_of_the_week_and_once(read: Any) -> None:
    record = '<restriction id="r" type="saleDenied" subject="good" code="1" days="SU MO SU"/>'
    (put,) = read(export(record, "restrictions"))
    assert put.body.days == ("MO", "SU")


def test_comma_is_a_point_only_where_the_settings_say_so(read: Any) -> None:
    record = '<price good="1" min="1,5">2,50</price>'
    (put,) = read(export(record, "prices"), decimal_comma=True)
    assert (put.body.price, put.body.min_price) == (Decimal("2.50"), Decimal("1.50"))
    assert codes(read(export(record, "prices")), Refused) == ["gate.value"]


def test_full_export_claims_its_kind_before_any_record(read: Any) -> None:
    assert read(export(good(1), fullness="F"))[0] == Extent(Kind.GOOD)
