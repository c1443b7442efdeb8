"""Made-up schedules of any size: who plays whom is arithmetic, so that every benchmark sees the same."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.feed_json import Json, make_channel, make_crew, make_episode, make_event, make_match, make_player

Schedules = Mapping[str, list[Json]]
"""The entries of each event, by its slug."""

_CHANGED_EVERY = 20  # episodes: 5%
_UNKNOWN_EVERY = 4  # people: so many have no Discord id
_FIRST_EPISODE = 100_000
_SPAN = timedelta(days=28)  # inside the default window


@dataclass(frozen=True, slots=True)
class Size:
    """So many tournaments of so many episodes each."""

    tournaments: int
    episodes: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read "30x100". Raises ValueError."""
        tournaments, _, episodes = text.partition("x")
        return cls(int(tournaments), int(episodes))

    @property
    def total(self) -> int:
        return self.tournaments * self.episodes

    def __str__(self) -> str:
        return f"{self.tournaments} x {self.episodes:,}"


def make_schedules(size: Size) -> Schedules:
    """The schedules of the next four weeks. Every player has two episodes, every volunteer four."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    return {
        f"event{event}": [_episode(event, number, size, start) for number in range(size.episodes)]
        for event in range(size.tournaments)
    }


def changed(schedules: Schedules) -> Schedules:
    """The same schedules after 5% of the episodes got another time, title, player or commentator."""
    later = deepcopy(dict(schedules))
    for episodes in later.values():
        for turn, episode in enumerate(episodes[::_CHANGED_EVERY]):
            _CHANGES[turn % len(_CHANGES)](episode)
    return later


def _episode(event: int, number: int, size: Size, start: datetime) -> Json:
    id_ = _FIRST_EPISODE + event * size.episodes + number
    when = (start + number * _SPAN / size.episodes).replace(microsecond=0).isoformat()
    players = (_player(event, (number + distance) % size.episodes) for distance in (0, 1))
    slug = f"event{event}"
    return make_episode(
        id_,
        when=when,
        whenCountdown=when,
        event=make_event(slug, id=event + 1, name=f"Event {event}"),
        match1=make_match(*players, id=id_, title=f"Week {number // 10 + 1}, match {number % 10 + 1}"),
        channels=[make_channel(f"Channel{(event + number) % 12}", id=100 + (event + number) % 12)],
        commentators=[_volunteer(event, number, 0), _volunteer(event, number, 1)],
        trackers=[_volunteer(event, number, 2)],
    )


def _player(event: int, number: int) -> Json:
    id_ = event * 10_000 + number + 1
    return make_player(id_, f"Player {id_}", discordId=_discord_id(10**17 + id_), discordTag=f"player{id_}")


def _volunteer(event: int, number: int, seat: int) -> Json:
    person = event * 10_000 + number // 4 * 3 + seat + 1
    return make_crew(
        (_FIRST_EPISODE + event * 10_000 + number) * 4 + seat,
        f"Voice {person}",
        discordId=_discord_id(2 * 10**17 + person),
        discordTag=f"voice{person}",
        publicStream=f"voice{person}",
    )


def _discord_id(number: int) -> str:
    return "" if number % _UNKNOWN_EVERY == 0 else str(number)


def _postpone(episode: Json) -> None:
    for name in ("when", "whenCountdown"):
        episode[name] = (datetime.fromisoformat(episode[name]) + timedelta(minutes=30)).isoformat()


def _rename(episode: Json) -> None:
    episode["match1"]["title"] += ", new title"


def _replace_player(episode: Json) -> None:
    player = episode["match1"]["players"][0]
    player |= {"id": player["id"] + 5_000_000, "displayName": "Substitute", "streamingFrom": "Substitute"}
    player |= {"discordId": "", "discordTag": f"substitute{player['id']}"}


def _lose_commentator(episode: Json) -> None:
    episode["commentators"].pop()


_CHANGES = (_postpone, _rename, _replace_player, _lose_commentator)
