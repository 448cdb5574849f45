"""One good as a till takes it: this file alone knows which of our fields becomes which field of `addInventItem`.

Source: facts collected from the vendor's public pages and from what open exporters write. A field that is not
listed there is unknown, not allowed, so nothing is guessed: `unsupported` names what the command cannot say,
and the reply tells it.

    ours                            in `invent`
    code                            inventcode
    barcodes                        barcode (the first), barcodes (the others, and the first too when its quantity
                                    is not 1 or the good is marked, which `barcode` alone cannot say)
    department                      deptcode
    price, min_price                price, minprice (the price where no lowest price is given)
    article, or the code            articul
    receipt_name, or the name       rtext
    name                            name
    unit, tax, group                measurecode, taxgroupcode, inventgroup
    remain                          remain
    payment_object                  paymentobject
    extra_prices                    additionalprices
    alcohol.strength, alcohol.code  alcoholpercent, alctypecode (a whole number)
    age                             age, and opmode 32
    flag ageCheck                   opmode 32, options.inventitemoptions.ageverify
    flag noReturn, noSale           options.inventitemoptions.disableinventback, disableinventsale
    flag weighed                    options.quantityoptions.requirequantityscales, enablequantityscales
    flag or mark tobacco            options.inventitemoptions.tobacco, and tmctype 3 with every barcode
    flag or mark alcohol            options.inventitemoptions.egaisverify: the excise mark is asked for there
    flag marked, any other mark     tmctype 7 with every barcode
    plu                             a command of its own, addTmcScale

What a good does not have is left out, but for noReturn, noSale and ageCheck: their options are always sent, as
open exporters do, because a till that keeps what a command leaves out would go on refusing a sale that is
allowed again.

Failures: none of its own. A unit or tax that is not a whole number is a mistake of the caller (ValueError): the
catalogue hands out the till's own numbers.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

import msgspec

from ..model import Alcohol, Barcode, ExtraPrice, Good, ShopGood

TMC_TOBACCO = 3
TMC_MARKED = 7
OPMODE_AGE_RESTRICTED = 32
KINDS_OF_GOODS = 1024  # by flags and mark; there can be more, there hardly are


class _Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of a command: fields in the order in which they are written, None and () left out."""


class _Barcode(_Part, frozen=True, omit_defaults=True):
    barcode: str
    tmctype: int | None = None
    quantdefault: msgspec.Raw | None = None


class _ExtraPrice(_Part, frozen=True, omit_defaults=True):
    pricecode: int
    price: msgspec.Raw
    name: str | None = None


class _QuantityOptions(_Part, frozen=True, omit_defaults=True):
    requirequantityscales: bool | None = None
    enablequantityscales: bool | None = None


class _ItemOptions(_Part, frozen=True, omit_defaults=True):
    """The first three are 0 or 1, the last two true or false: so they are met in the wild."""

    disableinventback: int
    disableinventsale: int
    ageverify: int
    tobacco: bool | None = None
    egaisverify: bool | None = None


class _Options(_Part, frozen=True, omit_defaults=True):
    quantityoptions: _QuantityOptions | None = None
    inventitemoptions: _ItemOptions | None = None


class _Invent(_Part, frozen=True, omit_defaults=True, kw_only=True, rename={"sold": "isInventItem"}):
    inventcode: str
    barcode: str | None = None
    barcodes: tuple[_Barcode, ...] = ()
    deptcode: int
    price: msgspec.Raw | None = None
    minprice: msgspec.Raw | None = None
    sold: bool
    articul: str
    rtext: str
    name: str
    measurecode: int | None = None
    taxgroupcode: int | None = None
    remain: msgspec.Raw | None = None
    inventgroup: str | None = None
    paymentobject: int | None = None
    additionalprices: tuple[_ExtraPrice, ...] = ()
    alcoholpercent: msgspec.Raw | None = None
    alctypecode: int | None = None
    age: int | None = None
    opmode: int | None = None
    options: msgspec.Raw  # _Options


class AddInventItem(msgspec.Struct, frozen=True, tag_field="command", tag="addInventItem"):
    invent: _Invent


