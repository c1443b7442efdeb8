"""The channels of episodes: which one each is on, and which ones the organization lacks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sgsync.fetch.wire import SpeedGamingChannel, SpeedGamingEpisode
from sgsync.plan.actions import NewChannel
from sgsync.plan.match import channel_name, channel_of
from sgsync.snapshot.values import ChannelRef, Snapshot

URL_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Channels:
    """The channel of each episode and what the feed calls it, by episode id."""

    refs: Mapping[int, ChannelRef]
    names: Mapping[int, str | None]
    _wanted: Mapping[str, SpeedGamingChannel]
    _foreign: Mapping[int, str]

    def missing(self, refs: Iterable[ChannelRef]) -> tuple[NewChannel, ...]:
        """Those of `refs` that have to be created."""
        return tuple(
            _new_channel(self._wanted[name]) for name in sorted({ref for ref in refs if isinstance(ref, str)})
        )

    def warnings(self, episode_ids: Iterable[int]) -> tuple[str, ...]:
        """One sentence for each channel of these episodes that belongs to another organization."""
        names = dict.fromkeys(self._foreign[id_] for id_ in episode_ids if id_ in self._foreign)
        return tuple(
            f"Channel '{name}' belongs to another organization: matches on it show no stream"
            for name in names
        )


def choose_channels(episodes: Iterable[SpeedGamingEpisode], snapshot: Snapshot, language: str) -> Channels:
    """The channel of each of `episodes`: known, to be created, or none if it is another organization's."""
    refs: dict[int, ChannelRef] = {}
    names: dict[int, str | None] = {}
    wanted: dict[str, SpeedGamingChannel] = {}
    foreign: dict[int, str] = {}
    for episode in episodes:
        channel = channel_of(episode, language)
        name = channel_name(channel) if channel else None
        names[episode.id] = name
        known = snapshot.channels.get(name) if name else None
        if channel is None or name is None:
            refs[episode.id] = None
        elif known is None:
            wanted.setdefault(name, channel)
            refs[episode.id] = name
        elif known.organization_id == snapshot.tournament.organization_id:
            refs[episode.id] = known.id
        else:
            foreign[episode.id] = name
            refs[episode.id] = None
    return Channels(refs, names, wanted, foreign)


def _new_channel(channel: SpeedGamingChannel) -> NewChannel:
    url = f"https://twitch.tv/{quote(channel.slug, safe='')}" if channel.slug else None
    return NewChannel(channel_name(channel), url if url and len(url) <= URL_LENGTH else None)
