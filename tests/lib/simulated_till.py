"""A till that reads AIF, as far as anybody outside can tell: the witness of tests.

It shares no code with the package. It takes only what it knows: a command, wrapper or field that the public facts
do not list stops it (`TillStopped`), as a real one stops on any error; a last object without its `---` is dropped;
data without a flag is not there. What makes it useful is what it does *not* do for its sender:

* `addInventItem` replaces the good's own fields, but leaves its other barcodes and extra prices where they are;
* a barcode sent with another good moves; `deleteBarcode` takes it from whoever has it now;
* `deleteAdditionalPrice` finds the good by a barcode it has at that moment (or by its code), else does nothing;
* `deleteInventItem` takes the good's barcodes and extra prices along, but not its number on the scales;
* each `clear*` empties one list and no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

Fields = dict[str, Any]

_BARCODE = {"barcode": str, "tmctype": int, "quantdefault": Decimal}
_EXTRA_PRICE = {"pricecode": int, "price": Decimal, "name": str}
_TAX = {"changebase": bool, "name": str, "rate": Decimal}
_ROLE = {"rolecode": int, "rule": int}
_SCALE = {"tmcscalecode": str, "tmccode": str, "tmcscalegroupcode": int, "plu": int}
_OPTIONS = {
    "quantityoptions": {"requirequantityscales": bool, "enablequantityscales": bool},
    "inventitemoptions": {
        "disableinventback": int,
        "disableinventsale": int,
        "ageverify": int,
        "tobacco": bool,
        "egaisverify": bool,
    },
}
_INVENT = {
    "inventcode": str,
    "barcode": str,
    "barcodes": [_BARCODE],
    "deptcode": int,
    "price": Decimal,
    "minprice": Decimal,
    "isInventItem": bool,
    "articul": str,
    "rtext": str,
    "name": str,
    "measurecode": int,
    "taxgroupcode": int,
    "remain": Decimal,
    "inventgroup": str,
    "paymentobject": int,
    "additionalprices": [_EXTRA_PRICE],
    "alcoholpercent": Decimal,
    "alctypecode": int,
    "age": int,
    "opmode": int,
    "options": _OPTIONS,
}
# what a till takes: each command with its fields; {} = a type by name, [] = a list of such, a type = a plain value
KNOWN: dict[str, Fields] = {
    "clearInventory": {},
    "clearInventGroup": {},
    "clearUnit": {},
    "clearBarcode": {},
    "clearTmcScale": {},
    "clearPrice": {},
    "clearAdditionalPrice": {},
    "addInventItem": {"invent": _INVENT},
    "deleteInventItem": {"inventcode": str},
    "deleteBarcode": {"barcode": str},
    "deleteAdditionalPrice": {"additionalprice": {"barcode": str, "pricecode": int}},
    "addInventGroup": {"inventGroup": {"groupCode": str, "parentGroupCode": str, "groupname": str}},
    "addTaxGroup": {"taxGroup": {"idTaxGroup": int, "taxes": [_TAX]}},
    "addUnit": {"unit": {"unitCode": int, "name": str, "fractional": bool}},
    "addTmcScale": {"tmcscale": _SCALE},
    "deleteTmcScale": {"tmcscale": _SCALE},
    "addMCashUser": {
        "mcashuser": {
            "code": str,
            "name": str,
            "login": str,
            "password": str,
            "rank": int,
            "roleusers": [_ROLE],
        }
    },
}
_NAME = re.compile(r"pos([0-9]{10})\.aif")


class TillStopped(Exception):
    """The till met something it does not know and waits for a person."""


class SimulatedTill:
    """One till: what it has been told so far, by code."""

    def __init__(self) -> None:
        self.goods: dict[str, Fields] = {}  # without barcodes and extra prices, which live longer than a record
        self.barcodes: dict[str, Fields] = {}  # barcode -> {"code": of its good, "tmctype", "quantdefault"}
        self.extra_prices: dict[tuple[str, int], Fields] = {}  # (code of the good, price code)
        self.groups: dict[str, Fields] = {}
        self.units: dict[int, Fields] = {}
        self.taxes: dict[int, Fields] = {}
        self.scales: dict[str, Fields] = {}
        self.cashiers: dict[str, Fields] = {}
        self.taken: list[int] = []  # numbers of the files it has loaded, in order; twice if it loaded one twice

    def state(self) -> Fields:
        """Everything it would show a cashier; two tills that were told the same things have equal states."""
        return {name: value for name, value in vars(self).items() if name != "taken"}

    # --- the queue folder

    def take(
        self, folder: Path, at_most: int | None = None, *, stop_between: bool = False, flag_first: bool = False
    ) -> list[int]:
        """Loads the flagged files in `folder` in the order of their numbers and deletes both of each pair, the data
        first or the flag first. `stop_between` lets it die after the first of its last pair's two deletions.
        Returns the numbers it loaded."""
        ready = waiting(folder)[:at_most]
        for number in ready:
            data, flag = folder / f"pos{number:010}.aif", folder / f"pos{number:010}.flz"
            self.load(data.read_bytes())
            self.taken.append(number)
            first, second = (flag, data) if flag_first else (data, flag)
            first.unlink()
            if not (stop_between and number == ready[-1]):
                second.unlink()
        return ready

    def load(self, data: bytes) -> None:
        self.apply(parse(data))

    def apply(self, commands: Iterable[Fields]) -> None:
        for command in commands:
            name = command.get("command")
            if name not in KNOWN:
                raise TillStopped(f"unknown command {name!r}")
            fields = {key: value for key, value in command.items() if key != "command"}
            _check(name, fields, KNOWN[name])
            self._verbs[name](self, fields)

    # --- what it shows

    def good_of(self, barcode: str) -> Fields | None:
        """What the cashier gets who scans `barcode`, or types the good's code in its place."""
        return self.goods.get(self._code_of(barcode))

    def barcodes_of(self, code: str) -> set[str]:
        return {barcode for barcode, record in self.barcodes.items() if record["code"] == code}

    def _code_of(self, barcode: str) -> str:
        return self.barcodes[barcode]["code"] if barcode in self.barcodes else barcode

    # --- commands

    def _add_good(self, fields: Fields) -> None:
        invent = dict(fields["invent"])
        code = invent["inventcode"]
        if len(code) > 20:
            raise TillStopped(f"inventcode longer than 20: {code!r}")
        for extra in invent.pop("additionalprices", []):
            self.extra_prices[code, extra["pricecode"]] = extra
        listed = invent.pop("barcodes", [])
        if "barcode" in invent:
            self.barcodes[invent["barcode"]] = {"code": code}
        for barcode in listed:
            self.barcodes[barcode["barcode"]] = {"code": code, **{k: v for k, v in barcode.items() if k != "barcode"}}
        self.goods[code] = invent

    def _delete_good(self, fields: Fields) -> None:
        code = fields["inventcode"]
        self.goods.pop(code, None)
        for barcode in self.barcodes_of(code):
            del self.barcodes[barcode]
        for key in [key for key in self.extra_prices if key[0] == code]:
            del self.extra_prices[key]

    def _delete_barcode(self, fields: Fields) -> None:
        self.barcodes.pop(fields["barcode"], None)

    def _delete_extra_price(self, fields: Fields) -> None:
        price = fields["additionalprice"]
        self.extra_prices.pop((self._code_of(price["barcode"]), price["pricecode"]), None)

    def _add_group(self, fields: Fields) -> None:
        group = fields["inventGroup"]
        if len(group["groupname"]) > 200:
            raise TillStopped(f"groupname longer than 200: {group['groupname']!r}")
        self.groups[group["groupCode"]] = group

    def _add_unit(self, fields: Fields) -> None:
        self.units[fields["unit"]["unitCode"]] = fields["unit"]

    def _add_tax(self, fields: Fields) -> None:
        self.taxes[fields["taxGroup"]["idTaxGroup"]] = fields["taxGroup"]

    def _add_scale(self, fields: Fields) -> None:
        self.scales[fields["tmcscale"]["tmcscalecode"]] = fields["tmcscale"]

    def _delete_scale(self, fields: Fields) -> None:
        self.scales.pop(fields["tmcscale"]["tmcscalecode"], None)

    def _add_cashier(self, fields: Fields) -> None:
        self.cashiers[fields["mcashuser"]["code"]] = fields["mcashuser"]

    _verbs: dict[str, Callable[[SimulatedTill, Fields], None]] = {  # noqa: RUF012 never written to
        "clearInventory": lambda till, _: till.goods.clear(),
        "clearInventGroup": lambda till, _: till.groups.clear(),
        "clearUnit": lambda till, _: till.units.clear(),
        "clearBarcode": lambda till, _: till.barcodes.clear(),
        "clearTmcScale": lambda till, _: till.scales.clear(),
        "clearPrice": lambda till, _: None,  # dated prices of its own: nobody sends them
        "clearAdditionalPrice": lambda till, _: till.extra_prices.clear(),
        "addInventItem": _add_good,
        "deleteInventItem": _delete_good,
        "deleteBarcode": _delete_barcode,
        "deleteAdditionalPrice": _delete_extra_price,
        "addInventGroup": _add_group,
        "addTaxGroup": _add_tax,
        "addUnit": _add_unit,
        "addTmcScale": _add_scale,
        "deleteTmcScale": _delete_scale,
        "addMCashUser": _add_cashier,
    }


