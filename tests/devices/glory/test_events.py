"""BrueBox's event stream: the same events whatever pieces it comes in, and nothing that can fill the memory."""

from __future__ import annotations

from itertools import pairwise

import pytest
from glory_pages import answer_bytes, cash_xml, cashes, frame, lines, lines_xml
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.devices.glory.events import (
    LONGEST_EVENT,
    CassetteCounted,
    Counted,
    DeviceError,
    Dispensing,
    Event,
    Heartbeat,
    Incomplete,
    OtherEvent,
    SpoiltEvent,
    StateChanged,
    StockChanged,
    Stream,
    UnitTold,
)
from tillpost.devices.glory.messages import BRUEBOX, STOCK, Answer, Cash, Line

A_LINE = Line(50000, 2, 1, "RUB", 0, 2)


def read(*parts: bytes) -> list[Event]:
    stream = Stream()
    return [event for part in parts for event in stream.feed(part)] + stream.end()


def cashier(content: str, device: int = 1) -> bytes:
    return frame(f'<GlyCashierEvent devid="{device}" user="">{content}</GlyCashierEvent>')


EVERY = [
    (frame("<HeartBeatEvent><SerialNo>К-123</SerialNo></HeartBeatEvent>"), Heartbeat("К-123")),
    (
        frame(
            "<StatusChangeEvent>\n  <Status>4</Status>\n  <Amount>1500</Amount>\n  <Error>0</Error>"
            "<RecoveryURL /><User /><SeqNo /></StatusChangeEvent>"
        ),
        StateChanged(4, 1500),
    ),
    (
        frame(
            "<StatusChangeEvent><Status>13</Status><Error>1281</Error><RecoveryURL>http://m/x</RecoveryURL></StatusChangeEvent>"
        ),
        StateChanged(13, 0, 1281, "http://m/x"),
    ),
    (cashier(f"<eventDepositCountChange>{lines_xml(A_LINE)}</eventDepositCountChange>"), Counted(1, (A_LINE,))),
    (cashier(f"<eventDepositCountMonitor>{lines_xml(A_LINE)}</eventDepositCountMonitor>", 2), Counted(2, (A_LINE,))),
    (frame(f"<DispenseDetailsEvent>{lines_xml(A_LINE)}</DispenseDetailsEvent>"), Dispensing((A_LINE,))),
    (cashier("<eventFull><DevicePositionID>4043</DevicePositionID></eventFull>"), UnitTold(1, "Full", 4043)),
    (cashier("<eventOpened><DevicePositionId>1</DevicePositionId></eventOpened>", 2), UnitTold(2, "Opened", 1)),
    (
        cashier("<eventStatusChange><DeviceStatusID>1500</DeviceStatusID></eventStatusChange>"),
        UnitTold(1, "StatusChange", 1500),
    ),
    (
        cashier(
            f"<eventCassetteInventoryOnRemoval><SerialNo>7</SerialNo>{cash_xml(Cash(STOCK, (A_LINE,)))}"
            "</eventCassetteInventoryOnRemoval>"
        ),
        CassetteCounted(1, False, "7", (A_LINE,)),
    ),
    (
        cashier("<eventCassetteInventoryOnInsertion><SerialNo>8</SerialNo></eventCassetteInventoryOnInsertion>"),
        CassetteCounted(1, True, "8"),
    ),
    (
        cashier("<eventError><ErrorCode>1281</ErrorCode><RecoveryURL>http://m/help.gif</RecoveryURL></eventError>"),
        DeviceError(1, 1281, "http://m/help.gif"),
    ),
    (
        frame('<SpecialDeviceError devid="2"><ErrorCode>5</ErrorCode></SpecialDeviceError>'),
        DeviceError(2, 5),
    ),
    (
        frame(
            "<ChangeInventoryStatus><CausedTransaction>Change</CausedTransaction>"
            f"{cash_xml(Cash(STOCK, (A_LINE,)))}</ChangeInventoryStatus>"
        ),
        StockChanged("Change", (Cash(STOCK, (A_LINE,)),)),
    ),
    (
        frame(
            "<IncompleteTransaction><TransactionId>9</TransactionId><TransactionName>Change</TransactionName>"
            f"<Committed>{cash_xml(Cash(1, (A_LINE,)))}</Committed><Current>{cash_xml(Cash(2, ()))}</Current>"
            "</IncompleteTransaction>"
        ),
        Incomplete("9", "Change", (Cash(1, (A_LINE,)),), (Cash(2),)),
    ),
    (
        frame(f'<n:ChangeResponse xmlns:n="{BRUEBOX}" n:result="1"><n:Id>7</n:Id></n:ChangeResponse>'),
        Answer("Change", 1, "7"),
    ),
    (cashier("<eventNobodyKnows/>"), OtherEvent("eventNobodyKnows")),
    (frame("<TomorrowsEvent>1</TomorrowsEvent>"), OtherEvent("TomorrowsEvent")),
    (cashier(""), OtherEvent("GlyCashierEvent")),
]
ALL = b"".join(data for data, _ in EVERY)
TOLD = [event for _, event in EVERY]


