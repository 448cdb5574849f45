"""Documents as rows, and rows as documents and shift records again.

A document is kept twice: its raw JSON as the till wrote it, and what was understood of it as msgpack, from which the
same document is made again; columns and further tables are for those who ask in SQL.

Failures: `Halt` for a row that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from ..errors import Halt, Reason
from ..model import Document, LogOn, Means, ShiftRecord

_CASHLESS = tuple(means for means in Means if means is not Means.CASH)

_LIMIT = 1 << 63  # of a column's numbers

T = TypeVar("T", Document, ShiftRecord)
Placed = tuple[int, Document, int]  # row, document, row of its shift


def too_large(event: Document | ShiftRecord | LogOn) -> str:
    """The name of a number that no column holds, if there is one."""
    match event:
        case Document():
            if not (_fits(event.shift) and _fits(event.number) and _fits(event.type) and _fits(event.lines_cancelled)):
                return "shift, docNum, docType"
            for position in event.positions:
                numbers = (position.number, position.operation, position.department or 0)
                if max(numbers) >= _LIMIT or min(numbers) < -_LIMIT:
                    return "posNum, opCode, deptCode"
            if not all(_fits(payment.code) and _fits(payment.operation) for payment in event.payments):
                return "valCode, opCode"
            return ""
        case ShiftRecord():
            return "" if _fits(event.number) else "shift"
        case LogOn():
            return "" if _fits(event.operation) else "opcode"


def _fits(number: int) -> bool:
    return -_LIMIT <= number < _LIMIT


def document_rows(placed: Iterable[Placed], till: int, arrival: int, live: bool) -> list[tuple[Any, ...]]:
    return [
        (
            row,
            till,
            document.shift,
            shift,
            shift,
            document.type,
            document.number,
            document.digest,
            document.began,
            document.ended,
            live,
            True,
            arrival,
            arrival,
            document.sign,
            document.annulled,
            document.cashier,
            document.sum,
            document.moved(Means.CASH),
            document.moved(*_CASHLESS),
            body(document),
            document.raw.decode("utf-8", "replace"),
        )
        for row, document, shift in placed
    ]


def position_rows(placed: Iterable[Placed], wares: Iterable[int]) -> list[tuple[Any, ...]]:
    """`wares`: the row of each position's, in their order."""
    ware = iter(wares)
    return [
        (
            row,
            place,
            position.number,
            position.code,
            position.barcode,
            position.name,
            position.operation,
            position.quantity,
            position.price,
            position.sum,
            position.base_sum,
            position.discount,
            position.tax,
            position.department,
            position.extra_barcode,
            msgspec.json.encode(position.marks).decode() if position.marks else "[]",
            next(ware),
        )
        for row, document, _ in placed
        for place, position in enumerate(document.positions)
    ]


def payment_rows(placed: Iterable[Placed]) -> list[tuple[Any, ...]]:
    return [
        (row, place, payment.code, payment.operation, payment.means.value, payment.move.value, payment.sum)
        for row, document, _ in placed
        for place, payment in enumerate(document.payments)
    ]


def body(noun: Document | ShiftRecord) -> bytes:
    return msgspec.msgpack.encode(msgspec.structs.replace(noun, raw=b""))


def noun(kind: type[T], row: Sequence[Any]) -> T:
    """Of a row's body and raw text."""
    return msgspec.structs.replace(understood(kind, row[0]), raw=row[1].encode())


def understood(kind: type[T], body: bytes) -> T:
    """Of a row's body: all but the raw text."""
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except msgspec.DecodeError as trouble:
        raise Halt(Reason("books.row", kind=kind.__name__, detail=trouble)) from trouble
