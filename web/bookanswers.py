"""What programs are answered of sales: the reconciliation and the drawers; as `answers`.

Failures: none.
"""

from __future__ import annotations

from pydantic import Field

from .answers import Answer, Moment, Money

Time = str  # of a till's own clock, without a zone
Day = str

# --- reconciliation


class _Sums(Answer):
    """Computed from the receipts that count; returns are told above zero."""

    receipts: int
    annulled: int
    sales_cash: Money
    sales_cashless: Money
    returns_cash: Money
    returns_cashless: Money
    takings_cash: Money
    takings_cashless: Money
    cash_in: Money
    cash_out: Money
    gain: Money


class Shift(_Sums):
    """A shift beside what its till counts; null = the till does not tell it."""

    id: int
    shop: str
    till: str
    shift: int
    opened: Time | None
    closed: Time | None
    never_closed: bool
    complete: bool
    till_gain: Money | None
    difference: Money | None
    drawer_before: Money | None
    drawer: Money
    till_drawer: Money | None
    drawer_difference: Money | None
    missing: list[tuple[int, int]] = Field(description="Ranges of document numbers, both ends missing.")
    shared: list[int] = Field(description="Numbers that several documents bear.")
    outdated: int
    delivery: str
    delivered: bool


class BusinessDay(_Sums):
    day: Day
    documents: int
    drawer: Money
    shifts: int
    open: int
    never_closed: int
    lacking: int
    differing: int
    undelivered: int


class Department(Answer):
    department: int | None
    lines: int
    sales: Money
    returns: Money
    takings: Money


class DayDepartment(Department):
    day: Day


class Question(Answer):
    """What a till was asked for."""

    from_: Day = Field(alias="from")
    to: Day
    asked: Moment
    answered: Moment | None
    state: str


class AskedTill(Answer):
    till: str
    last_load: Moment | None
    last_sale: Time | None
    requests: list[Question]


class _Period(Answer):
    shop: str
    till: str | None
    from_: Day | None = Field(alias="from")
    to: Day | None


class Shifts(_Period):
    shifts: list[Shift]
    tills: list[AskedTill]


class Days(_Period):
    days: list[BusinessDay]
    tills: list[AskedTill]


class Departments(_Period):
    departments: list[DayDepartment]


class MeansSums(Answer):
    means: str
    sales: Money
    returns: Money


class Version(Answer):
    """One of several versions of a document."""

    id: int
    type: int
    number: int
    ended: Time | None
    sum: Money
    live: bool
    arrival: int
    counts: bool


class DocumentLine(Answer):
    id: int
    type: int
    number: int
    ended: Time | None
    sum: Money
    annulled: bool


class WholeShift(Shift):
    means: list[MeansSums]
    departments: list[Department]
    versions: list[Version]
    documents: list[DocumentLine]
    next: int | None = Field(description="What `after` asks for next; null = there are no more.")


# --- drawers; moments with the shop's offset


class CurrencySums(Answer):
    currency: str
    documents: int
    in_: Money = Field(alias="in")
    out: Money
    deposited: Money
    given: Money
    taken: Money
    removed: Money
    owed: Money


class Stack(Answer):
    """Notes or coins of one kind."""

    denomination: Money
    count: int
    sum: Money


class Levels(Answer):
    """What lies in a machine by now, as far as its documents tell."""

    till: str
    machine: str
    currency: str
    at: Moment | None
    sum: Money
    pieces: list[Stack]


class DrawerTill(Answer):
    till: str
    last: Moment | None
    sums: list[CurrencySums]


class Drawers(_Period):
    levels: list[Levels]
    tills: list[DrawerTill]


class Pieces(Answer):
    move: str
    denomination: Money
    count: int


class DrawerDocument(Answer):
    """An operation of a cash machine."""

    at: Moment
    machine: str
    entry: int
    kind: str
    verdict: str
    number: int
    within: int
    about: str
    unit: str
    device: str
    currency: str
    amount: Money
    in_: Money = Field(alias="in")
    out: Money
    unsure: Money
    owed: Money
    code: str
    by: str
    why: str
    pieces: list[Pieces]


class DrawerSpot(Answer):
    machine: str
    entry: int


class Drawer(_Period):
    levels: list[Levels]
    sums: list[CurrencySums]
    documents: list[DrawerDocument]
    next: DrawerSpot | None
