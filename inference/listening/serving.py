"""The test's web server: for this machine alone, at an address that cannot be guessed."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from socket import socket
from typing import Any

import numpy as np

from ...models.errors import GlassmasterError, OutputError, ParameterError
from .session import Session

HOST = "127.0.0.1"

MOST_BODY_BYTES = 4096
MOST_AT_ONCE = 32
"""Connections; others are hung up on."""

SILENT_CONNECTION_S = 20.0
"""A connection on which nothing arrives for so long is closed."""

SCRIPTS = ("page.js", "player.js")

_TOKEN_BYTES = 16
_HTML, _SCRIPT = "text/html; charset=utf-8", "text/javascript; charset=utf-8"
_JSON, _SAMPLES = "application/json", "application/octet-stream"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class ListeningServer(ThreadingHTTPServer):
    """Serves one test.

    Args:
        session: The test.
        page: HTML of the test.
        result: Returns the HTML of its result; called after it has ended.
        port: 0 for any that is free.

    Raises:
        OutputError: ``port`` cannot be had.

    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 2 * MOST_AT_ONCE

    def __init__(
        self, session: Session, page: str, result: Callable[[], str], port: int = 0
    ) -> None:
        self.session, self.page, self.result = session, page, result
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        # shape (2, time): all of left, then all of right; every version has as many bytes
        self.audio = [
            np.ascontiguousarray(samples, "<f4").tobytes() for samples in session.test.heard
        ]
        package = files(__package__)
        self.scripts = {name: package.joinpath(name).read_bytes() for name in SCRIPTS}
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            message = f"port {port} cannot be had ({error.strerror}); choose another, or none"
            raise OutputError(message, code="port") from error

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own; hang up where there are too many."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._room.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Leave a connection that broke; there is nobody to tell."""


@contextmanager
def serving(server: ListeningServer) -> Iterator[None]:
    """Answer requests in the background."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _RefusalError(Exception):
    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class _Handler(BaseHTTPRequestHandler):
    server: ListeningServer
    protocol_version = "HTTP/1.1"
    server_version = "glassmaster"
    sys_version = ""
    timeout = SILENT_CONNECTION_S
    error_content_type = _JSON
    error_message_format = '{"error": "%(code)d"}'

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *values: Any) -> None:
        """Say nothing: stderr is for people."""

    def _answer(self, make: Callable[[str], tuple[str, bytes]]) -> None:
        try:
            path = self._inside()
            content_type, body = make(path)
            status = HTTPStatus.OK
        except _RefusalError as refusal:
            status, content_type = refusal.status, _JSON
            body = _json({"error": refusal.reason})
            self.close_connection = True  # what is left of a body is not read
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        if status == HTTPStatus.OK and path == "result":
            self.server.session.told.set()

    def _inside(self) -> str:
        """Return the path within the test."""
        # another site's page may reach this machine under a name of its own
        own = {f"{each}:{self.server.port}" for each in (HOST, "localhost")}
        if self.headers.get("Host") not in own:
            raise _RefusalError(HTTPStatus.FORBIDDEN, "another host")
        parts = self.path.split("/", 2)
        token = parts[1].encode() if len(parts) == 3 else b""
        if not secrets.compare_digest(token, self.server.token.encode()):
            raise _RefusalError(HTTPStatus.NOT_FOUND, "not found")
        return parts[2]

    def _get(self, path: str) -> tuple[str, bytes]:
        server = self.server
        if path == "":
            return _HTML, server.page.encode()
        if path == "state":
            return _JSON, _json(server.session.state())
        if path in server.scripts:
            return _SCRIPT, server.scripts[path]
        if path == "result" and server.session.ended.is_set() and not server.session.failure:
            return _HTML, server.result().encode()
        folder, _, source = path.partition("/")
        version = server.session.version_of(source) if folder == "audio" else None
        if version is None:
            raise _RefusalError(HTTPStatus.NOT_FOUND, "not found")
        return _SAMPLES, server.audio[version]

    def _post(self, path: str) -> tuple[str, bytes]:
        if path != "answer":
            raise _RefusalError(HTTPStatus.NOT_FOUND, "not found")
        if self.headers.get_content_type() != _JSON:  # which no form of another site can send
            raise _RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON")
        try:
            return _JSON, _json(self.server.session.take(json.loads(self._body())))
        except ParameterError as error:
            raise _RefusalError(HTTPStatus.CONFLICT, error.message) from error
        except (RecursionError, ValueError) as error:
            raise _RefusalError(HTTPStatus.BAD_REQUEST, "no JSON") from error
        except GlassmasterError as error:
            raise _RefusalError(HTTPStatus.INTERNAL_SERVER_ERROR, error.message) from error

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise _RefusalError(HTTPStatus.LENGTH_REQUIRED, "say how long it is")
        if len(length) > 9 or int(length) > MOST_BODY_BYTES:
            raise _RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _RefusalError(HTTPStatus.BAD_REQUEST, "cut off")
        return body


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()
