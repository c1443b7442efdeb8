"""Episodes as organisers change them: people and channels by number and name."""

from dataclasses import dataclass
from datetime import timedelta

from sgsync.fetch.wire import SpeedGamingEpisode
from tests.feed_json import Json, make_channel, make_crew, make_event, make_player
from tests.plan.episodes import episode
from tests.snapshots import START


@dataclass(frozen=True)
class Upstream:
    """One episode at SpeedGaming."""

    id: int
    hours: int = 1
    title: str = "Week 1"
    channel: str | None = "A"
    event: str = "alttprleague"
    players: frozenset[int] = frozenset({1, 2})
    crew: frozenset[int] = frozenset()
    approved: frozenset[int] = frozenset()
    identified: frozenset[int] = frozenset()  # whose Discord id is shown
    is_held: bool = False
    signup: int = 0  # crew ids are new with every sign-up

    @property
    def is_importable(self) -> bool:
        return bool(self.players) and not self.is_held

    def as_episode(self) -> SpeedGamingEpisode:
        return episode(
            self.id,
            start=START + timedelta(hours=self.hours),
            title=self.title,
            channels=[make_channel(self.channel)] if self.channel else [],
            event=make_event(self.event),
            match1={"id": self.id, "players": [self._player(number) for number in sorted(self.players)]},
            commentators=[self._volunteer(number) for number in sorted(self.crew)],
            timezone="CET" if self.is_held else "",
        )

    def _player(self, number: int) -> Json:
        return make_player(
            number, f"P{number}", discordId=self._discord_id(number), discordTag=f"player{number}"
        )

    def _volunteer(self, number: int) -> Json:
        return make_crew(
            1000 * self.id + 10 * self.signup + number,
            f"C{number}",
            discordId=self._discord_id(number),
            discordTag=f"crew{number}",
            approved=number in self.approved,
        )

    def _discord_id(self, number: int) -> str:
        return str(100 + number) if number in self.identified else ""
