"""BrueBox's SOAP messages: requests into bytes, answers out of bytes. Namespace http://www.glory.co.jp/bruebox.xsd.

What the protocol refers to (Id, SeqNo, SessionID, Amount, Piece and all attributes) is in its namespace, what it holds
inside a request (Option, Cash, Denomination) is in none. Answers are read by local names, so either way is understood.
Nothing is resolved or fetched: an answer with a document type, too long, or deeper than any real one is not read.

Failures: `Unanswered` for what is no answer (glory.garbled), for a fault of the service (glory.fault), and for the
answer to another question (glory.other-answer): what became of the command is then not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from ...errors import Reason
from ...model import Noun
from ..nouns import Pieces, Unanswered
from .states import Command

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
BRUEBOX = "http://www.glory.co.jp/bruebox.xsd"
PATH = "/axis2/services/BrueBoxService"

LONGEST_ANSWER = 1 << 20  # bytes; a whole inventory has some 20 kB
MOST_PIECES = 10**6  # of one denomination
LONGEST_NUMBER = 15  # digits


class Line(Noun, frozen=True, omit_defaults=True):
    """One denomination as the controller counts it: by device, currency and design."""

    denomination: int
    count: int
    device: int = 0  # 1 = notes, 2 = coins
    currency: str = ""
    revision: int = 0
    status: int | None = None  # of its container, see `nouns.FILLS`


class Cash(Noun, frozen=True, omit_defaults=True):
    type: int
    lines: tuple[Line, ...] = ()


# `Cash.type`
DEPOSITED = 1
DISPENSED = 2
STOCK = 3
DISPENSABLE = 4
CHOSEN = 5
MIXER = 9


class CashUnit(Noun, frozen=True, omit_defaults=True):
    """A container in an inventory. Limits are in pieces; 0 = not told."""

    number: int
    device: int = 0
    status: int | None = None
    near_full: int = 0
    near_empty: int = 0
    capacity: int = 0
    lines: tuple[Line, ...] = ()


class Answer(Noun, frozen=True, omit_defaults=True):
    """What an operation answered. `name` is the operation's; `result` is None where none was told."""

    name: str
    result: int | None = None
    id: str = ""
    sequence: str = ""
    session: str = ""
    amount: int | None = None
    state: int | None = None
    cash: tuple[Cash, ...] = ()
    units: tuple[CashUnit, ...] = ()

    def pieces(self, type: int) -> tuple[Pieces, ...]:  # noqa: A002 - the protocol's own word
        """What has moved, from the smallest denomination up."""
        return gathered(line for cash in self.cash if cash.type == type for line in cash.lines)


def gathered(lines: Iterable[Line]) -> tuple[Pieces, ...]:
    """The pieces of some lines, each denomination once, from the smallest up, and none of count 0."""
    counts: dict[int, int] = {}
    for line in lines:
        counts[line.denomination] = counts.get(line.denomination, 0) + line.count
    return tuple(Pieces(denomination, count) for denomination, count in sorted(counts.items()) if count)


# --- requests ----------------------------------------------------------------------------------------------


