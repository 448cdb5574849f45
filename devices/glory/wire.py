"""How a BrueBox is reached: one HTTP POST for each question, and a port where it connects to with its events. Nothing
here blocks but `wait`, so one thread asks, listens and cancels; nothing here knows what the messages mean.

Only the machine itself may connect to the event port: an event can settle a transaction.

Failures: `Unanswered` (glory.line, glory.http, glory.garbled) where an exchange fails; its `sent` says whether the
machine can have heard anything. `Halt` (glory.listener) where the event port cannot be had.
"""

from __future__ import annotations

import errno
import http.client
import io
import os
import selectors
import socket
from typing import Protocol

from ...errors import Halt, Reason
from ..nouns import Unanswered
from .messages import LONGEST_ANSWER, PATH

LONGEST_HEAD = 1 << 14
PIECE = 1 << 16
MOST_CONNECTIONS = 4  # of events; the machine opens one, and a new one when it has lost that


class Exchange(Protocol):
    """A question and its answer."""

    @property
    def sent(self) -> bool:
        """Whether anything can have reached the machine."""
        ...

    def step(self) -> bytes | None:
        """The body of the answer; None = not yet. Raises Unanswered."""
        ...

    def close(self) -> None: ...


class Wire(Protocol):
    def post(self, action: str, body: bytes) -> Exchange: ...

    def events(self) -> list[tuple[int, bytes]]:
        """What has come, by connection; b"" = it was closed."""
        ...

    def wait(self, seconds: float) -> None:
        """Until there may be something new, at most so long."""
        ...

    def close(self) -> None: ...


def question(host: str, action: str, body: bytes) -> bytes:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "{action}"\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n'
    )
    return head.encode("ascii") + body


class Reply:
    """An HTTP answer as it comes in, bounded."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> bytes | None:
        """The body, as soon as it is whole. `data` b"" = the end. Raises Unanswered."""
        self._data += data
        if len(self._data) > LONGEST_HEAD + LONGEST_ANSWER:
            raise Unanswered(Reason("glory.garbled", detail="too long"))
        if data and not self._whole():
            return None
        return self._body()

    def _whole(self) -> bool:
        head, found, body = bytes(self._data).partition(b"\r\n\r\n")
        if not found:
            if len(head) > LONGEST_HEAD:
                raise Unanswered(Reason("glory.garbled", detail="too long"))
            return False
        for line in head.lower().split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name == b"content-length" and value.strip().isdigit():
                return len(body) >= int(value)
            if name == b"transfer-encoding":
                return body.endswith(b"0\r\n\r\n")
        return False

    def _body(self) -> bytes:
        response = http.client.HTTPResponse(_Held(bytes(self._data)))  # type: ignore[arg-type]
        try:
            response.begin()
            body = response.read()
        except (http.client.HTTPException, ValueError, OSError) as error:
            raise Unanswered(Reason("glory.garbled", detail=type(error).__name__)) from error
        if response.status not in (200, 500):  # 500: a fault of the service, in an envelope
            raise Unanswered(Reason("glory.http", status=response.status))
        return body


class _Held:
    """What http.client takes for a socket: bytes that have come already."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


class TcpExchange:
    """`Exchange` over a socket that never blocks."""

    def __init__(self, address: tuple[str, int], data: bytes) -> None:
        self.sent = False
        self._left = data
        self._reply = Reply()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self._failed = self.socket.connect_ex(address)

    @property
    def wants_to_write(self) -> bool:
        return bool(self._left)

    def step(self) -> bytes | None:
        try:
            self._connected()
            if self._left:
                count = self.socket.send(self._left)
                self.sent, self._left = True, self._left[count:]
            if not self._left:
                return self._reply.feed(self.socket.recv(PIECE))
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            if error.errno == errno.ENOTCONN:
                return None
            raise Unanswered(Reason("glory.line", detail=error.strerror or str(error))) from error
        return None

    def _connected(self) -> None:
        """Raises OSError where the connection failed, at its beginning (the socket tells that no more) or since."""
        begun = 0 if self._failed == errno.EINPROGRESS else self._failed
        if error := begun or self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(error, os.strerror(error))

    def close(self) -> None:
        self.socket.close()


class TcpWire:
    """`Wire` to the machine at `host`; `port` is its service, `listen` where it connects to (port 0 = any)."""

    def __init__(self, host: str, port: int = 80, *, listen: tuple[str, int] = ("", 0)) -> None:
        self._host, self._port = host, port
        self._exchanges: list[TcpExchange] = []
        self._connections: dict[int, socket.socket] = {}
        self._numbered = 0
        try:
            self._listener = socket.create_server(listen, backlog=MOST_CONNECTIONS)
        except OSError as error:
            raise Halt(Reason("glory.listener", port=listen[1], detail=error.strerror or str(error))) from error
        self._listener.setblocking(False)

    @property
    def listens_on(self) -> int:
        return int(self._listener.getsockname()[1])

    def post(self, action: str, body: bytes) -> Exchange:
        exchange = TcpExchange((self._address(), self._port), question(self._host, action, body))
        self._exchanges = [one for one in self._exchanges if one.socket.fileno() >= 0]
        self._exchanges.append(exchange)
        return exchange

    def _address(self) -> str:
        try:
            return socket.gethostbyname(self._host)
        except OSError as error:
            raise Unanswered(Reason("glory.line", detail=error.strerror or str(error))) from error

    def events(self) -> list[tuple[int, bytes]]:
        closed = self._accept()
        return closed + [
            (number, data) for number in list(self._connections) if (data := self._received(number)) is not None
        ]

    def _accept(self) -> list[tuple[int, bytes]]:
        """The oldest is closed where there are too many: the machine has forgotten it."""
        while True:
            try:
                connection, (address, _) = self._listener.accept()
            except (BlockingIOError, ConnectionError, InterruptedError):
                break
            if not self._is_machine(address):
                connection.close()
                continue
            connection.setblocking(False)
            self._numbered += 1
            self._connections[self._numbered] = connection
        oldest = list(self._connections)[:-MOST_CONNECTIONS]
        for number in oldest:
            self._connections.pop(number).close()
        return [(number, b"") for number in oldest]

    def _is_machine(self, address: str) -> bool:
        try:
            return address == self._address()
        except Unanswered:
            return False

    def _received(self, number: int) -> bytes | None:
        try:
            data = self._connections[number].recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            data = b""
        if not data:
            self._connections.pop(number).close()
        return data

    def wait(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            for one in (self._listener, *self._connections.values()):
                selector.register(one, selectors.EVENT_READ)
            for exchange in self._exchanges:
                if exchange.socket.fileno() >= 0:
                    way = selectors.EVENT_WRITE if exchange.wants_to_write else selectors.EVENT_READ
                    selector.register(exchange.socket, way)
            selector.select(max(0.0, seconds))

    def close(self) -> None:
        for one in (self._listener, *self._connections.values(), *(exchange.socket for exchange in self._exchanges)):
            one.close()
        self._connections.clear()
