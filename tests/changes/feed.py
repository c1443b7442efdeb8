"""SpeedGaming as these tests need it: it notes what it is asked for, and can misbehave."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.feed_json import Json

OK = 200


@dataclass
class Feed:
    """Answers with the episodes that `read` gives at that moment, as the site would.

    Those in `hidden` are missing from schedules, but known by id. What stands in `schedule` or
    `episode`, status and body, is answered in place of the truth.
    """

    read: Callable[[], list[Any]] = list
    find: Callable[[int], list[Any]] = lambda _: []
    hidden: set[int] = field(default_factory=set)
    schedule: tuple[int, bytes] | None = None
    episode: tuple[int, bytes] | None = None
    requests: list[str] = field(default_factory=list)
    """What was asked for: an event's slug, or an episode's id."""

    def answer(self, path: str) -> tuple[int, bytes]:
        address = urlsplit(path)
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        if address.path.endswith("/episode/"):
            self.requests.append(query["id"])
            return self.episode or _json(self._episode(int(query["id"])))
        self.requests.append(query["event"])
        return self.schedule or _json(self._schedule(query))

    def take_requests(self) -> list[str]:
        """What was asked for since this was last called."""
        taken, self.requests = self.requests, []
        return taken

    def _episode(self, wanted: int) -> object:
        found = self.find(wanted)
        return found[0] if found else {"error": f"Failed to find episode with id {wanted}."}

    def _schedule(self, query: Json) -> object:
        since, until = (datetime.fromisoformat(query[end]) for end in ("from", "to"))
        return [
            episode
            for episode in self.read()
            if episode["event"]["slug"] == query["event"]
            and episode["id"] not in self.hidden
            and _is_between(episode["when"], since, until)
        ]


def _is_between(when: str, since: datetime, until: datetime) -> bool:
    try:
        return since <= datetime.fromisoformat(when) <= until
    except ValueError:
        return True  # what has no time to compare is always listed


def _json(payload: object) -> tuple[int, bytes]:
    return OK, json.dumps(payload).encode()
