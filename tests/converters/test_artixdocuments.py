"""An Artix till's objects as nouns: every field, every default, and what is refused."""

from __future__ import annotations

import gc
import io
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.converters.artixsales import ArtixSales
from tillpost.converters.artixvalues import MOST_ROWS
from tillpost.errors import LANGUAGES
from tillpost.model import (
    Discount,
    Document,
    DocumentKind,
    DrawerRecord,
    LogOn,
    Means,
    Move,
    Payment,
    Position,
    RefusedSale,
    SalesEvent,
    SalesOptions,
    ShiftRecord,
)

D = Decimal
at = datetime.fromisoformat
SAMPLES = Path(__file__).parents[2] / "samples" / "sales"
BARE: dict[str, Any] = {"shift": 12, "docNum": 7, "docType": 1}


def read(text: str | bytes, options: SalesOptions | None = None) -> list[SalesEvent]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(ArtixSales().read(io.BytesIO(data), options or SalesOptions()))


def event(tree: Any, name: str = "sales data", options: SalesOptions | None = None) -> SalesEvent:
    """What one object becomes."""
    written = tree if isinstance(tree, str) else json.dumps(tree, ensure_ascii=False)
    (found,) = read(f"### {name} begin ###\n{written}\n### {name} end ###\n", options)
    return found


def document(tree: Any = None, options: SalesOptions | None = None, **fields: Any) -> Document:
    found = event(tree if isinstance(tree, str) else BARE | (tree or {}) | fields, options=options)
    assert isinstance(found, Document), found
    return found


def refused(tree: Any, name: str = "sales data") -> RefusedSale:
    found = event(tree, name)
    assert isinstance(found, RefusedSale), found
    assert all(found.why.text(language) for language in LANGUAGES)
    return found


def position(**fields: Any) -> Position:
    (found,) = document(inventPositions=[fields]).positions
    return found


def payment(options: SalesOptions | None = None, **fields: Any) -> Payment:
    (found,) = document(moneyPositions=[fields], options=options).payments
    return found


# --- documents

WHOLE = """{"cashCode": "1", "shift": 12, "docNum": 7, "docType": 2, "userCode": "2", "timeBeg": "2026-11-19T15:20:00",
 "timeEnd": "2026-11-19T15:21:40", "docSum": 171.5, "identifier": "5-1-12-7", "frdocnum": "1206", "cashType": "SSCO",
 "sourceidentifier": "5-1-12-2", "backReason": "Брак", "excess": true,
 "inventPositions": [
  {"posNum": 3, "inventCode": "1011", "barCode": "9520000010119", "name": "Молоко", "opCode": 50, "quant": 2.000,
   "price": 94.90, "posSum": 171.50, "baseSum": 189.80, "disc_abs": 18.30, "additionalbarcode": "77", "deptCode": 4,
   "excisemark": "A\\u001dB", "taxes": [{"taxSum": 10.01}, {"taxSum": 5.58}],
   "discountPositions": [{"discType": "summ", "discName": "Купон", "discSum": 18.3}]}],
 "moneyPositions": [{"valCode": 1, "opCode": 74, "sumB": -171.50}],
 "cardPositions": [{"number": "777"}, {"number": ""}], "stornoPositions": [{"posNum": 1}, {"posNum": 2}],
 "certificatePositions": [{"sum": 5.0, "number": "1"}], "couponPositions": ["N1"], "bonusPositions": [{"b": 1}]}"""


def test_every_field_of_a_document_is_read() -> None:
    found = document(WHOLE)
    assert found == Document(
        cash_code="1",
        shift=12,
        number=7,
        type=2,
        digest=found.digest,
        raw=WHOLE.encode(),
        cashier="2",
        began=at("2026-11-19T15:20:00"),
        ended=at("2026-11-19T15:21:40"),
        sum=D("171.50"),
        positions=(
            Position(
                number=3,
                code="1011",
                quantity=D(2),
                price=D("94.90"),
                sum=D("171.50"),
                barcode="9520000010119",
                name="Молоко",
                operation=50,
                base_sum=D("189.80"),
                discount=D("18.30"),
                discounts=(Discount(sum=D("18.30"), name="Купон", type="summ"),),
                tax=D("15.59"),
                marks=("A\x1dB",),
                extra_barcode="77",
                department=4,
            ),
        ),
        payments=(Payment(code=1, operation=74, means=Means.CASH, move=Move.REFUND, sum=D("171.50")),),
        cards=("777",),
        lines_cancelled=2,
        self_checkout=True,
        identifier="5-1-12-7",
        fiscal_number="1206",
        source="5-1-12-2",
        reason="Брак",
        certificates=('{"number":"1","sum":5}',),
        coupons=('"N1"',),
        bonuses=('{"b":1}',),
    )
    assert len(found.digest) == 16


