"""What a till reads: the spelling of every command, digit for digit, and files that survive any text."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from simulated_till import SimulatedTill, parse
from tillpost.converters import aif
from tillpost.converters.aif import Aif, decode, encode, masked, objects
from tillpost.errors import Reject
from tillpost.model import (
    FLAGS,
    Alcohol,
    Barcode,
    Cashier,
    ExtraPrice,
    Gone,
    Good,
    Plu,
    Rank,
    ShopCashier,
    ShopGood,
    ShopGroup,
    ShopNoun,
    ShopScale,
    ShopTax,
    ShopUnit,
    TillFormat,
    money,
    quantity,
)

TILL: TillFormat = Aif()

# --- helpers of these tests only


def pairs(text: bytes) -> Any:
    """The JSON in `text` with every object as a list of pairs and every number as its text: order and digits count."""
    return json.loads(text, object_pairs_hook=list, parse_float=str, parse_int=str)


def invent(good: Good, **more: Any) -> dict[str, Any]:
    (command,) = decode(encode([TILL.put(ShopGood("17", good, **more))]))
    return dict(command["invent"])


def plain(**fields: Any) -> Good:
    return Good("Корм", price=Decimal("52.50"), **fields)


def options(good: Good) -> dict[str, Any]:
    return dict(invent(good)["options"]["inventitemoptions"])


ALLOWED = {"disableinventback": 0, "disableinventsale": 0, "ageverify": 0}


# --- the commands as the facts give them

CAT_FOOD = ShopGood(
    "4100010462",
    Good(
        "Корм",
        barcodes=(Barcode("4008429033452"),),
        group="3703",
        unit="1",
        tax="10",
        price=Decimal("52.50"),
    ),
)
GOLDEN: list[tuple[bytes, str]] = [
    (
        TILL.put(ShopUnit(1, "шт")),
        '{"command": "addUnit", "unit": {"unitCode": 1, "name": "шт", "fractional": false}}',
    ),
    (
        TILL.put(CAT_FOOD),
        (
            '{"command": "addInventItem", "invent": {"inventcode": "4100010462", "barcode": "4008429033452", '
            '"deptcode": 1, "price": 52.50, "minprice": 52.50, "isInventItem": true, "articul": "4100010462", '
            '"rtext": "Корм", "name": "Корм", "measurecode": 1, "taxgroupcode": 10, "inventgroup": "3703", '
            '"options": {"inventitemoptions": {"disableinventback": 0, "disableinventsale": 0, "ageverify": 0}}}}'
        ),
    ),
    (
        TILL.put(ShopGroup("3703", "Кошачий сухой корм", "370")),
        (
            '{"command": "addInventGroup", "inventGroup": {"groupCode": "3703", "parentGroupCode": "370", '
            '"groupname": "Кошачий сухой корм"}}'
        ),
    ),
    (
        TILL.put(ShopGroup("370", "Корм")),
        '{"command": "addInventGroup", "inventGroup": {"groupCode": "370", "groupname": "Корм"}}',
    ),
    (
        TILL.put(ShopTax(10, "НДС 10%", Decimal(10))),
        (
            '{"command": "addTaxGroup", "taxGroup": {"idTaxGroup": 10, '
            '"taxes": [{"changebase": false, "name": "НДС 10%", "rate": 10}]}}'
        ),
    ),
    (
        TILL.put(ShopCashier("7", Cashier("Иванова И.", "7", "1234", 2, (3, 5)))),
        (
            '{"command": "addMCashUser", "mcashuser": {"code": "7", "name": "Иванова И.", "login": "7", '
            '"password": "1234", "rank": 2, "roleusers": [{"rolecode": 3, "rule": 1}, {"rolecode": 5, "rule": 1}]}}'
        ),
    ),
    (
        TILL.put(ShopScale("4100010462", Plu(123, 2))),
        (
            '{"command": "addTmcScale", "tmcscale": {"tmcscalecode": "4100010462", "tmccode": "4100010462", '
            '"tmcscalegroupcode": 2, "plu": 123}}'
        ),
    ),
    (TILL.gone(Gone.GOOD, ("17",)), '{"command": "deleteInventItem", "inventcode": "17"}'),
    (TILL.gone(Gone.BARCODE, ("4008429033452",)), '{"command": "deleteBarcode", "barcode": "4008429033452"}'),
    (
        TILL.gone(Gone.EXTRA_PRICE, ("4008429033452", "2")),
        '{"command": "deleteAdditionalPrice", "additionalprice": {"barcode": "4008429033452", "pricecode": 2}}',
    ),
    (TILL.gone(Gone.SCALE, ("17",)), '{"command": "deleteTmcScale", "tmcscale": {"tmcscalecode": "17"}}'),
]


@pytest.mark.parametrize(("command", "golden"), GOLDEN, ids=[json.loads(text)["command"] for _, text in GOLDEN])
def test_command_is_spelled_as_the_tills_spell_it(command: bytes, golden: str) -> None:
    assert pairs(command) == pairs(golden.encode())


@pytest.mark.parametrize("command", [command for command, _ in GOLDEN])
def test_command_is_one_line_of_utf8(command: bytes) -> None:
    assert b"\n" not in command
    assert b"\\u" not in command


def test_clearing_goods_clears_what_hangs_on_them() -> None:
    names = [json.loads(command)["command"] for command in TILL.clear(Rank.GOOD)]
    assert names == ["clearInventory", "clearBarcode", "clearPrice", "clearAdditionalPrice"]


@pytest.mark.parametrize(
    ("rank", "name"),
    [(Rank.UNIT, "clearUnit"), (Rank.GROUP, "clearInventGroup"), (Rank.SCALE, "clearTmcScale")],
)
def test_clearing_a_list_is_one_command(rank: Rank, name: str) -> None:
    assert [json.loads(command) for command in TILL.clear(rank)] == [{"command": name}]


@pytest.mark.parametrize("rank", [Rank.CLEAR, Rank.DELETE, Rank.TAX, Rank.CASHIER])
def test_nothing_clears_taxes_or_cashiers(rank: Rank) -> None:
    assert TILL.clear(rank) == ()


# --- a good, field by field


def test_money_keeps_its_two_digits() -> None:
    assert b'"price":52.50,"minprice":50.00' in TILL.put(ShopGood("17", plain(min_price=Decimal("50.00"))))


@pytest.mark.parametrize("value", ["1E+3", "-12.5", "0.0000001", "0", "123456789012345.12"])
def test_number_is_written_without_an_exponent(value: str) -> None:
    command = TILL.put(ShopGood("17", plain(), Decimal(value)))
    assert f'"remain":{Decimal(value):f}'.encode() in command
    assert invent(plain(), remain=Decimal(value))["remain"] == Decimal(value)


def test_lowest_price_is_the_price_where_none_is_given() -> None:
    assert invent(plain())["minprice"] == Decimal("52.50")
    assert invent(plain(min_price=Decimal("0.00")))["minprice"] == 0


def test_good_without_a_price_names_none() -> None:
    assert {"price", "minprice"}.isdisjoint(invent(Good("Корм")))


def test_receipt_name_and_article_have_stand_ins() -> None:
    bare = invent(plain())
    full = invent(plain(receipt_name="Корм 190", article="A-7"))
    assert (bare["rtext"], bare["articul"]) == ("Корм", "17")
    assert (full["rtext"], full["articul"]) == ("Корм 190", "A-7")


def test_good_without_a_barcode_names_none() -> None:
    assert {"barcode", "barcodes"}.isdisjoint(invent(plain()))


def test_first_barcode_is_the_main_one_and_the_others_follow() -> None:
    found = invent(plain(barcodes=(Barcode("11"), Barcode("22"), Barcode("33", Decimal(6)))))
    assert found["barcode"] == "11"
    assert found["barcodes"] == [{"barcode": "22"}, {"barcode": "33", "quantdefault": 6}]


def test_main_barcode_of_a_pack_tells_its_quantity() -> None:
    found = invent(plain(barcodes=(Barcode("11", Decimal("0.5")),)))
    assert found["barcode"] == "11"
    assert found["barcodes"] == [{"barcode": "11", "quantdefault": Decimal("0.5")}]


@pytest.mark.parametrize(
    ("fields", "tmctype"),
    [
        ({"flags": ("marked",)}, 7),
        ({"mark": "water"}, 7),
        ({"mark": "draftBeer", "flags": ("alcohol", "marked")}, 7),
        ({"mark": "tobacco", "flags": ("marked",)}, 3),
        ({"flags": ("tobacco",)}, 3),
    ],
)
def test_every_barcode_of_a_marked_good_says_so(fields: dict[str, Any], tmctype: int) -> None:
    found = invent(plain(barcodes=(Barcode("11"), Barcode("22")), **fields))
    assert [(b["barcode"], b["tmctype"]) for b in found["barcodes"]] == [("11", tmctype), ("22", tmctype)]


def test_excise_mark_is_the_business_of_egais() -> None:
    good = plain(barcodes=(Barcode("11"),), mark="alcohol", flags=("alcohol", "marked"))
    assert options(good) == {**ALLOWED, "egaisverify": True}
    assert "barcodes" not in invent(good)


def test_beer_has_no_excise_mark() -> None:
    assert options(plain(mark="draftBeer", flags=("alcohol", "marked"))) == ALLOWED


@pytest.mark.parametrize(
    ("flag", "option"),
    [
        ("noReturn", {"disableinventback": 1}),
        ("noSale", {"disableinventsale": 1}),
        ("ageCheck", {"ageverify": 1}),
        ("tobacco", {"tobacco": True}),
        ("alcohol", {"egaisverify": True}),
    ],
)
def test_flag_is_an_option_of_the_good(flag: str, option: dict[str, Any]) -> None:
    assert options(plain(flags=(flag,))) == {**ALLOWED, **option}


def test_weighed_good_is_weighed_at_the_till() -> None:
    found = invent(plain(flags=("weighed",)))["options"]
    assert found["quantityoptions"] == {"requirequantityscales": True, "enablequantityscales": True}


def test_what_is_allowed_again_is_said_aloud() -> None:
    """A till may keep what a command leaves out; a withdrawn noSale must not linger there."""
    assert options(plain(flags=("marked",), barcodes=(Barcode("11"),))) == ALLOWED


@pytest.mark.parametrize("fields", [{"age": 18}, {"flags": ("ageCheck",)}, {"age": 18, "flags": ("ageCheck",)}])
def test_age_restricted_good_has_its_mode(fields: dict[str, Any]) -> None:
    found = invent(plain(**fields))
    assert found["opmode"] == 32
    assert found.get("age") == fields.get("age")


def test_unrestricted_good_has_no_mode() -> None:
    assert {"opmode", "age"}.isdisjoint(invent(plain()))


def test_extra_prices_go_with_the_good() -> None:
    extra = (ExtraPrice(2, Decimal("55.00"), "МРЦ"), ExtraPrice(3, Decimal("51.00")))
    found = invent(plain(extra_prices=extra))["additionalprices"]
    assert found == [
        {"pricecode": 2, "price": Decimal("55.00"), "name": "МРЦ"},
        {"pricecode": 3, "price": Decimal("51.00")},
    ]


def test_alcohol_tells_strength_and_type() -> None:
    found = invent(plain(alcohol=Alcohol("200", Decimal("40"), Decimal("0.5"))))
    assert (found["alcoholpercent"], found["alctypecode"]) == (40, 200)


def test_payment_object_and_department_are_the_tills() -> None:
    found = invent(plain(payment_object=2, department=4))
    assert (found["paymentobject"], found["deptcode"]) == (2, 4)


# --- what the format cannot say


def test_plain_good_loses_nothing() -> None:
    assert TILL.unsupported(CAT_FOOD) == ()


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({"mark": "tobacco", "barcodes": (Barcode("1"),)}, ()),
        ({"mark": "alcohol"}, ()),
        ({"mark": "water", "barcodes": (Barcode("1"),)}, ("mark",)),
        ({"flags": ("marked",), "barcodes": (Barcode("1"),)}, ()),
        ({"flags": ("marked",)}, ("mark",)),
        ({"alcohol": Alcohol("200", Decimal(40))}, ()),
        ({"alcohol": Alcohol("200-A", Decimal(40))}, ("alcohol.code",)),
        ({"alcohol": Alcohol(volume=Decimal("0.5"))}, ("alcohol.volume",)),
    ],
)
def test_what_a_till_cannot_be_told_is_named(fields: dict[str, Any], lost: tuple[str, ...]) -> None:
    assert TILL.unsupported(ShopGood("17", plain(**fields))) == lost


def test_long_group_name_is_cut_and_named() -> None:
    group = ShopGroup("1", "я" * 201)
    assert decode(encode([TILL.put(group)]))[0]["inventGroup"]["groupname"] == "я" * 200
    assert TILL.unsupported(group) == ("name",)
    assert TILL.unsupported(ShopGroup("1", "я" * 200)) == ()


def test_other_nouns_lose_nothing() -> None:
    assert TILL.unsupported(ShopUnit(1, "шт")) == ()


# --- taxes and cashiers


def test_without_vat_is_not_a_rate_of_zero() -> None:
    without, zero = decode(encode([TILL.put(ShopTax(6, "Без НДС")), TILL.put(ShopTax(5, "НДС 0%", Decimal(0)))]))
    assert without["taxGroup"] == {"idTaxGroup": 6, "taxes": []}
    assert zero["taxGroup"]["taxes"] == [{"changebase": False, "name": "НДС 0%", "rate": 0}]


def test_cashier_without_roles_is_told_so() -> None:
    (command,) = decode(encode([TILL.put(ShopCashier("7", Cashier("И.", "7", "random")))]))
    assert command["mcashuser"]["roleusers"] == []


def test_missing_password_is_not_an_empty_one() -> None:
    (command,) = decode(encode([TILL.put(ShopCashier("7", Cashier("И.", "7")))]))
    assert "password" not in command["mcashuser"]


def test_password_is_hidden_from_people() -> None:
    command = TILL.put(ShopCashier("7", Cashier('И. "password"', "7", "se cret\n---\n", 1, (3,))))
    shown = json.loads(masked(command))
    assert b"cret" not in masked(command)
    assert shown["mcashuser"] == {**json.loads(command)["mcashuser"], "password": "***"}


@pytest.mark.parametrize("command", [TILL.put(CAT_FOOD), TILL.put(ShopGood("17", Good("password", price=Decimal(1))))])
def test_what_holds_no_password_is_shown_as_it_is(command: bytes) -> None:
    assert masked(command) == command


# --- the file


def test_last_object_too_ends_with_its_line() -> None:
    first, second = TILL.put(ShopUnit(1, "шт")), TILL.put(ShopUnit(2, "кг", True))
    assert encode([first, second]) == first + b"\n---\n" + second + b"\n---\n"


def test_empty_file_holds_no_commands() -> None:
    assert encode([]) == b""
    assert decode(b"") == []
    assert objects(b"") == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"command": "clearUnit"}', "aif.unclosed"),
        (b'{"command": "clearUnit"}\n---', "aif.unclosed"),
        (b'{"command": "clearUnit"}\n---\n{"comm', "aif.unclosed"),
        (b'{"command": \n---\n', "aif.malformed"),
        (b'{"command": "a"} {"command": "b"}\n---\n', "aif.malformed"),
        (b'{"command": "\xff"}\n---\n', "aif.malformed"),
        (b'{"command": "a", "x": 1e99999999999999999999}\n---\n', "aif.malformed"),
        (b"[" * 100_000 + b"\n---\n", "aif.malformed"),
        (b"\n---\n", "aif.malformed"),
        (b"[]\n---\n", "aif.not-a-command"),
        (b'{"unit": {}}\n---\n', "aif.not-a-command"),
        (b'{"command": 1}\n---\n', "aif.not-a-command"),
    ],
)
def test_what_is_not_such_a_file_is_rejected_with_its_place(data: bytes, code: str) -> None:
    with pytest.raises(Reject) as caught:
        decode(encode([b'{"command": "clearUnit"}']) + data)
    assert caught.value.reason.code == code
    assert caught.value.reason.parts["place"] in (2, 3)
    assert {caught.value.reason.text(language)[:1] for language in ("en", "ru")} == {"o", "о"}


def test_masking_what_is_no_command_is_rejected() -> None:
    with pytest.raises(Reject):
        masked(b'{"password": ')


# --- the laws

_LINES = ["---", "\n---\n", "\r\n---\r\n", "\n", "\r", "\x85", "\u2028", "\u2029"]
_FRAGMENTS = [*_LINES, '"', "\\", '"}', "\t", "\x00", "\x1f", "\x7f", "\ufeff", "\ufffe", "🐈‍⬛", "ё"]
TEXTS = st.lists(
    st.sampled_from(_FRAGMENTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=6
).map("".join)
MONEYS = st.decimals(0, 10**13, places=2).map(money)
QUANTITIES = st.decimals(Decimal("-99999.999"), Decimal("99999.999"), places=3).map(quantity)
CODES = st.text("0123456789abcXYZ._-", min_size=1, max_size=20)
WHOLE = st.integers(0, 10**9 - 1)
FLAG_SETS: st.SearchStrategy[tuple[str, ...]] = st.sets(st.sampled_from(FLAGS)).map(sorted).map(tuple)
GOODS = st.builds(
    Good,
    name=TEXTS,
    receipt_name=st.none() | TEXTS,
    article=st.none() | TEXTS,
    barcodes=st.lists(st.builds(Barcode, CODES, QUANTITIES), max_size=3).map(tuple),
    group=st.none() | CODES,
    unit=st.none() | WHOLE.map(str),
    tax=st.none() | WHOLE.map(str),
    price=st.none() | MONEYS,
    min_price=st.none() | MONEYS,
    extra_prices=st.lists(st.builds(ExtraPrice, WHOLE, MONEYS, TEXTS), max_size=3).map(tuple),
    flags=FLAG_SETS,
    age=st.none() | st.integers(0, 99),
    mark=st.none() | st.sampled_from(["tobacco", "alcohol", "water"]),
    alcohol=st.none() | st.builds(Alcohol, st.none() | TEXTS, st.none() | QUANTITIES, st.none() | QUANTITIES),
    payment_object=st.none() | st.integers(1, 30),
)
NOUNS: st.SearchStrategy[ShopNoun] = st.one_of(
    st.builds(ShopGood, CODES, GOODS, st.none() | QUANTITIES),
    st.builds(ShopGroup, CODES, TEXTS, st.none() | CODES),
    st.builds(ShopUnit, WHOLE, TEXTS, st.booleans()),
    st.builds(ShopTax, WHOLE, TEXTS, st.none() | QUANTITIES),
    st.builds(
        ShopCashier, CODES, st.builds(Cashier, TEXTS, TEXTS, TEXTS, WHOLE, st.lists(WHOLE, max_size=2).map(tuple))
    ),
    st.builds(ShopScale, CODES, st.builds(Plu, WHOLE, WHOLE)),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
COMMANDS = st.dictionaries(TEXTS, VALUES, max_size=4).flatmap(
    lambda fields: TEXTS.map(lambda name: {**fields, "command": name})
)


@given(st.lists(COMMANDS, max_size=5), st.booleans())
@example([{"command": "---"}, {"command": "\n---\n"}], True)
@settings(deadline=None)
def test_decode_undoes_encode(commands: list[dict[str, Any]], ascii_only: bool) -> None:
    data = encode(json.dumps(command, ensure_ascii=ascii_only).encode() for command in commands)
    assert decode(data) == commands
    assert objects(data) == len(commands)


@given(st.lists(NOUNS, max_size=5))
@settings(deadline=None)
def test_a_till_reads_what_was_written(nouns: list[ShopNoun]) -> None:
    data = encode(map(TILL.put, nouns))
    assert parse(data) == decode(data)
    assert objects(data) == len(nouns)
    SimulatedTill().load(data)  # every field is one that the public facts list


@given(st.builds(ShopGood, CODES, GOODS, st.none() | QUANTITIES))
@settings(deadline=None)
def test_texts_and_amounts_arrive_unharmed(noun: ShopGood) -> None:
    (command,) = parse(encode([TILL.put(noun)]))
    found = command["invent"]
    assert found["name"] == noun.good.name
    assert found.get("price") == noun.good.price
    assert found.get("remain") == noun.remain


@given(st.lists(st.builds(Barcode, CODES, QUANTITIES), min_size=1, max_size=4, unique_by=lambda b: b.code), FLAG_SETS)
@settings(deadline=None)
def test_no_barcode_is_lost(barcodes: list[Barcode], flags: tuple[str, ...]) -> None:
    found = invent(plain(barcodes=tuple(barcodes), flags=flags))
    told = {barcode["barcode"]: barcode.get("quantdefault", 1) for barcode in found.get("barcodes", [])}
    assert {found["barcode"]: 1, **told} == {b.code: b.quantity for b in barcodes}


@given(NOUNS)
@settings(deadline=None)
def test_equal_nouns_have_equal_bytes(noun: ShopNoun) -> None:
    assert Aif().put(noun) == aif.Aif().put(noun)
