"""AIF, the tills' own language: this file alone knows how a command is spelled and how commands stand in a file.

A file is UTF-8 text: one JSON object, a newline, a line `---`, a newline, and so on; the last object too is
followed by its `---`, or a till drops it. Files are split at a *line* `---`: names hold `---`, but JSON text
cannot hold a raw newline. Names of commands and wrappers are spelled as the tills spell them, which is not
always the same way twice. Source: facts collected from the vendor's public pages.

Failures: `decode` and `masked` raise Reject for bytes that are not such a file. Making commands raises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, assert_never

import msgspec

from ..errors import Reason, Reject
from ..model import Gone, Rank, ShopCashier, ShopGood, ShopGroup, ShopNoun, ShopScale, ShopTax, ShopUnit
from . import aifgoods
from .aifgoods import number

END = b"\n---\n"
GROUP_NAME_LIMIT = 200  # characters; the format's own

_CLEARS = {
    Rank.UNIT: ("clearUnit",),
    Rank.GROUP: ("clearInventGroup",),
    Rank.GOOD: ("clearInventory", "clearBarcode", "clearPrice", "clearAdditionalPrice"),
    Rank.SCALE: ("clearTmcScale",),
}


# --- the commands ------------------------------------------------------------------------------------------


class _Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of a command: fields in the order in which they are written, None left out."""


class _Command(msgspec.Struct, frozen=True, tag_field="command"):
    """A command: its `command` first, then its wrapper."""


class _Group(
    _Part,
    frozen=True,
    omit_defaults=True,
    kw_only=True,
    rename={"code": "groupCode", "parent": "parentGroupCode"},
):
    code: str
    parent: str | None = None
    groupname: str


class _AddInventGroup(_Command, frozen=True, tag="addInventGroup", rename={"group": "inventGroup"}):
    group: _Group


class _Unit(_Part, frozen=True, omit_defaults=True, rename={"code": "unitCode"}):
    code: int
    name: str
    fractional: bool


class _AddUnit(_Command, frozen=True, tag="addUnit"):
    unit: _Unit


class _Tax(_Part, frozen=True, omit_defaults=True):
    changebase: bool
    name: str
    rate: msgspec.Raw


class _TaxGroup(_Part, frozen=True, omit_defaults=True, rename={"code": "idTaxGroup"}):
    code: int
    taxes: list[_Tax]


class _AddTaxGroup(_Command, frozen=True, tag="addTaxGroup", rename={"group": "taxGroup"}):
    group: _TaxGroup


class _Role(_Part, frozen=True, omit_defaults=True):
    rolecode: int
    rule: int


class _Cashier(_Part, frozen=True, omit_defaults=True, kw_only=True):
    code: str
    name: str
    login: str
    password: str | None = None
    rank: int
    roleusers: list[_Role]


class _AddMCashUser(_Command, frozen=True, tag="addMCashUser"):
    mcashuser: _Cashier


class _Scale(_Part, frozen=True, omit_defaults=True):
    tmcscalecode: str
    tmccode: str | None = None
    tmcscalegroupcode: int | None = None
    plu: int | None = None


class _AddTmcScale(_Command, frozen=True, tag="addTmcScale"):
    tmcscale: _Scale


class _DeleteTmcScale(_Command, frozen=True, tag="deleteTmcScale"):
    tmcscale: _Scale


class _DeleteInventItem(_Command, frozen=True, tag="deleteInventItem"):
    inventcode: str


class _DeleteBarcode(_Command, frozen=True, tag="deleteBarcode"):
    barcode: str


class _BarcodePrice(_Part, frozen=True, omit_defaults=True):
    barcode: str
    pricecode: int


class _DeleteAdditionalPrice(_Command, frozen=True, tag="deleteAdditionalPrice"):
    additionalprice: _BarcodePrice