def number(value: Decimal) -> msgspec.Raw:
    """`value` as a plain JSON number: every digit it has, trailing zeros too, and never an exponent."""
    plain = str(value)
    return msgspec.Raw((format(value, "f") if "E" in plain else plain).encode())


def add_good(noun: ShopGood) -> AddInventItem:
    good = noun.good
    price = _number(good.price)
    return AddInventItem(
        _Invent(
            inventcode=noun.code,
            barcode=good.barcodes[0].code if good.barcodes else None,
            barcodes=_barcodes(good),
            deptcode=good.department,
            price=price,
            minprice=price if good.min_price is None else number(good.min_price),
            sold=True,
            articul=good.article or noun.code,
            rtext=good.receipt_name or good.name,
            name=good.name,
            measurecode=_whole(good.unit),
            taxgroupcode=_whole(good.tax),
            remain=_number(noun.remain),
            inventgroup=good.group,
            paymentobject=good.payment_object,
            additionalprices=tuple(map(_extra_price, good.extra_prices)),
            alcoholpercent=_number(good.alcohol.strength) if good.alcohol else None,
            alctypecode=_alcohol_type(good.alcohol) if good.alcohol else None,
            age=good.age,
            opmode=OPMODE_AGE_RESTRICTED if good.age or "ageCheck" in good.flags else None,
            options=_options(good.flags, good.mark),
        )
    )


def unsupported(good: Good) -> tuple[str, ...]:
    """The fields of `good` that its command cannot say, or not wholly; () where it says everything."""
    lost = []
    if good.mark not in (None, "tobacco", "alcohol") or (not good.barcodes and _tmctype(good)):
        lost.append("mark")
    if good.alcohol and good.alcohol.code and _alcohol_type(good.alcohol) is None:
        lost.append("alcohol.code")
    if good.alcohol and good.alcohol.volume is not None:
        lost.append("alcohol.volume")
    return tuple(lost)


def _number(value: Decimal | None) -> msgspec.Raw | None:
    return None if value is None else number(value)


def _whole(code: str | None) -> int | None:
    return None if code is None else int(code)


def _barcodes(good: Good) -> tuple[_Barcode, ...]:
    if not good.barcodes:
        return ()
    tmctype = _tmctype(good)
    first = 0 if tmctype or good.barcodes[0].quantity != 1 else 1
    return tuple(_barcode(barcode, tmctype) for barcode in good.barcodes[first:])


def _barcode(barcode: Barcode, tmctype: int | None) -> _Barcode:
    return _Barcode(barcode.code, tmctype, None if barcode.quantity == 1 else number(barcode.quantity))


def _extra_price(extra: ExtraPrice) -> _ExtraPrice:
    return _ExtraPrice(extra.code, number(extra.price), extra.name or None)


def _tobacco(good: Good) -> bool:
    return good.mark == "tobacco" or "tobacco" in good.flags


def _excise(good: Good) -> bool:
    """Whether the till asks for an excise mark: beer is alcohol too, but has a mark of another kind."""
    return good.mark == "alcohol" or (good.mark is None and "alcohol" in good.flags)


def _tmctype(good: Good) -> int | None:
    if _tobacco(good):
        return TMC_TOBACCO
    if _excise(good):
        return None
    return TMC_MARKED if good.mark or "marked" in good.flags else None


def _alcohol_type(alcohol: Alcohol) -> int | None:
    code = alcohol.code
    return int(code) if code and code.isascii() and code.isdecimal() else None


@lru_cache(KINDS_OF_GOODS)
def _options(flags: tuple[str, ...], mark: str | None) -> msgspec.Raw:
    """They follow from flags and mark alone, of which few kinds are in use: so they are spelled once for each."""
    good, weighed = Good("", flags=flags, mark=mark), "weighed" in flags
    options = _Options(
        _QuantityOptions(True, True) if weighed else None,
        _ItemOptions(
            disableinventback=int("noReturn" in good.flags),
            disableinventsale=int("noSale" in good.flags),
            ageverify=int("ageCheck" in good.flags),
            tobacco=_tobacco(good) or None,
            egaisverify=_excise(good) or None,
        ),
    )
    return msgspec.Raw(msgspec.json.encode(options))
