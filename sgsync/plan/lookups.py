"""What has to be looked up in the database before a plan can be made. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sgsync.fetch.window import Window
from sgsync.people.sightings import Sighting, fold, without_zero
from sgsync.plan.heard import Heard
from sgsync.plan.match import channel_name
from sgsync.snapshot.lookups import Lookups

# A broadcast starts up to its stream delay after the race, and some start before it: near the ends of the
# window, a race inside it may belong to a broadcast outside of it.
STREAM_DELAY = timedelta(hours=1)


def lookups_for(
    heard: Heard, *, match_tags: bool = False, finished_before: datetime | None = None
) -> Lookups:
    """Everything that a plan for `heard` may ask of the database."""
    sightings = [sighting for group in heard.sightings.values() for sighting in group]
    channels = [
        channel for episode in heard.episodes for channel in episode.channels or () if channel.is_real
    ]
    return Lookups(
        episode_ids=tuple(sorted(heard.mentioned | heard.gone)),
        discord_ids=tuple(sorted({sighting.discord_id for sighting in sightings if sighting.discord_id})),
        aliases=tuple(sorted({alias for sighting in sightings for alias in sighting.aliases})),
        placeholder_names=tuple(sorted({sighting.placeholder_name for sighting in sightings})),
        usernames=_usernames(sightings) if match_tags else (),
        channel_names=tuple(sorted({channel_name(channel) for channel in channels})),
        listed_between=heard.window and listed_for_sure(heard.window),
        finished_before=finished_before,
    )


def _usernames(sightings: Iterable[Sighting]) -> tuple[str, ...]:
    """What the user names in the application would be, if the tags are theirs."""
    tags = (sighting.tag for sighting in sightings if sighting.tag)
    return tuple(sorted({fold(without_zero(tag).partition("#")[0]) for tag in tags}))


def listed_for_sure(window: Window) -> Window:
    """Between which race starts an episode cannot be missing from an answer for `window`."""
    return Window(window.since + STREAM_DELAY, window.until - STREAM_DELAY)
