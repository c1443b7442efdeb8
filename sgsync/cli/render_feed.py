"""The feed made visible: what it says, and what sgsync would do with it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.text import Text

from sgsync.cli.render_table import Meaning, marked, print_paragraphs, print_table
from sgsync.durations import from_now
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.looking.verdicts import IMPORT, MALFORMED, Verdict
from sgsync.people.sightings import Sighting, sightings_of
from sgsync.plan.match import channel_name, channel_of, title_of

NO_DISCORD_ID = "*"
NOT_APPROVED = "(?)"
_LEGEND = {
    NO_DISCORD_ID: "has no Discord ID: a placeholder, unless sgsync knows them by another name.",
    NOT_APPROVED: "is crew that is not approved yet.",
}
_NOTHING = ((None, None),) * 3
_MEANINGS = {IMPORT: Meaning.GOOD, MALFORMED: Meaning.BAD}


def print_verdicts(verdicts: Sequence[Verdict], language: str, now: datetime) -> None:
    """A table, then a sentence for everything that would not be imported."""
    print_table(
        (("Episode", "sgsync"), ("Race (UTC)", "In words"), ("Title", "Channel"), ("Players", "Crew")),
        (_row(verdict, language, now) for verdict in verdicts),
        empty="SpeedGaming has nothing between these times.",
    )
    reasons = [verdict.why_not for verdict in verdicts if verdict.why_not]
    shown = " ".join(people for verdict in verdicts for people in _people(verdict.episode))
    notes = [f"{mark} {meaning}" for mark, meaning in _LEGEND.items() if mark in shown.split()]
    print_paragraphs(line for block in (notes, reasons) if block for line in ("", *block))


def _row(verdict: Verdict, language: str, now: datetime) -> tuple[tuple[object, object], ...]:
    fate = (verdict.episode_id, marked(verdict.word, _MEANINGS.get(verdict.word, Meaning.DOUBTFUL)))
    episode = verdict.episode
    if episode is None:
        return (fate, *_NOTHING)
    return (
        fate,
        (in_short(episode.race_start), from_now(episode.race_start, now)),
        (title_of(episode), _channel(episode, language)),
        _people(episode),
    )


def in_short(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _channel(episode: SpeedGamingEpisode, language: str) -> Text | str:
    channel = channel_of(episode, language)
    return channel_name(channel) if channel else marked("no stream", Meaning.ASIDE)


def _people(episode: SpeedGamingEpisode | None) -> tuple[str, str]:
    """Players, and crew."""
    sightings = sightings_of(episode) if episode else ()
    players = [_marked_name(each) for each in sightings if each.is_player]
    crew = [f"{each.role} {_marked_name(each)}" for each in sightings if not each.is_player]
    return " vs ".join(dict.fromkeys(players)), ", ".join(dict.fromkeys(crew))


def _marked_name(sighting: Sighting) -> str:
    return " ".join((sighting.name, *_marks(sighting)))


def _marks(sighting: Sighting) -> Iterator[str]:
    if sighting.discord_id is None:
        yield NO_DISCORD_ID
    if not (sighting.is_player or sighting.approved):
        yield NOT_APPROVED
