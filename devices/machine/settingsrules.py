"""What the settings of a cash machine ask of each other, and the plan that they come to.

Failures: `Halt` (`cashsettings.*`), the first rule that is broken, with the file and the key.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Halt, Reason
from ..money.amounts import minor
from ..money.blocking import Terms, spelt
from ..money.units import Unit, UnitKind
from .plan import Plan
from .settings import Amount, CashSettings, UnitSettings

_ONE_DENOMINATION = (UnitKind.HOPPER, UnitKind.DRUM)
_ONE_OF_THEM = (UnitKind.CASSETTE, UnitKind.MIXER)
_OF_COINS = (UnitKind.HOPPER, UnitKind.MIXER)


def plan(settings: CashSettings) -> Plan:
    """Raises Halt where the settings do not fit together."""
    rules = _Rules(settings)
    terms = Terms(rules.accepted(), rules.step, settings.rule, settings.digits)
    units = tuple(rules.units())
    rules.check_kind()
    sorter = tuple(settings.coins.sorter.items()) if settings.coins else ()
    rules.check_sorter(sorter)
    return Plan(
        terms,
        units,
        currency=settings.currency,
        sorter=sorter,
        rounding=settings.rounding,
        late=settings.late,
        most=rules.amount("most", settings.most),
        settle=settings.settle_seconds,
        patience=settings.patience_seconds,
    )


class _Rules:
    def __init__(self, settings: CashSettings) -> None:
        self._settings = settings
        self.step = self._positive("step", settings.step)

    # --- amounts

    def amount(self, key: str, amount: Amount) -> int:
        try:
            found = minor(amount, self._settings.digits)
        except ValueError as cause:
            raise self._wrong("cashsettings.amount", key=key, got=amount, digits=self._settings.digits) from cause
        if found < 0:
            raise self._wrong("cashsettings.amount", key=key, got=amount, digits=self._settings.digits)
        return found

    def _positive(self, key: str, amount: Amount) -> int:
        found = self.amount(key, amount)
        if not found:
            raise self._wrong("cashsettings.nothing", key=key)
        return found

    def _piece(self, key: str, amount: Amount) -> int:
        """A denomination: with one that is no multiple of the step, change could be due that nothing makes."""
        found = self._positive(key, amount)
        if found % self.step:
            step = spelt(self.step, self._settings.digits)
            raise self._wrong("cashsettings.no-multiple", key=key, got=amount, step=step)
        return found

    def accepted(self) -> tuple[int, ...]:
        found = tuple(self._piece("accepted", amount) for amount in self._settings.accepted)
        if not found:
            raise self._wrong("cashsettings.nothing", key="accepted")
        return found

    # --- units

    def units(self) -> Iterator[Unit]:
        for name, unit in self._settings.units.items():
            self._check_unit(name, unit)
            has_one = unit.kind in _ONE_DENOMINATION
            yield Unit(
                name,
                unit.kind,
                self._piece(f"units.{name}.denomination", unit.denomination) if has_one else 0,
                capacity=unit.capacity,
                near_empty=unit.near_empty,
                near_full=unit.near_full,
                blocked_from=unit.blocked_from,
            )

    def _check_unit(self, name: str, unit: UnitSettings) -> None:
        key = f"units.{name}"
        if unit.kind not in _ONE_DENOMINATION and unit.denomination:
            raise self._wrong("cashsettings.mixed", key=f"{key}.denomination", kind=unit.kind)
        if unit.kind in _ONE_OF_THEM:
            first = next(other for other, own in self._settings.units.items() if own.kind is unit.kind)
            if first != name:
                raise self._wrong("cashsettings.only-one", key=key, kind=unit.kind, other=first)
        for limit in ("near_empty", "near_full", "blocked_from"):
            pieces = getattr(unit, limit)
            if pieces is not None and not 0 <= pieces <= (unit.capacity or pieces):
                raise self._wrong("cashsettings.limit", key=f"{key}.{limit}", got=pieces, capacity=unit.capacity)

    # --- what the machine is made of

    def check_kind(self) -> None:
        settings = self._settings
        for table in ("notes", "coins") if settings.kind == "glory" else ("glory",):
            if getattr(settings, table) is not None:
                raise self._wrong("cashsettings.other-kind", table=table, kind=settings.kind)
        if settings.kind == "glory":
            if settings.glory is None:
                raise self._wrong("cashsettings.no-table", table="glory", kind=settings.kind)
            return
        if settings.notes is None and settings.coins is None:
            raise self._wrong("cashsettings.no-table", table="notes", kind=settings.kind)
        self._check_addresses()
        kinds = {unit.kind for unit in settings.units.values()}
        for table, kind in (("notes", UnitKind.CASSETTE), ("coins", UnitKind.MIXER)):
            if getattr(settings, table) is not None and kind not in kinds:
                raise self._wrong("cashsettings.no-unit-of-kind", table=table, kind=kind)

    def _check_addresses(self) -> None:
        line = self._settings.coins
        taken = {line.address: "coins"} if line else {}
        for name, unit in self._settings.units.items():
            key = f"units.{name}"
            if unit.kind is UnitKind.DRUM:
                raise self._wrong("cashsettings.no-drum", key=f"{key}.kind")
            if unit.kind is not UnitKind.HOPPER:
                continue
            if line is None:
                raise self._wrong("cashsettings.no-line", key=key)
            if unit.address in taken or not 2 <= unit.address <= 255:
                other = taken.get(unit.address, "-")
                raise self._wrong("cashsettings.address", key=f"{key}.address", got=unit.address, other=other)
            taken[unit.address] = key

    def check_sorter(self, sorter: tuple[tuple[str, str], ...]) -> None:
        units = self._settings.units
        coins = [name for name, unit in units.items() if unit.kind in _OF_COINS]
        for path, unit in sorter:
            if unit not in coins:
                raise self._wrong("cashsettings.sorter", path=path, got=unit, known=", ".join(coins) or "-")

    def _wrong(self, code: str, **parts: object) -> Halt:
        return Halt(Reason(code, file=self._settings.file, **parts))
