"""Units, groups, taxes and cashiers as commands: lists that are short, and that goods refer to.

Tills cannot be told to forget one unit or group: the list is cleared and told anew, when the shop's hours allow it.
Of taxes even that is unknown, so a till keeps them, and people are told. Nobody can remove a cashier either: he is
told again with a password that nobody knows and without roles, and stays so.

Failures: `Halt` where a stored fact or line cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ..errors import Reason
from ..model import (
    Cashier,
    Group,
    Kind,
    Noun,
    Rank,
    Shop,
    ShopCashier,
    ShopGroup,
    ShopNoun,
    ShopTax,
    ShopUnit,
    Tax,
    Unit,
)
from .changelog import Line, ShopLog
from .facts import effective
from .keys import Key
from .making import Making

RANKS = {Kind.UNIT: Rank.UNIT, Kind.GROUP: Rank.GROUP, Kind.TAX: Rank.TAX, Kind.CASHIER: Rank.CASHIER}


class DirectoryMaker:
    def __init__(self, making: Making) -> None:
        self._making = making
        self._shelves = making.shelves
        self._clears: set[tuple[str, Rank]] = set()
        self._kept: set[tuple[Kind, str]] = set()
        self._unknown: set[tuple[str, str]] = set()
        self._unsaid: set[tuple[str, str]] = set()

    def make(self, kind: Kind, names: Iterable[str], shops: Sequence[Shop]) -> None:
        """Makes the entries of `kind` with these ids."""
        for name in sorted(names):
            code = self._code(kind, name)
            if code is None:
                continue
            scoped = self._shelves.facts.scoped(kind, (name,))
            for shop in shops:
                stated = effective(scoped, shop.id)
                if stated is None:
                    self._gone(kind, code, shop)
                else:
                    self._there(kind, code, stated.body, shop)

    def make_all(self, kind: Kind, shops: Sequence[Shop]) -> None:
        """Makes every entry of `kind`, and takes away what nobody states any more."""
        names = {key[0] for key, _, _ in self._shelves.facts.scan(kind)}
        self.make(kind, names, shops)
        codes = {self._code(kind, name) for name in names}
        for shop in shops:
            for key, _ in self._making.logs[shop.id].under(int(RANKS[kind])):
                if str(key[1]) not in codes:
                    self._gone(kind, str(key[1]), shop)

    def finish(self) -> None:
        """Clears the lists that lost something, and tells the rest of each anew."""
        for shop, rank in sorted(self._clears):
            self._clear(self._making.logs[shop], rank)
            self._shelves.waiting.cleared(shop, rank)
        for kind, code in sorted(self._kept):
            self._making.remarks.tell(Reason("catalogue.till-keeps", kind=kind.value, code=code), code)
        for code, field in sorted(self._unsaid):
            self._making.remarks.tell(Reason("catalogue.till-cannot-say", key=code, fields=field), code)
        for group, parent in sorted(self._unknown) if self._making.tells_references else ():
            reason = Reason("catalogue.unknown-reference", good=group, kind=Kind.GROUP.value, reference=parent)
            self._making.remarks.tell(reason, group)

    def clear(self, shop: str, rank: Rank) -> None:
        """The hours that a clear waited for have come."""
        self._clears.add((shop, rank))

    def _code(self, kind: Kind, name: str) -> str | None:
        return name if kind is Kind.CASHIER else self._shelves.codes.of(kind, name)

    # --- what is there

    def _there(self, kind: Kind, code: str, body: Noun, shop: Shop) -> None:
        log, key = self._making.logs[shop.id], _key(kind, code)
        old = log.line(key)
        noun = self._noun(code, body, shop)
        line = Line(0, self._shelves.till_format.put(noun))
        if isinstance(body, Cashier):
            line = msgspec.structs.replace(line, cashier=body)
        if old is None or old.removed or old.command != line.command:
            log.write(key, line, old)
            self._unsaid.update((code, field) for field in self._shelves.till_format.unsupported(noun))
        self._shelves.waiting.clear(shop.id, RANKS[kind], code, waits=False)

    def _noun(self, code: str, body: Noun, shop: Shop) -> ShopNoun:
        match body:
            case Unit():
                return ShopUnit(int(code), body.name, body.fractional)
            case Group():
                return ShopGroup(code, body.name, self._parent(code, body.parent, shop))
            case Tax():
                return ShopTax(int(code), body.name, body.rate)
            case Cashier():
                return ShopCashier(code, body)
            case _:
                raise TypeError(f"no directory of {type(body).__name__}")

    def _parent(self, code: str, parent: str | None, shop: Shop) -> str | None:
        if parent is None:
            return None
        found = self._making.references.code(Kind.GROUP, parent, shop.id)
        if found is None:
            self._unknown.add((code, parent))
        return found

    # --- what is gone

    def _gone(self, kind: Kind, code: str, shop: Shop) -> None:
        log, key = self._making.logs[shop.id], _key(kind, code)
        old = log.line(key)
        if old is None or old.removed:
            return
        if kind is Kind.CASHIER:
            log.write(key, self._locked_out(code, old), old)
            return
        log.erase(key, old)
        self._want_clear(kind, code, shop)

    def _want_clear(self, kind: Kind, code: str, shop: Shop) -> None:
        rank = RANKS[kind]
        if not self._shelves.till_format.clear(rank):
            self._kept.add((kind, code))
        elif shop.clears_open:
            self._clears.add((shop.id, rank))
        else:
            self._shelves.waiting.clear(shop.id, rank, code, waits=True)

    def _locked_out(self, code: str, old: Line) -> Line:
        was = old.cashier or Cashier(name=code, login=code)
        cashier = msgspec.structs.replace(was, password=self._shelves.random_password(), roles=())
        command = self._shelves.till_format.put(ShopCashier(code, cashier))
        return Line(0, command, cashier=msgspec.structs.replace(cashier, password=""), removed=True)

    def _clear(self, log: ShopLog, rank: Rank) -> None:
        for place, command in enumerate(self._shelves.till_format.clear(rank)):
            key: Key = (int(Rank.CLEAR), int(rank), place)
            log.write(key, Line(0, command), log.line(key))
        for key, line in log.under(int(rank)):
            if not log.is_new(line):
                log.write(key, line, line)


def _key(kind: Kind, code: str) -> Key:
    return int(RANKS[kind]), code