class Aif:
    """`TillFormat` of the tills that read AIF."""

    def put(self, noun: ShopNoun) -> bytes:
        return _encode(_add(noun))

    def unsupported(self, noun: ShopNoun) -> tuple[str, ...]:
        if isinstance(noun, ShopGood):
            return aifgoods.unsupported(noun.good)
        if isinstance(noun, ShopGroup) and len(noun.name) > GROUP_NAME_LIMIT:
            return ("name",)
        return ()

    def gone(self, what: Gone, key: tuple[str, ...]) -> bytes:
        return _encode(_delete(what, key))

    def clear(self, rank: Rank) -> tuple[bytes, ...]:
        """No command is known that empties a till of its taxes or cashiers."""
        return tuple(_encode({"command": name}) for name in _CLEARS.get(rank, ()))


def _add(noun: ShopNoun) -> msgspec.Struct:
    match noun:
        case ShopGood():
            return aifgoods.add_good(noun)
        case ShopGroup():
            return _AddInventGroup(_Group(code=noun.code, parent=noun.parent, groupname=noun.name[:GROUP_NAME_LIMIT]))
        case ShopUnit():
            return _AddUnit(_Unit(noun.code, noun.name, noun.fractional))
        case ShopTax():
            return _AddTaxGroup(_TaxGroup(noun.code, _taxes(noun)))
        case ShopCashier():
            return _AddMCashUser(_cashier(noun))
        case ShopScale():
            return _AddTmcScale(_Scale(noun.code, noun.code, noun.plu.scale_group, noun.plu.number))
        case _:
            assert_never(noun)


def _taxes(noun: ShopTax) -> list[_Tax]:
    """Without VAT is a group without taxes: a tax that lacks its rate might be read as one of 0 %, which is
    another thing on the receipt. `changebase` is false because prices already contain the tax."""
    return [] if noun.rate is None else [_Tax(False, noun.name, number(noun.rate))]


def _cashier(noun: ShopCashier) -> _Cashier:
    """Roles are always sent, an empty list too: that is how a removed cashier loses them."""
    who = noun.cashier
    return _Cashier(
        code=noun.code,
        name=who.name,
        login=who.login,
        password=who.password or None,
        rank=who.rank,
        roleusers=[_Role(role, 1) for role in who.roles],
    )


def _delete(what: Gone, key: tuple[str, ...]) -> msgspec.Struct:
    match what:
        case Gone.GOOD:
            return _DeleteInventItem(key[0])
        case Gone.BARCODE:
            return _DeleteBarcode(key[0])
        case Gone.EXTRA_PRICE:
            return _DeleteAdditionalPrice(_BarcodePrice(key[0], int(key[1])))
        case Gone.SCALE:
            return _DeleteTmcScale(_Scale(key[0]))
        case _:
            assert_never(what)


# --- the file ----------------------------------------------------------------------------------------------

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def encode(commands: Iterable[bytes]) -> bytes:
    """The file that holds `commands`, each as `Aif` made it, in their order."""
    return b"".join(part for command in commands for part in (command, END))


def decode(data: bytes) -> list[dict[str, Any]]:
    """The commands in a file; numbers with a point are Decimal, digit for digit. Raises Reject."""
    return list(_objects(data))


def objects(data: bytes) -> int:
    """How many commands a file holds, without reading them."""
    return data.count(END)


def masked(command: bytes) -> bytes:
    """`command` as it may be shown to people: a cashier's password is hidden. Raises Reject."""
    if b"password" not in command:
        return command
    shown = _object(command, 1)
    user = shown.get("mcashuser")
    if not isinstance(user, dict) or "password" not in user:
        return command
    user["password"] = "***"  # noqa: S105 the opposite of a password
    return _encode(shown)


def _objects(data: bytes) -> Iterator[dict[str, Any]]:
    *parts, rest = data.split(END)
    for place, part in enumerate(parts, start=1):
        yield _object(part, place)
    if rest:
        raise Reject(Reason("aif.unclosed", place=len(parts) + 1))


def _object(text: bytes, place: int) -> dict[str, Any]:
    try:
        found = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidOperation, RecursionError) as trouble:
        raise Reject(Reason("aif.malformed", place=place, detail=trouble)) from trouble
    if not isinstance(found, dict) or not isinstance(found.get("command"), str):
        raise Reject(Reason("aif.not-a-command", place=place))
    return found
