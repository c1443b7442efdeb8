"""An end to answers that trickle in."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any


class Watchdog:
    """Cuts the connection of an exchange that takes too long.

    A client's read timeout starts anew with every byte, and no code of ours runs before the last line
    of the header is in: a server that drips its header would hold a run for ever.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def observe(self, event: str, details: Mapping[str, Any]) -> None:
        """Note the connection in use; made for httpx's "trace" request extension."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = details["return_value"].get_extra_info("socket")

    @contextmanager
    def cut_after(self, seconds: float) -> Iterator[None]:
        """Let the block's connection live for at most `seconds`."""
        timer = Timer(seconds, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def cut(self) -> None:
        """End the connection, whoever waits for it."""
        if self._socket is not None:
            with suppress(OSError):
                # Not SSLSocket's own, which takes the TLS state away from under the reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
