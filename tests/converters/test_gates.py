"""Every way to break a record is told by its own name, with the field a person would point at."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from stdnum import ean
from tillpost.converters.gates import Gate, wrong_check_digit
from tillpost.converters.own import NAMESPACE
from tillpost.errors import LANGUAGES, Reason

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
ROOT = {"fullness": "I"}


def gate(kind: str) -> Gate:
    return Gate(f"{kind}.xsd", f"{{{NAMESPACE}}}{kind}")


def told(kind: str, record: str) -> tuple[str, Reason]:
    shell = etree.fromstring(f'<r xmlns="{NAMESPACE}" xmlns:t="{NAMESPACE}" xmlns:o="urn:other" {XSI}>{record}</r>')
    broken = gate(kind).breaks(list(shell), ROOT)
    assert set(broken) == {0}
    return broken[0]


@pytest.mark.parametrize(
    ("record", "field", "code"),
    [
        ("<good/>", "code", "gate.missing"),
        ('<good code="1"/>', "name", "gate.missing"),
        ('<good code="1"><price>1</price></good>', "name", "gate.missing"),
        ('<good code="1"><name/></good>', "name", "gate.value"),
        ('<good code="1 2"><name>A</name></good>', "code", "gate.value"),
        ('<good code="1"><name>A</name><barcode quantity="0">40081</barcode></good>', "quantity", "gate.value"),
        ('<good code="1"><name>A</name><barcode>40081</barcode><barcode>1</barcode></good>', "barcode", "gate.value"),
        ('<good code="1"><name>A</name><flag>sale</flag></good>', "flag", "gate.value"),
        ('<good code="1"><name>A</name><extraPrice>1</extraPrice></good>', "code", "gate.missing"),
        ('<good code="1"><name>A</name><alcohol strength="101"/></good>', "strength", "gate.value"),
        ('<good code="1"><name>A</name><name>B</name></good>', "name", "gate.repeated"),
        ('<good code="1"><name>A</name><price>1</price><price>1</price></good>', "price", "gate.repeated"),
        ('<good code="1"><name>A</name><price>1</price><tax>1</tax></good>', "tax", "gate.order"),
        ('<good code="1"><price>1</price><name>A</name></good>', "price", "gate.order"),
        ('<good code="1"><name>A</name><colour>red</colour></good>', "colour", "gate.unexpected"),
        ('<good code="1"><name>A</name><o:price>1</o:price></good>', "price", "gate.unexpected"),
        ('<good code="1"><name>A</name><barcode>40081</barcode><o:a/></good>', "a", "gate.unexpected"),
        ('<good code="1" colour="red"><name>A</name></good>', "colour", "gate.unknown-attribute"),
        ('<good code="1" o:code="1"><name>A</name></good>', "code", "gate.unknown-attribute"),
        ('<good code="1">text<name>A</name></good>', "good", "gate.text"),
        ('<good code="1"><name>A<b/></name></good>', "name", "gate.nested"),
        ('<good code="1"><name>A</name><barcode>40081<b/></barcode></good>', "barcode", "gate.nested"),
        ('<delete code="1">text</delete>', "delete", "gate.empty"),
        ('<delete code="1"><name>A</name></delete>', "delete", "gate.empty"),
        ('<good code="1"><name xsi:type="money">1</name></good>', "type", "gate.unknown-attribute"),
        ('<good code="1"><name xsi:type="nonsense">1</name></good>', "type", "gate.unknown-attribute"),
        ('<good code="1"><name xsi:nil="true"/></good>', "name", "gate.other"),
        ('<t:good code="1"><t:name/></t:good>', "name", "gate.value"),
        ('<t:good code="1"><name>A</name><t:price>x</t:price></t:good>', "price", "gate.value"),
    ],
)
def test_break_is_told_by_its_name_and_field(record: str, field: str, code: str) -> None:
    where, reason = told("goods", record)
    assert (where, reason.code) == (field, code)
    assert reason.parts["field"] == field
    assert all(field in reason.text(language) for language in LANGUAGES)


def test_wrong_value_says_what_was_got_and_what_was_expected_in_either_language() -> None:
    _, reason = told("prices", '<price good="1">57,9o</price>')
    assert re.fullmatch(r"price: «57,9o» is wrong; expected an amount from 0 on .*", reason.text("en"))
    assert re.fullmatch(r"price: «57,9o» не подходит; ожидается сумма от 0.*", reason.text("ru"))


def test_long_value_is_shortened() -> None:
    _, reason = told("goods", f'<good code="1"><name>{"x" * 100_000}</name></good>')
    assert len(str(reason.parts["got"])) == 60


@pytest.mark.parametrize(
    "inside",
    [
        f"<name>A</name><password>{'s3cret' * 20}</password>",
        "<name>A</name><password><b>s3cret</b></password>",
        "<name>A</name><password xsi:nil='true'>s3cret</password>",
        "<password>s3cret</password><name>A</name>",
        "<password>s3cret</password>",
        "s3cret<name>A</name>",
        "<name>A</name><password>s3cret</password><password>s3cret</password>",
        "<name>A</name><passwort>s3cret</passwort>",
    ],
)
def test_password_is_never_told(inside: str) -> None:
    _, reason = told("cashiers", f'<cashier code="1" login="l">{inside}</cashier>')
    assert "s3cret" not in repr(reason)


@pytest.mark.parametrize(
    ("attributes", "field", "code"),
    [
        ({}, "fullness", "gate.missing"),
        ({"fullness": "f"}, "fullness", "gate.value"),
        ({"fullness": "I", "shop": "a b"}, "shop", "gate.value"),
        ({"fullness": "I", "colour": "red"}, "colour", "gate.unknown-attribute"),
        ({"fullness": "I", "{urn:other}shop": "5"}, "shop", "gate.unknown-attribute"),
    ],
)
def test_root_is_judged_without_records(attributes: dict[str, str], field: str, code: str) -> None:
    broken = gate("goods").breaks_of_root(attributes)
    assert broken is not None
    assert (broken[0], broken[1].code) == (field, code)


def test_sound_root_and_sound_records_break_nothing() -> None:
    sound = etree.fromstring(f'<r xmlns="{NAMESPACE}"><good code="1"><name>A</name></good><delete code="2"/></r>')
    assert gate("goods").breaks_of_root(ROOT) is None
    assert gate("goods").breaks(list(sound), ROOT) == {}
    assert gate("goods").breaks([], ROOT) == {}


def test_each_of_many_broken_records_is_told_by_its_place() -> None:
    records = [f'<good code="{n}"><name>{"" if n % 7 == 3 else "A"}</name></good>' for n in range(100)]
    shell = etree.fromstring(f'<r xmlns="{NAMESPACE}">{"".join(records)}</r>')
    assert set(gate("goods").breaks(list(shell), ROOT)) == {n for n in range(100) if n % 7 == 3}


# --- check digits


@pytest.mark.parametrize("code", ["96385074", "036000291452", "4008429033452", "10614141000415"])
def test_check_digit_is_looked_at_in_every_length_that_has_one(code: str) -> None:
    assert not wrong_check_digit(code)
    for digit in set("0123456789") - {code[-1]}:
        assert wrong_check_digit(code[:-1] + digit)


@given(st.from_regex(r"[0-9]{8}|[0-9]{12,14}", fullmatch=True))
def test_check_digits_are_those_that_others_compute(code: str) -> None:
    assert wrong_check_digit(code) == (ean.calc_check_digit(code[:-1]) != code[-1])


@pytest.mark.parametrize("code", ["", "1234", "123456789", "400842903345215", "A008429033452", "٤٠٠٨٤٢٩٠٣٣٤٥٢"])
def test_other_codes_have_no_check_digit(code: str) -> None:
    assert not wrong_check_digit(code)
