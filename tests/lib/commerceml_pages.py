"""Small pages of CommerceML, as 1C would send them."""

from __future__ import annotations

from collections.abc import Iterable

_PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.07">
<Каталог СодержитТолькоИзменения="{changes}"><Ид>{catalogue}</Ид><Товары>{goods}</Товары></Каталог>
<ПакетПредложений СодержитТолькоИзменения="true"><Ид>{catalogue}#</Ид><ИдКаталога>{catalogue}</ИдКаталога>
<ТипыЦен><ТипЦены><Ид>t</Ид><Наименование>Розничная</Наименование></ТипЦены></ТипыЦен>
<Предложения>{offers}</Предложения></ПакетПредложений>
</КоммерческаяИнформация>"""
_GOOD = "<Товар><Ид>{id}</Ид><Наименование>Товар {id}</Наименование></Товар>"
_OFFER = (
    "<Предложение><Ид>{id}</Ид><Цены><Цена><ИдТипаЦены>t</ИдТипаЦены><ЦенаЗаЕдиницу>{price}</ЦенаЗаЕдиницу>"
    "</Цена></Цены></Предложение>"
)


def page(ids: Iterable[str], *, full: bool = True, price: str = "9.50", catalogue: str = "c1") -> str:
    """A catalogue of goods with one price each. The goods are a full list, or changes; the prices are changes."""
    listed = list(ids)
    return _PAGE.format(
        changes="false" if full else "true",
        catalogue=catalogue,
        goods="".join(_GOOD.format(id=one) for one in listed),
        offers="".join(_OFFER.format(id=one, price=price) for one in listed),
    )
