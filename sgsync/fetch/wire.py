"""SpeedGaming's JSON as values: the fields that sgsync uses, validated and cleaned where they come in.

Attributes have the feed's names in snake case. A value is frozen and takes wire values only, also when it
is built by hand: times as ISO 8601 text, Discord ids as digits. Dataclasses with slots, because of a schedule
with thousands of episodes, pydantic's models take five times the memory.
"""

import re
from datetime import datetime
from typing import Self

from pydantic import ConfigDict, model_validator
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass

from sgsync.fetch.fields import (
    DiscordId,
    EpisodeId,
    Flag,
    ListOf,
    Moment,
    OptionalId,
    OptionalMoment,
    PersonId,
    Text,
    fault,
)

_PLACEHOLDER_CHANNEL_SLUGS = frozenset({"norestream", "nostream"})
_PLACEHOLDER_CHANNEL_IDS = frozenset({0, 31, 36, 62, 63, 64, 65})
_OUTCOME_OF_ANOTHER_MATCH = re.compile(r"(?:winner|loser) of\b", re.IGNORECASE)


_CONFIG = ConfigDict(alias_generator=to_camel, extra="ignore", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True, config=_CONFIG)
class SpeedGamingPlayer:
    """An entry of a match's roster: mostly a person, and then `id` is probably that person's own."""

    id: PersonId
    display_name: Text = None
    discord_id: DiscordId = None
    discord_tag: Text = None
    public_stream: Text = None
    streaming_from: Text = None

    @model_validator(mode="after")
    def _has_an_id_of_its_own(self) -> Self:
        if self.id == 0 and self.is_person:
            raise fault("has id 0, which would make one person of strangers")
        return self

    @property
    def is_person(self) -> bool:
        """False for what only fills a seat: "ignore", "Winner of Match 3"."""
        if self.public_stream is not None and self.public_stream.casefold() == "ignore":
            return False
        names = (self.display_name, self.streaming_from)
        return not any(name and _OUTCOME_OF_ANOTHER_MATCH.match(name) for name in names)

    @property
    def label(self) -> str | None:
        """The name to show, if there is any."""
        return self.streaming_from or self.public_stream or self.display_name


@dataclass(frozen=True, slots=True, kw_only=True, config=_CONFIG)
class SpeedGamingCrewMember:
    """One sign-up for one role in one episode: `id` is the sign-up's, never the volunteer's."""

    id: PersonId
    display_name: Text = None
    discord_id: DiscordId = None
    discord_tag: Text = None
    public_stream: Text = None
    approved: Flag = False

    @model_validator(mode="after")
    def _has_an_id_of_its_own(self) -> Self:
        if self.id == 0:
            raise fault("has id 0, which would make one person of strangers")
        return self

    @property
    def label(self) -> str | None:
        """The name to show, if there is any."""
        return self.public_stream or self.display_name


@dataclass(frozen=True, slots=True, kw_only=True, config=_CONFIG)
class SpeedGamingMatch:
    """One of an episode's two matches, with any number of players."""

    title: Text = None
    note: Text = None
    players: ListOf[SpeedGamingPlayer] = ()


@dataclass(frozen=True, slots=True, kw_only=True, config=_CONFIG)
class SpeedGamingEvent:
    """The event that an episode belongs to; its slug is what tournaments are configured with."""

    slug: Text = None


@dataclass(frozen=True, slots=True, kw_only=True, config=_CONFIG)
class SpeedGamingChannel:
    """A channel that an episode is broadcast on, or the remark that there is none."""

    id: OptionalId = None
    name: Text = None
    slug: Text = None
    language: Text = None

    @property
    def is_real(self) -> bool:
        """False for placeholders such as "No Stream" and "Undecided"."""
        return (
            self.name is not None
            and " " not in self.name
            and self.id not in _PLACEHOLDER_CHANNEL_IDS
            and (self.slug or "").casefold() not in _PLACEHOLDER_CHANNEL_SLUGS
        )


@dataclass(frozen=True, slots=True, kw_only=True, config=_CONFIG)
class SpeedGamingEpisode:
    """A scheduled broadcast.

    A malformed player or crew member makes the whole episode malformed: a list with a hole in it
    would look like a removal.
    """

    id: EpisodeId
    title: Text = None
    when: Moment
    when_countdown: OptionalMoment = None
    timezone: Text = None
    event: SpeedGamingEvent | None = None
    match1: SpeedGamingMatch | None = None
    match2: SpeedGamingMatch | None = None
    # None: a payload may leave them out, and says nothing about them then.
    channels: ListOf[SpeedGamingChannel] | None = None
    commentators: ListOf[SpeedGamingCrewMember] | None = None
    trackers: ListOf[SpeedGamingCrewMember] | None = None
    broadcasters: ListOf[SpeedGamingCrewMember] | None = None

    @property
    def race_start(self) -> datetime:
        """When the race starts, in UTC; `when` is the broadcast, which may run behind a delay."""
        return self.when_countdown or self.when

    @property
    def players(self) -> tuple[SpeedGamingPlayer, ...]:
        """Both matches' rosters as they came: with repetitions, and with entries that are no people."""
        matches = (self.match1, self.match2)
        return tuple(player for match in matches if match for player in match.players)
