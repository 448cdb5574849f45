"""What programs are answered under /api/v1, field by field: for its description, which tests compare with what is said.

Here: errors, exports, tills, jobs, the log, settings. Money is decimal text in major units; moments are told in UTC
unless said otherwise; "" stands for what is not there where a text is, null where anything else is.

Failures: none.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Money = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["100.50"])]
Text = str
Moment = str


class Answer(BaseModel):
    """Every field is told, and no other one."""

    model_config = ConfigDict(extra="forbid")


class Error(Answer):
    """Why it could not be done: a code that stays, and a text in the language of the settings."""

    code: str
    text: Text


_ERRORS = {
    400: "Not understood: a field that holds what none of its kind can.",
    401: "No token that is known, and nobody who is logged in.",
    403: "The role does not suffice, or a browser's form is not ours.",
    404: "There is no such thing.",
    409: "It cannot be done as things stand; the code says why.",
    500: "It cannot be done until a person has seen to it.",
    503: "Not now: others work in the root, or the books do not answer. Retry-After says when to try again.",
}
Responses = dict[int | str, dict[str, Any]]


def errors(*which: int) -> Responses:
    """How a route may answer beside what it is for; what any may say is told of all (`ALWAYS`)."""
    return {status: {"model": Error, "description": _ERRORS[status]} for status in which}


ALWAYS = errors(400, 401, 500, 503)
UNREAD: Responses = {  # what is sent with a body may be answered so before anybody reads it
    status: {"description": why, "content": {"text/plain": {"schema": {"type": "string"}}}}
    for status, why in ((411, "It does not say how long it is."), (413, "It is longer than any form."))
}


# --- exports


class Export(Answer):
    """An export in a list."""

    arrival: int
    name: str
    state: str
    kind: str
    fullness: str = Field(description="F = full, I = changes.")
    number: int | None
    shop: str = Field(description='"" = of the whole chain.')
    read: int
    refused: int
    warnings: int
    commands: int
    put_away: bool = Field(description="The reply is written, the file lies where its state says.")
    received: Moment
    reason: Text


class Records(Answer):
    read: int
    refused: int
    skipped: int


class Counts(Answer):
    put: int
    deleted: int
    unchanged: int


class PriceMove(Answer):
    code: str
    name: str
    old: Money
    new: Money


class Named(Answer):
    code: str
    name: str


class Plan(Answer):
    """What becomes of a shop's goods."""

    shop: str
    added: int
    changed: int
    deleted: int
    commands: int
    goods_before: int
    goods_gone: int
    prices_before: int
    prices_moved: int
    price_moves: list[PriceMove]
    added_goods: list[Named]
    deleted_goods: list[Named]
    tills: list[str]


class Line(Answer):
    """A record that was refused or warned of; what is not known of it is left out."""

    line: int = 0
    kind: str = ""
    key: str = ""
    field: str = ""
    code: str
    text: Text


class Verdict(Answer):
    """An export and what became of it, or the plan of a held one."""

    arrival: int
    name: str
    state: str
    reason: Error | None
    format: str | None
    kind: str | None
    fullness: str | None
    number: int | None
    shop: str | None
    source: str | None
    created: str | None
    size: int
    digest: str | None
    received: Moment
    decided: Moment
    records: Records
    counts: dict[str, Counts] = Field(description="By kind.")
    shops: list[Plan]
    suspicions: list[Error]
    refused: list[Line]
    warnings: list[Line]
    warnings_total: int
    unsold: list[str]
    unsold_total: int
    file: str = Field(description="Where it lies, from the root.")


class PartSet(Answer):
    """A full export in parts that is not complete yet."""

    set: str
    shop: str
    parts: list[str]
    last: Moment


# --- tills


class Till(Answer):
    shop: str
    till: str
    standing: str
    epoch: int
    chunks: int
    commands: int
    oldest_seconds: int | None
    behind: int
    taken: int
    next: int
    last_taken: Moment
    overdue: bool
    halted: Text


class FailedFile(Answer):
    """A sales file that was no good."""

    arrival: int
    name: str
    at: Moment
    reason: Text


class SellingTill(Till):
    """A till with its sales of today; times of sales are its own."""

    receipts: int
    takings: Money
    last_sale: str
    last_error: FailedFile | None


class Shop(Answer):
    shop: str
    name: str
    day: str = Field(description="Today, where the shop is.")
    receipts: int
    takings: Money
    tills: list[SellingTill]


class Chunk(Answer):
    """A chunk in a till's folder."""

    number: int
    commands: int
    bytes: int
    age_seconds: int
    flagged: bool
    digest: str


class Size(Answer):
    commands: int


# --- the house


class Service(Answer):
    runs: str = Field(description='Whose service runs; "" = none.')
    settings_refused: Text


class Job(Answer):
    job: str
    does: Text
    hours: str
    last: Moment
    outcome: str
    missed: int
    next: Moment
    put_off_until: Moment
    last_success: Moment
    reason: Text


class Jobs(Answer):
    service: Service
    jobs: list[Job]


class Overview(Answer):
    shops: list[Shop]
    held: list[Export]
    sets: list[PartSet]
    service: Service
    jobs: list[Job]


class Entry(Answer):
    """An act: who changed what, and what came of it."""

    entry: int
    at: Moment
    who: str
    verb: str
    about: str
    result: Text


class Setting(Answer):
    setting: str
    value: str
    default: str
    type: str
    unit: str
    text: Text
