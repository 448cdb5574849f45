"""BrueBox's messages: as machines send them, whatever is wrong with them, and nothing fetched from anywhere."""

from __future__ import annotations

import pytest
from glory_pages import CHANGE_ANSWER, answer_bytes, cashes
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tillpost.devices.glory.messages import (
    BRUEBOX,
    CHOSEN,
    DEPOSITED,
    DISPENSED,
    LONGEST_ANSWER,
    SOAP,
    Answer,
    Cash,
    CashUnit,
    Line,
    answer,
    request,
)
from tillpost.devices.glory.states import Command
from tillpost.devices.nouns import Pieces, Unanswered

N = f"{{{BRUEBOX}}}"


def read(data: bytes, command: Command = Command.CHANGE, id: str = "7", sequence: str = "1") -> Answer:  # noqa: A002
    return answer(data, command, id=id, sequence=sequence)


def code_of(data: bytes) -> str:
    with pytest.raises(Unanswered) as caught:
        read(data)
    assert str(caught.value)
    return caught.value.reason.code


def test_the_answer_of_a_machine_tells_what_came_and_went() -> None:
    told = read(CHANGE_ANSWER, id="0", sequence="1006")
    assert (told.name, told.result, told.state, told.amount) == ("Change", 0, 19, 500)
    assert told.pieces(DEPOSITED) == (Pieces(1000, 1),)
    assert told.pieces(DISPENSED) == (Pieces(500, 1),)
    assert told.cash[0].lines == (Line(1000, 1, 2, "THB", 0, 0),)


def test_a_request_names_its_parts_as_machines_want_them() -> None:
    line = Line(10000, 3, 1, "RUB")
    sent = request(
        Command.CASHOUT,
        {"Id": "7", "SeqNo": "8", "SessionID": "abc"},
        options={"Delay": 0},
        cash=Cash(DISPENSED, (line,)),
    )
    root = etree.fromstring(sent)
    asked = root.find(f"{{{SOAP}}}Body/{N}CashoutRequest")
    assert asked is not None
    assert [one.tag for one in asked] == [f"{N}Id", f"{N}SeqNo", f"{N}SessionID", "Delay", "Cash"]
    assert asked.findtext(f"{N}SessionID") == "abc"
    assert asked.find("Cash").get(f"{N}type") == "2"  # type: ignore[union-attr]
    one = asked.find("Cash/Denomination")
    assert one is not None
    assert dict(one.attrib) == {f"{N}cc": "RUB", f"{N}fv": "10000", f"{N}rev": "0", f"{N}devid": "1"}
    assert [(part.tag, part.text) for part in one] == [(f"{N}Piece", "3"), (f"{N}Status", "0")]


@pytest.mark.parametrize("word", ["<&>\"'", "пароль", "]]>"])
def test_no_word_breaks_out_of_its_element(word: str) -> None:
    root = etree.fromstring(request(Command.OPEN, {"User": word, "UserPwd": word}))
    assert root.findtext(f".//{N}User") == word


@settings(max_examples=60, deadline=None)
@given(st.lists(cashes, max_size=4).map(tuple), st.integers(0, 110))
def test_what_is_told_is_read(cash: tuple[Cash, ...], result: int) -> None:
    told = read(answer_bytes("Change", result=result, cash=cash))
    assert (told.cash, told.result) == (cash, result)


def test_pieces_of_one_denomination_are_added_up_over_devices_and_designs() -> None:
    cash = Cash(DEPOSITED, (Line(1000, 2, 1), Line(1000, 3, 2), Line(500, 0, 2), Line(100, 1, 2)))
    told = read(answer_bytes("Change", cash=(cash, Cash(CHOSEN, (Line(1, 1),)))))
    assert told.pieces(DEPOSITED) == (Pieces(100, 1), Pieces(1000, 5))


def test_an_inventory_tells_each_container_with_its_limits() -> None:
    inside = (
        b'<CashUnits n:devid="1"><CashUnit n:unitno="4059" n:st="1" n:nf="1800" n:ne="200" n:max="2000">'
        b'<Denomination n:cc="RUB" n:fv="100000" n:rev="0" n:devid="1"><n:Piece>4</n:Piece><n:Status>2</n:Status>'
        b"</Denomination></CashUnit></CashUnits>"
    )
    told = answer(answer_bytes("Inventory", inside=inside), Command.INVENTORY, id="7", sequence="1")
    assert told.units == (CashUnit(4059, 1, 1, 1800, 200, 2000, (Line(100000, 4, 1, "RUB", 0, 2),)),)


@pytest.mark.parametrize(
    "data",
    [
        answer_bytes("Change", sequence="2"),
        answer_bytes("Change", id="8"),
        answer_bytes("Change", id=""),
        answer_bytes("EndCashin"),
    ],
)
def test_the_answer_to_another_question_is_refused(data: bytes) -> None:
    assert code_of(data) == "glory.other-answer"


def test_a_fault_of_the_service_is_told() -> None:
    fault = b"<soapenv:Fault><faultcode>x</faultcode><faultstring>no such operation</faultstring></soapenv:Fault>"
    data = b'<soapenv:Envelope xmlns:soapenv="%s"><soapenv:Body>%s</soapenv:Body></soapenv:Envelope>'
    assert code_of(data % (SOAP.encode(), fault)) == "glory.fault"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>502</body></html>",
        CHANGE_ANSWER[:-20],
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + CHANGE_ANSWER,
        b'<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">' + CHANGE_ANSWER,
        CHANGE_ANSWER + b" " * LONGEST_ANSWER,
        CHANGE_ANSWER.replace(b'n:result="0"', b'n:result="zero"'),
        CHANGE_ANSWER.replace(b"<n:Piece>1<", b"<n:Piece>-1<"),
        CHANGE_ANSWER.replace(b"<n:Piece>1<", "<n:Piece>١<".encode()),
        CHANGE_ANSWER.replace(b"<n:Piece>1<", b"<n:Piece>" + b"9" * 5000 + b"<"),
        CHANGE_ANSWER.replace(b'n:fv="500"', b""),
        b"<Envelope><Body/></Envelope>",
        b"<Envelope><Body><A/><B/></Body></Envelope>",
        b"<Envelope><Body><ChangeRequest/></Body></Envelope>",
        b"<a>" * 5000 + b"</a>" * 5000,
    ],
)
def test_what_is_no_answer_is_not_read(data: bytes) -> None:
    assert code_of(data) == "glory.garbled"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_answer_is_refused_or_read_and_never_worse(data: st.DataObject) -> None:
    spoilt = bytearray(CHANGE_ANSWER)
    for _ in range(data.draw(st.integers(1, 3))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    try:
        told = read(bytes(spoilt), id="0", sequence="1006")
    except Unanswered:
        return
    assert told.name == "Change"
