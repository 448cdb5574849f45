"""Cash units: what each container of a machine holds, how full it is, where a piece that comes in goes to, and the
colour in which staff sees it.

The words are those of CEN XFS (unit, kind, count, capacity, near limits, status) and of UnifiedPOS CashChanger (device
status, full status). The colours are the reference's: grey where nothing is to do, pink for soon, red where cash is
blocked. A full coin hopper is pink, because what comes next spills into the small mixer; a full drum of notes is good.

Failures: `Misuse` (`blocking.not-there`) where more is to be given than the units hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from ...errors import Reason
from ...model import Explained, Noun
from ..nouns import Form, Misuse, Pieces

NEAR_FULL_PERCENT = 75  # of a cassette's or mixer's capacity, where its unit sets no limit: pink
BLOCKED_PERCENT = 90  # of the same: red, with room for what one customer may still put in


class UnitKind(StrEnum):
    """What a container is for: `form` is what it holds, `gives` whether change can come out of it."""

    form: Form
    gives: bool

    def __new__(cls, value: str, form: Form, gives: bool) -> UnitKind:
        member = str.__new__(cls, value)
        member._value_ = value
        member.form, member.gives = form, gives
        return member

    HOPPER = "hopper", Form.COIN, True
    DRUM = "drum", Form.NOTE, True
    CASSETTE = "cassette", Form.NOTE, False
    MIXER = "mixer", Form.COIN, False  # coins of all denominations, taken out as a whole and in no other way


class Condition(Explained):
    """Whether a container works; each member carries its sentence for people."""

    READY = "ready", "in its place and working"
    JAMMED = "jammed", "cash is stuck in it"
    MISSING = "missing", "taken out of the machine"
    UNCOUNTED = "uncounted", "put back without being empty: what it holds is not known"
    UNAVAILABLE = "unavailable", "out of order"


class Fill(StrEnum):
    EMPTY = "empty"
    NEAR_EMPTY = "near empty"
    SOME = "some"
    NEAR_FULL = "near full"
    FULL = "full"


class Level(StrEnum):
    """How urgent a container is; each member carries its colour."""

    colour: str

    def __new__(cls, value: str, colour: str) -> Level:
        member = str.__new__(cls, value)
        member._value_ = value
        member.colour = colour
        return member

    OK = "ok", "grey"
    SOON = "soon", "pink"
    BLOCKED = "blocked", "red"


class DeviceStatus(StrEnum):
    """UnifiedPOS: of several, the first that holds."""

    JAM = "jam"
    EMPTY = "empty"
    NEAR_EMPTY = "near empty"
    OK = "ok"


class FullStatus(StrEnum):
    """UnifiedPOS: of several, the first that holds."""

    FULL = "full"
    NEAR_FULL = "near full"
    OK = "ok"


class Unit(Noun, frozen=True, omit_defaults=True):
    """One container. Limits and capacity are in pieces; None = what its kind says."""

    id: str
    kind: UnitKind
    denomination: int = 0  # of each piece; 0 = any
    holds: tuple[Pieces, ...] = ()
    capacity: int = 0  # 0 = not known
    near_empty: int | None = None  # so many or fewer: soon; None = twice the reserve that its denomination needs
    near_full: int | None = None  # so many or more: soon
    blocked_from: int | None = None  # so many or more: blocked; cassette and mixer only
    condition: Condition = Condition.READY
    sensed: Fill | None = None  # what the device's own sensor says, where it has one

    @property
    def count(self) -> int:
        return sum(pieces.count for pieces in self.holds)

    @property
    def amount(self) -> int:
        return sum(pieces.amount for pieces in self.holds)

    @property
    def available(self) -> int:
        """Pieces that can be given as change. None are where the device itself says that it is empty or stuck, whatever
        was counted."""
        usable = self.kind.gives and self.condition is Condition.READY and self.sensed is not Fill.EMPTY
        return self.count if usable else 0


# --- how full ----------------------------------------------------------------------------------------------


def fill(unit: Unit, need: int = 0) -> Fill:
    """How full it is, by sensor and count; `need` is the reserve of its denomination (`blocking.reserves`). Where they
    differ, the sensor's empty and full are believed, and then whatever is nearer to trouble."""
    if unit.sensed in (Fill.EMPTY, Fill.FULL):
        return unit.sensed
    counted = _counted(unit, need)
    return (unit.sensed or counted) if counted is Fill.SOME else counted


def _counted(unit: Unit, need: int) -> Fill:
    near_empty = 2 * need if unit.near_empty is None else unit.near_empty
    if unit.count <= 0:
        return Fill.EMPTY
    if unit.capacity and unit.count >= unit.capacity:
        return Fill.FULL
    if unit.kind.gives and unit.count <= near_empty:
        return Fill.NEAR_EMPTY
    near_full = unit.near_full
    if near_full is None and unit.capacity and not unit.kind.gives:
        near_full = _share(unit.capacity, NEAR_FULL_PERCENT)
    return Fill.NEAR_FULL if near_full is not None and unit.count >= near_full else Fill.SOME


