"""What a shop sells an item as, from everything stated about it: the rules of the join, and nothing else. Pure.

* The good, over it the variant; a shop's record beats the chain's, record by record.
* The price: a dated one in force today (the shop's before the chain's, then the later `from`, then the later record),
  else the base price of a prices file, else the price inside the good. None or zero: not sold.
* Stock: the sum over the shop's warehouses.
* Restrictions: those without hours or days, as far as a good's own fields can say them.

Failures: none.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ..model import Good, Price, Restriction, Shop, Stock, Variant, quantity
from .dossier import Dossier, Promo
from .facts import Stamp, effective
from .items import good_key


class Choice(NamedTuple):
    """The price of an item in a shop, above zero."""

    price: Decimal
    min_price: Decimal | None
    first_of: int = 1  # how many types of price there were to choose from, when the first was taken unasked


class Claim(NamedTuple):
    """An item's word that a barcode is its own; of several items the latest stamp has it."""

    stamp: Stamp
    quantity: Decimal


def good_of(dossier: Dossier, shop: Shop) -> Good | None:
    """The good as stated, a variant's own words over its good's. None where the shop does not know it."""
    good = effective(dossier.goods, shop.id)
    if good is None or dossier.variants is None:
        return good and good.body
    variant = effective(dossier.variants, shop.id)
    return variant and _varied(good.body, variant.body)


def _varied(good: Good, variant: Variant) -> Good:
    """A name of its own stands on the receipt too; a number on the scales is the good's alone."""
    return msgspec.structs.replace(
        good,
        name=variant.name or good.name,
        receipt_name=None if variant.name else good.receipt_name,
        article=variant.article or good.article,
        barcodes=variant.barcodes,
        unit=variant.unit or good.unit,
        plu=None,
    )


# --- price


def choose(dossier: Dossier, shop: Shop) -> Choice | None:
    """None where the item is not sold: it is unknown, or has no price above zero."""
    good = good_of(dossier, shop)
    if good is None:
        return None
    choice = _promo_choice(dossier, shop) or _base_choice(dossier, shop)
    if choice is None and not effective(dossier.prices, shop.id) and good.price is not None:
        choice = Choice(good.price, None)
    if choice is None or choice.price <= 0:
        return None
    lowest = choice.min_price if choice.min_price is not None else good.min_price
    return choice._replace(min_price=_raised(lowest, dossier, shop))


def _promo_choice(dossier: Dossier, shop: Shop) -> Choice | None:
    best = max((promo for promo in dossier.promos if _in_force(promo, shop)), key=_precedence, default=None)
    return best and picked(best.stated.body, shop)


def _in_force(promo: Promo, shop: Shop) -> bool:
    """Whether it holds in the shop today, and says anything about the shop's type of price."""
    today = shop.today.isoformat()
    if promo.scope not in ("", shop.id) or picked(promo.stated.body, shop) is None:
        return False
    return promo.first <= today and (not promo.last or today <= promo.last)


def _precedence(promo: Promo) -> tuple[bool, str, Stamp]:
    return promo.scope != "", promo.first, promo.stated.stamp


def _base_choice(dossier: Dossier, shop: Shop) -> Choice | None:
    price = effective(dossier.prices, shop.id)
    return price and picked(price.body, shop)


def picked(price: Price, shop: Shop) -> Choice | None:
    """The price of the type that the shop's tills take; None where the record has none."""
    if not price.types:
        return None if price.price is None else Choice(price.price, price.min_price)
    if not shop.price_type:
        return Choice(price.types[0].price, price.min_price, len(price.types))
    for typed in price.types:
        if shop.price_type in (typed.type, typed.name):
            return Choice(typed.price, price.min_price)
    return None


def dates_overlap(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two spans (from, to) of ISO dates, "" = open, share a day."""
    last = date.max.isoformat()
    return one[0] <= (other[1] or last) and other[0] <= (one[1] or last)


# --- stock


def remain(dossier: Dossier, shop: Shop) -> Decimal | None:
    """What is there; None where nobody says, or the shop does not want to know."""
    stated = effective(dossier.stock, shop.id) if shop.send_stock else None
    return stated and stocked(stated.body, shop)


def stocked(stock: Stock, shop: Shop) -> Decimal:
    counted = [
        amount for warehouse, amount in stock.quantities if not shop.warehouses or warehouse in shop.warehouses
    ]
    return quantity(sum(counted, Decimal(0)))


# --- restrictions


def sayable(restriction: Restriction) -> bool:
    """Whether a good's own fields can say it: always and everywhere, on one good."""
    if restriction.subject != "good" or restriction.since or restriction.till or restriction.days:
        return False
    if restriction.type == "minPrice":
        return restriction.age is None and restriction.value is not None
    return restriction.type == "saleDenied"


def _restrictions(dossier: Dossier, shop: Shop) -> list[Restriction]:
    subjects = {dossier.item, *good_key(dossier.item)}
    stated = (effective(scoped, shop.id) for scoped in dossier.restrictions)
    return [found.body for found in stated if found and found.body.code in subjects and sayable(found.body)]


def _raised(lowest: Decimal | None, dossier: Dossier, shop: Shop) -> Decimal | None:
    """The lowest price, no lower than any restriction allows."""
    found = [r.value for r in _restrictions(dossier, shop) if r.type == "minPrice" and r.value is not None]
    return max([*found, *([] if lowest is None else [lowest])], default=None)


def restricted(good: Good, dossier: Dossier, shop: Shop) -> Good:
    """`good` with what restrictions add: not for sale, or not below an age."""
    denials = [restriction for restriction in _restrictions(dossier, shop) if restriction.type == "saleDenied"]
    ages = [restriction.age for restriction in denials if restriction.age is not None]
    flags = set(good.flags)
    if ages:
        flags.add("ageCheck")
    if len(ages) < len(denials):
        flags.add("noSale")
    age = max([*ages, *([] if good.age is None else [good.age])], default=None)
    return msgspec.structs.replace(good, flags=tuple(sorted(flags)), age=age)


# --- barcodes


def claims(dossier: Dossier, shop: Shop) -> dict[str, Claim]:
    """The barcodes that are the item's in a shop, as far as it is concerned: its own in their order, then those that
    a fact of their own gives it, in the order of the records; such a fact knows the quantity best."""
    found: dict[str, Claim] = {}
    owner = effective(dossier.own(), shop.id)
    if owner is not None:
        for barcode in owner.body.barcodes:
            found.setdefault(barcode.code, Claim(owner.stamp, barcode.quantity))
    given = [
        (code, stated)
        for code, scoped in dossier.barcodes.items()
        if (stated := effective(scoped, shop.id)) is not None and stated.body.good == dossier.item
    ]
    for code, stated in sorted(given, key=lambda pair: pair[1].stamp):
        stamp = max(stated.stamp, found[code].stamp) if code in found else stated.stamp
        found[code] = Claim(stamp, stated.body.quantity)
    return found
