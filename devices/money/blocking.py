"""When cash is blocked, ahead of trouble: the rules by which change runs short, and what else stands in the way.

Two rules say whether change is short.

* `RESERVE`, the reference's: of each denomination that can be given, so many pieces must be left as the change up to
  the next one takes: 100s for what a 500 would cover, and the greatest one up to the greatest note that is accepted.
  With drums of 50, 100 and 500 and notes up to 5000 that is four 100s and nine 500s. Early, and easy to explain.
* `EXACT`: for each accepted denomination, every change below it can be made. A customer stops when it is enough, so the
  change is always below the last piece that was put in. As late as is safe.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from ...errors import Reason
from ...model import Noun, Told
from ..nouns import Pieces, Standing
from .change import first_gap
from .units import Condition, Unit, dispensable, takes_no_more


class Rule(StrEnum):
    RESERVE = "reserve"
    EXACT = "exact"


class Terms(Noun, frozen=True, omit_defaults=True):
    """What customers may put in, and what they may be owed. Amounts in minor units."""

    accepted: tuple[int, ...]
    step: int  # every total is a multiple of it: 100 where there are no kopecks
    rule: Rule = Rule.RESERVE
    digits: int = 2  # of the minor unit, for people


class Block(Noun, frozen=True, omit_defaults=True):
    """One reason why no cash is taken now: in the words of staff, who can do something, and of a customer."""

    staff: Told
    customer: Told
    unit: str = ""  # the unit or device that it is about
    denomination: int = 0  # of which there is too little change


def reserves(given: Iterable[int], accepted: Iterable[int]) -> dict[int, int]:
    """How many pieces of each denomination in `given` the reserve rule wants: what the change below the next one takes.

    The next is the next that can be given; for the greatest, and wherever that is smaller, the greatest accepted."""
    ordered = sorted(set(given))
    greatest = max(accepted, default=0)
    limits = [min(after, greatest) for after in ordered[1:]] + [greatest]
    return {piece: max(limit - 1, 0) // piece for piece, limit in zip(ordered, limits, strict=False)}


def short(units: Iterable[Unit], terms: Terms) -> tuple[int, ...]:
    """The denominations of which so little is left that cash is blocked, by the rule of `terms`."""
    having = dispensable(units)
    if terms.rule is Rule.RESERVE:
        return tuple(pieces.denomination for pieces, need in _reserved(having, terms) if pieces.count < need)
    gap = _gap(having, terms)
    return () if gap is None else (_wanted(having, terms, gap),)


def blocks(units: Sequence[Unit], terms: Terms, standings: Mapping[str, Standing]) -> tuple[Block, ...]:
    """Why cash is not to be taken now, gravest first; () = it may. `standings`: how each device stands, by a name that
    staff knows."""
    return (*_devices(standings), *_containers(units), *_change(dispensable(units), terms))


_IN_THE_WAY = {
    Standing.OFFLINE: ("blocking.offline", "blocking.customer-out"),
    Standing.FAULTY: ("blocking.faulty", "blocking.customer-out"),
    Standing.JAMMED: ("blocking.jammed", "blocking.customer-out"),
    Standing.OPEN: ("blocking.open", "blocking.customer-out"),
    Standing.FULL: ("blocking.full", "blocking.customer-out"),
    Standing.STARTING: ("blocking.starting", "blocking.customer-wait"),
}

_CONDITIONS = {
    Condition.JAMMED: "blocking.jammed",
    Condition.MISSING: "blocking.missing",
    Condition.UNCOUNTED: "blocking.uncounted",
    Condition.UNAVAILABLE: "blocking.faulty",
}


def _devices(standings: Mapping[str, Standing]) -> Iterator[Block]:
    order = list(_IN_THE_WAY)
    stopped = [(name, standing) for name, standing in standings.items() if standing in _IN_THE_WAY]
    for name, standing in sorted(stopped, key=lambda each: order.index(each[1])):
        staff, customer = _IN_THE_WAY[standing]
        yield Block(_told(staff, unit=name), _told(customer), name)


def _containers(units: Iterable[Unit]) -> Iterator[Block]:
    for unit in units:
        if takes_no_more(unit):
            staff = _CONDITIONS.get(unit.condition, "blocking.full")
            yield Block(_told(staff, unit=unit.id), _told("blocking.customer-out"), unit.id)


def _change(having: Sequence[Pieces], terms: Terms) -> Iterator[Block]:
    customer = _told("blocking.customer-change")
    if terms.rule is Rule.RESERVE:
        for pieces, need in _reserved(having, terms):
            if pieces.count < need:
                piece = spelt(pieces.denomination, terms.digits)
                staff = _told("blocking.short", denomination=piece, count=pieces.count, need=need)
                yield Block(staff, customer, denomination=pieces.denomination)
        return
    gap = _gap(having, terms)
    if gap is not None:
        wanted = _wanted(having, terms, gap)
        amount, piece = spelt(gap, terms.digits), spelt(wanted, terms.digits)
        yield Block(_told("blocking.gap", amount=amount, denomination=piece), customer, denomination=wanted)


def _reserved(having: Sequence[Pieces], terms: Terms) -> Iterator[tuple[Pieces, int]]:
    if all(pieces.denomination > terms.step for pieces in having):
        having = (Pieces(terms.step, 0), *having)  # change below the smallest piece has no unit: that is short, too
    needs = reserves((pieces.denomination for pieces in having), terms.accepted)
    return ((pieces, needs[pieces.denomination]) for pieces in having)


def _gap(having: Sequence[Pieces], terms: Terms) -> int | None:
    """The smallest change that may be due and cannot be made. What lies below the greatest accepted piece includes all
    that the others may want."""
    return first_gap(having, terms.step, max(terms.accepted, default=0))


def _wanted(having: Sequence[Pieces], terms: Terms, gap: int) -> int:
    """The denomination that staff should fill up: the greatest of which more pieces would close the gap. Where no unit
    could, the step itself: change so small has no unit at all."""
    for pieces in reversed(having):
        more = Pieces(pieces.denomination, gap // pieces.denomination)
        left = first_gap((*having, more), terms.step, gap + terms.step) if more.count else gap
        if left is None:
            return pieces.denomination
    return terms.step


def spelt(amount: int, digits: int) -> str:
    """An amount in minor units as people write it: 50000 with two digits is 500, 50 is 0.50."""
    whole, minor = divmod(amount, 10**digits)
    return f"{whole}.{minor:0{digits}}" if minor else str(whole)


def _told(code: str, **parts: str | int) -> Told:
    return Told.of(Reason(code, **parts))
