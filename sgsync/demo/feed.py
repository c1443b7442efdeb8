"""A stand-in for SpeedGaming on loopback: the same requests, the same answers, from a list of episodes.

It behaves as the site does where that matters: errors are HTTP 200 with an object, JSON is called
text/html, an address without its last slash is redirected, `from` and `to` filter on `when`.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Episode = Any
"""One entry of a schedule, in the feed's own JSON; not all of them are objects."""


class StandInFeed(ThreadingHTTPServer):
    """Serves what `read` gives at the time of each request.

    `events` are known even while they have no episode: their names by slug.
    """

    daemon_threads = True

    def __init__(
        self, read: Callable[[], list[Episode]], events: Mapping[str, str] | None = None, port: int = 0
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.read = read
        self.events = events or {}

    def site(self) -> "_Site":
        return _Site(self.read(), self.events)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api"

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve from a thread; gives the base URL."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self.url
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


@dataclass(frozen=True, slots=True)
class _Site:
    """What there is to be asked for at one moment."""

    episodes: list[Episode]
    names: Mapping[str, str]

    @property
    def events(self) -> dict[str, Any]:
        """By slug: those of the episodes, and those without any."""
        idle = {slug: {"slug": slug, "name": name} for slug, name in self.names.items()}
        return idle | {slug: each["event"] for each in self.episodes if (slug := _slug(each))}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandInFeed

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if not address.path.endswith("/"):
            self._send(
                HTTPStatus.MOVED_PERMANENTLY,
                b"",
                Location=self.path.replace(address.path, f"{address.path}/", 1),
            )
            return
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        answer = _ANSWERS.get(address.path.removeprefix("/api"))
        if answer is None:
            self._send(HTTPStatus.NOT_FOUND, b"<h1>Not Found</h1>")
            return
        self._send(HTTPStatus.OK, json.dumps(answer(self.server.site(), query)).encode())

    def _send(self, status: HTTPStatus, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Stay silent: the log belongs to the importer."""


def _schedule(site: _Site, query: Mapping[str, str]) -> object:
    slug = query.get("event")
    if slug and slug not in site.events:
        return {"error": "Failed to find event."}
    since, until = (datetime.fromisoformat(query[end]) for end in ("from", "to"))
    return [
        episode
        for episode in site.episodes
        if (slug is None or _slug(episode) in (slug, None)) and _is_between(episode, since, until)
    ]


def _episode(site: _Site, query: Mapping[str, str]) -> object:
    wanted = query.get("id", "0")
    for episode in site.episodes:
        if isinstance(episode, dict) and str(episode.get("id")) == wanted:
            return episode
    return {"error": f"Failed to find episode with id {wanted}."}


def _events(site: _Site, query: Mapping[str, str]) -> object:
    return [event for slug, event in site.events.items() if slug == query.get("slug")]


_ANSWERS = {"/schedule/": _schedule, "/episode/": _episode, "/event/": _events}


def _slug(episode: Episode) -> str | None:
    event = episode.get("event") if isinstance(episode, dict) else None
    return event.get("slug") if event else None


def _is_between(episode: Episode, since: datetime, until: datetime) -> bool:
    """Whether the broadcast starts then; an entry without a time to compare is always listed."""
    try:
        return since <= datetime.fromisoformat(episode["when"]) <= until
    except (TypeError, KeyError, ValueError):
        return True
