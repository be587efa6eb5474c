"""Access to the page: other machines need a token, and pages of other sites are refused."""

import hmac
import ipaddress
import secrets
import urllib.parse
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
SAFE = ("GET", "HEAD")
Answer = Callable[[Scope, Receive, Send], Awaitable[None]]


def is_loopback(host: str) -> bool:
    """Whether an address is a loopback address, which other machines cannot reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def make_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(18)


class Guard:
    """ASGI middleware that refuses requests without access.

    Args:
        app: the application to guard.
        token: required once in the address and then in a cookie, or as a bearer token; empty for none, in which case
            requests must name an address of this machine, so that no other site's name leads here.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse to."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        answer = self._refusal(request)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await (answer or self._app)(scope, receive, send_with_headers)

    def _refusal(self, request: Request) -> ASGIApp | None:
        host = request.headers.get("host", "")
        if not self._token and not is_loopback(urllib.parse.urlsplit(f"//{host}").hostname or ""):
            return _refuse("this page is for its own machine only; start it with --host to share it", 421)
        if request.method not in SAFE and not _same_origin(request.headers, host):
            return _refuse("another site may not do that here", 403)
        if not self._token:
            return None
        cookie = f"dmb_{request.url.port or 0}"
        if self._knows(request.cookies.get(cookie, "")) or self._knows(_bearer(request.headers)):
            return None
        if request.url.path == "/" and self._knows(request.query_params.get("token", "")):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(cookie, self._token, httponly=True, samesite="strict", max_age=30 * 24 * 3600)
            return answer
        return _refuse("a token is needed: open the address that the command printed, with ?token=... at its end", 401)

    def _knows(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())


def _bearer(headers: Headers) -> str:
    kind, _, value = headers.get("authorization", "").partition(" ")
    return value if kind.lower() == "bearer" else ""


def _same_origin(headers: Headers, host: str) -> bool:
    origin = headers.get("origin")
    return origin is None or urllib.parse.urlsplit(origin).netloc == host


def _refuse(sentence: str, status: int) -> ASGIApp:
    return JSONResponse({"error": sentence}, status)
