"""What stands around every answer: the headers that tell a browser what it must not do, and how much may be sent to us.

Failures: none; what is too large is answered with 413, what does not say how large it is with 411.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 65_536  # bytes of a form
STATIC = "/static/"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
STRICT = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Strict:
    """Around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in STRICT.items():
                    headers[name] = value
                headers["cache-control"] = "max-age=3600" if scope["path"].startswith(STATIC) else "no-store"
            await send(message)

        refusal = _refusal(scope)
        await (refusal or self._app)(scope, receive, answer)


def _refusal(scope: Scope) -> ASGIApp | None:
    """Of what is sent to us without its length, or is longer than any form. The server below reads no more than was
    announced."""
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers:
        return PlainTextResponse("length required", 411)
    if int(headers.get("content-length", "0")) > LARGEST:
        return PlainTextResponse("too large", 413)
    return None