@pytest.mark.parametrize(("data", "event"), EVERY)
def test_each_event_is_read(data: bytes, event: Event) -> None:
    assert read(data) == [event]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, len(ALL)), max_size=12))
def test_events_are_the_same_however_the_stream_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(ALL)]
    assert read(*(ALL[a:b] for a, b in pairwise(places))) == TOLD


def test_events_are_the_same_byte_by_byte() -> None:
    assert read(*(bytes([byte]) for byte in ALL)) == TOLD


@settings(max_examples=40, deadline=None)
@given(st.lists(lines, max_size=4), cashes)
def test_what_is_counted_is_read(some: list[Line], cash: Cash) -> None:
    counted = cashier(f"<eventDepositCountChange>{lines_xml(*some)}</eventDepositCountChange>")
    changed = frame(f"<ChangeInventoryStatus>{cash_xml(cash)}</ChangeInventoryStatus>")
    assert read(counted + changed) == [Counted(1, tuple(some)), StockChanged("", (cash,))]


def test_one_frame_may_carry_several_events() -> None:
    both = (
        "<HeartBeatEvent><SerialNo>1</SerialNo></HeartBeatEvent><HeartBeatEvent><SerialNo>2</SerialNo></HeartBeatEvent>"
    )
    assert read(frame(both)) == [Heartbeat("1"), Heartbeat("2")]


@pytest.mark.parametrize(
    "spoilt",
    [
        b"<BbxEventRequest><HeartBeatEvent></BbxEventRequest>\0",
        b"\xff\xfe\x01\0",
        b"<Other/>\0",
        b'<!DOCTYPE x [<!ENTITY e "1">]><BbxEventRequest>&e;</BbxEventRequest>\0',
        frame("<StatusChangeEvent><Status>many</Status></StatusChangeEvent>"),
        cashier(f"<eventDepositCountChange>{lines_xml(Line(100, -5))}</eventDepositCountChange>"),
    ],
)
def test_a_spoilt_frame_spoils_no_other(spoilt: bytes) -> None:
    first, second, third = read(frame("<HeartBeatEvent/>") + spoilt + frame("<HeartBeatEvent/>"))
    assert (first, third) == (Heartbeat(""), Heartbeat(""))
    assert isinstance(second, SpoiltEvent)


def test_a_frame_without_end_is_skipped_and_not_held() -> None:
    stream = Stream()
    events = [event for _ in range(40) for event in stream.feed(b"x" * (LONGEST_EVENT // 8))]
    assert events == [SpoiltEvent("too long")]
    assert len(stream._held) <= LONGEST_EVENT
    assert stream.feed(b"x\0" + frame("<HeartBeatEvent/>")) == [Heartbeat("")]


def test_a_connection_that_ends_in_a_frame_tells_that_it_was_cut() -> None:
    assert read(frame("<HeartBeatEvent/>")[:-3]) == [SpoiltEvent("cut off")]
    assert read(frame("<HeartBeatEvent/>") + b"\n") == [Heartbeat("")]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_noise_never_raises(data: st.DataObject) -> None:
    spoilt = bytearray(ALL)
    for _ in range(data.draw(st.integers(1, 8))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(spoilt), data.draw(st.binary(max_size=40)), answer_bytes("Change"))