def test_shift_number_and_type_are_all_that_a_document_needs() -> None:
    found = document()
    assert found == Document(cash_code="", shift=12, number=7, type=1, digest=found.digest, raw=found.raw)
    everything: dict[str, Any] = json.loads(WHOLE)
    for absent in (None, "null", "", " "):
        bare = document(dict.fromkeys(everything.keys() - BARE.keys(), absent))
        assert msgspec.structs.replace(bare, digest=found.digest, raw=found.raw) == found


@pytest.mark.parametrize("field", ["shift", "docNum", "docType"])
@pytest.mark.parametrize("absent", [None, "null", ""])
def test_document_without_what_identifies_it_is_refused(field: str, absent: str | None) -> None:
    for tree in (BARE | {field: absent}, {name: value for name, value in BARE.items() if name != field}):
        found = refused(tree)
        assert (found.code, found.field) == ("sales.missing", field)


def test_document_of_an_unknown_type_is_kept() -> None:
    assert document(docType=16).kind is DocumentKind.OTHER


def test_receipt_is_annulled_by_a_failed_payment_of_operation_70() -> None:
    assert document(failedMoneyPositions=[{"opCode": 71}, {"opCode": "70"}]).annulled
    assert not document(failedMoneyPositions=[{"opCode": 71}, {}]).annulled
    assert not document().annulled


def test_fiscal_number_is_that_of_the_copy_where_there_is_no_other() -> None:
    assert document(frdocnum=1206, frDocCopy="9").fiscal_number == "1206"
    assert document(frdocnum=None, frDocCopy="9").fiscal_number == "9"


def test_bonuses_and_coupons_are_the_documents_own_or_else_those_of_its_lines() -> None:
    lines = [{"bonusPositions": [{"amount": 1}]}, {"couponPositions": [2]}, {"bonusPositions": [{"amount": 3}]}]
    found = document(inventPositions=lines)
    assert (found.bonuses, found.coupons) == (('{"amount":1}', '{"amount":3}'), ("2",))
    assert document(inventPositions=lines, bonusPositions=[4]).bonuses == ("4",)


# --- positions and payments


def test_position_without_anything_takes_its_place_for_its_number() -> None:
    found = document(inventPositions=[{}, {"posNum": 7}, {"posNum": "null"}]).positions
    assert [line.number for line in found] == [1, 7, 3]
    assert found[0] == Position(number=1, code="", quantity=D(0), price=D(0), sum=D(0))


def test_code_that_was_typed_for_a_barcode_is_no_barcode() -> None:
    assert position(inventCode="1001", barCode="1001").barcode == ""
    assert position(inventCode=1001, barCode="1001").barcode == ""
    assert position(inventCode="1001", barCode=9520000010010).barcode == "9520000010010"


def test_sold_gift_card_has_the_barcode_of_the_card() -> None:
    assert position(opCode=63, barCode="1", bcode_main="952").barcode == "952"
    assert position(opCode=63, barCode="1").barcode == "1"
    assert position(opCode=50, barCode="1", bcode_main="952").barcode == "1"


def test_discount_is_the_tills_own_or_else_the_sum_of_its_rows() -> None:
    rows = [{"discSum": "1,5"}, {"discSum": 2}]
    assert position(discountPositions=rows).discount == D("3.50")
    assert position(discountPositions=rows, disc_abs=0).discount == D(0)
    assert position().discount == D(0)


def test_tax_is_the_sum_of_the_taxes_that_are_told() -> None:
    assert position(taxes=[{"taxSum": 1.1}, {"taxSum": None}, {"taxSum": "2,2"}]).tax == D("3.30")
    assert position(taxes=[{"taxSum": 0}]).tax == D(0)
    assert position(taxes=[{}]).tax is None
    assert position().tax is None