def request(
    command: Command,
    fields: Mapping[str, str],
    *,
    options: Mapping[str, int] | None = None,
    cash: Cash | None = None,
) -> bytes:
    """The envelope of one request. `fields` become elements of the namespace, in their order; `options` become empty
    elements with a `type`; `cash` is what is to be moved."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "bru": BRUEBOX})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    asked = etree.SubElement(body, f"{{{BRUEBOX}}}{command.value}Request")
    for name, text in fields.items():
        etree.SubElement(asked, f"{{{BRUEBOX}}}{name}").text = text
    for name, type_ in (options or {}).items():
        etree.SubElement(asked, name).set(f"{{{BRUEBOX}}}type", str(type_))
    if cash is not None:
        add_cash(asked, cash)
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def add_cash(parent: etree._Element, cash: Cash) -> None:
    element = etree.SubElement(parent, "Cash")
    element.set(f"{{{BRUEBOX}}}type", str(cash.type))
    for line in cash.lines:
        add_line(element, line)


def add_line(parent: etree._Element, line: Line) -> None:
    element = etree.SubElement(parent, "Denomination")
    for name, value in (
        ("cc", line.currency),
        ("fv", line.denomination),
        ("rev", line.revision),
        ("devid", line.device),
    ):
        element.set(f"{{{BRUEBOX}}}{name}", str(value))
    etree.SubElement(element, f"{{{BRUEBOX}}}Piece").text = str(line.count)
    etree.SubElement(element, f"{{{BRUEBOX}}}Status").text = str(line.status or 0)


# --- reading -----------------------------------------------------------------------------------------------


def answer(data: bytes, command: Command, *, id: str, sequence: str) -> Answer:  # noqa: A002 - the protocol's own word
    """The answer to the question with this Id and SeqNo. Raises Unanswered."""
    told = read_answer(_content(parsed(data)))
    if (told.name, told.id, told.sequence) != (command.value, id, sequence):
        raise Unanswered(Reason("glory.other-answer", command=command.value))
    return told


def parsed(data: bytes) -> etree._Element:
    """The root of a document that refers to nothing outside itself. Raises Unanswered (glory.garbled)."""
    if len(data) > LONGEST_ANSWER:
        raise Unanswered(Reason("glory.garbled", detail="too long"))
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unanswered(Reason("glory.garbled", detail=str(error))) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unanswered(Reason("glory.garbled", detail="document type"))
    return root


def _content(envelope: etree._Element) -> etree._Element:
    body = child(envelope, "Body")
    if local(envelope) != "Envelope" or body is None or len(body) != 1:
        raise Unanswered(Reason("glory.garbled", detail=f"<{local(envelope)}>"))
    if local(body[0]) == "Fault":
        raise Unanswered(Reason("glory.fault", detail=text(body[0], "faultstring")))
    return body[0]


def read_answer(element: etree._Element) -> Answer:
    """An operation's answer, from SOAP or from an event. Raises Unanswered."""
    if not local(element).endswith("Response"):
        raise Unanswered(Reason("glory.garbled", detail=f"<{local(element)}>"))
    status = child(element, "Status")
    amount, result = text(element, "Amount"), attribute(element, "result")
    return Answer(
        local(element).removesuffix("Response"),
        number(result) if result else None,
        text(element, "Id"),
        text(element, "SeqNo"),
        text(element, "SessionID"),
        number(amount) if amount else None,
        number(text(status, "Code")) if status is not None and text(status, "Code") else None,
        tuple(read_cash(cash) for cash in children(element, "Cash")),
        tuple(_units(element)),
    )


def read_cash(element: etree._Element) -> Cash:
    return Cash(number(attribute(element, "type") or "0"), read_lines(element))


def read_lines(element: etree._Element) -> tuple[Line, ...]:
    return tuple(_line(one) for one in children(element, "Denomination"))


def _line(element: etree._Element) -> Line:
    count, status = number(text(element, "Piece") or "0"), text(element, "Status")
    denomination = number(attribute(element, "fv"))
    if not 0 <= count <= MOST_PIECES or denomination < 0:
        raise Unanswered(Reason("glory.garbled", detail=f"{count} x {denomination}"))
    return Line(
        denomination,
        count,
        number(attribute(element, "devid") or "0"),
        attribute(element, "cc"),
        number(attribute(element, "rev") or "0"),
        number(status) if status else None,
    )


def _units(element: etree._Element) -> Iterator[CashUnit]:
    for device in children(element, "CashUnits"):
        for unit in children(device, "CashUnit"):
            status = attribute(unit, "st")
            yield CashUnit(
                number(attribute(unit, "unitno")),
                number(attribute(device, "devid") or "0"),
                number(status) if status else None,
                number(attribute(unit, "nf") or "0"),
                number(attribute(unit, "ne") or "0"),
                number(attribute(unit, "max") or "0"),
                read_lines(unit),
            )


def local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (one for one in element if local(one) == name)


def child(element: etree._Element, name: str) -> etree._Element | None:
    return next(children(element, name), None)


def text(element: etree._Element, name: str) -> str:
    """The text of a child; "" = it has none, or is not there."""
    found = child(element, name)
    return (found.text or "").strip() if found is not None else ""


def attribute(element: etree._Element, name: str) -> str:
    """An attribute of the namespace or of none; "" = not there."""
    value = element.get(f"{{{BRUEBOX}}}{name}") or element.get(name) or ""
    return str(value).strip()


def number(digits: str) -> int:
    """Raises Unanswered."""
    bare = digits.removeprefix("-")
    if not (bare.isascii() and bare.isdigit() and len(bare) <= LONGEST_NUMBER):
        raise Unanswered(Reason("glory.garbled", detail=digits[:40]))
    return int(digits)
