"""What an answer of SpeedGaming means: bytes and status in, values or a typed error out. No HTTP.

Whatever is not plainly a schedule is a failed fetch. In particular, nothing here turns an error into
"no episodes", for which somebody's matches could be cancelled.
"""

import json
import re
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Never

from pydantic import TypeAdapter, ValidationError

from sgsync.errors import FeedUnreachableError, FeedUnreadableError, UnknownToFeedError
from sgsync.fetch.fields import EpisodeId
from sgsync.fetch.wire import SpeedGamingEpisode, SpeedGamingEvent
from sgsync.text import clean, cut

_LONGEST_QUOTE = 200
_EPISODE_ID: TypeAdapter[int] = TypeAdapter(EpisodeId)
_EPISODE = TypeAdapter(SpeedGamingEpisode)
_EVENT = TypeAdapter(SpeedGamingEvent)
# Far above any schedule. What is above that could take twenty times its size in memory, as "[],[],[]" does.
_MOST_EPISODES = 25_000
_MOST_GROUPS = 500_000
_MOST_VALUES = 2_000_000
_TOO_MUCH = "holds more than a schedule does: check SGSYNC_API_URL, or ask for a shorter window."
_FIRST_ENTRY = re.compile(r"[ \t\r\n]*\[[ \t\r\n]*(?=[^ \t\r\n\]])")
_AFTER_AN_ENTRY = re.compile(r"[ \t\r\n]*([,\]])[ \t\r\n]*")
# "Failed to find event.", "Failed to find episode with id 0.", and what a new version may say in their place.
# What a server says of its own troubles is close: "Unknown error", "No such file", "Table 'episode' doesn't exist".
_NOT_FOUND = re.compile(
    r"(?:(?:failed to|could not|couldn't|cannot|can't|unable to) find|no such|unknown) (?:an? |the |any )?"
    r"(?:episode|event)(?: (?:with|by|for|id|slug)\b.*|[ #:]*\d*[.!]?)"
    r"|(?:the )?(?:episode|event)(?: (?:with |id |slug |#)*\S+)?"
    r" (?:(?:was |is )?not found|(?:could not|cannot) be found|(?:does not|doesn't|no longer) exists?)[.!]?",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCES = {
    "missing": "is missing",
    "dataclass_type": "is not an object",
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

    @property
    def sentence(self) -> str:
        entry = f"entry {self.position + 1} of the schedule"
        which = f"episode {self.episode_id}" if self.episode_id else entry
        return f"Skipped malformed {which}: {self.reason}"


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
    _refuse_status(status)
    payload = _decode(_text(body, _ANSWER), _ANSWER)
    _refuse_error_object(payload)
    return payload


def read_entries(status: int, body: bytes) -> Iterator[object]:
    """The entries of an answer that is a list, each of them decoded when its turn comes.

    A schedule's JSON takes several times the memory of what is read from it. Raises as `read_answer` does,
    the last fault at the end, and FeedUnreadableError for anything but a list, or for more than a schedule.
    """
    _refuse_status(status)
    text = _text(body, _ANSWER)
    del body
    first = _FIRST_ENTRY.match(text)
    if first is None:
        payload = _decode(text, _ANSWER)
        _refuse_error_object(payload)
        yield from _entries_of(payload)
        return
    with _told(text, _ANSWER):
        for number, entry in enumerate(_each(text, first.end())):
            if number == _MOST_EPISODES:
                raise FeedUnreadableError(f"{_ANSWER.name} {_TOO_MUCH}")
            yield entry


def _refuse_status(status: int) -> None:
    if status != HTTPStatus.OK:
        raise FeedUnreachableError(describe_status(status))


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
    """The episodes of a decoded schedule, or of what `read_entries` gives; a malformed entry costs only itself.

    Raises FeedUnreadableError for anything else, and what the entries raise.
    """
    reading = _Reading()
    for entry in _entries_of(payload):
        reading.take(entry)
    return reading.schedule


def read_schedules(payload: object) -> dict[str, Schedule]:
    """The schedules of all events in a decoded answer that is about all of them, by slug.

    Raises as `read_schedule` does, and where an entry names no event: whose it is, only the answer of its event says.
    """
    readings: dict[str, _Reading] = {}
    for entry in _entries_of(payload):
        slug = _slug_in(entry)
        if not slug:
            raise FeedUnreadableError(
                "An entry of the answer for all events does not say which one it belongs to."
            )
        readings.setdefault(slug, _Reading()).take(entry)
    return {slug: reading.schedule for slug, reading in readings.items()}


@dataclass(slots=True)
class _Reading:
    """A schedule in the making."""

    _episodes: dict[int, SpeedGamingEpisode] = field(default_factory=dict)
    _rejected: list[Rejected] = field(default_factory=list)
    _length: int = 0

    def take(self, entry: object) -> None:
        try:
            episode = _EPISODE.validate_python(entry)
        except ValidationError as error:
            self._rejected.append(Rejected(self._length, _usable_id(entry), _reason(error)))
        else:
            if self._episodes.setdefault(episode.id, episode) != episode:
                reason = "listed twice with different content"
                self._rejected.append(Rejected(self._length, episode.id, reason))
        self._length += 1

    @property
    def schedule(self) -> Schedule:
        return Schedule(tuple(self._episodes.values()), tuple(self._rejected))


def read_episode(payload: object) -> SpeedGamingEpisode:
    """One decoded episode. Raises FeedUnreadableError where it is malformed."""
    try:
        return _EPISODE.validate_python(payload)
    except ValidationError as error:
        raise FeedUnreadableError(f"SpeedGaming sent a malformed episode: {_reason(error)}.") from None


def read_events(payload: object) -> tuple[SpeedGamingEvent, ...]:
    """The events of a decoded list. Raises FeedUnreadableError where one is malformed."""
    if not isinstance(payload, list):
        raise FeedUnreadableError(f"Events come as a list, but {_kind(payload)} came. Try again later.")
    try:
        return tuple(_EVENT.validate_python(entry) for entry in payload)
    except ValidationError as error:
        raise FeedUnreadableError(f"SpeedGaming sent a malformed event: {_reason(error)}.") from None


def read_saved(body: bytes) -> Schedule:
    """The episodes of a saved answer: a file with a list of episodes, or with one episode.

    Raises FeedUnreadableError for any other content, and UnknownToFeedError for a saved "not found".
    """
    payload = _decode(_text(body, _FILE), _FILE)
    _refuse_error_object(payload)
    if not isinstance(payload, (dict, list)):
        raise FeedUnreadableError(f"A schedule is a list of episodes, but the file holds {_kind(payload)}.")
    return read_schedule([payload] if isinstance(payload, dict) else payload)


def _text(body: bytes, source: _Source) -> str:
    if body.count(b"[") + body.count(b"{") > _MOST_GROUPS or body.count(b",") > _MOST_VALUES:
        raise FeedUnreadableError(f"{source.name} {_TOO_MUCH}")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        is_page = body.lstrip().startswith(b"<")
        why = (
            f"is a web page instead of data{source.advice_on_a_page}"
            if is_page
            else f"is not UTF-8 text.{source.advice}"
        )
        raise FeedUnreadableError(f"{source.name} {why}") from None


def _decode(text: str, source: _Source) -> object:
    with _told(text, source):
        return _JSON.decode(text)


@contextmanager
def _told(text: str, source: _Source) -> Iterator[None]:
    """Turns what the decoder raises about `text` into sentences."""
    try:
        yield
    except RecursionError:
        raise FeedUnreadableError(f"{source.name} is nested too deeply to be a schedule.") from None
    except ValueError as error:
        raise FeedUnreadableError(f"{source.name} {_why_unreadable(text, error, source)}") from None


def _each(text: str, position: int) -> Iterator[object]:
    """The values of a JSON list, the first of which begins at `position`."""
    is_over = False
    while not is_over:
        entry, position = _JSON.raw_decode(text, position)
        yield entry
        sign = _AFTER_AN_ENTRY.match(text, position)
        if sign is None:
            raise json.JSONDecodeError("Expecting ',' delimiter", text, position)
        position, is_over = sign.end(), sign[1] == "]"
    if position != len(text):
        raise json.JSONDecodeError("Extra data", text, position)


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")


# The feed may hold raw control characters inside strings; strict JSON forbids them.
_JSON = json.JSONDecoder(strict=False, parse_constant=_refuse_constant)


def _why_unreadable(text: str, error: ValueError, source: _Source) -> str:
    if not text.strip():
        return f"is empty.{source.advice}"
    if text.lstrip().startswith("<"):
        return f"is a web page instead of data{source.advice_on_a_page}"
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
    if _NOT_FOUND.fullmatch(stated.strip()):
        raise UnknownToFeedError(f"SpeedGaming says: {stated}")
    raise FeedUnreachableError(f"SpeedGaming answered with an error: {stated or 'it does not say which'}")


def _entries_of(payload: object) -> Iterable[object]:
    if isinstance(payload, list | Iterator):
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