def takes_no_more(unit: Unit) -> bool:
    """Whether a cassette or mixer is so near to full, or so out of its place, that cash has to be blocked."""
    if unit.kind.gives:
        return False
    blocked_from = unit.blocked_from
    if blocked_from is None and unit.capacity:
        blocked_from = _share(unit.capacity, BLOCKED_PERCENT)
    if unit.condition is not Condition.READY or (blocked_from is not None and unit.count >= blocked_from):
        return True
    full = fill(unit)  # with no capacity known, "near full" is the only warning that will come
    return full is Fill.FULL or (full is Fill.NEAR_FULL and blocked_from is None)


def _share(capacity: int, percent: int) -> int:
    return -(-capacity * percent // 100)  # rounded up: the first count that is no less than the share


# --- what staff sees ---------------------------------------------------------------------------------------


def levels(units: Iterable[Unit], needs: Mapping[int, int], short: Collection[int]) -> dict[str, Level]:
    """The level of each unit, by its id. `needs`: the reserve of each denomination; `short`: the denominations because
    of which cash is blocked (both from `blocking`)."""
    return {unit.id: _level(unit, needs.get(unit.denomination, 0), short) for unit in units}


def _level(unit: Unit, need: int, short: Collection[int]) -> Level:
    if takes_no_more(unit) or (unit.kind.gives and unit.denomination in short):
        return Level.BLOCKED
    if unit.condition is not Condition.READY:
        return Level.SOON
    match fill(unit, need):
        case Fill.EMPTY | Fill.NEAR_EMPTY if unit.kind.gives:
            return Level.SOON
        case Fill.NEAR_FULL | Fill.FULL if unit.kind is not UnitKind.DRUM:
            return Level.SOON
    return Level.OK


def device_status(units: Iterable[Unit], needs: Mapping[int, int]) -> DeviceStatus:
    """Of the units that give change, as UnifiedPOS sorts them: a jam hides what is empty, empty what is nearly so."""
    givers = [unit for unit in units if unit.kind.gives]
    fills = {fill(unit, needs.get(unit.denomination, 0)) for unit in givers}
    if any(unit.condition in (Condition.JAMMED, Condition.UNAVAILABLE) for unit in givers):
        return DeviceStatus.JAM
    if Fill.EMPTY in fills:
        return DeviceStatus.EMPTY
    return DeviceStatus.NEAR_EMPTY if Fill.NEAR_EMPTY in fills else DeviceStatus.OK


def full_status(units: Iterable[Unit]) -> FullStatus:
    """Of all units, as UnifiedPOS tells it: a full drum is full here, though nobody needs to come for it."""
    fills = {fill(unit) for unit in units}
    if Fill.FULL in fills:
        return FullStatus.FULL
    return FullStatus.NEAR_FULL if Fill.NEAR_FULL in fills else FullStatus.OK


# --- what goes where ---------------------------------------------------------------------------------------


def dispensable(units: Iterable[Unit]) -> tuple[Pieces, ...]:
    """What change can be made from, from the smallest denomination up. A denomination that has a unit but nothing to
    give is there with count 0."""
    counts: Counter[int] = Counter()
    for unit in units:
        if unit.kind.gives:
            counts[unit.denomination] += unit.available
    return tuple(Pieces(denomination, counts[denomination]) for denomination in sorted(counts))


def destination(units: Iterable[Unit], denomination: int, form: Form) -> Unit | None:
    """Where a piece that comes in would lie: in a unit of its denomination with room, else in the cassette or mixer.
    None where there is no place for it."""
    open_ = (
        unit
        for unit in units
        if unit.kind.form is form
        and unit.denomination in (0, denomination)
        and unit.condition is Condition.READY
        and fill(unit) is not Fill.FULL
    )
    return min(open_, key=lambda unit: not unit.kind.gives, default=None)


def is_pointless(units: Iterable[Unit], denomination: int, form: Form) -> bool:
    """Whether staff should rather not put such a piece in: it would lie where no change comes from."""
    unit = destination(units, denomination, form)
    return unit is None or not unit.kind.gives


def shared_out(units: Iterable[Unit], change: Iterable[Pieces]) -> tuple[tuple[str, Pieces], ...]:
    """Which unit gives how many pieces of `change`; of several units with one denomination the fullest first. Raises
    Misuse where they hold too few."""
    givers = sorted((unit for unit in units if unit.kind.gives), key=lambda unit: -unit.available)
    left = {unit.id: unit.available for unit in givers}
    shares = []
    for pieces in change:
        lacking = pieces.count
        for unit in givers:
            count = min(lacking, left[unit.id]) if unit.denomination == pieces.denomination else 0
            if count:
                shares.append((unit.id, Pieces(pieces.denomination, count)))
                left[unit.id] -= count
                lacking -= count
        if lacking:
            raise Misuse(Reason("blocking.not-there", denomination=pieces.denomination, count=lacking))
    return tuple(shares)
