"""A proxy before Postgres that counts statements, and at one of them does something."""

import contextlib
import select
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Lock, Thread

from sqlalchemy import make_url

_CHUNK = 65_536
_LENGTH = struct.Struct("!i")
_END_OF_STATEMENT = {b"Q", b"S"}  # a simple query, and the Sync that ends an extended one
_READY = b"Z"
_TERMINATE = b"X"


class Moment(Enum):
    """When something happens, seen from the server."""

    BEFORE = auto()  # it never hears of the statement
    AFTER = auto()  # it has carried the statement out, and its answer is not passed on


@dataclass
class Incident:
    """At the `at`th statement (counted from 1), `action` is called; unless it `spares` the connection, that is cut."""

    at: int
    moment: Moment
    action: Callable[[], object] = lambda: None
    spares: bool = False


@dataclass
class PostgresProxy:
    """Hands everything on between sgsync and the server at `url`."""

    url: str
    incident: Incident | None = None
    statements: list[str] = field(default_factory=list)
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _counting: Lock = field(default_factory=Lock)

    @property
    def proxied_url(self) -> str:
        """Where sgsync connects to."""
        target = make_url(self.url)
        query = {"sslmode": "disable", "gssencmode": "disable"}
        through = target.set(host="127.0.0.1", port=self._listener.getsockname()[1], query=query)
        return through.render_as_string(hide_password=False).replace("+psycopg", "", 1)

    @contextmanager
    def running(self) -> Iterator["PostgresProxy"]:
        Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self.stop_listening()

    def stop_listening(self) -> None:
        with contextlib.suppress(OSError):  # closing alone does not wake accept()
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, _connect(self.url) as server:
            server.sendall(_read_startup(client))
            _Session(self, client, server).run()

    def count(self, statement: str) -> Incident | None:
        """Note a statement; the incident, if this is its moment."""
        with self._counting:
            self.statements.append(statement)
            is_due = self.incident and len(self.statements) == self.incident.at
        return self.incident if is_due else None


class _Session:
    """One connection. Of each statement, the client waits for the answer before it sends the next."""

    def __init__(self, proxy: PostgresProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._asked = b""
        self._text = ""
        self._withheld: Incident | None = None
        self._answer = b""

    def run(self) -> None:
        while True:
            readable, _, _ = select.select([self._client, self._server], [], [])
            for end in readable:
                data = end.recv(_CHUNK)
                if not data:
                    return
                goes_on = self._pass_question(data) if end is self._client else self._pass_answer(data)
                if not goes_on:
                    return

    def _pass_question(self, data: bytes) -> bool:
        self._asked += data
        done = 0
        for kind, body, end in _messages(self._asked):
            if kind in {b"Q", b"P"}:
                self._text = _sql(kind, body)
            if kind not in _END_OF_STATEMENT:
                if kind in {_TERMINATE, b"p"}:  # the end, or a password
                    self._server.sendall(self._asked[done:end])
                    done = end
                continue
            incident = self._proxy.count(self._text)
            if incident and incident.moment is Moment.BEFORE:
                incident.action()
                if not incident.spares:
                    return False
            elif incident:
                self._withheld = incident
            self._server.sendall(self._asked[done:end])
            done = end
        self._asked = self._asked[done:]
        return True

    def _pass_answer(self, data: bytes) -> bool:
        if self._withheld is None:
            self._client.sendall(data)
            return True
        self._answer += data
        if not any(kind == _READY for kind, _, _ in _messages(self._answer)):
            return True
        self._withheld.action()
        if not self._withheld.spares:
            return False
        self._client.sendall(self._answer)
        self._withheld, self._answer = None, b""
        return True


def _messages(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Kind, body and end of every message that is complete."""
    start = 0
    while len(data) >= start + 5:
        (length,) = _LENGTH.unpack_from(data, start + 1)
        end = start + 1 + length
        if len(data) < end:
            return
        yield data[start : start + 1], data[start + 5 : end], end
        start = end


def _sql(kind: bytes, body: bytes) -> str:
    parts = body.split(b"\0")
    return parts[0 if kind == b"Q" else 1].decode(errors="replace")


def _read_startup(client: socket.socket) -> bytes:
    """The first message, which alone has no kind."""
    head = client.recv(4, socket.MSG_WAITALL)
    if len(head) < _LENGTH.size:
        raise ConnectionError
    (length,) = _LENGTH.unpack(head)
    return head + client.recv(length - 4, socket.MSG_WAITALL)


def _connect(url: str) -> socket.socket:
    target = make_url(url)
    host = target.host or str(target.query.get("host", "localhost"))
    port = target.port or 5432
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    server = socket.socket(socket.AF_UNIX)
    server.connect(f"{host}/.s.PGSQL.{port}")
    return server


@contextmanager
def postgres_proxy(url: str, incident: Incident | None = None) -> Iterator[PostgresProxy]:
    with PostgresProxy(url, incident).running() as proxy:
        yield proxy