@pytest.mark.parametrize(
    ("written", "marks"),
    [
        ("22N", ("22N",)),
        (" 0104\x1d91 ", (" 0104\x1d91 ",)),
        (["22N", None, "", "null", "23N"], ("22N", "23N")),
        ("null", ()),
        ("", ()),
        (None, ()),
        ([], ()),
        ("a\0b", ("a�b",)),
    ],
)
def test_marks_are_one_or_a_list_and_stay_as_they_are(written: object, marks: tuple[str, ...]) -> None:
    assert position(excisemark=written).marks == marks


@pytest.mark.parametrize(
    ("operation", "move"),
    [
        (70, Move.PAID),
        (72, Move.CHANGE),
        (76, Move.CHANGE),
        (101, Move.CHANGE),
        (74, Move.REFUND),
        (100, Move.REFUND),
        (71, Move.OTHER),
        (None, Move.OTHER),
    ],
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_operation_tells_which_way_money_moves_and_its_sign_tells_nothing(
    operation: int | None, move: Move, sign: str
) -> None:
    found = payment(valCode=1, opCode=operation, sumB=f"{sign}25.30")
    assert (found.move, found.sum) == (move, D("25.30"))


def test_options_tell_what_payment_codes_mean() -> None:
    means = [payment(valCode=code).means for code in (1, 4, 6, 7, 9)]
    assert means == [Means.CASH, Means.CARD, Means.GIFT, Means.GIFT, Means.OTHER]
    other = SalesOptions(cash=(9,), card=(1, 2), gift=())
    means = [payment(other, valCode=code).means for code in (1, 2, 4, 6, 9)]
    assert means == [Means.CARD, Means.CARD, Means.OTHER, Means.OTHER, Means.CASH]


# --- shifts, the security log


def test_every_field_of_a_shift_is_read() -> None:
    tree = {
        "cashCode": 1,
        "shift": "12",
        "timeBeg": "2026-11-19T08:55:10",
        "timeEnd": "null",
        "sumGain": "2620,71",
        "kkms": [
            {"serialNum": 12, "sumCashEnd": 1, "sumProtectedBeg": 2.5, "sumProtectedEnd": "3", "sumBack": None},
            {},
        ],
        "users": [{"usercode": 1, "username": "Вера"}, {"usercode": "2"}],
    }
    found = event(tree, "shift info")
    assert isinstance(found, ShiftRecord)
    assert found == ShiftRecord(
        cash_code="1",
        number=12,
        digest=found.digest,
        raw=json.dumps(tree, ensure_ascii=False).encode(),
        opened=at("2026-11-19T08:55:10"),
        gain=D("2620.71"),
        drawers=(
            DrawerRecord(serial="12", cash_end=D(1), protected_begin=D("2.50"), protected_end=D(3)),
            DrawerRecord(),
        ),
        users=(("1", "Вера"), ("2", "")),
    )


def test_shift_needs_its_number_only() -> None:
    found = event({"shift": 1}, "shift info")
    assert isinstance(found, ShiftRecord)
    assert (found.number, found.opened, found.closed, found.gain) == (1, None, None, None)
    assert refused({}, "shift info").code == "sales.missing"


@pytest.mark.parametrize("user", [{"usercode": 5}, {"cashiercard": "5"}, {"usercode": "5", "cashiercard": "6"}])
def test_log_on_is_read(user: dict[str, object]) -> None:
    found = event({"cashcode": "1", "opcode": 3, "optime": "2026-11-19T08:54:00"} | user, "securitylog info")
    assert isinstance(found, LogOn)
    assert (found.cash_code, found.operation, found.user) == ("1", 3, "5")
    assert found.at == at("2026-11-19T08:54:00")
    assert refused({"cashcode": "1"}, "securitylog info").field == "opcode"


# --- what is refused


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"docSum": "abc"}, "docSum", "sales.not-number"),
        ({"docSum": "NaN"}, "docSum", "sales.not-number"),
        ({"docSum": "Infinity"}, "docSum", "sales.not-number"),
        ({"docSum": "1 000"}, "docSum", "sales.not-number"),
        ({"docSum": "1e3"}, "docSum", "sales.not-number"),
        ({"docSum": "٣"}, "docSum", "sales.not-number"),
        ({"docSum": 10**15}, "docSum", "sales.not-number"),
        ({"docSum": -1e300}, "docSum", "sales.not-number"),
        ({"docSum": "9" * 100_000}, "docSum", "sales.not-number"),
        ({"docSum": []}, "docSum", "sales.not-number"),
        ({"docSum": {"a": 1}}, "docSum", "sales.not-number"),
        ({"docSum": True}, "docSum", "sales.not-number"),
        ({"docNum": 1.5}, "docNum", "sales.not-whole"),
        ({"docNum": "1.0"}, "docNum", "sales.not-whole"),
        ({"docNum": True}, "docNum", "sales.not-whole"),
        ({"docNum": -1}, "docNum", "sales.not-whole"),
        ({"docNum": 2**31}, "docNum", "sales.not-whole"),
        ({"shift": [1]}, "shift", "sales.not-whole"),
        ({"docType": {}}, "docType", "sales.not-whole"),
        ({"userCode": 1.5}, "userCode", "sales.not-text"),
        ({"userCode": False}, "userCode", "sales.not-text"),
        ({"userCode": ["1"]}, "userCode", "sales.not-text"),
        ({"userCode": "x" * 1001}, "userCode", "sales.not-text"),
        ({"timeEnd": "yesterday"}, "timeEnd", "sales.not-time"),
        ({"timeEnd": "2026-02-30T00:00:00"}, "timeEnd", "sales.not-time"),
        ({"timeEnd": "2026-11-19T10:00:00Z"}, "timeEnd", "sales.not-time"),
        ({"timeEnd": "0001-01-01T00:00:00"}, "timeEnd", "sales.not-time"),
        ({"timeEnd": "2026-11-19"}, "timeEnd", "sales.not-time"),
        ({"timeEnd": 1763542800}, "timeEnd", "sales.not-time"),
        ({"inventPositions": {}}, "inventPositions", "sales.not-list"),
        ({"stornoPositions": "1"}, "stornoPositions", "sales.not-list"),
        ({"couponPositions": 1}, "couponPositions", "sales.not-list"),
        ({"moneyPositions": [5]}, "moneyPositions[1]", "sales.not-object"),
        ({"cardPositions": [{}, None]}, "cardPositions[2]", "sales.not-object"),
        ({"inventPositions": [{}, {"price": "x"}]}, "inventPositions[2].price", "sales.not-number"),
        ({"inventPositions": [{"deptCode": "x"}]}, "inventPositions[1].deptCode", "sales.not-whole"),
        ({"inventPositions": [{"excisemark": 5}]}, "inventPositions[1].excisemark", "sales.not-text"),
        ({"inventPositions": [{"excisemark": [5]}]}, "inventPositions[1].excisemark", "sales.not-text"),
        ({"inventPositions": [{"taxes": [{"taxSum": {}}]}]}, "inventPositions[1].taxes[1].taxSum", "sales.not-number"),
        ({"inventPositions": [{"bonusPositions": 5}]}, "inventPositions[1].bonusPositions", "sales.not-list"),
        ({"moneyPositions": [{"sumB": []}]}, "moneyPositions[1].sumB", "sales.not-number"),
    ],
)
def test_value_of_a_wrong_kind_refuses_the_document_and_names_its_field(
    fields: dict[str, object], field: str, code: str
) -> None:
    found = refused(BARE | fields)
    assert (found.field, found.code) == (field, code)
    assert found.parts["field"] == field
    assert json.loads(found.raw) == BARE | fields
    assert all(len(found.why.text(language)) < 300 for language in LANGUAGES)


