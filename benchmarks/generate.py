"""Exports to measure with: `python benchmarks/generate.py OUT SIZE` writes them all, `--only goods,again` some.

    goods      SIZE goods in our own format, all of them (about 500 bytes a good)
    again      the same content under the next number
    changed    one good in a hundred changed
    shuffled   the same changes, the records in another order
    few        an export of changes with ten records
    cp1251     as goods, in windows-1251
    import     as goods, CommerceML: the catalogue;  `offers` the prices and stock that belong to it
    groups, units, taxes   what the goods refer to

Each variant is `OUT/<variant>.xml`. The same SIZE and SEED give the same bytes. They are written one record after the
other, two files at a time; a million goods take about half a minute for all of them.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from html import escape
from pathlib import Path

from wares import TAXES, UNITS, Ware, Wares, group_codes, rubles

SEED = 20261120
BATCH = 1000  # records are encoded at once
FEW = 10
CATALOGUE = "d9267af6-8eb2-5d2e-aeda-e7a7799b7ce6"
RETAIL, TRADE = "535fcbfc-d618-5766-8e49-faabc582e774", "cc391dc7-5532-5b88-92ff-9a5e7f7455e4"  # types of prices


class Exports:
    """All exports of one size and seed; each method yields the text of one, in pieces."""

    def __init__(self, size: int, seed: int = SEED) -> None:
        self._size = size
        self._wares = Wares(seed)
        self._seed = seed

    # --- our own format ------------------------------------------------------------------------------------

    def goods(self, number: int = 1, encoding: str = "UTF-8") -> Iterator[str]:
        yield from self._all_goods(range(self._size), frozenset(), number, encoding)

    def again(self) -> Iterator[str]:
        yield from self.goods(number=2)

    def changed(self) -> Iterator[str]:
        yield from self._all_goods(range(self._size), self._changes(), 2)

    def shuffled(self) -> Iterator[str]:
        order = list(range(self._size))
        random.Random(self._seed).shuffle(order)  # noqa: S311 - made-up goods are no secret
        yield from self._all_goods(order, self._changes(), 2)

    def few(self, number: int = 2) -> Iterator[str]:
        """Other goods, and other changes, for each number."""
        places = random.Random(self._seed + number).sample(range(self._size), min(FEW, self._size))  # noqa: S311
        yield _root("goods", number, fullness="I")
        yield from (own_good(self._wares.ware(place, number)) for place in places)
        yield "</goods>\n"

    def cp1251(self) -> Iterator[str]:
        yield from self.goods(encoding="windows-1251")

    def groups(self) -> Iterator[str]:
        yield _root("groups", 1)
        for code, name, parent in group_codes():
            above = f' parent="{parent}"' if parent else ""
            yield f'  <group code="{code}"{above}>{escape(name)}</group>\n'
        yield "</groups>\n"

    def units(self) -> Iterator[str]:
        yield _root("units", 1)
        for code, (name, *_) in UNITS.items():
            fractional = ' fractional="true"' if name == "кг" else ""
            yield f'  <unit code="{code}"{fractional}>{name}</unit>\n'
        yield "</units>\n"

    def taxes(self) -> Iterator[str]:
        yield _root("taxes", 1)
        for code, (name, rate) in TAXES.items():
            yield f'  <tax code="{code}"' + (f' rate="{rate}"' if rate else "") + f' name="{name}"/>\n'
        yield "</taxes>\n"

    def _all_goods(
        self, places: Iterable[int], changes: frozenset[int], number: int, encoding: str = "UTF-8"
    ) -> Iterator[str]:
        ware = self._wares.ware
        yield _root("goods", number, encoding=encoding)
        yield from (own_good(ware(place, 1 if place in changes else 0)) for place in places)
        yield "</goods>\n"

    def _changes(self) -> frozenset[int]:
        """One in each hundred."""
        dice = random.Random(self._seed)  # noqa: S311
        return frozenset(dice.randrange(first, min(first + 100, self._size)) for first in range(0, self._size, 100))

    # --- CommerceML ----------------------------------------------------------------------------------------

    def catalogue(self) -> Iterator[str]:
        yield f"{_COMMERCE}\t<Классификатор>\n\t\t<Ид>{CATALOGUE}</Ид>\n\t\t<Наименование>Все</Наименование>\n"
        yield "\t\t<Группы>\n"
        for code, name, parent in group_codes():
            if not parent:
                continue
            yield f"\t\t\t<Группа>\n\t\t\t\t<Ид>{_group_id(code)}</Ид>\n"
            yield f"\t\t\t\t<Наименование>{escape(name)}</Наименование>\n\t\t\t</Группа>\n"
        yield "\t\t</Группы>\n\t</Классификатор>\n"
        yield f'\t<Каталог СодержитТолькоИзменения="false">\n\t\t<Ид>{CATALOGUE}</Ид>\n'
        yield f"\t\t<ИдКлассификатора>{CATALOGUE}</ИдКлассификатора>\n\t\t<Наименование>Все</Наименование>\n"
        yield "\t\t<Товары>\n"
        yield from (catalogue_good(self._wares.ware(place)) for place in range(self._size))
        yield "\t\t</Товары>\n\t</Каталог>\n</КоммерческаяИнформация>\n"

    def offers(self) -> Iterator[str]:
        yield f'{_COMMERCE}\t<ПакетПредложений СодержитТолькоИзменения="false">\n\t\t<Ид>{CATALOGUE}#</Ид>\n'
        yield f"\t\t<Наименование>Все</Наименование>\n\t\t<ИдКаталога>{CATALOGUE}</ИдКаталога>\n"
        yield f"\t\t<ИдКлассификатора>{CATALOGUE}</ИдКлассификатора>\n\t\t<ТипыЦен>\n"
        for one, name in ((RETAIL, "Розничная"), (TRADE, "Оптовая")):
            yield f"\t\t\t<ТипЦены>\n\t\t\t\t<Ид>{one}</Ид>\n\t\t\t\t<Наименование>{name}</Наименование>\n"
            yield "\t\t\t\t<Валюта>RUB</Валюта>\n\t\t\t</ТипЦены>\n"
        yield "\t\t</ТипыЦен>\n\t\t<Предложения>\n"
        yield from (offer(self._wares.ware(place)) for place in range(self._size))
        yield "\t\t</Предложения>\n\t</ПакетПредложений>\n</КоммерческаяИнформация>\n"


_COMMERCE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2"'
    ' ВерсияСхемы="2.07" ДатаФормирования="2026-11-20T06:00:00">\n'
)


def _root(kind: str, number: int, fullness: str = "F", encoding: str = "UTF-8") -> str:
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        f'<{kind} xmlns="urn:tillpost:export:1" fullness="{fullness}" number="{number}"'
        f' created="2026-11-{19 + number % 10}T06:00:00+03:00" source="Магазин у дома">\n'
    )


def own_good(ware: Ware) -> str:
    aisle = ware.aisle
    parts = [f'  <good code="{ware.code}">\n    <name>{escape(ware.name, quote=False)}</name>\n']
    if ware.receipt_name:
        parts.append(f"    <receiptName>{escape(ware.receipt_name, quote=False)}</receiptName>\n")
    if ware.article:
        parts.append(f"    <article>{ware.article}</article>\n")
    for barcode, quantity in ware.barcodes:
        parts.append(
            f'    <barcode quantity="{quantity}">{barcode}</barcode>\n'
            if quantity
            else f"    <barcode>{barcode}</barcode>\n"
        )
    parts.append(f"    <group>{ware.group}</group>\n    <unit>{aisle.unit}</unit>\n    <tax>{aisle.tax}</tax>\n")
    if ware.department:
        parts.append(f"    <department>{ware.department}</department>\n")
    if ware.price is not None:
        parts.append(f"    <price>{rubles(ware.price)}</price>\n")
    if ware.min_price is not None:
        parts.append(f"    <minPrice>{rubles(ware.min_price)}</minPrice>\n")
    if ware.extra_price is not None:
        parts.append(f'    <extraPrice code="2" name="МРЦ">{rubles(ware.extra_price)}</extraPrice>\n')
    parts += _legal(ware)
    parts.append("  </good>\n")
    return "".join(parts)


def _legal(ware: Ware) -> Iterator[str]:
    """What a good ends with: what the till must ask before it is sold."""
    aisle = ware.aisle
    for flag in aisle.flags:
        yield f"    <flag>{flag}</flag>\n"
    if ware.no_return and "noReturn" not in aisle.flags:
        yield "    <flag>noReturn</flag>\n"
    if aisle.age:
        yield f"    <age>{aisle.age}</age>\n"
    if aisle.mark:
        yield f"    <mark>{aisle.mark}</mark>\n"
    if ware.strength:
        yield f'    <alcohol code="{200 + len(ware.name)}" strength="{ware.strength}" volume="0.5"/>\n'
    if ware.payment_object:
        yield f"    <paymentObject>{ware.payment_object}</paymentObject>\n"
    if ware.plu:
        yield f'    <plu scaleGroup="1">{ware.plu}</plu>\n'


def _group_id(code: str) -> str:
    return f"00000000-0000-5000-a000-{code:>012}"


def _heading(ware: Ware) -> str:
    """What a good and its offer begin with alike."""
    unit, okei, longer, short = UNITS[ware.aisle.unit]
    article = f"\t\t\t\t<Артикул>{ware.article}</Артикул>\n" if ware.article else ""
    return (
        f"\t\t\t\t<Ид>{ware.uuid}</Ид>\n\t\t\t\t<Штрихкод>{ware.barcodes[0][0]}</Штрихкод>\n{article}"
        f"\t\t\t\t<Наименование>{escape(ware.name, quote=False)}</Наименование>\n"
        f'\t\t\t\t<БазоваяЕдиница Код="{okei}" НаименованиеПолное="{longer}" МеждународноеСокращение="{short}">'
        f"{unit}</БазоваяЕдиница>\n"
    )


def catalogue_good(ware: Ware) -> str:
    name, rate = TAXES[ware.aisle.tax]
    return (
        f"\t\t\t<Товар>\n{_heading(ware)}"
        f"\t\t\t\t<Группы>\n\t\t\t\t\t<Ид>{_group_id(ware.group)}</Ид>\n\t\t\t\t</Группы>\n"
        "\t\t\t\t<СтавкиНалогов>\n\t\t\t\t\t<СтавкаНалога>\n\t\t\t\t\t\t<Наименование>НДС</Наименование>\n"
        f"\t\t\t\t\t\t<Ставка>{rate or name}</Ставка>\n\t\t\t\t\t</СтавкаНалога>\n\t\t\t\t</СтавкиНалогов>\n"
        "\t\t\t\t<ЗначенияРеквизитов>\n\t\t\t\t\t<ЗначениеРеквизита>\n"
        "\t\t\t\t\t\t<Наименование>ВидНоменклатуры</Наименование>\n\t\t\t\t\t\t<Значение>Товар</Значение>\n"
        "\t\t\t\t\t</ЗначениеРеквизита>\n\t\t\t\t\t<ЗначениеРеквизита>\n"
        f"\t\t\t\t\t\t<Наименование>Код</Наименование>\n\t\t\t\t\t\t<Значение>{ware.code}</Значение>\n"
        "\t\t\t\t\t</ЗначениеРеквизита>\n\t\t\t\t</ЗначенияРеквизитов>\n\t\t\t</Товар>\n"
    )


def offer(ware: Ware) -> str:
    unit = UNITS[ware.aisle.unit][0]
    priced = [] if ware.price is None else [(RETAIL, ware.price), (TRADE, ware.price * 4 // 5)]
    prices = "".join(
        f"\t\t\t\t\t<Цена>\n\t\t\t\t\t\t<Представление>{rubles(price)} RUB за {unit}</Представление>\n"
        f"\t\t\t\t\t\t<ИдТипаЦены>{one}</ИдТипаЦены>\n\t\t\t\t\t\t<ЦенаЗаЕдиницу>{rubles(price)}</ЦенаЗаЕдиницу>\n"
        f"\t\t\t\t\t\t<Валюта>RUB</Валюта>\n\t\t\t\t\t\t<Единица>{unit}</Единица>\n"
        "\t\t\t\t\t\t<Коэффициент>1</Коэффициент>\n\t\t\t\t\t</Цена>\n"
        for one, price in priced
    )
    return (
        f"\t\t\t<Предложение>\n{_heading(ware)}\t\t\t\t<Цены>\n{prices}\t\t\t\t</Цены>\n"
        f"\t\t\t\t<Количество>{ware.stock}</Количество>\n\t\t\t</Предложение>\n"
    )


# --- files -------------------------------------------------------------------------------------------------

VARIANTS: dict[str, Callable[[Exports], Iterator[str]]] = {
    "offers": Exports.offers,  # the largest first: two are written at a time
    "import": Exports.catalogue,
    "shuffled": Exports.shuffled,
    "goods": Exports.goods,
    "again": Exports.again,
    "changed": Exports.changed,
    "cp1251": Exports.cp1251,
    "few": Exports.few,
    "groups": Exports.groups,
    "units": Exports.units,
    "taxes": Exports.taxes,
}


def write(folder: Path, variant: str, size: int, seed: int = SEED) -> Path:
    """One variant, as `folder/<variant>.xml`."""
    encoding = "cp1251" if variant == "cp1251" else "utf-8"
    file = folder / f"{variant}.xml"
    with file.open("wb") as out:
        waiting: list[str] = []
        for piece in VARIANTS[variant](Exports(size, seed)):
            waiting.append(piece)
            if len(waiting) == BATCH:
                out.write("".join(waiting).encode(encoding))
                waiting.clear()
        out.write("".join(waiting).encode(encoding))
    return file


def write_all(folder: Path, size: int, seed: int = SEED, only: Iterable[str] = VARIANTS) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(2) as pool:
        begun = {variant: pool.submit(write, folder, variant, size, seed) for variant in only}
        return {variant: future.result() for variant, future in begun.items()}


def size_of(word: str) -> int:
    """10k, 1M or a plain number."""
    shift = {"k": 1000, "M": 1_000_000}.get(word[-1:], 1)
    return int(word.rstrip("kM")) * shift


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes made-up exports to measure with.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("size", type=size_of, help="how many goods: 10k, 100k, 1M")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(VARIANTS))
    asked = parser.parse_args()
    if unknown := set(asked.only) - set(VARIANTS):
        sys.exit(f"no such variant: {', '.join(sorted(unknown))}; there are: {', '.join(VARIANTS)}")
    for variant, file in write_all(asked.folder, asked.size, asked.seed, asked.only).items():
        print(f"{variant:<10}{file.stat().st_size:>14,}  {file}")


if __name__ == "__main__":
    main()
