"""A real line to a device, by pyserial: a port's path, or socket://host:port, or rfc2217://host:port.

Sorts out what pyserial raises where an adapter is pulled out, which depends on the moment and the system:
SerialException, OSError or termios.error. All of them mean that the line is gone: it is closed, and `open` tries anew.

Failures: `Unanswered` (link.gone) where the port is not there, is held by another program, or vanishes; `Halt`
(link.address) for an address that pyserial does not understand.
"""

from __future__ import annotations

import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import serial

from ...errors import Halt, Reason
from ..nouns import Unanswered

GONE = (serial.SerialException, OSError, termios.error, EOFError)
WRITING = 1.0  # seconds; a frame takes a tenth of it at 9600 baud, so the line has stopped


class SerialLink:
    """`promises.Link` and `promises.BusLink`. 8 data bits; `parity` N, E or O."""

    def __init__(self, address: str, *, baud: int = 9600, parity: str = "N", stop_bits: int = 1) -> None:
        self._address = address
        self._make: Callable[[], serial.Serial] = lambda: serial.serial_for_url(
            address, baudrate=baud, parity=parity, stopbits=stop_bits, write_timeout=WRITING, do_not_open=True
        )
        self._port: serial.Serial | None = None

    def open(self) -> None:
        """Opens anew. A port is held alone: two programs on one device would take each other's answers."""
        self.close()
        try:
            port = self._make()
        except (ValueError, ImportError) as error:
            raise Halt(Reason("link.address", port=self._address, detail=error)) from error
        try:
            if "://" not in self._address:
                port.exclusive = True
            port.open()
        except GONE as error:
            raise Unanswered(Reason("link.gone", port=self._address, detail=error)) from error
        self._port = port

    def close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            with _closing():
                port.close()

    def read(self, timeout: float) -> bytes:
        with self._gone() as port:
            if port.timeout != timeout:
                port.timeout = timeout
            first = bytes(port.read(1))
            return first + bytes(port.read(port.in_waiting)) if first else b""

    def write(self, data: bytes) -> None:
        with self._gone() as port:
            port.write(data)

    def hold_low(self, seconds: float) -> None:
        """Holds the line low for at least `seconds`: the reset of a bus."""
        with self._gone() as port:
            port.send_break(duration=max(seconds, 0.25))  # pyserial counts in quarters, and rounds down

    @contextmanager
    def _gone(self) -> Iterator[serial.Serial]:
        if self._port is None:
            raise Unanswered(Reason("link.gone", port=self._address, detail="closed"))
        try:
            yield self._port
        except GONE as error:
            self.close()
            raise Unanswered(Reason("link.gone", port=self._address, detail=error)) from error


@contextmanager
def _closing() -> Iterator[None]:
    """A port that has vanished may refuse to be closed, and is closed all the same."""
    try:
        yield
    except GONE:
        return