def test_more_rows_than_any_receipt_has_are_refused() -> None:
    assert document(stornoPositions=[0] * MOST_ROWS).lines_cancelled == MOST_ROWS
    found = refused(BARE | {"inventPositions": [{}] * (MOST_ROWS + 1)})
    assert (found.code, found.field) == ("sales.too-many", "inventPositions")


def test_refusal_is_told_with_type_and_number_as_far_as_they_can_be_read() -> None:
    assert refused({"docType": 1, "docNum": 7}).key == "1/7"
    assert refused({"docNum": "7\0" + "9" * 100, "docType": [1]}).key == f"[1]/7�{'9' * 57}…"
    assert refused({"docType": 1}).key == "1"
    assert refused({"shift": "x"}, "shift info").key == "x"
    assert refused("{").key == ""
    assert refused("[5]").key == ""


# --- equal content


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"x": 1', '"x": 1.0'),
        ('"x": 1', '"x": 1.00'),
        ('"x": 10', '"x": 1e1'),
        ('"x": 0', '"x": -0.0'),
        ('"x": 0.5', '"x": 5E-1'),
        ('"x": 12.30', '"x": 12.3'),
        ('"x": 1000000000000000000000', '"x": 1e21'),
        ('"x": {"a": 1, "b": 2}', '"x": {"b": 2,  "a": 1}'),
        ('"x": "Ж/"', r'"x": "\u0416\/"'),
        ('"x": 1, "x": 2', '"x": 2'),
    ],
)
def test_equal_content_has_equal_digests_however_it_is_spelt(one: str, other: str) -> None:
    first, second = (document(f'{{"shift": 1, "docNum": 1, "docType": 1, {written}}}') for written in (one, other))
    assert first.digest == second.digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"x": 1', '"x": "1"'),
        ('"x": 1', '"x": true'),
        ('"x": 1', '"x": 1.0000000000000000000000000000001'),
        ('"x": 1e5000', '"x": 1e5001'),
        ('"x": null', '"y": null'),
        ('"x": [1, 2]', '"x": [2, 1]'),
        ('"x": {}', '"x": []'),
    ],
)
def test_other_content_has_another_digest(one: str, other: str) -> None:
    first, second = (document(f'{{"shift": 1, "docNum": 1, "docType": 1, {written}}}') for written in (one, other))
    assert first.digest != second.digest


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9)
TREES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def spelt(value: Any, choose: Random) -> str:
    """One of the ways in which a value can be written."""
    gap = choose.choice(["", "", " ", "\n", "\r\n\t"])
    if isinstance(value, dict):
        names = choose.sample(list(value), len(value))
        inside = ",".join(f"{gap}{json.dumps(name)}{gap}:{spelt(value[name], choose)}" for name in names)
        return f"{{{inside}{gap}}}"
    if isinstance(value, list):
        return f"[{gap}{','.join(spelt(item, choose) for item in value)}]"
    if isinstance(value, Decimal):
        point = f"{value:f}" if "." in f"{value:f}" else f"{value:f}.0"
        ways = [point, f"{point}00", f"{value:e}", f"{value.normalize():E}"]
        if value == value.to_integral_value():
            ways.append(f"{int(value)}")
        return gap + choose.choice(ways)
    return gap + json.dumps(value, ensure_ascii=choose.random() < 0.5)


