"""A host of a BrueBox that knows nothing of the package: SOAP by hand over urllib, and a listener for its events."""

from __future__ import annotations

import re
import socket
import threading
import time
import urllib.request
from collections.abc import Callable

DEADLINE = 20.0  # seconds
_ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:bru="http://www.glory.co.jp/bruebox.xsd"><soapenv:Header/><soapenv:Body>'
    "<bru:{name}Request>{body}</bru:{name}Request></soapenv:Body></soapenv:Envelope>"
)
_CASH = re.compile(r'<Cash[^>]*type="(\d+)"[^>]*>(.*?)</Cash>', re.DOTALL)
_PIECES = re.compile(r'fv="(\d+)".*?<[^>]*Piece>(\d+)<', re.DOTALL)


class Reply:
    """An answer: its result, and the pieces of each type of cash."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.result = int(_found(r':result="(\d+)"', text))
        self.session = _found(r"<[^>]*SessionID>([^<]*)<", text)
        self.state = int(_found(r"<[^>]*Code>(\d+)<", text) or -1)

    def cash(self, type: int) -> dict[int, int]:  # noqa: A002
        told: dict[int, int] = {}
        for of, inside in _CASH.findall(self.text):
            for value, count in _PIECES.findall(inside) if int(of) == type else ():
                told[int(value)] = told.get(int(value), 0) + int(count)
        return told


class GloryHost:
    def __init__(self, url: str) -> None:
        self._url, self._sequence, self.session = url, 0, ""
        self.events: list[str] = []  # as they came, without their ends
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def ask(self, name: str, body: str = "", *, number: int = 0) -> Reply:
        self._sequence += 1
        known = f"<bru:Id>{number}</bru:Id><bru:SeqNo>{self._sequence}</bru:SeqNo>"
        session = f"<bru:SessionID>{self.session}</bru:SessionID>" if self.session else ""
        action = "GetStatus" if name == "Status" else f"{name}Operation"
        question = urllib.request.Request(
            self._url,
            _ENVELOPE.format(name=name, body=known + session + body).encode(),
            {"SOAPAction": action, "Content-Type": "text/xml; charset=utf-8"},
        )
        with urllib.request.urlopen(question, timeout=DEADLINE) as answer:
            return Reply(answer.read().decode())

    def begin(self) -> None:
        """A session, its events, and the machine for this till."""
        opened = self.ask("Open")
        assert opened.result == 0
        self.session = opened.session
        port = self._listener.getsockname()[1]
        told = f"<bru:Url>127.0.0.1</bru:Url><bru:Port>{port}</bru:Port><bru:DestinationType>0</bru:DestinationType>"
        assert self.ask("RegisterEvent", told).result == 0
        assert self.ask("Occupy").result == 0
        self.until(lambda: self.state() == 1)

    def state(self) -> int:
        return self.ask("Status", '<Option bru:type="0"/>').state

    def sale(self, amount: int, number: int, pays: Callable[[], object]) -> Reply:
        """A Change of `amount`; `pays` is done when the machine waits for cash."""
        replies: list[Reply] = []
        asking = threading.Thread(
            target=lambda: replies.append(
                self.ask("Change", f"<bru:Amount>{amount}</bru:Amount>", number=number),
            )
        )
        asking.start()
        self.until(lambda: self.state() == 3)
        pays()
        asking.join(DEADLINE)
        return replies[0]

    def until(self, done: Callable[[], object], pause: float = 0.02) -> None:
        deadline = time.monotonic() + DEADLINE
        while not done():
            assert time.monotonic() < deadline, self.events[-20:]
            time.sleep(pause)

    def states_told(self) -> list[int]:
        return [int(_found(r"<Status>(\d+)<", event)) for event in self.events if "<StatusChangeEvent>" in event]

    def _listen(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                heard = b""
                while data := connection.recv(1000):
                    *whole, heard = (heard + data).split(b"\0")
                    self.events += [event.decode() for event in whole]
            if b"enough" in heard:
                return

    def close(self) -> None:
        """After the machine has closed its connection."""
        with socket.create_connection(self._listener.getsockname()) as last:
            last.sendall(b"enough")
        self._thread.join()
        self._listener.close()


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""
