"""What has to be looked up in the database before a plan can be made. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.people.sightings import sightings_of
from sgsync.plan.match import channel_name
from sgsync.snapshot.values import AliasKey


@dataclass(frozen=True, slots=True)
class Lookups:
    """The keys under which the people, matches and channels of some episodes may be known."""

    episode_ids: tuple[int, ...]
    discord_ids: tuple[int, ...]
    aliases: tuple[AliasKey, ...]
    placeholder_names: tuple[str, ...]
    channel_names: tuple[str, ...]


def lookups_for(episodes: Iterable[SpeedGamingEpisode]) -> Lookups:
    """Everything that a plan for `episodes` may ask of the database."""
    episodes = tuple(episodes)
    sightings = [sighting for episode in episodes for sighting in sightings_of(episode)]
    channels = [channel for episode in episodes for channel in episode.channels if channel.is_real]
    return Lookups(
        episode_ids=tuple(sorted(episode.id for episode in episodes)),
        discord_ids=tuple(sorted({sighting.discord_id for sighting in sightings if sighting.discord_id})),
        aliases=tuple(sorted({alias for sighting in sightings for alias in sighting.aliases})),
        placeholder_names=tuple(sorted({sighting.placeholder_name for sighting in sightings})),
        channel_names=tuple(sorted({channel_name(channel) for channel in channels})),
    )
