"""Where things stand in CommerceML elements: this file alone knows the places that 1C's versions use for one thing.

A vendor's element is *reduced* to the record of `xsd/commerceml.xsd`: only what a till needs, in one order, without a
namespace, with single spaces, numbers with a point and without spaces ("1 719,50" is 1719.50: 1C writes both).

    thing             in 2.03 to 2.10                                        in 3.1 besides
    unit              БазоваяЕдиница@Код, or its text                        its text is the code
    quantity          Количество; Склад@ИдСклада@КоличествоНаСкладе          Остатки/Остаток[/Склад/Ид]/Количество
    deleted           @Статус, Статус = Удален; ПометкаУдаления = true, Да   the same
    characteristic    Предложение/Ид = good#characteristic                   the same

Source: facts measured on public files; the vendor's schemas fit few of them.

Failures: none; what is missing or no number stays so, and the schema refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from lxml import etree

from . import okei

NO_CHARACTERISTIC = "00000000-0000-0000-0000-000000000000"  # how 1C writes an empty reference
_LONGER_NAMES = ("НаименованиеПолное", "МеждународноеСокращение")  # of a unit, the better first

Children = dict[str, list[etree._Element]]


@dataclass(frozen=True)
class Record:
    """A reduced record, and the line where the vendor's begins."""

    line: int
    form: etree._Element

    def text(self, name: str) -> str:
        return self._texts.get(name, "")

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {str(child.tag): child.text or "" for child in self.form}


def local(element: etree._Element) -> str:
    """The element's name without its namespace: CommerceML has had four of them, and none."""
    return _without_namespace(str(element.tag))


@lru_cache(1024)
def _without_namespace(tag: str) -> str:
    return tag.rpartition("}")[2]


def children(element: etree._Element) -> Children:
    """The element's children by local name, in their order."""
    found: Children = {}
    for child in element:
        found.setdefault(local(child), []).append(child)
    return found


def clean(text: str | None) -> str:
    """`text` with single spaces, none at its ends."""
    return " ".join((text or "").split())


def number(text: str | None) -> str:
    """`text` as a schema's decimal would have it, when it is a number at all."""
    return "".join((text or "").split()).replace(",", ".")


def text_of(found: Children, name: str) -> str:
    return clean(found[name][0].text) if name in found else ""


def inside(found: Children, outer: str, inner: str) -> list[etree._Element]:
    """The children `inner` of all children `outer`."""
    return [child for element in found.get(outer, ()) for child in element if local(child) == inner]


def is_deleted(element: etree._Element, found: Children) -> bool:
    status = (element.get("Статус") or text_of(found, "Статус")).strip().casefold().replace("ё", "е")
    return status == "удален" or text_of(found, "ПометкаУдаления").casefold() in ("true", "1", "да")


# --- the records -------------------------------------------------------------------------------------------


def group(element: etree._Element, line: int) -> Record:
    """The parent is the group around it; none at the top."""
    found = children(element)
    if is_deleted(element, found):
        return _deletion("Группа", found, line)
    form = etree.Element("Группа")
    _copy(form, found, "Ид")
    _copy(form, found, "Наименование")
    _add(form, "Родитель", _parent(element))
    return Record(line, form)


def unit(element: etree._Element, line: int) -> Record:
    """A unit told by itself; its id is its code."""
    found = children(element)
    names = etree.Element("names", {name: text_of(found, name) for name in _LONGER_NAMES})
    code = text_of(found, "Код") or text_of(found, "Ид")
    code, name = _unit_named(code, text_of(found, "НаименованиеКраткое"), names)
    form = etree.Element("ЕдиницаИзмерения")
    etree.SubElement(form, "Ид").text = code
    etree.SubElement(form, "Наименование").text = name
    return Record(line, form)


def good(element: etree._Element, line: int, till_code: str) -> Record:
    """`till_code`: where the ERP keeps the code it would like at the till: number, article or requisite:<name>."""
    found = children(element)
    if is_deleted(element, found):
        return _deletion("Товар", found, line)
    form = etree.Element("Товар")
    _copy(form, found, "Ид")
    _copy(form, found, "Наименование")
    _add(form, "Артикул", text_of(found, "Артикул"))
    _barcodes(form, found)
    groups = inside(found, "Группы", "Ид")
    _add(form, "Группа", clean(groups[0].text) if groups else "")
    _unit(form, found)
    _add(form, "Ставка", _tax_rate(found))
    _add(form, "КодКассы", _wished_code(found, till_code))
    return Record(line, form)


def offer(element: etree._Element, line: int) -> Record:
    found = children(element)
    if is_deleted(element, found):
        return _deletion("Предложение", found, line)
    form = etree.Element("Предложение")
    _offer_id(form, found)
    _add(form, "Наименование", text_of(found, "Наименование"))
    _add(form, "Артикул", text_of(found, "Артикул"))
    _barcodes(form, found)
    _unit(form, found)
    _prices(form, found)
    _stock(form, found)
    return Record(line, form)


