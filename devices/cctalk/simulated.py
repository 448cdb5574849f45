"""Simulated devices on a ccTalk line: coin acceptors and hoppers from their own side, and where each coin really is.

They answer as the protocol wants, and do what a script says: coins fall in, ways are blocked, the power is cut. What a
power cut leaves is what such devices leave: a coin acceptor forgets everything but its coins, a hopper keeps what it
has paid and not paid.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from .frames import HOST, Check, Frame, Header, Reader, encoded
from .messages import ENABLED, OFF, POSITIONS, SHOWN, TURN

Answer = bytes | Header | None
"""Data of an answer, or NAK or BUSY; None = silence."""

GAP = 0.05  # seconds: what stands still for so long in a frame is thrown away
BOOT = 0.3  # seconds from power to the first answer
COIN_EVERY = 0.12  # seconds between two coins of a hopper
GIVES_UP = 1.0  # seconds without a coin, then a hopper says that it cannot


class Device(Protocol):
    address: int

    def answer(self, header: int, data: bytes, now: float) -> Answer: ...


class SimBus:
    """`simlink.SimulatedDevice`: the wire, with all that hang on it."""

    def __init__(self, devices: Iterable[Device], *, check: Check = Check.SUM) -> None:
        self._devices = {device.address: device for device in devices}
        self._check = check
        self._reader = Reader(check)
        self._heard = 0.0

    def hear(self, data: bytes, now: float) -> bytes:
        if now - self._heard > GAP:
            self._reader = Reader(self._check)
        self._heard = now
        return b"".join(self._said(frame, now) for frame in self._reader.feed(data))

    def line_held(self, seconds: float, now: float) -> None:
        """ccTalk knows no such thing."""

    def _said(self, frame: Frame, now: float) -> bytes:
        device = self._devices.get(frame.to)
        answer = device.answer(frame.header, frame.data, now) if device else None
        if answer is None:
            return b""
        source = frame.to if self._check is Check.SUM else 0
        if isinstance(answer, Header):
            return encoded(Frame(HOST, source, answer), self._check)
        return encoded(Frame(HOST, source, Header.ANSWER, answer), self._check)


class _Device:
    """What all of them know: their name, and their power."""

    def __init__(self, address: int, category: str, serial: int) -> None:
        self.address, self.serial = address, serial
        self.powered = True
        self._names = {
            Header.MANUFACTURER: b"Tillpost",
            Header.CATEGORY: category.encode(),
            Header.PRODUCT: b"Simulated",
            Header.SERIAL: serial.to_bytes(3, "little"),
            Header.SIMPLE_POLL: b"",
        }
        self._wakes: float | None = None
        self._booting = False

    def cut_power(self) -> None:
        self.powered = False

    def restore_power(self) -> None:
        """It answers BOOT seconds after it is first spoken to, as it does not know the time."""
        if not self.powered:
            self.powered, self._booting, self._wakes = True, True, None

    def _is_awake(self, now: float) -> bool:
        if self.powered and self._booting:
            self._wakes = now + BOOT if self._wakes is None else self._wakes
            self._booting = now < self._wakes
        return self.powered and not self._booting


class SimCoinAcceptor(_Device):
    """`ids`: what it says of each position from 1 on; `box`: the coins that were let in, by position."""

    def __init__(self, ids: Sequence[str], *, address: int = 2, serial: int = 4711) -> None:
        super().__init__(address, "Coin Acceptor", serial)
        self.ids = ids
        self.box: list[int] = []
        self.blocked = 0  # the fault that its self-check tells; 0 = none
        self.accepting = False
        self._forget()

    def _forget(self) -> None:
        self.accepting, self._mask = False, 0
        self._counter, self._events = 0, [(0, 0)] * SHOWN

    def cut_power(self) -> None:
        super().cut_power()
        self._forget()

    def insert(self, position: int, path: int = 1) -> bool:
        """A customer throws a coin in; whether it was let in, or fell through."""
        if not self.powered or self._booting or self.blocked:
            return False
        if not (self.accepting and self._mask >> position - 1 & 1):
            self._happen(0, 2)
            return False
        self.let_in(position, path)
        return True

    def let_in(self, position: int, path: int = 1) -> None:
        """A coin that was past the gate already falls in."""
        self.box.append(position)
        self._happen(position, path)

    def fail(self, code: int) -> None:
        """An event of an error."""
        self._happen(0, code)

    def _happen(self, coin: int, detail: int) -> None:
        self._counter = self._counter % TURN + 1
        self._events = [(coin, detail), *self._events[: SHOWN - 1]]

    def answer(self, header: int, data: bytes, now: float) -> Answer:
        if not self._is_awake(now):
            return None
        match header:
            case Header.READ_CREDITS:
                return bytes([self._counter]) + bytes(part for event in self._events for part in event)
            case Header.COIN_ID if len(data) == 1 and 1 <= data[0] <= POSITIONS:
                return (self.ids[data[0] - 1] if data[0] <= len(self.ids) else "......").encode()
            case Header.INHIBIT_MASK if data:
                self._mask = int.from_bytes(data, "little")
                return b""
            case Header.MASTER_INHIBIT if len(data) == 1:
                self.accepting = bool(data[0] & 1)
                return b""
            case Header.MASTER_INHIBIT_STATUS:
                return bytes([self.accepting])
            case Header.SELF_CHECK:
                return bytes([self.blocked])
            case Header.RESET:
                self._forget()
                return b""
        return self._names.get(Header(header), Header.NAK) if header in _KNOWN else Header.NAK


_KNOWN = frozenset(int(header) for header in Header)


class SimHopper(_Device):
    """`stock` coins lie in it, `out` have come out of it. Who pays out says its serial number; or, with a `cipher`,
    what that makes of the key that 160 told last."""

    def __init__(
        self,
        stock: int,
        *,
        address: int = 3,
        serial: int = 345678,
        cipher: Callable[[bytes], bytes] | None = None,
    ) -> None:
        super().__init__(address, "Payout", serial)
        self.stock, self.out = stock, 0
        self.jammed = False
        self.flags = OFF  # as 163 tells them
        self._cipher, self._key = cipher, 0
        self._paid = self._unpaid = 0
        self._forget()

    def _forget(self) -> None:
        self._counter, self._remaining, self.flags = 0, 0, OFF
        self._next = 0.0

    def cut_power(self) -> None:
        super().cut_power()
        self._forget()

    @property
    def is_paying(self) -> bool:
        return self._remaining > 0

    def answer(self, header: int, data: bytes, now: float) -> Answer:
        if not self._is_awake(now):
            return None
        self.turn(now)
        match header:
            case Header.HOPPER_STATUS:
                return bytes([self._counter, self._remaining, self._paid, self._unpaid])
            case Header.TEST_HOPPER:
                return self.flags.to_bytes(2, "little")
            case Header.ENABLE_HOPPER:
                self.flags = self.flags & ~OFF if data == ENABLED else self.flags | OFF
                return b""
            case Header.CIPHER_KEY if self._cipher:
                self._key += 1
                return self._key.to_bytes(8, "big")
            case Header.DISPENSE:
                return self._dispense(data, now)
            case Header.EMERGENCY_STOP:
                self._remaining = 0
                return bytes([self._unpaid])
            case Header.RESET:
                self._forget()
                return b""
        return self._names.get(Header(header), Header.NAK) if header in _KNOWN else Header.NAK

    def turn(self, now: float) -> None:
        """Drops the coins that were due until `now`."""
        while self._remaining and self._next <= now:
            if self.jammed or not self.stock:
                self.flags |= 1 << 5 if self.jammed else 1 << 1
                self._remaining = 0
                return
            self.stock, self.out = self.stock - 1, self.out + 1
            self._paid, self._unpaid = self._paid + 1, self._unpaid - 1
            self._remaining -= 1
            self._next += COIN_EVERY if self.stock and not self.jammed else GIVES_UP

    def _dispense(self, data: bytes, now: float) -> Answer:
        code, number = data[:-1], data[-1] if data else 0
        right = self._cipher(self._key.to_bytes(8, "big")) if self._cipher else self.serial.to_bytes(3, "little")
        self._key += 1  # a key opens once
        if self.flags & OFF or code != right or not number:
            return Header.NAK
        if self._remaining:
            return Header.BUSY
        self.flags &= OFF
        self._counter = self._counter % TURN + 1
        self._paid, self._unpaid, self._remaining = 0, number, number
        self._next = now + (COIN_EVERY if self.stock and not self.jammed else GIVES_UP)
        return bytes([self._counter])
