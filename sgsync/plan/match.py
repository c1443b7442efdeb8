"""What an episode looks like as a match: its title and its channel."""

from sgsync.fetch.wire import SpeedGamingChannel, SpeedGamingEpisode
from sgsync.text import cut

TITLE_LENGTH = 255
CHANNEL_NAME_LENGTH = 255


def title_of(episode: SpeedGamingEpisode) -> str:
    """The first thing that anybody wrote about `episode`, else who plays whom."""
    matches = [match for match in (episode.match1, episode.match2) if match]
    written = (episode.title, *(match.title for match in matches), *(match.note for match in matches))
    return cut(next(filter(None, written), None) or _who_plays(episode), TITLE_LENGTH)


def _who_plays(episode: SpeedGamingEpisode) -> str:
    names = {player.id: player.label or player.discord_tag for player in episode.players if player.is_person}
    return " vs ".join(filter(None, names.values()))


def channel_of(episode: SpeedGamingEpisode, language: str) -> SpeedGamingChannel | None:
    """The first real channel, those in `language` before the others."""
    real = [channel for channel in episode.channels or () if channel.is_real]
    return min(real, key=lambda channel: channel.language != language, default=None)


def channel_name(channel: SpeedGamingChannel) -> str:
    return cut(channel.name or "", CHANNEL_NAME_LENGTH)
