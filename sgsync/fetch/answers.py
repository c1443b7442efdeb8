"""What an answer of SpeedGaming means: bytes and status in, values or a typed error out. No HTTP.

Whatever is not plainly a schedule is a failed fetch. In particular, nothing here turns an error into
"no episodes", for which somebody's matches could be cancelled.
"""

import json
import re
from collections.abc import Container
from dataclasses import dataclass
from http import HTTPStatus
from typing import Never

from pydantic import TypeAdapter, ValidationError

from sgsync.errors import FeedUnreachableError, FeedUnreadableError, UnknownToFeedError
from sgsync.fetch.fields import EpisodeId
from sgsync.fetch.wire import SpeedGamingEpisode, SpeedGamingEvent
from sgsync.text import clean, cut

_LONGEST_QUOTE = 200
_EPISODE_ID: TypeAdapter[int] = TypeAdapter(EpisodeId)
# "Failed to find event.", "Failed to find episode with id 0."
_NOT_FOUND = re.compile(r"\b(?:find|found|exists?|unknown|no such)\b", re.IGNORECASE)
_SENTENCES = {
    "missing": "is missing",
    "model_type": "is not an object",
    "model_attributes_type": "is not an object",
}


@dataclass(frozen=True, slots=True)
class _Source:
    """Where bytes come from, and what to do when they are no data, or a page in place of data."""

    name: str
    advice: str
    advice_on_a_page: str


_ANSWER = _Source(
    "SpeedGaming's answer", " Try again later.", ": check SGSYNC_API_URL, and whether the site works."
)
_FILE = _Source("The file", "", ".")


@dataclass(frozen=True, slots=True)
class Rejected:
    """An entry of a schedule that is not imported, and why.

    `position` counts from 0; `episode_id` is None where the entry has no usable id; `reason` is
    harmless and short, such as "when: has no UTC offset".
    """

    position: int
    episode_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """The episodes of one answer, in its order and each id once, and what was left out of them."""

    episodes: tuple[SpeedGamingEpisode, ...]
    rejected: tuple[Rejected, ...] = ()

    def only(self, episode_ids: Container[int]) -> "Schedule":
        """The part of the schedule that is about these episodes."""
        return Schedule(
            tuple(episode for episode in self.episodes if episode.id in episode_ids),
            tuple(entry for entry in self.rejected if entry.episode_id in episode_ids),
        )


def read_answer(status: int, body: bytes) -> object:
    """The decoded JSON of an answer.

    Raises FeedUnreachableError for any status but 200, FeedUnreadableError for what is not JSON, and
    UnknownToFeedError where SpeedGaming says that it cannot find what was asked for.
    """
    if status != HTTPStatus.OK:
        raise FeedUnreachableError(describe_status(status))
    payload = _decode(body, _ANSWER)
    _refuse_error_object(payload)
    return payload


