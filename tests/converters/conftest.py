"""What tests of converters share: reading bytes as the pipeline does, sniffed and claimed before they are read."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from tillpost.converters import claim
from tillpost.converters.reading import sniff
from tillpost.model import Event, ReadOptions

Read = Callable[..., list[Event]]
HEAD = 64 * 1024


@pytest.fixture(scope="session")
def read() -> Read:
    """`read(data, name=…, **options)`: the events of a whole file; raises what its converter raises."""

    def events(data: bytes | str, name: str = "export.xml", **options: object) -> list[Event]:
        whole = data if isinstance(data, bytes) else data.encode()
        head = sniff(whole[:HEAD], name)
        converter = claim(head)
        converter.header(head)
        return list(converter.read(io.BytesIO(whole), head, ReadOptions(**options)))  # type: ignore[arg-type]

    return events
