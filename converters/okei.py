"""Units of measurement as 1C names them: by their code in OKEI, the Russian classifier of units.

This file alone knows the classifier: short names for the codes that shops meet, and which codes measure (so that a
quantity may have a fraction) or weigh. Codes stand here as whole numbers, without the zeros in front.
Source: OK 015-94 (MK 002-97), sections of length, area, volume and mass: 003 to 209.

Failures: none.
"""

from __future__ import annotations

_MEASURED = range(3, 210)  # length, area, volume, mass
_WEIGHED = range(160, 210)  # mass

SHORT_NAMES = {
    3: "мм",
    4: "см",
    5: "дм",
    6: "м",
    8: "км",
    18: "пог. м",
    51: "см2",
    53: "дм2",
    55: "м2",
    111: "мл",
    112: "л",
    113: "м3",
    118: "дл",
    161: "мг",
    163: "г",
    166: "кг",
    168: "т",
    206: "ц",
    356: "ч",
    616: "боб",
    625: "лист",
    642: "ед",
    657: "изд",
    704: "набор",
    715: "пар",
    728: "пач",
    736: "рул",
    778: "упак",
    796: "шт",
    797: "100 шт",
    798: "тыс. шт",
    812: "ящ",
    839: "компл",
    868: "бут",
    870: "амп",
    872: "флак",
    876: "усл. ед",
    879: "усл. шт",
}

_CODES = {name.replace(" ", "").rstrip("."): code for code, name in SHORT_NAMES.items()} | {
    "штука": 796,
    "килограмм": 166,
    "грамм": 163,
    "литр": 112,
    "метр": 6,
    "пара": 715,
    "упаковка": 778,
    "уп": 778,
    "комплект": 839,
    "рулон": 736,
    "пачка": 728,
    "бутылка": 868,
}


def code_of(name: str) -> str:
    """The code of a unit that was told by its name alone; "" when the classifier has none like it."""
    code = _CODES.get(name.casefold().replace(" ", "").rstrip("."))
    return "" if code is None else str(code)


def short_name(code: str) -> str:
    """What people write for `code`; "" when it is not one of those that shops meet."""
    return SHORT_NAMES.get(int(code), "") if code.isdecimal() else ""


def measures(code: str) -> bool:
    """Whether a quantity of the unit may have a fraction."""
    return code.isdecimal() and int(code) in _MEASURED


def weighs(code: str) -> bool:
    """Whether the unit is one of mass: a matter for scales, which a metre of cloth is not."""
    return code.isdecimal() and int(code) in _WEIGHED