def waiting(folder: Path) -> list[int]:
    """The numbers in `folder` that a till may take: data and flag are there."""
    numbers = [int(found[1]) for path in folder.iterdir() if (found := _NAME.fullmatch(path.name))]
    return sorted(number for number in numbers if (folder / f"pos{number:010}.flz").exists())


def parse(data: bytes) -> list[Fields]:
    """The objects of an AIF file, as a till reads it: line by line, and what no `---` ends is dropped."""
    objects: list[Fields] = []
    lines: list[str] = []
    for line in data.decode("utf-8").split("\n"):
        if line == "---":
            objects.append(_object("\n".join(lines)))
            lines = []
        else:
            lines.append(line)
    return objects


def _object(text: str) -> Fields:
    try:
        found = json.loads(text, parse_float=Decimal)
    except ValueError as trouble:
        raise TillStopped(f"not JSON: {text[:80]!r}") from trouble
    if not isinstance(found, dict):
        raise TillStopped(f"not an object: {text[:80]!r}")
    return found


def _check(where: str, value: Any, known: Any) -> None:
    if isinstance(known, dict):
        if not isinstance(value, dict) or not value.keys() <= known.keys():
            raise TillStopped(f"{where}: expected fields of {sorted(known)}, found {value!r}")
        for name, part in value.items():
            _check(f"{where}.{name}", part, known[name])
    elif isinstance(known, list):
        if not isinstance(value, list):
            raise TillStopped(f"{where}: expected a list, found {value!r}")
        for part in value:
            _check(where, part, known[0])
    elif not _is(value, known):
        raise TillStopped(f"{where}: expected {known.__name__}, found {value!r}")


def _is(value: Any, known: type) -> bool:
    """A whole number is a fine decimal; true and false are no numbers."""
    if isinstance(value, bool):
        return known is bool
    return isinstance(value, int | Decimal) if known is Decimal else isinstance(value, known)
