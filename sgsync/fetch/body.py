"""The body of an answer, put together under a limit on what it takes and on what it swells to."""

import zlib

from sgsync.errors import FeedUnreadableError

_GZIP = 16 + zlib.MAX_WBITS


class Body:
    """Raw chunks in, the whole content out.

    httpx inflates a chunk before anybody can count: 261 kB arrive as 67 MB. Hence raw bytes and an
    inflater that stops at the limit.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        """`encoding` is the Content-Encoding; `limit` counts bytes, compressed and inflated alike.

        Raises FeedUnreadableError for an encoding that nobody asked for.
        """
        self._inflater = _inflater(encoding)
        self._limit = limit
        self._received = 0
        self._content = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take the next bytes off the wire. Raises FeedUnreadableError when they are too many."""
        self._received += len(chunk)
        self._content += self._inflate(chunk) if self._inflater else chunk
        if max(self._received, len(self._content)) > self._limit:
            raise FeedUnreadableError(
                f"SpeedGaming's answer is larger than {self._limit:,} bytes, which no schedule is: "
                "check SGSYNC_API_URL, or ask for a shorter window."
            )

    def whole(self) -> bytes:
        """The content. Raises FeedUnreadableError where the end of the compressed data is missing."""
        if self._inflater and not self._inflater.eof:
            raise FeedUnreadableError("SpeedGaming's answer breaks off in its middle. Try again later.")
        return bytes(self._content)

    def _inflate(self, chunk: bytes) -> bytes:
        assert self._inflater is not None
        room = self._limit - len(self._content)
        try:
            # One byte over the limit is enough to know; 0 would mean "no limit".
            inflated = self._inflater.decompress(chunk, room + 1)
        except zlib.error:
            raise FeedUnreadableError("SpeedGaming's answer is damaged gzip data. Try again later.") from None
        if self._inflater.unused_data:
            raise FeedUnreadableError("SpeedGaming's answer goes on after its end. Try again later.")
        return inflated


def _inflater(encoding: str) -> "zlib._Decompress | None":
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return zlib.decompressobj(_GZIP)
    raise FeedUnreadableError(
        "SpeedGaming's answer is compressed in a way that was not asked for: "
        "check whether a proxy stands between."
    )
