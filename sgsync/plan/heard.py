"""What SpeedGaming said, as the planner takes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from sgsync.fetch.answers import Schedule
from sgsync.fetch.window import Window
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.people.sightings import Sighting, sightings_of


@dataclass(frozen=True)
class Heard:
    """Episodes, each id once, and which ids were mentioned at all, readable or not.

    With a `window` this is all of an event between two times, and what is missing has vanished.
    Without one it is a part - a file, some episodes by id - and nothing can be concluded from absence.
    `asked` are vanished episodes that were asked for by id, and `gone` those of them that are no more.
    """

    episodes: tuple[SpeedGamingEpisode, ...]
    mentioned: frozenset[int]
    window: Window | None = None
    asked: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()

    @cached_property
    def sightings(self) -> Mapping[int, tuple[Sighting, ...]]:
        """Everybody in each of the episodes, by its id. What is looked up and what is planned rest on the same."""
        return {episode.id: sightings_of(episode) for episode in self.episodes}

    @classmethod
    def from_schedule(cls, schedule: Schedule, window: Window | None) -> "Heard":
        listed = {episode.id for episode in schedule.episodes}
        malformed = {entry.episode_id for entry in schedule.rejected if entry.episode_id}
        return cls(schedule.episodes, frozenset(listed | malformed), window)

    def one_by_one(self) -> "list[Heard]":
        """The same in parts, so that one of them can fail without the others: by episode, then what is missing."""
        listed = [
            Heard((episode,), self.mentioned, asked=self.asked & {episode.id}) for episode in self.episodes
        ]
        gone = [
            replace(self, episodes=(), asked=frozenset({episode_id}), gone=frozenset({episode_id}))
            for episode_id in sorted(self.gone)
        ]
        return [*listed, *gone, replace(self, episodes=(), gone=frozenset())]

    @property
    def subject(self) -> int | None:
        """The one episode that a part is about; None for what is missing."""
        return next(iter((*(episode.id for episode in self.episodes), *self.gone)), None)

    def after_asking(
        self, found: Iterable[SpeedGamingEpisode], asked: Iterable[int], gone: Iterable[int]
    ) -> "Heard":
        """This, and what came of asking for vanished episodes by id."""
        found = tuple(found)
        return replace(
            self,
            episodes=(*self.episodes, *found),
            mentioned=self.mentioned | {episode.id for episode in found},
            asked=frozenset(asked),
            gone=frozenset(gone),
        )