SEEDS = st.integers(0, 2**32)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=3).map("x-{}".format), TREES, max_size=4), SEEDS)
def test_content_is_the_same_in_every_spelling(tree: dict[str, Any], seed: int) -> None:
    whole = tree | {"shift": D(1), "docNum": D("2.0"), "docType": D(3)}
    choose = Random(seed)
    first, second = (document(spelt(whole, choose)) for _ in range(2))
    assert msgspec.structs.replace(first, raw=b"") == msgspec.structs.replace(second, raw=b"")


@settings(max_examples=200, deadline=None)
@given(TREES, TREES)
def test_digests_are_equal_only_where_content_is(one: Any, other: Any) -> None:
    """As JSON tells values apart: 1 is 1.0, but not true."""
    first, second = (document(json.dumps(BARE | {"x": plain(value)}, default=float)) for value in (one, other))
    assert (first.digest == second.digest) == (told_apart(one) == told_apart(other))


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def told_apart(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: told_apart(item) for name, item in value.items()}
    if isinstance(value, list):
        return [told_apart(item) for item in value]
    return (type(value).__name__, value)


# --- whole files, told in another way


def sections(name: str) -> dict[str, list[str]]:
    """The objects of a sample by their section, in their order."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for part in (SAMPLES / name).read_text("utf-8").splitlines():
        if part.endswith("begin ###"):
            current = found.setdefault(part[4:-10], [""])
        elif part == "---":
            current.append("")
        elif not part.endswith("end ###"):
            current[-1] += part
    return {name: [item for item in items if item.strip()] for name, items in found.items()}


def contents(events: list[SalesEvent]) -> list[SalesEvent]:
    """Events without their spelling, in an order that does not depend on their sections."""
    bare = [msgspec.structs.replace(found, raw=b"") for found in events]
    return sorted(bare, key=lambda found: type(found).__name__)  # stable: in each kind, the file's order


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["1/sale_1_12.json", "1/sale_1_13.json", "2/sale_2_7.json"]), SEEDS)
def test_sample_means_the_same_in_every_spelling_and_splitting(name: str, seed: int) -> None:
    choose = Random(seed)
    kinds = sections(name)
    text = ""
    for kind in choose.sample(list(kinds), len(kinds)):
        trees = [json.loads(item, parse_float=D, parse_int=D) for item in kinds[kind]]
        while trees or choose.random() < 0.3:
            count = choose.randint(0, len(trees))
            inside = "\n---\n".join(spelt(tree, choose) for tree in trees[:count])
            last = choose.choice(["", "\n---", "\n---\n\n"])
            text += f"### {kind} begin ###\n{inside}{last}\n### {kind} end ###\n"
            trees = trees[count:]
    text = text.replace("\r\n", "\n").replace("\n", choose.choice(["\n", "\r\n"]))
    data = text.encode(choose.choice(["utf-8", "utf-8-sig", "utf-16"]))
    assert contents(read(data)) == contents(read((SAMPLES / name).read_bytes()))


# --- anything at all

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["null", "70", "-1", "1,5", "2026-11-19T10:00:00", "NaN", "\0", "1e9", 10**30, -(10**15), 1e300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    [
        *("cashCode", "shift", "docNum", "docType", "userCode", "timeBeg", "timeEnd", "docSum", "identifier"),
        *("inventPositions", "moneyPositions", "cardPositions", "stornoPositions", "failedMoneyPositions", "sumGain"),
        *("inventCode", "barCode", "posNum", "quant", "price", "posSum", "disc_abs", "discountPositions", "taxes"),
        *("discSum", "taxSum", "excisemark", "valCode", "opCode", "sumB", "number", "deptCode", "couponPositions"),
        *("kkms", "users", "usercode", "serialNum", "opcode", "optime", "cashcode", "bonusPositions"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["sales data", "shift info", "securitylog info", "other"]),
    st.dictionaries(FIELDS, ANYTHING | st.lists(st.dictionaries(FIELDS, ANYTHING, max_size=3), max_size=2), max_size=6),
    st.booleans(),
)
def test_any_json_becomes_a_noun_or_a_refusal_that_can_be_kept(name: str, tree: dict[str, Any], bare: bool) -> None:
    written = json.dumps((BARE | {"opcode": 3} if bare else {}) | tree)
    found = event(written, name)
    assert found.raw == written.encode()
    if isinstance(found, RefusedSale):
        assert all(found.why.text(language) for language in LANGUAGES)
    else:
        assert len(found.digest) == 16
    kept = msgspec.msgpack.encode(found)
    assert msgspec.msgpack.decode(kept, type=type(found)) == found
    assert b"\0" not in msgspec.json.encode(msgspec.structs.replace(found, raw=b""))


def test_refused_objects_leave_nothing_to_the_collector_of_cycles() -> None:
    """Which is off while a file is booked: what held itself would stay, however large the file."""
    wrong = [
        '{"shift": 12,',
        "[" * 5000,
        "7",
        '{"docNum": 1}',
        '{"shift": 12, "docNum": 1, "docType": 1, "docSum": "much"}',
        '{"shift": 12, "docNum": 1, "docType": 1, "inventPositions": [{"price": {}}]}',
        '{"shift": 12, "docNum": 1, "docType": 1, "inventPositions": [{"taxes": [{"taxSum": true}]}]}',
        '{"shift": 12, "docNum": 1, "docType": 1, "inventPositions": [{"discountPositions": [{"discSum": 1e99}]}]}',
    ]
    was_on = gc.isenabled()
    gc.disable()
    try:
        assert left_by(wrong[2:3]) == left_by(wrong * 20)
    finally:
        if was_on:
            gc.enable()


def left_by(wrong: list[str]) -> int:
    """How much what was read left to be collected."""
    page = "### sales data begin ###\n" + "\n---\n".join(wrong) + "\n### sales data end ###\n"
    gc.collect()
    assert len([one for one in read(page) if isinstance(one, RefusedSale)]) == len(wrong)
    return gc.collect()
