"""A web server on this machine that misbehaves on purpose, below the level where mocks work."""

import contextlib
import socket
import struct
from collections.abc import Callable, Iterator
from threading import Event, Thread


class Connection:
    """One connection of a client, seen by the script that answers its requests."""

    def __init__(self, wire: socket.socket, stopped: Event) -> None:
        self._wire = wire
        self._stopped = stopped

    def send(self, data: bytes) -> None:
        self._wire.sendall(data)

    def send_slowly(self, data: bytes, pause: float = 0.02) -> None:
        """Byte by byte, until the test is over."""
        for byte in data:
            if self._stopped.wait(pause):
                return
            self.send(bytes([byte]))

    def hang(self) -> None:
        self._stopped.wait()

    def close(self) -> None:
        self._wire.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Close the way a crashed server does, with RST."""
        self._wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._wire.close()


class Loopback:
    """Answers each request with `answer`, and counts them."""

    def __init__(self, answer: Callable[[Connection], None]) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answer = answer
        self._stopped = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api"

    def stop(self) -> None:
        self._stopped.set()
        # Closing alone does not wake a thread that is blocked in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._stopped.is_set():
                wire, _ = self._listener.accept()
                self.connections += 1
                thread = Thread(target=self._serve, args=(wire,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, wire: socket.socket) -> None:
        with contextlib.suppress(OSError), wire:
            while header := _read_header(wire):
                self.requests.append(header)
                self._answer(Connection(wire, self._stopped))


def _read_header(wire: socket.socket) -> bytes:
    """The next request's header; empty when the client has left."""
    header = b""
    while not header.endswith(b"\r\n\r\n"):
        received = wire.recv(4096)
        if not received:
            return b""
        header += received
    return header


def http_answer(body: bytes, *header: str, length: int | None = None) -> bytes:
    """A whole answer; `length` is a Content-Length that lies."""
    announced = len(body) if length is None else length
    lines = ("HTTP/1.1 200 OK", f"Content-Length: {announced}", *header, "", "")
    return "\r\n".join(lines).encode() + body


@contextlib.contextmanager
def loopback(answer: Callable[[Connection], None]) -> Iterator[Loopback]:
    server = Loopback(answer)
    try:
        yield server
    finally:
        server.stop()