def describe_status(status: int) -> str:
    """A sentence for people on an error status: what it is and what to do."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return (
            "SpeedGaming asks for fewer requests (HTTP 429): raise SGSYNC_REQUEST_INTERVAL or run less often."
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"SpeedGaming has trouble of its own (HTTP {status}): the next run tries again."
    if status == HTTPStatus.NOT_FOUND:
        return "SpeedGaming has no such page (HTTP 404): check SGSYNC_API_URL."
    return (
        f"SpeedGaming refused the request (HTTP {status}): check SGSYNC_API_URL, and whether the site works."
    )


def read_schedule(payload: object) -> Schedule:
    """The episodes of a decoded schedule; a malformed entry costs only itself.

    Raises FeedUnreadableError for anything but a list.
    """
    episodes: dict[int, SpeedGamingEpisode] = {}
    rejected: list[Rejected] = []
    for position, entry in enumerate(_entries_of(payload)):
        try:
            episode = SpeedGamingEpisode.model_validate(entry)
        except ValidationError as error:
            rejected.append(Rejected(position, _usable_id(entry), _reason(error)))
        else:
            if episodes.setdefault(episode.id, episode) != episode:
                rejected.append(Rejected(position, episode.id, "listed twice with different content"))
    return Schedule(tuple(episodes.values()), tuple(rejected))


def read_schedules(payload: object) -> dict[str, Schedule]:
    """The schedules of all events in a decoded answer that is about all of them, by slug.

    An entry that names no event is nobody's. Raises FeedUnreadableError for anything but a list.
    """
    entries: dict[str, list[object]] = {}
    for entry in _entries_of(payload):
        if slug := _slug_in(entry):
            entries.setdefault(slug, []).append(entry)
    return {slug: read_schedule(listed) for slug, listed in entries.items()}


def read_episode(payload: object) -> SpeedGamingEpisode:
    """One decoded episode. Raises FeedUnreadableError where it is malformed."""
    try:
        return SpeedGamingEpisode.model_validate(payload)
    except ValidationError as error:
        raise FeedUnreadableError(f"SpeedGaming sent a malformed episode: {_reason(error)}.") from None


def read_events(payload: object) -> tuple[SpeedGamingEvent, ...]:
    """The events of a decoded list. Raises FeedUnreadableError where one is malformed."""
    if not isinstance(payload, list):
        raise FeedUnreadableError(f"Events come as a list, but {_kind(payload)} came. Try again later.")
    try:
        return tuple(SpeedGamingEvent.model_validate(entry) for entry in payload)
    except ValidationError as error:
        raise FeedUnreadableError(f"SpeedGaming sent a malformed event: {_reason(error)}.") from None


def read_saved(body: bytes) -> Schedule:
    """The episodes of a saved answer: a file with a list of episodes, or with one episode.

    Raises FeedUnreadableError for any other content, and UnknownToFeedError for a saved "not found".
    """
    payload = _decode(body, _FILE)
    _refuse_error_object(payload)
    if not isinstance(payload, (dict, list)):
        raise FeedUnreadableError(f"A schedule is a list of episodes, but the file holds {_kind(payload)}.")
    return read_schedule([payload] if isinstance(payload, dict) else payload)


def _decode(body: bytes, source: _Source) -> object:
    try:
        # The feed may hold raw control characters inside strings; strict JSON forbids them.
        return json.loads(body.decode("utf-8-sig"), strict=False, parse_constant=_refuse_constant)
    except RecursionError:
        raise FeedUnreadableError(f"{source.name} is nested too deeply to be a schedule.") from None
    except ValueError as error:
        raise FeedUnreadableError(f"{source.name} {_why_unreadable(body, error, source)}") from None


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")


def _why_unreadable(body: bytes, error: ValueError, source: _Source) -> str:
    if not body.strip():
        return f"is empty.{source.advice}"
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return f"is a web page instead of data{source.advice_on_a_page}"
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 text.{source.advice}"
    return f"is not JSON ({cut(clean(str(error)), _LONGEST_QUOTE)}).{source.advice}"


def _refuse_error_object(payload: object) -> None:
    """Raise what the site's error object says, if `payload` is one.

    Only a plain "not found" becomes UnknownToFeedError: an episode that SpeedGaming no longer knows may
    be cancelled, and "database is down" must never lead there.
    """
    if not isinstance(payload, dict) or "error" not in payload:
        return
    error = payload["error"]
    stated = cut(clean(error), _LONGEST_QUOTE) if isinstance(error, str) else ""
    if _NOT_FOUND.search(stated):
        raise UnknownToFeedError(f"SpeedGaming says: {stated}")
    raise FeedUnreachableError(f"SpeedGaming answered with an error: {stated or 'it does not say which'}")


def _entries_of(payload: object) -> list[object]:
    if isinstance(payload, list):
        return payload
    raise FeedUnreadableError(
        f"A schedule is a list of episodes, but {_kind(payload)} came. Try again later."
    )


def _slug_in(entry: object) -> str:
    event = entry.get("event") if isinstance(entry, dict) else None
    slug = event.get("slug") if isinstance(event, dict) else None
    return clean(slug) if isinstance(slug, str) else ""


def _usable_id(entry: object) -> int | None:
    try:
        return _EPISODE_ID.validate_python(entry.get("id")) if isinstance(entry, dict) else None
    except ValidationError:
        return None


def _reason(error: ValidationError) -> str:
    """The first fault as "match1.players.0.id: is missing"."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    sentence = _SENTENCES.get(first["type"], first["msg"])
    place = ".".join(str(step) for step in first["loc"])
    return f"{place}: {sentence}" if place else sentence


def _kind(payload: object) -> str:
    kinds = {dict: "an object", str: "text", type(None): "null"}
    return kinds.get(type(payload), "a single value")