def _deletion(kind: str, found: Children, line: int) -> Record:
    form = etree.Element("Удаление", Вид=kind)
    _offer_id(form, found)
    _barcodes(form, found)
    return Record(line, form)


# --- their pieces ------------------------------------------------------------------------------------------


def _parent(element: etree._Element) -> str:
    parent = element.getparent()
    above = None if parent is None else parent.getparent()
    return text_of(children(above), "Ид") if above is not None and local(above) == "Группа" else ""


def _add(form: etree._Element, name: str, text: str) -> None:
    """An element for `text`; none for nothing."""
    if text:
        etree.SubElement(form, name).text = text


def _copy(form: etree._Element, found: Children, name: str) -> None:
    """What must be there: an empty one is kept, so that the schema can say what is wrong with it."""
    if name in found:
        etree.SubElement(form, name).text = text_of(found, name)


def _offer_id(form: etree._Element, found: Children) -> None:
    if "Ид" in found:
        etree.SubElement(form, "Ид").text = text_of(found, "Ид").removesuffix(f"#{NO_CHARACTERISTIC}").removesuffix("#")


def _barcodes(form: etree._Element, found: Children) -> None:
    for barcode in dict.fromkeys(clean(element.text) for element in found.get("Штрихкод", ())):
        _add(form, "Штрихкод", barcode)


def _unit(form: etree._Element, found: Children) -> None:
    if "БазоваяЕдиница" not in found:
        return
    element = found["БазоваяЕдиница"][0]
    code, name = _unit_named(clean(element.get("Код")), clean(element.text), element)
    if code:
        etree.SubElement(form, "БазоваяЕдиница", Название=name).text = code


def _unit_named(code: str, text: str, names: etree._Element) -> tuple[str, str]:
    """The unit's id and name. `text` is its short name, or, since 3.1, its code; attributes of `names` are longer."""
    if not code and text.isdecimal():
        code, text = text, ""
    short = "" if text.isdecimal() else text
    name = short or next(filter(None, (clean(names.get(longer)) for longer in _LONGER_NAMES)), "")
    code = (code.lstrip("0") or code[:1]) if code.isdecimal() else code or okei.code_of(name) or name
    return code, name or okei.short_name(code) or code


def _tax_rate(found: Children) -> str:
    """The rate of VAT, as written; of the only tax where none is called VAT."""
    rates = {text_of(tax, "Наименование").casefold(): text_of(tax, "Ставка") for tax in _each(found, "СтавкиНалогов")}
    return rates.get("ндс", "") or (next(iter(rates.values())) if len(rates) == 1 else "")


def _each(found: Children, outer: str) -> list[Children]:
    """The children of each child of `outer`."""
    return [children(child) for element in found.get(outer, ()) for child in element]


def _wished_code(found: Children, till_code: str) -> str:
    if till_code == "article":
        return text_of(found, "Артикул")
    rule, _, wanted = till_code.partition(":")
    values = _each(found, "ЗначенияРеквизитов") if rule == "requisite" else []
    return next((text_of(value, "Значение") for value in values if text_of(value, "Наименование") == wanted), "")


def _prices(form: etree._Element, found: Children) -> None:
    if "Цены" not in found:
        return
    prices = etree.SubElement(form, "Цены")
    for price in _each(found, "Цены"):
        reduced = etree.SubElement(prices, "Цена")
        _add(reduced, "ИдТипаЦены", text_of(price, "ИдТипаЦены"))
        if "ЦенаЗаЕдиницу" in price:
            etree.SubElement(reduced, "ЦенаЗаЕдиницу").text = number(price["ЦенаЗаЕдиницу"][0].text)
        _add(reduced, "Коэффициент", number(text_of(price, "Коэффициент")))


def _stock(form: etree._Element, found: Children) -> None:
    """By warehouse where the ERP names warehouses, else in all."""
    remains = _remains(found)
    if remains is None:
        return
    stock = etree.SubElement(form, "Остатки")
    for warehouse, count in remains:
        reduced = etree.SubElement(stock, "Остаток")
        _add(reduced, "Склад", warehouse)
        etree.SubElement(reduced, "Количество").text = count


def _remains(found: Children) -> list[tuple[str, str]] | None:
    """(warehouse, quantity); None where the offer does not speak of stock."""
    if "Остатки" in found:
        return [pair for remain in _each(found, "Остатки") for pair in _remain(remain)]
    total = number(text_of(found, "Количество"))
    return _kept(found) or ([("", total)] if total else None)


def _kept(found: Children) -> list[tuple[str, str]]:
    """What warehouses hold of an offer, before 3.1."""
    places = [*found.get("Склад", ()), *found.get("Склады", ())]
    told = ((clean(place.get("ИдСклада")), number(place.get("КоличествоНаСкладе"))) for place in places)
    return [(warehouse, count) for warehouse, count in told if count]


def _remain(remain: Children) -> list[tuple[str, str]]:
    if "Склад" not in remain:
        return [("", number(text_of(remain, "Количество")))]
    places = [children(place) for place in remain["Склад"]]
    return [(text_of(place, "Ид"), number(text_of(place, "Количество"))) for place in places]
