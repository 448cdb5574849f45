"""How a simulated BrueBox speaks: questions read, answers and events written as the real one writes them.

Failures: `Unanswered` where a question cannot be read: there is nothing to answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

from ...errors import Reason
from ..nouns import Unanswered
from .messages import (
    BRUEBOX,
    SOAP,
    Cash,
    Line,
    add_cash,
    add_line,
    attribute,
    child,
    local,
    number,
    parsed,
    read_cash,
    text,
)
from .simstock import SimUnit, lines
from .states import Command


@dataclass
class Asked:
    """A question that has come; `answer` when it is answered."""

    command: Command
    id: str
    sequence: str
    session: str
    amount: int
    cash: Cash
    options: Mapping[str, int]
    listener: tuple[str, int]
    answer: bytes | None = None


def read_question(data: bytes) -> Asked:
    body = child(parsed(data), "Body")
    if body is None or not len(body):
        raise Unanswered(Reason("glory.garbled", detail="no body"))
    asked = body[0]
    name = local(asked).removesuffix("Request")
    if name not in {command.value for command in Command}:
        raise Unanswered(Reason("glory.garbled", detail=f"<{local(asked)}>"))
    cash = child(asked, "Cash")
    return Asked(
        Command(name),
        text(asked, "Id"),
        text(asked, "SeqNo"),
        text(asked, "SessionID"),
        number(text(asked, "Amount") or "0"),
        Cash(0) if cash is None else read_cash(cash),
        {local(one): number(attribute(one, "type") or "0") for one in asked if one.get(f"{{{BRUEBOX}}}type")},
        (text(asked, "Url"), number(text(asked, "Port") or "0")),
    )


def answer(
    asked: Asked,
    result: int,
    state: int,
    *,
    cash: Iterable[Cash] = (),
    session: str = "",
    units: Iterable[SimUnit] = (),
) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    told = etree.SubElement(body, f"{{{BRUEBOX}}}{asked.command.value}Response", nsmap={"n": BRUEBOX})
    told.set(f"{{{BRUEBOX}}}result", str(result))
    words = {"Id": asked.id, "SeqNo": asked.sequence, "User": ""}
    for name, word in (words | {"SessionID": session} if session else words).items():
        etree.SubElement(told, f"{{{BRUEBOX}}}{name}").text = word
    etree.SubElement(etree.SubElement(told, "Status"), f"{{{BRUEBOX}}}Code").text = str(state)
    for one in cash:
        add_cash(told, one)
    _add_units(told, tuple(units))
    return etree.tostring(envelope)


def _add_units(told: etree._Element, units: tuple[SimUnit, ...]) -> None:
    for device in sorted({unit.device for unit in units}):
        group = etree.SubElement(told, "CashUnits")
        group.set(f"{{{BRUEBOX}}}devid", str(device))
        for unit in units:
            if unit.device == device:
                element = etree.SubElement(group, "CashUnit")
                limits = {"nf": unit.capacity * 3 // 4, "ne": unit.capacity // 10, "max": unit.capacity}
                for name, value in {"unitno": unit.number, "st": unit.status, **limits}.items():
                    element.set(f"{{{BRUEBOX}}}{name}", str(value))
                for line in lines(unit.holds):
                    add_line(element, line)


# --- events


def frame(content: str) -> bytes:
    return f"<BbxEventRequest>{content}</BbxEventRequest>".encode() + b"\0"


def of_device(device: int, content: str) -> str:
    return f'<GlyCashierEvent devid="{device}" user="">{content}</GlyCashierEvent>'


def in_state(state: int, amount: int) -> str:
    return f"<StatusChangeEvent><Status>{state}</Status><Amount>{amount}</Amount></StatusChangeEvent>"


def counted(pieces: Mapping[int, int]) -> list[str]:
    """One event for each device, with all that it has counted."""
    return [
        of_device(device, f"<eventDepositCountChange>{_lines(pieces, device)}</eventDepositCountChange>")
        for device in (1, 2)
    ]


def _lines(pieces: Mapping[int, int], device: int) -> str:
    return "".join(_line(line) for line in lines(pieces) if line.device == device)


def _line(line: Line) -> str:
    parent = etree.Element("All")
    add_line(parent, line)
    return etree.tostring(parent[0], encoding="unicode")


def cassette(how: str, serial: str, pieces: Mapping[int, int]) -> str:
    """`how`: Removal or Insertion."""
    name = f"eventCassetteInventoryOn{how}"
    return of_device(1, f"<{name}><SerialNo>{serial}</SerialNo>{_cash(Cash(3, lines(pieces)))}</{name}>")


def incomplete(name: str, current: Cash) -> str:
    return (
        f"<IncompleteTransaction><TransactionId>{name}-1</TransactionId><TransactionName>{name}</TransactionName>"
        f"<Committed/><Current>{_cash(current)}</Current></IncompleteTransaction>"
    )


def _cash(cash: Cash) -> str:
    parent = etree.Element("All")
    add_cash(parent, cash)
    return etree.tostring(parent[0], encoding="unicode")
