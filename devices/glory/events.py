"""BrueBox's event stream: `<BbxEventRequest>…</BbxEventRequest>` and a NUL, over TCP from the machine to the till.

Frames are cut at the NUL before anything is decoded, so that it does not matter how they were merged or split on their
way, nor whether a character was cut in two. A frame that is too long is skipped to its end.

Failures: none; what cannot be read is told as `SpoiltEvent`, an event that nobody knows as `OtherEvent`.
"""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from ...model import Noun
from ..nouns import Unanswered
from .messages import (
    Answer,
    Cash,
    Line,
    attribute,
    child,
    children,
    local,
    number,
    parsed,
    read_answer,
    read_cash,
    read_lines,
    text,
)

LONGEST_EVENT = 1 << 18  # bytes
NUL = b"\0"


class Heartbeat(Noun, frozen=True):
    """The controller lives."""

    serial: str


class StateChanged(Noun, frozen=True, omit_defaults=True):
    state: int
    amount: int = 0  # deposited so far
    error: int = 0
    recovery: str = ""  # the controller's own page about the error


class Counted(Noun, frozen=True, omit_defaults=True):
    """What one device has counted since the deposit began: all of it, not only what is new."""

    device: int
    lines: tuple[Line, ...] = ()


class Dispensing(Noun, frozen=True):
    """What is being given out."""

    lines: tuple[Line, ...]


class UnitTold(Noun, frozen=True, omit_defaults=True):
    """A container or a door. `what` is the protocol's word without "event": Full, Missing, Opened, WaitForRemoving."""

    device: int
    what: str
    position: int = 0


class CassetteCounted(Noun, frozen=True, omit_defaults=True):
    """A cassette was taken out (`inserted` False) or put in, with this in it. Does not come for a cassette that was put
    in with cash: then nobody knows what is in it."""

    device: int
    inserted: bool
    serial: str = ""
    lines: tuple[Line, ...] = ()
    invalid: str = ""


class DeviceError(Noun, frozen=True, omit_defaults=True):
    device: int
    error: int
    recovery: str = ""


class StockChanged(Noun, frozen=True, omit_defaults=True):
    cause: str  # the operation
    cash: tuple[Cash, ...] = ()


class Incomplete(Noun, frozen=True, omit_defaults=True):
    """A transaction that a power cut has ended: what was settled of it, and what is in the machine besides."""

    transaction: str  # the controller's own name for it
    name: str
    committed: tuple[Cash, ...] = ()
    current: tuple[Cash, ...] = ()


class OtherEvent(Noun, frozen=True):
    name: str


class SpoiltEvent(Noun, frozen=True):
    why: str


Event = (
    Heartbeat
    | StateChanged
    | Counted
    | Dispensing
    | UnitTold
    | CassetteCounted
    | DeviceError
    | StockChanged
    | Incomplete
    | Answer
    | OtherEvent
    | SpoiltEvent
)


class Stream:
    """One connection's events. Holds at most LONGEST_EVENT bytes."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._skips = False  # to the next NUL

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        *ends, rest = data.split(NUL)
        for end in ends:
            events += self._take(end)
            if not self._skips:
                events += _events(bytes(self._held))
            self._held.clear()
            self._skips = False
        return events + self._take(rest)

    def _take(self, data: bytes) -> list[Event]:
        if self._skips:
            return []
        self._held += data
        if len(self._held) <= LONGEST_EVENT:
            return []
        self._held.clear()
        self._skips = True
        return [SpoiltEvent("too long")]

    def end(self) -> list[Event]:
        """The connection is closed: what has no NUL is cut off."""
        cut = bool(self._held.strip()) and not self._skips
        self._held.clear()
        self._skips = False
        return [SpoiltEvent("cut off")] if cut else []


def _events(frame: bytes) -> list[Event]:
    frame = frame.strip()
    if not frame:
        return []
    try:
        root = parsed(frame)
        if local(root) != "BbxEventRequest":
            return [SpoiltEvent(f"<{local(root)}>"[:80])]
        return [_event(element) for element in root]
    except Unanswered as trouble:
        return [SpoiltEvent(str(trouble.reason.parts.get("detail", ""))[:80])]


def _event(element: etree._Element) -> Event:
    name = local(element)
    if read := _READ.get(name):
        return read(element)
    if name.endswith("Response"):
        return read_answer(element)
    return OtherEvent(name)


def _state_changed(element: etree._Element) -> Event:
    return StateChanged(
        number(text(element, "Status")),
        number(text(element, "Amount") or "0"),
        number(text(element, "Error") or "0"),
        text(element, "RecoveryURL"),
    )


def _cashier(element: etree._Element) -> Event:
    if not len(element):
        return OtherEvent("GlyCashierEvent")
    told, device = element[0], number(attribute(element, "devid") or "0")
    name = local(told)
    match name:
        case "eventDepositCountChange" | "eventDepositCountMonitor":
            return Counted(device, read_lines(told))
        case "eventCassetteInventoryOnRemoval" | "eventCassetteInventoryOnInsertion":
            cash = child(told, "Cash")
            return CassetteCounted(
                device,
                name.endswith("Insertion"),
                text(told, "SerialNo"),
                read_lines(told if cash is None else cash),
                text(told, "InvalidCassette"),
            )
        case "eventError":
            return DeviceError(device, number(text(told, "ErrorCode") or "0"), text(told, "RecoveryURL"))
    position = text(told, "DevicePositionID") or text(told, "DevicePositionId")
    if position or name == "eventStatusChange":
        return UnitTold(device, name.removeprefix("event"), number(position or text(told, "DeviceStatusID") or "0"))
    return OtherEvent(name)


def _stock_changed(element: etree._Element) -> Event:
    return StockChanged(text(element, "CausedTransaction"), tuple(map(read_cash, children(element, "Cash"))))


def _incomplete(element: etree._Element) -> Event:
    return Incomplete(
        text(element, "TransactionId"),
        text(element, "TransactionName"),
        _all_cash(element, "Committed"),
        _all_cash(element, "Current"),
    )


def _all_cash(element: etree._Element, name: str) -> tuple[Cash, ...]:
    return tuple(read_cash(cash) for part in children(element, name) for cash in children(part, "Cash"))


_READ: dict[str, Callable[[etree._Element], Event]] = {
    "HeartBeatEvent": lambda element: Heartbeat(text(element, "SerialNo")),
    "StatusChangeEvent": _state_changed,
    "GlyCashierEvent": _cashier,
    "DispenseDetailsEvent": lambda element: Dispensing(read_lines(element)),
    "ChangeInventoryStatus": _stock_changed,
    "SpecialDeviceError": lambda element: DeviceError(
        number(attribute(element, "devid") or text(element, "devid") or "0"), number(text(element, "ErrorCode") or "0")
    ),
    "IncompleteTransaction": _incomplete,
}
