"""Bytes to records and nouns to till commands: the formats there are, and whose a file is.

Failures: Reject `converter.none` or `converter.two` for a file that nothing, or more than one thing, can read.
"""

from __future__ import annotations

from ..errors import Reason, Reject
from ..model import Converter, Head
from .commerceml import CommerceML
from .own import Own
from .reading import shortened

CONVERTERS: tuple[Converter, ...] = (Own(), CommerceML())


def claim(head: Head) -> Converter:
    """The one converter that a file is for. Raises Reject."""
    claiming = [converter for converter in CONVERTERS if converter.claims(head)]
    if not claiming:
        raise Reject(Reason("converter.none", root=shortened(head.root), namespace=shortened(head.namespace)))
    if len(claiming) > 1:
        names = ", ".join(converter.name for converter in claiming)
        raise Reject(Reason("converter.two", root=shortened(head.root), names=names))
    return claiming[0]
