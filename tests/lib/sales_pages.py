"""Sales files as tills write them, for tests: the three sections, objects between `---` lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Page = dict[str, Any]


def position(code: str = "4100010462", quantity: object = 1, price: object = 52.5, **more: object) -> Page:
    total = more.pop("posSum", float(str(quantity)) * float(str(price)))
    return {
        "inventCode": code, "barCode": "4008429033452", "opCode": 50, "posNum": 1, "quant": quantity, "price": price,
        "posSum": total, "baseSum": total, **more,
    }  # fmt: skip


def receipt(
    number: int, total: float = 52.5, *, shift: int = 12, kind: int = 1, at: str = "2026-11-20T10:00:00", **more: object
) -> Page:
    """A receipt paid in cash; `more` replaces any field."""
    operation = 70 if kind in (1, 18, 7) else 74
    return {
        "cashCode": "1", "shift": shift, "docNum": number, "docType": kind, "userCode": "7",
        "timeBeg": at, "timeEnd": at, "docSum": total, "inventPositions": [position(price=total)],
        "moneyPositions": [{"valCode": 1, "opCode": operation, "sumB": total}], **more,
    }  # fmt: skip


def cash(number: int, total: float = 1000, *, out: bool = False, **more: object) -> Page:
    """Cash put into the drawer, or taken out of it."""
    return {**receipt(number, total, **more), "docType": 4 if out else 3, "inventPositions": [], "moneyPositions": []}


def shift(
    number: int = 12,
    gain: object = 52.5,
    *,
    opened: str | None = "2026-11-20T08:00:00",
    closed: str | None = "2026-11-20T22:00:00",
    **more: object,
) -> Page:
    return {
        "cashCode": "1", "shift": number, "sumGain": gain, "timeBeg": opened, "timeEnd": closed,
        "kkms": [{"serialNum": "0001", "sumCashEnd": 100, "sumProtectedBeg": 0, "sumProtectedEnd": gain}],
        "users": [{"usercode": "7", "username": "Иванова А. П."}], **more,
    }  # fmt: skip


def log_on(at: str = "2026-11-20T07:58:00", operation: int = 3) -> Page:
    return {"cashcode": "1", "opcode": operation, "optime": at, "usercode": "7"}


def page(shifts: Sequence[Page] = (), documents: Sequence[Page] = (), log: Sequence[Page] = ()) -> str:
    """A whole sales file."""
    sections = (("shift info", shifts), ("sales data", documents), ("securitylog info", log))
    return "".join(_section(name, objects) for name, objects in sections if objects)


def _section(name: str, objects: Sequence[Page]) -> str:
    body = "".join(f"{json.dumps(one, ensure_ascii=False)}\n---\n" for one in objects)
    return f"### {name} begin ###\n{body}### {name} end ###\n"
