"""Made-up wares of a large shop: everything about one is drawn from its number and a seed, so any of them can be made
alone, in any order and on any machine, and is the same each time.

What is sold together shares its words, units, taxes and what the law asks: the shares of optional things are those of
an ordinary supermarket. Prices are in kopecks, check digits are right, and no two wares share a code or a barcode.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

FIRST_CODE = 1_000_000
GROUPS = 20  # of each aisle
UNITS = {"1": ("шт", "796", "Штука", "PCE"), "2": ("кг", "166", "Килограмм", "KGM")}  # OKEI's code and longer names
TAXES = {"22": ("НДС 22%", "22"), "10": ("НДС 10%", "10"), "6": ("Без НДС", "")}


class Aisle(NamedTuple):
    """Wares of one kind. `flags` to `strengths` hold for each of them; a share is out of 256."""

    title: str
    share: int
    nouns: tuple[str, ...]
    sizes: tuple[str, ...]
    tax: str = "22"
    unit: str = "1"
    flags: tuple[str, ...] = ()
    age: int | None = None
    mark: str | None = None
    strengths: tuple[str, ...] = ()


AISLES = (
    Aisle(
        "Бакалея",
        76,
        ("Гречка ядрица", "Рис круглозёрный", "Макароны рожки", "Чай чёрный листовой", "Кофе молотый", "Мука пшеничная",
         "Печенье овсяное", "Шоколад молочный", "Масло подсолнечное", "Консервы рыбные сайра"),
        ("100 г", "190 г", "400 г", "800 г", "1 кг", "90 г х 12 шт"),
        tax="10",
    ),
    Aisle(
        "Молочные продукты",
        34,
        ("Молоко пастеризованное", "Кефир", "Йогурт питьевой", "Сыр полутвёрдый", "Творог рассыпчатый", "Сметана"),
        ("1 %, 930 мл", "2,5 %, 930 мл", "3,2 %, 450 г", "9 %, 180 г", "15 %, 300 г"),
        tax="10",
        mark="dairy",
    ),
    Aisle(
        "Овощи и фрукты",
        16,
        ("Яблоки сезонные", "Картофель мытый", "Томаты сливовидные", "Бананы", "Огурцы короткоплодные"),
        ("весовые", "отборные, вес", "1 сорт, вес"),
        tax="10",
        unit="2",
        flags=("weighed",),
    ),
    Aisle(
        "Напитки",
        30,
        ("Вода минеральная", "Вода питьевая негазированная", "Лимонад", "Квас хлебный", "Сок яблочный"),
        ("0,33 л", "0,5 л", "1,5 л", "2 л х 6 шт"),
        mark="water",
    ),
    Aisle(
        "Алкоголь",
        12,
        ("Вино красное сухое", "Водка", "Коньяк трёхлетний", "Настойка горькая", "Вино игристое брют"),
        ("0,25 л", "0,5 л", "0,7 л", "0,75 л"),
        flags=("alcohol", "ageCheck"),
        age=18,
        mark="alcohol",
        strengths=("11.5", "13.0", "38.0", "40.0"),
    ),
    Aisle(
        "Табак",
        6,
        ("Сигареты с фильтром", "Сигариллы", "Табак трубочный"),
        ("20 шт", "10 х 20 шт", "40 г"),
        flags=("noReturn", "tobacco"),
        age=18,
        mark="tobacco",
    ),
    Aisle(
        "Для дома",
        62,
        ("Средство для мытья посуды", "Порошок стиральный автомат", "Бумага туалетная двухслойная", "Корм для кошек",
         "Свеча столовая", "Шампунь для всех типов волос", "Паста зубная", "Лампа светодиодная E27"),
        ("190 г", "450 мл", "1 л", "3 кг", "4 рулона", "9 Вт"),
    ),
    Aisle(
        "Одежда и обувь",
        20,
        ("Носки мужские хлопковые", "Тапочки домашние", "Футболка детская", "Перчатки трикотажные"),
        ("р. 25", "р. 38–40", "р. 42–44", "р. 104"),
        flags=("marked",),
        mark="shoes",
    ),
)  # fmt: skip
BRANDS = (
    "Полянка", "Перышко", "Склон", "Добрый двор", "Северный ветер", "Бабушкин секрет", "Ежедневно", "Дом & Сад",
    "Утро", "Three Hills", "Родник", "Тёплый хлеб", "Ладья", "М-Профи", "Зимняя вишня", "Green Line",
    "Кедровый край", "Три поля", "Мельница", "Чистый дом", "Морошка", "Old Town", "Янтарь", "Лесная быль",
    "Степной", "Красная горка", "Nordwind", "Семь слонов", "Уютный вечер", "Маяк", "Первый сорт", "Золотая осень",
)  # fmt: skip
MANNERS = (
    "", " классический", " новый рецепт", " без добавок", " семейная упаковка", " с витамином C", " премиум", " эконом",
)  # fmt: skip
PACKS = ("6", "", "12", "24")

_AISLE = tuple(place for place, aisle in enumerate(AISLES) for _ in range(aisle.share))
# the weighed digits of each four-digit piece of a barcode, for its check digit
_WEIGHED = tuple(n // 1000 + 3 * (n // 100 % 10) + n // 10 % 10 + 3 * (n % 10) for n in range(10_000))


class Ware(NamedTuple):
    """One ware, as its ERP knows it; None and () where it does not have such a thing."""

    code: str
    uuid: str
    aisle: Aisle
    group: str
    name: str
    receipt_name: str | None
    article: str | None
    barcodes: tuple[tuple[str, str], ...]  # and how many wares bear it: "" = one
    department: str | None
    price: int | None
    min_price: int | None
    extra_price: int | None
    no_return: bool
    strength: str | None
    payment_object: str | None
    plu: int | None
    stock: int


@dataclass(frozen=True)
class Wares:
    """The wares that belong to a seed."""

    seed: int

    def ware(self, number: int, version: int = 0) -> Ware:
        """Ware `number`, from 0 on. A greater `version` has another price, each eighth also another name, and each
        eighth a barcode more."""
        d = blake2b(number.to_bytes(8, "little"), digest_size=40, key=self.seed.to_bytes(8, "little")).digest()
        aisle = AISLES[_AISLE[d[0]]]
        words = f"{aisle.nouns[d[1] % len(aisle.nouns)]}{MANNERS[d[2] & 7] if d[3] < 190 else ''} «{BRANDS[d[4] & 31]}»"
        size = aisle.sizes[d[5] % len(aisle.sizes)]
        name = f"{words} {size}"
        price = (d[6] * 256 + d[7]) % (2000 if d[8] < 150 else 40_000) * 10 + 1990
        packed = 0 if d[9] < 190 else 1 if d[9] < 236 else 2
        if version:
            price += 100 * version + d[10]
            if d[10] < 32:
                name = f"{name}, партия {version}"
            elif d[10] < 64:
                packed += 1
        return Ware(
            code=str(FIRST_CODE + number * 3 + d[11] % 3),
            uuid=f"{d[24:28].hex()}-{d[28:30].hex()}-5{d[30:32].hex()[1:]}-a{d[32:34].hex()[1:]}-{d[34:40].hex()}",
            aisle=aisle,
            group=str(1000 + _AISLE[d[0]] * 100 + d[12] % GROUPS),
            name=name,
            receipt_name=words if d[13] < 215 else None,
            article=f"{'АБВГДЕКЛ'[d[14] & 7]}-{number:07}" if d[15] < 205 else None,
            barcodes=(
                (barcode(number * 4), ""),
                *((barcode(number * 4 + each), PACKS[d[16] + each & 3]) for each in range(1, packed + 1)),
            ),
            department=str(1 + _AISLE[d[0]]) if d[17] < 205 else None,
            price=price if d[18] else None,
            min_price=price * 9 // 10 if d[19] < 110 else None,
            extra_price=price * 11 // 10 if d[20] < 26 else None,
            no_return=d[21] < 16,
            strength=aisle.strengths[d[22] % len(aisle.strengths)] if aisle.strengths else None,
            payment_object="1" if d[23] < 225 else None,
            plu=1 + number if aisle.unit == "2" else None,
            stock=d[24] * 2,
        )


def barcode(number: int) -> str:
    """The EAN-13 of a number below 10 ** 10."""
    body = 460_000_000_000 + number
    weighed = _WEIGHED[body // 100_000_000] + _WEIGHED[body // 10_000 % 10_000] + _WEIGHED[body % 10_000]
    return f"{body}{-weighed % 10}"


def group_codes() -> list[tuple[str, str, str]]:
    """Each group's code, name and parent, parents first; "" at the top."""
    tops = [(str(1 + place), aisle.title, "") for place, aisle in enumerate(AISLES)]
    return tops + [
        (str(1000 + place * 100 + one), f"{aisle.title}: {aisle.nouns[one % len(aisle.nouns)]}", str(1 + place))
        for place, aisle in enumerate(AISLES)
        for one in range(GROUPS)
    ]


def rubles(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02}"
