"""A simulated BrueBox on the network: its SOAP service, and the connection on which it sends its events. One thread
steps it; nothing blocks but `step` itself, for as long as it is told, and a connection to a host that is not there.

Failures: `Halt` (glory.listener) where the port cannot be had.
"""

from __future__ import annotations

import re
import selectors
import socket
from collections.abc import Collection

from ...errors import Halt, Reason
from ..nouns import Unanswered
from .messages import LONGEST_ANSWER, PATH
from .simulated import SimBrueBox
from .simwords import Asked

PIECE = 1 << 16
MOST_WAITING = 1 << 20  # bytes of events that nobody takes
HEAD = (
    b"HTTP/1.1 200 OK\r\nServer: Axis2C\r\nContent-Type: text/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
)
NO_LENGTH = b"HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,9}) *(?:\r\n|$)", re.IGNORECASE)
LATEST = 0.05  # seconds, between two looks at the machine's own time


class SimGloryServer:
    """Serves `machine` on `address`; port 0 = any."""

    def __init__(self, machine: SimBrueBox, *, address: str = "127.0.0.1", port: int = 0) -> None:
        self.machine = machine
        try:
            self._listener = socket.create_server((address, port))
        except OSError as error:
            raise Halt(Reason("glory.listener", port=port, detail=error.strerror or str(error))) from error
        self._listener.setblocking(False)
        self._plugged = True
        self._callers: list[_Caller] = []
        self._events: socket.socket | None = None
        self._to: tuple[str, int] | None = None
        self._waiting = bytearray()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def name(self) -> str:
        """Where hosts ask."""
        return f"http://{self._listener.getsockname()[0]}:{self.port}{PATH}"

    def unplug(self) -> None:
        """The cable is pulled out: nothing comes through, and connections stay as they are, as with a real one."""
        self._plugged = False

    def plug(self) -> None:
        self._plugged = True

    def step(self, seconds: float, also: Collection[int] = ()) -> None:
        """Serves whoever wants something, at most for `seconds`, or until one of the files `also` can be read."""
        wanted = self._wanted() if self._plugged else {}
        with selectors.PollSelector() as selector:
            for file, ways in (wanted | dict.fromkeys(also, selectors.EVENT_READ)).items():
                selector.register(file, ways)
            selector.select(min(seconds, LATEST))
        self.machine.advance()
        if self._plugged:
            self._serve_all()

    def _wanted(self) -> dict[int, int]:
        """What is waited for, by file."""
        wanted = {self._listener.fileno(): selectors.EVENT_READ}
        for caller in self._callers:
            ways = selectors.EVENT_READ if caller.asked is None else 0
            if ways := ways | (selectors.EVENT_WRITE if caller.left else 0):
                wanted[caller.socket.fileno()] = ways
        return wanted

    def _serve_all(self) -> None:
        self._accept()
        for caller in self._callers:
            self._serve(caller)
        self._callers = [caller for caller in self._callers if not caller.over]
        self._send_events()

    def close(self) -> None:
        for one in (self._listener, self._events, *(caller.socket for caller in self._callers)):
            if one is not None:
                one.close()

    # --- questions

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        connection.setblocking(False)
        if self.machine.powered:
            self._callers.append(_Caller(connection, self.machine.boots))
        else:
            connection.close()

    def _serve(self, caller: _Caller) -> None:
        try:
            if not self.machine.powered or self.machine.boots != caller.boot:
                caller.end()
                return
            body = caller.hear() if caller.asked is None else None
            if body is not None:
                caller.asked = self.machine.ask(body)
            caller.say()
        except (OSError, Unanswered):
            caller.end()

    # --- events

    def _send_events(self) -> None:
        if self._to != self.machine.listener or not self.machine.powered:
            self._disconnect()
            self._to = self.machine.listener
        self._waiting += b"".join(self.machine.outgoing)
        self.machine.outgoing.clear()
        del self._waiting[:-MOST_WAITING]
        if not self._waiting or self._to is None:
            return
        try:
            if self._events is None:
                self._events = socket.create_connection(self._to, timeout=1.0)
                self._events.setblocking(False)
            del self._waiting[: self._events.send(self._waiting)]
        except BlockingIOError:
            return
        except (OSError, OverflowError, UnicodeError):  # nobody there, or no address at all
            self._disconnect()

    def _disconnect(self) -> None:
        if self._events is not None:
            self._events.close()
        self._events = None
        self._waiting.clear()


class _Caller:
    """One HTTP connection with one question."""

    def __init__(self, connection: socket.socket, boot: int) -> None:
        self.socket, self.boot = connection, boot
        self.asked: Asked | None = None
        self.over = False
        self.left = b""
        self._heard = bytearray()
        self._answered = False

    def hear(self) -> bytes | None:
        """The body of the question, when it is whole."""
        try:
            data = self.socket.recv(PIECE)
        except BlockingIOError:
            return None
        self._heard += data
        head, found, body = bytes(self._heard).partition(b"\r\n\r\n")
        if found:
            length = _LENGTH.search(head)
            if length is None:
                self.left = NO_LENGTH
                return None
            if len(body) >= int(length[1]):
                return body
        if not data or len(self._heard) > LONGEST_ANSWER:
            raise ConnectionError
        return None

    def say(self) -> None:
        if self.asked and self.asked.answer is not None and not self._answered:
            self._answered, body = True, self.asked.answer
            self.left = HEAD % len(body) + body
        if self.left:
            try:
                self.left = self.left[self.socket.send(self.left) :]
            except BlockingIOError:
                return
            if not self.left:
                self.end()

    def end(self) -> None:
        self.over = True
        self.socket.close()
