"""BrueBox messages as machines send them, and hypothesis strategies for their parts."""

from __future__ import annotations

from hypothesis import strategies as st
from lxml import etree
from tillpost.devices.glory.messages import BRUEBOX, Cash, Line, add_cash, add_line

# The answer of a machine to a sale of 5.00 paid with 10.00, as it came over the wire.
CHANGE_ANSWER = (
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header></soapenv:Header>'
    b'<soapenv:Body><n:ChangeResponse xmlns:n="http://www.glory.co.jp/bruebox.xsd" n:result="0"><n:Id>0</n:Id>'
    b"<n:SeqNo>1006</n:SeqNo><n:User></n:User><n:Amount>500</n:Amount><n:ManualDeposit>0</n:ManualDeposit>"
    b'<Status><n:Code>19</n:Code><DevStatus n:devid="1" n:val="0" n:st="1500"></DevStatus>'
    b'<DevStatus n:devid="2" n:val="0" n:st="3000"></DevStatus></Status><Cash n:type="1">'
    b'<Denomination n:cc="THB" n:fv="1000" n:rev="0" n:devid="2"><n:Piece>1</n:Piece><n:Status>0</n:Status>'
    b'</Denomination></Cash><Cash n:type="2"><Denomination n:cc="THB" n:fv="500" n:rev="0" n:devid="2">'
    b"<n:Piece>1</n:Piece><n:Status>0</n:Status></Denomination></Cash></n:ChangeResponse></soapenv:Body>"
    b"</soapenv:Envelope>"
)

lines = st.builds(
    Line,
    denomination=st.sampled_from([100, 200, 500, 1000, 5000, 10000, 50000]),
    count=st.integers(0, 300),
    device=st.sampled_from([1, 2]),
    currency=st.just("RUB"),
    revision=st.integers(0, 3),
    status=st.integers(0, 22),
)
cashes = st.builds(Cash, type=st.integers(0, 11), lines=st.lists(lines, max_size=4).map(tuple))


def answer_bytes(
    name: str,
    *,
    result: int = 0,
    id: str = "7",  # noqa: A002
    sequence: str = "1",
    cash: tuple[Cash, ...] = (),
    inside: bytes = b"",
) -> bytes:
    content = etree.Element(f"{{{BRUEBOX}}}{name}Response", nsmap={"n": BRUEBOX})
    content.set(f"{{{BRUEBOX}}}result", str(result))
    etree.SubElement(content, f"{{{BRUEBOX}}}Id").text = id
    etree.SubElement(content, f"{{{BRUEBOX}}}SeqNo").text = sequence
    for one in cash:
        add_cash(content, one)
    body = etree.tostring(content).replace(
        b"</n:" + name.encode() + b"Response>", inside + b"</n:" + name.encode() + b"Response>"
    )
    return (
        b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        + body
        + b"</soapenv:Body></soapenv:Envelope>"
    )


def lines_xml(*some: Line) -> str:
    parent = etree.Element("All")
    for line in some:
        add_line(parent, line)
    return "".join(etree.tostring(one).decode() for one in parent)


def cash_xml(cash: Cash) -> str:
    parent = etree.Element("All")
    add_cash(parent, cash)
    return etree.tostring(parent[0]).decode()


def frame(content: str) -> bytes:
    return f"<BbxEventRequest>{content}</BbxEventRequest>".encode() + b"\0"
