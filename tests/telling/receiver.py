"""A stand-in for a monitor or a webhook: it records what it was sent, and answers as it is told to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CANARY = "canary-3e9b"
"""A part of every address: whoever knows it may write there."""


@dataclass(frozen=True)
class Notice:
    """One request as it came in."""

    method: str
    path: str
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def step(self) -> str:
        """What follows the address that the settings hold."""
        return self.path.partition(CANARY)[2]


@dataclass
class Reply:
    status: int = 204
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Receiver:
    """Gives one of `replies` to each request, the last one for ever; with none of them, it hangs."""

    port: int = 0
    notices: list[Notice] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/{CANARY}"

    @property
    def steps(self) -> list[str]:
        return [notice.step for notice in self.notices]

    @property
    def messages(self) -> list[str]:
        return [notice.document["content"] for notice in self.notices]

    def take(self, notice: Notice) -> Reply:
        self.notices.append(notice)
        if not self.replies:
            self.over.wait(60)
            return Reply(503)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            reply = receiver.take(Notice(self.command, self.path, self.rfile.read(length)))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False  # an answer may hang until its client is gone
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
