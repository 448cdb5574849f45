"""Where elements begin: this file alone counts lines.

libxml2 keeps the line in which a start tag *ends*, and above 65535 that of some text nearby. What an ERP's people look
for is the line in which the record begins, in a file of any length; so the start tags of records are looked for in the
bytes that the parser is fed, and paired with its events: a `<name` outside of comments, CDATA and processing
instructions is a start tag, because XML allows `<` nowhere else.

Failures: none; what is not well-formed is the parser's to refuse.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection

_CLOSINGS = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"))
_LONGEST_OPENING = len(b"<![CDATA[")


class Lines:
    """Lines of the start tags of `names`, in their order. Names may carry `prefix`, that of the root."""

    def __init__(self, names: Collection[str], prefix: str = "") -> None:
        spelt = "|".join(re.escape(name) for name in sorted(names))
        before = f"(?:{re.escape(prefix)}:)?" if prefix else ""
        self._tag = re.compile(rf"<(?:{before}(?:{spelt})[ \t\r\n/>]|[!?])".encode())
        self._longest = _LONGEST_OPENING + max(len(f"{prefix}:{name}".encode()) for name in names)
        self._rest = b""
        self._closing = b""  # inside a comment or the like: what ends it
        self._line = 1
        self._found: deque[int] = deque()

    def next(self) -> int:
        """The line of the next start tag; 0 where none was seen."""
        return self._found.popleft() if self._found else 0

    def feed(self, piece: bytes) -> None:
        """Looks through the file's next bytes. A tag cut by the end of `piece` waits for the next one."""
        data = self._rest + piece
        at = counted = 0
        while True:
            if self._closing:
                end = data.find(self._closing, at)
                if end < 0:
                    keep = max(at, len(data) - len(self._closing) + 1)
                    break
                at, self._closing = end + len(self._closing), b""
            match = self._tag.search(data, at)
            if match is None:
                keep = self._cut(data, at)
                break
            self._line += data.count(b"\n", counted, match.start())
            counted = match.start()
            if match[0][-1:] in b"!?":
                at = self._enter(data, counted)
                if at < 0:
                    keep = counted
                    break
            else:
                self._found.append(self._line)
                at = match.end()
        self._line += data.count(b"\n", counted, keep)
        self._rest = data[keep:]

    def _enter(self, data: bytes, start: int) -> int:
        """Where to go on after `<!` or `<?`; -1 where too little of it is there."""
        for opening, closing in _CLOSINGS:
            if data.startswith(opening, start):
                self._closing = closing
                return start + len(opening)
        return -1 if len(data) - start < _LONGEST_OPENING else start + 2

    def _cut(self, data: bytes, at: int) -> int:
        """From where `data` must be looked at again: its last `<`, if what follows may yet become a name."""
        last = data.rfind(b"<", max(at, len(data) - self._longest))
        return len(data) if last < 0 else last
