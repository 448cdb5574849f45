"""Fields of forms and addresses that several pages ask for.

Failures: none of its own; what a field does not hold is refused by fastapi.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, Field

FIRST, LAST = date(1970, 1, 1), date(2999, 12, 31)  # of which anybody asks

Short = Annotated[str, Query(max_length=200)]
Number = Annotated[int, Field(ge=0, lt=2**63)]  # as databases have them
Day = Annotated[
    Annotated[date, Field(ge=FIRST, le=LAST)] | None,
    BeforeValidator(lambda told: told or None),  # browsers send an empty field as ""
]
From = Annotated[Day, Query(alias="from", description="The first day, 2026-11-20.")]
To = Annotated[Day, Query(alias="to", description="The last day.")]
