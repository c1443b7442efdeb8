"""What an import would do with what SpeedGaming says, as far as that is known without a database. Pure."""

from dataclasses import dataclass

from sgsync.fetch.answers import Schedule
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.importable import not_importable

IMPORT = "import"
MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an entry of the feed: in a word, and why not in a sentence."""

    episode_id: int | None
    episode: SpeedGamingEpisode | None  # None: malformed
    word: str
    why_not: str | None = None


def judge(schedule: Schedule, slug: str | None) -> tuple[Verdict, ...]:
    """Every entry of `schedule`, episodes by their start; `slug` is the event that was asked for, if one was."""
    episodes = sorted(schedule.episodes, key=lambda episode: (episode.race_start, episode.id))
    malformed = (Verdict(entry.episode_id, None, MALFORMED, entry.sentence) for entry in schedule.rejected)
    return (*(_judged(episode, slug) for episode in episodes), *malformed)


def _judged(episode: SpeedGamingEpisode, slug: str | None) -> Verdict:
    skip = not_importable(episode, slug)
    if skip is None:
        return Verdict(episode.id, episode, IMPORT)
    return Verdict(episode.id, episode, skip.reason.value, skip.sentence)
